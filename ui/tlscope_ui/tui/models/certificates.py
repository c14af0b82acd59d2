"""Certificates as lines: what each check says, the server's chain as it was sent, ours in its place, and what differs.

shown = Shown.of(handshake, legs)
certificates(shown)                 a line is about a certificate: its DER, as Held
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire import x509
from tlscope.wire.tls.meaning.checks_chain import facts_of
from tlscope_ca.faults import FaultCode
from tlscope_ui.telling import Span
from tlscope_ui.telling.story import STEP, difference_lines
from tlscope_ui.tui.models.flow import Flow, cell, named, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.x509 import Difference, Facts
    from tlscope_ui.telling import Line
    from tlscope_ui.tui.models.handshake import Handshake, Legs

About = tuple["Line", object]

CHECKS = {
    FaultCode.EMPTY_CHAIN: "a certificate was sent",
    FaultCode.MALFORMED: "every certificate can be read",
    FaultCode.CHAIN_TOO_LONG: "the chain is not too long",
    FaultCode.SELF_SIGNED: "it is not merely signed by itself",
    FaultCode.UNKNOWN_ISSUER: "it leads to a trusted root",
    FaultCode.BAD_SIGNATURE: "every signature is its issuer's",
    FaultCode.REVOKED: "nothing of it is known to be revoked",
    FaultCode.EXPIRED: "nothing has expired",
    FaultCode.NOT_YET_VALID: "everything is valid already",
    FaultCode.NAME_MISMATCH: "it is for the name asked for",
    FaultCode.NO_SUBJECT_ALT_NAME: "it names hosts in subjectAltName",
    FaultCode.WRONG_PURPOSE: "it may be used for TLS servers",
    FaultCode.INVALID_CA: "every issuer is an authority",
    FaultCode.PATH_LENGTH: "no path is longer than allowed",
    FaultCode.NAME_CONSTRAINT: "every name is one that its authority may vouch for",
    FaultCode.UNHANDLED_CRITICAL_EXTENSION: "every critical extension is understood",
    FaultCode.WEAK_KEY: "no key is weak",
    FaultCode.WEAK_SIGNATURE: "no signature is weak",
    FaultCode.OTHER: "OpenSSL has no other objection",
}
"""What is true where a fault was not found."""
WIDE = 100
"""Columns from which on the two certificates stand beside each other."""
NAME = 24
"""Columns of the name of a part."""
ABSENT = "(not there)"
MAX_TIMESTAMPS = 8
"""Timestamps that are listed: browsers ask for two or three, and a certificate can hold thousands."""
DAY = 86_400


class Held(NamedTuple):
    """One certificate."""

    whose: str
    """`server` or `ours`."""
    number: int
    der: bytes


class Shown(NamedTuple):
    """The certificates of a connection."""

    server: tuple[bytes, ...]
    """As sent."""
    ours: tuple[bytes, ...]
    verdict: tuple[str, ...] | None
    """What verification said; None where it said nothing."""
    host: str
    now: float
    """When that was, in Unix seconds."""

    @classmethod
    def of(cls, handshake: Handshake, legs: Legs) -> Shown:
        """Those of both legs; the forged one also where the client did not come so far as to see it."""
        client, server = legs.client, legs.server
        forged = (handshake.forged.data,) if handshake.forged and handshake.forged.data else ()
        ours = () if handshake.direct else client.chain or forged
        return cls(server.chain, ours, server.verdict, server.host or client.host, legs.now)


def certificates(shown: Shown) -> Flow:
    """All of it as lines."""

    def make(width: int) -> Iterator[About]:
        if not shown.server and not shown.ours:
            yield ["No certificate was seen: it was refused before, passed under keys that we do not have,"], None
            yield ["or the two took up an earlier session."], None
            return
        yield from _verdict(shown, width)
        yield from _chain("The server's chain, as sent", "server", shown.server, shown.now, width)
        yield from _chain("Ours, in its place", "ours", shown.ours, shown.now, width)
        if shown.server and shown.ours:
            yield from _differences(shown, width)
        yield from _passed(shown)

    return Flow(make)


def _title(text: str) -> Iterator[About]:
    yield [], None
    yield [Span(text, "strong")], None


def _verdict(shown: Shown, width: int) -> Iterator[About]:
    if shown.verdict is None:
        yield [Span("Nobody verified it here.", "dim")], None
        return
    mark = Span("✗ not valid", "bad") if shown.verdict else Span("✓ valid", "good")
    yield [mark, f" for {shown.host}, chain of {len(shown.server)}"], None
    found: dict[str, list[str]] = {}
    for fault in shown.verdict:
        code, _, sentence = fault.partition(": ")
        found.setdefault(code, []).append(sentence or code)
    for code, sentences in found.items():
        for sentence in sentences:
            first, *rest = wrapped(f"{sentence} ({code})", width - 4) or [[""]]
            yield ["  ", Span("✗ ", "bad"), *first], None
            for line in rest:
                yield ["    ", *line], None


def _passed(shown: Shown) -> Iterator[About]:
    """The checks that found nothing."""
    if shown.verdict is None:
        return
    failed = {fault.partition(": ")[0] for fault in shown.verdict}
    yield from _title("What was checked, and found right")
    for check, words in CHECKS.items():
        if check not in failed:
            yield ["  ", Span("✓ ", "good"), words, Span(f"  {check}", "dim")], None


def _chain(title: str, whose: str, chain: tuple[bytes, ...], now: float, width: int) -> Iterator[About]:
    if not chain:
        return
    yield from _title(title)
    for number, der in enumerate(chain):
        held = Held(whose, number, der)
        facts = facts_of(der)
        name = f"{number + 1} of {len(chain)}"
        if facts is None:
            yield ["  ", Span(name, "strong"), ": ", Span("cannot be read", "bad")], held
            continue
        yield ["  ", Span(name, "strong"), f": {facts.subject or facts.common_name or 'no name'}"], held
        for label, text in told(facts, now):
            for line in named(f"    {label}", text, width, NAME):
                yield line, held


def told(facts: Facts, now: float) -> Iterator[tuple[str, str]]:
    """What a certificate says, by name."""
    usage = [*facts.key_usage, *facts.extended_key_usage]
    authority = "yes" + (f", {facts.path_length} below it" if facts.path_length is not None else "")
    parts = (
        ("issuer", facts.issuer + (" (self-issued)" if facts.self_issued else "")),
        ("names", ", ".join(facts.names)),
        ("valid", _lifetime(facts, now)),
        ("key", facts.key),
        ("signature", facts.signature_algorithm),
        ("authority", authority if facts.is_ca else ""),
        ("usage", ", ".join(usage)),
        *_timestamps(facts),
        ("policies", ", ".join(facts.policy_names)),
        ("OCSP", ", ".join(facts.ocsp_urls) + (" must-staple" if facts.must_staple else "")),
        ("CRL", ", ".join(facts.crl_urls)),
        ("serial", f"{facts.serial:x}"),
        ("SHA-256", facts.sha256),
        ("SHA-1", facts.sha1),
        ("pin (SPKI)", facts.spki_sha256),
        ("malformed", "; ".join(facts.oddities)),
    )
    yield from ((label, text) for label, text in parts if text)


def _timestamps(facts: Facts) -> Iterator[tuple[str, str]]:
    """Each log that has promised to publish the certificate, and when; an authority's needs none."""
    if not facts.scts and not facts.is_ca:
        yield "timestamps (SCT)", "none in it"
    for said in facts.scts[:MAX_TIMESTAMPS]:
        yield "timestamp (SCT)", said or "cannot be read"
    if len(facts.scts) > MAX_TIMESTAMPS:
        yield "", f"… and {len(facts.scts) - MAX_TIMESTAMPS} more"


