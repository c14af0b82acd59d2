"""What a string may be."""

from __future__ import annotations

import base64
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.wire.content.hints import hint


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64(encode):
    """Of text, and of what has a magic number."""
    assert "Base64 of text: subjects? <all of them>" == hint(encode(b"subjects? <all of them>").decode())
    picture = encode(b"\x89PNG\r\n\x1a\n" + bytes(1000)).decode()
    assert "Base64 of 1,008 bytes that look like image/png." == hint(picture)


def test_what_is_not_base64():
    """Words, numbers, identifiers."""
    for text in (
        "a" * 40,
        "1234567890123456",
        "short",
        "d41d8cd98f00b204e9800998ecf8427e",
        "two words, and more of them",
    ):
        assert "" == hint(text), text


def test_url_encoded():
    """What a second decoding would give."""
    assert "URL-encoded: https://example.com/a b?c=é" == hint(
        urllib.parse.quote("https://example.com/a b?c=é", safe="")
    )
    assert "" == hint("100% of it is 100% text")


def test_data_urls():
    """With their type."""
    assert "A data: URL of image/png, base64 (RFC 2397)." == hint("data:image/png;base64,iVBORw0KGgo=")
    assert "A data: URL of text/plain (RFC 2397)." == hint("data:,Hello%2C%20World")


@given(st.text())
def test_any_text(text):
    """Is something or nothing, in one line."""
    assert hint(text).isprintable()
    assert hint("data:" + text + "," + text).isprintable()
