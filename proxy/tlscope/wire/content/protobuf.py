"""Protocol Buffers without their schema: field numbers, wire types, and what each value may be.

    read(body)       a message (application/protobuf)
    read_grpc(body)  messages behind five bytes each, as gRPC, gRPC-Web and Connect frame them (Length-Prefixed-Message)

The wire says little: a number may be signed, zigzag, a bool or an enum, and a length-delimited field text, bytes, a
message or packed numbers. So this guesses, and says all that a value may be. Bytes are a message if they split into
fields without a rest, unless they read as text: a message is nearly always given away by a control character, its
tag's or its length's. Only the fields of one level are looked at to find out whether they are a message, so the whole
stays linear.

https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tlscope.wire.content.jwt import moment
from tlscope.wire.content.reading import LEVELS, TEXT, Kind, Reading, Room, clipped, plural
from tlscope.wire.field import MALFORMED, Cursor, Field, Short, malformed, shown

if TYPE_CHECKING:
    from tlscope.wire.content.reading import Body

VARINT, I64, LEN, SGROUP, EGROUP, I32 = range(6)
WIRE_TYPES = ("VARINT", "I64", "LEN", "SGROUP", "EGROUP", "I32")
MAX_VARINT = 10
"""Bytes: 64 bits by seven."""
MAX_NUMBER = (1 << 29) - 1
"""The largest field number."""
SHORT = 120
"""Characters of a string that its field's text shows."""
PACKED = 16
"""Numbers of a field that may be packed ones which are shown."""
TIMES = range(978_307_200, 2_208_988_800)
"""Seconds of 2001 to 2039: a number among them may be a time."""
GUESS = "Without the schema this is a guess: bytes that read as {} may be something else."


def read(body: Body) -> Reading:
    """One message."""
    cursor = Cursor(body.data)
    count = _message(cursor, body.room, 0)
    tree = cursor.field("protobuf", "Protocol Buffers", note="Read without its schema: names are unknown.")
    problem = next(
        (f"at byte {field.start}: {field.text}" for field in tree.children if field.label == "Malformed"), ""
    )
    return Reading(Kind.PROTOBUF, f"protobuf, {plural(count, 'field')}", said(tree), tree, problem)


def read_grpc(body: Body) -> Reading:
    """Framed messages."""
    cursor, count, texts = Cursor(body.data), 0, list[str]()
    while cursor.left and body.room.spare(cursor):
        count += 1
        field = _frame(cursor, body.room)
        texts.append(f"# message {count}: {field.text}\n{said(field)}")
    tree = cursor.field("grpc", "GRPC Messages")
    bad = next((f"at byte {field.start}: {field.text}" for field in tree.walk() if field.key == MALFORMED), "")
    return Reading(Kind.GRPC, f"gRPC, {plural(count, 'message')}", clipped("\n".join(texts)), tree, bad)


def _frame(cursor: Cursor, room: Room) -> Field:
    kind, length = "message", 0

    def whole(inside: Cursor) -> None:
        nonlocal kind, length
        flags = inside.number(1, "grpc.flags", "Flags", text=lambda value: f"0x{value:02x}")
        length = inside.number(4, "grpc.message_length", "Message Length")
        size = min(length, inside.left)
        if flags & 0x80:  # gRPC-Web: trailers as a header block
            kind = "trailers"
            inside.raw(size, "grpc.trailers", "Trailers", text=lambda data: data.decode("utf-8", "replace"))
        elif flags & 1:
            kind = "compressed"
            inside.raw(size, "grpc.message_data", "Message Data", note="Compressed, as grpc-encoding names it.")
        else:
            inside.group(size, "protobuf", "Protocol Buffers", lambda found: _fill(found, room, 0))
        if size < length:
            why = f"the message says {length} bytes; {length - size} of them are not there"
            inside.add(malformed(inside.at, 0, why))

    made = cursor.group(None, "grpc.message", "Message", whole)
    cursor.fields[-1] = made = made._replace(text=f"{kind}, {plural(length, 'byte')}")
    return made


