"""The hosts of a capture, counted: connections, exchanges, failures, bytes, for each.

    job = Count(where)                       which connections; None for all
    counted = job.run(index)                 in a thread, with an index of its own: a second or two for a million rows
    tally = Tally(index, counted)            on the screen's thread
    tally.sort("down", descending=True)
    tally[position] -> Host                  and tally.position(host's number) -> position
    tally.refresh()                          follow the index

The database counts, all rows in one question, and what it says is true of one version of the index. From then on the
changes of the index are followed, version by version: what a connection that changes had been counted for is taken
back, and what it has now is added. So it is kept what those were counted for that may still change, which are those
that are not over. In the rare case that one changes of which that is not known any more, all is counted anew.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.events import OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tlscope.capture.filter.query import Where
    from tlscope.capture.index import Index

NAMELESS = 0
"""The number of the empty name: of the connections that never said where they want to go."""
OTHERS = -1
"""The number of what stands for all hosts beyond HOSTS."""
HOSTS = 20_000
"""Hosts with a line of their own, those with the most connections: sorting them again takes some 20 ms."""
PARTS = 50_000
"""Connections of which it is kept what they were counted for; of more, only of those that are not over."""
ASKED = 500
"""Numbers in a question: SQLite before 3.32 takes a thousand parameters."""
TICKS = 2_000_000
"""Instructions of SQLite's, some 20 ms, between two looks whether the counting shall stop: a look waits for its turn
behind the screen's thread."""
FAILED = (
    OutcomeKind.CLIENT_REJECTED, OutcomeKind.UPSTREAM_FAILED, OutcomeKind.UPSTREAM_INVALID, OutcomeKind.ABORTED,
)  # fmt: skip
"""How a connection ends that did not come to what it was for; one that policy refused came to just that."""

_VERSION = "SELECT coalesce((SELECT value FROM meta WHERE key = 'change'), 0)"
_NAME = "coalesce(c.host_word, 0)"
_FAILED = f"coalesce(c.outcome_word IN (SELECT word FROM word WHERE text IN {tuple(map(str, FAILED))}), 0)"  # noqa: S608 - words of ours
_EXCHANGE = (
    "(SELECT coalesce(e.ended, e.started) FROM exchange e WHERE e.connection = c.connection"
    " ORDER BY e.exchange DESC LIMIT 1)"
)
_LAST = f"coalesce(c.closed, {_EXCHANGE}, c.opened, 0)"
_PART = f"{_NAME}, c.exchanges, {_FAILED}, c.up, c.down, {_LAST}, coalesce(c.severity, 0), c.closed IS NOT NULL"


@dataclass(slots=True)
class Host:
    """What is known of a host, as far as the filter selects it."""

    number: int
    """Of its name, in the index."""
    name: str
    first: int
    """The connection that it is known from: the lowest number when it was counted."""
    connections: int = 0
    exchanges: int = 0
    failed: int = 0
    up: int = 0
    down: int = 0
    last: int = 0
    """When something happened last, in nanoseconds since the epoch."""
    severity: int = 0
    """Of the gravest finding; 0 for none."""

    def add(self, part: Part, sign: int = 1) -> None:
        """Count a connection; with -1, take it back, which leaves `last` and `severity` as they are: it happened."""
        self.connections += sign
        self.exchanges += sign * part.exchanges
        self.failed += sign * part.failed
        self.up += sign * part.up
        self.down += sign * part.down
        self.last = max(self.last, part.last)
        self.severity = max(self.severity, part.severity)


class Part(NamedTuple):
    """What a connection is counted for."""

    selected: int
    """Whether it is: by the filter."""
    host: int
    exchanges: int
    failed: int
    up: int
    down: int
    last: int
    severity: int
    over: int
    """Whether it is, so that it changes no more."""


class Counted(NamedTuple):
    """What the database says, at one version of the index."""

    where: Where | None
    version: int
    highest: int
    """The highest number of a connection."""
    hosts: dict[int, Host]
    parts: dict[int, Part]
    """Of the connections that are not over."""


class Stopped(Exception):  # noqa: N818 - it is no error: nobody wants to know any more
    """The counting was stopped."""


