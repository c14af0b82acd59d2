"""What is worth knowing of the certificates that a leg showed, without a trust store: that is tlscope_ca's.

The server's chain is looked at on the server leg. On the client leg stands the one that we forged, which mirrors it:
what is wrong with it would only be said twice, so it is looked at only where nothing says that it was forged.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tlscope.events import Leg
from tlscope.wire import x509
from tlscope.wire.tls.codes import ExtensionType
from tlscope.wire.tls.meaning.finding import Found
from tlscope.wire.tls.meaning.listing import few, short
from tlscope.wire.tls.meaning.stapled import staple, timestamps
from tlscope.wire.tls.meaning.verdicts import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.tls.meaning.facts import LegFacts

DAY: Final = 86_400
SOON: Final = 14
"""Days before its end that a certificate expires soon: ACME clients renew at 30, and are given time to try again."""
SHORT_LIVED: Final = 30
"""Days: one that lives less than this is renewed late on purpose, and its last third is `soon`."""
MAX_CHAIN: Final = 10
"""Certificates that are looked at: real chains have up to five."""

LIMITS: Final = (
    (datetime(2029, 3, 15, tzinfo=UTC), 47),
    (datetime(2027, 3, 15, tzinfo=UTC), 100),
    (datetime(2026, 3, 15, tzinfo=UTC), 200),
    (datetime(2020, 9, 1, tzinfo=UTC), 398),
    (datetime(2018, 3, 1, tzinfo=UTC), 825),
)
"""Days that a public certificate may live if issued from then on (Baseline Requirements section 6.3.2)."""
PRIVATE_LIMIT: Final = 825
"""Days that Apple's clients allow a private one."""

PRIVATE_NAMES: Final = (
    ".local",
    ".localhost",
    ".internal",
    ".lan",
    ".home.arpa",
    ".test",
    ".example",
    ".invalid",
    ".onion",
)
"""Endings under which no public authority issues (RFC 6762, RFC 6761, RFC 8375)."""
PUBLIC_POLICIES: Final = "2.23.140.1."
"""The CA/Browser Forum's reserved policies, which every public server certificate bears (section 7.1.6.1)."""
SMALLEST: Final = {"RSA": 2048, "DSA": 2048, "DH": 2048}
"""Bits for 112 bits of strength; 224 for elliptic curves (RFC 9325 section 4.5)."""
WEAK_HASHES: Final = {
    "MD5": "md5-certificate",
    "MD2": "md5-certificate",
    "MD4": "md5-certificate",
    "SHA-1": "sha1-certificate",
}
TIMESTAMPS_ASKED: Final = (ExtensionType.signed_certificate_timestamp, ExtensionType.status_request)
"""With these a client asks for timestamps beside the certificate (RFC 6962 section 3.3)."""
MAX_NAMED: Final = 5
"""Names of a certificate, or purposes, in a sentence."""
SUBJECT_ALT_NAME: Final = "2.5.29.17"
SERVER_PURPOSES: Final = frozenset({"serverAuth", "anyExtendedKeyUsage"})

facts_of = lru_cache(maxsize=256)(x509.facts)
"""The same chains come again and again; as many as a page of connections has servers."""


def chain(facts: LegFacts, now: float) -> Iterator[Found]:
    """All of them; `now` in Unix seconds is the time to judge by, as a rule that of the connection."""
    if facts.leg is Leg.CLIENT:
        for der in facts.client_chain[:1]:
            yield from _one(der, "the client's certificate", now)
    if facts.verdict:
        host = short(facts.host) or "no name"
        yield Found("invalid-chain", f"the server's chain for {host} is not valid: {said(facts.verdict)}")
    if facts.chain and not facts.forged:
        yield from _server(facts, now)


def _server(facts: LegFacts, now: float) -> Iterator[Found]:
    for place, der in enumerate(facts.chain[:MAX_CHAIN]):
        if not place:
            yield from _one(der, "the server's certificate", now)
            continue
        for item in _one(der, f"certificate {place + 1} of the chain", now):
            # Where the server is trusted all the same, there is a way to a root that leaves this one out.
            spare = facts.verdict == () and item.code == "expired"
            yield Found("expired-in-chain", item.what) if spare else item
    read = [facts_of(der) for der in facts.chain[:MAX_CHAIN]]
    leaf = read[0]
    if leaf is None:
        return
    yield from _names(leaf, facts.host)
    if leaf.is_ca:
        yield Found("ca-as-server", f"the server's certificate {short(leaf.subject) or '(no name)'} is an authority's")
    if leaf.extended_key_usage and SERVER_PURPOSES.isdisjoint(leaf.extended_key_usage):
        yield Found("wrong-purpose", f"the server's certificate is for {few(leaf.extended_key_usage, MAX_NAMED)}")
    yield from _order([item for item in read if item is not None], trusted=facts.verdict == ())
    yield from _policy(leaf, facts)
    yield from _status(leaf, facts)


