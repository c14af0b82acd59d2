"""The program on the screen."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding
from textual.widgets import Static

from tlscope.capture import search
from tlscope.capture.filter import query
from tlscope.capture.index import Index
from tlscope.capture.schema import Stale
from tlscope_ui.tui.screens.main import Main

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

AGAIN = 0.05
"""Seconds until it is seen again whether there is an index."""


class Tlscope(App[None]):
    """A capture on the screen, live or finished."""

    CSS_PATH = "tlscope.tcss"
    TITLE = "tlscope"
    BINDINGS: ClassVar = [Binding("q", "quit", "Quit")]

    def __init__(self, directory: Path) -> None:
        """Look at the capture in `directory`, as soon as it has an index: somebody makes it."""
        super().__init__()
        self.directory = directory
        self.index: Index | None = None

    def compose(self) -> ComposeResult:
        """What can be seen until there is an index."""
        yield Static("the capture is being indexed …", markup=False)

    def on_mount(self) -> None:
        """Show it; end in good order where a signal says so."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.exit)
        self._enter()

    def _enter(self) -> None:
        try:
            self.index = Index(self.directory)
        except Stale:
            self.set_timer(AGAIN, self._enter)
            return
        query.prepare(self.index.database, body=search.Contents(self.index).hold)
        self.push_screen(Main(self.directory, self.index))

    def on_unmount(self) -> None:
        """Let go of it."""
        if self.index is not None:
            self.index.close()


def run(directory: Path) -> None:
    """Look at a capture until the user quits."""
    Tlscope(directory).run()
