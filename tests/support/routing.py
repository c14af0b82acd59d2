"""What clients ask a proxy for: CONNECT, SOCKS, and a front that hears them."""

from tlscope.engine.routes import (
    Front,
)

LIMIT = 64 * 1024
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
SOCKS5_REACHED = b"\x05\x00\x00\x01" + bytes(6)
SOCKS4_REACHED = b"\x00\x5a" + bytes(6)
NO_AUTHENTICATION = b"\x05\x01\x00"
LONGEST = ".".join(["a" * 63] * 3 + ["b" * 61])


def front():
    return Front(LIMIT)


class Conversation:
    """A front with all that it replied."""

    def __init__(self, limit=LIMIT):
        self.front, self.said = Front(limit), b""

    def feed(self, data):
        found = self.front.feed(data)
        self.said += self.front.reply
        return found


def connect(target, *fields):
    return b"CONNECT " + target + b" HTTP/1.1\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def socks5(kind, host, port=443, command=1):
    """The request that follows the greeting."""
    return bytes([5, command, 0, kind]) + host + port.to_bytes(2, "big")


def named(host):
    return bytes([len(host)]) + host


def socks4(host, port=443, user=b"", name=None, command=1):
    tail = b"" if name is None else name + b"\0"
    return bytes([4, command]) + port.to_bytes(2, "big") + host + user + b"\0" + tail
