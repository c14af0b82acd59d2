"""Lines that fit on a screen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope_ui.telling import Span
from tlscope_ui.telling.fitting import NARROWEST, cut, folded
from tlscope_ui.text import columns, visible

LINE = ["  ", Span("Server Name", "strong"), ": a name and another one, and one more that is too long"]


def plain(line):
    return "".join(part if isinstance(part, str) else part.text for part in line)


def test_what_has_no_width_stays():
    """Of a pipe, or where there is room for all of it."""
    assert LINE == cut(LINE, None) == cut(LINE, len(plain(LINE)))
    assert [LINE] == list(folded(LINE, None)) == list(folded(LINE, len(plain(LINE))))


def test_a_cut_line_says_so():
    """It ends in an ellipsis, and takes all the columns that there are; styles stay."""
    found = cut(LINE, 50)
    assert plain(LINE)[:49] + "…" == plain(found)
    assert Span("Server Name", "strong") in found


def test_a_folded_line_breaks_between_words():
    """What follows stands behind the hanging indent; styles stay."""
    found = list(folded(LINE, 50, "    "))
    assert ["  Server Name: a name and another one, and one", "    more that is too long"] == [
        plain(line).rstrip() for line in found
    ]
    assert Span("Name", "strong") in found[0]


def test_a_word_that_is_longer_than_a_line():
    """Is broken where the line ends; a wide character is not broken."""
    assert ["x" * 50, "--" + "x" * 48, "--" + "x" * 2] == [plain(line) for line in folded(["x" * 100], 50, "--")]
    assert ["一" * 25, "一" * 5] == [plain(line) for line in folded(["一" * 30], 51)]


def test_escapes_are_measured_as_they_are_seen():
    """A control character takes as many columns as what stands for it."""
    assert "\\x1b" * 12 + "\\…" == plain(cut(["\x1b" * 20], 50))


def test_a_very_narrow_screen():
    """Has lines that are too long rather than nothing but ellipses."""
    assert NARROWEST == columns(plain(cut(["x" * 100], 3)))
    assert {NARROWEST} == {columns(plain(line)) for line in folded(["x" * (2 * NARROWEST)], 1, "  " * NARROWEST)}


PARTS = st.lists(
    st.builds(
        lambda text, style: Span(text, style) if style else text, st.text(max_size=60), st.sampled_from(["", "dim"])
    ),
    max_size=8,
)


@pytest.mark.parametrize("hanging", ["", "    "])
@given(PARTS, st.integers(40, 90))
@settings(max_examples=100, deadline=None)
def test_any_line_fits_and_nothing_is_lost(hanging, parts, width):
    """No line is wider; folded, every character but spaces between is still there, in order."""
    assert width >= columns(plain(cut(parts, width)))
    found = [plain(line) for line in folded(parts, width, hanging)]
    assert all(columns(visible(line)) <= width for line in found) or [plain(parts)] == found
    assert visible(plain(parts)).replace(" ", "") == visible("".join(found)).replace(" ", "")


def test_time_is_linear_in_the_length_of_a_line():
    """A body of one line and no space is folded in steps that grow as it does."""
    counted = [steps(lambda size=size: list(folded(["ü" * size], 80))) for size in (20_000, 40_000)]
    assert counted[1] < 2.2 * counted[0]
