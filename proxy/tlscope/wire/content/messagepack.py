"""MessagePack as a tree, by https://github.com/msgpack/msgpack/blob/master/spec.md.

read(body) -> Reading
item(cursor, room) -> None      one value, for a body that has others around it
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tlscope.wire.content.jwt import moment
from tlscope.wire.content.notation import said
from tlscope.wire.content.reading import Kind, Reading, pair_of, plural
from tlscope.wire.field import MALFORMED, Cursor, Field, shown

if TYPE_CHECKING:
    from tlscope.wire.content.reading import Body, Room

SHORT = 120
"""Characters of a string that its field's text shows."""
UNSIGNED = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
SIGNED = {0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
STRINGS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
BYTES = {0xC4: 1, 0xC5: 2, 0xC6: 4}
ARRAYS = {0xDC: 2, 0xDD: 4}
MAPS = {0xDE: 2, 0xDF: 4}
EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
"""First byte: bytes of the length that follows, or of the number."""
FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
"""First byte: bytes of the value."""
CONSTANTS: dict[int, tuple[str, str, bool | None]] = {
    0xC0: ("msgpack.nil", "nil", None),
    0xC2: ("msgpack.boolean", "false", False),
    0xC3: ("msgpack.boolean", "true", True),
}
TIMESTAMP = -1
"""The one extension type that the specification assigns."""


def read(body: Body) -> Reading:
    """A body of values, mostly one."""
    cursor = Cursor(body.data)

    def values(inside: Cursor) -> None:
        while inside.left and body.room.spare(inside):
            item(inside, body.room)

    cursor.guarded(values)
    tree = cursor.field("msgpack", "Message Pack")
    bad = next((f"at byte {field.start}: {field.text}" for field in tree.walk() if field.key == MALFORMED), "")
    first = tree.children[0]
    what = first.label.lower() + (f", {first.text}" if first.children else "") if len(tree.children) == 1 else ""
    summary = f"MessagePack {what or plural(len(tree.children), 'value')}"
    return Reading(Kind.MSGPACK, summary, "\n".join(said(field) for field in tree.children[:1000]), tree, bad)


def item(cursor: Cursor, room: Room) -> None:
    """One value, whatever lies within it; raises Short."""
    start = cursor.at
    kind = cursor.pull(1, "a value")[0]
    if kind < 0x80 or kind >= 0xE0:
        number = kind if kind < 0x80 else kind - 256
        key = "msgpack.integer.u8" if kind < 0x80 else "msgpack.integer.8"
        cursor.add(Field(key, "Integer", number, start, 1, str(number)))
    elif kind in CONSTANTS:
        key, text, value = CONSTANTS[kind]
        cursor.add(Field(key, "Nil" if value is None else "Boolean", value, start, 1, text))
    elif kind in UNSIGNED or kind in SIGNED:
        size, signed = UNSIGNED.get(kind) or SIGNED[kind], kind in SIGNED
        number = int.from_bytes(cursor.pull(size, "an integer"), signed=signed)
        key = f"msgpack.integer.{'' if signed else 'u'}{8 * size}"
        cursor.add(Field(key, "Integer", number, start, 1 + size, str(number)))
    elif kind in {0xCA, 0xCB}:
        size, code = (4, ">f") if kind == 0xCA else (8, ">d")
        text = repr(struct.unpack(code, cursor.pull(size, "a float"))[0])
        cursor.add(Field("msgpack.float", "Float", text, start, 1 + size, text))
    else:
        _longer(cursor, room, start, kind)


def _longer(cursor: Cursor, room: Room, start: int, kind: int) -> None:
    """What has a length: strings, bytes, containers, extensions."""
    if 0xA0 <= kind < 0xC0 or kind in STRINGS:
        size = kind & 0x1F if kind < 0xC0 else _length(cursor, STRINGS[kind])
        text = cursor.pull(size, f"a string of {size} bytes").decode("utf-8", "replace")
        short = f'"{text}"' if len(text) <= SHORT else f'"{text[:SHORT]}"…'
        cursor.add(Field("msgpack.string", "String", text, start, cursor.at - start, short))
    elif kind in BYTES:
        size = _length(cursor, BYTES[kind])
        data = cursor.pull(size, f"binary of {size} bytes")
        cursor.add(Field("msgpack.bin", "Binary", data, start, cursor.at - start, f"h'{shown(data)}'"))
    elif 0x90 <= kind < 0xA0 or kind in ARRAYS:
        count = kind & 15 if kind < 0xA0 else _length(cursor, ARRAYS[kind])
        _container(cursor, room, start, count, pairs=False)
    elif 0x80 <= kind < 0x90 or kind in MAPS:
        count = kind & 15 if kind < 0x90 else _length(cursor, MAPS[kind])
        _container(cursor, room, start, count, pairs=True)
    elif kind in EXTENSIONS or kind in FIXED_EXTENSIONS:
        size = FIXED_EXTENSIONS.get(kind) or (_length(cursor, EXTENSIONS[kind]) if kind in EXTENSIONS else 0)
        _extension(cursor, start, size)
    else:  # 0xC1
        cursor.add(
            Field("msgpack.unsupported", "Unsupported type", kind, start, 1, "0xc1", "Never used, says the format.")
        )


def _length(cursor: Cursor, size: int) -> int:
    return int.from_bytes(cursor.pull(size, "a length"))


def _container(cursor: Cursor, room: Room, start: int, count: int, *, pairs: bool) -> None:
    def fill(inside: Cursor) -> None:
        for _ in range(count):
            if not room.spare(inside):
                return
            if pairs:
                pair(inside, room)
            else:
                item(inside, room)

    cursor.at = start
    head = cursor.data[start]
    size = 1 + (ARRAYS.get(head) or MAPS.get(head) or 0)

    def whole(inside: Cursor) -> None:
        inside.at += size
        fill(inside)

    key, label = ("msgpack.map", "Map") if pairs else ("msgpack.array", "Array")
    said_ = plural(count, "pair") if pairs else plural(count, "item")
    cursor.group(None, key, label, whole, text=said_)


def pair(cursor: Cursor, room: Room) -> None:
    """A key and its value, as one field; raises Short."""
    pair_of(cursor, room, item, "msgpack.pair")


def _extension(cursor: Cursor, start: int, size: int) -> None:
    head = cursor.at - start
    data = b""

    def whole(inside: Cursor) -> None:
        nonlocal data
        inside.at += head
        at = inside.at
        kind = int.from_bytes(inside.pull(1, "an extension's type"), signed=True)
        inside.add(Field("msgpack.ext.type", "Ext type", kind, at, 1, str(kind)))
        data = inside.raw(size, "msgpack.ext", "Ext")

    cursor.at = start
    made = cursor.group(None, "msgpack.extension", "Extension", whole)
    if len(made.children) < 2:
        return
    kind = made.children[0].value
    text, note = f"ext({kind!s}, h'{shown(data)}')", ""
    if kind == TIMESTAMP and (when := timestamp(data)):
        text, note = when, "A timestamp, the one extension that the format itself defines."
    cursor.fields[-1] = made._replace(text=text, note=note)


def timestamp(data: bytes) -> str:
    """The timestamp extension in its three sizes; empty for what is none."""
    if len(data) == 4:
        return moment(int.from_bytes(data))
    if len(data) == 8:
        return moment(int.from_bytes(data) & (1 << 34) - 1)
    if len(data) == 12:
        return moment(int.from_bytes(data[4:], signed=True))
    return ""
