"""What the dissectors of messages share."""

from __future__ import annotations

import pytest

from support.dissecting import malformed_in, torture
from tlscope.wire.field import Cursor, Short
from tlscope.wire.tls.codes import ContentType
from tlscope.wire.tls.parts import each, nothing, opaque, protocol, rest, words


def dissect(parse, data):
    cursor = Cursor(data)
    cursor.guarded(parse)
    return cursor.field("x", "X")


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
