"""The bytes behind the rows: one connection's records, or a span of its streams, without reading all the journal.

    with Lookup(directory, database) as lookup:
        lookup.records(connection) -> Record | Gone ...              all that was recorded of it, in order
        lookup.stream(connection, direction, start, end) -> Piece | Gone ...
        lookup.span(connection, direction, start, end, limit) -> Span     the same, joined

What the index does not know yet is not found; what the recorder's budget has dropped since, or what was damaged since,
is `Gone`: where a byte stood in its stream stays true. Any thread may use a Lookup of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

from tlscope.capture.format import FLAG_DOWN
from tlscope.capture.places import CHUNK_BITS, DATA, Chunk, Place, unpack
from tlscope.capture.segment import HEAD, Record, Segment
from tlscope.capture.walk import Passed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tlscope.capture.format import Head
    from tlscope.events import Direction

OPEN_FILES = 8
"""Segments held open: a connection's records lie in one or two, those of two long connections in a few."""
SPAN_LIMIT = 64 << 20
"""Bytes that `span` joins unless told otherwise."""

Found = TypeVar("Found")

PUT = "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?, ?, ?, ?)"
"""What `row_of` is put in place with."""
_CHUNK = "SELECT place, series, segment, start, up, down, places FROM place "


class Gone(NamedTuple):
    """Records that the index knows and the journal holds no more."""

    series: int
    segment: int
    records: int
    offset: int
    """In a stream: where the bytes stood; else 0."""
    length: int
    """Bytes of `data` in them."""


class Piece(NamedTuple):
    """Application bytes of one direction."""

    offset: int
    """In the direction's stream."""
    data: bytes


class Span(NamedTuple):
    """Application bytes of one direction, joined."""

    start: int
    data: bytes
    """Where bytes are gone, as many zeros stand."""
    gone: tuple[Gone, ...]
    cut: bool
    """Whether there is more than the limit, or than is indexed yet."""


