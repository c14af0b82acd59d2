"""Bytes and strings of strangers, as text that is safe to print.

What a peer sends may hold escape sequences that drive a terminal, marks that turn the reading order around, and
characters that cannot be seen. None of them is ever printed: `visible` shows each as the escape that Python would write
for it, and leaves all other characters alone. A backslash is one of these, so the result is for reading; the JSON views
carry the exact text.
"""

from __future__ import annotations

import codecs
import unicodedata
from typing import TYPE_CHECKING

from tlscope.export.text import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

HEX_WIDTH = 16
"""Bytes in a line of a hex dump."""

_ASCII = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    """`text` in one line, with every character that is not plainly visible as an escape.

    That is all of Unicode's categories Other and Separator but the space (str.isprintable): C0 and C1 controls, DEL,
    bidi marks and isolates, other invisible format characters, line and paragraph separators, lone surrogates, private
    and unassigned code points, and spaces that look like others.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def lines_of(data: bytes) -> list[str] | None:
    r"""`data` as visible lines, where it is text; None where it is not.

    Relayed bytes are cut anywhere: up to three bytes at either end that are part of a character are shown as `\x..`.
    A line ends with LF or CR LF, which are not shown; any other control character is.
    """
    start = next((i for i, byte in enumerate(data[:4]) if byte & 0xC0 != 0x80), 0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(data[start:])
    except UnicodeDecodeError:
        return None
    rest = decoder.getstate()[0]
    if text_of(text.encode()) is None or (not text and data):
        return None
    lines = [visible(line.removesuffix("\r")) for line in text.split("\n")]
    lines[0] = _raw(data[:start]) + lines[0]
    lines[-1] += _raw(rest)
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines


def hex_lines(data: bytes, start: int = 0) -> Iterator[str]:
    """A hex dump: offset, where `start` is that of the first byte; sixteen bytes, and what of them is ASCII."""
    digits, plain = data.hex(" "), data.translate(_ASCII).decode("ascii")
    for at in range(0, len(data), HEX_WIDTH):
        left, right = digits[3 * at : 3 * at + 23], digits[3 * at + 24 : 3 * at + 47]
        yield f"{start + at:08x}  {left:<23}  {right:<23}  |{plain[at : at + HEX_WIDTH]}|"


def excerpt(data: bytes, width: int, total: int) -> str:
    """The beginning of `total` bytes, of which `data` are the first, in about `width` columns: quoted text, or hex."""
    try:
        text = text_of(codecs.getincrementaldecoder("utf-8")().decode(data[: width * 4]).encode())
    except UnicodeDecodeError:
        text = None
    if text is None or (data and not text):
        start = data[: max(width // 3, 1)]
        return start.hex(" ") + (" …" if len(start) < total else "")
    whole = visible(text)
    shown = fit(whole, width)
    return f'"{shown}"' + ("…" if shown != whole or len(text.encode()) < total else "")


def size(count: int) -> str:
    """A number of bytes for people: `517 B`, `16.0 KiB`, `1.5 GiB`; cut off, not rounded."""
    if abs(count) < 1024:
        return f"{count} B"
    tenths, units = count * 10 // 1024, ["KiB", "MiB", "GiB", "TiB"]  # in integers: a damaged journal may claim any
    while tenths >= 10240 and len(units) > 1:
        tenths, units = tenths // 1024, units[1:]
    return f"{tenths // 10}.{tenths % 10} {units[0]}"


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes (Unicode annex 11; visible text only)."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in {"W", "F"}) for c in text)


def fit(text: str, width: int) -> str:
    """The longest beginning of `text` that takes at most `width` columns."""
    text = text[: max(width, 0)]
    while text and columns(text) > width:
        text = text[:-1]
    return text


def _escaped(char: str) -> str:
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _raw(data: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in data)
