"""A content on its way into a file, from the screen.

    there = found(directory, selected, Direction.DOWN)          in a thread; raises Missing
    offered(there)                                               the ways to save it
    save(directory, there, path, decoded=True, stopped=...)      in a thread; says what became of it

What there is, what to call it and how it is written: see tlscope.export.body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.index import Index
from tlscope.export.body import Content, Missing, Written, content
from tlscope_ui.cli.writing import write_whole
from tlscope_ui.text import size
from tlscope_ui.tui.models import exchange
from tlscope_ui.tui.models.exporting import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tlscope.events import Direction
    from tlscope_ui.tui.models.rows import Selected


def found(directory: Path, selected: Selected, direction: Direction) -> Content:
    """Find it. Raises Missing, and what opening the index raises."""
    with Index(directory) as index:
        side = exchange.read(index, directory, selected, direction)
        if side.exchange is None:
            raise Missing("there is no HTTP exchange here")
        return content(directory, index.lookup, side.exchange, direction)


def save(directory: Path, there: Content, path: Path, *, decoded: bool, stopped: Callable[[], bool]) -> Written:
    """Write all of it, or nothing, to a file of mode 0600. Raises Stopped, Missing, Failure, OSError."""
    written = Written(there, decoded=decoded)

    def pieces() -> Iterator[bytes]:
        for piece in written.pieces(index.lookup):
            if stopped():
                raise Stopped
            yield piece

    with Index(directory) as index:
        write_whole(pieces(), path.resolve())
    return written


def offered(there: Content) -> list[tuple[str, str, bool]]:
    """The two ways to save what was coded: a word, a sentence, whether decoded."""
    listed = " and ".join(there.codings)
    kind = there.media_type or "the content"
    return [
        ("decoded", f"{kind}, {listed} undone: what was meant", True),
        ("as it passed", f"{size(there.size)} in {listed}: the bytes that were sent", False),
    ]
