"""Reading a capture, finished or live: what was recorded, in order, and what of it is missing.

    with Reader(directory) as reader:
        for item in reader.poll(): ...      Record | Damage | Dropped, as much as there is now
        reader.finished                     nobody records any more, and all is read

`poll` may be called again and again while a recorder appends; when to call it is the caller's business, for there is no
clock here. It is lazy: however much there is to read, one record of it is in memory at a time. One poll must be used up
before the next begins.

Nothing that is in the files makes it raise. What cannot be read comes as `Damage` (segment.py), what the recorder's
budget removed as `Dropped`, and what this version does not understand as a `Record` of an `Unreadable`.
"""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from tlscope.capture.directory import LOCK, SEGMENT_GLOB, is_locked
from tlscope.capture.segment import Damage, Record, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.capture.format import Kind

SEGMENT_NAME = re.compile(r"journal-(\d{1,9})-(\d{6,12})\.tlsj")


@dataclass(frozen=True, slots=True)
class Dropped:
    """Segments that are gone, as a rule because the recorder's budget (`--keep`) removed the oldest."""

    series: int
    first: int
    """The number of the first segment that is gone."""
    last: int


Item = Record | Damage | Dropped


class Wanted(TypedDict, total=False):
    """What a caller needs of a capture; all of it by default."""

    data_limit: int | None
    connection: int | None
    kinds: frozenset[Kind] | None


class Reader:
    """Everything in a capture, series merged by time.

    `wanted` leaves out what a caller does not need: `data_limit`, `connection` and `kinds`, as in Segment.
    """

    def __init__(self, directory: Path, **wanted: Unpack[Wanted]) -> None:
        """Open nothing yet; a directory without segments is an empty capture."""
        self.finished = False
        """Whether the last poll read all that there will ever be."""
        self._directory, self._wanted = directory, wanted
        self._series: dict[int, _Series] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        for series in self._series.values():
            series.close()

    def poll(self) -> Iterator[Item]:
        """Yield what was recorded since the last poll."""
        # The order matters: who writes is asked before what is there, and that before it is read. A recorder that ends
        # between the two leaves one poll too many, never a record unread.
        live = is_live(self._directory)
        found = segments(self._directory)
        for number in found.keys() - self._series.keys():
            self._series[number] = _Series(self._directory, number, self._wanted)
        streams = [self._series[number].read(found[number], live=live) for number in sorted(found)]
        for _, item in heapq.merge(*streams, key=itemgetter(0)):
            yield item
        self.finished = not live


def read(directory: Path, **wanted: Unpack[Wanted]) -> Iterator[Item]:
    """All that a capture holds now."""
    with Reader(directory, **wanted) as reader:
        yield from reader.poll()


def is_live(directory: Path) -> bool:
    """Whether a recorder writes to the capture at this moment; it holds the lock for as long as it lives."""
    return is_locked(directory / LOCK)


def segments(directory: Path) -> dict[int, list[int]]:
    """The numbers of the segments that are there, sorted, by series."""
    found: dict[int, list[int]] = defaultdict(list)
    for path in directory.glob(SEGMENT_GLOB):
        name = SEGMENT_NAME.fullmatch(path.name)
        if name:
            found[int(name[1])].append(int(name[2]))
    return {series: sorted(numbers) for series, numbers in found.items()}


class _Series:
    """The segments of one recorder, one after the other."""

    def __init__(self, directory: Path, series: int, wanted: Wanted) -> None:
        self._directory, self._number, self._wanted = directory, series, wanted
        self._next = 1
        self._open: Segment | None = None
        self._wall = 0

    def close(self) -> None:
        if self._open:
            self._open.close()
            self._open = None

    def read(self, numbers: list[int], *, live: bool) -> Iterator[tuple[int, Item]]:
        """Items with the time to merge them by: a record's own, for anything else that of the record before it."""
        begun = [self._next - 1] if self._open else []  # perhaps no longer in the directory, but open it can be read
        for number in begun + [number for number in numbers if number >= self._next]:
            for item in self._segment(number, final=not live or number < numbers[-1]):
                if isinstance(item, Record):
                    self._wall = item.wall
                yield self._wall, item

    def _segment(self, number: int, *, final: bool) -> Iterator[Item]:
        if self._open is None:
            if number > self._next:
                yield Dropped(self._number, self._next, number - 1)
            self._next = number + 1
            path = self._directory / f"journal-{self._number}-{number:06d}.tlsj"
            try:
                self._open = Segment(path, **self._wanted)
            except FileNotFoundError:  # removed since the directory was listed
                yield Dropped(self._number, number, number)
                return
            except OSError as error:
                yield Damage(path.name, 0, f"cannot be opened: {error.strerror}", 0)
                return
        yield from self._open.read(final=final)
        if self._open.done:
            self.close()
