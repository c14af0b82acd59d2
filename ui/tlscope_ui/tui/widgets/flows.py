"""The list of connections and their exchanges, live.

flows = Flows(rows)
flows.tick(0.01)        follow the index, and get on with what is still to be looked at
flows.selected          what the cursor stands on: by its number, whatever comes above it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive

from tlscope_ui.telling import Line, Span
from tlscope_ui.tui.models.columns import BY_KEY, DEFAULT, GAP, Column, cell, fitted
from tlscope_ui.tui.models.rows import NOBODY, Rows, Selected
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.lineview import LineView, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.app import ComposeResult

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
        self.digits = 1
        self._room = 0
        self._fitted: list[tuple[Column, int]] = []

    def __len__(self) -> int:
        return len(self.rows)

    def fit(self, width: int) -> list[tuple[Column, int]]:
        """The columns in sight, with their widths."""
        digits = len(str(max(self.rows.total, 1)))
        if (self._room, self.digits) != (width, digits) or not self._fitted:
            self._room, self.digits = width, digits
            self._fitted = fitted(self.columns, width - digits - 4, self.widths)
        return self._fitted

    def refit(self) -> None:
        """Other columns were chosen, or other widths."""
        self._fitted = []

    def line(self, y: int, width: int) -> Line:
        """See Lines."""
        selected = self.rows.entry(y)
        below = bool(selected.exchange)
        row = self.rows.exchange(selected) if below else self.rows.connection(selected.connection)
        columns = self.fit(width)
        if row is None:
            return [Span(f"{selected.connection:>{self.digits}}", "dim"), "  …"]
        comment = self.comments.get(selected, "")
        mark = Span("★" if selected in self.marked else "✎" if comment else " ", "strong")
        number = "" if below else str(selected.connection)
        parts: Line = [Span(f"{number:>{self.digits}}", "strong"), mark, self._fold(selected, below=below)]
        for column, wide in columns:
            span = (column.exchange if below else column.connection)(row)
            if below and column.key == "what":
                span = Span(f"{STEP}{span.text}", span.style)
            if comment and column.key == "what":
                span = Span(f"{span.text}  ✎ {comment}", span.style)
            parts += [cell(span, wide, right=column.right), " " * GAP]
        return parts

    def _fold(self, selected: Selected, *, below: bool) -> str:
        if below:
            return "  "
        row = self.rows.connection(selected.connection)
        if row is None or not row["exchanges"]:
            return "  "
        return "▾ " if self.rows.is_unfolded(selected.connection) else "▸ "

    def heading(self, width: int) -> Line:
        """The line above all."""
        parts: Line = [Span(f"{'#':>{self.digits}}", "dim"), "   "]
        for column, wide in self.fit(width):
            way = ""
            if column.order and column.order == self.rows.order:
                way = "▼" if self.rows.descending else "▲"
            parts += [cell(Span(column.heading + way, "strong" if way else "dim"), wide, right=column.right), " " * GAP]
        return parts


class RowView(LineView):
    """The lines of the list."""

    BINDINGS: ClassVar = bound("RowView")

    def __init__(self, lines: FlowLines) -> None:
        super().__init__(lines, id="flows")
        self.flow_lines = lines

    @property
    def rows(self) -> Rows:
        """What is shown."""
        return self.flow_lines.rows

    def action_unfold(self) -> None:
        """Show the exchanges of the connection."""
        self._fold_at(unfold=True)

    def action_fold(self) -> None:
        """Show the connection alone, from one of its exchanges too."""
        self._fold_at(unfold=False)

    def action_unfold_all(self) -> None:
        """Show the exchanges of all."""
        self._around(self.rows.unfold_all)

    def action_fold_all(self) -> None:
        """Show connections alone."""
        self._around(self.rows.fold_all)

    def _fold_at(self, *, unfold: bool) -> None:
        if not len(self.lines):
            return
        selected = self.rows.entry(self.cursor)
        if unfold:
            self.rows.unfold(selected.connection)
        else:
            self.rows.fold(selected.connection)
        self.changed()
        self.cursor = self.rows.find(selected if unfold else Selected(selected.connection))

    def _around(self, act: Callable[[], None]) -> None:
        """Do something to the rows, the cursor staying with what it stands on."""
        selected = self.rows.entry(self.cursor)
        act()
        self.changed()
        self.cursor = self.rows.find(selected)

    def on_click(self, event: events.Click) -> None:
        """As in every view; on the triangle it unfolds and folds."""
        super().on_click(event)
        y = event.y + self.scroll_offset.y
        if event.x < self.flow_lines.digits + 3 and y < len(self.lines):
            selected = self.rows.entry(y)
            self._fold_at(unfold=not self.rows.is_unfolded(selected.connection))


class Flows(Vertical):
    """The list: its heading, and its lines."""

    DEFAULT_CSS = """
    Flows { height: 1fr; }
    Flows > .heading { height: 1; background: $panel; scrollbar-size: 0 0; overflow: hidden hidden; }
    """

    follow: reactive[bool] = reactive(default=True)
    """Whether the cursor goes to each new row."""
    paused: reactive[bool] = reactive(default=False)
    """Whether what is shown stays as it is."""

    class Selection(Message):
        """The cursor stands on something else, or that has changed."""

        def __init__(self, selected: Selected, *, changed: bool) -> None:
            super().__init__()
            self.selected, self.changed = selected, changed

    class Opened(Message):
        """Something is to be looked at."""

        def __init__(self, selected: Selected) -> None:
            super().__init__()
            self.selected = selected

    def __init__(self, rows: Rows) -> None:
        super().__init__(id="list")
        self.rows = rows
        self.flow_lines = FlowLines(rows)
        self.selected = NOBODY
        self._moving = False

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        heading = LineView(classes="heading")
        heading.can_focus = False
        yield heading
        yield RowView(self.flow_lines)

    @property
    def view(self) -> RowView:
        """Its lines."""
        return self.query_one(RowView)

    # ------------------------------------------------------------------------------------------------------------ live

    def tick(self, seconds: float) -> None:
        """Follow the index, unless paused, and get on with what is still to be looked at, for about so long."""
        changed = False if self.paused else self.rows.refresh()
        worked = self.rows.work(seconds)
        if changed or worked:
            self.settle(changed=changed)

    def settle(self, *, changed: bool = False) -> None:
        """Rows have come or gone: the cursor stays with what it stood on, at the same height of the screen."""
        view = self.view
        height = view.cursor - int(view.scroll_target_y)
        self._moving = True
        view.changed()
        self._moving = False
        if self.follow and self.rows.order == "connection":
            view.cursor = 0 if self.rows.descending else len(self.rows) - 1
        elif self.selected.connection and self.rows.shows(self.selected):
            y = self.rows.find(self.selected)
            view.set_reactive(LineView.cursor, y)
            view.scroll_to(y=max(y - height, 0), animate=False, immediate=True)
            view.reveal(y)
        self._head()
        self._tell(changed=changed)

    def select(self, selected: Selected) -> None:
        """Put the cursor on something, unfolded if need be."""
        if selected.exchange:
            self.rows.unfold(selected.connection)
            self.view.changed()
        self.follow = False
        self.view.cursor = self.rows.find(selected)

    def refit(self) -> None:
        """Other columns, widths or order."""
        self.flow_lines.refit()
        self.view.changed()
        self._head()

    def _head(self) -> None:
        view = self.query_one(".heading", LineView)
        view.replace(Told([self.flow_lines.heading(self.view.size.width or self.size.width)]))

    def on_resize(self) -> None:
        """The heading is made to fit."""
        self.flow_lines.refit()
        self._head()

    # ----------------------------------------------------------------------------------------------------------- keys

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """The cursor was moved: upwards it leaves the end that is followed."""
        event.stop()
        if event.view is not self.view or self._moving:
            return
        if self.follow and len(self.rows) and event.y < len(self.rows) - 1 and not self.rows.descending:
            self.follow = False
        self._tell(changed=False)

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """The row is to be looked at."""
        event.stop()
        if self.selected.connection:
            self.post_message(self.Opened(self.selected))

    def _tell(self, *, changed: bool) -> None:
        selected = self.rows.entry(self.view.cursor) if len(self.rows) else NOBODY
        if changed or selected != self.selected:
            self.selected = selected
            self.post_message(self.Selection(selected, changed=changed))
