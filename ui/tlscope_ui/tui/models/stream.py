"""All that passed on a connection, decrypted, in both directions and in its order.

    stream = Stream(index, directory, connection, exchange)         in a thread; exchange: 0 for none
    stream.make(Want("hex"), job)                                   as content.Body makes its views
    stream.grow(index)                                              take what has come since; make then makes that alone
    stream.begin                                                    where the exchange begins, in the source

As long as they are to be masked, secrets are covered (covered.py): bytes stay where they are. They are looked for in
each direction by itself, as it is on the screen, however long the stream is. What the header fields of HTTP hold is
known exactly (heads.py): in those of HTTP/2, which are compressed, nothing could be found. To know it the stream is
read once, where it is not so long that this takes time, or where it has to be.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from typing import TYPE_CHECKING

from tlscope.capture.exchanges import DOWN, UP
from tlscope.events import Direction
from tlscope_ui.telling import Span
from tlscope_ui.telling.lines import ARROWS
from tlscope_ui.telling.stream import WHO, piece_line
from tlscope_ui.text import lines_of, size
from tlscope_ui.tui.models.body import HexLines, TextLines
from tlscope_ui.tui.models.conceal import Concealed
from tlscope_ui.tui.models.content import FIRST, UNASKED, Job, Made, Want
from tlscope_ui.tui.models.covered import BLOCK
from tlscope_ui.tui.models.keynames import hint

if TYPE_CHECKING:
    from pathlib import Path

    from tlscope.capture.index import Index
    from tlscope_ui.telling import Line

VIEWS = ("auto", "text", "hex")
SAMPLE = 4 << 10
"""Bytes of each direction by which a stream is told to be text or not."""
SEEN = 8 * BLOCK
"""Bytes that are looked through to say whether there are secrets; of what is longer, it is taken for granted."""


class Stream:
    """The data of one connection; where an exchange of it begins, its request and its response, is marked."""

    def __init__(self, index: Index, directory: Path, connection: int, exchange: int = 0) -> None:
        self._passed = Concealed(directory, index.database, connection)
        self.source, self._lanes = self._passed.source, self._passed.lanes
        self._heads, self._covered = self._passed.heads, self._passed.covered
        self._connection, self._number = connection, exchange
        self._began: int | None = None
        self._busy = threading.Lock()
        """One thread at a time takes what is new: one whose work is not wanted any more may still be at it."""
        self._lines: tuple[object, HexLines | TextLines] | None = None
        """As they were made the last time, and what for."""
        self.begin: int | None = None
        """Where the exchange begins."""
        self._marks: dict[int, str] = {}
        """What begins in a piece, by the piece's number."""
        self._exchange = ""
        """The same in a few words, for where no piece's line is in sight."""
        self.grow(index)

    def grow(self, index: Index) -> None:
        """Take what has come since the last time."""
        with self._busy:
            self._passed.follow(index.lookup)
            self._began = self._began or (self.source.wall(0) if len(self.source) else None)
            row = index.connection(self._connection)
            self._alpn = (row["client_alpn"] or row["server_alpn"] or "") if row else ""
            compressed = "e.connection = ? AND e.version LIKE 'HTTP/2%'"
            self._heads_matter = (
                self._heads.begun
                or len(self.source) <= UNASKED
                or bool(index.exchanges(compressed, (self._connection,), limit=1))
            )
            """Whether the header fields are to be looked at."""
            if self._number and self.source.starts:
                self._mark(index, self._number)

    def make(self, want: Want, job: Job) -> Made:
        """What to show."""
        if want.masked and self._heads_matter and len(self.source):
            with self._busy:
                self._heads.read(self._alpn, self.source.trail, job)
            self._covered.forget()
        view = want.view if want.view != "auto" else self._choice()
        lines, said = self._made(view, want), self._said(masked=want.masked)
        if isinstance(lines, TextLines):
            lines.index(lambda: job.stopped, FIRST)
        return Made(lines, view, said)

    def _made(self, view: str, want: Want) -> HexLines | TextLines:
        """Lines for a view; where they are there already, with what has come behind them."""
        wanted = view, want.masked, want.wrap if view == "text" else 0
        if self._lines is not None and self._lines[0] == wanted:
            self._lines[1].grow()
            return self._lines[1]
        source, starts = (self._covered if want.masked else self.source), self.source.starts
        lines: HexLines | TextLines
        if view == "hex":
            lines = HexLines(source, starts, self._head)
        else:
            lines = TextLines(source, starts, self._head, wrap=want.wrap)
        self._lines = wanted, lines
        return lines

    def place(self, direction: Direction, offset: int) -> int:
        """Where a byte of a direction's stream is in the source; of one behind its end, where the last is."""
        return self._lanes[direction].place(offset)

    def _mark(self, index: Index, exchange: int) -> None:
        """Find where the exchange begins: as far as it is known by now, and its bytes were recorded."""
        query, found = "e.connection = ? AND e.exchange = ?", []
        marks: dict[int, str] = {}
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
                marks.setdefault(number, f"  ◂ {words.format(exchange)} begins here{where}")
        self._marks = marks
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
            counted = f"{size(lane.size)} in {len(lane):,}" if len(lane) else "nothing"
            parts += [Span(f"{ARROWS[direction]} {words}", style), f" {counted}  "]
        if self.source.cut:
            parts.append(Span("✗ there is more than can be shown  ", "bad"))
        if self.source.gone:
            parts.append(Span("✗ some is gone from the journal: zeros stand for it  ", "bad"))
        if masked and (self._heads or len(self.source) > SEEN or not self._covered.shows(0, SEEN)):
            parts.append(hint("secrets", "unmask-body"))
        return parts
