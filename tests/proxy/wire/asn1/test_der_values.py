"""The contents of primitive values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.wire.asn1 import der_values as values
from tlscope.wire.asn1.der_values import READERS, Said


@pytest.mark.parametrize(
    ("content", "value", "odd"),
    [
        (b"\xff", True, False),
        (b"\x00", False, False),
        (b"\x01", True, True),
    ],
)
def test_booleans(content, value, odd):
    """TRUE is 0xff in DER; anything but zero is true all the same."""
    said = values.boolean(content, 0)
    assert (value, odd) == (said.value, bool(said.odd))
    assert values.boolean(b"", 0).bad
    assert values.boolean(b"\0\0", 0).bad


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers(number):
    """As Python writes them; the shortest form is not odd but where negative."""
    size = next(size for size in range(1, 9) if -(2 ** (8 * size - 1)) <= number < 2 ** (8 * size - 1))
    said = values.integer(number.to_bytes(size, signed=True), 0)
    assert (number, str(number), "It is negative." if number < 0 else "") == (said.value, said.text, said.odd)
    longer = values.integer(number.to_bytes(size + 1, signed=True), 0)
    assert "Not DER" in longer.odd


def test_long_integers_are_bytes():
    """Scripts and indexes hold 64 bits."""
    assert b"\x01" + bytes(8) == values.integer(b"\x01" + bytes(8), 0).value
    assert b"\x05" == values.big_integer(b"\x05", 0).value
    assert "0x05" == values.big_integer(b"\x05", 0).text
    assert values.integer(b"", 0).bad


def test_bit_strings():
    """The bits' bytes; unused bits are zero in DER."""
    assert Said(b"\xa0", "a0") == values.bit_string(b"\x05\xa0", 0)
    assert "unused bits are not zero" in values.bit_string(b"\x05\xa1", 0).odd
    assert values.bit_string(b"", 0).bad
    assert values.bit_string(b"\x08\x00", 0).bad
    assert values.bit_string(b"\x01", 0).bad
    assert b"" == values.bit_string(b"\x00", 0).value


@given(st.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31)))  # noqa: DTZ001 - made UTC below
def test_utc_times(moment):
    """Of 1950 to 2049, to the second."""
    moment = moment.replace(tzinfo=UTC, microsecond=0)
    said = values.utc_time(f"{moment:%y%m%d%H%M%SZ}".encode(), 0)
    assert (int(moment.timestamp()), "", "") == (said.value, said.odd, said.bad)
    assert f"{moment:%Y-%m-%d %H:%M:%S} UTC" == said.text


@given(st.datetimes(datetime(1000, 1, 1)))  # noqa: DTZ001 - made UTC below
def test_generalized_times(moment):
    """Of any year with four digits."""
    moment = moment.replace(tzinfo=UTC, microsecond=0)
    said = values.generalized_time(f"{moment:%Y%m%d%H%M%SZ}".encode(), 0)
    assert (int(moment.timestamp()), "", "") == (said.value, said.odd, said.bad)


@pytest.mark.parametrize(
    ("read", "content", "value"),
    [
        (values.utc_time, b"7001010000Z", 0),
        (values.utc_time, b"700101000000+0100", -3600),
        (values.utc_time, b"700101010000-0130", 9000),
        (values.generalized_time, b"1970010100", 0),
        (values.generalized_time, b"19700101000001.5Z", 1),
        (values.generalized_time, b"19700101000000", 0),
        (values.generalized_time, b"00010101000000+2359", -62135683140),
    ],
)
def test_times_in_other_forms_are_read_and_odd(read, content, value):
    """X.690 allows one form only, and RFC 5280 of that fewer still."""
    said = read(content, 0)
    assert value == said.value
    assert said.odd
    assert not said.bad
    assert said.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"991301000000Z",
        b"990230000000Z",
        b"990101240000Z",
        b"990101006000Z",
        b"990101000060Z",
        b"9901010000\x00Z",
        b"9901010000\xd9\xa0\xd9\xa0Z",
    ],
)
def test_what_is_no_time(content):
    """Has no value, and says why."""
    for said in (values.utc_time(content, 0), values.generalized_time(b"19" + content, 0)):
        assert said.value is None
        assert said.bad


def test_strings():
    """Each by its alphabet; what does not fit is shown escaped, and said."""
    assert Said("abc", "abc") == values.printable_string(b"abc", 0)
    assert "no PrintableString may have" in values.printable_string(b"a@b", 0).odd
    assert "digits and spaces" in values.numeric_string(b"12a", 0).odd
    assert "no valid UTF-8" in values.utf8_string(b"\xff", 0).odd
    assert "\\xff" == values.utf8_string(b"\xff", 0).value
    assert "no valid IA5String" in values.ia5_string(b"\xe4", 0).odd
    assert "ä" == values.latin_string(b"\xe4", 0).value
    assert "aä" == values.bmp_string(b"\0a\0\xe4", 0).value
    assert "no valid BMPString" in values.bmp_string(b"a", 0).odd
    assert "no valid BMPString" in values.bmp_string(b"\xd8\x00", 0).odd
    assert "a" == values.universal_string(b"\0\0\0a", 0).value


def test_a_nul_in_a_name_is_said():
    r"""The trick of 2009: `good.example\0.evil.example`."""
    assert "NUL" in values.ia5_string(b"good.example\0.evil.example", 0).odd
    assert "NUL" in values.utf8_string(b"a\0", 0).odd


def test_object_identifiers():
    """By numbers and name; a number with leading zeros is odd, an unfinished one malformed."""
    assert Said("2.5.4.3", "id-at-commonName (2.5.4.3)") == values.oid(b"\x55\x04\x03", 0)
    assert values.oid(b"\x55\x80\x04", 0).odd
    assert "" == values.oid(b"\x55\x81\x80\x04", 0).odd
    assert values.oid(b"\x55\x84", 0).bad
    assert values.oid(b"", 0).bad
    assert values.oid(b"\x55" * 1000, 0).bad


def test_null():
    """Has no contents."""
    assert not values.null(b"", 0).bad
    assert values.null(b"a", 0).bad


@given(st.sampled_from(sorted(READERS)), st.binary(max_size=40))
def test_any_contents(kind, content):
    """Something is said, whatever they are."""
    assert isinstance(READERS[kind](content, 0), Said)


@given(st.integers(-(2**70), 2**70))
def test_any_moment_has_a_text(seconds):
    """Even those that no calendar holds."""
    assert values.utc_text(seconds)