class Lookup:
    """Reads what the places of an index point at."""

    def __init__(self, directory: Path, database: sqlite3.Connection) -> None:
        """`database` is the index, open for reading; it stays the caller's."""
        self._directory, self._database = directory, database
        self._files: OrderedDict[tuple[int, int], Segment | None] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        for segment in self._files.values():
            if segment:
                segment.close()
        self._files.clear()

    def records(self, connection: int, *, kinds: frozenset[int] | None = None) -> Iterator[Record | Gone]:
        """A connection's records in order; with `kinds`, all others are passed over."""
        return _merged(self._records(connection, kinds))

    def _records(self, connection: int, kinds: frozenset[int] | None) -> Iterator[Record | Gone]:
        for place in self.places(connection):
            if kinds is None or place.kind in kinds:
                yield self.record(connection, place)

    def record(self, connection: int, place: Place) -> Record | Gone:
        """What lies at a place of a connection."""
        segment = self._segment(place.series, place.segment)
        record = None if segment is None else segment.record(place.start)
        return _gone(place, 0, place.size) if record is None or record.connection != connection else record

    def head(self, connection: int, place: Place) -> Head | None:
        """The head of what lies there, with its times, for who does not need the bytes; None where it is gone."""
        segment = self._segment(place.series, place.segment)
        head = None if segment is None else segment.head(place.start)
        return None if head is None or head.connection != connection else head

    def passed(self, connection: int, places: Iterable[Place] | None = None) -> Iterator[Passed | Gone]:
        """The same as Walk passes them; with `places`, those."""
        for place in self.places(connection) if places is None else places:
            segment, head = self._segment(place.series, place.segment), self.head(connection, place)
            if segment is None or head is None:
                yield _gone(place, 0, place.size)
                continue
            payload = memoryview(segment.content(place.start + HEAD, head.length))
            yield Passed(
                connection, head.kind, head.flags, head.meta, head.wall, payload,
                place.series, place.segment, place.start,
            )  # fmt: skip

    def stream(
        self, connection: int, direction: Direction, start: int = 0, end: int | None = None
    ) -> Iterator[Piece | Gone]:
        """The application bytes [start, end) of a direction, in order, as far as they are indexed."""
        return _merged(self._stream(connection, direction, start, end))

    def _stream(self, connection: int, direction: Direction, start: int, end: int | None) -> Iterator[Piece | Gone]:
        down = bool(direction)
        for place in self.places(connection, self._chunk_at(connection, start, down=down)):
            if place.kind != DATA or not place.size or bool(place.flags & FLAG_DOWN) != down:
                continue
            if end is not None and max(start, place.offset) >= end:
                return
            if place.offset + place.size <= start:
                continue
            first = max(start - place.offset, 0)
            last = place.size if end is None else min(end - place.offset, place.size)
            segment, head = self._segment(place.series, place.segment), self.head(connection, place)
            data = b""
            if segment is not None and head is not None:
                data = segment.content(place.start + HEAD + head.meta + first, last - first)
            if len(data) == last - first:
                yield Piece(place.offset + first, data)
            else:
                yield _gone(place, place.offset + first, last - first)

    def span(
        self, connection: int, direction: Direction, start: int = 0, end: int | None = None, limit: int = SPAN_LIMIT
    ) -> Span:
        """The bytes [start, end) of a direction in one piece, `limit` at the most."""
        stop = start + limit if end is None else min(end, start + limit)
        joined, gone = bytearray(), []
        for piece in self.stream(connection, direction, start, stop + 1 if end is None else stop):
            if isinstance(piece, Gone):
                gone.append(piece)
                joined += bytes(piece.length)
            else:
                joined += piece.data
        wanted = None if end is None else max(0, end - start)
        cut = len(joined) > limit if wanted is None else len(joined) < wanted
        del joined[limit:]
        return Span(start, bytes(joined), tuple(gone), cut)

    def places(self, connection: int, chunk: int = 0) -> Iterator[Place]:
        """Where a connection's records lie, from a chunk on."""
        at, last = connection << CHUNK_BITS | chunk, (connection + 1 << CHUNK_BITS) - 1
        # A chunk at a time: no statement stays open while the caller works, which would hold up the log's checkpoint.
        query = _CHUNK + "WHERE place BETWEEN ? AND ? ORDER BY place LIMIT 1"
        while row := self._database.execute(query, (at, last)).fetchone():
            yield from unpack(_chunk(row))
            at = row[0] + 1

    def last_chunk(self, connection: int) -> Chunk | None:
        """The chunk that grows."""
        first, last = connection << CHUNK_BITS, (connection + 1 << CHUNK_BITS) - 1
        row = self._database.execute(
            _CHUNK + "WHERE place BETWEEN ? AND ? ORDER BY place DESC LIMIT 1", (first, last)
        ).fetchone()
        return _chunk(row) if row else None

    def holding(self, connection: int, direction: Direction, offset: int) -> Place | None:
        """Where the application byte at `offset` of a direction lies."""
        down = bool(direction)
        for place in self.places(connection, self._chunk_at(connection, offset, down=down)):
            if place.kind == DATA and bool(place.flags & FLAG_DOWN) == down and offset < place.offset + place.size:
                return place
        return None

    def _chunk_at(self, connection: int, offset: int, *, down: bool) -> int:
        """The last chunk that begins at or before an offset of a stream."""
        last = self.last_chunk(connection)
        low, high = 0, last.number if last else 0
        query = "SELECT down FROM place WHERE place = ?" if down else "SELECT up FROM place WHERE place = ?"
        while low < high:
            middle = (low + high + 1) // 2
            row = self._database.execute(query, (connection << CHUNK_BITS | middle,)).fetchone()
            if row and row[0] <= offset:
                low = middle
            else:
                high = middle - 1
        return low

    def _segment(self, series: int, number: int) -> Segment | None:
        key = series, number
        if key in self._files:
            self._files.move_to_end(key)
            return self._files[key]
        segment = None
        with suppress(OSError):
            segment = Segment(self._directory / f"journal-{series}-{number:06d}.tlsj")
        self._files[key] = segment
        if len(self._files) > OPEN_FILES:
            _, oldest = self._files.popitem(last=False)
            if oldest:
                oldest.close()
        return segment


def _merged(items: Iterator[Found | Gone]) -> Iterator[Found | Gone]:
    """What is gone in a row of one segment, as one: a dropped segment held a hundred thousand records."""
    held: Gone | None = None
    for item in items:
        if isinstance(item, Gone):
            if held and (held.series, held.segment) == (item.series, item.segment):
                held = held._replace(records=held.records + 1, length=held.length + item.length)
                continue
            held, item = item, held  # noqa: PLW2901 - the one before is complete now
        elif held:
            yield held
            held = None
        if item is not None:
            yield item
    if held:
        yield held


def row_of(connection: int, chunk: Chunk) -> tuple[int, int, int, int, int, int, bytes]:
    """A chunk of a connection, as it is kept in `place`."""
    place = connection << CHUNK_BITS | chunk.number
    return place, chunk.series, chunk.segment, chunk.start, chunk.up, chunk.down, bytes(chunk.places)


def _chunk(row: tuple[int, int, int, int, int, int, bytes]) -> Chunk:
    place, series, segment, start, up, down, places = row
    return Chunk(place & (1 << CHUNK_BITS) - 1, series, segment, start, up, down, bytearray(places))


def _gone(place: Place, offset: int, length: int) -> Gone:
    return Gone(place.series, place.segment, 1, offset, length)
