"""All that passed on a connection, decrypted, in both directions and in its order.

    stream = Stream(index, directory, connection)         in a thread
    stream.make(Want("hex"), job)                         as content.Body makes its views

What the heads of HTTP's messages hold of secrets is covered by asterisks, as long as it is to be masked: bytes stay
where they are. What lies in contents, or in protocols that are not read here, cannot be told from anything else.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from tlscope.capture.exchanges import DOWN, UP, exchanges
from tlscope.events import Direction
from tlscope.export import redact
from tlscope_ui.telling import Span
from tlscope_ui.telling.lines import ARROWS, elapsed, stamp
from tlscope_ui.text import lines_of, size
from tlscope_ui.tui.models.body import HexLines, TextLines
from tlscope_ui.tui.models.content import FIRST, Job, Made, Want
from tlscope_ui.tui.models.octets import streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.capture.exchanges import Exchange
    from tlscope.capture.index import Index
    from tlscope.wire.http.exchange import Headers
    from tlscope_ui.telling import Line

VIEWS = ("auto", "text", "hex")
SAMPLE = 4 << 10
"""Bytes of each direction by which a stream is told to be text or not."""
WHO = {UP: ("client", "client → server"), DOWN: ("server", "server → client")}
"""Style and words of a direction."""


class Stream:
    """The data of one connection."""

    def __init__(self, index: Index, directory: Path, connection: int) -> None:
        self.source = streams(index, directory, connection)
        self._offsets = array("Q")
        """Where each piece stands in the stream of its direction."""
        self.sizes, self.counts = [0, 0], [0, 0]
        """Bytes and pieces of each direction."""
        self._pieces: tuple[array[int], array[int]] = array("L"), array("L")
        for number, piece in enumerate(self.source.pieces()):
            self._offsets.append(self.sizes[piece.direction])
            self._pieces[piece.direction].append(number)
            self.sizes[piece.direction] += piece.size
            self.counts[piece.direction] += 1
        self._began = self.source.wall(0) if len(self.source) else None
        row = index.connection(connection)
        alpn = (row["client_alpn"] or row["server_alpn"] or "") if row else ""
        self._secrets = [
            found for exchange in exchanges(index.lookup, connection, alpn) for found in self._covered(exchange)
        ]

    def make(self, want: Want, job: Job) -> Made:
        """What to show."""
        source = self.source
        source.mask(self._secrets if want.masked else ())
        view = want.view if want.view != "auto" else self._choice()
        said = self._said(masked=want.masked)
        if view == "hex":
            return Made(HexLines(source, source.starts, self._head), view, said)
        text = TextLines(source, source.starts, self._head, wrap=want.wrap)
        text.index(lambda: job.stopped, FIRST)
        return Made(text, view, said)

    def _choice(self) -> str:
        for numbers in self._pieces:
            if numbers:
                piece = self.source.piece(numbers[0])
                if lines_of(self.source.read(piece.start, piece.start + min(piece.size, SAMPLE))) is None:
                    return "hex"
        return "text"

    def _head(self, number: int) -> Line:
        """The line before a piece."""
        piece, wall = self.source.piece(number), self.source.wall(number)
        style, words = WHO[piece.direction]
        when = f"{stamp(wall)} {elapsed(wall - (self._began or wall))}" if wall else "gone from the journal"
        where = f"{size(piece.size)} at {self._offsets[number]:#x}"
        return [Span(f"{ARROWS[piece.direction]} {words}", style), Span(f"  {when}  {where}", "dim")]

    def _said(self, *, masked: bool) -> Line:
        parts: Line = []
        for direction in Direction:
            style, words = WHO[direction]
            counted = f"{size(self.sizes[direction])} in {self.counts[direction]:,}"
            parts += [Span(f"{ARROWS[direction]} {words}", style), f" {counted}  "]
        if self.source.cut:
            parts.append(Span("✗ there is more than can be shown  ", "bad"))
        if self.source.gone:
            parts.append(Span("✗ some is gone from the journal: zeros stand for it  ", "bad"))
        if masked and self._secrets:
            parts.append("u: secrets")
        return parts

    # --------------------------------------------------------------------------------------------------------- secrets

    def _covered(self, exchange: Exchange) -> Iterator[tuple[int, int]]:
        """Where the secrets of an exchange are, in the source."""
        request = exchange.request
        if request is not None:
            # HTTP/2 has the target among the headers; a request that the server promised came from there.
            way = DOWN if request.pushed else UP
            start = request.start + len(request.method) + 1
            if request.version.startswith("HTTP/1"):
                shown = _alike(redact.url(request.target), request.target)
                yield from self._here(way, start + shown, start + len(request.target))
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
                yield from self._here(direction, header.start + shown, header.start + header.length)

    def _here(self, direction: Direction, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where bytes of a direction's stream are in the source."""
        numbers = self._pieces[direction]
        at = bisect_right(numbers, start, key=lambda number: self._offsets[number]) - 1
        while start < end and 0 <= at < len(numbers):
            piece, offset = self.source.piece(numbers[at]), self._offsets[numbers[at]]
            last = min(end, offset + piece.size)
            if last > start:
                yield piece.start + start - offset, piece.start + last - offset
            start, at = max(start, last), at + 1


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
