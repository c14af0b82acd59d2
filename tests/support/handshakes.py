"""Handshake messages made by hand, as events.Message holds them."""

from __future__ import annotations

from pathlib import Path

from tlscope.events import Direction, HandshakeDone, Leg, Message
from tlscope.wire.tls.codes import HELLO_RETRY_RANDOM
from tlscope.wire.tls.meaning.gist import first_message

HELLOS = {
    path.stem: first_message(path.read_bytes())
    for path in sorted((Path(__file__).parents[1] / "data" / "hellos").glob("*.bin"))
}
"""What real clients sent: tests/data/hellos/README.md."""


def block(size, data):
    return len(data).to_bytes(size) + data


def numbers(*values):
    return b"".join(value.to_bytes(2) for value in values)


def message(kind, body):
    return bytes([kind]) + block(3, body)


def extensions(found):
    """A block of extensions, from pairs of a type and a body."""
    return block(2, b"".join(kind.to_bytes(2) + block(2, body) for kind, body in found))


def server_name(name):
    return 0, block(2, b"\0" + block(2, name.encode()))


def groups(*values):
    return 10, block(2, numbers(*values))


def schemes(*values):
    return 13, block(2, numbers(*values))


def alpn(*names):
    return 16, block(2, b"".join(block(1, name) for name in names))


def versions(*values):
    return 43, block(1, numbers(*values))


def key_shares(*values):
    return 51, block(2, b"".join(numbers(value) + block(2, bytes(32)) for value in values))


def client_hello(*found, version=0x0303, suites=(0x1301,), session=b"", compression=b"\0", random=bytes(32)):
    body = numbers(version) + random + block(1, session) + block(2, numbers(*suites)) + block(1, compression)
    return message(1, body + extensions(found) if found else body)


def server_hello(*found, version=0x0303, suite=0x1301, session=b"", compression=0, random=bytes(32), retry=False):
    random = HELLO_RETRY_RANDOM if retry else random
    body = numbers(version) + random + block(1, session) + numbers(suite) + bytes([compression])
    return message(2, body + extensions(found) if found else body)


def certificate(*chain, version=0x0304, beside=()):
    """A chain; in TLS 1.3 with extensions of the leaf's entry, as pairs of a type and a body."""
    if version == 0x0304:
        listed = [block(3, der) + (b"\0\0" if place else extensions(beside)) for place, der in enumerate(chain)]
        return message(11, b"\0" + block(3, b"".join(listed)))
    return message(11, block(3, b"".join(block(3, der) for der in chain)))


def dh_exchange(bits, *, scheme=0x0804, version=0x0303):
    """A ServerKeyExchange over a group of so many bits."""
    number = block(2, (1 << (bits - 1)).to_bytes((bits + 7) // 8))
    return message(12, number + block(2, b"\2") + number + _signature(scheme, version))


def ecdh_exchange(group, *, scheme=0x0804, version=0x0303):
    """A ServerKeyExchange over a named group."""
    return message(12, b"\3" + numbers(group) + block(1, bytes(65)) + _signature(scheme, version))


def certificate_verify(scheme):
    return message(15, _signature(scheme, 0x0303))


def ticket(lifetime, version=0x0304):
    if version == 0x0304:
        return message(4, lifetime.to_bytes(4) + bytes(4) + block(1, b"n") + block(2, b"ticket") + b"\0\0")
    return message(4, lifetime.to_bytes(4) + block(2, b"ticket"))


def _signature(scheme, version):
    return (numbers(scheme) if version == 0x0303 else b"") + block(2, bytes(64))


def records(data, size=1 << 14):
    """A stream's beginning: handshake records of `size` bytes."""
    return b"".join(b"\x16\x03\x01" + block(2, data[at : at + size]) for at in range(0, len(data), size))


UP, DOWN, CLIENT, SERVER = Direction.UP, Direction.DOWN, Leg.CLIENT, Leg.SERVER
CCS, FINISHED, HELLO_DONE = b"ccs", message(20, bytes(12)), message(14, b"")
CLOSE_NOTIFY = b"\1\0"


def events(*passed, leg=SERVER, version=0x0304):
    """Messages as the journal has them, from pairs of a direction and bytes; two bytes are an alert."""
    kinds = {CCS: 20}
    return [
        Message(leg, way, version, kinds.get(data, 21 if len(data) == 2 else 22), b"\1" if data == CCS else data)
        for way, data in passed
    ]


HELLO = client_hello(
    server_name("www.example.com"),
    groups(0x11EC, 29, 23),
    (11, block(1, b"\0")),
    schemes(0x0403, 0x0804),
    alpn(b"h2", b"http/1.1"),
    (23, b""),
    versions(0x0304, 0x0303),
    key_shares(0x11EC, 29),
    (0xFF01, b"\0"),
    suites=(0x1301, 0xC02F),
)
"""A client of today, that can speak TLS 1.2 too."""


def handshake13(*chain, hello=HELLO, answer=None, encrypted=(), scheme=0x0804, leg=SERVER):
    """A handshake of TLS 1.3 as events: with X25519MLKEM768, and ended by HandshakeDone."""
    answer = answer or server_hello((43, b"\3\4"), (51, numbers(0x11EC) + block(2, bytes(32))))
    return [
        *events(
            (UP, hello),
            (DOWN, answer),
            (DOWN, CCS),
            (DOWN, message(8, extensions(encrypted))),
            (DOWN, certificate(*chain or (b"",))),
            (DOWN, certificate_verify(scheme)),
            (DOWN, FINISHED),
            (UP, CCS),
            (UP, FINISHED),
            leg=leg,
        ),
        HandshakeDone(leg, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519MLKEM768", "", ""),
    ]


def handshake12(*chain, hello=HELLO, answer=None, exchange=None, leg=SERVER, version=0x0303):
    """A handshake of TLS 1.2 or less as events: ECDHE with x25519, hardened as can be."""
    answer = answer or server_hello((0xFF01, b"\0"), (23, b""), suite=0xC02F, version=version)
    exchange = ecdh_exchange(29, version=version) if exchange is None else exchange
    passed = [(UP, hello), (DOWN, answer), (DOWN, certificate(*chain or (b"",), version=version)), (DOWN, exchange)]
    passed += [
        (DOWN, HELLO_DONE),
        (UP, message(16, bytes(33))),
        (UP, CCS),
        (UP, FINISHED),
        (DOWN, CCS),
        (DOWN, FINISHED),
    ]
    return [
        *events(*[item for item in passed if item[1]], leg=leg, version=version),
        HandshakeDone(leg, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "", "", ""),
    ]
