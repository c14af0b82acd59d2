"""Where secrets lie in bytes of any kind, so that others can stand there: for what is too long to be read whole.

    for start, end in covered(b'... "password": "abc", ...'): ...

What redact.py takes out of a content whose kind and whole are known, this finds in the middle of anything, by what
stands right before it: the name of a header, a member, a parameter, an element, a field of a form. And it finds the few
that are known by their look. Where the bytes were cut makes a difference only for what lies within LONGEST of there:
who looks at a part reads so much more on both sides of it. It rather covers too much than too little.

Names are found by how they end (STEMS), as bytes are found by the hundred megabytes in a second, and only what stands
around one is looked at. The time is linear: a value is read once for each stem at the most.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tlscope.export import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 16 << 10
"""Bytes of a secret with its name: most servers refuse longer heads, in which tokens come. Of what is longer, the
beginning is found."""
MAX_NAME = 64
"""Bytes of a name."""
NAMES = 4096
"""Names whose meaning is remembered; peers choose them."""
STEMS = (
    b"token", b"secret", b"password", b"passwd", b"passphrase", b"pass", b"pwd", b"authorization", b"signature",
    b"assertion", b"session", b"sessionid", b"sessid", b"key", b"auth", b"code", b"codeverifier", b"cookie", b"cookie2",
    b"credential", b"credentials", b"jwt", b"otp", b"pin", b"sas", b"sess", b"sid", b"sig", b"samlresponse", b"ticket",
    b"authentication-info", b"dpop",
)  # fmt: skip
"""How all names end that redact.py knows, however their words are joined."""
VAGUE = frozenset({
    b"auth", b"code", b"cookie", b"key", b"otp", b"pass", b"pin", b"sas", b"sess", b"session", b"sid", b"sig",
    b"ticket",
})  # fmt: skip
"""Words that stand before a colon in prose and programs, too: there they must stand in quotes to be names."""

_CHARS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$-"
"""Of names."""
_SIGN = re.compile(rb"""(\\{0,8}["'])?[ \t\r\n]{0,8}+([:=])[ \t\r\n]{0,8}+""")
_VALUE = re.compile(
    rb"""\\{1,8}"([^"\\\r\n]++)|"([^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+)|'([^'\r\n]*+)|([^\s&;,"'<>\\{}\[\]()]++)"""
)
_LINE, _QUOTED = re.compile(rb"([^\r\n]++)"), re.compile(rb"""([^\r\n"']++)""")
_ELEMENT = re.compile(rb"(?:\s[^<>]{0,1000}+)?>([^<]++)")
_TAG = re.compile(rb"(?:input|meta)\b[^<>]{0,1000}+", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""(?<![\w:.-])([\w:.-]++)=(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>]++))""")
_WEB_TOKEN = re.compile(rb"eyJ[\w-]++(?:(\.[\w-]++\.)[\w-]*+)?")
_LOOKS = tuple((begin.encode(), re.compile(look.pattern.encode())) for begin, look in redact.LOOKS if begin != "eyJ")


def covered(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each secret, in no order; some may lie in others."""
    low = data.lower()
    for stem in STEMS:
        behind = 0
        for at in _all(low, stem):
            if at >= behind and (span := _named(data, at + len(stem))) is not None:
                behind = span[1]
                yield span
    for kind in (b"<input", b"<meta"):
        for at in _all(low, kind):
            yield from _in_tag(data, at + 1)
    yield from _by_look(data)


def _by_look(data: bytes) -> Iterator[tuple[int, int]]:
    behind = 0
    for at in _all(data, b"eyJ"):
        # What begins within a run of the same characters ends where that ends: none is read twice.
        if at >= behind and (found := _WEB_TOKEN.match(data, at)) is not None:
            behind = found.end()
            if found[1]:
                yield found.span()
    for begin, look in _LOOKS:
        if begin in data:
            for found in look.finditer(data):
                yield found.end(1), found.end()


def _all(data: bytes, piece: bytes) -> Iterator[int]:
    """Where a piece is."""
    at = data.find(piece)
    while at >= 0:
        yield at
        at = data.find(piece, at + 1)


def _named(data: bytes, end: int) -> tuple[int, int] | None:
    """The value of the name that ends here, if that is a secret's."""
    before = data[max(end - MAX_NAME - 1, 0) : end]
    name = before[len(before.rstrip(_CHARS)) :]
    start = end - len(name)
    if len(name) > MAX_NAME or not _is_secret(name):
        return None
    if (opened := data[start - 1 : start]) == b"<" or (
        opened == b":" and b"<" in data[max(start - MAX_NAME, 0) : start]
    ):
        found = _ELEMENT.match(data, end)
    elif (sign := _SIGN.match(data, end)) is None:
        return None
    elif sign[1] or sign[2] == b"=":
        found = _VALUE.match(data, sign.end())
    elif name.lower() in VAGUE - {b"cookie"}:
        return None
    else:
        # A field line goes to its end; quoted somewhere, what has several words goes to the end of the quote.
        at_line = not start or opened == b"\n"
        long = name.lower().endswith((b"authorization", b"cookie", b"cookie2"))
        found = (_LINE if at_line else _QUOTED if long else _VALUE).match(data, sign.end())
    return None if found is None else found.span(found.lastindex or 0)


def _in_tag(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """The value of a field for a secret (HTML section 4.10.5)."""
    if (tag := _TAG.match(data, at)) is None:
        return
    attributes = {found[1].lower(): found for found in _ATTRIBUTE.finditer(data, *tag.span())}
    text = {name: found[found.lastindex or 0] for name, found in attributes.items()}
    if text.get(b"type", b"").lower() == b"password" or _is_secret(text.get(b"name", b"")):
        for name in attributes.keys() & {b"value", b"content"}:
            yield attributes[name].span(attributes[name].lastindex or 0)


@lru_cache(NAMES)
def _is_secret(name: bytes) -> bool:
    """Whether it is a secret's, be it a header's."""
    text = name.decode("latin-1")
    return redact.is_secret(text) or redact.header(text, "a=b") != "a=b"
