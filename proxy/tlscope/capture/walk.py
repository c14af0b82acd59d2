"""Going through a journal once, fast, and able to go on at any record: what the inspector reads with.

    walk = Walk(directory, positions)        positions as another Walk left them; empty to begin at the beginning
    for item in walk.poll(): ...             Passed | Damage | Dropped, as much as there is now
    walk.positions                           series -> Position, behind the item that was yielded last
    walk.finished                            nobody records any more, and all is passed

The Reader (reader.py) makes an event of every record, which costs ten times as much as looking at it. Here a record
stays what it is on disk: numbers, and a view of its payload in the one buffer that the file is read into, good until
the next item. What is no whole, unharmed record is left to Segment (segment.py): what is damage and what is not yet
there, and where reading goes on, is decided in one place.

The file is read, not mapped: a recorder that runs out of space takes back the half of a record that it wrote, and a
page that is gone from under a mapping kills whoever looks at it.

Series are passed one after the other, not merged by time: a connection belongs to one of them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from tlscope.capture import format as fmt
from tlscope.capture.reader import Dropped, is_live, segments
from tlscope.capture.segment import HEAD, Damage, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

BLOCK = 512 << 10
"""Bytes read at once: more than a relay records at once (journal.py, ROOM), little enough for a processor's cache."""
_BULKY = tuple(sorted(fmt.BULKY))


class Position(NamedTuple):
    """How far a series was read."""

    segment: int
    at: int
    """Offset of the next record, or of what is no record."""
    unchecked: int = 0
    """Segment's: from where on no check covers what lies before."""
    done: bool = False
    """Whether nothing more can come from this segment."""


class Passed(NamedTuple):
    """A record as it lies on disk."""

    connection: int
    kind: int
    flags: int
    meta: int
    wall: int
    payload: memoryview
    """Good until the next item is asked for."""
    series: int
    segment: int
    start: int
    """Offset of its head."""


Item = Passed | Damage | Dropped


class Walk:
    """All series of a capture, finished or live."""

    def __init__(self, directory: Path, positions: Mapping[int, Position] | None = None) -> None:
        self.positions = dict(positions or {})
        self.finished = False
        """Whether the last poll passed all that there will ever be."""
        self._directory = directory
        self._open: dict[int, _Tail] = {}

    def close(self) -> None:
        """Let go of the files."""
        for tail in self._open.values():
            tail.close()
        self._open.clear()

    def poll(self) -> Iterator[Item]:
        """Yield what was recorded since the last poll; use it up before the next."""
        live = is_live(self._directory)  # asked before what is there, as in Reader.poll
        found = segments(self._directory)
        for series in sorted(found.keys() | self._open.keys()):
            yield from self._series(series, found.get(series, []), live=live)
        self.finished = not live

    def _series(self, series: int, numbers: list[int], *, live: bool) -> Iterator[Item]:
        position = self.positions.get(series)
        begun = [position.segment] if position and not position.done else []
        following = [number for number in numbers if position is None or number > position.segment]
        for number in begun + following:
            expected = self.positions[series].segment + 1 if series in self.positions else 1
            if number > expected:
                yield self._dropped(series, expected, number - 1)
            yield from self._segment(series, number, final=not live or number < max(numbers, default=0))

    def _segment(self, series: int, number: int, *, final: bool) -> Iterator[Item]:
        tail = self._open.get(series)
        if tail is None:
            position = self.positions.get(series)
            if position is None or position.segment != number:
                position = Position(number, 0)
            path = self._directory / f"journal-{series}-{number:06d}.tlsj"
            try:
                tail = self._open[series] = _Tail(path, series, position)
            except FileNotFoundError:  # the budget removed it, perhaps since the directory was listed
                yield self._dropped(series, number, number)
                return
            except OSError as error:
                self.positions[series] = Position(number, 0, done=True)
                yield Damage(path.name, 0, f"cannot be opened: {error.strerror}", 0)
                return
        for item in tail.read(final=final):
            self.positions[series] = tail.position
            yield item
        self.positions[series] = tail.position
        if tail.position.done:
            tail.close()
            del self._open[series]

    def _dropped(self, series: int, first: int, last: int) -> Dropped:
        self.positions[series] = Position(last, 0, done=True)
        return Dropped(series, first, last)


