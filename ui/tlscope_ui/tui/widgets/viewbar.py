"""The names of a pane's views in a row, the active one marked; a click chooses one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tlscope_ui.tui.models.keynames import hint

if TYPE_CHECKING:
    from textual import events

GAP = 2


class ViewBar(Widget):
    """Names of views; ours, and no peer's."""

    DEFAULT_CSS = """
    ViewBar { height: 1; background: $panel; color: $text-muted; }
    ViewBar > .viewbar--active { color: $text; text-style: bold reverse; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"viewbar--active"}

    active: reactive[int] = reactive(0)

    class Picked(Message):
        """A view was clicked on."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, names: tuple[str, ...], action: str) -> None:
        """`action`: by the name of which the next one is shown."""
        super().__init__()
        self.names, self._action = names, action

    def render(self) -> Text:
        """The row; see textual.widget.Widget."""
        text = Text(no_wrap=True, overflow="ellipsis")
        style = self.get_component_rich_style("viewbar--active")
        for number, name in enumerate(self.names):
            text.append(self._shown(number, name), style if number == self.active else "")
        text.append(f"  {hint('next view', self._action)}")
        return text

    def on_click(self, event: events.Click) -> None:
        """Choose the view whose name is there."""
        left = 0
        for number, name in enumerate(self.names):
            left += len(self._shown(number, name))
            if event.x < left:
                self.post_message(self.Picked(number))
                return

    def _shown(self, number: int, name: str) -> str:
        return f"▸{name} " if number == self.active else f" {name} "
