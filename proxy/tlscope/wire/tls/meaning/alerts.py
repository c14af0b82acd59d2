"""From an alert, or a silence, to its cause: who ended a handshake, when, what it most likely means, what to do next.

    ending(facts)                    how a leg came to a bad end: Ending | None
    explain(ending, stack)           Cause: what happened, how likely it means what, what to do, where that is written
    causes(client, server)           the same for both legs of a connection, the client's first

An alert says little, and stacks use it differently: Go answers bad_certificate to everything, OpenSSL tells an unknown
issuer from an expired certificate but not a wrong name from a time to come. So the alert is read together with the
moment (before or after the certificate, after Finished, in the middle of data) and the stack that its sender's hello
gives away (stacks.py). What follows is a likelihood and is worded as one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from tlscope.events import Direction, How, Leg
from tlscope.faults import UPSTREAM_INVALID, mending
from tlscope.wire.tls.codes import AlertDescription, name_of
from tlscope.wire.tls.meaning import verdicts
from tlscope.wire.tls.meaning.alert_tables import (
    BY_STACK,
    CAUSES,
    CERTIFICATE_ALERTS,
    CLIENT_SAYS,
    DIRECT,
    MIRRORED,
    REPEATED,
    SERVER_SAYS,
    SILENCE,
    UNKNOWN_ISSUER,
    WE_SAY,
    Reading,
)
from tlscope.wire.tls.meaning.facts import CLOSURE
from tlscope.wire.tls.meaning.stacks import stack_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlscope.wire.tls.meaning.facts import Alert, LegFacts
    from tlscope.wire.tls.meaning.stacks import Stack

TLS1_3 = 0x0304
CERTIFICATES = frozenset({"Certificate", "CompressedCertificate"})
UNSPECIFIC = frozenset({*CLOSURE, AlertDescription.handshake_failure, AlertDescription.internal_error})
"""Alerts with which programs refuse a certificate, too, when their TLS stack has none to say it with."""


class Stage(StrEnum):
    """How far a leg had come."""

    HELLO = "before the certificate"
    CERTIFICATE = "after the certificate"
    """And before its receiver's Finished: the moment in which certificates are judged."""
    FINISHED = "after Finished"
    DATA = "in the middle of data"


class Ending(NamedTuple):
    """How a leg came to a bad end."""

    leg: Leg
    sender: str
    """`client`, `server` or `us`."""
    alert: int | None
    """None: it closed without one."""
    how: How
    stage: Stage
    version: int
    place: int | None = None
    """The index of the alert among the leg's messages."""


class Cause(NamedTuple):
    """What an ending most likely means."""

    what: str
    """What happened, in a sentence."""
    likelihood: str
    """What it most likely means, and how sure that is."""
    next: str
    """What to do."""
    reference: str


def causes(client: LegFacts, server: LegFacts) -> tuple[Cause, ...]:
    """Why either leg came to a bad end; nothing where both ended well, or have not ended."""
    found = []
    for facts in (client, server):
        end = ending(facts)
        if end:  # what a server is, no hello tells
            found.append(explain(end, stack_of(facts.hello) if end.sender == "client" else None, facts))
    return tuple(found)


def ending(facts: LegFacts) -> Ending | None:
    """The first fatal alert; else a close that came too early. None for a leg that ended well or goes on.

    None, too, where nobody opened the leg, or bytes of it are missing: how far it had come cannot be seen.
    """
    if facts.direct and not facts.messages:
        return None
    for alert in facts.alerts:
        early = alert.description in CLOSURE and not _finished(facts, alert.place)
        if alert.fatal or early:
            stage = _stage(facts, alert)
            return Ending(
                facts.leg,
                facts.sender(alert.direction),
                alert.description,
                How.ALERT,
                stage,
                facts.version,
                alert.place,
            )
    if facts.sealed or (facts.direct and facts.fault and facts.fault.missing):
        return None
    far = "client" if facts.leg is Leg.CLIENT else "server"
    close = next((closed.how for closed in facts.closes if closed.how is not How.ALERT), None)
    if close is None or not facts.hello or facts.closed_second:
        return None
    stage = _stage(facts, None)
    if stage in {Stage.HELLO, Stage.CERTIFICATE} or close in {How.RST, How.TIME_OUT} or _said_nothing(facts):
        return Ending(facts.leg, far, None, close, stage, facts.version)
    return None


