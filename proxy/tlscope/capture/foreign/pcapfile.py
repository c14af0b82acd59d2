"""What is in a file of packets: pcap and pcapng, of either byte order, as far as it is whole.

    for entry in entries(read):          read(offset, size) -> the bytes that are there
        Packet | Keys | Damage

No file is opened here: `read` is asked for a few bytes at a time, and nothing but the packet at hand is held.

A length that is damaged says nothing of where the next packet is. So behind a damage every place is looked at, until
one holds what cannot be chance: in pcapng a block of a known type whose two lengths agree, in pcap two heads in a row,
both from about the time of the packet before, or one that ends where the file does.

pcap is draft-ietf-opsawg-pcap, pcapng draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.foreign.exported import INTERFACES, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Read = Callable[[int, int], bytes]

MAX_PACKET = 1 << 18
"""Bytes of a packet: the largest snapshot that tcpdump and Wireshark write."""
MAX_BLOCK = 1 << 24
"""Bytes of a pcapng block, as in Wireshark; a key log in one has some 80,000 lines."""
MAX_INTERFACES = 1 << 16
"""Interfaces in a section; files that were merged again and again have hundreds."""
SCAN = 1 << 16
"""Bytes that are looked through at once behind a damage."""

TLS_KEY_LOG = 0x544C534B
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _PACKET, _KEYS = 0x0A0D0D0A, 1, 2, 3, 6, 10
_BLOCK_TYPES = frozenset({_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, 4, 5, _PACKET, _KEYS})
_COMMENT, _PACKET_ID = 1, 5
_NAME, _DESCRIPTION, _RESOLUTION, _OFFSET = 2, 3, 9, 14
_PLACES = {(name.encode(), description.encode()): place for place, (name, description) in INTERFACES.items()}
_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""Byte order, and nanoseconds in the unit of a second's fraction."""
_PCAP_HEAD, _PCAP_PACKET = 24, 16
_ENDS = "the file ends inside a packet"
_OTHERS = (
    (b"\x1f\x8b", "it is compressed with gzip", "decompress it first: gunzip FILE"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd", "decompress it first: unzstd FILE"),
    (b"PK\x03\x04", "it is a ZIP archive", "unpack it first"),
    (b"snoop\0\0\0", "it is a snoop file", "convert it: editcap -F pcapng FILE NEW"),
    (b"GMBU", "it is a file of Microsoft's Network Monitor", "convert it: editcap -F pcapng FILE NEW"),
    (b"\x34\xcd\xb2\xa1", "it is a pcap file of a kind that only old kernels wrote", "convert it: editcap FILE NEW"),
    (b"TLSJ", "it is a segment of a tlscope capture", "name its directory: tlscope list -c DIR"),
)


class Packet(NamedTuple):
    """A packet as it was captured."""

    wall: int
    """Nanoseconds since the epoch; 0 where the file does not say."""
    link: int
    """The link type, which says what it begins with."""
    data: bytes
    original: int
    """Its bytes on the wire; more than there are in `data` where the capture cut it."""
    place: Place = Place.CAPTURED
    """Of an export of ours, which conversation it is part of."""
    identity: int = 0
    """What it has in common with packets elsewhere that are the same one; 0 where the file does not say. This and the
    comments are read of exports of ours alone."""
    comments: tuple[str, ...] = ()


class Keys(NamedTuple):
    """Lines of a TLS key log, out of a Decryption Secrets Block."""

    lines: bytes


class Damage(NamedTuple):
    """Something that cannot be read; reading goes on behind it where that is possible."""

    offset: int
    reason: str


Entry = Packet | Keys | Damage


class NotPackets(Exception):  # noqa: N818 - it says what a file is not
    """A file holds no packets: what it is instead, and what to do next."""

    def __init__(self, what: str, next_: str) -> None:
        super().__init__(what)
        self.next = next_


def entries(read: Read) -> Iterator[Entry]:
    """What the file holds, in its order. Raises NotPackets at once where it is something else."""
    head = read(0, _PCAP_HEAD)
    if head[:4] in _PCAP and len(head) == _PCAP_HEAD:
        return _pcap(read, *_PCAP[head[:4]], head)
    if _byte_order(head):
        return _Blocks(read).entries()
    raise _not_packets(head)


def _not_packets(head: bytes) -> NotPackets:
    for magic, what, next_ in _OTHERS:
        if head.startswith(magic):
            return NotPackets(what, next_)
    if not head:
        return NotPackets("it is empty", "record packets into it first: tcpdump -w FILE")
    if head[:4] in _PCAP or head.startswith(b"\n\r\r\n"):
        return NotPackets("it ends before its first packet", "name a whole file")
    return NotPackets("it is neither pcap nor pcapng", "name a file that Wireshark or tcpdump -w wrote")


# ---------------------------------------------------------------------------------------------------------------- pcap


def _pcap(read: Read, order: str, unit: int, head: bytes) -> Iterator[Entry]:
    link = struct.unpack_from(order + "I", head, 20)[0] & 0xFFFF  # above them: whether checksums of frames are there
    packed, at, last = struct.Struct(order + "IIII"), _PCAP_HEAD, -1
    while found := read(at, _PCAP_PACKET):
        reason = _ENDS
        if len(found) == _PCAP_PACKET:
            seconds, fraction, size, original = packed.unpack(found)
            data = read(at + _PCAP_PACKET, size) if size <= MAX_PACKET else b""
            if size > MAX_PACKET:
                reason = f"a packet of {size} bytes; no more than {MAX_PACKET} can be"
            elif len(data) == size:
                yield Packet(seconds * 10**9 + fraction * unit, link, data, max(original, size))
                at, last = at + _PCAP_PACKET + size, seconds
                continue
        yield Damage(at, reason)
        following = None if last < 0 else _next_packet(read, packed, unit, at + 1, last)
        if following is None:
            return
        at = following


def _next_packet(read: Read, packed: struct.Struct, unit: int, at: int, last: int) -> int | None:
    """Where the next packet begins. The upper half of its seconds is that of the packet before, or one more."""
    halves = [
        (last + late >> 16 & 0xFFFF).to_bytes(2, "little" if packed.format[0] == "<" else "big") for late in (0, 65536)
    ]
    ahead = 2 if packed.format[0] == "<" else 0
    wanted = re.compile(b"|".join(map(re.escape, halves)))
    while len(window := read(at, SCAN)) >= _PCAP_PACKET:
        for match in wanted.finditer(window, ahead):
            start = at + match.start() - ahead
            behind = _plausible(read, packed, unit, start)
            if behind and (not read(behind, 1) or _plausible(read, packed, unit, behind)):
                return start
        at += len(window) - 3
    return None


def _plausible(read: Read, packed: struct.Struct, unit: int, at: int) -> int:
    """The end of the packet that may begin here; 0 where none can."""
    head = read(at, _PCAP_PACKET)
    if len(head) < _PCAP_PACKET:
        return 0
    _, fraction, size, original = packed.unpack(head)
    if not 0 < size <= min(original, MAX_PACKET) or fraction * unit >= 10**9 or original > MAX_PACKET:
        return 0
    end: int = at + _PCAP_PACKET + size
    return end if read(end - 1, 1) else 0


# -------------------------------------------------------------------------------------------------------------- pcapng


def _byte_order(section: bytes) -> str:
    """The byte order of a Section Header Block; empty where there is none."""
    if len(section) < 12 or not section.startswith(b"\n\r\r\n"):
        return ""
    return {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}.get(section[8:12], "")


class _Interface(NamedTuple):
    link: int
    snapshot: int
    unit: tuple[int, int]
    """A unit of time in nanoseconds, as a fraction."""
    offset: int
    """Seconds that are added."""
    place: Place


@dataclass(slots=True)
class _Blocks:
    """The blocks of a pcapng file."""

    read: Read
    order: str = "<"
    interfaces: list[_Interface] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        at = 0
        while head := self.read(at, 12):
            self._section(head)
            kind, length, reason = self._block(at, head)
            if reason:
                yield Damage(at, reason)
                following = self._next(at + 1)
                if following is None:
                    return
                at = following
                continue
            if kind == _SECTION:
                self.interfaces = []
            elif kind in _BLOCK_TYPES:
                yield from self._entry(at, kind, self.read(at + 8, length - 12))
            at += length

    def _section(self, head: bytes) -> None:
        """A section has a byte order of its own."""
        self.order = _byte_order(head) or self.order

    def _block(self, at: int, head: bytes) -> tuple[int, int, str]:
        """Type and length of a block, or what is wrong with it."""
        if len(head) < 12:
            return 0, 0, "the file ends inside a block"
        kind, length = struct.unpack_from(self.order + "II", head)
        if length % 4 or length < 12:
            return kind, length, f"a block cannot have {length} bytes"
        if length > MAX_BLOCK:
            return kind, length, f"a block of {length} bytes; no more than {MAX_BLOCK} are read"
        behind = self.read(at + length - 4, 4)
        if len(behind) < 4:
            return kind, length, "the file ends inside a block"
        if behind != head[4:8]:
            return kind, length, "the two lengths of a block do not agree"
        return kind, length, ""

    def _next(self, at: int) -> int | None:
        """Where the next whole block of a known type begins, at `at` or behind it."""
        known = b"[\x01-\x06\n]\0\0\0" if self.order == "<" else b"\0\0\0[\x01-\x06\n]"
        wanted = re.compile(b"(?=" + known + b"|\n\r\r\n)")
        while len(window := self.read(at, SCAN)) >= 12:
            for match in wanted.finditer(window):
                start = at + match.start()
                head = self.read(start, 12)
                order = self.order
                self._section(head)
                if not self._block(start, head)[2]:
                    return start
                self.order = order
            at += len(window) - 3
        return None

    def _entry(self, at: int, kind: int, body: bytes) -> Iterator[Entry]:
        try:
            if kind == _INTERFACE:
                self._interface(body)
            elif kind == _KEYS:
                wanted, size = struct.unpack_from(self.order + "II", body)
                if wanted == TLS_KEY_LOG:
                    yield Keys(body[8 : 8 + size])
            elif kind in {_PACKET, _OLD_PACKET, _SIMPLE}:
                yield self._packet(at, kind, body)
        except struct.error:
            yield Damage(at, "a block is too short for its type")

    def _interface(self, body: bytes) -> None:
        link, _, snapshot = struct.unpack_from(self.order + "HHI", body)
        unit, offset = (1000, 1), 0
        named: dict[int, bytes] = {}
        for code, value in self._options(body, 8):
            if code == _RESOLUTION and value:
                power = value[0] & 0x7F
                unit = (10**9, 2**power if value[0] & 0x80 else 10**power)
            elif code == _OFFSET and len(value) == 8:
                offset = struct.unpack(self.order + "q", value)[0]
            elif code in {_NAME, _DESCRIPTION}:
                named[code] = value
        place = _PLACES.get((named.get(_NAME, b""), named.get(_DESCRIPTION, b"")), Place.CAPTURED)
        if len(self.interfaces) < MAX_INTERFACES:
            self.interfaces.append(_Interface(link, snapshot, unit, offset, place))

    def _options(self, body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
        while at + 4 <= len(body):
            code, size = struct.unpack_from(self.order + "HH", body, at)
            if not code:
                return
            yield code, body[at + 4 : at + 4 + size]
            at += 4 + size + -size % 4

    def _packet(self, at: int, kind: int, body: bytes) -> Packet | Damage:
        number = high = low = 0
        if kind == _PACKET:
            (number, high, low, size, original), start = struct.unpack_from(self.order + "IIIII", body), 20
        elif kind == _OLD_PACKET:
            (number, _, high, low, size, original), start = struct.unpack_from(self.order + "HHIIII", body), 20
        else:
            (original,), start = struct.unpack_from(self.order + "I", body), 4
            size = -1
        if number >= len(self.interfaces):
            return Damage(at, f"a packet of interface {number}, which is not described")
        interface = self.interfaces[number]
        if size < 0:  # a Simple Packet Block has as much of the packet as the interface takes, and no time
            size = min(original, interface.snapshot or original)
        if size > len(body) - start or size > MAX_PACKET:
            return Damage(at, f"a packet of {size} bytes in a block of {len(body) + 12}")
        many, parts = interface.unit
        ticks = high << 32 | low
        wall = ticks * many // parts + interface.offset * 10**9 if ticks else 0
        found = Packet(wall, interface.link, body[start : start + size], max(original, size), interface.place)
        if interface.place is Place.CAPTURED or kind != _PACKET:
            return found
        return self._described(found, body, start + size + -size % 4)

    def _described(self, packet: Packet, body: bytes, at: int) -> Packet:
        """The same with what its options say."""
        identity, comments = 0, []
        for code, value in self._options(body, at):
            if code == _PACKET_ID and len(value) == 8:
                identity = struct.unpack(self.order + "Q", value)[0]
            elif code == _COMMENT:
                comments.append(value.decode(errors="replace"))
        return packet._replace(identity=identity, comments=tuple(comments))
