"""The columns of the list: what each says of a connection, of an exchange, and of a host.

    fitted(chosen, room) -> [(column, width)]     those that there is room for, the ones that matter least gone first
    grouped(chosen, room)                         what is chosen where connections stand under their hosts

A row is a sqlite3.Row of the index; strings in it are a peer's, and are painted by a LineView only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.foreign import FROM_PACKETS
from tlscope.events import OutcomeKind
from tlscope.export import redact
from tlscope.wire.tls.meaning.finding import Severity
from tlscope_ui.telling import Span
from tlscope_ui.telling.lines import LOST, OPEN, outcome_word, stamp, target
from tlscope_ui.text import columns, fit, size, visible
from tlscope_ui.tui.models.hosts import OTHERS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from tlscope_ui.tui.models.hosts import Host

VERSIONS = {0x0300: "SSL 3", 0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}
MARKS = {Severity.serious: Span("‼ serious", "bad"), Severity.warning: Span("! warning", "strong")}
"""Graver findings are worth a word in the list."""
GAP = 1
"""Columns between two cells."""
NARROWEST = 4
"""Columns of a cell that somebody made small."""
PAINTED = 256
"""Targets that are remembered without their secrets: more than a screen has lines, each of which is painted often."""

_AT = {
    OutcomeKind.CLIENT_REJECTED.value: "client",
    OutcomeKind.UPSTREAM_FAILED.value: "server",
    OutcomeKind.UPSTREAM_INVALID.value: "server",
    OutcomeKind.ABORTED.value: "aborted",
    OutcomeKind.REFUSED.value: "refused",
}
"""Where it went wrong, in a word that leaves room for the cause."""


def _none(_: object) -> Span:
    return Span("", "")


class Column(NamedTuple):
    """One column."""

    key: str
    """By which settings and sorting name it."""
    heading: str
    width: int
    """Columns of the terminal; 0 for what the others leave."""
    keep: int
    """Where there is no room for all, those with the lowest go first."""
    connection: Callable[[sqlite3.Row], Span]
    exchange: Callable[[sqlite3.Row], Span]
    order: str = ""
    """What the list is in the order of, when sorted by this (capture/order.py, ORDERS; hosts.py, KEYS); "" where it
    cannot be."""
    right: bool = False
    note: str = ""
    """What it is, in a sentence."""
    host: Callable[[Host], Span] = _none


ENOUGH = 24
"""Columns that the column without a width should have, where names are long; see `needed`."""
AMPLE = 2 * ENOUGH
"""Columns above which it can spare some, where names are long."""
LONGER = 8
"""Columns that an outcome takes more, where there are so many: of long names of alerts, as of certificate_unknown."""
_SHORTEST = 14
"""What it has in any case: below that, names are all alike."""


def needed(names: int) -> int:
    """Columns that the one without a width should have, where the names in sight take so many."""
    return min(max(names, _SHORTEST), ENOUGH)


def fitted(
    chosen: Iterable[Column],
    room: int,
    widths: dict[str, int] | None = None,
    *,
    least: int = ENOUGH,
    ample: int = AMPLE,
) -> list[tuple[Column, int]]:
    """The columns that fit into `room`, each with its width; `widths` are those that somebody chose.

    `least` is what the column without a width should have; of what it has beyond `ample`, an outcome gets what it can
    make use of. Of a column that says most of it in a sign, that stays.
    """
    given = {key: max(width, NARROWEST) for key, width in (widths or {}).items()}
    all_of_them = list(chosen)
    left, gone = list(all_of_them), []

    def rest() -> int:
        """What is left for the column without a width."""
        taken = sum(given.get(column.key, column.width) for column in left if column.width)
        return room - taken - GAP * (len(left) - 1)

    while len(left) > 2 and rest() < least:
        at = left.index(min(left, key=lambda column: column.keep))
        short = _SIGNS.get(left[at].key) if left[at].key not in given else None
        if short is not None and short.width < left[at].width:
            left[at] = short
        else:
            gone.append(left.pop(at))
    for column in reversed(gone):
        # Where a wide one has gone, there may be room again for one that went before it.
        if column.width and rest() - given.get(column.key, column.width) - GAP >= least:
            left.append(column)  # noqa: PERF401 - it takes from the rest
    places = {column.key: place for place, column in enumerate(all_of_them)}
    left.sort(key=lambda column: places[column.key])
    if BY_KEY["outcome"] in left and "outcome" not in given:
        given["outcome"] = BY_KEY["outcome"].width + min(max(rest() - ample, 0), LONGER)
    return [
        (column, given.get(column.key, column.width) if column.width else max(rest(), NARROWEST)) for column in left
    ]


def grouped(chosen: Iterable[Column], room: int) -> list[Column]:
    """With the hosts' names and what is counted of them, chosen or not; that matters more than the TLS version.

    Where there is little room, an outcome is cut: of a host it takes less than of a connection.
    """
    found = [column for column in chosen if column.key not in _OF_HOSTS[1:]]
    if BY_KEY["what"] not in found:
        found.insert(0, BY_KEY["what"])
    at = found.index(BY_KEY["what"])
    found[at : at + 1] = [BY_KEY[key] for key in _OF_HOSTS]
    if room < _LONG:
        found = [column._replace(width=_SHORT) if column.key == "outcome" else column for column in found]
    # Of a host it is when something happened last, and a connection below may have begun long before.
    found = [column._replace(heading="Last") if column.key == "time" else column for column in found]
    return [column._replace(keep=_KEPT.get(column.key, min(column.keep, _REST))) for column in found]


_OF_HOSTS = ("what", "connections", "exchanges")
_KEPT = {"what": 9, "connections": 8, "exchanges": 7, "outcome": 6, "down": 5, "up": 4, "time": 3}
_REST = 2
"""What of a host is kept, and of the rest: see Column.keep."""
_SHORT, _LONG = 12, 100
"""Columns of a short outcome, and those that the list takes for a long one: beside it, what is kept of a host, and the
sign of what was found."""
LEAST_OF_HOSTS = 18
"""Columns that a host's name should have: with those all that matters fits into 80."""


