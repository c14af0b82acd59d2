"""The blocks of a pcapng file, of either byte order, as far as it is whole (draft-ietf-opsawg-pcapng).

    for entry in Blocks(read).entries(): ...

Behind a damage every place is looked at, until one holds what cannot be chance: a block of a known type whose two
lengths agree. Of exports of ours, packets are told with what they say of themselves (exported.py).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.foreign.entry import MAX_PACKET, SCAN, Damage, Keys, Packet
from tlscope.capture.foreign.exported import INTERFACES, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.capture.foreign.entry import Entry, Read

MAX_BLOCK = 1 << 24
"""Bytes of a pcapng block, as in Wireshark; a key log in one has some 80,000 lines."""
MAX_INTERFACES = 1 << 16
"""Interfaces in a section; files that were merged again and again have hundreds."""

TLS_KEY_LOG = 0x544C534B
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _PACKET, _KEYS = 0x0A0D0D0A, 1, 2, 3, 6, 10
_BLOCK_TYPES = frozenset({_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, 4, 5, _PACKET, _KEYS})
_COMMENT, _PACKET_ID = 1, 5
_NAME, _DESCRIPTION, _RESOLUTION, _OFFSET = 2, 3, 9, 14
_PLACES = {(name.encode(), description.encode()): place for place, (name, description) in INTERFACES.items()}


def byte_order(section: bytes) -> str:
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
class Blocks:
    """The blocks of a file."""

    read: Read
    order: str = "<"
    interfaces: list[_Interface] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        """What they hold, in their order."""
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
        self.order = byte_order(head) or self.order

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
