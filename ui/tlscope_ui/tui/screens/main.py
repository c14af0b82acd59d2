"""The screen that is always there: filter, list, detail, status."""

from __future__ import annotations

from time import monotonic, thread_time
from typing import TYPE_CHECKING, Any, ClassVar

from platformdirs import user_data_path
from textual.containers import Container
from textual.message import Message
from textual.widgets import Input, Static

from tlscope.capture.control import Control, ControlError
from tlscope.capture.directory import read_meta
from tlscope.capture.reader import is_live
from tlscope_ui.telling.clients import Here
from tlscope_ui.tui.models.actions import of
from tlscope_ui.tui.models.keynames import hint
from tlscope_ui.tui.models.rows import Rows
from tlscope_ui.tui.models.status import Status, said
from tlscope_ui.tui.screens.connect import Waiting
from tlscope_ui.tui.screens.notes import Notes
from tlscope_ui.tui.widgets.detail import Detail
from tlscope_ui.tui.widgets.filterbar import FilterBar
from tlscope_ui.tui.widgets.flows import Flows
from tlscope_ui.tui.widgets.keys import OPENING, bound
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from tlscope.capture.filter.query import Where
    from tlscope.capture.index import Index
    from tlscope_ui.tui.models.pace import Pace
    from tlscope_ui.tui.models.settings import Settings

WORK = 0.02
"""Seconds of a tick in which rows that a filter may select are looked at."""
SOONEST = 0.005
"""Seconds until the next look at the least: a timer of Textual's for no time at all never rings."""
ASK = 1.0
"""Seconds between two questions to the recorder."""
LETTERS = frozenset(action.call.partition("(")[0] for action in of("Main") if action.id in {"filter", *OPENING})
"""Actions that are done at once (widgets/keys.py), and whose keys can be typed, too."""
MAX_SHARE = 36
"""Percent of the screen that the list can be given, or have taken away, of its half."""


class Heard(Message):
    """What the recorder of the capture says of itself."""

    def __init__(self, *, live: bool, told: dict[str, Any] | None) -> None:
        super().__init__()
        self.live, self.told = live, told


