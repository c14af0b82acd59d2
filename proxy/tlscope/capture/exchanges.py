"""Requests and responses whole, with their heads and what they carried: read again out of the journal.

    for exchange in exchanges(lookup, connection, alpn): ...      as each is over, the unfinished ones at the end
    body(lookup, exchange, Direction.DOWN) -> Body                its content, content codings undone

The index has a row for each exchange, and no more of it than lists and filters need. Here the observer that made those
rows looks at the same bytes once more, and what it says is kept: every header, where the content lies, what messages
were carried inside. What a peer sends can make none of it large: what is kept of an exchange is bounded by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.listening import Listening
from tlscope.capture.lookup import Gone
from tlscope.events import Direction
from tlscope.wire.content.codings import Decoder
from tlscope.wire.http import exchange as said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.capture.lookup import Lookup

MAX_SPANS = 100_000
"""Pieces of a body, those that touch counted as one: 1.6 GB of HTTP/2's frames."""
MAX_MESSAGES = 100_000
"""WebSocket, gRPC or server-sent messages of an exchange; their bytes stay in the journal unless they are asked for."""
MAX_KEPT = 16 << 20
"""Bytes of the messages of an exchange that are kept where they are asked for; those behind them have none."""
MAX_ODDITIES = 100
MORE = f"it came in more than {MAX_SPANS:,} pieces: what is behind these is left out"
BODY_LIMIT = 16 << 20
"""Bytes of content that `body` gives unless told otherwise."""

UP, DOWN = Direction.UP, Direction.DOWN


@dataclass(slots=True)
class Side:
    """What went in one direction of an exchange."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    """Start and end of the content's pieces in the direction's stream, in order."""
    trailers: said.Headers = ()
    more: bool = False
    """Whether there were more pieces than MAX_SPANS: those behind are not among them."""
    over: bool = False
    whole: bool = False
    """Whether it came to its proper end."""
    ended: int = 0
    """When its last byte was recorded: nanoseconds since the epoch."""

    @property
    def size(self) -> int:
        """Bytes of content, as they passed."""
        return sum(end - start for start, end in self.spans)


class Carried(NamedTuple):
    """A message, and when it was recorded: nanoseconds since the epoch."""

    wall: int
    message: said.Message


@dataclass(slots=True)
class Exchange:
    """A request with its response, or as much as there is of them."""

    connection: int
    number: int
    """Within the connection, from 1."""
    started: int
    """When the first of it was recorded: nanoseconds since the epoch."""
    request: said.RequestHead | None = None
    response: said.ResponseHead | None = None
    """The final one."""
    answered: int = 0
    """When the response's head was recorded."""
    interim: list[said.ResponseHead] = field(default_factory=list)
    up: Side = field(default_factory=Side)
    down: Side = field(default_factory=Side)
    messages: list[Carried] = field(default_factory=list)
    """What was carried inside, in both directions, in its order."""
    upgraded: str = ""
    """What was spoken afterwards: `websocket` ..."""
    outlasting: bool = False
    """Whether that has the rest of the connection to itself, and belongs to this exchange."""
    oddities: list[said.Oddity] = field(default_factory=list)

    def side(self, direction: Direction) -> Side:
        """What went up or down."""
        return self.up if direction is UP else self.down

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.up.over and self.down.over and not self.outlasting


class Body(NamedTuple):
    """The content of one direction of an exchange."""

    data: bytes
    size: int
    """Bytes as they passed, before content codings were undone."""
    codings: tuple[str, ...]
    """Those that were undone."""
    problem: str
    """What is missing or broken; empty where all is well."""


def exchanges(
    lookup: Lookup, connection: int, alpn: str = "", *, keep: int = 0, rests: list[said.Raw] | None = None
) -> Iterator[Exchange]:
    """The exchanges of a connection that agreed on `alpn`, in the order in which they ended. None where it is no HTTP.

    Of each message that is carried inside, `keep` bytes come with it, of those of one exchange MAX_KEPT.
    Reading stops where bytes of the stream are gone: what comes after cannot be told apart any more. What was not
    understood is put into `rests`, that included.
    """
    following, listening = _Following(connection, rests), Listening(alpn, keep=keep)
    for item in lookup.passed(connection):
        following.take(listening.take(item), 0 if isinstance(item, Gone) else item.wall)
        if listening.over:
            break
        yield from following.finished()
    yield from following.open.values()


