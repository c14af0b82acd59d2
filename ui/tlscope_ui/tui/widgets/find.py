"""Finding in any view of lines: Ctrl+F, type, n and N; a bar at the bottom of what the view lies in.

    find 3/17: token

How often it is there stands on the left: what comes up on the right for some seconds covers what stands there.
A LineView opens it; nothing else is to be done. Lines that can be searched in a thread (models/find.py, Searched) are;
all others are looked at a few at a time, between two pictures.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from tlscope_ui.tui.models.find import MAX_TYPED, Hits, Needle, Searched, in_lines, needle, painted
from tlscope_ui.tui.models.keynames import key
from tlscope_ui.tui.widgets.field import Field
from tlscope_ui.tui.widgets.keys import bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.timer import Timer

    from tlscope_ui.tui.widgets.lineview import LineView

TICK = 1 / 15
WORK = 0.008
"""Seconds of a tick in which lines are searched that only the screen's thread may ask for."""


class FindBar(Horizontal):
    """What is searched for in a view, and how often it is there."""

    DEFAULT_CSS = """
    FindBar { dock: bottom; height: 1; background: $panel; }
    FindBar Static { width: auto; padding: 0 1; }
    FindBar #count { min-width: 14; }
    FindBar Input { width: 1fr; border: none; height: 1; padding: 0; background: $panel; }
    FindBar Input:focus { border: none; background: $boost; }
    """
    BINDINGS: ClassVar = bound("FindBar")

    def __init__(self, view: LineView) -> None:
        super().__init__()
        self._view = view
        self._box = Field(placeholder=_placeholder(), max_length=MAX_TYPED)
        self._from = view.cursor
        self._needle: Needle | None = None
        self._hits = Hits()
        self._lines = view.lines
        self._current = -1
        self._search: Iterator[int | None] | None = None
        self._timer: Timer | None = None
        self._run = 0
        self._told = ""

    @staticmethod
    async def open(view: LineView) -> None:
        """Search in a view; what was searched for there can be replaced, or gone on with."""
        if view.finder is None:
            holder = view.parent
            assert isinstance(holder, Widget)  # a view that has the keys is on the screen
            view.finder = FindBar(view)
            await holder.mount(view.finder)
        view.finder.enter()

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield Static("find:", id="count", markup=False)
        yield self._box
        yield Static("", id="wrong", markup=False)

    def on_mount(self) -> None:
        """Begin."""
        self._timer = self.set_interval(TICK, self._tick)

    def on_unmount(self) -> None:
        """Nobody looks at what is found any more."""
        self._run += 1

    def enter(self) -> None:
        """Type."""
        self.screen.set_focus(self._box)  # now, not after the keys that are waiting
        self._box.action_select_all()

    def close(self) -> None:
        """Be gone, with all that is lit."""
        self._run += 1
        self._view.finder = None
        self._view.light_up(None)
        if self._box.has_focus:
            self.screen.set_focus(self._view)
        self.remove()

    action_close = close

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while somebody types."""
        event.stop()
        self._begin(event.value)

    def action_look(self) -> None:
        """Look at what was found."""
        self.screen.set_focus(self._view)

    def go(self, by: int) -> None:
        """Put the cursor on the next hit; behind the last is the first."""
        if self._view.lines is not self._lines:
            self._from = self._view.cursor
            self._begin(self._box.value)
        elif len(self._hits):
            self._current = (self._current + by) % len(self._hits)
            self._show()

    def _begin(self, typed: str) -> None:
        self._run += 1
        self._needle, self._hits, self._current = needle(typed), Hits(), -1
        self._lines, self._search = self._view.lines, None
        self._view.light_up(self._needle)
        if self._needle is None:
            self._hits.done = True
        elif isinstance(self._lines, Searched):
            places, hits, run = self._lines.search(self._needle), self._hits, self._run
            self.run_worker(lambda: self._seek(places, hits, run), thread=True, group="find", exit_on_error=False)
        else:
            self._search = in_lines(self._lines, self._needle, self._view.room)
        self._tick()

    def _seek(self, places: Iterator[int | None], hits: Hits, run: int) -> None:
        """In a thread: find, until something else is searched for."""
        for place in places:
            if self._run != run or not hits.take(place):
                break
        hits.done = True

    def _tick(self) -> None:
        end = time.monotonic() + WORK
        while self._search is not None and time.monotonic() < end:
            try:
                if not self._hits.take(next(self._search)):
                    self._search, self._hits.done = None, True
            except StopIteration:
                self._search, self._hits.done = None, True
        if self._current < 0 and len(self._hits):
            found = self._first()
            if found < len(self._hits) or self._hits.done:
                self._current = found % len(self._hits)
                self._show()
        self._count()

    def _first(self) -> int:
        """The first hit from where the cursor was on."""
        return bisect_left(self._hits.places, self._from, key=self._line)

    def _line(self, place: int) -> int:
        return self._lines.line_at(place) if isinstance(self._lines, Searched) else place

    def _show(self) -> None:
        view = self._view
        view.cursor = self._line(self._hits.places[self._current])
        if self._needle and (found := self._needle.text.search(painted(view.lines, view.cursor, view.room))):
            left = int(view.scroll_offset.x)
            if not left <= found.start() < found.end() <= left + view.room:
                view.scroll_to(x=max(found.end() - view.room, 0), animate=False, immediate=True, force=True)
        self._count()

    def _count(self) -> None:
        said = self._said()
        if said != self._told:
            self._told = said
            self.query_one("#count", Static).update(f"find {said}:" if said else "find:")
            wrong = self._needle is None and self._box.value
            self.query_one("#wrong", Static).update("hex: two digits a byte" if wrong else "")

    def _said(self) -> str:
        if self._needle is None:
            return "?" if self._box.value else ""
        more = "" if self._hits.done and not self._hits.full else "…"
        return f"{self._current + 1}/{len(self._hits)}{more}" if len(self._hits) else "searching…" if more else "none"


def _placeholder() -> str:
    return f"text, or x: de ad be for bytes; {key('find-next')} and {key('find-previous')} go on"
