"""DER, the Distinguished Encoding Rules of ASN.1 (X.690), read over a Cursor into fields.

    der.structure(cursor, "x509af.validity_element", "validity", _validity)     a SEQUENCE, or any other tag
    der.primitive(cursor, "x509ce.cA", "cA", BOOLEAN)                           a value of a universal type
    der.primitive(cursor, "x509ce.dNSName", "dNSName", IA5_STRING, tag=implicit(2))
    der.explicit(cursor, 3, _extensions)                                        what stands within [3]
    der.anything(cursor)                                                        whatever comes, by its own tags

Every element is tag, length, contents; its field spans all three. Nothing here expects well-formed input: an element
with another tag than the grammar wants is shown as what it is and called malformed; a length that reaches too far is
cut at what encloses it; what breaks only DER (a length in too many octets, TRUE as 0x01) is read, and said in the note,
since every verifier draws that line elsewhere. Contents nest no deeper than field.DEPTH; indefinite lengths, which are
BER and would need their end searched, are not followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.asn1.der_values import READERS, Reader, Said
from tlscope.wire.field import Cursor, Field, Short, Value, malformed

if TYPE_CHECKING:
    from collections.abc import Callable

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A
UTF8_STRING, NUMERIC_STRING, PRINTABLE_STRING, TELETEX_STRING, IA5_STRING = 0x0C, 0x12, 0x13, 0x14, 0x16
UTC_TIME, GENERALIZED_TIME, VISIBLE_STRING, GENERAL_STRING, UNIVERSAL_STRING, BMP_STRING = (
    0x17,
    0x18,
    0x1A,
    0x1B,
    0x1C,
    0x1E,
)
SEQUENCE, SET = 0x30, 0x31
"""Identifier octets of the universal types (X.680 table 1), with the constructed bit where they are constructed."""

TAGS = {
    BOOLEAN: "BOOLEAN",
    INTEGER: "INTEGER",
    BIT_STRING: "BIT STRING",
    OCTET_STRING: "OCTET STRING",
    NULL: "NULL",
    OID: "OBJECT IDENTIFIER",
    0x07: "ObjectDescriptor",
    0x09: "REAL",
    ENUMERATED: "ENUMERATED",
    UTF8_STRING: "UTF8String",
    0x0D: "RELATIVE-OID",
    NUMERIC_STRING: "NumericString",
    PRINTABLE_STRING: "PrintableString",
    TELETEX_STRING: "TeletexString",
    0x15: "VideotexString",
    IA5_STRING: "IA5String",
    UTC_TIME: "UTCTime",
    GENERALIZED_TIME: "GeneralizedTime",
    0x19: "GraphicString",
    VISIBLE_STRING: "VisibleString",
    GENERAL_STRING: "GeneralString",
    UNIVERSAL_STRING: "UniversalString",
    BMP_STRING: "BMPString",
    SEQUENCE: "SEQUENCE",
    SET: "SET",
}

MAX_TAG = 4
"""Octets of an identifier: tags of PKIX need one, ASN.1 puts no bound."""


class Head(NamedTuple):
    """The identifier and length octets of an element, and where its contents lie."""

    tag: int
    """The identifier octets as one number: 0x30 is a SEQUENCE, 0xA0 a constructed [0], 0x1F81 ... a long one."""
    start: int
    begin: int
    end: int
    """Offset behind the contents that are there."""
    missing: int
    """Octets that the length promises and the enclosing element does not have."""
    odd: str
    """How the head breaks DER."""
    indefinite: bool = False


def next_tag(cursor: Cursor) -> int:
    """The identifier octet of the element that comes, -1 where none does."""
    return cursor.data[cursor.at] if cursor.at < cursor.end else -1


def implicit(number: int) -> int:
    """The identifier octet of a primitive type behind an IMPLICIT [number]."""
    return 0x80 | number


def context(number: int) -> int:
    """The identifier octet of [number] around something constructed: EXPLICIT, or an IMPLICIT SEQUENCE or SET."""
    return 0xA0 | number


def tag_name(tag: int) -> str:
    """`SEQUENCE`, `[0]`, `[APPLICATION 3]`, `[UNIVERSAL 14]`: for people."""
    if tag in TAGS:
        return TAGS[tag]
    if tag < 0:
        return "nothing"
    octets = tag.to_bytes((tag.bit_length() + 7) // 8 or 1)
    number = tag & 0x1F
    if len(octets) > 1:
        number = 0
        for octet in octets[1:]:
            number = number << 7 | octet & 0x7F
    elif tag & 0xC0 == 0 and (known := TAGS.get(tag ^ 0x20)):
        return f"{'constructed' if tag & 0x20 else 'primitive'} {known}"
    return f"[{('UNIVERSAL ', 'APPLICATION ', '', 'PRIVATE ')[octets[0] >> 6]}{number}]"


def head(cursor: Cursor, what: str) -> Head:
    """The head of the next element, consumed; raises Short without a whole one."""
    data, start, end = cursor.data, cursor.at, cursor.end
    tag = _identifier(cursor, what)
    at = cursor.at
    if at >= end:
        raise Short(start, what)
    size, odd = data[at], ""
    at += 1
    if size == 0x80:
        cursor.at = at
        return Head(tag, start, at, end, 0, "", indefinite=True)
    if size > 0x80:
        octets = size & 0x7F
        if end - at < octets:
            raise Short(start, f"the length of {what}")
        size = int.from_bytes(data[at : at + octets])
        if size < 0x80 or not data[at]:
            odd = "Not DER: its length takes more octets than it needs (X.690 section 10.1)."
        at += octets
    cursor.at = at
    return Head(tag, start, at, min(end, at + size), max(0, at + size - end), odd)


def head_size(data: bytes, at: int) -> int:
    """How many octets the head of an element takes that was read before: those behind it are its contents."""
    cursor = Cursor(data, at)
    return head(cursor, "").begin - at


def _identifier(cursor: Cursor, what: str) -> int:
    start = cursor.at
    tag = cursor.pull(1, what)[0]
    if tag & 0x1F == 0x1F:
        octet = 0x80
        while octet & 0x80:
            if cursor.at - start >= MAX_TAG:
                raise Short(start, f"the tag of {what}")
            octet = cursor.pull(1, what)[0]
            tag = tag << 8 | octet
    return tag


def structure(
    cursor: Cursor,
    key: str,
    label: str,
    parse: Callable[[Cursor], object],
    *,
    tag: int = SEQUENCE,
    value: Value = None,
    text: str = "",
    note: str = "",
    reference: str = "",
    finish: Callable[[Field], Field] | None = None,
) -> Field:
    """An element whose contents `parse` reads, most often a SEQUENCE; raises Short without a whole head.

    `finish` may put into the field what only its children tell.
    """
    found = next_tag(cursor)
    if found not in {tag, -1}:
        return _unexpected(cursor, key, label, tag, note=note, reference=reference)
    top = head(cursor, label)
    inside = Cursor(cursor.data, top.begin, top.end, cursor.depth + 1)
    inside.guarded(_indefinite if top.indefinite else parse)
    if top.missing:
        inside.add(_lacking(top, label))
    cursor.at = top.end
    said = f"{top.odd} {note}".strip() if top.odd else note
    field = Field(key, label, value, top.start, top.end - top.start, text, said, reference, tuple(inside.fields))
    return cursor.add(field if finish is None else finish(field))


def listed(
    cursor: Cursor,
    key: str,
    label: str,
    item: Callable[[Cursor], object],
    *,
    tag: int = SEQUENCE,
    note: str = "",
    reference: str = "",
    finish: Callable[[Field], Field] | None = None,
) -> Field:
    """A SEQUENCE OF or SET OF, each element read by `item`."""

    def items(inside: Cursor) -> None:
        while inside.left:
            item(inside)

    return structure(cursor, key, label, items, tag=tag, note=note, reference=reference, finish=finish or counted)


def counted(field: Field) -> Field:
    """The list with the number of its elements as its value."""
    count = len(field.children)
    return field._replace(value=count, text=field.text or ("1 item" if count == 1 else f"{count} items"))


def explicit(cursor: Cursor, number: int, parse: Callable[[Cursor], object], what: str) -> None:
    """What stands in an EXPLICIT [number]; its fields are the cursor's own, the tag itself gets none."""
    top = head(cursor, what)
    inside = Cursor(cursor.data, top.begin, top.end, cursor.depth + 1)
    inside.fields = cursor.fields
    if top.tag == context(number) and not top.indefinite:
        inside.guarded(parse)
    else:
        inside.add(malformed(top.start, top.end - top.start, f"{what} is not within a constructed [{number}]"))
    if top.missing:
        inside.add(_lacking(top, what))
    cursor.at = top.end


