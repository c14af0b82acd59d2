"""The program on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

from tlscope_ui.tui.screens.main import Main

if TYPE_CHECKING:
    from pathlib import Path


class Tlscope(App[None]):
    """A capture on the screen, live or finished."""

    CSS_PATH = "tlscope.tcss"
    TITLE = "tlscope"

    def __init__(self, directory: Path) -> None:
        """Look at the capture in `directory`; its index is there already, or somebody makes it."""
        super().__init__()
        self.directory = directory

    def on_mount(self) -> None:
        """Show it."""
        self.push_screen(Main(self.directory))


def run(directory: Path) -> None:
    """Look at a capture until the user quits."""
    Tlscope(directory).run()
