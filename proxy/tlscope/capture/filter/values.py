r"""The values of a filter: what was written, as what a column is compared with.

    text_of(value)                    "a\"b" without its escapes
    read(field, value, now) -> Test   for equality and order
    like(text), glob(text)            patterns for SQL's LIKE

`200`, `0x13`, `200..299`, `4xx`; sizes `10k`, `5MiB` (powers of 1024, as `--keep`); times `90s`, `1h30m`, `30d`, and
moments `2025-11-20`, `2025-11-20T12:00Z`, `now`, `today`, `-10m`; versions `1.2`, `TLSv1.3`; addresses `::1`,
`10.0.0.0/8`. A moment lasts as long as it is exact: `2025-11-20` is that day, all of it, in UTC unless it says other.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.filter.fields import SEVERITIES, Field, Kind
from tlscope.capture.filter.grammar import FilterError, Value
from tlscope.capture.filter.regex import Regex, RegexError
from tlscope.wire.tls.codes import AlertDescription, HandshakeType, ProtocolVersion, name_of
from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_INTEGER = (1 << 63) - 1
"""SQLite's."""
MAX_BIT = 62
"""The highest handshake type that the index's masks have room for."""
SECOND = 10**9
MAX_LISTED = 12
"""Values that a suggestion lists."""
ALL_LISTED = "`tlscope list --fields` tells all that there are"


class Exactly(NamedTuple):
    """One of these."""

    values: tuple[str | int, ...]
    no_case: bool = False


class Between(NamedTuple):
    """A range of integers, with both its ends."""

    low: int
    high: int


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


def text_of(value: Value) -> str:
    """The text that was written; an escape may stand for a byte of UTF-8. Raises FilterError."""
    try:
        text = bytes_of(value).decode()
    except UnicodeDecodeError:
        raise FilterError(value.column, "this is no text in UTF-8", "only `body` is compared with bytes") from None
    if "\0" in text:
        raise FilterError(value.column, "a NUL character can only be searched for in `body`")
    return text


def bytes_of(value: Value) -> bytes:
    r"""The bytes that were written: `\n`, `\x00`, `\u00e9` in quotes stand for what they do in Python."""
    escapes = value.quoted and not value.raw
    try:
        if not escapes:
            return value.text.encode()
        return b"".join(_unescaped(value, found) for found in _PIECE.finditer(value.text))
    except UnicodeEncodeError:
        raise FilterError(value.column, "this is no text: it holds half of a character") from None


def pattern_of(value: Value) -> str:
    r"""A regular expression as written, for its backslashes are its own; `\"` is a quotation mark."""
    if value.quoted and not value.raw:
        return value.text.replace('\\"', '"')
    return value.text


