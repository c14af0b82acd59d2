"""Filters as SQL: what a person types, as a condition on the rows of the index.

    where = compile('host ~ "example" and http.response.code >= 400', now=time.time())
    prepare(database, body=look_into_the_journal)
    database.execute(f"SELECT ... FROM connection c WHERE {where.sql}", where.parameters)

The rows are those of `connection c`, or with `row="exchange"` those of `exchange e JOIN connection c`. Nothing that was
typed is ever part of the SQL: it is made of the catalogue's columns (fields.py) and of parameters.

What a condition on another table means for a connection: it has such an exchange. Conditions on exchanges that are
joined by `and` are about the same one: `method == POST and status >= 500` is a failed POST. `not` is the opposite of
what it stands before, so that `not status == 200` is a connection without any such exchange, while `status != 200` is
one with an exchange that ended otherwise. The same holds for findings, and for `body` among conditions on exchanges.

Texts are asked once each and not once a row: `c.host_word IN (SELECT word FROM word WHERE text LIKE ?)`, see schema.py.
What is looked for in all columns is found among the texts once for all steps (`tlscope_words`).

A row that others hang on can be found in two ways. `sql` looks for the exchanges with an index first, which is quick
where they are few; `each` looks at the exchanges of the one connection that it is asked about: where they are many, and
where connections are gone through anyway, that is quick. A View (view.py) begins with the first and goes on with the
second.

SQL's NULL is neither true nor false, but a filter is: only `not` can tell the difference, so that alone says `IS NOT
TRUE`, and the rest stays as plain as an index needs it.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Literal

from tlscope.capture.filter.fields import BY_NAME, ORDERED, SHOWN_OF_CONNECTION, SHOWN_OF_EXCHANGE, TEXTS, Field, Kind
from tlscope.capture.filter.grammar import All, Comparison, FilterError, Node, Not, Some, Value, Word, parse
from tlscope.capture.filter.regex import Regex, RegexError
from tlscope.capture.filter.values import (
    Between,
    Called,
    Exactly,
    Like,
    Mask,
    Matching,
    Test,
    Within,
    bytes_of,
    closest,
    like,
    pattern_of,
    read,
    text_of,
)
from tlscope.capture.schema import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["FilterError", "Where", "compile", "prepare"]

KEPT_WORDS = 16
"""Texts that are searched for whose words are kept: a filter has few of them."""
HAS_JSON = sqlite3.sqlite_version_info >= (3, 38)
"""Whether SQLite is sure to know json_each."""

Parameter = str | int | bytes
Row = Literal["connection", "exchange"]


@dataclass(frozen=True, slots=True)
class Where:
    """A condition for SQL's WHERE."""

    sql: str
    parameters: tuple[Parameter, ...] = ()
    each: str = "1"
    """The same condition, with the same parameters, for going through rows in steps; `prepare` teaches what it uses."""
    body: tuple[bytes, ...] = ()
    """What is searched for in application data: where there is any, `prepare` must be told how."""
    hints: tuple[str, ...] = ()
    """What may not be meant as it was understood, in sentences; a filter for all that is no error."""


def compile(text: str, now: float, row: Row = "connection") -> Where:  # noqa: A001 - as re.compile
    """The condition that `text` says; `now` is seconds since the epoch. Raises FilterError, and nothing else."""
    tree = parse(text)
    if tree is None:
        return Where("1")
    compiler, stepping = _Compiler(now, row), _Compiler(now, row, stepping=True)
    try:
        whole = compiler.closed(compiler.compile(tree))
        each = stepping.closed(stepping.compile(tree))
    except FilterError as error:
        error.text = text
        raise
    return Where(whole.sql, whole.parameters, each.sql, tuple(compiler.needles), tuple(compiler.hints))


def prepare(database: sqlite3.Connection, body: Callable[[int, int | None, bytes], bool] | None = None) -> None:
    """Teach a database the functions that conditions use.

    `body(connection, exchange, needle)` says whether `needle` is in the application data of a connection, or of one of
    its exchanges if that is not None. Without it a filter on `body` is an error of SQLite's.
    """
    database.create_function("tlscope_match", 2, _matches, deterministic=True)
    database.create_function("tlscope_network", 2, _in_network, deterministic=True)
    database.create_function("tlscope_words", 1, _Words(database).like, deterministic=True)
    if body:
        look = body
        database.create_function("tlscope_body", 3, lambda *where: bool(look(*where)))


