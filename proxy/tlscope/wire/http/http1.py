"""HTTP/1.1 and 1.0 as two peers speak it (RFC 9112): requests and responses, paired, and where their content lies.

    observer = Http1()
    observer.feed(direction, data, offset) -> events          (exchange.py)

How the two directions depend on each other:

* A response belongs to the oldest request without one; its framing depends on that request's method (section 6.3).
* Behind a request with `Upgrade` or CONNECT nobody knows what the client's next bytes are until the response tells.
  They are held, WAIT_LIMIT at most, and given to the next protocol or read as HTTP.

Each direction is a state: a method that takes what it can of a chunk and says how far it came. A head is read out of
the chunk where it stands; only one that a chunk cuts is copied. Content is counted, not looked at, unless something is
spoken inside it (inner.py).

A head that is too long, or a chunk size that is none, leaves no way to tell where the next message begins: that
direction is Raw from there on.
"""

from __future__ import annotations

import re
from collections import deque
from itertools import count
from typing import TYPE_CHECKING

from tlscope.events import Direction
from tlscope.wire.http.exchange import (
    KEPT,
    Body,
    Complete,
    Event,
    Headers,
    Observer,
    Oddities,
    Oddity,
    Raw,
    RequestHead,
    ResponseHead,
    Trailers,
    Upgraded,
)
from tlscope.wire.http.http1_framing import NONE, Framing, request_framing, response_framing
from tlscope.wire.http.http1_head import (
    HEAD_LIMIT,
    MAX_METHOD,
    Head,
    Odd,
    could_start,
    parse_head,
    request_line,
    status_line,
)
from tlscope.wire.http.http1_tree import head_tree
from tlscope.wire.http.inner import HEADERS, reader_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tlscope.wire.http.inner import Reader

__all__ = ["Http1", "head_tree"]

UP, DOWN = Direction.UP, Direction.DOWN

MAX_PENDING = 10_000
"""Requests sent ahead of their responses that are tracked. Browsers send none ahead; load generators some hundreds."""
WAIT_LIMIT = 1 << 18
"""Bytes held while a response must tell what they are: a client that waits for it, as it should, sends none."""
CHUNK_LINE_LIMIT = 1 << 14
"""Bytes of a chunk-size line with its extensions; Apache takes 8190."""

_END = re.compile(rb"\n\r?\n").search
_BLANK = re.compile(rb"[\r\n]+").match
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(;[^\r\n]*)?(\r?)\n").fullmatch
_TRAILERS_END = re.compile(rb"\A\r?\n|\n\r?\n").search


class _Request:
    """What a response must know of its request."""

    __slots__ = ("method", "number", "waits")

    def __init__(self, number: int, method: bytes, *, waits: bool) -> None:
        self.number, self.method, self.waits = number, method, waits


class _Half:
    """One direction."""

    __slots__ = (
        "at",
        "direction",
        "exchange",
        "held",
        "held_at",
        "left",
        "lined",
        "reader",
        "said",
        "searched",
        "state",
    )

    def __init__(self, direction: Direction, state: Callable[..., int]) -> None:
        self.direction, self.state = direction, state
        self.at = -1
        """Stream offset behind all that was fed; -1 before the first chunk, which may stand anywhere."""
        self.held = bytearray()
        """What is not complete: a head, a line, bytes that wait."""
        self.held_at = 0
        self.searched = 0
        """How much of `held` was searched for an end already."""
        self.lined = False
        """Whether the first line of a held head was looked at."""
        self.left = 0
        """Bytes to come of the content or the chunk."""
        self.exchange = 0
        """Whose message is being read; 0 between messages."""
        self.reader: Reader | None = None
        self.said: set[str] = set()


