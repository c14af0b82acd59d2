"""The program on the screen."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sqlite3
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from platformdirs import user_config_path, user_state_path
from textual import events
from textual.content import Content
from textual.widgets import Static, Tab
from textual.worker import WorkerFailed

from tlscope.capture import inspector
from tlscope.capture.filter.answering import answering
from tlscope.capture.schema import Stale
from tlscope_ui.text import visible
from tlscope_ui.tui.inorder import InOrder
from tlscope_ui.tui.models import clipboard, garbage, settings
from tlscope_ui.tui.models.keynames import choose, key
from tlscope_ui.tui.models.pace import Pace
from tlscope_ui.tui.models.settings import Settings
from tlscope_ui.tui.models.themes import THEMES, fitting, readable
from tlscope_ui.tui.screens import commands
from tlscope_ui.tui.screens.help import Help
from tlscope_ui.tui.screens.jump import Goal, Jump, goals
from tlscope_ui.tui.screens.main import Main
from tlscope_ui.tui.widgets.filterbar import FilterBar
from tlscope_ui.tui.widgets.keys import bound

if TYPE_CHECKING:
    from types import FrameType

    from textual.app import ComposeResult
    from textual.theme import Theme

    from tlscope.capture.index import Index

AGAIN = 0.05
"""Seconds until it is seen again whether there is an index."""
PATIENCE = 5.0
"""Seconds after which an inspector is started where none is at work, and again after as many."""
LOADED = 1.0
"""Seconds after which all that is seen first is loaded, the first tab of the detail, too."""
SWITCH = 0.001
"""Seconds that a thread that reads or decodes may keep the interpreter from the one that answers keys. That lets go of
it several times a key, as for each question to SQLite: Python's own 5 ms add up."""
RENEW = 1.0
"""Seconds until it is seen again whether the index was made anew."""


