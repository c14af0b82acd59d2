"""Signatures, against the library that made them."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from support.tls_pairs import TLS1_2, TLS1_3, certificate, key
from tlscope.wire.field import Short
from tlscope.wire.tls.decryption.proofs import (
    Signed,
    certificate_verify_content,
    certified,
    hashed,
    pull_signature,
    split_key_exchange,
    verify,
)

CONTENT = b"what was said"
HASHES = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
SCHEMES = [
    ("rsa", 0x0201, "sha1"), ("rsa", 0x0401, "sha256"), ("rsa", 0x0601, "sha512"), ("rsa", 0x0804, "sha256"),
    ("rsa", 0x0805, "sha384"), ("rsa", 0x080B, "sha512"), ("ec", 0x0403, "sha256"), ("ec384", 0x0503, "sha384"),
    ("ec", 0x0203, "sha1"), ("dsa", 0x0402, "sha256"), ("ed25519", 0x0807, ""), ("ed448", 0x0808, ""),
]  # fmt: skip


def sign(kind, scheme, name):
    private = key(kind)
    if kind.startswith("ed"):
        return private.sign(CONTENT)
    algorithm = HASHES[name]
    if kind == "rsa":
        pss = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
        return private.sign(CONTENT, pss if scheme >> 8 == 8 else padding.PKCS1v15(), algorithm)
    return private.sign(CONTENT, ec.ECDSA(algorithm)) if kind.startswith("ec") else private.sign(CONTENT, algorithm)


def check(public, signed, content=CONTENT):
    return verify(public, signed, hashed(content), lambda: content)


@pytest.mark.parametrize(("kind", "scheme", "name"), SCHEMES)
def test_schemes(kind, scheme, name):
    """Right over what was signed, wrong over anything else; the scheme is named."""
    signed = Signed(scheme, sign(kind, scheme, name))
    assert True is check(key(kind).public_key(), signed).ok
    wrong = check(key(kind).public_key(), signed, CONTENT + b"!")
    assert (False, True) == (wrong.ok, "is wrong" in wrong.detail)


def test_schemes_before_tls12():
    """RSA signs MD5 and SHA-1 side by side, ECDSA and DSA SHA-1."""
    both = hashlib.md5(CONTENT).digest() + hashlib.sha1(CONTENT).digest()
    public = key("rsa").public_key().public_numbers()
    private = key("rsa").private_numbers()
    size = (public.n.bit_length() + 7) // 8
    block = b"\0\1" + b"\xff" * (size - 3 - len(both)) + b"\0" + both
    signature = pow(int.from_bytes(block), private.d, public.n).to_bytes(size)
    assert True is check(key("rsa").public_key(), Signed(None, signature)).ok
    assert False is check(key("rsa").public_key(), Signed(None, signature), b"else").ok
    for kind in ("ec", "dsa"):
        assert True is check(key(kind).public_key(), Signed(None, sign(kind, 0, "sha1"))).ok


@pytest.mark.parametrize("scheme", [0x0708, 0xFFFF, 0x0904])
def test_schemes_that_are_not_checked(scheme):
    """Are neither right nor wrong."""
    assert None is check(key("ec").public_key(), Signed(scheme, b"?")).ok


def test_keys_that_do_not_fit():
    """Neither right nor wrong, or wrong; never an exception."""
    assert None is check("no key", Signed(0x0403, b"?")).ok
    assert True is not check(key("ec").public_key(), Signed(0x0804, b"?")).ok
    assert True is not check(key("rsa").public_key(), Signed(0x0403, b"?")).ok
    assert True is not check(key("rsa").public_key(), Signed(None, b"?")).ok


def message(*ders, version=TLS1_2, extensions=b""):
    entries = b"".join(
        len(der).to_bytes(3) + der + (len(extensions).to_bytes(2) + extensions if version == TLS1_3 else b"")
        for der in ders
    )
    body = (b"\0" if version == TLS1_3 else b"") + len(entries).to_bytes(3) + entries
    return b"\x0b" + len(body).to_bytes(3) + body


DER = certificate("ec").public_bytes(Encoding.DER)


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
def test_the_key_of_a_certificate(version):
    """Is the first one's."""
    other = certificate("rsa").public_bytes(Encoding.DER)
    assert key("ec").public_key() == certified(message(DER, other, version=version), version).key


