"""Images, their heads made here by hand."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.content import describe
from tlscope.wire.content.images import FORMATS
from tlscope.wire.content.reading import FIELDS


def chunk(kind, data):
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def png(*more, colour=6):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 640, 480, 8, colour, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(640)))
    return b"\x89PNG\r\n\x1a\n" + b"".join((head, *more, pixels, chunk(b"IEND", b"")))


def segment(code, data):
    return b"\xff" + bytes((code,)) + (len(data) + 2).to_bytes(2) + data


def jpeg(frame=0xC0, components=3):
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            segment(0xE1, b"Exif\0\0II*\0"),
            segment(0xFE, b"a comment"),
            b"\xff" + segment(frame, struct.pack(">BHHB", 8, 480, 640, components) + bytes(3 * components)),
            segment(0xDA, bytes(6)),
            b"\x12\x34\xff\0\x56\xff\xd9",
        )
    )


def gif(frames=1):
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, 64, 48, 0) + b"\2\2\x4c\1\0"
    extension = b"\x21\xf9\4\0\0\0\0\0"
    return b"GIF89a" + struct.pack("<HHBBB", 64, 48, 0x81, 0, 0) + bytes(12) + (extension + image) * frames + b"\x3b"


def riff(*chunks):
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) & 1) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


EXTENDED = (b"VP8X", b"\x12\0\0\0" + (639).to_bytes(3, "little") + (479).to_bytes(3, "little"))
LOSSLESS = (b"VP8L", b"\x2f" + (639 | 479 << 14 | 1 << 28).to_bytes(4, "little") + bytes(3))
LOSSY = (b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640, 480))


def bmp(height=480):
    return b"BM" + struct.pack("<IIIIiiHHI", 154, 0, 54, 40, 640, height, 1, 24, 0) + bytes(20)


def icon(kind=1, count=2):
    return struct.pack("<HHH", 0, kind, count) + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, 100, 38) * count


def tiff(order="<"):
    entries = b"".join(struct.pack(order + "HHIHH", tag, 3, 1, value, 0) for tag, value in ((256, 640), (257, 480)))
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 2) + entries + bytes(4)


ALL = {
    "image/png": png(chunk(b"tEXt", b"Comment\0hello"), chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1))),
    "image/jpeg": jpeg(),
    "image/gif": gif(2),
    "image/webp": riff(EXTENDED, (b"ANMF", bytes(16)), LOSSY),
    "image/bmp": bmp(),
    "image/x-icon": icon(),
    "image/tiff": tiff(),
}


def read(data, kind="image/unknown"):
    content = describe(kind, data)
    check_tree(content.tree, data)
    return content


@pytest.mark.parametrize(
    ("data", "summary"),
    [
        (png(), "PNG 640x480, 8-bit RGBA"),
        (png(colour=0), "PNG 640x480, 8-bit grayscale"),
        (png(chunk(b"acTL", struct.pack(">II", 5, 0))), "PNG 640x480, 8-bit RGBA, animation of 5 frames"),
        (jpeg(), "JPEG 640x480, 8-bit YCbCr, baseline"),
        (jpeg(0xC2, 1), "JPEG 640x480, 8-bit grayscale, progressive"),
        (gif(), "GIF 64x48, 4 colours"),
        (gif(3), "GIF 64x48, 4 colours, 3 frames"),
        (riff(LOSSY), "WebP 640x480, lossy"),
        (riff(LOSSLESS), "WebP 640x480, lossless, alpha"),
        (riff(EXTENDED, LOSSY), "WebP 640x480, extended, alpha"),
        (riff(EXTENDED, (b"ANMF", bytes(16)), (b"ANMF", b"")), "WebP 640x480, extended, alpha, animation of 2 frames"),
        (bmp(), "BMP 640x480, 24-bit"),
        (bmp(-480), "BMP 640x480, 24-bit"),
        (icon(), "icon of 2 images: 16x16, 16x16"),
        (icon(2, 6), "cursor of 6 images: 16x16, 16x16, 16x16, 16x16, 16x16 …"),
        (tiff(), "TIFF 640x480"),
        (tiff(">"), "TIFF 640x480"),
        (b"\xff\x0a" + bytes(20), "JXL image"),
    ],
)
def test_what_it_is(data, summary):
    """Format, size, depth, frames."""
    content = read(data, "")
    assert ("image", summary, "") == (content.kind, content.summary, content.problem)
    assert content.text.startswith(summary)


@pytest.mark.parametrize("kind", ALL)
def test_whatever_is_done_to_it(kind):
    """A tree, and what was read before a cut."""
    assert not malformed_in(torture(lambda data: describe(kind, data).tree, ALL[kind], cuts=200, flips=200))


def test_fields_of_a_png():
    """By Wireshark's names; a wrong checksum is noted."""
    data = ALL["image/png"]
    tree = read(data).tree
    assert 640 == tree.first("png.ihdr.width").value
    assert ["Comment", "hello"] == [tree.first(f"png.text.{part}").text for part in ("keyword", "string")]
    assert not any(field.note.startswith("Wrong") for field in tree.all("png.chunk.crc"))
    broken = bytearray(data)
    broken[20] ^= 1
    assert read(bytes(broken)).tree.first("png.chunk.crc").note.startswith("Wrong")


def test_fields_of_a_jpeg():
    """Exif is pointed at: it often holds the place."""
    tree = read(ALL["image/jpeg"]).tree
    assert ["JFIF", "Exif"] == [field.value for field in tree.all("image-jfif.identifier")]
    assert "place" in tree.all("image-jfif.identifier")[1].note
    assert b"a comment" == tree.first("image-jfif.comment").value


def test_what_is_none():
    """Is said to be none."""
    content = read(b"not an image, but some text", "image/png")
    assert "called image/png, but does not begin like any image" == content.problem


def test_svg():
    """Is an image in XML."""
    content = read(b'<?xml version="1.0"?>\n<svg width="10px" height="20"><script>a</script></svg>', "image/svg+xml")
    assert ("image", "SVG 10x20, with a script") == (content.kind, content.summary)
    assert "SVG viewBox 0 0 5 6" == read(b'<svg viewBox="0 0 5 6"/>', "").summary


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"\0\0\1\0", b"II*\0", b"MM\0*"]),
    st.binary(),
)
@settings(max_examples=200, deadline=None)
def test_any_bytes(start, data):
    """Are described."""
    read(start + data)
    read(b"RIFF\0\0\0\0WEBP" + data)


def test_limits_and_linear_time():
    """However many chunks, segments or blocks there are."""
    heads = {
        b"\x89PNG\r\n\x1a\n": chunk(b"tEXt", b""),
        b"\xff\xd8": segment(0xE0, b""),
        gif()[:-1]: b"\x21\xf9\0",
        b"RIFF\0\0\0\0WEBP": b"abcd\0\0\0\0",
    }
    for head, unit in heads.items():
        one, two = (steps(read, head + unit * count) for count in (500, 1000))
        assert two < 2.2 * one
        assert len(list(read(head + unit * 20_000).tree.walk())) < FIELDS + 20


def test_every_format_bears_being_nothing_but_its_head():
    """What is missing is malformed or left out."""
    for kind, data in ALL.items():
        assert kind in FORMATS
        for cut in range(12, 40):
            read(data[:cut], kind)
