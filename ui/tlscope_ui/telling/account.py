"""What is told of a handshake, as lines: its story in nine steps, what differs between the legs, what was found.

Each line is about something that the ladder shows: `Goes` says which message, and which of its fields.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from tlscope.events import Leg
from tlscope.wire.tls.meaning.offers import compare
from tlscope_ui.telling import Span
from tlscope_ui.telling.beside import parts_beside
from tlscope_ui.telling.flow import Flow, wrapped
from tlscope_ui.telling.handshake import GLIMPSED
from tlscope_ui.telling.offers import offer_table
from tlscope_ui.telling.story import (
    STEP,
    decided,
    differences,
    ends,
    finding_lines,
    step_lines,
    stories,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.tls.meaning.facts import LegFacts
    from tlscope.wire.tls.meaning.findings import Finding
    from tlscope.wire.tls.meaning.story import Step
    from tlscope_ui.telling import Line
    from tlscope_ui.telling.handshake import Legs

About = tuple["Line", object]


class Goes(NamedTuple):
    """Where Enter leads."""

    topic: str
    leg: Leg
    number: int
    """Of the message, in LegFacts.messages; GLIMPSED for a hello that was read out of ciphertext."""
    key: str = ""
    """Of the field; empty for the message."""


def story(legs: Legs) -> Flow:
    """The story in plain words: in the middle, and step by step on each leg."""

    def make(width: int) -> Iterator[About]:
        for said in decided(legs):
            for line in wrapped(said, width):
                yield line, None
        for chapter in stories(legs.client, legs.server, legs.findings):
            yield from _title(chapter.title)
            for step in chapter.steps:
                about = _goes(step, chapter.leg)
                for line in step_lines(step, width - len(STEP)):
                    yield line, about
        yield from _ends(legs, width)
        if not legs.client.hello and not legs.server.hello:
            yield ["No hello was recorded: there is no handshake to tell of."], None

    return Flow(make)


def diff(legs: Legs, *, whole: bool = False) -> Flow:
    """What was offered, sent on, chosen and answered; and the real certificate beside ours.

    `whole`: with all names of long offers that both legs have alike.
    """
    offers, parts = compare(legs.client, legs.server), differences(legs.client, legs.server)

    def make(width: int) -> Iterator[About]:
        for title, name, lines in (
            ("Offered, sent on, chosen, answered", _HELLO, [offer_table(row, width, whole=whole) for row in offers]),
            ("The real certificate and ours", _SHOWN, [parts_beside(parts, width)] if parts else []),
        ):
            about = _message(legs, name)
            if lines:
                yield from _title(title)
            for line in chain.from_iterable(lines):
                yield line, about
        if not offers and not parts:
            yield ["There are no two hellos to compare, nor certificates."], None

    return Flow(make)


def found(legs: Legs) -> Flow:
    """What is worth a word, the gravest first, with its reason."""

    def make(width: int) -> Iterator[About]:
        yield from _ends(legs, width)
        listed = sorted(legs.findings, key=lambda item: -item.severity)
        if not listed:
            yield ["Nothing was found that is worth a word."], None
        for item in listed:
            about = where(legs, item)
            for line in finding_lines(item, width - len(STEP)):
                yield line, about

    return Flow(make)


def where(legs: Legs, item: Finding) -> Goes | None:
    """The message, and the field, that a finding is about."""
    one = legs.server.direct and legs.server.hello  # others captured: both are the same leg
    facts = legs.server if one or item.leg is Leg.SERVER else legs.client
    for name, key in FOUND_IN.get(item.code, (("ServerHello", ""),)):
        number = _number(facts, name)
        if number is not None:
            return Goes(item.code, facts.leg, number, key)
    return None


_HELLO, _SHOWN = "ClientHello", "Certificate"
_SUITE = (("ServerHello", "tls.handshake.ciphersuite"),)
_SUITES = ((_HELLO, "tls.handshake.ciphersuites"),)
_CHAIN = ((_SHOWN, "x509af.signedCertificate_element"), ("CompressedCertificate", ""))
LATE = frozenset({"Alert"})
"""Of these the last one is meant."""

FOUND_IN: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(
        ("null-cipher", "anonymous", "export-cipher", "des", "rc4", "3des", "idea", "cbc", "cbc-tls10"), _SUITE
    ),
    **dict.fromkeys(("no-forward-secrecy", "not-offered"), _SUITE),
    **dict.fromkeys(("ssl-version", "old-version"), (("ServerHello", "tls.handshake.version"),)),
    **dict.fromkeys(
        ("finite-field-dh", "broken-dh", "small-dh", "weak-group"),
        (("ServerKeyExchange", ""), ("ServerHello", "tls.handshake.extensions_key_share_group")),
    ),
    "weak-handshake-signature": (
        ("CertificateVerify", "tls.handshake.sig_hash_alg"),
        ("ServerKeyExchange", "tls.handshake.sig_hash_alg"),
    ),
    **dict.fromkeys(("downgraded", "server-speaks-more"), (("ServerHello", "tls.handshake.random"),)),
    "no-post-quantum": (("ServerHello", "tls.handshake.extensions_key_share_group"), ("ServerHello", "")),
    "compression": (("ServerHello", "tls.handshake.comp_method"),),
    "ticket-lifetime": (("NewSessionTicket", "tls.handshake.session_ticket_lifetime_hint"),),
    "renegotiated": (("HelloRequest", ""), (_HELLO, "")),
    "no-close-notify": (("Alert", ""),),
    **dict.fromkeys(("offers-weak-suites", "offers-static-rsa", "fallback", "grease", "tlscope-offers-weak"), _SUITES),
    "offers-old-version": (
        (_HELLO, "tls.handshake.extensions.supported_versions"),
        (_HELLO, "tls.handshake.version"),
    ),
    "offers-weak-signatures": ((_HELLO, "tls.handshake.sig_hash_algs"),),
    "offers-compression": ((_HELLO, "tls.handshake.comp_methods"),),
    **dict.fromkeys(
        (
            *("broken-hello", "duplicate-extension", "psk-not-last", "offers-insecure-renegotiation"),
            *("offers-early-data", "early-data", "ech", "no-sni", "tlscope-offer-chosen"),
        ),
        ((_HELLO, "tls.handshake.extensions"),),
    ),
    **dict.fromkeys(("expired", "expiring-soon"), ((_SHOWN, "x509af.notAfter"), *_CHAIN)),
    "not-yet-valid": ((_SHOWN, "x509af.notBefore"), *_CHAIN),
    **dict.fromkeys(("name-mismatch", "no-san"), ((_SHOWN, "x509ce.GeneralNames"), *_CHAIN)),
    "short-key": ((_SHOWN, "x509af.subjectPublicKeyInfo_element"), *_CHAIN),
    **dict.fromkeys(("md5-certificate", "sha1-certificate"), ((_SHOWN, "x509af.algorithmIdentifier_element"), *_CHAIN)),
    **dict.fromkeys(("lifetime-over-limit", "long-lifetime"), ((_SHOWN, "x509af.validity_element"), *_CHAIN)),
    **dict.fromkeys(
        (
            *(
                "accepts-invalid-certificate",
                "expired-in-chain",
                "self-signed",
                "invalid-chain",
                "chain-order",
                "root-sent",
                "ca-as-server",
            ),
            *("wrong-purpose", "no-sct", "no-embedded-sct", "revoked", "must-staple", "unreadable-certificate"),
        ),
        _CHAIN,
    ),
}
"""Where what was found stands: messages, with keys of fields, the first that there is; for others the ServerHello."""


def _ends(legs: Legs, width: int) -> Iterator[About]:
    for what, lines in ends(legs, width - len(STEP)):
        yield from _title(what, "bad")
        for line in lines:
            yield line, None


def _title(text: str, style: str = "strong") -> Iterator[About]:
    yield [], None
    yield [Span(text, style)], None


def _goes(step: Step, leg: Leg | None) -> Goes | None:
    ways = ((leg or Leg.CLIENT, step.messages), (Leg.SERVER, step.others))
    return next((Goes(step.topic, way, numbers[0]) for way, numbers in ways if numbers), None)


def _message(legs: Legs, name: str) -> Goes | None:
    """The first message of this name that the client saw."""
    number = legs.client.place(name)
    return None if number is None else Goes(name, Leg.CLIENT, number)


def _number(facts: LegFacts, name: str) -> int | None:
    if not facts.messages:
        return GLIMPSED if facts.hello and name == _HELLO else None
    if name in LATE:
        return next((at for at in reversed(range(len(facts.messages))) if facts.messages[at][1] == name), None)
    return facts.place(name)