class _Words:
    """The words that a text is found in, for conditions that are asked again and again: none is searched twice.

    Their numbers only grow, and what has one stays as it is.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._found: dict[str, tuple[int, str]] = {}
        """Pattern -> the highest number that was searched, and those found as a list in JSON."""

    def like(self, pattern: str) -> str:
        """Their numbers, as a list in JSON."""
        ask = self._database.execute
        before, found = self._found.get(pattern, (-1, "[]"))
        highest = ask("SELECT max(word) FROM word").fetchone()[0]
        if highest > before:
            query = "SELECT word FROM word WHERE word > ? AND text LIKE ? ESCAPE '\\'"
            found = json.dumps(json.loads(found) + [row[0] for row in ask(query, (before, pattern))])
            if len(self._found) >= KEPT_WORDS and pattern not in self._found:
                self._found.clear()
            self._found[pattern] = highest, found
        return found


@lru_cache(maxsize=1 << 16)  # a text is asked again for every row that has it
def _matches(pattern: str, value: str | int | None) -> bool | None:
    return None if value is None else _regex(pattern).search(str(value))


@lru_cache(maxsize=16)
def _regex(pattern: str) -> Regex:
    return Regex(pattern)


@lru_cache(maxsize=4096)
def _in_network(network: str, value: str | None) -> bool | None:
    if value is None:
        return None
    try:
        return ip_address(value) in _network(network)
    except ValueError:
        return False


@lru_cache(maxsize=16)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)


# ------------------------------------------------------------------------------------------------------------ compiler


@dataclass(frozen=True, slots=True)
class _Sql:
    """A piece of a condition."""

    sql: str
    parameters: tuple[Parameter, ...] = ()
    table: str = ""
    """The table that the condition is on, if a connection may have several rows there (`e`, `f`); `body` for data."""
    cost: int = 0
    indexed: bool = False
    """Whether an index of `table` finds the rows."""


_COLUMN, _SCAN, _ROWS, _REGEX, _BODY = range(5)
"""What a condition costs: AND asks the cheap ones first."""
_TABLES = {"e": "exchange", "f": "finding"}
_INDEXED = frozenset({"e.status", "e.authority", "f.code"})
_WORDS = {
    f"{table[0]}.{name}": f"{table[0]}.{stored}" for table, names in WORDS.items() for name, stored in names.items()
}
"""Columns whose texts are words, and where the words' numbers are."""
_IN_BODY = "tlscope_body({where}, ?)"
"""A condition on `body`, until it is known whether it is about a connection or one of its exchanges."""


