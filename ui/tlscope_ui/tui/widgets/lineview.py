"""The one widget that shows many lines: lists, trees, hex dumps, bodies and ladders are lines of their own kind.

    view.show(lines)        something else is to be seen
    view.replace(lines)     the same thing is to be seen as it is now
    view.changed()          the same lines, but some are new or different
    view.cursor = 7         the line that keys and actions are about

A view asks for the lines that can be seen, and for no others: a million cost what fifty do. Of those that have come,
gone or changed, it paints only what is other than it was: to ask for a line and compare it costs a tenth of painting
it, and what is painted is most of what the screen costs while much is recorded. A line is strings and
`Span`s, as the commands print them; here too they are made visible (text.py) before anything else happens to them, so
no byte of a peer is ever markup or an escape code. What a span's style looks like, the theme says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tlscope_ui.telling.fitting import cut
from tlscope_ui.text import visible
from tlscope_ui.tui.widgets.keys import bound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.selection import Selection

    from tlscope_ui.telling import Line
    from tlscope_ui.tui.models.find import Needle
    from tlscope_ui.tui.widgets.find import FindBar

STRIPS = 1024
"""Painted lines that are kept: some screens of a large terminal."""
LONGEST = 4096
"""Characters of a line that are painted; a view of a body wraps or cuts before, and says so."""
HITS = 100
"""Hits that are shown in one line."""
COPIED = 10_000
"""Lines that a selection with the mouse may hold."""


class Lines(Protocol):
    """What a view shows."""

    @property
    def width(self) -> int:
        """Columns of the widest line, as far as it is known; 0 for lines that are made to fit."""

    def __len__(self) -> int: ...

    def line(self, y: int, width: int) -> Line:
        """Line `y`, from 0, for a view of `width` columns."""


class Told:
    """Lines that are all there."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self.width = max((_columns(line) for line in lines), default=0)

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, y: int, width: int) -> Line:  # noqa: ARG002 - see Lines
        """See Lines."""
        return self._lines[y]


class Said:
    """A line that comes and goes: it is not scrolled, as at another width all of the screen would be laid out."""

    width = 0

    def __init__(self, line: Line) -> None:
        self.whole = line

    def __len__(self) -> int:
        return 1

    def line(self, y: int, width: int) -> Line:  # noqa: ARG002 - see Lines
        """See Lines."""
        return cut(self.whole, width)


NOTHING = Told([])


class Painted(NamedTuple):
    """A line as it was told, and what it looks like without the cursor."""

    line: Line
    strip: Strip


