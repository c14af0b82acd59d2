"""Connections in a list, those that are unfolded with their exchanges below: all there are, or those of a host.

branch = Branch(View(index, ...), exchanges)   what tells how many exchanges a connection has
branch.entry(line) -> Selected                 and branch.find(selected) -> line
branch.unfold(7), branch.fold(7)
branch.refresh(), branch.work(0.01)            follow the index, as the view does
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope_ui.tui.models.bends import Bends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tlscope.capture.view import View

UNFOLDED = 1_000
"""Connections that may be unfolded at once: each has a part in every change of what stands above it."""


class Selected(NamedTuple):
    """What the cursor of the list stands on: a connection, one of its exchanges, or a host."""

    connection: int
    """Its number in the capture; 0 for none."""
    exchange: int = 0
    """Its number in the connection; 0 for the connection itself."""
    host: int | None = None
    """The number of a host's name in the index, where that has a line of its own (hosts.py)."""


NOBODY = Selected(0)


class Branch:
    """The connections of a view."""

    def __init__(self, view: View, exchanges: Callable[[int], int], unfolded: Iterable[int] = ()) -> None:
        self.view = view
        self._exchanges = exchanges
        self.unfolded: dict[int, None] = dict.fromkeys(unfolded)
        """Those that are unfolded, in the order in which they were."""
        self._bends = Bends(view.position)
        self._moving: set[int] = set()
        """Those of them that may come, go or change places in what work is left to do."""
        self._put(self.unfolded)

    def __len__(self) -> int:
        return self.view.matching + self._bends.inserted

    def entry(self, line: int) -> Selected:
        """What stands in a line."""
        position, below = self._bends.locate(line)
        numbers = self.view.numbers(position, 1)
        return Selected(numbers[0], below) if numbers else NOBODY

    def find(self, selected: Selected) -> int | None:
        """The line of a connection or exchange; of the connection, where that is folded. None where it is not here."""
        position = self.view.position(selected.connection)
        if position is None:
            return None
        below = self._exchanges(selected.connection) if selected.connection in self.unfolded else 0
        return self._bends.line(position) + min(selected.exchange, below)

    def nearest(self, connection: int, *, descending: bool) -> int:
        """The line where a connection would stand, in an order by number."""
        low, high = 0, self.view.matching
        while low < high:
            middle = (low + high) // 2
            (number,) = self.view.numbers(middle, 1) or [connection]
            if number > connection if descending else number < connection:
                low = middle + 1
            else:
                high = middle
        return self._bends.line(max(min(low, self.view.matching - 1), 0))

    def unfold(self, connection: int) -> None:
        """Show the exchanges of a connection, if it has any; the first to be unfolded goes where there are too many."""
        if not self._exchanges(connection):
            return
        if len(self.unfolded) >= UNFOLDED:
            self.fold(next(iter(self.unfolded)))
        self.unfolded[connection] = None
        self._put([connection])

    def fold(self, connection: int) -> None:
        """Show the connection alone."""
        if connection in self.unfolded:
            del self.unfolded[connection]
            self._put([connection])

    def fold_all(self) -> None:
        """Show connections alone."""
        folded = list(self.unfolded)
        self.unfolded.clear()
        self._put(folded)

    def unfold_all(self) -> None:
        """Show the exchanges of as many as may be unfolded, from the first on."""
        some = [number for number in self.view.numbers(0, UNFOLDED) if self._exchanges(number)]
        self.fold_all()
        self.unfolded.update(dict.fromkeys(some))
        self._put(some)

    def work(self, seconds: float) -> None:
        """Look on for about so long."""
        self.view.work(seconds)
        self._put(self._moving)
        if self.view.done:
            self._moving.clear()

    def refresh(self) -> frozenset[int] | None:
        """Follow the index: which connections have changed; None for any. Then `settle`; it goes on in `work`."""
        return self.view.refresh()

    def settle(self, changed: frozenset[int] | None) -> None:
        """The rows of those that have changed were read anew: they may have more exchanges now, and move."""
        moving = self.unfolded if changed is None else changed & self.unfolded.keys()
        self._moving.update(moving)
        self._put(moving)

    def _put(self, connections: Iterable[int]) -> None:
        numbers = list(connections)
        self._bends.put({number: self._exchanges(number) if number in self.unfolded else 0 for number in numbers})
        if not self.view.done:
            self._moving.update(numbers)
