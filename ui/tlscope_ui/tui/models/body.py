"""A body as lines, of any length: text by an index of its lines, hex by arithmetic.

    lines = TextLines(source); lines.index(stopped)       in a thread; the lines come as they are found
    lines = HexLines(source)                              all there at once

The index is a place every BLOCK bytes at the beginning of a line, with how many lines came before it. To find a line is
to bisect, and to look through one block: 100 MB have 6,400 places, whatever lines they have. A line longer than a block
has a place at either end, so none but its beginning is ever read.

Lines are cut at CUT bytes, which says how many more there are, or wrapped: then a row is no more than `wrap` bytes,
which are no more columns unless they have to be escaped. Both come of pieces (what was relayed at once), where `head`
makes a line that stands before each; a body is one piece without.
"""

from __future__ import annotations

import codecs
import re
import threading
from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from tlscope_ui.telling import Span
from tlscope_ui.text import HEX_WIDTH, columns, hex_lines, visible
from tlscope_ui.tui.models.covered import Covered
from tlscope_ui.tui.models.find import Needle, in_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tlscope_ui.telling import Line
    from tlscope_ui.tui.models.octets import Source

    Head = Callable[[int], Line]
    """Makes the line that stands before a piece."""

BLOCK = 16 << 10
"""Bytes between two places of the index: looked through for each screen."""
FAR = 1 << 20
"""Bytes of a long line that are read at once in search of its end."""
CUT = 1000
"""Bytes of a line that are shown: four characters each, if all must be escaped, are what a view paints at the most."""
LEAST_WRAP = 8
BLANKS = 64
"""Blanks at the end of a line that are not wrapped: they are looked through at each row of a line of blanks."""
TAB = 4
"""Columns of a tab."""
HEX_COLUMNS = 78
_LEFT, _TEXT = 10, 61
"""Columns of a hex dump's first byte, and of its first character."""


class _Pieces:
    """What both kinds of lines have in common."""

    def __init__(self, source: Source, starts: Sequence[int], head: Head | None) -> None:
        self.source = source
        self._bare = source.bare if isinstance(source, Covered) else source
        """Where lines are counted: they are the same there."""
        self._starts, self._head = starts, head
        self.reached = len(source)
        """Bytes of which the lines are known."""

    def _end(self, piece: int) -> int:
        return self._starts[piece + 1] if piece + 1 < len(self._starts) else len(self.source)

    def search(self, needle: Needle) -> Iterator[int | None]:
        """See find.Searched: offsets; nothing is found that is covered."""
        for place in in_bytes(self._bare, needle):
            if place is None or not isinstance(self.source, Covered) or self.source.shows(place, place + needle.length):
                yield place


