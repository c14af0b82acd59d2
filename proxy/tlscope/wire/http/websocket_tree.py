"""A WebSocket frame as a tree of fields, as Wireshark calls them (`websocket.*`).

    frame_tree(data) -> Field

The payload is shown unmasked. A compressed one is shown as it is: its window lies in the frames before it.
"""

from __future__ import annotations

from tlscope.wire.field import Cursor, Field, malformed, named, shown
from tlscope.wire.http.websocket_frame import MAX_CONTROL, Opcode, close_name, unmask

SECTION = "RFC 6455 section 5.2"
OPCODE_NOTES = {
    0x0: "One more piece of the message that began before.",
    0x1: "A message of text, in UTF-8.",
    0x2: "A message of bytes.",
    0x8: "The last frame of this side; it says why.",
    0x9: "Are you there? Whoever gets this answers with a pong.",
    0xA: "The answer to a ping, with its bytes.",
}
PAYLOADS = {
    0x0: ("websocket.payload.continue", "Continue"),
    0x1: ("websocket.payload.text", "Text"),
    0x2: ("websocket.payload", "Binary"),
    0x9: ("websocket.payload.ping", "Ping"),
    0xA: ("websocket.payload.pong", "Pong"),
}
"""Key and label of what is in a frame."""


def frame_tree(data: bytes) -> Field:
    """One frame, from its header to the end of its payload."""
    cursor = Cursor(data)
    cursor.guarded(_frame)
    return cursor.field("websocket", "WebSocket", reference=SECTION)


def _frame(cursor: Cursor) -> None:
    first = cursor.peek(1, "FIN, RSV, Opcode")
    cursor.group(1, "websocket.first", "FIN, RSV, Opcode", _first)
    second = cursor.peek(1, "MASK, Payload length")
    cursor.group(1, "websocket.second", "MASK, Payload length", _second)
    length = second & 0x7F
    if length > 125:
        bits = 16 if length == 126 else 64
        key = f"websocket.payload_length_ext_{bits}"
        length = cursor.number(bits // 8, key, f"Extended Payload length ({bits} bits)", reference=SECTION)
    mask = b""
    if second & 0x80:
        note = "Fresh random for each frame, so that no script can choose what bytes a proxy on the way gets to see."
        mask = cursor.raw(4, "websocket.masking_key", "Masking-Key", note=note, reference="RFC 6455 section 5.3")
    missing = length - cursor.left
    _payload(cursor, min(length, cursor.left), mask, first & 0x0F, compressed=bool(first & 0x40))
    if missing > 0:
        cursor.add(malformed(cursor.at, 0, f"the payload is {length} bytes; {missing} of them are not there"))


def _first(cursor: Cursor) -> None:
    at = cursor.at
    first = cursor.pull(1, "FIN, RSV, Opcode")[0]
    final, reserved, opcode = bool(first & 0x80), first >> 4 & 7, first & 0x0F
    note = "The last frame of its message." if final else "More frames of this message follow."
    cursor.add(Field("websocket.fin", "Fin", final, at, 1, str(final), note, SECTION))
    note = "An extension may use these bits: the first says that the message is compressed."
    cursor.add(Field("websocket.rsv", "Reserved", reserved, at, 1, f"0x{reserved:x}", note, "RFC 7692 section 6"))
    note = OPCODE_NOTES.get(opcode, "Reserved.")
    cursor.add(Field("websocket.opcode", "Opcode", opcode, at, 1, named(Opcode, opcode, 1), note, SECTION))


def _second(cursor: Cursor) -> None:
    at = cursor.at
    second = cursor.pull(1, "MASK, Payload length")[0]
    masked, length = bool(second & 0x80), second & 0x7F
    note = "Clients mask what they send; servers do not."
    cursor.add(Field("websocket.mask", "Mask", masked, at, 1, str(masked), note, "RFC 6455 section 5.1"))
    note = {126: "The length is in the next two bytes.", 127: "The length is in the next eight bytes."}.get(length, "")
    cursor.add(Field("websocket.payload_length", "Payload length", length, at, 1, str(length), note, SECTION))


def _payload(cursor: Cursor, size: int, key: bytes, opcode: int, *, compressed: bool) -> None:
    at = cursor.at
    sent = cursor.pull(size, "Payload")
    plain = unmask(sent, key) if key else sent
    if opcode == Opcode.close:
        cursor.add(_close(at, plain))
        return
    if not size:
        return
    key_of, label = PAYLOADS.get(opcode, ("websocket.payload.unknown", "Unknown"))
    text = shown(plain)
    note = ""
    if compressed:
        note = "Compressed; what it says depends on the messages before it."
    elif opcode == Opcode.text:
        text = plain.decode("utf-8", "replace")
    cursor.add(Field(key_of, label, plain, at, size, text, note))
    if opcode >= Opcode.close and size > MAX_CONTROL:
        cursor.add(malformed(at, 0, f"a control frame carries {MAX_CONTROL} bytes at most"))


def _close(at: int, plain: bytes) -> Field:
    """Status code and reason (RFC 6455 section 5.5.1)."""
    found = []
    if len(plain) == 1:
        found.append(malformed(at, 1, "a status code has two bytes"))
    if len(plain) > 1:
        code = int.from_bytes(plain[:2])
        found.append(
            Field(
                "websocket.payload.close.status_code", "Status code", code, at, 2, f"{close_name(code)} ({code})",
                "Why the connection ends.", "RFC 6455 section 7.4",
            )
        )  # fmt: skip
    if len(plain) > 2:
        reason = plain[2:].decode("utf-8", "replace")
        found.append(
            Field("websocket.payload.close.reason", "Reason", reason, at + 2, len(plain) - 2, reason, "For people.")
        )
    return Field("websocket.payload.close", "Close", None, at, len(plain), children=tuple(found))
