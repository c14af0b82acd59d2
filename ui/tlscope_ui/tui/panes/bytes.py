"""A tab: the stream of a connection, as it passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.events import Direction
from tlscope_ui.tui.models.rows import NOBODY, Selected
from tlscope_ui.tui.models.stream import VIEWS, Stream
from tlscope_ui.tui.panes.exchange import DataPane
from tlscope_ui.tui.widgets.bodyview import BodyView, nothing

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from tlscope.capture.index import Index


class Bytes(DataPane):
    """Both directions, in the order in which they passed, whatever was spoken; an exchange from its beginning on."""

    TITLE = "Bytes"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._stream: tuple[Selected, Stream | None] = NOBODY, None
        self._later: tuple[Selected, Direction, int] | None = None
        """Where in the stream of what is selected to go when that is there."""

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield BodyView(VIEWS)

    def load(self, index: Index, selected: Selected) -> tuple[Selected, Stream]:
        """See Pane; of a stream that is there, what has come since is read."""
        before, stream = self._stream
        if stream is None or before != selected:
            return selected, Stream(index, self._directory, selected.connection, selected.exchange)
        stream.grow(index)
        return selected, stream

    def loaded(self, found: tuple[Selected, Stream]) -> None:
        """See Pane."""
        before, _ = self._stream
        self._stream = selected, stream = found
        body = self.query_one(BodyView)
        body.show(selected, nothing, stream)
        if selected != before and stream.begin is not None:
            body.go_to(stream.begin)
        self._go()

    def go_to(self, about: object) -> None:
        """See Pane: the byte at an offset of a direction's stream, given as both."""
        match about:
            case (Direction() as direction, int(offset)):
                self._later = self.selected, direction, offset
                self._go()

    def _go(self) -> None:
        if self._later is None or self._stream[0] != self.selected:
            return
        (selected, direction, offset), self._later = self._later, None
        stream = self._stream[1]
        if stream is not None and selected == self.selected:
            self.query_one(BodyView).go_to(stream.place(direction, offset))
