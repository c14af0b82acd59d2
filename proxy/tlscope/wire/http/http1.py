"""HTTP/1.1 and 1.0 as two peers speak it (RFC 9112): requests and responses, paired, and where their content lies.

    observer = Http1()
    observer.feed(direction, data, offset) -> events          (exchange.py)

Each direction is cut into messages for itself (http1_half.py). How they depend on each other:

* A response belongs to the oldest request without one; its framing depends on that request's method (section 6.3).
* Behind a request with `Upgrade` or CONNECT nobody knows what the client's next bytes are until the response tells.
  They are held, WAIT_LIMIT at most, and given to the next protocol or read as HTTP.

A head that is too long, or a chunk size that is none, leaves no way to tell where the next message begins: that
direction is Raw from there on. Behind bytes that a capture does not have the next head is sought, and what lies before
it is Raw.
"""

from __future__ import annotations

from collections import deque
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from tlscope.events import Direction
from tlscope.wire.http.exchange import (
    KEPT,
    Complete,
    Event,
    Headers,
    Observer,
    Oddities,
    Oddity,
    Raw,
    RequestHead,
    ResponseHead,
    Upgraded,
    header,
)
from tlscope.wire.http.http1_chunked import chunk_line
from tlscope.wire.http.http1_framing import NONE, Framing, request_framing, response_framing
from tlscope.wire.http.http1_half import Half, between, content, handed_over, raw, seek, until_close, wait
from tlscope.wire.http.http1_head import Head, Odd, request_line, status_line
from tlscope.wire.http.http1_target import whither
from tlscope.wire.http.http1_tree import head_tree
from tlscope.wire.http.inner import HEADERS, reader_of
from tlscope.wire.http.websocket_frame import accepts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Inner = Callable[[str, int, Headers, Headers, Iterator[int]], Observer | None]
    """Protocol, exchange, the headers that asked for it, those that agreed to it, numbers for exchanges to come."""

__all__ = ["Http1", "head_tree"]

UP, DOWN = Direction.UP, Direction.DOWN

MAX_PENDING = 10_000
"""Requests sent ahead of their responses that are tracked. Browsers send none ahead; load generators some hundreds."""


class _Request(NamedTuple):
    """What a response must know of its request."""

    number: int
    method: bytes
    asked: Headers | None = None
    """Of a request that another protocol may follow; None for any other."""


