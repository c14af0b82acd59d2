"""What a screen scrolls through: the connections that a condition selects, in an order, by position.

    view = View(index, where.sql, where.parameters, each=where.each, order="host", descending=False)
    view.work(0.02)                  look on for that many seconds; whether all is looked at
    view.total, view.matching        connections in the index, and how many of them are selected, as far as is known
    view.page(offset, limit)         rows, by position
    view.position(connection)        where one stands
    view.refresh()                   follow the index; which connections changed

A screen never waits. A condition that an index of the database answers is answered at once. One that every row must be
asked for is gathered in steps, from the end that the order begins with, so that the first page is there before the
last row was looked at; in an order other than by number the first rows come from the index of that column, while the
rest is gathered and sorted. All of it in `work`, which the screen calls while it has time; `done` says when all is
known, `looked` how far that is.

What is kept is a number of eight bytes for each row that is selected (of an unfiltered view by number nothing at all),
and in another order its value beside it. A View belongs to the thread of its Index; `Index.interrupt` may end `work`
and `page` from another thread, and they may be called again.
"""

from __future__ import annotations

import sqlite3
from array import array
from itertools import compress
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING

from tlscope.capture.schema import CONNECTION, INDEXED, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tlscope.capture.index import Index

PAGE = 100
"""Rows in a page unless told otherwise."""
AT_ONCE = 0.03
"""Seconds for the attempt to have all answers, or the first ones, at once: a screen does not show that."""
TICKS = 1_000
"""Instructions of SQLite's between two looks at the clock: some ten microseconds."""
STEP, FIRST_STEP = 0.02, 256
"""Seconds that a step of the gathering aims at, and the rows of the first one; the next takes more or fewer."""
HEAD = 500
"""Rows that an index gives at once where the order is another than by number: some screens full."""
ASKED = 500
"""Numbers in a question: SQLite before 3.32 takes a thousand parameters."""

COLUMNS = ", ".join(f"c.{name}" for name in CONNECTION)
ORDERS = {
    **{name: f"c.{name}" for name in CONNECTION},
    "duration": "c.closed - c.opened",
    "size": "c.up + c.down",
}
"""What a view can be in the order of: any column, and what follows from two. Rows without a value come first."""
_INDEXED = frozenset({*INDEXED["connection"], *INDEXED["connection sparse"]})


