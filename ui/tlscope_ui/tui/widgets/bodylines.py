"""The lines of a head and its content: text, bytes, and fields, which fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tlscope_ui.tui.models.fieldtree import FieldTree
from tlscope_ui.tui.models.joined import Joined
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    from textual.strip import Strip

TAIL = 1000
"""Lines that may stand behind the content, and move when it grows: trailers."""


class BodyLines(LineView):
    """Lines of several kinds, the fields among them fold."""

    DEFAULT_CSS = "BodyLines { scrollbar-gutter: stable; }"
    BINDINGS: ClassVar = bound("BodyLines")

    def render_line(self, y: int) -> Strip:
        """How wide the lines are is known when they are painted; see LineView."""
        strip = super().render_line(y)
        if self.lines.width > self.virtual_size.width:
            self.call_later(self._resize)
        return strip

    def grown(self) -> None:
        """Lines have come behind those that there were: only where they can be seen, anything is painted."""
        if self.virtual_size.height < self.scroll_offset.y + self.size.height + TAIL:
            self.changed()
        else:
            self._resize()

    def action_fold(self) -> None:
        """Fold a field, or scroll."""
        if (found := self._field()) is None:
            self.action_sideways(-8)
        else:
            tree, at = found
            self._went(tree, tree.fold(at))

    def action_unfold(self) -> None:
        """Unfold a field, or scroll."""
        if (found := self._field()) is None:
            self.action_sideways(8)
        else:
            tree, at = found
            self._went(tree, tree.unfold(at))

    def action_unfold_all(self) -> None:
        """Unfold everything."""
        if (found := self._field()) is not None:
            tree, at = found
            tree.unfold_all()
            self._went(tree, at)

    def action_choose(self) -> None:
        """Fold or unfold; all else is opened."""
        if (found := self._field()) is None or not found[0].fields[found[1]].children:
            super().action_choose()
        else:
            tree, at = found
            self._went(tree, tree.fold(at) if tree.is_open(at) else tree.unfold(at))

    def _field(self) -> tuple[FieldTree, int] | None:
        """The field under the cursor."""
        if not isinstance(self.lines, Joined) or not len(self.lines):
            return None
        number, local = self.lines.part_of(self.cursor)
        part = self.lines.parts[number]
        return (part, part.shown[local]) if isinstance(part, FieldTree) and local < len(part) else None

    def _went(self, tree: FieldTree, at: int) -> None:
        assert isinstance(self.lines, Joined)  # the field is one of them
        self.changed()
        self.cursor = self.lines.first(self.lines.parts.index(tree)) + tree.position(at)
        self.reveal(self.cursor)
