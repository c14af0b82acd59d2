"""A TCP conversation made up around bytes, as the IP packets that would have carried them.

    conversation = Conversation(Endpoint(client, 50124), Endpoint(server, 443))
    conversation.open() + conversation.send(Direction.UP, data) + conversation.finish(Direction.UP)

What tlscope records are the bytes, not the segments: these are its own, and as plain as can be. Handshake, sequence
numbers, acknowledgements and checksums are such that no reader finds fault with them.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import NamedTuple

from tlscope.events import Direction

SEGMENT = 60_000
"""Bytes in one segment; with its headers it must fit into the 65,535 of an IP packet."""
UNACKNOWLEDGED = 8 << 20
"""Bytes sent in one direction before the other side says that it has them; the window below has room for far more."""
WINDOW, WINDOW_SHIFT = 0xFFFF, 14
"""The largest window that there is (RFC 7323 section 2.2): 1 GiB."""
MSS = 0xFFFF

_FIN, _SYN, _RST, _PSH, _ACK = 1, 2, 4, 8, 16
_TCP = 6
_MODULUS = 1 << 32

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Endpoint(NamedTuple):
    """An address and a port."""

    address: Address
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if self.address.version == 6 else f"{self.address}:{self.port}"


class Conversation:
    """Both directions of one TCP connection. Each call gives the packets that it takes.

    `first` is the first sequence number: where two conversations have the same endpoints, another one tells them apart.
    """

    __slots__ = ("_ended", "_ends", "_next", "_pending")

    def __init__(self, client: Endpoint, server: Endpoint, first: int = 0) -> None:
        self._ends = _one_family(client, server)
        self._next = [first % _MODULUS, (first + 0x4000_0000) % _MODULUS]
        self._pending = [0, 0]
        """Bytes sent in each direction that the other side has not acknowledged."""
        self._ended = [False, False]

    def open(self) -> list[bytes]:
        """The three-way handshake."""
        options = struct.pack(">BBHBBBx", 2, 4, MSS, 3, 3, WINDOW_SHIFT)
        up, down = Direction.UP, Direction.DOWN
        packets = [self._segment(up, _SYN, options=options)]
        self._advance(up, 1)
        packets.append(self._segment(down, _SYN | _ACK, options=options))
        self._advance(down, 1)
        return [*packets, self._segment(up, _ACK)]

    def send(self, direction: Direction, data: bytes | memoryview) -> list[bytes]:
        """Bytes of a direction; nothing once that has ended."""
        packets: list[bytes] = []
        if self._ended[direction]:
            return packets
        other = Direction(1 - direction)
        for at in range(0, len(data), SEGMENT):
            part = data[at : at + SEGMENT]
            packets.append(self._segment(direction, _PSH | _ACK, part))
            self._advance(direction, len(part))
            self._pending[direction] += len(part)
            self._pending[other] = 0
            if self._pending[direction] >= UNACKNOWLEDGED:
                packets.append(self._segment(other, _ACK))
                self._pending[direction] = 0
        return packets

    def skip(self, direction: Direction, size: int) -> None:
        """Leave a hole of `size` bytes in a direction: they passed, and are not known."""
        if not self._ended[direction]:
            self._advance(direction, size)

    def finish(self, direction: Direction) -> list[bytes]:
        """The end of a direction, and its acknowledgement."""
        if self._ended[direction]:
            return []
        fin = self._segment(direction, _FIN | _ACK)
        self._advance(direction, 1)
        self._ended[direction] = True
        return [fin, self._segment(Direction(1 - direction), _ACK)]

    def reset(self, direction: Direction) -> list[bytes]:
        """The sender of a direction breaks the connection off."""
        if self._ended[direction]:
            return []
        self._ended = [True, True]
        return [self._segment(direction, _RST | _ACK)]

    def _advance(self, direction: Direction, size: int) -> None:
        self._next[direction] = (self._next[direction] + size) % _MODULUS

    def _segment(self, direction: Direction, flags: int, data: bytes | memoryview = b"", options: bytes = b"") -> bytes:
        source, target = self._ends[direction], self._ends[1 - direction]
        acknowledged = self._next[1 - direction] if flags & _ACK else 0
        offset = (20 + len(options)) // 4 << 4
        window = 0 if flags & _RST else WINDOW
        head = struct.pack(
            ">HHIIBBH", source.port, target.port, self._next[direction], acknowledged, offset, flags, window
        )
        length = len(head) + 4 + len(options) + len(data)
        pseudo = source.address.packed + target.address.packed + struct.pack(">IxxxB", length, _TCP)
        checksum = _checksum(b"".join((pseudo, head, options, data)))
        return b"".join(
            (_ip_head(source.address, target.address, length), head, struct.pack(">Hxx", checksum), options, data)
        )


def _one_family(*ends: Endpoint) -> tuple[Endpoint, ...]:
    """The endpoints with addresses of one family: IPv4 beside IPv6 as IPv4-mapped (RFC 4291 section 2.5.5.2)."""
    if len({end.address.version for end in ends}) == 1:
        return ends
    return tuple(
        end._replace(address=ipaddress.IPv6Address(b"\0" * 10 + b"\xff\xff" + end.address.packed))
        if end.address.version == 4
        else end
        for end in ends
    )


def _ip_head(source: Address, target: Address, length: int) -> bytes:
    if source.version == 6:
        return struct.pack(">IHBB", 6 << 28, length, _TCP, 64) + source.packed + target.packed
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0, 0x4000, 64, _TCP, 0) + source.packed + target.packed
    return head[:10] + struct.pack(">H", _checksum(head)) + head[12:]


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071): the sum of 16-bit words, carries added, is the number modulo 2^16 - 1."""
    return 0xFFFF - int.from_bytes(data + bytes(len(data) % 2)) % 0xFFFF
