"""Bytes in which something else stands for each secret, found where somebody looks, however many there are.

    source = Covered(source)
    source.read(start, end)            as many bytes, at the same places
    source.bare                        what is under it

Secrets are found in the BLOCK that is read, and as far around it as they can be long (export/cover.py). What stands for
them has its lines where they had theirs, and its characters as long, so whoever counts lines may do it in `bare`.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from typing import TYPE_CHECKING

from tlscope.export.cover import LONGEST, covered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tlscope_ui.tui.models.octets import Source

    Find = Callable[[int, int], Iterable[tuple[int, int]]]
    """Gives the secrets of [start, end): those that reach out of it may be cut there."""

BLOCK = 16 << 10
"""Bytes in which secrets are looked for at once: with what is around them, some milliseconds."""
BLOCKS = 32
"""Blocks whose secrets are kept: more than a screen looks at."""


def _stand_in(byte: int) -> int:
    """The byte that stands for one of a secret; ends of lines stay, and UTF-8 stays UTF-8."""
    if byte in b"\r\n":
        return byte
    for first, instead in ((0xF0, 0xF0), (0xE0, 0xE2), (0xC0, 0xC2), (0x80, 0xA2)):
        if byte >= first:
            return instead
    return ord("*")


STAND_IN = bytes(map(_stand_in, range(256)))


class Covered:
    """A source without its secrets."""

    def __init__(self, bare: Source, find: Find | None = None, block: int = BLOCK) -> None:
        self.bare = bare
        self._size = block
        self._find = find or self._around
        self._lock = threading.Lock()
        self._known: OrderedDict[int, tuple[list[int], list[int]]] = OrderedDict()
        """Of a block: where secrets start, and where they end, in their order and apart from each other."""

    def __len__(self) -> int:
        return len(self.bare)

    def read(self, start: int, end: int) -> bytes:
        """See Source."""
        start = max(start, 0)
        made = bytearray(self.bare.read(start, end))
        end = start + len(made)
        for number in range(start // self._size, -(-end // self._size)):
            starts, ends = self._secrets(number)
            at = bisect_right(ends, start)
            while at < len(starts) and starts[at] < end:
                low, high = max(starts[at] - start, 0), min(ends[at], end) - start
                made[low:high] = made[low:high].translate(STAND_IN)
                at += 1
        return bytes(made)

    def shows(self, start: int, end: int) -> bool:
        """Whether nothing of this is covered."""
        return self.read(start, end) == self.bare.read(start, end)

    def forget(self) -> None:
        """There is more now, or more is known: secrets are to be found anew."""
        with self._lock:
            self._known.clear()

    def _secrets(self, number: int) -> tuple[list[int], list[int]]:
        with self._lock:
            if (known := self._known.get(number)) is not None:
                self._known.move_to_end(number)
                return known
        block, behind = number * self._size, min((number + 1) * self._size, len(self.bare))
        starts, ends = list[int](), list[int]()
        for start, end in sorted(self._find(block, behind)):
            first, last = max(start, block), min(end, behind)
            if ends and first <= ends[-1]:
                ends[-1] = max(ends[-1], last)
            elif first < last:
                starts.append(first)
                ends.append(last)
        with self._lock:
            self._known[number] = starts, ends
            if len(self._known) > BLOCKS:
                self._known.popitem(last=False)
        return starts, ends

    def _around(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        first = max(start - LONGEST, 0)
        for low, high in covered(self.bare.read(first, end + LONGEST)):
            if first + high > start and first + low < end:
                yield first + low, first + high