def _said_nothing(facts: LegFacts) -> bool:
    """A client that finished its handshake and went without a word of data: many judge a name only then."""
    return facts.leg is Leg.CLIENT and not facts.up and not facts.down


def _finished(facts: LegFacts, place: int) -> bool:
    """Whether the far end's Finished had come before a message."""
    inward = Direction.UP if facts.leg is Leg.CLIENT else Direction.DOWN
    return (inward, "Finished") in facts.messages[:place]


def _stage(facts: LegFacts, alert: Alert | None) -> Stage:
    place = len(facts.messages) if alert is None else alert.place
    if alert.after_data if alert else facts.up or facts.down:
        return Stage.DATA
    if facts.done if alert is None else _finished(facts, place):
        return Stage.FINISHED
    shown = any(way is Direction.DOWN and name in CERTIFICATES for way, name in facts.messages[:place])
    return Stage.CERTIFICATE if shown else Stage.HELLO


def explain(end: Ending, stack: Stack | None = None, facts: LegFacts | None = None) -> Cause:
    """What an ending means; with the stack that the sender's hello gave away, and our own fault where it was us."""
    reading = SILENCE[end.sender, end.stage.name] if end.alert is None else _reading(end, end.alert)
    likelihood, advice = reading.means, reading.next
    alert = end.alert
    if alert is not None and alert in CERTIFICATE_ALERTS and (end.sender, end.stage) == ("client", Stage.CERTIFICATE):
        likelihood, advice = _certificate(alert, stack, facts)
    elif facts and facts.mirrored and _may_judge(end):
        likelihood, advice = _repeated(facts)
    elif end.sender == "us" and facts and facts.fault:
        likelihood, advice = sentence(facts.fault.what), sentence(facts.fault.next or reading.next)
    elif stack and end.alert is not None:
        likelihood = f"{likelihood} {_who(stack)}"
    if facts and facts.fault and facts.fault.code == UPSTREAM_INVALID:
        advice = sentence(facts.fault.next)
    return Cause(_what(end), likelihood, DIRECT if facts and facts.direct else advice, _reference(end))


def _reading(end: Ending, alert: int) -> Reading:
    table = {"client": CLIENT_SAYS, "server": SERVER_SAYS, "us": WE_SAY}[end.sender]
    late = end.stage in {Stage.FINISHED, Stage.DATA}
    return table.get((alert, late)) or table.get((alert, None)) or table[None, None]


def _may_judge(end: Ending) -> bool:
    """Whether a client went at a time, and in a way, in which certificates are refused."""
    refusing = end.alert is None or end.alert in CERTIFICATE_ALERTS | UNSPECIFIC
    return end.sender == "client" and end.stage in {Stage.CERTIFICATE, Stage.FINISHED} and refusing


def _repeated(facts: LegFacts) -> tuple[str, str]:
    """A client that saw the server's faults in our certificate, and says nothing more exact."""
    means = f"{REPEATED}{verdicts.said(facts.mirrored)}."
    if UNKNOWN_ISSUER in _mirrored(facts):
        return means, _mending(facts)
    return f"{means} Less likely it does not trust the CA, or it pins.", _mending(facts)


def _mending(facts: LegFacts) -> str:
    """What to do about the server's certificate."""
    return sentence(mending((fault.partition(":")[0] for fault in facts.mirrored), facts.host))


def sentence(text: str) -> str:
    """What a fault says, which does so without a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _mirrored(facts: LegFacts | None) -> frozenset[str]:
    """What the faults of the server's chain are to the client, as keys of CAUSES."""
    if not facts or not facts.mirrored:
        return frozenset()
    seen = {MIRRORED[code] for fault in facts.mirrored if (code := fault.partition(":")[0]) in MIRRORED}
    # Whatever else is wrong with a chain is mirrored by an issuer that nobody knows.
    return frozenset(seen | {UNKNOWN_ISSUER} if facts.forged in {"throw-away", "self"} else seen)


