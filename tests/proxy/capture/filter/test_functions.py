import sqlite3

import pytest

from support.filtering import database
from tlscope.capture.filter.functions import prepare, regex
from tlscope.capture.filter.pattern import RegexError


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("tlscope_match('^a', 'Abc')", 1),
        ("tlscope_match('^1', 123)", 1),
        ("tlscope_match('a', NULL)", None),
        ("tlscope_network('10.0.0.0/8', '10.0.0.1')", 1),
        ("tlscope_network('::/0', '10.0.0.1')", 0),
        ("tlscope_network('::/0', 'example.org')", 0),
        ("tlscope_network('::/0', NULL)", None),
        ("tlscope_shown('%needle%')", "[1]"),
        ("tlscope_targets('pin')", "[2]"),
        ("tlscope_body(1, NULL, x'61')", 1),
    ],
)
def test_a_database_learns_functions(call, expected):
    """What they say of a value, and of none."""
    made = database({"host": "needle"}, {"of": [{"target": "/Pin"}]}, body=lambda *where: where == (1, None, b"a"))
    assert expected == made.execute(f"SELECT {call}").fetchone()[0]


def test_bodies_need_somebody_who_looks():
    """Without, a filter on them is an error, and no wrong answer."""
    made = sqlite3.connect(":memory:")
    prepare(made)
    with pytest.raises(sqlite3.OperationalError, match="tlscope_body"):
        made.execute("SELECT tlscope_body(1, NULL, x'61')")


def test_a_pattern_is_compiled_once():
    """It is asked for every text."""
    assert regex("a+") is regex("a+")
    with pytest.raises(RegexError):
        regex("(")
