"""The tab of the certificates: the server's chain, ours in its place, what each check says; each taken apart below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope_ui.tui.models.anatomy import certificate
from tlscope_ui.tui.models.certificates import Held, Shown, certificates
from tlscope_ui.tui.models.handshake import Handshake as Read
from tlscope_ui.tui.panes.pane import Pane
from tlscope_ui.tui.widgets.dissected import Dissected
from tlscope_ui.tui.widgets.flowview import FlowView

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from tlscope.capture.index import Index
    from tlscope_ui.tui.models.rows import Selected
    from tlscope_ui.tui.widgets.lineview import LineView


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

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield FlowView()
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
        view = self.query_one(FlowView)
        if known is not None and known[0] == found[0]:
            view.replace(certificates(found[1]))
        else:
            self.remove_class("-opened")
            view.show(certificates(found[1]))

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Take the certificate apart that the cursor is on, if one is open."""
        event.stop()
        if self.has_class("-opened"):
            self._take_apart()

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """Open a certificate."""
        event.stop()
        if isinstance(self.query_one(FlowView).about(), Held):
            self.add_class("-opened")
            self._take_apart()
            self.query_one(Dissected).enter()

    def on_dissected_left(self, event: Dissected.Left) -> None:
        """Close it."""
        event.stop()
        self.remove_class("-opened")
        self.query_one(FlowView).focus()

    def _take_apart(self) -> None:
        held = self.query_one(FlowView).about()
        if isinstance(held, Held):
            self.query_one(Dissected).show(held, lambda _: certificate(held.der))