class Http1:
    """Observes one connection. `inner` makes the observer for what follows an upgrade; without it that is Raw."""

    def __init__(
        self,
        *,
        scheme: str = "https",
        keep: int = KEPT,
        numbers: Iterator[int] | None = None,
        inner: Callable[[str, int, Headers, Iterator[int]], Observer | None] | None = None,
    ) -> None:
        self.scheme, self._keep, self._make_inner = scheme, keep, inner
        self._numbers = numbers or count(1)
        self._up, self._down = _Half(UP, self._head), _Half(DOWN, self._head)
        self._pending: deque[_Request] = deque()
        self._inner: Observer | None = None
        self._oddities = Oddities()

    @property
    def protocol(self) -> str:
        """`http/1.1`, what it was upgraded to, or `raw` where neither direction is understood."""
        if self._inner is not None:
            return self._inner.protocol
        return "raw" if self._up.state == self._down.state == self._raw else "http/1.1"

    def feed(self, direction: Direction, data: bytes | memoryview, offset: int) -> list[Event]:
        """See exchange.Observer."""
        if self._inner is not None:
            return self._inner.feed(direction, data, offset)
        events: list[Event] = []
        half = self._down if direction else self._up
        if offset != half.at and half.at >= 0:
            self._gap(half, offset, events)
        self._run(half, data, offset, events)
        return events

    def finish(self, direction: Direction) -> list[Event]:
        """See exchange.Observer."""
        if self._inner is not None:
            return self._inner.finish(direction)
        events: list[Event] = []
        half = self._down if direction else self._up
        half.at = max(half.at, 0)
        state, whole = half.state, half.state == self._until_close
        if state in {self._head, self._wait}:
            if half.held and state == self._head:
                self._tell(half, "truncated-head", "the direction ends within a head", half.held_at, events)
        elif state != self._raw:
            if not whole:
                self._tell(half, "truncated-body", "the direction ends before the content does", half.at, events)
            self._done(half, half.at, events, whole=whole)
        if direction is DOWN:
            for request in self._pending:
                text = "the connection ended without a response to this request"
                self._oddities.tell(events, set(), Oddity(request.number, DOWN, "no-response", text, half.at))
            self._pending.clear()
        half.held.clear()
        half.state = self._raw
        return events

    def _run(self, half: _Half, data: bytes | memoryview, offset: int, events: list[Event]) -> None:
        """Let the states take the chunk, one after the other."""
        end = len(data)
        half.at = offset + end
        if type(data) is memoryview and (half.left < end or half.reader is not None):
            data = bytes(data)  # what is only counted is not copied
        at = 0
        while at < end:
            at = half.state(half, data, at, offset, events)
            if self._inner is not None:
                events += self._inner.feed(half.direction, data[at:], offset + at) if at < end else ()
                return

    # What a direction may be in: each takes bytes from `at`, and returns how far it came.

    def _head(self, half: _Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
        """Between messages, or within a head."""
        if half.held:
            return self._held_head(half, data, at, events)
        if data[at] in {10, 13}:
            blank = _BLANK(data, at)
            text = "an empty line before the start line (RFC 9112 section 2.2)"
            self._tell(half, "leading-crlf", text, base + at, events)
            at = blank.end() if blank else at
            if at == len(data):
                return at
        if match := _END(data, at):
            end = match.end()
            self._message(half, data[at:end], base + at, events)  # the whole of `data` is no copy
            return end
        half.held_at, half.searched = base + at, 0
        return self._held_head(half, data, at, events)

    def _held_head(self, half: _Half, data: bytes, at: int, events: list[Event]) -> int:
        """Within a head that a chunk cut."""
        held, before = half.held, len(half.held)
        held += data[at : at + HEAD_LIMIT + 1 - before]
        match = _END(held, max(0, half.searched - 3))
        if match is None and len(held) <= HEAD_LIMIT and self._may_begin(half, held):
            half.searched = len(held)
            return at + len(held) - before
        end = match.end() if match else len(held)
        head = bytes(held[:end])
        held.clear()
        self._message(half, head, half.held_at, events, ended=match is not None)
        return at + end - before

    @staticmethod
    def _may_begin(half: _Half, held: bytearray) -> bool:
        """Whether these first bytes of a head can become one."""
        if half.lined:
            return True
        request = half.direction is UP
        if (newline := held.find(b"\n", half.searched)) < 0:
            return half.searched > MAX_METHOD or could_start(held, request=request)
        half.lined = True
        line = bytes(held[:newline]).removesuffix(b"\r")
        return (request_line(line) if request else status_line(line)) is not None

    def _message(self, half: _Half, data: bytes, at: int, events: list[Event], *, ended: bool = True) -> None:
        """A head, or as much of one as is kept: the message begins."""
        half.lined = False
        long = not ended or len(data) > HEAD_LIMIT
        head = parse_head(data[:HEAD_LIMIT] if long else data, at)
        begin = self._request if half.direction is UP else self._response
        if not begin(half, head, at, min(len(data), HEAD_LIMIT), events):
            self._lose(half, "not-http", "this is no HTTP message; what follows is not read as HTTP", at, events)
        elif long:
            text = f"a head of more than {HEAD_LIMIT} bytes: what follows is not understood"
            self._lose(half, "head-too-long", text, at + HEAD_LIMIT, events)

    def _request(self, half: _Half, head: Head, at: int, length: int, events: list[Event]) -> bool:
        line = request_line(head.line)
        if line is None:
            return False
        method, target, version, strange = line
        number = half.exchange = next(self._numbers)
        fields, odd = head.fields, head.odd
        framing = request_framing(head, version)
        text = target.decode("latin-1")
        scheme, authority = self._whither(method, text, version, head)
        events.append(
            RequestHead(number, method.decode("latin-1"), text, scheme, authority, version, head.headers, at, length)
        )
        if strange:
            odd.append(Odd(strange, _LINES[strange], at))
        if odd:
            self._odd(half, odd, events)
        waits = method == b"CONNECT" or b"upgrade" in fields
        if len(self._pending) >= MAX_PENDING:
            text = f"{MAX_PENDING} requests without a response: from here on they are not tracked"
            self._lose(half, "pipelining-too-deep", text, at + length, events)
            return True
        self._pending.append(_Request(number, method, waits=waits))
        if method == b"CONNECT":
            framing = NONE  # content of CONNECT has no meaning (RFC 9110 section 9.3.6)
        self._begin_body(half, framing, head.fields, at + length, events)
        return True

    def _whither(self, method: bytes, target: str, version: str, head: Head) -> tuple[str, str]:
        """Scheme and authority that the request is for (RFC 9112 section 3.3)."""
        hosts = head.fields.get(b"host")
        host = hosts[0].decode("latin-1") if hosts else ""
        if hosts is None:
            if version == "HTTP/1.1":
                head.odd.append(Odd("no-host", "an HTTP/1.1 request without Host", head.start))
        elif len(hosts) > 1:
            head.odd.append(
                Odd("duplicate-host", "Host more than once: two readers may take different ones", head.start)
            )
        if target[:1] == "/":
            return self.scheme, host
        if method == b"CONNECT":
            return "", target
        scheme, colon, rest = target.partition("://")
        if not colon:
            return self.scheme, host
        authority = rest.partition("/")[0].partition("?")[0]
        if hosts and host.lower() != authority.rpartition("@")[2].lower():
            head.odd.append(Odd("host-differs", "Host is not the authority of the absolute target", head.start))
        return scheme.lower(), authority

    def _response(self, half: _Half, head: Head, at: int, length: int, events: list[Event]) -> bool:
        line = status_line(head.line)
        if line is None:
            return False
        status, reason, version, strange = line
        odd = head.odd
        request = self._pending[0] if self._pending else None
        if request is None:
            request = _Request(next(self._numbers), b"", waits=False)
            odd.append(Odd("response-without-request", "a response that no request asked for", at))
        number = half.exchange = request.number
        interim = status < 200 and status != 101
        framing = response_framing(head, version, status, request.method)
        phrase = "OK" if reason == b"OK" else reason.decode("latin-1")
        events.append(ResponseHead(number, status, phrase, version, head.headers, at, length, interim))
        if strange:
            odd.append(Odd(strange, _LINES[strange], at))
        if odd:
            self._odd(half, odd, events)
        if interim:
            half.exchange = 0
            half.said = set()
            return True
        if self._pending:
            self._pending.popleft()
        if status == 101 or (request.method == b"CONNECT" and 200 <= status < 300):
            self._upgrade(half, request, head, at + length, events)
            return True
        self._begin_body(half, framing, head.fields, at + length, events)
        if request.waits:
            self._release(events)
        return True

    def _begin_body(
        self, half: _Half, framing: Framing, fields: dict[bytes, list[bytes]], at: int, events: list[Event]
    ) -> None:
        """Set the state for the content that begins at `at`."""
        kind = framing.kind
        if kind == "none" or (kind == "length" and not framing.length):
            self._done(half, at, events)
            return
        if b"content-type" in fields:
            said = {name: b",".join(fields[name]) for name in HEADERS if name in fields}
            half.reader = reader_of(said, half.exchange, half.direction, self._keep)
        if kind == "length":
            half.left, half.state = framing.length, self._content
        elif kind == "chunked":
            half.left, half.state = 0, self._chunk_line
        elif kind == "close":
            half.state = self._until_close
        else:
            self._done(half, at, events, whole=False)
            events.append(Raw(half.direction, at))
            half.state = self._raw

    def _done(self, half: _Half, end: int, events: list[Event], *, whole: bool = True) -> None:
        """The message is over."""
        if half.reader is not None:
            events += half.reader.finish()
            half.reader = None
        events.append(Complete(half.exchange, half.direction, end, whole))
        half.exchange = 0
        if half.said:
            half.said = set()
        half.state = self._head
        if half.direction is UP and self._pending and self._pending[-1].waits:
            half.held_at = end
            half.state = self._wait

    def _content(self, half: _Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
        """Within content of a known length, or within a chunk of `left` bytes."""
        left = half.left
        take = min(left, len(data) - at)
        events.append(Body(half.exchange, half.direction, base + at, take))
        if half.reader is not None:
            events += half.reader.feed(data[at : at + take], base + at)
        half.left = left - take
        if take == left:
            if half.state == self._content:
                self._done(half, base + at + take, events)
            else:
                half.state = self._chunk_end
        return at + take

    def _chunk_data(self, half: _Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
        """Within a chunk."""
        return self._content(half, data, at, base, events)

    def _until_close(self, half: _Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
        """Within content that ends with the connection."""
        events.append(Body(half.exchange, half.direction, base + at, len(data) - at))
        if half.reader is not None:
            events += half.reader.feed(bytes(data[at:]), base + at)
        return len(data)

    def _chunk_line(self, half: _Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
        """At or within a chunk-size line (RFC 9112 section 7.1)."""
        held = half.held
        end = data.find(b"\n", at, at + CHUNK_LINE_LIMIT + 1 - len(held)) + 1
        start = base + at
        if not end or held:
            if not held:
                half.held_at = start
            start = half.held_at
            stop = end or min(len(data), at + CHUNK_LINE_LIMIT + 1 - len(held))
            held += data[at:stop]
            if not end and len(held) <= CHUNK_LINE_LIMIT:
                return stop
            line = bytes(held)
            held.clear()
            end = stop
        else:
            line = data[at:end]
        match = _CHUNK(line)
        if match is None:
            text = "a chunk size that is no number: nobody can tell where the content goes on"
            self._lose(half, "invalid-chunk-size", text, start, events)
            return end
        size, extension, cr = match.groups()
        if extension:
            self._tell(half, "chunk-extension", "a chunk extension, which nearly nobody reads", start, events)
        if not cr:
            self._tell(half, "bare-lf", "a chunk size ends with LF alone", start, events)
        half.left = int(size, 16)
        half.state = self._chunk_data if half.left else self._trailers
        return end

    def _chunk_end(self, half: _Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
        """The line end behind a chunk."""
        octet = data[at]
        if octet == 0x0A:
            if not half.left:
                self._tell(half, "bare-lf", "a chunk ends with LF alone", base + at, events)
            half.left, half.state = 0, self._chunk_line
        elif octet == 0x0D and not half.left:
            half.left = 1  # the CR was seen
            if data[at + 1 : at + 2] == b"\n":
                half.left, half.state = 0, self._chunk_line
                return at + 2
        else:
            text = "a chunk is longer than its size says: nobody can tell where the content goes on"
            self._lose(half, "chunk-without-end", text, base + at, events)
        return at + 1

    def _trailers(self, half: _Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
        """Behind the last chunk: field lines, up to an empty one (RFC 9112 section 7.1.2)."""
        held, before = half.held, len(half.held)
        if not held:
            if data[at : at + 2] == b"\r\n":
                self._done(half, base + at + 2, events)
                return at + 2
            half.held_at, half.searched = base + at, 0
            match = _END(data, at)
            stop = at + HEAD_LIMIT + 1
            if match and data[at] != 0x0A:  # not more than needed: trailers may follow one another
                stop = min(stop, match.end())
        else:
            stop = at + HEAD_LIMIT + 1 - before
        held += data[at:stop]
        taken = len(held) - before
        match = _TRAILERS_END(held) if half.searched < 4 else _END(held, half.searched - 3)
        half.searched = len(held)
        if match is None:
            if len(held) > HEAD_LIMIT:
                text = f"trailers of more than {HEAD_LIMIT} bytes: what follows is not understood"
                self._lose(half, "head-too-long", text, half.held_at, events)
            return at + taken
        end = match.end()
        block = bytes(held[:end])
        held.clear()
        head = parse_head(b"\r\n" + block, half.held_at - 2)  # as if a start line stood before
        if head.headers:
            events.append(Trailers(half.exchange, half.direction, head.headers, half.held_at, end))
        self._odd(half, head.odd, events)
        self._done(half, half.held_at + end, events)
        return at + end - before

    def _wait(self, half: _Half, data: bytes, at: int, _base: int, events: list[Event]) -> int:
        """Behind a request that may be the last in HTTP."""
        half.held += data[at : at + WAIT_LIMIT + 1 - len(half.held)]
        if len(half.held) > WAIT_LIMIT:
            half.held.clear()
            text = f"more than {WAIT_LIMIT} bytes while a response had to tell what they are"
            self._lose(half, "upgrade-overrun", text, half.held_at, events)
        return len(data)

    def _raw(self, _half: _Half, data: bytes, _at: int, _base: int, _events: list[Event]) -> int:
        """Nothing is understood any more."""
        return len(data)

    # What the directions do to each other.

    def _release(self, events: list[Event]) -> None:
        """The response to a request that waits has come, and HTTP goes on."""
        up = self._up
        if up.state != self._wait:
            return
        up.state = self._head
        if up.held:
            data, end = bytes(up.held), up.at
            up.held.clear()
            self._run(up, data, up.held_at, events)
            up.at = end

    def _upgrade(self, half: _Half, request: _Request, head: Head, at: int, events: list[Event]) -> None:
        """Another protocol takes over both directions (RFC 9110 sections 7.8 and 9.3.6)."""
        agreed = head.fields.get(b"upgrade", _NOTHING)[0].decode("latin-1").lower()
        protocol = "connect" if request.method == b"CONNECT" else agreed
        up = self._up
        if not request.waits:
            text = "the server switches protocols, which the request did not ask for"
            self._tell(half, "upgrade-not-asked-for", text, at, events)
        begin = up.held_at if up.state == self._wait else max(up.at, 0)
        events += (Complete(request.number, DOWN, at), Upgraded(request.number, protocol, begin, at))
        inner = self._make_inner(protocol, request.number, head.headers, self._numbers) if self._make_inner else None
        if inner is None or up.state != self._wait:
            events += (Raw(UP, begin), Raw(DOWN, at))
            up.state = half.state = self._raw
            up.held.clear()
            return
        self._inner = inner
        if up.held:
            events += inner.feed(UP, bytes(up.held), begin)
            up.held.clear()

    def _gap(self, half: _Half, offset: int, events: list[Event]) -> None:
        """Bytes are missing: content whose length is known goes on behind them, nothing else does."""
        missing = offset - half.at
        text = f"{missing} bytes are missing here"
        if half.state == self._content and 0 < missing < half.left:
            half.left -= missing
            half.reader = None
            self._tell(half, "gap", text, half.at, events)
        elif half.state != self._raw:
            self._lose(half, "gap", text, half.at, events)

    def _lose(self, half: _Half, code: str, text: str, at: int, events: list[Event]) -> None:
        """From here on this direction is not understood."""
        self._tell(half, code, text, at, events)
        if half.exchange:
            self._done(half, at, events, whole=False)
        events.append(Raw(half.direction, at))
        half.held.clear()
        half.state = self._raw

    def _tell(self, half: _Half, code: str, text: str, at: int, events: list[Event]) -> None:
        oddity = Oddity(half.exchange or None, half.direction, code, text, at)
        self._oddities.tell(events, half.said, oddity)

    def _odd(self, half: _Half, odd: list[Odd], events: list[Event]) -> None:
        for code, text, at in odd:
            self._tell(half, code, text, at, events)


_NOTHING = [b""]
_LINES = {
    "version": "a version of HTTP/1 that does not exist",
    "start-line-whitespace": "a start line whose parts are not one space apart",
}
