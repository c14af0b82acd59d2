"""The second tab: both handshakes. The ladder, with each message taken apart below it; and what is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.containers import Vertical
from textual.widgets import ContentSwitcher

from tlscope_ui.telling.account import Goes, diff, found, story
from tlscope_ui.telling.handshake import Carried
from tlscope_ui.telling.handshake import Handshake as Read
from tlscope_ui.telling.keys import keys, schedule
from tlscope_ui.telling.ladder import ends_of
from tlscope_ui.tui.models.anatomy import anatomy
from tlscope_ui.tui.models.keynames import key
from tlscope_ui.tui.panes.pane import Pane
from tlscope_ui.tui.widgets.dissected import Dissected
from tlscope_ui.tui.widgets.flowview import FlowView
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.ladder import LadderView
from tlscope_ui.tui.widgets.viewbar import ViewBar

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.widget import Widget

    from tlscope.capture.index import Index
    from tlscope_ui.telling.flow import Flow
    from tlscope_ui.telling.handshake import Legs
    from tlscope_ui.telling.keys import LegKeys
    from tlscope_ui.tui.models.rows import Selected
    from tlscope_ui.tui.widgets.lineview import LineView

NOWHERE = -1, ""
VIEWS = ("ladder", "story", "diff", "keys", "findings")


class Found(NamedTuple):
    """What a load gives."""

    read: Read
    legs: Legs
    keys: tuple[LegKeys, ...]
    ends: tuple[str, str]
    """Addresses of client and server."""


class Handshake(Pane):
    """Both legs, message by message, and field by field."""

    TITLE = "Handshake"
    DEFAULT_CSS = """
    Handshake > ContentSwitcher { height: 1fr; }
    Handshake #ladder LadderView { height: 2fr; }
    Handshake #ladder Dissected { height: 3fr; border-top: hkey $panel; }
    """
    BINDINGS: ClassVar = bound("Handshake")

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._found: Found | None = None
        self._masked = True
        self._goal = NOWHERE
        """The row that somebody was led to, and the field of it that is meant, until the cursor moves on."""
        self._later: tuple[int, object] | None = None
        """A connection, and where to go as soon as it is loaded."""

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield ViewBar(VIEWS, "view")
        with ContentSwitcher(initial="ladder"):
            with Vertical(id="ladder"):
                yield LadderView()
                yield Dissected(self._directory)
            for name in VIEWS[1:]:
                yield FlowView(id=name)

    def load(self, index: Index, selected: Selected) -> Found:
        """See Pane: what was read of this connection is gone on with."""
        known = self._found
        read = known.read if known and known.read.connection == selected.connection else Read(selected.connection)
        read.read(index.lookup)
        ends = ends_of(index.connection(selected.connection))
        return Found(read, read.legs(), keys(read), ends)

    def loaded(self, found_: Found) -> None:
        """See Pane."""
        known, self._found = self._found, found_
        same = known is not None and known.read is found_.read
        if not same:
            self._masked, self._goal = True, NOWHERE
        self.query_one(LadderView).show(found_.read, found_.ends)
        for name, flow in (
            ("story", story(found_.legs)),
            ("diff", diff(found_.legs, whole=True)),
            ("keys", self._schedule(found_)),
            ("findings", found(found_.legs)),
        ):
            view = self.query_one(f"#{name}", FlowView)
            if same:
                view.replace(flow)
            else:
                view.show(flow)
        later, self._later = self._later, None
        if later is not None and later[0] == found_.read.connection:
            self.go_to(later[1])

    @property
    def bar(self) -> ViewBar:
        """The names of the views."""
        return self.query_one(ViewBar)

    def look_at(self, number: int) -> None:
        """Show a view, and give it the keys."""
        self.bar.active = number % len(VIEWS)
        name = VIEWS[self.bar.active]
        self.query_one(ContentSwitcher).current = name
        view: Widget = self.query_one(LadderView).view if name == "ladder" else self.query_one(f"#{name}")
        view.focus()

    def action_view(self, by: int) -> None:
        """Show the next view."""
        self.look_at(self.bar.active + by)

    def action_unmask(self) -> None:
        """Show the secrets, or hide them again."""
        if self._found is not None:
            self._masked = not self._masked
            self.query_one("#keys", FlowView).replace(self._schedule(self._found))

    def _schedule(self, found_: Found) -> Flow:
        return schedule(found_.keys, masked=self._masked, shown_by=key("unmask-keys"))

    def on_view_bar_picked(self, event: ViewBar.Picked) -> None:
        """A view was clicked on."""
        event.stop()
        self.look_at(event.number)

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Take apart the message that the cursor stands on."""
        event.stop()
        if event.view is self.query_one(LadderView).view:
            self._take_apart()

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """Go to the fields of a message, or to the bytes of data; or to the message that something is about."""
        event.stop()
        if event.view is (ladder := self.query_one(LadderView)).view:
            if isinstance(row := ladder.row, Carried):
                self.post_message(self.Leads("Bytes", (row.direction, row.offset)))
            else:
                self.query_one(Dissected).enter()
        elif isinstance(event.view, FlowView):
            self.go_to(event.view.about())

    def on_dissected_left(self, event: Dissected.Left) -> None:
        """Back to the ladder."""
        event.stop()
        self.query_one(LadderView).view.focus()

    def go_to(self, about: object) -> None:
        """See Pane: a message in the ladder, and the field that is meant; what is not loaded yet, as soon as it is."""
        if self._found is None or self._found.read.connection != self.selected.connection:
            self._later = self.selected.connection, about
            return
        at = self._found.read.row_of(about.leg, about.number) if isinstance(about, Goes) else None
        if isinstance(about, Goes) and at is not None:
            self.look_at(0)
            self._goal = at, about.key
            self.query_one(LadderView).go_to(at)
            self._take_apart()

    def _take_apart(self) -> None:
        ladder, found_ = self.query_one(LadderView), self._found
        if found_ is None:
            return
        goal, key = self._goal
        if ladder.view.cursor != goal:
            self._goal, key = NOWHERE, ""
        row, read = ladder.row, found_.read
        about = (read.connection, row if isinstance(row, tuple) else id(row), key)
        self.query_one(Dissected).show(about, lambda index: anatomy(index.lookup, read, row), key)
