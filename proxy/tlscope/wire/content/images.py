"""Images: which, how large, how deep, and what else their heads say. No pixel is decoded.

    read(body) -> Reading

Each format has a function that reads its head through a Cursor and says in a line what it is. What follows the head
(the compressed pixels) is one field.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from tlscope.wire.content import markup
from tlscope.wire.content.boxes import box_image
from tlscope.wire.content.reading import Kind, Reading, Room, line, omitted, plural
from tlscope.wire.content.sniff import sniff
from tlscope.wire.content.textbody import dump
from tlscope.wire.field import MALFORMED, Cursor, Field, Short

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.wire.content.reading import Body

SHORTEST = 26
"""Bytes by which every format here shows itself; of fewer, the label is believed."""
HEX = 256
"""Bytes of an image that its text shows: the head."""
PNG_COLOURS = {0: "grayscale", 2: "RGB", 3: "palette", 4: "grayscale with alpha", 6: "RGBA"}
PNG_CHUNKS = {
    b"IHDR": "The header: size, depth, colour.", b"PLTE": "The palette.", b"IDAT": "Compressed pixels.",
    b"IEND": "The end.", b"tRNS": "Transparency.", b"gAMA": "Gamma.", b"cHRM": "Primary colours.", b"sRGB": "sRGB.",
    b"iCCP": "An ICC profile.", b"tEXt": "A remark.", b"zTXt": "A compressed remark.", b"iTXt": "A remark in UTF-8.",
    b"pHYs": "Pixels per unit.", b"tIME": "When it was last changed.", b"eXIf": "Exif data.", b"bKGD": "Background.",
    b"acTL": "An animation.", b"fcTL": "A frame of the animation.", b"fdAT": "A frame's pixels.",
}  # fmt: skip
"""PNG specification, third edition, section 11."""
JPEG_FRAMES = {0xC0: "baseline", 0xC1: "extended", 0xC2: "progressive", 0xC3: "lossless", 0xC9: "arithmetic",
               0xCA: "progressive, arithmetic"}  # fmt: skip
JPEG_MARKERS = {0xC4: "DHT", 0xD8: "SOI", 0xD9: "EOI", 0xDA: "SOS", 0xDB: "DQT", 0xDD: "DRI", 0xFE: "COM",
                **{0xE0 + number: f"APP{number}" for number in range(16)},
                **{frame: f"SOF{frame - 0xC0}" for frame in JPEG_FRAMES}}  # fmt: skip
JPEG_COMPONENTS = {1: "grayscale", 3: "YCbCr", 4: "CMYK"}


def read(body: Body) -> Reading:
    """An image of whatever format its first bytes are; by its label where they are none."""
    kind = sniff(body.data) or (body.media.type if len(body.data) < SHORTEST else "")
    if kind == "image/svg+xml" or (not kind.startswith("image/") and body.media.type == "image/svg+xml"):
        return markup.read_svg(body)
    cursor, name = Cursor(body.data), kind.removeprefix("image/").removeprefix("x-") or "image"
    look = FORMATS.get(kind)
    problem = ""
    if look is None:
        problem = "" if kind.startswith("image/") else f"called {body.media.type}, but does not begin like any image"
        said = f"{name.upper()} image" if not problem else f"{body.media.type}, {plural(len(body.data), 'byte')}"
    else:
        found = [""]

        def whole(inside: Cursor) -> None:
            look(inside, body.room, found)

        cursor.guarded(whole, to_end=False)
        said = found[0] or f"{name.upper()} image"
    if cursor.left:
        cursor.add(omitted(cursor.at, cursor.left))
        cursor.at = cursor.end
    tree = cursor.field(KEYS.get(kind, "image"), "Image", text=said)
    bad = next((f"at byte {field.start}: {field.text}" for field in tree.walk() if field.key == MALFORMED), "")
    return Reading(Kind.IMAGE, said, f"{said}\n\n{dump(body.data, HEX)}", tree, problem or bad)


KEYS = {"image/png": "png", "image/jpeg": "image-jfif", "image/gif": "image-gif"}


def _png(cursor: Cursor, room: Room, said: list[str]) -> None:
    cursor.raw(8, "png.signature", "PNG Signature")
    extra: list[str] = []
    while cursor.left:
        if not room.spare(cursor):
            return
        kind, data = _png_chunk(cursor)
        room.fields -= sum(1 for _ in cursor.fields[-1].walk()) - 1
        if kind == b"IHDR" and len(data) >= 13:
            width, height, depth, colour = struct.unpack(">IIBB", data[:10])
            said[0] = f"PNG {width}x{height}, {depth}-bit {PNG_COLOURS.get(colour, f'colour type {colour}')}"
        elif kind == b"acTL" and len(data) >= 4:
            extra.append(f", animation of {plural(int.from_bytes(data[:4]), 'frame')}")
            said[0] += extra[-1] if len(extra) == 1 else ""
        elif kind == b"IEND":
            return


def _png_chunk(cursor: Cursor) -> tuple[bytes, bytes]:
    kind = data = b""

    def whole(inside: Cursor) -> None:
        nonlocal kind, data
        start = inside.at
        length = inside.number(4, "png.chunk.len", "Len")
        kind = inside.raw(4, "png.chunk.type", "Chunk", text=lambda found: found.decode("latin-1"),
                          note=PNG_CHUNKS.get(inside.data[start + 4 : start + 8], ""))  # fmt: skip
        at, size = inside.at, min(length, inside.left)
        data = b"" if kind == b"IDAT" else inside.data[at : at + size]
        inside.group(size, "png.chunk.data", "Data", PNG_DATA.get(kind, _skip))
        if size < length:
            raise Short(inside.at, f"the chunk {line(kind.decode('latin-1'))}")
        right = zlib.crc32(inside.data[start + 4 : at + size])
        if inside.number(4, "png.chunk.crc", "CRC", text=lambda value: f"0x{value:08x}") != right:
            inside.fields[-1] = inside.fields[-1]._replace(note=f"Wrong: the chunk's sum is 0x{right:08x}.")

    made = cursor.group(None, "png.chunk", "Chunk", whole)
    name = kind.decode("latin-1")
    cursor.fields[-1] = made._replace(value=name, text=f"{line(name)}, {plural(max(0, made.length - 12), 'byte')}")
    return kind, data


def _skip(cursor: Cursor) -> None:
    cursor.at = cursor.end


def _ihdr(cursor: Cursor) -> None:
    cursor.number(4, "png.ihdr.width", "Width")
    cursor.number(4, "png.ihdr.height", "Height")
    cursor.number(1, "png.ihdr.bitdepth", "Bit Depth")
    cursor.number(1, "png.ihdr.colour_type", "Colour Type", text=lambda value: PNG_COLOURS.get(value, str(value)))
    cursor.number(1, "png.ihdr.compression_method", "Compression Method")
    cursor.number(1, "png.ihdr.filter_method", "Filter Method")
    cursor.number(1, "png.ihdr.interlace_method", "Interlace Method")


def _png_text(cursor: Cursor) -> None:
    size = cursor.data.find(b"\0", cursor.at, cursor.end)
    size = cursor.left if size < 0 else size - cursor.at
    cursor.raw(size, "png.text.keyword", "Keyword", text=lambda data: data.decode("latin-1"))
    cursor.at = min(cursor.at + 1, cursor.end)
    cursor.raw(None, "png.text.string", "String", text=lambda data: data[:200].decode("latin-1"))


def _phys(cursor: Cursor) -> None:
    cursor.number(4, "png.phys.horiz", "Horizontal pixels per unit")
    cursor.number(4, "png.phys.vert", "Vertical pixels per unit")
    cursor.number(1, "png.phys.unit", "Unit", text=lambda value: "metre" if value == 1 else str(value))


def _png_time(cursor: Cursor) -> None:
    cursor.number(2, "png.time.year", "Year")
    for part in ("month", "day", "hour", "minute", "second"):
        cursor.number(1, f"png.time.{part}", part.title())


PNG_DATA: dict[bytes, Callable[[Cursor], None]] = {
    b"IHDR": _ihdr, b"tEXt": _png_text, b"pHYs": _phys, b"tIME": _png_time,
}  # fmt: skip


def _jpeg(cursor: Cursor, room: Room, said: list[str]) -> None:
    cursor.raw(2, "image-jfif.marker", "Marker", text="SOI")
    code = 0
    while cursor.left and code != 0xDA and room.spare(cursor):  # behind SOS it is entropy-coded
        code = _jpeg_segment(cursor, said)
        room.fields -= sum(1 for _ in cursor.fields[-1].walk()) - 1


def _jpeg_segment(cursor: Cursor, said: list[str]) -> int:
    """A marker and what belongs to it; the marker's second byte."""
    code = 0

    def whole(inside: Cursor) -> None:
        nonlocal code
        start = inside.at
        while inside.left > 2 and inside.data[inside.at : inside.at + 2] == b"\xff\xff":  # fill (ITU-T T.81 B.1.1.2)
            inside.at += 1
        marker = inside.number(2, "image-jfif.marker", "Marker", text=lambda value: _marker(value & 0xFF))
        if marker >> 8 != 0xFF:
            raise Short(start, "no marker: the head")
        code = marker & 0xFF
        if code in {0xD9, 0x01} or 0xD0 <= code <= 0xD8:
            return
        length = inside.number(2, "image-jfif.length", "Length")
        if length < 2:
            raise Short(inside.at, f"the segment {_marker(code)}")
        if code in JPEG_FRAMES:
            said[0] = _frame_said(inside.data, inside.at, code)
        size = min(length - 2, inside.left)
        parse = _sof if code in JPEG_FRAMES else JPEG_DATA.get(code, _skip)
        inside.group(size, "image-jfif.segment", "Segment", parse)
        if size < length - 2:
            raise Short(inside.at, f"the segment {_marker(code)}")

    made = cursor.group(None, "image-jfif.marker_segment", "Marker segment", whole)
    cursor.fields[-1] = made._replace(text=_marker(code))
    return code


