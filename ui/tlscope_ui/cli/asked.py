"""`tlscope watch --exchanges`: what was asked and answered over HTTP, one line an exchange, as soon as it is over.

    asked = Asked(directory, where, screen, jsonl=False, masked=True)
    asked.look()                 tell those that are over by now and were not told yet
    asked.last_look()            once nothing more will come

The index is followed by its versions: what has changed since the last look is asked for, and where that is not known
any more, all. An exchange is over when both sides have said all, or with its connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlscope.capture import inspector
from tlscope.capture.filter.answering import answering
from tlscope.capture.schema import Stale
from tlscope_ui.cli.filters import opened
from tlscope_ui.telling import Span
from tlscope_ui.telling.exchanges import row_json
from tlscope_ui.telling.fitting import cut
from tlscope_ui.telling.lines import stamp
from tlscope_ui.text import size
from tlscope_ui.tui.models.columns import request, status, took, unmasked

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.capture.filter.query import Where
    from tlscope.capture.index import Index
    from tlscope_ui.cli.output import Screen
    from tlscope_ui.telling import Line

PAGE = 1_000
"""Exchanges that are asked for at once."""
OVER = "(e.ended IS NOT NULL OR c.closed IS NOT NULL)"


class Asked:
    """The exchanges of a capture that grows."""

    def __init__(self, directory: Path, where: Where | None, screen: Screen, *, jsonl: bool, masked: bool) -> None:
        self._directory, self._screen = directory, screen
        self._sql, self._parameters = (f"({where.sql}) AND {OVER}", where.parameters) if where else (OVER, ())
        self._jsonl, self._masked = jsonl, masked
        self._index: Index | None = None
        self._version = 0
        self._told: dict[int, set[int]] = {}
        """Which exchanges of each connection were told, by number: some 300 bytes a connection."""

    def follow(self) -> None:
        """Have an inspector at work on the capture."""
        inspector.ensure(self._directory)

    def look(self) -> None:
        """Tell what is over by now."""
        try:
            self._index = self._index or answering(self._directory)
        except Stale:  # the inspector has not begun
            return
        index = self._index
        version = index.version
        if version == self._version:
            return
        changed = index.changed(self._version, version) if self._version else None
        self._version = version
        for row in self._rows(index, changed):
            told = self._told.setdefault(row["connection"], set())
            if row["exchange"] not in told:
                told.add(row["exchange"])
                self._tell(row)
        self._screen.flush()

    def last_look(self) -> None:
        """The same once nothing more will come: waits until the index knows all."""
        self.close()
        opened(self._directory).close()
        self._version = 0
        self.look()
        self.close()

    def close(self) -> None:
        """Let go of the index."""
        if self._index:
            self._index.close()
            self._index = None

    def _rows(self, index: Index, connections: list[int] | None) -> Iterator[sqlite3.Row]:
        """Those that are over, of these connections; None for all."""
        if connections is None:
            yield from self._pages(index, self._sql, self._parameters)
            return
        for number in connections:
            yield from self._pages(index, f"e.connection = ? AND {self._sql}", (number, *self._parameters))

    def _pages(self, index: Index, sql: str, parameters: tuple[Any, ...]) -> Iterator[sqlite3.Row]:
        after = None
        while page := index.exchanges(sql, parameters, after=after, limit=PAGE):
            yield from page
            after = page[-1]["connection"], page[-1]["exchange"]

    def _tell(self, row: sqlite3.Row) -> None:
        if self._jsonl:
            self._screen.json(row_json(row, masked=self._masked))
        else:
            self._screen.line(*cut(_line(row, masked=self._masked), self._screen.width))


def _line(row: sqlite3.Row, *, masked: bool) -> Line:
    """When, which, what was answered, how much and how long; the request last, as it may be long."""
    when = stamp(row["started"]) if row["started"] else "-"
    number = f" #{row['connection']}.{row['exchange']} "
    amount = "" if row["response_size"] is None else size(row["response_size"])
    facts = " ".join(filter(None, (amount, row["response_type"] or "", took(row["started"], row["ended"]).text)))
    asked = (request if masked else unmasked)(row).text
    return [
        Span(when, "dim"),
        Span(number, "strong"),
        status(row),
        f" {facts} ",
        Span(row["authority"] or "-", "strong"),
        f" {asked}",
    ]