def _lifetime(facts: Facts, now: float) -> str:
    if facts.not_before is None or facts.not_after is None:
        return "its times cannot be read"
    days = f"{facts.lifetime or 0:.0f} days"
    if now > facts.not_after:
        left = f"over for {(now - facts.not_after) / DAY:.0f} days"
    elif now < facts.not_before:
        left = f"begins in {(facts.not_before - now) / DAY:.0f} days"
    else:
        left = f"{(facts.not_after - now) / DAY:.0f} left then"
    return f"{_date(facts.not_before)} to {_date(facts.not_after)}, {days}, {left}"


def _date(seconds: int) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(seconds))
    except (OverflowError, OSError, ValueError):
        return f"{seconds} s"


def _differences(shown: Shown, width: int) -> Iterator[About]:
    yield from _title("The real certificate and ours")
    held = Held("server", 0, shown.server[0])
    for row in x509.diff(shown.server[0], shown.ours[0]):
        for line in _beside(row, width) if width >= WIDE else difference_lines(row, width - len(STEP)):
            yield line, held


def _beside(row: Difference, width: int) -> Iterator[Line]:
    """One part of both, in columns."""
    same = row.kind is x509.Kind.SAME
    mark = Span("✓ ", "good") if same else Span("≠ ", "" if row.meant else "bad")
    room = (width - NAME - 6) // 2
    yield [
        "  ",
        mark,
        cell(row.name, NAME),
        cell(row.real or ABSENT, room),
        "  ",
        cell("the same" if same else row.other or ABSENT, room),
    ]
    if row.note:
        yield from wrapped(row.note, width, " " * (NAME + 4), "dim")
