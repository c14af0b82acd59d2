"""Media types and what looks like them."""

from __future__ import annotations

from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.wire.content.mediatype import MAX_PARAMETERS, file_name, parse


@pytest.mark.parametrize(
    "header",
    [
        "text/html",
        "text/html; charset=utf-8",
        'multipart/form-data; boundary="a;b=\\"c"; x=y',
        "Text/HTML;Charset=ISO-8859-1 ; a = b",
        "application/json ;;charset=utf-8;",
    ],
)
def test_as_the_library_reads_it(header):
    """Types and names in lower case, quotes undone."""
    oracle = Message()
    oracle["Content-Type"] = header
    media = parse(header)
    assert oracle.get_content_type() == media.type
    for name in ("charset", "boundary", "x"):
        assert oracle.get_param(name) == media.parameters.get(name)


def test_suffix_and_major():
    """The structured syntax, and what stands before the slash."""
    media = parse("Application/Problem+JSON")
    assert ("json", "application") == (media.suffix, media.major)
    assert ("", "") == (parse("").suffix, parse("").major)


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ('form-data; name="a"; filename="b c.png"', "b c.png"),
        # RFC 6266 section 5 and RFC 8187 section 3.2.3
        ("attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates", "€ rates"),
        ("attachment; filename*=iso-8859-1'en'%A3%20rates", "£ rates"),
        ("inline", ""),
    ],
)
def test_file_names(disposition, expected):
    """The extended parameter comes first."""
    assert expected == file_name(parse(disposition).parameters)


@given(st.text())
def test_any_text(text):
    """Is read."""
    media = parse(text)
    assert len(media.parameters) <= MAX_PARAMETERS
    file_name(media.parameters)


def test_any_length():
    """Is read in the same time: no more than the limit is looked at."""
    assert steps(parse, "a;" + "b=c;" * 5000) == steps(parse, "a;" + "b=c;" * 50_000)
    assert MAX_PARAMETERS == len(parse("a" + "".join(f";p{i}=1" for i in range(100))).parameters)