def _marker(code: int) -> str:
    return f"{JPEG_MARKERS.get(code, 'marker')} (0xff{code:02x})"


def _frame_said(data: bytes, at: int, code: int) -> str:
    if len(data) < at + 6:
        return ""
    precision, height, width, count = struct.unpack_from(">BHHB", data, at)
    colours = JPEG_COMPONENTS.get(count, plural(count, "component"))
    return f"JPEG {width}x{height}, {precision}-bit {colours}, {JPEG_FRAMES[code]}"


def _sof(cursor: Cursor) -> None:
    cursor.number(1, "image-jfif.sof.precision", "Sample Precision (bits)")
    cursor.number(2, "image-jfif.sof.lines", "Lines")
    cursor.number(2, "image-jfif.sof.samples_per_line", "Samples per line")
    cursor.number(1, "image-jfif.sof.nf", "Number of image components in frame")
    cursor.at = cursor.end


def _app(cursor: Cursor) -> None:
    end = cursor.data.find(b"\0", cursor.at, cursor.end)
    if end >= 0:
        name = cursor.data[cursor.at : end].decode("latin-1")
        cursor.add(Field("image-jfif.identifier", "Identifier", name, cursor.at, end + 1 - cursor.at, name))
        if name == "Exif":
            cursor.fields[-1] = cursor.fields[-1]._replace(note="Exif: the camera, the time, often the place.")
    cursor.at = cursor.end


