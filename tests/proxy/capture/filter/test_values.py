from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope.capture.filter.fields import BY_NAME, FIELDS, Kind
from tlscope.capture.filter.grammar import FilterError, Value
from tlscope.capture.filter.values import (
    Between,
    Called,
    Exactly,
    Like,
    Mask,
    Matching,
    Within,
    bytes_of,
    closest,
    glob,
    like,
    pattern_of,
    read,
    text_of,
)
from tlscope.wire.tls.codes import HandshakeType

NOW = 1_763_640_000.25  # 2025-11-20T12:00:00.25Z
S = 10**9


def value(text, *, quoted=False, raw=False):
    return Value(text, 11, quoted, raw)


def got(name, text, **how):
    return read(BY_NAME[name], value(text, **how), NOW)


def when(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("name", "text", "low", "high"),
    [
        ("port", "443", 443, 443),
        ("port", "0x1BB", 443, 443),
        ("port", "1..1023", 1, 1023),
        ("status", "404", 404, 404),
        ("status", "4xx", 400, 499),
        ("status", "4xx..5XX", 400, 599),
        ("up", "10k", 10240, 10240),
        ("up", "1.5 MiB", 3 << 19, 3 << 19),
        ("up", "2GB", 2 << 30, 2 << 30),
        ("up", "7", 7, 7),
        ("duration", "300ms", 300_000_000, 300_000_000),
        ("duration", "1h30m", 5400 * S, 5400 * S),
        ("duration", "0.5", S // 2, S // 2),
        ("duration", "1.5s", 3 * S // 2, 3 * S // 2),
        ("duration", "2µs..1w", 2000, 604800 * S),
        ("client.version", "1.2", 0x0303, 0x0303),
        ("client.version", "TLSv1.3", 0x0304, 0x0304),
        ("client.version", "tls 1.1", 0x0302, 0x0302),
        ("client.version", "TLSv1", 0x0301, 0x0301),
        ("client.version", "1.0..1.2", 0x0301, 0x0303),
        ("client.version", "SSLv3", 0x0300, 0x0300),
        ("client.version", "0x7f1c", 0x7F1C, 0x7F1C),
        ("severity", "warning", 3, 3),
        ("severity", "Info..serious", 1, 4),
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
        ("age", "1m..10m", int(NOW * S) - 600 * S, int(NOW * S) - 60 * S),
        ("cert.expires", "30d", int(NOW) + 30 * 86400, int(NOW) + 30 * 86400),
        ("cert.expires", "-1d", int(NOW) - 86400, int(NOW) - 86400),
        ("cert.expires", "now", int(NOW), int(NOW)),
        ("cert.expires", "2026-01-31", when(2026, 1, 31), when(2026, 2, 1) - 1),
    ],
)  # fmt: skip
def test_numbers_times_and_versions(name, text, low, high):
    """As people write them; what is not exact is a range."""
    assert Between(low, high) == got(name, text)


@pytest.mark.parametrize(
    ("name", "text", "how", "expected"),
    [
        ("host", "Example.COM", {}, Exactly(("Example.COM", "example.com"))),
        ("host", "*.example.com", {}, Like("%.example.com")),
        ("host", "*.example.com", {"quoted": True}, Exactly(("*.example.com",))),
        ("method", "get", {}, Exactly(("get",), no_case=True)),
        ("outcome", "Intercepted", {}, Exactly(("Intercepted", "intercepted"))),
        ("cipher", "0x1301", {}, Exactly(("TLS_AES_128_GCM_SHA256",))),
        ("cipher", "4865", {}, Exactly(("TLS_AES_128_GCM_SHA256",))),
        ("cipher", "*_CBC_*", {}, Like(r"%\_CBC\_%")),
        ("cert.sha256", "AB:cd", {}, Exactly(("abcd",))),
        ("ip.addr", "0:0::1", {}, Exactly(("::1",))),
        ("ip.addr", "10.1.2.3/8", {}, Within("10.0.0.0/8")),
        ("tls.alert", "48", {}, Called("unknown_ca", who=True)),
        ("tls.alert", "client:unknown_ca", {}, Called("client:unknown_ca", who=True)),
        ("findings", "old-version", {}, Called("old-version", who=False)),
        ("findings", "Old-Version", {}, Called("old-version", who=False)),
        ("findings", "bare-lf", {}, Called("bare-lf", who=False)),
        ("findings", "weak-*", {}, Matching(r"(^|[ ])weak\-[^ ]*( |$)")),
        ("tls.handshake.type", "11", {}, Mask(1 << 11)),
        ("tls.handshake.type", "Certificate", {}, Mask(1 << 11)),
        ("tls.handshake.type", "client_hello..ServerHello", {}, Mask(0b110)),
    ],
)
def test_names(name, text, how, expected):
    """Text, addresses, messages: what case and stars mean depends on the field."""
    assert expected == got(name, text, **how)


@pytest.mark.parametrize(
    ("name", "text", "suggestion"),
    [
        ("port", "https", "443"),
        ("port", "9" * 20, ""),
        ("status", "4yx", "4xx"),
        ("up", "10 apples", "10k"),
        ("up", "9" * 19 + "t", ""),
        ("duration", "1 hour", "1h30m"),
        ("duration", "9" * 15 + "y", ""),
        ("opened", "10m", "-10m"),
        ("opened", "2025-13-01", "month"),
        ("client.version", "2", "1.2"),
        ("severity", "warn", "warning"),
        ("severity", "bad", "there are"),
        ("outcome", "rejected", "client-rejected"),
        ("ip.addr", "example.com", "10.0.0.0/8"),
        ("ip.addr", "10.0.0.0/99", "192.0.2.1"),
        ("tls.handshake.type", "ClientHelo", "clienthello"),
        ("tls.handshake.type", "254", ""),
        ("tls.handshake.type", "1..", "1..11"),
        ("findings", "", "contains"),
        ("findings", "no-postquantum", "no-post-quantum"),
        ("findings", "whatever", "tlscope list --fields"),
        ("finding.code", "no-sc", "no-sct"),
        ("finding.code", "whatever", "tlscope list --fields"),
        ("http.oddity", "content-lenght-mismatch", "content-length-mismatch"),
        ("findings", "*" + "x" * 600, ""),
        ("cert.expires", "soon", "30d"),
    ],
)
def test_what_is_no_value_of_its_field_is_an_error(name, text, suggestion):
    """At the value's column, with what to write."""
    with pytest.raises(FilterError) as error:
        got(name, text)
    assert 11 == error.value.column
    assert suggestion in error.value.suggestion
    assert error.value.what


@pytest.mark.parametrize(
    ("text", "how", "expected"),
    [
        (r"a\"b\\c", {"quoted": True}, b'a"b\\c'),
        (r"\n\t\r\x41\u00e9", {"quoted": True}, "\n\t\rA\u00e9".encode()),
        (r"\xff\0", {"quoted": True}, b"\xff\0"),
        (r"\n", {"quoted": True, "raw": True}, rb"\n"),
        (r"\n", {}, rb"\n"),
        ("é", {}, "é".encode()),
    ],
)
def test_escapes(text, how, expected):
    """In quotes only, and not where they are raw."""
    assert expected == bytes_of(value(text, **how))


@pytest.mark.parametrize(
    ("text", "column", "read_as"),
    [(r"ab\q", 14, bytes_of), ("\ud800", 11, bytes_of), (r"\ud800", 11, bytes_of), (r"\xff", 11, text_of),
     (r"\0", 11, text_of)],
)  # fmt: skip
def test_what_is_no_text_is_an_error(text, column, read_as):
    """SQLite would refuse it, or stop at it."""
    with pytest.raises(FilterError) as error:
        read_as(value(text, quoted=True))
    assert column == error.value.column


def test_the_backslashes_of_an_expression_are_its_own():
    """Only a quotation mark needs one of ours."""
    assert r'\d"\\' == pattern_of(value(r"\d\"\\", quoted=True))
    assert r"\d" == pattern_of(value(r"\d")) == pattern_of(value(r"\d", quoted=True, raw=True))


def test_text_for_like_is_meant_as_it_stands():
    """Percent, underscore and backslash are no wildcards; only a star is."""
    assert r"10\%\_\\*" == like(r"10%_\*")
    assert r"10\%%" == glob("10%*")


def test_every_handshake_message_has_a_name():
    """As in the RFC, in any case, with or without underscores."""
    for kind in HandshakeType:
        if kind <= 62:
            assert Mask(1 << kind) == got("message", kind.name) == got("message", kind.name.upper())


def test_names_that_are_close_are_suggested():
    """And others are not."""
    assert "did you mean host?" == closest("HOTS", ["host", "up"])
    assert not closest("xyzzy", ["host"])


NOT_READ = {Kind.FLAG, Kind.BODY}


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([field for field in FIELDS if field.kind not in NOT_READ]),
    st.one_of(st.text(max_size=12), st.text("0123456789-.:/xXkmdTZhs*+ ", max_size=16)),
    st.booleans(),
)
def test_any_value_is_read_or_an_error(field, text, quoted):
    """Nothing else is raised, and numbers fit into SQLite's."""
    with suppress(FilterError):
        test = read(field, value(text, quoted=quoted), NOW)
        if isinstance(test, Between):
            assert test.low >= -(1 << 63)
            assert test.high < 1 << 63
