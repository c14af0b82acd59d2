"""The one widget that shows many lines: lists, trees, hex dumps, bodies and ladders are lines of their own kind.

    view.show(lines)        something else is to be seen
    view.replace(lines)     the same thing is to be seen as it is now
    view.changed()          the same lines, but some are new or different
    view.cursor = 7         the line that keys and actions are about

How lines are painted, and which of them, linesheet.py knows; what is here is the cursor among them: it moves by keys
and clicks, the view scrolls to keep it in sight, and tells where it went and what is to be opened; and it goes to what
is searched for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tlscope_ui.tui.models.lines import NOTHING
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.linesheet import LineSheet

if TYPE_CHECKING:
    from textual import events

    from tlscope_ui.tui.models.lines import Lines
    from tlscope_ui.tui.widgets.find import FindBar


class LineView(LineSheet, can_focus=True):
    """Lines with a cursor among them."""

    DEFAULT_CSS = """
    LineView > .line--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    LineView > .line--cursor-blurred { background: $block-cursor-blurred-background; text-style: underline; }
    LineView:light > .line--cursor-blurred { background: $primary 12%; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--cursor", "line--cursor-blurred"}
    BINDINGS: ClassVar = bound("LineView")

    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """The cursor stands on another line, or on the same with something else in it."""

        def __init__(self, view: LineView, y: int) -> None:
            super().__init__()
            self.view, self.y = view, y

        @property
        def control(self) -> LineView:
            """See textual.message.Message."""
            return self.view

    class Chosen(Message):
        """The line under the cursor is to be opened."""

        def __init__(self, view: LineView, y: int) -> None:
            super().__init__()
            self.view, self.y = view, y

        @property
        def control(self) -> LineView:
            """See textual.message.Message."""
            return self.view

    def __init__(self, lines: Lines = NOTHING, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - as Textual names it
        super().__init__(lines, id=id, classes=classes)
        self._drawn = 0
        """The line that the cursor was painted on."""
        self.finder: FindBar | None = None
        """Where somebody types what is searched for."""

    def show(self, lines: Lines, cursor: int = 0, top: int = 0) -> None:
        """Show something else, from line `top` on if there are so many; its line `cursor` in sight."""
        self._lines = lines
        self._resize()
        self._paint_all()
        # Forced, here and below, as lines that have come just now have no scroll bar yet.
        self.scroll_to(0, top, animate=False, immediate=True, force=True)
        self.set_reactive(LineView.cursor, self._within(cursor))
        self.reveal(self.cursor)
        self.post_message(self.Moved(self, self.cursor))

    def carry(self, y: int) -> None:
        """What the cursor stands on is in line `y` now: it goes with it, and there is nothing to tell."""
        self.set_reactive(LineView.cursor, self._within(y))
        self._repaint_cursor()

    def reveal(self, y: int) -> None:
        """Scroll as little as needed to have line `y` in sight."""
        height = self.scrollable_content_region.height or 1
        top = int(self.scroll_target_y)
        if y < top:
            self.scroll_to(y=y, animate=False, immediate=True, force=True)
        elif y >= top + height:
            self.scroll_to(y=y - height + 1, animate=False, immediate=True, force=True)

    def validate_cursor(self, y: int) -> int:
        """The nearest line that there is."""
        return self._within(y)

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the two lines that differ, and tell."""
        self._repaint(old, new)
        self.reveal(new)
        self.post_message(self.Moved(self, new))

    def action_move(self, by: int) -> None:
        """Move the cursor by lines."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Scroll by screens; the cursor stays at its height, and goes on alone where there is nothing to scroll."""
        step = by * max(self.scrollable_content_region.height - 1, 1)
        self.scroll_to(y=self.scroll_target_y + step, animate=False, immediate=True, force=True)
        self.action_move(step)

    def action_go(self, y: int) -> None:
        """Move the cursor to a line; -1 for the last."""
        self.cursor = y if y >= 0 else len(self._lines) + y

    def action_sideways(self, by: int) -> None:
        """Scroll by columns."""
        self.scroll_to(x=max(self.scroll_offset.x + by, 0), animate=False, immediate=True)

    def action_choose(self) -> None:
        """Open the line under the cursor."""
        if len(self._lines):
            self.post_message(self.Chosen(self, self.cursor))

    async def action_find(self) -> None:
        """Type what is to be found."""
        from tlscope_ui.tui.widgets.find import FindBar  # noqa: PLC0415 - it knows lines, and they open it

        await FindBar.open(self)

    def action_find_next(self, by: int) -> None:
        """Go to the next hit, or the one before."""
        if self.finder is not None:
            self.finder.go(by)

    def action_find_no_more(self) -> None:
        """Search for nothing any more."""
        if self.finder is not None:
            self.finder.close()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - see Widget
        """Escape is for others where nothing is searched for."""
        return self.finder is not None if action == "find_no_more" else True

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where somebody clicked; open it the second time."""
        y = event.y + self.scroll_offset.y
        if y < len(self._lines):
            self.cursor = y
            if event.chain > 1:
                self.action_choose()

    def on_focus(self) -> None:
        """The cursor looks different."""
        self._repaint(self.cursor)

    def on_blur(self) -> None:
        """The cursor looks different."""
        self._repaint(self.cursor)

    def grounded(self, y: int, strip: Strip) -> tuple[Strip, Style]:
        """See LineSheet: the line under the cursor has another ground."""
        if y != self.cursor or not self.can_focus:
            return super().grounded(y, strip)
        self._drawn = y
        return self._under_cursor(strip)

    def _within(self, y: int) -> int:
        return max(0, min(y, len(self._lines) - 1))

    def _resize(self) -> None:
        super()._resize()
        self.set_reactive(LineView.cursor, self._within(self.cursor))

    def _paint_what_differs(self, before: int) -> None:
        super()._paint_what_differs(before)
        self._repaint_cursor()

    def _repaint_cursor(self) -> None:
        if self._drawn != self.cursor:
            self._repaint(self._drawn, self.cursor)

    def _under_cursor(self, strip: Strip) -> tuple[Strip, Style]:
        """The line under the cursor, and its ground. Where the keys go, one colour can be read on it, and only one.

        Elsewhere it is underlined: where there are few colours, or none, both grounds may be the same, or that of all.
        """
        if not self.has_focus:
            return strip, self._base + self._style("cursor-blurred")
        style = self._base + self._style("cursor")
        plain = Style(color=style.color)
        segments = [Segment(text, own + plain if own and not own.bgcolor else own) for text, own, _ in strip]
        return Strip(segments), style