class LineView(ScrollView, can_focus=True):
    """Lines with a cursor among them."""

    DEFAULT_CSS = """
    LineView {
        height: 1fr; background: $surface; color: $foreground;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1;
    }
    LineView > .line--good { color: $text-success; }
    LineView > .line--bad { color: $text-error; text-style: bold; }
    LineView > .line--dim { color: $text-muted; }
    LineView > .line--strong { text-style: bold; }
    LineView > .line--client { color: $text-primary; }
    LineView > .line--server { color: $text-accent; }
    LineView > .line--lit { background: $warning 40%; text-style: bold; }
    LineView > .line--found { background: $success 40%; text-style: bold; }
    LineView > .line--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    LineView > .line--cursor-blurred { background: $block-cursor-blurred-background; }
    LineView:light > .line--cursor-blurred { background: $primary 12%; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line--good",
        "line--bad",
        "line--dim",
        "line--strong",
        "line--client",
        "line--server",
        "line--lit",
        "line--found",
        "line--cursor",
        "line--cursor-blurred",
    }
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
        super().__init__(id=id, classes=classes)
        self._lines: Lines = lines
        self._painted: LRUCache[int, Painted] = LRUCache(STRIPS)
        self._painted_width = 0
        self._drawn = 0
        """The line that the cursor was painted on."""
        self._base = Style()
        self._styles: dict[str, Style] = {}
        self._needle: Needle | None = None
        self.finder: FindBar | None = None
        """Where somebody types what is searched for."""

    @property
    def lines(self) -> Lines:
        """What is shown."""
        return self._lines

    def show(self, lines: Lines, cursor: int = 0) -> None:
        """Show something else, its line `cursor` in sight."""
        self._lines = lines
        self._resize()
        self._paint_all()
        self.scroll_to(0, 0, animate=False, immediate=True)
        self.set_reactive(LineView.cursor, self._within(cursor))
        self.reveal(self.cursor)
        self.post_message(self.Moved(self, self.cursor))

    def replace(self, lines: Lines) -> None:
        """Show other lines in the place of these: the same thing as it is now."""
        self._lines = lines
        self.changed()

    def say(self, line: Line) -> None:
        """Show this line alone, cut where it does not fit; nothing is painted anew where it is there already."""
        if not isinstance(self._lines, Said) or line != self._lines.whole:
            self.replace(Said(line))

    def changed(self, y: int | None = None) -> None:
        """Lines have come, gone or changed; or line `y` alone is different."""
        if y is None:
            before = self.virtual_size.height
            self._resize()
            self._paint_what_differs(before)
        else:
            self._painted.discard(y)
            self._repaint(y)

    def carry(self, y: int) -> None:
        """What the cursor stands on is in line `y` now: it goes with it, and there is nothing to tell."""
        self.set_reactive(LineView.cursor, self._within(y))
        self._repaint_cursor()

    def reveal(self, y: int) -> None:
        """Scroll as little as needed to have line `y` in sight."""
        height = self.scrollable_content_region.height or 1
        top = int(self.scroll_target_y)
        if y < top:
            # Forced, as lines that have come just now have no scroll bar yet.
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

    def light_up(self, needle: Needle | None) -> None:
        """Show where something is."""
        self._needle = needle
        self._paint_all()

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

    @property
    def room(self) -> int:
        """Columns that lines are made to fit into: those beside the scroll bar."""
        return self.scrollable_content_region.width

    def on_resize(self) -> None:
        """Lines that are made to fit do not fit any more."""
        if self._painted_width != self.room:
            self._paint_all()
        self._resize()

    def watch_show_vertical_scrollbar(self) -> None:
        """There is a scroll bar, or none any more: no event tells of it."""
        self.call_after_refresh(self.on_resize)

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        self._painted.clear()
        self._styles.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Some of them; see textual.widget.Widget."""
        self._base = self.rich_style  # asked once, as it goes through all that is around the view
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the screen; see textual.widget.Widget."""
        left, top = self.scroll_offset
        at, width = top + y, self.size.width
        if at >= len(self._lines):
            return Strip.blank(width, self._base)
        strip = self._paint(at).strip
        if (selection := self.text_selection) is not None and (span := selection.get_span(at)) is not None:
            strip = self._selected(strip, *span)
        base = self._base
        if at == self.cursor and self.can_focus:
            self._drawn = at
            strip, base = self._under_cursor(strip)
        return strip.crop_extend(left, left + width, None).apply_style(base).apply_offsets(left, at)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that was selected with the mouse; see textual.widget.Widget."""
        first = selection.start.y if selection.start else 0
        last = selection.end.y if selection.end else len(self._lines) - 1
        rows = []
        for y in range(first, min(last + 1, len(self._lines), first + COPIED)):
            text = self._paint(y).strip.text
            start, end = selection.get_span(y) or (0, 0)
            rows.append(text[start : len(text) if end == -1 else end])
        return "\n".join(rows), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002 - see textual.widget.Widget
        """Show it."""
        self.refresh()

    def _within(self, y: int) -> int:
        return max(0, min(y, len(self._lines) - 1))

    def _resize(self) -> None:
        self._painted_width = self.room
        self._grow(Size(self._lines.width or 1, len(self._lines)))
        self.set_reactive(LineView.cursor, self._within(self.cursor))

    def _grow(self, size: Size) -> None:
        """Be of another size: Textual would paint all of it, and lay out the screen, which may be as it was."""
        if size == self.virtual_size:
            return
        has_bar = self.show_vertical_scrollbar and size.height > self.container_size.height
        is_as_wide = size.width == self.virtual_size.width
        self.set_reactive(LineView.virtual_size, size)
        if has_bar and is_as_wide and not self.styles.auto_dimensions:
            self._scroll_update(size)
        else:
            self.clear_cached_dimensions()
            self.refresh(repaint=False, layout=True)

    def _repaint(self, *lines: int) -> None:
        top, (width, height) = self.scroll_offset.y, self.size
        if regions := [Region(0, y - top, width, 1) for y in lines if top <= y < top + height]:
            self.refresh(*regions)

    def _repaint_cursor(self) -> None:
        if self._drawn != self.cursor:
            self._repaint(self._drawn, self.cursor)

    def _paint_all(self) -> None:
        self._painted.clear()
        self.refresh()

    def _paint_what_differs(self, before: int) -> None:
        """Paint the lines in sight that are other than they were, when there were `before` lines at all."""
        if self._needle is not None:  # what is found in a line may begin in another one
            self._paint_all()
            return
        known, self._painted = self._painted, LRUCache(STRIPS)
        top, count = self.scroll_offset.y, len(self._lines)
        differ = []
        for y in range(top, min(top + self.size.height, max(count, before))):
            was = known.get(y)
            if was is not None and y < count and was.line == self._lines.line(y, self._painted_width):
                self._painted[y] = was
            else:
                differ.append(y)
        self._repaint(*differ)
        self._repaint_cursor()

    def _paint(self, y: int) -> Painted:
        if (known := self._painted.get(y)) is not None:
            return known
        line = self._lines.line(y, self._painted_width)
        parts, room = [], LONGEST
        for part in line:
            text, style = (part, "") if isinstance(part, str) else part
            text = visible(text[:room])
            room -= len(text)
            parts.append(Segment(text, self._style(style)))
            if room <= 0:
                break
        strip = self._with_hits(y, Strip(parts).simplify())
        painted = self._painted[y] = Painted(line, strip)
        return painted

    def _with_hits(self, y: int, strip: Strip) -> Strip:
        if (needle := self._needle) is None:
            return strip
        marks = getattr(self._lines, "marks", None)
        found = marks(y, needle) if marks else None
        if found is None:
            found = [match.span() for match in needle.text.finditer(strip.text)]
        style = self._style("found")
        for start, end in found[:HITS]:
            strip = _styled(strip, start, end, style)
        return strip

    def _style(self, name: str) -> Style | None:
        """What the theme says of a span's style, and no more: a ground that is not named is that of the view."""
        if not name:
            return None
        if (known := self._styles.get(name)) is None:
            named = self.get_component_rich_style(f"line--{name}", partial=True)
            # Which colours are named, but not what they are: those that let the ground through are not mixed with it.
            mixed = self.get_component_rich_style(f"line--{name}")
            colours = Style(color=named.color and mixed.color, bgcolor=named.bgcolor and mixed.bgcolor)
            known = self._styles[name] = named + colours
        return known

    def _under_cursor(self, strip: Strip) -> tuple[Strip, Style]:
        """The line under the cursor, and its ground. Where the keys go, one colour can be read on it, and only one."""
        if not self.has_focus:
            return strip, self._base + self._style("cursor-blurred")
        style = self._base + self._style("cursor")
        plain = Style(color=style.color)
        segments = [Segment(text, own + plain if own and not own.bgcolor else own) for text, own, _ in strip]
        return Strip(segments), style

    def _selected(self, strip: Strip, start: int, end: int) -> Strip:
        style = self.screen.get_component_rich_style("screen--selection")
        return _styled(strip, start, end, style)


def _styled(strip: Strip, start: int, end: int, style: Style | None) -> Strip:
    """The strip, the characters [start, end) in another style; -1 for all behind."""
    first = strip.index_to_cell_position(start)
    last = strip.cell_length if end == -1 or end >= len(strip.text) else strip.index_to_cell_position(end)
    marked = Strip([Segment(segment.text, style) for segment in strip.crop(first, last)])
    return Strip.join([strip.crop(0, first), marked, strip.crop(last)])


def _columns(line: Line) -> int:
    return sum(len(part) if isinstance(part, str) else len(part.text) for part in line)
