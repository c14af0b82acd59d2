r"""The filter language: text in, a tree of conditions out. What fields there are is not known here.

    host ~ "example" and not (tls.alert or http.response.code in {500..599})

A condition is a field, an operator and a value; a field alone, which asks whether it is there; or a word or a quoted
string, which is searched for. They are joined by `and` (`&&`, or nothing at all), `or` (`||`), `not` (`!`) and
parentheses, which bind as in Wireshark and in Python. Values need quotes only where they hold a space or one of
`( ) { } & | ! = < > ~ , " '`, or where a word of the language is meant as text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Lark, Token
    from lark.exceptions import UnexpectedInput

MAX_TEXT = 4096
"""Characters in a filter: more than anybody types; parsing is linear, but SQLite's planner is not."""
MAX_DEPTH = 20
"""Conditions within conditions; SQLite's parser has a stack of 100 (YYSTACKDEPTH), each takes three or four."""
MAX_CONDITIONS = 64
"""Conditions in one filter; a word alone asks some twenty columns, and SQLite stops at a depth of 1000 expressions."""
MAX_SET = 250
"""Values between braces, all sets together; each is an expression of its own."""

GRAMMAR = r"""
start: disjunction?
?disjunction: conjunction (_OR conjunction)*
?conjunction: negation (_AND? negation)*
?negation: NOT negation -> inversion
    | "(" disjunction ")"
    | WORD -> word
    | STRING -> word
    | WORD OPERATOR _value -> comparison
    | WORD IN "{" _value (","? _value)* "}" -> comparison
_value: WORD | STRING

_OR.3: "||" | /or(?=[\s()"']|$)/i
_AND.3: "&&" | /and(?=[\s()"'!]|$)/i
NOT.3: "!" | /not(?=[\s()"'!]|$)/i
OPERATOR.4: "==" | "!=" | "<=" | ">=" | "<" | ">" | "=" | "~"
    | /(contains|matches|eq|ne|lt|le|gt|ge)(?=[\s"']|$)/i
IN.4: /in(?=[\s{]|$)/i
STRING.2: /r?"(?:[^"\\]|\\.)*"|r?'(?:[^'\\]|\\.)*'/s
WORD: /[^\s(){}&|!=<>~,"']+/
%ignore /\s+/
"""

OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "contains", "matches", "in")
"""As conditions hold them; each spelling of the language becomes one of these."""
_SPELLINGS = {"=": "==", "~": "matches", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_WORDS_OF_THE_LANGUAGE = frozenset({"and", "or", "not", "in", "contains", "matches"})


class FilterError(ValueError):
    """A filter that cannot be understood."""

    def __init__(self, column: int, what: str, suggestion: str = "") -> None:
        super().__init__(what)
        self.column = column
        """Of the character that it is about, from 1."""
        self.what = what
        self.suggestion = suggestion
        """What to write in its place, in a sentence; empty where there is no telling."""
        self.text = ""
        """The whole filter."""

    def describe(self) -> str:
        """The filter, a caret below the place, and in the lines below what is wrong and what to do about it."""
        shown = "".join(char if char.isprintable() else " " for char in self.text)
        before = sum(
            0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in {"W", "F"})
            for char in shown[: self.column - 1]
        )
        return "\n".join(filter(None, [shown, " " * before + "^", self.what, self.suggestion]))


@dataclass(frozen=True, slots=True)
class Value:
    """A word or a string as it was written."""

    text: str
    """Without its quotes; escapes still stand."""
    column: int
    quoted: bool = False
    raw: bool = False
    r"""Written `r"..."`: a backslash is a backslash."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field against a value, or with `in` against several."""

    field: Value
    operator: str
    """One of OPERATORS."""
    column: int
    """Of the operator."""
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """A word alone: a field that must be there, or something to search for."""

    value: Value


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    what: Node


