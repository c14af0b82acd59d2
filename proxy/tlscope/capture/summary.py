"""A connection in one line: what `list` says of it, folded from its records as they come.

    summaries = Summaries()
    summaries.feed(item)                 for each item of a Reader; `**NEEDED` is all that it need read
    summaries.connections                number -> Summary, in the order in which they were first seen
    summarised(row)                      the same from a row of the index, where there is one
    as_json(summary, live=...)           the contract of `list --jsonl`

An outcome is what the recorder said it is, never a guess: while a connection lasts it is None, and it stays None for
one that the recorder did not live to see the end of. `live` tells the two apart: True while the connection may still go
on, False once it is over or nobody records any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tlscope.capture.format import Kind
from tlscope.capture.segment import Record
from tlscope.events import (
    Action,
    Data,
    Direction,
    Faulted,
    HandshakeDone,
    Leg,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    VerdictGiven,
    Who,
)
from tlscope.wire.tls.codes import ProtocolVersion, name_of
from tlscope.wire.tls.meaning.finding import Severity

if TYPE_CHECKING:
    import sqlite3

    from tlscope.capture.reader import Dropped, Item, Wanted
    from tlscope.capture.segment import Damage


NEEDED: Wanted = {
    "data_limit": 0,
    "kinds": frozenset(
        {
            Kind.OPENED,
            Kind.POLICY,
            Kind.HANDSHAKE,
            Kind.VERDICT,
            Kind.DATA,
            Kind.FAULT,
            Kind.OUTCOME,
        }
    ),
}
"""What of a capture goes into the summaries."""
COLUMNS = ", ".join(
    f"c.{name}"
    for name in (
        "connection", "opened", "client", "mode", "action", "host", "port", "via", "rule", "up", "down", "outcome",
        "detail", "fault", "fault_who", "fault_what", "fault_next", "sni", "server_sni", "client_version",
        "client_cipher", "client_group", "client_alpn", "server_version", "server_cipher", "server_group",
        "server_alpn", "verdict", "severity", "findings",
    )
)  # fmt: skip
"""What of the index does."""


@dataclass(slots=True)
class Summary:
    """One connection, as far as it is known. What is None was not recorded, or not yet."""

    connection: int
    opened: int | None = None
    """Nanoseconds since the epoch."""
    client: str | None = None
    mode: str | None = None
    policy: Policy | None = None
    """The last one, when the hello's SNI changed the first."""
    client_leg: HandshakeDone | None = None
    server_leg: HandshakeDone | None = None
    up: int = 0
    """Application bytes towards the server; until there is an outcome, those seen so far."""
    down: int = 0
    fault: Faulted | None = None
    """The first one: those after it are as a rule its consequences."""
    outcome: Outcome | None = None
    verdict: tuple[str, ...] | None = None
    """The codes of what verification has against the server's chain, each once; empty: it is valid."""
    severity: Severity | None = None
    """Of the gravest of the findings; None where there is none, or they are not known."""
    findings: tuple[str, ...] | None = None
    """The codes of what was found, each once. Only the index knows: they are concluded from all of the messages."""

    @property
    def cause(self) -> str:
        """The code of what went wrong; where it was the server's certificate, no fault is recorded, but a verdict."""
        if self.verdict and self.outcome and self.outcome.outcome is OutcomeKind.UPSTREAM_INVALID:
            return self.verdict[0]
        return self.fault.code if self.fault else ""


