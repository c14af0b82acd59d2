"""A connection explained: what happened on either leg and between them, what was offered and chosen, what was found.

    for line in explained(events, now): screen.line(*line)

All of it is concluded from the recorded events by tlscope.wire.tls; here it only becomes lines. Strings are put in as
they came: Screen (output.py) makes them safe. JSON has the same facts, as `explained_json`.
"""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlscope.events import Leg
from tlscope.export.jsonl import LEGS
from tlscope.wire import x509
from tlscope.wire.tls.meaning.alerts import causes
from tlscope.wire.tls.meaning.findings import Severity, findings, leg_facts
from tlscope.wire.tls.meaning.middle import middle
from tlscope.wire.tls.meaning.offers import compare
from tlscope.wire.tls.meaning.story import State, tell
from tlscope_ui.cli.output import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tlscope.events import Event
    from tlscope.wire.tls.meaning.facts import LegFacts
    from tlscope.wire.tls.meaning.findings import Finding
    from tlscope.wire.tls.meaning.offers import Offer
    from tlscope.wire.tls.meaning.story import Step

Line = list[str | Span]

WIDTH = 110
"""Columns of a sentence where the terminal does not say how many there are."""
STEP = "    "
MARKS = {
    State.DONE: Span("✓ ", "good"),
    State.FAILED: Span("✗ ", "bad"),
    State.MISSING: Span("- ", "dim"),
}
GRAVE = {Severity.info: "dim", Severity.notice: "", Severity.warning: "strong", Severity.serious: "bad"}
MAX_LINES = 20
"""Of one text: peers choose names and subjects."""
NAMED = 6
"""Names of an offer in a line; JSON has them all."""


def explained(events: Iterable[Event], now: float, width: int | None = None) -> Iterator[Line]:
    """Lines for people; `now` in Unix seconds is the time to judge certificates by."""
    client, server, found = _facts(events, now)
    room = min(width or WIDTH, WIDTH) - len(STEP)
    for title, steps in _stories(client, server):
        yield from _chapter(title, [line for step in steps for line in _step(step, room)])
    yield from _chapter(
        "Offered, sent on, chosen", [line for row in compare(client, server) for line in _offer(row, room)]
    )
    yield from _chapter("The real certificate and ours", list(_certificates(client, server, room)))
    yield from _chapter("Found", [line for item in found for line in _finding(item, room)])
    for cause in causes(client, server):
        told = [*_text(f"{cause.likelihood} ({cause.reference})", room), *_text(f"Next: {cause.next}", room)]
        yield from _chapter(cause.what, told)


def explained_json(events: Iterable[Event], now: float) -> dict[str, Any]:
    """The same as one object: `story` by chapter, `offers`, `certificates`, `findings`, `causes`."""
    client, server, found = _facts(events, now)
    stories = _stories(client, server)
    differences = x509.diff(server.chain[0], client.chain[0]) if server.chain and client.chain else ()
    return {
        "story": {title: [step._asdict() | {"state": step.state.value} for step in steps] for title, steps in stories},
        "offers": [row._asdict() for row in compare(client, server)],
        "certificates": [asdict(row) | {"kind": row.kind.value} for row in differences],
        "findings": [item._asdict() | {"leg": LEGS[item.leg], "severity": item.severity.name} for item in found],
        "causes": [cause._asdict() for cause in causes(client, server)],
    }


def _facts(events: Iterable[Event], now: float) -> tuple[LegFacts, LegFacts, list[Finding]]:
    kept = list(events)
    client, server = (leg_facts(kept, leg) for leg in Leg)
    return client, server, [item for facts in (client, server) for item in findings(facts, now)]


def _stories(client: LegFacts, server: LegFacts) -> list[tuple[str, tuple[Step, ...]]]:
    told = [("In the middle", middle(client, server))] if client.hello and server.hello else []
    told += [
        (f"The {LEGS[facts.leg]} leg{f', {facts.version_name}' if facts.version else ''}", tell(facts))
        for facts in (client, server)
        if facts.hello
    ]
    return told


def _chapter(title: str, lines: list[Line]) -> Iterator[Line]:
    if lines:
        yield []
        yield [Span(title, "strong")]
        yield from lines


def _step(step: Step, room: int) -> Iterator[Line]:
    yield ["  ", MARKS[step.state], step.title]
    if step.text:
        yield from _text(f"{step.text} ({step.reference})" if step.reference else step.text, room)


def _offer(row: Offer, room: int) -> Iterator[Line]:
    yield ["  ", MARKS[State.DONE] if row.same else Span("≠ ", "strong"), row.topic]
    columns = [
        ("offered", _few(row.offered)),
        ("sent on", _few(row.sent_on)),
        ("chosen", row.chosen),
        ("answered", row.answered),
    ]
    if row.same:
        columns = [("both", _few(row.offered)), ("chosen", row.chosen)]
    for name, said in columns:
        if said:
            yield from _text(f"{name + ':':<10}{said}", room, indent=10)
    if row.note:
        yield from _text(row.note, room)


def _certificates(client: LegFacts, server: LegFacts, room: int) -> Iterator[Line]:
    if not (client.chain and server.chain):
        return
    for row in x509.diff(server.chain[0], client.chain[0]):
        same = row.kind is x509.Kind.SAME
        yield ["  ", MARKS[State.DONE] if same else Span("≠ ", "" if row.meant else "bad"), row.name]
        for said in (row.real,) if same else (row.real, row.other):
            yield [STEP, (said[: room - 1] + "…" if len(said) > room else said) or "(not there)"]
        if row.note:
            yield from _text(row.note, room)


def _finding(item: Finding, room: int) -> Iterator[Line]:
    yield ["  ", Span(f"{item.severity.name:<8}", GRAVE[item.severity]), f" {LEGS[item.leg]} leg: {item.code}"]
    yield from _text(f"{item.what[:1].upper()}{item.what[1:]}. {item.why} ({item.reference})", room)


def _text(text: str, room: int, *, indent: int = 0) -> Iterator[Line]:
    """Sentences in lines; what a peer sent may be one endless word."""
    inside = " " * indent
    for line in textwrap.wrap(text, max(20, room), subsequent_indent=inside, max_lines=MAX_LINES, placeholder=" …"):
        yield [STEP, line]


def _few(names: tuple[str, ...]) -> str:
    more = f" … and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