class Count:
    """The question, which may be given up."""

    def __init__(self, where: Where | None) -> None:
        self.where = where
        self._stopped = False

    def stop(self) -> None:
        """Nobody wants to know any more."""
        self._stopped = True

    def run(self, index: Index) -> Counted:
        """Ask it, in a thread. Raises Stopped."""
        database = index.database
        database.execute("BEGIN")  # so that all is of one version
        database.set_progress_handler(lambda: self._stopped, TICKS)
        try:
            found = self._ask(index)
        except Exception as error:
            if self._stopped:
                raise Stopped from error
            raise
        finally:
            database.set_progress_handler(None, 0)
            database.execute("COMMIT")
        return found

    def _ask(self, index: Index) -> Counted:
        ask, where = index.database.execute, self.where
        (version,) = ask(_VERSION).fetchone()
        (highest,) = ask("SELECT coalesce(max(connection), 0) FROM connection").fetchone()
        sums = ", ".join(f"total({value})" for value in ("c.exchanges", _FAILED, "c.up", "c.down"))
        # Not in the order of the index of the names, in which each row would have to be looked for.
        query = (
            f"SELECT {_NAME}, min(c.connection), count(*), {sums}, max({_LAST}),"  # noqa: S608 - query.py binds
            f" coalesce(max(c.severity), 0) FROM connection c WHERE ({where.sql if where else '1'})"
            " GROUP BY 1 ORDER BY 3 DESC, 2"
        )
        rows = [tuple(row) for row in ask(query, where.parameters if where else ())]
        return Counted(where, version, highest, _hosts(index, rows), dict(_parts(index, where, "c.closed IS NULL")))


def _hosts(index: Index, rows: list[tuple[Any, ...]]) -> dict[int, Host]:
    """A Host of each of the first rows, and one of all others."""
    names = _names(index, [row[0] for row in rows[:HOSTS]])
    hosts = {
        number: Host(number, names.get(number, ""), first, *map(int, counted))
        for number, first, *counted in rows[:HOSTS]
    }
    if len(rows) > HOSTS:
        _, firsts, *counted, lasts, severities = zip(*rows[HOSTS:], strict=True)
        sums = [int(sum(column)) for column in counted]
        hosts[OTHERS] = Host(OTHERS, "", min(firsts), *sums, *map(max, (lasts, severities)))
    return hosts