def test_a_raw_public_key():
    """RFC 7250: no certificate at all."""
    spki = key("ed25519").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key("ed25519").public_key() == certified(message(spki, version=TLS1_3), TLS1_3).key
    alone = b"\x0b" + (len(spki) + 3).to_bytes(3) + len(spki).to_bytes(3) + spki  # before TLS 1.3 no list is around it
    assert key("ed25519").public_key() == certified(alone, TLS1_2).key


@pytest.mark.parametrize("algorithm", [1, 2, 3])
def test_a_compressed_certificate(algorithm):
    """RFC 8879, by zlib, brotli and zstd."""
    import zlib  # noqa: PLC0415 (beside its one use)

    import brotli  # noqa: PLC0415 - loaded where it is used
    import zstandard  # noqa: PLC0415 - loaded where it is used

    body = message(DER, version=TLS1_3)[4:]
    compress = {1: zlib.compress, 2: brotli.compress, 3: zstandard.ZstdCompressor().compress}[algorithm]
    data = compress(body)

    def compressed(claimed):
        made = algorithm.to_bytes(2) + claimed.to_bytes(3) + len(data).to_bytes(3) + data
        return b"\x19" + len(made).to_bytes(3) + made

    assert key("ec").public_key() == certified(compressed(len(body)), TLS1_3).key
    for wrong in (len(body) - 1, len(body) + 1, 1 << 23):
        broken = certified(compressed(wrong), TLS1_3)
        assert broken.key is None
        assert "malformed" in broken.why


def test_what_has_no_key():
    """No certificate, one that is none, a delegated credential: why is said."""
    assert (None, "no certificate was sent") == certified(message(), TLS1_2)
    assert "cannot be read" in certified(message(b"junk"), TLS1_2).why
    assert "malformed" in certified(message(DER)[:50], TLS1_2).why
    delegated = certified(message(DER, version=TLS1_3, extensions=b"\0\x22\0\0"), TLS1_3)
    assert "delegated credential" in delegated.why


def test_a_key_exchange_is_split():
    """Parameters and signature; suites whose ServerKeyExchange is not signed have none."""
    signature = b"\4\3\0\2ab"
    parameters = b"\3\0\x1d\2xy"
    body = b"\x0c\0\0\0" + parameters
    assert (parameters, Signed(0x0403, b"ab")) == split_key_exchange(body + signature, "ECDHE_ECDSA", TLS1_2)
    assert (parameters, Signed(None, b"ab")) == split_key_exchange(body + signature[2:], "ECDHE_RSA", 0x0301)
    finite = b"\0\1p\0\1g\0\1y"
    made = split_key_exchange(b"\x0c\0\0\0" + finite + signature, "DHE_RSA", TLS1_2)
    assert (finite, Signed(0x0403, b"ab")) == made
    for exchange in ("ECDHE_PSK", "DH_anon", "RSA", "DHE_PSK", ""):
        assert None is split_key_exchange(body, exchange, TLS1_2)
    with pytest.raises(Short):
        split_key_exchange(b"\x0c\0\0\0\1rest", "ECDHE_RSA", TLS1_2)


def test_what_certificate_verify_signs():
    """RFC 8446 section 4.4.3, whose example is a transcript hash of 32 times 01."""
    expected = b" " * 64 + b"TLS 1.3, server CertificateVerify\0" + b"\1" * 32
    assert expected == certificate_verify_content("server", b"\1" * 32)


@given(st.binary(max_size=60), st.sampled_from([0x0301, TLS1_2, TLS1_3]))
def test_any_bytes(data, version):
    """Are no key, or by a wonder one; nothing raises but Short, which the caller expects."""
    certified(b"\x0b\0\0\0" + data, version)
    certified(b"\x19\0\0\0" + data, version)
    check(key("rsa").public_key(), Signed(int.from_bytes(data[:2]), data))
    for exchange in ("ECDHE_RSA", "DHE_DSS", "SRP_SHA_RSA"):
        with suppress(Short):
            split_key_exchange(b"\x0c\0\0\0" + data, exchange, version)


def test_a_signature_is_pulled_whole():
    """Or not at all."""
    from tlscope.wire.field import Cursor  # noqa: PLC0415 (beside its one use)

    assert Signed(0x0403, b"ab") == pull_signature(Cursor(b"\4\3\0\2ab"), TLS1_2)
    with pytest.raises(Short):
        pull_signature(Cursor(b"\4\3\0\3ab"), TLS1_2)
