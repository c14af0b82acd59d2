"""Lines that fit on a screen of a certain width: cut where a beginning will do, folded where every word counts.

    cut(parts, width)                 one line, with an ellipsis where something is left out
    folded(parts, width, hanging)     as many lines as it takes, the later ones behind `hanging`

A width of None is that of a file or a pipe, which has none: nothing is changed. Widths are columns of what will be seen
(text.py), with all escapes written out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tlscope_ui.telling import Line, Span
from tlscope_ui.text import columns, fit, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NARROWEST = 40
"""Columns that a screen is taken to have at least: on fewer, everything would be ellipses."""
ELLIPSIS = "…"
BAR = "│ "
"""Before every line that a peer wrote."""

_WORDS = re.compile(r" +|[^ ]+").findall


def cut(parts: Iterable[str | Span], width: int | None) -> Line:
    """The line, or as much of its beginning as there is room for."""
    line = list(parts)
    if width is None or _columns(line) <= max(width, NARROWEST):
        return line
    room, kept = max(width, NARROWEST) - len(ELLIPSIS), list[str | Span]()
    for part in line:
        text, style = _seen(part)
        shown = fit(text, room)
        room -= columns(shown)
        kept.append(Span(shown, style) if style else shown)
        if shown != text:
            break
    return [*kept, ELLIPSIS]


def folded(parts: Iterable[str | Span], width: int | None, hanging: str = "") -> Iterator[Line]:
    """The line in lines: broken between words, and within those that are longer than a line."""
    line = list(parts)
    if width is None or _columns(line) <= max(width, NARROWEST):
        yield line
        return
    width = max(width, NARROWEST)
    hanging = fit(hanging, width // 2)
    following = width - columns(hanging)
    made, room, gap, begun = list[str | Span](), width, list[Span](), False
    for word in (Span(word, style) for text, style in map(_seen, line) for word in _WORDS(text)):
        if word.text[0] == " ":
            gap.append(word)
            continue
        wide, between = columns(word.text), sum(len(each.text) for each in gap)
        fits = between + wide <= room or wide > following  # one that fits nowhere is broken where it stands
        if begun and gap and (not fits or between >= room):
            yield made
            made, room = [hanging], following
        elif between < room:  # a line of nothing but its indent says nothing
            made += gap
            room -= between
        gap, begun = [], True
        at = len(shown := fit(word.text[: max(room, 0)], room))
        while at < len(word.text):  # in time that grows with its length: a peer's line may have megabytes
            yield [*made, Span(shown, word.style)]
            made, room = [hanging], following
            shown = fit(word.text[at : at + room], room)
            at += len(shown)
        made.append(Span(shown, word.style))
        room -= columns(shown)
    yield made


def _columns(line: Line) -> int:
    return sum(columns(_seen(part)[0]) for part in line)


def _seen(part: str | Span) -> tuple[str, str]:
    return (visible(part), "") if isinstance(part, str) else (visible(part.text), part.style)
