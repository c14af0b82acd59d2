"""A connection explained: what happened on either leg and between them, what was offered and chosen, what was found.

    for line in explained(handshake.legs()): screen.line(*line)

All of it is concluded from the recorded events (handshake.py) by tlscope.wire.tls; here it only becomes lines. Strings
are put in as they came: Screen (output.py) makes them safe. JSON has the same facts, as `explained_json`.
"""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.events import Action, OutcomeKind
from tlscope.export.jsonl import LEGS
from tlscope.wire import x509
from tlscope.wire.tls.meaning.checks_accepted import ACCEPTS_INVALID
from tlscope.wire.tls.meaning.finding import Severity
from tlscope.wire.tls.meaning.middle import FORGED, middle
from tlscope.wire.tls.meaning.offers import compare
from tlscope.wire.tls.meaning.story import State, tell
from tlscope_ui.telling import Line, Span
from tlscope_ui.telling.lines import WHO, outcome_word, target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tlscope.events import Leg
    from tlscope.wire.tls.meaning.alerts import Cause
    from tlscope.wire.tls.meaning.facts import LegFacts
    from tlscope.wire.tls.meaning.findings import Finding
    from tlscope.wire.tls.meaning.offers import Offer
    from tlscope.wire.tls.meaning.story import Step
    from tlscope_ui.telling.handshake import Legs

WIDTH = 110
"""Columns of a sentence where the terminal does not say how many there are."""
STEP = "    "
MARKS = {
    State.DONE: Span("✓ ", "good"),
    State.FAILED: Span("✗ ", "bad"),
    State.MISSING: Span("- ", "dim"),
}
GRAVE = {Severity.info: "dim", Severity.notice: "", Severity.warning: "strong", Severity.serious: "bad"}
WELL = frozenset({OutcomeKind.INTERCEPTED, OutcomeKind.PASSED_THROUGH})
"""Ends that need no explanation, where nothing went wrong."""
TOLD = frozenset({OutcomeKind.REFUSED})
"""An end that `decided` tells."""
MAX_LINES = 20
"""Of one text: peers choose names and subjects."""
NAMED = 6
"""Names of an offer in a line, unless all are asked for."""
MOST_NAMED = 400
"""Then: all cipher suites that there are. A hello may hold thirty thousand; JSON has them all."""
ALL = " (--all names them)"
"""What shows them: the screen shows them as it is."""


class Chapter(NamedTuple):
    """A part of the story."""

    leg: Leg | None
    """None for what happened between the two."""
    title: str
    steps: tuple[Step, ...]


def explained(legs: Legs, width: int | None = None, *, whole: bool = False) -> Iterator[Line]:
    """Lines for people; `whole`: with all names of long offers."""
    client, server = legs.client, legs.server
    room = min(width or WIDTH, WIDTH) - len(STEP)
    yield from _chapter("What tlscope did", [line for said in decided(legs) for line in _text(said, room)])
    for _, title, steps in stories(client, server, legs.findings):
        yield from _chapter(title, [line for step in steps for line in step_lines(step, room)])
    offers = compare(client, server)
    yield from _chapter(
        "Offered, sent on, chosen", [line for row in offers for line in offer_lines(row, room, whole=whole)]
    )
    yield from _chapter(
        "The real certificate and ours",
        [line for row in differences(client, server) for line in difference_lines(row, room)],
    )
    yield from _chapter("Found", [line for item in legs.findings for line in finding_lines(item, room)])
    for what, lines in ends(legs, room):
        yield from _chapter(what, lines)


def explained_json(legs: Legs) -> dict[str, Any]:
    """The same as one object: `story` by chapter, `offers`, `certificates`, `findings`, `causes`."""
    chapters = stories(legs.client, legs.server, legs.findings)
    return {
        "story": {
            title: [step._asdict() | {"state": step.state.value} for step in steps] for _, title, steps in chapters
        },
        **diff_json(legs.client, legs.server),
        **found_json(legs.findings, legs.causes),
    }


def diff_json(client: LegFacts, server: LegFacts) -> dict[str, Any]:
    """Where the legs differ: `offers` and `certificates`."""
    return {
        "offers": [row._asdict() for row in compare(client, server)],
        "certificates": [asdict(row) | {"kind": row.kind.value} for row in differences(client, server)],
    }


def found_json(found: Iterable[Finding], ends: Iterable[Cause]) -> dict[str, Any]:
    """What is worth a word: `findings`, and `causes` of a bad end."""
    return {
        "findings": [item._asdict() | {"leg": LEGS[item.leg], "severity": item.severity.name} for item in found],
        "causes": [cause._asdict() for cause in ends],
    }


def decided(legs: Legs) -> Iterator[str]:
    """What was decided of a connection of which therefore no handshake can be told, or not all of it."""
    policy = legs.client.policy
    if policy is None:
        return
    whither, rule = target(policy.host, policy.port), policy.rule or "the default"
    if legs.client.passed_through:
        yield f"It relayed what the client and {whither} said to each other, and opened nothing of it: {rule}."
    elif policy.action is Action.REFUSE:
        yield f"It did not connect to {whither}: {rule}."


