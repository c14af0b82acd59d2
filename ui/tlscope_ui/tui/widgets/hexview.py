"""A hex dump with a byte under its cursor: the arrows move by bytes and lines, and it tells where they went."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from tlscope_ui.tui.models.hexdump import HexDump
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events
    from textual.strip import Strip


class HexView(LineView):
    """The bytes of one message."""

    DEFAULT_CSS = """
    HexView > .line--byte { text-style: reverse; }
    HexView > .line--byte-blurred { background: $warning 40%; text-style: bold underline; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--byte", "line--byte-blurred"}
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

    def grounded(self, y: int, strip: Strip) -> tuple[Strip, Style]:  # noqa: ARG002 - see LineSheet
        """See LineSheet: a byte is under the cursor, not a line."""
        return strip, self._base

    def _style(self, name: str) -> Style | None:
        """See LineSheet: the byte under the cursor is turned round where the keys go, and underlined elsewhere."""
        if name == "cursor":
            name = "byte" if self.has_focus else "byte-blurred"
        return super()._style(name)

    def on_focus(self) -> None:
        """The byte looks different."""
        self.changed(self.cursor)

    def on_blur(self) -> None:
        """The byte looks different."""
        self.changed(self.cursor)
