"""Tokens, made here by hand: base64 and JSON."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, torture
from tlscope.wire.content import describe, jwt
from tlscope.wire.content.reading import Kind, Room


def encoded(part):
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(header, claims, signature=b"signature"):
    return b".".join((encoded(header), encoded(claims), encoded(signature)))


# RFC 7519 section 3.1
EXAMPLE = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)


def test_the_example_of_the_rfc():
    """Its claims by name, its times in words; and that nobody verified it."""
    tree = jwt.within(EXAMPLE, 0, Room())
    check_tree(tree, EXAMPLE.encode())
    claims = {found.value: found for found in tree.children[1].children}
    assert ["iss", "exp", "http://example.com/is_root"] == list(claims)
    assert "exp: 2011-03-22 18:43:00 UTC" == claims["exp"].text
    assert jwt.UNVERIFIED == tree.note
    assert 32 == len(tree.first("jwt.signature").value)
    for segment in tree.children:
        assert EXAMPLE[segment.start : segment.end] in EXAMPLE.split(".")


def test_at_its_place():
    """Offsets count in the body."""
    tree = jwt.within(EXAMPLE, 100, Room())
    assert (100, 100 + len(EXAMPLE)) == (tree.start, tree.end)
    check_tree(tree, bytes(100) + EXAMPLE.encode())


def test_unsigned():
    """The algorithm none is pointed at, however it is spelled."""
    for name in ("none", "nOnE"):
        assert jwt.NONE == jwt.dissect(token({"alg": name}, {}, b""), 0, Room()).note


def test_encrypted():
    """Five segments: only the header is for us."""
    data = b".".join(encoded(part) for part in ({"alg": "RSA-OAEP", "enc": "A256GCM"}, b"key", b"iv", b"text", b"tag"))
    tree = jwt.within(data.decode(), 0, Room())
    assert jwt.ENCRYPTED == tree.note
    assert [b"key", b"iv", b"text", b"tag"] == [found.value for found in tree.children[1:]]


def test_what_is_none():
    """Is left alone."""
    for text in ("", "eyJ", "eyJhbGciOi", "a.b.c", "eyJhbGciOiJub25lIn0", EXAMPLE + " ", "é" + EXAMPLE):
        assert jwt.within(text, 0, Room()) is None


def test_broken_base64():
    """Is malformed where it is."""
    tree = jwt.dissect(b"eyJhbGciOiJub25lIn0.a.b", 0, Room())
    assert 2 == len(malformed_in(tree))


def test_times():
    """Seconds, also with a fraction; what is no time is none."""
    assert "1970-01-01 00:00:01 UTC" == jwt.moment("1.5")
    for wrong in ("", "abc", "1e400", "-1e20", "NaN", None, b"1", True, "Infinity"):
        assert "" == jwt.moment(wrong)


def test_whatever_is_done_to_it():
    """A tree."""
    torture(lambda data: jwt.dissect(data, 0, Room()), b"eyJhbGciOiJub25lIn0.e30.", cuts=0)


@given(st.text(alphabet="eyJ.-_ab0"), st.binary())
def test_any_text(text, data):
    """Is a token or not."""
    jwt.within("eyJ" + text, 0, Room())
    made = token({"alg": "HS256"}, data, data)
    check_tree(jwt.within(made.decode(), 0, Room()), made)


@pytest.mark.parametrize("media_type", ["application/jwt", "application/at+jwt", "text/plain", ""])
def test_a_body_that_is_a_token(media_type):
    """As of an OpenID provider: its claims are there, at their places, and in the text."""
    data = b" " + EXAMPLE.encode() + b"\r\n"
    found = describe(media_type, data)
    assert (Kind.JWT, "JSON Web Token, HS256", "") == (found.kind, found.summary, found.problem)
    check_tree(found.tree, data)
    token = found.tree.first("jwt")
    assert (1, len(EXAMPLE)) == (token.start, token.length)
    assert 'iss: "joe"' in found.text
    assert EXAMPLE in found.text


def test_a_body_that_is_no_token():
    """Is text, and said to be mislabelled; other text is not taken for a token."""
    assert "no JSON Web Token" == describe("application/jwt", b"access denied").problem
    assert Kind.TEXT == describe("text/plain", EXAMPLE.encode() + b" and more").kind
    assert Kind.TEXT == describe("text/csv", b"eyJ,b\n").kind
