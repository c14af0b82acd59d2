"""Searching in what passed: bytes in the application data of connections, decoded where it was compressed.

    contents = Contents(index)
    contents.hold(connection, exchange, needle) -> bool       what `body contains` asks (query.py)
    contents.find(connection, needle) -> Match ...            where it stands

Of HTTP every content is searched as it was meant, content codings undone, and every head, a line a header, trailers and
those of interim responses as well; of what was carried inside, each message that its content does not show as it is:
those of WebSocket, unmasked and inflated, and those of gRPC that were compressed or in base64. Of anything else, where
a connection went over to another protocol, and where HTTP was not understood any more, the two streams are searched as
they passed: behind missing bytes what no exchange has, of a WebSocket what no message has, and what was not kept of
one. A needle is found wherever the data was cut. Upper and lower case of ASCII
letters are the same.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.exchanges import DOWN, MAX_MESSAGES, UP, body, exchanges
from tlscope.capture.lookup import Piece
from tlscope.wire.http.exchange import Raw, RequestHead, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tlscope.capture.exchanges import Exchange
    from tlscope.capture.index import Index
    from tlscope.events import Direction
    from tlscope.wire.http.exchange import Headers, Message

    Cover = Callable[[bytes], Iterable[tuple[int, int]]]
    """Gives start and end of each secret."""

CONTENT_LIMIT = 16 << 20
"""Bytes of a decoded content that are searched: a bomb ends there."""
MESSAGE_LIMIT = 1 << 20
"""Bytes of a message that are searched; each stream of HTTP/2 may have as many on their way."""
AROUND = 40
"""Bytes on either side of a match that are given with it."""
REACH = 16 << 10
"""Bytes on either side in which secrets are looked for that reach into what is given: one with its name is as long."""
BLOCK = 64 << 10
"""Bytes in which they are looked for at once, for all matches in them."""
MATCHES = 100
"""Matches in one content or stream: what is searched for by hand is not found more often."""


class Match(NamedTuple):
    """A place where the needle stands."""

    connection: int
    exchange: int | None
    """None in what is no HTTP."""
    direction: Direction
    part: str
    """`interim` (a response's head before the final one), `head`, `content`, `trailers`, `message`, or `stream`."""
    offset: int
    """In that part."""
    before: bytes
    found: bytes
    after: bytes
    message: int | None = None
    """Which of those that its exchange carried, both directions counted together, from 1."""


class Contents:
    """The application data behind an index."""

    def __init__(self, index: Index, cover: Cover | None = None) -> None:
        """`cover` finds the secrets in bytes: what is around a match is given without them then."""
        self._index, self._cover = index, cover

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
        spans, rests = _Spans(), list[Raw]()
        for exchange in exchanges(self._index.lookup, connection, alpn, keep=MESSAGE_LIMIT, rests=rests):
            understood = not _has_gone_over(exchange)
            spans.add(exchange)
            yield from self._in_exchange(exchange, needle)
        for direction in (UP, DOWN):
            starts = [rest.start for rest in rests if rest.direction is direction] if understood else [0]
            if starts:
                yield from self._in_stream(connection, direction, needle, spans, min(starts))

    def _in_exchange(self, exchange: Exchange, needle: bytes) -> Iterator[Match]:
        for interim in exchange.interim:
            where = (exchange.connection, exchange.number, DOWN)
            yield from _matches((*where, "interim"), _lines(interim.headers, _first_line(interim)), needle, self._cover)
        for direction, head in ((UP, exchange.request), (DOWN, exchange.response)):
            where = (exchange.connection, exchange.number, direction)
            if head is not None:
                yield from _matches((*where, "head"), _lines(head.headers, _first_line(head)), needle, self._cover)
            if exchange.side(direction).spans and not _is_all_messages(exchange):
                content = body(self._index.lookup, exchange, direction, CONTENT_LIMIT)
                yield from _matches((*where, "content"), content.data, needle, self._cover)
            yield from _matches((*where, "trailers"), _lines(exchange.side(direction).trailers), needle, self._cover)
        for number, (_, message) in enumerate(exchange.messages, 1):
            if _is_hidden(message):
                where = (exchange.connection, exchange.number, message.direction)
                for match in _matches((*where, "message"), message.data, needle, self._cover):
                    yield match._replace(message=number)

    def _in_stream(
        self, connection: int, direction: Direction, needle: bytes, spans: _Spans, start: int
    ) -> Iterator[Match]:
        """Piece by piece, with as much of the one before as a match could begin in; nothing in `spans`."""
        kept, offset, found = b"", start, 0
        for piece in self._index.lookup.stream(connection, direction, start):
            if not isinstance(piece, Piece):
                kept = b""
                continue
            if piece.offset != offset + len(kept):
                kept = b""
            offset = piece.offset - len(kept)
            data = kept + piece.data
            for match in _matches((connection, None, direction, "stream"), data, needle, self._cover):
                if spans.hold(direction, offset + match.offset):
                    continue
                yield match._replace(offset=offset + match.offset)
                found += 1
                if found == MATCHES:
                    return
            kept = data[max(0, len(data) - len(needle) + 1) :]
            offset += len(data) - len(kept)


class _Spans:
    """What of the two streams was searched as what it means."""

    def __init__(self) -> None:
        self._starts: tuple[list[int], list[int]] = ([], [])
        self._ends: tuple[list[int], list[int]] = ([], [])
        self._sorted = True

    def add(self, exchange: Exchange) -> None:
        """Of each direction: head, content, messages."""
        for interim in exchange.interim:
            self._append(DOWN, interim.start, interim.start + interim.length)
        for direction, head in ((UP, exchange.request), (DOWN, exchange.response)):
            spans = [(head.start, head.start + head.length)] if head is not None else []
            for start, end in spans + exchange.side(direction).spans:
                self._append(direction, start, end)
        for _, message in exchange.messages:
            if _is_hidden(message) and len(message.data) == message.size:
                self._append(message.direction, message.start, message.start + message.length)

    def hold(self, direction: Direction, offset: int) -> bool:
        """Whether they hold what begins at `offset`."""
        if not self._sorted:
            self._sort()
        at = bisect_right(self._starts[direction], offset)
        return at > 0 and offset < self._ends[direction][at - 1]

    def _append(self, direction: Direction, start: int, end: int) -> None:
        starts, ends = self._starts[direction], self._ends[direction]
        if ends and ends[-1] == start:
            ends[-1] = end
        else:
            self._sorted = self._sorted and (not ends or ends[-1] < start)
            starts.append(start)
            ends.append(end)

    def _sort(self) -> None:
        """In HTTP/2 the exchanges take turns; in both, those that bytes are missing of end late."""
        for starts, ends in zip(self._starts, self._ends, strict=True):
            pairs = sorted(zip(starts, ends, strict=True))
            starts[:], ends[:] = [start for start, _ in pairs], [end for _, end in pairs]
        self._sorted = True


def _has_gone_over(exchange: Exchange) -> bool:
    """Whether another protocol has the rest of the connection; in HTTP/2 it has no more than its stream."""
    return bool(exchange.upgraded) and (exchange.request is None or exchange.request.version != "HTTP/2")


def _is_all_messages(exchange: Exchange) -> bool:
    """Whether the content is that of a WebSocket within HTTP/2, and its messages are all there."""
    messages = exchange.messages
    kept = 0 < len(messages) < MAX_MESSAGES and all(len(each.message.data) == each.message.size for each in messages)
    return exchange.upgraded == "websocket" and kept


def _is_hidden(message: Message) -> bool:
    """Whether the content that carried a message does not show it as it is.

    Events of a server do not hide: what may be coded is the content as a whole. A message with a length of 0 stands in
    content that was base64 (coded.py); one with a note was compressed.
    """
    if message.kind in {"text", "binary"}:
        return True
    inflated = bool(message.note) and not message.note.endswith("not inflated")
    return message.kind != "event" and (inflated or not message.length)


def _first_line(head: RequestHead | ResponseHead) -> bytes:
    if isinstance(head, RequestHead):
        return f"{head.method} {head.target}".encode("latin-1", "replace")
    return f"{head.status} {head.reason}".encode("latin-1", "replace")


def _lines(headers: Headers, *before: bytes) -> bytes:
    return b"\n".join((*before, *(header.name + b": " + header.value for header in headers)))


def _matches(
    where: tuple[int, int | None, Direction, str], data: bytes, needle: bytes, cover: Cover | None
) -> Iterator[Match]:
    lowered, at, shown = data.lower(), -1, _Shown(data, cover)
    for _ in range(MATCHES):
        at = lowered.find(needle, at + 1)
        if at < 0:
            return
        end = at + len(needle)
        first = max(0, at - AROUND)
        around = shown(first, end + AROUND)
        yield Match(*where, at, around[: at - first], data[at:end], around[end - first :])


class _Shown:
    """Parts of some data, one behind the other, with an asterisk for each byte of a secret."""

    def __init__(self, data: bytes, cover: Cover | None) -> None:
        self._data, self._cover = data, cover
        self._known: tuple[int, list[tuple[int, int]]] = -1, []
        """The secrets of the block that was looked at last."""

    def __call__(self, first: int, last: int) -> bytes:
        shown, last = bytearray(self._data[first:last]), min(last, len(self._data))
        for number in range(first // BLOCK, -(-last // BLOCK)):
            for start, end in self._secrets(number):
                begin, behind = max(start, first) - first, min(end, last) - first
                if begin < behind:
                    shown[begin:behind] = b"*" * (behind - begin)
        return bytes(shown)

    def _secrets(self, number: int) -> list[tuple[int, int]]:
        if self._cover is None:
            return []
        if self._known[0] != number:
            low = max(0, number * BLOCK - REACH)
            found = self._cover(self._data[low : (number + 1) * BLOCK + REACH])
            self._known = number, [(low + start, low + end) for start, end in found]
        return self._known[1]
