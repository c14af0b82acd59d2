"""`tlscope list --exchanges`, `--hosts` and `--columns`: the rows of the screen's list, in lines.

What stands in them is made by the models of the screen's list, and so are the hosts counted. What a script needs of
connections says list.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture import notes, reader
from tlscope.capture.summary import rfc3339
from tlscope.wire.tls.meaning.finding import Severity
from tlscope_ui.cli.columns import of_connections, of_exchanges, of_hosts
from tlscope_ui.cli.filters import nothing_in, opened, understood
from tlscope_ui.cli.noted import noted_json
from tlscope_ui.cli.output import Screen, complain
from tlscope_ui.cli.table import Column, table
from tlscope_ui.telling import Span
from tlscope_ui.telling.exchanges import row_json
from tlscope_ui.telling.lines import stamp
from tlscope_ui.text import size
from tlscope_ui.tui.models.columns import BY_KEY, name_of, request, status, took, unmasked
from tlscope_ui.tui.models.hosts import NAMELESS, OTHERS, Count

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tlscope.capture.filter.query import Where
    from tlscope.capture.index import Index
    from tlscope.capture.notes import Note
    from tlscope_ui.cli.table import Row
    from tlscope_ui.tui.models.columns import Column as OnScreen
    from tlscope_ui.tui.models.hosts import Host

    Noted = Mapping[tuple[int, int], Note]


NUMBER = "connection"
PAGE = 10_000
"""Rows in a table, which has to be known as a whole: some 20 MB."""


def list_connections(directory: Path, filter_: tuple[str, ...], chosen: Sequence[OnScreen]) -> None:
    """Print what columns of the screen say of connections: of all, or of those that a filter selects."""
    where = understood(filter_)
    screen, noted = Screen(), _known(directory)
    columns = of_connections(chosen, live=reader.is_live(directory))
    columns += [_noted(noted, lambda row: (row[NUMBER], 0))] if noted else []
    count = 0
    with opened(directory) as index:
        for page in _connections(index, where):
            count += len(page)
            _print(screen, columns, page)
    screen.flush()
    if not count:
        complain(*nothing_in(directory, where))


def list_exchanges(
    directory: Path, filter_: tuple[str, ...], chosen: Sequence[OnScreen] | None, *, jsonl: bool, masked: bool
) -> None:
    """Print the exchanges of a capture, by connection: all, or those that a filter selects."""
    where = understood(filter_, "exchange")
    screen, noted = Screen(), _known(directory)
    columns = of_exchanges(chosen, masked=masked) if chosen else list(EXCHANGES)
    columns += [_noted(noted, _number)] if noted else []
    columns += [] if chosen else [Column("request", request if masked else unmasked, 9)]
    count = 0
    with opened(directory) as index:
        for page in _exchanges(index, where):
            count += len(page)
            if jsonl:
                for row in page:
                    screen.json(row_json(row, masked=masked) | noted_json(noted.get(_number(row))))
            else:
                _print(screen, columns, page, whole=bool(chosen))
    screen.flush()
    if not count and not jsonl:
        complain(*nothing_in(directory, where, "exchange of HTTP"))


def _connections(index: Index, where: Where | None) -> Iterator[list[sqlite3.Row]]:
    """Of a million connections, one table each, under headings of its own."""
    sql, parameters = (where.sql, where.parameters) if where else ("1", ())
    after = None
    while page := index.connections(sql, parameters, after=after, limit=PAGE):
        yield page
        after = page[-1][NUMBER]


def _exchanges(index: Index, where: Where | None) -> Iterator[list[sqlite3.Row]]:
    """The same of exchanges."""
    sql, parameters = (where.sql, where.parameters) if where else ("1", ())
    after = None
    while page := index.exchanges(sql, parameters, after=after, limit=PAGE):
        yield page
        after = _number(page[-1])


def _print(screen: Screen, columns: Sequence[Column[Row]], rows: Sequence[Row], *, whole: bool = True) -> None:
    """A table; without `whole`, a column that says nothing is left out."""
    cells = [column.of(rows) for column in columns]
    for line in table([each for each in cells if whole or any(span.text for span in each.spans)], screen.width):
        screen.line(*line)


def _number(row: sqlite3.Row) -> tuple[int, int]:
    return row[NUMBER], row["exchange"]


def _known(directory: Path) -> Noted:
    return {(note.connection, note.exchange): note for kept in notes.known(directory).values() for note in kept}


def _noted(noted: Noted, number: Callable[[sqlite3.Row], tuple[int, int]]) -> Column[sqlite3.Row]:
    def cell(row: sqlite3.Row) -> Span:
        note = noted.get(number(row))
        return Span(note.text if note else "", "strong")

    return Column("noted", cell, 6)


def list_hosts(directory: Path, filter_: tuple[str, ...], chosen: Sequence[OnScreen] | None, *, jsonl: bool) -> None:
    """Print the hosts of a capture, those with the most connections first: of all of these, or of those selected."""
    where = understood(filter_)
    screen = Screen()
    with opened(directory) as index:
        found = list(Count(where).run(index).hosts.values())
    if jsonl:
        for host in found:
            screen.json(_host_json(host))
    elif found:
        _print(screen, of_hosts(chosen) if chosen else HOSTS, found)
    else:
        complain(*nothing_in(directory, where))
    screen.flush()


def _host_json(host: Host) -> dict[str, object]:
    return {
        "host": host.name if host.number not in {NAMELESS, OTHERS} else None,
        "others": host.number == OTHERS,
        "connections": host.connections,
        "exchanges": host.exchanges,
        "failed": host.failed,
        "up": host.up,
        "down": host.down,
        "last": rfc3339(host.last) if host.last else None,
        "severity": Severity(host.severity).name if host.severity else None,
    }


def _size(name: str) -> Column[sqlite3.Row]:
    heading = {"request_size": "up", "response_size": "down"}[name]
    return Column(heading, lambda row: Span("" if row[name] is None else size(row[name]), ""), 6, right=True)


EXCHANGES: list[Column[sqlite3.Row]] = [
    Column("#", lambda row: Span(str(row["connection"]), "strong"), 9, right=True),
    Column("exch", lambda row: Span(str(row["exchange"]), "strong"), 8, right=True),
    Column("started", lambda row: Span(stamp(row["started"]) if row["started"] else "-", "dim"), 4),
    Column("status", status, 9),
    Column("version", lambda row: Span(row["version"] or "", ""), 2),
    Column("type", lambda row: Span(row["response_type"] or "", ""), 3),
    _size("request_size"),
    _size("response_size"),
    Column("took", lambda row: took(row["started"], row["ended"]), 5, right=True),
    Column("oddities", lambda row: Span(row["oddities"] or "", "bad"), 4),
    Column("host", lambda row: Span(row["authority"] or "-", ""), 7),
]
"""Behind them come what was noted and the request, which may be long; one that says nothing is left out."""
HOSTS: list[Column[Host]] = [
    Column("host", name_of, 9),
    Column("conns", lambda host: Span(f"{host.connections:,}", ""), 9, right=True),
    Column("exchs", lambda host: Span(f"{host.exchanges:,}", ""), 7, right=True),
    Column("failed", lambda host: Span(f"✗ {host.failed:,}" if host.failed else "", "bad"), 9, right=True),
    Column("up", lambda host: Span(size(host.up), ""), 5, right=True),
    Column("down", lambda host: Span(size(host.down), ""), 6, right=True),
    Column("last", lambda host: Span(stamp(host.last) if host.last else "-", "dim"), 3),
    Column("found", BY_KEY["found"].host, 4),
]
