"""One line that is asked for: `push_screen(Form("Comment", "words"), callback)` ends with it, or with None."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tlscope_ui.text import visible
from tlscope_ui.tui.models.keynames import hint
from tlscope_ui.tui.screens.dialog import Dialog
from tlscope_ui.tui.widgets.field import Field
from tlscope_ui.tui.widgets.keys import bound

if TYPE_CHECKING:
    from textual.app import ComposeResult


class Form(Dialog[str | None]):
    """A title, a field, and what there is to say of it."""

    DEFAULT_CSS = """
    Form { align: center middle; }
    Form > Vertical { width: 90%; max-width: 100; height: auto; border: round $primary; background: $surface; }
    Form Static { height: auto; max-height: 6; padding: 0 1; }
    Form .title { text-style: bold; }
    Form .foot, Form .keys { color: $text-muted; }
    Form Input, Form Input:focus { border: none; height: 1; padding: 0 1; background: $panel; }
    """
    BINDINGS: ClassVar = bound("Form")

    def __init__(self, title: str, value: str = "", note: str = "", most: int = 4096) -> None:
        """`note`: what there is to say of it, instead of which keys end it; `most`: characters."""
        super().__init__()
        self._title, self._value, self._most = title, value, most
        self._note = note or f"Enter: so be it   {hint('leave it', 'form-leave')}"

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        with Vertical():
            yield Static(Content(visible(self._title)), classes="title")
            yield Field(visible(self._value), max_length=self._most)
            yield Static(Content(visible(self._note)), classes="foot")

    def on_mount(self) -> None:
        """Begin."""
        self.begin()

    def begin(self) -> None:
        """Type at once; others begin otherwise, and Textual calls the handlers of all classes of a screen."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """That is it."""
        event.stop()
        self.submit(event.value)

    def submit(self, value: str) -> None:
        """What becomes of what was typed."""
        self.dismiss(value)

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)
