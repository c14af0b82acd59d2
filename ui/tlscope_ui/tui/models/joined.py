"""Lines of several kinds, one below the other: a head, what it carries, and trailers.

joined = Joined(Told(head), content, Told(trailers))
joined.part_of(y) -> (number, y within it)
joined.width, joined.search ...            as for each of them
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope_ui.tui.models.find import Searched, in_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope_ui.telling import Line
    from tlscope_ui.tui.models.find import Needle
    from tlscope_ui.tui.models.lines import Lines

PLACES = 1 << 48
"""More places than a part has."""
ROOM = 80
"""Columns for which lines are made to be searched."""


class Joined:
    """Parts, in their order."""

    def __init__(self, *parts: Lines) -> None:
        self.parts = parts

    @property
    def width(self) -> int:
        """See Lines."""
        return max((part.width for part in self.parts), default=0)

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def line(self, y: int, width: int) -> Line:
        """See Lines."""
        number, local = self.part_of(y)
        return self.parts[number].line(local, width)

    def marks(self, y: int, needle: Needle) -> list[tuple[int, int]] | None:
        """The columns of what was searched for; None where they are found in the text of the line."""
        number, local = self.part_of(y)
        marks = getattr(self.parts[number], "marks", None)
        return marks(local, needle) if marks else None

    def part_of(self, y: int) -> tuple[int, int]:
        """The part that a line belongs to, and its number there."""
        for number, part in enumerate(self.parts):
            if y < len(part):
                return number, y
            y -= len(part)
        return len(self.parts) - 1, max(y, 0) + len(self.parts[-1])

    def first(self, number: int) -> int:
        """The first line of a part."""
        return sum(map(len, self.parts[:number]))

    def search(self, needle: Needle) -> Iterator[int | None]:
        """See find.Searched."""
        for number, part in enumerate(self.parts):
            places = part.search(needle) if isinstance(part, Searched) else in_lines(part, needle, ROOM)
            for place in places:
                yield None if place is None else number * PLACES + place

    def line_at(self, place: int) -> int:
        """See find.Searched."""
        number, local = divmod(place, PLACES)
        part = self.parts[number]
        return self.first(number) + (part.line_at(local) if isinstance(part, Searched) else local)