def primitive(
    cursor: Cursor,
    key: str,
    label: str,
    kind: int,
    *,
    tag: int | None = None,
    read: Reader | None = None,
    note: str = "",
    reference: str = "",
    notes: Callable[[Value], str] | None = None,
) -> Field:
    """A value of the universal type `kind`, behind `tag` where that is implicit; raises Short without a whole one.

    `read` reads the contents in another way than the type alone would; `notes` makes the note from the value.
    """
    wanted = kind if tag is None else tag
    found = next_tag(cursor)
    if found not in {wanted, -1}:
        return _unexpected(cursor, key, label, wanted, note=note, reference=reference)
    top = head(cursor, label)
    if top.missing or top.indefinite:
        raise Short(top.start, label)
    cursor.at = top.end
    said = (read or READERS[kind])(cursor.data[top.begin : top.end], top.begin)
    if notes is not None:
        note = notes(said.value)
    return cursor.add(_told(key, label, top, said, note=note, reference=reference))


def _told(key: str, label: str, top: Head, said: Said, *, note: str = "", reference: str = "") -> Field:
    if top.odd or said.odd:
        note = " ".join(part for part in (top.odd, said.odd, note) if part)
    children = said.children
    if said.bad:
        children = (*children, malformed(top.begin, top.end - top.begin, said.bad))
    return Field(key, label, said.value, top.start, top.end - top.start, said.text, note, reference, children)


