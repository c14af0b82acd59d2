"""A tree of fields that folds, as lines: what a message says, field by field.

    tree = FieldTree(field)              field: a dissector's
    tree.fields[tree.shown[y]]           what line y shows
    tree.fold(at), tree.unfold(at), tree.unfold_all()
    tree.at_byte(offset)                 the innermost field that a byte belongs to
    tree.reveal(at)                      unfold what it lies in; its line

A field is named by its place in the order of the bytes, its ancestors before it: 0 is the message itself. Everything is
linear in the fields once, and afterwards in those that are shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope_ui.telling import Span
from tlscope_ui.telling.tree import told

if TYPE_CHECKING:
    from tlscope.wire.field import Field
    from tlscope_ui.telling import Line

OPEN_DEPTH = 2
"""Levels that are unfolded at first: the message's fields, and what is in each."""
CROWD = 24
"""A field with more inside than this begins folded, below the first level: the suites of a hello fill a screen."""
STEP = "  "
LEAF, FOLDED, UNFOLDED = "  ", "▸ ", "▾ "


class FieldTree:
    """The fields of one message, some folded."""

    width = 0

    def __init__(self, root: Field) -> None:
        self.fields: list[Field] = []
        self.depths: list[int] = []
        self.ends: list[int] = []
        """Behind the last field that lies in each."""
        self._flatten(root)
        self._open = bytearray(
            depth < OPEN_DEPTH and (not depth or len(field.children) <= CROWD)
            for field, depth in zip(self.fields, self.depths, strict=True)
        )
        self.shown: list[int] = []
        self._show()

    def __len__(self) -> int:
        return len(self.shown)

    def line(self, y: int, width: int) -> Line:  # noqa: ARG002 - a view scrolls sideways
        """See Lines."""
        at = self.shown[y]
        field = self.fields[at]
        mark = LEAF if not field.children else UNFOLDED if self._open[at] else FOLDED
        return [STEP * self.depths[at], Span(mark, "dim"), *told(field)]

    def is_open(self, at: int) -> bool:
        """Whether what lies in a field is shown."""
        return bool(self._open[at]) and bool(self.fields[at].children)

    def fold(self, at: int) -> int:
        """Hide what lies in a field; where nothing is shown of it, go to what it lies in. Gives the field to go to."""
        if not self.is_open(at):
            return self.parent(at)
        self._open[at] = False
        self._show()
        return at

    def unfold(self, at: int) -> int:
        """Show what lies in a field; where that is shown, go to the first of it. Gives the field to go to."""
        if not self.fields[at].children:
            return at
        if self.is_open(at):
            return at + 1
        self._open[at] = True
        self._show()
        return at

    def unfold_all(self) -> None:
        """Show everything."""
        self._open = bytearray(b"\1" * len(self.fields))
        self._show()

    def parent(self, at: int) -> int:
        """What a field lies in; the message itself lies in nothing."""
        depth = self.depths[at]
        while at and self.depths[at] >= depth:
            at -= 1
        return at

    def path(self, at: int) -> list[Field]:
        """The fields that it lies in, the outermost first, and itself."""
        found = [self.fields[at]]
        while at:
            at = self.parent(at)
            found.append(self.fields[at])
        return found[::-1]

    def at_byte(self, offset: int) -> int:
        """The innermost field that holds a byte of the message.

        Where several beside each other do, what they lie in: they were concluded from the same bytes, as those of a
        certificate that came compressed, and none of them is this byte's.
        """
        at = 0
        while True:
            holding, inside = [], at + 1
            while inside < self.ends[at]:
                field = self.fields[inside]
                if field.start <= offset < field.end:
                    holding.append(inside)
                inside = self.ends[inside]
            if len(holding) != 1:
                return at
            at = holding[0]

    def reveal(self, at: int) -> int:
        """Unfold what a field lies in; its line."""
        above, hidden = at, False
        while above:
            above = self.parent(above)
            hidden |= not self._open[above]
            self._open[above] = True
        if hidden:
            self._show()
        return self.position(at)

    def position(self, at: int) -> int:
        """The line of a field, or of what it is folded into."""
        low, high = 0, len(self.shown) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self.shown[middle] <= at:
                low = middle
            else:
                high = middle - 1
        return low

    def find(self, key: str) -> int | None:
        """The first field with this key."""
        return next((at for at, field in enumerate(self.fields) if field.key == key), None)

    def _flatten(self, root: Field) -> None:
        stack: list[tuple[Field, int]] = [(root, 0)]
        waiting: list[int] = []
        while stack:
            field, depth = stack.pop()
            while waiting and self.depths[waiting[-1]] >= depth:
                self.ends[waiting.pop()] = len(self.fields)
            waiting.append(len(self.fields))
            self.fields.append(field)
            self.depths.append(depth)
            self.ends.append(0)
            stack.extend((child, depth + 1) for child in reversed(field.children))
        for at in waiting:
            self.ends[at] = len(self.fields)

    def _show(self) -> None:
        shown, at = [], 0
        while at < len(self.fields):
            shown.append(at)
            at = at + 1 if self._open[at] else self.ends[at]
        self.shown = shown
