"""Marks and comments on the rows of a capture, as they are changed; capture/notes.py keeps them.

marks = Marks.load(directory)
marks.toggle(selected), marks.comment(selected, "look here"), marks.after(selected)
marks.save()                      in a thread: it writes a file
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from tlscope.capture import notes
from tlscope.capture.notes import MAX_COMMENT, MAX_NOTES, Note, replace
from tlscope_ui.tui.models.rows import Selected

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_COMMENT", "Marks", "replace"]


class Marks:
    """What somebody noted of a capture."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._writing = threading.Lock()
        self.marked: set[Selected] = set()
        self.comments: dict[Selected, str] = {}
        self.problem = ""
        """Why what was kept cannot be read; it is not written over then."""

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Those that are kept, if any; never raises."""
        marks = cls(directory)
        try:
            kept = notes.read(directory)
        except notes.Unreadable as problem:
            marks.problem = f"{problem}: marks are not kept. Next: move it away"
            return marks
        marks.marked = {Selected(note.connection, note.exchange) for note in kept if note.marked}
        marks.comments = {Selected(note.connection, note.exchange): note.comment for note in kept if note.comment}
        return marks

    def toggle(self, selected: Selected) -> bool:
        """Mark a row, or take the mark away; whether it is marked now."""
        if selected in self.marked:
            self.marked.discard(selected)
        elif len(self) < MAX_NOTES:
            self.marked.add(selected)
        return selected in self.marked

    def comment(self, selected: Selected, text: str) -> None:
        """Comment on a row; "" takes the comment away."""
        text = text.strip()[:MAX_COMMENT]
        if text and len(self) < MAX_NOTES:
            self.comments[selected] = text
        else:
            self.comments.pop(selected, None)

    def __len__(self) -> int:
        return len(self.marked) + len(self.comments)

    def after(self, selected: Selected) -> list[Selected]:
        """Every row with a mark or a comment, by number, those behind `selected` first, then from the beginning."""
        rows = sorted(self.marked | self.comments.keys())
        return [row for row in rows if row > selected] + [row for row in rows if row <= selected]

    def save(self) -> None:
        """Write them. Raises OSError."""
        if self.problem:
            return
        with self._writing:  # the last one to write knows all
            rows = self.marked | self.comments.keys()
            notes.write(self._directory, map(self._note, rows))

    def _note(self, row: Selected) -> Note:
        return Note(row.connection, row.exchange, self.comments.get(row, ""), row in self.marked)
