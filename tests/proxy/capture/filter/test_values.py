from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope.capture.filter.fields import BY_NAME, FIELDS, Kind
from tlscope.capture.filter.grammar import FilterError, Value
from tlscope.capture.filter.quantities import Between
from tlscope.capture.filter.values import Called, Exactly, Like, Mask, Matching, Within, read
from tlscope.wire.tls.codes import HandshakeType

NOW = 1_763_640_000.25  # 2025-11-20T12:00:00.25Z
S = 10**9


def value(text, *, quoted=False, raw=False):
    return Value(text, 11, quoted, raw)


def got(name, text, **how):
    return read(BY_NAME[name], value(text, **how), NOW)


@pytest.mark.parametrize(
    ("name", "text", "low", "high"),
    [
        ("port", "1..1023", 1, 1023),
        ("port", "443", 443, 443),
        ("status", "4xx..5XX", 400, 599),
        ("duration", "2µs..1w", 2000, 604800 * S),
        ("client.version", "1.0 .. 1.2", 0x0301, 0x0303),
        ("severity", "Info..serious", 1, 4),
        ("age", "1m..10m", int(NOW * S) - 600 * S, int(NOW * S) - 60 * S),
        ("age", "10m..1m", int(NOW * S) - 600 * S, int(NOW * S) - 60 * S),
    ],
)
def test_ranges(name, text, low, high):
    """With both their ends; of ages, the older is the earlier."""
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


def test_every_handshake_message_has_a_name():
    """As in the RFC, in any case, with or without underscores."""
    for kind in HandshakeType:
        if kind <= 62:
            assert Mask(1 << kind) == got("message", kind.name) == got("message", kind.name.upper())


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
