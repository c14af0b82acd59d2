"""Lines that are made for a width: sentences that wrap, tables that fall apart where they do not fit.

def told(width): yield line, about ...      `about` is what a line is about; Enter goes there
flow = Flow(told)
flow.fit(100)                               make the lines; the view does it when its width changes
flow.about(y)
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from tlscope_ui.telling import Span
from tlscope_ui.text import columns, fit, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tlscope_ui.telling import Line

MAX_LINES = 40
"""Lines of one text: peers choose names and subjects."""
LEAST = 16
"""Columns that a text is wrapped to at least; the view scrolls sideways then."""


class Flow:
    """Lines, remade when the width changes."""

    width = 0

    def __init__(self, make: Callable[[int], Iterable[tuple[Line, object]]]) -> None:
        self._make = make
        self._made: list[tuple[Line, object]] = []
        self._width = 0

    def __len__(self) -> int:
        return len(self._made)

    def fit(self, width: int) -> None:
        """Make the lines for this many columns."""
        if width != self._width and width > 0:
            self._made, self._width = list(self._make(width)), width

    def line(self, y: int, width: int) -> Line:  # noqa: ARG002 - see fit
        """See Lines."""
        return self._made[y][0]

    def about(self, y: int) -> object:
        """What a line is about; None for what leads nowhere."""
        return self._made[y][1] if 0 <= y < len(self._made) else None

    def find(self, about: object) -> int | None:
        """The first line about something."""
        return next((y for y, (_, found) in enumerate(self._made) if found is not None and found == about), None)


def wrapped(text: str, width: int, indent: str = "", style: str = "") -> Iterator[Line]:
    """Sentences in lines; what a peer sent may be one endless word."""
    room = max(width - len(indent), LEAST)
    for line in textwrap.wrap(text, room, max_lines=MAX_LINES, placeholder=" …"):
        yield [indent, Span(line, style)]


def named(name: str, text: str, width: int, at: int = 18, style: str = "") -> Iterator[Line]:
    """A name, and beside it what is to be said; wrapped below itself."""
    lines = list(wrapped(text, width - at)) or [["", Span("", "")]]
    for number, line in enumerate(lines):
        head = name if not number else ""
        blank = f"{head:<{at}}" if len(head) < at else f"{head} "
        yield [Span(blank, "dim"), *(Span(part.text, style) if isinstance(part, Span) else part for part in line)]


def cell(text: str, room: int) -> str:
    """Text in so many columns, whatever a peer wrote: cut, or with blanks behind it."""
    shown = visible(text)
    cut = shown if columns(shown) <= room else fit(shown, room - 1) + "…"
    return cut + " " * (room - columns(cut))
