"""What is worth knowing of what a ClientHello offers, whatever is chosen.

It is the client's offer that is judged. Our own to the server says nothing of the client nor of the server, so only
what it has beyond the client's is told: with that, a server may answer us as it never would have answered the client.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tlscope.events import Leg
from tlscope.wire.tls.codes import ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme, name_of
from tlscope.wire.tls.meaning import gist
from tlscope.wire.tls.meaning.checks_chain import address
from tlscope.wire.tls.meaning.checks_session import (
    RENEGOTIATION_SCSV,
    TLS1_2,
    TLS1_3,
    WEAK_SCHEMES,
    forward_secret,
    weaknesses,
)
from tlscope.wire.tls.meaning.finding import Found
from tlscope.wire.tls.meaning.fingerprint import GREASE
from tlscope.wire.tls.meaning.listing import few, short
from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import IntEnum

    from tlscope.wire.tls.meaning.facts import LegFacts
    from tlscope.wire.tls.meaning.gist import Offered

MAX_NAMED = 5
"""Names in a sentence; the rest is counted."""


def offer(facts: LegFacts) -> Iterator[Found]:
    """All of them; the offer is told of once, on the client leg where there is one."""
    offered = facts.offered
    if not offered:
        return
    if facts.leg is Leg.SERVER and not facts.direct:
        yield from _beyond(facts, offered)
        return
    if facts.leg is Leg.SERVER and facts.client_hello:  # there is only one, and it is told of the client leg
        return
    yield from _shape(offered)
    yield from _weak(offered)
    if 0 not in offered.compression or len(offered.compression) > 1:
        methods = ", ".join(map(str, offered.compression)) or "none"
        yield Found("offers-compression", f"the client offers compression methods: {methods}")
    secure = offered.has(ExtensionType.renegotiation_info) or RENEGOTIATION_SCSV in offered.suites
    if not secure and min(_real(offered.versions), default=0) <= TLS1_2:
        yield Found("offers-insecure-renegotiation", "the client sends neither renegotiation_info nor its signal")
    grease = _grease(offered)
    if grease:
        yield Found("grease", f"the client sends GREASE among its {', '.join(grease)}")
    if offered.has(ExtensionType.encrypted_client_hello):
        outside = short(offered.sni) or "none"
        yield Found("ech", f"the client sends encrypted_client_hello; the name outside is {outside}")
    if offered.has(ExtensionType.early_data):
        yield Found("offers-early-data", "the client sends data before the server has answered")
    if not offered.has(ExtensionType.server_name) and not address(facts.host):
        yield Found("no-sni", "the client does not say which server it means")


def _beyond(facts: LegFacts, ours: Offered) -> Iterator[Found]:
    """What our hello has that the client's has not: what is weak in it, and what the server took of it."""
    theirs = gist.offered(facts.client_hello)
    if not theirs:
        return
    weak = [
        (ProtocolVersion, _old(ours), theirs.versions),
        (CipherSuite, _weak_suites(ours), theirs.suites),
        (SignatureScheme, _weak_schemes(ours), theirs.schemes),
    ]
    added = [name_of(enum, value) for enum, values, offered in weak for value in values if value not in offered]
    if added:
        yield Found(
            "tlscope-offers-weak", f"tlscope offers the server what the client did not: {few(added, MAX_NAMED)}"
        )
    if not facts.server_hello:
        return
    taken = [
        name_of(enum, value)
        for enum, value, offered in (
            (CipherSuite, facts.suite, theirs.suites),
            (NamedGroup, facts.group, theirs.groups),
            (SignatureScheme, facts.scheme, theirs.schemes),
        )
        if offered and value and value not in offered
    ]
    if taken:
        yield Found(
            "tlscope-offer-chosen",
            f"the server chose what tlscope offers and the client does not: {few(taken, MAX_NAMED)}",
        )


def _shape(offered: Offered) -> Iterator[Found]:
    order = offered.extensions.order
    if not offered.whole:
        yield Found("broken-hello", "the ClientHello of the client ends before its fields do")
    twice = [kind for kind, count in Counter(order).items() if count > 1]
    if twice:
        yield Found("duplicate-extension", f"the client sends more than once: {names(ExtensionType, twice)}")
    if ExtensionType.pre_shared_key in order[:-1]:
        yield Found("psk-not-last", f"the client sends {name_of(ExtensionType, order[-1])} behind pre_shared_key")


def _weak(offered: Offered) -> Iterator[Found]:
    old = _old(offered)
    if old:
        yield Found("offers-old-version", f"the client offers {names(ProtocolVersion, old)}")
    weak = _weak_suites(offered)
    if weak:
        yield Found("offers-weak-suites", f"the client offers {names(CipherSuite, weak)}")
    static = [suite for suite in offered.suites if not forward_secret(suite)]
    if static and min(_real(offered.versions), default=TLS1_3) < TLS1_3:
        yield Found("offers-static-rsa", f"the client offers {names(CipherSuite, static)}")
    schemes = _weak_schemes(offered)
    if schemes:
        yield Found("offers-weak-signatures", f"the client offers {names(SignatureScheme, schemes)}")


def _old(offered: Offered) -> list[int]:
    return [version for version in _real(offered.versions) if version < TLS1_2]


def _weak_suites(offered: Offered) -> list[int]:
    return [suite for suite in offered.suites if weaknesses(suite)]


def _weak_schemes(offered: Offered) -> list[int]:
    return [scheme for scheme in offered.schemes if scheme in WEAK_SCHEMES]


def _real(versions: tuple[int, ...]) -> list[int]:
    return [version for version in versions if version not in GREASE]


def _grease(offered: Offered) -> list[str]:
    """Where it stands."""
    places = {
        "suites": offered.suites,
        "extensions": offered.extensions.order,
        "groups": offered.groups,
        "versions": offered.versions,
        "signature algorithms": offered.schemes,
        "key shares": offered.key_shares,
    }
    return [place for place, values in places.items() if not GREASE.isdisjoint(values)]


def names(enum: type[IntEnum], values: list[int]) -> str:
    """A few of them by name, and how many there are besides."""
    return few([name_of(enum, value) for value in values], MAX_NAMED)
