"""The tab of the times: where they went, per connection and per exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope_ui.telling.handshake import Handshake as Read
from tlscope_ui.telling.timing import Timed, timed, timing
from tlscope_ui.tui.panes.pane import Pane
from tlscope_ui.tui.widgets.flowview import FlowView

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from tlscope.capture.index import Index
    from tlscope_ui.tui.models.rows import Selected


class Timing(Pane):
    """From the accept to the last byte."""

    TITLE = "Timing"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._of: Selected | None = None

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield FlowView()

    def load(self, index: Index, selected: Selected) -> tuple[Selected, Timed]:
        """See Pane."""
        read = Read(selected.connection).read(index.lookup)
        return selected, timed(index, read, selected.exchange)

    def loaded(self, found: tuple[Selected, Timed]) -> None:
        """See Pane: of the same selection, what is new does not move what is looked at."""
        selected, times = found
        view = self.query_one(FlowView)
        if self._of == selected:
            view.replace(timing(times))
        else:
            self._of = selected
            view.show(timing(times))
