"""What a view of lines shows: it asks for those that can be seen, and for no others.

A line is strings and `Span`s, as the commands print them. Some lines are all there (`Told`), others are made when they
are seen; what has `width = 0` is made to the width that there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tlscope_ui.telling.fitting import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlscope_ui.telling import Line


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


def _columns(line: Line) -> int:
    return sum(len(part) if isinstance(part, str) else len(part.text) for part in line)
