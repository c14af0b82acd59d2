"""MessagePack, its library as the oracle."""

from __future__ import annotations

import datetime as dt

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.content import describe
from tlscope.wire.content.messagepack import timestamp
from tlscope.wire.content.reading import FIELDS, OMITTED
from tlscope.wire.field import DEPTH

KIND = "application/msgpack"
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text() | st.integers(0, 300), inner, max_size=20),
    max_leaves=30,
)


def read(data):
    content = describe(KIND, data)
    check_tree(content.tree, data)
    return content


def rebuilt(field):
    if field.key == "msgpack.map":
        return {rebuilt(pair.children[0]): rebuilt(pair.children[1]) for pair in field.children}
    if field.key == "msgpack.array":
        return [rebuilt(item) for item in field.children]
    return float(field.value) if field.key == "msgpack.float" else field.value


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_values_are_those_of_the_library(value):
    """Of every kind and size; and each field has the bytes of its value."""
    data = msgpack.packb(value)
    content = read(data)
    assert "" == content.problem
    (tree,) = content.tree.children
    assert value == rebuilt(tree)
    for field in tree.walk():
        if field.key not in {"msgpack.pair", "msgpack.ext", "msgpack.ext.type"}:
            assert rebuilt(field) == msgpack.unpackb(data[field.start : field.end], strict_map_key=False)


@pytest.mark.parametrize("size", [0, 15, 16, 31, 32, 255, 256, 65535, 65536])
def test_every_length(size):
    """Strings, bytes, arrays and maps, where their heads change."""
    for value in ("a" * size, b"a" * size):
        assert value == rebuilt(read(msgpack.packb(value)).tree.children[0])
    count = min(size, 4000)
    assert list(range(count)) == rebuilt(read(msgpack.packb(list(range(count)))).tree.children[0])
    extension = read(msgpack.packb(msgpack.ExtType(5, b"x" * size))).tree.children[0]
    assert [5, b"x" * size] == [field.value for field in extension.children]


def test_single_floats():
    """Are as exact as four bytes are."""
    assert "1.5" == read(msgpack.packb(1.5, use_single_float=True)).tree.children[0].text


def test_timestamps():
    """In all three sizes."""
    for seconds, nanoseconds in ((1, 0), (1, 5), (-1, 0), (1 << 33, 1), (1 << 35, 0)):
        stamp = msgpack.Timestamp(seconds, nanoseconds)
        expected = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)  # noqa: DTZ001 - UTC, as text
        assert f"{expected} UTC" == read(msgpack.packb(stamp)).text
    assert "" == timestamp(b"12345")


def test_summary_and_text():
    """One value is called by its kind; several follow each other."""
    content = read(msgpack.packb({"a": [1, None, True], "b": b"x", "c": {}}))
    assert ("msgpack", "MessagePack map, 3 pairs") == (content.kind, content.summary)
    assert '{\n  "a": [\n    1,\n    nil,\n    true\n  ],\n  "b": h\'78\',\n  "c": {}\n}' == content.text
    assert "MessagePack 2 values" == read(b"\1\2").summary


def test_whatever_is_done_to_it():
    """A tree."""
    value = {"a": [1, -1, 300, -70000, 1.5, None, True], "b": {"c": b"xx"}, "t": msgpack.Timestamp(1, 5)}
    torture(lambda data: describe(KIND, data).tree, msgpack.packb(value) + msgpack.packb(msgpack.ExtType(9, b"abc")))


def test_limits():
    """Depth and fields are bounded, whatever lengths are claimed."""
    assert [f"nested deeper than {DEPTH}"] == malformed_in(read(b"\x91" * 5000).tree)
    assert 1 == len(read(b"\x91" + msgpack.packb([1] * 20_000)).tree.all(OMITTED))
    assert len(list(read(msgpack.packb({i: i for i in range(20_000)})).tree.walk())) < FIELDS + 10
    for head in (b"\xdd", b"\xdf", b"\xdb", b"\xc6", b"\xc9"):
        assert malformed_in(read(head + b"\xff" * 4 + b"\1").tree)


def test_the_byte_that_is_never_used():
    """Is shown, and what follows is read."""
    assert ["msgpack.unsupported", "msgpack.integer.u8"] == [field.key for field in read(b"\xc1\1").tree.children]


@given(st.binary(min_size=1))
def test_any_bytes(data):
    """Are described; where the library reads them, nothing is malformed."""
    content = read(data)
    try:
        msgpack.unpackb(data, strict_map_key=False, unicode_errors="replace", object_pairs_hook=list)
    except ValueError:
        return
    assert not malformed_in(content.tree)


def test_time_is_linear():
    """Twice the bytes, twice the steps."""
    for unit in (b"\1", b"\x91", b"\x81\1", b"\xdd\xff\xff\xff\xff", b"\xa1a", b"\xc1"):
        one, two = (steps(read, unit * count) for count in (1500, 3000))
        assert two < 2.2 * one + 200
