"""Marks and comments on the rows of a capture, kept in a small file of the capture's directory.

    marks = Marks.load(directory)
    marks.toggle(selected), marks.comment(selected, "look here"), marks.after(selected)
    marks.save()                      in a thread: it writes a file

They are about numbers in the journal, so they survive whatever becomes of the index. The file is JSON, of mode 0600,
and always whole: it is replaced, never written over.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from pathlib import Path
from typing import Any, Self

from tlscope_ui.tui.models.rows import Selected

NAME = "notes.json"
MAX_COMMENT = 2_000
"""Characters of a comment."""
MAX_NOTES = 100_000
"""Rows with a mark or a comment: more are no marks any more."""
MAX_FILE = 64 << 20
"""Bytes that are read of the file, which others may have written."""


class Marks:
    """What somebody noted of a capture."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
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
            with marks._path.open("rb") as file:
                marks._read(json.loads(file.read(MAX_FILE)))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            marks.marked, marks.comments = set(), {}
            marks.problem = f"{marks._path} cannot be read ({error}): marks are not kept. Next: move it away"
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
            rows = sorted(self.marked | self.comments.keys())
            notes = [self._note(row) for row in rows]
            data = json.dumps({"version": 1, "notes": notes}, indent=0).encode()
            replace(self._path, data)

    def _note(self, row: Selected) -> dict[str, Any]:
        note: dict[str, Any] = {"connection": row.connection, "mark": row in self.marked}
        if row.exchange:
            note["exchange"] = row.exchange
        if row in self.comments:
            note["comment"] = self.comments[row]
        return note

    def _read(self, kept: dict[str, Any]) -> None:
        for note in kept["notes"][:MAX_NOTES]:
            row = Selected(int(note["connection"]), int(note.get("exchange", 0)))
            if note.get("mark"):
                self.marked.add(row)
            if note.get("comment"):
                self.comments[row] = str(note["comment"])[:MAX_COMMENT]


def replace(path: Path, data: bytes) -> None:
    """Have this file, of mode 0600, or the one from before, and nothing between. Raises OSError."""
    fd, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:  # an interrupt, too, leaves no half of a file behind
        Path(name).unlink(missing_ok=True)
        raise
