"""What the dissectors of messages share."""

from __future__ import annotations

import pytest

from support.dissecting import dissect, malformed_in, torture
from tlscope.wire.field import Cursor, Short
from tlscope.wire.tls.codes import ContentType
from tlscope.wire.tls.parts import blob, each, listed, nothing, one, opaque, protocol, readable, rest, several, words


def test_an_opaque_is_its_length_and_its_bytes():
    """Two fields; the value is the bytes, or text; empty is said."""
    tree = dissect(lambda cursor: opaque(cursor, 2, "x.o", "O", length_key="x.o_len", note="n"), b"\0\2ab")
    length, body = tree.children
    assert (2, 0, 2, b"ab", 2, 2, "n") == (length.value, 0, 2, body.value, body.start, body.length, body.note)
    tree = dissect(lambda cursor: opaque(cursor, 1, "x.o", "O", length_key="x.o_len", text=words), b"\2ab")
    assert ("ab", "ab") == (tree.first("x.o").value, tree.first("x.o").text)
    tree = dissect(lambda cursor: opaque(cursor, 1, "x.o", "O", length_key="x.o_len"), b"\0")
    assert (b"", "empty") == (tree.first("x.o").value, tree.first("x.o").text)


def test_a_cut_opaque_keeps_what_is_there():
    """And says that it ends early."""
    cursor = Cursor(b"\5ab")
    with pytest.raises(Short):
        opaque(cursor, 1, "x.o", "O", length_key="x.o_len")
    assert [5, b"ab"] == [field.value for field in cursor.fields]


def test_what_is_inside_an_opaque():
    """Children, within its bytes."""

    def parse(cursor):
        opaque(cursor, 1, "x.o", "O", length_key="x.o_len", inside=each(1, "x.n", "N"))
        cursor.number(1, "x.after", "After")

    tree = torture(lambda data: dissect(parse, data), b"\2\7\10\x09")
    assert [7, 8] == [child.value for child in tree.first("x.o").children]
    assert (b"\7\10", 9) == (tree.first("x.o").value, tree.first("x.after").value)


def test_lists_of_code_points():
    """With names, to the end; half a one is malformed."""
    tree = dissect(each(1, "x.c", "C", names=ContentType, reference="r"), b"\x16\x17")
    assert ["handshake (0x16)", "application_data (0x17)"] == [field.text for field in tree.children]
    assert ["C ends early"] == malformed_in(dissect(each(2, "x.c", "C"), b"\0\0\0"))


def test_lists_have_a_length_and_are_not_empty():
    """A vector of what the parser reads; an empty one is malformed, as the RFCs have it."""
    parse = listed(2, "x.cs", "Cs", each(1, "x.c", "C"), length="_len", note="n", reference="r")
    tree = torture(lambda data: dissect(parse, data), b"\0\2ab")
    whole = tree.first("x.cs")
    assert (0, 4, "n", "r", 2) == (whole.start, whole.length, whole.note, whole.reference, tree.first("x.cs_len").value)
    assert [97, 98] == [field.value for field in tree.all("x.c")]
    assert ["Cs is empty"] == malformed_in(dissect(parse, b"\0\0"))


def test_parts_behind_one_another():
    """A number, then a vector."""
    parse = several(one(1, "x.n", "N", text="{}".format, note="n"), blob(1, "x.b", "B", say=readable))
    tree = torture(lambda data: dissect(parse, data), b"\7\2hi")
    assert (7, "7", "n") == (tree.first("x.n").value, tree.first("x.n").text, tree.first("x.n").note)
    assert (b"hi", "hi", 2) == (tree.first("x.b").value, tree.first("x.b").text, tree.first("x.b_length").value)


def test_what_may_be_text():
    """Text where it is printable ASCII and short, else hex."""
    assert ["me", "ff", "0a", ""] == [readable(data) for data in (b"me", b"\xff", b"\n", b"")]
    assert readable(b"a" * 300).startswith("6161")


def test_rest_and_nothing():
    """All that is left, if anything is; or nothing at all."""
    assert b"ab" == dissect(rest("x.r", "R"), b"ab").first("x.r").value
    assert () == dissect(rest("x.r", "R"), b"").children
    assert ["1 bytes too many"] == malformed_in(dissect(nothing, b"a"))


def test_names_of_protocols():
    """Text where it is printable; GREASE by name; else hex. Never an error."""
    assert ["h2", "GREASE 0x1A1A", "0x0a0b", "0xff", ""] == [
        protocol(data) for data in (b"h2", b"\x1a\x1a", b"\x0a\x0b", b"\xff", b"")
    ]
    assert "a\\xff" == words(b"a\xff")
