"""One direction's stream within a source that holds both, in the order in which they passed.

    lane.here(start, end) -> [(first, last), ...]       where bytes of the stream are in the source
    lane.offset(place)                                  and back: which byte of the stream is there, or comes next
    lane.secrets(first, last)                           those of a part of the source, of this direction

Secrets are looked for in the stream, where they are whole, whatever the other direction said in between.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from tlscope.export.cover import LONGEST, covered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope_ui.tui.models.octets import Source


class Lane:
    """Pieces of a source that follow each other, with others between them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.size = 0
        self._offsets, self._places = array("Q"), array("Q")
        """Where each piece begins, in the stream and in the source."""

    def __len__(self) -> int:
        """How many pieces there are."""
        return len(self._offsets)

    def add(self, place: int, size: int) -> None:
        """Take the next piece. Whoever looks meanwhile goes by `_offsets`, so that comes after what it stands for."""
        self._places.append(place)
        self._offsets.append(self.size)
        self.size += size

    def place(self, offset: int) -> int:
        """Where a byte of the stream is in the source; of one behind its end, where the last is."""
        offset = min(offset, self.size - 1)
        return next((first for first, _ in self.here(offset, offset + 1)), 0)

    def offset(self, place: int) -> int:
        """Which byte of the stream is at a place of the source, or comes next behind it."""
        at = bisect_right(self._places, place) - 1
        return 0 if at < 0 else min(self._offsets[at] + place - self._places[at], self._end(at))

    def here(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where bytes of the stream are in the source, piece by piece."""
        at = bisect_right(self._offsets, start) - 1
        while 0 <= at < len(self._offsets) and start < end:
            last, by = min(end, self._end(at)), self._places[at] - self._offsets[at]
            if last > start:
                yield start + by, last + by
            start, at = max(start, last), at + 1

    def secrets(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Where there are some between two places of the source."""
        start, end = self.offset(first), self.offset(last)
        if start >= end:
            return
        before = max(start - LONGEST, 0)
        data = b"".join(self._source.read(*span) for span in self.here(before, end + LONGEST))
        for low, high in covered(data):
            if before + high > start and before + low < end:
                yield from self.here(max(before + low, start), min(before + high, end))

    def _end(self, at: int) -> int:
        return self._offsets[at + 1] if at + 1 < len(self._offsets) else self.size
