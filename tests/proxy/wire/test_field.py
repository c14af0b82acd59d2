"""The cursor that every dissector reads with."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire import field as fields
from tlscope.wire.field import DEPTH, MAX_NAMES, SHOWN, Cursor, Field, Short, as_json, malformed, named
from tlscope.wire.tls.codes import ContentType, ExtensionType


def items(cursor):
    while cursor.left:
        cursor.number(2, "x.item", "Item")


def message(data):
    """A type, a list of numbers, a trailer."""

    def body(cursor):
        cursor.number(1, "x.type", "Type", names=ContentType, notes={0x16: "what negotiates"}, reference="RFC 8446")
        cursor.vector(2, "x.items", "Items", items, length_key="x.items_length")
        cursor.raw(4, "x.trailer", "Trailer")

    cursor = Cursor(data)
    cursor.guarded(body)
    return cursor.field("x", "Message")


WHOLE = bytes.fromhex("16 0004 0001 0002 cafebabe")


def test_fields_know_their_bytes():
    """Each with its offset and length, its value, its text, its note and its reference."""
    tree = message(WHOLE)
    kind, listed, trailer = tree.children
    assert (0, 11, "x") == (tree.start, tree.length, tree.key)
    assert Field("x.type", "Type", 0x16, 0, 1, "handshake (0x16)", "what negotiates", "RFC 8446") == kind
    assert (1, 6) == (listed.start, listed.length)
    length, first, second = listed.children
    assert Field("x.items_length", "Items Length", 4, 1, 2, "4") == length
    assert [(1, 3, 5), (2, 5, 7)] == [(item.value, item.start, item.end) for item in (first, second)]
    assert (b"\xca\xfe\xba\xbe", "cafebabe") == (trailer.value, trailer.text)
    assert not malformed_in(tree)


def test_whatever_is_done_to_it():
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    torture(message, WHOLE)
    assert ["Trailer ends early"] == malformed_in(message(WHOLE[:-1]))
    assert ["1 bytes too many"] == malformed_in(message(WHOLE + b"!"))
    assert ["Type ends early"] == malformed_in(message(b""))


def test_a_vector_that_says_too_much():
    """What is there of it is dissected, and how much is missing is said."""
    tree = message(bytes.fromhex("16 0006 0001 0002"))
    assert [1, 2] == [found.value for found in tree.all("x.item")]
    assert ["Items says 6 bytes; 2 of them are not there", "Trailer ends early"] == malformed_in(tree)


def test_what_is_broken_inside_leaves_what_follows():
    """Where the length is known, what comes after is dissected."""
    tree = message(bytes.fromhex("16 0003 0001 00 cafebabe"))
    assert ["Item ends early"] == malformed_in(tree)
    assert b"\xca\xfe\xba\xbe" == tree.first("x.trailer").value


def test_a_group_is_as_long_as_what_is_read():
    """Without a size; with one, what is left over is malformed."""
    cursor = Cursor(b"\1\2\3\4")
    cursor.group(None, "x.open", "Open", lambda inside: inside.number(1, "x.a", "A"))
    cursor.group(2, "x.closed", "Closed", lambda inside: inside.number(1, "x.a", "A"), value="two")
    assert (3, 1) == (cursor.at, cursor.left)
    opened, closed = cursor.fields
    assert (0, 1, 1, 3, "two") == (opened.start, opened.end, closed.start, closed.end, closed.value)
    assert ["1 bytes too many"] == malformed_in(closed)
    with pytest.raises(Short):
        cursor.group(2, "x.closed", "Closed", items)


def test_a_group_that_fails_takes_all_that_is_left():
    """Nothing says where it would have ended."""
    cursor = Cursor(b"\1\2\3")
    cursor.group(None, "x.open", "Open", items)
    assert 0 == cursor.left
    assert ["Item ends early"] == malformed_in(cursor.fields[0])


def test_peek_consumes_nothing():
    """It tells what comes, or raises Short."""
    cursor = Cursor(b"\1\2")
    assert (0x0102, 0) == (cursor.peek(2), cursor.at)
    with pytest.raises(Short):
        cursor.peek(3)


def test_nesting_is_bounded():
    """However deep the bytes nest."""

    def nest(cursor):
        if cursor.left:
            cursor.group(None, "x.nest", "Nest", lambda inside: (inside.number(1, "x.n", "N"), nest(inside)))

    cursor = Cursor(bytes(10_000))
    cursor.guarded(nest)
    tree = cursor.field("x", "X")
    check_tree(tree, bytes(10_000))
    assert [f"nested deeper than {DEPTH}"] == malformed_in(tree)
    json.dumps(as_json(tree))


def test_long_bytes_are_shown_short():
    """The text of a field stays small; the value is whole."""
    cursor = Cursor(bytes(1000))
    assert 1000 == len(cursor.raw(None, "x.raw", "Raw"))
    assert f"{'00' * SHOWN}… (1000 bytes)" == cursor.fields[0].text
    assert "00" * SHOWN == Cursor(bytes(SHOWN)).raw(None, "x", "X").hex()


def test_names_of_numbers():
    """The RFC's name with the number, GREASE, or unknown; what is remembered of them is bounded."""
    assert "server_name (0x0000)" == named(ExtensionType, 0, 2)
    assert "GREASE 0x1A1A" == named(ExtensionType, 0x1A1A, 2)
    assert "unknown 0x1234" == named(ExtensionType, 0x1234, 2)
    for value in range(0x10000):
        named(ExtensionType, value, 2)
    assert MAX_NAMES >= len(fields._NAMES)


def test_text_by_a_function():
    """Of the number, or of the bytes."""
    cursor = Cursor(b"\5abc")
    cursor.number(1, "x.n", "N", text=lambda value: f"{value} apples")
    cursor.raw(3, "x.raw", "Raw", text=lambda data: data.decode(), value="abc")
    assert ["5 apples", "abc"] == [field.text for field in cursor.fields]
    assert "abc" == cursor.fields[1].value


def test_json_leaves_out_what_is_empty():
    """Bytes as hex."""
    tree = Field(
        "x", "X", None, 0, 2, children=(Field("x.a", "A", b"\1\2", 0, 2, "t", "n", "r"), malformed(2, 0, "why"))
    )
    assert {
        "key": "x",
        "label": "X",
        "start": 0,
        "length": 2,
        "children": [
            {
                "key": "x.a",
                "label": "A",
                "value": "0102",
                "start": 0,
                "length": 2,
                "text": "t",
                "note": "n",
                "reference": "r",
            },
            {"key": "_ws.malformed", "label": "Malformed", "start": 2, "length": 0, "text": "why"},
        ],
    } == as_json(tree)


def test_walking_goes_in_the_order_of_the_bytes():
    """A field before its children, a child before its sister."""
    assert ["x", "x.type", "x.items", "x.items_length", "x.item", "x.item", "x.trailer"] == [
        field.key for field in message(WHOLE).walk()
    ]


@given(st.binary(max_size=200))
def test_any_bytes(data):
    """A tree."""
    check_tree(message(data), data)


def test_time_is_linear():
    """Twice the bytes, twice the steps."""
    one, two = (steps(message, b"\x16" + size.to_bytes(2) + bytes(size) + b"tail") for size in (10_000, 20_000))
    assert two < 2.1 * one
