"""The index as viewers ask it: pages of connections, and all about one.

    with Index(directory) as index:                            raises Stale where there is none yet
        index.connections("c.outcome = ?", ("intercepted",), limit=50)
        index.exchanges("e.status >= 400")
        index.count("c.host = ?", ("example.org",))
        index.lookup.span(connection, direction, start, end)   the bytes behind a row

Conditions are SQL about `c`, the row of `connection`, and `e`, that of `exchange`, with `?` for every value: the filter
language (query.py) makes them, and may register functions with `index.database`. Rows are sqlite3.Row: by column name.
Pages are taken by key, never by OFFSET: the thousandth costs what the first did. An Index belongs to one thread.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple, Self

from tlscope.capture.lookup import Lookup
from tlscope.capture.schema import open_reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PAGE = 100
"""Rows in a page unless told otherwise."""

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


class Index:
    """An index, open for questions."""

    def __init__(self, directory: Path) -> None:
        """Open it; raises Stale where none is there, or one of another version."""
        self.database = open_reading(directory)
        self.database.row_factory = sqlite3.Row
        self._plain = open_reading(directory)
        self.lookup = Lookup(directory, self._plain)
        """The bytes behind the rows."""

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
        columns: str = "c.*",
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

    def exchanges(
        self,
        where: str = "1",
        parameters: Sequence[object] = (),
        *,
        columns: str = "e.*",
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
        """How many connections, or exchanges, there are."""
        source = "connection c" if row == "connection" else _JOINED if "c." in where else "exchange e"
        query = f"SELECT count(*) FROM {source} WHERE {where}"  # noqa: S608 - as in `connections`
        found: int = self.database.execute(query, tuple(parameters)).fetchone()[0]
        return found

    def connection(self, number: int) -> sqlite3.Row | None:
        """One connection."""
        found = self.connections("c.connection = ?", (number,))
        return found[0] if found else None

    def findings(self, connection: int) -> list[sqlite3.Row]:
        """What was found about a connection, the gravest first; of connection 0, about the recording itself."""
        query = "SELECT * FROM finding WHERE connection = ? ORDER BY severity DESC, code, leg"
        return self.database.execute(query, (connection,)).fetchall()

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
        found = self._plain.execute("SELECT value FROM meta WHERE key = 'finished'").fetchone()
        return bool(found and found[0])

    @property
    def changes(self) -> int:
        """A number that differs from the one before where the index has changed since: ask this before asking again."""
        found: int = self._plain.execute("PRAGMA data_version").fetchone()[0]
        return found