class _Compiler:
    def __init__(self, now: float, row: Row, *, stepping: bool = False) -> None:
        self.now = now
        self.stepping = stepping
        self.home = "ce" if row == "exchange" else "c"
        self.needles: list[bytes] = []
        self.hints: list[str] = []

    def compile(self, node: Node) -> _Sql:
        """Bounded in depth by the grammar."""
        match node:
            case Not(what):
                inner = self.closed(self.compile(what))
                return _Sql(f"({inner.sql}) IS NOT TRUE", inner.parameters, cost=inner.cost)
            case All(of):
                return self._all([self.compile(one) for one in of])
            case Some(of):
                return self._some([self.compile(one) for one in of])
            case Word(value):
                return self._word(value)
            case Comparison():
                return self._comparison(node)

    def closed(self, piece: _Sql) -> _Sql:
        """A condition on the row itself: on another table's rows it becomes one that there is such a row."""
        if piece.table == "body":
            return _Sql(piece.sql.format(where="c.connection, NULL"), piece.parameters, cost=piece.cost)
        if not piece.table:
            return piece
        alias, table = piece.table, _TABLES[piece.table]
        if (
            piece.indexed and not self.stepping
        ):  # the rare rows are found at once, where EXISTS would ask every connection for them
            sql = f"c.connection IN (SELECT {alias}.connection FROM {table} {alias} WHERE {piece.sql})"  # noqa: S608 - ours
        else:
            sql = f"EXISTS (SELECT 1 FROM {table} {alias} WHERE {alias}.connection = c.connection AND {piece.sql})"  # noqa: S608 - ours
        return _Sql(sql, piece.parameters, cost=max(piece.cost, _ROWS))

    def _all(self, pieces: list[_Sql]) -> _Sql:
        groups: dict[str, list[_Sql]] = {}
        for piece in pieces:
            groups.setdefault(piece.table, []).append(piece)
        if "e" in groups and "body" in groups:
            bodies = [_in_exchange(piece) for piece in groups.pop("body")]
            groups["e"] += bodies
        joined = [
            _joined(" AND ", group, table, indexed=any(piece.indexed for piece in group))
            for table, group in groups.items()
        ]
        return joined[0] if len(joined) == 1 else _joined(" AND ", [self.closed(piece) for piece in joined], "")

    def _some(self, pieces: list[_Sql]) -> _Sql:
        tables = {piece.table for piece in pieces}
        if len(tables) > 1:
            return _joined(" OR ", [self.closed(piece) for piece in pieces], "")
        return _joined(" OR ", pieces, tables.pop(), indexed=all(piece.indexed for piece in pieces))

    def _word(self, value: Value) -> _Sql:
        field = None if value.quoted else BY_NAME.get(value.text.lower())
        if field:
            return self._presence(field, value)
        if not value.quoted and "." in value.text and (hint := closest(value.text, BY_NAME)):
            self.hints.append(f"{value.text} is no field, and is searched for as text; {hint}")
        pattern = f"%{like(text_of(value))}%"
        here = self._anywhere(SHOWN_OF_CONNECTION, pattern, "")
        there = self._anywhere(SHOWN_OF_EXCHANGE, pattern, self._open("e"))
        return _joined(" OR ", [here, self.closed(there)], "")

    def _anywhere(self, columns: Iterable[str], pattern: str, table: str) -> _Sql:
        # All words are gone through once, not once for every column, and the few that match are looked up in each row.
        words = " OR ".join(f"{_WORDS[column]} IN w" for column in columns if column in _WORDS)
        matching = "SELECT word FROM word WHERE text LIKE ? ESCAPE '\\'"
        if self.stepping and HAS_JSON:  # and once for all steps
            matching = "SELECT value FROM json_each(tlscope_words(?))"
        asked = [f"EXISTS (WITH w AS ({matching}) SELECT 1 WHERE {words})"]
        asked += [f"{column} LIKE ? ESCAPE '\\'" for column in columns if column not in _WORDS]
        return _Sql(f"({' OR '.join(asked)})", (pattern,) * len(asked), table, _SCAN)

    def _open(self, table: str) -> str:
        return "" if table in self.home else table

    def _presence(self, field: Field, value: Value) -> _Sql:
        if field.kind is Kind.BODY:
            raise FilterError(value.column, "`body` alone asks nothing", 'write body contains "token", or up > 0')
        return self._some([self._present(field, column) for column in field.columns])

    def _present(self, field: Field, column: str) -> _Sql:
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
        return _Sql(sql, table=self._open(field.table))

    # ------------------------------------------------------------------------------------------------------ comparison

    def _comparison(self, node: Comparison) -> _Sql:
        field = _known(node)
        if field.kind is Kind.BODY:
            return self._body(node)
        if field.kind is Kind.FLAG:
            return self._flag(field, node)
        match node.operator:
            case "contains":
                pattern = f"%{like(self._searched(field, node))}%"
                return self._each(field, lambda column: _like(column, pattern))
            case "matches":
                pattern = self._pattern(field, node)
                return self._each(field, lambda column: _match(column, pattern))
            case "==" | "in":
                tests = [read(field, value, self.now) for value in node.values]
                return self._each(field, lambda column: _equal(column, tests))
            case "!=":
                return self._different(field, read(field, node.values[0], self.now))
        return self._ordered(field, node)

    def _each(self, field: Field, condition: Callable[[str], _Sql]) -> _Sql:
        """A condition that one of the field's columns must meet."""
        table = self._open(field.table)
        pieces = [
            self._of_words(column, condition("text")) if column in _WORDS else condition(column)
            for column in field.columns
        ]
        if len(pieces) > 1:
            return _joined(" OR ", pieces, table)
        (one,) = pieces
        return _Sql(one.sql, one.parameters, table, one.cost, one.indexed and field.columns[0] in _INDEXED)

    def _of_words(self, column: str, piece: _Sql) -> _Sql:
        """A condition on `text`, asked of the words that are in a column."""
        number = _WORDS[column]
        if self.stepping and not piece.indexed:  # not to go through all words in every step
            sql = f"EXISTS (SELECT 1 FROM word WHERE word = {number} AND {piece.sql})"  # noqa: S608 - ours
            return _Sql(sql, piece.parameters)  # of the same cost: the order of the parameters hangs on it
        sql = f"{number} IN (SELECT word FROM word WHERE {piece.sql})"  # noqa: S608 - ours
        return _Sql(sql, piece.parameters, indexed=True)

    def _different(self, field: Field, test: Test) -> _Sql:
        """There is a value, and none is this one (as Wireshark 4)."""
        present = self._present(field, field.columns[0])
        if len(field.columns) > 1:
            present = _joined(" OR ", [self._present(field, column) for column in field.columns], present.table)
        equal = self._each(field, lambda column: _equal(column, [test]))
        differs = _Sql(f"({equal.sql}) IS NOT TRUE", equal.parameters, equal.table, equal.cost)
        return _joined(" AND ", [present, differs], present.table)

    def _ordered(self, field: Field, node: Comparison) -> _Sql:
        if field.kind not in ORDERED:
            raise FilterError(
                node.column, f"{node.field.text} is neither less nor more than something", _operators_for(field.kind)
            )
        found = read(field, node.values[0], self.now)
        assert isinstance(found, Between)  # the kinds in ORDERED are read as ranges
        operator = _MIRRORED[node.operator] if field.kind is Kind.AGE else node.operator
        bound = found.low if operator in {"<", ">="} else found.high
        return self._each(field, lambda column: _Sql(f"{column} {operator} ?", (bound,), indexed=True))

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
            _regex(pattern)
            pattern.encode()
        except RegexError as error:
            column = value.column + value.quoted + value.raw + error.offset
            raise FilterError(column, f"no regular expression: {error.what}", _LITERALLY) from None
        except UnicodeEncodeError:
            raise FilterError(value.column, "this is no text: it holds half of a character") from None
        return pattern

    def _body(self, node: Comparison) -> _Sql:
        if node.operator != "contains":
            raise FilterError(node.column, "`body` can only be searched: contains", 'write body contains "token"')
        needle = bytes_of(node.values[0])
        if not needle:
            raise FilterError(node.values[0].column, "there is nothing to search for")
        self.needles.append(needle)
        piece = _Sql(_IN_BODY, (needle,), "body", _BODY)
        return _in_exchange(piece, "") if "e" in self.home else piece

    def _flag(self, field: Field, node: Comparison) -> _Sql:
        truths = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        truth = truths.get(node.values[0].text.lower())
        if truth is None or node.operator not in {"==", "!="} or len(node.values) > 1:
            raise FilterError(node.column, f"{field.name} is there or not", f"write {field.name}, or not {field.name}")
        piece = self._present(field, field.columns[0])
        if truth is (node.operator == "=="):
            return piece
        piece = self.closed(piece)
        return _Sql(f"({piece.sql}) IS NOT TRUE", piece.parameters, cost=piece.cost)


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LITERALLY = "for text as it stands write contains"