def varint(cursor: Cursor, what: str) -> int:
    """A base-128 number, the lowest bits first; raises Short."""
    data, at = cursor.data, cursor.at
    for index in range(MAX_VARINT):
        if at + index >= cursor.end:
            break
        if data[at + index] < 0x80:
            cursor.at = at + index + 1
            value = 0
            for byte in reversed(data[at : cursor.at]):
                value = value << 7 | byte & 0x7F
            return value & (1 << 64) - 1
    raise Short(at, what)


def looks_like_message(data: bytes, at: int, end: int, *, cut: bool = False) -> bool:
    """Whether bytes split into fields without a rest; `cut`: the last may end early. Groups do not count."""
    cursor = Cursor(data, at, end)
    try:
        while cursor.left:
            tag = varint(cursor, "")
            if not 0 < tag >> 3 <= MAX_NUMBER or tag & 7 in {SGROUP, EGROUP} or tag & 7 > I32:
                return False
            _skip(cursor, tag & 7)
    except Short:
        return cut
    return end > at


def _skip(cursor: Cursor, wire: int) -> None:
    if wire == VARINT:
        varint(cursor, "")
        return
    size = 8 if wire == I64 else 4 if wire == I32 else varint(cursor, "")
    if size > cursor.left:
        raise Short(cursor.at, "")
    cursor.at += size


def _message(cursor: Cursor, room: Room, level: int) -> int:
    """Read all fields; how many there were."""
    cursor.guarded(lambda inside: _fill(inside, room, level))
    return sum(field.key == "protobuf.field" for field in cursor.fields)


def _fill(cursor: Cursor, room: Room, level: int) -> None:
    while cursor.left:
        if not room.spare(cursor):
            return
        room.fields -= 3  # what a field has below it
        _field(cursor, room, level)


def _field(cursor: Cursor, room: Room, level: int) -> None:
    start = cursor.at
    tag = varint(cursor, "a tag")
    number, wire = tag >> 3, tag & 7
    inside = Cursor(cursor.data, start, cursor.end, cursor.depth + 1)
    inside.at = cursor.at
    size = cursor.at - start
    inside.add(Field("protobuf.field.number", "Field Number", number, start, size, str(number)))
    name = WIRE_TYPES[wire] if wire <= I32 else f"unknown {wire}"
    inside.add(Field("protobuf.field.wiretype", "Wire Type", wire, start, size, f"{name} ({wire})"))
    if wire > I32 or not 0 < number <= MAX_NUMBER:
        cursor.at = start
        raise Short(start, f"a field with the number {number} and the wire type {wire} is none: the message")
    try:
        text = _value(inside, wire, room, level)
    except Short as short:
        inside.add(malformed(short.offset, cursor.end - short.offset, f"{short.what} ends early"))
        inside.at, text = cursor.end, "ends early"
    cursor.at = inside.at
    cursor.add(inside.field("protobuf.field", "Field", value=number, text=f"{number}: {text}"))


def _value(cursor: Cursor, wire: int, room: Room, level: int) -> str:
    """Read a value as a field; what it is, in short."""
    start = cursor.at
    if wire == VARINT:
        value = varint(cursor, "a varint")
        cursor.add(_number(value, start, cursor.at - start))
        return cursor.fields[-1].text
    if wire in {I64, I32}:
        size, code, name = (8, "<d", "uint64") if wire == I64 else (4, "<f", "uint32")
        data = cursor.pull(size, f"a fixed {name}")
        value, real = int.from_bytes(data, "little"), struct.unpack(code, data)[0]
        text = f"{real:.9g} ({value})" if size == 4 else f"{real!r} ({value})"
        cursor.add(Field(f"protobuf.field.value.{name}", name.title(), value, start, size, text, "", ""))
        return text
    if wire in {SGROUP, EGROUP}:
        return "a group begins" if wire == SGROUP else "a group ends"
    return _delimited(cursor, room, level)