class Http1:
    """Observes one connection. `inner` makes the observer for what follows an upgrade; without it that is Raw."""

    def __init__(
        self,
        *,
        scheme: str = "https",
        keep: int = KEPT,
        numbers: Iterator[int] | None = None,
        inner: Inner | None = None,
    ) -> None:
        self.scheme, self._keep, self._make_inner = scheme, keep, inner
        self._numbers = numbers or count(1)
        self._oddities = Oddities()
        self._up = Half(UP, self._request, self._oddities)
        self._down = Half(DOWN, self._response, self._oddities)
        self._pending: deque[_Request] = deque()
        self._inner: Observer | None = None
        self._unsure = False
        """Whether the responses to requests that wait may be among missing bytes."""
        self._late = False
        """Whether the client has ended its direction while what it sent last waits for a response."""

    @property
    def protocol(self) -> str:
        """`http/1.1`, what it was upgraded to, or `raw` where neither direction is understood."""
        if self._inner is not None:
            return self._inner.protocol
        return "raw" if self._up.state is self._down.state is raw else "http/1.1"

    def feed(self, direction: Direction, data: bytes | memoryview, offset: int) -> list[Event]:
        """See exchange.Observer."""
        inner = self._inner
        if inner is not None:
            return inner.feed(direction, data, offset)
        events: list[Event] = []
        half = self._down if direction else self._up
        if offset != half.at and half.at >= 0:
            self._skip(half, offset - half.at, events)
        at = half.run(data, offset, events)
        if at < len(data) and self._inner is not None:
            events += self._inner.feed(direction, data[at:], offset + at)
        return events

    def missing(self, direction: Direction, size: int) -> list[Event]:
        """See exchange.Observer."""
        if self._inner is not None:
            return self._inner.missing(direction, size)
        events: list[Event] = []
        self._skip(self._down if direction else self._up, size, events)
        return events

    def finish(self, direction: Direction) -> list[Event]:
        """See exchange.Observer."""
        if self._inner is not None:
            return self._inner.finish(direction)
        events: list[Event] = []
        half = self._down if direction else self._up
        if half.state is wait:
            self._late = True  # the response still tells what it sent
            return events
        half.at = max(half.at, 0)
        if half.state is between:
            if half.held:
                half.tell("truncated-head", "the direction ends within a head", half.held_at, events)
        elif half.state is seek:
            if half.at > half.lost:
                events.append(Raw(direction, half.lost))
        elif half.state is not raw:
            whole = half.state is until_close
            if not whole:
                half.tell("truncated-body", "the direction ends before the content does", half.at, events)
            half.waits = False
            half.done(half.at, events, whole=whole)
        if direction is DOWN:
            self._unanswered(events)
        half.held.clear()
        half.state = raw
        return events

    def _unanswered(self, events: list[Event]) -> None:
        """The server has ended its direction."""
        for request in self._pending:
            text = "the connection ended without a response to this request"
            oddity = Oddity(request.number, DOWN, "no-response", text, self._down.at)
            self._oddities.tell(events, set(), oddity)
        self._pending.clear()
        up = self._up
        if up.state is wait and up.held:
            up.give_up(up.held_at, events)

    def _skip(self, half: Half, size: int, events: list[Event]) -> None:
        """Bytes are missing: of the server's, perhaps the heads of responses, one for certain where one had to come."""
        of_a_head = half.state is between and (size > 0 or len(half.held) > 0)
        if half.skip(size, events) and half is self._down:
            if of_a_head and self._pending:
                self._lost(max(half.at, 0), events)
            self._unsure = len(self._pending) <= 1

    def _sure(self, at: int, events: list[Event]) -> None:
        """The first response behind missing bytes: it answers the last request, unless the client sends them ahead."""
        self._unsure = False
        while len(self._pending) > 1:
            self._lost(at, events)

    def _lost(self, at: int, events: list[Event]) -> None:
        """The oldest request without a response will have none."""
        request = self._pending.popleft()
        text = "the response to this request is among the missing bytes"
        self._oddities.tell(events, set(), Oddity(request.number, DOWN, "gap", text, at))
        events.append(Complete(request.number, DOWN, at, whole=False))
        if request.asked is not None:
            self._release(events)

    # What a head says: the halves call these.

    def _request(self, half: Half, head: Head, length: int, events: list[Event]) -> bool:
        line = request_line(head.line)
        if line is None:
            return False
        method, target, version, strange = line
        at, odd = head.start, head.odd
        number = half.exchange = next(self._numbers)
        framing = request_framing(head, version)
        text = target.decode("latin-1")
        scheme, authority = whither(method, text, version, head, self.scheme)
        events.append(
            RequestHead(number, method.decode("latin-1"), text, scheme, authority, version, head.headers, at, length)
        )
        if strange:
            odd.append(Odd(strange, _LINES[strange], at))
        if odd:
            half.tell_all(odd, events)
        if len(self._pending) >= MAX_PENDING:
            text = f"{MAX_PENDING} requests without a response: from here on they are not tracked"
            half.lose("pipelining-too-deep", text, at + length, events)
            return True
        half.waits = method == b"CONNECT" or b"upgrade" in head.fields
        self._pending.append(_Request(number, method, head.headers if half.waits else None))
        if method == b"CONNECT":
            framing = NONE  # content of CONNECT has no meaning (RFC 9110 section 9.3.6)
        self._begin_content(half, framing, head.fields, at + length, events)
        return True

    def _response(self, half: Half, head: Head, length: int, events: list[Event]) -> bool:
        line = status_line(head.line)
        if line is None:
            return False
        status, reason, version, strange = line
        at, odd = head.start, head.odd
        if self._unsure:
            self._sure(at, events)
        if not self._pending:
            odd.append(Odd("response-without-request", "a response that no request asked for", at))
            self._pending.append(_Request(next(self._numbers), b""))
        request = self._pending[0]
        number = half.exchange = request.number
        interim = 100 <= status < 200 and status != 101
        framing = response_framing(head, version, status, request.method)
        phrase = "OK" if reason == b"OK" else reason.decode("latin-1")
        events.append(ResponseHead(number, status, phrase, version, head.headers, at, length, interim))
        if strange:
            odd.append(Odd(strange, _LINES[strange], at))
        if not 100 <= status < 600:
            odd.append(Odd("status-code", "a status outside the five classes (RFC 9110 section 15)", at))
        if odd:
            half.tell_all(odd, events)
        if interim:
            half.forget()
            return True
        self._pending.popleft()
        if status == 101 or (request.method == b"CONNECT" and 200 <= status < 300):
            self._upgrade(half, request, head, at + length, events)
            return True
        self._begin_content(half, framing, head.fields, at + length, events)
        if request.asked is not None:
            self._release(events)
        return True

    def _begin_content(
        self, half: Half, framing: Framing, fields: dict[bytes, list[bytes]], at: int, events: list[Event]
    ) -> None:
        """Set the state for the content that begins at `at`."""
        kind = framing.kind
        if kind == "none" or (kind == "length" and not framing.length):
            half.done(at, events)
            return
        if b"content-type" in fields:
            said = {name: b",".join(fields[name]) for name in HEADERS if name in fields}
            half.reader = reader_of(said, half.exchange, half.direction, self._keep)
        if kind == "length":
            half.left, half.state = framing.length, content
        elif kind == "chunked":
            half.state = chunk_line
        elif kind == "close":
            half.state = until_close
        else:
            half.waits = False
            half.done(at, events, whole=False)
            half.give_up(at, events)

    # What the directions do to each other.

    def _release(self, events: list[Event]) -> None:
        """The response to a request that waits has come, and HTTP goes on."""
        up = self._up
        up.waits = False
        if up.state is not wait:
            return
        up.state = between
        if up.held:
            data, end = bytes(up.held), up.at
            up.held.clear()
            up.run(data, up.held_at, events)
            up.at = end
        if self._late and up.state is not wait:
            events += self.finish(UP)

    def _upgrade(self, half: Half, request: _Request, head: Head, at: int, events: list[Event]) -> None:
        """Another protocol takes over both directions (RFC 9110 sections 7.8 and 9.3.6)."""
        agreed = head.fields.get(b"upgrade", [b""])[0].decode("latin-1").lower()
        protocol = "connect" if request.method == b"CONNECT" else agreed
        up = self._up
        for code, text in _unasked(request, protocol, head.headers):
            half.tell(code, text, at, events)
        begin = up.held_at if up.state is wait else max(up.at, 0)
        events += (Complete(request.number, DOWN, at), Upgraded(request.number, protocol, begin, at))
        half.forget()
        inner = None
        if self._make_inner is not None and request.asked is not None and up.state is wait:
            inner = self._make_inner(protocol, request.number, request.asked, head.headers, self._numbers)
        if inner is None:
            up.give_up(begin, events)
            half.give_up(at, events)
            return
        self._inner = inner
        up.state = half.state = handed_over
        if up.held:
            events += inner.feed(UP, bytes(up.held), begin)
            up.held.clear()
        if self._late:
            events += inner.finish(UP)


def _unasked(request: _Request, protocol: str, agreed: Headers) -> list[tuple[str, str]]:
    """What is wrong with a switch of protocols, beside what the next protocol will find."""
    if protocol == "connect":
        return []
    asked = header(request.asked or (), b"upgrade") or b""
    names = [name.strip().lower() for name in asked.decode("latin-1").split(",")]
    if not protocol or protocol not in names:
        return [("upgrade-not-asked-for", "the server switches to a protocol that the request did not ask for")]
    key = header(request.asked or (), b"sec-websocket-key")
    if protocol == "websocket" and key is not None and header(agreed, b"sec-websocket-accept") != accepts(key):
        text = "Sec-WebSocket-Accept does not answer the client's key, which must fail then (RFC 6455 section 4.1)"
        return [("ws-accept", text)]
    return []


_LINES = {
    "version": "a version of HTTP/1 that does not exist",
    "start-line-whitespace": "a start line whose parts are not one space apart",
}
