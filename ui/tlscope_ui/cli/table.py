"""Tables for a terminal: as many columns as fit, those that matter least gone first, or made a sign.

for line in table([column.of(rows) for column in COLUMNS], screen.width): screen.line(*line)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from tlscope_ui.telling import Span
from tlscope_ui.text import columns, fit, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Row = TypeVar("Row")
KEPT = 3
"""The number of columns that stay on the narrowest terminal."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column of a table: its heading, what stands in it, and when it must go."""

    heading: str
    cell: Callable[[Row], Span]
    keep: int
    """Where the terminal is too narrow for all, the columns with the lowest number go first."""
    right: bool = False
    sign: Column[Row] | None = None
    """What stands in its place where it would have to go: it says most of it in less."""

    def of(self, rows: Sequence[Row]) -> Cells:
        """This column's cells, safe to print."""
        spans = [Span(visible(text), style) for text, style in map(self.cell, rows)]
        return Cells(self.heading, self.keep, spans, right=self.right, sign=self.sign.of(rows) if self.sign else None)


@dataclass(frozen=True, slots=True)
class Cells:
    """A column with its content; see Column."""

    heading: str
    keep: int
    spans: list[Span]
    right: bool
    sign: Cells | None

    @property
    def width(self) -> int:
        """Of the widest cell, in columns of the terminal."""
        return max(columns(text) for text in [self.heading, *(span.text for span in self.spans)])


def table(content: list[Cells], room: int | None) -> Iterator[list[str | Span]]:
    """Lines with the columns that fit into `room`; the widest of those that must stay is cut if need be."""
    while room is not None and len(content) > KEPT and _width(content) > room:
        content = _without_the_least(content)
    widths = [cells.width for cells in content]
    if room is not None and _width(content) > room:
        widest = widths.index(max(widths))
        widths[widest] = max(8, widths[widest] - (_width(content) - room))
    headings = [Span(cells.heading, "dim") for cells in content]
    for row in [headings, *zip(*(cells.spans for cells in content), strict=True)]:
        parts = [
            Span(_set(span.text, width, right=cells.right), span.style)
            for cells, span, width in zip(content, row, widths, strict=True)
        ]
        while not parts[-1].text.strip():
            parts.pop()
        last = parts.pop()
        yield [part for span in parts for part in (span, "  ")] + [Span(last.text.rstrip(), last.style)]


def _without_the_least(content: list[Cells]) -> list[Cells]:
    least = min(cells.keep for cells in content)
    left = (cells if cells.keep > least else cells.sign for cells in content)
    return [cells for cells in left if cells]


def _set(text: str, width: int, *, right: bool) -> str:
    if columns(text) > width:
        text = fit(text, width - 1) + "…"
    blank = " " * (width - columns(text))
    return blank + text if right else text + blank


def _width(content: list[Cells]) -> int:
    return sum(cells.width for cells in content) + 2 * (len(content) - 1)
