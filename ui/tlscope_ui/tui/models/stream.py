"""All that passed on a connection, decrypted, in both directions and in its order.

    stream = Stream(index, directory, connection, exchange)         in a thread; exchange: 0 for none
    stream.make(Want("hex"), job)                                   as content.Body makes its views
    stream.begin                                                    where the exchange begins, in the source

As long as they are to be masked, secrets are covered (covered.py): bytes stay where they are. They are looked for in
each direction by itself, as it is on the screen, however long the stream is. What the header fields of HTTP hold is
known exactly: in those of HTTP/2, which are compressed, nothing could be found. To know it the stream is read once,
where it is not so long that this takes time, or where it has to be.
"""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from tlscope.capture.exchanges import DOWN, UP, exchanges
from tlscope.capture.index import Index
from tlscope.capture.lookup import Gone, Lookup
from tlscope.capture.schema import Stale
from tlscope.events import Direction
from tlscope.export import redact
from tlscope_ui.telling import Span
from tlscope_ui.telling.lines import ARROWS
from tlscope_ui.telling.stream import WHO, piece_line
from tlscope_ui.text import lines_of, size
from tlscope_ui.tui.models.body import HexLines, TextLines
from tlscope_ui.tui.models.content import FIRST, UNASKED, Job, Made, Want
from tlscope_ui.tui.models.covered import BLOCK, Covered
from tlscope_ui.tui.models.keynames import hint
from tlscope_ui.tui.models.lane import Lane
from tlscope_ui.tui.models.octets import streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tlscope.capture.exchanges import Exchange
    from tlscope.capture.walk import Passed
    from tlscope.wire.http.exchange import Headers
    from tlscope_ui.telling import Line

VIEWS = ("auto", "text", "hex")
SAMPLE = 4 << 10
"""Bytes of each direction by which a stream is told to be text or not."""
SEEN = 8 * BLOCK
"""Bytes that are looked through to say whether there are secrets; of what is longer, it is taken for granted."""
MAX_SECRETS = 200_000
"""Secrets of header fields that are kept, in some 20 MB; where there are more, everything is covered."""


