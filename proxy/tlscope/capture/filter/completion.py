"""What could be typed next in a filter: names of fields, operators, values that are known.

complete("outcome == cl", 13) -> ["client-rejected"]
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tlscope.capture.filter.fields import BY_NAME, FIELDS, ORDERED, TEXTS, Field, Kind
from tlscope.capture.filter.values import MESSAGES
from tlscope.wire.tls.codes import AlertDescription, HandshakeType
from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TEXT = 4096
"""As in grammar.py: behind that there is nothing to complete."""

_TOKEN = re.compile(
    r"""\s+|r?"(?:[^"\\]|\\.)*("|$)|r?'(?:[^'\\]|\\.)*('|$)|[=!<>]=|&&|\|\||[(){},!<>=~&|]|[^\s(){}&|!=<>~,"']+""",
    re.DOTALL,
)
_JOINING = ("and", "or")
_COMPARING = frozenset({"==", "!=", "<", "<=", ">", ">=", "=", "~", "contains", "matches"}) | {
    "eq", "ne", "lt", "le", "gt", "ge",
}  # fmt: skip


def complete(text: str, cursor: int) -> list[str]:
    """Words for the one that the cursor stands in or behind, those first that begin as it does.

    Between two words it is what could begin there. Nothing is offered inside quotes.
    """
    before = _tokens(text[: min(max(cursor, 0), MAX_TEXT)])
    typed = before.pop() if before and not _ends(before[-1]) else ""
    if typed[:1] in {'"', "'"} or typed[:2] in {'r"', "r'"}:
        return []
    return _matching(typed, _following([token for token in before if not token.isspace()]))


def _tokens(text: str) -> list[str]:
    return [found[0] for found in _TOKEN.finditer(text)]


def _ends(token: str) -> bool:
    """Whether what follows a token is another one."""
    closed_string = len(token) > 1 and token[-1] in "\"'" and token[0] in "r\"'"
    return token.isspace() or token[0] in "(){},=!<>~&|" or closed_string


def _following(tokens: list[str]) -> Iterable[str]:
    """What can stand behind complete tokens."""
    last = tokens[-1].lower() if tokens else ""
    if "{" in tokens and "}" not in tokens[_last(tokens, "{") :]:
        at = _last(tokens, "{")
        return _values(tokens[at - 2]) if at >= 2 else ()
    if last in _COMPARING:
        return _values(tokens[-2]) if len(tokens) > 1 else ()
    if last == "in":
        return ("{",)
    if not last or last in {"(", "!", "not", "and", "or", "&&", "||"}:
        return ("not", *(field.name for field in FIELDS), *(name for field in FIELDS for name in field.aliases))
    field = BY_NAME.get(last)
    compared = len(tokens) > 1 and tokens[-2].lower() in _COMPARING
    return _JOINING if field is None or compared else (*_operators(field), *_JOINING)


def _last(tokens: list[str], wanted: str) -> int:
    return len(tokens) - 1 - tokens[::-1].index(wanted)


def _operators(field: Field) -> tuple[str, ...]:
    if field.kind is Kind.FLAG:
        return ()
    if field.kind is Kind.BODY:
        return ("contains",)
    if field.kind in TEXTS:
        return ("==", "!=", "contains", "matches", "in")
    return ("==", "!=", *(("<", "<=", ">", ">=") if field.kind in ORDERED else ()), "in")


def _values(name: str) -> Iterable[str]:
    """What people know of a field's values."""
    field = BY_NAME.get(name.lower())
    if field is None or field.values:
        return field.values if field else ()
    if field.kind is Kind.MESSAGES:
        return [kind.name for kind in HandshakeType if kind.name.lower() in MESSAGES]
    if field.kind is Kind.CIPHER:
        return [suite.name for suite in CipherSuite]
    if field.name == "tls.alert":
        return [alert.name for alert in AlertDescription]
    return _EXAMPLES.get(field.kind, ())


_EXAMPLES: dict[Kind, tuple[str, ...]] = {
    Kind.EXPIRY: ("now", "30d", "90d"),
    Kind.TIME: ("today", "yesterday", "-10m", "-1h"),
    Kind.AGE: ("10m", "1h", "1d"),
    Kind.SIZE: ("1k", "1M"),
    Kind.NANOSECONDS: ("100ms", "1s"),
}


def _matching(typed: str, known: Iterable[str]) -> list[str]:
    """Those that begin with what was typed, then those of which a later part does; all for nothing typed."""
    low = typed.lower()
    first = [word for word in known if word.lower().startswith(low)]
    later = [word for word in known if low and re.search(rf"[._-]{re.escape(low)}", word.lower()) and word not in first]
    return list(dict.fromkeys(first + later))
