"""Where the records of one connection lie in the journal, packed so that a million connections have room for it.

    packer = Packer()                          one for each open connection
    packer.add(series, segment, start, kind, flags, size)
    packer.chunks() -> the chunks that are new or have grown since the last call
    unpack(chunk) -> Place, Place ...

A place takes three to five bytes. Places gather in chunks of some CHUNK bytes; each says where it begins, in the
journal and in both directions' streams of application data, so that a byte of a stream is found by bisecting chunks,
and a connection of any length never has to be held whole. A chunk stays within one segment.

    chunk     place ...
    place     varint(gap << 4 | kind) varint(size << 3 | flags) [varint(kind), where the four bits say 15]

`size` counts the record's `data`, without the event's other fields; `gap` is the distance from where the record before
would end if it had none: small, as most have none. A gap may be negative (reading may go back behind damage,
segment.py), so it is folded into the positive numbers: 0, -1, 1, -2 ...
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.format import FLAG_DOWN, Kind
from tlscope.capture.segment import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 2 << 10
"""Bytes after which a chunk is full: it and its row still fit into a page of the database."""
CHUNK_BITS = 20
MAX_CHUNKS = 1 << CHUNK_BITS
"""Chunks of one connection: some five hundred million records. Where there are more, their places are not kept."""
OTHER = 15
"""Stands for the kinds that four bits do not hold."""
DATA = int(Kind.DATA)


class Place(NamedTuple):
    """One record."""

    series: int
    segment: int
    start: int
    """Offset of its head."""
    kind: int
    flags: int
    size: int
    """Bytes of its `data`."""
    offset: int
    """For application data: where it stands in its direction's stream; else 0."""


@dataclass(slots=True)
class Chunk:
    """Consecutive records of a connection in one segment."""

    number: int
    """From 0, in the connection."""
    series: int
    segment: int
    start: int
    """Offset of the first record."""
    up: int
    """Application bytes towards the server before the first record."""
    down: int
    places: bytearray


class Packer:
    """Packs the places of one connection; go on from its last `chunk` and its stream sizes."""

    __slots__ = ("_chunk", "_fresh", "_full", "_next", "down", "up")

    def __init__(self) -> None:
        self.up = 0
        """Bytes of application data so far."""
        self.down = 0
        self._chunk: Chunk | None = None
        self._next = 0
        self._full = False
        self._fresh: list[Chunk] = []

    def go_on(self, last: Chunk) -> None:
        """Take up where another packer left: `last` is its last chunk."""
        self._chunk = last
        self.up, self.down, self._next = last.up, last.down, last.start
        for place in unpack(last):
            self._count(place.kind, place.flags, place.size)
            self._next = place.start + HEAD + place.size

    def add(  # noqa: PLR0917 - the columns of a place, for each record: keywords would cost as much as the work
        self, series: int, segment: int, start: int, kind: int, flags: int, size: int
    ) -> None:
        """Add the record that comes next."""
        chunk = self._chunk
        if self._full:
            self._count(kind, flags, size)
            return
        if chunk is None or len(chunk.places) >= CHUNK or chunk.segment != segment or chunk.series != series:
            number = 0 if chunk is None else chunk.number + 1
            if number >= MAX_CHUNKS:
                self._full = True
                self._count(kind, flags, size)
                return
            chunk = self._chunk = Chunk(number, series, segment, start, self.up, self.down, bytearray())
            self._next = start
        if not self._fresh or self._fresh[-1] is not chunk:
            self._fresh.append(chunk)
        gap = start - self._next
        gap = gap << 1 if gap >= 0 else (~gap << 1) | 1
        out = chunk.places
        _put(out, gap << 4 | min(kind, OTHER))
        _put(out, size << 3 | (flags & 7))
        if kind >= OTHER:
            _put(out, kind)
        self._next = start + HEAD + size
        self._count(kind, flags, size)

    def chunks(self) -> list[Chunk]:
        """The chunks that are new or have grown since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def _count(self, kind: int, flags: int, size: int) -> None:
        if kind == DATA:
            if flags & FLAG_DOWN:
                self.down += size
            else:
                self.up += size


def unpack(chunk: Chunk) -> Iterator[Place]:
    """The places in a chunk; a chunk that is cut short yields those that are whole."""
    data, at, end = chunk.places, 0, len(chunk.places)
    series, segment, start = chunk.series, chunk.segment, chunk.start
    streams = [chunk.up, chunk.down]
    while at < end:
        try:
            first, at = _pull(data, at)
            second, at = _pull(data, at)
            kind = first & OTHER
            if kind == OTHER:
                kind, at = _pull(data, at)
        except IndexError:
            return
        gap = first >> 4
        start += ~(gap >> 1) if gap & 1 else gap >> 1
        flags, size = second & 7, second >> 3
        offset = 0
        if kind == DATA:
            direction = 1 if flags & FLAG_DOWN else 0
            offset = streams[direction]
            streams[direction] += size
        yield Place(series, segment, start, kind, flags, size, offset)
        start += HEAD + size


def _put(out: bytearray, value: int) -> None:
    """Append a varint: seven bits a byte, the lowest first, the high bit where more follow."""
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _pull(data: bytes | bytearray, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
