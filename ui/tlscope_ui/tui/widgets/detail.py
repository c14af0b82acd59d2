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


BATCH = 0.01
"""Seconds until it is seen again whether Textual still collects what is to be painted: meanwhile it paints nothing, and
has what is to come after that come at once."""


class Place(TabPane):
    """Where a pane will be."""

    def __init__(self, number: int, tab: Tab, directory: Path) -> None:
        super().__init__(f"{number} {tab.title}", id=tab.title.lower())
        self.tab = tab
        self._directory = directory
        self._mounting = asyncio.Lock()

    def render(self) -> str:
        """Nothing, as long as there is no pane; without this it would be the widget's name."""
        return ""

    def on_show(self) -> None:
        """Have the pane, once what can be seen without it was painted: it loads as much as all of that did."""
        if self.app._batch_count:  # noqa: SLF001 - there is nothing else that says so
            self.set_timer(BATCH, self.on_show)
        else:
            self.call_after_refresh(self.fill)

    async def fill(self) -> None:
        """Have it now."""
        async with self._mounting:
            if not self.children and self.is_attached:
                module = await asyncio.to_thread(import_module, f"tlscope_ui.tui.panes.{self.tab.module}")
                pane = cast("type[Pane]", getattr(module, self.tab.kind))(self._directory)
                pane.set_reactive(Pane.selected, self.query_ancestor(Detail).selected)
                await self.mount(pane)
                # Its own Show may come before it counts as seen, while the tab is still being changed.
                pane.call_after_refresh(pane.look)
                pane.watch_selected()


class Detail(Vertical):
    """The tabs of what is selected."""

    selected: reactive[Selected] = reactive(NOBODY, repaint=False)

    def __init__(self, directory: Path) -> None:
        super().__init__(id="detail")
        self._directory = directory

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        with TabbedContent():
            for number, tab in enumerate(TABS, 1):
                yield Place(number, tab, self._directory)

    def watch_selected(self, selected: Selected) -> None:
        """Show it."""
        for pane in self.query(Pane):
            pane.selected = selected

    async def open(self, number: int) -> None:
        """Show the tab with this number, from 1, and give it the keys."""
        if number <= len(TABS):
            self.query_one(TabbedContent).active = TABS[number - 1].title.lower()
            await self.enter()

    async def on_pane_leads(self, event: Pane.Leads) -> None:
        """Show what one tab leads to, in another."""
        event.stop()
        for number, tab in enumerate(TABS, 1):
            if event.tab == tab.title:
                await self.open(number)
                self._place.query_one(Pane).go_to(event.about)

    async def enter(self) -> None:
        """Give the keys to what the open tab shows."""
        await self._place.fill()
        for widget in self._place.query("*"):
            if widget.focusable and all(node.display for node in widget.ancestors_with_self):
                widget.focus()
                return

    @property
    def _place(self) -> Place:
        """The open tab."""
        return self.query_one(f"#{self.query_one(TabbedContent).active}", Place)

    def again(self) -> None:
        """What is selected has changed."""
        for pane in self.query(Pane):
            pane.again()
