"""A tab: the stream of a connection, as it passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.events import Direction
from tlscope_ui.tui.models.stream import VIEWS, Stream
from tlscope_ui.tui.panes.exchange import DataPane
from tlscope_ui.tui.widgets.bodyview import BodyView, nothing

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from tlscope.capture.index import Index
    from tlscope_ui.tui.models.rows import Selected


class Bytes(DataPane):
    """Both directions, in the order in which they passed; whatever was spoken."""

    TITLE = "Bytes"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._stream: tuple[int, Stream | None] = 0, None
        self._later: tuple[int, Direction, int] | None = None
        """Where in the stream of a connection to go when that is there."""

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield BodyView(VIEWS)

    def load(self, index: Index, selected: Selected) -> tuple[int, Stream]:
        """See Pane."""
        return selected.connection, Stream(index, self._directory, selected.connection)

    def loaded(self, found: tuple[int, Stream]) -> None:
        """See Pane."""
        self._stream = connection, stream = found
        self.query_one(BodyView).show(connection, nothing, stream)
        self._go()

    def go_to(self, about: object) -> None:
        """See Pane: the byte at an offset of a direction's stream, given as both."""
        match about:
            case (Direction() as direction, int(offset)):
                self._later = self.selected.connection, direction, offset
                self._go()

    def _go(self) -> None:
        if self._later is None or self._stream[0] != self.selected.connection:
            return
        (connection, direction, offset), self._later = self._later, None
        stream = self._stream[1]
        if stream is not None and connection == self.selected.connection:
            self.query_one(BodyView).go_to(stream.place(direction, offset))
