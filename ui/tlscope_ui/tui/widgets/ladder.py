"""The ladder with the names of its columns above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import Vertical
from textual.widget import Widget

from tlscope_ui.telling.ladder import Ladder
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tlscope_ui.telling.handshake import Handshake, Row


class LadderView(Vertical):
    """Both legs, message by message; a line chosen is told as LineView.Moved, and opened as LineView.Chosen."""

    DEFAULT_CSS = """
    LadderView { height: 1fr; }
    LadderView > Heads { height: 1; background: $panel; color: $text; text-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._left = 0, 0
        """Its place where nobody has moved since the ladder was shown."""

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield Heads()
        yield LineView()

    @property
    def view(self) -> LineView:
        """The lines."""
        return self.query_one(LineView)

    @property
    def row(self) -> Row | None:
        """What the cursor stands on."""
        lines = self.view.lines
        return lines.row(self.view.cursor) if isinstance(lines, Ladder) else None

    def show(self, handshake: Handshake, ends: tuple[str, str]) -> None:
        """Show a connection; of the same one, what is new, with the cursor where it was.

        As long as nobody has moved, it begins with the handshake, whenever that comes: a connection may be looked at
        when there is no message of it yet, or so few lines that there is nothing to scroll.
        """
        lines, row = self.view.lines, self.row
        ladder = Ladder(handshake)
        self.query_one(Heads).tell(ladder, ends)
        if not isinstance(lines, Ladder) or lines.handshake.connection != handshake.connection:
            self.view.show(ladder, *_beginning(ladder))
        elif self._left == self._place:
            self.view.replace(ladder)
            self.view.cursor, top = _beginning(ladder)
            self.view.scroll_to(y=top, animate=False, immediate=True, force=True)
        else:
            top, moved = self.view.scroll_offset.y, ladder.position(row) - self.view.cursor
            self.view.replace(ladder)
            if moved:
                self.view.scroll_to(y=top + moved, animate=False, immediate=True, force=True)
                self.view.cursor += moved
            return
        self._left = self._place

    @property
    def _place(self) -> tuple[int, int]:
        """Where the cursor stands, and how far the lines are scrolled."""
        return self.view.cursor, self.view.scroll_offset.y

    def go_to(self, y: int) -> None:
        """Put the cursor on a row."""
        self.view.cursor = y


def _beginning(ladder: Ladder) -> tuple[int, int]:
    """The line of the first message, and the one to begin with: of what came before, one line is enough."""
    return ladder.beginning, max(ladder.beginning - 1, 0)


class Heads(Widget):
    """The names over the columns."""

    def __init__(self) -> None:
        super().__init__()
        self._ladder: Ladder | None = None
        self._ends = ("", "")

    def tell(self, ladder: Ladder, ends: tuple[str, str]) -> None:
        """Name client and server."""
        self._ladder, self._ends = ladder, ends
        self.refresh()

    def render(self) -> Text:
        """See textual.widget.Widget: the names are visible text already."""
        width = self.size.width - 1  # the lines below have a bar to scroll by
        return Text(self._ladder.heads(width, self._ends) if self._ladder else "", no_wrap=True)