class _Tail:
    """One segment, from a position on."""

    def __init__(self, path: Path, series: int, position: Position) -> None:
        self.position = position
        self._series = series
        self._slow = Segment(path)
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._slow.close()
            raise
        self._salt: int | None = None
        self._buffer = memoryview(b"")
        self._block_at = self._block_end = 0

    def close(self) -> None:
        self._slow.close()
        os.close(self._fd)

    def read(self, *, final: bool) -> Iterator[Passed | Damage]:
        """Yield what is there from the position on."""
        stuck = -1
        while not self.position.done:
            self._block_at = self._block_end = 0  # half a record may have been taken back since, and another written
            if self._salt is not None or self._begin():
                yield from self._records()
            # Behind the last whole and unharmed record: Segment knows what that means.
            number, at, unchecked, _ = self.position
            if self._slow.position != (at, unchecked):
                self._slow.go_on(at, unchecked)
            item = next(self._slow.read(final=final), None)
            if isinstance(item, Damage):
                behind = self._slow.position
                self.position = Position(number, *behind, done=self._slow.done or behind == (at, unchecked))
                yield item
            elif item is None or stuck == at:
                self.position = self.position._replace(done=self._slow.done)
                return
            else:  # it was written since we looked
                stuck = at
                self._slow.go_on(at, unchecked)

    def _begin(self) -> bool:
        """Read the segment's header; False where there is none, or not yet."""
        try:
            found = fmt.read_segment_head(os.pread(self._fd, fmt.SEGMENT_HEAD.size + fmt.MAX_SEGMENT_META + 4, 0))
        except OSError:
            return False
        if not isinstance(found, tuple):
            return False
        self._salt = found[0]["salt"] & 0xFFFFFFFF
        if self.position.at < found[1]:
            self.position = self.position._replace(at=found[1])
        return True

    def _records(self) -> Iterator[Passed]:
        """Whole and unharmed records, up to what is none."""
        salt, series, number = self._salt or 0, self._series, self.position.segment
        unpack = fmt.RECORD.unpack_from
        at = self.position.at
        while True:
            here = at - self._block_at
            if here < 0 or at + HEAD > self._block_end:
                if not self._load(at, HEAD):
                    return
                here = 0
            check, length, kind, flags, meta, connection, wall, _ = unpack(self._buffer, here)
            if meta > length or length > fmt.MAX_PAYLOAD:
                return
            if at + HEAD + length > self._block_end:
                if not self._load(at, HEAD + length):
                    return
                here = 0
            stop = here + HEAD + length
            bulky = kind in _BULKY
            # The check's own place comes first in the head, and what it covers lies in a row behind it.
            if crc32(self._buffer[here + 4 : here + HEAD if bulky else stop], salt) != check:
                return
            start, at = at, at + HEAD + length
            self.position = Position(number, at, start + HEAD if bulky else 0)
            payload = self._buffer[here + HEAD : stop]
            yield Passed(connection, kind, flags, meta, wall, payload, series, number, start)

    def _load(self, at: int, size: int) -> bool:
        """Have at least `size` bytes from `at` on in the buffer; False where the file ends before."""
        if size > len(self._buffer) or len(self._buffer) > max(BLOCK, size):
            self._buffer = memoryview(bytearray(max(BLOCK, size)))  # a large message's buffer does not stay
        try:
            loaded = os.preadv(self._fd, [self._buffer], at)
        except OSError:
            loaded = 0
        self._block_at, self._block_end = at, at + loaded
        return loaded >= size