class Summaries:
    """All connections of a capture, and what concerns the recording as a whole."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.connections: dict[int, Summary] = {}
        self.faults: list[Faulted] = []
        """What went wrong with the recording itself: records of connection 0."""
        self.missing: list[Damage | Dropped] = []

    def feed(self, item: Item) -> Summary | None:
        """Take in one item; the connection that it changed is the answer."""
        if not isinstance(item, Record):
            self.missing.append(item)
            return None
        if item.connection == 0:
            if isinstance(item.event, Faulted):
                self.faults.append(item.event)
            return None
        summary = self.connections.get(item.connection)
        if summary is None:
            summary = self.connections[item.connection] = Summary(item.connection)
        _fold(summary, item)
        return summary


def summarised(row: sqlite3.Row) -> Summary:
    """The same from a row of the index with COLUMNS; of the handshakes it knows no resumption."""
    found = Summary(row["connection"], row["opened"], row["client"], row["mode"], up=row["up"], down=row["down"])
    if row["action"] is not None:
        found.policy = Policy(Action(row["action"]), row["host"], row["port"], row["via"], row["rule"] or "")
    found.client_leg = _done(Leg.CLIENT, row, row["sni"])
    found.server_leg = _done(Leg.SERVER, row, row["server_sni"])
    if row["fault"] is not None:
        found.fault = Faulted(Who(row["fault_who"]), row["fault"], row["fault_what"], row["fault_next"] or "")
    if row["verdict"] is not None:
        found.verdict = tuple(row["verdict"].split())
    found.severity = None if row["severity"] is None else Severity(row["severity"])
    found.findings = tuple((row["findings"] or "").split())
    if row["outcome"] is not None:
        found.outcome = Outcome(OutcomeKind(row["outcome"]), found.up, found.down, row["detail"] or "")
    return found


def as_json(summary: Summary, *, live: bool) -> dict[str, Any]:
    """A line of `list --jsonl`; `live` says whether a recorder still writes to the capture."""
    policy, fault, outcome = summary.policy, summary.fault, summary.outcome
    return {
        "connection": summary.connection,
        "opened": None if summary.opened is None else rfc3339(summary.opened),
        "client": summary.client,
        "host": policy.host if policy else None,
        "port": policy.port if policy else None,
        "mode": summary.mode,
        "outcome": outcome.outcome.value if outcome else None,
        "live": live and outcome is None,
        "client_leg": _leg(summary.client_leg),
        "server_leg": _leg(summary.server_leg),
        "up": summary.up,
        "down": summary.down,
        "fault": fault and {"who": fault.who.value, "code": fault.code, "what": fault.what, "next": fault.next},
        "verdict": None if summary.verdict is None else list(summary.verdict),
        "severity": summary.severity and summary.severity.name,
        "findings": None if summary.findings is None else list(summary.findings),
    }


def rfc3339(wall: int) -> str:
    """Nanoseconds since the epoch as RFC 3339 in UTC with microseconds, cut off and not rounded."""
    return f"{datetime.fromtimestamp(wall // 10**9, UTC):%Y-%m-%dT%H:%M:%S}.{wall // 1000 % 10**6:06d}Z"


def _fold(summary: Summary, record: Record) -> None:
    event = record.event
    match event:
        case Opened():
            summary.opened, summary.client, summary.mode = record.wall, event.client, event.mode
        case Policy():
            summary.policy = event
        case HandshakeDone(leg=Leg.CLIENT):
            summary.client_leg = event
        case HandshakeDone(leg=Leg.SERVER):
            summary.server_leg = event
        case VerdictGiven():
            summary.verdict = tuple(dict.fromkeys(fault.partition(":")[0] for fault in event.faults))
        case Data(direction=Direction.UP) if summary.outcome is None:
            summary.up += record.size
        case Data(direction=Direction.DOWN) if summary.outcome is None:
            summary.down += record.size
        case Faulted():
            summary.fault = summary.fault or event
        case Outcome():
            summary.outcome, summary.up, summary.down = event, event.up, event.down
        case _:
            pass


def _done(leg: Leg, row: sqlite3.Row, sni: str | None) -> HandshakeDone | None:
    name = "client" if leg is Leg.CLIENT else "server"
    version = row[f"{name}_version"]
    if version is None:
        return None
    cipher, group, alpn = (row[f"{name}_{what}"] or "" for what in ("cipher", "group", "alpn"))
    return HandshakeDone(leg, name_of(ProtocolVersion, version), cipher, group, alpn, sni or "")


def _leg(done: HandshakeDone | None) -> dict[str, str | None] | None:
    if done is None:
        return None
    # What was not negotiated is an empty string among the events, and null here: a script asks for it in one way.
    return {name: getattr(done, name) or None for name in ("version", "cipher", "group", "alpn", "sni")}
