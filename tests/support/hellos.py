"""ClientHellos as streams: what real clients sent, and one made by hand with all that is read of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.handshakes import block, numbers
from tlscope.wire.tls.hello import HelloCollector

LIMIT = 64 * 1024
HELLOS = {
    path.stem: path.read_bytes() for path in sorted((Path(__file__).parents[1] / "data" / "hellos").glob("*.bin"))
}
"""In their records: tests/data/hellos/README.md."""
EVERY_HELLO = pytest.mark.parametrize("name", HELLOS)


def collector():
    return HelloCollector(LIMIT)


def extension(kind, body):
    return kind.to_bytes(2, "big") + block(2, body)


def sni(name, kind=0):
    return extension(0, block(2, bytes([kind]) + block(2, name)))


def message(*extensions, version=0x0303, suites=(0x1301, 0xC02B), session=b"s" * 32, tail=None):
    """A ClientHello with its handshake header; `tail` in the place of the whole block of extensions."""
    body = numbers(version) + bytes(32) + block(1, session) + block(2, numbers(*suites)) + block(1, b"\0")
    body += block(2, b"".join(extensions)) if tail is None else tail
    return b"\x01" + block(3, body)


FULL = message(
    extension(0x0A0A, b""),  # GREASE (RFC 8701)
    sni(b"Example.COM"),
    extension(10, block(2, numbers(0x2A2A, 4588, 29, 23))),
    extension(13, block(2, numbers(0x0403, 0x0804))),
    extension(16, block(2, block(1, b"h2") + block(1, b"\x00\xff"))),
    extension(43, block(1, numbers(0x1A1A, 0x0304, 0x0303))),
    extension(51, block(2, numbers(0x2A2A) + block(2, b"\0") + numbers(29) + block(2, bytes(32)))),
    suites=(0x3A3A, 0x1301, 0xC02B),
)
