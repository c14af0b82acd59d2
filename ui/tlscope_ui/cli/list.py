"""`tlscope list`: the connections of a capture, one line each; its exchanges, or its hosts, by rows.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import rich_click as click

from tlscope.capture import notes, reader
from tlscope.capture.foreign import FROM_PACKETS
from tlscope.capture.reader import Dropped
from tlscope.capture.segment import Damage
from tlscope.capture.summary import COLUMNS as FROM_INDEX
from tlscope.capture.summary import NEEDED, Summaries, Summary, as_json, summarised
from tlscope.events import Faulted, Who
from tlscope_ui.cli.captures import capture_option, find, tell_missing
from tlscope_ui.cli.filters import fields_option, filter_argument, nothing_in, opened, understood
from tlscope_ui.cli.noted import noted_json
from tlscope_ui.cli.output import Failure, Screen, complain
from tlscope_ui.cli.table import Column, table
from tlscope_ui.telling import Span
from tlscope_ui.telling.lines import LOST, OPEN, outcome_word, stamp, target
from tlscope_ui.text import size
from tlscope_ui.tui.models.columns import MARKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from tlscope.capture.filter.query import Where
    from tlscope.capture.notes import Note


@click.command("list")
@filter_argument
@fields_option
@capture_option
@click.option("--exchanges", is_flag=True, help="The exchanges of HTTP instead, one line each.")
@click.option("--hosts", is_flag=True, help="The hosts instead, one line each: how often, how much, what failed.")
@click.option(
    "--columns",
    "keys",
    metavar="NAME,...",
    help="These columns of the screen's list, in this order: time, what, outcome, tls, alpn, type, up, down, took,"
    " found, client, suite, group, ja4, rule, connections, exchanges.",
)
@click.option("--jsonl", is_flag=True, help="One JSON object a line.")
@click.option("--with-secrets", is_flag=True, help="Also what is secret in the URLs of exchanges.")
def command(
    filter_: tuple[str, ...],
    capture: Path | None,
    *,
    exchanges: bool,
    hosts: bool,
    keys: str | None,
    jsonl: bool,
    with_secrets: bool,
) -> None:
    """List the connections of a capture: all, or those that FILTER selects.

    A filter is made of fields, as in Wireshark: 'host ~ "example" and http.response.code >= 400', 'tls.alert',
    'outcome == client-rejected', 'cert.expires < 30d', 'body contains "token"'.

    A word alone is searched for in what a row of the screen can show: of a connection its names and addresses, outcome,
    fault, rule, protocol, cipher suites, key exchange, alerts, certificate, JA3 and JA4; of its exchanges method, host,
    target, status and types. Findings are found by their whole names. `tlscope search WORD` looks into heads and
    contents.

    A connection without an outcome is open while the recorder lives; if it lives no more, the recording ended before
    the connection did (in JSON: outcome null, and live true or false). In the column `found` is the gravest of the
    findings, where that is a warning or serious (in JSON: its severity, and the codes of all). What somebody noted on
    the screen is in the last column, where there is anything.
    """
    if exchanges and hosts:
        raise click.UsageError("--exchanges and --hosts are two lists")
    if keys is not None and jsonl:
        raise click.UsageError("--columns chooses what lines tell; JSON tells all")
    if exchanges or hosts or keys is not None:
        from tlscope_ui.cli import rows  # noqa: PLC0415 - it loads sqlite3
        from tlscope_ui.cli.columns import named  # noqa: PLC0415 - what it chooses is for `rows`

        masked, chosen = not with_secrets, None if keys is None else named(keys)
        directory = find(capture)
        if exchanges:
            rows.list_exchanges(directory, filter_, chosen, jsonl=jsonl, masked=masked)
        elif hosts:
            rows.list_hosts(directory, filter_, chosen, jsonl=jsonl)
        elif chosen:
            rows.list_connections(directory, filter_, chosen)
    else:
        _list(find(capture), filter_, jsonl=jsonl)


def _list(directory: Path, filter_: tuple[str, ...], *, jsonl: bool) -> None:
    where = understood(filter_)
    live = reader.is_live(directory)
    listed = _indexed(directory, where) or _recorded(directory)
    noted = {number: note for number, kept in notes.known(directory).items() for note in kept if not note.exchange}
    screen = Screen()
    if jsonl:
        for summary in listed.connections:
            screen.json(as_json(summary, live=live) | noted_json(noted.get(summary.connection)))
    elif found := list(listed.connections):
        for line in table([column.of(found) for column in _columns(found, noted, live=live)], screen.width):
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
        complain(f"note: {failure}; this is read from the journal, which does not say what was found")
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


def _columns(summaries: Sequence[Summary], noted: Mapping[int, Note], *, live: bool) -> list[Column[Summary]]:
    def outcome(summary: Summary) -> Span:
        if summary.outcome:
            return outcome_word(summary.outcome.outcome, summary.mode)
        return OPEN if live else LOST

    def note(summary: Summary) -> Span:
        found = noted.get(summary.connection)
        return Span(found.text if found else "", "strong")

    made: list[Column[Summary]] = [
        Column("#", lambda s: Span(str(s.connection), "strong"), 10, right=True),
        Column("opened", lambda s: Span(stamp(s.opened) if s.opened is not None else "-", "dim"), 4),
        Column("client", lambda s: Span(s.client or "-", ""), 2),
        Column("target", lambda s: Span(target(s.policy.host, s.policy.port) if s.policy else "-", ""), 10),
        Column("outcome", outcome, 10),
        Column("TLS", lambda s: Span(_legs(s), ""), 6),
        Column("ALPN", lambda s: Span(_alpn(s), ""), 3),
        Column("up", lambda s: Span(size(s.up), ""), 7, right=True),
        Column("down", lambda s: Span(size(s.down), ""), 7, right=True),
        Column("fault", lambda s: Span(s.cause, "bad"), 9),
    ]
    if any(summary.severity in MARKS for summary in summaries):
        sign: Column[Summary] = Column("‼", lambda s: Span(_found(s).text[:1], _found(s).style), 8)
        made.insert(-1, Column("found", _found, 5, sign=sign))
    return [*made, Column("noted", note, 8)] if noted else made


def _found(summary: Summary) -> Span:
    return MARKS[summary.severity] if summary.severity in MARKS else Span("", "")


def _legs(summary: Summary) -> str:
    legs = (summary.client_leg, summary.server_leg)
    if summary.mode == FROM_PACKETS:  # nobody stood between: there is one
        return legs[1].version.removeprefix("TLSv") if legs[1] else "-"
    client, server = (leg.version.removeprefix("TLSv") if leg else "-" for leg in legs)
    return client if client == server else f"{client} / {server}"


def _alpn(summary: Summary) -> str:
    leg = summary.client_leg or summary.server_leg
    return leg.alpn if leg else ""
