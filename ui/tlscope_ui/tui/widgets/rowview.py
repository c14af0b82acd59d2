"""The lines of the list, which unfold: a connection to its exchanges, a host to its connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from tlscope_ui.tui.models.keynames import key
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events

    from tlscope_ui.tui.models.flowlines import FlowLines
    from tlscope_ui.tui.models.rows import Rows, Selected

IN_SIGHT = 24
"""Lines that are looked at for how long names are, before there is a screen."""


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

    def _resize(self) -> None:
        if self._painted_width != self.room:  # with a scroll bar there is a column less
            self.post_message(self.Refitted())
        super()._resize()

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
