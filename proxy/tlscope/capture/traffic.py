"""One connection's application data, folded into rows of `exchange`: an observer's events in, rows out.

    traffic = Traffic(alpn)
    traffic.feed(direction, data, offset, wall)       each chunk as recorded
    traffic.missing(direction, size, wall)            what a capture of others does not have
    traffic.finish(direction, wall)                   the direction ended
    traffic.fresh                                     the exchanges that changed since somebody cleared it

Nothing here depends on how the stream was cut or when `fresh` was cleared: built at once or in pieces, the rows are the
same. An observer that raises is a bug of ours: it is dropped, and what it said until then stays (`fault`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tlscope.events import Direction
from tlscope.wire.http import exchange as said
from tlscope.wire.http.observe import observe

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.wire.http.exchange import Headers, Observer

MAX_EXCHANGES = 2_000
"""Exchanges that are tracked while they are open: HTTP/2 servers allow some 100 streams, HTTP/1.1 has no more than one
without pipelining. The oldest is let go of where there are more; its row stays as it is then."""
WEIGHT, H2_WEIGHT, EXCHANGE_WEIGHT = 4 << 10, 64 << 10, 600
"""Bytes of memory: of an observer, of one with HPACK's tables, of an exchange."""
MAX_ODDITIES = 16
"""Kinds of oddities noted of an exchange, or of a connection."""
MAX_TEXT = 2_048
"""Characters of a target or name that are indexed; all of it is in the journal."""
MAX_TYPE = 100
"""Characters of a media type."""

UP = Direction.UP


class Exchange:
    """A row of `exchange`, as far as it is known; its slots are the columns behind `connection`."""

    __slots__ = (  # noqa: RUF023 - in the order of the columns
        "exchange",
        "stream",
        "started",
        "ended",
        "method",
        "scheme",
        "authority",
        "target",
        "status",
        "version",
        "request_type",
        "response_type",
        "request_size",
        "response_size",
        "request_start",
        "request_head",
        "request_end",
        "response_start",
        "response_head",
        "response_end",
        "oddities",
        "over",
    )  # fmt: skip

    def __init__(self, exchange: int) -> None:
        self.exchange = exchange
        self.stream: int | None = None
        self.started: int | None = None
        self.ended: int | None = None
        self.method: str | None = None
        self.scheme: str | None = None
        self.authority: str | None = None
        self.target: str | None = None
        self.status: int | None = None
        self.version: str | None = None
        self.request_type: str | None = None
        self.response_type: str | None = None
        self.request_size = 0
        self.response_size = 0
        self.request_start: int | None = None
        self.request_head: int | None = None
        self.request_end: int | None = None
        self.response_start: int | None = None
        self.response_head: int | None = None
        self.response_end: int | None = None
        self.oddities: str | None = None
        self.over = 0
        """Directions that are complete, as bits."""


