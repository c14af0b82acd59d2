"""Packets and files of packets made by hand."""

from __future__ import annotations

import ipaddress
import struct

CLIENT, SERVER = ("10.0.0.1", 50124), ("10.0.0.2", 443)
FIN, SYN, RST, PUSH, ACK = 1, 2, 4, 8, 16
NOON = 1_763_640_000


def tcp(source, target, sequence, flags=ACK, data=b"", options=b""):
    offset = (20 + len(options)) // 4 << 4
    return struct.pack(">HHIIBBHHH", source, target, sequence % 2**32, 0, offset, flags, 65535, 0, 0) + options + data


def ip(source, target, payload, protocol=6, *, fragment=0, total=None, extensions=b"", first=None):
    source, target = ipaddress.ip_address(source), ipaddress.ip_address(target)
    size = len(extensions) + len(payload)
    if source.version == 6:
        first = protocol if first is None else first
        head = struct.pack(">IHBB", 6 << 28, size if total is None else total, first, 64)
        return head + source.packed + target.packed + extensions + payload
    size = 20 + size if total is None else total
    head = struct.pack(">BBHHHBBH", 0x45, 0, size, 0, fragment, 64, protocol, 0)
    return head + source.packed + target.packed + payload


def packet(sequence, data=b"", flags=ACK, *, back=False, client=CLIENT, server=SERVER):
    """From the client to the server, or `back`."""
    source, target = (server, client) if back else (client, server)
    return ip(source[0], target[0], tcp(source[1], target[1], sequence, flags, data))


def pcap(*packets, order="<", link=101, nanoseconds=False):
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    made = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for number, data in enumerate(packets):
        made += struct.pack(order + "IIII", NOON + number, number, len(data), len(data)) + data
    return made


def block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order="<"):
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link=101, order="<", snapshot=0, options=b""):
    return block(1, struct.pack(order + "HHI", link, 0, snapshot) + options, order)


def enhanced(data, ticks=0, number=0, order="<", original=None):
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), original or len(data))
    return block(6, head + data, order)


def reader(data):
    return lambda offset, size: data[offset : offset + size]