def cell(span: Span, width: int, *, right: bool = False) -> Span:
    """A span that takes exactly `width` columns."""
    text = visible(span.text)
    taken = columns(text)
    if taken > width:
        text = fit(text, width - 1) + "…"
        taken = columns(text)
    blank = " " * (width - taken)
    return Span(blank + text if right else text + blank, span.style)


def outcome(row: sqlite3.Row) -> Span:
    """How a connection ended, in a word and a glyph; with the cause where it went wrong."""
    if row["outcome"] is None:
        return OPEN
    span = outcome_word(row["outcome"], row["mode"])
    cause = _cause(row)
    where = _AT.get(row["outcome"])
    return Span(f"{span.text[:2]}{where}: {cause}", span.style) if where and cause else span


def final(row: sqlite3.Row) -> Span:
    """The same where nobody records any more: a connection without an outcome will not get one."""
    return outcome(row) if row["outcome"] else LOST


def _cause(row: sqlite3.Row) -> str:
    """Why it ended, in a word: the alert that a peer sent, or the fault's code; the sentence is in the detail.

    Where it was the server's certificate, what verification has against that: the alert is the client's word for it.
    """
    if row["outcome"] == OutcomeKind.UPSTREAM_INVALID.value and row["verdict"]:
        first: str = row["verdict"].split()[0]
        return first
    alerts = [alert.partition(":") for alert in (row["alerts"] or "").split()]
    sent = [name for who, _, name in alerts if who != "us" and name != "close_notify"]
    return sent[-1] if sent else row["fault"] or row["detail"] or ""


def what(row: sqlite3.Row) -> Span:
    """Where a connection goes."""
    host = row["host"] or row["sni"] or row["server_ip"]
    return Span(target(host, row["port"]) if host and row["port"] else host or "-", "strong")


def name_of(host: Host) -> Span:
    """A host, or what stands for several."""
    if host.number == OTHERS:
        return Span("(all other hosts: filter to see them)", "dim")
    return Span(host.name, "strong") if host.name else Span("(no name)", "dim")


def request(row: sqlite3.Row) -> Span:
    """What an exchange asks for, without what is secret in its target."""
    return Span(f"{row['method'] or '?'} {_masked(row['target'] or '')}", "")


def unmasked(row: sqlite3.Row) -> Span:
    """The same with its secrets."""
    return Span(f"{row['method'] or '?'} {row['target'] or ''}", "")


@lru_cache(maxsize=PAINTED)
def _masked(target: str) -> str:
    """Of the whole target, however little of it is shown: what is cut may not be known for a secret."""
    return redact.url(target)


def status(row: sqlite3.Row) -> Span:
    """What was answered."""
    code = row["status"]
    if code is None:
        return Span("no response" if row["ended"] else "…", "dim")
    return Span(f"✗ {code}" if code >= 400 else f"✓ {code}", "bad" if code >= 400 else "good")


def took(begin: int | None, end: int | None) -> Span:
    """How long, from nanoseconds."""
    if begin is None or end is None:
        return Span("", "dim")
    milliseconds = (end - begin) / 1e6
    return Span(f"{milliseconds:.1f} ms" if milliseconds < 10_000 else f"{milliseconds / 1e3:.1f} s", "")


def _stamp(wall: int | None) -> Span:
    return Span(stamp(wall) if wall is not None else "-", "dim")


