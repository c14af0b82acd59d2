"""What a file of packets holds, whatever its format."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.foreign.exported import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[int, int], bytes]
    """The bytes at an offset, as many as asked for, or as there are."""

MAX_PACKET = 1 << 18
"""Bytes of a packet: the largest snapshot that tcpdump and Wireshark write."""
SCAN = 1 << 16
"""Bytes that are looked through at once behind a damage."""


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