def _comment(cursor: Cursor) -> None:
    cursor.raw(None, "image-jfif.comment", "Comment", text=lambda data: data[:200].decode("latin-1"))


JPEG_DATA: dict[int, Callable[[Cursor], None]] = {**{0xE0 + number: _app for number in range(16)}, 0xFE: _comment}


def _gif(cursor: Cursor, room: Room, said: list[str]) -> None:
    cursor.raw(6, "image-gif.version", "Version", text=lambda data: data.decode("latin-1"))
    width = _little(cursor, 2, "image-gif.screen.width", "Screen width")
    height = _little(cursor, 2, "image-gif.screen.height", "Screen height")
    flags = cursor.number(1, "image-gif.global.flags", "Flags", text=lambda value: f"0x{value:02x}")
    cursor.number(1, "image-gif.image_background_index", "Background color index")
    cursor.number(1, "image-gif.global.pixel_aspect_ratio", "Global pixel aspect ratio")
    said[0] = f"GIF {width}x{height}, {plural(2 << (flags & 7), 'colour')}"
    if flags & 0x80:
        cursor.raw(3 * (2 << (flags & 7)), "image-gif.global.color_map", "Global color map")
    frames = 0
    while cursor.left and room.spare(cursor):
        start = cursor.at
        kind = cursor.pull(1, "a block")[0]
        if kind == 0x3B:
            cursor.add(Field("image-gif.trailer", "Trailer", kind, start, 1, "the end"))
            break
        if kind == 0x2C:
            frames += 1
            head = cursor.pull(9, "an image descriptor")
            cursor.pull((3 * (2 << (head[8] & 7)) if head[8] & 0x80 else 0) + 1, "a colour map")
        elif kind == 0x21:
            cursor.pull(1, "an extension")
        else:
            raise Short(start, f"a block of type 0x{kind:02x}")
        while size := cursor.pull(1, "a block's length")[0]:
            cursor.pull(size, "a block")
        key, label = ("image-gif.image", "Image") if kind == 0x2C else ("image-gif.extension", "Extension")
        cursor.add(Field(key, label, None, start, cursor.at - start, plural(cursor.at - start, "byte")))
    if frames > 1:
        said[0] += f", {frames:,} frames"


