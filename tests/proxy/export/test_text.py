import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope.export.text import text_of


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ""),
        (b"GET / HTTP/1.1\r\n\tx\n", "GET / HTTP/1.1\r\n\tx\n"),
        ("\u65e5\u672c".encode(), "\u65e5\u672c"),
        (b"\xff", None),
        (b"abcdefghi\0", "abcdefghi\0"),
        (b"abcdefgh\0\0", None),
    ],
)
def test_text_is_utf8_and_nearly_all_printable(data, expected):
    """Line ends and tabs count as printable; one character in ten may be anything."""
    assert expected == text_of(data)


@settings(max_examples=100, deadline=None)
@given(st.binary())
def test_any_bytes_are_text_or_not(data):
    """What is, is all of them."""
    assert text_of(data) is None or data == text_of(data).encode()