class Tlscope(InOrder):
    """A capture on the screen, live or finished."""

    CSS_PATH = "tlscope.tcss"
    TITLE = "tlscope"
    BINDINGS: ClassVar = bound("Tlscope")
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, directory: Path, chosen: Settings | None = None) -> None:
        """Look at the capture in `directory`, as soon as it has an index: somebody makes it."""
        super().__init__()
        self.directory = directory
        self.settings = chosen or Settings()
        """What the user chose; what is chosen on the screen is put there."""
        self.index: Index | None = None
        self._pace = Pace()
        self._waited = 0.0
        self._mouse = True
        self._terminals = [file for file in (0, 1, 2) if os.isatty(file)]
        self._fitting = ""

    def compose(self) -> ComposeResult:
        """What can be seen until there is an index."""
        yield Static("the capture is being indexed …", markup=False)

    def on_mount(self) -> None:
        """Show it; end in good order where a signal says so."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.exit)
        loop.add_signal_handler(signal.SIGHUP, self._hung_up)
        _resume_only_when_suspended()
        self._choose()
        self.set_interval(RENEW, self._renew)
        self._enter()

    def get_css_variables(self) -> dict[str, str]:
        """See textual.app.App: the theme's colours, so that text can be read on them."""
        variables = super().get_css_variables()
        self.theme_variables = variables | readable(variables)
        return self.theme_variables

    def _hung_up(self) -> None:
        """The terminal is gone: what is still written goes nowhere, rather than to an error that Textual waits for."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for file in self._terminals:
            os.dup2(nowhere, file)
        self.exit()

    def _choose(self) -> None:
        """Have colours and keys as they were chosen."""
        for theme in THEMES:
            self.register_theme(theme)
        if "TEXTUAL_THEME" not in os.environ:
            self._fitting = fitting(self.console.color_system, plain="NO_COLOR" in os.environ)
        for name in (self.settings.theme, self._fitting):
            if name in self.available_themes:
                self.theme = name
                break
        self.theme_changed_signal.subscribe(self, self._themed)
        self.set_keymap(self.settings.keymap)
        choose(self.settings.keymap)
        for problem in self.settings.problems:
            self.notify(visible(problem), title="Settings", severity="warning", markup=False)

    def _themed(self, theme: Theme) -> None:
        if theme.name != self._fitting:  # that is this terminal's, and no choice
            self.settings.theme = theme.name

    def _enter(self) -> None:
        if not self._opened():
            self._waited += AGAIN
            if self._waited >= PATIENCE:
                self._waited = 0.0
                self.run_worker(self._start_inspector, thread=True, group="inspector", exit_on_error=False)
            self.set_timer(AGAIN, self._enter)
        elif self.index is not None:
            self.push_screen(Main(self.directory, self.index, self.settings, self._pace))
            self.set_timer(LOADED, garbage.begin)

    def _opened(self) -> bool:
        """Open the index that there is; whether there is one."""
        try:
            self.index = answering(self.directory)
        except Stale:
            return False
        except (OSError, sqlite3.Error) as error:
            self._say(f"the index cannot be read: {error}")
            return False
        return True

    def _start_inspector(self) -> None:
        """In a thread: have an index made where nobody makes one; who was to make it may have ended."""
        try:
            if not inspector.ensure(self.directory):
                return
            told = "nobody made the index: this has been begun now."
        except (OSError, sqlite3.Error) as error:
            told = f"nobody makes the index, and it cannot be begun: {error}"
        command = f"python -m tlscope.capture.inspector {shlex.quote(str(self.directory))}"
        self.call_from_thread(self._say, f"{told}\nNext, should nothing come of it: {command}")

    def _say(self, what: str) -> None:
        lines = "\n".join(map(visible, what.splitlines()))
        self.screen_stack[0].query_one(Static).update(Content(lines))

    async def _renew(self) -> None:
        """Where the index was made anew, go on with that one: same filter, same row, under hosts as before."""
        before, main = self.index, self.screen_stack[-1]
        if before is None or not isinstance(main, Main) or not before.replaced or not self._opened():
            return
        assert self.index is not None  # it was just opened
        text, selected, is_grouping = main.query_one(FilterBar).input.value, main.selected, main.rows.is_grouping
        fresh = Main(self.directory, self.index, self.settings, self._pace)
        await self.switch_screen(fresh)
        before.close()
        if text:
            fresh.query_one(FilterBar).put(text)
        if selected.connection:
            fresh.flows.select(selected)
        if is_grouping:
            fresh.flows.group(on=True)

    def _fatal_error(self) -> None:
        """End, and say what has failed; Textual would show the values of all variables, secrets among them."""
        from tlscope_ui.tui.models.crash import told  # noqa: PLC0415 - loaded where it is needed

        error = self._exception
        self.error_console.soft_wrap = True  # the lines are for copying, too
        if error is not None and not self._exit_renderables:  # what fails next, fails of it
            self._exit_renderables.append(told(error.error if isinstance(error, WorkerFailed) else error))
        self._close_messages_no_wait()

    def on_unmount(self) -> None:
        """Let go of it."""
        if self.index is not None:
            self.index.close()

    # ------------------------------------------------------------------------------------------------------------ keys

    async def on_event(self, event: events.Event) -> None:
        """See textual.app.App; a key comes first."""
        if isinstance(event, events.Key | events.Paste):
            self._pace.key(monotonic())
        await super().on_event(event)

    def action_help(self) -> None:
        """Say which keys do what: those that have an effect where the cursor is first."""
        focused = self.focused
        around = focused.ancestors_with_self if focused is not None else []
        here = [kind.__name__ for node in around for kind in type(node).__mro__]
        screen = self.screen
        self.push_screen(Help(here, lambda action: commands.why_not(screen, action)))

    def action_theme(self) -> None:
        """Choose other colours."""
        commands.themes(self)

    def action_command_palette(self) -> None:
        """Search everything that can be done; see commands.py, which is also why it is not Textual's."""
        commands.search(self)

    def action_mouse(self) -> None:
        """Give the mouse to the terminal, or take it again."""
        switch = getattr(self._driver, "_disable_mouse_support" if self._mouse else "_enable_mouse_support", None)
        if switch is not None:
            switch()
        self._mouse = not self._mouse
        self.notify(
            "The mouse is tlscope's."
            if self._mouse
            else f"The mouse is the terminal's: select with it; {key('mouse')} takes it.",
            markup=False,
        )

    def action_jump(self) -> None:
        """Put a letter on each pane and tab."""
        self.push_screen(Jump(goals(self.screen)), self._jumped)

    def _jumped(self, goal: Goal | None) -> None:
        if goal is None:
            return
        if isinstance(goal.widget, Tab):
            goal.widget.post_message(Tab.Clicked(goal.widget))
        else:
            goal.widget.focus()

    def copy_to_clipboard(self, text: str) -> None:
        """Copy by the way that there is; a toast says which. Also what Textual copies of a selection comes here."""
        self._clipboard = text
        self.run_worker(lambda: self._copy(text), thread=True, group="clipboard", exit_on_error=False)

    def _copy(self, text: str) -> None:
        """In a thread: programs may take their time."""
        try:
            went = clipboard.copy(text, os.environ, _private)
        except OSError as error:
            went = clipboard.Went(f"cannot be copied: {error.strerror}")
        self.call_from_thread(self._went, went)

    def _went(self, went: clipboard.Went) -> None:
        if went.sequence and self._driver is not None:
            self._driver.write(went.sequence)
        self.notify(visible(went.how), markup=False)


def _resume_only_when_suspended() -> None:
    """Begin anew behind a SIGTSTP alone, where Textual does so at each SIGCONT.

    A terminal that closes sends one behind SIGHUP, though nothing was suspended: a second pair of Textual's threads
    would hold the program for ever, one of them reading nothing in a loop.
    """
    suspend, resume = signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGCONT)
    if not (callable(suspend) and callable(resume)):  # no terminal
        return
    suspended = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal suspended
        suspended = True
        suspend(number, frame)

    def go_on(number: int, frame: FrameType | None) -> None:
        nonlocal suspended
        if suspended:
            suspended = False
            resume(number, frame)

    signal.signal(signal.SIGTSTP, stop)
    signal.signal(signal.SIGCONT, go_on)


def _private() -> Path:
    """Where files go that nobody else is to read, and that need not last."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "tlscope" if runtime else Path(tempfile.mkdtemp(prefix="tlscope-"))


def run(directory: Path) -> int:
    """Look at a capture until the user quits; the exit code."""
    state = user_state_path("tlscope")
    sys.setswitchinterval(SWITCH)
    app = Tlscope(directory, settings.load(user_config_path("tlscope"), state))
    app.run()
    with suppress(OSError):  # the next time begins as this one did
        settings.save(app.settings, state)
    return app.return_code or 0
