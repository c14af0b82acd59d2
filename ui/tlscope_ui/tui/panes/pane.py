"""A tab of the detail: shows what is selected, and loads it only when it is in sight.

    class Story(Pane):
        def load(self, index, selected): ...      in a thread, with an index of its own: returns what `loaded` wants
        def loaded(self, found): ...              on the screen's thread

Moving through the list fast loads nothing but the last one: each load of a pane replaces the one before.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from tlscope.capture.index import Index
from tlscope_ui.tui.models.rows import NOBODY, Selected

if TYPE_CHECKING:
    from pathlib import Path

    from textual.timer import Timer

WAIT = 0.1
"""Seconds that a selection must last before it is loaded: a key that is held down, thirty times a second or so, loads
nothing, as whatever a thread does takes time from the screen."""
LATE = 0.25
"""Seconds after which it is said that something is loaded: what is said for a shorter time flickers."""
LOADING = "loading …"
AGAIN = 0.25
"""Seconds at the least between two loads of what changes all the time: nobody reads faster."""
SOONEST = 0.005
"""Seconds that are no wait: a timer of Textual's for next to no time may never ring."""
PART = 4
"""Such loads take one part in so many of the time at the most."""


class Pane(Vertical):
    """What the selected connection, or exchange, looks like from one side."""

    DEFAULT_CSS = """
    Pane { layers: default above; }
    Pane > .late { layer: above; position: absolute; width: auto; height: 1; padding: 0 1; background: $panel; }
    """

    TITLE: ClassVar[str]
    """Of its tab."""

    class Leads(Message):
        """Something is to be looked at that another tab shows."""

        def __init__(self, tab: str, about: object) -> None:
            super().__init__()
            self.tab, self.about = tab, about

    selected: reactive[Selected] = reactive(NOBODY, repaint=False)
    """What is to be shown."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory
        self._shown: tuple[Selected, int] | None = None
        self._version = 0
        self._loading = False
        self._begun = self._took = 0.0
        """When the last load began, and how long it took, in seconds."""
        self._due: Timer | None = None
        self._late: Timer | None = None
        self._timer: Timer | None = None

    def load(self, index: Index, selected: Selected) -> Any:
        """Find what is to be shown, in a thread; may raise OSError, sqlite3.Error: it is shown as a problem."""
        raise NotImplementedError

    def loaded(self, found: Any) -> None:
        """Show it."""
        raise NotImplementedError

    def go_to(self, about: object) -> None:
        """Show a part of what is selected, that another tab led to; a pane that knows no parts shows itself."""

    def failed(self, problem: str) -> None:
        """Say that it cannot be shown."""
        self.notify(problem, title=self.TITLE, severity="error")

    def watch_selected(self) -> None:
        """Something else was selected: if it stays so, look at it."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(WAIT, self.look)

    def on_show(self) -> None:
        """The tab was opened."""
        self.look()

    def again(self) -> None:
        """What is selected has changed: a connection that is still open has got more records."""
        self._version += 1
        self.look()

    def look(self) -> None:
        """Load what is selected, if it can be seen and is not there already."""
        wanted = self.selected, self._version
        if not self.selected.connection or wanted == self._shown or not self.is_on_screen:
            return
        if self._shown and self._shown[0] == self.selected and not self._is_due():
            return
        if self._shown is None or self._shown[0] != self.selected:
            self._in_time()
            self._late = self.set_timer(LATE, self._say_late)
        self._shown, self._loading, self._begun = wanted, True, monotonic()
        self.run_worker(
            lambda: self._load(wanted[0]), thread=True, exclusive=True, group=self.TITLE, exit_on_error=False
        )

    def _say_late(self) -> None:
        """What is there yet is nothing, or something else.

        A timer may have rung before it was stopped: what it calls comes behind what else is waiting.
        """
        if self._late is not None:
            self.mount(Static(LOADING, classes="late", markup=False))

    def _in_time(self) -> None:
        """There is nothing to be waited for."""
        if self._late is not None:
            self._late.stop()
            self._late = None
            self.query(".late").remove()

    def _is_due(self) -> bool:
        """Whether what is shown may be loaded again; if not, it is looked at when it may.

        What changes faster than it is loaded would never be shown: it is not loaded anew before this load is over.
        """
        wait = self._begun + max(AGAIN, self._took * PART) - monotonic()
        if self._loading or self._due is not None:
            return False
        if wait > SOONEST:
            self._due = self.set_timer(wait, self._look_now)
        return wait <= SOONEST

    def _look_now(self) -> None:
        self._due = None
        self.look()

    def _load(self, selected: Selected) -> Any:
        with Index(self._directory) as index:
            return self.load(index, selected)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What was loaded is there, or why not."""
        if event.worker.group != self.TITLE:
            return
        event.stop()
        if event.state is WorkerState.SUCCESS:
            self._loading, self._took = False, monotonic() - self._begun
            self._in_time()
            self.loaded(event.worker.result)
            self.look()
        elif event.state is WorkerState.ERROR:
            self._shown, self._loading = None, False
            self._in_time()
            self.failed(f"{event.worker.error}")
