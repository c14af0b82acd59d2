"""What somebody noted on the screen, told by commands: marks and comments.

note_line(note), noted_json(note)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlscope_ui.telling import Span

if TYPE_CHECKING:
    from tlscope.capture.notes import Note
    from tlscope_ui.telling import Line


def note_line(note: Note) -> Line:
    """What was noted of a connection, or of one of its exchanges."""
    return [Span(f"noted of exchange {note.exchange}" if note.exchange else "noted", "dim"), f": {note.text}"]


def noted_json(note: Note | None) -> dict[str, Any]:
    """What is added to the object that it is about; nothing where nothing was noted."""
    return {} if note is None else {"mark": note.marked, "comment": note.comment or None}
