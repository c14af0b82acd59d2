"""A tree of fields as lines: what a message says, field by field, with its bytes and its meaning if asked for.

    Cipher Suites                         a branch
      Cipher Suite: TLS_AES_128... (0x1301)   a leaf
       3  1301              Cipher Suite: ..  with `places`: its offset, and its bytes, or how many a branch has
        what this value means (RFC 8446 ...)  with `meaning`: its note and where that is written

On a screen of a certain width values are cut, and what fields mean is folded.

Strings are put in as they came: Screen (output.py) makes them safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.field import MALFORMED
from tlscope_ui.telling import Span
from tlscope_ui.telling.fitting import cut, folded
from tlscope_ui.text import size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.field import Field

BYTES = 8
"""Bytes of a field that are shown beside it."""
STEP = "  "


def tree_lines(
    field: Field, data: bytes, *, places: bool = False, meaning: bool = False, width: int | None = None
) -> Iterator[list[str | Span]]:
    """The lines of what lies below `field`, in the order of the bytes; `data` is what its offsets point into.

    None of them is longer than `width` columns, where there is one.
    """
    waiting = [(child, 0) for child in reversed(field.children)]
    while waiting:
        found, depth = waiting.pop()
        indent = STEP * depth
        place = [Span(_place(found, data), "dim")] if places else []
        yield cut([*place, indent, *told(found)], width)
        if meaning and (said := meaning_of(found)):
            blank = " " * len(_place(found, data)) if places else ""
            yield from folded([blank + indent + STEP, Span(said, "dim")], width, blank + indent + STEP)
        waiting.extend((child, depth + 1) for child in reversed(found.children))


def told(field: Field) -> list[str | Span]:
    """A field alone: its name, and its value for people."""
    style = "bad" if field.key == MALFORMED else "strong" if field.children else ""
    return [Span(field.label, style), f": {field.text}" if field.text else ""]


def meaning_of(field: Field) -> str:
    """What a field means, and where that is written."""
    return f"{field.note} ({field.reference})" if field.note and field.reference else field.note or field.reference


def _place(field: Field, data: bytes) -> str:
    """The offset, and the bytes of a leaf, or how many a branch has."""
    small = not field.children and field.length <= BYTES
    shown = data[field.start : field.end].hex() if small else f"[{size(field.length)}]"
    return f"{field.start:>5}  {shown:<{2 * BYTES}}  "
