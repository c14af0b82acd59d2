"""A frame of HTTP/2 as a tree of fields, as Wireshark calls them (`http2.*`).

    frame_tree(data) -> Field                  one frame, or the client's preface
    frame_tree(data, table)                    with the HPACK table of its direction as it is before this frame

Without a table a header block is read as far as it stands for itself: literals and the static table. What refers to
the dynamic table is shown with its index. CONTINUATION, and HEADERS without END_HEADERS, may be cut within a header;
then the rest of a piece is shown as malformed, and only the whole block (http2.Http2) tells what it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.field import Cursor, Field, malformed
from tlscope.wire.http.exchange import text_of
from tlscope.wire.http.hpack import INDEXED, UPDATE, Broken, HeaderTable, Representation, representations
from tlscope.wire.http.http2_frame import (
    ACK,
    PADDED,
    PREFACE,
    PRIORITY_FLAG,
    STREAM,
    ErrorCode,
    FrameType,
    Setting,
    flag_names,
    setting_name,
    type_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_HEADERS = 4096
"""Headers shown: a frame of 16 MiB could hold as many in single bytes."""

NOTES = {
    0x00: ("Content of a request or a response.", "RFC 9113 section 6.1"),
    0x01: ("Opens a stream, or answers on it: the header fields, compressed.", "RFC 9113 section 6.2"),
    0x02: ("Says how urgent a stream is; deprecated, and mostly ignored.", "RFC 9113 section 6.3"),
    0x03: ("Gives up a stream at once.", "RFC 9113 section 6.4"),
    0x04: ("What this side asks of the other.", "RFC 9113 section 6.5"),
    0x05: ("The server announces a response that nobody asked for.", "RFC 9113 section 6.6"),
    0x06: ("Are you there? The other side sends the same bytes back.", "RFC 9113 section 6.7"),
    0x07: ("No more streams: this side ends the connection in good order.", "RFC 9113 section 6.8"),
    0x08: ("The other side may send this many bytes more.", "RFC 9113 section 6.9"),
    0x09: ("More of the header block before it.", "RFC 9113 section 6.10"),
    0x0A: ("The same site at another address or over another protocol.", "RFC 7838 section 4"),
    0x0C: ("For which sites this server speaks.", "RFC 8336 section 2"),
    0x10: ("How urgent a response is, as the client sees it now.", "RFC 9218 section 7.1"),
}
"""What each type of frame is for."""
SETTING_NOTES = {
    0x01: "Bytes that the other side's header compression may remember.",
    0x02: "Whether the server may push.",
    0x03: "Streams that the other side may have open at a time.",
    0x04: "Bytes that the other side may send on a new stream before it must wait.",
    0x05: "The longest payload of a frame that this side takes.",
    0x06: "Bytes of headers that this side takes.",
    0x08: "Whether CONNECT may ask for another protocol, for instance WebSocket.",
    0x09: "This side does not look at the priorities of RFC 7540.",
}
SETTING_KEYS = {
    0x01: "http2.settings.header_table_size",
    0x02: "http2.settings.enable_push",
    0x03: "http2.settings.max_concurrent_streams",
    0x04: "http2.settings.initial_window_size",
    0x05: "http2.settings.max_frame_size",
    0x06: "http2.settings.max_header_list_size",
    0x08: "http2.settings.extended_connect",
}


def frame_tree(data: bytes, table: HeaderTable | None = None) -> Field:
    """One frame, with its header."""
    cursor = Cursor(data)
    if data[:4] == PREFACE[:4]:
        note = "What every client says first; to a server of HTTP/1 it is a request that it must refuse."
        text = "PRI * HTTP/2.0"
        cursor.raw(min(len(PREFACE), len(data)), "http2.magic", "Magic", text=text, note=note)
        if data[: len(PREFACE)] != PREFACE:
            cursor.add(malformed(cursor.at, 0, "this is not the whole preface"))
        return cursor.field("http2", "HyperText Transfer Protocol 2", reference="RFC 9113 section 3.4")
    cursor.guarded(lambda inside: _frame(inside, table))
    return cursor.field("http2", "HyperText Transfer Protocol 2", reference="RFC 9113 section 4.1")


def _frame(cursor: Cursor, table: HeaderTable | None) -> None:
    length = cursor.number(3, "http2.length", "Length", note="Of the payload, without these nine bytes.")
    kind = cursor.peek(1, "Type")
    note, reference = NOTES.get(kind, ("A type that is not known here; whoever does not know it ignores it.", ""))
    cursor.number(1, "http2.type", "Type", text=f"{type_name(kind)} ({kind})", note=note, reference=reference)
    flags = cursor.peek(1, "Flags")
    cursor.number(1, "http2.flags", "Flags", text=f"0x{flags:02x} {flag_names(kind, flags)}".rstrip())
    at, stream = cursor.at, cursor.peek(4, "Stream Identifier")
    note = "Which exchange this belongs to; 0 is the connection itself."
    cursor.pull(4, "Stream Identifier")
    number = stream & STREAM
    cursor.add(Field("http2.streamid", "Stream Identifier", number, at, 4, str(number), note, "RFC 9113 section 5.1.1"))
    missing = length - cursor.left
    inside = Cursor(cursor.data, cursor.at, min(cursor.end, cursor.at + length), cursor.depth + 1)
    inside.guarded(lambda payload: _payload(payload, kind, flags, length, table))
    for field in inside.fields:
        cursor.add(field)
    cursor.at = inside.end
    if missing > 0:
        cursor.add(malformed(cursor.at, 0, f"the payload is {length} bytes; {missing} of them are not there"))


def _payload(cursor: Cursor, kind: int, flags: int, length: int, table: HeaderTable | None) -> None:
    padding = 0
    if flags & PADDED and kind in {FrameType.DATA, FrameType.HEADERS, FrameType.PUSH_PROMISE}:
        padding = cursor.number(1, "http2.padding", "Pad Length", note="Bytes at the end that say nothing.")
    # of what is declared, not of what is there: a cut moves no boundary
    end = cursor.begin + max(length - padding, cursor.at - cursor.begin)
    body = Cursor(cursor.data, cursor.at, min(cursor.end, end), cursor.depth)
    if kind in {FrameType.HEADERS, FrameType.PUSH_PROMISE, FrameType.CONTINUATION}:
        body.guarded(lambda inside: _headers(inside, kind, flags, table))
    else:
        body.guarded(lambda inside: _PAYLOADS.get(kind, _unknown)(inside, flags))
    for field in body.fields:
        cursor.add(field)
    cursor.at = body.end
    if padding:
        if length < 1 + padding:
            cursor.add(malformed(cursor.at, 0, "padding that is longer than its frame"))
        if cursor.left:
            cursor.raw(None, "http2.data.padding", "Padding", note="Hides how long the content is.")


def _bits(cursor: Cursor, key: str, label: str, note: str = "") -> int:
    """31 bits behind a reserved one."""
    at = cursor.at
    value = int.from_bytes(cursor.pull(4, label)) & STREAM
    cursor.add(Field(key, label, value, at, 4, str(value), note))
    return value


def _data(cursor: Cursor, _flags: int) -> None:
    if cursor.left:
        cursor.raw(None, "http2.data.data", "Data")


def _unknown(cursor: Cursor, _flags: int) -> None:
    if cursor.left:
        cursor.raw(None, "http2.unknown", "Unknown")


def _priority(cursor: Cursor, _flags: int) -> None:
    at, word = cursor.at, cursor.peek(4, "Stream Dependency")
    exclusive = bool(word >> 31)
    cursor.pull(4, "Stream Dependency")
    cursor.add(Field("http2.exclusive", "Exclusive", exclusive, at, 4, str(exclusive)))
    value = word & STREAM
    cursor.add(Field("http2.stream_dependency", "Stream Dependency", value, at, 4, str(value)))
    cursor.number(1, "http2.headers.weight", "Weight", text=lambda weight: str(weight + 1), note="One less is sent.")


def _reset(cursor: Cursor, _flags: int) -> None:
    cursor.number(4, "http2.rst_stream.error", "Error", names=ErrorCode, reference="RFC 9113 section 7")


def _settings(cursor: Cursor, flags: int) -> None:
    if flags & ACK and not cursor.left:
        return
    while cursor.left:
        text = setting_name(cursor.peek(2)) if cursor.left > 1 else ""
        cursor.group(min(6, cursor.left), "http2.settings", "Settings", _setting, text=text)


def _setting(cursor: Cursor) -> None:
    number = cursor.number(2, "http2.settings.id", "Settings Identifier", names=Setting, notes=SETTING_NOTES)
    cursor.number(4, SETTING_KEYS.get(number, "http2.settings.unknown"), "Value")


def _ping(cursor: Cursor, flags: int) -> None:
    cursor.raw(8, "http2.pong" if flags & ACK else "http2.ping", "Pong" if flags & ACK else "Ping")


def _goaway(cursor: Cursor, _flags: int) -> None:
    _bits(cursor, "http2.goaway.last_stream_id", "Last-Stream-ID", "What is above it was not looked at: try again.")
    cursor.number(4, "http2.goaway.error", "Error", names=ErrorCode, reference="RFC 9113 section 7")
    if cursor.left:
        cursor.raw(None, "http2.goaway.addata", "Additional Debug Data", text=text_of)


def _window(cursor: Cursor, _flags: int) -> None:
    _bits(cursor, "http2.window_update.window_size_increment", "Window Size Increment", "Bytes.")


def _altsvc(cursor: Cursor, _flags: int) -> None:
    size = cursor.number(2, "http2.altsvc.origin.len", "Origin Length")
    if size:
        cursor.raw(size, "http2.altsvc.origin", "Origin", text=text_of)
    if cursor.left:
        cursor.raw(None, "http2.altsvc.field_value", "Field/Value", text=text_of)


def _origin(cursor: Cursor, _flags: int) -> None:
    while cursor.left:
        size = cursor.number(2, "http2.origin.origin_len", "Origin Length")
        if size:
            cursor.raw(size, "http2.origin.origin", "Origin", text=text_of)


def _priority_update(cursor: Cursor, _flags: int) -> None:
    _bits(cursor, "http2.priority_update_stream_id", "Priority Update Stream ID")
    if cursor.left:
        cursor.raw(None, "http2.priority_update_field_value", "Priority Update Field Value", text=text_of)


_PAYLOADS: dict[int, Callable[[Cursor, int], None]] = {
    FrameType.DATA: _data,
    FrameType.PRIORITY: _priority,
    FrameType.RST_STREAM: _reset,
    FrameType.SETTINGS: _settings,
    FrameType.PING: _ping,
    FrameType.GOAWAY: _goaway,
    FrameType.WINDOW_UPDATE: _window,
    FrameType.ALTSVC: _altsvc,
    FrameType.ORIGIN: _origin,
    FrameType.PRIORITY_UPDATE: _priority_update,
}


def _headers(cursor: Cursor, kind: int, flags: int, table: HeaderTable | None) -> None:
    if kind == FrameType.PUSH_PROMISE:
        _bits(cursor, "http2.push_promise.promised_stream_id", "Promised-Stream-ID")
    elif kind == FrameType.HEADERS and flags & PRIORITY_FLAG:
        _priority(cursor, flags)
    base, block = cursor.at, cursor.data[cursor.at : cursor.end]
    at = base
    try:
        for number, said in enumerate(representations(block, table)):
            if number < MAX_HEADERS:
                cursor.add(_header(said, base))
                at = base + said.end
    except Broken as broken:
        at = min(base + max(broken.offset, at - base), cursor.end)
        cursor.add(malformed(at, cursor.end - at, broken.reason))
        at = cursor.end
    if at < cursor.end:
        cursor.add(malformed(at, cursor.end - at, f"more than {MAX_HEADERS} headers"))
    cursor.at = cursor.end


def _header(said: Representation, base: int) -> Field:
    """One representation (RFC 7541 section 6); its parts share its bytes."""
    kind, start, end, number, name, value = said
    at, length = base + start, end - start
    if kind is UPDATE:
        text = f"{number} bytes"
        key = "http2.header_table_size_update"
        part = Field(f"{key}.header_table_size", "Header table size", number, at, length, text)
        return Field(key, "Header table size update", None, at, length, text, "", "RFC 7541 section 6.3", (part,))
    parts = [Field("http2.header.repr", "Representation", kind, at, length, kind, REPRESENTATIONS[kind])]
    if number:
        parts.append(
            Field("http2.header.index", "Index", number, at, length, str(number), "Of the entry, or its name.")
        )
    said_name, said_value = text_of(name or b""), text_of(value or b"")
    if name is None:
        said_name = f"(entry {number} of a dynamic table that is not known here)"
    else:
        parts.append(Field("http2.header.name", "Name", said_name, at, length, said_name))
    if value is not None:
        parts.append(Field("http2.header.value", "Value", said_value, at, length, said_value))
    text = said_name if value is None else f"{said_name}: {said_value}"
    return Field("http2.header", "Header", None, at, length, text, "", "RFC 7541 section 6", tuple(parts))


REPRESENTATIONS = {
    INDEXED: "Both name and value are in the table: a header in a byte or two.",
    "Literal Header Field with Incremental Indexing": "Said in full, and put into the table for the next time.",
    "Literal Header Field without Indexing": "Said in full, and not remembered.",
    "Literal Header Field never Indexed": "Said in full; nobody on the way may remember it, since it is a secret.",
}
