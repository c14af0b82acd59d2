"""Bytes of strangers: whether they are text."""

from __future__ import annotations

TEXT_RATIO = 0.9
"""The share of characters that must be printable, or end a line, for bytes in UTF-8 to be shown as text."""
_LINES = frozenset("\n\r\t")


def text_of(data: bytes) -> str | None:
    """`data` as text, where it is text: UTF-8 throughout, and nearly all of it printable."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    plain = len(text) if text.isprintable() else sum(c.isprintable() or c in _LINES for c in text)
    return text if plain >= TEXT_RATIO * len(text) else None
