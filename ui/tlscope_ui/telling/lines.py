"""Events as lines: what `watch` prints of each and `show` begins its paragraphs with.

    12:04:31.204 #1 client ▲ ClientHello 517 B TLSv1.3 +0.8 ms
    └ `stamp` ───┘└ `describe` ──────────────────────┘└ `elapsed` ┘

An arrow up goes towards the server, one down towards the client. Strings are put in as they came: Screen (output.py)
makes them safe.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tlscope.capture.foreign import FROM_PACKETS
from tlscope.capture.format import Unreadable
from tlscope.events import (
    Action,
    Ciphertext,
    Closed,
    Data,
    Direction,
    Event,
    Faulted,
    HandshakeDone,
    How,
    LeafForged,
    Leg,
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    Reached,
    Ruled,
    Ruling,
    Secret,
    VerdictGiven,
)
from tlscope.export.jsonl import LEGS, split_secret
from tlscope.wire.tls.codes import AlertLevel, ContentType, ProtocolVersion, message_name, message_note, name_of
from tlscope_ui.telling import Span
from tlscope_ui.text import excerpt, size

if TYPE_CHECKING:
    from tlscope.capture.segment import Record
    from tlscope_ui.telling.masked import Masked

ARROWS = {Direction.UP: "▲", Direction.DOWN: "▼"}
OUTCOMES = {
    OutcomeKind.INTERCEPTED: Span("✓ intercepted", "good"),
    OutcomeKind.PASSED_THROUGH: Span("→ passed-through", "dim"),
    OutcomeKind.CLIENT_REJECTED: Span("✗ client-rejected", "bad"),
    OutcomeKind.UPSTREAM_FAILED: Span("✗ upstream-failed", "bad"),
    OutcomeKind.UPSTREAM_INVALID: Span("✗ upstream-invalid", "bad"),
    OutcomeKind.NOT_TLS: Span("≈ not-tls", "dim"),
    OutcomeKind.REFUSED: Span("⊘ refused", "bad"),
    OutcomeKind.ABORTED: Span("✗ aborted", "bad"),
}
READ = Span("· read from a file", "dim")
"""In the place of an outcome, where nobody stood between: there was no policy, and nothing passed through."""
OPEN = Span("● open", "strong")
LOST = Span("? unfinished", "bad")
"""In its place, where a connection has none: it can still get one, or the recorder ended before it, as when killed."""
ACTIONS = {Action.INTERCEPT: "intercept", Action.PASS_THROUGH: "pass through", Action.REFUSE: "refuse"}
RULINGS = {
    Ruling.INTERCEPT: "intercept",
    Ruling.PASS_THROUGH: "pass through",
    Ruling.REFUSE: "refuse",
    Ruling.FORGET: "forget the rule for",
}
VIA = {
    "connect": "by CONNECT",
    "absolute-form": "by an absolute URL",
    "socks4": "by SOCKS4",
    "socks5": "by SOCKS5",
    "sni": "by SNI",
    "reverse": "by --mode reverse",
    FROM_PACKETS: "read from a file",
}
HOW = {
    How.CLOSE_NOTIFY: "with close_notify",
    How.FIN: "with FIN",
    How.RST: "with a reset",
    How.TIME_OUT: "after a time-out",
    How.ALERT: "with an alert",
}
WHO = {"client": "the client", "upstream": "the server", "network": "the network", "us": "tlscope"}
SIGNED = {
    "authority": "signed by our authority",
    "throw-away": "signed by an authority that nobody trusts, as the server's is untrusted",
    "self": "signed by itself, as the server's is",
}
READ_FROM_WIRE = Span(" (read from the wire)", "dim")
"""Behind a message that nobody decrypted, as it passed in the clear and was relayed untouched."""
EXCERPT = 48
"""Columns of application data in a line, where the terminal does not say how many there are."""


def stamp(wall: int) -> str:
    """The local time of day, to the millisecond."""
    return f"{time.strftime('%H:%M:%S', time.localtime(wall // 10**9))}.{wall // 10**6 % 1000:03d}"


def elapsed(nanoseconds: int) -> str:
    """A time since the beginning, with a unit that suits it: `+0.8 ms`, `+31.4 s`."""
    return f"+{nanoseconds / 1e6:.1f} ms" if abs(nanoseconds) < 10**10 else f"+{nanoseconds / 1e9:.1f} s"


def describe(
    record: Record,
    *,
    room: int = EXCERPT,
    secrets: bool = False,
    masked: Masked | None = None,
    mode: str = "",
) -> list[str | Span]:
    """What happened, in pieces of one line; `room` is how many columns an excerpt of data may take.

    With no room at all, what `details` says is left out as well. `secrets` tells keys; `masked` takes what is secret
    out of the data. `mode` is the connection's, which an outcome alone does not tell.
    """
    return _pieces(record, record.event, room, masked, mode, secrets=secrets)


def outcome_word(outcome: str, mode: str | None) -> Span:
    """How a connection ended, with a glyph; of packets that others captured it is said that they were read."""
    if mode == FROM_PACKETS and outcome == OutcomeKind.PASSED_THROUGH:
        return READ
    return OUTCOMES[OutcomeKind(outcome)] if outcome in set(OutcomeKind) else Span(outcome, "")


def target(host: str, port: int) -> str:
    """Where a connection goes, as `host:port`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def details(event: Event | Unreadable) -> list[str]:
    """What a view with room for it says below the line."""
    match event:
        case VerdictGiven(faults=faults):
            return list(faults)
        case Faulted(next=next_) if next_:
            return [f"Next: {next_}"]
        case _:
            return []


