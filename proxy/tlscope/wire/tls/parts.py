"""What the dissectors of TLS messages share: opaque vectors, lists of code points (RFC 8446 section 3).

opaque(cursor, ...)     reads at once
one(...), each(...), listed(...), blob(...), rest(...)      make a parser, for tables and for bodies of one part
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tlscope.wire.field import MALFORMED, Cursor, Short, malformed, shown
from tlscope.wire.tls.codes import is_grease

if TYPE_CHECKING:
    from enum import IntEnum

Parse = Callable[[Cursor], None]
"""What reads the inside of a structure."""


def opaque(
    cursor: Cursor,
    size: int,
    key: str,
    label: str,
    *,
    length_key: str,
    text: Callable[[bytes], str] | None = None,
    say: Callable[[bytes], str] = shown,
    inside: Callable[[Cursor], object] | None = None,
    note: str = "",
    reference: str = "",
) -> bytes:
    """`opaque label<..>`: a length of `size` bytes, then as many bytes; two fields side by side, as Wireshark has them.

    With `text` the value is text too; `say` makes text of a value that stays bytes; `inside` reads what the bytes are
    made of, as children, and where that is one structure its text is said. What is cut off is kept as far as it goes;
    then Short is raised.
    """
    length = cursor.number(size, length_key, f"{label} Length")
    there = min(length, cursor.left)
    if there or not length:
        data = cursor.data[cursor.at : cursor.at + there]
        said = text(data) if text is not None else say(data)
        value = said if text else data
        if inside is None or not data:
            cursor.raw(there, key, label, text=said or "empty", value=value, note=note, reference=reference)
        else:
            made = cursor.group(there, key, label, inside, value=value, text=said, note=note, reference=reference)
            if len(made.children) == 1 and made.children[0].key != MALFORMED and text is None:
                cursor.fields[-1] = made._replace(text=made.children[0].text or said)
    if there < length:
        raise Short(cursor.at, label)
    return data


def one(
    size: int,
    key: str,
    label: str,
    *,
    names: type[IntEnum] | None = None,
    notes: Mapping[int, str] | None = None,
    text: str | Callable[[int], str] = "",
    note: str = "",
    reference: str = "",
) -> Parse:
    """A parser of one number of `size` bytes."""

    def parse(cursor: Cursor) -> None:
        cursor.number(size, key, label, names=names, notes=notes, text=text, note=note, reference=reference)

    return parse


def each(
    size: int,
    key: str,
    label: str,
    *,
    names: type[IntEnum] | None = None,
    notes: Mapping[int, str] | None = None,
    note: str = "",
    reference: str = "",
    references: Mapping[int, str] | None = None,
) -> Parse:
    """A parser of code points of `size` bytes, to the end; `references` has those of some."""
    own = references or {}

    def parse(cursor: Cursor) -> None:
        while cursor.left:
            cited = own.get(cursor.peek(size, label), reference) if own else reference
            cursor.number(size, key, label, names=names, notes=notes, note=note, reference=cited)

    return parse


def listed(
    size: int,
    key: str,
    label: str,
    parse: Parse,
    *,
    length: str = "_length",
    note: str = "",
    reference: str = "",
) -> Parse:
    """A parser of a list behind its length of `size` bytes, which no sender may leave empty; `length` ends its key."""

    def parse_list(cursor: Cursor) -> None:
        cursor.vector(size, key, label, filled, length_key=f"{key}{length}", note=note, reference=reference)

    def filled(cursor: Cursor) -> None:
        if cursor.left:
            parse(cursor)
        else:
            cursor.add(malformed(cursor.at, 0, f"{label} is empty"))

    return parse_list


def blob(
    size: int,
    key: str,
    label: str,
    *,
    length: str = "_length",
    text: Callable[[bytes], str] | None = None,
    say: Callable[[bytes], str] = shown,
    inside: Callable[[Cursor], object] | None = None,
    note: str = "",
    reference: str = "",
) -> Parse:
    """A parser of one opaque vector, as `opaque` reads it; `length` ends the key of its length."""

    def parse(cursor: Cursor) -> None:
        opaque(
            cursor,
            size,
            key,
            label,
            length_key=f"{key}{length}",
            text=text,
            say=say,
            inside=inside,
            note=note,
            reference=reference,
        )

    return parse


def rest(key: str, label: str, *, note: str = "", reference: str = "") -> Parse:
    """A parser of all that is left, as it is."""

    def parse(cursor: Cursor) -> None:
        if cursor.left:
            cursor.raw(None, key, label, note=note, reference=reference)

    return parse


def nothing(_cursor: Cursor) -> None:
    """A structure that shall be empty; what is in it is bytes too many."""


def several(*parsers: Parse) -> Parse:
    """A parser of parts, one behind the other."""

    def parse(cursor: Cursor) -> None:
        for part in parsers:
            part(cursor)

    return parse


def words(data: bytes) -> str:
    """Bytes that are meant to be text."""
    return data.decode("utf-8", "backslashreplace")


def readable(data: bytes) -> str:
    """Bytes that may be text: as it is where it is printable ASCII, else hex."""
    if data.isascii() and len(data) <= MAX_READABLE and (said := data.decode()).isprintable():
        return said
    return shown(data)


MAX_READABLE = 256
"""Bytes: names are shorter; what is longer is shown as hex, no more than the beginning of it."""


def protocol(data: bytes) -> str:
    """The name of an application protocol: text where it is printable ASCII (RFC 7301 section 6), else hex."""
    if len(data) == 2 and is_grease(int.from_bytes(data)):
        return f"GREASE 0x{data.hex().upper()}"
    if data.isascii() and (said := data.decode()).isprintable():
        return said
    return f"0x{data.hex()}"
