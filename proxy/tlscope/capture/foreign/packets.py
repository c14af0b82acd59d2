"""The TCP segment in a packet: link layer, IP, TCP, as far as they are needed to put a conversation together.

    segment(link, data) -> Segment, or the reason why there is none, or a Fragment (fragments.py puts them together)

Link types are those of https://www.tcpdump.org/linktypes.html. Checksums are not looked at: captures on the sending
machine have wrong ones, because the network card computes them.
"""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import NamedTuple

NOT_IP = "packets that are not IP"
NOT_TCP = "packets that are neither TCP nor UDP"
UDP = "packets of UDP"
QUIC = "packets of UDP to or from port 443, which as a rule is QUIC: it is not read"
FRAGMENT = "fragments of IP packets that are not whole in the file"
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
_Ends = tuple[bytes, bytes]
"""The addresses of a packet: source and target."""


class Segment(NamedTuple):
    """A TCP segment (RFC 9293 section 3.1)."""

    source: End
    target: End
    sequence: int
    flags: int
    data: bytes
    lost: int
    """Bytes of its data that the capture cut off."""


class Fragment(NamedTuple):
    """A part of a packet that was too large for a network on its way (RFC 791 section 3.2, RFC 8200 section 4.5)."""

    whole: tuple[bytes, bytes, int, int]
    """Which packet: source, target, identification, and protocol, which in IPv6 is not part of it."""
    start: int
    end: int
    """Where in the packet's payload; `data` is shorter where the capture cut it off."""
    more: bool
    """Whether others follow it."""
    protocol: int
    """What the payload begins with; in IPv6 true of the first fragment only."""
    data: bytes


def segment(link: int, data: bytes) -> Segment | Fragment | str:
    """The segment in a packet, or a part of one; one of the reasons above where there is none."""
    try:
        return _ip(*_network(link, data))
    except (struct.error, IndexError):
        return SHORT
    except LookupError:
        return OTHER_LINK


def assembled(ends: _Ends, protocol: int, data: bytes, total: int) -> Segment | str:
    """The segment in the payload of a packet that came in fragments: `data` are the first of its `total` bytes."""
    try:
        if len(ends[0]) == 4:
            return _transport(ends, protocol, data, 0, total)
        found = _beyond(ends, protocol, data, 0, total)
    except (struct.error, IndexError):
        return SHORT
    return SHORT if isinstance(found, Fragment) else found  # fragments of fragments: nobody sends them


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


def _ip(kind: int, data: bytes) -> Segment | Fragment | str:
    if kind == _IP4:
        return _ip4(data)
    return _ip6(data) if kind == _IP6 else NOT_IP


def _ip4(data: bytes) -> Segment | Fragment | str:
    head, total, fragment, protocol = (data[0] & 15) * 4, _number(data, 2), _number(data, 6), data[9]
    if data[0] >> 4 != 4 or not 20 <= head <= len(data):
        return SHORT
    ends, total = (data[12:16], data[16:20]), total or len(data)
    if fragment & 0x3FFF:  # more to come, or not the first
        start, more = (fragment & 0x1FFF) * 8, bool(fragment & 0x2000)
        whole = *ends, _number(data, 4), protocol
        return Fragment(whole, start, start + total - head, more, protocol, data[head:total])
    return _transport(ends, protocol, data, head, total)


def _ip6(data: bytes) -> Segment | Fragment | str:
    total = 40 + _number(data, 4)
    if data[0] >> 4 != 6:
        return SHORT
    return _beyond((data[8:24], data[24:40]), data[6], data, 40, total if total > 40 else len(data))


def _beyond(ends: _Ends, following: int, data: bytes, at: int, total: int) -> Segment | Fragment | str:
    """What is behind the extension headers that begin at `at`, the first of them of the kind `following`."""
    for _ in range(MAX_TAGS):
        if following not in _EXTENSIONS:
            break
        if following == _FRAGMENT_HEADER and (place := _number(data, at + 2)) & 0xFFF9:
            start, more, behind = place & 0xFFF8, bool(place & 1), at + 8
            number: int = struct.unpack_from(">I", data, at + 4)[0]
            whole = *ends, number, -1
            return Fragment(whole, start, start + total - behind, more, data[at], data[behind:total])
        size = 8 if following == _FRAGMENT_HEADER else data[at + 1] * 8 + 8
        if following == _AUTHENTICATION:
            size = data[at + 1] * 4 + 8
        following, at = data[at], at + size
    return _transport(ends, following, data, at, total)


def _transport(ends: _Ends, protocol: int, data: bytes, at: int, total: int) -> Segment | str:
    return _tcp(ends, data, at, total) if protocol == _TCP else _other(protocol, data, at)


def _other(protocol: int, data: bytes, at: int) -> str:
    """What is said of what is no TCP."""
    if protocol != _UDP:
        return NOT_TCP
    return QUIC if _HTTPS in (_number(data, at), _number(data, at + 2)) else UDP


def _tcp(ends: _Ends, data: bytes, at: int, total: int) -> Segment | str:
    """`total` bytes were in the IP packet: behind them is what fills up an Ethernet frame."""
    source_port, target_port, sequence, _, offset, flags = struct.unpack_from(">HHIIBB", data, at)
    start = at + (offset >> 4) * 4
    if start < at + 20 or start > total:
        return SHORT
    payload = data[start:total]
    source, target = (ends[0], source_port), (ends[1], target_port)
    return Segment(source, target, sequence, flags, payload, total - start - len(payload))


def host_of(end: End) -> str:
    """An end's IP address as text."""
    return str(ip_address(end[0]))


def address(end: End) -> str:
    """An end as text, with its port."""
    host = host_of(end)
    return f"[{host}]:{end[1]}" if ":" in host else f"{host}:{end[1]}"
