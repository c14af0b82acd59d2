import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope.capture import spelling as module
from tlscope.capture.filter.texts import like
from tlscope.capture.spelling import NOTHING, TRIGRAM, Spelling, can_spell, statements

TEXTS = st.text("abAB%_\"'* \0éÉ\u017fKk", max_size=6) | st.text(max_size=8)


def made():
    database = sqlite3.connect(":memory:")
    for statement in statements():
        database.execute(statement)
    return database


def test_what_is_spelt_is_found_by_any_three_letters():
    """Of either text, in either case; of numbers as of texts; nothing is found across two texts."""
    spelling = Spelling(made())
    spelling.add(7, [("/items/77", 200), ("/other", 404)])
    spelling.add(9, [("/items/78", None)])
    assert [7, 9] == spelling.candidates("TEMS/")
    assert [7] == spelling.candidates("404")
    assert [] == spelling.candidates("/77200")
    assert [] == spelling.candidates("nowhere")


def test_more_is_spelt_later():
    """By who goes on writing, and by another writer behind it."""
    database = made()
    spelling = Spelling(database)
    spelling.add(2, [("first", None)])
    spelling.add(1, [])
    spelling.add(1, [("second", None), ("third", None)])
    Spelling(database).add(2, [("fourth", None)])
    reader = Spelling(database)
    assert [[2], [1], [1], [2]] == [reader.candidates(text) for text in ("first", "second", "third", "fourth")]


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (("a", 1), NOTHING, [("a", 1)]),
        (("a", 1), ("a", None), [(None, 1)]),
        (("a", 1), ("a", 1), []),
        (("a", None), ("a", 1), []),
        (NOTHING, NOTHING, []),
    ],
)
def test_only_what_is_new_is_spelt_again(now, before, expected):
    """A request is there before its response, whose status comes later."""
    assert expected == Spelling.news(now, before)


def test_it_says_where_it_cannot_tell(monkeypatch):
    """Two letters are no trigram; too many candidates are none; as is everything without the table."""
    database = made()
    spelling = Spelling(database)
    for number in range(4):
        spelling.add(number, [("many", number)])
    assert spelling.candidates("ma") is None
    monkeypatch.setattr(module, "MAX_CANDIDATES", 3)
    assert spelling.candidates("many") is None
    monkeypatch.setattr(module, "MAX_CANDIDATES", 4)
    assert [0, 1, 2, 3] == spelling.candidates("many")
    monkeypatch.setattr(module, "can_spell", lambda: False)
    assert Spelling(database).candidates("many") is None


def test_without_trigrams_nothing_is_kept(monkeypatch):
    """A SQLite that is too old, or was built without: all is as before, but slower."""
    monkeypatch.setattr(module, "can_spell", lambda: False)
    database = made()
    spelling = Spelling(database)
    spelling.add(1, [("text", None)])
    assert spelling.candidates("text") is None
    assert [] == database.execute("SELECT * FROM document").fetchall()
    assert [] == database.execute("SELECT name FROM sqlite_master WHERE name = 'spelt'").fetchall()


def test_this_sqlite_has_trigrams_if_it_is_new_enough():
    """As it is built nearly everywhere."""
    options = {row[0] for row in sqlite3.connect(":memory:").execute("PRAGMA compile_options")}
    assert can_spell() is (sqlite3.sqlite_version_info >= (3, 34) and "ENABLE_FTS5" in options)


@given(st.lists(TEXTS, max_size=8), TEXTS)
@settings(max_examples=100, deadline=None)
def test_all_that_LIKE_finds_are_candidates(texts, needle):  # noqa: N802 - SQL's
    """SQLite's own LIKE says what must be among them, whatever the letters are."""
    database = made()
    spelling = Spelling(database)
    for number, text in enumerate(texts):
        spelling.add(number, [(text, None)])
    found = spelling.candidates(needle)
    for number, text in enumerate(texts):
        (holds,) = database.execute("SELECT ? LIKE ? ESCAPE '\\'", (text, f"%{like(needle)}%")).fetchone()
        assert found is None or not holds or number in found
    assert (found is None) == (len(needle.partition("\0")[0]) < TRIGRAM)
