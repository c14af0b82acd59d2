from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.capture.filter.fields import BY_NAME, Kind
from tlscope.capture.filter.quantities import Between, Unread, integer, read_number

NOW = 1_763_640_000.25  # 2025-11-20T12:00:00.25Z
S = 10**9
NUMBERS = [
    *(Kind.NUMBER, Kind.STATUS, Kind.SIZE, Kind.NANOSECONDS, Kind.TIME, Kind.AGE, Kind.EXPIRY, Kind.VERSION),
    Kind.SEVERITY,
]


def when(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("name", "text", "low", "high"),
    [
        ("port", "443", 443, 443),
        ("port", "0x1BB", 443, 443),
        ("status", "404", 404, 404),
        ("status", "4xx", 400, 499),
        ("up", "10k", 10240, 10240),
        ("up", "1.5 MiB", 3 << 19, 3 << 19),
        ("up", "2GB", 2 << 30, 2 << 30),
        ("up", "7", 7, 7),
        ("duration", "300ms", 300_000_000, 300_000_000),
        ("duration", "1h30m", 5400 * S, 5400 * S),
        ("duration", "0.5", S // 2, S // 2),
        ("duration", "1.5s", 3 * S // 2, 3 * S // 2),
        ("client.version", "1.2", 0x0303, 0x0303),
        ("client.version", "TLSv1.3", 0x0304, 0x0304),
        ("client.version", "tls 1.1", 0x0302, 0x0302),
        ("client.version", "TLSv1", 0x0301, 0x0301),
        ("client.version", "SSLv3", 0x0300, 0x0300),
        ("client.version", "0x7f1c", 0x7F1C, 0x7F1C),
        ("severity", "warning", 3, 3),
        ("opened", "2025-11-20", when(2025, 11, 20) * S, when(2025, 11, 21) * S - 1),
        ("opened", "2025-11-20T12:00", when(2025, 11, 20, 12) * S, when(2025, 11, 20, 12, 1) * S - 1),
        ("opened", "2025-11-20 12:00:01Z", when(2025, 11, 20, 12, 0, 1) * S, when(2025, 11, 20, 12, 0, 2) * S - 1),
        ("opened", "2025-11-20T13:00:00.5+01:00", when(2025, 11, 20, 12) * S + S // 2,
         when(2025, 11, 20, 12) * S + S * 6 // 10 - 1),
        ("opened", "today", when(2025, 11, 20) * S, when(2025, 11, 21) * S - 1),
        ("opened", "Yesterday", when(2025, 11, 19) * S, when(2025, 11, 20) * S - 1),
        ("opened", "-10m", int(NOW * S) - 600 * S, int(NOW * S) - 600 * S),
        ("opened", "now", int(NOW * S), int(NOW * S)),
        ("age", "10m", int(NOW * S) - 600 * S, int(NOW * S) - 600 * S),
        ("cert.expires", "30d", int(NOW) + 30 * 86400, int(NOW) + 30 * 86400),
        ("cert.expires", "-1d", int(NOW) - 86400, int(NOW) - 86400),
        ("cert.expires", "now", int(NOW), int(NOW)),
        ("cert.expires", "2026-01-31", when(2026, 1, 31), when(2026, 2, 1) - 1),
    ],
)  # fmt: skip
def test_numbers_times_and_versions(name, text, low, high):
    """As people write them; what is not exact is a range."""
    kind = BY_NAME[name].kind
    assert Between(low, high) == read_number(kind, text, NOW)


@pytest.mark.parametrize(
    ("kind", "text", "what"),
    [
        (Kind.NUMBER, "https", "no number"),
        (Kind.STATUS, "4yx", "no status code"),
        (Kind.SIZE, "10 apples", "no size"),
        (Kind.NANOSECONDS, "1 hour", "no length of time"),
        (Kind.NANOSECONDS, "-", "no length of time"),
        (Kind.TIME, "10m", "no point in time"),
        (Kind.TIME, "2025-02-29", "no point in time"),
        (Kind.EXPIRY, "soon", "no point in time"),
        (Kind.VERSION, "771", "no version"),
        (Kind.SEVERITY, "bad", "no severity"),
    ],
)
def test_what_is_none_is_said_to_be_none(kind, text, what):
    """With what to write instead."""
    with pytest.raises(Unread, match=what) as error:
        read_number(kind, text, NOW)
    assert error.value.suggestion


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("0013", 13), ("0x1F", 31), ("0X1f", 31), ("", None), ("-1", None), ("1.0", None), ("0x", None),
     ("\u0663", None), ("1" * 21, None)],
)  # fmt: skip
def test_whole_numbers(text, expected):
    """Decimal ones in ASCII's digits, or hexadecimal ones, as long as SQLite's may be."""
    assert expected == integer(text)


@given(st.sampled_from(NUMBERS), st.one_of(st.text(max_size=12), st.text("0123456789-.:/xXkmdTZhs+ ", max_size=16)))
def test_any_text_is_a_range_or_none(kind, text):
    """Its ends are in order; nothing is raised but that it is none, or too large."""
    try:
        found = read_number(kind, text, NOW)
    except (Unread, OverflowError, ValueError):
        return
    assert found.low <= found.high
