"""Header blocks of HTTP/2: collected over frames, decoded with the state of their direction, or lost with it.

    block = Block(head); block.add(fragment, offset); ...
    decoded = state.decode(block)

A block may be cut anywhere, even within an integer, so it is joined before it is read; where each header stood in the
stream is found again afterwards. What exceeds a limit is dropped in a way that leaves as much as can be: a list that is
too long costs the headers above the limit, a block that is too long costs the table, and all headers from there on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.http.exchange import Header, Headers
from tlscope.wire.http.hpack import ENTRY_OVERHEAD, UPDATE, Broken, HeaderTable, representations
from tlscope.wire.http.http1_head import Odd
from tlscope.wire.http.http2_frame import PADDED, PRIORITY_FLAG, STREAM, FrameType

if TYPE_CHECKING:
    from tlscope.wire.http.http2_frame import FrameHead

BLOCK_LIMIT = 1 << 18
"""Bytes of a header block, as of a head in HTTP/1; browsers and servers stop at 8 to 256 KiB."""
LIST_LIMIT = 1 << 18
"""Bytes of a header list as SETTINGS_MAX_HEADER_LIST_SIZE counts it (RFC 9113 section 6.5.2): a small block can name
the same long header a thousand times."""
MAX_CONTINUATIONS = 64
"""CONTINUATION frames of one block until they are told of as a flood (CVE-2024-27316); real ones need a few."""

MAX_UNACKNOWLEDGED = 100
"""SETTINGS that wait for their acknowledgement: a peer that sends more without one is not taken at its word."""


class Block:
    """One header block, as it comes."""

    __slots__ = ("count", "end", "head", "long", "offsets", "parts", "promised", "size", "starts")

    def __init__(self, head: FrameHead) -> None:
        self.head = head
        """Of the HEADERS or PUSH_PROMISE that began it."""
        self.end = 0
        """Offset behind its last frame."""
        self.promised = 0
        """The stream that a PUSH_PROMISE is about; 0 in HEADERS."""
        self.parts: list[bytes] = []
        self.starts: list[int] = []
        """Where each part begins in the block, and (`offsets`) in the stream."""
        self.offsets: list[int] = []
        self.size = self.count = 0
        self.long = False

    def add(self, part: bytes, offset: int, *, whole: bool) -> Odd | None:
        """One frame's piece; not `whole` if there was more of it than is kept."""
        self.count += 1
        if part and not self.long:
            self.parts.append(part)
            self.starts.append(self.size)
            self.offsets.append(offset)
            self.size += len(part)
        if not self.long and (not whole or self.size > BLOCK_LIMIT):
            self.long = True
            self.parts.clear()
            text = f"a header block of more than {BLOCK_LIMIT} bytes: the header state is lost"
            return Odd("h2-block-too-long", text, offset)
        if self.count == MAX_CONTINUATIONS + 1:
            text = f"more than {MAX_CONTINUATIONS} CONTINUATION frames: a flood looks like this"
            return Odd("h2-continuation-flood", text, offset)
        return None

    def strip(self, payload: bytes) -> tuple[int, int]:
        """Where in the first payload the piece of the block lies, behind padding, priority and promised stream.

        It ends before it begins if these are longer than their frame.
        """
        head, at, padding = self.head, 0, 0
        if head.flags & PADDED:
            at, padding = 1, payload[0] if payload else 0
        if head.kind == FrameType.PUSH_PROMISE:
            self.promised = int.from_bytes(payload[at : at + 4]) & STREAM
            at += 4
        elif head.flags & PRIORITY_FLAG:
            at += 5
        return at, min(len(payload), head.length - padding)

    def place(self, at: int) -> int:
        """Where the byte at `at` in the block stands in the stream."""
        index = bisect_right(self.starts, at) - 1
        return self.offsets[index] + at - self.starts[index]


class Decoded(NamedTuple):
    """What a block says."""

    headers: Headers
    odd: list[Odd]
    lost: bool
    """Whether headers are missing, here and from here on."""


class HeaderState:
    """What HPACK remembers of one direction; `lost` when it does no more."""

    __slots__ = ("_agreed", "_sent", "_shrinks", "_table", "lost")

    def __init__(self) -> None:
        self._table = HeaderTable()
        self.lost = False
        self._agreed = self._table.allowed
        """The size of the table that the receiver has allowed, as far as it was acknowledged."""
        self._sent: deque[int | None] = deque(maxlen=MAX_UNACKNOWLEDGED)
        """What it said since then, a size or nothing for each SETTINGS."""
        self._shrinks = False
        """Whether the next block must begin with a size update (RFC 7541 section 4.2)."""

    def allow(self, size: int | None) -> None:
        """The receiver's SETTINGS let the table grow to this, from their acknowledgement on at the latest."""
        self._sent.append(size)
        if size is not None:
            self._table.allowed = max(self._table.allowed, size)

    def acknowledge(self) -> None:
        """This side's SETTINGS with ACK: what the receiver allowed longest ago holds now."""
        if self._sent and (size := self._sent.popleft()) is not None:
            self._agreed = size
            self._table.allowed = max(size, *(later for later in self._sent if later is not None), size)
            self._shrinks = self._shrinks or size < self._table.size

    def decode(self, block: Block) -> Decoded:
        """Read a block, and learn from it."""
        odd: list[Odd] = []
        if self.lost or block.long:
            self.lost = True
            return Decoded((), odd, lost=True)
        data = block.parts[0] if len(block.parts) == 1 else b"".join(block.parts)
        headers: list[Header] = []
        place, shift = block.place, block.offsets[0] if len(block.parts) == 1 else None
        size, new, allowed = 0, tuple.__new__, self._table.allowed
        try:
            for kind, start, end, number, name, value in representations(data, self._table):
                begin = place(start) if shift is None else shift + start
                if self._shrinks:
                    self._shrinks = False
                    if kind is not UPDATE or number > self._agreed:
                        text = f"no update to a table of {self._agreed} bytes, as was agreed (RFC 7541 section 4.2)"
                        odd.append(Odd("h2-table-size", text, begin))
                if kind is UPDATE:
                    if number > allowed:
                        text = f"a dynamic table of {number} bytes, where {allowed} are allowed"
                        odd.append(Odd("h2-table-size", text, begin))
                    continue
                # only an update has neither, and an entry that is not known where there is no table
                assert name is not None
                assert value is not None
                size += len(name) + len(value) + ENTRY_OVERHEAD
                if size <= LIST_LIMIT:
                    stop = place(end - 1) + 1 if shift is None else shift + end
                    headers.append(new(Header, (name, value, begin, stop - begin)))
        except Broken as broken:
            self.lost = True
            at = place(min(broken.offset, max(len(data) - 1, 0)))
            odd.append(Odd("h2-hpack", f"{broken.reason}: the header state is lost", at))
        if size > LIST_LIMIT:
            text = f"a header list of {size} bytes; {LIST_LIMIT} are shown"
            odd.append(Odd("h2-list-too-long", text, block.offsets[0]))
        return Decoded(tuple(headers), odd, self.lost)
