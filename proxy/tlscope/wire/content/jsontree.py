"""JSON as a tree of fields that know their bytes (RFC 8259), tolerant of what is no JSON.

    Tree(data, room).value(at, level) -> Field | None

A library's parser gives values, not places, and stops at the first fault. This one goes on: a token that does not
belong becomes a Malformed field, and what follows is read. Numbers stay as they are written: 1.10 is not 1.1, and
2**64 is not a float. Time is linear: where there is no room for more fields, or no more levels, one regular expression
runs to the end of the container and counts what it holds, once.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tlscope.wire.content.hints import hint
from tlscope.wire.content.reading import LEVELS, Room, concluded, omitted, plural
from tlscope.wire.field import MALFORMED, Field, malformed

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = 120
"""Characters of a value that its field's text shows; the value itself is whole."""

STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
NUMBER = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_SPACE = re.compile(rb"[ \t\r\n]*+")
_TOKEN = re.compile(
    rb"[ \t\r\n]*+(?:(?P<string>" + STRING + rb")|(?P<number>" + NUMBER + rb")(?![^\s,:\[\]{}\"])"
    rb"|(?P<word>(?:true|false|null|NaN|-?Infinity)(?![^\s,:\[\]{}\"]))|(?P<mark>[\[\]{}:,])"
    rb"|(?P<open>\".*+)|(?P<junk>[^\s,:\[\]{}\"]++|[^ \t\r\n]))",
    re.DOTALL,
)
_NAME = re.compile(rb"[ \t\r\n]*+(" + STRING + rb")[ \t\r\n]*+:")
_PLAIN = rb"[^\"\[\]{}]++|" + STRING
_SHALLOW = rb"[\[{](?:" + _PLAIN + rb"|[\[{](?:" + _PLAIN + rb"|[\[{](?:" + _PLAIN + rb")*+[\]}])*+[\]}])*+[\]}]"
"""A container with at most two levels within it, skipped at a stroke; where it is deeper, three scans are in vain."""
_SKIP = re.compile(_SHALLOW + rb"|" + STRING + rb"|[\[\]{},]|\".*+", re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x1f]")

WORDS: dict[bytes, tuple[str, str, bool | None]] = {
    b"true": ("json.value.true", "True value", True),
    b"false": ("json.value.false", "False value", False),
    b"null": ("json.value.null", "Null value", None),
    b"NaN": ("json.value.nan", "NaN value", None),
    b"Infinity": ("json.value.nan", "NaN value", None),
    b"-Infinity": ("json.value.nan", "NaN value", None),
}
DUPLICATE = "This name stands twice in its object: receivers differ in which one they believe."
NO_JSON = "JSON has no such number; some programs write it all the same."
CONTROL = "Control characters must be escaped in JSON; this one holds them as they are."