def _certificate(alert: int, stack: Stack | None, facts: LegFacts | None) -> tuple[str, str]:
    """A client's word about the certificate: what its stack means by it, or what any stack may.

    What is wrong with the server's own certificate comes first.
    """
    column = BY_STACK.get(stack.name) if stack else None
    listed = [cause for cause, alerts in column.items() if alert in alerts] if column else []
    by_any = list(dict.fromkeys(c for column in BY_STACK.values() for c, alerts in column.items() if alert in alerts))
    mirrored = _mirrored(facts)
    meant = sorted(listed or by_any or ["unlisted"], key=lambda cause: cause not in mirrored)
    means = f"Most likely {CAUSES[meant[0]].means}"
    if meant[1:]:
        means += f"; less likely {'; or '.join(CAUSES[cause].means for cause in meant[1:MAX_CAUSES])}"
    said, advice = [f"{means}."], CAUSES[meant[0]].next
    if facts and meant[0] in mirrored:
        said.insert(
            0, f"The server's own certificate is not valid, and ours repeats it: {verdicts.said(facts.mirrored)}."
        )
        advice = _mending(facts)
    if stack and not column:
        said.append(f"{_who(stack)} What it means by this alert is not known here.")
    elif stack and listed:
        count = len(listed)
        only = (
            "for nothing else"
            if count == 1
            else "for all of them"
            if count < len(column or ()) - 1
            else "for everything"
        )
        said.append(f"{_who(stack)} It uses this alert {only}.")
    elif stack:
        said.append(f"{_who(stack)} It is not known to use this alert: the program may judge by itself.")
    else:
        said.append("Nothing gives its TLS stack away.")
    return " ".join(said), advice


MAX_CAUSES: Final = 4
"""Causes named: Go's bad_certificate may mean any of ten."""


def _who(stack: Stack) -> str:
    word = "It is likely" if stack.certainty == "likely" else "It may be"
    return f"{word} {stack.name} ({stack.users}): {stack.why}."


def _what(end: Ending) -> str:
    who = {"client": "The client", "server": "The server", "us": "tlscope"}[end.sender]
    when = end.stage.value
    if end.stage in {Stage.HELLO, Stage.CERTIFICATE}:
        whose = "ours" if end.leg is Leg.CLIENT else "its own" if end.sender == "server" else "the server's"
        when = f"{'before' if end.stage is Stage.HELLO else 'after'} a certificate was shown ({whose})"
    if end.alert is not None:
        return f"{who} sent the alert {name_of(AlertDescription, end.alert)}, {when}."
    if end.how is How.CLOSE_NOTIFY:
        return f"{who} closed in good order, {when}, without a word of data."
    how = {How.RST: "reset the connection", How.TIME_OUT: "stopped answering"}.get(end.how, "closed the connection")
    return f"{who} {how}, without an alert, {when}."


def _reference(end: Ending) -> str:
    new = end.version in {0, TLS1_3}
    if end.alert in DEFINED and (end.alert == AlertDescription.ech_required or not new):
        return DEFINED[end.alert]
    if end.alert is None or end.alert == AlertDescription.close_notify:
        return "RFC 8446 section 6.1" if new else "RFC 5246 section 7.2.1"
    if new:
        return "RFC 8446 section 6.1" if end.alert == AlertDescription.user_canceled else "RFC 8446 section 6.2"
    return "RFC 5246 section 7.2.2"


DEFINED: Final[Mapping[int | None, str]] = {
    AlertDescription.inappropriate_fallback: "RFC 7507 section 3",
    AlertDescription.certificate_unobtainable: "RFC 6066 section 9",
    AlertDescription.unrecognized_name: "RFC 6066 section 9",
    AlertDescription.bad_certificate_status_response: "RFC 6066 section 9",
    AlertDescription.bad_certificate_hash_value: "RFC 6066 section 9",
    AlertDescription.unknown_psk_identity: "RFC 4279 section 2",
    AlertDescription.no_application_protocol: "RFC 7301 section 3.2",
    AlertDescription.ech_required: "RFC 9849 section 6.1.6",
}
"""Alerts that RFC 5246 does not have; RFC 8446 has all but the last."""
