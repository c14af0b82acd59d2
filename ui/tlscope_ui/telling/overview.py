"""A connection at a glance, as lines: who, where, how it ended and what to do next, both legs, what was found.

    seen = glance(index, connection)         in a thread; with an exchange, that first
    overview_json(seen, masked=True)         as an object
    overview(seen, masked=True)              as lines; those of a finding are about where it stands in the handshake

The row of the index says most of it; what ends mean, and how the legs differ, is concluded from the messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.capture.foreign import EXPORTED, FROM_PACKETS
from tlscope.capture.summary import rfc3339
from tlscope.events import Action, Leg
from tlscope.export import redact
from tlscope.wire.tls.meaning.alerts import sentence
from tlscope.wire.tls.meaning.checks_accepted import ACCEPTS_INVALID
from tlscope_ui.telling import Span
from tlscope_ui.telling.account import where
from tlscope_ui.telling.exchanges import row_json
from tlscope_ui.telling.flow import Flow, cell, named, wrapped
from tlscope_ui.telling.handshake import Handshake
from tlscope_ui.telling.issuer import replaced
from tlscope_ui.telling.lines import LOST, OPEN, SIGNED, VIA, WHO, outcome_word, target
from tlscope_ui.telling.story import STEP, cause_lines, finding_lines, found_json
from tlscope_ui.telling.timing import duration
from tlscope_ui.text import size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.capture.index import Index
    from tlscope.wire.tls.meaning.facts import LegFacts
    from tlscope_ui.telling import Line
    from tlscope_ui.telling.handshake import Legs

About = tuple["Line", object]
Row = dict[str, Any]

NAME = 14
"""Columns of a name."""
DIFFERS = " ≠ "
"""Between what is not the same of both legs."""
SEALED = "passed through: tlscope has no keys to it, and sees what is in the clear"
KEYS = "what follows the hellos is encrypted; keys open it: tlscope open FILE --keylog KEYS"
"""Where packets were read, and nothing opens them."""


class Seen(NamedTuple):
    """All that there is to say."""

    numbers: tuple[int, int]
    """Of the connection, and of the exchange that is told of; 0 for none."""
    connection: Row
    exchange: Row
    """Empty where the connection itself is selected."""
    legs: Legs
    next: str
    """What tlscope said to do, where something went wrong."""


def glance(index: Index, connection: int, exchange: int = 0) -> Seen | None:
    """Look at a connection, or at one of its exchanges; None for what is not there."""
    row = index.connection(connection)
    if row is None:
        return None
    where = "e.connection = ? AND e.exchange = ?", (connection, exchange)
    found = index.exchanges(*where) if exchange else []
    handshake = Handshake(connection).read(index.lookup)
    legs = handshake.legs()
    fault = legs.client.fault or legs.server.fault
    sealed = KEYS if row["mode"] == FROM_PACKETS and legs.server.sealed else ""
    told = fault.next if fault else sealed
    if legs.causes and replaced(handshake.forged):  # the recorder could not know that its CA would be another one
        told = legs.causes[0].next
    return Seen((connection, exchange), dict(row), dict(found[0]) if found else {}, legs, told)


def overview(seen: Seen, *, masked: bool = True, shown_by: str = "", live: bool = True) -> Flow:
    """The lines; `shown_by` is what shows secrets that are masked: a key, an option.

    `live` says whether a recorder still writes to the capture: what is open can still end.
    """

    def make(width: int) -> Iterator[About]:
        if seen.exchange:
            yield from _about(None, _exchange(seen.exchange, shown_by, masked=masked), width)
            yield [], None
        yield from _ended(seen, width, live=live)
        yield from _about(None, _who(seen.connection, sealed=seen.legs.server.sealed, live=live), width)
        yield from _legs(seen, width)
        yield from _prints(seen.connection, width)
        yield from _findings(seen, width)

    return Flow(make)


def overview_json(seen: Seen, *, masked: bool) -> dict[str, Any]:
    """What the index knows of the connection, and of its exchange; both legs; what was found."""
    client, server = seen.legs.client, seen.legs.server
    accepted = _accepted(seen)
    return {
        "exchange": row_json(seen.exchange, masked=masked) if seen.exchange else None,
        "summary": row_json(seen.connection, masked=masked),
        "client_leg": dict(_leg(client, accepted=accepted)) if client.hello else None,
        "server_leg": dict(_leg(server)) if server.hello else None,
        **found_json(seen.legs.findings, seen.legs.causes),
    }


def _about(about: object, parts: Iterator[tuple[str, str | Span]], width: int) -> Iterator[About]:
    for name, text in parts:
        said, style = (text, "") if isinstance(text, str) else text
        for line in named(name, said, width, NAME, style):
            yield line, about


def _exchange(row: Row, shown_by: str, *, masked: bool) -> Iterator[tuple[str, str | Span]]:
    url = f"{row['scheme'] or ''}://{row['authority'] or ''}{row['target'] or ''}".removeprefix("://")
    shown = redact.url(url) if masked else url
    shows = f": {shown_by} shows it" if shown_by else ""
    hidden = f"  (masked{shows})" if shown != url else ""
    yield "request", Span(f"{row['method'] or '?'} {shown}{hidden}", "strong")
    status = row["status"]
    yield "status", Span(str(status) if status else "no response", "bad" if not status or status >= 400 else "good")
    for what in ("request", "response"):
        kind, length = row[f"{what}_type"], row[f"{what}_size"]
        if length is not None:
            yield f"{what} body", f"{size(length)}{f', {kind}' if kind else ''}"
    if row["started"]:
        took = duration(row["ended"] - row["started"]) if row["ended"] else "not over"
        yield "time", f"{rfc3339(row['started'])}, {took}"
    if row["version"]:
        yield "version", row["version"]
    if row["oddities"]:
        yield "oddities", Span(row["oddities"], "bad")


def _ended(seen: Seen, width: int, *, live: bool) -> Iterator[About]:
    """How it ended, why, and what to do."""
    row = seen.connection
    span = OPEN if live else LOST
    if row["outcome"]:
        span = outcome_word(row["outcome"], row["mode"])
    detail = row["detail"] if row["detail"] != row["fault_what"] else ""
    yield [Span(f"{'outcome':<{NAME}}", "dim"), span, f"  {detail or ''}".rstrip()], None
    if row["fault_what"]:
        who = WHO.get(row["fault_who"], row["fault_who"] or "")
        for line in named("fault", f"of {who} [{row['fault']}]: {row['fault_what']}", width, NAME, "bad"):
            yield line, None
    if seen.next:
        for line in named("next", seen.next, width, NAME, "strong"):
            yield line, None
    for cause in seen.legs.causes:
        for line in wrapped(cause.what, width, "", "bad"):
            yield line, None
        if row["fault_what"] and cause.likelihood == sentence(row["fault_what"]):
            continue
        is_said = seen.next and cause.next == sentence(seen.next)
        for line in cause_lines(cause._replace(next="") if is_said else cause, width - len(STEP)):
            yield line, None


def _who(row: Row, *, sealed: bool, live: bool) -> Iterator[tuple[str, str | Span]]:
    yield "client", f"{row['client'] or '?'} to {row['listener'] or '?'}, {row['mode'] or ''}".rstrip(", ")
    if row["host"]:
        server = f" ({row['server_ip']})" if row["server_ip"] else ""
        yield "server", f"{target(row['host'], row['port'] or 0)}{server}, {VIA.get(row['via'], row['via'] or '')}"
    if row["action"] and row["mode"] != FROM_PACKETS:  # there nobody was who could have had one
        why = row["rule"] or (VIA[FROM_PACKETS] if row["mode"] == EXPORTED else "the default")
        yield "policy", f"{row['action']}, {why}"
    if row["opened"]:
        open_ = ", still open" if live else ", its end was not recorded"
        lasted = f", {duration(row['closed'] - row['opened'])}" if row["closed"] else open_
        yield "opened", f"{rfc3339(row['opened'])}{lasted}"
    count = row["exchanges"]
    exchanges = f"{count} exchange{'s' * (count != 1)}" if count else ""
    carried = [f"▲ {size(row['up'])}  ▼ {size(row['down'])}", "encrypted" if sealed else row["protocol"] or ""]
    yield "data", ", ".join(filter(None, [*carried, exchanges]))
    messages = row["client_messages"], row["server_messages"]
    if any(messages):
        yield "alerts", row["alerts"] or ("none in the clear" if sealed else "none")
    if row["dissector_fault"]:
        yield "not read", Span(row["dissector_fault"], "bad")


def _legs(seen: Seen, width: int) -> Iterator[About]:
    """Both legs side by side; where others captured, or all was passed through, there is one."""
    client, server = seen.legs.client, seen.legs.server
    if not client.hello and not server.hello:
        return
    yield [], None
    if seen.connection["action"] == Action.PASS_THROUGH:
        facts = server if server.hello else client
        told = dict(_leg(facts)) | ({} if facts.messages else {"handshake": SEALED})
        yield from _about(None, ((name, said) for name, said in told.items() if said), width)
        return
    room = max((width - NAME - len(DIFFERS)) // 2, 16)
    yield [" " * NAME, Span(cell("client leg", room + len(DIFFERS)), "client"), Span("server leg", "server")], None
    right = dict(_leg(server))
    for name, theirs in _leg(client, accepted=_accepted(seen)):
        if theirs or right[name]:
            mark = Span(" " * len(DIFFERS) if theirs == right[name] else DIFFERS, "dim")
            other = (cell(theirs, room), mark, cell(right[name], room).rstrip())
            yield [Span(f"{name:<{NAME}}", "dim"), *other], None


def _accepted(seen: Seen) -> bool:
    """Whether the client took an invalid certificate."""
    return any(item.code == ACCEPTS_INVALID for item in seen.legs.findings)


def _leg(facts: LegFacts, *, accepted: bool = False) -> Iterator[tuple[str, str]]:
    leaf = _leaf(facts)
    judged = ""
    if facts.verdict is not None:
        judged = "✗ " + "; ".join(fault.partition(":")[0] for fault in facts.verdict) if facts.verdict else "✓ valid"
    elif facts.leg is Leg.CLIENT and facts.forged:
        judged = f"forged, {SIGNED.get(facts.forged, facts.forged)}"
        judged = f"✗ not valid, but accepted; {judged}" if accepted else judged
    yield "version", facts.version_name
    yield "cipher suite", facts.suite_name
    yield "key exchange", facts.group_name
    yield "signature", facts.scheme_name
    yield "ALPN", facts.alpn
    yield "server name", facts.offered.sni if facts.offered else ""
    yield "resumed", "yes" if facts.resumed else ""
    yield from leaf
    yield "verdict", judged
    yield "handshake", _handshake(facts)


def _handshake(facts: LegFacts) -> str:
    if facts.sealed and facts.messages:
        evident = "✓ completed, as the data behind it shows; not visible without keys"
        return evident if facts.done else "? not visible without keys"
    return "✓ done" if facts.done else "✗ not completed" if facts.over else "under way"


def _leaf(facts: LegFacts) -> Iterator[tuple[str, str]]:
    from tlscope.wire.tls.meaning.checks_chain import facts_of  # noqa: PLC0415 - it loads what reads certificates

    leaf = facts_of(facts.chain[0]) if facts.chain else None
    yield "certificate", (leaf.subject or ", ".join(leaf.names)) if leaf else ""
    yield "issuer", leaf.issuer if leaf else ""
    yield "key", leaf.key if leaf else ""


def _prints(row: Row, width: int) -> Iterator[About]:
    prints = [(name, row[key]) for name, key in (("JA4", "ja4"), ("JA3", "ja3"), ("JA3N", "ja3n"), ("JA3S", "ja3s"))]
    if any(value for _, value in prints):
        yield [], None
    yield from _about(None, ((name, value) for name, value in prints if value), width)


def _findings(seen: Seen, width: int) -> Iterator[About]:
    listed = sorted(seen.legs.findings, key=lambda item: -item.severity)
    if not listed:
        return
    yield [], None
    counts: dict[str, int] = {}
    for item in listed:
        counts[item.severity.name] = counts.get(item.severity.name, 0) + 1
    yield [Span("Found", "strong"), f"  {', '.join(f'{count} {name}' for name, count in counts.items())}"], None
    for item in listed:
        about = where(seen.legs, item)
        for line in finding_lines(item, width - len(STEP)):
            yield line, about
