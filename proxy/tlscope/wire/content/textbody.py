"""Text that is only text, and bytes that are not even that: as lines, or as a hex dump. Nothing is ever lost.

Control characters and directions (bidi) stay in the text: whoever shows it escapes them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tlscope.wire.content import charset
from tlscope.wire.content.reading import Kind, Reading, clipped, omitted, plural
from tlscope.wire.field import Field, shown

if TYPE_CHECKING:
    from tlscope.wire.content.mediatype import MediaType
    from tlscope.wire.content.reading import Body

LINE = 200
"""Characters of a line that its field's text shows."""
DUMPED = 16 << 10
"""Bytes in a hex dump: a thousand lines."""
SAMPLE = 4096
"""Bytes by which it is judged whether a body is text."""
_LINE = re.compile(rb"[^\n]*+\n?")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
BIDI = "Holds characters that change the direction of writing: it may not read as it is run (CVE-2021-42574)."

NAMES = {Kind.CSS: "CSS", Kind.JAVASCRIPT: "JavaScript", Kind.TEXT: "text"}


def read(body: Body, kind: Kind = Kind.TEXT, name: str = "") -> Reading:
    """Text, a field a line."""
    data, found = body.data, charset.of(body.media, body.data)
    text, more = charset.text(data, found)
    fields: list[Field] = []
    count = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    if not found.ascii:
        count = text.count("\n") + 1
        fields.append(Field("data.text", "Text", text, 0, len(data), text[:LINE]))
    else:
        fields += _lines(body, found)
    name = name or NAMES[kind]
    note = BIDI if _BIDI.search(text) else ""
    top = Field("data-text-lines", "Line-based text data", None, 0, len(data), plural(count, "line"), note, "",
                tuple(fields))  # fmt: skip
    return Reading(kind, f"{name}, {plural(count, 'line')}", clipped(text, more), top, found.problem, found.name)


def _lines(body: Body, found: charset.Charset) -> list[Field]:
    fields: list[Field] = []
    for match in _LINE.finditer(body.data, found.mark):
        start, end = match.span()
        if start == end:
            break
        if not body.room.take():
            fields.append(omitted(start, len(body.data) - start))
            break
        line = match[0].rstrip(b"\r\n").decode(found.codec, "replace")
        fields.append(Field("data.text", "Text", line, start, end - start, line[:LINE]))
    return fields


def binary(body: Body, kind: Kind = Kind.BINARY, summary: str = "", problem: str = "") -> Reading:
    """What is no text: its hex."""
    data = body.data
    top = Field("data", "Data", None, 0, len(data), f"{len(data):,} bytes", "", "",
                (Field("data.data", "Data", data, 0, len(data), shown(data)),) if data else ())  # fmt: skip
    return Reading(kind, summary or f"binary, {plural(len(data), 'byte')}", dump(data), top, problem)


def dump(data: bytes, limit: int = DUMPED) -> str:
    """Bytes as `offset  hex  |ASCII|`, as `hexdump -C` has it."""
    lines = []
    for at in range(0, min(len(data), limit), 16):
        row = data[at : at + 16]
        ascii_ = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        lines.append(f"{at:08x}  {row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}  |{ascii_}|")
    return clipped("\n".join(lines), max(0, len(data) - limit))


def is_binary(media: MediaType, data: bytes) -> bool:
    """Whether what is called text is none: too many of its bytes are controls, in a charset that has them as ASCII."""
    start = data[:SAMPLE]
    return len(_CONTROLS.findall(start)) * CONTROLS > len(start) and charset.of(media, data).ascii


_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
"""What no text has, but for a few; ESC may be a terminal's, or of ISO-2022."""
CONTROLS = 20
"""One byte in so many: of bytes by chance it is one in nine."""


def is_text(data: bytes) -> bool:
    """Whether a body reads as text: a byte order mark, or UTF-8 without controls that no text has."""
    if any(data.startswith(mark) for mark, _ in charset.BOMS):
        return True
    start = data[:SAMPLE]
    if _CONTROLS.search(start):
        return False
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(start) - 3 > 0 and len(start) == SAMPLE
    return True
