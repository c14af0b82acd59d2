"""Boxes of the ISO base media file format (ISO/IEC 14496-12): MP4, QuickTime, AVIF, HEIC.

    boxes(cursor, room, facts)     a run of boxes as fields; what they say of size, length and codecs goes into `facts`

A box is its length, its type, and what it holds, which is boxes again for a few types. Only those are opened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tlscope.wire.content.reading import line, plural
from tlscope.wire.field import Cursor, Field, malformed

if TYPE_CHECKING:
    from tlscope.wire.content.reading import Room

CONTAINERS = {
    b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"moof": 0, b"traf": 0, b"iprp": 0, b"ipco": 0,
    b"edts": 0, b"mvex": 0, b"udta": 0, b"meta": 4, b"stsd": 8, b"dinf": 0, b"sinf": 0,
}  # fmt: skip
"""Boxes that hold boxes, and how many bytes come before them."""
NOTES = {
    b"ftyp": "What kind of file it is: its brands.", b"moov": "All about the tracks.", b"mdat": "The media themselves.",
    b"trak": "A track.", b"mvhd": "How long it plays.", b"tkhd": "A track's size.", b"stsd": "How samples are coded.",
    b"meta": "Metadata.", b"iprp": "Properties of items.", b"ispe": "An item's width and height.",
    b"pixi": "Bits per channel.", b"av1C": "AV1's configuration.", b"hvcC": "HEVC's configuration.",
    b"avcC": "AVC's configuration.", b"moof": "A fragment.", b"sidx": "An index of segments.", b"free": "Nothing.",
    b"colr": "The colour space.", b"irot": "To be turned.", b"pssh": "For a system of digital rights management.",
}  # fmt: skip
CODECS = frozenset({
    b"avc1", b"avc3", b"hvc1", b"hev1", b"av01", b"vp08", b"vp09", b"mp4a", b"ac-3", b"ec-3", b"Opus", b"fLaC", b"mp4v",
    b"encv", b"enca", b"wvtt", b"stpp", b"tx3g", b"apch", b"jpeg", b"alac",
})  # fmt: skip
"""Sample entries, whose type is a codec."""
MAX_BRANDS = 16
"""Compatible brands shown."""


@dataclass(slots=True)
class Facts:
    """What the boxes said."""

    brand: str = ""
    sizes: list[tuple[int, int]] = field(default_factory=list)
    """Width and height of items or tracks, those of 0 left out; eight at most."""
    depth: int = 0
    seconds: float = 0.0
    codecs: list[str] = field(default_factory=list)


def boxes(cursor: Cursor, room: Room, facts: Facts) -> None:
    """A run of boxes up to the cursor's end; raises Short."""
    while cursor.left:
        if not room.spare(cursor):
            return
        _box(cursor, room, facts)


def _box(cursor: Cursor, room: Room, facts: Facts) -> None:
    start = cursor.at
    size, kind, head = int.from_bytes(cursor.pull(4, "a box")), cursor.pull(4, "a box's type"), 8
    if size == 1:
        size, head = int.from_bytes(cursor.pull(8, "a box's size")), 16
    elif size == 0:
        size = cursor.end - start  # to the end of the file
    name = kind.decode("latin-1")
    note = NOTES.get(kind, "")
    if size < head:
        cursor.add(malformed(start, cursor.end - start, f"a box of {size} bytes"))
        cursor.at = cursor.end
        return
    end = min(start + size, cursor.end)
    inside = Cursor(cursor.data, cursor.at, end, cursor.depth + 1)
    if kind in CONTAINERS:
        inside.guarded(lambda found: _contents(found, room, facts, CONTAINERS[kind]))
    else:
        _facts(kind, cursor.data[inside.at : min(end, inside.at + 128)], facts)
    cut = () if start + size <= cursor.end else (malformed(end, 0, f"the box says {size} bytes; some are not there"),)
    cursor.at = end
    text = f"{line(name, 4)}, {plural(size, 'byte')}"
    cursor.add(Field("mp4.box", "Box", name, start, end - start, text, note, "", (*inside.fields, *cut)))


def _contents(cursor: Cursor, room: Room, facts: Facts, before: int) -> None:
    cursor.pull(before, "a version")
    boxes(cursor, room, facts)


def _facts(kind: bytes, data: bytes, facts: Facts) -> None:
    """What a box that holds no others says, by its first bytes; what is too short says nothing."""
    number = int.from_bytes
    if kind == b"ftyp" and not facts.brand:
        facts.brand = line(data[:4].decode("latin-1").strip())
    elif kind == b"ispe" and len(data) >= 12:
        _sized(facts, number(data[4:8]), number(data[8:12]))
    elif kind == b"pixi" and len(data) >= 6:
        facts.depth = facts.depth or data[5]
    elif kind == b"mvhd" and len(data) >= 32:
        scale, length = (data[20:24], data[24:32]) if data[0] == 1 else (data[12:16], data[16:20])
        facts.seconds = number(length) / number(scale) if number(scale) and length.strip(b"\xff") else 0.0
    elif kind == b"tkhd" and len(data) >= 84:
        at = 88 if data[0] == 1 else 76
        _sized(facts, number(data[at : at + 2]), number(data[at + 4 : at + 6]))
    elif kind in CODECS and len(facts.codecs) < 8:
        name = kind.decode("latin-1")
        facts.codecs += [name] if name not in facts.codecs else []


def _sized(facts: Facts, width: int, height: int) -> None:
    if width and height and len(facts.sizes) < 8:
        facts.sizes.append((width, height))


def box_image(cursor: Cursor, room: Room, said: list[str]) -> None:
    """AVIF and HEIC: the largest of their items is the picture."""
    facts = Facts()
    try:
        boxes(cursor, room, facts)
    finally:
        name = "AVIF" if facts.brand.startswith("avi") else "HEIF" if facts.brand in {"mif1", "msf1"} else "HEIC"
        width, height = max(facts.sizes, default=(0, 0))
        said[0] = name + (f" {width}x{height}" if width else " image") + (f", {facts.depth}-bit" if facts.depth else "")
