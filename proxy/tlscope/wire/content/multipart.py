"""Multipart bodies (RFC 2046 section 5.1): forms with files (RFC 7578), mixed, related, ranges (RFC 9110 section 14.6).

    read(body, describe) -> Reading

Each part has header fields and a body, which is described like any other, with what is left of the room. A part's
Content-Transfer-Encoding is undone first; its tree has no bytes of its own then.
"""

from __future__ import annotations

import binascii
import quopri
import re
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.content import mediatype
from tlscope.wire.content.reading import TEXT, Kind, Reading, clipped, concluded, line, moved, omitted, plural
from tlscope.wire.field import Field, malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tlscope.wire.content.describe import Content
    from tlscope.wire.content.reading import Body, Room

    Describe = Callable[[str, bytes, str, Room], Content]

MAX_BOUNDARY = 200
"""Characters of a boundary; RFC 2046 section 5.1.1 allows 70."""
MAX_HEADERS = 16 << 10
"""Bytes of a part's header: they hold a name and a type."""
KNOWN = frozenset({
    "content-description", "content-disposition", "content-encoding", "content-id", "content-language",
    "content-length", "content-transfer-encoding", "content-type",
})  # fmt: skip
"""Header fields that Wireshark has a name for."""

_GUESS = re.compile(rb"\A(?:\r?\n)*--([^\r\n]{1,200}?)[ \t]*\r?\n")
_HEADER = re.compile(rb"([^\r\n:]++):[ \t]*+((?:[^\r\n]|\r?\n[ \t])*+)(?:\r?\n|\Z)|([^\r\n]*+)(?:\r?\n|\r|\Z)")


class Part(NamedTuple):
    """Where one part lies."""

    delimiter: int
    """Where its boundary line begins."""
    start: int
    """Behind that line."""
    end: int
    """Before the line break that belongs to the next boundary."""
    closed: bool
    """Whether a boundary follows."""


def read(body: Body, describe: Describe) -> Reading:
    """All parts."""
    data, boundary, problem = body.data, body.media.parameters.get("boundary", "").encode("utf-8", "replace"), ""
    guess = _GUESS.match(data)
    if not boundary or len(boundary) > MAX_BOUNDARY:
        boundary = guess[1] if guess else b""
        problem = "no boundary in the media type" + (", taken from the body" if guess else "")
    elif guess and b"--" + boundary not in data:
        boundary, problem = guess[1], "the boundary of the media type is not in the body, which has another one"
    fields: list[Field] = []
    texts: list[str] = []
    count, size, at = 0, 0, 0
    for part in split(data, boundary) if boundary else ():
        if count == 0 and part.delimiter:
            fields.append(_bytes("mime_multipart.preamble", "Preamble", data, 0, part.delimiter))
        if part.start < 0:  # the last boundary
            fields.append(_bytes("mime_multipart.last_boundary", "Last boundary", data, part.delimiter, part.end))
            at = part.end
            break
        if not body.room.take():
            fields.append(omitted(part.delimiter, len(data) - part.delimiter))
            at = len(data)
            break
        count += 1
        field, text, wrong = _part(body, part, describe)
        fields.append(field)
        problem = problem or (f"part {count}: {wrong}" if wrong else "")
        if size <= TEXT:
            texts.append(text)
            size += len(text)
        at = part.end
        if not part.closed:
            problem = problem or "no last boundary: it ends early"
    if at < len(data) and (rest := data[at:]).strip():
        trailer = _bytes("mime_multipart.trailer", "Trailer", data, at, len(data))
        fields.append(trailer if count else malformed(at, len(rest), "no boundary is found"))
        problem = problem or ("" if count else "no boundary is found")
    tree = Field("mime_multipart", "MIME Multipart Media Encapsulation", None, 0, len(data), body.media.type, "",
                 "RFC 2046 section 5.1", tuple(fields))  # fmt: skip
    name = body.media.type.partition("/")[2] or "mixed"
    return Reading(
        Kind.MULTIPART, f"multipart {name}, {plural(count, 'part')}", clipped("\n\n".join(texts)), tree, problem
    )


