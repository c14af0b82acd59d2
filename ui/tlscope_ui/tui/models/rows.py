"""The rows of the list: connections, with their exchanges below those that are unfolded, or under their hosts.

    rows = Rows(index)
    rows.select(where)                 other connections; rows.sort("host", descending=True): another order
    rows.work(0.01)                    get on with it; rows.refresh(): see what was recorded since
    rows.entry(y) -> Selected          what stands in line y; rows.find(selected) -> y
    rows.unfold(selected)              show what is below it, and fold
    rows.group(on=True)                under their hosts, once these are counted:
    job = rows.to_count()              a question for a thread, if there is one: rows.counted(job, job.run(index))

A million connections are a million lines, of which only those in sight are ever read (pages.py). What is unfolded is
kept as bends (bends.py): places in a list behind which lines are inserted. That is so on each level: a branch is
connections with their exchanges (branch.py), and under hosts each that is unfolded has a branch of its own, a View with
one more condition; all lines of it are inserted below the host (hosts.py). So a line is found by bisection, whatever is
unfolded, and a host with 900,000 connections costs what one with ten does.
"""

from __future__ import annotations

from collections import OrderedDict
from time import perf_counter
from typing import TYPE_CHECKING

from tlscope.capture.order import ORDERS
from tlscope.capture.view import View
from tlscope_ui.tui.models.bends import Bends
from tlscope_ui.tui.models.branch import NOBODY, Branch, Selected
from tlscope_ui.tui.models.hosts import NAMELESS, OTHERS, Count, Host, Tally
from tlscope_ui.tui.models.pages import PAGE, Read

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from tlscope.capture.filter.query import Where
    from tlscope.capture.index import Index
    from tlscope_ui.tui.models.hosts import Counted

__all__ = ["NOBODY", "Rows", "Selected"]

HOSTS_UNFOLDED = 16
"""Hosts that may be unfolded at once: each follows the index for itself, which takes up to a millisecond a look."""
AT_ONCE = 0.02
"""Seconds to find the connections of hosts in that are unfolded; of a host with very many, the first ones."""
MANY = 1 << 30
"""Lines that the list may have: what a terminal's arithmetic can take."""


