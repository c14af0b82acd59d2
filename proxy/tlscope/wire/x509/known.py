"""What an extension is to those who read it: how, what for, by which RFC; and what their readers share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.asn1 import der
from tlscope.wire.asn1.der_values import Said, bit_string
from tlscope.wire.field import Cursor, Field

if TYPE_CHECKING:
    from collections.abc import Callable


class Known(NamedTuple):
    """An extension that can be read."""

    parse: Callable[[Cursor], object]
    note: str
    reference: str
    critical: bool | None = None
    """What its RFC demands of criticality; None where both are right."""


def flags(
    cursor: Cursor, key: str, label: str, names: tuple[str, ...], *, bits_key: str = "", tag: int | None = None
) -> Field:
    """A BIT STRING of named bits."""
    read = partial(_flags, names=names, key=bits_key or key)
    return der.primitive(cursor, key, label, der.BIT_STRING, tag=tag, read=read)


def _flags(content: bytes, at: int, names: tuple[str, ...], key: str) -> Said:
    """A BIT STRING whose bits have names: a child for each, as Wireshark has them."""
    said = bit_string(content, at)
    if not isinstance(said.value, bytes) or said.bad:
        return said
    bits, children, on = said.value, [], []
    for number, name in enumerate(names):
        octet, is_on = number // 8, False
        if octet < len(bits):
            is_on = bool(bits[octet] & 0x80 >> number % 8)
        if is_on:
            on.append(name)
        where = at + 1 + octet if octet < len(bits) else at + len(content)
        children.append(Field(f"{key}.{name}", name, is_on, where, int(octet < len(bits)), str(is_on)))
    odd = said.odd
    if bits and not bits[-1]:
        odd = f"{odd} Not DER: trailing zero bits are left out (X.690 section 11.2.2).".strip()
    return said._replace(text=", ".join(on) or "none", odd=odd, children=tuple(children))


def first_text(field: Field) -> Field:
    """The same with the text of its first part."""
    return field._replace(text=field.children[0].text) if field.children else field


def texts(field: Field) -> Field:
    """The same with the number of its parts, and the texts of all."""
    return field._replace(
        value=len(field.children), text=", ".join(child.text for child in field.children if child.text)
    )
