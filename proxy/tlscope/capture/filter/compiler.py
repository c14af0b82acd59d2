"""The syntax tree of a filter, made into SQL: which columns, of which table's rows.

    compiler = Compiler(now, "connection")
    compiler.closed(compiler.compile(tree)) -> Piece

What a condition on another table means for a connection: it has such an exchange. Conditions on exchanges that are
joined by `and` are about the same one: `method == POST and status >= 500` is a failed POST. `not` is the opposite of
what it stands before, so that `not status == 200` is a connection without any such exchange, while `status != 200` is
one with an exchange that ended otherwise. The same holds for findings, and for `body` among conditions on exchanges.

Texts are asked once each and not once a row: `c.host_word IN (SELECT word FROM word WHERE text LIKE ?)`, see schema.py.
What is looked for in all columns, or in targets, is found by functions that know how (anywhere.py).

SQL's NULL is neither true nor false, but a filter is: only `not` can tell the difference, so that alone says `IS NOT
TRUE`, and the rest stays as plain as an index needs it.

`stepping` makes the form for rows that are looked at one by one. Both forms take the same parameters, in the same
order, though one of them may have no use for some.
"""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Literal

from tlscope.capture.filter.fields import BY_NAME, ORDERED, SHOWN_OF_CONNECTION, SHOWN_OF_EXCHANGE, TEXTS, Field, Kind
from tlscope.capture.filter.functions import regex
from tlscope.capture.filter.grammar import All, Comparison, FilterError, Node, Not, Some, Value, Word
from tlscope.capture.filter.pattern import RegexError
from tlscope.capture.filter.pieces import BODY, ROWS, SCAN, Piece, equal, joined, like, matching
from tlscope.capture.filter.quantities import Between
from tlscope.capture.filter.texts import bytes_of, closest, pattern_of, text_of
from tlscope.capture.filter.texts import like as literally
from tlscope.capture.filter.values import Exactly, Like, Test, read
from tlscope.capture.schema import WORDS
from tlscope.capture.spelling import TRIGRAM
from tlscope.wire.tls.meaning.finding import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row = Literal["connection", "exchange"]

HAS_JSON = sqlite3.sqlite_version_info >= (3, 38)
"""Whether SQLite is sure to know json_each."""

_TABLES = {"e": "exchange", "f": "finding"}
_TARGET = "e.target"
"""What is no word, is much searched for, and is found by its trigrams (spelling.py)."""
_INDEXED = frozenset({"e.status", "e.authority", "f.code", _TARGET})
_WORDS = {
    f"{table[0]}.{name}": f"{table[0]}.{stored}" for table, names in WORDS.items() for name, stored in names.items()
}
"""Columns whose texts are words, and where the words' numbers are."""
_IN_BODY = "tlscope_body({where}, ?)"
"""A condition on `body`, until it is known whether it is about a connection or one of its exchanges."""


