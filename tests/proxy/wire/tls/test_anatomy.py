"""What the names of suites say."""

from __future__ import annotations

import ssl

import pytest

from tlscope.wire.tls.anatomy import EPHEMERAL, Anatomy, anatomy, suite_note
from tlscope.wire.tls.codes import CipherSuite


@pytest.mark.parametrize(
    ("suite", "parts"),
    [
        (0xC02F, Anatomy("ECDHE", "RSA", "AES_128_GCM", "SHA256")),
        (0x1302, Anatomy("any", "any", "AES_256_GCM", "SHA384")),
        (0x1305, Anatomy("any", "any", "AES_128_CCM_8", "SHA256")),
        (0x000A, Anatomy("RSA", "RSA", "3DES_EDE_CBC", "SHA")),
        (0xC0AE, Anatomy("ECDHE", "ECDSA", "AES_128_CCM_8", "SHA256")),
        (0x0034, Anatomy("DHE", "anon", "AES_128_CBC", "SHA")),
        (0xC0AA, Anatomy("DHE_PSK", "PSK", "AES_128_CCM_8", "SHA256")),
        (0xC01E, Anatomy("SRP", "RSA", "AES_128_CBC", "SHA")),
        (0xC103, Anatomy("GOST", "GOST", "KUZNYECHIK_MGM_L", "STREEBOG256")),
        (0xC0FF, Anatomy("ECJPAKE", "password", "AES_128_CCM_8", "SHA256")),
        (0x0000, Anatomy("NULL", "anon", "NULL", "NULL")),
        (0x00FF, Anatomy()),
        (0x5600, Anatomy()),
        (0x0A0A, Anatomy()),
        (0x9999, Anatomy()),
    ],
)
def test_parts(suite, parts):
    """Key exchange, authentication, cipher and hash; nothing for signals and unknown ones."""
    assert parts == anatomy(suite)


def test_every_suite_has_parts_and_a_note():
    """All that are known by name; a verdict begins each note."""
    for suite in CipherSuite:
        note = suite_note(suite)
        assert note.startswith(("Sound: ", "Dated: ", "Insecure: ", "Not a suite")), (suite, note)
        assert note.endswith(".")
        assert "None" not in note
        assert anatomy(suite).cipher or note.startswith("Not a suite")


@pytest.mark.parametrize(
    ("name", "word", "why"),
    [
        ("TLS_AES_128_GCM_SHA256", "Sound", "agreed on apart"),
        ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "Dated", "RFC 9325"),
        ("TLS_NULL_WITH_NULL_NULL", "Insecure", "no encryption"),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "Sound", "CHACHA20-POLY1305"),
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", "Dated", "recorded"),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "Dated", "Lucky Thirteen"),
        ("TLS_RSA_WITH_RC4_128_MD5", "Insecure", "RC4"),
        ("TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", "Insecure", "Sweet32"),
        ("TLS_RSA_WITH_NULL_SHA256", "Insecure", "no encryption"),
        ("TLS_ECDH_anon_WITH_AES_128_CBC_SHA", "Insecure", "in the middle"),
    ],
)
def test_verdicts(name, word, why):
    """Sound, dated or insecure, and why."""
    note = suite_note(CipherSuite[name])
    assert note.startswith(word)
    assert why in note


def test_openssl_agrees_on_forward_secrecy_and_aead():
    """By what OpenSSL says of the suites that it can speak."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    compared = 0
    for said in context.get_ciphers():
        parts = anatomy(said["id"] & 0xFFFF)
        if not parts.cipher:
            continue
        compared += 1
        assert bool(said["aead"]) == parts.aead, said
        exchange = said["kea"].removeprefix("kx-")
        expected = {"ecdhe": "ECDHE", "dhe": "DHE", "rsa": "RSA", "any": "any", "psk": "PSK", "srp": "SRP"}
        pre_shared = {"dhe-psk": "DHE_PSK", "ecdhe-psk": "ECDHE_PSK", "rsa-psk": "RSA_PSK"}
        assert {**expected, **pre_shared}[exchange] == parts.key_exchange, said
    assert 20 < compared


def test_notes_of_reserved_and_unknown_values():
    """GREASE says what it is; the unknown has none."""
    assert "ignoring" in suite_note(0x0A0A)
    assert "" == suite_note(0x9999)
    assert "any" in EPHEMERAL