class Tree:
    """Reads values out of `data`; `count` tells of the last container how much was in it."""

    def __init__(self, data: bytes, room: Room, within: Callable[[str, int, Room], Field | None] | None = None) -> None:
        self.data, self.room, self.end = data, room, len(data)
        self.within = within
        """Sees each string with its first byte's offset, and gives the tree of what is within it, if anything."""
        self.count = 0
        """Members or items of the container read last, also of those without a field."""
        self.problem = ""
        """The first thing that is wrong."""

    def value(self, at: int, level: int = 0) -> Field | None:
        """The value at `at`, spaces before it skipped; None where nothing but spaces is left."""
        match = _TOKEN.match(self.data, at, self.end)
        if match is None:
            return None
        start, kind = match.start(match.lastgroup or 0), match.lastgroup
        token = match[kind or 0]
        if kind == "string":
            return self._string(start, token)
        if kind == "number":
            return Field("json.value.number", "Number value", token.decode(), start, len(token), token[:SHORT].decode())
        if kind == "word":
            key, label, value = WORDS[token]
            note = NO_JSON if key == "json.value.nan" else ""
            return Field(key, label, value, start, len(token), token.decode(), note)
        if token == b"{":
            return self._container(start, level, "json.object", "Object", self._members)
        if token == b"[":
            return self._container(start, level, "json.array", "Array", self._items)
        why = "a string that does not end" if kind == "open" else f"{_quoted(token)} where a value belongs"
        return self._wrong(start, len(token), why)

    def rest(self, at: int) -> int:
        """Where the next token begins; the end where there is none."""
        match = _SPACE.match(self.data, at, self.end)
        return match.end() if match else at

    def _wrong(self, start: int, length: int, why: str) -> Field:
        self.problem = self.problem or f"at byte {start}: {why}"
        return malformed(start, length, why)

    def _string(self, start: int, token: bytes) -> Field:
        text = unescaped(token)
        note = CONTROL if _CONTROL.search(token) else hint(text)
        children: tuple[Field, ...] = ()
        if self.within is not None and (found := self.within(text, start + 1, self.room)) is not None:
            plain = len(text) == len(token) - 2  # no escapes: the places are right
            children = (found if plain else concluded(found, start),)
        return Field("json.value.string", "String value", text, start, len(token), _short(text), note, "", children)

    def _container(
        self, start: int, level: int, key: str, label: str, fill: Callable[[int, int, list[Field]], tuple[int, int]]
    ) -> Field:
        fields: list[Field] = []
        if level >= LEVELS:
            end, count = self._skip(start + 1)
            fields.append(omitted(start + 1, end - start - 1, f", nested deeper than {LEVELS}"))
        else:
            end, count = fill(start + 1, level + 1, fields)
        self.count = count
        said = plural(count, "item") if key == "json.array" else plural(count, "member")
        return Field(key, label, None, start, end - start, said, "", "", tuple(fields))

    def _skip(self, at: int) -> tuple[int, int]:
        """Behind the end of the container that `at` lies in, and how many commas of its own were before that."""
        depth = commas = 0
        content = self.rest(at)
        for match in _SKIP.finditer(self.data, at, self.end):
            mark = match[0]
            if mark == b",":
                commas += depth == 0
            elif mark in {b"[", b"{"}:
                depth += 1
            elif mark in {b"]", b"}"}:
                depth -= 1
                if depth < 0:
                    return match.end(), commas + (match.start() > content)
        return self.end, commas + (self.end > content)

    def _full(self, at: int, fields: list[Field]) -> tuple[int, int]:
        """There is no room: one field for the rest of the container; its end and how many were left."""
        end, left = self._skip(at)
        if end > at:
            fields.append(omitted(at, end - at))
        return end, left

    def _separator(self, at: int, closing: bytes, fields: list[Field], *, first: bool) -> tuple[int, bool]:
        """To where the next item begins, past its comma; or past the end of the container, and whether that was it."""
        comma = first
        while (match := _TOKEN.match(self.data, at, self.end)) is not None:
            token, start = match[match.lastgroup or 0], match.start(match.lastgroup or 0)
            if token == closing:
                if comma and not first:
                    fields.append(self._wrong(start, 0, "a comma and nothing behind it"))
                return match.end(), True
            if token in {b"]", b"}"}:
                fields.append(self._wrong(start, 1, f"{token.decode()} where {closing.decode()} belongs"))
                return match.end(), True
            if token != b",":
                if not comma and self.room.take():
                    fields.append(self._wrong(start, 0, "a comma is missing"))
                return start, False
            if comma:
                if not self.room.take():
                    return start, False
                fields.append(self._wrong(start, 1, "a comma too many"))
            comma, at = True, match.end()
        fields.append(self._wrong(self.end, 0, f"{'array' if closing == b']' else 'object'} ends early"))
        return self.end, True

    def _items(self, at: int, level: int, fields: list[Field]) -> tuple[int, int]:
        count = 0
        while True:
            at, done = self._separator(at, b"]", fields, first=count == 0)
            if done:
                return at, count
            if not self.room.take():
                end, left = self._full(at, fields)
                return end, count + left
            item = self.value(at, level)
            assert item is not None  # the separator has seen a token here
            fields.append(item)
            at, count = item.end, count + 1

    def _members(self, at: int, level: int, fields: list[Field]) -> tuple[int, int]:
        count, names = 0, set[str]()
        while True:
            at, done = self._separator(at, b"}", fields, first=count == 0)
            if done:
                return at, count
            if not (self.room.take() and self.room.take()):
                end, left = self._full(at, fields)
                return end, count + left
            member = self._member(at, level, names)
            fields.append(member)
            at, count = member.end, count + 1

    def _member(self, at: int, level: int, names: set[str]) -> Field:
        match = _NAME.match(self.data, at, self.end)
        value = self.value(match.end(), level) if match else None
        if match is None or value is None or value.key == MALFORMED:
            return self._odd_member(at, level)
        token, start = match[1], match.start(1)
        name = unescaped(token)
        said = f"{name[:SHORT]}: {value.text}"
        if name in names:
            self.problem = self.problem or f"at byte {start}: the name {_quoted(token)} stands twice"
            return Field("json.member", "Member", name, start, value.end - start, said, DUPLICATE,
                         "RFC 8259 section 4", (value,))  # fmt: skip
        names.add(name)
        return Field("json.member", "Member", name, start, value.end - start, said, "", "", (value,))

    def _odd_member(self, at: int, level: int) -> Field:
        """A member that is not as it should be: each fault where it is, and the value where there is one."""
        match = _TOKEN.match(self.data, at, self.end)
        assert match is not None  # as in _items
        kind, start = match.lastgroup or "", match.start(match.lastgroup or 0)
        token = match[kind]
        if kind not in {"string", "junk", "word", "number"}:
            why = "a string that does not end" if kind == "open" else f"{_quoted(token)} where a name belongs"
            return self._wrong(start, len(token), why)
        name = unescaped(token) if kind == "string" else token.decode("utf-8", "replace")
        fields = [] if kind == "string" else [self._wrong(start, len(token), "a name without quotes")]
        colon = _TOKEN.match(self.data, match.end(), self.end)
        if colon is None or colon["mark"] != b":":
            return self._wrong(start, len(token), f"the name {_quoted(token)} without a value")
        follows = _TOKEN.match(self.data, colon.end(), self.end)
        value = None if follows and follows["mark"] in {b",", b"}", b"]"} else self.value(colon.end(), level)
        if value is None:
            fields.append(self._wrong(colon.end(), 0, "a value is missing"))
        else:
            fields.append(value)
        return Field("json.member", "Member", name, start, fields[-1].end - start, f"{name[:SHORT]}: {fields[-1].text}",
                     "", "", tuple(fields))  # fmt: skip


def unescaped(token: bytes) -> str:
    """A string's text without its quotes and escapes; as it stands where they are wrong."""
    inner = token[1:-1]
    if b"\\" not in inner:
        return inner.decode("utf-8", "replace")
    try:
        text: str = json.loads(token.decode("utf-8", "replace"), strict=False)
    except ValueError:
        return inner.decode("utf-8", "replace")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")  # halves of pairs are no text


def _short(text: str) -> str:
    return f'"{text}"' if len(text) <= SHORT else f'"{text[:SHORT]}"…'


def _quoted(token: bytes) -> str:
    return token[:20].decode("utf-8", "replace") + ("…" if len(token) > 20 else "")
