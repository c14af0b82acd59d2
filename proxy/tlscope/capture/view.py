"""What a screen scrolls through: the connections that a condition selects, in an order, by position.

    view = View(index, where.sql, where.parameters, each=where.each, order="host", descending=False)
    view.work(0.02)                  look on for that many seconds; whether all is looked at
    view.total, view.matching        connections in the index, and how many of them are selected, as far as is known
    view.page(offset, limit)         rows, by position
    view.position(connection)        where one stands
    view.refresh()                   follow the index; which connections changed

A screen never waits. The first rows, from the end that the order begins with, are looked at at once: they are the first
page, or say how many may be selected. A condition that the database has an index for is answered at once, too, if it
can be in AT_ONCE. All else is asked in another thread (gathering.py): that takes a second or two for a million rows, in
any order, and whatever is asked. In an order other than by number the first rows come from the index of that column, or
are the first of those found so far, until all are gathered and sorted. `work`, which the screen calls while it has
time, takes in what was found; `done` says when all is known, `looked` how far that is; `wait` waits, as a script may.

What is known so far is a Selection; of an unfiltered view by number nothing at all is kept. What stands where, and what
changes a few rows, takes some microseconds. A View belongs to the thread of its Index; `Index.interrupt` may end `work`
and `page` from another thread, and they may be called again.
"""

from __future__ import annotations

from array import array
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import finalize

from tlscope.capture.attempt import attempt
from tlscope.capture.gathering import Gathering, Portion, Question
from tlscope.capture.index import COLUMNS, PAGE
from tlscope.capture.order import ASKED, Order
from tlscope.capture.selection import HEAD, Selection
from tlscope.capture.sweep import Sweep

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from tlscope.capture.index import Index

