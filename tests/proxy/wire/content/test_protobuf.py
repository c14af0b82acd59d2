"""Protocol Buffers, encoded here by hand."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.content import describe
from tlscope.wire.content.protobuf import looks_like_message, varint
from tlscope.wire.content.reading import FIELDS, LEVELS, OMITTED, TEXT
from tlscope.wire.field import Cursor, Short

KIND = "application/x-protobuf"


def number(value):
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes((*made, value))


def field(tag, value):
    """A field of a number, bytes, or a ready pair of wire type and bytes."""
    if isinstance(value, int):
        return number(tag << 3) + number(value)
    if isinstance(value, bytes):
        return number(tag << 3 | 2) + number(len(value)) + value
    wire, data = value
    return number(tag << 3 | wire) + data


def read(data, kind=KIND):
    content = describe(kind, data)
    check_tree(content.tree, data)
    return content


WHOLE = (
    field(1, 150)
    + field(2, b"testing")
    + field(3, field(1, 1) + field(2, b"inner") + field(4, field(1, 2)))
    + field(4, (5, struct.pack("<f", 1.5)))
    + field(5, (1, struct.pack("<d", -2.25)))
    + field(6, bytes((1, 2, 0xFF, 1)))
    + field(7, b"")
    + field(100_000, (1 << 64) - 1)
)
TEXTED = """1: 150 (sint 75)
2: "testing"
3 {
  1: 1
  2: "inner"
  4 {
    1: 2 (sint 1)
  }
}
4: 1.5 (1069547520)
5: -2.25 (13835621005235585024)
6: 4 bytes 0102ff01
7: ""
100000: 18446744073709551615 (int64 -1)"""


def test_a_message():
    """Every field by its number, with what its value may be; messages within it are found."""
    content = read(WHOLE)
    assert ("protobuf", "protobuf, 8 fields", TEXTED, "") == (
        content.kind,
        content.summary,
        content.text,
        content.problem,
    )
    inner = content.tree.all("protobuf.message")[0]
    assert field(1, 1) == WHOLE[inner.start : inner.start + 2]
    assert "May be packed numbers: 1, 2, 255." == content.tree.first("protobuf.field.value").note
    # https://protobuf.dev/programming-guides/encoding/#simple
    assert "1: 150 (sint 75)" == read(bytes.fromhex("089601")).text


def test_whatever_is_done_to_it():
    """A tree."""
    torture(lambda data: describe(KIND, data).tree, WHOLE)
    torture(
        lambda data: describe("application/grpc", data).tree, b"\0" + len(WHOLE).to_bytes(4) + WHOLE + b"\1\0\0\0\2ab"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"hello", '1: "hello"'),
        ("Grüße\n€".encode(), '1: "Grüße\n€"'),
        (b"\x08\x01", "1 {\n  1: 1\n}"),
        (b"\n\x0bHelloHello!", '1 {\n  1: "HelloHello!"\n}'),
        (b"\n\nHelloHello", '1 {\n  1: "HelloHello"\n}'),
        (b"\nonly a line", '1: "\nonly a line"'),
        (b"hi", '1: "hi"'),
        (b"\0\0", "1: 2 bytes 0000"),
        (b"\xff\xfe", "1: 2 bytes fffe"),
        (b"\x0b\x0c", "1: 2 bytes 0b0c"),
    ],
)
def test_what_bytes_are_likely_to_be(value, text):
    """Text where they read as text, else a message where they are one, else bytes."""
    assert text == read(field(1, value)).text


def test_times():
    """A number that may be one is said to be."""
    for value in (1_700_000_000, 1_700_000_000_000):
        assert "2023-11-14 22:13:20 UTC" in read(field(1, value)).tree.first("protobuf.field.value.uint64").note
    assert "" == read(field(1, 150)).tree.first("protobuf.field.value.uint64").note


@given(st.integers(0, (1 << 64) - 1))
def test_varints(value):
    """Are read back, by all their bytes."""
    data = number(value)
    cursor = Cursor(data + b"\x80")
    assert (value, len(data)) == (varint(cursor, "x"), cursor.at)
    with pytest.raises(Short):
        varint(cursor, "x")


def test_a_varint_that_never_ends():
    """Is malformed after ten bytes."""
    with pytest.raises(Short):
        varint(Cursor(b"\x80" * 11), "x")
    assert ["a varint ends early"] == malformed_in(read(b"\x08" + b"\x80" * 11).tree)


def test_what_is_no_message():
    """Is malformed from where it goes wrong."""
    content = read(field(1, 1) + b"\x07")
    assert "at byte 2: a field with the number 0 and the wire type 7 is none: the message ends early" == content.problem
    assert not looks_like_message(b"\x00\x01", 0, 2)
    assert not looks_like_message(b"", 0, 0)
    assert not looks_like_message(b"\x0b\x0c", 0, 2)
    assert looks_like_message(WHOLE, 0, len(WHOLE))
    assert not looks_like_message(WHOLE, 0, len(WHOLE) - 1)


def test_groups():
    """Of old are shown by their ends."""
    assert (
        "1: a group begins\n2: 1\n1: a group ends" == read(field(1, (3, b"")) + field(2, 1) + field(1, (4, b""))).text
    )


def test_grpc():
    """Messages with their frames; compressed ones and gRPC-Web's trailers are told apart."""
    data = b"\0\0\0\0\2\x08\1" + b"\1\0\0\0\3abc" + b"\x80\0\0\0\x10grpc-status: 0\r\n"
    content = read(data, "application/grpc-web+proto")
    assert ("grpc", "gRPC, 3 messages", "") == (content.kind, content.summary, content.problem)
    assert ["message, 2 bytes", "compressed, 3 bytes", "trailers, 16 bytes"] == [
        message.text for message in content.tree.children
    ]
    assert "# message 1: message, 2 bytes\n1: 1" in content.text
    assert "1 of them are not there" in malformed_in(read(data[:6], "application/grpc").tree)[-1]
    assert "ends early" in read(b"\0\0\0", "application/grpc").problem


def test_limits():
    """Fields, depth and text are bounded."""
    data = field(1, 1) * 20_000
    content = read(data)
    assert len(list(content.tree.walk())) < FIELDS + 10
    assert 1 == len(content.tree.all(OMITTED))
    deep = b"\x08\x01"
    for _ in range(200):
        deep = field(1, deep)
    tree = read(deep).tree
    assert len(tree.all("protobuf.message")) < LEVELS
    assert len(read(field(1, b"\x08\x01" * 3) * 3000).text) < TEXT + 100


@given(st.binary())
@settings(deadline=None)
def test_any_bytes(data):
    """Are described, alone and within a field."""
    read(data)
    read(field(1, data))
    read(data, "application/grpc")
    read(b"\0" + len(data).to_bytes(4) + data, "application/grpc")


@pytest.mark.parametrize(
    "unit", [b"\x08\x01", b"\x0a\x02\x08\x01", b"\x0a", b"\x80", b"\x0a\x04\x0a\x02\x08\x01", b"\x07"]
)
def test_time_is_linear(unit):
    """Twice the bytes, twice the steps; also where a field holds all the others."""
    for make in (bytes, lambda data: field(1, data)):
        one, two = (steps(read, make(unit * count)) for count in (200, 400))
        assert two < 2.3 * one + 200
    deep = [b"\x08\x01" * 100]
    for _ in range(60):
        deep.append(field(1, deep[-1]))
    assert steps(read, deep[60]) < 3 * steps(read, deep[30])
