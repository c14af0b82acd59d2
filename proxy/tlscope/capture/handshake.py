"""What the index says of a connection's handshakes, concluded from its events.

The understanding is the dissectors' (wire/tls, wire/x509); here it becomes columns and rows of `finding`. A dissector
that raises is a bug of ours: it is said in `fault`, and what the others know still stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tlscope.events import Ciphertext, Direction, Leg
from tlscope.wire import x509
from tlscope.wire.tls.meaning import fingerprint
from tlscope.wire.tls.meaning.facts import leg_facts
from tlscope.wire.tls.meaning.findings import findings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tlscope.events import Event
    from tlscope.wire.tls.meaning.facts import LegFacts

MAX_NAMES = 1_024
"""Characters of a certificate's names that are indexed: some thirty names. All of them are in the journal."""
MAX_TEXT = 512
"""Characters of a subject or an issuer."""
MAX_FINDINGS = 64
"""Of a connection; kinds there are a few more, but most of them cannot come together."""
MAX_FAULT = 300
"""Characters of what a dissector raised."""

Finding = tuple[str | None, str, int, str]
"""Leg, code, severity (1 info, 2 notice, 3 warning, 4 serious) and a sentence."""


@dataclass(slots=True)
class Meaning:
    """What was concluded."""

    columns: dict[str, Any] = field(default_factory=dict)
    """Of the connection's row."""
    findings: list[Finding] = field(default_factory=list)
    fault: str = ""
    """What a dissector raised."""


def meaning(events: Sequence[Event], ciphertext: bytes = b"", now: float = 0) -> Meaning:
    """Conclude from a connection's events.

    `ciphertext` begins with a ClientHello that nobody opened, if any came; `now` is when the connection was, in Unix
    seconds, which is the time that its certificates are judged by.
    """
    said = Meaning()
    if ciphertext:
        events = [Ciphertext(Leg.CLIENT, Direction.UP, ciphertext), *events]
    for leg in Leg:
        _guard(said, lambda leg=leg: _leg(said, leg_facts(events, leg), now))  # type: ignore[misc]  # bound at once
    return said


def _leg(said: Meaning, facts: LegFacts, now: float) -> None:
    if facts.leg is Leg.CLIENT and facts.hello:
        _guard(said, lambda: _client(said, facts))
    if facts.leg is Leg.SERVER and facts.server_hello:
        _guard(said, lambda: _server(said, facts))
    if facts.leg is Leg.SERVER and facts.chain:
        _guard(said, lambda: said.columns.update(_certificate(facts.chain[0])))
    _guard(said, lambda: _findings(said, facts, now))


def _client(said: Meaning, facts: LegFacts) -> None:
    found = fingerprint.fingerprints(facts.hello)
    if found is not None:
        said.columns.update(ja3=found.ja3.digest, ja3n=found.ja3n.digest, ja4=found.ja4.ja4)
    if facts.offered and facts.offered.sni:
        said.columns["sni"] = facts.offered.sni


def _server(said: Meaning, facts: LegFacts) -> None:
    found = fingerprint.ja3s(facts.server_hello)
    if found:
        said.columns["ja3s"] = found.digest


@lru_cache(maxsize=512)
def _certificate(der: bytes) -> Mapping[str, Any]:
    """The columns of a certificate; connections to one server show the same one again and again."""
    found = x509.facts(der)
    if found is None:
        return {}
    return {
        "cert_subject": found.subject[:MAX_TEXT],
        "cert_issuer": found.issuer[:MAX_TEXT],
        "cert_names": _words(found.names),
        "cert_expires": found.not_after,
        "cert_key": found.key,
        "cert_sha256": found.sha256,
    }


def _words(names: Sequence[str]) -> str:
    """Names with spaces between, as many as MAX_NAMES has room for; a space within one would make it two."""
    said = " ".join(name.replace(" ", "\N{OPEN BOX}") for name in names)
    return said if len(said) <= MAX_NAMES else said[:MAX_NAMES].rpartition(" ")[0]


def _findings(said: Meaning, facts: LegFacts, now: float) -> None:
    for found in findings(facts, now):
        if len(said.findings) < MAX_FINDINGS:
            said.findings.append((found.leg.name.lower(), found.code, int(found.severity), found.what))


def _guard(said: Meaning, conclude: Callable[[], None]) -> None:
    try:
        conclude()
    except Exception as error:  # noqa: BLE001 - a dissector's bug must not cost the other connections their rows
        said.fault = said.fault or f"{type(error).__name__}: {error}"[:MAX_FAULT]
