"""What is worth knowing of what a ClientHello offers, whatever is chosen: the client's, and ours to the server."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tlscope.events import Leg
from tlscope.wire.tls.codes import ExtensionType, ProtocolVersion, SignatureScheme, name_of
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
from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import IntEnum

    from tlscope.wire.tls.meaning.facts import LegFacts
    from tlscope.wire.tls.meaning.gist import Offered

MAX_NAMED = 5
"""Names in a sentence; the rest is counted."""


def offer(facts: LegFacts) -> Iterator[Found]:
    """All of them."""
    offered = facts.offered
    if not offered or (facts.direct and facts.leg is Leg.SERVER):  # then it is the client's, and told of its leg
        return
    who = "the client" if facts.leg is Leg.CLIENT else "tlscope"
    yield from _shape(offered, who)
    yield from _weak(offered, who)
    if 0 not in offered.compression or len(offered.compression) > 1:
        methods = ", ".join(map(str, offered.compression)) or "none"
        yield Found("offers-compression", f"{who} offers compression methods: {methods}")
    secure = offered.has(ExtensionType.renegotiation_info) or RENEGOTIATION_SCSV in offered.suites
    if not secure and min(_real(offered.versions), default=0) <= TLS1_2:
        yield Found("offers-insecure-renegotiation", f"{who} sends neither renegotiation_info nor its signal")
    grease = _grease(offered)
    if grease:
        yield Found("grease", f"{who} sends GREASE among its {', '.join(grease)}")
    if offered.has(ExtensionType.encrypted_client_hello):
        yield Found("ech", f"{who} sends encrypted_client_hello; the name outside is {offered.sni or 'none'}")
    if not offered.has(ExtensionType.server_name):
        yield Found("no-sni", f"{who} does not say which server it means")


def _shape(offered: Offered, who: str) -> Iterator[Found]:
    order = offered.extensions.order
    if not offered.whole:
        yield Found("broken-hello", f"the ClientHello of {who} ends before its fields do")
    twice = [kind for kind, count in Counter(order).items() if count > 1]
    if twice:
        yield Found("duplicate-extension", f"{who} sends more than once: {names(ExtensionType, twice)}")
    if ExtensionType.pre_shared_key in order[:-1]:
        yield Found("psk-not-last", f"{who} sends {name_of(ExtensionType, order[-1])} behind pre_shared_key")


def _weak(offered: Offered, who: str) -> Iterator[Found]:
    old = [version for version in _real(offered.versions) if version < TLS1_2]
    if old:
        yield Found("offers-old-version", f"{who} offers {names(ProtocolVersion, old)}")
    weak = [suite for suite in offered.suites if weaknesses(suite)]
    if weak:
        yield Found("offers-weak-suites", f"{who} offers {names(CipherSuite, weak)}")
    static = [suite for suite in offered.suites if not forward_secret(suite)]
    if static and min(_real(offered.versions), default=TLS1_3) < TLS1_3:
        yield Found("offers-static-rsa", f"{who} offers {names(CipherSuite, static)}")
    schemes = [scheme for scheme in offered.schemes if scheme in WEAK_SCHEMES]
    if schemes:
        yield Found("offers-weak-signatures", f"{who} offers {names(SignatureScheme, schemes)}")


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
    rest = len(values) - MAX_NAMED
    named = ", ".join(name_of(enum, value) for value in values[:MAX_NAMED])
    return f"{named} and {rest} more" if rest > 0 else named
