"""TCP conversations out of segments that may come late, twice, in part, or never.

    table = Table()
    for happened in table.feed(segment, wall): ...       Bytes | Gap | End | Over
    for happened in table.finish(): ...

Every byte is told once, in order. Where segments overlap, the one that came first wins, as it did for most receivers.
What comes too early is held; when more is held than MAX_HELD, or nothing will come any more, what is missing is told as
a Gap. Where the capture began in the middle of a conversation, so does what is told of it.

The Internet has no shortage of segments that belong to no conversation, nor this reader of limits: conversations are
forgotten, the ones longest silent first, when there are more than MAX_CONVERSATIONS.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.foreign.packets import ACK, FIN, RST, SYN
from tlscope.events import How

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.capture.foreign.packets import End as Address
    from tlscope.capture.foreign.packets import Segment

MAX_CONVERSATIONS = 10_000
"""At a time; a busy proxy has that many. Ended ones count until they are pushed out, for their late segments."""
MAX_HELD = 1 << 20
"""Bytes of one direction that wait for others: what a fast path has in flight when a segment is lost."""
MAX_PIECES = 2_048
"""Pieces of one direction that wait: MAX_HELD in segments of 512 bytes."""
MAX_ALL_HELD = 64 << 20
"""Bytes of all conversations that wait."""
MAX_AHEAD = 1 << 30
"""The largest window that there is (RFC 7323 section 2.3): what lies beyond belongs to no conversation."""

_MODULUS = 1 << 32


class Bytes(NamedTuple):
    """What one end sent, the next bytes of it."""

    conversation: Conversation
    sender: int
    """0 or 1: which of the conversation's ends."""
    wall: int
    data: bytes


class Gap(NamedTuple):
    """Bytes that passed and are not in the file."""

    conversation: Conversation
    sender: int
    wall: int
    size: int


class End(NamedTuple):
    """One end will send no more."""

    conversation: Conversation
    sender: int
    wall: int
    how: How


class Over(NamedTuple):
    """Nothing more is told of a conversation."""

    conversation: Conversation
    wall: int
    detail: str
    """Why, where it is not that both ends ended."""


Happened = Bytes | Gap | End | Over


class Conversation:
    """Two ends that talk. `client` is the one that began, as far as the segments tell; None where they do not."""

    __slots__ = ("begun", "client", "ends", "flows", "over", "wall")

    def __init__(self, segment: Segment, wall: int) -> None:
        self.ends = (segment.source, segment.target)
        self.begun = self.wall = wall
        self.flows = (_Flow(), _Flow())
        self.client: int | None = None
        self.over = False


class Table:
    """All conversations."""

    def __init__(self) -> None:
        self._found: dict[tuple[Address, Address], Conversation] = {}
        self._held = 0

    def feed(self, segment: Segment, wall: int) -> Iterator[Happened]:
        """Take a segment."""
        key = _key(segment)
        found = self._found.pop(key, None)
        if found is not None and self._renewed(found, segment):
            yield from self._over(found, "")
            found = None
        if found is None:
            found = Conversation(segment, wall)
        self._found[key] = found
        if not found.over:
            found.wall = max(found.wall, wall)
            yield from self._take(found, segment, wall)
        if len(self._found) > MAX_CONVERSATIONS:
            oldest = self._found.pop(next(iter(self._found)))
            yield from self._over(oldest, f"it was silent while {MAX_CONVERSATIONS} others were not")

    def holds(self, segment: Segment) -> bool:
        """Whether segments of its conversation came before it, not too long ago."""
        return _key(segment) in self._found

    def finish(self) -> Iterator[Happened]:
        """There are no more segments."""
        for found in self._found.values():
            yield from self._over(found, "the file ends before the connection does")
        self._found.clear()

    @staticmethod
    def _renewed(found: Conversation, segment: Segment) -> bool:
        """Whether this is the first segment of another conversation between the same ends."""
        if segment.flags & (SYN | ACK | RST) != SYN:
            return False
        flow = found.flows[found.ends.index(segment.source)]
        return found.over or (flow.first is not None and flow.first != segment.sequence)

    def _take(self, found: Conversation, segment: Segment, wall: int) -> Iterator[Happened]:
        sender = found.ends.index(segment.source)
        flow, sequence = found.flows[sender], segment.sequence
        if segment.flags & RST:
            yield from self._release(found, wall)
            yield End(found, sender, wall, How.RST)
            yield from self._over(found, "")
            return
        if segment.flags & SYN:
            found.client = 1 - sender if segment.flags & ACK else sender
            sequence = (sequence + 1) % _MODULUS
            flow.begin(segment.sequence, sequence)
        if segment.data or segment.lost or segment.flags & FIN:
            held = flow.held
            flow.take(sequence, segment, wall)
            self._held += flow.held - held
            while flow.excessive or (self._held > MAX_ALL_HELD and flow.held):
                held = flow.held
                yield from flow.skip(found, sender, wall)
                self._held += flow.held - held
            held = flow.held
            yield from flow.told(found, sender)
            self._held += flow.held - held
        if flow.fresh_end:
            flow.fresh_end = False
            yield End(found, sender, wall, How.FIN)
            if all(each.ended for each in found.flows):
                yield from self._over(found, "")

    def _release(self, found: Conversation, wall: int) -> Iterator[Happened]:
        """Tell what is held, with its gaps, and the ends behind them."""
        for sender, flow in enumerate(found.flows):
            self._held -= flow.held
            while flow.pieces or (flow.end is not None and flow.at < flow.end):
                yield from flow.skip(found, sender, wall)
            if flow.fresh_end:
                flow.fresh_end = False
                yield End(found, sender, wall, How.FIN)

    def _over(self, found: Conversation, detail: str) -> Iterator[Happened]:
        if found.over:
            return
        yield from self._release(found, found.wall)
        found.over = True
        yield Over(found, found.wall, detail)