def like(text: str) -> str:
    """`text` as it stands, for LIKE with ESCAPE."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def glob(text: str) -> str:
    """`text` with `*` for anything, for LIKE with ESCAPE."""
    return like(text).replace("*", "%")


def closest(text: str, known: Iterable[str]) -> str:
    """`did you mean ...?`, or nothing."""
    close = difflib.get_close_matches(text.lower(), [name.lower() for name in known], 1, 0.6)
    return f"did you mean {close[0]}?" if close else ""


_PIECE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)|[^\\]+", re.DOTALL)
_CONTROLS = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0"}


def _unescaped(value: Value, found: re.Match[str]) -> bytes:
    escape = found[1]
    if escape is None:
        return found[0].encode()
    if len(escape) > 1:
        return bytes.fromhex(escape[1:]) if escape[0] == "x" else chr(int(escape[1:], 16)).encode()
    if escape in _CONTROLS:
        return _CONTROLS[escape]
    if escape.isascii() and escape.isalnum():
        column = value.column + 1 + found.start()
        raise FilterError(column, f"there is no escape \\{escape}", 'write \\\\ for a backslash, or r"..."')
    return escape.encode()


# ---------------------------------------------------------------------------------------------------------------- text


def _text(field: Field, value: Value) -> Test:
    text = text_of(value)
    if field.kind is Kind.FINGERPRINT:
        text = text.replace(":", "").lower()
    if field.kind is Kind.CIPHER and (number := _integer(text)) is not None:
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
    if who and (number := _integer(text)) is not None:
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
    one = _READERS[field.kind]
    low, dots, high = text.partition("..")
    try:
        first = one(low.strip(), now)
        last = one(high.strip(), now) if dots else first
    except _Unread as error:
        raise FilterError(value.column, f"`{text}` is {error}", error.suggestion) from None
    except (OverflowError, ValueError):
        raise FilterError(value.column, f"`{text}` is too large") from None
    found = Between(min(first.low, last.low), max(first.high, last.high)) if field.kind is Kind.AGE else first
    if dots and field.kind is not Kind.AGE:
        found = Between(first.low, last.high)
    if max(abs(found.low), abs(found.high)) > MAX_INTEGER:
        raise FilterError(value.column, f"`{text}` is too large")
    return found


class _Unread(Exception):  # noqa: N818 - it says what a text is not, and never leaves this file
    """No value of its kind."""

    def __init__(self, what: str, suggestion: str) -> None:
        super().__init__(what)
        self.suggestion = suggestion


def _integer(text: str) -> int | None:
    if re.fullmatch(r"[0-9]{1,20}", text):
        return int(text)
    return int(text, 16) if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text) else None


def _number(text: str, _: float) -> Between:
    number = _integer(text)
    if number is None:
        raise _Unread("no number", "write 443, 0x1bb or a range: 1..1023")
    return Between(number, number)


def _status(text: str, now: float) -> Between:
    if re.fullmatch(r"[1-9][xX]{2}", text):
        return Between(int(text[0]) * 100, int(text[0]) * 100 + 99)
    try:
        return _number(text, now)
    except _Unread:
        raise _Unread("no status code", "write 404, 4xx or a range: 400..499") from None


def _size(text: str, _: float) -> Between:
    found = re.fullmatch(r"(\d{1,19})(\.\d{1,9})?\s*([kmgt]?)(?:i?b)?", text, re.IGNORECASE | re.ASCII)
    if not found:
        raise _Unread("no size", "write 1500, 10k or 5MiB")
    unit = 1024 ** " kmgt".index(found[3].lower() or " ")
    size = int(found[1]) * unit + int(float(found[2] or 0) * unit)
    return Between(size, size)


_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND}
_UNITS |= {"d": 86400 * SECOND, "w": 7 * 86400 * SECOND, "y": 365 * 86400 * SECOND}
_DURATION = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)(ns|us|µs|ms|[smhdwy])", re.IGNORECASE | re.ASCII)


def _span(text: str) -> int | None:
    """Nanoseconds of `1h30m`, with a sign if need be; None where it is no length of time."""
    sign = -1 if text[:1] == "-" else 1
    digits = text[1:] if text[:1] in {"-", "+"} else text
    total = 0
    at = 0
    while found := _DURATION.match(digits, at):
        whole, _, part = found[1].partition(".")
        unit = _UNITS[found[2].lower()]
        total += int(whole) * unit + int(part or 0) * unit // 10 ** len(part)
        at = found.end()
    return sign * total if at and at == len(digits) else None


def _duration(text: str, _: float) -> Between:
    span = _span(text)
    if span is None and re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text, re.ASCII):
        span = _span(f"{text}s")  # seconds, as Wireshark has them
    if span is None:
        raise _Unread("no length of time", "write 300ms, 90s or 1h30m")
    return Between(span, span)


_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE | re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86400 * SECOND


def _moment(text: str, now: float) -> Between:
    """Nanoseconds since the epoch, from the first to the last that the text means."""
    at = int(now * SECOND)
    midnight = at - at % _DAY
    days = {"today": midnight, "yesterday": midnight - _DAY, "tomorrow": midnight + _DAY}
    if (day := days.get(text.lower())) is not None:
        return Between(day, day + _DAY - 1)
    if text.lower() == "now":
        return Between(at, at)
    if text[:1] in {"-", "+"} and (span := _span(text)) is not None:
        return Between(at + span, at + span)
    if not (found := _DATE.fullmatch(text)):
        raise _Unread(
            "no point in time", "write 2025-11-20, 2025-11-20T12:00Z or -10m for ten minutes ago; or use `age`"
        )
    return _dated(found)


def _dated(found: re.Match[str]) -> Between:
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    zone = found[8]
    try:
        whole = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) - _EPOCH
    except ValueError as error:
        raise _Unread("no point in time", f"{error}") from None
    fraction = (found[7] or "").ljust(9, "0")
    start = whole // timedelta(seconds=1) * SECOND + (int(fraction) if found[7] else 0)
    if zone and zone.upper() != "Z":
        minutes = int(zone[1:3]) * 60 + int(zone[-2:])
        start -= (-minutes if zone[0] == "-" else minutes) * 60 * SECOND
    if found[4] is None:
        length = _DAY
    elif found[6] is None:
        length = 60 * SECOND
    else:
        length = 10 ** (9 - len(found[7] or ""))
    return Between(start, start + length - 1)


def _age(text: str, now: float) -> Between:
    past = _duration(text, now).low
    at = int(now * SECOND) - past
    return Between(at, at)


def _expiry(text: str, now: float) -> Between:
    span = _span(text)
    if span is not None:
        at = int(now) + span // SECOND
        return Between(at, at)
    try:
        moment = _moment(text, now)
    except _Unread as error:
        raise _Unread(str(error), "write 30d for thirty days from now, -1d for a day ago, 2026-01-31, or now") from None
    return Between(moment.low // SECOND, moment.high // SECOND)


def _version(text: str, _: float) -> Between:
    plain = re.sub(r"[\s_]", "", text.lower()).replace("tlsv", "tls").replace("sslv", "ssl")
    if plain in _VERSIONS:
        return Between(_VERSIONS[plain], _VERSIONS[plain])
    number = _integer(text)
    if number is None or not text.lower().startswith("0x"):
        raise _Unread("no version", "write 1.2, TLSv1.3 or 0x0303")
    return Between(number, number)


_VERSIONS = {
    **{f"tls1.{minor}": 0x0301 + minor for minor in range(4)},
    **{f"1.{minor}": 0x0301 + minor for minor in range(4)},
    "tls1": 0x0301,
    "1": 0x0301,
    "ssl3": 0x0300,
    "ssl3.0": 0x0300,
    "ssl2": 0x0002,
    **{name_of(ProtocolVersion, version).lower().replace("v", ""): int(version) for version in ProtocolVersion},
}


def _severity(text: str, _: float) -> Between:
    try:
        at = 1 + SEVERITIES.index(text.lower())
    except ValueError:
        raise _Unread("no severity", closest(text, SEVERITIES) or f"there are: {', '.join(SEVERITIES)}") from None
    return Between(at, at)


_READERS: dict[Kind, Callable[[str, float], Between]] = {
    Kind.NUMBER: _number,
    Kind.STATUS: _status,
    Kind.SIZE: _size,
    Kind.NANOSECONDS: _duration,
    Kind.TIME: _moment,
    Kind.AGE: _age,
    Kind.EXPIRY: _expiry,
    Kind.VERSION: _version,
    Kind.SEVERITY: _severity,
}

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
    number = _integer(text)
    if number is None:
        number = MESSAGES.get(text.lower())
    if number is None:
        hint = closest(text, MESSAGES) or "write Certificate or 11"
        raise FilterError(value.column, f"`{text}` is no handshake message", hint)
    if number > MAX_BIT:
        raise FilterError(value.column, f"messages of a type above {MAX_BIT} are not in the index")
    return number
