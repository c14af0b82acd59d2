"""The list of connections and their exchanges, live, and under their hosts where they are grouped.

flows = Flows(rows, directory)
flows.tick(0.01)        follow the index, and get on with what is still to be looked at
flows.selected          what the cursor stands on: by its number, whatever comes above it
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive

from tlscope.capture.filter.answering import answering
from tlscope_ui.text import visible
from tlscope_ui.tui.models import hosts
from tlscope_ui.tui.models.flowlines import FlowLines
from tlscope_ui.tui.models.rows import NOBODY, Rows, Selected
from tlscope_ui.tui.widgets.lineview import LineView
from tlscope_ui.tui.widgets.rowview import RowView

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from textual.app import ComposeResult

    from tlscope_ui.tui.models.hosts import Count


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
        self._shown: sqlite3.Row | None = None
        """The row of the selected connection, as it was when it was told of."""
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
            view.carry(y)
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
        view.say(self.flow_lines.heading(self.view.room or self.size.width))

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
        """What is selected, if that is another one, or if `changed` and its connection is among what has changed."""
        selected = self.rows.entry(self.view.cursor) if len(self.rows) else NOBODY
        before, self._shown = self._shown, self.rows.connection(selected.connection) if selected.connection else None
        changed = changed and self._shown is not before  # it is read anew where anything about it has changed
        if changed or selected != self.selected:
            self.selected = selected
            self.post_message(self.Selection(selected, changed=changed))