@dataclass(frozen=True, slots=True)
class All:
    """Every one of two or more."""

    of: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of two or more."""

    of: tuple[Node, ...]


Node = Comparison | Word | Not | All | Some


def parse(text: str) -> Node | None:
    """The tree of a filter; None for one that says nothing. Raises FilterError, and nothing else."""
    try:
        return _parse(text)
    except FilterError as error:
        error.text = text
        raise


def conditions(node: Node) -> Iterator[Comparison | Word]:
    """All conditions of a tree, in the order in which they were written."""
    stack: list[Node] = [node]
    while stack:
        found = stack.pop()
        match found:
            case Not(what):
                stack.append(what)
            case All(of) | Some(of):
                stack.extend(reversed(of))
            case _:
                yield found


def _parse(text: str) -> Node | None:
    from lark.exceptions import UnexpectedInput  # noqa: PLC0415 - lark is not light, and most commands filter nothing

    if len(text) > MAX_TEXT:
        raise FilterError(MAX_TEXT + 1, f"a filter has {MAX_TEXT} characters at most", "shorten it")
    try:
        parsed: Any = _parser().parse(text)  # what Builder.start made of it, whatever lark's types say
    except UnexpectedInput as error:
        raise _syntax_error(text, error) from None
    if parsed is None:
        return None
    tree: Node = parsed[0]
    found = list(conditions(tree))
    if len(found) > MAX_CONDITIONS:
        column = _column_of(found[MAX_CONDITIONS])
        raise FilterError(column, f"a filter has {MAX_CONDITIONS} conditions at most", "shorten it")
    values = [value for condition in found if isinstance(condition, Comparison) for value in condition.values]
    if len(values) > MAX_SET:
        column = values[MAX_SET].column
        raise FilterError(column, f"a filter has {MAX_SET} values at most", "shorten it, or write a range: {1..99}")
    return tree


@cache
def _parser() -> Lark:
    """Made once; the trees are built while parsing, so that no depth of nesting is a depth of calls."""
    from lark import Lark  # noqa: PLC0415 - as above

    return Lark(GRAMMAR, parser="lalr", transformer=_builder())


def _builder() -> Any:
    from lark import Transformer  # noqa: PLC0415 - as above

    class Builder(Transformer[Any, Any]):
        """Nodes travel with their depth, for that is where it must be bounded: node, depth."""

        def start(self, children: list[tuple[Node, int]]) -> tuple[Node, int] | None:
            return children[0] if children else None

        def disjunction(self, children: list[tuple[Node, int]]) -> tuple[Node, int]:
            return _deeper(Some(tuple(node for node, _ in children)), children)

        def conjunction(self, children: list[tuple[Node, int]]) -> tuple[Node, int]:
            return _deeper(All(tuple(node for node, _ in children)), children)

        def inversion(self, children: list[Any]) -> tuple[Node, int]:
            (node, _) = child = children[1]
            if isinstance(node, Not):
                return node.what, child[1] - 1
            return _deeper(Not(node), [child])

        def word(self, children: list[Token]) -> tuple[Node, int]:
            value = _value(children[0])
            if not value.quoted and value.text.lower() in _WORDS_OF_THE_LANGUAGE:
                raise FilterError(value.column, f"there is no condition where `{value.text}` begins", _QUOTE)
            return Word(value), 1

        def comparison(self, children: list[Token]) -> tuple[Node, int]:
            field, operator, *values = children
            spelled = operator.lower()
            column = (operator.start_pos or 0) + 1
            found = tuple(_value(value) for value in values)
            return Comparison(_value(field), _SPELLINGS.get(spelled, spelled), column, found), 1

    return Builder()


_QUOTE = "if the word itself is meant, put it between quotes"


def _deeper(node: Node, children: list[tuple[Node, int]]) -> tuple[Node, int]:
    depth = 1 + max(depth for _, depth in children)
    if depth > MAX_DEPTH:
        column = _column_of(next(conditions(node)))
        raise FilterError(column, f"conditions are nested {MAX_DEPTH} deep at most", "leave out some parentheses")
    return node, depth


def _value(token: Token) -> Value:
    column = (token.start_pos or 0) + 1
    if token.type != "STRING":
        return Value(str(token), column)
    raw = token[0] in "rR"
    return Value(str(token[1 + raw : -1]), column, quoted=True, raw=raw)


def _column_of(condition: Comparison | Word) -> int:
    return condition.value.column if isinstance(condition, Word) else condition.field.column


def _syntax_error(text: str, error: UnexpectedInput) -> FilterError:
    """The parser's complaint in words: what stands there, and what could stand there."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken  # noqa: PLC0415 - as above

    at = len(text)
    expected: set[str] = set()
    if isinstance(error, UnexpectedCharacters):
        at, expected = error.pos_in_stream or 0, set(error.allowed or ())
    elif isinstance(error, UnexpectedToken) and error.token.type != "$END":
        at, expected = error.token.start_pos or 0, set(error.accepts or error.expected)
    elif isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
    if at < len(text) and text[at] in "\"'":
        return FilterError(at + 1, "the quotes are not closed", f"end the text with {text[at]}")
    what = f"`{_excerpt(text, at)}` cannot stand here" if at < len(text.rstrip()) else "the filter ends too early"
    return FilterError(at + 1, what, _hint(text[at : at + 1], expected))


def _excerpt(text: str, at: int) -> str:
    return (text[at:].split() or [text[at:]])[0][:20]


def _hint(char: str, expected: set[str]) -> str:
    if char == ")" and "RPAR" not in expected:
        return "there is no parenthesis to close, or nothing in it"
    if "LBRACE" in expected:
        return "`in` wants a set: {a, b}"
    if "RBRACE" in expected:
        return "a set is closed by }"
    if "RPAR" in expected and not char:
        return "close the parenthesis"
    if "OPERATOR" in expected or "_AND" in expected:
        return "go on with an operator, `and`, `or`, or put quotes around the text"
    if "NOT" in expected:
        return "a condition is wanted, for instance host == example.com"
    return "a value is wanted; put quotes around what is no plain word"