def body(
    lookup: Lookup, exchange: Exchange, direction: Direction, limit: int = BODY_LIMIT, *, coded: bool = False
) -> Body:
    """The content that went in a direction, `limit` bytes of it at the most; never raises on what a peer sent.

    With `coded`, as it passed: no coding is undone.
    """
    side = exchange.side(direction)
    head = exchange.request if direction is UP else exchange.response
    codings = [header.text for header in (head.headers if head else ()) if header.key == "content-encoding"]
    decoder, made, gone = Decoder([] if coded else codings, limit), bytearray(), 0
    for piece in spanned(lookup, exchange.connection, direction, side.spans):
        if isinstance(piece, Gone):
            gone += piece.length
            continue
        made += decoder.feed(piece)
        if len(made) >= limit:
            break
    problem = f"{gone} bytes are gone from the journal" if gone else decoder.problem
    if not problem and side.spans and not side.whole:
        problem = "it was cut short"
    if side.more:
        problem = problem or MORE
    return Body(bytes(made), side.size, decoder.undone, problem)


def spanned(
    lookup: Lookup, connection: int, direction: Direction, spans: list[tuple[int, int]]
) -> Iterator[bytes | Gone]:
    """The bytes of spans of a direction's stream, a piece at a time, going through it once."""
    if not spans:
        return
    waiting = iter(spans)
    start, end = next(waiting)
    for piece in lookup.stream(connection, direction, start, spans[-1][1]):
        if isinstance(piece, Gone):
            yield piece
            continue
        behind = piece.offset + len(piece.data)
        while start < behind:
            if piece.offset < end:
                yield piece.data[max(start - piece.offset, 0) : end - piece.offset]
            if end > behind:
                break
            start, end = next(waiting, (behind, behind))


class _Following:
    """An observer's events, kept by exchange."""

    def __init__(self, connection: int, rests: list[said.Raw] | None) -> None:
        self.open: dict[int, Exchange] = {}
        self.rests: list[said.Raw] = [] if rests is None else rests
        self._connection = connection
        self._kept: dict[int, int] = {}
        """Bytes of messages that are kept, by exchange."""
        self._over: list[Exchange] = []

    def finished(self) -> list[Exchange]:
        """Those that are over since the last call."""
        over, self._over = self._over, []
        return over

    def take(self, events: list[said.Event], wall: int) -> None:
        for event in events:
            number = getattr(event, "exchange", None)
            if number is None:
                if isinstance(event, said.Raw) and len(self.rests) < MAX_ODDITIES:
                    self.rests.append(event)
                continue
            exchange = self.open.get(number)
            if exchange is None:
                if not isinstance(event, said.RequestHead | said.ResponseHead):
                    continue  # of one that is over, or was never understood
                exchange = self.open[number] = Exchange(self._connection, number, wall)
            if isinstance(event, said.Message):
                self._carried(exchange, event, wall)
            else:
                _keep(exchange, event, wall)
        # Only now: an upgrade is told behind the end of its exchange.
        for number in [number for number, exchange in self.open.items() if exchange.over]:
            self._over.append(self.open.pop(number))
            self._kept.pop(number, None)

    def _carried(self, exchange: Exchange, message: said.Message, wall: int) -> None:
        if len(exchange.messages) >= MAX_MESSAGES:
            return
        kept = self._kept.get(exchange.number, 0) + len(message.data)
        if kept > MAX_KEPT:
            message = message._replace(data=b"")
        else:
            self._kept[exchange.number] = kept
        exchange.messages.append(Carried(wall, message))


def _keep(exchange: Exchange, event: said.Event, wall: int) -> None:  # noqa: C901 - a table
    match event:
        case said.RequestHead():
            exchange.request = event
        case said.ResponseHead(interim=True):
            if len(exchange.interim) < MAX_ODDITIES:
                exchange.interim.append(event)
        case said.ResponseHead():
            exchange.response, exchange.answered = event, wall
        case said.Body(_, direction, start, length):
            _append(exchange.side(direction), start, start + length)
            exchange.side(direction).ended = wall
        case said.Trailers(_, direction, headers):
            exchange.side(direction).trailers = headers
        case said.Complete(_, direction, _, whole):
            side = exchange.side(direction)
            side.over, side.whole, side.ended = True, whole, wall
        case said.Upgraded():
            exchange.upgraded = event.protocol
            exchange.outlasting = event.protocol == "websocket" and event.up >= 0
        case said.Oddity():
            if len(exchange.oddities) < MAX_ODDITIES:
                exchange.oddities.append(event)


def _append(side: Side, start: int, end: int) -> None:
    spans = side.spans
    if spans and spans[-1][1] == start:
        spans[-1] = (spans[-1][0], end)
    elif len(spans) < MAX_SPANS:
        spans.append((start, end))
    else:
        side.more = True
