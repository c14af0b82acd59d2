"""A hex dump with a byte under its cursor: the arrows move by bytes and lines, and it tells where they went."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.message import Message

from tlscope_ui.tui.models.hexdump import HexDump
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    from textual import events


class HexView(LineView):
    """The bytes of one message."""

    BINDINGS: ClassVar = bound("HexView")

    class ByteMoved(Message):
        """The cursor stands on another byte, because somebody put it there."""

        def __init__(self, view: HexView, offset: int) -> None:
            super().__init__()
            self.view, self.offset = view, offset

    @property
    def dump(self) -> HexDump | None:
        """What is shown."""
        return self.lines if isinstance(self.lines, HexDump) else None

    def light(self, start: int, end: int, *, go: bool = True) -> None:
        """Light bytes up; with `go`, the cursor stands on the first of them."""
        if self.dump is None:
            return
        self.dump.lit = range(start, end)
        if go:
            self.dump.cursor = min(start, max(len(self.dump.data) - 1, 0))
            last = max(start, end - 1) // self.dump.row
            self.reveal(min(last, self.dump.cursor // self.dump.row + max(self.size.height - 1, 0)))
        self._put()

    def action_byte(self, by: int) -> None:
        """Move the cursor by bytes."""
        if self.dump is not None:
            self.dump.move(by)
            self._put()
            self.post_message(self.ByteMoved(self, self.dump.cursor))

    def action_move(self, by: int) -> None:
        """Move the cursor by lines."""
        self.action_byte(by * (self.dump.row if self.dump else 1))

    def action_go(self, y: int) -> None:
        """Move the cursor to the first byte, or the last."""
        if self.dump is not None:
            self.action_byte(len(self.dump.data) * (1 if y else -1))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the byte that was clicked on."""
        event.prevent_default()
        if self.dump is None:
            return
        at = self.dump.offset(event.x + self.scroll_offset.x, event.y + self.scroll_offset.y)
        if at is not None:
            self.action_byte(at - self.dump.cursor)

    def _put(self) -> None:
        assert self.dump is not None  # the callers have looked
        self.changed()
        self.cursor = self.dump.cursor // self.dump.row
        self.reveal(self.cursor)

    def _resize(self) -> None:
        if self.dump is not None and self.room:
            self.dump.fit(self.room)
            self.set_reactive(LineView.cursor, self.dump.cursor // self.dump.row)
        super()._resize()

    def _cursor_style(self) -> Style:
        return Style.null()  # a byte is under the cursor, not a line
