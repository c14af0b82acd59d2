"""The blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, as bytes.

    section(...) interface(...) secrets(...) names(...) packet(...)

A file is one section: its header, the interfaces, and then packets, with secrets and names before the packets that need
them. Times are nanoseconds since the epoch.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv6Address

LINKTYPE_RAW = 101
"""Packets begin with an IP header, version 4 or 6."""
TLS_KEY_LOG = 0x544C534B
"""The secrets type of section 4.7: lines of a TLS key log."""
MAX_TEXT = 8000
"""Bytes of text in an option, which counts them in 16 bits: a comment of somebody's may be 2,000 characters long."""

_SECTION, _INTERFACE, _NAMES, _PACKET, _SECRETS = 0x0A0D0D0A, 1, 4, 6, 10
_BYTE_ORDER = 0x1A2B3C4D
_UNKNOWN_LENGTH = 0xFFFF_FFFF_FFFF_FFFF
_END, _COMMENT = 0, 1
_HARDWARE, _SYSTEM, _APPLICATION = 2, 3, 4
_NAME, _DESCRIPTION, _RESOLUTION = 2, 3, 9
_PACKET_ID = 5
_IPV4, _IPV6 = 1, 2
_NANOSECONDS = b"\x09"


def section(application: str, comment: str = "") -> bytes:
    """The section header, with who wrote it."""
    head = struct.pack("<IHHQ", _BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH)
    return _block(_SECTION, head + _options((_APPLICATION, application), (_COMMENT, comment)))


def interface(name: str, description: str) -> bytes:
    """An interface; packets name it by its number, from 0 in the order of these blocks."""
    options = _options((_NAME, name), (_DESCRIPTION, description), (_RESOLUTION, _NANOSECONDS))
    return _block(_INTERFACE, struct.pack("<HHI", LINKTYPE_RAW, 0, 0) + options)


def secrets(lines: bytes) -> bytes:
    """A Decryption Secrets Block with lines of a TLS key log."""
    return _block(_SECRETS, struct.pack("<II", TLS_KEY_LOG, len(lines)) + _padded(lines))


def names(known: Mapping[IPv4Address | IPv6Address, str]) -> bytes:
    """A Name Resolution Block."""
    records = b""
    for address, name in known.items():
        value = address.packed + _utf8(name).replace(b"\0", b"") + b"\0"
        records += struct.pack("<HH", _IPV4 if address.version == 4 else _IPV6, len(value)) + _padded(value)
    return _block(_NAMES, records + struct.pack("<HH", _END, 0))


def packet(number: int, wall: int, data: bytes, *comments: str, identity: int = 0) -> bytes:
    """A packet on an interface; packets with the same `identity` are one, seen in several places."""
    wall = max(wall, 0)
    head = struct.pack("<IIIII", number, wall >> 32 & 0xFFFF_FFFF, wall & 0xFFFF_FFFF, len(data), len(data))
    options: list[tuple[int, str | bytes]] = [(_COMMENT, comment) for comment in comments if comment]
    if identity:
        options.append((_PACKET_ID, struct.pack("<Q", identity)))
    return _block(_PACKET, head + _padded(data) + (_options(*options) if options else b""))


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def _options(*options: tuple[int, str | bytes]) -> bytes:
    made = b""
    for code, value in options:
        data = value if isinstance(value, bytes) else _utf8(value)
        if data:
            made += struct.pack("<HH", code, len(data)) + _padded(data)
    return made + struct.pack("<HH", _END, 0)


def _utf8(text: str) -> bytes:
    """At most MAX_TEXT bytes, cut between two characters."""
    return text.encode(errors="backslashreplace")[:MAX_TEXT].decode(errors="ignore").encode()


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
