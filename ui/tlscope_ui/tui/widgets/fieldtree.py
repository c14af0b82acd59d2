"""A tree of fields: left folds, right unfolds, `*` unfolds everything, Enter does the one or the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tlscope_ui.tui.models.fieldtree import FieldTree
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    from tlscope.wire.field import Field


class FieldView(LineView):
    """The fields of one message."""

    BINDINGS: ClassVar = bound("FieldView")

    @property
    def model(self) -> FieldTree | None:
        """What is shown."""
        return self.lines if isinstance(self.lines, FieldTree) else None

    @property
    def chosen(self) -> int | None:
        """The field under the cursor, by its place in the tree."""
        return self.model.shown[self.cursor] if self.model and len(self.model) else None

    @property
    def field(self) -> Field | None:
        """The field under the cursor."""
        return self.model.fields[self.chosen] if self.model and self.chosen is not None else None

    def choose(self, at: int) -> None:
        """Unfold what a field lies in, and put the cursor on it."""
        if self.model:
            y = self.model.reveal(at)
            self.changed()
            self.cursor = y

    def action_fold(self) -> None:
        """Fold, or go to what the field lies in."""
        if self.model and self.chosen is not None:
            self._went(self.model.fold(self.chosen))

    def action_unfold(self) -> None:
        """Unfold, or go to the first of what lies in the field."""
        if self.model and self.chosen is not None:
            self._went(self.model.unfold(self.chosen))

    def action_unfold_all(self) -> None:
        """Unfold everything."""
        if self.model and self.chosen is not None:
            at = self.chosen
            self.model.unfold_all()
            self._went(at)

    def action_choose(self) -> None:
        """Fold or unfold; what has nothing inside is opened."""
        if self.model and self.chosen is not None and self.model.fields[self.chosen].children:
            at = self.chosen
            self._went(self.model.fold(at) if self.model.is_open(at) else self.model.unfold(at))
        else:
            super().action_choose()

    def _went(self, at: int) -> None:
        assert self.model is not None  # the callers have looked
        self.changed()
        self.cursor = self.model.position(at)
        self.reveal(self.cursor)
