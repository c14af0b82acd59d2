"""The line that says what is shown: the filter language of `tlscope list`, understood as it is typed."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from tlscope.capture.filter.completion import complete
from tlscope.capture.filter.query import FilterError, Where, compile  # noqa: A004 - as re.compile
from tlscope_ui.text import visible
from tlscope_ui.tui.models.keynames import key
from tlscope_ui.tui.widgets.field import Field
from tlscope_ui.tui.widgets.keys import bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

PAUSE = 0.12
"""Seconds without a key until a filter that is being typed is applied."""
HISTORY = 100
"""Filters that are remembered."""
READY = 0.5
"""Seconds after which the screen has been painted, and nobody has found a key."""
FIRST = "port == 443"
"""A filter that nobody applies."""
MAX_TEXT = 4096
"""Characters of a filter; see capture/filter/grammar.py."""


class FilterBar(Vertical):
    """The filter, and what is wrong with it."""

    DEFAULT_CSS = """
    FilterBar { height: auto; }
    FilterBar Input { border: none; height: 1; padding: 0 1; background: $panel; }
    FilterBar Input:focus { border: none; background: $boost; }
    FilterBar Input.-good { color: $text-success; }
    FilterBar Input.-wrong { color: $text-error; }
    FilterBar Static { display: none; height: auto; max-height: 3; padding: 0 1; color: $text-warning; }
    FilterBar.-said Static { display: block; }
    """

    class Changed(Message):
        """Other rows are to be shown; None for all."""

        def __init__(self, text: str, where: Where | None) -> None:
            super().__init__()
            self.text, self.where = text, where

    def __init__(self, leave: Callable[[], None]) -> None:
        """What is called when the filter is as it shall be has to give the keys away, before it returns."""
        super().__init__(id="filterbar")
        self._leave = leave
        self.history: list[str] = []
        """What was kept before, the newest last."""
        self._kept = ""
        self._applied = ""
        self._turn = 0
        self._where: Where | None = None

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield FilterInput(
            placeholder=f'filter: {key("filter")} to type, as in  host ~ "example" and http.response.code >= 400',
            suggester=_Completion(),
            max_length=MAX_TEXT,
            id="filter",
        )
        yield Static()

    def on_mount(self) -> None:
        """Be ready for the first letter."""
        self.set_timer(READY, self._load)

    def _load(self) -> None:
        """In a thread: what understands filters is loaded by the first of them, and takes 80 ms for that."""
        self.run_worker(partial(compile, FIRST, time.time()), thread=True, group="grammar", exit_on_error=False)

    @property
    def input(self) -> FilterInput:
        """Where it is typed."""
        return self.query_one(FilterInput)

    def enter(self) -> None:
        """Type; what was there can be replaced, or gone on with."""
        self._kept = self._applied
        self.screen.set_focus(self.input)  # now, not after the keys that are waiting
        self.input.action_select_all()

    def put(self, text: str) -> None:
        """Have this filter, as if it had been typed and kept."""
        self.input.value = text
        self.keep()

    def keep(self) -> None:
        """It shall be this one, unless it is wrong."""
        if not self._judge(self.input.value):
            return
        self._apply()
        if self._applied and self._applied not in self.history[-1:]:
            self.history = [*self.history, self._applied][-HISTORY:]
        self._kept, self._turn = self._applied, 0
        self._leave()

    def restore(self) -> None:
        """It shall be the one from before."""
        self.input.value = self._kept
        self._apply()
        self._turn = 0
        self._leave()

    def remember(self, by: int) -> None:
        """Go through what was kept before."""
        if not self.history:
            return
        self._turn = min(max(self._turn - by, 0), len(self.history))
        self.input.value = self.history[-self._turn] if self._turn else ""
        self.input.cursor_position = len(self.input.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Understand it at once, apply it soon."""
        event.stop()
        self._judge(event.value)
        self.set_timer(PAUSE, lambda: self._apply() if self.input.value == event.value else None)

    def _apply(self) -> None:
        """Show what it selects, if it makes sense."""
        text = self.input.value.strip()
        if self._judge(text) and text != self._applied:
            self._applied = text
            self.post_message(self.Changed(text, self._where))

    def _judge(self, text: str) -> bool:
        """Understand it; whether it makes sense. The bar says so, or what is wrong and where."""
        field = self.input
        try:
            where = compile(text, time.time()) if text.strip() else None
        except FilterError as error:
            field.set_class(False, "-good")  # noqa: FBT003 - Textual's signature
            field.set_class(True, "-wrong")  # noqa: FBT003 - as above
            caret = " " * error.column + "^ "
            suggestion = f"; {error.suggestion}" if error.suggestion else ""
            self._say(f"{caret if len(caret) < 40 else ''}✗ {error.what}{suggestion}")
            return False
        self._where = where
        field.set_class(where is not None, "-good")
        field.set_class(False, "-wrong")  # noqa: FBT003 - as above
        self._say("; ".join(where.hints) if where else "")
        return True

    def _say(self, what: str) -> None:
        self.set_class(bool(what), "-said")
        self.query_one(Static).update(Content(visible(what)))


class FilterInput(Field):
    """The field; keys that leave it, and those that go through its history."""

    BINDINGS: ClassVar = bound("FilterInput")

    def validate_value(self, value: str) -> str:
        """What is pasted, or taken over from a peer, is no more to the terminal here than elsewhere."""
        return visible(value)

    def action_keep(self) -> None:
        """Have this filter."""
        self._bar.keep()

    def action_leave(self) -> None:
        """Have the filter from before."""
        self._bar.restore()

    def action_remember(self, by: int) -> None:
        """Go through the history."""
        self._bar.remember(by)

    def action_complete(self) -> None:
        """Take what is suggested; where nothing is, go on to the list."""
        if self._suggestion:
            self.action_cursor_right()
        else:
            self._bar.keep()

    @property
    def _bar(self) -> FilterBar:
        bar = self.parent
        assert isinstance(bar, FilterBar)
        return bar


class _Completion(Suggester):
    """What could be typed next, behind the cursor."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """See Suggester."""
        for word in complete(value, len(value)):
            for typed in range(min(len(word), len(value)), 0, -1):
                if word.startswith(value[-typed:]):
                    return value + word[typed:]
        return None
