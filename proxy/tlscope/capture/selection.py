"""The connections that a view selects, by position, while they are still being found and afterwards (view.py).

    selection = Selection(by_value=True, descending=False)
    selection.extend(numbers, values)        more of them: all behind those that are there, or all before
    selection.numbers(offset, limit)         what stands where; selection.position(connection)
    selection.replace(numbers, now)          some have changed

It is a number of eight bytes for each row, and in an order by value the value beside it, and both once more in that
order, which is known when all were found and sorted: `ordered`, by another thread, or `arrange` makes it. Until then
the first ones are shown, a head of HEAD rows: the best of those found so far, or those that an index gave (`show`). In
the order of the numbers, what was found is shown as it is.
"""

from __future__ import annotations

from heapq import nlargest, nsmallest
from itertools import chain
from typing import TYPE_CHECKING, Any

from tlscope.capture.blocks import Blocks, arranged

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator, Mapping, Sequence

HEAD = 500
"""Rows that are shown in an order other than by number before all are known: some screens full."""


class Selection:
    """Numbers, in their own order or in that of their values."""

    def __init__(self, *, by_value: bool, descending: bool) -> None:
        """Of nothing."""
        self._by_value, self._descending = by_value, descending
        self._found = Blocks()
        """By number, with the values."""
        self._arranging: Iterator[Blocks | None] | None = None
        self.ordered: Blocks | None = None
        """The values with the numbers, in an order by value, once that is known."""
        self._head: list[int] = []
        self._best: list[tuple[Any, int]] | None = []
        """What the head is made of, the first of those found so far; None where it is known to be the first of all."""

    def select_all(self, low: int, high: int) -> None:
        """Have all numbers between these, which are in their own order."""
        self._found = Blocks.whole(low, high)

    def __len__(self) -> int:
        """How many are known to be selected."""
        return max(len(self._found), 0 if self.is_settled else len(self._head))

    @property
    def is_settled(self) -> bool:
        """Whether what was found is in its order."""
        return not self._by_value or self.ordered is not None

    # --------------------------------------------------------------------------------------------------------- reading

    def numbers(self, offset: int, limit: int) -> list[int]:
        """Those at `offset` and behind it, as far as they are known."""
        begin, end = max(offset, 0), max(offset + limit, 0)
        if not self.is_settled:
            return self._head[begin:end]
        shown = self._found if self.ordered is None else self.ordered
        if self._descending:
            begin, end = len(shown) - end, len(shown) - begin
        first, second = shown.slice(begin, end)
        found = first if self.ordered is None else second
        return found[::-1] if self._descending else found

    def position(self, connection: int) -> int | None:
        """Where a connection stands; None where it is not selected, or not known to be."""
        if not self.is_settled:
            return self._head.index(connection) if connection in self._head else None
        if self.ordered is None:
            at = self._found.position(connection)
        else:
            value = self._found.second(connection)
            at = None if value is None else self.ordered.position(value, connection)
        return at if at is None or not self._descending else len(self._found) - 1 - at

    # --------------------------------------------------------------------------------------------------------- finding

    def clear(self) -> None:
        """Forget what was found, which is to be found again; the head is still shown until there is a better one."""
        self._found = Blocks()
        if self._best is not None:
            self._best = []

    def show(self, head: list[int]) -> None:
        """Take the first of all for the head: nothing that is found meanwhile is before them."""
        self._head, self._best = head, None

    def extend(self, numbers: array[int], values: Sequence[Any] | None) -> None:
        """Add what was found, in order: all behind the others, or all before them."""
        self._found.extend(numbers, values)
        if values is not None and self._best is not None:
            best = nlargest if self._descending else nsmallest
            self._best = best(HEAD, chain(self._best, zip(values, numbers, strict=True)))
            self._head = [number for _, number in self._best]

    def arrange(self) -> None:
        """Sort what was found, some milliseconds of that."""
        self._arranging = self._arranging or arranged(self._found)
        self.ordered = next(self._arranging)

    def finish(self) -> None:
        """Let go of what was needed to find them."""
        self._arranging, self._best, self._head = None, None, []

    # ------------------------------------------------------------------------------------------------------- following

    def replace(self, numbers: Sequence[int], now: Mapping[int, Any]) -> None:
        """Take out some that changed, and put in where they belong those that are still selected.

        `now` has their values; None in the order of the numbers.
        """
        for number in numbers:
            if self.ordered is None:
                self._found.remove(number)
                if number in now:
                    self._found.insert(number)
            else:
                self._move(self.ordered, number, now.get(number))

    def _move(self, ordered: Blocks, number: int, new: Any) -> None:
        """Exchange a value; None for one that is not selected."""
        old = self._found.second(number)
        if old == new:
            return
        if old is not None:
            self._found.remove(number, old)
            ordered.remove(old, number)
        if new is not None:
            self._found.insert(number, new)
            ordered.insert(new, number)
