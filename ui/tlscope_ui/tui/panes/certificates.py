"""The tab of the certificates: the server's chain, ours in its place, what each check says; each taken apart below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from tlscope_ui.telling.beside import Pair
from tlscope_ui.telling.certificates import certificates
from tlscope_ui.telling.chains import Held, Shown
from tlscope_ui.telling.handshake import Handshake as Read
from tlscope_ui.tui.models.anatomy import certificate
from tlscope_ui.tui.models.keynames import key
from tlscope_ui.tui.panes.pane import Pane
from tlscope_ui.tui.widgets.dissected import Dissected
from tlscope_ui.tui.widgets.flowview import FlowView

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from tlscope.capture.index import Index
    from tlscope_ui.telling.flow import Flow
    from tlscope_ui.tui.models.rows import Selected
    from tlscope_ui.tui.widgets.lineview import LineView


class Chains(FlowView):
    """Two chains: where they stand beside each other, left and right choose one."""

    class Turned(Message):
        """That of a side was chosen: 0 is the server's."""

        def __init__(self, side: int) -> None:
            super().__init__()
            self.side = side

    def action_sideways(self, by: int) -> None:
        """See LineView; there is nothing to scroll to where a line holds both."""
        if isinstance(self.about(), Pair):
            self.post_message(self.Turned(int(by > 0)))
        else:
            super().action_sideways(by)


class Certificates(Pane):
    """Who vouches for whom."""

    TITLE = "Certs"
    DEFAULT_CSS = """
    Certificates > FlowView { height: 1fr; }
    Certificates > Dissected { height: 1fr; border-top: hkey $panel; display: none; }
    Certificates.-opened > Dissected { display: block; }
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._shown_now: tuple[int, Shown] | None = None
        self._side = 0

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield Chains()
        yield Dissected(self._directory)

    def load(self, index: Index, selected: Selected) -> tuple[int, Shown]:
        """See Pane."""
        handshake = Read(selected.connection).read(index.lookup)
        return selected.connection, Shown.of(handshake, handshake.legs())

    def loaded(self, found: tuple[int, Shown]) -> None:
        """See Pane: where nothing is new, nothing moves."""
        known, self._shown_now = self._shown_now, found
        if known == found:
            return
        view = self.query_one(Chains)
        if known is not None and known[0] == found[0]:
            view.replace(self._flow(found[1]))
        else:
            self.remove_class("-opened")
            view.show(self._flow(found[1]))

    def on_chains_turned(self, event: Chains.Turned) -> None:
        """The other one is meant."""
        event.stop()
        self._side = event.side
        if self._shown_now is not None:
            self.query_one(Chains).replace(self._flow(self._shown_now[1]))
            if self.has_class("-opened"):
                self._take_apart()

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Take the certificate apart that the cursor is on, if one is open."""
        event.stop()
        if self.has_class("-opened"):
            self._take_apart()

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """Open a certificate."""
        event.stop()
        if self._held is not None:
            self.add_class("-opened")
            self._take_apart()
            self.query_one(Dissected).enter()

    def on_dissected_left(self, event: Dissected.Left) -> None:
        """Close it."""
        event.stop()
        self.remove_class("-opened")
        self.query_one(Chains).focus()

    @property
    def _held(self) -> Held | None:
        """The certificate that the cursor is on."""
        about = self.query_one(Chains).about()
        return about.of(self._side) if isinstance(about, Pair) else about if isinstance(about, Held) else None

    def _flow(self, shown: Shown) -> Flow:
        hint = f"{key('scroll-left')}/{key('scroll-right')} choose, {key('open')} opens"
        return certificates(shown, self._side, hint)

    def _take_apart(self) -> None:
        held = self._held
        if held is not None:
            self.query_one(Dissected).show(held, lambda _: certificate(held.der))
