"""Sorted pairs, a million of them, that change a little at a time: what a view keeps (view.py).

    pairs = Blocks()
    pairs.extend(firsts, seconds)             behind, or before, all that are there
    pairs.insert(first, second)               in its place; pairs.remove(first, second)
    pairs.position(first, second)             where one stands
    pairs.slice(begin, end) -> firsts, seconds

One array would have to be moved whole for each pair that comes or goes, so there are many of some thousand pairs each:
a place is found by bisection twice, among the blocks and in one, and only that block moves. How many pairs stand before
each block is counted again when it is asked for.

`arranged` sorts pairs by their second, in portions that take some milliseconds each. Every block is sorted first, a
run; then the runs are merged. From each run a few of the next are looked at, its reach. What lies beyond a run's reach
is above the last one in it, so that all pairs up to the lowest of those lasts are known, and there are no others
among them: they are taken from all runs, sorted, and are the next of the whole. How far to reach follows from how many
that gives, which may be many or few, as the runs overlap or lie one behind the other.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SIZE = 4_096
"""Pairs in a block that is made: sorting so many takes some 2 ms, and moving half of them a few microseconds."""
FULL = 2 * SIZE
"""Pairs at which a block is made two."""

Column = Any
"""One side of the pairs of a block: an array of integers, a list of texts, or a range while nothing changes in it.

Not Sequence[int | str], as all are of one kind, and bisect wants to know which."""


class Pair(NamedTuple):
    """Two values, compared by the first and, where that is equal, by the second."""

    first: Any
    second: Any


class Block:
    """Pairs that stand beside each other, in order."""

    __slots__ = ("first", "second")

    def __init__(self, first: Column, second: Column | None) -> None:
        """`second` is None where there are numbers alone; then the first are all different."""
        self.first, self.second = first, second

    def __len__(self) -> int:
        return len(self.first)

    def pair(self, at: int) -> Pair:
        """The pair in a place."""
        return Pair(self.first[at], self.second[at] if self.second is not None else None)

    def find(self, pair: Pair, low: int = 0) -> int:
        """Where a pair stands, or would stand, from `low` on."""
        first, second = pair
        begin = bisect_left(self.first, first, low)
        if self.second is None or begin == len(self.first) or self.first[begin] != first:
            return begin
        return bisect_left(self.second, second, begin, bisect_right(self.first, first, begin))

    def holds(self, pair: Pair, at: int) -> bool:
        """Whether a pair stands there."""
        return at < len(self.first) and self.pair(at) == pair


class Blocks:
    """Pairs in order, or numbers in order."""

    def __init__(self, blocks: Sequence[Block] = ()) -> None:
        """Each block's pairs are above those of the one before, and none is empty."""
        self.blocks = list(blocks)
        self._lasts = [block.pair(-1) for block in self.blocks]
        self._starts: list[int] | None = None
        """How many pairs stand before each block, and how many there are; None where that is to be counted again."""

    @classmethod
    def whole(cls, low: int, high: int) -> Blocks:
        """All numbers from `low` to `high`."""
        starts = range(low, high + 1, SIZE)
        return cls([Block(range(start, min(start + SIZE, high + 1)), None) for start in starts])

    def __len__(self) -> int:
        return self._counted()[-1]

    def _counted(self) -> list[int]:
        if self._starts is None:
            self._starts = list(accumulate(map(len, self.blocks), initial=0))
        return self._starts

    def slice(self, begin: int, end: int) -> tuple[list[Any], list[Any]]:
        """The pairs from one position to before another, as far as there are any."""
        starts = self._counted()
        begin, end = max(begin, 0), min(end, starts[-1])
        first: list[Any] = []
        second: list[Any] = []
        at = bisect_right(starts, begin) - 1
        while begin < end:
            block, start = self.blocks[at], starts[at]
            here = slice(begin - start, end - start)
            first += block.first[here]
            second += block.second[here] if block.second is not None else ()
            at += 1
            begin = starts[at]
        return first, second

    def position(self, first: Any, second: Any = None) -> int | None:
        """Where a pair stands; None where it is not there."""
        pair = Pair(first, second)
        at = bisect_left(self._lasts, pair)
        if at == len(self.blocks):
            return None
        place = self.blocks[at].find(pair)
        return self._counted()[at] + place if self.blocks[at].holds(pair, place) else None

    def second(self, first: int) -> Any:
        """What stands beside `first`, where all first are different numbers; None where that is not there."""
        at = bisect_left(self._lasts, (first,))
        if at == len(self.blocks):
            return None
        block = self.blocks[at]
        assert block.second is not None  # or there is nothing to ask for
        place = bisect_left(block.first, first)
        return block.second[place] if block.first[place] == first else None

    def extend(self, first: Column, second: Column | None = None) -> None:
        """Add pairs that are in order, and all above those that are there, or all below."""
        if not len(first):
            return
        below = bool(self.blocks) and first[-1] < self.blocks[0].first[0]
        edge = 0 if below else -1
        if self.blocks and len(self.blocks[edge]) + len(first) <= SIZE:
            old = self.blocks.pop(edge)
            self._lasts.pop(edge)
            parts = [(first, second), (old.first, old.second)]
            (first, second), (more, beside) = parts if below else parts[::-1]
            first = _loose(first) + _loose(more)
            second = second + beside if second is not None else None
        made = [
            Block(first[i : i + SIZE], second[i : i + SIZE] if second is not None else None)
            for i in range(0, len(first), SIZE)
        ]
        where = 0 if below else len(self.blocks)
        self.blocks[where:where] = made
        self._lasts[where:where] = [block.pair(-1) for block in made]
        self._starts = None

    def insert(self, first: Any, second: Any = None) -> None:
        """Add a pair, which is not there, in its place; there are others already, or both are integers."""
        pair = Pair(first, second)
        if not self.blocks:
            self.extend(_column(first), None if second is None else _column(second))
            return
        at = min(bisect_left(self._lasts, pair), len(self.blocks) - 1)
        block = self.blocks[at]
        place = block.find(pair)
        block.first = _loose(block.first)
        block.first.insert(place, first)
        if block.second is not None:
            block.second.insert(place, second)
        if len(block) > FULL:
            self.blocks[at : at + 1] = _halves(block)
            self._lasts[at : at + 1] = [half.pair(-1) for half in self.blocks[at : at + 2]]
        else:
            self._lasts[at] = block.pair(-1)
        self._starts = None

    def remove(self, first: Any, second: Any = None) -> None:
        """Take a pair out, if it is there."""
        pair = Pair(first, second)
        at = bisect_left(self._lasts, pair)
        if at == len(self.blocks):
            return
        block = self.blocks[at]
        place = block.find(pair)
        if not block.holds(pair, place):
            return
        block.first = _loose(block.first)
        del block.first[place]
        if block.second is not None:
            del block.second[place]
        if len(block):
            self._lasts[at] = block.pair(-1)
        else:
            del self.blocks[at], self._lasts[at]
        self._starts = None


