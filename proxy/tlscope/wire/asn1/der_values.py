"""What the contents of a primitive DER value say: booleans, integers, times, strings (X.690 section 8 and 11).

A reader takes the contents and their offset and tells their value, the text for people, what about them is odd though
legible, and what is wrong. None raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import NamedTuple

from tlscope.wire.asn1.oids import dotted, oid_text
from tlscope.wire.field import Field, Value, shown


class Said(NamedTuple):
    """What contents say."""

    value: Value
    text: str
    odd: str = ""
    """What breaks a rule and can still be read; a sentence."""
    bad: str = ""
    """Why it cannot be read."""
    children: tuple[Field, ...] = ()


Reader = Callable[[bytes, int], Said]

MAX_NUMBER = 8
"""Octets of an INTEGER that is a number to scripts and indexes (64 bits, signed); longer ones are bytes."""


def boolean(content: bytes, _at: int) -> Said:
    """TRUE is 0xFF and nothing else in DER (X.690 section 11.1)."""
    if len(content) != 1:
        return Said(None, shown(content), bad="a BOOLEAN has one octet")
    value = content[0] != 0
    odd = "" if content[0] in {0, 0xFF} else f"Not DER: TRUE is written 0xff, not 0x{content[0]:02x}."
    return Said(value, "TRUE" if value else "FALSE", odd)


def integer(content: bytes, at: int) -> Said:
    """A number, or its bytes where it is longer than MAX_NUMBER."""
    said = big_integer(content, at)
    if said.bad or len(content) > MAX_NUMBER:
        return said
    value = int.from_bytes(content, signed=True)
    return said._replace(value=value, text=str(value))


def big_integer(content: bytes, _at: int) -> Said:
    """A number that is bytes to scripts, and hex to people, however short: serial numbers, moduli."""
    if not content:
        return Said(None, "", bad="an INTEGER has at least one octet")
    odd = ""
    if len(content) > 1 and (content[0], content[1] >> 7) in {(0, 0), (0xFF, 1)}:
        odd = "Not DER: its first nine bits are the same (X.690 section 8.3.2)."
    if content[0] & 0x80:
        odd = f"{odd} It is negative.".strip()
    return Said(content, f"0x{shown(content)}", odd)


def bit_string(content: bytes, _at: int) -> Said:
    """Bits behind the octet that says how many of the last are unused; the value is the bits' bytes."""
    if not content:
        return Said(None, "", bad="a BIT STRING has at least the octet of unused bits")
    unused, bits = content[0], content[1:]
    if unused > 7 or (unused and not bits):
        return Said(bits, shown(bits), bad=f"{unused} unused bits in {len(bits)} octets")
    odd = (
        "Not DER: its unused bits are not zero (X.690 section 11.2.1)." if bits and bits[-1] & (1 << unused) - 1 else ""
    )
    return Said(bits, shown(bits), odd)


def octet_string(content: bytes, _at: int) -> Said:
    """Bytes as they are."""
    return Said(content, shown(content))


def null(content: bytes, _at: int) -> Said:
    """Nothing."""
    return Said(None, "NULL", bad="a NULL has no contents" if content else "")


def oid(content: bytes, _at: int) -> Said:
    """The dotted numbers; the text has the name, too."""
    value = dotted(content)
    if not value:
        return Said(content, shown(content), bad="no object identifier, or one too long to spell out")
    odd = ""
    if content[0] == 0x80 or re.search(rb"[\x00-\x7f]\x80", content):
        odd = "Not DER: a number in it has a leading zero octet (X.690 section 8.19.2)."
    return Said(value, oid_text(value), odd)


_CLOCK = (
    rb"(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?:(?P<minute>\d\d)(?P<second>\d\d)?)?"
    rb"(?P<fraction>[.,]\d{1,32})?(?P<zone>Z|[+-]\d{4})?"
)
_UTC_TIME, _GENERALIZED_TIME = (re.compile(rb"(?P<year>\d{%d})" % digits + _CLOCK) for digits in (2, 4))


def utc_time(content: bytes, _at: int) -> Said:
    """Two digits of the year: 50 and above are 19xx (RFC 5280 section 4.1.2.5.1). The value is in Unix seconds."""
    found = _UTC_TIME.fullmatch(content)
    if not found or not found["minute"] or found["fraction"]:
        return Said(None, _plain(content), bad="no UTCTime")
    year = int(found["year"])
    odd = "" if re.fullmatch(rb"\d{12}Z", content) else "Not DER: a UTCTime is YYMMDDHHMMSSZ (X.690 section 11.8)."
    return _moment(found, year + (1900 if year >= 50 else 2000), content, odd)