def _little(cursor: Cursor, size: int, key: str, label: str, *, signed: bool = False) -> int:
    """A little-endian number."""
    start = cursor.at
    value = int.from_bytes(cursor.pull(size, label), "little", signed=signed)
    cursor.add(Field(key, label, value, start, size, str(value)))
    return value


def _webp(cursor: Cursor, room: Room, said: list[str]) -> None:
    cursor.raw(4, "riff.id", "Identifier", text="RIFF")
    _little(cursor, 4, "riff.size", "Size")
    cursor.raw(4, "riff.form", "Form", text="WEBP")
    frames = 0
    while cursor.left and room.spare(cursor):
        start = cursor.at
        kind, size = cursor.pull(4, "a chunk"), int.from_bytes(cursor.pull(4, "a chunk's size"), "little")
        at = cursor.at
        cursor.at = min(cursor.end, at + size + (size & 1))
        name = kind.decode("latin-1")
        cursor.add(Field("riff.chunk", "Chunk", name, start, cursor.at - start, f"{name}, {plural(size, 'byte')}"))
        said[0] = said[0] or _webp_said(kind, cursor.data[at : at + 10])
        frames += kind == b"ANMF"
    if frames:
        said[0] += f", animation of {plural(frames, 'frame')}"


def _webp_said(kind: bytes, head: bytes) -> str:
    """The size, in the three ways that WebP has for it (RFC 9649 section 2)."""
    if kind == b"VP8X" and len(head) == 10:
        width, height = int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
        return f"WebP {width}x{height}, extended{', alpha' if head[0] & 0x10 else ''}"
    if kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return f"WebP {width}x{height}, lossy"
    if kind == b"VP8L" and head[:1] == b"\x2f" and len(head) >= 5:
        bits = int.from_bytes(head[1:5], "little")
        return f"WebP {(bits & 0x3FFF) + 1}x{(bits >> 14 & 0x3FFF) + 1}, lossless{', alpha' if bits >> 28 & 1 else ''}"
    return ""


