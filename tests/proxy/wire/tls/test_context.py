"""What one message teaches about those after it."""

from __future__ import annotations

from tlscope.wire.tls.codes import HELLO_RETRY_RANDOM
from tlscope.wire.tls.context import Context, context_after, is_hello_retry

HANDSHAKE = 22


def server_hello(suite, extensions=b"", version="0303", random=bytes(32)):
    body = bytes.fromhex(version) + random + b"\1\7" + suite.to_bytes(2) + b"\0"
    body += len(extensions).to_bytes(2) + extensions
    return b"\2" + len(body).to_bytes(3) + body


def test_a_server_hello_settles_version_and_suite():
    """By its version field, or by supported_versions where it has that."""
    assert Context(0x0303, 0xC02F) == context_after(Context(), HANDSHAKE, server_hello(0xC02F))
    tls13 = server_hello(0x1301, bytes.fromhex("002b00020304"))
    assert Context(0x0304, 0x1301) == context_after(Context(), HANDSHAKE, tls13)


def test_a_server_hello_begins_anew():
    """What an earlier handshake of the connection settled is forgotten."""
    before = Context(0x0303, 1, 2, 2, server_certified=True)
    assert Context(0x0301, 0x002F) == context_after(before, HANDSHAKE, server_hello(0x2F, version="0301"))


def test_certificate_types_and_whose_turn_it_is():
    """From the hello in TLS 1.2, from EncryptedExtensions in TLS 1.3; the server's Certificate comes first."""
    extensions = bytes.fromhex("0014000102 0013000101")
    found = context_after(Context(), HANDSHAKE, server_hello(0xC02F, extensions))
    assert (2, 1, 2) == (found.server_certificate_type, found.client_certificate_type, found.certificate_type)
    encrypted = b"\x08\0\0\7\0\5" + bytes.fromhex("0014000102")
    found = context_after(Context(0x0304, 0x1301), HANDSHAKE, encrypted)
    assert Context(0x0304, 0x1301, server_certificate_type=2) == found
    for kind in (b"\x0b", b"\x19"):
        assert 0 == context_after(found, HANDSHAKE, kind + b"\0\0\0").certificate_type


def test_what_teaches_nothing():
    """Other messages, other content types, and what is cut short leave the context as it is."""
    known = Context(0x0304, 0x1301)
    for content_type, data in ((21, b"\2\50"), (22, b""), (22, b"\x14\0\0\0"), (22, server_hello(1)[:40])):
        assert known == context_after(known, content_type, data)


def test_hello_retry_requests_are_told_apart():
    """By their random."""
    assert is_hello_retry(server_hello(1, random=HELLO_RETRY_RANDOM))
    assert not is_hello_retry(server_hello(1))


def test_a_server_key_exchange_settles_the_curve():
    """By its name; behind the hint where the suite has one; nothing of other suites or curves without a name."""
    curve = bytes.fromhex("03001d2000")
    for suite, body, group in (
        (0xC02F, curve, 0x1D),
        (0xC035, b"\0\2hi" + curve, 0x1D),
        (0x0033, curve, 0),
        (0xC02F, b"\1" + curve[1:], 0),
        (0xC02F, b"", 0),
    ):
        message = b"\x0c" + len(body).to_bytes(3) + body
        assert group == context_after(Context(0x0303, suite), HANDSHAKE, message).group
