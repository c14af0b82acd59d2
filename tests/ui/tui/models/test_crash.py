import re

import pytest

from tlscope_ui.tui.models.crash import MAX_CHAINED, MAX_FRAMES, MAX_MESSAGE, told


def failed(work):
    """The exception that it raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any
        work()
    return caught.value


def look_up():
    cookie = "sid=4f3c"
    return {}[cookie]


def test_where_and_how():
    """The places, innermost last, with their lines; then the exception's kind. Values of variables are not there."""
    *places, last, end = told(failed(look_up)).splitlines()
    assert "✗ The screen has failed: this is a defect of tlscope, not of what it shows." == end
    assert re.search(r"test_crash\.py\", line \d+, in look_up", places[-3])
    assert "return {}[cookie]" == places[-2].strip()
    assert {"~", "^"} == set(places[-1].strip())
    assert "KeyError: '…'" == last


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            AttributeError("'int' object has no attribute 'host'"),
            "AttributeError: 'int' object has no attribute 'host'",
        ),
        (ValueError("invalid literal: 'it\\'s secret' in \"this\""), "ValueError: invalid literal: '…' in \"…\""),
        (ValueError("cut: b'secret"), "ValueError: cut: b'…'"),
        (ValueError("ends so: 'secret\\"), "ValueError: ends so: '…'"),
        (ValueError("https://h/?token=abc"), "ValueError: https://h/?token=[redacted]"),
        (
            UnicodeDecodeError("ascii", b"secret", 0, 1, "it's no"),
            "UnicodeDecodeError: '…' codec can't decode byte 0x73",
        ),
        (RuntimeError(), "RuntimeError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_passed_is_not_told(error, said):
    """What an exception quotes is masked, unless it is of the kinds that quote names in our sources."""
    assert told(error).splitlines()[-2].startswith(said)
    assert "secret" not in told(error)


def test_nothing_drives_the_terminal():
    """Escape sequences and bidi marks are visible; a message that has many lines is one."""
    said = told(ValueError("a\x1b[31mb\u202ec\nd")).splitlines()
    assert "ValueError: a\\x1b[31mb\\u202ec\\nd" == said[-2]


def test_what_led_to_it():
    """What failed first stands first, as Python has it; what was left out on purpose is."""

    def again(hidden):
        try:
            look_up()
        except KeyError as error:
            raise ValueError from (None if hidden else error)

    def kinds(hidden):
        text = told(failed(lambda: again(hidden)))
        return [line for line in text.splitlines() if re.match(r"\w+Error", line)]

    assert ["KeyError: '…'", "ValueError"] == kinds(hidden=False)
    assert ["ValueError"] == kinds(hidden=True)


def test_it_is_short():
    """However deep a recursion, however long a message, however many exceptions, even in a circle."""

    def recursion(depth):
        return recursion(depth - 1) if depth else look_up()

    assert len(told(failed(lambda: recursion(500))).splitlines()) < 2 * MAX_FRAMES + 5
    assert len(told(TypeError("x" * 100_000))) < MAX_MESSAGE + 200
    one, other = KeyError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    assert 3 == len(told(one).splitlines())
    error = KeyError()
    for _ in range(100):
        error, error.__cause__ = KeyError(), error
    assert 1 + MAX_CHAINED == len(told(error).splitlines())


def test_an_exception_that_cannot_be_told():
    """Its kind is told."""

    class Mute(Exception):  # noqa: N818 - its name is its point
        def __str__(self):
            raise RuntimeError

    assert told(Mute()).splitlines()[-2].endswith("Mute")
