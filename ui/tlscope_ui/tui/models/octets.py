"""Bytes that are looked at a screen at a time, wherever they are: in memory, in a file, in the journal.

    source = recorded(index, directory, connection, Direction.DOWN, spans)      what passed, without holding it
    spool = Spool(); spool.write(...); source = spool.source()                   what was made of it
    len(source), source.read(start, end)                                         from any thread

What is made of a body (decoded, laid out) is kept in memory while it is small. Where it is not, it goes to a file of
its owner's alone that has no name, so nothing is left of it when the program ends, however it does.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

from tlscope.capture.format import FLAG_DOWN, Kind
from tlscope.capture.lookup import Gone, Lookup
from tlscope.capture.places import Place
from tlscope.events import Data, Direction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tlscope.capture.index import Index

KEPT = 8 << 20
"""Bytes of a spool that stay in memory: two or three of them are less than the rest of the program."""
MAX_PIECES = 1_000_000
"""Places of one source: 40 MB of arrays, for 16 GB of data in full records."""
DATA = int(Kind.DATA)


class Source(Protocol):
    """Bytes."""

    def __len__(self) -> int: ...

    def read(self, start: int, end: int) -> bytes:
        """The bytes [start, end), as far as there are any; what cannot be read any more is zeros."""


class Held:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def read(self, start: int, end: int) -> bytes:
        """See Source."""
        return self._data[start:end]


class Filed:
    """Bytes in a file without a name, which goes when nobody looks at it any more."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size

    def __del__(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._size

    def read(self, start: int, end: int) -> bytes:
        """See Source."""
        wanted = max(min(end, self._size) - start, 0)
        found = os.pread(self._file.fileno(), wanted, start)
        return found + bytes(wanted - len(found))

    def mapped(self) -> mmap.mmap:
        """All of them at once, as far as they are looked at."""
        return mmap.mmap(self._file.fileno(), self._size, access=mmap.ACCESS_READ)


class Spool:
    """Bytes that are being made."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._file: BinaryIO | None = None
        self.size = 0

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, data: bytes) -> None:
        """Add to them; raises OSError where there is no room for a file."""
        self.size += len(data)
        self._data += data
        if len(self._data) > KEPT:
            self._file = self._file or tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - its reader closes it
            self._flush(self._file)

    def source(self) -> Source:
        """All of them; nothing can be added any more."""
        if self._file is None:
            return Held(bytes(self._data))
        file, self._file = self._file, None
        self._flush(file)
        return Filed(file, self.size)

    def _flush(self, file: BinaryIO) -> None:
        left = memoryview(self._data)
        while left:
            left = left[file.write(left) :]
        left.release()
        self._data = bytearray()


class Piece(NamedTuple):
    """What was relayed at once."""

    direction: Direction
    start: int
    """In the source."""
    size: int


class Trail:
    """How far a connection was followed: its places in their order, each once, as the index comes to know them."""

    def __init__(self, connection: int) -> None:
        self._connection = connection
        self._chunk = 0
        """Of the index; `last` lies in this one, or behind it."""
        self.last: Place | None = None

    def on(self, lookup: Lookup, behind: Trail | None = None) -> Iterator[Place]:
        """The places that follow the last one, no more than are behind another trail. Use it up, or go on later."""
        if behind is not None and behind.last == self.last:
            return
        grows = lookup.last_chunk(self._connection) if behind is None else None
        chunk = behind._chunk if behind is not None else grows.number if grows is not None else 0  # noqa: SLF001 - its own kind
        end, known = behind.last if behind is not None else None, self.last
        for place in lookup.places(self._connection, self._chunk):
            if known is not None:
                known = None if place == known else known
                continue
            self.last = place
            yield place
            if place == end:
                break
        self._chunk = chunk


class Recorded:
    """Application data of a connection, read out of the journal when it is looked at.

    A place in the journal is 40 bytes here; the record that was read last is kept.
    """

    def __init__(self, directory: Path, database: sqlite3.Connection, connection: int) -> None:
        # The places are known: the database is not asked again, and may be closed.
        self._lookup, self._connection = Lookup(directory, database), connection
        self._lock = threading.Lock()
        self.starts = array("Q")
        """Where each piece begins here."""
        self._places = array("Q")
        """Of each piece: series and segment, offset of its record there, size of that, flags, bytes to be left out."""
        self._size = 0
        self._last: tuple[int, bytes] = -1, b""
        self.cut = False
        """Whether there is more than MAX_PIECES."""
        self.trail = Trail(connection)
        """How far `follow` has come."""
        self.gone = 0
        """Bytes that were looked for and are in the journal no more."""

    def __len__(self) -> int:
        return self._size

    def __del__(self) -> None:
        self._lookup.close()

    def add(self, place: Place, start: int, size: int) -> None:
        """Take a part of a record's data."""
        if len(self.starts) >= MAX_PIECES:
            self.cut = True
        elif size:
            # Whoever reads meanwhile goes by `starts` and the size, so these come after what they stand for.
            self._places.extend((place.series << 32 | place.segment, place.start, place.size, place.flags, start))
            self.starts.append(self._size)
            self._size += size

    def follow(self, lookup: Lookup) -> Iterator[Piece]:
        """Take all that has passed since the last time, in both directions; give it as it is taken."""
        for place in self.trail.on(lookup):
            before = len(self.starts)
            if place.kind == DATA:
                self.add(place, 0, place.size)
            for number in range(before, len(self.starts)):
                yield self.piece(number)

    def at(self, series: int, segment: int, start: int) -> int | None:
        """The piece whose record lies there; None for none. A recorder writes a connection's records in their order."""
        wanted = series << 32 | segment, start
        number = bisect_left(range(len(self.starts)), wanted, key=self._where)
        there = number < len(self.starts) and self._where(number) == wanted
        return number if there else None

    def pieces(self) -> Iterator[Piece]:
        """In their order."""
        for number in range(len(self.starts)):
            yield self.piece(number)

    def piece(self, number: int) -> Piece:
        """One of them."""
        start = self.starts[number]
        end = self.starts[number + 1] if number + 1 < len(self.starts) else self._size
        return Piece(Direction(bool(self._places[5 * number + 3] & FLAG_DOWN)), start, end - start)

    def wall(self, number: int) -> int | None:
        """When a piece was recorded; None where that is gone."""
        with self._lock:
            head = self._lookup.head(self._connection, self._place(number))
        return head.wall if head else None

    def read(self, start: int, end: int) -> bytes:
        """See Source."""
        start, end = max(start, 0), min(end, self._size)
        if start >= end:
            return b""
        made, number = bytearray(), bisect_right(self.starts, start) - 1
        with self._lock:
            while len(made) < end - start:
                piece = self.piece(number)
                at = start + len(made) - piece.start
                made += self._data(number, piece.size)[at : end - piece.start]
                number += 1
        return bytes(made)

    def _data(self, number: int, size: int) -> bytes:
        if self._last[0] != number:
            skipped = self._places[5 * number + 4]
            found = self._lookup.record(self._connection, self._place(number))
            data = b""
            if not isinstance(found, Gone) and isinstance(found.event, Data):
                data = found.event.data[skipped : skipped + size]
            if len(data) < size:
                self.gone += size - len(data)
                data += bytes(size - len(data))
            self._last = number, data
        return self._last[1]

    def _where(self, number: int) -> tuple[int, int]:
        return self._places[5 * number], self._places[5 * number + 1]

    def _place(self, number: int) -> Place:
        where, start, size, flags, _ = self._places[5 * number : 5 * number + 5]
        return Place(where >> 32, where & 0xFFFFFFFF, start, DATA, flags, size, 0)


def recorded(
    index: Index, directory: Path, connection: int, direction: Direction, spans: Iterable[tuple[int, int]]
) -> Recorded:
    """The bytes of these spans of a direction's stream: each from its start to its end, in their order."""
    made = Recorded(directory, index.database, connection)
    waiting = iter(spans)
    start, end = next(waiting, (0, 0))
    for place in _data(index, connection):
        if bool(place.flags & FLAG_DOWN) != bool(direction):
            continue
        behind = place.offset + place.size
        while start < behind and start < end:
            first = max(start, place.offset)
            made.add(place, first - place.offset, min(end, behind) - first)
            if end > behind:
                break
            start, end = next(waiting, (0, 0))
        if not end:
            break
    return made


def _data(index: Index, connection: int) -> Iterator[Place]:
    return (place for place in index.lookup.places(connection) if place.kind == DATA and place.size)
