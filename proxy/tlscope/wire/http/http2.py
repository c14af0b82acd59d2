"""HTTP/2 as two peers speak it (RFC 9113): frames, streams as exchanges, and where their content lies.

    observer = Http2()
    observer.feed(direction, data, offset) -> events          (exchange.py)

Two layers. A direction is cut into frames: the payload of DATA passes through, any other is collected, as much of it as
anybody reads, and handed to the method of its type. That method knows the streams, which both directions share.

The state that must not be lost is HPACK's (hpack.py): each direction has a table that every header block changes, in
order. A block that cannot be decoded, is too long, or never ends leaves that direction's header state *lost*: from
there on heads are told without their headers, while frames, streams and content go on.

A stream is an exchange (http2_streams.py, http2_stream.py).
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
    Reset,
)
from tlscope.wire.http.http1_head import Odd
from tlscope.wire.http.http2_block import Block, Decoded
from tlscope.wire.http.http2_frame import (
    ACK,
    DEFAULT_FRAME_SIZE,
    END_HEADERS,
    END_STREAM,
    HEAD,
    LEAST,
    ON_CONNECTION,
    ON_STREAM,
    PADDED,
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
from tlscope.wire.http.http2_half import Half
from tlscope.wire.http.http2_settings import faults
from tlscope.wire.http.http2_streams import MAX_STREAMS, RAPID_RESETS, Streams
from tlscope.wire.http.http2_tree import frame_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.http.http2_stream import Stream

__all__ = ["Http2", "frame_tree"]

UP, DOWN = Direction.UP, Direction.DOWN

DATA = int(FrameType.DATA)
_BLOCKS = frozenset({FrameType.HEADERS, FrameType.PUSH_PROMISE, FrameType.CONTINUATION})


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
        oddities = Oddities()
        self._halves = (Half(UP, oddities), Half(DOWN, oddities))
        self._streams = Streams(numbers or count(1), keep)
        self._extended = False
        """Whether the server takes CONNECT with a protocol (RFC 8441)."""
        if upgraded:
            self._streams.open(UP, 1, upgraded)[0].ended = 1 << UP
            self._settings(self._halves[UP], settings_header(settings))
            self._halves[DOWN].headers.acknowledge()  # 101 does (RFC 7540 section 3.2.1)

    @property
    def protocol(self) -> str:
        """`h2`, or `raw` where neither direction is understood."""
        return "raw" if all(half.raw for half in self._halves) else "h2"

    def feed(self, direction: Direction, data: bytes | memoryview, offset: int) -> list[Event]:
        """See exchange.Observer."""
        half = self._halves[direction]
        events: list[Event] = []
        if offset != half.at and half.at >= 0 and not half.raw:
            half.skip(offset - half.at, events)
        at, end = 0, len(data)
        half.at = offset + end
        if type(data) is memoryview and half.left < end:
            data = bytes(data)  # what only passes through is not copied
        while at < end and not half.raw:
            if half.left:
                at = self._pass(half, data, at, offset, events)
            elif half.preface:
                at = half.begin(data, at, offset, events)
            else:
                at, head, payload = half.cutter.step(data, at, offset)
                if head is not None:
                    self._begin(half, head, payload, events)
        return events

    def missing(self, direction: Direction, size: int) -> list[Event]:
        """See exchange.Observer."""
        events: list[Event] = []
        half = self._halves[direction]
        if not half.raw:
            half.skip(size, events)
        return events

    def finish(self, direction: Direction) -> list[Event]:
        """See exchange.Observer."""
        half = self._halves[direction]
        events: list[Event] = []
        half.at = max(half.at, 0)
        if half.cutter.held or half.left or half.block:
            half.tell(None, Odd("truncated-frame", "the direction ends within a frame", half.at), events)
        half.raw = True
        bit = 1 << direction
        for stream in self._streams:
            if not stream.ended & bit:
                self._end(half, stream, half.at, events, whole=False)
        return events

    # Frames.

    def _begin(self, half: Half, head: FrameHead, payload: bytes, events: list[Event]) -> None:
        """A frame, with what of its payload is looked at."""
        kind, flags, number, length, start = head
        if half.cutter.first:
            half.cutter.first = False
            if kind != FrameType.SETTINGS or length > DEFAULT_FRAME_SIZE:
                text = "the first frame is not SETTINGS (RFC 9113 section 3.4): this is not HTTP/2"
                half.lose(Odd("h2-no-settings", text, start), events)
                return
        if length > half.max_frame:
            text = f"a frame of {length} bytes; the other side takes {half.max_frame}"
            half.tell(None, Odd("h2-frame-size", text, start), events)
        block = half.block
        if block is not None and (kind != FrameType.CONTINUATION or block.head.stream != number):
            text = "a header block is interrupted: the header state is lost"
            half.tell(None, Odd("h2-block-interrupted", text, start), events)
            half.block, half.headers.lost = None, True
        if kind == DATA:
            self._data(half, head, payload, events)
            return
        half.tail = half.left = length - len(payload)
        self._misplaced(half, head, events)
        mark = len(events)
        stream = self._streams.find(number)
        note = self._take(half, head, payload, events)
        stream = stream or self._streams.find(number)
        exchange = stream.number if stream is not None else None
        name, set_flags = type_name(kind), flag_names(kind, flags)
        events.insert(mark, Frame(exchange, half.direction, number, name, set_flags, start, HEAD + length, note))

    def _misplaced(self, half: Half, head: FrameHead, events: list[Event]) -> None:
        """What a frame's header must not say."""
        kind, _, number, length, start = head
        if (kind in ON_STREAM and not number) or (kind in ON_CONNECTION and number):
            text = f"{type_name(kind)} on stream {number}"
            half.tell(None, Odd("h2-stream-id", text, start), events)
        wrong = SIZES.get(kind, length) != length or length < LEAST.get(kind, 0)
        if kind == FrameType.SETTINGS:
            wrong = bool(length if head.flags & ACK else length % 6)
        if wrong:
            text = f"{type_name(kind)} with a payload of {length} bytes"
            half.tell(None, Odd("h2-frame-size", text, start), events)

    def _take(self, half: Half, head: FrameHead, payload: bytes, events: list[Event]) -> str:
        """Do what a frame does; returns its note."""
        kind = head.kind
        if kind in _BLOCKS:
            return self._headers(half, head, payload, events)
        if kind == FrameType.WINDOW_UPDATE:
            increment = int.from_bytes(payload[:4]) & STREAM
            if not increment:
                text = "WINDOW_UPDATE by nothing"
                half.tell(self._streams.find(head.stream), Odd("h2-window-update", text, head.start), events)
            return f"+{increment}"
        if kind == FrameType.SETTINGS:
            if head.flags & ACK:
                half.headers.acknowledge()
                return ""
            for text in faults(settings_of(payload), half.direction):
                half.tell(None, Odd("h2-setting", text, head.start), events)
            return self._settings(half, payload)
        if kind == FrameType.RST_STREAM:
            return self._reset(half, head, payload, events)
        if kind == FrameType.GOAWAY and len(payload) >= 8:
            last, error = int.from_bytes(payload[:4]) & STREAM, error_name(int.from_bytes(payload[4:8]))
            events.append(GoAway(half.direction, last, error, payload[8 : 8 + self._keep], head.start))
        return note_of(kind, payload)

    def _pass(self, half: Half, data: bytes | memoryview, at: int, base: int, events: list[Event]) -> int:
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

    def _data(self, half: Half, head: FrameHead, payload: bytes, events: list[Event]) -> None:
        """DATA (section 6.1): its content passes through; `payload` is the length of its padding, if it has one."""
        _, flags, number, length, start = head
        stream = self._streams.find(number)
        exchange = stream.number if stream is not None else None
        events.append(Frame(exchange, half.direction, number, "DATA", flag_names(DATA, flags), start, HEAD + length))
        padding = 0
        if flags & PADDED:
            padding = payload[0] if payload else 1
            if padding >= length:
                half.tell(stream, Odd("h2-padding", "padding that is longer than its frame", start), events)
                padding = max(0, length - 1)
        half.left = length - len(payload)
        half.tail, half.content = padding if payload else 0, half.left - (padding if payload else 0)
        half.over = bool(flags & END_STREAM)
        half.stream = stream = self._speaks(half, number, start, events)
        if stream is not None and half.direction is DOWN and not stream.headed:
            text = "content before the head of the response (RFC 9113 section 8.1)"
            half.tell(stream, Odd("h2-data-before-headers", text, start), events)
        if stream is not None and not half.left:
            half.stream = None
            if half.over:
                self._end(half, stream, start + HEAD + length, events)

    def _speaks(self, half: Half, number: int, start: int, events: list[Event]) -> Stream | None:
        """The stream, if this direction may still say something on it; what is odd about that is told."""
        found = self._streams.speaks(half.direction, number, start)
        if isinstance(found, Odd):
            half.tell(self._streams.find(number), found, events)
            return None
        return found

    def _end(self, half: Half, stream: Stream, end: int, events: list[Event], *, whole: bool = True) -> None:
        """A side has ended the stream."""
        way = half.direction
        events += stream.finish(way)
        if whole and (text := stream.lacks(way)):
            half.tell(stream, Odd("content-length-mismatch", text, end), events)
        events.append(Complete(stream.number, way, end, whole))
        stream.ended |= 1 << way
        if stream.ended == 3:
            self._streams.close(stream, 3)

    def _open(self, half: Half, number: int, start: int, events: list[Event]) -> Stream:
        """A stream begins, and with it an exchange."""
        stream, oldest = self._streams.open(half.direction, number)
        if oldest is not None:
            text = f"more than {MAX_STREAMS} streams are open; this one is not tracked any more"
            half.tell(oldest, Odd("too-many-streams", text, start), events)
        return stream

    # Header blocks.

    def _headers(self, half: Half, head: FrameHead, payload: bytes, events: list[Event]) -> str:
        """HEADERS, PUSH_PROMISE, CONTINUATION (sections 6.2, 6.6, 6.10): a piece of a block, or all of it."""
        block, at, stop = half.block, 0, len(payload)
        if head.kind != FrameType.CONTINUATION:
            block = half.block = Block(head)
            at, stop = block.strip(payload)
            if at > stop:
                text = "padding or a header that is longer than its frame: the header state is lost"
                half.tell(None, Odd("h2-padding", text, head.start), events)
                half.headers.lost = True
        elif block is None:
            text = "CONTINUATION of no header block: the header state is lost"
            half.tell(None, Odd("h2-continuation", text, head.start), events)
            half.headers.lost = True
            return ""
        part = payload[at:stop]
        if odd := block.add(part, head.start + HEAD + at, whole=len(payload) == head.length):
            half.tell(None, odd, events)
        if not head.flags & END_HEADERS:
            return ""
        half.block = None
        block.end = head.start + HEAD + head.length
        return self._section(half, block, half.headers.decode(block), events)

    def _section(self, half: Half, block: Block, decoded: Decoded, events: list[Event]) -> str:
        """A whole block: a request, a response, trailers, or a promise. Returns the note of its last frame."""
        number, way = block.head.stream, half.direction
        promised = block.head.kind == FrameType.PUSH_PROMISE
        note = ""
        if promised:
            note, stream = f"stream {block.promised}", self._promise(half, block, events)
            if stream is not None:
                note += f": {stream.request(block, decoded, self._scheme, events)}"
        elif way is UP and self._streams.is_new(UP, number):
            stream = self._request(half, block, events)
            note = stream.request(block, decoded, self._scheme, events)
            if stream.extended and not self._extended and not self._halves[DOWN].raw:
                text = "CONNECT with :protocol to a server that did not say it takes that (RFC 8441 section 3)"
                decoded.odd.append(Odd("h2-connect-protocol", text, block.head.start))
        elif (stream := self._speaks(half, number, block.head.start, events)) is not None:
            if way is DOWN and not stream.headed:
                note = stream.response(block, decoded, events)
                self._streams.answered()
            else:
                note = stream.trailers(way, block, decoded, events)
        for odd in decoded.odd:
            half.tell(stream, odd, events)
        if stream is not None and block.head.flags & END_STREAM and not promised:
            self._end(half, stream, block.end, events)
        return f"{note} (header state lost)".lstrip() if decoded.lost else note

    def _request(self, half: Half, block: Block, events: list[Event]) -> Stream:
        """The client opens a stream."""
        number, start = block.head.stream, block.head.start
        if number % 2 == 0:
            half.tell(None, Odd("h2-stream-id", "a client opens a stream with an even number", start), events)
        return self._open(half, number, start, events)

    def _promise(self, half: Half, block: Block, events: list[Event]) -> Stream | None:
        """The server makes a request on the client's behalf (section 8.4); None on a stream that can be nobody's."""
        number, start = block.promised, block.head.start
        if half.direction is UP or number % 2 or not self._streams.is_new(DOWN, number):
            text = f"PUSH_PROMISE of stream {number}, which cannot be promised"
            half.tell(None, Odd("h2-stream-id", text, start), events)
            return None
        stream = self._open(half, number, start, events)
        stream.ended = 1 << UP
        return stream

    # The other frames.

    def _settings(self, half: Half, payload: bytes) -> str:
        """SETTINGS (section 6.5): they bind the other direction, from the acknowledgement on at the latest."""
        other = self._halves[1 - half.direction]
        said = dict(settings_of(payload))
        other.headers.allow(said.get(Setting.HEADER_TABLE_SIZE))
        other.max_frame = max(other.max_frame, said.get(Setting.MAX_FRAME_SIZE, 0))
        if half.direction is DOWN and said.get(Setting.ENABLE_CONNECT_PROTOCOL) == 1:
            self._extended = True
        return settings_note(payload)

    def _reset(self, half: Half, head: FrameHead, payload: bytes, events: list[Event]) -> str:
        """RST_STREAM (section 6.4)."""
        number, start = head.stream, head.start
        error = error_name(int.from_bytes(payload[:4]))
        stream = self._streams.find(number)
        events.append(Reset(stream.number if stream else None, half.direction, number, error, start))
        if stream is None:
            if self._streams.is_idle(number):
                text = "a stream is reset that nobody opened"
                half.tell(None, Odd("h2-stream-idle", text, start), events)
            return error
        if self._streams.reset(half.direction, stream):
            text = f"{RAPID_RESETS} requests were reset before an answer: a rapid reset attack looks like this"
            half.tell(None, Odd("h2-rapid-reset", text, start), events)
        own = stream.ended | 1 << half.direction
        for other in (half, self._halves[1 - half.direction]):
            if not stream.ended & 1 << other.direction:
                end = start if other is half else max(other.at, 0)
                self._end(other, stream, end, events, whole=False)
        self._streams.close(stream, own)
        return error
