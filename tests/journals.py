"""Journals for tests, written with the format's own functions and nothing of the writer."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tlscope.capture.format import record, segment_head
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
    Secret,
    VerdictGiven,
    Who,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NOON = 1_763_640_000 * 10**9
"""The time of the first event: 2025-11-20T12:00:00Z."""
TICK = 1_500_000
"""Nanoseconds between two events."""
SALT = 0x5EED5A17

CLIENT, SERVER = Leg.CLIENT, Leg.SERVER
UP, DOWN = Direction.UP, Direction.DOWN


def handshake(kind: int, body: bytes = b"\x00" * 8) -> bytes:
    """A handshake message of a type with a body."""
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


SERVER_HELLO = handshake(2, b"\x03\x03" + bytes(32) + b"\x00" + b"\x13\x01" + b"\x00" + b"\x00\x00")
SECRET = b"SERVER_HANDSHAKE_TRAFFIC_SECRET " + b"ab" * 32 + b" " + b"cd" * 32

GET = b"GET /\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n\r\n"

STORY: list[Event] = [
    Opened("explicit", "127.0.0.1:50124", "127.0.0.1:8080"),
    Policy(Action.INTERCEPT, "localhost", 8443, "connect"),
    Message(CLIENT, UP, 0x0303, 22, handshake(1, bytes(200))),
    Message(SERVER, UP, 0x0303, 22, handshake(1, bytes(100))),
    Ciphertext(SERVER, UP, b"\x16\x03\x01\x00\x68"),
    Message(SERVER, DOWN, 0x0304, 22, SERVER_HELLO),
    Secret(SERVER, SECRET),
    Message(SERVER, DOWN, 0x0304, 22, handshake(8)),
    HandshakeDone(SERVER, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519MLKEM768", "http/1.1", "localhost"),
    VerdictGiven("localhost", (), 2),
    LeafForged("authority", "P-256", b"\x30\x82\x01\x00"),
    HandshakeDone(
        CLIENT, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "x25519", "", "localhost", resumed=True
    ),
    Data(UP, GET),
    Data(DOWN, bytes(range(20))),
    Message(CLIENT, UP, 0x0304, 21, b"\x01\x00"),
    Closed(CLIENT, How.CLOSE_NOTIFY),
    Outcome(OutcomeKind.INTERCEPTED, len(GET), 20),
]
"""An intercepted connection, with an event of each kind but a fault."""

REFUSAL: list[Event] = [
    Opened("explicit", "[::1]:50125", "[::1]:8080"),
    Policy(Action.INTERCEPT, "::1", 443, "connect", "--only *"),
    VerdictGiven("::1", ("expired: it is over", "name-mismatch: it is another"), 1),
    Message(CLIENT, UP, 0x0304, 21, b"\x02\x30"),
    Faulted(Who.CLIENT, "client-rejected", "the client refused our certificate", "give it ours: tlscope ca path"),
    Closed(CLIENT, How.ALERT, "unknown_ca"),
    Outcome(OutcomeKind.CLIENT_REJECTED, 0, 0, "unknown_ca"),
]
"""A client that does not accept what it is shown."""


def segment(events: Iterable[tuple[int, Event]], *, salt: int = SALT, begin: int = 0, step: int = TICK) -> list[bytes]:
    """A segment's header and records; event `i` happens `begin + i * step` nanoseconds after noon."""
    records = [
        record(event, connection, NOON + begin + i * step, begin + i * step, salt)
        for i, (connection, event) in enumerate(events)
    ]
    return [segment_head({"salt": salt}), *records]


def name(number: int = 1, series: int = 0) -> str:
    """A segment's file name."""
    return f"journal-{series}-{number:06d}.tlsj"


def capture(directory: Path, *connections: Iterable[Event]) -> Path:
    """A finished capture with whole connections, numbered from 1, one after the other in one segment."""
    directory.mkdir(exist_ok=True)
    numbered = [(number, event) for number, events in enumerate(connections, 1) for event in events]
    (directory / name()).write_bytes(b"".join(segment(numbered)))
    (directory / "meta.json").write_text("{}")
    return directory


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold the capture as a recorder does, so that it is live."""
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
