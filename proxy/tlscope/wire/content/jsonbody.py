"""Bodies of JSON: one text, lines of them, sequences; pretty for people, and what dialect they speak.

NDJSON and JSON Lines (one text a line), JSON text sequences (RFC 7464), texts that simply follow each other, and texts
behind a guard against script inclusion (`)]}',`) all come here.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from tlscope.wire.content import charset, jwt
from tlscope.wire.content.jsontree import STRING, Tree
from tlscope.wire.content.reading import LEVELS, TEXT, Kind, Reading, clipped, line, omitted, plural
from tlscope.wire.field import Field

if TYPE_CHECKING:
    from collections.abc import Iterator
    from mmap import mmap

    from tlscope.wire.content.reading import Body

SEQUENCES = frozenset({
    "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl", "application/jsonlines",
    "application/x-jsonlines", "application/json-seq", "application/stream+json", "text/x-ndjson",
})  # fmt: skip
"""Types whose bodies are many texts."""
NAMES = {"json.object": "object", "json.array": "array", "json.value.string": "string", "json.value.number": "number"}
PIECE = 1 << 16
"""Bytes of a token that are looked at, at once: a string may be all of a body."""
SEPARATOR = b"\x1e"
"""Begins each text of a sequence (RFC 7464 section 2.2)."""

_GUARD = re.compile(rb"\)\]\}'?,?\r?\n|while ?\(1\);|for ?\(;;\);|/\*-secure-|\{\}&&\s*")
_TOKEN = re.compile(STRING + rb"|[\[\]{}:,\x1e]|\".*+|[^\s\[\]{}:,\"\x1e]++", re.DOTALL)
_OPERATION = re.compile(r"\s*(?:(query|mutation|subscription)\b\s*([A-Za-z_]\w*)?|fragment\s+\w+\s+on\b|(\{))")


def read(body: Body) -> Reading:
    """A body of JSON."""
    data, found = body.data, charset.of(body.media, body.data)
    if not found.ascii:
        return _recoded(body, found)
    tree = Tree(data, body.room, jwt.within)
    texts, start = _texts(tree, data, found.mark)
    fields = [field for field in texts if field.key.startswith("json.")]
    many = len(fields) != 1 or body.media.type in SEQUENCES
    if start > found.mark:
        texts.insert(0, Field("json.ignored_leading_bytes", "Ignored leading bytes", data[found.mark : start],
                              found.mark, start - found.mark, data[found.mark : start].decode("utf-8", "replace"),
                              "A guard: a page that includes this as a script runs into it."))  # fmt: skip
    problem = tree.problem
    if many and body.media.type not in SEQUENCES and len(fields) > 1 and SEPARATOR not in data[:1]:
        problem = problem or f"{len(fields):,} JSON texts where one belongs"
    if found.codec != "utf-8" and not data.isascii():
        problem = problem or f"{found.name}, where JSON is UTF-8 (RFC 8259 section 8.1)"
    if not fields:
        problem = problem or "no JSON at all"
    top = Field("json", "JavaScript Object Notation", None, 0, len(data), "", _note(fields), "RFC 8259", tuple(texts))
    name = "JSON, " + plural(len(fields), "text") if many else _summary(fields[0], tree.count)
    dialect = "" if many else _dialect(fields[0])
    return Reading(Kind.JSON, name + (f", {dialect}" if dialect else ""), pretty(data[found.mark :]), top, problem,
                   "" if found.name == "utf-8" else found.name)  # fmt: skip


def _recoded(body: Body, found: charset.Charset) -> Reading:
    """JSON in UTF-16 or 32, which RFC 8259 section 8.1 no longer allows: its text, without fields."""
    text, more = charset.text(body.data, found)
    recoded = text.encode("utf-8", "replace")
    tree = Tree(recoded, body.room)
    value = tree.value(0)
    summary = _summary(value, tree.count) if value else "JSON"
    top = Field("json", "JavaScript Object Notation", None, 0, len(body.data), "", "", "RFC 8259",
                (omitted(0, len(body.data), f" of {found.name}"),))  # fmt: skip
    problem = f"{found.name}, where JSON is UTF-8 (RFC 8259 section 8.1)"
    return Reading(Kind.JSON, summary, clipped(pretty(recoded), more), top, problem, found.name)


def _texts(tree: Tree, data: bytes, at: int) -> tuple[list[Field], int]:
    """All values that follow each other, and where the first may begin."""
    guard = _GUARD.match(data, at)
    at = start = guard.end() if guard else at
    found: list[Field] = []
    while True:
        at = tree.rest(at)
        while data[at : at + 1] == SEPARATOR:
            at = tree.rest(at + 1)
        if at >= len(data):
            return found, start
        if not tree.room.take():
            found.append(omitted(at, len(data) - at))
            return found, start
        value = tree.value(at)
        assert value is not None  # something is left that is no space
        found.append(value)
        at = value.end


def _summary(value: Field, count: int) -> str:
    kind = NAMES.get(value.key, value.text)
    if value.key == "json.object":
        return f"JSON object, {plural(count, 'key')}"
    if value.key == "json.array":
        return f"JSON array, {plural(count, 'item')}"
    return f"JSON {kind}"


def _note(fields: list[Field]) -> str:
    return "Several texts follow each other, each a value of its own." if len(fields) > 1 else ""


def _members(value: Field) -> dict[str, Field]:
    return {
        str(member.value): member.children[-1]
        for member in value.children
        if member.key == "json.member" and member.children
    }


def _dialect(value: Field) -> str:
    """What is spoken in JSON here, where that can be told by its names."""
    if value.key == "json.array" and value.children:  # a batch
        first = _dialect(value.children[0]) if value.children[0].key == "json.object" else ""
        return f"batch of {first}" if first else ""
    if value.key != "json.object":
        return ""
    members = _members(value)
    if "jsonrpc" in members:
        return _rpc(members)
    query = members.get("query")
    if query is not None and isinstance(query.value, str) and (match := _OPERATION.match(query.value)):
        return _graphql(match[1] or "query", match[2] or "", members)
    if "extensions" in members and "persistedQuery" in _members(members["extensions"]):
        return _graphql("persisted query", "", members)
    return ""


def _graphql(kind: str, name: str, members: dict[str, Field]) -> str:
    named = members.get("operationName")
    if named is not None and isinstance(named.value, str):
        name = named.value
    variables = len(_members(members["variables"])) if "variables" in members else 0
    return f"GraphQL {kind} {line(name)}".rstrip() + (f" with {plural(variables, 'variable')}" if variables else "")


def _rpc(members: dict[str, Field]) -> str:
    if "method" in members:
        kind = "request" if "id" in members else "notification"
        return f"JSON-RPC {kind} {line(str(members['method'].value))}"
    return "JSON-RPC error" if "error" in members else "JSON-RPC response"


def pretty(data: bytes) -> str:
    """One value a line, indented; tokens as they were written, also where they make no sense; TEXT at the most."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    made: list[str] = []
    size = 0
    for piece, end in laid_out(data):
        made.append(decoder.decode(piece))
        size += len(made[-1])
        if size > TEXT:
            return clipped("".join(made)[:TEXT], len(data) - end)
    return "".join(made) + decoder.decode(b"", final=True)


def laid_out(data: bytes | mmap) -> Iterator[tuple[bytes, int]]:
    """The same of any length, in pieces of PIECE bytes at the most, each with how far it has come in `data`."""
    begun = False
    level = 0
    last: bytes = b""
    for match in _TOKEN.finditer(data):
        start, end = match.span()
        token = data[start : min(start + PIECE, end)]
        if token == SEPARATOR:
            continue
        before = b""
        if token in {b"}", b"]"}:
            level = max(0, level - 1)
            before = b"" if last in {b"{", b"["} else _newline(level)
        elif last in {b"{", b"[", b","} or (level == 0 and begun and token not in {b",", b":"} and last != b":"):
            before = _newline(level)
        elif last == b":":
            before = b" "
        if token in {b"{", b"["}:
            level += 1
        yield before + token, start + len(token)
        for at in range(start + PIECE, end, PIECE):
            yield data[at : min(at + PIECE, end)], min(at + PIECE, end)
        begun, last = True, token


def _newline(level: int) -> bytes:
    return b"\n" + b"  " * min(level, LEVELS)
