"""Which charset a body is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.wire.content import charset
from tlscope.wire.content.mediatype import parse


def found(header, data):
    chosen = charset.of(parse(header), data)
    return chosen.name, charset.text(data, chosen)[0]


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_comes_first(codec):
    """Whatever the header says; it is no part of the text."""
    assert (codec, "Grüße €") == found("text/html; charset=koi8-r", "\ufeffGrüße €".encode(codec))


def test_the_header_comes_before_the_document():
    """As browsers have it."""
    data = '<meta charset="koi8-r">Привет'.encode("windows-1251")
    assert ("windows-1251", data.decode("windows-1251")) == found("text/html; charset=Windows-1251", data)


@pytest.mark.parametrize(
    "data",
    [
        '<meta charset="koi8-r">Привет',
        "<meta http-equiv='Content-Type' content='text/html; charset=KOI8-R'>Привет",
        '<?xml version="1.0" encoding="koi8-r"?><a>Привет</a>',
        '@charset "koi8-r"; a { content: "Привет" }',
    ],
)
def test_what_the_document_says_of_itself(data):
    """In HTML, XML and CSS."""
    assert ("koi8-r", data) == found("text/html", data.encode("koi8-r"))


def test_without_any_word():
    """UTF-8 where it fits, also where it is cut; UTF-16 by its zeros; windows-1252 else."""
    assert ("utf-8", "Grüße") == found("text/plain", "Grüße".encode())
    assert ("utf-8", "Gr\ufffd") == found("text/plain", "Grü".encode()[:-1])
    assert ("utf-16-le", "Hello") == found("text/plain", "Hello".encode("utf-16-le"))
    assert ("utf-16-be", "Hello") == found("text/plain", "Hello".encode("utf-16-be"))
    assert ("windows-1252", "Grüße…") == found("text/plain", "Grüße…".encode("cp1252"))


def test_names_stand_for_what_browsers_take_them_for():
    """Latin-1 is windows-1252, GB2312 is GB18030, Shift_JIS is Microsoft's."""
    assert "€" == found("text/plain; charset=iso-8859-1", b"\x80")[1]
    assert "镕" == found("text/plain; charset=gb2312", "镕".encode("gbk"))[1]
    assert "①" == found("text/plain; charset=Shift_JIS", "①".encode("cp932"))[1]


def test_what_is_no_charset():
    """Is said, and not decoded with: Python knows codecs that are none, and slow ones."""
    for name in ("rot13", "punycode", "idna", "unicode_escape", "x-none"):
        chosen = charset.of(parse(f"text/plain; charset={name}"), b"abc")
        assert ("utf-8", f"unknown charset {name!r}") == (chosen.name, chosen.problem)


def test_every_codec_is_there():
    """In Python, for every label."""
    for codec in charset.CODECS.values():
        "abc".encode(codec)


def test_text_is_bounded():
    """And how many bytes are left is told."""
    chosen = charset.of(parse("text/plain"), "é".encode() * 100)
    assert ("é" * 10, 180) == charset.text("é".encode() * 100, chosen, 10)
    assert ("é" * 100, 0) == charset.text("é".encode() * 100, chosen, 100)


@given(st.sampled_from(["", "text/html", *(f"a/b; charset={name}" for name in charset.CODECS)]), st.binary())
def test_any_bytes(header, data):
    """Become some text."""
    chosen = charset.of(parse(header), data)
    letters, more = charset.text(data, chosen, 20)
    assert len(letters) <= 20
    assert 0 <= more <= len(data)
