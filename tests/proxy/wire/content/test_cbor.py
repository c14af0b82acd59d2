"""CBOR, its library and the RFC's examples as the oracles."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.content import describe
from tlscope.wire.content.reading import FIELDS, OMITTED
from tlscope.wire.field import DEPTH

KIND = "application/cbor"
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 64), (1 << 64) - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text() | st.integers(0, 300), inner, max_size=20),
    max_leaves=30,
)


def read(data, kind=KIND):
    content = describe(kind, data)
    check_tree(content.tree, data)
    return content


def rebuilt(field):
    if field.key == "cbor.item.map":
        return {rebuilt(pair.children[0]): rebuilt(pair.children[1]) for pair in field.children}
    if field.key == "cbor.item.array":
        return [rebuilt(item) for item in field.children]
    return float(field.value) if field.key.startswith("cbor.type.float") else field.value


@given(VALUES, st.booleans())
@settings(max_examples=60, deadline=None)
def test_values_are_those_of_the_library(value, canonical):
    """Of every kind and size; and each field has the bytes of its value."""
    data = cbor2.dumps(value, canonical=canonical)
    content = read(data)
    assert "" == content.problem
    (tree,) = content.tree.children
    assert value == rebuilt(tree)
    for field in tree.walk():
        if field.key != "cbor.item.pair":
            assert rebuilt(field) == cbor2.loads(data[field.start : field.end])


@pytest.mark.parametrize(
    ("data", "text"),
    [  # RFC 8949 appendix A
        ("00", "0"),
        ("1bffffffffffffffff", "18446744073709551615"),
        ("c249010000000000000000", "2(h'010000000000000000')"),
        ("3bffffffffffffffff", "-18446744073709551616"),
        ("f93e00", "1.5"),
        ("f90001", "5.960464477539063e-08"),
        ("fa47c35000", "100000.0"),
        ("fb3ff199999999999a", "1.1"),
        ("f97c00", "Infinity"),
        ("f97e00", "NaN"),
        ("f9fc00", "-Infinity"),
        ("f4", "false"),
        ("f6", "null"),
        ("f7", "undefined"),
        ("f0", "simple(16)"),
        ("f8ff", "simple(255)"),
        ("c11a514b67b0", "1(1363896240)"),
        ("d818456449455446", "24(h'6449455446')"),
        ("44 01020304", "h'01020304'"),
        ("62c3bc", '"ü"'),
        ("80", "[]"),
        ("8301820203820405", "[\n  1,\n  [\n    2,\n    3\n  ],\n  [\n    4,\n    5\n  ]\n]"),
        ("a201020304", "{\n  1: 2,\n  3: 4\n}"),
        ("5f42010243030405ff", "h'0102030405'"),
        ("7f657374726561646d696e67ff", '"streaming"'),
        ("9fff", "[]"),
        ("bf61610161629f0203ffff", '{\n  "a": 1,\n  "b": [\n    2,\n    3\n  ]\n}'),
    ],
)
def test_the_examples_of_the_rfc(data, text):
    """In diagnostic notation."""
    content = read(bytes.fromhex(data))
    assert (text, "") == (content.text, content.problem)


def test_tags():
    """Are named where they are known, and a time is told."""
    tag = read(bytes.fromhex("c11a514b67b0")).tree.children[0]
    assert ("2013-03-21 20:04:00 UTC", 1) == (tag.text, tag.value)
    assert "Tag 55799: self-described." == read(bytes.fromhex("d9d9f700")).tree.children[0].note
    assert "99999" == read(bytes.fromhex("da0001869f00")).tree.children[0].text


@pytest.mark.parametrize("data", ["1c", "1f", "5f00ff", "5f6161ff", "ff", "81ff", "dc", "7f7f6161ffff"])
def test_what_is_not_well_formed(data):
    """Is malformed, as the library has it (RFC 8949 appendix F)."""
    with pytest.raises(cbor2.CBORDecodeError):
        cbor2.loads(bytes.fromhex(data))
    assert malformed_in(read(bytes.fromhex(data)).tree)


def test_sequences():
    """Are one thing in a sequence (RFC 8742), another where one item belongs."""
    content = read(b"\0\1", "application/cbor-seq")
    assert ("CBOR sequence, 2 items", "") == (content.summary, content.problem)
    assert "2 items where one belongs" == read(b"\0\1").problem


def test_whatever_is_done_to_it():
    """A tree."""
    value = {"a": [1, -1, 300, 1.5, None, True, 2**70], "b": {"c": b"xx"}, "t": cbor2.CBORTag(1, 1_700_000_000)}
    torture(lambda data: describe(KIND, data).tree, cbor2.dumps(value) + bytes.fromhex("bf61619f0203ff6162f97e00ff"))


def test_limits():
    """Depth and fields are bounded, whatever lengths are claimed."""
    for head in (b"\x81", b"\x9f", b"\xc1", b"\xa1\1"):
        assert [f"nested deeper than {DEPTH}"] == malformed_in(read(head * 5000).tree)[:1]
    assert len(list(read(cbor2.dumps(dict.fromkeys(range(20_000), 1))).tree.walk())) < FIELDS + 10
    assert 1 == len(read(cbor2.dumps([1] * 20_000)).tree.all(OMITTED))
    for head in (b"\x9b", b"\xbb", b"\x7b", b"\x5b"):
        assert malformed_in(read(head + b"\xff" * 8 + b"\1").tree)


@given(st.binary(min_size=1))
def test_any_bytes(data):
    """Are described."""
    read(data)
    read(b"\x9f" + data)


def test_time_is_linear():
    """Twice the bytes, twice the steps."""
    for unit in (b"\1", b"\x81", b"\x9f", b"\x5f", b"\xc1", b"\x61a", b"\xff", b"\x9b" + b"\xff" * 8):
        one, two = (steps(read, unit * count) for count in (1500, 3000))
        assert two < 2.2 * one + 200
