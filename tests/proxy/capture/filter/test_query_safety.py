"""Filters that are nonsense, an attack, or too much: what is typed is searched for, or is an error, and that soon."""

import random
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from support.filtering import FROM, NOW, ONE, TWO, ask, database
from tlscope.capture.filter.grammar import MAX_CONDITIONS, MAX_DEPTH
from tlscope.capture.filter.query import FilterError, compile  # noqa: A004 - its name, as re.compile's


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from([
            "host", "status", "up", "cert.expires", "body", "tls", "findings", "ip.addr", "tls.message", "opened",
            "==", "!=", "<", ">=", "~", "contains", "in", "{", "}", ",", "and", "or", "not", "(", ")", "1", "10k",
            "-3d", "1.2", "'x'", '"', "\\", "*", "::1/64", "%", "'; DROP TABLE connection; --", "?", "{where}", "[",
            "a*",
        ]), max_size=14,
    ).map(" ".join),
    st.sampled_from(["connection", "exchange"]),
)  # fmt: skip
def test_any_text_gives_a_condition_or_an_error(text, row):
    """SQLite takes every condition, and nothing but FilterError is raised."""
    try:
        where = compile(text, NOW, row)
    except FilterError as error:
        error.describe()
        return
    made = database(ONE, body=lambda *_: True, indexes=False)
    made.execute(f"{FROM[row]} WHERE {where.sql}", where.parameters).fetchall()


@given(st.text(max_size=20).filter(lambda text: not re.search(r"""['\\\0]""", text)))
@settings(max_examples=100, deadline=None)
def test_what_is_typed_is_never_part_of_the_sql(text):
    """It is a parameter, whatever it holds: the SQL is the same for all texts."""
    try:
        found = [compile(shape.format(f"'{text}'"), NOW) for shape in ("host == {}", "host contains {}", "{}")]
    except FilterError:
        return
    same = [compile(shape.format("'QQQQ'"), NOW) for shape in ("host contains {}", "{}")]
    assert [where.sql for where in same] == [where.sql for where in found[1:]]
    words = "c.host_word IN (SELECT word FROM word WHERE text {})"
    assert found[0].sql in {words.format("= ?"), words.format("IN (?, ?)")}
    for where in found:
        assert len(where.parameters) == where.sql.count("?")


@pytest.mark.parametrize("attack", ["' OR 1=1 --", "'; DROP TABLE connection; --", '" OR ""="', "{where}", "%s", "?"])
def test_injections_find_nothing(attack):
    """They are what is searched for."""
    made = database(ONE, TWO, body=lambda *_: False)
    quoted = '"' + attack.replace('"', '\\"') + '"'
    for text in (f"host == {quoted}", f"host contains {quoted}", quoted, f"cert.fault == {attack.split()[0]!r}",
                 f"body contains {quoted}"):  # fmt: skip
        if "?" not in attack or "==" in text:
            assert [] == ask(made, text)
    assert [(2,)] == made.execute("SELECT count(*) FROM connection").fetchall()


def test_the_largest_filters_are_not_too_much_for_sqlite():
    """The deepest, the longest, and the one with most conditions."""
    made = database(ONE)
    deep = "".join(f"not (up or status == {number} and " for number in range(MAX_DEPTH // 3))
    for text in (
        deep + "x" + ")" * (MAX_DEPTH // 3),
        "(up or host and " * 9 + "x" + ")" * 9,
        "x " * MAX_CONDITIONS,
        "not status == 200 or " * (MAX_CONDITIONS - 1) + "up",
        f"status in {{{' '.join(map(str, range(250)))}}}",
        f"ip.addr in {{{' '.join(f'10.{number}.0.0/16' for number in range(250))}}}",
        "host ~ " + "a" * 500,
    ):
        ask(made, text)
        ask(made, text, "exchange")


def test_compiling_takes_linear_time():
    """Twice the conditions, about twice the work."""
    compile("a", NOW)
    works = [steps(compile, " or ".join(["up > 3"] * size), NOW) for size in (8, 16, 32)]
    assert all(more < 2.3 * less for less, more in pairwise(works))


def test_a_bad_pattern_on_many_rows_ends():
    """What would take a backtracker for ever."""
    chance = random.Random(1)
    made = database(*({"host": "a" * chance.randrange(30, 60) + "!"} for _ in range(50)))
    assert [] == ask(made, "host ~ '(a|aa)+$'")