AT_ONCE = 0.025
"""Seconds for the attempt to have all answers, or the first ones, at once: a screen does not show that."""
MANY = 100_000
"""Rows that are not fetched in AT_ONCE, whatever finds them: where so many are expected, it is not tried."""
FIRST_STEP = 256
"""Rows that are looked at before anything else."""
LONG = 0.02
"""Seconds after which that is given up, to be begun again with fewer rows."""


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
        """`where` is SQL about `c`, as a filter makes it; `order` one of ORDERS (order.py). No row is known yet.

        `each` says the same as `where` for steps, in which everything about all rows would be asked again (query.py).
        Equal values are in the order of the connections' numbers, descending ones with `descending`.
        """
        self._index, self._where, self._parameters = index, where, tuple(parameters)
        self._each = where if each is None else each
        self._order, self._descending = Order(order, descending=descending), descending
        self._gathering: Gathering | None = None
        self._begin()

    def _begin(self) -> None:
        self.version = self._index.version
        """Of the index, up to which changes are known."""
        self.done = False
        """Whether all rows were looked at, and are in their order."""
        self.total = self._index.count()
        """Connections in the index."""
        self._sweep = Sweep(*self._index.bounds(), descending=self._descending)
        self._rows = FIRST_STEP
        self._is_rare = True
        """Whether less than MANY rows are selected, as far as one can tell."""
        self._plan: list[Callable[[], None]] = [self._sound]
        """What is to be done before the rest is gathered."""
        self._stop()
        self._pending: list[int] = []
        """Those that changed behind us, to be looked at again."""
        self._selection = Selection(by_value=bool(self._order.value), descending=self._descending)
        self._is_all = self._is_whole()
        if self._is_all:
            self._all()

    def _is_whole(self) -> bool:
        """Whether all numbers are selected, and there is no gap in them: then they need not be gathered."""
        sweep = self._sweep
        return self._where == "1" and not self._order.value and sweep.high - sweep.low + 1 == self.total

    def _all(self) -> None:
        self._selection.select_all(self._sweep.low, self._sweep.high)
        self._sweep.end()
        self._plan.clear()
        self.done = True

    # --------------------------------------------------------------------------------------------------------- reading

    @property
    def matching(self) -> int:
        """How many connections are selected, of those that were looked at."""
        return len(self._selection)

    @property
    def looked(self) -> float:
        """The share of the index that was looked at, from 0 to 1."""
        return 1.0 if self.done else self._sweep.share

    def page(self, offset: int = 0, limit: int = PAGE, columns: str = COLUMNS["connection"]) -> list[sqlite3.Row]:
        """The rows at `offset` and behind it, as far as they are known.

        Until all are gathered, an order other than by number shows no more than the first HEAD rows.
        """
        query = f"SELECT {columns} FROM connection c WHERE c.connection = ?"  # noqa: S608 - query.py binds what users write
        ask = self._index.database.execute
        found = (ask(query, (number,)).fetchone() for number in self.numbers(offset, limit))
        return [row for row in found if row is not None]

    def numbers(self, offset: int = 0, limit: int = PAGE) -> list[int]:
        """The same, as the connections' numbers."""
        return self._selection.numbers(offset, limit)

    def position(self, connection: int) -> int | None:
        """Where a connection stands; None where it is not selected, or not known to be."""
        return self._selection.position(connection)

    # --------------------------------------------------------------------------------------------------------- working

    def work(self, seconds: float = 0.02) -> bool:
        """Look on for about so long, one step at the least; whether all is known. Never waits for the other thread."""
        now = perf_counter()
        end, took = now + seconds, 0.0
        while not self.done and now + took <= end and self._go_on():  # what took so long takes about as long again
            took = perf_counter() - now
            now += took
        return self.done

    def wait(self, seconds: float | None = None) -> None:
        """Wait until `work` can have all that the other thread finds, for so long at the most."""
        if self._gathering:
            self._gathering.finished.wait(seconds)

    def _go_on(self) -> bool:
        """Do the next of what is to be done, some milliseconds of it; whether there was any.

        What raises is done again.
        """
        if self._plan:
            self._plan[0]()
            del self._plan[:1]
        elif not self._sweep.is_over:
            return self._gather()
        elif not self._selection.is_settled:
            return self._arrange()
        elif self._pending:
            self._look_again()
        else:
            self._selection.finish()
            self._stop()
            self.done = True
        return True

    def refresh(self) -> frozenset[int] | None:
        """Follow the index: which connections have changed since, new ones among them, whether selected or not.

        None where that is not known any more, and the view begins anew. What changed is in its place after `work`;
        until then, it is where it was.
        """
        index, version = self._index, self._index.version
        if version == self.version:
            return frozenset()
        changed = index.changed(self.version, version)
        if changed is None or self._plan[:1] == [self._sound]:  # nothing is lost
            self._begin()
            return None if changed is None else frozenset(changed)
        self.version, self.total = version, index.count()
        if self._is_all:
            self._sweep = Sweep(*index.bounds(), descending=self._descending)
            self._is_all = self._is_whole()
            if self._is_all:
                self._all()
                return frozenset(changed)
            self._sweep.end()
        self._pending = sorted({*self._pending, *changed})
        self.done = self.done and not self._pending
        return frozenset(changed)

    # ------------------------------------------------------------------------------------------- the first rows, early

    def _sound(self) -> None:
        """Look at the first rows, and plan what may be quicker than all else: that follows from what was found."""
        while not self._look():
            self._rows = max(self._rows // 4, 1)
        looked = self._sweep.looked
        expected = len(self._selection) / looked * self.total if looked else 0
        self._is_rare = expected <= MANY
        if not self._sweep.is_over:
            self._plan += [self._try] if self._is_rare else []
            self._plan += [self._first] if self._order.has_index else []

    def _look(self) -> bool:
        """Look at the next rows by number; whether that did not take too long."""
        low, high = self._sweep.some(self._rows)
        limit = inf if self._rows == 1 else LONG
        found = self._asked([self._query(which="c.connection BETWEEN ? AND ?")], limit, (low, high))
        if found is None:
            return False
        self._selection.extend(*self._numbered(found))
        self._sweep.reach(low if self._descending else high)
        return True

    def _try(self) -> None:
        """Have all at once, where an index of the database answers or there is not much."""
        rows = self._asked([self._query(self._where)], AT_ONCE)
        if rows is None:
            return
        found = self._numbered(rows)  # asks for texts, and may be interrupted: before anything is let go of
        self._sweep.end()
        self._plan.clear()
        self._selection.clear()
        self._selection.extend(*found)

    def _first(self) -> None:
        """Have the first ones of an order that has an index, in that order, where even that does not take long."""
        found = self._asked(self._order.first(self._each, HEAD), AT_ONCE)
        if found:
            self._selection.show([row[0] for row in found[:HEAD]])

    # ------------------------------------------------------------------------------------------------------- gathering

    def _gather(self) -> bool:
        """Take in what the other thread has found, some of it; whether there was any."""
        gathering = self._gathering = self._gathering or self._begun()
        is_over = gathering.finished.is_set()  # asked first: what is found before that is there
        if portion := next(gathering.taken(), None):
            self._add(portion)
        elif is_over:
            self._fail(gathering)
        return portion is not None

    def _begun(self) -> Gathering:
        """Ask for all rows, in another thread; by number, for those that were not looked at."""
        order = self._order
        if order.value:
            self._selection.clear()
            self._sweep.restart()
        # What most rows have is seen sooner in each than found elsewhere first.
        where = self._where if self._is_rare else self._each
        question = Question(
            where, self._each, self._parameters, order.value, order.is_text, bool(order.word), self._descending
        )
        made = Gathering(self._index, question, *self._sweep.rest)
        self._release = finalize(self, made.stop)  # nobody tells a view that it is not wanted any more
        return made

    def _add(self, portion: Portion) -> None:
        numbers, values, reached = portion
        if len(numbers):
            self._selection.extend(numbers, values)
            reached = numbers[0] if self._descending else numbers[-1]
        if reached is not None:
            self._sweep.reach(reached)

    def _arrange(self) -> bool:
        """Have what was gathered sorted, by the other thread if it gathered it; whether that went on."""
        if self._gathering is None:
            self._selection.arrange()
        elif not self._gathering.finished.is_set():
            return False
        else:
            self._selection.ordered = self._gathering.ordered
            if self._gathering.ordered is None:
                self._fail(self._gathering)
        return True

    def _fail(self, gathering: Gathering) -> None:
        """Say what the other thread has come to; it is begun again, if `work` is asked again."""
        self._stop()
        if self._order.value:
            self._sweep.restart()
        assert gathering.error  # or it would have found all
        raise gathering.error

    def _stop(self) -> None:
        """Let go of the other thread."""
        if self._gathering:
            self._release()
            self._gathering = None

    def _query(self, where: str | None = None, which: str = "1") -> str:
        value = f", {self._order.value}" if self._order.value else ""
        return f"SELECT c.connection{value} FROM connection c WHERE {which} AND ({where or self._each})"  # noqa: S608 - as in `page`

    def _asked(self, queries: list[str], seconds: float, numbers: Sequence[int] = ()) -> list[Any] | None:
        """The answers to all of them, if they are had in that time."""
        return attempt(self._index.database, queries, (*numbers, *self._parameters), seconds)

    def _numbered(self, rows: list[Any]) -> tuple[array[int], list[str] | array[int] | None]:
        """Rows that were found, in whatever order they came, by number, and what they are sorted by."""
        rows.sort()  # by number: all are different
        return array("q", [row[0] for row in rows]), self._values(rows)

    def _values(self, rows: list[Any]) -> list[str] | array[int] | None:
        """What rows are sorted by; None in the order of the numbers."""
        if not self._order.value:
            return None
        return self._order.comparable(self._index.database, [row[1] for row in rows])

    # ------------------------------------------------------------------------------------------------------- following

    def _look_again(self) -> None:
        """Take some of those that changed out, and in again where they are selected now."""
        numbers = self._pending[:ASKED]
        which = f"c.connection IN ({', '.join('?' * len(numbers))})"
        rows = self._asked([self._query(which=which)], inf, numbers) or []
        values = self._values(rows)
        now = {row[0]: None if values is None else values[i] for i, row in enumerate(rows)}
        self._selection.replace(numbers, now)
        del self._pending[:ASKED]
