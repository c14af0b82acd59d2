"""What is selected, in tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.reactive import reactive
from textual.widgets import TabbedContent, TabPane

from tlscope_ui.tui.models.rows import NOBODY, Selected
from tlscope_ui.tui.panes.bytes import Bytes
from tlscope_ui.tui.panes.certificates import Certificates
from tlscope_ui.tui.panes.exchange import Request, Response
from tlscope_ui.tui.panes.handshake import Handshake
from tlscope_ui.tui.panes.messages import Messages
from tlscope_ui.tui.panes.overview import Overview
from tlscope_ui.tui.panes.pane import Pane
from tlscope_ui.tui.panes.timing import Timing

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

PANES: tuple[type[Pane], ...] = (Overview, Handshake, Request, Response, Messages, Bytes, Certificates, Timing)
"""The tabs, in their order: keys 1 to 8."""


class Detail(Vertical):
    """The tabs of what is selected."""

    selected: reactive[Selected] = reactive(NOBODY)

    def __init__(self, directory: Path) -> None:
        super().__init__(id="detail")
        self._directory = directory

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        with TabbedContent():
            for kind in PANES:
                with TabPane(kind.TITLE, id=kind.TITLE.lower()):
                    yield kind(self._directory).data_bind(Detail.selected)

    def open(self, number: int) -> None:
        """Show the tab with this number, from 1, and give it the keys."""
        if number <= len(PANES):
            self.query_one(TabbedContent).active = PANES[number - 1].TITLE.lower()
            self.enter()

    def on_pane_leads(self, event: Pane.Leads) -> None:
        """Show what one tab leads to, in another."""
        event.stop()
        for number, kind in enumerate(PANES, 1):
            if event.tab == kind.TITLE:
                self.open(number)
                self.query_one(kind).go_to(event.about)

    def enter(self) -> None:
        """Give the keys to what the open tab shows."""
        if (tab := self.query_one(TabbedContent).active_pane) is not None:
            for widget in tab.query("*"):
                if widget.focusable and all(node.display for node in widget.ancestors_with_self):
                    widget.focus()
                    return

    def again(self) -> None:
        """What is selected has changed."""
        for pane in self.query(Pane):
            pane.again()
