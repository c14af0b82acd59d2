"""One direction of HTTP/2: where it is within a frame, and what it must remember from one frame to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.events import Direction
from tlscope.wire.http.exchange import Event, Frame, Oddities, Oddity, Raw
from tlscope.wire.http.http1_head import Odd
from tlscope.wire.http.http2_block import Block, HeaderState
from tlscope.wire.http.http2_cut import Cutter
from tlscope.wire.http.http2_frame import DEFAULT_FRAME_SIZE, PREFACE

if TYPE_CHECKING:
    from tlscope.wire.http.http2_stream import Stream


class Half:
    """Where a direction is."""

    __slots__ = (
        "_oddities", "at", "block", "content", "cutter", "direction", "headers", "left", "max_frame", "over",
        "preface", "raw", "said", "stream", "tail",
    )  # fmt: skip

    def __init__(self, direction: Direction, oddities: Oddities) -> None:
        self.direction, self._oddities = direction, oddities
        self.at = -1
        """Stream offset behind all that was fed; -1 before the first chunk, which may stand anywhere."""
        self.raw = False
        self.preface = direction is Direction.UP
        """Whether the preface is still to come."""
        self.cutter = Cutter()
        self.content = 0
        """Bytes of DATA to come, then of `tail` (padding, or a payload that nobody reads); `left` is both."""
        self.tail = self.left = 0
        self.stream: Stream | None = None
        """Whose DATA is coming."""
        self.over = False
        """Whether the stream's direction ends with this DATA."""
        self.block: Block | None = None
        """A header block whose END_HEADERS is still to come."""
        self.headers = HeaderState()
        self.max_frame = DEFAULT_FRAME_SIZE
        self.said: set[str] = set()

    def begin(self, data: bytes | memoryview, at: int, base: int, events: list[Event]) -> int:
        """Within the client's preface; returns how far it came."""
        cutter = self.cutter
        held, before = cutter.held, len(cutter.held)
        if not held:
            cutter.held_at = base + at
        held += data[at : at + len(PREFACE) - before]
        if not PREFACE.startswith(held):
            text = "the client does not begin with HTTP/2's preface (RFC 9113 section 3.4)"
            self.lose(Odd("h2-no-preface", text, cutter.held_at), events)
            return len(data)
        at += len(held) - before
        if len(held) == len(PREFACE):
            held.clear()
            self.preface = False
            events.append(Frame(None, self.direction, 0, "PREFACE", "", cutter.held_at, len(PREFACE)))
        return at

    def skip(self, missing: int, events: list[Event]) -> None:
        """So many bytes are missing, or none can say how many (0).

        Within a payload it goes on behind them; anywhere else nothing does, for frames have no mark to be found by.
        """
        stream = self.stream
        text = f"{missing} bytes are missing here" if missing > 0 else "bytes are missing here"
        odd = Odd("gap", text, max(self.at, 0))
        if not 0 < missing < self.left:
            self.lose(odd, events)
            return
        self.tell(stream, odd, events)
        content = min(missing, self.content)
        self.left -= missing
        self.content -= content
        self.tail -= missing - content
        if stream is not None and content:
            stream.miss(self.direction, content)

    def lose(self, odd: Odd, events: list[Event]) -> None:
        """From here on this direction is not understood."""
        self.tell(None, odd, events)
        events.append(Raw(self.direction, odd.offset))
        self.cutter.held.clear()
        self.left, self.raw = 0, True

    def tell(self, stream: Stream | None, odd: Odd, events: list[Event]) -> None:
        """Something is odd about a stream, or (None) about the direction."""
        said = stream.said if stream is not None else self.said
        number = stream.number if stream is not None else None
        self._oddities.tell(events, said, Oddity(number, self.direction, *odd))
