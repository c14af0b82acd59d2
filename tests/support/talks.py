"""Connections as they are recorded, to hosts of any name, with as many exchanges as wanted."""

from journals import CLIENT, DOWN, SERVER, UP, name
from tlscope.capture.inspector import catch_up
from tlscope.events import Action, Closed, Data, HandshakeDone, How, Opened, Outcome, OutcomeKind, Policy


def talk(host, exchanges=0, outcome=OutcomeKind.INTERCEPTED, up=1, down=2):
    """The records of a connection, with exchanges of HTTP/1.1; a host of None: it never says to which."""
    events = [Opened("explicit", "127.0.0.1:50124", "127.0.0.1:8080")]
    if host is not None:
        events.append(Policy(Action.INTERCEPT, host, 443, "connect"))
        events += [
            HandshakeDone(leg, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "http/1.1", host)
            for leg in (SERVER, CLIENT)
        ]
    for number in range(exchanges):
        events += [
            Data(UP, b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % number),
            Data(DOWN, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        ]
    return [*events, Closed(CLIENT, How.CLOSE_NOTIFY), Outcome(outcome, up, down)]


def written(directory, parts):
    """The first segment of a live capture, as far as it was recorded, and the index of that."""
    (directory / name()).write_bytes(b"".join(parts))
    assert catch_up(directory)