class Rows:
    """The list, without a screen."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._where: Where | None = None
        self.order, self.descending = "connection", False
        self.is_grouping = False
        """Whether connections are to stand under their hosts."""
        self._is_due = False
        """Whether the hosts are to be counted."""
        self._job: Count | None = None
        self._tally: Tally | None = None
        self._branches: OrderedDict[int, Branch] = OrderedDict()
        """Of the hosts that are unfolded."""
        self._hosts = Bends(lambda number: self._tally.position(number) if self._tally else None)
        self._read = Read(index)
        self._all = self._near = self._branch()

    # ----------------------------------------------------------------------------------------------- which, and how far

    @property
    def total(self) -> int:
        """Connections in the index."""
        return self._all.view.total

    @property
    def matching(self) -> int:
        """How many of them are shown, as far as is known."""
        return self._all.view.matching

    @property
    def done(self) -> bool:
        """Whether all of the index was looked at."""
        return self._all.view.done

    @property
    def looked(self) -> float:
        """How far that is, from 0 to 1."""
        return self._all.view.looked

    @property
    def by_number(self) -> bool:
        """Whether connections stand in the order in which they came, or the other way round."""
        return self._by == "connection"

    @property
    def _by(self) -> str:
        return self.order if self.order in ORDERS else "connection"  # what is of hosts alone is no order of connections

    def select(self, where: Where | None) -> None:
        """Show those that a filter selects; None for all. Hosts are as they were until they are counted."""
        self._where = where
        self._all = self._near = self._branch(unfolded=self._all.unfolded)
        self._count_anew()

    def sort(self, order: str, *, descending: bool) -> None:
        """Show them in another order (capture/order.py, ORDERS; hosts.py, KEYS)."""
        self.order, self.descending = order, descending
        self._all = self._near = self._branch(unfolded=self._all.unfolded)
        if self._tally is not None:
            self._tally.sort(order, descending=descending)
            self._renew()

    def work(self, seconds: float) -> bool:
        """Look on for about so long; whether there was anything to do."""
        left = [branch for branch in (self._all, *self._branches.values()) if not branch.view.done]
        end = perf_counter() + seconds
        for branch in left:
            branch.work(seconds)
            seconds = end - perf_counter()
            if seconds <= 0:
                break
        if left:
            self._insert()
        return bool(left)

    def refresh(self) -> bool:
        """Follow the index; whether anything changed."""
        branches = (self._all, *self._branches.values())
        found = [branch.refresh() for branch in branches]
        for changed in found:
            self._read.forget(changed)
        for branch, changed in zip(branches, found, strict=True):
            branch.settle(changed)
        anything = any(changed is None or changed for changed in found)
        if self._tally is not None and not self._is_due:
            counted = self._tally.refresh()
            if counted is None:
                self._count_anew()
            anything = anything or bool(counted)
        if anything:
            self._insert()
        return anything

    def _branch(self, host: int | None = None, unfolded: Iterable[int] = ()) -> Branch:
        """The connections of a host, or all."""
        where = self._where
        sql, each, parameters = (where.sql, where.each, where.parameters) if where else ("1", None, ())
        if host is not None:
            which = "(c.host_word IS NULL OR c.host_word = ?)" if host == NAMELESS else "c.host_word = ?"
            sql, each = f"({sql}) AND {which}", f"({each or '1'}) AND {which}"
            parameters = (*parameters, host)
        view = View(self._index, sql, parameters, each=each, order=self._by, descending=self.descending)
        return Branch(view, self._count_of, unfolded)

    # ---------------------------------------------------------------------------------------------------------- hosts

    @property
    def is_grouped(self) -> bool:
        """Whether connections stand under their hosts."""
        return self._tally is not None

    @property
    def is_counting(self) -> bool:
        """Whether hosts are being counted."""
        return self._is_due or self._job is not None

    def group(self, *, on: bool) -> None:
        """Have connections under their hosts, as soon as these are counted; or not."""
        self.is_grouping = on
        if on:
            self._count_anew()
            return
        self._stop()
        self._is_due, self._tally = False, None
        self._branches.clear()
        self._insert()

    def to_count(self) -> Count | None:
        """What is to be counted, in a thread; None for nothing, or nothing new."""
        if not self._is_due or self._job is not None:
            return None
        self._job = Count(self._where)
        return self._job

    def counted(self, job: Count, found: Counted | None) -> bool:
        """The answer, or None where that failed; whether anybody still wants to know."""
        if job is not self._job:
            return False
        self._job, self._is_due = None, False
        if found is None:
            self.group(on=False)
            return True
        self._tally = Tally(self._index, found)
        self._tally.sort(self.order, descending=self.descending)
        self._renew()
        self.work(AT_ONCE)
        return True

    def host(self, number: int) -> Host | None:
        """What was counted of a host."""
        return self._tally.host(number) if self._tally is not None else None

    def _count_anew(self) -> None:
        if self.is_grouping:
            self._stop()
            self._is_due = True

    def _stop(self) -> None:
        if self._job is not None:
            self._job.stop()
            self._job = None

    def _renew(self) -> None:
        """Other connections, or in another order: make the branches of the hosts anew."""
        before, self._branches = self._branches, OrderedDict()
        for number, branch in before.items():
            if self.host(number) is not None:
                self._branches[number] = self._branch(number, branch.unfolded)
        self._hosts = Bends(lambda number: self._tally.position(number) if self._tally else None)
        self._insert()

    def _insert(self) -> None:
        """Have all lines of the branches below their hosts."""
        self._hosts.put({number: min(len(branch), MANY) for number, branch in self._branches.items()})

    def _host_of(self, connection: int) -> int:
        row = self.connection(connection)
        return NAMELESS if row is None else row["host_word"] or NAMELESS

    def _branch_of(self, connection: int) -> Branch | None:
        """Where a connection stands, if that is unfolded."""
        return self._all if self._tally is None else self._branches.get(self._host_of(connection))

    # ---------------------------------------------------------------------------------------------------------- lines

    def __len__(self) -> int:
        lines = len(self._all) if self._tally is None else len(self._tally) + self._hosts.inserted
        return min(lines, MANY)

    def entry(self, y: int) -> Selected:
        """What stands in a line."""
        if self._tally is None:
            return self._all.entry(y)
        position, below = self._hosts.locate(y)
        if not 0 <= position < len(self._tally):
            return NOBODY
        host = self._tally[position].number
        if not below:
            return Selected(0, 0, host)
        self._near = self._branches[host]
        return self._near.entry(below - 1)

    def find(self, selected: Selected) -> int:
        """The line of a connection, an exchange or a host; of what is folded that, or where it would stand."""
        if self._tally is None:
            found = self._all.find(selected)
            return self._nearest(selected.connection) if found is None else found
        host = self._host_of(selected.connection) if selected.host is None else selected.host
        position = self._tally.position(host)
        if position is None:
            position = self._tally.position(OTHERS) or 0
        line = self._hosts.line(position)
        below = self._branches[host].find(selected) if host in self._branches and selected.connection else None
        return line if below is None else line + 1 + below

    def shows(self, selected: Selected) -> bool:
        """Whether the filter lets it be seen."""
        if selected.host is not None:
            return self.host(selected.host) is not None
        return self._all.view.position(selected.connection) is not None

    def newest(self) -> Selected:
        """The connection that came last, of those that are shown, in an order by number."""
        return self._all.entry(0 if self.descending else len(self._all) - 1)._replace(exchange=0)

    def _nearest(self, connection: int) -> int:
        """Where a connection would stand, in the order by number; in another one, the first."""
        return self._all.nearest(connection, descending=self.descending) if self.by_number else 0

    # --------------------------------------------------------------------------------------------------------- folding

    def has_below(self, selected: Selected) -> bool:
        """Whether there is anything to unfold."""
        if selected.host is not None:
            return selected.host != OTHERS and self.host(selected.host) is not None
        return not selected.exchange and bool(self._count_of(selected.connection))

    def above(self, selected: Selected) -> Selected | None:
        """What it is below: the connection of an exchange, the host of a connection."""
        if selected.exchange:
            return selected._replace(exchange=0)
        if self._tally is None or selected.host is not None:
            return None
        return Selected(0, 0, self._host_of(selected.connection))

    def is_unfolded(self, selected: Selected) -> bool:
        """Whether what is below it is shown."""
        if selected.host is not None:
            return selected.host in self._branches
        branch = self._branch_of(selected.connection)
        return branch is not None and selected.connection in branch.unfolded

    def unfold(self, selected: Selected) -> None:
        """Show what is below a host, or a connection."""
        if selected.host is not None:
            self._unfold_host(selected.host)
            self.work(AT_ONCE)
        elif (branch := self._branch_of(selected.connection)) is not None:
            branch.unfold(selected.connection)
            self._insert()

    def reveal(self, selected: Selected) -> None:
        """Unfold what a connection or exchange is below."""
        if (above := self.above(selected)) is not None:
            self.reveal(above)
            self.unfold(above)

    def fold(self, selected: Selected) -> None:
        """Show a host, or a connection, alone."""
        if selected.host is not None:
            if self._near is self._branches.pop(selected.host, None):
                self._near = self._all
            self._hosts.put({selected.host: 0})
        elif (branch := self._branch_of(selected.connection)) is not None:
            branch.fold(selected.connection)
            self._insert()

    def _unfold_host(self, number: int) -> None:
        if number in self._branches or number == OTHERS or self.host(number) is None:
            return
        if len(self._branches) >= HOSTS_UNFOLDED:
            self.fold(Selected(0, 0, next(iter(self._branches))))
        self._branches[number] = self._branch(number)
        self._insert()

    def fold_all(self) -> None:
        """Show hosts alone, or connections."""
        for host in list(self._branches):
            self.fold(Selected(0, 0, host))
        self._all.fold_all()

    def unfold_all(self) -> None:
        """Show what is below as many of them as may be unfolded, from the first on."""
        if self._tally is None:
            self._all.unfold_all()
            return
        for position in range(min(len(self._tally), HOSTS_UNFOLDED)):
            self._unfold_host(self._tally[position].number)

    # ------------------------------------------------------------------------------------------------------------ rows

    def connection(self, number: int) -> sqlite3.Row | None:
        """The row of a connection; with it, those are read that stand around it, of which the screen will ask next."""
        return self._read.connection(number, self._around)

    def exchange(self, selected: Selected) -> sqlite3.Row | None:
        """The row of an exchange."""
        return self._read.exchange(selected)

    def _around(self, number: int) -> Sequence[int]:
        view = self._near.view
        position = view.position(number)
        return view.numbers(max(position - PAGE // 2, 0), PAGE) if position is not None else [number]

    def _count_of(self, connection: int) -> int:
        """How many exchanges a connection has."""
        row = self.connection(connection)
        found: int = row["exchanges"] if row is not None else 0
        return found