def _known(node: Comparison) -> Field:
    name = node.field
    field = None if name.quoted else BY_NAME.get(name.text.lower())
    if field is None:
        raise FilterError(name.column, f"there is no field `{name.text}`", closest(name.text, BY_NAME))
    return field


def _operators_for(kind: Kind) -> str:
    if kind in ORDERED:
        return "use == != < <= > >= or in"
    return "use == != or in" if kind not in TEXTS else "use == != in, contains or ~"


def _in_exchange(piece: _Sql, table: str = "e") -> _Sql:
    return _Sql(piece.sql.format(where="e.connection, e.exchange"), piece.parameters, table, piece.cost)


def _joined(word: str, pieces: list[_Sql], table: str, *, indexed: bool = False) -> _Sql:
    if len(pieces) == 1:
        return pieces[0]
    pieces = sorted(pieces, key=lambda piece: piece.cost)
    sql = word.join(piece.sql for piece in pieces)
    parameters = tuple(value for piece in pieces for value in piece.parameters)
    return _Sql(f"({sql})", parameters, table, max(piece.cost for piece in pieces), indexed)


# ------------------------------------------------------------------------------------------------------------- columns


def _like(column: str, pattern: str) -> _Sql:
    return _Sql(f"{column} LIKE ? ESCAPE '\\'", (pattern,), cost=_SCAN)


def _match(column: str, pattern: str) -> _Sql:
    return _Sql(f"tlscope_match(?, {column})", (pattern,), cost=_REGEX)


def _equal(column: str, tests: list[Test]) -> _Sql:
    """One of the tests holds."""
    exact = [test for test in tests if isinstance(test, Exactly)]
    pieces = [_exactly(column, exact)] if exact else []
    pieces += [_one(column, test) for test in tests if not isinstance(test, Exactly)]
    return _joined(" OR ", pieces, "", indexed=all(piece.indexed for piece in pieces))


def _exactly(column: str, tests: list[Exactly]) -> _Sql:
    values = tuple(dict.fromkeys(value for test in tests for value in test.values))
    compared = "= ?" if len(values) == 1 else f"IN ({', '.join('?' * len(values))})"
    no_case = any(test.no_case for test in tests)
    return _Sql(f"{column}{' COLLATE NOCASE' if no_case else ''} {compared}", values, indexed=not no_case)


def _one(column: str, test: Test) -> _Sql:
    match test:
        case Between(low, high) if low == high:
            return _Sql(f"{column} = ?", (low,), indexed=True)
        case Between(low, high):
            return _Sql(f"{column} BETWEEN ? AND ?", (low, high), indexed=True)
        case Like(pattern):
            return _like(column, pattern)
        case Within(network):
            return _Sql(f"tlscope_network(?, {column})", (network,), cost=_REGEX)
        case Mask(bits):
            return _Sql(f"({column} & ?) <> 0", (bits,))
        case Called(name, who):
            words = f"' ' || {column} || ' '"
            exact = _like(words, f"% {like(name)} %")
            return _joined(" OR ", [exact, _like(words, f"%:{like(name)} %")], "") if who else exact
        case Matching(pattern):
            return _match(column, pattern)
        case Exactly():
            return _exactly(column, [test])
