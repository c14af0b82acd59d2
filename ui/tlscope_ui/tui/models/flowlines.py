"""The rows of the list as lines: which columns there is room for, and what they say.

lines = FlowLines(rows)             for a LineView; lines.heading(width) stands above them
lines.look(first, count)            take note of the names in some lines, which need room
lines.refit()                       other columns, widths, whether secrets are shown, whether somebody records
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope_ui.telling import Line, Span
from tlscope_ui.text import columns as columns_of
from tlscope_ui.text import visible
from tlscope_ui.tui.models.columns import (
    AMPLE,
    BY_KEY,
    DEFAULT,
    ENOUGH,
    GAP,
    LEAST_OF_HOSTS,
    Column,
    cell,
    final,
    fitted,
    grouped,
    needed,
    unmasked,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlscope_ui.tui.models.rows import Rows, Selected

STEP = "  "


class FlowLines:
    """The rows as lines."""

    width = 0

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.columns: list[Column] = [BY_KEY[key] for key in DEFAULT]
        self.widths: dict[str, int] = {}
        self.marked: set[Selected] = set()
        self.comments: dict[Selected, str] = {}
        self.masked = True
        """Whether what is secret in targets is hidden."""
        self.live = True
        """Whether somebody records: a connection that is open can still end."""
        self.digits = 1
        self._room = 0
        self._names = 0
        """Columns of the terminal that the longest name seen takes."""
        self._fitted: list[tuple[Column, int]] = []

    def __len__(self) -> int:
        return len(self.rows)

    def fit(self, width: int) -> list[tuple[Column, int]]:
        """The columns in sight, with their widths."""
        digits = len(str(max(self.rows.total, 1)))
        if (self._room, self.digits) != (width, digits) or not self._fitted:
            self._room, self.digits = width, digits
            self._fitted = self._layout(self.columns, self.widths)
            if not self.masked:
                self._fitted = [(_open(column), wide) for column, wide in self._fitted]
            if not self.live:
                self._fitted = [(_final(column), wide) for column, wide in self._fitted]
        return self._fitted

    def _layout(self, columns: Iterable[Column], widths: dict[str, int]) -> list[tuple[Column, int]]:
        room = self._room - self.digits - 4
        if self.rows.is_grouped:
            return fitted(grouped(columns, room), room, widths, least=LEAST_OF_HOSTS)
        least = needed(self._names)
        return fitted(columns, room, widths, least=least, ample=least if least < ENOUGH else AMPLE)

    def without_room(self, keys: Iterable[str], widths: dict[str, int]) -> set[str]:
        """Those of some columns, with these widths, that would not be in sight."""
        chosen = set(keys)
        if not self._room:
            return set()
        return chosen - {column.key for column, _ in self._layout([BY_KEY[key] for key in keys], widths)}

    def look(self, first: int, count: int) -> bool:
        """Take note of the names in these lines: the longest says what room they need; whether that is another now.

        It is kept until the list is laid out anew, so that columns do not come and go while somebody scrolls.
        """
        names = self._names
        for y in range(first, min(first + count, len(self.rows))):
            selected = self.rows.entry(y)
            for _, _, span in self._cells(selected, [(BY_KEY["what"], 0)]) or ():
                names = max(names, columns_of(visible(self._named(selected, span).text)))
            if names >= ENOUGH:
                break
        other = needed(names) != needed(self._names)
        self._names = names
        if other:
            self._fitted = []
        return other

    def refit(self) -> None:
        """Other columns were chosen, or other widths; or secrets are shown, or hidden."""
        self._fitted = []

    def line(self, y: int, width: int) -> Line:
        """See Lines."""
        selected = self.rows.entry(y)
        cells = self._cells(selected, self.fit(width))
        if cells is None:
            return [Span(f"{selected.connection:>{self.digits}}", "dim"), "  …"]
        comment = self.comments.get(selected, "")
        mark = Span("★" if selected in self.marked else "✎" if comment else " ", "strong")
        number = str(selected.connection) if selected.connection and not selected.exchange else ""
        parts: Line = [Span(f"{number:>{self.digits}}", "strong"), mark, self._fold(selected)]
        for column, wide, span in cells:
            if column.key == "what":
                span = self._named(selected, span)  # noqa: PLW2901 - the same, with what belongs to it
            parts += [cell(span, wide, right=column.right), " " * GAP]
        return parts

    def _cells(self, selected: Selected, columns: list[tuple[Column, int]]) -> list[tuple[Column, int, Span]] | None:
        """What the columns say; None of what is not there any more."""
        if selected.host is not None:
            host = self.rows.host(selected.host)
            return None if host is None else [(column, wide, column.host(host)) for column, wide in columns]
        if selected.exchange:
            row = self.rows.exchange(selected)
            return None if row is None else [(column, wide, column.exchange(row)) for column, wide in columns]
        row = self.rows.connection(selected.connection)
        return None if row is None else [(column, wide, column.connection(row)) for column, wide in columns]

    def _named(self, selected: Selected, span: Span) -> Span:
        """What a row is called: below what it belongs to, and with what somebody noted of it."""
        below = STEP * (bool(selected.exchange) + (self.rows.is_grouped and selected.host is None))
        comment = self.comments.get(selected, "")
        return Span(f"{below}{span.text}{f'  ✎ {comment}' if comment else ''}", span.style)

    def _fold(self, selected: Selected) -> str:
        if not self.rows.has_below(selected):
            return "  "
        return "▾ " if self.rows.is_unfolded(selected) else "▸ "

    def heading(self, width: int) -> Line:
        """The line above all."""
        parts: Line = [Span(f"{'#':>{self.digits}}", "dim"), "   "]
        for column, wide in self.fit(width):
            way = " (counting hosts …)" if column.key == "what" and self.rows.is_counting else ""
            if column.order and column.order == self.rows.order:
                way = ("▼" if self.rows.descending else "▲") + way
            parts += [cell(Span(column.heading + way, "strong" if way else "dim"), wide, right=column.right), " " * GAP]
        return parts


def _open(column: Column) -> Column:
    """A column that hides nothing."""
    return column._replace(exchange=unmasked) if column.key == "what" else column


def _final(column: Column) -> Column:
    """A column of what will not change any more."""
    return column._replace(connection=final) if column.key == "outcome" else column
