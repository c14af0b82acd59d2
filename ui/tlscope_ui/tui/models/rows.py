"""The rows of the list: connections, with their exchanges below those that are unfolded, or under their hosts.

    rows = Rows(index)
    rows.select(where)                 other connections; rows.sort("host", descending=True): another order
    rows.work(0.01)                    get on with it; rows.refresh(): see what was recorded since
    rows.entry(y) -> Selected          what stands in line y; rows.find(selected) -> y
    rows.toggle(selected)              unfold a connection, or fold it

A million connections are a million lines, of which only those in sight are ever read. What is unfolded is kept as
bends: places in the list behind which lines are inserted. So a line is found by bisection, whatever is unfolded.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.view import View

if TYPE_CHECKING:
    import sqlite3

    from tlscope.capture.filter.query import Where
    from tlscope.capture.index import Index

PAGE = 64
"""Rows that are read at once."""
KEPT = 64
"""Pages of rows that are kept."""
UNFOLDED = 1_000
"""Connections that may be unfolded: each costs a look at every refresh."""
MANY = 1 << 30
"""Lines that the list may have: what a terminal's arithmetic can take."""


class Selected(NamedTuple):
    """What the cursor of the list stands on: a connection, or one of its exchanges."""

    connection: int
    """Its number in the capture; 0 for nothing."""
    exchange: int = 0
    """Its number in the connection; 0 for the connection itself."""


NOBODY = Selected(0)


class Bend(NamedTuple):
    """A connection that is unfolded."""

    position: int
    """Where it stands among the connections."""
    line: int
    """Where it stands in the list: `position`, and what is unfolded above."""
    children: int