class Compiler:
    """Compiles one filter."""

    def __init__(self, now: float, row: Row, *, stepping: bool = False) -> None:
        self.now = now
        self.stepping = stepping
        self.home = "ce" if row == "exchange" else "c"
        self.needles: list[bytes] = []
        self.hints: list[str] = []
        self.words: list[str] = []

    def compile(self, node: Node) -> Piece:
        """Bounded in depth by the grammar."""
        match node:
            case Not(what):
                inner = self.closed(self.compile(what))
                return Piece(f"({inner.sql}) IS NOT TRUE", inner.parameters, cost=inner.cost)
            case All(of):
                return self._all([self.compile(one) for one in of])
            case Some(of):
                return self._some([self.compile(one) for one in of])
            case Word(value):
                return self._word(value)
            case Comparison():
                return self._comparison(node)

    def closed(self, piece: Piece) -> Piece:
        """A condition on the row itself: on another table's rows it becomes one that there is such a row."""
        if piece.table == "body":
            return Piece(piece.sql.format(where="c.connection, NULL"), piece.parameters, cost=piece.cost)
        if not piece.table:
            return piece
        alias, table = piece.table, _TABLES[piece.table]
        if (
            piece.indexed and not self.stepping
        ):  # the rare rows are found at once, where EXISTS would ask every connection for them
            sql = f"c.connection IN (SELECT {alias}.connection FROM {table} {alias} WHERE {piece.sql})"  # noqa: S608 - ours
        else:
            sql = f"EXISTS (SELECT 1 FROM {table} {alias} WHERE {alias}.connection = c.connection AND {piece.sql})"  # noqa: S608 - ours
        return Piece(sql, piece.parameters, cost=max(piece.cost, ROWS))

    def _all(self, pieces: list[Piece]) -> Piece:
        groups: dict[str, list[Piece]] = {}
        for piece in pieces:
            groups.setdefault(piece.table, []).append(piece)
        if "e" in groups and "body" in groups:
            bodies = [_in_exchange(piece) for piece in groups.pop("body")]
            groups["e"] += bodies
        one_each = [
            joined(" AND ", group, table, indexed=any(piece.indexed for piece in group))
            for table, group in groups.items()
        ]
        return one_each[0] if len(one_each) == 1 else joined(" AND ", [self.closed(piece) for piece in one_each], "")

    def _some(self, pieces: list[Piece]) -> Piece:
        tables = {piece.table for piece in pieces}
        if len(tables) > 1:
            return joined(" OR ", [self.closed(piece) for piece in pieces], "")
        return joined(" OR ", pieces, tables.pop(), indexed=all(piece.indexed for piece in pieces))

    def _word(self, value: Value) -> Piece:
        field = None if value.quoted else BY_NAME.get(value.text.lower())
        if field:
            return self._presence(field, value)
        if not value.quoted and "." in value.text and (hint := closest(value.text, BY_NAME)):
            self.hints.append(f"{value.text} is no field, and is searched for as text; {hint}")
        self.words.append(text_of(value))
        if value.text.lower() in KINDS and not value.quoted:
            findings = BY_NAME["findings"]
            named = self._each(findings, lambda column: equal(column, [read(findings, value, self.now)]))
            return joined(" OR ", [named, self._anywhere_shown(value)], "")
        return self._anywhere_shown(value)

    def _anywhere_shown(self, value: Value) -> Piece:
        pattern = f"%{literally(text_of(value))}%"
        here = self._anywhere(SHOWN_OF_CONNECTION, pattern, "")
        there = self._anywhere(SHOWN_OF_EXCHANGE, pattern, self._open("e"))
        each = joined(" OR ", [here, self.closed(there)], "")
        if not HAS_JSON:
            return each
        found = "c.connection IN (SELECT value FROM json_each(tlscope_shown({})))"
        if self.home == "c":
            several = f"coalesce({', '.join('?' * len(each.parameters))})"  # as many as the other form has
            # Of the same cost, by which pieces are put in order, and with them their parameters.
            return each if self.stepping else Piece(found.format(several), each.parameters, cost=each.cost)
        first = "? IS NOT NULL" if self.stepping else found.format("?")
        return joined(" AND ", [Piece(first, (pattern,), cost=SCAN), each], "")

    def _anywhere(self, columns: Iterable[str], pattern: str, table: str) -> Piece:
        # All words are gone through once, not once for every column, and the few that match are looked up in each row.
        words = " OR ".join(f"{_WORDS[column]} IN w" for column in columns if column in _WORDS)
        those = "SELECT word FROM word WHERE text LIKE ? ESCAPE '\\'"
        if HAS_JSON:  # and once for all rows that are asked about one after the other
            those = "SELECT value FROM json_each(tlscope_words(?))"
        asked = [f"EXISTS (WITH w AS ({those}) SELECT 1 WHERE {words})"]
        asked += [f"{column} LIKE ? ESCAPE '\\'" for column in columns if column not in _WORDS]
        return Piece(f"({' OR '.join(asked)})", (pattern,) * len(asked), table, SCAN)

    def _open(self, table: str) -> str:
        return "" if table in self.home else table

    def _presence(self, field: Field, value: Value) -> Piece:
        if field.kind is Kind.BODY:
            raise FilterError(value.column, "`body` alone asks nothing", 'write body contains "token", or up > 0')
        return self._some([self._present(field, column) for column in field.columns])

    def _present(self, field: Field, column: str) -> Piece:
        if field.kind is Kind.FLAG:
            sql = f"({column})"
        elif column in _WORDS:
            sql = f"{_WORDS[column]} <> 0"
        elif field.kind in TEXTS:
            sql = f"{column} <> ''"
        elif field.kind in {Kind.SIZE, Kind.MESSAGES} or field.name == "exchanges":
            sql = f"({column}) <> 0"
        else:
            sql = f"({column}) IS NOT NULL"
        return Piece(sql, table=self._open(field.table))

    # ------------------------------------------------------------------------------------------------------ comparison

    def _comparison(self, node: Comparison) -> Piece:
        field = _known(node)
        if field.kind is Kind.BODY:
            return self._body(node)
        if field.kind is Kind.FLAG:
            return self._flag(field, node)
        match node.operator:
            case "contains":
                text = self._searched(field, node)
                pattern = f"%{literally(text)}%"
                return self._each(field, lambda column: self._narrowed(column, text, like(column, pattern)))
            case "matches":
                pattern = self._pattern(field, node)
                literal = regex(pattern).literal
                return self._each(
                    field, lambda column: self._narrowed(column, literal, matching(column, pattern, literal))
                )
            case "==" | "in":
                tests = [read(field, value, self.now) for value in node.values]
                return self._each(field, lambda column: self._narrowed(column, _common(tests), equal(column, tests)))
            case "!=":
                return self._different(field, read(field, node.values[0], self.now))
        return self._ordered(field, node)

    def _each(self, field: Field, condition: Callable[[str], Piece]) -> Piece:
        """A condition that one of the field's columns must meet."""
        table = self._open(field.table)
        pieces = [
            self._of_words(column, condition("text")) if column in _WORDS else condition(column)
            for column in field.columns
        ]
        if len(pieces) > 1:
            return joined(" OR ", pieces, table)
        (one,) = pieces
        return Piece(one.sql, one.parameters, table, one.cost, one.indexed and field.columns[0] in _INDEXED)

    def _narrowed(self, column: str, literal: str, piece: Piece) -> Piece:
        """A condition on targets, asked of connections that have one with what it wants; others as they are."""
        if column != _TARGET or len(literal) < TRIGRAM or not HAS_JSON:
            return piece
        among = "? <> ''" if self.stepping else "e.connection IN (SELECT value FROM json_each(tlscope_targets(?)))"
        return Piece(f"({among} AND {piece.sql})", (literal, *piece.parameters), cost=piece.cost, indexed=True)

    def _of_words(self, column: str, piece: Piece) -> Piece:
        """A condition on `text`, asked of the words that are in a column."""
        number = _WORDS[column]
        if self.stepping and not piece.indexed:  # not to go through all words in every step
            sql = f"EXISTS (SELECT 1 FROM word WHERE word = {number} AND {piece.sql})"  # noqa: S608 - ours
            return Piece(sql, piece.parameters)  # of the same cost: the order of the parameters hangs on it
        sql = f"{number} IN (SELECT word FROM word WHERE {piece.sql})"  # noqa: S608 - ours
        return Piece(sql, piece.parameters, indexed=True)

    def _different(self, field: Field, test: Test) -> Piece:
        """There is a value, and none is this one (as Wireshark 4)."""
        present = self._present(field, field.columns[0])
        if len(field.columns) > 1:
            present = joined(" OR ", [self._present(field, column) for column in field.columns], present.table)
        same = self._each(field, lambda column: equal(column, [test]))
        differs = Piece(f"({same.sql}) IS NOT TRUE", same.parameters, same.table, same.cost)
        return joined(" AND ", [present, differs], present.table)

    def _ordered(self, field: Field, node: Comparison) -> Piece:
        if field.kind not in ORDERED:
            raise FilterError(
                node.column, f"{node.field.text} is neither less nor more than something", _operators_for(field.kind)
            )
        found = read(field, node.values[0], self.now)
        assert isinstance(found, Between)  # the kinds in ORDERED are read as ranges
        operator = _MIRRORED[node.operator] if field.kind is Kind.AGE else node.operator
        bound = found.low if operator in {"<", ">="} else found.high
        return self._each(field, lambda column: Piece(f"{column} {operator} ?", (bound,), indexed=True))

    def _searched(self, field: Field, node: Comparison) -> str:
        if field.kind not in TEXTS:
            raise FilterError(node.column, f"{node.field.text} is no text to search in", _operators_for(field.kind))
        return text_of(node.values[0])

    def _pattern(self, field: Field, node: Comparison) -> str:
        if field.kind not in TEXTS:
            raise FilterError(node.column, f"{node.field.text} is no text to search in", _operators_for(field.kind))
        value = node.values[0]
        pattern = pattern_of(value)
        try:
            regex(pattern)
            pattern.encode()
        except RegexError as error:
            column = value.column + value.quoted + value.raw + error.offset
            raise FilterError(column, f"no regular expression: {error.what}", _LITERALLY) from None
        except UnicodeEncodeError:
            raise FilterError(value.column, "this is no text: it holds half of a character") from None
        return pattern

    def _body(self, node: Comparison) -> Piece:
        if node.operator != "contains":
            raise FilterError(node.column, "`body` can only be searched: contains", 'write body contains "token"')
        needle = bytes_of(node.values[0])
        if not needle:
            raise FilterError(node.values[0].column, "there is nothing to search for")
        self.needles.append(needle)
        piece = Piece(_IN_BODY, (needle,), "body", BODY)
        return _in_exchange(piece, "") if "e" in self.home else piece

    def _flag(self, field: Field, node: Comparison) -> Piece:
        truths = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        truth = truths.get(node.values[0].text.lower())
        if truth is None or node.operator not in {"==", "!="} or len(node.values) > 1:
            raise FilterError(node.column, f"{field.name} is there or not", f"write {field.name}, or not {field.name}")
        piece = self._present(field, field.columns[0])
        if truth is (node.operator == "=="):
            return piece
        piece = self.closed(piece)
        return Piece(f"({piece.sql}) IS NOT TRUE", piece.parameters, cost=piece.cost)


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LITERALLY = "for text as it stands write contains"


def _known(node: Comparison) -> Field:
    name = node.field
    field = None if name.quoted else BY_NAME.get(name.text.lower())
    if field is None:
        raise FilterError(name.column, f"there is no field `{name.text}`", closest(name.text, BY_NAME))
    return field


def _common(tests: list[Test]) -> str:
    """What texts have in common for which a test holds, as far as it is known."""
    match tests:
        case [Exactly((str(text),))]:
            return text
        case [Like(pattern)]:
            return max(
                (re.sub(r"\\(.)", r"\1", part) for part in re.findall(r"(?:\\.|[^%])+", pattern)), key=len, default=""
            )
    return ""


def _operators_for(kind: Kind) -> str:
    if kind in ORDERED:
        return "use == != < <= > >= or in"
    return "use == != or in" if kind not in TEXTS else "use == != in, contains or ~"


def _in_exchange(piece: Piece, table: str = "e") -> Piece:
    return Piece(piece.sql.format(where="e.connection, e.exchange"), piece.parameters, table, piece.cost)
