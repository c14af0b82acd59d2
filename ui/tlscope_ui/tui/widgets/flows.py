"""The list of connections and their exchanges, live, and under their hosts where they are grouped.

flows = Flows(rows, directory)
flows.tick(0.01)        follow the index, and get on with what is still to be looked at
flows.selected          what the cursor stands on: by its number, whatever comes above it
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive

from tlscope.capture.filter.answering import answering
from tlscope_ui.telling import Line, Span
from tlscope_ui.text import columns as columns_of
from tlscope_ui.text import visible
from tlscope_ui.tui.models import hosts
from tlscope_ui.tui.models.columns import (
    BY_KEY,
    DEFAULT,
    ENOUGH,
    GAP,
    LEAST_OF_HOSTS,
    Column,
    cell,
    fitted,
    grouped,
    needed,
    unmasked,
)
from tlscope_ui.tui.models.keynames import key
from tlscope_ui.tui.models.rows import NOBODY, Rows, Selected
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from textual import events
    from textual.app import ComposeResult

    from tlscope_ui.tui.models.hosts import Count

STEP = "  "
IN_SIGHT = 24
"""Lines that are looked at for how long names are, before there is a screen."""


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
        return self._fitted

    def _layout(self, columns: Iterable[Column], widths: dict[str, int]) -> list[tuple[Column, int]]:
        room = self._room - self.digits - 4
        if self.rows.is_grouped:
            return fitted(grouped(columns, room), room, widths, least=LEAST_OF_HOSTS)
        return fitted(columns, room, widths, least=needed(self._names))

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


class RowView(LineView):
    """The lines of the list."""

    BINDINGS: ClassVar = bound("RowView")

    class Refitted(Message):
        """The columns are others now."""

    def __init__(self, lines: FlowLines) -> None:
        super().__init__(lines, id="flows")
        self.flow_lines = lines

    @property
    def rows(self) -> Rows:
        """What is shown."""
        return self.flow_lines.rows

    def changed(self, y: int | None = None) -> None:
        """See LineView; what has come into sight may need other columns."""
        if y is None and self.flow_lines.look(int(self.scroll_target_y), self.size.height or IN_SIGHT):
            self.post_message(self.Refitted())
        super().changed(y)

    def action_unfold(self) -> None:
        """Show what is below, or go there."""
        if not len(self.lines):
            return
        selected = self.rows.entry(self.cursor)
        if self.rows.is_unfolded(selected):
            self.cursor += 1
        elif self.rows.has_below(selected):
            self.turn(selected)

    def action_fold(self) -> None:
        """Show the host, or the connection, alone; from what is below it, too."""
        if not len(self.lines):
            return
        selected = self.rows.entry(self.cursor)
        whole = selected if self.rows.is_unfolded(selected) else self.rows.above(selected)
        if whole is not None:
            self.turn(whole)

    def turn(self, selected: Selected) -> None:
        """Unfold something, or fold it; the cursor goes there."""
        if self.rows.is_unfolded(selected):
            self.rows.fold(selected)
        else:
            self.rows.unfold(selected)
        self.changed()
        self.cursor = self.rows.find(selected)

    def action_unfold_all(self) -> None:
        """Show what is below all."""
        self._around(self.rows.unfold_all)

    def action_fold_all(self) -> None:
        """Show hosts alone, or connections."""
        self._around(self.rows.fold_all)

    def action_unmask(self) -> None:
        """Show what is secret in URLs, or hide it."""
        lines = self.flow_lines
        lines.masked = not lines.masked
        lines.refit()
        self.changed()
        shown = f"secrets in URLs are shown; {key('unmask-list')} hides them"
        self.notify("secrets in URLs are hidden" if lines.masked else shown, markup=False)

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
            if self.rows.has_below(selected):
                self.turn(selected)


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

    class Counted(Message):
        """Hosts were counted, or could not be."""

        def __init__(self, job: Count, found: hosts.Counted | None) -> None:
            super().__init__()
            self.job, self.found = job, found

    class Opened(Message):
        """Something is to be looked at."""

        def __init__(self, selected: Selected) -> None:
            super().__init__()
            self.selected = selected

    def __init__(self, rows: Rows, directory: Path) -> None:
        super().__init__(id="list")
        self.rows, self._directory = rows, directory
        self.flow_lines = FlowLines(rows)
        self.selected = NOBODY
        self._moving = False
        self._led = 0
        """The line that following put the cursor on."""

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
        self._count()
        if changed or worked:
            self.settle(changed=changed)

    def settle(self, *, changed: bool = False) -> None:
        """Rows have come or gone: the cursor stays with what it stood on, at the same height of the screen."""
        view = self.view
        height = view.cursor - int(view.scroll_target_y)
        self._moving = True
        view.changed()
        self._moving = False
        if self.follow and self.rows.by_number:
            view.cursor = self._led = self._newest()
        elif self.selected != NOBODY and self.rows.shows(self.selected):
            y = self.rows.find(self.selected)
            view.set_reactive(LineView.cursor, y)
            view.scroll_to(y=max(y - height, 0), animate=False, immediate=True)
            view.reveal(y)
        self._head()
        self._tell(changed=changed)

    def select(self, selected: Selected) -> None:
        """Put the cursor on something, unfolded if need be."""
        self.rows.reveal(selected)
        self.view.changed()
        self.follow = False
        self.view.cursor = self.rows.find(selected)

    def _newest(self) -> int:
        """The line of what came last, or of its host."""
        if self.rows.is_grouped:
            return self.rows.find(self.rows.newest())
        return 0 if self.rows.descending else len(self.rows) - 1

    # ----------------------------------------------------------------------------------------------------------- hosts

    def group(self, *, on: bool) -> None:
        """Have connections under their hosts, or not; the cursor stays with what it stood on, or its host."""
        host = self.rows.host(self.selected.host) if self.selected.host is not None else None
        self.rows.group(on=on)
        if host is not None and not on:
            self.selected = Selected(host.first)
        self._count()
        self.flow_lines.refit()
        self.settle()

    def _count(self) -> None:
        """Have the hosts counted, in a thread, where that is to be done."""
        if (job := self.rows.to_count()) is not None:
            self.run_worker(partial(self._ask, job), thread=True, group="hosts", exit_on_error=False)

    def _ask(self, job: Count) -> None:
        """In a thread: all rows may have to be looked at."""
        found = None
        try:
            with answering(self._directory) as index:
                found = job.run(index)
        except hosts.Stopped:
            return
        except Exception as error:  # noqa: BLE001 - a bug must not end the screen; it is told
            self.app.call_from_thread(self._say, f"hosts cannot be counted: {error}")
        self.post_message(self.Counted(job, found))

    def _say(self, problem: str) -> None:
        self.notify(visible(problem), severity="error", markup=False)

    def on_flows_counted(self, event: Counted) -> None:
        """The hosts are known."""
        event.stop()
        if self.rows.counted(event.job, event.found):
            self.flow_lines.refit()
            self.settle()

    def on_unmount(self) -> None:
        """Nobody waits for an answer any more."""
        self.rows.group(on=False)

    # --------------------------------------------------------------------------------------------------------- columns

    def refit(self) -> None:
        """Other columns, widths or order."""
        self.flow_lines.refit()
        self.view.changed()
        self._head()

    def on_row_view_refitted(self, event: RowView.Refitted) -> None:
        """The heading stands above them."""
        event.stop()
        self._head()

    def _head(self) -> None:
        view = self.query_one(".heading", LineView)
        view.say(self.flow_lines.heading(self.view.size.width or self.size.width))

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
        if self.follow and self._left(event.y):
            self.follow = False
        self._tell(changed=False)

    def _left(self, y: int) -> bool:
        """Whether somebody moved the cursor away from what is followed."""
        if self.rows.is_grouped:
            return y == self.view.cursor and y != self._led  # or it is told late, and has moved again
        return y < len(self.rows) - 1 and not self.rows.descending

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """The row is to be looked at; below a host are its connections."""
        event.stop()
        if self.selected.host is not None:
            if self.rows.has_below(self.selected):
                self.view.turn(self.selected)
        elif self.selected.connection:
            self.post_message(self.Opened(self.selected))

    def _tell(self, *, changed: bool) -> None:
        selected = self.rows.entry(self.view.cursor) if len(self.rows) else NOBODY
        if changed or selected != self.selected:
            self.selected = selected
            self.post_message(self.Selection(selected, changed=changed))
