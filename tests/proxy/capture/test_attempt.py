import sqlite3
from contextlib import closing
from math import inf

import pytest

from tlscope.capture import attempt as module
from tlscope.capture.attempt import attempt

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < ?"


@pytest.fixture
def database():
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.row_factory = sqlite3.Row
        yield opened


def test_the_answers_stand_one_behind_the_other(database):
    """As tuples, whatever the database gives otherwise."""
    assert [(7, 1), (2, 7)] == attempt(database, ["SELECT ?, 1", "SELECT 2, ?"], (7,), inf)


def test_what_takes_too_long_is_given_up(database, monkeypatch):
    """And the database is as it was."""
    monkeypatch.setattr(module, "TICKS", 1)
    assert attempt(database, [ENDLESS], (0,), 0) is None
    assert [1] == [row["one"] for row in database.execute("SELECT 1 AS one")]
    assert [(1,)] == attempt(database, [f"{ENDLESS} LIMIT 1"], (5,), inf)


def test_a_wrong_question_is_an_error(database):
    """It has not taken too long."""
    with pytest.raises(sqlite3.OperationalError, match="nothing"):
        attempt(database, ["SELECT 1", "SELECT nothing"], (), 60)
