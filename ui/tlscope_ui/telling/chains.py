"""The certificates of a connection: what the server sent, what it was given as in the client's sight, what is wrong.

shown = Shown.of(handshake, legs)       in a thread: ours is judged there
for label, text in told(facts, now): ...
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from tlscope_ca.faults import FaultCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.x509 import Facts
    from tlscope_ui.telling.handshake import Handshake, Legs

CHECKS = {
    FaultCode.EMPTY_CHAIN: "a certificate was sent",
    FaultCode.MALFORMED: "every certificate can be read",
    FaultCode.CHAIN_TOO_LONG: "the chain is not too long",
    FaultCode.SELF_SIGNED: "it is not merely signed by itself",
    FaultCode.UNKNOWN_ISSUER: "it leads to a trusted root",
    FaultCode.BAD_SIGNATURE: "every signature is its issuer's",
    FaultCode.REVOKED: "revocation: not checked",
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
"""What is true where a fault was not found; of what nobody looks for, that."""
NEVER_MADE = frozenset({FaultCode.REVOKED})
"""Checks that are not made, as nobody is asked whether an authority has taken a certificate back."""
_ABOVE = frozenset({FaultCode.INVALID_CA, FaultCode.PATH_LENGTH, FaultCode.NAME_CONSTRAINT, FaultCode.OTHER})
"""What depends on the whole path, which is not known where the chain does not lead to a root."""
NOT_MADE = {
    FaultCode.EMPTY_CHAIN: frozenset(FaultCode),
    FaultCode.MALFORMED: frozenset({FaultCode.OTHER}),
    FaultCode.SELF_SIGNED: _ABOVE | {FaultCode.UNKNOWN_ISSUER, FaultCode.BAD_SIGNATURE},
    FaultCode.UNKNOWN_ISSUER: _ABOVE | {FaultCode.BAD_SIGNATURE},
    FaultCode.BAD_SIGNATURE: _ABOVE | {FaultCode.UNKNOWN_ISSUER},
    FaultCode.NO_SUBJECT_ALT_NAME: frozenset({FaultCode.NAME_MISMATCH}),
}
"""What cannot be told where a fault was found: that the rest is sound was not seen."""
UNTRUSTED = frozenset({FaultCode.UNKNOWN_ISSUER, FaultCode.SELF_SIGNED})
"""What our certificate has against it for whoever does not trust our CA."""
OURS = "authority"
"""LeafForged.issuer where our own CA signed: who trusts it, trusts the certificate."""
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
    by_ours: bool = False
    """Whether our CA signed ours: else one that nobody trusts did, as nobody trusts the server's."""
    found: frozenset[str] | None = None
    """What is wrong with ours for whoever does not know our CA, as codes; None where nobody looked."""
    without: str = ""
    """Where there is neither: why, in a sentence."""

    @classmethod
    def of(cls, handshake: Handshake, legs: Legs) -> Shown:
        """Those of both legs; the forged one also where the client did not come so far as to see it."""
        client, server = legs.client, legs.server
        forged = (handshake.forged.data,) if handshake.forged and handshake.forged.data else ()
        ours = () if handshake.direct else client.chain or forged
        by_ours = handshake.forged is not None and handshake.forged.issuer == OURS
        host = server.host or client.host
        found = _judged(ours, host, legs.now) if ours else None
        without = "" if server.chain or ours else _without(legs)
        return cls(server.chain, ours, server.verdict, host, legs.now, by_ours, found, without)


def _without(legs: Legs) -> str:
    """Why no certificate was seen on either leg."""
    client, server = legs.client, legs.server
    fault = client.fault or server.fault
    if client.resumed or server.resumed:
        why = "the two took up an earlier session, and need none."
    elif server.place("CompressedCertificate") is not None:
        why = "the server's is compressed, and does not expand."
    elif server.raw_key:
        why = "the server showed a bare public key in its place (RFC 7250)."
    elif server.direct and not server.done:
        why = "nobody opened the connection, and its handshake was not recorded."
    elif fault:
        why = f"the connection ended before. {fault.what[:1].upper()}{fault.what[1:]}."
    else:
        why = "nothing that was recorded holds one." if server.over else "the handshakes have not come so far."
    return f"No certificate was seen: {why}"


def _judged(chain: tuple[bytes, ...], host: str, now: float) -> frozenset[str] | None:
    """What the recorder would find in a chain that it was shown."""
    from tlscope_ca.verify import Verifier  # noqa: PLC0415 - it loads OpenSSL, and is asked for here alone

    try:
        at = datetime.fromtimestamp(now, UTC)
    except (OverflowError, ValueError, OSError):  # a capture may claim any time
        return None
    return frozenset(fault.code.value for fault in Verifier(system=False).judge(chain, host, at).faults)


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
