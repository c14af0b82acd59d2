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
from textual.widgets import Static, TabbedContent, TabPane

from tlscope_ui.tui.models.rows import NOBODY, Selected
from tlscope_ui.tui.panes.pane import LATE, LOADING, Pane

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.widget import Widget


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


PATIENCE = 3.0
"""Seconds that keys wait for the pane that they are meant for; the screen is painted meanwhile."""


class Place(TabPane):
    """Where a pane will be."""

    def __init__(self, number: int, tab: Tab, directory: Path) -> None:
        super().__init__(f"{number} {tab.title}", id=tab.title.lower())
        self.tab = tab
        self._directory = directory
        self.ready = asyncio.Event()
        """Set once the pane is there."""
        self._begun = False
        self._said = ""

    def render(self) -> str:
        """Nothing, as long as there is no pane, or that it takes long; without this it would be the widget's name."""
        return self._said

    def on_show(self) -> None:
        """Have the pane, once what can be seen without it was painted: it loads as much as all of that did."""
        if self.app._batch_count:  # noqa: SLF001 - there is nothing else that says so
            self.set_timer(BATCH, self.on_show)
        else:
            self.call_after_refresh(self.fill)
            if not self.children:
                self.set_timer(LATE, self._say_late)

    def _say_late(self) -> None:
        self._said = LOADING
        self.refresh(layout=True)

    def fill(self) -> None:
        """Have it soon.

        Neither where keys are handled nor in what is called after a refresh is it waited for: both hold up painting.
        """
        if not self._begun:
            self._begun = True
            self.run_worker(self._fill())

    async def _fill(self) -> None:
        module = await asyncio.to_thread(import_module, f"tlscope_ui.tui.panes.{self.tab.module}")
        if not self.is_attached:
            return
        pane = cast("type[Pane]", getattr(module, self.tab.kind))(self._directory)
        pane.set_reactive(Pane.selected, self.query_ancestor(Detail).selected)
        await self.mount(pane)
        # Its own Show may come before it counts as seen, while the tab is still being changed.
        pane.call_after_refresh(pane.look)
        pane.watch_selected()
        self.ready.set()


class Detail(Vertical):
    """The tabs of what is selected."""

    selected: reactive[Selected] = reactive(NOBODY, repaint=False)

    def __init__(self, directory: Path) -> None:
        super().__init__(id="detail")
        self._directory = directory
        self._nobody = ""

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield Static(id="nobody", markup=False)
        with TabbedContent():
            for number, tab in enumerate(TABS, 1):
                yield Place(number, tab, self._directory)

    def watch_selected(self, selected: Selected) -> None:
        """Show it."""
        for pane in self.query(Pane):
            pane.selected = selected

    def tell_nobody(self, why: str) -> None:
        """Show this in the place of what was selected, as nothing is any more; "" for what is selected."""
        if why != self._nobody:
            self._nobody = why
            self.query_one("#nobody", Static).update(why)
            self.set_class(bool(why), "-nobody")

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
                place = self._place
                await place.ready.wait()
                place.query_one(Pane).go_to(event.about)

    async def enter(self) -> None:
        """Give the keys to what the open tab shows; those that were pressed since wait for it, but not for long."""
        place = self._place
        place.fill()
        try:
            await asyncio.wait_for(place.ready.wait(), PATIENCE)
        except TimeoutError:
            self.run_worker(self._enter_late(place, self.screen.focused), group="enter", exclusive=True)
        else:
            self._give_keys_to(place)

    async def _enter_late(self, place: Place, focused: Widget | None) -> None:
        """The same when it is there, if nobody went elsewhere meanwhile."""
        await place.ready.wait()
        if place is self._place and self.screen.focused is focused:
            self._give_keys_to(place)

    def _give_keys_to(self, place: Place) -> None:
        for widget in place.query("*"):
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
