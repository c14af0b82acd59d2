"""Suites taken apart."""

from __future__ import annotations

from OpenSSL import SSL

from tlscope.wire.tls.decryption.ciphers import AEAD, CBC, NULL, STREAM, Cipher, cipher_of, name_of_suite
from tlscope.wire.tls.suites import CipherSuite


def test_a_name_tells_all():
    """Of every shape."""
    assert Cipher(
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE_RSA", CBC, "AES", 16, 16, 0, 0, "sha256", "sha256"
    ) == cipher_of(0xC027)
    assert Cipher("TLS_AES_256_GCM_SHA384", "", AEAD, "AES-GCM", 32, 0, 4, 16, "", "sha384") == cipher_of(0x1302)
    assert Cipher("TLS_RSA_WITH_RC4_128_MD5", "RSA", STREAM, "RC4", 16, 0, 0, 0, "md5", "sha256") == cipher_of(4)
    assert Cipher("TLS_RSA_WITH_NULL_SHA", "RSA", NULL, "NULL", 0, 0, 0, 0, "sha1", "sha256") == cipher_of(2)
    short, stream = cipher_of(0xC0A0), cipher_of(0xCCA8)
    assert (8, "sha256", "AES-CCM") == (short.tag, short.hash, short.algorithm)
    assert (12, 32) == (stream.salt, stream.key)


def test_every_suite_has_parts():
    """But for the signals, GOST, and the one that is none."""
    without = {suite.name for suite in CipherSuite if cipher_of(suite) is None}
    assert all("GOST" in name or name.endswith(("_SCSV", "NULL_WITH_NULL_NULL")) for name in without)
    assert 200 < len(CipherSuite) - len(without)


def test_as_openssl_has_them():
    """Bits of the key, and the key exchange, of all suites that OpenSSL offers."""
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(b"ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    lib, ffi = SSL._lib, SSL._ffi
    checked = 0
    connection = SSL.Connection(context, None)
    connection.set_connect_state()
    for suite in CipherSuite:
        theirs = lib.SSL_CIPHER_find(connection._ssl, suite.to_bytes(2))
        ours = cipher_of(suite)
        if theirs == ffi.NULL or ours is None or ours.tag == 8:  # whose strength is said, not its key
            continue
        bits = lib.SSL_CIPHER_get_bits(theirs, ffi.NULL)
        assert bits == {24: 168}.get(ours.key, 8 * ours.key), suite.name
        checked += 1
    assert checked > 50


def test_what_cannot_be_opened_says_why():
    """The library has no ARIA; the suite's hash is known all the same."""
    cipher = cipher_of(0xC05D)
    assert ("sha384", True) == (cipher.hash, "ARIA" in cipher.obstacle)


def test_unknown_suites():
    """Have no parts, but a name."""
    assert None is cipher_of(0xFFFF)
    assert ("unknown 0xFFFF", "TLS_AES_128_GCM_SHA256") == (name_of_suite(0xFFFF), name_of_suite(0x1301))
