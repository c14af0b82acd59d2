"""A stream of HTTP/2 as an exchange: what its heads say, who reads its content, which sides are still open.

    stream = Stream(7, exchange, keep)
    note = stream.request(block, decoded, scheme, events)       what HEADERS, or PUSH_PROMISE, said
    note = stream.response(block, decoded, events)
    note = stream.trailers(direction, block, decoded, events)

What is odd about a header section is added to `decoded.odd`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.events import Direction
from tlscope.wire.http.exchange import Event, RequestHead, ResponseHead, Trailers, Upgraded, readable
from tlscope.wire.http.http1_head import Odd
from tlscope.wire.http.http2_fields import REQUEST, RESPONSE, TRAILERS, Section, read
from tlscope.wire.http.http2_frame import END_STREAM, FrameType
from tlscope.wire.http.inner import reader_of
from tlscope.wire.http.websocket import WebSocket

if TYPE_CHECKING:
    from tlscope.wire.http.http2_block import Block, Decoded
    from tlscope.wire.http.inner import Reader

UP, DOWN = Direction.UP, Direction.DOWN


class Stream:
    """What is known of a stream while a side of it is open."""

    __slots__ = (
        "_keep", "_upgrade", "ended", "got", "headed", "inner", "length", "method", "number", "readers", "said",
        "stream",
    )  # fmt: skip

    def __init__(self, stream: int, number: int, keep: int) -> None:
        self.stream = stream
        self.number = number
        """Of the exchange."""
        self._keep = keep
        self.method = ""
        self._upgrade = ""
        """What a CONNECT asks for: `connect`, or its `:protocol` (RFC 8441)."""
        self.headed = False
        """Whether the final response has begun."""
        self.ended = 0
        """Directions that are over, as bits."""
        self.got = [0, 0]
        """Bytes of content in each direction, and what Content-Length said they would be (-1: nothing)."""
        self.length = [-1, -1]
        self.readers: list[Reader | None] = [None, None]
        self.inner: WebSocket | None = None
        self.said: set[str] = set()

    @property
    def extended(self) -> bool:
        """Whether it asks for a protocol (RFC 8441 section 4)."""
        return self._upgrade not in {"", "connect"}

    def request(self, block: Block, decoded: Decoded, scheme: str, events: list[Event]) -> str:
        """A request begins, or (PUSH_PROMISE) is made on the client's behalf; returns it in a few words."""
        section = _read(decoded, REQUEST, block)
        pseudo = section.pseudo
        method, authority = pseudo.get(b":method", ""), pseudo.get(b":authority")
        if authority is None:
            authority = section.fields.get(b"host", b"").decode("latin-1")
        connect = method == "CONNECT"
        target = pseudo.get(b":path", authority if connect else "")
        scheme = pseudo.get(b":scheme", "" if connect else scheme)
        self.method = method
        if connect:
            self._upgrade = pseudo.get(b":protocol", "connect")
        pushed = block.head.kind == FrameType.PUSH_PROMISE
        start, length = block.head.start, block.end - block.head.start
        events.append(
            RequestHead(
                self.number, method, target, scheme, authority, "HTTP/2", decoded.headers, start, length, self.stream,
                pushed,
            )
        )  # fmt: skip
        if not pushed:
            self._expect(UP, section)
        return readable(f"{method} {target}")

    def response(self, block: Block, decoded: Decoded, events: list[Event]) -> str:
        """A response begins, or an interim one comes; returns the status."""
        start = block.head.start
        section = _read(decoded, RESPONSE, block)
        said = section.pseudo.get(b":status", "")
        status = int(said) if len(said) == 3 and said.isascii() and said.isdigit() else 0
        interim = 100 <= status < 200
        if not status and not decoded.lost:
            decoded.odd.append(Odd("h2-status", "a status that is not three digits", start))
        elif status == 101 or (interim and block.head.flags & END_STREAM):
            text = "101, or a 1xx that ends the stream: HTTP/2 has neither (RFC 9113 sections 8.1 and 8.6)"
            decoded.odd.append(Odd("h2-status", text, start))
        length = block.end - start
        events.append(
            ResponseHead(self.number, status, "", "HTTP/2", decoded.headers, start, length, interim, self.stream)
        )
        if interim:
            return said
        self.headed = True
        if status not in {204, 304}:
            self._expect(DOWN, section)
        if self._upgrade and 200 <= status < 300:
            events.append(Upgraded(self.number, self._upgrade, -1, -1))
            if self._upgrade == "websocket" and not self.got[UP]:
                agreed = section.fields.get(b"sec-websocket-extensions", b"")
                self.inner = WebSocket(self.number, agreed, keep=self._keep, stream=self.stream)
        return said

    def trailers(self, direction: Direction, block: Block, decoded: Decoded, events: list[Event]) -> str:
        """Header fields behind the content."""
        start = block.head.start
        _read(decoded, TRAILERS, block)
        if not block.head.flags & END_STREAM:
            decoded.odd.append(Odd("h2-trailers", "trailers that do not end the stream", start))
        events.append(Trailers(self.number, direction, decoded.headers, start, block.end - start))
        return "trailers"

    def content(self, direction: Direction, data: bytes | memoryview, offset: int) -> list[Event]:
        """Give content to who reads it."""
        reader = self.readers[direction]
        if reader is not None:
            return reader.feed(bytes(data), offset)
        return self.inner.feed(direction, data, offset) if self.inner is not None else []

    def finish(self, direction: Direction) -> list[Event]:
        """The content of this direction has ended."""
        events: list[Event] = []
        if (reader := self.readers[direction]) is not None:
            events += reader.finish()
            self.readers[direction] = None
        if self.inner is not None:
            events += self.inner.finish(direction)
        return events

    def miss(self, direction: Direction, size: int) -> None:
        """Content was not seen: who reads it can read no more."""
        self.got[direction] += size
        self.readers[direction] = self.inner = None

    def lacks(self, direction: Direction) -> str:
        """What is wrong with the length of this direction's content, now that it has ended; empty if nothing."""
        length, got = self.length[direction], self.got[direction]
        if length in {-1, got} or (direction is DOWN and self.method == "HEAD"):
            return ""
        return f"Content-Length says {length} bytes; {got} came"

    def _expect(self, way: Direction, section: Section) -> None:
        """What the head says of the content."""
        self.length[way] = section.length
        if b"content-type" in section.fields:
            self.readers[way] = reader_of(section.fields, self.number, way, self._keep)


def _read(decoded: Decoded, kind: frozenset[bytes], block: Block) -> Section:
    section = read(decoded.headers, kind, at=block.head.start)
    if not decoded.lost:  # else what is missing is missing with us
        decoded.odd.extend(section.odd)
    return section