class Rows:
    """The list, without a screen."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._where: Where | None = None
        self.order, self.descending = "connection", False
        self._view = View(index)
        self._unfolded: dict[int, int] = {}
        self._bends: list[Bend] = []
        self._lines: list[int] = []
        self._connections: OrderedDict[int, sqlite3.Row | None] = OrderedDict()
        self._exchanges: OrderedDict[tuple[int, int], dict[int, sqlite3.Row]] = OrderedDict()

    # ----------------------------------------------------------------------------------------------- which, and how far

    @property
    def total(self) -> int:
        """Connections in the index."""
        return self._view.total

    @property
    def matching(self) -> int:
        """How many of them are shown, as far as is known."""
        return self._view.matching

    @property
    def done(self) -> bool:
        """Whether all of the index was looked at."""
        return self._view.done

    @property
    def looked(self) -> float:
        """How far that is, from 0 to 1."""
        return self._view.looked

    def select(self, where: Where | None) -> None:
        """Show those that a filter selects; None for all."""
        self._where = where
        self._again()

    def sort(self, order: str, *, descending: bool) -> None:
        """Show them in another order (capture/view.py, ORDERS)."""
        self.order, self.descending = order, descending
        self._again()

    def _again(self) -> None:
        where = self._where
        self._view = View(
            self._index,
            where.sql if where else "1",
            where.parameters if where else (),
            each=where.each if where else None,
            order=self.order,
            descending=self.descending,
        )
        self._bend()

    def work(self, seconds: float) -> bool:
        """Look on for about so long; whether there was anything to do."""
        if self._view.done:
            return False
        self._view.work(seconds)
        self._bend()
        return True

    def refresh(self) -> bool:
        """Follow the index; whether anything changed."""
        changed = self._view.refresh()
        if changed is not None and not changed:
            return False
        if changed is None:
            self._connections.clear()
            self._exchanges.clear()
        else:
            self._forget(changed)
        return True

    def _forget(self, changed: frozenset[int]) -> None:
        for number in changed:
            self._connections.pop(number, None)
        for key in [key for key in self._exchanges if key[0] in changed]:
            del self._exchanges[key]

    # ---------------------------------------------------------------------------------------------------------- lines

    def __len__(self) -> int:
        last = self._bends[-1] if self._bends else None
        below = last.line - last.position + last.children if last else 0
        return min(self._view.matching + below, MANY)

    def entry(self, y: int) -> Selected:
        """What stands in a line."""
        at = bisect_right(self._lines, y) - 1
        if at < 0:
            return self._at(y)
        bend = self._bends[at]
        below = y - bend.line
        if below <= bend.children:
            connection = self._at(bend.position).connection
            return Selected(connection, below)
        return self._at(bend.position + below - bend.children)

    def find(self, selected: Selected) -> int:
        """The line of a connection or exchange, or where it would stand."""
        position = self._view.position(selected.connection)
        known = position is not None
        if position is None:
            position = self._nearest(selected.connection)
        line = position
        for bend in self._bends:
            if bend.position >= position:
                break
            line += bend.children
        return line + (min(selected.exchange, self._unfolded.get(selected.connection, 0)) if known else 0)

    def shows(self, selected: Selected) -> bool:
        """Whether the filter lets it be seen."""
        return self._view.position(selected.connection) is not None

    def _nearest(self, connection: int) -> int:
        """Where a connection stands or would stand, in the order by number; in another one, the first."""
        if self.order != "connection":
            return 0
        low, high = 0, self._view.matching
        while low < high:
            middle = (low + high) // 2
            (number,) = self._view.numbers(middle, 1) or [connection]
            if number > connection if self.descending else number < connection:
                low = middle + 1
            else:
                high = middle
        return max(min(low, self._view.matching - 1), 0)

    def _at(self, position: int) -> Selected:
        numbers = self._view.numbers(position, 1)
        return Selected(numbers[0]) if numbers else NOBODY

    # --------------------------------------------------------------------------------------------------------- folding

    def is_unfolded(self, connection: int) -> bool:
        """Whether its exchanges are shown."""
        return connection in self._unfolded

    def unfold(self, connection: int) -> None:
        """Show the exchanges of a connection, if it has any; the first to be unfolded goes where there are too many."""
        row = self.connection(connection)
        if row is None or not row["exchanges"]:
            return
        if len(self._unfolded) >= UNFOLDED:
            del self._unfolded[next(iter(self._unfolded))]
        self._unfolded[connection] = row["exchanges"]
        self._bend()

    def fold(self, connection: int) -> None:
        """Show the connection alone."""
        if self._unfolded.pop(connection, None):
            self._bend()

    def fold_all(self) -> None:
        """Show connections alone."""
        self._unfolded.clear()
        self._bend()

    def unfold_all(self) -> None:
        """Show the exchanges of as many as may be unfolded, from the first on."""
        for number in self._view.numbers(0, UNFOLDED):
            row = self.connection(number)
            if row is not None and row["exchanges"]:
                self._unfolded[number] = row["exchanges"]
        self._bend()

    def _bend(self) -> None:
        """Find out where the unfolded connections stand now, and how many exchanges they have."""
        places = []
        for number in self._unfolded:
            position = self._view.position(number)
            row = self.connection(number) if position is not None else None
            if position is not None and row is not None:
                self._unfolded[number] = row["exchanges"]
                places.append((position, row["exchanges"]))
        self._bends, below = [], 0
        for position, children in sorted(places):
            self._bends.append(Bend(position, position + below, children))
            below += children
        self._lines = [bend.line for bend in self._bends]

    # ------------------------------------------------------------------------------------------------------------ rows

    def connection(self, number: int) -> sqlite3.Row | None:
        """The row of a connection."""
        if number not in self._connections:
            self._read(number)
        self._connections.move_to_end(number)
        return self._connections[number]

    def exchange(self, selected: Selected) -> sqlite3.Row | None:
        """The row of an exchange."""
        page = selected.connection, (selected.exchange - 1) // PAGE
        if page not in self._exchanges:
            first = page[1] * PAGE
            found = self._index.exchanges(
                "e.connection = ? AND e.exchange > ? AND e.exchange <= ?", (page[0], first, first + PAGE), limit=PAGE
            )
            self._exchanges[page] = {row["exchange"]: row for row in found}
            while len(self._exchanges) > KEPT:
                self._exchanges.popitem(last=False)
        self._exchanges.move_to_end(page)
        return self._exchanges[page].get(selected.exchange)

    def _read(self, number: int) -> None:
        """Read a connection's row, and those that stand around it, of which the screen will ask next."""
        position = self._view.position(number)
        numbers = self._view.numbers(max(position - PAGE // 2, 0), PAGE) if position is not None else [number]
        wanted = [found for found in numbers if found not in self._connections] or [number]
        marks = ", ".join("?" * len(wanted))
        rows = self._index.connections(f"c.connection IN ({marks})", wanted, limit=PAGE)
        self._connections.update(dict.fromkeys(wanted))
        self._connections.update((row["connection"], row) for row in rows)
        while len(self._connections) > PAGE * KEPT:
            self._connections.popitem(last=False)
