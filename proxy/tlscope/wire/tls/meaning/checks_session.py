"""What is worth knowing of what was chosen: version, suite, key exchange, signature, order, tickets, the end."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from tlscope.events import Direction, How, Leg
from tlscope.wire.tls.codes import ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme, name_of
from tlscope.wire.tls.meaning.finding import Found
from tlscope.wire.tls.meaning.fingerprint import GREASE
from tlscope.wire.tls.meaning.listing import few
from tlscope.wire.tls.meaning.order import Order
from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.tls.meaning.facts import LegFacts
    from tlscope.wire.tls.meaning.gist import Chosen, Offered

TLS1_0, TLS1_2, TLS1_3 = 0x0301, 0x0303, 0x0304
MAX_TICKET = 604_800
"""Seconds: seven days (RFC 8446 section 4.6.1)."""
MAX_NAMED = 5
"""Extensions in a sentence."""
MAX_DEPARTURES = 5
"""Told of a leg: whoever disturbs the order once will do it again."""
CLOSE_NOTIFY = 0

EXPORT: Final = frozenset(
    {0x03, 0x06, 0x08, 0x0B, 0x0E, 0x11, 0x14, 0x17, 0x19, *range(0x26, 0x2C), *range(0x60, 0x66)}
)
"""Suites of 40 and 56 bits for export (RFC 2246 appendix A.5, RFC 2712, draft-ietf-tls-56-bit-ciphersuites)."""
INTEGRITY_ONLY: Final = frozenset({0xC0B4, 0xC0B5})
"""Suites of TLS 1.3 that do not encrypt (RFC 9150)."""
FALLBACK_SCSV, RENEGOTIATION_SCSV = CipherSuite.TLS_FALLBACK_SCSV, CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV

POST_QUANTUM: Final = frozenset({*range(0x0200, 0x0203), *range(0x11EB, 0x11EF), 0x6399, 0x639A})
"""Groups with ML-KEM, or Kyber before it."""
NOTHING_BETTER: Final = "and nothing that resists a quantum computer was offered"
WEAK_GROUPS: Final = frozenset({*range(0x01, 0x06), *range(0x0F, 0x14)})
"""Curves below 224 bits (RFC 9325 section 4.5)."""
WEAK_SCHEMES: Final = frozenset({0x0101, 0x0102, 0x0103, 0x0201, 0x0202, 0x0203})
"""Signatures over MD5 and SHA-1 (RFC 9155 section 2)."""
SENTINELS: Final = frozenset({b"DOWNGRD\x01", b"DOWNGRD\x00"})
"""The last eight bytes of the random of a server that could do more: than TLS 1.2, or 1.1 (RFC 8446 section 4.1.3)."""
UNASKED: Final = frozenset({ExtensionType.renegotiation_info, ExtensionType.cookie})
"""Answers that need no question: to a signal among the suites (RFC 5746 section 3.6), and for a retry."""


@cache  # no more than there are numbers of suites
def weaknesses(suite: int) -> tuple[str, ...]:
    """The codes of what is wrong with a suite whatever the version; empty for a sound one."""
    name = name_of(CipherSuite, suite)
    found = []
    if "_NULL_" in name or suite in INTEGRITY_ONLY:
        found.append("null-cipher")
    if "_anon" in name or suite in {0x17, 0x19, 0x00}:
        found.append("anonymous")
    if suite in EXPORT:
        found.append("export-cipher")
    for code, part in (("rc4", "_RC4_"), ("3des", "_3DES_"), ("des", "_DES_"), ("idea", "_IDEA_")):
        if part in name:
            found.append(code)
    return tuple(found)


def forward_secret(suite: int) -> bool:
    """Whether keys are agreed on that nobody keeps: (EC)DHE, SRP, and all of TLS 1.3."""
    exchange, with_, _ = name_of(CipherSuite, suite).partition("_WITH_")
    return not with_ or any(part in exchange for part in ("DHE", "DH_anon", "SRP", "ECCPWD"))


def session(facts: LegFacts) -> Iterator[Found]:
    """All of them; nothing as long as no ServerHello was seen but what the order says."""
    offered, chosen = facts.offered, facts.chosen
    if chosen:
        yield from _version(facts, offered, chosen)
        yield from _suite(facts, chosen)
        yield from _exchange(facts, offered, chosen)
        yield from _hardening(facts, offered, chosen)
        if offered:
            yield from _not_offered(facts, offered, chosen)
        yield from _course(facts)
    yield from _order(facts)
    yield from _end(facts)


def _server(facts: LegFacts) -> str:
    return "the server" if facts.leg is Leg.SERVER or facts.direct else "tlscope"


def _version(facts: LegFacts, offered: Offered | None, chosen: Chosen) -> Iterator[Found]:
    name = facts.version_name
    best = max((version for version in offered.versions if version not in GREASE), default=0) if offered else 0
    # The client was given no more than the server gave us, and it is told of the server's leg.
    followed = facts.leg is Leg.CLIENT and not facts.direct and best > facts.version
    if facts.version < TLS1_0 and not followed:
        yield Found("ssl-version", f"{name} was chosen")
    elif facts.version < TLS1_2 and not followed:
        yield Found("old-version", f"{name} was chosen")
    if chosen.random[-8:] in SENTINELS and facts.version < TLS1_3:
        if best > facts.version:
            theirs = name_of(ProtocolVersion, best)
            yield Found(
                "downgraded", f"{theirs} was offered, {name} chosen, and the random says that more was possible"
            )
        else:
            yield Found("server-speaks-more", f"{_server(facts)} speaks more than {name}, the client does not")
    if offered and FALLBACK_SCSV in offered.suites:
        yield Found("fallback", f"TLS_FALLBACK_SCSV was sent, and {name} chosen")


def _suite(facts: LegFacts, chosen: Chosen) -> Iterator[Found]:
    name = facts.suite_name
    for code in weaknesses(facts.suite):
        yield Found(code, f"the suite {name} was chosen")
    if "_CBC_" in name:
        if facts.version <= TLS1_0:
            yield Found("cbc-tls10", f"the suite {name} was chosen in {facts.version_name}")
        if ExtensionType.encrypt_then_mac not in chosen.extensions.bodies:
            yield Found("cbc", f"the suite {name} was chosen, without encrypt_then_mac")
    psk_alone = facts.version >= TLS1_3 and facts.resumed and not chosen.group
    if psk_alone or not forward_secret(facts.suite):
        how = "by a pre-shared key alone" if psk_alone else "with a key exchange that a stored key opens"
        yield Found("no-forward-secrecy", f"the suite {name} was chosen, {how}")
    elif "_DHE_" in name and facts.version < TLS1_3 and not facts.resumed:
        yield Found("finite-field-dh", f"the suite {name} was chosen")


def _exchange(facts: LegFacts, offered: Offered | None, chosen: Chosen) -> Iterator[Found]:
    if 0 < facts.dh_bits <= 1024:
        yield Found("broken-dh", f"Diffie-Hellman with a prime of {facts.dh_bits} bits")
    elif 0 < facts.dh_bits < 2048:
        yield Found("small-dh", f"Diffie-Hellman with a prime of {facts.dh_bits} bits")
    if facts.group in WEAK_GROUPS:
        yield Found("weak-group", f"the key exchange uses {facts.group_name}")
    if facts.scheme in WEAK_SCHEMES:
        who = _server(facts)
        yield Found("weak-handshake-signature", f"{who} signed with {name_of(SignatureScheme, facts.scheme)}")
    if facts.client_scheme in WEAK_SCHEMES:
        scheme = name_of(SignatureScheme, facts.client_scheme)
        yield Found("weak-handshake-signature", f"the client's certificate was proved with {scheme}")
    how = facts.group_name or ("" if forward_secret(facts.suite) else "by a stored key")
    if how and facts.group not in POST_QUANTUM and not (facts.resumed and not chosen.group):
        hybrid = next((group for group in offered.groups if group in POST_QUANTUM), 0) if offered else 0
        though = f"although {name_of(NamedGroup, hybrid)} was offered" if hybrid else NOTHING_BETTER
        yield Found("no-post-quantum", f"the key exchange is {how}, {though}")


def _hardening(facts: LegFacts, offered: Offered | None, chosen: Chosen) -> Iterator[Found]:
    """What TLS 1.3 has built in, and before it is an extension."""
    if chosen.compression:
        yield Found("compression", f"{_server(facts)} chose compression method {chosen.compression}")
    if facts.version >= TLS1_3:
        return
    if ExtensionType.truncated_hmac in chosen.extensions.bodies:
        yield Found("truncated-hmac", f"{_server(facts)} agrees to truncated_hmac")
    signalled = offered and (offered.has(ExtensionType.renegotiation_info) or RENEGOTIATION_SCSV in offered.suites)
    if signalled and ExtensionType.renegotiation_info not in chosen.extensions.bodies:
        yield Found("insecure-renegotiation", f"{_server(facts)} does not answer with renegotiation_info")
    if ExtensionType.extended_master_secret not in chosen.extensions.bodies:
        asked = offered and offered.has(ExtensionType.extended_master_secret)
        whose = f"{_server(facts)} does not take it up" if asked else "the client does not offer it"
        yield Found("no-extended-master-secret", f"no extended_master_secret: {whose}")


def _not_offered(facts: LegFacts, offered: Offered, chosen: Chosen) -> Iterator[Found]:
    who = _server(facts)
    if facts.suite not in offered.suites or facts.suite in {FALLBACK_SCSV, RENEGOTIATION_SCSV} or facts.suite in GREASE:
        yield Found("not-offered", f"{who} chose {facts.suite_name}, which was not offered")
    if offered.has(ExtensionType.supported_versions):
        possible = facts.version in offered.versions and facts.version not in GREASE
    else:
        possible = facts.version <= offered.legacy_version
    if not possible:
        yield Found("not-offered", f"{who} chose {facts.version_name}, which was not offered")
    # Before TLS 1.3 a client that lists no groups, or no algorithms, leaves the choice to the server.
    new = facts.version >= TLS1_3
    group = chosen.group if new or facts.resumed or facts.dh_bits else facts.group
    if group and group not in offered.groups and (offered.groups or new):
        yield Found("not-offered", f"{who} chose {name_of(NamedGroup, group)}, which was not offered")
    if facts.scheme and facts.scheme not in offered.schemes and (offered.schemes or new):
        yield Found("not-offered", f"{who} signed with {facts.scheme_name}, which was not offered")
    if facts.alpn and facts.alpn.encode("latin-1", "replace") not in offered.alpn:
        yield Found("not-offered", f"{who} chose the protocol {facts.alpn}, which was not offered")
    if chosen.compression and chosen.compression not in offered.compression:
        yield Found("not-offered", f"{who} chose compression method {chosen.compression}, which was not offered")
    answered = (*chosen.extensions.order, *facts.encrypted)
    unasked = [kind for kind in answered if not offered.has(kind) and kind not in UNASKED]
    if unasked:
        names = few([name_of(ExtensionType, kind) for kind in unasked], MAX_NAMED)
        yield Found("not-offered", f"{who} answers with extensions that were not offered: {names}")


def _course(facts: LegFacts) -> Iterator[Found]:
    if facts.resumed:
        yield Found("resumed", f"the handshake of {facts.version_name} was resumed, without a certificate")
    elif not facts.shown and (Direction.DOWN, "Finished") in facts.messages and _certified(facts.suite):
        yield Found(
            "no-certificate", f"{_server(facts)} finished a handshake with {facts.suite_name} and no certificate"
        )
    if facts.early_accepted:
        yield Found("early-data", f"{_server(facts)} accepted early data")
    longest = max(facts.tickets, default=0)
    if longest > MAX_TICKET and facts.version >= TLS1_3:  # before it, the lifetime is a hint and has no limit
        yield Found("ticket-lifetime", f"a ticket is to live {longest} seconds, {longest / 86400:.1f} days")


def _certified(suite: int) -> bool:
    """Whether a full handshake of this suite shows a certificate."""
    exchange = name_of(CipherSuite, suite).partition("_WITH_")[0]
    named = exchange.startswith("TLS_")
    return named and "anon" not in exchange and ("PSK" not in exchange or "RSA_PSK" in exchange)


def _order(facts: LegFacts) -> Iterator[Found]:
    order = Order(facts.version)
    told = 0
    for direction, name in facts.messages:
        departure = order.feed(direction, name)
        if departure and told < MAX_DEPARTURES:
            told += 1
            yield Found("illegal-order", departure.what)
    if order.renegotiations:
        handshakes = "handshake" if order.renegotiations == 1 else "handshakes"
        yield Found("renegotiated", f"{order.renegotiations} {handshakes} inside the first")


def _end(facts: LegFacts) -> Iterator[Found]:
    """The far end's, where it ends first and in sight: what follows from that is ours, or its answer."""
    if facts.closed_second or facts.sealed:
        return
    inward = Direction.UP if facts.leg is Leg.CLIENT else Direction.DOWN
    said = any(
        alert.direction is inward and (alert.description == CLOSE_NOTIFY or alert.fatal) for alert in facts.alerts
    )
    end = next((closed.how for closed in facts.closes if closed.how in {How.FIN, How.RST}), None)
    if end and facts.done and not said and not any(closed.how is How.ALERT for closed in facts.closes):
        who = "client" if facts.leg is Leg.CLIENT else "server"
        yield Found("no-close-notify", f"the {who} ended the connection by {end.value}, without close_notify")
