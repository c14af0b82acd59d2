"""What is in a file of packets: pcap here, pcapng (pcapng.py), of either byte order, as far as it is whole.

    for entry in entries(read):          read(offset, size) -> the bytes that are there
        Packet | Keys | Damage           (entry.py)

No file is opened here: `read` is asked for a few bytes at a time, and nothing but the packet at hand is held.

A length that is damaged says nothing of where the next packet is. So behind a damage every place is looked at, until
one holds what cannot be chance: in pcap two heads in a row, both from about the time of the packet before, or one that
ends where the file does.

pcap is draft-ietf-opsawg-pcap.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from tlscope.capture.foreign.entry import MAX_PACKET, SCAN, Damage, Packet
from tlscope.capture.foreign.pcapng import Blocks, byte_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.capture.foreign.entry import Entry, Read

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
    if byte_order(head):
        return Blocks(read).entries()
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
