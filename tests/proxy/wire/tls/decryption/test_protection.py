"""Records opened, against records sealed with the library's own ciphers."""

from __future__ import annotations

import hmac
import warnings

import pytest
from cryptography.hazmat.decrepit.ciphers import algorithms as old
from cryptography.hazmat.primitives.ciphers import Cipher, aead, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from tlscope.wire.tls.decryption import ciphers
from tlscope.wire.tls.decryption.ciphers import cipher_of
from tlscope.wire.tls.decryption.protection import Keys, Opened, nonce_of, protect12, protect13
from tlscope.wire.tls.suites import CipherSuite

TLS1, TLS1_1, TLS1_2 = 0x0301, 0x0302, 0x0303
KEY, MAC, IV = bytes(range(32)), bytes(range(64)), bytes(range(16))
CONTENT = b"what is written"
HEADER = b"\x17\3\3"
CBC = {
    "TLS_RSA_WITH_AES_128_CBC_SHA": algorithms.AES,
    "TLS_RSA_WITH_AES_256_CBC_SHA256": algorithms.AES,
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384": algorithms.AES,
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA": old.TripleDES,
    "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA": old.Camellia,
    "TLS_RSA_WITH_SEED_CBC_SHA": old.SEED,
    "TLS_RSA_WITH_IDEA_CBC_SHA": old.IDEA,
    "TLS_RSA_WITH_DES_CBC_SHA": lambda key: old.TripleDES(key * 3),
}


def mac(cipher, sequence, data, length=None):
    made = sequence.to_bytes(8) + HEADER + (len(data) if length is None else length).to_bytes(2) + data
    return hmac.digest(keys_of(cipher).mac, made, cipher.mac)


def keys_of(cipher, iv=b""):
    size = hmac.new(b"", b"", cipher.mac).digest_size if cipher.mac else 0
    return Keys(MAC[:size], KEY[: cipher.key], iv)


def seal_cbc(cipher, algorithm, sequence, iv, *, then_mac, explicit, extra=0):
    """A record, and its last block."""
    data = CONTENT if then_mac else CONTENT + mac(cipher, sequence, CONTENT)
    padding = cipher.block - len(data) % cipher.block + extra * cipher.block
    encryptor = Cipher(algorithm(KEY[: cipher.key]), modes.CBC(iv[: cipher.block])).encryptor()
    body = encryptor.update(data + bytes((padding - 1,)) * padding) + encryptor.finalize()
    made = (iv[: cipher.block] if explicit else b"") + body
    return made + (mac(cipher, sequence, made) if then_mac else b""), body[-cipher.block :], padding


def header(body, kind=b"\x17"):
    return kind + HEADER[1:] + len(body).to_bytes(2)


@pytest.mark.parametrize("name", list(CBC))
@pytest.mark.parametrize("version", [TLS1, TLS1_1, TLS1_2])
@pytest.mark.parametrize("then_mac", [False, True])
def test_cbc(name, version, then_mac):
    """The IV before or in the record, the MAC inside or outside, with more padding than is needed."""
    cipher = cipher_of(CipherSuite[name])
    iv, explicit = IV, version > TLS1
    protection = protect12(version, cipher, keys_of(cipher, IV[: cipher.block]), encrypt_then_mac=then_mac)
    for sequence, extra in enumerate((0, 3)):
        body, last, padding = seal_cbc(
            cipher, CBC[name], sequence, iv, then_mac=then_mac, explicit=explicit, extra=extra
        )
        opened = protection.open(sequence, header(body), body)
        assert Opened(0x17, CONTENT, padding, iv[: cipher.block]) == opened
        iv = IV[::-1] if explicit else last


