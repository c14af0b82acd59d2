import io
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from hostile import forbidden
from tlscope_ui.cli.output import STYLES, Failure, Screen, complain, json_line, overheard
from tlscope_ui.telling import Span


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")


def shown(stream, *parts):
    Screen(stream).line(*parts)
    return stream.getvalue()


def test_a_terminal_gets_colour():
    """Spans are coloured, and what is around them is not."""
    assert "a \x1b[31mb\x1b[0m c\n" == shown(Terminal(), "a ", Span("b", "bad"), " c")


def test_a_pipe_gets_none():
    """What other programs read is plain."""
    assert "a b c\n" == shown(io.StringIO(), "a ", Span("b", "bad"), " c")


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_may_decline(monkeypatch, name, value):
    """NO_COLOR and a dumb terminal get plain text."""
    monkeypatch.setenv(name, value)
    assert "b\n" == shown(Terminal(), Span("b", "bad"))


def test_an_empty_no_color_declines_nothing(monkeypatch):
    """https://no-color.org: when present and not an empty string."""
    monkeypatch.setenv("NO_COLOR", "")
    assert "\x1b[31mb\x1b[0m\n" == shown(Terminal(), Span("b", "bad"))


@given(hostile.text, st.sampled_from(sorted(STYLES)))
def test_nothing_gets_past(text, style):
    """Every part of a line is made visible, whatever its style."""
    assert set() == forbidden(shown(io.StringIO(), text, Span(text, style)))
    assert 1 == shown(io.StringIO(), text).count("\n")


@given(st.dictionaries(hostile.text, hostile.text | st.integers() | st.none()))
def test_json_is_ascii_and_exact(value):
    """A line of JSON holds printable ASCII only, and reads back as what it was."""
    line = json_line(value)
    assert line.isascii()
    assert line.isprintable()
    # Two surrogates that JSON joins to one character are the one thing that it cannot tell from that character.
    if not any("\ud800" <= char <= "\udfff" for text in [*value, *map(str, value.values())] for char in text):
        assert value == json.loads(line)


def test_complaints_go_to_standard_error(capsys):
    """One line each, visible."""
    complain("Error: \x1b[31m", "Next: \u202e")
    captured = capsys.readouterr()
    assert ("", "Error: \\x1b[31m\nNext: \\u202e\n") == (captured.out, captured.err)


def test_complaints_can_be_heard_instead(capsys):
    """By who has no standard error to show: those of its own thread, as they are; not what comes later."""
    with overheard() as heard:
        complain("note: one", "two\x1b")
        other = threading.Thread(target=complain, args=["elsewhere"])
        other.start()
        other.join()
    complain("later")
    assert ["note: one", "two\x1b"] == heard
    assert "elsewhere\nlater\n" == capsys.readouterr().err


def test_a_failure_says_what_next():
    """And which exit code says so."""
    failure = Failure("what", "next", 5)
    assert ("what", "next", 5) == (str(failure), failure.next, failure.code)


def test_width_is_the_terminals(monkeypatch):
    """Of a pipe there is none, unless COLUMNS says so."""
    assert Screen(io.StringIO()).width is None
    monkeypatch.setenv("COLUMNS", "44")
    assert (44, 44) == (Screen(io.StringIO()).width, Screen(Terminal()).width)
