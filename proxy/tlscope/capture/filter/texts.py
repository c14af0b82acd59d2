r"""What was written in a filter as text: with its escapes undone, or as a pattern for SQL's LIKE.

text_of(value), bytes_of(value)   what "a\"b" stands for
pattern_of(value)                 a regular expression
like(text), glob(text)            as it stands, or with `*` for anything
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from tlscope.capture.filter.grammar import FilterError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlscope.capture.filter.grammar import Value


def text_of(value: Value) -> str:
    """The text that was written; an escape may stand for a byte of UTF-8. Raises FilterError."""
    try:
        text = bytes_of(value).decode()
    except UnicodeDecodeError:
        raise FilterError(value.column, "this is no text in UTF-8", "only `body` is compared with bytes") from None
    if "\0" in text:
        raise FilterError(value.column, "a NUL character can only be searched for in `body`")
    return text


def bytes_of(value: Value) -> bytes:
    r"""The bytes that were written: `\n`, `\x00`, `\u00e9` in quotes stand for what they do in Python."""
    escapes = value.quoted and not value.raw
    try:
        if not escapes:
            return value.text.encode()
        return b"".join(_unescaped(value, found) for found in _PIECE.finditer(value.text))
    except UnicodeEncodeError:
        raise FilterError(value.column, "this is no text: it holds half of a character") from None


def pattern_of(value: Value) -> str:
    r"""A regular expression as written, for its backslashes are its own; `\"` is a quotation mark."""
    if value.quoted and not value.raw:
        return value.text.replace('\\"', '"')
    return value.text


def like(text: str) -> str:
    """`text` as it stands, for LIKE with ESCAPE."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def glob(text: str) -> str:
    """`text` with `*` for anything, for LIKE with ESCAPE."""
    return like(text).replace("*", "%")


def closest(text: str, known: Iterable[str]) -> str:
    """`did you mean ...?`, or nothing."""
    close = difflib.get_close_matches(text.lower(), [name.lower() for name in known], 1, 0.6)
    return f"did you mean {close[0]}?" if close else ""


_PIECE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)|[^\\]+", re.DOTALL)
_CONTROLS = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0"}


def _unescaped(value: Value, found: re.Match[str]) -> bytes:
    escape = found[1]
    if escape is None:
        return found[0].encode()
    if len(escape) > 1:
        return bytes.fromhex(escape[1:]) if escape[0] == "x" else chr(int(escape[1:], 16)).encode()
    if escape in _CONTROLS:
        return _CONTROLS[escape]
    if escape.isascii() and escape.isalnum():
        column = value.column + 1 + found.start()
        raise FilterError(column, f"there is no escape \\{escape}", 'write \\\\ for a backslash, or r"..."')
    return escape.encode()
