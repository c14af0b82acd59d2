"""A menu over the screen: lines to choose from, by cursor, by letter, or by typing a part of one.

    choice = await push_screen_wait(Menu("Copy", choices))            or push_screen(Menu(...), callback)
    Menu("Command", choices, typed=True)                              what is typed selects the lines

It ends with the value of what was chosen, or with None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tlscope_ui.telling import Line, Span
from tlscope_ui.telling.fitting import cut
from tlscope_ui.text import columns, visible
from tlscope_ui.tui.models.actions import of
from tlscope_ui.tui.models.keynames import keys
from tlscope_ui.tui.screens.dialog import Dialog
from tlscope_ui.tui.widgets.field import Field
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

AROUND = 8
"""Lines of the screen that a menu leaves: its border, title, field and foot, and some of what is below."""

OWN = frozenset({"escape", "enter", "up", "down", "pageup", "pagedown", "home", "end", "tab"})
"""Keys that move about in the menu, whatever they mean where it came from."""


class Choice(NamedTuple):
    """One line of a menu."""

    key: str
    """What is pressed to choose it at once, as Textual names keys; "" for none."""
    mark: str
    """How that is written."""
    title: str
    note: str
    value: Any
    foot: str = ""
    """What is said below the menu while the cursor is on it, in lines; "" for the note, which may not fit its line."""
    words: str = ""
    """What is searched where somebody types; "" for title and note."""


class Lines:
    """Choices in their columns; what does not fit is cut, as all of it is said below."""

    width = 0
    """They are made to fit."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._choices = choices
        self._marks = max((columns(choice.mark) for choice in choices), default=0)
        self._titles = max((columns(visible(choice.title)) for choice in choices), default=0)

    def __len__(self) -> int:
        return len(self._choices)

    def line(self, y: int, width: int) -> Line:
        """See models.lines.Lines."""
        return cut(_line(self._choices[y], self._marks, self._titles), width)


class Menu(Dialog[Any]):
    """Lines to choose from."""

    DEFAULT_CSS = """
    Menu { align: center middle; }
    Menu > Vertical { width: 90%; max-width: 110; height: auto; border: round $primary; background: $surface; }
    Menu .title { height: 1; padding: 0 1; text-style: bold; }
    Menu .foot { height: auto; max-height: 3; padding: 0 1; color: $text-muted; }
    Menu LineView { scrollbar-size-horizontal: 0; }
    Menu Input, Menu Input:focus { border: none; height: 1; padding: 0 1; background: $panel; }
    """
    BINDINGS: ClassVar = bound("Menu")

    def __init__(self, title: str, choices: Sequence[Choice], *, typed: bool = False) -> None:
        super().__init__()
        self._title, self._typed = title, typed
        self._all = self._shown = list(choices)

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        with Vertical():
            yield Static(Content(visible(self._title)), classes="title")
            if self._typed:
                yield Field(placeholder="type a part of its name")
            yield LineView()
            yield Static(classes="foot")

    def on_mount(self) -> None:
        """Show them; where something can be typed, it is typed there."""
        self._fill()
        if self._typed:
            self.view.can_focus = False
            self.query_one(Input).focus()
        else:
            self.view.focus()

    @property
    def view(self) -> LineView:
        """The lines."""
        return self.query_one(LineView)

    def _fill(self) -> None:
        self.view.show(Lines(self._shown))
        self._fit()

    def _fit(self) -> None:
        self.view.styles.height = max(min(len(self._shown), self.size.height - AROUND), 1)

    def on_resize(self) -> None:
        """As high as there is room."""
        self._fit()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Fewer lines, or more."""
        event.stop()
        self._shown = _found(self._all, event.value.lower())
        self._fill()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The line under the cursor."""
        event.stop()
        self.action_choose()

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Say what there is to say of it."""
        event.stop()
        there = self._shown[event.y : event.y + 1]
        said = there[0].foot or there[0].note if there else "there is nothing of this name"
        self.query_one(".foot", Static).update(Content("\n".join(map(visible, said.splitlines()))))

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """This one."""
        event.stop()
        self.action_choose()

    def on_key(self, event: events.Key) -> None:
        """A letter chooses."""
        if self._typed or event.key in OWN or any(event.key in keys(action) for action in of("Menu")):
            return
        for choice in self._all:
            if event.key in choice.key.split(","):
                event.stop()
                event.prevent_default()
                self.dismiss(choice.value)
                return

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.view.cursor += by

    def action_choose(self) -> None:
        """Take the line under the cursor."""
        if self._shown:
            self.dismiss(self._shown[self.view.cursor].value)

    def action_leave(self) -> None:
        """Take none."""
        self.dismiss(None)


def _found(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """Those that hold all words that were typed, first the ones whose title begins so."""
    words = typed.split()
    found = [
        choice
        for choice in choices
        if all(word in (choice.words or f"{choice.title} {choice.note}").lower() for word in words)
    ]
    return sorted(found, key=lambda choice: not choice.title.lower().startswith("-".join(words)))


def _line(choice: Choice, marks: int, titles: int) -> Line:
    title = visible(choice.title)
    return [
        " ",
        Span(choice.mark + " " * (marks - columns(choice.mark)), "strong"),
        "  " if marks else " ",
        title + " " * (titles - columns(title)),
        "  ",
        Span(choice.note, "dim"),
    ]
