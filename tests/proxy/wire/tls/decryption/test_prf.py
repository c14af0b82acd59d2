"""The pseudorandom functions, against `openssl kdf`."""

from __future__ import annotations

import hashlib
import subprocess

import pytest

from support.needs import needs
from tlscope.wire.tls.decryption.prf import (
    MD5_SHA1,
    digest,
    digest_size,
    hkdf_expand,
    hkdf_expand_label,
    hkdf_extract,
    prf,
)

SECRET, SEED = bytes(range(100, 147)), bytes(range(64))  # of odd length: both halves share its middle byte


def kdf(name, length, **options):
    arguments = [part for key, value in options.items() for part in ("-kdfopt", f"{key}:{value}")]
    command = [needs("openssl"), "kdf", "-keylen", str(length), *arguments, name]
    return bytes.fromhex(subprocess.run(command, check=True, capture_output=True, text=True).stdout.replace(":", ""))


@pytest.mark.parametrize(
    ("version", "hash_name", "theirs"),
    [
        (0x0301, "sha256", "MD5-SHA1"),
        (0x0302, "sha384", "MD5-SHA1"),
        (0x0303, "sha256", "SHA256"),
        (0x0303, "sha384", "SHA384"),
    ],
)
@pytest.mark.parametrize("secret", [SECRET, SECRET[1:]])
def test_prf(version, hash_name, theirs, secret):
    """Of all versions, to a length that is no multiple of any hash."""
    seed = (b"key expansion" + SEED).hex()
    expected = kdf("TLS1-PRF", 104, digest=theirs, hexsecret=secret.hex(), hexseed=seed)
    assert expected == prf(version, hash_name, secret, b"key expansion", seed=SEED, length=104)


@pytest.mark.parametrize("hash_name", ["sha256", "sha384"])
def test_hkdf(hash_name):
    """Extract and expand."""
    expected = kdf("HKDF", 100, digest=hash_name, hexkey=SECRET.hex(), hexsalt=SEED.hex(), hexinfo="0102")
    assert expected == hkdf_expand(hash_name, hkdf_extract(hash_name, SEED, SECRET), b"\1\2", 100)


@pytest.mark.parametrize("hash_name", ["sha256", "sha384"])
def test_hkdf_expand_label(hash_name):
    """With a context and without."""
    for context in (b"", b"\1" * 32):
        label = b"\0\x20" + b"\x0ctls13 c test" + bytes((len(context),)) + context
        expected = kdf("HKDF", 32, digest=hash_name, hexkey=SECRET.hex(), mode="EXPAND_ONLY", hexinfo=label.hex())
        assert expected == hkdf_expand_label(hash_name, SECRET, "c test", context, 32)


def test_two_hashes_side_by_side():
    """As TLS 1.0 hashes a handshake."""
    assert hashlib.md5(SEED).digest() + hashlib.sha1(SEED).digest() == digest(MD5_SHA1, SEED)
    assert (36, 32) == (digest_size(MD5_SHA1), digest_size("sha256"))
