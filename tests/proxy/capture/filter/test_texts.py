import pytest

from tlscope.capture.filter.grammar import FilterError, Value
from tlscope.capture.filter.texts import bytes_of, closest, glob, like, pattern_of, text_of


def value(text, *, quoted=False, raw=False):
    return Value(text, 11, quoted, raw)


@pytest.mark.parametrize(
    ("text", "how", "expected"),
    [
        (r"a\"b\\c", {"quoted": True}, b'a"b\\c'),
        (r"\n\t\r\x41\u00e9", {"quoted": True}, "\n\t\rA\u00e9".encode()),
        (r"\xff\0", {"quoted": True}, b"\xff\0"),
        (r"\n", {"quoted": True, "raw": True}, rb"\n"),
        (r"\n", {}, rb"\n"),
        ("é", {}, "é".encode()),
    ],
)
def test_escapes(text, how, expected):
    """In quotes only, and not where they are raw."""
    assert expected == bytes_of(value(text, **how))


@pytest.mark.parametrize(
    ("text", "column", "read_as"),
    [(r"ab\q", 14, bytes_of), ("\ud800", 11, bytes_of), (r"\ud800", 11, bytes_of), (r"\xff", 11, text_of),
     (r"\0", 11, text_of)],
)  # fmt: skip
def test_what_is_no_text_is_an_error(text, column, read_as):
    """SQLite would refuse it, or stop at it."""
    with pytest.raises(FilterError) as error:
        read_as(value(text, quoted=True))
    assert column == error.value.column


def test_the_backslashes_of_an_expression_are_its_own():
    """Only a quotation mark needs one of ours."""
    assert r'\d"\\' == pattern_of(value(r"\d\"\\", quoted=True))
    assert r"\d" == pattern_of(value(r"\d")) == pattern_of(value(r"\d", quoted=True, raw=True))


def test_text_for_like_is_meant_as_it_stands():
    """Percent, underscore and backslash are no wildcards; only a star is."""
    assert r"10\%\_\\*" == like(r"10%_\*")
    assert r"10\%%" == glob("10%*")


def test_names_that_are_close_are_suggested():
    """And others are not."""
    assert "did you mean host?" == closest("HOTS", ["host", "up"])
    assert not closest("xyzzy", ["host"])