@pytest.mark.parametrize("then_mac", [False, True])
def test_cbc_says_what_is_wrong(then_mac):
    """Its MAC, its padding, its length: an inspector may tell what an endpoint must not."""
    cipher = cipher_of(CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA)
    protection = protect12(TLS1_2, cipher, keys_of(cipher), encrypt_then_mac=then_mac)
    body, _, _ = seal_cbc(cipher, algorithms.AES, 0, IV, then_mac=then_mac, explicit=True)
    assert "MAC is wrong" in protection.open(1, header(body), body)
    assert "whole blocks" in protection.open(0, header(body), body[:-1])
    assert "whole blocks" in protection.open(0, header(b""), b"")
    if not then_mac:
        broken = body[:-17] + bytes((body[-17] ^ 0x80,)) + body[-16:]
        assert "padding is wrong" in protection.open(0, header(body), broken)


def test_rc4():
    """One stream through all records."""
    cipher = cipher_of(CipherSuite.TLS_RSA_WITH_RC4_128_SHA)
    encryptor = Cipher(old.ARC4(KEY[:16]), None).encryptor()
    protection = protect12(TLS1, cipher, keys_of(cipher), encrypt_then_mac=False)
    for sequence in range(3):
        body = encryptor.update(CONTENT + mac(cipher, sequence, CONTENT))
        assert Opened(0x17, CONTENT) == protection.open(sequence, header(body), body)
    assert "MAC is wrong" in protection.open(3, header(body), body)
    assert "cannot hold a MAC" in protection.open(4, header(b"1"), b"1")


@pytest.mark.parametrize("then_mac", [False, True])
def test_truncated_hmac(then_mac):
    """Ten bytes of the MAC are there, inside or outside (RFC 6066 section 7), and they count."""
    cipher = cipher_of(CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA)
    options = {"encrypt_then_mac": then_mac, "truncated_hmac": True}
    protection = protect12(TLS1_2, cipher, keys_of(cipher), **options)
    inside = CONTENT if then_mac else CONTENT + mac(cipher, 0, CONTENT)[:10]
    padding = 16 - len(inside) % 16
    encryptor = Cipher(algorithms.AES(KEY[:16]), modes.CBC(IV)).encryptor()
    body = IV + encryptor.update(inside + bytes((padding - 1,)) * padding) + encryptor.finalize()
    body += mac(cipher, 0, body)[:10] if then_mac else b""
    assert Opened(0x17, CONTENT, padding, IV) == protection.open(0, header(body), body)
    assert "MAC is wrong" in protection.open(1, header(body), body)


def test_null():
    """Authenticates only."""
    cipher = cipher_of(CipherSuite.TLS_RSA_WITH_NULL_SHA256)
    protection = protect12(TLS1_2, cipher, keys_of(cipher), encrypt_then_mac=False)
    body = CONTENT + mac(cipher, 7, CONTENT)
    assert Opened(0x17, CONTENT) == protection.open(7, header(body), body)
    assert "MAC is wrong" in protection.open(8, header(body), body)


AEADS = {
    "TLS_RSA_WITH_AES_128_GCM_SHA256": aead.AESGCM,
    "TLS_RSA_WITH_AES_256_CCM": aead.AESCCM,
    "TLS_RSA_WITH_AES_128_CCM_8": lambda key: aead.AESCCM(key, tag_length=8),
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": aead.ChaCha20Poly1305,
}


@pytest.mark.parametrize("name", list(AEADS))
def test_aead_of_tls12(name):
    """The nonce in the record, but for ChaCha20-Poly1305; the sequence and the length authenticated."""
    cipher = cipher_of(CipherSuite[name])
    iv = IV[: cipher.salt]
    protection = protect12(TLS1_2, cipher, keys_of(cipher, iv), encrypt_then_mac=False)
    explicit = b"" if len(iv) == 12 else b"explicit"
    nonce = iv + explicit if explicit else nonce_of(iv, 5)
    additional = (5).to_bytes(8) + HEADER + len(CONTENT).to_bytes(2)
    body = explicit + AEADS[name](KEY[: cipher.key]).encrypt(nonce, CONTENT, additional)
    assert Opened(0x17, CONTENT, 0, nonce, additional) == protection.open(5, header(body), body)
    assert "does not authenticate" in protection.open(6, header(body), body)
    assert "cannot hold" in protection.open(5, header(body), b"short")