def split(data: bytes, boundary: bytes) -> Iterator[Part]:
    """Each part, and the last boundary as one with a `start` of -1. A line of a boundary belongs to what follows."""
    line_ = re.compile(rb"(?:\A|(?<=\n))--" + re.escape(boundary) + rb"(--)?+[ \t]*+(?:\r?\n|\Z)")
    last: re.Match[bytes] | None = None
    for match in line_.finditer(data):
        if last is not None:
            yield Part(last.start(), last.end(), max(last.end(), _before(data, match.start())), closed=True)
        if match[1]:
            yield Part(match.start(), -1, match.end(), closed=True)
            return
        last = match
    if last is not None:
        yield Part(last.start(), last.end(), len(data), closed=False)


def _before(data: bytes, at: int) -> int:
    """Without the line break before `at`: it is the boundary's (RFC 2046 section 5.1.1)."""
    return at - 2 if data[at - 2 : at] == b"\r\n" else at - 1


def _bytes(key: str, label: str, data: bytes, start: int, end: int) -> Field:
    text = data[start : min(end, start + 200)].decode("utf-8", "replace").strip()
    return Field(key, label, data[start:end], start, end - start, text)


def _part(body: Body, part: Part, describe: Describe) -> tuple[Field, str, str]:
    """A part as a field, as text, and what is wrong with it."""
    data = body.data
    children = [_bytes("mime_multipart.boundary", "Boundary", data, part.delimiter, part.start)]
    headers, at, more = _headers(body, part)
    children += more
    kind = headers.get("content-type", "text/plain")  # RFC 2046 section 5.1
    disposition = mediatype.parse(headers.get("content-disposition", "")).parameters
    name, file = disposition.get("name", ""), mediatype.file_name(disposition)
    coding = headers.get("content-transfer-encoding", "").strip().lower()
    inner, problem = _undone(data[at : part.end], coding)
    if body.room.bodies <= 0:
        children.append(omitted(at, part.end - at, ", nested too deep"))
        summary, text = plural(len(inner), "byte"), "…"
    else:
        body.room.bodies -= 1
        content = describe(kind, inner, file, body.room)
        body.room.bodies += 1
        straight = coding in {"", "7bit", "8bit", "binary"}
        children.append(moved(content.tree, at) if straight else concluded(content.tree, at))
        summary, text, problem = content.summary, content.text, problem or content.problem
    said = f"{name}: " * bool(name) + f"{file}, " * bool(file) + summary
    head = "\n".join(f"{key}: {value}" for key, value in headers.items())
    field = Field("mime_multipart.part", "Encapsulated multipart part", name or None, part.delimiter,
                  part.end - part.delimiter, line(said, 200), "", "", tuple(children))  # fmt: skip
    return field, f"--- {said}\n{head}\n\n{text}", problem


def _headers(body: Body, part: Part) -> tuple[dict[str, str], int, list[Field]]:
    """A part's header fields by their names in lower case, where its body begins, and the fields."""
    found: dict[str, str] = {}
    fields: list[Field] = []
    at, end = part.start, min(part.end, part.start + MAX_HEADERS)
    while at < end:
        match = _HEADER.match(body.data, at, end)
        if match is None or match.end() == at:
            break
        start, at = at, match.end()
        if match[1] is None:
            if not match[3]:
                break  # the empty line
            fields.append(malformed(start, at - start, "no header field"))
            continue
        name = match[1].decode("latin-1").strip()
        value = " ".join(match[2].decode("utf-8", "replace").split())
        key = name.lower()
        found.setdefault(key, value)
        if body.room.take():
            fields.append(Field(f"mime_multipart.header{'.' + key if key in KNOWN else ''}", "Header", value, start,
                                at - start, f"{name}: {value}"))  # fmt: skip
    return found, at, fields


def _undone(data: bytes, coding: str) -> tuple[bytes, str]:
    """A body without its Content-Transfer-Encoding (RFC 2045 section 6)."""
    if coding == "base64":
        try:
            return binascii.a2b_base64(data), ""
        except binascii.Error as error:
            return data, f"base64: {error}"
    if coding == "quoted-printable":
        return quopri.decodestring(data), ""
    return data, "" if coding in {"", "7bit", "8bit", "binary"} else f"unknown transfer encoding {line(coding)!r}"
