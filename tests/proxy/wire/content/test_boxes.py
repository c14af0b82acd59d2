"""Boxes of MP4, AVIF and HEIC, made here by hand."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.content import describe
from tlscope.wire.content.boxes import Facts, boxes
from tlscope.wire.content.reading import FIELDS, Room
from tlscope.wire.field import Cursor


def box(kind, *data):
    body = b"".join(data)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def picture(brand, depth=10):
    sizes = box(b"ispe", struct.pack(">III", 0, 64, 48)), box(b"ispe", struct.pack(">III", 0, 640, 480))
    pixels = box(b"pixi", struct.pack(">IBBBB", 0, 3, depth, depth, depth))
    meta = box(b"meta", bytes(4), box(b"iprp", box(b"ipco", *sizes, pixels)))
    return box(b"ftyp", brand, bytes(4)) + meta + box(b"mdat", bytes(20))


def film(brand=b"isom", version=0):
    long = version == 1
    mvhd = struct.pack(">B3x", version) + (
        struct.pack(">QQIQ", 0, 0, 1000, 2500) if long else struct.pack(">IIII", 0, 0, 1000, 2500)
    )
    tkhd = struct.pack(">B3x", version) + bytes(84 if long else 72) + struct.pack(">II", 640 << 16, 480 << 16)
    entry = box(b"avc1", bytes(78))
    stbl = box(b"stbl", box(b"stsd", struct.pack(">II", 0, 1), entry))
    track = box(b"trak", box(b"tkhd", tkhd), box(b"mdia", box(b"minf", stbl)))
    return box(b"ftyp", brand, bytes(4)) + box(b"moov", box(b"mvhd", mvhd, bytes(80)), track) + box(b"mdat", bytes(9))


@pytest.mark.parametrize(
    ("data", "kind", "summary"),
    [
        (picture(b"avif"), "image", "AVIF 640x480, 10-bit"),
        (picture(b"heic", 8), "image", "HEIC 640x480, 8-bit"),
        (picture(b"mif1"), "image", "HEIF 640x480, 10-bit"),
        (film(), "video", "MP4 (isom), 640x480, 2.5 s, avc1"),
        (film(b"qt  "), "video", "QuickTime (qt), 640x480, 2.5 s, avc1"),
        (film(version=1), "video", "MP4 (isom), 640x480, 2.5 s, avc1"),
    ],
)
def test_what_boxes_say(data, kind, summary):
    """Size, depth, length, codecs."""
    content = describe("", data)
    check_tree(content.tree, data)
    size = f", {len(data)} bytes" if kind == "video" else ""
    assert (kind, summary + size, "") == (content.kind, content.summary, content.problem)


def test_sizes():
    """Of 64 bits, and to the end of the file; impossible ones are malformed."""
    whole = struct.pack(">I4sQ", 1, b"free", 20) + bytes(4) + struct.pack(">I4s", 0, b"mdat") + bytes(7)
    cursor = Cursor(whole)
    boxes(cursor, Room(), Facts())
    assert [("free", 0, 20), ("mdat", 20, 15)] == [(field.value, field.start, field.length) for field in cursor.fields]
    cursor = Cursor(struct.pack(">I4s", 7, b"free") + bytes(9))
    boxes(cursor, Room(), Facts())
    assert ["a box of 7 bytes"] == [field.text for field in cursor.fields]
    cut = describe("video/mp4", film()[:-3])
    assert ["the box says 17 bytes; some are not there"] == malformed_in(cut.tree)


def test_whatever_is_done_to_it():
    """A tree."""
    for data in (picture(b"avif"), film()):
        torture(lambda found: describe("video/mp4", found).tree, data, cuts=0, flips=200)


@given(st.binary())
@settings(max_examples=100, deadline=None)
def test_any_bytes(data):
    """Are described, as boxes of every kind."""
    for kind in (b"moov", b"meta", b"stsd", b"ispe", b"mvhd", b"tkhd", b"pixi"):
        whole = box(b"ftyp", b"isom") + box(kind, data) + data
        check_tree(describe("", whole).tree, whole)
        check_tree(describe("", box(b"ftyp", b"avif") + whole).tree, bytes(12) + whole)


def test_limits_and_linear_time():
    """However many boxes, however deep."""
    many = box(b"ftyp", b"isom") + box(b"free") * 20_000
    assert len(list(describe("", many).tree.walk())) < FIELDS + 10
    deep = b""
    for _ in range(200):
        deep = box(b"moov", deep)
    assert malformed_in(describe("", box(b"ftyp", b"isom") + deep).tree)
    one, two = (steps(describe, "", box(b"ftyp", b"isom") + box(b"moov") * count) for count in (500, 1000))
    assert two < 2.2 * one