def _loose(column: Column) -> Column:
    """One that can be changed."""
    return array("q", column) if isinstance(column, range) else column


def _column(value: Any) -> Column:
    return array("q", (value,)) if isinstance(value, int) else [value]


def _halves(block: Block) -> list[Block]:
    middle, second = len(block) // 2, block.second
    if second is None:
        return [Block(block.first[:middle], None), Block(block.first[middle:], None)]
    return [Block(block.first[:middle], second[:middle]), Block(block.first[middle:], second[middle:])]


# ------------------------------------------------------------------------------------------------------------- sorting


def arranged(pairs: Blocks) -> Iterator[Blocks | None]:
    """The same pairs with their sides exchanged, by what was second; None for every portion of the work before that."""
    runs = []
    for block in pairs.blocks:
        assert block.second is not None  # there is nothing else to sort by
        runs.append(_run(block.second, block.first))
        yield None
    made = []
    for block in _merged(runs):
        made.append(block)
        yield None
    yield Blocks(made)


def _run(values: Column, numbers: Column) -> Block:
    """Pairs sorted by value; those of the same value stay as they are, which is by number."""
    order = sorted(range(len(values)), key=values.__getitem__)
    return Block(_picked(values, order), _picked(numbers, order))


def _picked(column: Column, order: list[int]) -> Column:
    picked = map(column.__getitem__, order)
    return list(picked) if isinstance(column, list) else array("q", picked)


def _merged(runs: list[Block]) -> Iterator[Block]:
    """All pairs of the runs, in blocks; each run's numbers are above those of the runs before it."""
    at = [0] * len(runs)
    reach = max(SIZE // max(len(runs), 1), 1)
    while runs:
        bound = min(run.pair(min(begin + reach, len(run)) - 1) for run, begin in zip(runs, at, strict=True))
        ends = [run.find(bound, begin) for run, begin in zip(runs, at, strict=True)]
        ends = [end + run.holds(bound, end) for run, end in zip(runs, ends, strict=True)]
        count = sum(ends) - sum(at)
        if count > FULL and reach > 1:
            reach //= 2
            continue
        yield _taken(runs, at, ends)
        if count < SIZE // 2:
            reach *= 2
        left = [(run, end) for run, end in zip(runs, ends, strict=True) if end < len(run)]
        runs, at = [run for run, _ in left], [end for _, end in left]


def _taken(runs: list[Block], begins: list[int], ends: list[int]) -> Block:
    values, numbers = runs[0].first[:0], array("q")
    for run, begin, end in zip(runs, begins, ends, strict=True):
        if begin < end:
            assert run.second is not None  # as _run made it
            values += run.first[begin:end]
            numbers += run.second[begin:end]
    return _run(values, numbers)
