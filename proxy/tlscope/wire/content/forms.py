"""Forms: `name=value&name=value`, percent-encoded (application/x-www-form-urlencoded, WHATWG URL section 5).

read(body) -> Reading
pairs(data, at, end) -> each pair's places, for queries, too
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from tlscope.wire.content import charset, jwt
from tlscope.wire.content.hints import hint
from tlscope.wire.content.jsontree import Tree
from tlscope.wire.content.reading import TEXT, Kind, Reading, clipped, concluded, omitted, plural
from tlscope.wire.field import Field, malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.content.reading import Body

SHORT = 120
"""Characters of a value that its field's text shows."""
MAX_JSON = 1 << 20
"""Bytes of a value that are tried as JSON: a form is no place for more."""

_PAIR = re.compile(rb"[^&]++")
_BROKEN = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def read(body: Body) -> Reading:
    """A form."""
    data, found = body.data, charset.of(body.media, body.data)
    fields: list[Field] = []
    lines: list[str] = []
    size = count = left = 0
    problem = ""
    for start, end, equals in pairs(data):
        count += 1
        if body.room.fields < 3 or not all((body.room.take(), body.room.take(), body.room.take())):
            if not left:
                left = len(data) - start
                fields.append(omitted(start, left))
            continue
        name, value = (_part(data, *place, found.codec) for place in ((start, equals), (min(equals + 1, end), end)))
        fields.append(_pair(body, (start, end, equals), name, value))
        broken = _BROKEN.search(data, start, end)
        problem = problem or (f"at byte {broken.start()}: % without two hex digits" if broken else "")
        if size <= TEXT:
            lines.append(f"{name}: {value}" if value else f"{name}:")
            size += len(lines[-1])
    top = Field("urlencoded-form", "HTML Form URL Encoded", None, 0, len(data), "", "", "WHATWG URL section 5.1",
                tuple(fields))  # fmt: skip
    return Reading(Kind.FORM, f"form, {plural(count, 'field')}", clipped("\n".join(lines), left), top, problem,
                   "" if found.codec == "utf-8" else found.name)  # fmt: skip


def pairs(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Where each pair begins and ends, and where its first `=` is; at its end where there is none."""
    for match in _PAIR.finditer(data):
        equals = data.find(b"=", match.start(), match.end())
        yield match.start(), match.end(), match.end() if equals < 0 else equals


def _part(data: bytes, start: int, end: int, codec: str) -> str:
    part = data[start:end].replace(b"+", b" ")
    return (unquote_to_bytes(part) if b"%" in part else part).decode(codec, "replace")


def _pair(body: Body, place: tuple[int, int, int], name: str, value: str) -> Field:
    """The field of a pair: its name, its value, and what is within that."""
    start, end, equals = place
    first = min(equals + 1, end)
    children = [Field("urlencoded-form.key", "Key", name, start, equals - start, name[:SHORT])]
    if equals < end:
        inside = _within(body, value, first, raw=body.data[first:end])
        children.append(Field("urlencoded-form.value", "Value", value, first, end - first, value[:SHORT],
                              hint(value), "", inside))  # fmt: skip
    if (broken := _BROKEN.search(body.data, start, end)) is not None:
        within = children[0] if broken.start() < equals else children[-1]
        why = malformed(broken.start(), 1, "% without two hex digits")
        children[children.index(within)] = within._replace(children=(*within.children, why))
    return Field("urlencoded-form.pair", "Field", None, start, end - start, f"{name[:SHORT]}: {value[:SHORT]}", "", "",
                 tuple(children))  # fmt: skip


def _within(body: Body, value: str, at: int, raw: bytes) -> tuple[Field, ...]:
    """A token or JSON within a value; its places are its own only where nothing was escaped."""
    plain = value.encode("utf-8", "replace") == raw
    if (token := jwt.within(value, at, body.room)) is not None:
        return (token if plain else concluded(token, at),)
    if value[:1] in {"{", "["} and value[-1:] in {"}", "]"} and len(value) <= MAX_JSON and body.room.take():
        tree = Tree(value.encode("utf-8", "replace"), body.room)
        found = tree.value(0)
        if found is not None and not tree.problem:
            return (concluded(found, at),)
    return ()
