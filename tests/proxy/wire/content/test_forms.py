"""Forms, urllib as the oracle."""

from __future__ import annotations

import json
import urllib.parse

from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.content import describe
from tlscope.wire.content.forms import pairs
from tlscope.wire.content.reading import FIELDS, OMITTED, TEXT

KIND = "application/x-www-form-urlencoded"


def read(data):
    content = describe(KIND, data)
    check_tree(content.tree, data)
    return content


@given(st.lists(st.tuples(st.text(), st.text(min_size=1)), min_size=1, max_size=9))
@settings(max_examples=100, deadline=None)
def test_pairs_are_those_of_the_library(fields):
    """Names and values, decoded; and each with its bytes."""
    data = urllib.parse.urlencode(fields, errors="replace").encode()
    content = read(data)
    found = [tuple(child.value for child in pair.children[:2]) for pair in content.tree.all("urlencoded-form.pair")]
    assert urllib.parse.parse_qsl(data.decode(), keep_blank_values=True) == found
    assert "form" == content.kind
    for part in (*content.tree.all("urlencoded-form.key"), *content.tree.all("urlencoded-form.value")):
        assert part.value == urllib.parse.unquote_plus(data[part.start : part.end].decode())


def test_whatever_is_done_to_it():
    """A tree."""
    torture(lambda data: read(data).tree, b'a=1&b=%e2%82%ac+x&c&=d&&e=%zz&j=%7B%22a%22%3A1%7D&k={"b":[2]}')


def test_what_lies_in_a_value():
    """JSON and tokens have trees of their own, with places only where nothing was escaped."""
    inner = json.dumps({"a": [1]})
    plain, escaped = read(b"j=" + inner.encode()), read(urllib.parse.urlencode({"j": inner}).encode())
    for content in (plain, escaped):
        assert "1" == content.tree.first("json.value.number").value
        assert f"j: {inner}" == content.text
    token = read(b"id=1&t=eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln").tree
    assert (7, 45) == (token.first("jwt").start, token.first("jwt").end)


def test_broken_escapes():
    """Stay as they are and are pointed at, in names and values."""
    content = read(b"a%=1&b=%4&c=%41")
    assert "at byte 1: % without two hex digits" == content.problem
    assert [1, 7] == [found.start for found in content.tree.walk() if found.text == "% without two hex digits"]
    assert "a%: 1\nb: %4\nc: A" == content.text
    assert 2 == len(malformed_in(content.tree))


def test_another_charset():
    """Where the header names one."""
    content = describe(KIND + "; charset=windows-1251", b"a=%cf%f0%e8")
    assert ("a: При", "windows-1251") == (content.text, content.charset)


def test_limits():
    """Fields and text are bounded; what is left is counted."""
    data = b"a=1&" * 20_000
    content = read(data)
    assert "form, 20,000 fields" == content.summary
    assert 1 == len(content.tree.all(OMITTED))
    assert len(list(content.tree.walk())) < FIELDS + 10
    assert "more bytes" in content.text
    assert len(read(b"a=" + b"b" * 2 * TEXT).text) < TEXT + 100


def test_places():
    """Of pairs in a query, for whoever needs them."""
    assert [(0, 3, 1), (4, 5, 5), (6, 8, 6)] == list(pairs(b"a=1&b&=c"))


@given(st.binary() | st.text(alphabet="&=%+4a{}").map(str.encode))
def test_any_bytes(data):
    """Are described."""
    read(data)


def test_time_is_linear():
    """Twice the bytes, twice the steps."""
    for unit in (b"a=1&", b"&", b"%", b"a=%zz&", b"a={&"):
        one, two = (steps(read, unit * count) for count in (2_000, 4_000))
        assert two < 2.2 * one + 100
