"""The index as viewers ask it: pages of connections, and all about one.

    with Index(directory) as index:                            raises Stale where there is none yet
        index.connections("c.outcome = ?", ("intercepted",), limit=50)
        index.exchanges("e.status >= 400")
        index.count("c.host = ?", ("example.org",))
        index.groups("host", "c.outcome = ?", ("intercepted",))
        index.lookup.span(connection, direction, start, end)   the bytes behind a row
        View(index, ...)                                       what a screen scrolls through (view.py)

Conditions are SQL about `c`, the row of `connection`, and `e`, that of `exchange`, with `?` for every value: the filter
language (query.py) makes them, and may register functions with `index.database`. Rows are sqlite3.Row: by column name.
Pages are taken by key, never by OFFSET: the thousandth costs what the first did. An Index belongs to one thread, but
for `interrupt`.

A screen asks `version` as often as it likes (10 us); where that is another one, `changed` says which connections are
new or other than they were, with their exchanges and findings. `replaced` says that the index was deleted and is built
anew: only a new Index sees that. `twin` is the same for another thread.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple, Self

from tlscope.capture.lookup import Lookup
from tlscope.capture.schema import CONNECTION, EXCHANGE, INDEX, INDEXED, WORDS, Stale, open_reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

PAGE = 100
"""Rows in a page unless told otherwise."""

COLUMNS = {
    "connection": ", ".join(f"c.{name}" for name in CONNECTION),
    "exchange": ", ".join(f"e.{name}" for name in EXCHANGE),
}
"""All columns, without the numbers that stand for words."""
_JOINED = "exchange e JOIN connection c ON c.connection = e.connection"


class Extent(NamedTuple):
    """How much of the journal of a series is indexed."""

    series: int
    segment: int
    at: int
    done: bool
    """Whether all of the segment is, also where its end cannot be read."""

    def holds(self, segment: int, at: int) -> bool:
        """Whether the byte before `at` of a segment is indexed."""
        return self.segment > segment or (self.segment == segment and (self.done or self.at >= at))


class Group(NamedTuple):
    """The connections that have a value in common."""

    value: str | int | None
    connections: int
    newest: int
    """The highest of their numbers."""


class Index:
    """An index, open for questions."""

    def __init__(self, directory: Path, teach: Callable[[Index], None] | None = None) -> None:
        """Open it; raises Stale where none is there, or one of another version.

        `teach` registers functions with its database, and with that of each twin.
        """
        self._directory, self._teach = directory, teach
        self._path = directory / INDEX
        self._file = _identity(self._path)
        self.database = open_reading(directory)
        self.database.row_factory = sqlite3.Row
        self._plain = open_reading(directory)
        self.lookup = Lookup(directory, self._plain)
        """The bytes behind the rows."""
        if teach:
            teach(self)

    def twin(self) -> Index:
        """The same index, for another thread; raises Stale where another has taken its place."""
        made = Index(self._directory, self._teach)
        if made._file != self._file:
            made.close()
            raise Stale("another index has taken its place")
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything."""
        self.lookup.close()
        self._plain.close()
        self.database.close()

    def connections(
        self,
        where: str = "1",
        parameters: Sequence[object] = (),
        *,
        columns: str = COLUMNS["connection"],
        after: int | None = None,
        limit: int = PAGE,
        newest: bool = False,
    ) -> list[sqlite3.Row]:
        """A page of connections by number, or the newest first; `after` is the last one's number."""
        order, beyond = ("DESC", "<") if newest else ("ASC", ">")
        edge = "" if after is None else f" AND c.connection {beyond} {int(after)}"
        tail = f"{edge} ORDER BY c.connection {order} LIMIT {int(limit)}"
        query = f"SELECT {columns} FROM connection c WHERE ({where}){tail}"  # noqa: S608 - query.py binds what users write
        return self.database.execute(query, tuple(parameters)).fetchall()

    def every(
        self, where: str = "1", parameters: Sequence[object] = (), *, columns: str = COLUMNS["connection"]
    ) -> Iterator[sqlite3.Row]:
        """All connections that are selected, by number, one after the other as they are found."""
        query = f"SELECT {columns} FROM connection c WHERE ({where}) ORDER BY c.connection"  # noqa: S608 - as above
        yield from self.database.execute(query, tuple(parameters))

    def exchanges(
        self,
        where: str = "1",
        parameters: Sequence[object] = (),
        *,
        columns: str = COLUMNS["exchange"],
        after: tuple[int, int] | None = None,
        limit: int = PAGE,
        newest: bool = False,
    ) -> list[sqlite3.Row]:
        """A page of exchanges by connection and number; `after` is the last one's (connection, exchange)."""
        order, beyond = ("DESC", "<") if newest else ("ASC", ">")
        edge = f" AND (e.connection, e.exchange) {beyond} ({int(after[0])}, {int(after[1])})" if after else ""
        tail = f"{edge} ORDER BY e.connection {order}, e.exchange {order} LIMIT {int(limit)}"
        query = f"SELECT {columns} FROM {_JOINED} WHERE ({where}){tail}"  # noqa: S608 - as in `connections`
        return self.database.execute(query, tuple(parameters)).fetchall()

    def count(self, where: str = "1", parameters: Sequence[object] = (), *, row: str = "connection") -> int:
        """How many connections, or exchanges, there are; of all connections that is known."""
        if row == "connection" and where == "1":
            return self._meta("connections")
        source = "connection c" if row == "connection" else _JOINED if "c." in where else "exchange e"
        query = f"SELECT count(*) FROM {source} WHERE {where}"  # noqa: S608 - as in `connections`
        found: int = self.database.execute(query, tuple(parameters)).fetchone()[0]
        return found

    def groups(
        self, column: str, where: str = "1", parameters: Sequence[object] = (), *, limit: int = PAGE
    ) -> list[Group]:
        """The values of a column with how many connections have each, the most frequent ones first, then the newest.

        `column` is one of schema.CONNECTION. Of all connections, by a column that has a whole index, that takes some
        150 ms a million; of some of them, or by another column, a second and more.
        """
        if column not in CONNECTION:
            raise ValueError(column)
        by = WORDS["connection"].get(column, column)
        grouped = f"FROM connection c WHERE {where} GROUP BY 1"
        query = f"SELECT c.{by} AS value, count(*) AS n, max(c.connection) {grouped}"
        if where == "1" and column in INDEXED["connection"]:  # the ends of the groups in the index, not all their rows
            last = f"SELECT max(n.connection) FROM connection_row n WHERE n.{by} IS value"  # noqa: S608 - the same
            query = f"SELECT value, n, ({last}) FROM (SELECT c.{by} AS value, count(*) AS n {grouped})"  # noqa: S608 - the same
        query += f" ORDER BY 2 DESC, 3 DESC LIMIT {int(limit)}"
        found = self.database.execute(query, tuple(parameters)).fetchall()
        if by == column:
            return [Group(*row) for row in found]
        text = "SELECT text FROM word WHERE word = ?"
        return [
            Group((self._plain.execute(text, (word,)).fetchone() or (None,))[0], n, last) for word, n, last in found
        ]

    def bounds(self) -> tuple[int, int]:
        """The lowest and the highest number of a connection; 1 and 0 where there is none."""
        query = "SELECT (SELECT min(connection) FROM connection), (SELECT max(connection) FROM connection)"
        low, high = self._plain.execute(query).fetchone()
        return (1, 0) if low is None else (low, high)

    def connection(self, number: int) -> sqlite3.Row | None:
        """One connection."""
        found = self.connections("c.connection = ?", (number,))
        return found[0] if found else None

    def findings(self, connection: int) -> list[sqlite3.Row]:
        """What was found about a connection, the gravest first; of connection 0, about the recording itself."""
        query = "SELECT * FROM finding WHERE connection = ? ORDER BY severity DESC, code, leg"
        return self.database.execute(query, (connection,)).fetchall()

    def faults(self) -> list[sqlite3.Row]:
        """What went wrong with the recording itself: who, code, what, next."""
        return self.database.execute("SELECT * FROM fault ORDER BY rowid").fetchall()

    def damage(self) -> list[sqlite3.Row]:
        """What of the journal could not be read: segment, start, reason, lost."""
        return self.database.execute("SELECT * FROM damage ORDER BY rowid").fetchall()

    def dropped(self) -> list[sqlite3.Row]:
        """Segments that were gone before they were read: series, first, last."""
        return self.database.execute("SELECT * FROM dropped ORDER BY rowid").fetchall()

    def extents(self) -> list[Extent]:
        """How much of the journal is indexed."""
        found = self._plain.execute("SELECT series, segment, at, done FROM position")
        return [Extent(series, segment, at, bool(done)) for series, segment, at, done in found]

    @property
    def finished(self) -> bool:
        """Whether nobody recorded any more when the last of it was indexed."""
        return bool(self._meta("finished"))

    def interrupt(self) -> None:
        """End a question that another thread asks: there it raises sqlite3.OperationalError."""
        self.database.interrupt()

    @property
    def version(self) -> int:
        """Of the rows: a higher one where any has changed since."""
        return self._meta("change")

    def changed(self, since: int, until: int | None = None) -> list[int] | None:
        """The connections written after the version `since`, up to `until`, each once, by number.

        None where that is too long ago: the list of changes is kept for the last few seconds only.
        """
        last = self.version if until is None else until
        query = "SELECT DISTINCT connection FROM change WHERE change > ? AND change <= ? ORDER BY connection"
        found = [number for (number,) in self._plain.execute(query, (since, last))]
        # Asked after the others: what is removed meanwhile was there.
        (oldest,) = self._plain.execute("SELECT min(change) FROM change").fetchone()
        return found if oldest is None or oldest <= since + 1 else None

    @property
    def replaced(self) -> bool:
        """Whether another index has taken the place of this one, or none has: what is seen here changes no more."""
        return _identity(self._path) != self._file

    def _meta(self, key: str) -> int:
        found = self._plain.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return found[0] if found else 0

    @property
    def changes(self) -> int:
        """A number that differs from the one before where the index has changed since: ask this before asking again."""
        found: int = self._plain.execute("PRAGMA data_version").fetchone()[0]
        return found


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is; None for none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