def _bmp(cursor: Cursor, _room: Room, said: list[str]) -> None:
    cursor.raw(2, "bmp.signature", "Signature", text="BM")
    _little(cursor, 4, "bmp.size", "File size")
    cursor.raw(4, "bmp.reserved", "Reserved")
    _little(cursor, 4, "bmp.offset", "Offset of the pixels")
    head = _little(cursor, 4, "bmp.header_size", "Header size")
    size, signed = (2, False) if head == 12 else (4, True)
    width = _little(cursor, size, "bmp.width", "Width", signed=signed)
    height = _little(cursor, size, "bmp.height", "Height", signed=signed)
    _little(cursor, 2, "bmp.planes", "Planes")
    depth = _little(cursor, 2, "bmp.bits", "Bits per pixel")
    said[0] = f"BMP {width}x{abs(height)}, {depth}-bit"


def _icon(cursor: Cursor, room: Room, said: list[str]) -> None:
    cursor.raw(2, "ico.reserved", "Reserved")
    kind = _little(cursor, 2, "ico.type", "Type")
    count = _little(cursor, 2, "ico.count", "Images")
    sizes: list[str] = []
    for _ in range(count):
        if not room.spare(cursor):
            break
        start = cursor.at
        width, height, _, _, _, depth, size, offset = struct.unpack("<BBBBHHII", cursor.pull(16, "an entry"))
        text = f"{width or 256}x{height or 256}"
        sizes.append(text)
        bits = f", {depth}-bit" if kind == 1 else ""
        cursor.add(Field("ico.entry", "Image", None, start, 16, f"{text}{bits}, {size:,} bytes at {offset:,}"))
    some = ", ".join(sizes[:5]) + (" …" if len(sizes) > 5 else "")
    said[0] = f"{'cursor' if kind == 2 else 'icon'} of {plural(count, 'image')}" + (f": {some}" if some else "")


def _tiff(cursor: Cursor, room: Room, said: list[str]) -> None:
    little = cursor.raw(2, "tiff.order", "Byte order", text=lambda data: data.decode("latin-1")) == b"II"
    cursor.raw(2, "tiff.version", "Version")
    order = "little" if little else "big"
    start = cursor.at
    offset = int.from_bytes(cursor.pull(4, "an offset"), "little" if little else "big")
    cursor.add(Field("tiff.offset", "Offset of the first directory", offset, start, 4, str(offset)))
    if not cursor.at <= offset < cursor.end:
        raise Short(start, "a directory that is not there: the image")
    cursor.at = offset
    found: dict[int, int] = {}
    count = int.from_bytes(cursor.pull(2, "a directory"), "little" if little else "big")
    for _ in range(count):
        if not room.spare(cursor):
            break
        start = cursor.at
        tag, kind, _number, value = struct.unpack(("<" if little else ">") + "HHII", cursor.pull(12, "an entry"))
        if kind == 3 and order == "big":
            value >>= 16
        elif kind == 3:
            value &= 0xFFFF
        found[tag] = value
        cursor.add(Field("tiff.entry", "Entry", tag, start, 12, f"{tag} = {value}"))
    if 256 in found and 257 in found:
        said[0] = f"TIFF {found[256]}x{found[257]}"


FORMATS: dict[str, Callable[[Cursor, Room, list[str]], None]] = {
    "image/png": _png, "image/jpeg": _jpeg, "image/gif": _gif, "image/webp": _webp, "image/bmp": _bmp,
    "image/x-icon": _icon, "image/tiff": _tiff, "image/avif": box_image, "image/heic": box_image,
    "image/heif": box_image, "image/heic-sequence": box_image, "image/heif-sequence": box_image,
}  # fmt: skip
