"""Painting lines: the half of a LineView (lineview.py) that knows no cursor, no keys and no search.

    sheet.replace(lines)    the same thing is to be seen as it is now
    sheet.changed()         the same lines, but some are new or different
    sheet.light_up(needle)  where something is in them

It asks for the lines that can be seen, and for no others: a million cost what fifty do. Of those that have come,
gone or changed, it paints only what is other than it was: to ask for a line and compare it costs a tenth of painting
it, and what is painted is most of what the screen costs while much is recorded. Lines are made visible (text.py) before
anything else happens to them, so no byte of a peer is ever markup or an escape code. What a span's style looks like,
the theme says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tlscope_ui.text import visible
from tlscope_ui.tui.models.lines import NOTHING, Said

if TYPE_CHECKING:
    from textual.selection import Selection

    from tlscope_ui.telling import Line
    from tlscope_ui.tui.models.find import Needle
    from tlscope_ui.tui.models.lines import Lines

STRIPS = 1024
"""Painted lines that are kept: some screens of a large terminal."""
LONGEST = 4096
"""Characters of a line that are painted; a view of a body wraps or cuts before, and says so."""
HITS = 100
"""Hits that are shown in one line."""
COPIED = 10_000
"""Lines that a selection with the mouse may hold."""


class Painted(NamedTuple):
    """A line as it was told, and what it looks like without the cursor."""

    line: Line
    strip: Strip


class LineSheet(ScrollView):
    """Lines, painted."""

    DEFAULT_CSS = """
    LineSheet {
        height: 1fr; background: $surface; color: $foreground;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1;
    }
    LineSheet > .line--good { color: $text-success; }
    LineSheet > .line--bad { color: $text-error; text-style: bold; }
    LineSheet > .line--dim { color: $text-muted; }
    LineSheet > .line--strong { text-style: bold; }
    LineSheet > .line--client { color: $text-primary; }
    LineSheet > .line--server { color: $text-accent; }
    LineSheet > .line--lit { background: $warning 40%; text-style: bold; }
    LineSheet > .line--found { background: $success 40%; text-style: bold; }
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
    }

    def __init__(self, lines: Lines = NOTHING, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - as Textual names it
        super().__init__(id=id, classes=classes)
        self._lines: Lines = lines
        self._painted: LRUCache[int, Painted] = LRUCache(STRIPS)
        self._painted_width = 0
        self._base = Style()
        self._styles: dict[str, Style] = {}
        self._needle: Needle | None = None

    @property
    def lines(self) -> Lines:
        """What is shown."""
        return self._lines

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

    def light_up(self, needle: Needle | None) -> None:
        """Show where something is."""
        self._needle = needle
        self._paint_all()

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
        strip, ground = self.grounded(at, strip)
        return strip.crop_extend(left, left + width, None).apply_style(ground).apply_offsets(left, at)

    def grounded(self, y: int, strip: Strip) -> tuple[Strip, Style]:  # noqa: ARG002 - a cursor may stand on the line
        """Line `y`, painted, and the ground that it is to stand on."""
        return strip, self._base

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

    def _resize(self) -> None:
        self._painted_width = self.room
        self._grow(Size(self._lines.width or 1, len(self._lines)))
        # Where all lines have come into sight Textual scrolls back, and leaves the goal of the scrolling where it was.
        self.scroll_target_y = min(self.scroll_target_y, self.max_scroll_y)

    def _grow(self, size: Size) -> None:
        """Be of another size: Textual would paint all of it, and lay out the screen, which may be as it was."""
        if size == self.virtual_size:
            return
        has_bar = self.show_vertical_scrollbar and size.height > self.container_size.height
        is_as_wide = size.width == self.virtual_size.width
        self.set_reactive(LineSheet.virtual_size, size)
        if has_bar and is_as_wide and not self.styles.auto_dimensions:
            self._scroll_update(size)
        else:
            self.clear_cached_dimensions()
            self.refresh(repaint=False, layout=True)

    def _repaint(self, *lines: int) -> None:
        top, (width, height) = self.scroll_offset.y, self.size
        if regions := [Region(0, y - top, width, 1) for y in lines if top <= y < top + height]:
            self.refresh(*regions)

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

    def _selected(self, strip: Strip, start: int, end: int) -> Strip:
        style = self.screen.get_component_rich_style("screen--selection")
        return _styled(strip, start, end, style)


def _styled(strip: Strip, start: int, end: int, style: Style | None) -> Strip:
    """The strip, the characters [start, end) in another style; -1 for all behind."""
    first = strip.index_to_cell_position(start)
    last = strip.cell_length if end == -1 or end >= len(strip.text) else strip.index_to_cell_position(end)
    marked = Strip([Segment(segment.text, style) for segment in strip.crop(first, last)])
    return Strip.join([strip.crop(0, first), marked, strip.crop(last)])