def _pieces(  # noqa: C901, PLR0912 - a table
    record: Record, event: Event | Unreadable, room: int, masked: Masked | None, mode: str, *, secrets: bool
) -> list[str | Span]:
    match event:
        case Opened(mode, client, listener):
            return [_what("opened"), f" {mode}, from {client} to {listener}"]
        case Policy(_, host, port, via) if via == FROM_PACKETS:
            return [_what("server"), f" {target(host, port)} ({VIA[via]})"]
        case Policy(action, host, port, via, rule):
            why = f"{VIA.get(via, via)}, {rule}" if rule else VIA.get(via, via)
            return [_what("policy"), f" {ACTIONS[action]} {target(host, port)} ({why})"]
        case Reached(server):
            return [_what("reached"), f" {server}"]
        case Ciphertext(leg, direction, data):
            return [*_way(leg, direction), Span(f"ciphertext {size(record.size)}", "dim")]
        case Message(leg, direction, version, content_type, data):
            return [*_way(leg, direction), *_message(version, content_type, data)]
        case Secret(leg, data):
            label, _, secret = split_secret(data)
            return [*_leg(leg), Span(f"key log: {label} {secret if secrets else '(masked)'}", "dim")]
        case HandshakeDone():
            return [*_leg(event.leg), Span("✓ ", "good"), _what("handshake"), f" {_negotiated(event)}"]
        case VerdictGiven():
            return [*_leg(Leg.SERVER), *_verdict(event), _below(event, room)]
        case LeafForged(issuer, key, data):
            return [*_leg(Leg.CLIENT), _what("leaf"), f" {key}, {len(data)} B, {SIGNED.get(issuer, issuer)}"]
        case Data():
            return _data(record, event, room, masked)
        case Closed(leg, how, detail):
            return [*_leg(leg), _what("closed"), f" by the {LEGS[leg]} {HOW[how]}{f': {detail}' if detail else ''}"]
        case Faulted(who, code, what):
            blame = Span(f"✗ fault of {WHO[who]}", "bad")
            return [blame, f" [{code}]: {what}", _below(event, room)]
        case Outcome(outcome, up, down, detail):
            carried = f" ▲ {size(up)} ▼ {size(down)}{f': {detail}' if detail else ''}"
            return [outcome_word(outcome, mode), carried]
        case Ruled(ruling, host):
            return [_what("rule"), f" from now on: {RULINGS[ruling]} {host}"]
        case Unreadable(kind, _, reason, _):
            return [Span(f"? record of unknown kind {kind}", "bad"), f" {size(record.length)}: {reason}"]


def _data(record: Record, event: Data, room: int, masked: Masked | None) -> list[str | Span]:
    data, total = masked.of(record) if masked else (event.data, record.size)
    plain = "" if event.encrypted else " outside TLS"
    shown = f" {excerpt(data, room, total)}" if room and total else ""
    return [f"{'data':<6} ", f"{ARROWS[event.direction]} ", f"{size(record.size)}{plain}{shown}"]


def _message(version: int, content_type: int, data: bytes) -> list[str | Span]:
    note = message_note(content_type, data)
    fatal = content_type == ContentType.alert and data[:1] == bytes([AlertLevel.fatal])
    name = Span(message_name(content_type, data), "bad" if fatal else "strong")
    words = (f"{len(data)} B", name_of(ProtocolVersion, version) if version else "", note)
    return [name, f" {' '.join(filter(None, words))}"]


def _verdict(event: VerdictGiven) -> list[str | Span]:
    chain = f"chain of {event.chain_length}"
    if not event.faults:
        return [Span("✓ ", "good"), _what("certificate"), f" of {event.host} is valid ({chain})"]
    then = "mirrored to the client" if event.mirrored else "shown as valid, by -k" if event.pardoned else "refused"
    return [
        Span("✗ ", "bad"),
        _what("certificate"),
        f" of {event.host} is invalid, {then} ({chain})",
    ]


def _below(event: VerdictGiven | Faulted, room: int) -> str:
    """The details, in the line, where it has room for them."""
    return f"; {'; '.join(details(event))}" if room and details(event) else ""


def _negotiated(event: HandshakeDone) -> str:
    optional = {"ALPN": event.alpn, "SNI": event.sni}
    named = [f"{name} {value}" for name, value in optional.items() if value]
    facts = [event.version, event.cipher, event.group, *named, "resumed" if event.resumed else ""]
    return " ".join(filter(None, facts))


def _what(name: str) -> Span:
    return Span(name, "strong")


def _leg(leg: Leg) -> list[str | Span]:
    return [Span(LEGS[leg], LEGS[leg]), " "]


def _way(leg: Leg, direction: Direction) -> list[str | Span]:
    return [*_leg(leg), f"{ARROWS[direction]} "]
