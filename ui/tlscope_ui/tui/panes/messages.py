"""A tab: what was carried inside, one message a line, the chosen one below; or the frames that it came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from tlscope.capture.index import Index
from tlscope_ui.telling import Span
from tlscope_ui.telling.units import Listed, Unit, Units, read
from tlscope_ui.tui.models.keynames import hint
from tlscope_ui.tui.models.lines import Told
from tlscope_ui.tui.models.messages import content
from tlscope_ui.tui.panes.exchange import DataPane
from tlscope_ui.tui.panes.pane import WAIT
from tlscope_ui.tui.widgets.bodyview import BodyView, nothing
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.lineview import LineView
from tlscope_ui.tui.widgets.viewbar import ViewBar

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from tlscope_ui.telling import Line
    from tlscope_ui.tui.models.content import Coded
    from tlscope_ui.tui.models.rows import Selected

LISTS = ("messages", "frames")
NONE = (
    "No messages were carried inside: WebSocket, gRPC and server-sent events have some. {}",
    "No frames: HTTP/2 and WebSocket have some. Bytes shows what passed.",
)


class Read(Message):
    """A message was read whole."""

    def __init__(self, unit: Unit, found: Coded | None, problem: str = "") -> None:
        super().__init__()
        self.unit, self.found, self.problem = unit, found, problem


class Messages(DataPane):
    """Messages, or frames, of an exchange or a connection."""

    TITLE = "Messages"
    DEFAULT_CSS = """
    Messages #units { height: 2fr; }
    Messages > BodyView { height: 3fr; border-top: hkey $panel; }
    """
    BINDINGS: ClassVar = bound("Messages")

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._units: Units | None = None
        self._list = 0
        self._chosen: Unit | None = None

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield ViewBar(LISTS, "frames")
        yield LineView(id="units")
        yield BodyView()

    @property
    def listed(self) -> Listed | None:
        """What the list shows."""
        return None if self._units is None else self._units.frames if self._list else self._units.messages

    def load(self, index: Index, selected: Selected) -> Units:
        """See Pane."""
        return read(index, selected.connection, selected.exchange)

    def loaded(self, found: Units) -> None:
        """See Pane."""
        same = self._units is not None and self._units.numbers == found.numbers
        self._units = found
        if not same:
            self._chosen = None
            self._list = int(not len(found.messages) and bool(len(found.frames)))
        self._show(same=same)

    def _show(self, *, same: bool) -> None:
        view, listed = self.query_one("#units", LineView), self.listed
        self.query_one(ViewBar).active = self._list
        none = NONE[self._list].format(hint("frames", "frames"))
        lines = listed if listed is not None and len(listed) else Told([[Span(none, "dim")]])
        if same:
            view.replace(lines)
            self._choose()
        else:
            view.show(lines)

    def _choose(self) -> None:
        """Read what the cursor stands on, if it stays there."""
        listed, at = self.listed, self.query_one("#units", LineView).cursor
        unit = listed.units[at] if listed is not None and at < len(listed.units) else None
        if unit == self._chosen:
            return
        self._chosen = unit
        if unit is None:
            self.query_one(BodyView).show(None, nothing, None)
        else:
            self.set_timer(WAIT, lambda: self._read(unit))

    def _read(self, unit: Unit) -> None:
        units = self._units
        if unit == self._chosen and units is not None:
            self.run_worker(
                lambda: self._load_unit(units, unit), thread=True, exclusive=True, group="unit", exit_on_error=False
            )

    def _load_unit(self, units: Units, unit: Unit) -> None:
        """In a thread."""
        try:
            with Index(self._directory) as index:
                found, problem = content(index, self._directory, units, unit), ""
        except Exception as error:  # noqa: BLE001 - the capture may be gone by now; it is said, not raised
            found, problem = None, f"{error}"
        self.post_message(Read(unit, found, problem))

    def on_read(self, event: Read) -> None:
        """Show it, if it is still wanted."""
        event.stop()
        unit, units = event.unit, self._units
        if unit != self._chosen or units is None:
            return
        if event.found is None:
            problem: list[Line] = [[Span(event.problem, "bad")]]
            self.query_one(BodyView).show(None, lambda *, masked: problem, None)  # noqa: ARG005 - see Teller
            return
        about = units.numbers, self._list, unit.number
        self.query_one(BodyView).show(about, nothing, event.found)

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Another one is looked at."""
        event.stop()
        self._choose()

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """Go to what is in it."""
        event.stop()
        self.query_one(BodyView).view.focus()

    def on_view_bar_picked(self, event: ViewBar.Picked) -> None:
        """The other list was clicked on."""
        event.stop()
        self._list = event.number
        self._show(same=False)

    def action_frames(self) -> None:
        """Show the other list."""
        self._list = 1 - self._list
        self._chosen = None
        self._show(same=False)

    def action_passed(self) -> None:
        """Show its bytes among all that passed."""
        if self._chosen is not None:
            event = self._chosen.event
            self.post_message(self.Leads("Bytes", (event.direction, event.start)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - see Widget
        """Escape leads from the message to the list, and from there it is for others."""
        return self.query_one(BodyView).has_focus_within if action == "leave" else True

    def action_leave(self) -> None:
        """Back to the list."""
        self.query_one("#units", LineView).focus()
