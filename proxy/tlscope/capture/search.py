"""Searching in what passed: bytes in the application data of connections, decoded where it was compressed.

    contents = Contents(index)
    contents.hold(connection, exchange, needle) -> bool       what `body contains` asks (query.py)
    contents.find(connection, needle) -> Match ...            where it stands

Of HTTP every content is searched as it was meant, content codings undone, and every head, a line a header; of anything
else, and where a connection went over to another protocol, the two streams as they passed. A needle is found wherever
the data was cut. Upper and lower case of ASCII letters are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.exchanges import DOWN, UP, body, exchanges
from tlscope.capture.lookup import Piece
from tlscope.wire.http.exchange import RequestHead, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.capture.exchanges import Exchange
    from tlscope.capture.index import Index
    from tlscope.events import Direction

CONTENT_LIMIT = 16 << 20
"""Bytes of a decoded content that are searched: a bomb ends there."""
AROUND = 40
"""Bytes on either side of a match that are given with it."""
MATCHES = 100
"""Matches in one content or stream: what is searched for by hand is not found more often."""


class Match(NamedTuple):
    """A place where the needle stands."""

    connection: int
    exchange: int | None
    """None in what is no HTTP."""
    direction: Direction
    part: str
    """`head`, `content`, or `stream`."""
    offset: int
    """In that part."""
    before: bytes
    found: bytes
    after: bytes


class Contents:
    """The application data behind an index."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def hold(self, connection: int, exchange: int | None, needle: bytes) -> bool:
        """Whether the needle is in a connection's data, or in that of one of its exchanges."""
        return any(exchange is None or match.exchange == exchange for match in self.find(connection, needle))

    def find(self, connection: int, needle: bytes) -> Iterator[Match]:
        """Every place of it, in the order of the exchanges."""
        row = self._index.connection(connection)
        if row is None or not needle:
            return
        needle = needle.lower()
        alpn = row["client_alpn"] or row["server_alpn"] or ""
        understood = False
        for exchange in exchanges(self._index.lookup, connection, alpn):
            understood = not exchange.upgraded
            yield from self._in_exchange(exchange, needle)
        if not understood:
            for direction in (UP, DOWN):
                yield from self._in_stream(connection, direction, needle)

    def _in_exchange(self, exchange: Exchange, needle: bytes) -> Iterator[Match]:
        for direction, head in ((UP, exchange.request), (DOWN, exchange.response)):
            where = (exchange.connection, exchange.number, direction)
            if head is not None:
                lines = [_first_line(head), *(header.name + b": " + header.value for header in head.headers)]
                yield from _matches((*where, "head"), b"\n".join(lines), needle)
            if exchange.side(direction).spans:
                content = body(self._index.lookup, exchange, direction, CONTENT_LIMIT)
                yield from _matches((*where, "content"), content.data, needle)

    def _in_stream(self, connection: int, direction: Direction, needle: bytes) -> Iterator[Match]:
        """Piece by piece, with as much of the one before as a match could begin in."""
        kept, offset, found = b"", 0, 0
        for piece in self._index.lookup.stream(connection, direction):
            if not isinstance(piece, Piece):
                kept = b""
                continue
            if piece.offset != offset + len(kept):
                kept = b""
            offset = piece.offset - len(kept)
            data = kept + piece.data
            for match in _matches((connection, None, direction, "stream"), data, needle):
                yield match._replace(offset=offset + match.offset)
                found += 1
                if found == MATCHES:
                    return
            kept = data[max(0, len(data) - len(needle) + 1) :]
            offset += len(data) - len(kept)


def _first_line(head: RequestHead | ResponseHead) -> bytes:
    if isinstance(head, RequestHead):
        return f"{head.method} {head.target}".encode("latin-1", "replace")
    return f"{head.status} {head.reason}".encode("latin-1", "replace")


def _matches(where: tuple[int, int | None, Direction, str], data: bytes, needle: bytes) -> Iterator[Match]:
    lowered, at = data.lower(), -1
    for _ in range(MATCHES):
        at = lowered.find(needle, at + 1)
        if at < 0:
            return
        end = at + len(needle)
        yield Match(*where, at, data[max(0, at - AROUND) : at], data[at:end], data[end : end + AROUND])