def ends(legs: Legs, room: int) -> Iterator[tuple[str, list[Line]]]:
    """Why it came to a bad end, each with a title: what TLS tells of it; where that is nothing, the fault, or how."""
    for cause in legs.causes:
        yield cause.what, list(cause_lines(cause, room))
    fault, outcome = legs.client.fault, legs.client.outcome
    if legs.causes or (outcome and outcome.outcome in TOLD):
        return
    if fault:
        next_ = _text(f"Next: {fault.next}", room) if fault.next else ()
        yield f"The fault of {WHO.get(fault.who, fault.who)}", [*_text(f"{fault.what}.", room), *next_]
    elif outcome and outcome.outcome is OutcomeKind.NOT_TLS:
        yield "No TLS", list(_text("What came was something else. It was relayed, and recorded as it is.", room))
    elif outcome and outcome.outcome not in WELL:
        yield outcome_word(outcome.outcome, None).text, list(_text(f"{outcome.detail}.", room))


def stories(client: LegFacts, server: LegFacts, found: Iterable[Finding]) -> list[Chapter]:
    """The chapters of the story: what happened in the middle, and on each leg; with what was found of it."""
    accepted = next((f" {finding_sentence(item)}" for item in found if item.code == ACCEPTS_INVALID), "")
    between = tuple(
        step._replace(text=step.text + accepted) if step.topic == FORGED else step
        for step in (middle(client, server) if client.hello and server.hello else ())
    )
    told = [Chapter(None, "In the middle", between)] if between else []
    told += [
        Chapter(
            facts.leg, f"The {LEGS[facts.leg]} leg{f', {facts.version_name}' if facts.version else ''}", tell(facts)
        )
        for facts in (client, server)
        if facts.hello and not (facts is client and server.direct and server.hello)  # then it is the same leg
    ]
    return told


def differences(client: LegFacts, server: LegFacts) -> tuple[x509.Difference, ...]:
    """The server's certificate and the one that the client was shown, part by part; nothing where one is missing."""
    return x509.diff(server.chain[0], client.chain[0]) if server.chain and client.chain else ()


def _chapter(title: str, lines: list[Line]) -> Iterator[Line]:
    if lines:
        yield []
        yield [Span(title, "strong")]
        yield from lines


def step_lines(step: Step, room: int) -> Iterator[Line]:
    """A step of the story; `room` is the columns of its sentences."""
    yield ["  ", MARKS[step.state], step.title]
    if step.text:
        yield from _text(f"{step.text} ({step.reference})" if step.reference else step.text, room)


def offer_lines(row: Offer, room: int, *, whole: bool = False) -> Iterator[Line]:
    """A topic of both hellos; `whole`: with all names."""
    named = MOST_NAMED if whole else NAMED
    yield ["  ", MARKS[State.DONE] if row.same else Span("≠ ", "strong"), row.topic]
    columns = [
        ("offered", _few(row.offered, named)),
        ("sent on", _few(row.sent_on, named)),
        ("chosen", row.chosen),
        ("answered", row.answered),
    ]
    if row.same:
        columns = [("offered" if row.direct else "both", _few(row.offered, named)), ("chosen", row.chosen)]
    for name, said in columns:
        if said:
            yield from _text(f"{name + ':':<10}{said}", room, indent=10, lines=named if whole else MAX_LINES)
    if row.note:
        yield from _text(row.note, room)


def difference_lines(row: x509.Difference, room: int) -> Iterator[Line]:
    """A part of the real certificate and of ours."""
    same = row.kind is x509.Kind.SAME
    yield ["  ", MARKS[State.DONE] if same else Span("≠ ", "" if row.meant else "bad"), row.name]
    for said in (row.real,) if same else (row.real, row.other):
        yield [STEP, (said[: room - 1] + "…" if len(said) > room else said) or "(not there)"]
    if row.note:
        yield from _text(row.note, room)


def finding_lines(item: Finding, room: int) -> Iterator[Line]:
    """A finding, why it matters, and where that is written."""
    yield ["  ", Span(f"{item.severity.name:<8}", GRAVE[item.severity]), f" {LEGS[item.leg]} leg: {item.code}"]
    yield from _text(f"{finding_sentence(item)} {item.why} ({item.reference})", room)


def finding_sentence(item: Finding) -> str:
    """What was found, as a sentence."""
    return f"{item.what[:1].upper()}{item.what[1:]}."


def cause_lines(cause: Cause, room: int) -> Iterator[Line]:
    """What a bad end most likely means, and what to do."""
    yield from _text(f"{cause.likelihood} ({cause.reference})", room)
    if cause.next:
        yield from _text(f"Next: {cause.next}", room)


def _text(text: str, room: int, *, indent: int = 0, lines: int = MAX_LINES) -> Iterator[Line]:
    """Sentences in lines; what a peer sent may be one endless word."""
    inside = " " * indent
    for line in textwrap.wrap(text, max(20, room), subsequent_indent=inside, max_lines=lines, placeholder=" …"):
        yield [STEP, line]


def _few(names: tuple[str, ...], most: int) -> str:
    more = f" … and {len(names) - most} more{ALL if most < MOST_NAMED else ''}" if len(names) > most else ""
    return ", ".join(names[:most]) + more
