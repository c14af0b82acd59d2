"""The values of a filter: what was written, as what a column is compared with.

    read(field, value, now) -> Test   for equality and order

Texts are read by texts.py, numbers, times and versions by quantities.py; here are the names, addresses (`::1`,
`10.0.0.0/8`), ranges (`200..299`) and handshake messages.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from tlscope.capture.filter.fields import Field, Kind
from tlscope.capture.filter.grammar import FilterError, Value
from tlscope.capture.filter.pattern import RegexError
from tlscope.capture.filter.quantities import Between, Unread, integer, read_number
from tlscope.capture.filter.regex import Regex
from tlscope.capture.filter.texts import closest, glob, text_of
from tlscope.wire.tls.codes import AlertDescription, HandshakeType, name_of
from tlscope.wire.tls.suites import CipherSuite

MAX_INTEGER = (1 << 63) - 1
"""SQLite's."""
MAX_BIT = 62
"""The highest handshake type that the index's masks have room for."""
MAX_LISTED = 12
"""Values that a suggestion lists."""
ALL_LISTED = "`tlscope list --fields` tells all that there are"


class Exactly(NamedTuple):
    """One of these."""

    values: tuple[str | int, ...]
    no_case: bool = False


class Like(NamedTuple):
    r"""A pattern for LIKE, with `\` before what is meant as it stands; case does not matter."""

    pattern: str


class Within(NamedTuple):
    """An IP network."""

    network: str


class Mask(NamedTuple):
    """Bits, of which one must be set."""

    bits: int


class Called(NamedTuple):
    """A name among several that are separated by spaces."""

    name: str
    who: bool
    """Whether each stands behind who said it, as in `client:unknown_ca`, which need not be asked for."""


class Matching(NamedTuple):
    """A regular expression (regex.py)."""

    pattern: str


Test = Exactly | Between | Like | Within | Mask | Called | Matching


def read(field: Field, value: Value, now: float) -> Test:
    """What a column of `field` is compared with. Raises FilterError."""
    match field.kind:
        case Kind.TEXT | Kind.EXACT | Kind.CIPHER | Kind.FINGERPRINT:
            return _text(field, value)
        case Kind.WORDS:
            return _called(field, value)
        case Kind.ADDRESS:
            return _address(value)
        case Kind.MESSAGES:
            return _messages(value)
        case _:
            return _range(field, value, now)


# ---------------------------------------------------------------------------------------------------------------- text


def _text(field: Field, value: Value) -> Test:
    text = text_of(value)
    if field.kind is Kind.FINGERPRINT:
        text = text.replace(":", "").lower()
    if field.kind is Kind.CIPHER and (number := integer(text)) is not None:
        return Exactly((name_of(CipherSuite, number),))
    if not value.quoted and "*" in text:
        return Like(glob(text))
    _known(field, value, text)
    if field.kind is Kind.EXACT:
        return Exactly(tuple(dict.fromkeys((text, text.lower()))))
    return Exactly((text,), no_case=field.kind is not Kind.FINGERPRINT)


def _known(field: Field, value: Value, text: str) -> None:
    """That a value is one of those that there are, where these are known."""
    if field.closed and text.lower() not in field.values:
        known = f"there are: {', '.join(field.values)}" if len(field.values) <= MAX_LISTED else ALL_LISTED
        raise FilterError(value.column, f"{field.name} is never `{text}`", closest(text, field.values) or known)


def _called(field: Field, value: Value) -> Test:
    text = text_of(value)
    who = field.name == "tls.alert"
    if who and (number := integer(text)) is not None:
        return Called(name_of(AlertDescription, number), who)
    if not text or " " in text:
        raise FilterError(value.column, f"{field.name} is compared with one name", "ask for a part of it: contains")
    if value.quoted or "*" not in text:
        _known(field, value, text)
        return Called(text.lower() if field.closed else text, who)
    pattern = f"(^|[ {':' * who}]){'[^ ]*'.join(map(re.escape, text.split('*')))}( |$)"
    try:
        Regex(pattern)
    except RegexError:
        raise FilterError(value.column, "this is too long for a pattern with *") from None
    return Matching(pattern)


def _address(value: Value) -> Test:
    text = text_of(value)
    try:
        if "/" in text:
            return Within(str(ipaddress.ip_network(text, strict=False)))
        return Exactly((str(ipaddress.ip_address(text)),))
    except ValueError:
        raise FilterError(
            value.column, f"`{text}` is no IP address", "write 192.0.2.1, ::1 or a network: 10.0.0.0/8"
        ) from None


# ------------------------------------------------------------------------------------------------------------- numbers


def _range(field: Field, value: Value, now: float) -> Between:
    """One number, moment or version, or two with `..` between them."""
    text = text_of(value).strip()
    low, dots, high = text.partition("..")
    try:
        first = read_number(field.kind, low.strip(), now)
        last = read_number(field.kind, high.strip(), now) if dots else first
    except Unread as error:
        raise FilterError(value.column, f"`{text}` is {error}", error.suggestion) from None
    except (OverflowError, ValueError):
        raise FilterError(value.column, f"`{text}` is too large") from None
    found = Between(min(first.low, last.low), max(first.high, last.high)) if field.kind is Kind.AGE else first
    if dots and field.kind is not Kind.AGE:
        found = Between(first.low, last.high)
    if max(abs(found.low), abs(found.high)) > MAX_INTEGER:
        raise FilterError(value.column, f"`{text}` is too large")
    return found


# ------------------------------------------------------------------------------------------------------------ messages

MESSAGES = {
    name: int(kind)
    for kind in HandshakeType
    if kind <= MAX_BIT
    for name in {kind.name.lower(), re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.name).lower()}
}
"""Handshake types as they can be written: `clienthello`, `client_hello`."""


def _messages(value: Value) -> Mask:
    text = text_of(value)
    low, dots, high = text.partition("..")
    first, last = _message(value, low), _message(value, high or low)
    if dots and not high:
        raise FilterError(value.column, f"`{text}` is no range", "write 1..11")
    return Mask(sum(1 << number for number in range(first, last + 1)))


def _message(value: Value, text: str) -> int:
    number = integer(text)
    if number is None:
        number = MESSAGES.get(text.lower())
    if number is None:
        hint = closest(text, MESSAGES) or "write Certificate or 11"
        raise FilterError(value.column, f"`{text}` is no handshake message", hint)
    if number > MAX_BIT:
        raise FilterError(value.column, f"messages of a type above {MAX_BIT} are not in the index")
    return number
