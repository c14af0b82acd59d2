"""The program on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

from tlscope.capture import search
from tlscope.capture.filter import query
from tlscope.capture.index import Index
from tlscope_ui.tui.screens.main import Main

if TYPE_CHECKING:
    from pathlib import Path


class Tlscope(App[None]):
    """A capture on the screen, live or finished."""

    CSS_PATH = "tlscope.tcss"
    TITLE = "tlscope"

    def __init__(self, directory: Path) -> None:
        """Look at the capture in `directory`, which has an index. Raises Stale where it has not."""
        super().__init__()
        self.directory = directory
        self.index = Index(directory)
        query.prepare(self.index.database, body=search.Contents(self.index).hold)

    def on_mount(self) -> None:
        """Show it."""
        self.push_screen(Main(self.directory, self.index))

    def on_unmount(self) -> None:
        """Let go of it."""
        self.index.close()


def run(directory: Path) -> None:
    """Look at a capture until the user quits."""
    Tlscope(directory).run()
