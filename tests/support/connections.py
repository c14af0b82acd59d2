"""Connections for the screen's tests: whole ones, with messages that say something."""

from __future__ import annotations

from support.handshakes import CLOSE_NOTIFY, DOWN, UP, events, handshake12, handshake13, records, ticket
from tlscope.events import (
    Action,
    Ciphertext,
    Closed,
    Data,
    HandshakeDone,
    How,
    LeafForged,
    Leg,
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    VerdictGiven,
)

CLIENT, SERVER = Leg.CLIENT, Leg.SERVER
BEGUN = [
    Opened("explicit", "127.0.0.1:50124", "127.0.0.1:8080"),
    Policy(Action.INTERCEPT, "www.example.com", 443, "connect"),
]


def intercepted(real=b"", forged=b"", *, verdict=()):
    """TLS 1.3 to the server, TLS 1.2 to the client, data, a ticket, and a good end; certificates are DER."""
    return [
        *BEGUN,
        *handshake13(real),
        VerdictGiven("www.example.com", tuple(verdict), 1),
        LeafForged("authority", "P-256", forged),
        *handshake12(forged, leg=CLIENT),
        Data(UP, b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"),
        *events((DOWN, ticket(7200))),
        Data(DOWN, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"),
        Data(DOWN, b"ok"),
        *events((UP, CLOSE_NOTIFY), leg=CLIENT),
        Closed(CLIENT, How.CLOSE_NOTIFY),
        Outcome(OutcomeKind.INTERCEPTED, 41, 40),
    ]


def refused(alert=48, *, sealed=False):
    """A client that sends an alert when it has seen our certificate: in the clear, or under its key."""
    record = b"\x17\x03\x03\x00\x13" + bytes(19) if sealed else b"\x15\x03\x03\x00\x02" + bytes((2, alert))
    shown = [event for event in handshake13(leg=CLIENT) if not isinstance(event, HandshakeDone)]
    return [
        *BEGUN,
        *handshake13(),
        *shown[:-2],
        Ciphertext(CLIENT, UP, record),
        Message(CLIENT, UP, 0x0304, 21, bytes((2, alert))),
        Closed(CLIENT, How.ALERT, "unknown_ca"),
        Outcome(OutcomeKind.CLIENT_REJECTED, 0, 0, "unknown_ca"),
    ]


def passed_through(hello):
    """A connection that nobody opened, and its hello."""
    return [
        BEGUN[0],
        Policy(Action.PASS_THROUGH, "www.example.com", 443, "connect", "--passthrough *"),
        Ciphertext(CLIENT, UP, records(hello)),
        Data(UP, bytes(300)),
        Data(DOWN, bytes(500)),
        Outcome(OutcomeKind.PASSED_THROUGH, 300, 500),
    ]