def _number(value: int, start: int, size: int) -> Field:
    readings = [str(value)]
    if value >> 63:
        readings.append(f"int64 {value - (1 << 64)}")
    elif value > 1:
        readings.append(f"sint {(value >> 1) ^ -(value & 1)}")
    note = ""
    if value in TIMES or value // 1000 in TIMES:
        note = f"As a time since 1970 it is {moment(value if value in TIMES else value // 1000)}."
    text = readings[0] + (f" ({readings[1]})" if len(readings) > 1 else "")
    return Field("protobuf.field.value.uint64", "Uint64", value, start, size, text, note)


def _delimited(cursor: Cursor, room: Room, level: int) -> str:
    """A length-delimited value: text, a message, or bytes, whichever is likeliest."""
    start = cursor.at
    length = varint(cursor, "a length")
    cursor.add(Field("protobuf.field.value.length", "Value Length", length, start, cursor.at - start, str(length)))
    begin, end = cursor.at, min(cursor.at + length, cursor.end)
    cut = length > end - begin
    text = _text(cursor.data[begin:end])
    likely = level < LEVELS - 2 and (text is None or text[:1] == "\n")
    if likely and looks_like_message(cursor.data, begin, end, cut=cut):
        inside = Cursor(cursor.data, begin, end, cursor.depth + 1)
        count = _message(inside, room, level + 1)
        cursor.at = end
        cursor.add(
            inside.field("protobuf.message", "Message", text=plural(count, "field"), note=GUESS.format("a message"))
        )
        return f"message, {plural(count, 'field')}"
    if cut:
        raise Short(begin, f"a value of {length} bytes")
    data = cursor.pull(length, "")
    if text is not None:
        short = f'"{text}"' if len(text) <= SHORT else f'"{text[:SHORT]}"…'
        cursor.add(Field("protobuf.field.value.string", "String", text, begin, length, short))
        return short
    cursor.add(Field("protobuf.field.value", "Value", data, begin, length, shown(data), _packed(data)))
    return f"{plural(length, 'byte')} {shown(data)}"


def _text(data: bytes) -> str | None:
    """The bytes as text, if that is what they read as."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() or text.translate(_BLANKS).isprintable() else None


_BLANKS = {ord(blank): " " for blank in "\t\r\n"}


def _packed(data: bytes) -> str:
    """Whether bytes may be packed numbers, and which."""
    cursor, numbers = Cursor(data[: PACKED * MAX_VARINT]), list[str]()
    try:
        while cursor.left and len(numbers) < PACKED:
            numbers.append(str(varint(cursor, "")))
    except Short:
        return ""
    if data and data[-1] < 0x80 and len(numbers) > 1:
        return f"May be packed numbers: {', '.join(numbers)}{'' if cursor.at >= len(data) else ' …'}."
    return ""


def said(tree: Field) -> str:
    """A message as text: a field a line, messages in braces, TEXT at the most."""
    made: list[str] = []
    size, stack = 0, [(field, 0) for field in reversed(tree.children)]
    while stack and size <= TEXT:
        field, level = stack.pop()
        below = [child for child in field.children if child.key == "protobuf.message"]
        line = "  " * level + field.text
        if field.key == "":
            line = "  " * level + field.label
        elif field.key == "protobuf":
            stack.extend((child, level) for child in reversed(field.children))
            continue
        elif below:
            line = f"{'  ' * level}{field.value!s} {{"
            stack.append((Field("", "}", None, 0, 0), level))
            stack.extend((child, level + 1) for child in reversed(below[0].children))
        elif field.key.startswith("grpc."):
            continue
        made.append(line)
        size += len(line)
    return clipped("\n".join(made) + ("\n…" if stack else ""))