def _key(segment: Segment) -> tuple[Address, Address]:
    return min(segment.source, segment.target), max(segment.source, segment.target)


class _Piece(NamedTuple):
    at: int
    data: bytes
    wall: int


class _Flow:
    """What one end sends. Places count from the first byte, and do not wrap around."""

    __slots__ = ("at", "end", "ended", "first", "fresh_end", "held", "hole", "next", "pieces")

    def __init__(self) -> None:
        self.first: int | None = None
        """The sequence number of its SYN."""
        self.next: int | None = None
        """The sequence number of the byte at `at`."""
        self.at = 0
        self.end: int | None = None
        """Where its FIN is."""
        self.ended = self.fresh_end = False
        self.pieces: list[_Piece] = []
        """What is held, in order, without overlaps."""
        self.held = 0
        self.hole = (0, 0)
        """From where to where the capture cut off a segment: that will not come."""

    def begin(self, first: int, following: int) -> None:
        """Its SYN has come."""
        if self.first is None:
            self.first = first
        if self.next is None:
            self.next = following

    @property
    def excessive(self) -> bool:
        """Whether more is held than may be."""
        return self.held > MAX_HELD or len(self.pieces) > MAX_PIECES

    def take(self, sequence: int, segment: Segment, wall: int) -> None:
        """Hold what is new in a segment."""
        if self.next is None:
            self.next = sequence
        ahead = (sequence - self.next + _MODULUS // 2) % _MODULUS - _MODULUS // 2
        if abs(ahead) > MAX_AHEAD or self.ended:
            return
        at = self.at + ahead
        end = at + len(segment.data)
        if self.end is not None:
            end = min(end, self.end)
        self._hold(at, end, segment.data, wall)
        if segment.lost:
            self.hole = (at + len(segment.data), at + len(segment.data) + segment.lost)
        if segment.flags & FIN and self.end is None:
            self.end = max(at + len(segment.data) + segment.lost, self.at)

    def _hold(self, at: int, end: int, data: bytes, wall: int) -> None:
        """Keep of the bytes from `at` to `end` what is not there yet."""
        origin, start = at, max(at, self.at)
        pieces = self.pieces
        index = bisect_left(pieces, start, key=_place)
        if index:
            before = pieces[index - 1]
            start = max(start, before.at + len(before.data))
        while start < end:
            until = min(end, pieces[index].at) if index < len(pieces) else end
            if start < until:
                pieces.insert(index, _Piece(start, data[start - origin : until - origin], wall))
                self.held += until - start
                index += 1
            if index == len(pieces) or until == end:
                return
            start = max(until, pieces[index].at + len(pieces[index].data))
            index += 1

    def told(self, found: Conversation, sender: int) -> Iterator[Happened]:
        """What is next, as far as nothing is missing that may still come."""
        wall, count = found.wall, 0
        while True:
            following = self.pieces[count] if count < len(self.pieces) else None
            if following is not None and following.at == self.at:
                self._advance(len(following.data))
                self.held -= len(following.data)
                count += 1
                yield Bytes(found, sender, following.wall, following.data)
            elif self.hole[0] <= self.at < self.hole[1]:
                size = min(self.hole[1], following.at if following is not None else self.hole[1]) - self.at
                self._advance(size)
                yield Gap(found, sender, wall, size)
            else:
                break
        del self.pieces[:count]
        if self.end is not None and self.at >= self.end and not self.ended:
            self.ended = self.fresh_end = True

    def skip(self, found: Conversation, sender: int, wall: int) -> Iterator[Happened]:
        """Give up what is missing before the first piece that is held, or before the end."""
        first = self.pieces[0] if self.pieces else None
        until = first.at if first is not None else self.end
        if until is not None and until > self.at:
            size = until - self.at
            self._advance(size)
            yield Gap(found, sender, first.wall if first is not None else wall, size)
        yield from self.told(found, sender)

    def _advance(self, size: int) -> None:
        assert self.next is not None  # pieces are held only behind a first sequence number
        self.at += size
        self.next = (self.next + size) % _MODULUS


def _place(piece: _Piece) -> int:
    return piece.at
