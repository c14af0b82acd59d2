"""Packets that came in fragments, put together again (RFC 791 section 3.2, RFC 8200 section 4.5).

    fragments = Fragments()
    fragments.take(fragment, wall) -> Whole | None       when the last one that was missing has come
    fragments.finish() -> int                            how many were given up

Fragments may come in any order, and twice. Where those of IPv4 overlap, what came first wins, as it does for segments
(reassembly.py); of IPv6 a packet with such fragments is no packet at all: its receiver threw it away (RFC 5722). What
the capture cut off of a fragment is missing, and so is what is behind it.

Identifications are used again, after 65,536 packets in IPv4, and not every packet is whole in a file: what waits for
longer than receivers wait, or for too much, is given up.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.foreign.packets import assembled

if TYPE_CHECKING:
    from tlscope.capture.foreign.packets import Fragment, Segment

MAX_WAITING = 1_000
"""Packets that wait for fragments at a time: Linux holds 4 MiB of them, which is some hundred large ones."""
MAX_HELD = 16 << 20
"""Bytes of fragments that wait, four times that of Linux."""
PIECE = 128
"""Bytes that a fragment counts for beside its data: it may have eight, and is kept all the same."""
MAX_PAYLOAD = 0xFFFF
"""Bytes of a packet's payload: what its length can say."""
MAX_WAIT = 60 * 10**9
"""Nanoseconds from a packet's first fragment to its last: what RFC 8200 grants; of IPv4, receivers wait for less."""
UNIT = 8
"""Every fragment but the last has a multiple of so many bytes."""


class Whole(NamedTuple):
    """What a packet was that came in fragments."""

    found: Segment | str
    """As packets.segment says it."""
    fragments: int


class Fragments:
    """Those of all packets."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[bytes, bytes, int, int], _Packet] = {}
        """By what they are part of, those that have waited longest in front."""
        self._held = self._lost = 0

    def take(self, fragment: Fragment, wall: int) -> Whole | None:
        """Take a fragment that came at `wall`, in nanoseconds; gives the packet that it completes, if it does."""
        key = fragment.whole
        found = self._waiting.get(key)
        if found is not None and abs(wall - found.begun) > MAX_WAIT:
            self._give_up(key)
            found = None
        if found is None:
            found = self._waiting[key] = _Packet(wall)
        held = found.held
        found.take(fragment)
        self._held += found.held - held
        if found.is_whole:
            del self._waiting[key]
            self._held -= found.held
            return Whole(found.assembled(key), found.count)
        while len(self._waiting) > MAX_WAITING or self._held > MAX_HELD:
            self._give_up(next(iter(self._waiting)))
        return None

    def finish(self) -> int:
        """There are no more. Returns how many there were that never became a whole packet."""
        while self._waiting:
            self._give_up(next(iter(self._waiting)))
        return self._lost

    def _give_up(self, key: tuple[bytes, bytes, int, int]) -> None:
        found = self._waiting.pop(key)
        self._held -= found.held
        self._lost += found.count


class _Piece(NamedTuple):
    start: int
    end: int
    data: bytes
    """Shorter than that where the capture cut it off."""


class _Packet:
    """The fragments of one packet."""

    __slots__ = ("_covered", "_end", "_pieces", "_protocol", "_spoilt", "begun", "count", "held")

    def __init__(self, begun: int) -> None:
        self.begun = begun
        self.count = self.held = 0
        self._pieces: list[_Piece] = []
        """In order, without overlaps."""
        self._covered = 0
        self._end: int | None = None
        """Where the last one ends."""
        self._protocol = 0
        self._spoilt = False
        """Whether nothing can be made of it; it is kept so that what still comes of it begins no other."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it is missing."""
        return self._covered == self._end

    def take(self, fragment: Fragment) -> None:
        """Keep what is new in a fragment."""
        self.count += 1
        if self._spoilt:
            return
        if fragment.start == 0:
            self._protocol = fragment.protocol
        if not self._fits(fragment) or not self._insert(fragment):
            self._spoilt, self._pieces, self._covered, self._end, self.held = True, [], 0, None, 0

    def assembled(self, whole: tuple[bytes, bytes, int, int]) -> Segment | str:
        """What it is; in what it holds nothing stands behind a place that the capture cut off."""
        data = bytearray()
        for piece in self._pieces:
            data += piece.data
            if len(piece.data) < piece.end - piece.start:
                break
        return assembled(whole[:2], self._protocol, bytes(data), self._covered)

    def _fits(self, fragment: Fragment) -> bool:
        """Whether it can be a fragment of this packet, by its place; sets the packet's end."""
        start, end = fragment.start, fragment.end
        if not start < end <= MAX_PAYLOAD or (fragment.more and (end - start) % UNIT):
            return False
        if not fragment.more:
            if self._end not in {None, end}:
                return False
            self._end = end
        last = max(end, self._pieces[-1].end if self._pieces else 0)
        return self._end is None or last <= self._end

    def _insert(self, fragment: Fragment) -> bool:
        """Put it where it belongs; False where it must not overlap and does."""
        start, end, pieces = fragment.start, fragment.end, self._pieces
        index = bisect_left(pieces, start, key=_start)
        if index < len(pieces) and (pieces[index].start, pieces[index].end) == (start, end):
            return True  # it came twice
        if index:
            start = max(start, pieces[index - 1].end)
        overlaps = start > fragment.start
        while start < end:
            until = min(end, pieces[index].start) if index < len(pieces) else end
            overlaps = overlaps or until < end
            if start < until:
                data = fragment.data[start - fragment.start : until - fragment.start]
                pieces.insert(index, _Piece(start, until, data))
                self._covered += until - start
                self.held += len(data) + PIECE
                index += 1
            if until == end:
                break
            start = max(until, pieces[index].end)
            index += 1
        return not (overlaps and len(fragment.whole[0]) == 16)


def _start(piece: _Piece) -> int:
    return piece.start
