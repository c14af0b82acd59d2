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

What is kept is a number of eight bytes for each row that is selected (of an unfiltered view by number nothing at all),
and in another order its value beside it, and both once more in that order. What stands where, and what changes a few
rows, takes some microseconds. A View belongs to the thread of its Index; `Index.interrupt` may end `work` and `page`
from another thread, and they may be called again.
"""

from __future__ import annotations

import sqlite3
from array import array
from heapq import nlargest, nsmallest
from itertools import chain
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import finalize

from tlscope.capture.blocks import Blocks, arranged
from tlscope.capture.gathering import SEPARATOR, Gathering, Portion, Question
from tlscope.capture.schema import CONNECTION, INDEXED, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tlscope.capture.index import Index

PAGE = 100
"""Rows in a page unless told otherwise."""
AT_ONCE = 0.025
"""Seconds for the attempt to have all answers, or the first ones, at once: a screen does not show that."""
MANY = 100_000
"""Rows that are not fetched in AT_ONCE, whatever finds them: where so many are expected, it is not tried."""
TICKS = 1_000
"""Instructions of SQLite's between two looks at the clock: some ten microseconds."""
FIRST_STEP = 256
"""Rows that are looked at before anything else."""
LONG = 0.02
"""Seconds after which that is given up, to be begun again with fewer rows."""
HEAD = 500
"""Rows that are shown in an order other than by number before all are known: some screens full."""
LEAST = -(1 << 63)
"""What stands for a number that a row does not have, as NULL does in an order of SQLite's: it is below the others."""
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
        """Where the number of a text is that the order is by: numbers are asked for, and each text once."""
        self._texts: dict[int, str] = {}
        self._is_text = CONNECTION.get(order) == "TEXT"
        self._value = "" if order == "connection" else _value(order)
        self._order, self._has_index = order, order in _INDEXED
        self._gathering: Gathering | None = None
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
        self._rows = FIRST_STEP
        self._is_rare = True
        """Whether less than MANY rows are selected, as far as one can tell."""
        self._plan: list[Callable[[], None]] = [self._sound]
        """What is to be done before the rest is gathered."""
        self._stop()
        self._pending: list[int] = []
        """Those that changed behind us, to be looked at again."""
        self._gathered = Blocks()
        """The numbers that are selected, with the values that the order is by."""
        self._arranging: Iterator[Blocks | None] | None = None
        self._ordered: Blocks | None = None
        """The values with the numbers, in an order other than by number, once all are gathered."""
        self._head: list[int] = []
        """What is shown until then."""
        self._best: list[tuple[Any, int]] | None = []
        """The first ones of those looked at so far; None where an index told the first of all."""
        self._is_all = self._is_whole()
        if self._is_all:
            self._all()

    def _is_whole(self) -> bool:
        """Whether all numbers are selected, and there is no gap in them: then they need not be gathered."""
        return self._where == "1" and not self._value and self._high - self._low + 1 == self.total

    def _all(self) -> None:
        self._gathered = Blocks.whole(self._low, self._high)
        self._end()
        self._plan.clear()
        self.done = True

    # --------------------------------------------------------------------------------------------------------- reading

    @property
    def matching(self) -> int:
        """How many connections are selected, of those that were looked at."""
        return max(len(self._gathered), 0 if self._is_settled else len(self._head))

    @property
    def looked(self) -> float:
        """The share of the index that was looked at, from 0 to 1."""
        if self.done:
            return 1.0
        behind = self._high - self._next if self._descending else self._next - self._low
        return behind / max(self._high - self._low + 1, 1)

    def page(self, offset: int = 0, limit: int = PAGE, columns: str = COLUMNS) -> list[sqlite3.Row]:
        """The rows at `offset` and behind it, as far as they are known.

        Until all are gathered, an order other than by number shows no more than the first HEAD rows.
        """
        query = f"SELECT {columns} FROM connection c WHERE c.connection = ?"  # noqa: S608 - query.py binds what users write
        ask = self._index.database.execute
        found = (ask(query, (number,)).fetchone() for number in self.numbers(offset, limit))
        return [row for row in found if row is not None]

    def numbers(self, offset: int = 0, limit: int = PAGE) -> list[int]:
        """The same, as the connections' numbers."""
        begin, end = max(offset, 0), max(offset + limit, 0)
        if not self._is_settled:
            return self._head[begin:end]
        shown = self._gathered if self._ordered is None else self._ordered
        if self._descending:
            begin, end = len(shown) - end, len(shown) - begin
        first, second = shown.slice(begin, end)
        found = first if self._ordered is None else second
        return found[::-1] if self._descending else found

    def position(self, connection: int) -> int | None:
        """Where a connection stands; None where it is not selected, or not known to be."""
        if not self._is_settled:
            return self._head.index(connection) if connection in self._head else None
        if self._ordered is None:
            at = self._gathered.position(connection)
        else:
            value = self._gathered.second(connection)
            at = None if value is None else self._ordered.position(value, connection)
        return at if at is None or not self._descending else len(self._gathered) - 1 - at

    @property
    def _is_settled(self) -> bool:
        """Whether what was gathered is in its order."""
        return not self._value or self._ordered is not None

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
        elif self._low <= self._next <= self._high:
            return self._gather()
        elif not self._is_settled:
            return self._arrange()
        elif self._pending:
            self._look_again()
        else:
            self._arranging, self._best, self._head = None, None, []
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
            self._low, self._high = index.bounds()
            self._is_all = self._is_whole()
            if self._is_all:
                self._all()
                return frozenset(changed)
            self._end()
        self._pending = sorted({*self._pending, *changed})
        self.done = self.done and not self._pending
        return frozenset(changed)

    def _end(self) -> None:
        """Nothing is to be gathered any more."""
        self._next = self._low - 1 if self._descending else self._high + 1

    # ------------------------------------------------------------------------------------------- the first rows, early

    def _sound(self) -> None:
        """Look at the first rows, and plan what may be quicker than all else: that follows from what was found."""
        before = self._next
        while not self._look():
            self._rows = max(self._rows // 4, 1)
        looked = abs(self._next - before)
        expected = len(self._gathered) / looked * self.total if looked else 0
        self._is_rare = expected <= MANY
        if self._low <= self._next <= self._high:
            self._plan += [self._try] if self._is_rare else []
            self._plan += [self._first] if self._has_index else []

    def _look(self) -> bool:
        """Look at the next rows by number; whether that did not take too long."""
        if self._descending:
            low, high = max(self._next - self._rows + 1, self._low), self._next
        else:
            low, high = self._next, min(self._next + self._rows - 1, self._high)
        limit = inf if self._rows == 1 else LONG
        found = self._asked([self._query(which="c.connection BETWEEN ? AND ?")], limit, (low, high))
        if found is None:
            return False
        self._take(found)
        self._next = low - 1 if self._descending else high + 1
        return True

    def _try(self) -> None:
        """Have all at once, where an index of the database answers or there is not much."""
        found = self._asked([self._query(self._where)], AT_ONCE)
        if found is None:
            return
        self._end()
        self._plan.clear()
        self._gathered, self._best = Blocks(), []
        self._take(found)

    def _first(self) -> None:
        """Have the first ones of an order that has an index, in that order, where even that does not take long."""
        way, stored = "DESC" if self._descending else "ASC", self._word
        if not stored:
            queries = [f"{self._query()} ORDER BY {ORDERS[self._order]} {way}, c.connection {way} LIMIT {HEAD}"]
        else:
            # In the order of the texts, which their numbers know nothing of; no text sorts as the empty one does.
            ordered = (
                f"SELECT c.connection FROM word w CROSS JOIN connection c ON c.{stored} = w.word"  # noqa: S608 - as in `page`
                f" WHERE w.word <> 0 AND ({self._each}) ORDER BY w.text {way}, c.connection {way} LIMIT {HEAD}"
            )
            without = (
                f"SELECT c.connection FROM connection c WHERE (c.{stored} IS NULL OR c.{stored} = 0) AND ({self._each})"  # noqa: S608 - the same
                f" ORDER BY c.connection {way} LIMIT {HEAD}"
            )
            queries = [ordered, without] if self._descending else [without, ordered]
        found = self._asked(queries, AT_ONCE)
        if found:
            self._head, self._best = [row[0] for row in found[:HEAD]], None

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
        low, high = self._low, self._high
        if self._value:
            self._gathered = Blocks()
            self._best = self._best and []
            self._next = high if self._descending else low
        elif self._descending:
            high = self._next
        else:
            low = self._next
        # What most rows have is seen sooner in each than found elsewhere first.
        where = self._where if self._is_rare else self._each
        question = Question(
            where, self._each, self._parameters, self._value, self._is_text, bool(self._word), self._descending
        )
        made = Gathering(self._index, question, low, high)
        self._release = finalize(self, made.stop)  # nobody tells a view that it is not wanted any more
        return made

    def _add(self, portion: Portion) -> None:
        numbers, values, reached = portion
        if len(numbers):
            self._gathered.extend(numbers, values)
            reached = numbers[0] if self._descending else numbers[-1]
        if values is not None and len(numbers):
            self._improve(values, numbers)
        if reached is not None:
            self._next = reached - 1 if self._descending else reached + 1

    def _arrange(self) -> bool:
        """Have what was gathered sorted, by the other thread if it gathered it; whether that went on."""
        if self._gathering is None:
            self._arranging = self._arranging or arranged(self._gathered)
            self._ordered = next(self._arranging)
        elif not self._gathering.finished.is_set():
            return False
        else:
            self._ordered = self._gathering.ordered
            if self._ordered is None:
                self._fail(self._gathering)
        return True

    def _fail(self, gathering: Gathering) -> None:
        """Say what the other thread has come to; it is begun again, if `work` is asked again."""
        self._stop()
        if self._value:
            self._next = self._high if self._descending else self._low
        assert gathering.error  # or it would have found all
        raise gathering.error

    def _stop(self) -> None:
        """Let go of the other thread."""
        if self._gathering:
            self._release()
            self._gathering = None

    def _query(self, where: str | None = None, which: str = "1") -> str:
        value = f", {self._value}" if self._value else ""
        return f"SELECT c.connection{value} FROM connection c WHERE {which} AND ({where or self._each})"  # noqa: S608 - as in `page`

    def _asked(self, queries: list[str], seconds: float, numbers: Sequence[int] = ()) -> list[Any] | None:
        """The answers to all of them, as tuples, if they are had in that time."""
        database, end = self._index.database, perf_counter() + seconds
        cursor = database.cursor()
        cursor.row_factory = None
        database.set_progress_handler(lambda: perf_counter() > end, TICKS)
        try:
            return [row for query in queries for row in cursor.execute(query, (*numbers, *self._parameters)).fetchall()]
        except sqlite3.OperationalError:
            if perf_counter() <= end:  # it is not that it took too long
                raise
            return None
        finally:
            database.set_progress_handler(None, 0)

    def _take(self, rows: list[Any]) -> None:
        """Keep rows that were found, all behind the others or before them, in whatever order they came."""
        rows.sort()  # by number: all are different
        numbers = array("q", [row[0] for row in rows])
        if not self._value:
            self._gathered.extend(numbers)
            return
        values = self._values([row[1] for row in rows])
        self._gathered.extend(numbers, values)
        self._improve(values, numbers)

    def _improve(self, values: Sequence[Any], numbers: Sequence[int]) -> None:
        """Show the first ones of those found so far."""
        if self._best is not None:
            best = nlargest if self._descending else nsmallest
            self._best = best(HEAD, chain(self._best, zip(values, numbers, strict=True)))
            self._head = [number for _, number in self._best]

    def _values(self, found: list[Any]) -> list[str] | array[int]:
        """What rows are sorted by, in a form that all can be compared in."""
        if self._word:
            self._learn(found)
            return list(map(self._texts.__getitem__, found))
        return found if self._is_text else array("q", found)

    def _learn(self, words: list[int]) -> None:
        """Ask for the texts that are not known yet."""
        new = [word for word in set(words) if word not in self._texts]
        for i in range(0, len(new), ASKED):
            some = new[i : i + ASKED]
            query = f"SELECT word, text FROM word WHERE word IN ({', '.join('?' * len(some))})"  # noqa: S608 - marks only
            self._texts.update(tuple(row) for row in self._index.database.execute(query, some))

    # ------------------------------------------------------------------------------------------------------- following

    def _look_again(self) -> None:
        """Take some of those that changed out, and in again where they are selected now."""
        numbers = self._pending[:ASKED]
        which = f"c.connection IN ({', '.join('?' * len(numbers))})"
        rows = self._asked([self._query(which=which)], inf, numbers) or []
        found = [row[0] for row in rows]
        values = self._values([row[1] for row in rows]) if self._value else [None] * len(rows)
        now = dict(zip(found, values, strict=True))
        for number in numbers:
            self._replace(number, now)
        del self._pending[:ASKED]

    def _replace(self, number: int, now: dict[int, Any]) -> None:
        gathered, ordered = self._gathered, self._ordered
        if ordered is None:
            gathered.remove(number)
            if number in now:
                gathered.insert(number)
            return
        old, new = gathered.second(number), now.get(number)
        if old == new:
            return
        if old is not None:
            gathered.remove(number, old)
            ordered.remove(old, number)
        if new is not None:
            gathered.insert(number, new)
            ordered.insert(new, number)


def _value(order: str) -> str:
    """What rows are sorted by, as SQL that is never NULL: an integer, a text, or a word's number."""
    if word := WORDS["connection"].get(order):
        return f"coalesce(c.{word}, 0)"  # no text sorts as the empty one does
    if CONNECTION.get(order) == "TEXT":
        return f"replace(coalesce({ORDERS[order]}, ''), char({SEPARATOR}), ' ')"
    return f"CAST(coalesce({ORDERS[order]}, {LEAST + 1} - 1) AS INTEGER)"  # a sum of very large numbers is REAL
