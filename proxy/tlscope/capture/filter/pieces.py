"""Pieces of conditions: what a column must be, as SQL with bound parameters, and how pieces are joined.

like("c.detail", "%reset%"), matching(column, pattern), equal(column, tests) -> Piece
joined(" AND ", pieces, table) -> Piece
"""

from __future__ import annotations

from dataclasses import dataclass

from tlscope.capture.filter.quantities import Between
from tlscope.capture.filter.texts import like as literally
from tlscope.capture.filter.values import Called, Exactly, Like, Mask, Matching, Test, Within

Parameter = str | int | bytes

COLUMN, SCAN, ROWS, REGEX, BODY = range(5)
"""What a condition costs: AND asks the cheap ones first."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a condition."""

    sql: str
    parameters: tuple[Parameter, ...] = ()
    table: str = ""
    """The table that the condition is on, if a connection may have several rows there (`e`, `f`); `body` for data."""
    cost: int = COLUMN
    indexed: bool = False
    """Whether an index of `table` finds the rows."""


def joined(word: str, pieces: list[Piece], table: str, *, indexed: bool = False) -> Piece:
    """Pieces with AND or OR between them, the cheap ones first."""
    if len(pieces) == 1:
        return pieces[0]
    pieces = sorted(pieces, key=lambda piece: piece.cost)
    sql = word.join(piece.sql for piece in pieces)
    parameters = tuple(value for piece in pieces for value in piece.parameters)
    return Piece(f"({sql})", parameters, table, max(piece.cost for piece in pieces), indexed)


def like(column: str, pattern: str) -> Piece:
    """It is like a pattern, in either case."""
    return Piece(f"{column} LIKE ? ESCAPE '\\'", (pattern,), cost=SCAN)


def matching(column: str, pattern: str, literal: str = "") -> Piece:
    """A regular expression matches; `literal` is in every text that it matches, which is sooner seen."""
    found = Piece(f"tlscope_match(?, {column})", (pattern,), cost=REGEX)
    if not literal:
        return found
    return joined(" AND ", [Piece(f"instr(lower({column}), lower(?)) > 0", (literal,), cost=SCAN), found], "")


def equal(column: str, tests: list[Test]) -> Piece:
    """One of the tests holds."""
    exact = [test for test in tests if isinstance(test, Exactly)]
    pieces = [_exactly(column, exact)] if exact else []
    pieces += [_one(column, test) for test in tests if not isinstance(test, Exactly)]
    return joined(" OR ", pieces, "", indexed=all(piece.indexed for piece in pieces))


def _exactly(column: str, tests: list[Exactly]) -> Piece:
    values = tuple(dict.fromkeys(value for test in tests for value in test.values))
    compared = "= ?" if len(values) == 1 else f"IN ({', '.join('?' * len(values))})"
    no_case = any(test.no_case for test in tests)
    return Piece(f"{column}{' COLLATE NOCASE' if no_case else ''} {compared}", values, indexed=not no_case)


def _one(column: str, test: Test) -> Piece:
    match test:
        case Between(low, high) if low == high:
            return Piece(f"{column} = ?", (low,), indexed=True)
        case Between(low, high):
            return Piece(f"{column} BETWEEN ? AND ?", (low, high), indexed=True)
        case Like(pattern):
            return like(column, pattern)
        case Within(network):
            return Piece(f"tlscope_network(?, {column})", (network,), cost=REGEX)
        case Mask(bits):
            return Piece(f"({column} & ?) <> 0", (bits,))
        case Called(name, who):
            words = f"' ' || {column} || ' '"
            exact = like(words, f"% {literally(name)} %")
            return joined(" OR ", [exact, like(words, f"%:{literally(name)} %")], "") if who else exact
        case Matching(pattern):
            return matching(column, pattern)
        case Exactly():
            return _exactly(column, [test])
