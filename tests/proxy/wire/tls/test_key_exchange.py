"""Key exchanges that no capture of ours has; the rest is held against Wireshark in test_messages.py."""

from __future__ import annotations

import pytest

from support.dissecting import malformed_in, torture
from tlscope.wire.tls.anatomy import anatomy
from tlscope.wire.tls.key_exchange import CLIENT, SERVER
from tlscope.wire.tls.messages import Context, dissect
from tlscope.wire.tls.suites import CipherSuite as Suite

SERVER_KEY_EXCHANGE, CLIENT_KEY_EXCHANGE = 12, 16
DH = bytes.fromhex("0001 17 0001 05 0001 08")
EC = bytes.fromhex("03 001d 20") + bytes(32)
SIGNED = bytes.fromhex("0401 0002 abcd")


def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3) + body


def tortured(kind, body, suite, version=0x0303):
    context = Context(version, suite)
    return torture(lambda data: dissect(22, data, context), message(kind, body), flips=60)


@pytest.mark.parametrize(
    ("suite", "body", "keys"),
    [
        (Suite.TLS_DHE_RSA_WITH_AES_128_CBC_SHA, DH + SIGNED, "p g ys sig"),
        (Suite.TLS_DHE_DSS_WITH_AES_128_CBC_SHA, DH + SIGNED, "p g ys sig"),
        (Suite.TLS_DH_anon_WITH_AES_128_CBC_SHA, DH, "p g ys"),
        (Suite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, EC + SIGNED, "server_named_curve server_point sig"),
        (Suite.TLS_ECDH_anon_WITH_AES_128_CBC_SHA, EC, "server_named_curve server_point"),
        (Suite.TLS_PSK_WITH_AES_128_CBC_SHA, b"\0\2hi", "hint"),
        (Suite.TLS_RSA_PSK_WITH_AES_128_CBC_SHA, b"\0\2hi", "hint"),
        (Suite.TLS_DHE_PSK_WITH_AES_128_CBC_SHA, b"\0\2hi" + DH, "hint p g ys"),
        (Suite.TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA, b"\0\0" + EC, "hint server_named_curve server_point"),
        (Suite.TLS_SRP_SHA_WITH_AES_128_CBC_SHA, b"\0\1N\0\1g\1s\0\1B", "srp.modulus srp.g srp.s srp.b"),
        (Suite.TLS_RSA_WITH_AES_128_CBC_SHA, b"\0\1m\0\1e" + SIGNED, "modulus exponent sig"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_servers_half(suite, body, keys):
    """The parts that the suite says; signed where somebody is authenticated by a certificate."""
    tree = tortured(SERVER_KEY_EXCHANGE, body, suite)
    assert [] == malformed_in(tree)
    found = [field.key.removeprefix("tls.handshake.") for field in tree.walk()]
    assert keys.split() == [key for key in found if key in keys.split()]


@pytest.mark.parametrize(
    ("suite", "body", "keys"),
    [
        (Suite.TLS_RSA_WITH_AES_128_CBC_SHA, b"\0\2ab", "epms"),
        (Suite.TLS_DHE_RSA_WITH_AES_128_CBC_SHA, b"\0\2ab", "yc"),
        (Suite.TLS_DH_RSA_WITH_AES_128_CBC_SHA, b"", ""),
        (Suite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, b"\2ab", "client_point"),
        (Suite.TLS_PSK_WITH_AES_128_CBC_SHA, b"\0\2me", "identity"),
        (Suite.TLS_RSA_PSK_WITH_AES_128_CBC_SHA, b"\0\2me\0\2ab", "identity epms"),
        (Suite.TLS_DHE_PSK_WITH_AES_128_CBC_SHA, b"\0\2me\0\2ab", "identity yc"),
        (Suite.TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA, b"\0\2me\2ab", "identity client_point"),
        (Suite.TLS_SRP_SHA_WITH_AES_128_CBC_SHA, b"\0\2ab", "srp.a"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_clients_half(suite, body, keys):
    """The parts that the suite says."""
    tree = tortured(CLIENT_KEY_EXCHANGE, body, suite)
    assert [] == malformed_in(tree)
    found = [field.key.removeprefix("tls.handshake.") for field in tree.walk()]
    assert keys.split() == [key for key in found if key in keys.split()]


def test_ssl_3_has_no_length_before_the_secret():
    """All that is there is the secret."""
    tree = tortured(CLIENT_KEY_EXCHANGE, b"\0\2ab", Suite.TLS_RSA_WITH_AES_128_CBC_SHA, 0x0300)
    assert b"\0\2ab" == tree.first("tls.handshake.epms").value


def test_without_a_suite_it_stays_raw():
    """And says why."""
    for kind in (SERVER_KEY_EXCHANGE, CLIENT_KEY_EXCHANGE):
        field = tortured(kind, b"abc", 0).first("tls.handshake.key_exchange")
        assert b"abc" == field.value
        assert "cipher suite" in field.note


@pytest.mark.parametrize(
    ("bits", "word"), [(512, "broken"), (1024, "a state"), (1536, "RFC 9325"), (2048, "The prime, which")]
)
def test_small_primes_are_told(bits, word):
    """By their bits."""
    prime = (1 << bits - 1 | 1).to_bytes(bits // 8)
    body = len(prime).to_bytes(2) + prime + b"\0\1\2\0\1\3"
    tree = dissect(22, message(SERVER_KEY_EXCHANGE, body), Context(0x0303, Suite.TLS_DH_anon_WITH_AES_128_CBC_SHA))
    assert word in tree.first("tls.handshake.p").note


def test_a_key_exchange_is_signed_behind_a_curve_of_the_servers_own_making():
    """Its parts say where it ends."""
    curve = bytes.fromhex("01 01 17  01 0a  01 0b  03 040102  01 07  01 01")
    tree = tortured(SERVER_KEY_EXCHANGE, curve + b"\1\x05" + SIGNED, Suite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA)
    assert [] == malformed_in(tree)
    assert b"\xab\xcd" == tree.first("tls.handshake.sig").value


def test_a_clients_point_is_of_the_servers_curve():
    """Taken apart by its size, as the server's is, and malformed where it is of another."""
    suite = Suite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
    tree = dissect(22, message(CLIENT_KEY_EXCHANGE, b"\x41\4" + bytes(64)), Context(0x0303, suite, group=23))
    assert bytes(32) == tree.first("tls.handshake.ec_point.y").value
    tree = dissect(22, message(CLIENT_KEY_EXCHANGE, b"\x20" + bytes(32)), Context(0x0303, suite, group=23))
    assert [] != malformed_in(tree)


def test_gost_is_der():
    """A wrapped key, with its parts (RFC 9189 section 4.2.4)."""
    tree = tortured(
        CLIENT_KEY_EXCHANGE, bytes.fromhex("3006 0404 01020304"), Suite.TLS_GOSTR341112_256_WITH_KUZNYECHIK_CTR_OMAC
    )
    assert [] == malformed_in(tree)
    assert bytes.fromhex("01020304") in [field.value for field in tree.first("tls.handshake.gost").walk()]


def test_names_of_keys_are_readable():
    """A pre-shared key's identity and hint as text, where they are; the value stays bytes."""
    suite = Suite.TLS_PSK_WITH_AES_128_CBC_SHA
    for body, text in ((b"\0\2me", "me"), (b"\0\2\xff\0", "ff00")):
        field = tortured(CLIENT_KEY_EXCHANGE, body, suite).first("tls.handshake.identity")
        assert (body[2:], text) == (field.value, field.text)
        assert text == tortured(SERVER_KEY_EXCHANGE, body, suite).first("tls.handshake.hint").text


def test_every_key_exchange_is_laid_out():
    """But for those whose half is in the certificate, or that send none."""
    for suite in Suite:
        exchange = anatomy(suite).key_exchange
        if exchange not in {"", "any", "NULL"}:
            assert exchange in CLIENT, suite
            assert exchange in SERVER or exchange in {"DH", "ECDH", "GOST"}, suite