class Main(Notes):
    """A capture."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012 - Textual declares it so
    """Columns: one thing at a time; list over detail; list beside detail."""

    BINDINGS: ClassVar = bound("Main")

    def __init__(self, directory: Path, index: Index, settings: Settings, pace: Pace) -> None:
        """Look at a capture through its index; `pace` is told of keys by who gets them."""
        super().__init__(directory, settings)
        self._index = index
        self.rows = Rows(index)
        self.status = Status(was_live=is_live(directory), live=is_live(directory))
        self._pace = pace
        self._share = 0
        self._counted = 0

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield FilterBar(self._leave_filter)
        yield Static(id="banner", markup=False)
        with Container(id="body"):
            yield Waiting()
            yield Flows(self.rows, self._directory)
            yield Detail(self._directory)
        bottom = LineView(id="status")
        bottom.can_focus = False
        yield bottom

    def on_mount(self) -> None:
        """Begin to look."""
        meta = read_meta(self._directory)
        self.status.listening = [str(address) for address in meta.get("listening", [])]
        self.status.mode = str(meta.get("mode", ""))
        self.flows.follow = self.flows.flow_lines.live = self.status.live
        self._counted = self.rows.total
        self.flows.view.focus()
        self.set_interval(ASK, self.ask)
        self.flows.settle()
        self.load_marks()
        self.as_chosen()
        self._greet()
        self.ask()
        self._look()

    @property
    def detail(self) -> Detail:
        """What is selected."""
        return self.query_one(Detail)

    # ------------------------------------------------------------------------------------------------------------ live

    def _look(self) -> None:
        """See what is new, if it is time, and again when it will be."""
        pace, now = self._pace, monotonic()
        if not pace.wait(now):
            pace.ticked(now, 0.0)  # it is not known yet, and nothing waits for nothing
            begun = thread_time()
            self.tick()
            self.call_after_refresh(lambda: pace.ticked(now, thread_time() - begun if self.rows.done else 0.0))
        self.set_timer(max(pace.wait(monotonic()), SOONEST), self._look)

    def tick(self) -> None:
        """See what is new."""
        self.flows.tick(WORK)
        self._greet()
        self._say_nobody()
        self._show_status()

    def _greet(self) -> None:
        """Say how clients are connected, until one is."""
        empty = self.status.live and not self.rows.total
        if empty:
            self.query_one(Waiting).tell(self.here)
        if empty != self.has_class("-empty"):
            self.set_class(empty, "-empty")
            (self.query_one(Waiting) if empty else self.flows.view).focus()

    def _say_nobody(self) -> None:
        """Where no row is left, nothing that was selected before is shown, but why."""
        rows = self.rows
        if len(rows) or not rows.done:  # a filter that is still at work may select some
            why = ""
        elif rows.total:
            left_out = f"the filter leaves none of {rows.total:,} connections"
            why = f"Nothing is selected: {left_out}. {hint('change it', 'filter')}"
        else:
            why = "Nothing is selected: no connection was recorded."
        self.detail.tell_nobody(why)

    @property
    def here(self) -> Here:
        """Where clients are to go."""
        address = self.status.listening[0] if self.status.listening else ""
        return Here(address, self.authority or str(user_data_path("tlscope") / "ca" / "ca.pem"), self.status.mode)

    @property
    def live(self) -> bool:
        """Whether somebody records."""
        return self.status.live

    def ask(self) -> None:
        """Count, and ask the recorder how it is."""
        total = self._index.count()
        self.status.rates.append(max(total - self._counted, 0))
        self._counted = total
        self.run_worker(self._asked, thread=True, group="recorder", exclusive=True)

    def _asked(self) -> None:
        """In a thread: whether somebody records, and what it says."""
        live = is_live(self._directory)
        told = None
        if live:
            try:
                with Control(self._directory) as control:
                    told = control.status()
            except ControlError:
                told = None
        self.post_message(Heard(live=live, told=told))

    def on_heard(self, event: Heard) -> None:
        """What the recorder said; a fault of the recording, or its end, is a banner."""
        live, told = event.live, event.told
        self.status.live = live
        self.status.was_live = self.status.was_live or live
        self._tell_whether(live=live)
        if told:
            journal, faults = told["journal"], told["faults"]
            self.authority = str(told["ca"])
            self.status.size, self.status.keep = journal["size"], journal["keep"]
            self.status.faults = [f"{fault['message']}. Next: {fault['next']}" for fault in faults]
        else:
            self.status.faults = []
        if self.status.lost:
            self.status.faults = ["The recorder has ended. What it recorded is all here; `tlscope` begins anew."]
        banner = self.query_one("#banner", Static)
        banner.set_class(bool(self.status.faults), "-said")
        text = "✗ " + "\n✗ ".join(self.status.faults) if self.status.faults else ""
        if text != banner.content:  # an update is a new layout, of all
            banner.update(text)

    def _tell_whether(self, *, live: bool) -> None:
        """Where that has changed, what is open is shown to have been left so, or to be open."""
        if live != self.flows.flow_lines.live:
            self.flows.flow_lines.live = live
            self.flows.refit()
            self.detail.again()

    def _show_status(self) -> None:
        rows, status, flows = self.rows, self.status, self.flows
        status.shown, status.total, status.looked = rows.matching, rows.total, rows.looked
        status.follow, status.paused = flows.follow, flows.paused
        status.new = max(self._counted - rows.total, 0) if flows.paused else 0
        view = self.query_one("#status", LineView)
        view.say(said(status, view.size.width))

    # ---------------------------------------------------------------------------------------------------------- events

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Show other rows."""
        self.show_where(event.where)

    def show_where(self, where: Where | None) -> None:
        """Show what a condition selects, the cursor where it was if that is still there."""
        self.where = where
        self.rows.select(where)
        self.rows.work(WORK)
        self.flows.settle()
        self._say_nobody()

    def _leave_filter(self) -> None:
        """The list has the keys."""
        self.settings.history = self.query_one(FilterBar).history
        self.set_focus(self.flows.view)

    def on_flows_selection(self, event: Flows.Selection) -> None:
        """Show it; on a host, what was shown before."""
        self._say_nobody()
        if event.selected.connection and event.selected != self.detail.selected:
            self.detail.selected = event.selected
        elif event.changed:
            self.detail.again()

    async def on_flows_opened(self) -> None:
        """Look at it closely."""
        self.set_class(True, "-open")  # noqa: FBT003 - Textual's signature
        await self.detail.enter()

    # ------------------------------------------------------------------------------------------------------------ keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See textual.dom.DOMNode: a letter that is typed is a letter."""
        if action in LETTERS:
            return not isinstance(self.focused, Input)
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Type a filter, the list in sight: what it selects is seen as it is typed."""
        self.set_class(False, "-open")  # noqa: FBT003 - Textual's signature
        self.query_one(FilterBar).enter()

    def action_follow(self) -> None:
        """Go to each new connection, or stay."""
        flows = self.flows
        flows.follow = not flows.follow
        if flows.follow:
            flows.paused = False
            flows.settle()

    def action_pause(self) -> None:
        """Let the list be as it is, while the capture goes on; or see what is new."""
        self.flows.paused = not self.flows.paused

    def action_back(self) -> None:
        """From the detail to the list."""
        self.set_class(False, "-open", "-zoomed")  # noqa: FBT003 - Textual's signature
        self.set_focus(self.flows.view)  # now, not after the keys that are waiting

    def action_zoom(self) -> None:
        """Give the whole screen to where the cursor is, or share it again."""
        self.toggle_class("-zoomed")
        self.set_class(self.detail.has_focus_within, "-open")
        self._divide()

    def action_resize(self, by: int) -> None:
        """Give the list more or less of the screen, in percent; 0: as it was."""
        self._share = max(min(self._share + by, MAX_SHARE), -MAX_SHARE) if by else 0
        self._divide()

    def _divide(self) -> None:
        """Give list and detail their shares, where they share the screen."""
        shared = self._share and not (self.has_class("-zoomed") or self.has_class("-narrow"))
        for widget, share in ((self.flows, 50 + self._share), (self.detail, 50 - self._share)):
            beside = self.has_class("-wide")
            widget.styles.width = f"{share}%" if shared and beside else None
            widget.styles.height = f"{share}%" if shared and not beside else None

    def on_resize(self) -> None:
        """Another terminal, another layout."""
        self._divide()
        self.call_after_refresh(self._show_status)  # what was told before fits into less

    async def action_tab(self, number: int) -> None:
        """Open a tab of the detail."""
        self.set_class(True, "-open")  # noqa: FBT003 - Textual's signature
        await self.detail.open(number)
