import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from tlscope_ui.telling import Span
from tlscope_ui.text import columns
from tlscope_ui.tui.models.columns import BY_KEY, COLUMNS, DEFAULT, GAP, cell, fitted, outcome, status, took, what


def chosen():
    return [BY_KEY[key] for key in DEFAULT]


@pytest.mark.parametrize("room", [20, 40, 72, 100, 200])
def test_columns_fill_the_room_and_no_more(room):
    """Whatever the terminal's width, a row takes all of it; but two columns always stay."""
    found = fitted(chosen(), room)
    taken = sum(width for _, width in found) + GAP * (len(found) - 1)
    assert room == taken or (len(found) == 2 and taken >= room)


def test_what_matters_least_goes_first():
    """Where an exchange goes and how it ended are the last to go."""
    assert ["what", "outcome"] == [column.key for column, _ in fitted(chosen(), 30)]
    assert "down" in [column.key for column, _ in fitted(chosen(), 70)]
    assert list(DEFAULT) == [column.key for column, _ in fitted(chosen(), 200)]


def test_widths_that_were_chosen_hold():
    """A column that somebody resized is that wide, but never gone."""
    assert {"tls": 15, "up": 4} == {
        column.key: width
        for column, width in fitted(chosen(), 200, {"tls": 15, "up": 1})
        if column.key in {"tls", "up"}
    }


@given(hostile.text, st.integers(min_value=2, max_value=40), st.booleans())
def test_a_cell_is_as_wide_as_its_column(text, width, right):
    """So the columns stand below each other, whatever strangers call themselves."""
    assert width == columns(cell(Span(text, ""), width, right=right).text)
    assert set() == hostile.forbidden(cell(Span(text, ""), width).text)


def test_a_cut_cell_says_so():
    """What does not fit ends in an ellipsis."""
    assert "exam…" == cell(Span("example.org", ""), 5).text
    assert "   12" == cell(Span("12", ""), 5, right=True).text


def test_outcomes_are_words_with_their_cause():
    """Colour is never the only sign; what went wrong stands beside it."""
    row = {
        "outcome": "client-rejected",
        "detail": "the client sent the alert unknown_ca",
        "fault": "alert",
        "alerts": "client:unknown_ca us:internal_error server:close_notify",
    }
    assert "✗ client: unknown_ca" == outcome(row).text
    assert "✗ client: closed" == outcome(row | {"alerts": None, "fault": "closed"}).text
    assert "✗ client: it went away" == outcome(row | {"alerts": None, "fault": None, "detail": "it went away"}).text
    assert "✗ client-rejected" == outcome(row | {"alerts": None, "detail": None, "fault": None}).text
    assert "● open" == outcome(row | {"outcome": None}).text
    assert "✓ intercepted" == outcome(row | {"outcome": "intercepted", "detail": "x"}).text


def test_exchanges_say_what_was_answered():
    """A failure is a failure in a glyph too; no answer is not an error."""
    assert ["✓ 200", "✗ 404", "no response", "…"] == [
        status({"status": code, "ended": ended}).text for code, ended in ((200, 1), (404, 1), (None, 1), (None, None))
    ]


def test_hosts_and_times_are_as_people_write_them():
    """IPv6 in brackets; milliseconds, then seconds."""
    row = {"host": None, "sni": None, "server_ip": "::1", "port": 443}
    assert "[::1]:443" == what(row).text
    assert "-" == what(row | {"server_ip": None}).text
    assert ["1.5 ms", "12.0 s", ""] == [took(0, end).text for end in (1_500_000, 12 * 10**9, None)]


def test_every_column_explains_itself():
    """For the dialog that chooses columns, and for help."""
    assert all(column.note.endswith(".") for column in COLUMNS)
    assert len(COLUMNS) == len(BY_KEY)