def generalized_time(content: bytes, _at: int) -> Said:
    """Four digits of the year (RFC 5280 section 4.1.2.5.2). The value is in Unix seconds, a fraction cut off."""
    found = _GENERALIZED_TIME.fullmatch(content)
    if not found:
        return Said(None, _plain(content), bad="no GeneralizedTime")
    odd = ""
    if not re.fullmatch(rb"\d{14}Z", content):
        odd = "RFC 5280 section 4.1.2.5.2 wants YYYYMMDDHHMMSSZ, in UTC and without a fraction."
    return _moment(found, int(found["year"]), content, odd)


def _moment(found: re.Match[bytes], year: int, content: bytes, odd: str) -> Said:
    try:
        days = date(year, int(found["month"]), int(found["day"])).toordinal() - _EPOCH
    except ValueError:
        return Said(None, _plain(content), bad="no such day")
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        return Said(None, _plain(content), bad="no such time of day")
    seconds = days * 86400 + hour * 3600 + minute * 60 + second
    zone = found["zone"]
    if zone and zone != b"Z":
        away = int(zone[1:3]) * 3600 + int(zone[3:]) * 60
        seconds -= away if zone[:1] == b"+" else -away
    return Said(seconds, utc_text(seconds), odd)


_EPOCH = date(1970, 1, 1).toordinal()
_FIRST, _LAST = (date.min.toordinal() - _EPOCH) * 86400, (date.max.toordinal() + 1 - _EPOCH) * 86400 - 1
"""The seconds that a calendar of four-digit years knows: an offset may lead out of it."""


def utc_text(seconds: int) -> str:
    """`2026-01-31 12:00:00 UTC` for Unix seconds, of any year that has four digits."""
    if not _FIRST <= seconds <= _LAST:
        return f"{seconds} seconds from 1970"
    days, rest = divmod(seconds, 86400)
    day = date.fromordinal(days + _EPOCH)
    moment = datetime(day.year, day.month, day.day, rest // 3600, rest // 60 % 60, rest % 60, tzinfo=UTC)
    return f"{moment:%H:%M:%S}".join((f"{day.isoformat()} ", " UTC"))


def _string(codec: str, name: str, fits: re.Pattern[bytes] | None = None, rule: str = "") -> Reader:
    """A reader of one kind of string; what the codec cannot read is escaped, and said."""

    def read(content: bytes, _at: int) -> Said:
        odd = ""
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            text, odd = (
                content.decode(codec if codec == "utf-8" else "latin-1", "backslashreplace"),
                f"It is no valid {name}.",
            )
        if fits is not None and not odd and not fits.fullmatch(content):
            odd = rule
        if "\0" in text:
            odd = f"{odd} It holds a NUL: a program that stops there reads another, shorter name.".strip()
        return Said(text, text, odd)

    return read


def _plain(content: bytes) -> str:
    return content[:MAX_SHOWN].decode("ascii", "backslashreplace")


MAX_SHOWN = 64
"""Octets of a time that is none, as shown."""

utf8_string = _string("utf-8", "UTF-8")
numeric_string = _string(
    "ascii",
    "NumericString",
    re.compile(rb"[0-9 ]*"),
    "A NumericString has digits and spaces only (X.680 section 41.2).",
)
printable_string = _string(
    "ascii",
    "PrintableString",
    re.compile(rb"[A-Za-z0-9 '()+,\-./:=?]*"),
    "It has characters that no PrintableString may have (X.680 section 41.4).",
)
ia5_string = _string("ascii", "IA5String")
visible_string = _string(
    "ascii",
    "VisibleString",
    re.compile(rb"[ -~]*"),
    "It has characters that no VisibleString may have (X.680 section 41).",
)
latin_string = _string("latin-1", "TeletexString")
"""T.61, which nobody writes: everybody reads and writes Latin-1 (RFC 5280 section 4.1.2.4 keeps it for old CAs)."""
universal_string = _string("utf-32-be", "UniversalString")
bmp_string = _string("utf-16-be", "BMPString")

READERS: dict[int, Reader] = {
    0x01: boolean,
    0x02: integer,
    0x03: bit_string,
    0x04: octet_string,
    0x05: null,
    0x06: oid,
    0x0A: integer,
    0x0C: utf8_string,
    0x12: numeric_string,
    0x13: printable_string,
    0x14: latin_string,
    0x16: ia5_string,
    0x17: utc_time,
    0x18: generalized_time,
    0x19: latin_string,
    0x1A: visible_string,
    0x1B: latin_string,
    0x1C: universal_string,
    0x1E: bmp_string,
}
"""How a universal type's contents are read, by its tag."""
