"""The screen that is always there: filter, list, detail, status."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container
from textual.screen import Screen

from tlscope_ui.tui.widgets.detail import Detail

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult


class Main(Screen[None]):
    """A capture."""

    HORIZONTAL_BREAKPOINTS: ClassVar = [(0, "-narrow"), (100, "-normal"), (140, "-wide")]
    """Columns: one thing at a time, list over detail, list beside detail."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        with Container(id="body"):
            yield Detail(self._directory)