def _names(index: Index, numbers: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for i in range(0, len(numbers), ASKED):
        some = numbers[i : i + ASKED]
        query = f"SELECT word, text FROM word WHERE word IN ({', '.join('?' * len(some))})"  # noqa: S608 - marks only
        found.update(tuple(row) for row in index.database.execute(query, some))
    return found


def _parts(index: Index, where: Where | None, which: str, numbers: Sequence[int] = ()) -> Iterator[tuple[int, Part]]:
    """What connections are counted for."""
    selected = f"({where.each}) IS TRUE" if where else "1"
    query = f"SELECT c.connection, {selected}, {_PART} FROM connection c WHERE {which}"  # noqa: S608 - as above
    for number, *values in index.database.execute(query, (*(where.parameters if where else ()), *numbers)):
        yield number, Part(*values)


KEYS: dict[str, Callable[[Host], int | str]] = {
    "connection": lambda host: host.first,
    "host": lambda host: host.name,
    "opened": lambda host: host.last,
    "outcome": lambda host: host.failed,
    "severity": lambda host: host.severity,
    "exchanges": lambda host: host.exchanges,
    "up": lambda host: host.up,
    "down": lambda host: host.down,
}
"""What hosts are in the order of where connections are in that one."""


def _connections(host: Host) -> int:
    """What they are in the order of in any other: the number of connections."""
    return host.connections


class Tally:
    """The hosts, in an order, as the index goes on."""

    def __init__(self, index: Index, counted: Counted) -> None:
        self._index, self.where = index, counted.where
        self.version = counted.version
        """Of the index, up to which all is counted."""
        self._highest, self._hosts, self._parts = counted.highest, counted.hosts, counted.parts
        self._order: list[tuple[Any, int, int]] = []
        self.sort("connection", descending=False)

    def __len__(self) -> int:
        return len(self._order) + self._has_others

    def __getitem__(self, position: int) -> Host:
        """The host in a position; those that have none of their own are the last one."""
        if position == len(self._order) and self._has_others:
            return self._hosts[OTHERS]
        at = len(self._order) - 1 - position if self._descending else position
        if not 0 <= at < len(self._order):
            raise IndexError(position)
        return self._hosts[self._order[at][-1]]

    def host(self, number: int) -> Host | None:
        """The host with this number, if it has a line."""
        found = self._hosts.get(number)
        return found if found is not None and found.connections else None

    def position(self, number: int) -> int | None:
        """Where a host stands."""
        host = self.host(number)
        if host is None:
            return None
        if number == OTHERS:
            return len(self._order)
        at = bisect_left(self._order, self._place(host))
        return len(self._order) - 1 - at if self._descending else at

    def sort(self, order: str, *, descending: bool) -> None:
        """Have another order, by what connections are sorted by then, or columns.py has for hosts alone."""
        self._key = KEYS.get(order, _connections)
        self._descending = descending
        self._order = sorted(
            self._place(host) for host in self._hosts.values() if host.connections and host.number != OTHERS
        )

    def refresh(self) -> bool | None:
        """Follow the index; whether anything changed. None where it cannot be followed: all is to be counted anew."""
        if self._index.version == self.version:
            return False
        database = self._index.database
        database.execute("BEGIN")  # so that all is of one version: nothing is counted twice that changes meanwhile
        try:
            (version,) = database.execute(_VERSION).fetchone()
            changed = self._index.changed(self.version, version)
            if changed is None or any(number <= self._highest and number not in self._parts for number in changed):
                return None
            self._count(changed)
        finally:
            database.execute("COMMIT")
        self.version = version
        return True

    # ------------------------------------------------------------------------------------------------------- following

    def _count(self, changed: list[int]) -> None:
        now: dict[int, Part] = {}
        for i in range(0, len(changed), ASKED):
            some = changed[i : i + ASKED]
            marks = ", ".join("?" * len(some))
            now.update(_parts(self._index, self.where, f"c.connection IN ({marks})", some))
        for number, part in now.items():
            if part.selected and part.host not in self._hosts:
                self._add(part.host, number)
        before = [self._parts[number] for number in now if number in self._parts]
        touched = {host.number: host for host in map(self._of, (*before, *now.values())) if host is not None}
        for host in touched.values():
            self._take_out(host)
        for parts, sign in ((before, -1), (now.values(), 1)):
            for part in parts:
                if (counted := self._of(part)) is not None:
                    counted.add(part, sign)
        for host in touched.values():
            if host.connections and host.number != OTHERS:
                insort(self._order, self._place(host))
        self._parts.update(now)
        self._let_go()

    def _of(self, part: Part) -> Host | None:
        """Where it is counted."""
        if not part.selected:
            return None
        return self._hosts[part.host] if part.host in self._hosts else self._hosts[OTHERS]

    def _add(self, number: int, first: int) -> None:
        if len(self._hosts) < HOSTS:
            self._hosts[number] = Host(number, _names(self._index, [number]).get(number, ""), first)
        elif OTHERS not in self._hosts:
            self._hosts[OTHERS] = Host(OTHERS, "", first)

    def _take_out(self, host: Host) -> None:
        if host.connections and host.number != OTHERS:
            del self._order[bisect_left(self._order, self._place(host))]

    def _place(self, host: Host) -> tuple[Any, int, int]:
        return self._key(host), host.first, host.number

    def _let_go(self) -> None:
        """Where much is kept, forget what those were counted for that are over."""
        if len(self._parts) > PARTS:
            over = [number for number, part in self._parts.items() if part.over]
            self._highest = max([self._highest, *over])
            for number in over:
                del self._parts[number]

    @property
    def _has_others(self) -> bool:
        return OTHERS in self._hosts and self._hosts[OTHERS].connections > 0


def condition(name: str) -> str:
    """The filter that selects the connections of a host."""
    if not name:
        return "not host"
    text = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'host == "{text}"'
