"""The TCP segment in a packet: link layer, IP, TCP, as far as they are needed to put a conversation together.

    segment(link, data) -> Segment, or the reason why there is none

Link types are those of https://www.tcpdump.org/linktypes.html. Checksums are not looked at: captures on the sending
machine have wrong ones, because the network card computes them.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

NOT_IP = "packets that are not IP"
NOT_TCP = "packets that are neither TCP nor UDP"
UDP = "packets of UDP"
QUIC = "packets of UDP to or from port 443, which as a rule is QUIC: it is not read"
FRAGMENT = "fragments of IP packets"
SHORT = "packets that are cut off in their headers, or damaged"
OTHER_LINK = "packets of a kind of network that is not read"

MAX_TAGS = 8
"""VLAN tags and IPv6 extension headers before the packet is given up: there are hardly ever more than two."""

FIN, SYN, RST, ACK = 1, 2, 4, 16
_IP4, _IP6 = 0x0800, 0x86DD
_TAGS = frozenset({0x8100, 0x88A8, 0x9100})
"""EtherTypes of VLAN tags (IEEE 802.1Q), the last one before it was agreed upon."""
_TCP, _UDP, _FRAGMENT_HEADER, _AUTHENTICATION = 6, 17, 44, 51
_HTTPS = 443
_EXTENSIONS = frozenset({0, 43, 60, 135, 139, 140, _FRAGMENT_HEADER, _AUTHENTICATION})
"""IPv6 extension headers (RFC 8200 section 4)."""
_FAMILIES = {2: _IP4, 10: _IP6, 24: _IP6, 28: _IP6, 30: _IP6}
"""AF_INET, and AF_INET6 as Linux, NetBSD, FreeBSD and Darwin number it."""
_RAW = frozenset({12, 14, 101, 228, 229})

End = tuple[bytes, int]
"""An address, of 4 or 16 bytes, and a port."""


class Segment(NamedTuple):
    """A TCP segment (RFC 9293 section 3.1)."""

    source: End
    target: End
    sequence: int
    flags: int
    data: bytes
    lost: int
    """Bytes of its data that the capture cut off."""


def segment(link: int, data: bytes) -> Segment | str:
    """The segment in a packet; one of the reasons above where there is none."""
    try:
        return _ip(*_network(link, data))
    except (struct.error, IndexError):
        return SHORT
    except LookupError:
        return OTHER_LINK


def _network(link: int, data: bytes) -> tuple[int, bytes]:
    """The EtherType of what a frame carries, and that."""
    if link in _RAW:
        return (_IP6 if data[0] >> 4 == 6 else _IP4), data
    if link == 1:
        kind, at = _number(data, 12), 14
    elif link == 113:
        kind, at = _number(data, 14), 16
    elif link == 276:
        kind, at = _number(data, 0), 20
    elif link in {0, 108}:  # in the byte order of the machine that captured, and of the network
        return _FAMILIES.get(max(data[0], data[3]), 0), data[4:]
    else:
        raise KeyError(link)
    for _ in range(MAX_TAGS):
        if kind not in _TAGS:
            break
        kind, at = _number(data, at + 2), at + 4
    return kind, data[at:]


def _number(data: bytes, at: int) -> int:
    found: int = struct.unpack_from(">H", data, at)[0]
    return found


def _ip(kind: int, data: bytes) -> Segment | str:
    if kind == _IP4:
        return _ip4(data)
    return _ip6(data) if kind == _IP6 else NOT_IP


def _ip4(data: bytes) -> Segment | str:
    head, total, fragment, protocol = (data[0] & 15) * 4, _number(data, 2), _number(data, 6), data[9]
    if data[0] >> 4 != 4 or head < 20:
        return SHORT
    if fragment & 0x3FFF:  # more to come, or not the first
        return FRAGMENT
    if protocol != _TCP:
        return _other(protocol, data, head)
    return _tcp(data[12:16], data[16:20], data, head, total or len(data))


def _ip6(data: bytes) -> Segment | str:
    following, at, total = data[6], 40, 40 + _number(data, 4)
    if data[0] >> 4 != 6:
        return SHORT
    for _ in range(MAX_TAGS):
        if following not in _EXTENSIONS:
            break
        if following == _FRAGMENT_HEADER and _number(data, at + 2) & 0xFFF9:
            return FRAGMENT
        size = 8 if following == _FRAGMENT_HEADER else data[at + 1] * 8 + 8
        if following == _AUTHENTICATION:
            size = data[at + 1] * 4 + 8
        following, at = data[at], at + size
    if following != _TCP:
        return _other(following, data, at)
    return _tcp(data[8:24], data[24:40], data, at, total if total > 40 else len(data))


def _other(protocol: int, data: bytes, at: int) -> str:
    """What is said of what is no TCP."""
    if protocol != _UDP:
        return NOT_TCP
    return QUIC if _HTTPS in (_number(data, at), _number(data, at + 2)) else UDP


def _tcp(source: bytes, target: bytes, data: bytes, at: int, total: int) -> Segment | str:
    """`total` bytes were in the IP packet: behind them is what fills up an Ethernet frame."""
    source_port, target_port, sequence, _, offset, flags = struct.unpack_from(">HHIIBB", data, at)
    start = at + (offset >> 4) * 4
    if start < at + 20 or start > total:
        return SHORT
    payload = data[start:total]
    return Segment((source, source_port), (target, target_port), sequence, flags, payload, total - start - len(payload))
