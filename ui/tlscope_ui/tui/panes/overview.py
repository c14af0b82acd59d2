"""The first tab: a connection at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope_ui.cli.output import Span
from tlscope_ui.tui.panes.pane import Pane
from tlscope_ui.tui.widgets.lineview import Line, LineView, Told

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tlscope.capture.index import Index
    from tlscope_ui.tui.models.rows import Selected


class Overview(Pane):
    """Who spoke with whom, how, and how it ended."""

    TITLE = "Overview"

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield LineView()

    def load(self, index: Index, selected: Selected) -> list[Line]:
        """See Pane."""
        row = index.connection(selected.connection)
        if row is None:
            return []
        return [[Span(f"{name:<18}", "dim"), str(row[name])] for name in row.keys() if row[name] is not None]  # noqa: SIM118 - sqlite3.Row iterates over values

    def loaded(self, found: list[Line]) -> None:
        """See Pane."""
        self.query_one(LineView).show(Told(found))
