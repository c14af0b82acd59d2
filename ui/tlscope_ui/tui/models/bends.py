"""Lists with lines inserted below some of their items: where an item stands then, and what stands in a line.

    bends = Bends(view.position)             what tells where an item stands, without the lines
    bends.put({item: 3, other: 0})           three lines below one, none any more below the other
    bends.locate(line) -> (position, below)  the item's position; 0 for itself, 1 for the first line below it
    bends.line(position) -> line

Positions are asked for, and not kept: when items come, all below move, but those with lines below them stay in their
order among each other. So what is kept is that order, and how many lines each has inserted before it. A line is found
by bisection, ten questions for a thousand items; and when one of them changes, that one alone is put elsewhere. An item
that moves, or vanishes, is put anew by whoever is told of that; until then there is nothing to ask.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FEW = 32
"""Items that are put one by one among the others; more are sorted with them."""


class Bends:
    """Items that have lines below them, by numbers that are theirs."""

    def __init__(self, position: Callable[[int], int | None]) -> None:
        """`position` is None for what is not in the list."""
        self._position = position
        self._items: list[int] = []
        self._children: dict[int, int] = {}
        self._before: list[int] = [0]
        """How many lines are inserted before each item, and how many at all."""

    @property
    def inserted(self) -> int:
        """How many lines are inserted."""
        return self._before[-1]

    def put(self, children: Mapping[int, int]) -> None:
        """Have so many lines below each of these items now; none below one that is not in the list."""
        if not children:
            return
        self._items = [item for item in self._items if item not in children]
        here = {item: count for item, count in children.items() if count and self._position(item) is not None}
        if len(here) > FEW:
            self._items = sorted([*self._items, *here], key=self._at)
        else:
            for item in here:
                self._items.insert(bisect_left(self._items, self._at(item), key=self._at), item)
        for item in children:
            self._children.pop(item, None)
        self._children.update(here)
        self._before = list(accumulate(map(self._children.__getitem__, self._items), initial=0))

    def locate(self, line: int) -> tuple[int, int]:
        """The position of the item that a line belongs to, and which line below it that is; 0 for its own."""
        above = bisect_right(range(len(self._items)), line, key=self._line) - 1
        if above < 0:
            return line, 0
        item = self._items[above]
        below = line - self._line(above)
        if below <= self._children[item]:
            return self._at(item), below
        return line - self._before[above + 1], 0

    def line(self, position: int) -> int:
        """The line of the item in a position."""
        return position + self._before[bisect_left(self._items, position, key=self._at)]

    def _line(self, at: int) -> int:
        return self._at(self._items[at]) + self._before[at]

    def _at(self, item: int) -> int:
        return self._position(item) or 0  # what is not in the list any more is put anew before anybody asks