class View:
    """The connections that a condition selects, in an order."""

    def __init__(
        self,
        index: Index,
        where: str = "1",
        parameters: Sequence[object] = (),
        *,
        each: str | None = None,
        order: str = "connection",
        descending: bool = False,
    ) -> None:
        """`where` is SQL about `c`, as the filter language makes it; `order` one of ORDERS. No row is asked yet.

        `each` says the same as `where` for steps, in which everything about all rows would be asked again (query.py).
        Equal values are in the order of the connections' numbers, descending ones with `descending`.
        """
        self._index, self._where, self._parameters = index, where, tuple(parameters)
        self._each = where if each is None else each
        self._word = WORDS["connection"].get(order, "")
        """Where the number of a text is that the order is by: numbers are gathered, and texts compared at the end."""
        self._value = "" if order == "connection" else f"c.{self._word}" if self._word else ORDERS[order]
        self._has_index = order in _INDEXED
        self._missing: str | int = "" if CONNECTION.get(order) == "TEXT" else -1
        self._descending = descending
        self._begin()

    def _begin(self) -> None:
        self.version = self._index.version
        """Of the index, up to which changes are known."""
        self.done = False
        """Whether all rows were looked at, and are in their order."""
        self.total = self._index.count()
        """Connections in the index."""
        self._low, self._high = self._index.bounds()
        self._next = self._high if self._descending else self._low
        """The number to look at next."""
        self._tried = False
        self._rows, self._took, self._grown = FIRST_STEP, inf, True
        self._pending: list[int] = []
        """Those that changed behind us, to be looked at again."""
        self._head: Sequence[int] = ()
        """What is shown until all is in order, where that cannot be known before all is gathered."""
        self._found: range | _Found = _Found(by_value=bool(self._value), descending=self._descending)
        if self._is_whole():
            self._all()

    def _is_whole(self) -> bool:
        """Whether all numbers are selected, and there is no gap in them: then they need not be gathered."""
        return self._where == "1" and not self._value and self._high - self._low + 1 == self.total

    def _all(self) -> None:
        low, high = self._low, self._high
        self._found = range(high, low - 1, -1) if self._descending else range(low, high + 1)
        self.done = True

    # --------------------------------------------------------------------------------------------------------- reading

    @property
    def matching(self) -> int:
        """How many connections are selected, of those that were looked at."""
        return len(self._found)

    @property
    def looked(self) -> float:
        """The share of the index that was looked at, from 0 to 1."""
        if self.done:
            return 1.0
        behind = self._high - self._next if self._descending else self._next - self._low
        return behind / max(self._high - self._low + 1, 1)

    def page(self, offset: int = 0, limit: int = PAGE, columns: str = COLUMNS) -> list[sqlite3.Row]:
        """The rows at `offset` and behind it, as far as they are known.

        Until `done`, an order other than by number shows no more than its first HEAD rows, or none.
        """
        query = f"SELECT {columns} FROM connection c WHERE c.connection = ?"  # noqa: S608 - query.py binds what users write
        ask = self._index.database.execute
        found = (ask(query, (number,)).fetchone() for number in self.numbers(offset, limit))
        return [row for row in found if row is not None]

    def numbers(self, offset: int = 0, limit: int = PAGE) -> list[int]:
        """The same, as the connections' numbers."""
        return list(self._shown[max(offset, 0) : max(offset + limit, 0)])

    def position(self, connection: int) -> int | None:
        """Where a connection stands; None where it is not selected, or not known to be."""
        try:
            return self._shown.index(connection)
        except ValueError:
            return None

    @property
    def _shown(self) -> Sequence[int]:
        if isinstance(self._found, range):
            return self._found
        return self._found.keys if self.done or not self._value else self._head

    # --------------------------------------------------------------------------------------------------------- working

    def work(self, seconds: float = 0.02) -> bool:
        """Look on for about so long; whether all is known. Returns at once where it is.

        Sorting at the end is not divided: some seconds for a million rows.
        """
        end = perf_counter() + seconds
        while not self.done and perf_counter() < end:
            if not self._tried:
                self._try()
            elif self._low <= self._next <= self._high:
                self._step()
            elif self._pending:
                self._look_again()
            else:
                assert isinstance(self._found, _Found)  # a range is done
                self._found.sort(self._ranks())
                self.done = True
        return self.done

    def refresh(self) -> frozenset[int] | None:
        """Follow the index: which connections have changed since, new ones among them, whether selected or not.

        None where that is not known any more, and the view begins anew. What changed is in its place after `work`;
        until then, it is where it was.
        """
        index, version = self._index, self._index.version
        if version == self.version:
            return frozenset()
        changed = index.changed(self.version, version)
        if changed is None or not self._tried:  # nothing is lost
            self._begin()
            return None if changed is None else frozenset(changed)
        self.version, self.total = version, index.count()
        if isinstance(self._found, range):
            self._low, self._high = index.bounds()
            if self._is_whole():
                self._all()
                return frozenset(changed)
            self._found = _Found(self._found, by_value=False, descending=self._descending)
        self._pending = sorted({*self._pending, *filter(self._is_passed, changed)})
        if self.done and self._pending:
            self.done, self._head = False, self._found.keys[:]
        return frozenset(changed)

    def _is_passed(self, number: int) -> bool:
        """Whether the gathering does not come to a number any more: it has been there, or the number is new."""
        if not self._low <= number <= self._high:
            return True
        return number > self._next if self._descending else number < self._next

    def _try(self) -> None:
        """Have all at once, where an index answers or there is not much; else the first ones of the order."""
        self._tried = True
        found = self._within(self._query(self._where))
        if found is not None:
            self._next = self._low - 1 if self._descending else self._high + 1
            self._take(found)
        elif self._has_index:
            self._head = self._first()

    def _first(self) -> list[int]:
        """The first ones of an order that has an index, in that order; none where even that takes long."""
        way = "DESC" if self._descending else "ASC"
        stored = self._word
        if not stored:
            found = self._within(f"{self._query()} ORDER BY {self._value} {way}, c.connection {way} LIMIT {HEAD}")
            return [row[0] for row in found or ()]
        # In the order of the texts, which their numbers know nothing of; those without a text are none of these.
        ordered = (
            f"SELECT c.connection FROM word w CROSS JOIN connection c ON c.{stored} = w.word WHERE ({self._each})"  # noqa: S608 - as in `page`
            f" ORDER BY w.text {way}, c.connection {way} LIMIT {HEAD}"
        )
        without = (
            f"SELECT c.connection FROM connection c WHERE c.{stored} IS NULL AND ({self._each})"  # noqa: S608 - the same
            f" ORDER BY c.connection {way} LIMIT {HEAD}"
        )
        parts = [self._within(query) for query in ((ordered, without) if self._descending else (without, ordered))]
        found = [] if None in parts else [row for part in parts for row in part or ()]
        return [row[0] for row in found[:HEAD]]

    def _within(self, query: str) -> list[sqlite3.Row] | None:
        """The answer, if it is had in AT_ONCE."""
        database, end = self._index.database, perf_counter() + AT_ONCE
        database.set_progress_handler(lambda: perf_counter() > end, TICKS)
        try:
            return database.execute(query, self._parameters).fetchall()
        except sqlite3.OperationalError:
            if perf_counter() <= end:  # it is not that it took too long
                raise
            return None
        finally:
            database.set_progress_handler(None, 0)

    def _step(self) -> None:
        """Look at the next rows by number."""
        begin = perf_counter()
        if self._descending:
            low, high = max(self._next - self._rows + 1, self._low), self._next
        else:
            low, high = self._next, min(self._next + self._rows - 1, self._high)
        self._take(self._ask("c.connection BETWEEN ? AND ?", (low, high)))
        self._next = low - 1 if self._descending else high + 1
        self._pace(perf_counter() - begin)

    def _pace(self, took: float) -> None:
        """Take more rows or fewer in the next step."""
        # Where twice the rows took little more, it is not the rows that take the time: every step asks all words.
        if took < STEP or (self._grown and took < 1.5 * self._took):
            self._rows, self._grown = self._rows * 2, True
        else:
            self._rows, self._grown = self._rows if took < 3 * STEP else max(1, self._rows // 2), False
        self._took = took

    def _ranks(self) -> dict[int | str, int]:
        """The places of texts among each other, by their numbers; empty where the order is not by a text."""
        if not self._word:
            return {}
        ordered = self._index.database.execute("SELECT word FROM word ORDER BY text")
        return {number: rank for rank, (number,) in enumerate(ordered)}

    def _look_again(self) -> None:
        """Take some of those that changed out, and in again where they are selected now."""
        assert isinstance(self._found, _Found)  # refresh made it one
        numbers = self._pending[:ASKED]
        found = self._ask(f"c.connection IN ({', '.join('?' * len(numbers))})", numbers)
        self._found.drop(numbers)
        self._take(found)
        del self._pending[:ASKED]

    def _query(self, where: str | None = None, which: str = "1") -> str:
        value = f", {self._value}" if self._value else ""
        return f"SELECT c.connection{value} FROM connection c WHERE {which} AND ({where or self._each})"  # noqa: S608 - as in `page`

    def _ask(self, which: str, numbers: Sequence[int]) -> list[sqlite3.Row]:
        return self._index.database.execute(self._query(which=which), (*numbers, *self._parameters)).fetchall()

    def _take(self, rows: list[sqlite3.Row]) -> None:
        assert isinstance(self._found, _Found)  # a range is done, and takes no more
        missing = self._missing
        values = [missing if row[1] is None else row[1] for row in rows] if self._value else []
        self._found.add([row[0] for row in rows], values)


class _Found:
    """Numbers of connections with what they are sorted by: their own numbers, or values beside them."""

    def __init__(self, keys: Iterable[int] = (), *, by_value: bool, descending: bool) -> None:
        self.keys = array("q", keys)
        self._values: list[str | int] = []
        self._by_value, self._descending = by_value, descending

    def __len__(self) -> int:
        return len(self.keys)

    def add(self, keys: list[int], values: list[str | int]) -> None:
        """Take some in; only those of an order by number are in their places at once."""
        before = self.keys[-1:]
        self.keys.extend(keys)
        self._values += values
        if not self._by_value and keys:
            first = max(keys) if self._descending else min(keys)
            behind = not before or (first < before[0] if self._descending else first > before[0])
            if behind:  # as they are gathered
                self.keys[len(self.keys) - len(keys) :] = array("q", sorted(keys, reverse=self._descending))
            else:
                self.keys = array("q", sorted(self.keys, reverse=self._descending))

    def drop(self, keys: Iterable[int]) -> None:
        """Take some out, also such as are not there."""
        gone = set(keys)
        stay = [key not in gone for key in self.keys]
        if not all(stay):
            self.keys = array("q", compress(self.keys, stay))
            self._values = list(compress(self._values, stay))

    def sort(self, ranks: dict[int | str, int]) -> None:
        """Put all in their places, by their values or, where there are any, by the ranks of these."""
        if not self._by_value:
            return
        keys, values, descending = self.keys, self._values, self._descending
        order = sorted(range(len(keys)), key=keys.__getitem__, reverse=descending)
        ranked = [ranks.get(value, -1) for value in values] if ranks else values
        order.sort(key=ranked.__getitem__, reverse=descending)  # equal ones stay in the order of their numbers
        self.keys = array("q", map(keys.__getitem__, order))
        self._values = list(map(values.__getitem__, order))
