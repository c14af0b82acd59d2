"""What is selected, in tabs.

A tab is empty until it is opened: to have all of them there from the start would cost half of the time in which the
program comes up, and each pane loads what it shows with.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.containers import Vertical
from textual.reactive import reactive
from textual.widgets import TabbedContent, TabPane

from tlscope_ui.tui.models.rows import NOBODY, Selected
from tlscope_ui.tui.panes.pane import Pane

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult


class Tab(NamedTuple):
    """One of the tabs."""

    title: str
    module: str
    """Of tlscope_ui.tui.panes."""
    kind: str
    """The Pane in it."""

    @property
    def id(self) -> str:
        """Of the tab, among the widgets."""
        return self.title.lower()


TABS = (
    Tab("Overview", "overview", "Overview"),
    Tab("Handshake", "handshake", "Handshake"),
    Tab("Request", "exchange", "Request"),
    Tab("Response", "exchange", "Response"),
    Tab("Messages", "messages", "Messages"),
    Tab("Bytes", "bytes", "Bytes"),
    Tab("Certs", "certificates", "Certificates"),
    Tab("Timing", "timing", "Timing"),
)
"""In their order: keys 1 to 8."""


class Detail(Vertical):
    """The tabs of what is selected."""

    selected: reactive[Selected] = reactive(NOBODY)

    def __init__(self, directory: Path) -> None:
        super().__init__(id="detail")
        self._directory = directory
        self._mounting = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        with TabbedContent():
            for tab in TABS:
                yield TabPane(tab.title, id=tab.id)

    def watch_selected(self, selected: Selected) -> None:
        """Show it."""
        for pane in self.query(Pane):
            pane.selected = selected

    def on_tabbed_content_tab_activated(self) -> None:
        """Show the pane, once the tab itself can be seen."""
        self.call_after_refresh(self._pane)

    async def _pane(self) -> Pane:
        """The pane of the open tab."""
        tab = next(tab for tab in TABS if tab.id == self.query_one(TabbedContent).active)
        place = self.query_one(f"#{tab.id}", TabPane)
        async with self._mounting:
            if not place.children:
                kind = cast("type[Pane]", getattr(import_module(f"tlscope_ui.tui.panes.{tab.module}"), tab.kind))
                pane = kind(self._directory)
                pane.set_reactive(Pane.selected, self.selected)
                await place.mount(pane)
        return place.query_one(Pane)

    async def open(self, number: int) -> None:
        """Show the tab with this number, from 1, and give it the keys."""
        if number <= len(TABS):
            self.query_one(TabbedContent).active = TABS[number - 1].id
            await self.enter()

    async def on_pane_leads(self, event: Pane.Leads) -> None:
        """Show what one tab leads to, in another."""
        event.stop()
        for number, tab in enumerate(TABS, 1):
            if event.tab == tab.title:
                await self.open(number)
                (await self._pane()).go_to(event.about)

    async def enter(self) -> None:
        """Give the keys to what the open tab shows."""
        for widget in (await self._pane()).query("*"):
            if widget.focusable and all(node.display for node in widget.ancestors_with_self):
                widget.focus()
                return

    def again(self) -> None:
        """What is selected has changed."""
        for pane in self.query(Pane):
            pane.again()
