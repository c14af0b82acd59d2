"""What is on the screen while nothing has been recorded: how clients are connected. Each command can be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tlscope_ui.telling import Span
from tlscope_ui.telling.clients import Here, told, ways
from tlscope_ui.telling.flow import Flow, wrapped
from tlscope_ui.tui.models.keynames import key
from tlscope_ui.tui.screens.paper import Paper
from tlscope_ui.tui.widgets.flowview import FlowView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope_ui.telling import Line
    from tlscope_ui.tui.widgets.lineview import LineView


class Waiting(FlowView):
    """In the place of list and detail, until the first connection."""

    DEFAULT_CSS = """
    Waiting { display: none; height: 100%; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(id="waiting")
        self._here: Here | None = None

    def tell(self, here: Here) -> None:
        """Clients are to go there."""
        if here != self._here:
            self._here = here
            self.show(Flow(lambda width: page(here, width)))

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Nobody else is to hear of it."""
        event.stop()

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """Copy the command."""
        event.stop()
        if isinstance(text := self.about(), str):
            self.app.copy_to_clipboard(text)


class Connect(Paper):
    """The same, later."""

    CAN: ClassVar = (("copy the command", "paper-copy", "open"), ("back", "paper-leave"))

    def __init__(self, here: Here) -> None:
        super().__init__("Connect a client", lambda width: page(here, width))


def page(here: Here, width: int) -> Iterator[tuple[Line, object]]:
    """The lines."""
    yield [Span("Connect a client", "strong"), f" to {here.address or 'the recorder'}"], None
    for line in wrapped(
        f"Nothing is recorded until one comes. {key('open')} copies the command under the cursor.", width, "", "dim"
    ):
        yield line, None
    yield [], None
    yield from told(ways(here), width)
