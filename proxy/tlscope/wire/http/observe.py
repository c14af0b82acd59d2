"""Who understands this connection: told by ALPN, or else by the first bytes.

    observer = observe(alpn)
    observer.feed(direction, data, offset) -> events           (exchange.py)
    observer.missing(direction, size) -> events

Without ALPN the client's first bytes decide: HTTP/2's preface or a request line. They are held until they do, which
takes one line. Where neither fits, or the server speaks first, a `Raw` for each direction is all that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.events import Direction
from tlscope.wire.http.exchange import KEPT, Event, Headers, Observer, Raw, header
from tlscope.wire.http.http1 import Http1
from tlscope.wire.http.http1_head import could_start, request_line
from tlscope.wire.http.http2 import Http2
from tlscope.wire.http.http2_frame import PREFACE
from tlscope.wire.http.websocket import WebSocket

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_LIMIT = 1 << 14
"""Bytes of a first line that are waited for; longer than the request lines that servers take (8 KiB)."""
HOLD_LIMIT = 1 << 16
"""Bytes held of both directions until the protocol is known."""


def observe(alpn: str = "", *, scheme: str = "https", keep: int = KEPT) -> Observer:
    """The observer for a connection that agreed on this protocol; empty where none was."""
    return Sniffer(alpn, scheme=scheme, keep=keep)


def recognise(first: bytes | bytearray) -> str | None:
    """What the client's first bytes are: `h2`, `http/1.1` or `raw`; None: more are needed. More never say otherwise."""
    if first[: len(PREFACE)] == PREFACE[: len(first)]:
        return "h2" if len(first) >= len(PREFACE) else None
    if not could_start(first, request=True):
        return "raw"
    line, newline, _ = first[:LINE_LIMIT].partition(b"\n")
    if newline:
        return "http/1.1" if request_line(bytes(line).removesuffix(b"\r")) else "raw"
    return None if len(first) < LINE_LIMIT else "raw"


class Sniffer:
    """Holds what comes until it is known what it is; then that observer's mouthpiece."""

    def __init__(
        self, alpn: str, *, scheme: str = "https", keep: int = KEPT, numbers: Iterator[int] | None = None
    ) -> None:
        self._scheme, self._keep, self._numbers = scheme, keep, numbers
        self._held: list[tuple[Direction, bytes, int]] = []
        """What was fed; bytes that are missing as no bytes, with their number for an offset."""
        self._up = bytearray()
        self._down = False
        """Whether the server has spoken."""
        self._size = 0
        self._observer: Observer | None = self._make(alpn) if alpn else None

    @property
    def protocol(self) -> str:
        """See exchange.Observer."""
        return self._observer.protocol if self._observer is not None else ""

    def feed(self, direction: Direction, data: bytes | memoryview, offset: int) -> list[Event]:
        """See exchange.Observer."""
        if self._observer is not None:
            return self._observer.feed(direction, data, offset)
        if data:
            self._held.append((direction, bytes(data), offset))
        self._size += len(data)
        if direction is Direction.UP:
            self._up += data
            found = recognise(self._up)
        elif self._down or not data:
            found = None
        else:
            self._down = True
            # a server that does not wait for HTTP's client can only be one of HTTP/2, whose SETTINGS come at once
            found = "raw" if data[0] else None
        if found is None and self._size > HOLD_LIMIT:
            found = "raw"
        return self._decide(found) if found else []

    def missing(self, direction: Direction, size: int) -> list[Event]:
        """See exchange.Observer. What was cut off by them can be a request line, and is no preface."""
        if self._observer is not None:
            return self._observer.missing(direction, size)
        if len(self._held) < HOLD_LIMIT:
            self._held.append((direction, b"", size))
        return self._decide("http/1.1") if self._up else []

    def finish(self, direction: Direction) -> list[Event]:
        """See exchange.Observer."""
        events = [] if self._observer is not None else self._decide("http/1.1" if self._up else "raw")
        # decided now at the latest
        assert self._observer is not None
        return events + self._observer.finish(direction)

    def _decide(self, found: str) -> list[Event]:
        self._observer = observer = self._make(found)
        held, self._held = self._held, []
        self._up.clear()
        return [
            event
            for direction, data, place in held
            for event in (observer.feed(direction, data, place) if data else observer.missing(direction, place))
        ]

    def _make(self, protocol: str) -> Observer:
        if protocol == "h2":
            return Http2(scheme=self._scheme, keep=self._keep, numbers=self._numbers)
        if protocol in {"http/1.1", "http/1.0"}:
            return Http1(scheme=self._scheme, keep=self._keep, numbers=self._numbers, inner=self._inner)
        return Nobody()

    def _inner(
        self, protocol: str, exchange: int, asked: Headers, agreed: Headers, numbers: Iterator[int]
    ) -> Observer | None:
        """Who reads on behind an upgrade that these headers asked for and agreed to."""
        if protocol == "websocket":
            extensions = b",".join(found.value for found in agreed if found.key == "sec-websocket-extensions")
            return WebSocket(exchange, extensions, keep=self._keep)
        if protocol == "h2c":
            settings = header(asked, b"http2-settings") or b""
            return Http2(scheme="http", keep=self._keep, numbers=numbers, upgraded=exchange, settings=settings)
        if protocol == "connect":
            return Sniffer("", scheme="http", keep=self._keep, numbers=numbers)
        return None


class Nobody:
    """Understands nothing, and says so once for each direction."""

    protocol = "raw"

    def __init__(self) -> None:
        self._said: set[Direction] = set()

    def feed(self, direction: Direction, _data: bytes | memoryview, offset: int) -> list[Event]:
        """See exchange.Observer."""
        if direction in self._said:
            return []
        self._said.add(direction)
        return [Raw(direction, offset)]

    def missing(self, _direction: Direction, _size: int) -> list[Event]:
        """See exchange.Observer."""
        return []

    def finish(self, _direction: Direction) -> list[Event]:
        """See exchange.Observer."""
        return []
