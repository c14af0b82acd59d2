"""`tlscope list`: the connections of a capture, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import rich_click as click

from tlscope.capture import reader
from tlscope.capture.reader import Dropped
from tlscope.capture.segment import Damage
from tlscope.capture.summary import COLUMNS as FROM_INDEX
from tlscope.capture.summary import NEEDED, Summaries, Summary, as_json, summarised
from tlscope.events import Faulted, Who
from tlscope_ui.cli.captures import capture_option, find, tell_missing
from tlscope_ui.cli.filters import fields_option, filter_argument, nothing_in, opened, understood
from tlscope_ui.cli.output import Failure, Screen, complain
from tlscope_ui.telling import Span
from tlscope_ui.telling.lines import OUTCOMES, stamp, target
from tlscope_ui.text import columns, fit, size, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tlscope.capture.filter.query import Where


@click.command("list")
@filter_argument
@fields_option
@capture_option
@click.option("--jsonl", is_flag=True, help="One JSON object a connection.")
def command(filter_: tuple[str, ...], capture: Path | None, *, jsonl: bool) -> None:
    """List the connections of a capture: all, or those that FILTER selects.

    A filter is made of fields, as in Wireshark: 'host ~ "example" and http.response.code >= 400', 'tls.alert',
    'outcome == client-rejected', 'cert.expires < 30d', 'body contains "token"'.

    A word alone is searched for in what a row of the screen can show: of a connection its names and addresses, outcome,
    fault, rule, protocol, cipher suites, key exchange, alerts, certificate, JA3 and JA4; of its exchanges method, host,
    target, status and types. Findings are found by their whole names. `tlscope search WORD` looks into heads and
    contents.

    A connection without an outcome is open while the recorder lives; if it lives no more, the recording ended before
    the connection did (in JSON: outcome null, and live true or false).
    """
    directory = find(capture)
    where = understood(filter_)
    live = reader.is_live(directory)
    listed = _indexed(directory, where) or _recorded(directory)
    screen = Screen()
    if jsonl:
        for summary in listed.connections:
            screen.json(as_json(summary, live=live))
    elif found := list(listed.connections):
        for line in table([column.of(found, live=live) for column in COLUMNS], screen.width):
            screen.line(*line)
    screen.flush()
    if not jsonl and not found:
        complain(*nothing_in(directory, where))
    tell_missing(listed.missing)
    for fault in listed.faults:
        complain(f"Error: {fault.what}", f"Next: {fault.next}")


class Listed(NamedTuple):
    """What there is to list."""

    connections: Iterable[Summary]
    """By number."""
    missing: Sequence[Damage | Dropped]
    faults: Sequence[Faulted]


def _indexed(directory: Path, where: Where | None) -> Listed | None:
    """As the index has it; None where there is none and no filter needs it."""
    try:
        index = opened(directory)
    except Failure as failure:
        if where is not None:
            raise
        complain(f"note: {failure}; this is read from the journal")
        return None
    sql, parameters = (where.sql, where.parameters) if where else ("1", ())
    missing = [Dropped(*row) for row in index.dropped()] + [Damage(*row) for row in index.damage()]
    faults = [Faulted(Who(who), *said) for who, *said in index.faults()]
    rows = index.every(sql, parameters, columns=FROM_INDEX)
    return Listed(map(summarised, rows), missing, faults)


def _recorded(directory: Path) -> Listed:
    """As the journal has it."""
    summaries = Summaries()
    for item in reader.read(directory, **NEEDED):
        summaries.feed(item)
    found = sorted(summaries.connections.values(), key=lambda summary: summary.connection)
    return Listed(found, summaries.missing, summaries.faults)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table: its heading, what stands in it, and when it must go."""

    heading: str
    cell: Callable[[Summary, bool], Span]
    keep: int
    """Where the terminal is too narrow for all, the columns with the lowest number go first."""
    right: bool = False

    def of(self, summaries: Sequence[Summary], *, live: bool) -> Cells:
        """This column's cells, safe to print."""
        spans = [self.cell(summary, live) for summary in summaries]
        return Cells(self, [Span(visible(text), style) for text, style in spans])


@dataclass(frozen=True, slots=True)
class Cells:
    """A column with its content."""

    column: Column
    spans: list[Span]

    @property
    def width(self) -> int:
        """Of the widest cell, in columns of the terminal."""
        return max(columns(text) for text in [self.column.heading, *(span.text for span in self.spans)])


def table(content: list[Cells], room: int | None) -> Iterator[list[str | Span]]:
    """Lines with the columns that fit into `room`; the widest of those that must stay is cut if need be."""
    while room is not None and len(content) > KEPT and _width(content) > room:
        content = [cells for cells in content if cells.column.keep > min(other.column.keep for other in content)]
    widths = [cells.width for cells in content]
    if room is not None and _width(content) > room:
        widest = widths.index(max(widths))
        widths[widest] = max(8, widths[widest] - (_width(content) - room))
    headings = [Span(cells.column.heading, "dim") for cells in content]
    for row in [headings, *zip(*(cells.spans for cells in content), strict=True)]:
        parts = [
            Span(_set(span.text, width, right=cells.column.right), span.style)
            for cells, span, width in zip(content, row, widths, strict=True)
        ]
        while not parts[-1].text.strip():
            parts.pop()
        last = parts.pop()
        yield [part for span in parts for part in (span, "  ")] + [Span(last.text.rstrip(), last.style)]


KEPT = 3
"""The number of columns that stay on the narrowest terminal: number, target, outcome."""


def _set(text: str, width: int, *, right: bool) -> str:
    if columns(text) > width:
        text = fit(text, width - 1) + "…"
    blank = " " * (width - columns(text))
    return blank + text if right else text + blank


def _width(content: list[Cells]) -> int:
    return sum(cells.width for cells in content) + 2 * (len(content) - 1)


def _outcome(summary: Summary, live: bool) -> Span:  # noqa: FBT001 - a Column's cell
    if summary.outcome:
        return OUTCOMES[summary.outcome.outcome]
    return Span("● open", "strong") if live else Span("? unfinished", "bad")


def _legs(summary: Summary) -> str:
    legs = (summary.client_leg, summary.server_leg)
    client, server = (leg.version.removeprefix("TLSv") if leg else "-" for leg in legs)
    return client if client == server else f"{client} / {server}"


def _alpn(summary: Summary) -> str:
    leg = summary.client_leg or summary.server_leg
    return leg.alpn if leg else ""


COLUMNS = [
    Column("#", lambda s, _: Span(str(s.connection), "strong"), 9, right=True),
    Column("opened", lambda s, _: Span(stamp(s.opened) if s.opened is not None else "-", "dim"), 4),
    Column("client", lambda s, _: Span(s.client or "-", ""), 2),
    Column("target", lambda s, _: Span(target(s.policy.host, s.policy.port) if s.policy else "-", ""), 9),
    Column("outcome", _outcome, 9),
    Column("TLS", lambda s, _: Span(_legs(s), ""), 5),
    Column("ALPN", lambda s, _: Span(_alpn(s), ""), 3),
    Column("up", lambda s, _: Span(size(s.up), ""), 6, right=True),
    Column("down", lambda s, _: Span(size(s.down), ""), 6, right=True),
    Column("fault", lambda s, _: Span(s.cause, "bad"), 8),
]
