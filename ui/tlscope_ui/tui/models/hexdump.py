"""Bytes as lines of a hex dump, some of them lit, one under the cursor.

    00a0  16 03 01 02 00 01 00 01  fc 03 03 7e 4c 92 43 5f  |...........~L.C_|

Where a view is narrow, as beside the fields at 80 columns, there are eight bytes in a line, and no bars:

    00a0  16 03 01 02 00 01 00 01 ........
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope_ui.telling import Span

if TYPE_CHECKING:
    from tlscope_ui.telling import Line

WIDE, NARROW = 16, 8
"""Bytes in a line."""
GROUP = 8


class HexDump:
    """The bytes of a message."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.row = WIDE
        """Bytes in a line."""
        self.lit = range(0)
        """Offsets of the bytes that are lit."""
        self.cursor = 0
        self._digits = max(4, len(f"{len(data):x}"))

    @property
    def width(self) -> int:
        """See Lines."""
        return self._text + self.row + self._roomy

    def __len__(self) -> int:
        return (len(self.data) + self.row - 1) // self.row

    def fit(self, width: int) -> None:
        """Take as many bytes in a line as there is room for."""
        self.row = WIDE
        if width < self.width:
            self.row = NARROW

    def move(self, by: int) -> None:
        """Move the cursor by bytes, within them."""
        self.cursor = max(0, min(self.cursor + by, len(self.data) - 1))

    def offset(self, x: int, y: int) -> int | None:
        """The byte that is painted at a column of a line, in hex or as a character."""
        left = self._digits + 2
        for number in range(self.row):
            column = left + 3 * number + number // GROUP
            if x in {column, column + 1} or x == self._text + number:
                at = y * self.row + number
                return at if at < len(self.data) else None
        return None

    def line(self, y: int, width: int) -> Line:  # noqa: ARG002 - see fit
        """See Lines."""
        start = y * self.row
        parts: Line = [Span(f"{start:0{self._digits}x}  ", "dim")]
        for number in range(self.row):
            at = start + number
            pair = f"{self.data[at]:02x}" if at < len(self.data) else "  "
            joined = (
                self._style(at) if self._style(at) == self._style(at + 1) == "lit" and number + 1 < self.row else ""
            )
            gap = "  " if self._roomy and number % GROUP == GROUP - 1 else " "
            parts += [Span(pair, self._style(at)), Span(gap, joined)]
        bar = "|" if self._roomy else ""
        parts.append(bar)
        for at in range(start, min(start + self.row, len(self.data))):
            char = chr(self.data[at]) if 0x20 <= self.data[at] < 0x7F else "."
            parts.append(Span(char, self._style(at)))
        return _joined([*parts, bar])

    @property
    def _roomy(self) -> bool:
        return self.row == WIDE

    @property
    def _text(self) -> int:
        """The column of the first character."""
        return self._digits + 2 + 3 * self.row + (self.row // GROUP + 1 if self._roomy else 0)

    def _style(self, at: int) -> str:
        if at == self.cursor:
            return "cursor"
        return "lit" if at in self.lit else ""


def _joined(parts: Line) -> Line:
    """Neighbours of one style as one piece: a line is painted a piece at a time."""
    joined: list[Span] = []
    for part in parts:
        text, style = (part, "") if isinstance(part, str) else part
        if joined and joined[-1].style == style:
            joined[-1] = Span(joined[-1].text + text, style)
        else:
            joined.append(Span(text, style))
    return [*joined]
