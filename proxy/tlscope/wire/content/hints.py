"""What a value within a body may be besides a string: base64, URL-encoded text. Guesses, and said to be.

    hint(text) -> "Base64 of 1,234 bytes that look like image/png."

Most strings are none of these, and leave at the first look.
"""

from __future__ import annotations

import binascii
import re
from urllib.parse import unquote_to_bytes

from tlscope.wire.content.reading import line
from tlscope.wire.content.sniff import sniff

SHORTEST = 16
"""Characters below which a word is only a word."""
SAMPLE = 256
"""Characters that are looked at; a multiple of four, so that base64 can be cut there."""

_BASE64 = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?|(?:[A-Za-z0-9_-]{4})*[A-Za-z0-9_-]{0,3}={0,2}"
)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_DATA = re.compile(r"data:([a-zA-Z0-9.+-]+/[a-zA-Z0-9.+-]+)?((?:;[^,;]{0,80}){0,4}),")


def hint(text: str) -> str:
    """A sentence on what a string may be; empty for most."""
    if len(text) < SHORTEST:
        return ""
    start = text[:SAMPLE]
    if start.startswith("data:") and (match := _DATA.match(start)):
        return f"A data: URL of {match[1] or 'text/plain'}{', base64' if ';base64' in match[2] else ''} (RFC 2397)."
    if " " not in start and _BASE64.fullmatch(start):
        return _base64(start, len(text))
    if "%" in start and len(_PERCENT.findall(start)) >= 2:
        plain = unquote_to_bytes(start).decode("utf-8", "replace")
        if "\N{REPLACEMENT CHARACTER}" not in plain[:-1]:
            return f"URL-encoded: {line(plain)}"
    return ""


def _base64(start: str, length: int) -> str:
    """Whether it decodes to something known or to text: letters alone would make any long word base64."""
    if start.isdigit() or start.isalpha():
        return ""
    try:
        data = binascii.a2b_base64(start.replace("-", "+").replace("_", "/") + "=" * (-len(start) % 4))
    except binascii.Error:
        return ""
    size = length * 3 // 4 - start.count("=")
    if (found := sniff(data)) and len(data) > 8:
        return f"Base64 of {size:,} bytes that look like {found}."
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return f"Base64 of text: {line(text)}" if text.isprintable() or text.replace("\n", "").isprintable() else ""
