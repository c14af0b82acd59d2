"""A tab: the stream of a connection, as it passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope_ui.tui.models.stream import VIEWS, Stream
from tlscope_ui.tui.panes.exchange import DataPane
from tlscope_ui.tui.widgets.bodyview import BodyView, nothing

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tlscope.capture.index import Index
    from tlscope_ui.tui.models.rows import Selected


class Bytes(DataPane):
    """Both directions, in the order in which they passed; whatever was spoken."""

    TITLE = "Bytes"

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield BodyView(VIEWS)

    def load(self, index: Index, selected: Selected) -> tuple[int, Stream]:
        """See Pane."""
        return selected.connection, Stream(index, self._directory, selected.connection)

    def loaded(self, found: tuple[int, Stream]) -> None:
        """See Pane."""
        connection, stream = found
        self.query_one(BodyView).show(connection, nothing, stream)
