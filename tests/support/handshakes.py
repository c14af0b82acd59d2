"""Handshake messages made by hand, as events.Message holds them."""

from __future__ import annotations

from pathlib import Path

from tlscope.wire.tls.codes import HELLO_RETRY_RANDOM
from tlscope.wire.tls.gist import first_message

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


def certificate(*chain, version=0x0304):
    if version == 0x0304:
        return message(11, b"\0" + block(3, b"".join(block(3, der) + b"\0\0" for der in chain)))
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
