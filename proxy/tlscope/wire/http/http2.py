"""HTTP/2 as two peers speak it (RFC 9113): frames, streams as exchanges, and where their content lies.

    observer = Http2()
    observer.feed(direction, data, offset) -> events          (exchange.py)

Two layers. A direction is cut into frames: the payload of DATA passes through, any other is collected, as much of it as
anybody reads, and handed to the method of its type. That method knows the streams, which both directions share.

The state that must not be lost is HPACK's (hpack.py): each direction has a table that every header block changes, in
order. A block that cannot be decoded, is too long, or never ends leaves that direction's header state *lost*: from
there on heads are told without their headers, while frames, streams and content go on.

A stream is an exchange from the frame that opens it until both sides have ended it, or one resets it. What still comes
for it then is the other side's, who did not know yet; only a side that goes on after its own end is odd.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from tlscope.events import Direction
from tlscope.wire.http.exchange import (
    KEPT,
    Body,
    Complete,
    Event,
    Frame,
    GoAway,
    Oddities,
    Oddity,
    Raw,
    Reset,
)
from tlscope.wire.http.http1_head import Odd
from tlscope.wire.http.http2_block import Block, Decoded, HeaderState
from tlscope.wire.http.http2_cut import Cutter
from tlscope.wire.http.http2_frame import (
    ACK,
    DEFAULT_FRAME_SIZE,
    END_HEADERS,
    END_STREAM,
    HEAD,
    ON_CONNECTION,
    ON_STREAM,
    PADDED,
    PREFACE,
    PRIORITY_FLAG,
    SIZES,
    STREAM,
    FrameHead,
    FrameType,
    Setting,
    error_name,
    flag_names,
    note_of,
    settings_header,
    settings_note,
    settings_of,
    type_name,
)
from tlscope.wire.http.http2_stream import Stream
from tlscope.wire.http.http2_tree import frame_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Http2", "frame_tree"]

UP, DOWN = Direction.UP, Direction.DOWN

MAX_STREAMS = 10_000
"""Streams that are open at a time and tracked; servers allow 100 to 1000. The oldest is forgotten, and that is told."""
MAX_CLOSED = 1000
"""Streams remembered behind their end, to tell a peer that goes on from one that did not know yet."""
RAPID_RESETS = 100
"""Requests that a client may reset before an answer until it is told of as an attack (CVE-2023-44487)."""

DATA = int(FrameType.DATA)
_BLOCKS = frozenset({FrameType.HEADERS, FrameType.PUSH_PROMISE, FrameType.CONTINUATION})


class _Half:
    """One direction: where it is within a frame, and its header state."""

    __slots__ = (
        "at", "block", "content", "cutter", "direction", "headers", "left", "max_frame", "over", "preface",
        "raw", "said", "stream", "tail",
    )  # fmt: skip

    def __init__(self, direction: Direction) -> None:
        self.direction = direction
        self.at = -1
        """Stream offset behind all that was fed; -1 before the first chunk, which may stand anywhere."""
        self.raw = False
        self.preface = direction is UP
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


class Http2:
    """Observes one connection.

    `upgraded` is the exchange that asked for h2c, stream 1 from now on; `settings` its HTTP2-Settings header (RFC 7540
    section 3.2).
    """

    def __init__(
        self,
        *,
        scheme: str = "https",
        keep: int = KEPT,
        numbers: Iterator[int] | None = None,
        upgraded: int = 0,
        settings: bytes = b"",
    ) -> None:
        self._scheme, self._keep = scheme, keep
        self._numbers = numbers or count(1)
        self._halves = (_Half(UP), _Half(DOWN))
        self._streams: dict[int, Stream] = {}
        self._closed: dict[int, int] = {}
        """Streams behind their end -> the directions that ended or reset them themselves, as bits."""
        self._highest = [0, 0]
        """The highest stream that the client, and that the server opened."""
        self._resets = 0
        self._oddities = Oddities()
        if upgraded:
            self._streams[1] = stream = Stream(1, upgraded, keep)
            stream.ended, self._highest[UP] = 1 << UP, 1
            self._settings(self._halves[UP], settings_header(settings))

    @property
    def protocol(self) -> str:
        """`h2`, or `raw` where neither direction is understood."""
        return "raw" if all(half.raw for half in self._halves) else "h2"

    def feed(self, direction: Direction, data: bytes | memoryview, offset: int) -> list[Event]:
        """See exchange.Observer."""
        half = self._halves[direction]
        events: list[Event] = []
        if offset != half.at and half.at >= 0 and not half.raw:
            self._lose(half, Odd("gap", f"{offset - half.at} bytes are missing here", half.at), events)
        at, end = 0, len(data)
        half.at = offset + end
        if type(data) is memoryview and half.left < end:
            data = bytes(data)  # what only passes through is not copied
        while at < end and not half.raw:
            if half.left:
                at = self._pass(half, data, at, offset, events)
            elif half.preface:
                at = self._preface(half, bytes(data), at, offset, events)
            else:
                at, head, payload = half.cutter.step(data, at, offset)
                if head is not None:
                    self._begin(half, head, payload, events)
        return events

    def finish(self, direction: Direction) -> list[Event]:
        """See exchange.Observer."""
        half = self._halves[direction]
        events: list[Event] = []
        half.at = max(half.at, 0)
        if half.cutter.held or half.left or half.block:
            self._tell(half, None, Odd("truncated-frame", "the direction ends within a frame", half.at), events)
        half.raw = True
        bit = 1 << direction
        for stream in list(self._streams.values()):
            if not stream.ended & bit:
                self._end(half, stream, half.at, events, whole=False)
        return events

    # Frames.

    def _preface(self, half: _Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
        cutter = half.cutter
        held, before = cutter.held, len(cutter.held)
        if not held:
            cutter.held_at = base + at
        held += data[at : at + len(PREFACE) - before]
        if not PREFACE.startswith(held):
            text = "the client does not begin with HTTP/2's preface (RFC 9113 section 3.4)"
            self._lose(half, Odd("h2-no-preface", text, cutter.held_at), events)
            return len(data)
        at += len(held) - before
        if len(held) == len(PREFACE):
            held.clear()
            half.preface = False
            events.append(Frame(None, UP, 0, "PREFACE", "", cutter.held_at, len(PREFACE)))
        return at

    def _begin(self, half: _Half, head: FrameHead, payload: bytes, events: list[Event]) -> None:
        """A frame, with what of its payload is looked at."""
        kind, flags, number, length, start = head
        if half.cutter.first:
            half.cutter.first = False
            if kind != FrameType.SETTINGS or length > DEFAULT_FRAME_SIZE:
                text = "the first frame is not SETTINGS (RFC 9113 section 3.4): this is not HTTP/2"
                self._lose(half, Odd("h2-no-settings", text, start), events)
                return
        if length > half.max_frame:
            text = f"a frame of {length} bytes; the other side takes {half.max_frame}"
            self._tell(half, None, Odd("h2-frame-size", text, start), events)
        block = half.block
        if block is not None and (kind != FrameType.CONTINUATION or block.head.stream != number):
            text = "a header block is interrupted: the header state is lost"
            self._tell(half, None, Odd("h2-block-interrupted", text, start), events)
            half.block, half.headers.lost = None, True
        if kind == DATA:
            self._data(half, head, payload, events)
            return
        half.tail = half.left = length - len(payload)
        self._misplaced(half, head, events)
        mark = len(events)
        stream = self._streams.get(number)
        note = self._take(half, head, payload, events)
        stream = stream or self._streams.get(number)
        exchange = stream.number if stream is not None else None
        name, set_flags = type_name(kind), flag_names(kind, flags)
        events.insert(mark, Frame(exchange, half.direction, number, name, set_flags, start, HEAD + length, note))

    def _misplaced(self, half: _Half, head: FrameHead, events: list[Event]) -> None:
        """What a frame's header must not say."""
        kind, _, number, length, start = head
        if (kind in ON_STREAM and not number) or (kind in ON_CONNECTION and number):
            text = f"{type_name(kind)} on stream {number}"
            self._tell(half, None, Odd("h2-stream-id", text, start), events)
        if SIZES.get(kind, length) != length or (kind == FrameType.SETTINGS and length % 6):
            text = f"{type_name(kind)} with a payload of {length} bytes"
            self._tell(half, None, Odd("h2-frame-size", text, start), events)

    def _take(self, half: _Half, head: FrameHead, payload: bytes, events: list[Event]) -> str:
        """Do what a frame does; returns its note."""
        kind = head.kind
        if kind in _BLOCKS:
            return self._headers(half, head, payload, events)
        if kind == FrameType.WINDOW_UPDATE:
            increment = int.from_bytes(payload[:4]) & STREAM
            if not increment:
                text = "WINDOW_UPDATE by nothing"
                self._tell(half, self._streams.get(head.stream), Odd("h2-window-update", text, head.start), events)
            return f"+{increment}"
        if kind == FrameType.SETTINGS:
            return "" if head.flags & ACK else self._settings(half, payload)
        if kind == FrameType.RST_STREAM:
            return self._reset(half, head, payload, events)
        if kind == FrameType.GOAWAY and len(payload) >= 8:
            last, error = int.from_bytes(payload[:4]) & STREAM, error_name(int.from_bytes(payload[4:8]))
            events.append(GoAway(half.direction, last, error, payload[8 : 8 + self._keep], head.start))
        return note_of(kind, payload)

    def _pass(self, half: _Half, data: bytes | memoryview, at: int, base: int, events: list[Event]) -> int:
        """Within a payload that is not collected: content, then what is behind it."""
        stream = half.stream
        if half.content:
            take = min(half.content, len(data) - at)
            if stream is not None:
                way = half.direction
                events.append(Body(stream.number, way, base + at, take))
                stream.got[way] += take
                if stream.readers[way] is not None or stream.inner is not None:
                    events += stream.content(way, data[at : at + take], base + at)
            half.content -= take
        else:
            take = min(half.tail, len(data) - at)
            half.tail -= take
        half.left -= take
        if not half.left and stream is not None:
            half.stream = None
            if half.over:
                self._end(half, stream, base + at + take, events)
        return at + take

    # Streams.

    def _data(self, half: _Half, head: FrameHead, payload: bytes, events: list[Event]) -> None:
        """DATA (section 6.1): its content passes through; `payload` is the length of its padding, if it has one."""
        _, flags, number, length, start = head
        stream = self._streams.get(number)
        exchange = stream.number if stream is not None else None
        events.append(Frame(exchange, half.direction, number, "DATA", flag_names(DATA, flags), start, HEAD + length))
        padding = 0
        if flags & PADDED:
            padding = payload[0] if payload else 1
            if padding >= length:
                self._tell(half, stream, Odd("h2-padding", "padding that is longer than its frame", start), events)
                padding = max(0, length - 1)
        half.left = length - len(payload)
        half.tail, half.content = padding if payload else 0, half.left - (padding if payload else 0)
        half.over = bool(flags & END_STREAM)
        half.stream = stream = self._speaks(half, number, stream, start, events)
        if stream is not None and not half.left:
            half.stream = None
            if half.over:
                self._end(half, stream, start + HEAD + length, events)

    def _speaks(
        self, half: _Half, number: int, stream: Stream | None, start: int, events: list[Event]
    ) -> Stream | None:
        """The stream, if this direction may still say something on it; else what is odd about that is told."""
        bit = 1 << half.direction
        if not number:
            self._tell(half, None, Odd("h2-stream-id", "DATA or HEADERS on stream 0", start), events)
        elif stream is not None and not stream.ended & bit:
            return stream
        elif stream is not None or self._closed.get(number, 0) & bit:
            self._tell(
                half, stream, Odd("h2-stream-closed", "a side goes on after it has ended the stream", start), events
            )
        elif number > self._highest[number % 2 == 0]:
            self._tell(half, None, Odd("h2-stream-idle", "a frame on a stream that nobody opened", start), events)
        return None

    def _end(self, half: _Half, stream: Stream, end: int, events: list[Event], *, whole: bool = True) -> None:
        """A side has ended the stream."""
        way = half.direction
        events += stream.finish(way)
        if whole and (text := stream.lacks(way)):
            self._tell(half, stream, Odd("content-length-mismatch", text, end), events)
        events.append(Complete(stream.number, way, end, whole))
        stream.ended |= 1 << way
        if stream.ended == 3:
            self._forget(stream, 3)

    def _forget(self, stream: Stream, own: int) -> None:
        """The stream is over; `own` are the directions that ended it themselves."""
        self._streams.pop(stream.stream, None)
        self._closed[stream.stream] = own
        if len(self._closed) > MAX_CLOSED:
            del self._closed[next(iter(self._closed))]

    def _open(self, half: _Half, number: int, start: int, events: list[Event]) -> Stream:
        """A stream begins, and with it an exchange."""
        if len(self._streams) >= MAX_STREAMS:
            oldest = next(iter(self._streams.values()))
            text = f"more than {MAX_STREAMS} streams are open; this one is not tracked any more"
            self._tell(half, oldest, Odd("too-many-streams", text, start), events)
            self._forget(oldest, 0)
        self._streams[number] = stream = Stream(number, next(self._numbers), self._keep)
        return stream

    # Header blocks.

    def _headers(self, half: _Half, head: FrameHead, payload: bytes, events: list[Event]) -> str:
        """HEADERS, PUSH_PROMISE, CONTINUATION (sections 6.2, 6.6, 6.10): a piece of a block, or all of it."""
        block, at, stop = half.block, 0, len(payload)
        if head.kind != FrameType.CONTINUATION:
            block = half.block = Block(head)
            at, stop = self._strip(half, head, payload, block, events)
        elif block is None:
            text = "CONTINUATION of no header block: the header state is lost"
            self._tell(half, None, Odd("h2-continuation", text, head.start), events)
            half.headers.lost = True
            return ""
        part = payload[at:stop]
        if odd := block.add(part, head.start + HEAD + at, whole=len(payload) == head.length):
            self._tell(half, None, odd, events)
        if not head.flags & END_HEADERS:
            return ""
        half.block = None
        block.end = head.start + HEAD + head.length
        return self._section(half, block, half.headers.decode(block), events)

    def _strip(
        self, half: _Half, head: FrameHead, payload: bytes, block: Block, events: list[Event]
    ) -> tuple[int, int]:
        """Where in a payload the piece of the block begins and ends: behind padding, priority, promised stream."""
        at, padding = 0, 0
        if head.flags & PADDED:
            at, padding = 1, payload[0] if payload else 0
        if head.kind == FrameType.PUSH_PROMISE:
            block.promised = int.from_bytes(payload[at : at + 4]) & STREAM
            at += 4
        elif head.flags & PRIORITY_FLAG:
            at += 5
        if at + padding > head.length:
            text = "padding or a header that is longer than its frame"
            self._tell(half, None, Odd("h2-padding", text, head.start), events)
            return len(payload), len(payload)
        return at, min(len(payload), head.length - padding)

    def _section(self, half: _Half, block: Block, decoded: Decoded, events: list[Event]) -> str:
        """A whole block: a request, a response, trailers, or a promise. Returns the note of its last frame."""
        number, way = block.head.stream, half.direction
        stream = self._streams.get(number)
        promised = block.head.kind == FrameType.PUSH_PROMISE
        note = ""
        if promised:
            stream = self._promise(half, block, events)
            note = f"stream {block.promised}: {stream.request(block, decoded, self._scheme, events)}"
        elif way is UP and stream is None and number > self._highest[UP]:
            stream = self._request(half, block, events)
            note = stream.request(block, decoded, self._scheme, events)
        elif (stream := self._speaks(half, number, stream, block.head.start, events)) is not None:
            if way is DOWN and not stream.headed:
                note = stream.response(block, decoded, events)
            else:
                note = stream.trailers(way, block, decoded, events)
        for odd in decoded.odd:
            self._tell(half, stream, odd, events)
        if stream is not None and block.head.flags & END_STREAM and not promised:
            self._end(half, stream, block.end, events)
        return f"{note} (header state lost)".lstrip() if decoded.lost else note

    def _request(self, half: _Half, block: Block, events: list[Event]) -> Stream:
        """The client opens a stream."""
        number, start = block.head.stream, block.head.start
        if number % 2 == 0:
            self._tell(half, None, Odd("h2-stream-id", "a client opens a stream with an even number", start), events)
        self._highest[UP] = number
        return self._open(half, number, start, events)

    def _promise(self, half: _Half, block: Block, events: list[Event]) -> Stream:
        """The server makes a request on the client's behalf (section 8.4)."""
        number, start = block.promised, block.head.start
        if half.direction is UP or number % 2 or number <= self._highest[DOWN]:
            text = f"PUSH_PROMISE of stream {number}, which cannot be promised"
            self._tell(half, None, Odd("h2-stream-id", text, start), events)
        self._highest[DOWN] = max(self._highest[DOWN], number)
        stream = self._open(half, number, start, events)
        stream.ended = 1 << UP
        return stream

    # The other frames.

    def _settings(self, half: _Half, payload: bytes) -> str:
        """SETTINGS (section 6.5): they bind the other direction, from the acknowledgement on at the latest."""
        other = self._halves[1 - half.direction]
        for number, value in settings_of(payload):
            if number == Setting.HEADER_TABLE_SIZE:
                other.headers.allow(value)
            elif number == Setting.MAX_FRAME_SIZE:
                other.max_frame = max(other.max_frame, value)
        return settings_note(payload)

    def _reset(self, half: _Half, head: FrameHead, payload: bytes, events: list[Event]) -> str:
        """RST_STREAM (section 6.4)."""
        number, start = head.stream, head.start
        error = error_name(int.from_bytes(payload[:4]))
        stream = self._streams.get(number)
        events.append(Reset(stream.number if stream else None, half.direction, number, error, start))
        if stream is None:
            if number > self._highest[number % 2 == 0]:
                text = "a stream is reset that nobody opened"
                self._tell(half, None, Odd("h2-stream-idle", text, start), events)
            return error
        if half.direction is UP and not stream.headed:
            self._resets += 1
            if self._resets == RAPID_RESETS:
                text = f"{RAPID_RESETS} requests were reset before an answer: a rapid reset attack looks like this"
                self._tell(half, None, Odd("h2-rapid-reset", text, start), events)
        own = stream.ended | 1 << half.direction
        for other in (half, self._halves[1 - half.direction]):
            if not stream.ended & 1 << other.direction:
                end = start if other is half else max(other.at, 0)
                self._end(other, stream, end, events, whole=False)
        self._forget(stream, own)
        return error

    def _lose(self, half: _Half, odd: Odd, events: list[Event]) -> None:
        """From here on this direction is not understood."""
        self._tell(half, None, odd, events)
        events.append(Raw(half.direction, odd.offset))
        half.cutter.held.clear()
        half.left, half.raw = 0, True

    def _tell(self, half: _Half, stream: Stream | None, odd: Odd, events: list[Event]) -> None:
        said = stream.said if stream is not None else half.said
        number = stream.number if stream is not None else None
        self._oddities.tell(events, said, Oddity(number, half.direction, *odd))
