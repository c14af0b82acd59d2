"""What is said in HTTP/2: frames put together by hand, and the talk of two peers of h2."""

from __future__ import annotations

import h2.config
import h2.connection
import hpack

from support.observing import DOWN, UP
from tlscope.wire.http.http2_frame import PREFACE

ASK = [(":method", "GET"), (":scheme", "https"), (":authority", "a.example"), (":path", "/a?b"), ("user-agent", "me")]
POST = [(":method", "POST"), (":scheme", "https"), (":authority", "a.example"), (":path", "/p")]
SETTINGS = b"\0\0\0\4\0\0\0\0\0"


class Talk:
    """A client and a server of h2, whose bytes are kept in the order in which they passed."""

    def __init__(self):
        self.sides = []
        for client in (True, False):
            config = h2.config.H2Configuration(client_side=client)
            for way in ("inbound", "outbound"):  # what it sends and says it heard is what passes
                setattr(config, f"validate_{way}_headers", False)
                setattr(config, f"normalize_{way}_headers", False)
            self.sides.append(h2.connection.H2Connection(config))
            self.sides[-1].initiate_connection()
        self.client, self.server = self.sides
        self.talk = []
        self.heard = []
        self.pass_on()

    def pass_on(self):
        """Let each hear what the other has to say, until both are silent."""
        while True:
            said = [side.data_to_send() for side in self.sides]
            if not any(said):
                return self
            for way in (UP, DOWN):
                if said[way]:
                    self.talk.append((way, said[way]))
                    self.heard += [(way, event) for event in self.sides[1 - way].receive_data(said[way])]


def pairs(headers):
    return [(found.name, found.value) for found in headers]


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def block(headers, encoder=None):
    return (encoder or hpack.Encoder()).encode(headers)


def opened(*frames):
    """A talk whose client sends these frames."""
    return [(UP, PREFACE + SETTINGS + b"".join(frames)), (DOWN, SETTINGS)]


REQUEST_BLOCK = block(ASK)


def asked(*pairs_):
    return frame(1, 5, 1, block(pairs_))