def anything(cursor: Cursor, key: str = "", label: str = "") -> Field:
    """Whatever comes, by its own tags, as deep as it nests; raises Short without a whole head."""
    tag, at = next_tag(cursor), cursor.at
    name = tag_name(_identifier(cursor, label or "an element") if tag >= 0 and tag & 0x1F == 0x1F else tag)
    cursor.at = at
    key = key or f"ber.unknown.{name.replace(' ', '').replace('OBJECTIDENTIFIER', 'OID')}"
    if tag in READERS:
        return primitive(cursor, key, label or name, tag)
    if tag >= 0 and tag & 0x20:
        return structure(cursor, key if tag & 0xC0 == 0 else "ber.unknown.constructed", label or name, each, tag=tag)
    top = head(cursor, label or name)
    if top.missing or top.indefinite:
        raise Short(top.start, label or name)
    cursor.at = top.end
    said = READERS[OCTET_STRING](cursor.data[top.begin : top.end], top.begin)
    return cursor.add(_told(key if tag & 0xC0 == 0 else "ber.unknown.primitive", label or name, top, said))


def each(cursor: Cursor) -> None:
    """All that comes, each element as `anything`: the parse function of what nobody knows."""
    while cursor.left:
        anything(cursor)


def inside_octets(cursor: Cursor) -> None:
    """An OCTET STRING of unknown meaning: DER where it looks like DER through and through, else raw."""
    if looks_like_der(cursor):
        each(cursor)
    else:
        cursor.raw(None, "ber.unknown.OCTETSTRING", "Octets")


def looks_like_der(cursor: Cursor) -> bool:
    """Whether what is left is one element of a universal type, to its last byte."""
    tag, at = next_tag(cursor), cursor.at
    if tag not in TAGS or cursor.left < 2:
        return False
    try:
        top = head(cursor, "")
    except Short:
        return False
    finally:
        cursor.at = at
    return top.end == cursor.end and not (top.missing or top.indefinite or top.odd)


def _unexpected(cursor: Cursor, key: str, label: str, wanted: int, *, note: str, reference: str) -> Field:
    """An element with another tag than the grammar has here, shown as what it is."""
    found = next_tag(cursor)
    field = anything(cursor, key, label)
    reason = malformed(field.start, field.length, f"{label} is {tag_name(found)}, not {tag_name(wanted)}")
    field = field._replace(key=key, note=note, reference=reference, children=(*field.children, reason))
    cursor.fields[-1] = field
    return field


def _indefinite(cursor: Cursor) -> None:
    reason = "an indefinite length: that is BER, which DER forbids (X.690 section 10.1)"
    cursor.add(malformed(cursor.at, cursor.left, reason))
    cursor.at = cursor.end


def _lacking(top: Head, label: str) -> Field:
    said = top.end - top.begin + top.missing
    return malformed(top.end, 0, f"{label} says {said} bytes; {top.missing} of them are not there")