class Traffic:
    """The application data of one connection."""

    __slots__ = ("_ended", "_observer", "_open", "_raw", "count", "fault", "fresh", "oddities", "protocol")

    def __init__(self, alpn: str, *, scheme: str = "https") -> None:
        self.count = 0
        """Exchanges so far."""
        self.fault = ""
        """What an observer raised."""
        self.fresh: dict[int, Exchange] = {}
        self.oddities: dict[str, tuple[Direction, str]] = {}
        """Code -> whose and what, of those that belong to no exchange."""
        self.protocol = ""
        self._open: dict[int, Exchange] = {}
        self._ended = 0
        self._observer: Observer | None = None
        self._raw = 0
        try:
            self._observer = observe(alpn, scheme=scheme, keep=0)
        except Exception as error:  # noqa: BLE001 - as in `feed`
            self._fail(error)

    def feed(self, direction: Direction, data: memoryview, offset: int, wall: int) -> None:
        """Take a chunk; `offset` is where it stands in the stream of its direction."""
        observer = self._observer
        if observer is not None and not self._ended & 1 << direction:
            try:
                self._handle(observer.feed(direction, data, offset), wall)
            except Exception as error:  # noqa: BLE001 - a dissector's bug must not cost the other connections their rows
                self._fail(error)

    def missing(self, direction: Direction, size: int, wall: int) -> None:
        """Bytes of a direction are not in the capture: `size`, or 0 where nobody knows how many."""
        observer = self._observer
        if observer is not None and not self._ended & 1 << direction:
            try:
                self._handle(observer.missing(direction, size), wall)
            except Exception as error:  # noqa: BLE001 - as in `feed`
                self._fail(error)

    def finish(self, direction: Direction, wall: int) -> None:
        """The direction has ended; what comes in it afterwards is not looked at."""
        observer = self._observer
        if observer is None or self._ended & 1 << direction:
            return
        self.settle()
        self._ended |= 1 << direction
        try:
            self._handle(observer.finish(direction), wall)
            if self._ended == 3:
                self._drop()
        except Exception as error:  # noqa: BLE001 - as in `feed`
            self._fail(error)

    @property
    def weight(self) -> int:
        """Bytes of memory that it takes, roughly."""
        if self._observer is None:
            return EXCHANGE_WEIGHT
        return (H2_WEIGHT if self.protocol == "h2" else WEIGHT) + EXCHANGE_WEIGHT * len(self._open)

    def settle(self) -> None:
        """Look again at what is spoken; where a direction has ended, what was spoken before counts."""
        if self._observer is not None and not (self._ended and self.protocol):
            try:
                self.protocol = self._observer.protocol
            except Exception as error:  # noqa: BLE001 - as in `feed`
                self._fail(error)

    def _handle(self, events: list[said.Event], wall: int) -> None:
        for event in events:
            handle = self._handlers.get(type(event))
            if handle is not None:
                handle(self, event, wall)

    def _drop(self) -> None:
        """Nothing more is to be understood."""
        self.settle()
        self._observer = None
        self._open.clear()

    def _fail(self, error: Exception) -> None:
        self.fault = f"{type(error).__name__}: {error}"[:MAX_TEXT]
        self._observer = None
        self._open.clear()

    # ---------------------------------------------------------------------------------------------------------- events

    def _exchange(self, number: int) -> Exchange:
        found = self._open.get(number)
        if found is None:
            found = self._open[number] = Exchange(number)
            self.count = max(self.count, number)
            if len(self._open) > MAX_EXCHANGES:
                del self._open[next(iter(self._open))]
        self.fresh[number] = found
        return found

    def _request(self, event: said.RequestHead, wall: int) -> None:
        row = self._exchange(event.exchange)
        row.stream, row.started = event.stream or None, wall
        row.method, row.scheme = event.method[:MAX_TYPE], event.scheme[:MAX_TYPE]
        row.authority, row.target = said.readable(event.authority)[:MAX_TEXT], said.readable(event.target)[:MAX_TEXT]
        row.version, row.request_type = event.version, _media_type(event.headers)
        row.request_start, row.request_head = event.start, event.length
        row.request_end = event.start + event.length

    def _response(self, event: said.ResponseHead, wall: int) -> None:
        if event.interim or (event.exchange <= self.count and event.exchange not in self._open):
            return  # it was let go of
        row = self._exchange(event.exchange)
        row.status, row.response_type = event.status or None, _media_type(event.headers)
        row.stream, row.started = row.stream or event.stream or None, row.started or wall
        row.version = row.version or event.version
        row.response_start, row.response_head = event.start, event.length
        row.response_end = event.start + event.length

    def _body(self, event: said.Body, wall: int) -> None:  # noqa: ARG002 - all handlers are called alike
        row = self._open.get(event.exchange)
        if row is None:
            return
        self.fresh[event.exchange] = row
        if event.direction is UP:
            row.request_size += event.length
            row.request_end = event.start + event.length
        else:
            row.response_size += event.length
            row.response_end = event.start + event.length

    def _complete(self, event: said.Complete, wall: int) -> None:
        row = self._open.get(event.exchange)
        if row is None:
            return
        self.fresh[event.exchange] = row
        if event.direction is UP:
            row.request_end = event.end
        else:
            row.response_end = event.end
        row.over |= 1 << event.direction
        if row.over == 3:
            row.ended = wall
            del self._open[event.exchange]

    def _oddity(self, event: said.Oddity, wall: int) -> None:  # noqa: ARG002 - all handlers are called alike
        if event.exchange is None:
            if len(self.oddities) < MAX_ODDITIES:
                self.oddities.setdefault(event.code, (event.direction, event.text[:MAX_TEXT]))
            return
        row = self._open.get(event.exchange)
        if row is None:
            return
        self.fresh[event.exchange] = row
        known = row.oddities.split(" ") if row.oddities else []
        if event.code not in known and len(known) < MAX_ODDITIES:
            row.oddities = " ".join([*known, event.code])

    def _rest(self, event: said.Raw, wall: int) -> None:  # noqa: ARG002 - all handlers are called alike
        if event.end < 0:
            self._raw |= 1 << event.direction
        if self._raw == 3 and not self._open:
            self._drop()

    _handlers: ClassVar[dict[type, Callable[[Traffic, Any, int], None]]] = {
        said.RequestHead: _request,
        said.ResponseHead: _response,
        said.Body: _body,
        said.Complete: _complete,
        said.Oddity: _oddity,
        said.Raw: _rest,
    }


_types: dict[bytes, str] = {}
MAX_TYPES = 1_024
"""Media types kept as text: a peer chooses them, but sends the same ones again and again."""


def _media_type(headers: Headers) -> str | None:
    """The content type without its parameters, in lower case; None where it is not said."""
    value = said.header(headers, b"content-type")
    if value is None:
        return None
    known = _types.get(value)
    if known is None:
        known = said.text_of(value.partition(b";")[0].strip().lower())[:MAX_TYPE]
        if len(_types) < MAX_TYPES and len(value) <= MAX_TYPE:
            _types[value] = known
    return known
