"""Structured binary (MessagePack, CBOR) as text: CBOR's diagnostic notation (RFC 8949 section 8), one value a line.

    said(field) -> str

Works on trees whose containers say what they are by the end of their keys: `.array`, `.map`, `.pair`, `.tag`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.content.reading import TEXT, clipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.field import Field


def said(field: Field) -> str:
    """The text of a tree's values, TEXT characters at the most."""
    made: list[str] = []
    size = 0
    for piece in _pieces(field, 0):
        made.append(piece)
        size += len(piece)
        if size > TEXT:
            made.append("\n…")
            break
    return clipped("".join(made))


def _pieces(field: Field, level: int) -> Iterator[str]:
    role = field.key.rpartition(".")[2]
    if role == "array":
        yield from _all("[", field.children, "]", level)
    elif role == "map":
        yield from _all("{", field.children, "}", level)
    elif role == "pair" and len(field.children) == 2:
        yield from _pieces(field.children[0], level)
        yield ": "
        yield from _pieces(field.children[1], level)
    elif role == "tag" and field.children:
        yield f"{field.value!s}("
        yield from _pieces(field.children[-1], level)
        yield ")"
    else:
        yield field.text


def _all(opening: str, children: tuple[Field, ...], closing: str, level: int) -> Iterator[str]:
    if not children:
        yield opening + closing
        return
    yield opening
    for index, child in enumerate(children):
        yield ("," if index else "") + "\n" + "  " * (level + 1)
        yield from _pieces(child, level + 1)
    yield "\n" + "  " * level + closing
