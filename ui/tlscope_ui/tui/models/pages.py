"""Rows of the index that were read: those in sight, and the last ones that were, a page at a time.

read = Read(index)
read.connection(7, around)      `around` says which numbers stand on a page with one that is not there yet
read.exchange(selected)
read.forget(changed)            these are read again when somebody asks
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from tlscope.capture.index import COLUMNS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from tlscope.capture.index import Index
    from tlscope_ui.tui.models.branch import Selected

PAGE = 64
"""Rows that are read at once."""
KEPT = 64
"""Pages of rows that are kept."""
_COLUMNS = f"{COLUMNS['connection']}, c.host_word"


class Read:
    """What was read of connections and exchanges."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._connections: OrderedDict[int, sqlite3.Row | None] = OrderedDict()
        self._exchanges: OrderedDict[tuple[int, int], dict[int, sqlite3.Row]] = OrderedDict()

    def connection(self, number: int, around: Callable[[int], Sequence[int]]) -> sqlite3.Row | None:
        """The row of a connection; None where there is none."""
        if number not in self._connections:
            self._page(number, around(number))
        self._connections.move_to_end(number)
        return self._connections[number]

    def exchange(self, selected: Selected) -> sqlite3.Row | None:
        """The row of an exchange; None where there is none."""
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

    def forget(self, changed: frozenset[int] | None) -> None:
        """These connections have changed; None for any."""
        if changed is None:
            self._connections.clear()
            self._exchanges.clear()
            return
        for number in changed:
            self._connections.pop(number, None)
        for key in [key for key in self._exchanges if key[0] in changed]:
            del self._exchanges[key]

    def _page(self, number: int, numbers: Sequence[int]) -> None:
        wanted = [found for found in numbers if found not in self._connections] or [number]
        marks = ", ".join("?" * len(wanted))
        rows = self._index.connections(f"c.connection IN ({marks})", wanted, columns=_COLUMNS, limit=PAGE)
        self._connections.update(dict.fromkeys(wanted))
        self._connections.update((row["connection"], row) for row in rows)
        while len(self._connections) > PAGE * KEPT:
            self._connections.popitem(last=False)