class Stream:
    """The data of one connection; where an exchange of it begins, its request and its response, is marked."""

    def __init__(self, index: Index, directory: Path, connection: int, exchange: int = 0) -> None:
        self.source = streams(index, directory, connection)
        self._lanes = Lane(self.source), Lane(self.source)
        for piece in self.source.pieces():
            self._lanes[piece.direction].add(piece.start, piece.size)
        self._began = self.source.wall(0) if len(self.source) else None
        self._connection, self._directory = connection, directory
        row = index.connection(connection)
        self._alpn = (row["client_alpn"] or row["server_alpn"] or "") if row else ""
        compressed = "e.connection = ? AND e.version LIKE 'HTTP/2%'"
        self._unread = len(self.source) <= UNASKED or bool(index.exchanges(compressed, (connection,), limit=1))
        """Whether the header fields are still to be looked at."""
        self._starts, self._ends = array("Q"), array("Q")
        """Where the secrets of header fields are, in the source."""
        self._covered = Covered(self.source, self._secrets)
        self.begin: int | None = None
        """Where the exchange begins."""
        self._marks: dict[int, str] = {}
        """What begins in a piece, by the piece's number."""
        self._exchange = ""
        """The same in a few words, for where no piece's line is in sight."""
        if exchange and self.source.starts:
            self._mark(index, exchange)

    def make(self, want: Want, job: Job) -> Made:
        """What to show."""
        if want.masked and self._unread:
            self._read_heads(job)
        source, starts = (self._covered if want.masked else self.source), self.source.starts
        view = want.view if want.view != "auto" else self._choice()
        said = self._said(masked=want.masked)
        if view == "hex":
            return Made(HexLines(source, starts, self._head), view, said)
        text = TextLines(source, starts, self._head, wrap=want.wrap)
        text.index(lambda: job.stopped, FIRST)
        return Made(text, view, said)

    def place(self, direction: Direction, offset: int) -> int:
        """Where a byte of a direction's stream is in the source; of one behind its end, where the last is."""
        return self._lanes[direction].place(offset)

    def _mark(self, index: Index, exchange: int) -> None:
        """Find where the exchange begins: as far as it is known by now, and its bytes were recorded."""
        query, found = "e.connection = ? AND e.exchange = ?", []
        for row in index.exchanges(query, (self._connection, exchange), limit=1):
            # Streams with even numbers are the server's: it has promised the request (RFC 9113 section 5.1.1).
            pushed = row["stream"] and row["stream"] % 2 == 0
            starts = (DOWN if pushed else UP, row["request_start"]), (DOWN, row["response_start"])
            for words, (way, start) in zip(("exchange {}", "response of exchange {}"), starts, strict=True):
                if start is None or start >= self._lanes[way].size:
                    continue
                place = self._lanes[way].place(start)
                number = bisect_right(self.source.starts, place) - 1
                self.begin = place if self.begin is None else self.begin
                where = "" if place == self.source.starts[number] else f", at {start:#x}"
                found.append(f"{ARROWS[way]} {start:#x}")
                self._marks.setdefault(number, f"  ◂ {words.format(exchange)} begins here{where}")
        if found:
            self._exchange = f"exchange {exchange} from {' and '.join(found)}"

    def _choice(self) -> str:
        for lane in self._lanes:
            first = next(lane.here(0, SAMPLE), (0, 0))
            if lines_of(self.source.read(*first)) is None:
                return "hex"
        return "text"

    def _head(self, number: int) -> Line:
        """The line before a piece."""
        piece, wall = self.source.piece(number), self.source.wall(number)
        offset = self._lanes[piece.direction].offset(piece.start)
        line = piece_line(piece.direction, wall, self._began, piece.size, offset)
        return [*line, Span(self._marks.get(number, ""), "strong")]

    def _said(self, *, masked: bool) -> Line:
        parts: Line = [Span(f"{self._exchange}  ", "strong")] if self._exchange else []
        for direction in Direction:
            style, words = WHO[direction]
            lane = self._lanes[direction]
            counted = f"{size(lane.size)} in {len(lane):,}"
            parts += [Span(f"{ARROWS[direction]} {words}", style), f" {counted}  "]
        if self.source.cut:
            parts.append(Span("✗ there is more than can be shown  ", "bad"))
        if self.source.gone:
            parts.append(Span("✗ some is gone from the journal: zeros stand for it  ", "bad"))
        if masked and (self._starts or len(self.source) > SEEN or not self._covered.shows(0, SEEN)):
            parts.append(hint("secrets", "unmask-body"))
        return parts

    # --------------------------------------------------------------------------------------------------------- secrets

    def _secrets(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Those of a part of the source."""
        at = bisect_right(self._ends, start)
        while at < len(self._starts) and self._starts[at] < end:
            yield self._starts[at], self._ends[at]
            at += 1
        for lane in self._lanes:
            yield from lane.secrets(start, end)

    def _read_heads(self, job: Job) -> None:
        """Find what the heads of HTTP's messages hold. Raises OSError."""
        found: list[tuple[int, int]] = []
        try:
            with Index(self._directory) as index, _Watched(self._directory, index.database) as lookup:
                lookup.told = lambda done: job.at("finding secrets", done, len(self.source))
                for exchange in exchanges(lookup, self._connection, self._alpn):
                    found += self._of(exchange)
                    if len(found) > MAX_SECRETS:
                        found = [(0, len(self.source))]
                        break
        except (Stale, sqlite3.Error) as error:
            raise OSError(f"the index cannot be read: {error}") from error
        for start, end in sorted(found):
            self._starts.append(start)
            self._ends.append(max(end, self._ends[-1] if self._ends else 0))
        self._unread = False

    def _of(self, exchange: Exchange) -> Iterator[tuple[int, int]]:
        """Where the secrets of an exchange are, in the source."""
        request = exchange.request
        if request is not None:
            # HTTP/2 has the target among the headers; a request that the server promised came from there.
            way = DOWN if request.pushed else UP
            start = request.start + len(request.method) + 1
            if request.version.startswith("HTTP/1"):
                shown = _alike(redact.url(request.target), request.target)
                yield from self._lanes[way].here(start + shown, start + len(request.target))
            yield from self._fields(way, request.headers)
        for response in (*exchange.interim, exchange.response):
            if response is not None:
                yield from self._fields(DOWN, response.headers)
        for direction in Direction:
            yield from self._fields(direction, exchange.side(direction).trailers)

    def _fields(self, direction: Direction, headers: Headers) -> Iterator[tuple[int, int]]:
        for header in headers:
            if redact.header(header.name.decode("latin-1"), header.text) != header.text:
                # A field line of HTTP/1 begins with its name; of HPACK's representation, all is covered.
                shown = len(header.name) + 1 if header.length > len(header.name) + len(header.value) else 0
                yield from self._lanes[direction].here(header.start + shown, header.start + header.length)


class _Watched(Lookup):
    """Says how far it was read."""

    told: Callable[[int], None]

    def passed(self, connection: int) -> Iterator[Passed | Gone]:
        """See Lookup."""
        done = 0
        for item in super().passed(connection):
            done += item.length if isinstance(item, Gone) else len(item.payload)
            self.told(done)
            yield item


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
