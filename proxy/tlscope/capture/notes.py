"""Marks and comments on the connections and exchanges of a capture: a small file in its directory.

    read(directory) -> [Note(connection, exchange, comment, marked), ...]        raises Unreadable
    known(directory) -> {connection: [Note, ...]}        never raises: where they cannot be read, there are none
    write(directory, notes)

They are about numbers in the journal, so they survive whatever becomes of the index. The file is JSON, of mode 0600,
and always whole: it is replaced, never written over. What it holds of members that are not known here is passed over.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "notes.json"
MAX_COMMENT = 2_000
"""Characters of a comment."""
MAX_NOTES = 100_000
"""Rows with a mark or a comment: more are not noted any more."""
MAX_FILE = 64 << 20
"""Bytes that are read of the file, which others may have written."""
STAR = "★"


class Unreadable(Exception):  # noqa: N818 - it is what is wrong with the file
    """The file is there, and is not understood."""


class Note(NamedTuple):
    """What somebody noted of a connection, or of one of its exchanges."""

    connection: int
    exchange: int
    """0 for the connection itself."""
    comment: str = ""
    marked: bool = False

    @property
    def text(self) -> str:
        """Both in a line or more: `★ look here`."""
        return " ".join(filter(None, (STAR if self.marked else "", self.comment or ("marked" if self.marked else ""))))


def read(directory: Path) -> list[Note]:
    """Those that are kept, by number; none where there is no file. Raises Unreadable."""
    path = directory / NAME
    try:
        with path.open("rb") as file:
            kept = json.loads(file.read(MAX_FILE))
        notes = {note[:2]: note for note in map(_note, kept["notes"][:MAX_NOTES])}
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise Unreadable(f"{path} cannot be read ({error})") from None
    return sorted(note for note in notes.values() if note.marked or note.comment)


def known(directory: Path) -> dict[int, list[Note]]:
    """By connection, each with its own first, then those of its exchanges."""
    found: dict[int, list[Note]] = {}
    try:
        for note in read(directory):
            found.setdefault(note.connection, []).append(note)
    except Unreadable:
        return {}
    return found


def write(directory: Path, notes: Iterable[Note]) -> None:
    """Keep these and no others. Raises OSError."""
    made = {"version": 1, "notes": [_json(note) for note in sorted(notes)]}
    replace(directory / NAME, json.dumps(made, indent=0).encode())


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


def _note(kept: dict[str, Any]) -> Note:
    comment = str(kept.get("comment") or "").strip()[:MAX_COMMENT]
    return Note(int(kept["connection"]), int(kept.get("exchange", 0)), comment, bool(kept.get("mark")))


def _json(note: Note) -> dict[str, Any]:
    made: dict[str, Any] = {"connection": note.connection, "mark": note.marked}
    if note.exchange:
        made["exchange"] = note.exchange
    if note.comment:
        made["comment"] = note.comment
    return made
