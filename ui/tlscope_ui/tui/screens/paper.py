"""A page to read over the screen, of which lines can be copied: help, the CA, how clients are connected.

push_screen(Paper("Help", told))        told(width) yields (line, what Enter copies of it, or None)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tlscope_ui.telling.flow import Flow
from tlscope_ui.text import visible
from tlscope_ui.tui.models.keynames import hints
from tlscope_ui.tui.screens.dialog import Dialog
from tlscope_ui.tui.widgets.flowview import FlowView
from tlscope_ui.tui.widgets.keys import bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.app import ComposeResult

    from tlscope_ui.telling import Line
    from tlscope_ui.tui.widgets.lineview import LineView

    Page = Callable[[int], Iterable[tuple[Line, object]]]


class Paper(Dialog[None]):
    """Something to read."""

    DEFAULT_CSS = """
    Paper { align: center middle; }
    Paper > Vertical { width: 92%; max-width: 120; height: 90%; border: round $primary; background: $surface; }
    Paper .title { height: 1; padding: 0 1; text-style: bold; }
    Paper .foot { height: 1; padding: 0 1; color: $text-muted; }
    """
    BINDINGS: ClassVar = bound("Paper")
    CAN: ClassVar[tuple[tuple[str, ...], ...]] = (("back", "paper-leave"),)
    """What the foot says that can be done; see models/keynames.py."""

    def __init__(self, title: str, page: Page) -> None:
        super().__init__()
        self._title, self._page = title, page

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        with Vertical():
            yield Static(Content(visible(self._title)), classes="title")
            yield FlowView(Flow(self._page))
            yield Static(hints(*self.CAN), classes="foot", markup=False)

    def on_mount(self) -> None:
        """It has the keys."""
        self.query_one(FlowView).focus()

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Nobody else is to hear of it."""
        event.stop()

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """Copy it."""
        event.stop()
        self.action_copy()

    def action_copy(self) -> None:
        """Copy what the line under the cursor is about."""
        if isinstance(text := self.query_one(FlowView).about(), str):
            self.app.copy_to_clipboard(text)

    def action_leave(self) -> None:
        """Back to the capture."""
        self.dismiss(None)
