"""The first tab: a connection at a glance; where an exchange is selected, that first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tlscope.capture.reader import is_live
from tlscope_ui.telling.flow import Flow
from tlscope_ui.telling.overview import Seen, glance, overview
from tlscope_ui.tui.models.keynames import key
from tlscope_ui.tui.panes.pane import Pane
from tlscope_ui.tui.widgets.flowview import FlowView
from tlscope_ui.tui.widgets.keys import bound

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from tlscope.capture.index import Index
    from tlscope_ui.tui.models.rows import Selected
    from tlscope_ui.tui.widgets.lineview import LineView


class Overview(Pane):
    """Who spoke with whom, how, and how it ended."""

    TITLE = "Overview"
    BINDINGS: ClassVar = bound("Overview")

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._seen: Seen | None = None
        self._masked = True
        self._live = True
        """Whether somebody recorded when it was looked at."""

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield FlowView()

    def load(self, index: Index, selected: Selected) -> Seen | None:
        """See Pane."""
        self._live = is_live(self._directory)
        return glance(index, selected.connection, selected.exchange)

    def loaded(self, found: Seen | None) -> None:
        """See Pane: of the same selection, what is new does not move what is looked at."""
        known, self._seen = self._seen, found
        view = self.query_one(FlowView)
        if found is None:
            view.show(Flow(lambda _: [(["It is not in the index, or not any more."], None)]))
        elif known is not None and known.numbers == found.numbers:
            view.replace(self._flow(found))
        else:
            self._masked = True
            view.show(self._flow(found))

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """Go to what a finding is about."""
        event.stop()
        if (about := self.query_one(FlowView).about()) is not None:
            self.post_message(self.Leads("Handshake", about))

    def action_unmask(self) -> None:
        """Show what is secret in the URL, or hide it again."""
        if self._seen is not None:
            self._masked = not self._masked
            self.query_one(FlowView).replace(self._flow(self._seen))

    def _flow(self, seen: Seen) -> Flow:
        return overview(seen, masked=self._masked, shown_by=key("unmask-overview"), live=self._live)