class HexLines(_Pieces):
    """Sixteen bytes a line."""

    width = HEX_COLUMNS
    indexing = False

    def __init__(self, source: Source, starts: Sequence[int] = (0,), head: Head | None = None) -> None:
        super().__init__(source, starts, head)
        self._rows = array("Q")
        """The first line of each piece."""
        self._count = 0
        self.grow()

    def grow(self) -> None:
        """Take what has come behind the pieces that there were."""
        for piece in range(len(self._rows), len(self._starts)):
            rows = (self._end(piece) - self._starts[piece] + HEX_WIDTH - 1) // HEX_WIDTH
            self._rows.append(self._count)
            self._count += rows + bool(self._head)

    def __len__(self) -> int:
        return self._count

    def line(self, y: int, width: int) -> Line:  # noqa: ARG002 - see Lines
        """See Lines."""
        piece, row = self._row(y)
        if row < 0:
            assert self._head is not None  # only a head stands before the first row
            return self._head(piece)
        start = self._starts[piece]
        at = start + row * HEX_WIDTH
        data = self.source.read(at, min(at + HEX_WIDTH, self._end(piece)))
        return [next(hex_lines(data, row * HEX_WIDTH))]

    def marks(self, y: int, needle: Needle) -> list[tuple[int, int]]:
        """The columns of what was searched for."""
        piece, row = self._row(y)
        if row < 0:
            return []
        at = self._starts[piece] + row * HEX_WIDTH
        here = range(at, min(at + HEX_WIDTH, self._end(piece)))
        before = max(at - needle.length + 1, 0)
        found = []
        for match in needle.data.finditer(self.source.read(before, at + HEX_WIDTH + needle.length - 1)):
            first, last = max(before + match.start(), here.start) - at, min(before + match.end(), here.stop) - at
            if first < last:
                found += [(_column(first), _column(last - 1) + 2), (_TEXT + first, _TEXT + last)]
        return found

    def line_at(self, place: int) -> int:
        """See find.Searched."""
        piece = max(bisect_right(self._starts, place) - 1, 0)
        return self._rows[piece] + bool(self._head) + (place - self._starts[piece]) // HEX_WIDTH

    def place_at(self, y: int) -> int:
        """The offset of a line's first byte."""
        piece, row = self._row(y)
        return self._starts[piece] + max(row, 0) * HEX_WIDTH

    def is_head(self, y: int) -> bool:
        """Whether a line stands before a piece."""
        return self._row(y)[1] < 0

    def _row(self, y: int) -> tuple[int, int]:
        piece = bisect_right(self._rows, y) - 1
        return piece, y - self._rows[piece] - bool(self._head)


