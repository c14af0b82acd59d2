"""The streams of a connection (RFC 9113 section 5.1): which are open, which have ended, which never were.

A stream is an exchange from the frame that opens it until both sides have ended it, or one resets it. What still comes
for it then is the other side's, who did not know yet; only a side that goes on after its own end is odd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.events import Direction
from tlscope.wire.http.http1_head import Odd
from tlscope.wire.http.http2_stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

UP = Direction.UP

MAX_STREAMS = 10_000
"""Streams that are open at a time and tracked; servers allow 100 to 1000. The oldest is forgotten, and that is told."""
MAX_CLOSED = 1000
"""Streams remembered behind their end, to tell a peer that goes on from one that did not know yet."""
RAPID_RESETS = 100
"""Requests that a client may reset before an answer, more than it lets be answered, until it is told of as an attack
(CVE-2023-44487)."""


class Streams:
    """All that is known of them."""

    __slots__ = ("_closed", "_highest", "_keep", "_numbers", "_open", "_resets")

    def __init__(self, numbers: Iterator[int], keep: int) -> None:
        self._numbers, self._keep = numbers, keep
        self._open: dict[int, Stream] = {}
        self._closed: dict[int, int] = {}
        """Streams behind their end -> the directions that ended or reset them themselves, as bits."""
        self._highest = [0, 0]
        """The highest stream that the client, and that the server opened."""
        self._resets = 0

    def __iter__(self) -> Iterator[Stream]:
        return iter(list(self._open.values()))

    def find(self, number: int) -> Stream | None:
        """A stream that is open."""
        return self._open.get(number)

    def is_new(self, way: Direction, number: int) -> bool:
        """Whether a side may open this stream: numbers only grow (section 5.1.1)."""
        return number > self._highest[way]

    def is_idle(self, number: int) -> bool:
        """Whether nobody can have opened it yet."""
        return number > self._highest[number % 2 == 0]

    def open(self, way: Direction, number: int, exchange: int = 0) -> tuple[Stream, Stream | None]:
        """A stream begins, and with it an exchange; and the oldest, if it had to be forgotten."""
        oldest = next(iter(self._open.values())) if len(self._open) >= MAX_STREAMS else None
        if oldest is not None:
            self.close(oldest, 0)
        self._highest[way] = max(self._highest[way], number)
        self._open[number] = stream = Stream(number, exchange or next(self._numbers), self._keep)
        return stream, oldest

    def close(self, stream: Stream, own: int) -> None:
        """The stream is over; `own` are the directions that ended it themselves."""
        self._open.pop(stream.stream, None)
        self._closed[stream.stream] = own
        if len(self._closed) > MAX_CLOSED:
            del self._closed[next(iter(self._closed))]

    def speaks(self, way: Direction, number: int, start: int) -> Stream | Odd | None:
        """The stream, if this direction may still say something on it; else what is odd about that, if anything is."""
        stream, bit = self._open.get(number), 1 << way
        if not number:
            return Odd("h2-stream-id", "DATA or HEADERS on stream 0", start)
        if stream is not None and not stream.ended & bit:
            return stream
        if stream is not None or self._closed.get(number, 0) & bit:
            return Odd("h2-stream-closed", "a side goes on after it has ended the stream", start)
        return Odd("h2-stream-idle", "a frame on a stream that nobody opened", start) if self.is_idle(number) else None

    def answered(self) -> None:
        """A response has begun."""
        self._resets = max(0, self._resets - 1)

    def reset(self, way: Direction, stream: Stream) -> bool:
        """A side resets a stream; whether that is one too many without an answer."""
        if way is UP and not stream.headed:
            self._resets += 1
            return self._resets == RAPID_RESETS
        return False
