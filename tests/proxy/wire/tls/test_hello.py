"""A ClientHello's fields, as routing and mirroring need them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeding import feed
from support.handshakes import block, numbers, records
from support.hellos import FULL, collector, extension, message, sni
from tlscope.wire.tls.hello import (
    Malformed,
    is_host_name,
    looks_like_sslv2,
    parse_client_hello,
)


def test_all_fields():
    """What routing and mirroring need is found; code points that nobody knows (RFC 8701) stay where they were."""
    found = parse_client_hello(FULL)
    assert 0x0303 == found.legacy_version
    assert (0x3A3A, 0x1301, 0xC02B) == found.cipher_suites
    assert "example.com" == found.sni
    assert (b"h2", b"\x00\xff") == found.alpn
    assert (0x1A1A, 0x0304, 0x0303) == found.supported_versions
    assert (0x2A2A, 4588, 29, 23) == found.groups
    assert (0x2A2A, 29) == found.key_shares
    assert (0x0403, 0x0804) == found.signature_algorithms
    assert (0x0A0A, 0, 10, 13, 16, 43, 51) == found.extensions


@pytest.mark.parametrize("tail", [b"", block(2, b"")])
def test_no_extensions(tail):
    """Before TLS 1.3 a hello may end without extensions (RFC 5246 section 7.4.1.2)."""
    found = parse_client_hello(message(tail=tail, session=b""))
    assert (None, (), (), None, (), None, ()) == (
        found.sni, found.alpn, found.supported_versions, found.groups, found.key_shares, found.signature_algorithms,
        found.extensions,
    )  # fmt: skip


def test_a_repeated_extension():
    """The first of two counts, and both are listed: whether that is an error is for the TLS stack to say."""
    found = parse_client_hello(message(sni(b"first"), sni(b"second")))
    assert ("first", (0, 0)) == (found.sni, found.extensions)


@pytest.mark.parametrize(
    ("expected", "extensions", "legacy"),
    [
        ((0x0303, 0x0304), [numbers(0x0A0A, 0x0304, 0x0303)], 0x0303),
        ((0x0301, 0x0304), [numbers(0x0301, 0x0304)], 0x0303),
        ((0x0304, 0x0304), [numbers(0x0304)], 0x0301),
        ((0x0301, 0x0303), [numbers(0x0A0A, 0x7F1C)], 0x0303),
        ((0x0301, 0x0303), [], 0x0303),
        ((0x0301, 0x0302), [], 0x0302),
        ((0x0301, 0x0301), [], 0x0301),
        ((0x0301, 0x0303), [], 0xFFFF),
        ((0x0301, 0x0301), [], 0x0300),
        ((0x0301, 0x0301), [], 0x0002),
    ],
)
def test_versions(expected, extensions, legacy):
    """The range that OpenSSL can be told: never one that it cannot speak, whatever the client says."""
    body = [extension(43, block(1, each)) for each in extensions]
    assert expected == parse_client_hello(message(*body, version=legacy)).versions


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("a.example", block(2, b"\0" + block(2, b"A.Example"))),
        ("a.example", block(2, b"\0" + block(2, b"a.example."))),
        ("127.0.0.1", block(2, b"\0" + block(2, b"127.0.0.1"))),
        ("b", block(2, b"\x07" + block(2, b"a") + b"\0" + block(2, b"b"))),
        ("b", block(2, b"\0" + block(2, b"a b") + b"\0" + block(2, b"b"))),
        (None, b""),
        (None, block(2, b"")),
        (None, block(2, b"\x07" + block(2, b"a"))),
        (None, block(2, b"\0" + block(2, b""))),
        (None, block(2, b"\0" + block(2, b"."))),
        (None, block(2, b"\0" + block(2, b"a.example.."))),
        (None, block(2, b"\0" + block(2, b"a\0b"))),
        (None, block(2, b"\0" + block(2, b"a\r\nb"))),
        (None, block(2, b"\0" + block(2, b"b\xc3\xbccher.example"))),
        (None, block(2, b"\0" + block(2, b"*.example"))),
        (None, block(2, b"\0" + block(2, b"::1"))),
    ],
)
def test_server_name(expected, body):
    """The first host name (RFC 6066 section 3) in lower case; what can be no name is as good as none, and no error."""
    assert expected == parse_client_hello(message(extension(0, body))).sni


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (True, "a"),
        (True, "a_b.c-d.example"),
        (True, ".".join(["a" * 63] * 3 + ["a" * 61])),
        (False, ".".join(["a" * 63] * 3 + ["a" * 62])),
        (False, "a" * 64),
        (False, ""),
        (False, "a."),
        (False, ".a"),
        (False, "a..b"),
        (False, "a b"),
        (False, "a\n"),
        (False, "é"),
        (False, "\N{ARABIC-INDIC DIGIT ONE}"),
    ],
)
def test_host_names(expected, text):
    """Letters, digits, hyphens and underscores in labels of 1 to 63, 253 characters in all (RFC 1123 section 2.1)."""
    assert expected is is_host_name(text)


LENGTHS = range(4 + 2 + 32, len(FULL))


@pytest.mark.parametrize("end", LENGTHS)
def test_every_truncation(end):
    """A hello whose header promises less than its fields do is Malformed, with the offset and the field's name."""
    short = b"\x01" + block(3, FULL[4:end])
    found = feed(collector(), [records(short)])
    whole_without_extensions = end == 4 + 2 + 32 + 33 + 8 + 2
    if whole_without_extensions:
        assert () == found.extensions
    else:
        assert "hello-truncated" == found.code
        assert 4 + 2 + 32 <= found.offset <= end
        assert found.reason.endswith(" ends early")


@pytest.mark.parametrize("at", range(4, len(FULL)))
@pytest.mark.parametrize("value", [0x00, 0x01, 0x7F, 0xFF])
def test_every_byte_changed(at, value):
    """No value of any length field, nor of anything else, raises."""
    changed = FULL[:at] + bytes([value]) + FULL[at + 1 :]
    assert feed(collector(), [records(changed)]) is not None


@pytest.mark.parametrize("kind", [0, 10, 13, 16, 43, 51])
@given(body=st.binary(max_size=40))
@example(body=b"\0")
@example(body=b"\xff\xff\0")
@example(body=b"\0\x03\0\0\0")
def test_any_body_of_a_known_extension(kind, body):
    """What stands in an extension is a hello or Malformed inside that extension, never an exception."""
    raw = message(extension(kind, body))
    found = parse_client_hello(raw)
    if isinstance(found, Malformed):
        assert len(raw) - len(body) <= found.offset <= len(raw)


@given(st.binary(max_size=300), st.integers(1, 80))
def test_junk_in_a_hello(body, size):
    """Nor anything inside well-formed records and a well-formed header."""
    assert feed(collector(), [records(b"\x01" + block(3, body), size)]) is not None


@given(st.binary(max_size=40))
@example(b"")
def test_any_bytes_as_a_message(data):
    """The parser itself takes any bytes, with a header or without."""
    assert isinstance(parse_client_hello(data), Malformed) or len(data) >= 4 + 2 + 32


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        (True, b"\x80\x2e\x01\x03\x01"),
        (True, b"\xff\xff\x01"),
        (False, b"\x80\x2e"),
        (False, b"\x80\x2e\x02"),
        (False, b"\x16\x03\x01"),
        (False, b""),
    ],
)
def test_sslv2(expected, data):
    """An SSLv2 hello is known by its two-byte length and its type."""
    assert expected is looks_like_sslv2(data)