class TextLines(_Pieces):
    """Lines of text, cut or wrapped."""

    def __init__(
        self,
        source: Source,
        starts: Sequence[int] = (0,),
        head: Head | None = None,
        *,
        wrap: int = 0,
        codec: str = "utf-8",
    ) -> None:
        super().__init__(source, starts, head)
        self.width = 0
        """Columns of the widest line that was asked for: nobody knows the others."""
        self.indexing = True
        """Whether more lines may come."""
        self.reached = 0
        self._wrap = max(wrap, LEAST_WRAP) if wrap else 0
        # Blanks that end a line stay in its last row: below it they would be a row in which there is nothing to see.
        ending = rb"(?:[ \t]{0,%d}\r?\n)?" % BLANKS
        pattern = rb"[^\n]{1,%d}[\x80-\xbf]{0,3}%b|\n" % (self._wrap, ending) if wrap else rb"[^\n]*\n|[^\n]+"
        self._pattern = re.compile(pattern)
        self._codec = codec
        self._at, self._rows, self._heads = array("Q"), array("Q"), bytearray()
        self._count = 0
        self._block: tuple[int, int, list[int]] = -1, -1, []
        self._finding = threading.Lock()

    def __len__(self) -> int:
        return self._count

    def index(self, stopped: Callable[[], bool], blocks: int | None = None) -> None:
        """Find the lines, `blocks` blocks of them at the most; again, to go on, or when more have come."""
        with self._finding:
            self._index(stopped, blocks)

    def grow(self) -> None:
        """Take it that there are more pieces behind those that there were; to find their lines, go on."""
        self.indexing = self.reached < len(self.source)

    def _index(self, stopped: Callable[[], bool], blocks: int | None) -> None:
        piece = max(bisect_right(self._starts, self.reached) - 1, 0)
        while self.reached < len(self.source):
            end = self._end(piece)
            if self.reached == self._starts[piece]:
                self._begin(headed=self._head is not None)
            while self.reached < end:
                if blocks == 0 or stopped():
                    return
                self._take(end)
                blocks = None if blocks is None else blocks - 1
            piece += 1
        self.indexing = False

    def _begin(self, *, headed: bool) -> None:
        if headed and not (self._heads and self._heads[-1] and self._at[-1] == self.reached):
            self._place(1, 0, headed=True)

    def _place(self, rows: int, taken: int, *, headed: bool = False) -> None:
        """Rows of the next bytes. Whoever reads meanwhile goes by `_rows`, so this comes after what it stands for."""
        self._at.append(self.reached)
        self._heads.append(headed)
        self.reached += taken
        self._rows.append(self._count)
        self._count += rows

    def _take(self, end: int) -> None:
        """Find the lines of one block, or of one line that is longer."""
        block = self._bare.read(self.reached, min(self.reached + BLOCK, end))
        final = self.reached + len(block) >= end
        if self._wrap:
            found = self._pattern.findall(block)
            whole = final or len(found) < 2  # the last row of a block may go on behind it
            rows, taken = (len(found), len(block)) if whole else (len(found) - 1, len(block) - len(found[-1]))
        else:
            taken = len(block) if final else block.rfind(b"\n") + 1
            rows = block.count(b"\n", 0, taken) + (final and not block.endswith(b"\n"))
            if not taken:
                rows, taken = 1, self._far(self.reached + len(block), end) - self.reached
        self._place(rows, taken)

    def _far(self, at: int, end: int) -> int:
        """Where a long line ends."""
        step = BLOCK
        while at < end:
            block = self._bare.read(at, min(at + step, end))
            step = min(2 * step, FAR)
            if (found := block.find(b"\n")) >= 0:
                return at + found + 1
            at += len(block)
        return end

    def line(self, y: int, width: int) -> Line:  # noqa: ARG002 - see Lines
        """See Lines."""
        number, start, end = self._find(y)
        if self._heads[number]:
            assert self._head is not None  # it has made this line
            return self._head(bisect_right(self._starts, self._at[number]) - 1)
        data = self.source.read(start, min(end, start + CUT + 2))
        last = self.source.read(max(end - 2, start), end)
        end -= 2 if last == b"\r\n" else last.endswith(b"\n")
        data = data[: end - start]
        text, used = self._text(data)
        self.width = max(self.width, columns(visible(text.rstrip(" ") if self._wrap else text)))
        return [text, Span(f" … +{end - start - used:,} bytes", "dim")] if used < end - start else [text]

    def _text(self, data: bytes) -> tuple[str, int]:
        """The beginning of a line's bytes as text, and how many bytes that is: no character is cut in half."""
        if len(data) <= CUT:
            return data.decode(self._codec, "backslashreplace").expandtabs(TAB), len(data)
        decoder = codecs.getincrementaldecoder(self._codec)("backslashreplace")
        text = decoder.decode(data[:CUT])
        return text.expandtabs(TAB), CUT - len(decoder.getstate()[0])

    def _find(self, y: int) -> tuple[int, int, int]:
        """A line's place of the index, its start and its end; of a head, where its piece begins."""
        number = bisect_right(self._rows, y) - 1
        starts = self._starts_of(number)
        local = y - self._rows[number]
        return number, starts[local], starts[local + 1]

    def _starts_of(self, number: int) -> list[int]:
        """The starts of the lines of a block, and where the last ends."""
        at = self._at[number]
        behind = self._at[number + 1] if number + 1 < len(self._at) else self.reached
        if self._block[:2] != (number, behind):
            if self._heads[number]:
                starts = [at, at]
            elif behind - at > BLOCK:
                starts = [at, behind]
            else:
                block = self._bare.read(at, behind)
                starts = [at + match.start() for match in self._pattern.finditer(block)] + [behind]
            self._block = number, behind, starts
        return self._block[2]

    def line_at(self, place: int) -> int:
        """See find.Searched; of a place that is not indexed yet, the last line."""
        number = bisect_right(self._at, place) - 1
        if number < 0 or place >= self.reached:
            return max(self._count - 1, 0)
        return self._rows[number] + max(bisect_right(self._starts_of(number)[:-1], place) - 1, 0)

    def place_at(self, y: int) -> int:
        """The offset of a line's first byte."""
        return self._find(y)[1] if y < self._count else 0

    def is_head(self, y: int) -> bool:
        """Whether a line stands before a piece."""
        return y < self._count and bool(self._heads[bisect_right(self._rows, y) - 1])


def _column(byte: int) -> int:
    return _LEFT + 3 * byte + (byte >= HEX_WIDTH // 2)
