"""JSON with its places, the library's parser as the oracle of its values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.content.jsontree import DUPLICATE, Tree, unescaped
from tlscope.wire.content.reading import FIELDS, LEVELS, OMITTED, Room
from tlscope.wire.field import Field

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def read(data):
    tree = Tree(data, Room())
    value = tree.value(0)
    return Field("json", "JSON", None, 0, len(data), children=(value,) if value else ())


def rebuilt(field):
    """The value that a tree stands for."""
    if field.key == "json.object":
        return {member.value: rebuilt(member.children[0]) for member in field.children}
    if field.key == "json.array":
        return [rebuilt(item) for item in field.children]
    if field.key == "json.value.number":
        return json.loads(field.value)
    return field.value


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_values_are_those_of_the_library(value, indent, ascii_):
    """Whatever they are, and however they are written; and each field has the bytes of its value."""
    data = json.dumps(value, indent=indent, ensure_ascii=ascii_).encode("utf-8", "replace")
    tree = read(data).children[0]
    assert not malformed_in(tree)
    assert json.loads(data) == rebuilt(tree)
    for field in tree.walk():
        if field.key != "json.member":
            assert json.loads(data[field.start : field.end]) == rebuilt(field)


def test_whatever_is_done_to_it():
    """A tree, with what was read before a cut."""
    torture(read, b'{"a": [1, 2.5, "x\\u0041", {"b": null}], "c": true, "d": {}, "e": [[], -1e9, "", "\\\\\\""]}')
    torture(read, b" [1, {}, [[[]]], \xff, nul, tru, '', {,}, {\"a\"}, 1.]")


def test_numbers_stay_as_they_are_written():
    """No digit is lost to a float."""
    numbers = ["1.10", "18446744073709551617", "1e400", "-0", "0.1000000000000000055511151231257827"]
    assert numbers == [item.value for item in read(f"[{','.join(numbers)}]".encode()).children[0].children]


@pytest.mark.parametrize("text", ["01", "1.", "+1", ".5", "1e", "0x1", "NaN1", "tru", "'a'", "undefined"])
def test_what_is_no_value(text):
    """Is malformed, and what follows is read."""
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    tree = read(f"[{text}, 7]".encode()).children[0]
    assert 1 == len(malformed_in(tree))
    assert "7" == tree.children[-1].value


@pytest.mark.parametrize(
    ("text", "reason", "start"),
    [
        ("[1 2]", "a comma is missing", 3),
        ("[1,,2]", "a comma too many", 3),
        ("[1,]", "a comma and nothing behind it", 3),
        ("[1", "array ends early", 2),
        ('{"a":1', "object ends early", 6),
        ('{"a" 1}', 'the name "a" without a value', 1),
        ('{"a":}', "a value is missing", 5),
        ("{a:1}", "a name without quotes", 1),
        ('{"a":1]', "] where } belongs", 6),
        ('["a', "a string that does not end", 1),
        ("[1:2]", ": where a value belongs", 2),
        ('{{"a":1}', "{ where a name belongs", 1),
    ],
)
def test_faults_are_where_they_are(text, reason, start):
    """With the reason, the first one told as the problem."""
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    tree = Tree(text.encode(), Room())
    value = tree.value(0)
    found = next(field for field in value.walk() if field.text == reason)
    assert start == found.start
    assert tree.problem


def test_a_name_that_stands_twice():
    """Is noted where it comes again, also where it is written otherwise; the same name elsewhere is not."""
    tree = Tree(rb'{"a": {"a": 1}, "\u0061": 2, "b": 3}', Room())
    members = [field for field in tree.value(0).walk() if field.key == "json.member"]
    assert ["", "", DUPLICATE, ""] == [member.note for member in members]
    assert 'at byte 16: the name "\\u0061" stands twice' == tree.problem


def test_numbers_that_json_has_not():
    """Are values all the same, with a note."""
    tree = read(b"[NaN, Infinity, -Infinity]").children[0]
    assert ["json.value.nan"] * 3 == [item.key for item in tree.children]
    assert all(item.note for item in tree.children)


def test_strings():
    """Escapes are undone, halves of pairs and bytes that are no UTF-8 replaced, controls noted."""
    assert 'a\n"é\U0001f600' == unescaped(rb'"a\n\"\u00e9\ud83d\ude00"')
    assert "\ufffd" == unescaped(rb'"\ud83d"')
    assert "\ufffd" == unescaped(b'"\xff"')
    assert r"\q" == unescaped(rb'"\q"')
    assert "escaped" in read(b'"a\nb"').children[0].note


def test_nesting_is_bounded():
    """What lies deeper is one field; what comes behind is read."""
    deep = b"[" * 5000 + b"1" + b"]" * 5000
    data = b"[" + deep + b', {"a": 2}]'
    tree = read(data)
    check_tree(tree, data)
    assert 1 == len(tree.all(OMITTED))
    assert "2" == tree.first("json.value.number").value
    assert LEVELS == len(tree.all("json.array")) - 1
    for unclosed in (b"[", b'{"a":', b"[{", b'["'):
        check_tree(read(unclosed * 5000), unclosed * 5000)


def test_fields_are_bounded():
    """Then the rest is one field, and is counted all the same."""
    data = json.dumps([{"a": [i, {"b": "]"}]} for i in range(20_000)]).encode()
    room = Room()
    tree = Tree(data, room)
    value = tree.value(0)
    check_tree(value, data)
    assert 20_000 == tree.count
    assert FIELDS < len(list(value.walk())) < FIELDS + 50
    assert 1 == len([field for field in value.children if field.key == OMITTED])
    deep = json.dumps([[[[[[i, i], i], i], i], i] for i in range(20_000)]).encode()
    tree = Tree(deep, Room())
    tree.value(0)
    assert 20_000 == tree.count
    object_ = json.dumps({str(i): i for i in range(20_000)}).encode()
    tree = Tree(object_, Room())
    tree.value(0)
    assert 20_000 == tree.count


def test_commas_are_bounded():
    """A body of nothing but faults has no more fields than any other."""
    for junk in (b",", b"1 ", b":", b"}{", b'"', b'"a":', b"[,", b"{:"):
        data = b"[" + junk * 20_000
        tree = read(data)
        check_tree(tree, data)
        assert len(list(tree.walk())) < FIELDS + 100


@given(st.binary() | st.text(alphabet='[]{}:,"\\1a \ntrue').map(str.encode))
@settings(max_examples=200, deadline=None)
def test_any_bytes(data):
    """A tree."""
    check_tree(read(data), data)


@pytest.mark.parametrize("unit", [b'{"a":[1,"b",{}]},', b"[", b'{"a":', b'"\\', b'"', b"[1,[", b'{"":{},"":'])
def test_time_is_linear(unit):
    """Twice the bytes, twice the steps, before the limits and behind them."""
    for small, factor in ((200, 2.2), (20_000, 2.2)):
        one, two = (steps(read, b"[" + unit * count) for count in (small, 2 * small))
        assert two < factor * one + 100
