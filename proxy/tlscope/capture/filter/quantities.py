"""Numbers of a filter: counts, sizes, lengths of time, moments, versions, as the integers that the index has.

    read_number(Kind.SIZE, "10k", now) -> Between(10240, 10240)      raises Unread

`200`, `0x13`; sizes `10k`, `5MiB` (powers of 1024, as `--keep`); times `90s`, `1h30m`, `30d`, and moments `2025-11-20`,
`2025-11-20T12:00Z`, `now`, `today`, `-10m`; versions `1.2`, `TLSv1.3`. A moment lasts as long as it is exact:
`2025-11-20` is that day, all of it, in UTC unless it says other.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.filter.fields import SEVERITIES, Kind
from tlscope.capture.filter.texts import closest
from tlscope.wire.tls.codes import ProtocolVersion, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = 10**9


class Between(NamedTuple):
    """A range of integers, with both its ends."""

    low: int
    high: int


class Unread(Exception):  # noqa: N818 - it says what a text is not, and is caught by who asks
    """No value of its kind."""

    def __init__(self, what: str, suggestion: str) -> None:
        super().__init__(what)
        self.suggestion = suggestion


def read_number(kind: Kind, text: str, now: float) -> Between:
    """What a text means to a field of this kind. Raises Unread; OverflowError or ValueError for what is too large."""
    return _READERS[kind](text, now)


def integer(text: str) -> int | None:
    """A whole number without a sign, decimal or hexadecimal; None for anything else."""
    if re.fullmatch(r"[0-9]{1,20}", text):
        return int(text)
    return int(text, 16) if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text) else None


def _number(text: str, _: float) -> Between:
    number = integer(text)
    if number is None:
        raise Unread("no number", "write 443, 0x1bb or a range: 1..1023")
    return Between(number, number)


def _status(text: str, now: float) -> Between:
    if re.fullmatch(r"[1-9][xX]{2}", text):
        return Between(int(text[0]) * 100, int(text[0]) * 100 + 99)
    try:
        return _number(text, now)
    except Unread:
        raise Unread("no status code", "write 404, 4xx or a range: 400..499") from None


def _size(text: str, _: float) -> Between:
    found = re.fullmatch(r"(\d{1,19})(\.\d{1,9})?\s*([kmgt]?)(?:i?b)?", text, re.IGNORECASE | re.ASCII)
    if not found:
        raise Unread("no size", "write 1500, 10k or 5MiB")
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
        raise Unread("no length of time", "write 300ms, 90s or 1h30m")
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
        raise Unread(
            "no point in time", "write 2025-11-20, 2025-11-20T12:00Z or -10m for ten minutes ago; or use `age`"
        )
    return _dated(found)


def _dated(found: re.Match[str]) -> Between:
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    zone = found[8]
    try:
        whole = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) - _EPOCH
    except ValueError as error:
        raise Unread("no point in time", f"{error}") from None
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
    except Unread as error:
        raise Unread(str(error), "write 30d for thirty days from now, -1d for a day ago, 2026-01-31, or now") from None
    return Between(moment.low // SECOND, moment.high // SECOND)


def _version(text: str, _: float) -> Between:
    plain = re.sub(r"[\s_]", "", text.lower()).replace("tlsv", "tls").replace("sslv", "ssl")
    if plain in _VERSIONS:
        return Between(_VERSIONS[plain], _VERSIONS[plain])
    number = integer(text)
    if number is None or not text.lower().startswith("0x"):
        raise Unread("no version", "write 1.2, TLSv1.3 or 0x0303")
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
        raise Unread("no severity", closest(text, SEVERITIES) or f"there are: {', '.join(SEVERITIES)}") from None
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
