"""One direction of HTTP/2, cut into frames (RFC 9113 section 4.1).

    cutter = Cutter()
    at, head, payload = cutter.step(data, at, base)       a whole frame, or as much of it as anybody looks at

The payload of DATA is not collected, nor what of any other exceeds what is looked at: the caller takes it from `data`,
as it comes.
"""

from __future__ import annotations

from tlscope.wire.http.http2_block import BLOCK_LIMIT
from tlscope.wire.http.http2_frame import HEAD, PADDED, STREAM, FrameHead, FrameType, head_of

PAYLOAD_KEPT = 1 << 14
"""Bytes of a payload that are looked at, but for header blocks: the frame size that every peer must take."""

_DATA = int(FrameType.DATA)
_BLOCKS = frozenset({int(FrameType.HEADERS), int(FrameType.PUSH_PROMISE), int(FrameType.CONTINUATION)})


class Cutter:
    """Collects frames; `held` has the start of one that is not complete, which began at `held_at`."""

    __slots__ = ("first", "held", "held_at")

    def __init__(self) -> None:
        self.held = bytearray()
        self.held_at = 0
        self.first = True
        """Whether the next frame is the first, which must be SETTINGS: of any other, nothing is collected."""

    def step(self, data: bytes | memoryview, at: int, base: int) -> tuple[int, FrameHead | None, bytes]:
        """Read on at `at` in a chunk that stands at `base`: how far it came, and a frame if one is there."""
        held = self.held
        if not held:
            if len(data) - at >= HEAD:
                head = _head(data, at, base + at)
                need = self._needed(head)
                stop = at + HEAD + need
                if stop <= len(data):
                    return stop, head, bytes(data[at + HEAD : stop]) if need else b""
            self.held_at = base + at
        at = self._gather(data, at, HEAD)
        if len(held) < HEAD:
            return at, None, b""
        head = _head(held, 0, self.held_at)
        need = HEAD + self._needed(head)
        at = self._gather(data, at, need)
        if len(held) < need:
            return at, None, b""
        payload = bytes(held[HEAD:])
        held.clear()
        return at, head, payload

    def _needed(self, head: FrameHead) -> int:
        """Bytes of a payload that are collected before its frame is told of."""
        kind, flags, _, length, _ = head
        if self.first and kind != FrameType.SETTINGS:
            return 0
        if kind == _DATA:
            return 1 if flags & PADDED and length else 0
        return min(length, BLOCK_LIMIT if kind in _BLOCKS else PAYLOAD_KEPT)

    def _gather(self, data: bytes | memoryview, at: int, size: int) -> int:
        """Hold `size` bytes, if there are so many."""
        missing = size - len(self.held)
        if missing <= 0:
            return at
        part = data[at : at + missing]
        self.held += part
        return at + len(part)


def _head(data: bytes | bytearray | memoryview, at: int, start: int) -> FrameHead:
    word, flags, stream = head_of(data, at)
    return FrameHead(word & 0xFF, flags, stream & STREAM, word >> 8, start)