def test_aead_of_tls13():
    """The true type behind the content, and zeros behind that; the header authenticated."""
    cipher = cipher_of(CipherSuite.TLS_AES_128_GCM_SHA256)
    protection = protect13(cipher, KEY[:16], IV[:12])

    def seal(inner):
        head = b"\x17\3\3" + (len(inner) + 16).to_bytes(2)
        return head, aead.AESGCM(KEY[:16]).encrypt(nonce_of(IV[:12], 9), inner, head)

    head, body = seal(CONTENT + b"\x16" + bytes(20))
    assert Opened(0x16, CONTENT, 20, nonce_of(IV[:12], 9), head) == protection.open(9, head, body)
    assert "does not authenticate" in protection.open(8, head, body)
    assert "all padding" in protection.open(9, *seal(bytes(20)))
    assert "cannot hold" in protection.open(9, head, bytes(16))


def test_sm4():
    """The Chinese suites of TLS 1.3 (RFC 8998), with the test vectors of its appendix A."""
    cipher = cipher_of(CipherSuite.TLS_SM4_GCM_SM3)
    key, iv = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), bytes.fromhex("00001234567800000000ABCD")
    additional = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    body = bytes.fromhex(
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
        "83DE3541E4C2B58177E065A9BF7B62EC"
    )
    protection = protect13(cipher, key, iv)
    plain = protection._aead.decrypt(iv, body, additional)
    expected = "AA" * 8 + "BB" * 8 + "CC" * 8 + "DD" * 8 + "EE" * 8 + "FF" * 8 + "EE" * 8 + "AA" * 8
    assert bytes.fromhex(expected) == plain
    body = bytes.fromhex(
        "48AF93501FA62ADBCD414CCE6034D895DDA1BF8F132F042098661572E7483094"
        "FD12E518CE062C98ACEE28D95DF4416BED31A2F04476C18BB40C84A74B97DC5B"
        "16842D4FA186F56AB33256971FA110F4"
    )  # section A.2
    protection = protect13(cipher_of(CipherSuite.TLS_SM4_CCM_SM3), key, iv)
    assert plain == protection._aead.decrypt(iv, body, additional)


def test_what_the_library_lacks_is_said():
    """As ARIA, which `cryptography` has not."""
    aria = cipher_of(CipherSuite.TLS_RSA_WITH_ARIA_128_GCM_SHA256)
    assert "no ARIA-GCM" in protect12(TLS1_2, aria, keys_of(aria), encrypt_then_mac=False)
    assert "no ARIA-GCM" in protect13(aria, KEY[:16], IV[:12])


def test_no_cipher_warns():
    """Of being old: whoever looks at old traffic knows."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for suite in CipherSuite:
            cipher = cipher_of(suite)
            if cipher is not None:
                iv = IV[: cipher.block or cipher.salt]
                made = protect12(TLS1, cipher, keys_of(cipher, iv), encrypt_then_mac=False)
                assert isinstance(made, str) == bool(cipher.obstacle), suite.name


@given(st.sampled_from(sorted(CipherSuite)), st.binary(max_size=100), st.booleans(), st.sampled_from([TLS1, TLS1_2]))
def test_any_bytes(suite, body, then_mac, version):
    """Are refused with a reason, or by a wonder opened."""
    cipher = cipher_of(suite)
    if cipher is None:
        return
    keys = keys_of(cipher, IV[: cipher.block or cipher.salt])
    then_mac = then_mac and cipher.kind == ciphers.CBC
    protection = protect12(version, cipher, keys, encrypt_then_mac=then_mac)
    if not isinstance(protection, str):
        assert isinstance(protection.open(0, header(body), body), str | Opened)
