"""The columns: which, how wide, and which the rows are in the order of.

It ends with a Choosing, or with None where all shall be as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.containers import Vertical
from textual.widgets import Static

from tlscope_ui.telling import Line, Span
from tlscope_ui.tui.models.columns import BY_KEY, COLUMNS, NARROWEST
from tlscope_ui.tui.models.keynames import hints
from tlscope_ui.tui.models.lines import Told
from tlscope_ui.tui.screens.dialog import Dialog
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

WIDEST = 200
NUMBER = "connection"
"""The order in which connections came: that of their numbers."""


CAN = (
    ("show or hide", "column-show"),
    ("narrower", "column-narrower"),
    ("wider", "column-wider"),
    ("move down", "column-down"),
    ("up", "column-up"),
)
CAN_TOO = (
    ("sort by it, again: the other way, again: by number", "column-sort"),
    ("so be it", "open"),
    ("as it was", "columns-leave"),
)
"""What is said that can be done, in two lines."""


class Choosing(NamedTuple):
    """What the list is to look like."""

    columns: tuple[str, ...]
    widths: dict[str, int]
    order: str
    descending: bool


class Columns(Dialog[Choosing | None]):
    """A line a column."""

    DEFAULT_CSS = """
    Columns { align: center middle; }
    Columns > Vertical { width: 90%; max-width: 100; height: auto; border: round $primary; background: $surface; }
    Columns Static { height: auto; padding: 0 1; color: $text-muted; }
    Columns LineView { height: 16; max-height: 70vh; }
    """
    BINDINGS: ClassVar = bound("Columns")

    def __init__(self, now: Choosing, without_room: Callable[[list[str], dict[str, int]], set[str]]) -> None:
        """`without_room`: which of some columns, with some widths, would not be in sight."""
        super().__init__()
        self._without_room = without_room
        self._chosen = set(now.columns)
        self._order = [*now.columns, *(column.key for column in COLUMNS if column.key not in now.columns)]
        self._widths = dict(now.widths)
        self._sort, self._descending = now.order, now.descending

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        with Vertical():
            yield LineView()
            yield Static(f"{hints(*CAN)}\n{hints(*CAN_TOO)}", markup=False)

    def on_mount(self) -> None:
        """It has the keys."""
        self.view.focus()
        self._show()

    @property
    def view(self) -> LineView:
        """The lines."""
        return self.query_one(LineView)

    @property
    def key(self) -> str:
        """The column under the cursor."""
        return self._order[self.view.cursor]

    def _show(self) -> None:
        chosen = [key for key in self._order if key in self._chosen]
        gone = self._without_room(chosen, self._widths)
        self.view.replace(Told([self._line(key, fits=key not in gone) for key in self._order]))

    def _line(self, key: str, *, fits: bool) -> Line:
        column = BY_KEY[key]
        width = str(self._widths.get(key, column.width)) if column.width else "rest"
        way = ("▼ " if self._descending else "▲ ") if column.order and column.order == self._sort else "  "
        return [
            " [x] " if key in self._chosen else " [ ] ",
            Span(f"{column.heading:<16}", "strong"),
            f"{width:>5} {way}",
            Span("" if fits else "(no room) ", "bad"),
            Span(column.note, "dim"),
        ]

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Nobody else is to hear of it."""
        event.stop()

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """So be it."""
        event.stop()
        columns = tuple(key for key in self._order if key in self._chosen)
        self.dismiss(Choosing(columns or (self.key,), self._widths, self._sort, self._descending))

    def action_turn(self) -> None:
        """Show the column, or hide it."""
        self._chosen ^= {self.key}
        self._show()

    def action_wide(self, by: int) -> None:
        """Make it narrower or wider."""
        if width := BY_KEY[self.key].width:
            self._widths[self.key] = min(max(self._widths.get(self.key, width) + by, NARROWEST), WIDEST)
            self._show()

    def action_shift(self, by: int) -> None:
        """Move it."""
        at = self.view.cursor
        to = at + by
        if 0 <= to < len(self._order):
            self._order[at], self._order[to] = self._order[to], self._order[at]
            self._show()
            self.view.cursor = to

    def action_sort(self) -> None:
        """Sort by it: upwards, downwards, not at all."""
        order = BY_KEY[self.key].order
        if not order:
            return
        if self._sort != order:
            self._sort, self._descending = order, False
        elif not self._descending:
            self._descending = True
        else:
            self._sort, self._descending = NUMBER, False
        self._show()

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)