def _one(der: bytes, what: str, now: float) -> Iterator[Found]:
    """What holds for any certificate."""
    found = facts_of(der)
    if found is None:
        yield Found("unreadable-certificate", f"{what} cannot be read")
        return
    who = f"{what} ({short(found.subject) or 'no name'})"
    if found.not_after is not None:
        left = (found.not_after - now) / DAY
        soon = SOON if (found.lifetime or 0) > SHORT_LIVED else (found.lifetime or 0) / 3
        if left < 0:
            yield Found("expired", f"{who} expired on {date(found.not_after)}, {-left:.1f} days ago")
        elif left < soon:
            yield Found("expiring-soon", f"{who} expires on {date(found.not_after)}, in {left:.1f} days")
    if found.not_before is not None and now < found.not_before:
        yield Found("not-yet-valid", f"{who} is valid from {date(found.not_before)} on")
    kind = found.key.partition(" ")[0]
    if 0 < found.key_bits < SMALLEST.get(kind, 224 if kind == "EC" else 0):
        yield Found("short-key", f"{who} has the key {found.key}")
    code = WEAK_HASHES.get(found.signature_hash)
    if code and not found.self_issued:  # nobody checks what a root says of itself
        yield Found(code, f"{who} is signed with {found.signature_algorithm}")


def _names(leaf: x509.Facts, host: str) -> Iterator[Found]:
    if not leaf.names:
        called = f"; its common name is {short(leaf.common_name)}" if leaf.common_name else ""
        what = "host name or address in subjectAltName" if SUBJECT_ALT_NAME in leaf.extensions else "subjectAltName"
        yield Found("no-san", f"the server's certificate has no {what}{called}")
    elif host and not names_match(host, leaf):
        listed = few(leaf.names, MAX_NAMED)
        yield Found("name-mismatch", f"the certificate is for {listed}, and {short(host)} was asked for")


def _order(read: list[x509.Facts], *, trusted: bool) -> Iterator[Found]:
    leaf = read[0]
    if leaf.self_issued:
        if not trusted:  # one that we were told to trust is as good as any root
            who = f"the server's certificate {short(leaf.subject) or '(no name)'}"
            yield Found("self-signed", f"{who} names itself as its issuer")
    elif len(read) > 1 and read[-1].self_issued:
        yield Found("root-sent", f"the chain ends with its root, {short(read[-1].subject)}")
    for place, (one, two) in enumerate(pairwise(read), 2):
        if one.issuer != two.subject:
            yield Found(
                "chain-order",
                f"certificate {place} of the chain is {short(two.subject) or '(no name)'}, "
                f"where {short(one.issuer) or '(no name)'} should stand",
            )
            return


def _policy(leaf: x509.Facts, facts: LegFacts) -> Iterator[Found]:
    """What public authorities and browsers agreed on."""
    days = leaf.lifetime or 0
    if not looks_public(leaf):
        if days > PRIVATE_LIMIT:
            yield Found("long-lifetime", f"the server's certificate lives {days:.0f} days")
        return
    issued = leaf.not_before or 0
    limit = next((days for begin, days in LIMITS if issued >= begin.timestamp()), 0)
    if limit and days > limit:
        yield Found(
            "lifetime-over-limit",
            f"the server's certificate lives {days:.0f} days; issued on {date(issued)} it may live {limit}",
        )
    if leaf.precertificate or leaf.sct_count or timestamps(facts.timestamps) or staple(facts.ocsp).timestamps:
        return
    missing = f"the server's certificate of {short(leaf.issuer)} has no signed certificate timestamp"
    asked = [kind for kind in TIMESTAMPS_ASKED if facts.offered and facts.offered.has(kind)]
    if len(asked) == len(TIMESTAMPS_ASKED):
        yield Found("no-sct", f"{missing}, and none came beside it")
    else:
        unasked = ", ".join(kind.name for kind in TIMESTAMPS_ASKED if kind not in asked)
        yield Found("no-embedded-sct", f"{missing}; whether one would have come beside it was not asked: {unasked}")


def _status(leaf: x509.Facts, facts: LegFacts) -> Iterator[Found]:
    """What the authority says, and whether it is there where it must be."""
    said = staple(facts.ocsp)
    if said.status == "revoked":
        yield Found("revoked", f"the OCSP response that came with the certificate says: {said.text}")
    asked = facts.offered is not None and facts.offered.has(ExtensionType.status_request)
    if leaf.must_staple and asked and not said.status:
        yield Found(
            "must-staple", "the server's certificate demands an OCSP response, and none that says anything came"
        )


def looks_public(leaf: x509.Facts) -> bool:
    """Whether a public authority seems to have issued it: it bears the policies that they all do, for public names."""
    if leaf.self_issued or not any(policy.startswith(PUBLIC_POLICIES) for policy in leaf.policies):
        return False
    return any("." in name and not name.lower().endswith(PRIVATE_NAMES) for name in leaf.names)


def names_match(host: str, leaf: x509.Facts) -> bool:
    """RFC 9525 section 6: the name itself, or a wildcard for the whole of its first label; addresses as they are.

    An address that is written as a DNS name is none.
    """
    wanted_address = address(host)
    if wanted_address:
        return any(address(name) == wanted_address for name in leaf.addresses)
    wanted = host.lower().removesuffix(".")
    _, _, parent = wanted.partition(".")
    return any(name.lower() == wanted or ("." in parent and name.lower() == f"*.{parent}") for name in leaf.names)


def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a host is called by, with or without brackets; None for a name."""
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def date(seconds: int) -> str:
    """A day in UTC; certificates may name any year."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return f"{seconds} seconds after 1970"
