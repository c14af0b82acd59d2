import sqlite3

import pytest

from tlscope.capture.filter.functions import prepare
from tlscope.capture.filter.pieces import BODY, COLUMN, SCAN, Piece, equal, joined, like, matching
from tlscope.capture.filter.quantities import Between
from tlscope.capture.filter.values import Called, Exactly, Like, Mask, Matching, Within


def holds(piece, value):
    """What SQLite says about a column that has the value."""
    made = sqlite3.connect(":memory:")
    prepare(made)
    return made.execute(f"SELECT {piece.sql} FROM (SELECT ? AS it)", (*piece.parameters, value)).fetchone()[0]


@pytest.mark.parametrize(
    ("test", "those", "others"),
    [
        (Exactly(("a", "b")), ["a", "b"], ["A", "ab", ""]),
        (Exactly(("a",), no_case=True), ["a", "A"], ["b"]),
        (Between(3, 5), [3, 5], [2, 6]),
        (Between(3, 3), [3], [4]),
        (Like("a\\%%"), ["a%", "A%b"], ["ab"]),
        (Within("10.0.0.0/8"), ["10.1.2.3"], ["192.0.2.1", "::1", "no address"]),
        (Mask(6), [2, 4, 7], [1, 8]),
        (Called("ok", who=False), ["ok", "a ok b"], ["okay", "x:ok"]),
        (Called("ok", who=True), ["ok", "client:ok b"], ["client:okay"]),
        (Matching("^a+$"), ["aa"], ["ab"]),
    ],
)
def test_each_test_is_sql(test, those, others):
    """True for the one, false for the other, and neither for NULL."""
    piece = equal("it", [test])
    assert [1] * len(those) == [holds(piece, value) for value in those]
    assert [0] * len(others) == [holds(piece, value) for value in others]
    assert holds(piece, None) is None


def test_one_of_several_tests_is_enough():
    """Exact values are one comparison, which an index may serve."""
    piece = equal("it", [Exactly(("a",)), Exactly(("b",))])
    assert ("it IN (?, ?)", ("a", "b"), True) == (piece.sql, piece.parameters, piece.indexed)
    mixed = equal("it", [Exactly(("a",)), Like("b%")])
    assert not mixed.indexed
    assert [1, 1, 0] == [holds(mixed, value) for value in ("a", "bc", "c")]


def test_cheap_pieces_come_first():
    """With their parameters; the whole costs what the dearest does; one alone is itself."""
    body, scan = Piece("b(?)", (1,), cost=BODY), Piece("s(?)", (2,), cost=SCAN)
    whole = joined(" AND ", [body, scan], "e")
    assert ("(s(?) AND b(?))", (2, 1), "e", BODY) == (whole.sql, whole.parameters, whole.table, whole.cost)
    assert body is joined(" OR ", [body], "e")
    assert COLUMN < SCAN < BODY


def test_a_literal_is_asked_before_the_expression():
    """It narrows what is matched, and changes nothing else."""
    piece = matching("it", "a.*b%", "b%")
    assert piece.sql.index("instr") < piece.sql.index("tlscope_match")
    assert [1, 0, 0] == [holds(piece, value) for value in ("xA-B%", "ab", "b%")]
    assert holds(like("it", "%a%"), "bAb")
