"""Connections that carry messages inside, as wsproto and h2 speak them: lists of Data events."""

from __future__ import annotations

import gzip

import h2.config
import h2.connection
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.extensions import PerMessageDeflate

import hostile
from tlscope.events import Data, Direction

UP, DOWN = Direction.UP, Direction.DOWN
SAID = (
    (UP, TextMessage(data="hello needle")),
    (DOWN, Ping(payload=b"a quiet needle")),
    (DOWN, TextMessage(data="a needle, and a needle")),
    (UP, BytesMessage(data=b"\0\1\2needle")),
    (DOWN, CloseConnection(code=1000, reason="bye")),
)

LONG = b"0123456789" * 1000
CHAT = (
    (UP, TextMessage(data='{"token": "s3cret", "n": 1}')),
    (DOWN, BytesMessage(data=LONG)),
    (UP, Ping(payload=b"hi")),
    (DOWN, TextMessage(data="".join(hostile.MARKS) + "[red]end")),
)
"""What has a secret, is long, is no message, and would drive a terminal."""


def websocket(*, deflate=False, said=SAID):
    """A WebSocket of HTTP/1.1, its client's frames masked, and with permessage-deflate if wanted."""
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    agreed = b"Sec-WebSocket-Extensions: permessage-deflate\r\n" if deflate else b""
    asked = b"GET /chat HTTP/1.1\r\nHost: here\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    answered = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    talk = [(UP, asked + upgrade + agreed + b"\r\n"), (DOWN, answered + upgrade + agreed + b"\r\n")]
    return [Data(way, data) for way, data in [*talk, *frames(deflate=deflate, said=said)]]


def frames(*, deflate=False, said=SAID):
    """Events of wsproto as the bytes that pass."""
    sides = [_side(kind, deflate=deflate) for kind in (ConnectionType.CLIENT, ConnectionType.SERVER)]
    return [(way, bytes(sides[way].send(event))) for way, event in said]


def _side(kind, *, deflate):
    extension = PerMessageDeflate()
    if deflate:
        extension._enabled = True
        extension.finalize("permessage-deflate")
    return Connection(kind, extensions=[extension] if deflate else [])


def grpc(*, compressed=True):
    """A call of gRPC, whose client's message may be compressed, and whose server's is not."""
    call = Http2([(":method", "POST"), (":path", "/svc/Do"), ("content-type", "application/grpc"), ("te", "trailers"),
                  ("grpc-encoding", "gzip" if compressed else "identity")],
                 [("content-type", "application/grpc")])  # fmt: skip
    message = b"ask for a needle"
    packed = gzip.compress(message, mtime=0) if compressed else message
    call.send(UP, bytes([compressed]) + len(packed).to_bytes(4, "big") + packed)
    call.send(DOWN, b"\0" + (13).to_bytes(4, "big") + b"get the other")
    return call.talk


def websocket_over_http2(*, deflate=False):
    """A WebSocket in a stream of HTTP/2 (RFC 8441)."""
    agreed = [("sec-websocket-extensions", "permessage-deflate")] if deflate else []
    call = Http2([(":method", "CONNECT"), (":protocol", "websocket"), (":path", "/chat"), *agreed], agreed)
    for way, data in frames(deflate=deflate):
        call.send(way, data)
    return call.talk


class Http2:
    """One exchange of h2, open in both directions; `talk` is what passed."""

    def __init__(self, asked, answered):
        self._sides = []
        for client in (True, False):
            config = h2.config.H2Configuration(client_side=client, validate_outbound_headers=False,
                                               validate_inbound_headers=False)  # fmt: skip
            self._sides.append(h2.connection.H2Connection(config))
            self._sides[-1].initiate_connection()
        self.talk = []
        self._pass_on()
        self._sides[UP].send_headers(1, [*asked, (":scheme", "https"), (":authority", "here")])
        self._pass_on()
        self._sides[DOWN].send_headers(1, [(":status", "200"), *answered])
        self._pass_on()

    def send(self, way, data):
        """One side says something."""
        self._sides[way].send_data(1, data)
        self._pass_on()

    def _pass_on(self):
        while any(said := [side.data_to_send() for side in self._sides]):
            for way in (UP, DOWN):
                if said[way]:
                    self.talk.append(Data(way, said[way]))
                    self._sides[1 - way].receive_data(said[way])
