"""CBOR as a tree (RFC 8949), with the notation that its section 8 has for people.

read(body) -> Reading           one item, or a sequence of them (RFC 8742)
item(cursor, room) -> None      one item
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tlscope.wire.content.jwt import moment
from tlscope.wire.content.notation import said
from tlscope.wire.content.reading import Kind, Reading, pair_of, plural
from tlscope.wire.field import MALFORMED, Cursor, Field, Short, shown

if TYPE_CHECKING:
    from tlscope.wire.content.reading import Body, Room

SHORT = 120
"""Characters of a string that its field's text shows."""
INDEFINITE = 31
"""Additional information: as long as until a break (RFC 8949 section 3.2)."""
BREAK = 0xFF
SIMPLE = {20: ("false", False), 21: ("true", True), 22: ("null", None), 23: ("undefined", None)}
FLOATS = {25: (2, ">e", "cbor.type.float16"), 26: (4, ">f", "cbor.type.float32"), 27: (8, ">d", "cbor.type.float64")}
TAGS = {
    0: "a date and time as text", 1: "a date and time as seconds since 1970", 2: "an unsigned bignum",
    3: "a negative bignum", 4: "a decimal fraction", 5: "a bigfloat", 16: "COSE_Encrypt0", 17: "COSE_Mac0",
    18: "COSE_Sign1", 19: "COSE_Countersignature", 21: "expected as base64url", 22: "expected as base64",
    23: "expected as base16", 24: "encoded CBOR", 25: "a reference to a string", 28: "a shared value",
    29: "a reference to a shared value", 32: "a URI", 33: "base64url", 34: "base64", 35: "a regular expression",
    36: "a MIME message", 37: "a UUID", 61: "a CBOR Web Token", 96: "COSE_Encrypt", 97: "COSE_Mac", 98: "COSE_Sign",
    100: "days since 1970", 258: "a set", 260: "a network address", 1004: "a date as text", 55799: "self-described",
}  # fmt: skip
"""What tags mean (IANA, CBOR Tags)."""


def read(body: Body) -> Reading:
    """A body of items, mostly one."""
    cursor = Cursor(body.data)

    def items(inside: Cursor) -> None:
        while inside.left and body.room.spare(inside):
            item(inside, body.room)

    cursor.guarded(items)
    tree = cursor.field("cbor", "Concise Binary Object Representation", reference="RFC 8949")
    bad = next((f"at byte {field.start}: {field.text}" for field in tree.walk() if field.key == MALFORMED), "")
    first = tree.children[0]
    what = first.label.lower() + (f", {first.text}" if first.children else "") if len(tree.children) == 1 else ""
    summary = f"CBOR {what or 'sequence, ' + plural(len(tree.children), 'item')}"
    if not bad and len(tree.children) > 1 and body.media.type == "application/cbor":
        bad = f"{len(tree.children):,} items where one belongs"
    return Reading(Kind.CBOR, summary, "\n".join(said(field) for field in tree.children[:1000]), tree, bad)


def item(cursor: Cursor, room: Room) -> None:
    """One data item, whatever lies within it; raises Short."""
    start = cursor.at
    head = cursor.pull(1, "an item")[0]
    major, info = head >> 5, head & 31
    if info in {28, 29, 30} or (info == INDEFINITE and major in {0, 1, 6}):
        raise Short(start, f"0x{head:02x} is no item (RFC 8949 section 3): the body")
    if major == 7:
        _simple(cursor, start, info)
        return
    number = (
        None if info == INDEFINITE else info if info < 24 else int.from_bytes(cursor.pull(1 << info - 24, "a head"))
    )
    if major == 0 and number is not None:
        cursor.add(Field("cbor.type.uint", "Unsigned Integer", number, start, cursor.at - start, str(number)))
    elif major == 1 and number is not None:
        cursor.add(Field("cbor.type.nint", "Negative Integer", -1 - number, start, cursor.at - start, str(-1 - number)))
    elif major in {2, 3}:
        _string(cursor, start, number, text=major == 3)
    else:
        size = cursor.at - start
        cursor.at = start
        _container(cursor, room, size, number, major)


def _string(cursor: Cursor, start: int, size: int | None, *, text: bool) -> None:
    data = _chunks(cursor, text=text) if size is None else cursor.pull(size, f"a string of {size} bytes")
    key = ("cbor.type.textstring" if text else "cbor.type.bytestring") + (".indef" if size is None else "")
    if text:
        value = data.decode("utf-8", "replace")
        short = f'"{value}"' if len(value) <= SHORT else f'"{value[:SHORT]}"…'
        cursor.add(Field(key, "Text String", value, start, cursor.at - start, short))
    else:
        cursor.add(Field(key, "Byte String", data, start, cursor.at - start, f"h'{shown(data)}'"))


def _chunks(cursor: Cursor, *, text: bool) -> bytes:
    """A string of strings of known lengths, up to the break (RFC 8949 section 3.2.3)."""
    made = bytearray()
    while (head := cursor.pull(1, "a chunk of a string")[0]) != BREAK:
        info = head & 31
        if head >> 5 != (3 if text else 2) or info > 27:
            raise Short(cursor.at - 1, f"0x{head:02x} is no chunk of this string (RFC 8949 section 3.2.3): the body")
        size = info if info < 24 else int.from_bytes(cursor.pull(1 << info - 24, "a head"))
        made += cursor.pull(size, f"a chunk of {size} bytes")
    return bytes(made)


def _simple(cursor: Cursor, start: int, info: int) -> None:
    if info in FLOATS:
        size, code, key = FLOATS[info]
        text = repr(struct.unpack(code, cursor.pull(size, "a float"))[0])
        cursor.add(Field(key, f"Float {8 * size} Bit", text, start, 1 + size, _float(text)))
    elif info == INDEFINITE:
        raise Short(start, "a break where nothing is open: the body")
    else:
        number = cursor.pull(1, "a simple value")[0] if info == 24 else info
        text, value = SIMPLE.get(number, (f"simple({number})", number))
        cursor.add(Field("cbor.type.simple_data", "Simple data", value, start, cursor.at - start, text))


def _float(text: str) -> str:
    return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(text, text)


def _container(cursor: Cursor, room: Room, head: int, count: int | None, major: int) -> None:
    def fill(inside: Cursor) -> None:
        inside.at += head
        done = 0
        while count is None or done < count:
            if count is None and inside.left and inside.peek(1) == BREAK:
                inside.at += 1
                return
            if not room.spare(inside):
                return
            if major == 5:
                _pair(inside, room)
            else:
                item(inside, room)
            done += 1

    if major == 6:
        assert count is not None  # item() has refused a tag without a number
        number = count
        count = 1
        meaning = TAGS.get(number, "")
        note = f"Tag {number}: {meaning}." if meaning else ""
        tag = cursor.group(None, "cbor.item.tag", "Tag", fill, value=number, text=meaning or str(number), note=note)
        _timed(cursor, tag)
        return
    key, label, thing = ("cbor.item.map", "Map", "pair") if major == 5 else ("cbor.item.array", "Array", "item")
    text = "indefinite length" if count is None else plural(count, thing)
    cursor.group(None, key, label, fill, text=text)


def _timed(cursor: Cursor, tag: Field) -> None:
    """A tag 1 tells which time it is."""
    if tag.value == 1 and tag.children and (when := moment(tag.children[-1].value)):
        cursor.fields[-1] = tag._replace(text=when)


def _pair(cursor: Cursor, room: Room) -> None:
    pair_of(cursor, room, item, "cbor.item.pair")
