"""What a body is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree
from tlscope.wire.content import Content, Kind, describe
from tlscope.wire.content.describe import READERS
from tlscope.wire.content.kinds import TYPES
from tlscope.wire.content.reading import TEXT
from tlscope.wire.field import Field


def test_an_empty_body():
    """Is that."""
    empty = Field("data", "Data", None, 0, 0, "empty")
    assert Content(Kind.EMPTY, "text/html", "", "empty", "", empty, "") == describe("text/html; charset=x", b"")


def test_a_missing_label():
    """Is noted, and no fault: a WebSocket message has none."""
    content = describe("", b'{"a": 1}')
    assert (Kind.JSON, "application/json", "") == (content.kind, content.media_type, content.problem)
    assert "No media type was given; it reads as application/json." == content.tree.note


def test_a_wrong_label():
    """Is told before what is wrong with the body."""
    content = describe("text/html", b'{"a": }')
    assert "called text/html, but begins like application/json; at byte 6: " in content.problem + "; at byte 6: "
    assert Kind.JSON == content.kind


def test_an_unknown_label():
    """Is kept; the bytes tell whether it is text."""
    assert ("text", "x/y") == (describe("x/y", b"abc").kind, describe("x/y", b"abc").media_type)
    assert "binary" == describe("x/y", b"\0abc").kind


@given(st.sampled_from(["", "a/b", "image/x", "multipart/mixed; boundary=b", *TYPES]), st.binary(), st.text())
@settings(max_examples=300, deadline=None)
def test_any_bytes_of_any_type(kind, data, name):
    """Are described: a line, a text, a tree."""
    content = describe(kind, data, name)
    check_tree(content.tree, data)
    assert content.kind in set(Kind)
    assert "\n" not in content.summary
    assert len(content.text) < TEXT + 100


@pytest.mark.parametrize("kind", sorted(READERS))
def test_every_kind_bears_nothing(kind):
    """And a single byte."""
    for name, found in TYPES.items():
        if found == kind:
            for byte in range(256):
                check_tree(describe(name, bytes((byte,))).tree, b"x")
