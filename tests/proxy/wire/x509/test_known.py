"""What the readers of extensions share."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree
from tlscope.wire.field import Cursor, Field
from tlscope.wire.x509.known import first_text, flags, texts

NAMES = ("digitalSignature", "b", "keyEncipherment", "d", "e", "f", "g", "h", "decipherOnly")


def read(data):
    cursor = Cursor(data)
    cursor.guarded(lambda inside: flags(inside, "x509ce.KeyUsage", "KeyUsage", NAMES, bits_key="x.bits"))
    return cursor.field("x", "X")


def test_flags_are_fields():
    """Each bit by its name, at the octet that holds it; what is left out is false and has no bytes."""
    found = read(bytes.fromhex("030205a0")).first("x509ce.KeyUsage")
    assert "digitalSignature, keyEncipherment" == found.text
    assert [True, False, True, False, False, False, False, False, False] == [bit.value for bit in found.children]
    assert [(3, 1)] * 8 + [(4, 0)] == [(bit.start, bit.length) for bit in found.children]
    assert "x.bits.digitalSignature" == found.children[0].key


@pytest.mark.parametrize(("data", "text"), [("0303070080", "decipherOnly"), ("030100", "none"), ("03020000", "none")])
def test_flags_in_a_word(data, text):
    """The names of those that are set, also in a second octet."""
    assert text == read(bytes.fromhex(data)).first("x509ce.KeyUsage").text


def test_trailing_zero_bits_are_no_der():
    """Of a list of named bits; no bits at all are."""
    assert "trailing zero bits" in read(bytes.fromhex("03020000")).first("x509ce.KeyUsage").note
    assert "" == read(bytes.fromhex("030100")).first("x509ce.KeyUsage").note


@given(st.binary(max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_bytes(content):
    """Make a tree whose fields lie where the bytes are."""
    for data in (content, bytes([3, len(content)]) + content):
        check_tree(read(data), data)


def test_a_text_is_made_of_its_parts():
    """The first part's, or the texts of all that have one."""
    parts = tuple(Field("k", "L", None, 0, 0, text) for text in ("one", "", "two"))
    whole = Field("k", "L", None, 0, 0, "old")
    assert ("one", "old") == (first_text(whole._replace(children=parts)).text, first_text(whole).text)
    assert (3, "one, two") == (texts(whole._replace(children=parts)).value, texts(whole._replace(children=parts)).text)
