"""Two tabs: what the client asked for, and what the server answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tlscope.events import Direction
from tlscope_ui.tui.models.exchange import Side, read
from tlscope_ui.tui.panes.pane import Pane
from tlscope_ui.tui.widgets.bodyview import BodyView

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from tlscope.capture.index import Index
    from tlscope_ui.tui.models.rows import Selected

AGAIN = 0.5
"""Seconds between two looks at an exchange that goes on: all of its connection is read again for each."""


class DataPane(Pane):
    """A tab that reads much: what goes on is read again when the last look is done, AGAIN later at the earliest."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._waiting = False

    def again(self) -> None:
        """See Pane."""
        if not self._waiting and not self.finished:
            self._waiting = True
            self.set_timer(AGAIN, self._read_again)

    def _read_again(self) -> None:
        self._waiting = False
        if any(
            worker.group == self.TITLE and worker.node is self and not worker.is_finished for worker in self.workers
        ):
            self.again()
        else:
            super().again()

    @property
    def finished(self) -> bool:
        """Whether what is shown changes no more."""
        return False


class Request(DataPane):
    """What the client asked for."""

    TITLE = "Request"
    DIRECTION: ClassVar = Direction.UP

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._side: Side | None = None

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield BodyView()

    def load(self, index: Index, selected: Selected) -> Side:
        """See Pane."""
        return read(index, self._directory, selected, self.DIRECTION)

    def loaded(self, found: Side) -> None:
        """See Pane."""
        self._side = found
        number = found.exchange.number if found.exchange else 0
        self.query_one(BodyView).show((found.selected.connection, number), found.head, found.coded, found.tail)

    @property
    def finished(self) -> bool:
        """See DataPane."""
        return self._side is not None and self._side.selected == self.selected and self._side.over


class Response(Request):
    """What the server answered."""

    TITLE = "Response"
    DIRECTION = Direction.DOWN