def _tls(row: sqlite3.Row) -> Span:
    client, server = (VERSIONS.get(row[f"{leg}_version"] or 0, "-") for leg in ("client", "server"))
    one = client == server or row["mode"] == FROM_PACKETS  # of packets there is one leg, the server's
    return Span(server if one else f"{client}/{server}", "")


def _found(row: sqlite3.Row) -> Span:
    return MARKS.get(row["severity"], _none(row))


def _found_at(host: Host) -> Span:
    return MARKS.get(Severity(host.severity), _none(host)) if host.severity else _none(host)


def _odd(row: sqlite3.Row) -> Span:
    return Span("!" if row["oddities"] else "", "strong")


def _sign(span: Span) -> Span:
    return Span(span.text[:1], span.style)


def _plain(name: str) -> Callable[[sqlite3.Row], Span]:
    return lambda row: Span(str(row[name]) if row[name] is not None else "", "")


def _bytes(name: str) -> Callable[[sqlite3.Row], Span]:
    return lambda row: Span(size(row[name]) if row[name] is not None else "", "")


def _number(count: int) -> Span:
    """In six columns."""
    if count >= 1_000_000:
        return Span(f"{count / 1e6:.1f}M", "")
    return Span(f"{count // 1000}k" if count >= 100_000 else f"{count:,}", "")


def _failed(host: Host) -> Span:
    """How many of its connections came to nothing."""
    return Span(f"✗ {host.failed:,} failed", "bad") if host.failed else Span("", "")


COLUMNS = (
    Column("time", "Time", 12, 4, lambda row: _stamp(row["opened"]), lambda row: _stamp(row["started"]), "opened",
           note="When the connection was opened, or the request begun; local time. Of a host, the last that happened.",
           host=lambda host: _stamp(host.last)),
    Column("what", "Host / request", 0, 9, what, request, "host", note="Where it goes, or what it asks for.",
           host=name_of),
    Column("outcome", "Outcome", 28, 8, outcome, status, "outcome",
           note="How the connection ended and why, or the response's status; how many of a host's connections failed.",
           host=_failed),
    Column("tls", "TLS", 7, 6, _tls, _none, "client_version", note="The version, of client and server leg."),
    Column("alpn", "ALPN", 8, 3, lambda row: Span(row["client_alpn"] or row["server_alpn"] or "", ""),
           _plain("version"), note="The protocol that was agreed on."),
    Column("type", "Type", 16, 2, _plain("protocol"), _plain("response_type"), "protocol",
           note="What is spoken inside, or the content's type."),
    Column("up", "Up", 9, 5, _bytes("up"), _bytes("request_size"), "up", right=True, note="Bytes to the server.",
           host=lambda host: Span(size(host.up), "")),
    Column("down", "Down", 9, 7, _bytes("down"), _bytes("response_size"), "down", right=True,
           note="Bytes from the server.", host=lambda host: Span(size(host.down), "")),
    Column("took", "Took", 10, 5, lambda row: took(row["opened"], row["closed"]),
           lambda row: took(row["started"], row["ended"]), "duration", right=True,
           note="From the first to the last byte."),
    Column("found", "Found", 9, 4, _found, _plain("oddities"), "severity", note="The gravest of what was found.",
           host=_found_at),
    Column("client", "Client", 21, 1, _plain("client"), _none, note="Who connected."),
    Column("suite", "Cipher suite", 28, 1, _plain("client_cipher"), _none, note="Of the client leg."),
    Column("group", "Group", 16, 1, _plain("client_group"), _none, note="The client leg's key exchange."),
    Column("ja4", "JA4", 36, 1, _plain("ja4"), _none, "ja4", note="The fingerprint of the client's TLS stack."),
    Column("rule", "Rule", 16, 1, _plain("rule"), _none, note="The policy rule that decided."),
    Column("connections", "Conns", 6, 1, _none, _none, "connections", right=True,
           note="How many a host has, where the list is grouped by host.", host=lambda host: _number(host.connections)),
    Column("exchanges", "Exchs", 6, 1, lambda row: _number(row["exchanges"]), _none, "exchanges", right=True,
           note="Requests with their responses.", host=lambda host: _number(host.exchanges)),
)  # fmt: skip
"""All that there are, in their order."""
BY_KEY = {column.key: column for column in COLUMNS}
_SIGNS = {
    "found": BY_KEY["found"]._replace(
        heading="‼", width=1, keep=7, connection=lambda row: _sign(_found(row)), exchange=_odd,
        host=lambda host: _sign(_found_at(host)),
    ),
}  # fmt: skip
"""Columns that can say it in a sign, where there is no room for words: that one is the last to go but the outcome."""
DEFAULT = ("time", "what", "outcome", "tls", "alpn", "up", "down", "took", "found")
