"""A letter on everything that can have the keys, and on each tab. The letter goes there, any other key back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.widgets import Static, Tab

from tlscope_ui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.screen import Screen
    from textual.widget import Widget

LETTERS = "asdfghjklqwertyuiopzxcvbnm"


class Goal(NamedTuple):
    """Somewhere to go."""

    letter: str
    widget: Widget
    x: int
    y: int


def goals(screen: Screen[object]) -> list[Goal]:
    """Everything in sight that can be gone to, from the top down."""
    found = [
        widget
        for widget in screen.query("*")
        if widget.is_on_screen and widget.region and (isinstance(widget, Tab) or widget.focusable)
    ]
    found.sort(key=lambda widget: (widget.region.y, widget.region.x))
    return [
        Goal(letter, widget, widget.region.x, widget.region.y) for letter, widget in zip(LETTERS, found, strict=False)
    ]


class Jump(Dialog[Goal | None]):
    """The letters."""

    DEFAULT_CSS = """
    Jump { background: transparent; }
    Jump Static { position: absolute; width: 3; height: 1; background: $warning; color: $background; text-style: bold; }
    """

    def __init__(self, there: list[Goal]) -> None:
        super().__init__()
        self._goals = there

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        for goal in self._goals:
            letter = Static(f" {goal.letter} ", markup=False)
            letter.styles.offset = (goal.x, goal.y)
            yield letter

    def on_key(self, event: events.Key) -> None:
        """Go there, or back."""
        event.stop()
        event.prevent_default()
        self.dismiss(next((goal for goal in self._goals if goal.letter == event.key), None))
