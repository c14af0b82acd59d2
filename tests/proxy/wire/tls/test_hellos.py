"""The hellos: what Wireshark does not tell, and what is rare."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.dissecting import malformed_in, torture
from tlscope.wire.tls.codes import HELLO_RETRY_RANDOM
from tlscope.wire.tls.messages import dissect

HELLOS = Path(__file__).parents[3] / "data" / "hellos"


def server_hello(random, extensions=b""):
    body = b"\3\3" + random + b"\0" + b"\xc0\x2f" + b"\0" + len(extensions).to_bytes(2) + extensions
    return b"\2" + len(body).to_bytes(3) + body


@pytest.mark.parametrize(("last", "version"), [(1, "TLS 1.3"), (0, "TLS 1.2")])
def test_a_downgrade_is_seen(last, version):
    """The last eight bytes of the server's random say what it could have spoken (RFC 8446 section 4.1.3)."""
    tree = torture(lambda data: dissect(22, data), server_hello(bytes(24) + b"DOWNGRD" + bytes([last])))
    found = tree.first("tls.handshake.random.downgrade")
    assert (30, 8) == (found.start, found.length)
    assert version in found.note
    assert None is dissect(22, server_hello(bytes(32))).first("tls.handshake.random.downgrade")


def test_a_client_has_no_downgrade():
    """Its random may end as it likes."""
    body = b"\3\3" + bytes(24) + b"DOWNGRD\1" + b"\0" + b"\0\2\xc0\x2f" + b"\1\0"
    tree = dissect(22, b"\1" + len(body).to_bytes(3) + body)
    assert None is tree.first("tls.handshake.random.downgrade")
    assert [] == malformed_in(tree)


def test_a_hello_retry_request():
    """Known by its random; its key share is a group, its ECH a confirmation."""
    extensions = bytes.fromhex("0033 0002 0018 fe0d 0008 0102030405060708 002c 0004 0002 abcd")
    tree = torture(lambda data: dissect(22, data), server_hello(HELLO_RETRY_RANDOM, extensions))
    assert ("HelloRetryRequest", "HelloRetryRequest") == (tree.label, tree.first("tls.handshake.random").text)
    assert "RFC 8446 section 4.1.4" == tree.reference
    assert 0x18 == tree.first("tls.handshake.extensions_key_share_selected_group").value
    assert bytes(range(1, 9)) == tree.first("tls.ech.confirmation").value
    assert b"\xab\xcd" == tree.first("tls.handshake.extensions.cookie").value


def test_a_hello_without_extensions():
    """As before TLS 1.0 had any."""
    body = b"\3\0" + bytes(32) + b"\0" + b"\0\2\0\x0a" + b"\1\0"
    tree = dissect(22, b"\1" + len(body).to_bytes(3) + body)
    assert None is tree.first("tls.handshake.extensions")
    assert [] == malformed_in(tree)


def test_what_a_hello_says_in_a_word():
    """The server's name; the suite."""
    assert "pq.example" == dissect(22, (HELLOS / "openssl-4.0-post-quantum.bin").read_bytes()[5:]).text
    assert "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (0xc02f)" == dissect(22, server_hello(bytes(32))).text


def test_suites_say_whether_they_are_sound():
    """Each with the note on it."""
    tree = dissect(22, (HELLOS / "java-17.bin").read_bytes()[5:])
    notes = [field.note for field in tree.all("tls.handshake.ciphersuite")]
    assert all(note.startswith(("Sound", "Dated", "Insecure", "Not a suite")) for note in notes)


def test_encrypted_extensions():
    """A list of extensions: answers, retry configurations, settings."""
    extensions = bytes.fromhex("0010 0005 0003 02 6833 44cd 0002 abcd 0000 0000")
    body = len(extensions).to_bytes(2) + extensions
    tree = torture(lambda data: dissect(22, data), b"\x08" + len(body).to_bytes(3) + body)
    assert "h3" == tree.first("tls.handshake.extensions_alpn_str").value
    assert b"\xab\xcd" == tree.first("tls.handshake.extensions_alps.settings").value
    assert [] == malformed_in(tree)


def test_what_a_hello_may_not_leave_out_or_overdo():
    """No suites, no compression methods, and a session id of more than 32 bytes (RFC 8446 section 4.1.2)."""
    body = b"\3\3" + bytes(32) + b"\x21" + bytes(33) + b"\0\0" + b"\0"
    tree = torture(lambda data: dissect(22, data), b"\1" + len(body).to_bytes(3) + body)
    assert [
        "a session id of 33 bytes; 32 are the most",
        "Cipher Suites is empty",
        "Compression Methods is empty",
    ] == malformed_in(tree)


def test_each_hello_refers_to_its_own_section():
    """The client's to RFC 8446 section 4.1.2, the server's to 4.1.3."""
    client = dissect(22, (HELLOS / "java-17.bin").read_bytes()[5:])
    for tree, section in ((client, "4.1.2"), (dissect(22, server_hello(bytes(32))), "4.1.3")):
        for key in ("version", "random", "session_id"):
            assert f"RFC 8446 section {section}" == tree.first(f"tls.handshake.{key}").reference


def test_a_suite_refers_to_the_rfc_that_defines_it():
    """Offered or chosen, each its own; one that nobody knows refers to the list that it stands in."""
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\x0a\x13\x01\x00\x2f\xcc\xa8\x0a\x0a\xee\xee" + b"\1\0"
    tree = torture(lambda data: dissect(22, data), b"\1" + len(body).to_bytes(3) + body)
    assert [
        "RFC 8446 appendix B.4",
        "RFC 5246 appendix A.5",
        "RFC 7905 section 2",
        "RFC 8701 section 2",
        "RFC 8446 section 4.1.2",
    ] == [field.reference for field in tree.all("tls.handshake.ciphersuite")]
    chosen = dissect(22, server_hello(bytes(32))).first("tls.handshake.ciphersuite")
    assert "RFC 5289 section 3.2" == chosen.reference
