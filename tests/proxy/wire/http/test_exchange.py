"""The vocabulary of what is said above TLS."""

from __future__ import annotations

import pytest

from tlscope.events import Direction
from tlscope.wire.http.exchange import MAX_ODDITIES, Header, Oddities, Oddity, header, readable


@pytest.mark.parametrize("value", ["J\xf6rg".encode(), b"J\xf6rg"])
def test_a_header_keeps_its_bytes(value):
    """Its text is UTF-8 where that is what it is, else ISO 8859-1; its key lower case."""
    found = Header(b"X-Name", value, 16, 12)
    assert ("x-name", "J\xf6rg") == (found.key, found.text)
    assert value == found.value == found.octets.encode("latin-1")


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("/a?b=%C3%B6", "/a?b=%C3%B6"),
        ("/\xc3\xb6", "/\xf6"),
        ("/\xf6", "/\xf6"),
        ("/\xc3\xb6/\xf6", "/\xc3\xb6/\xf6"),
        ("https://\u043f.example/\xc3\xb6", "https://\u043f.example/\xc3\xb6"),
    ],
)
def test_what_has_a_character_a_byte_is_made_readable(octets, expected):
    """All of it is one encoding, or the other; what has characters that are no bytes stays."""
    assert expected == readable(octets)


def test_looking_for_a_header():
    """The first of that name, in any case; None without one."""
    headers = (Header(b"Accept", b"*/*", 0, 11), Header(b"HOST", b"a", 13, 7), Header(b"host", b"b", 22, 7))
    assert b"a" == header(headers, b"host")
    assert header(headers, b"range") is None


def test_each_oddity_once_a_message():
    """The next message may have it again."""
    events, oddities, said = [], Oddities(), set()
    for offset in range(3):
        oddities.tell(events, said, Oddity(1, Direction.UP, "bare-lf", "a line ends with LF alone", offset))
    oddities.tell(events, set(), Oddity(2, Direction.UP, "bare-lf", "a line ends with LF alone", 9))
    assert [
        Oddity(1, Direction.UP, "bare-lf", "a line ends with LF alone", 0),
        Oddity(2, Direction.UP, "bare-lf", "a line ends with LF alone", 9),
    ] == events


def test_oddities_are_bounded():
    """The last one says that no more will be told."""
    events, oddities = [], Oddities()
    for exchange in range(2 * MAX_ODDITIES):
        oddities.tell(events, set(), Oddity(exchange, Direction.UP, "bare-lf", "", 0))
    assert MAX_ODDITIES + 1 == len(events)
    assert "too-many-oddities" == events[-1].code
