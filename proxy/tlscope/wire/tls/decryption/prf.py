"""The pseudorandom functions that make keys of secrets: HKDF of TLS 1.3, and the PRF of all versions before.

    TLS 1.3       HKDF-Extract, HKDF-Expand, HKDF-Expand-Label       RFC 5869, RFC 8446 section 7.1
    TLS 1.2       P_<hash of the suite>(secret, label + seed)        RFC 5246 section 5
    TLS 1.0, 1.1  P_MD5(S1, label + seed) XOR P_SHA1(S2, label + seed), S1 and S2 being the halves of the secret
                                                                     RFC 2246 section 5

Hashes go by hashlib's names.
"""

from __future__ import annotations

import hashlib
import hmac

TLS1, TLS1_2 = 0x0301, 0x0303
MD5_SHA1 = "md5+sha1"
"""How TLS 1.0 and 1.1 hash a handshake: both, one behind the other (RFC 2246 section 7.4.9)."""


def digest_size(hash_name: str) -> int:
    """Bytes of a hash."""
    return 36 if hash_name == MD5_SHA1 else hashlib.new(hash_name, usedforsecurity=False).digest_size


def digest(hash_name: str, data: bytes) -> bytes:
    """The hash of some bytes."""
    if hash_name == MD5_SHA1:
        return digest("md5", data) + digest("sha1", data)
    return hashlib.new(hash_name, data, usedforsecurity=False).digest()


def hkdf_extract(hash_name: str, salt: bytes, keying_material: bytes) -> bytes:
    """Concentrate what entropy there is (RFC 5869 section 2.2)."""
    return hmac.digest(salt or bytes(digest_size(hash_name)), keying_material, hash_name)


def hkdf_expand(hash_name: str, key: bytes, info: bytes, length: int) -> bytes:
    """Stretch a key: T(n) = HMAC(key, T(n-1) + info + n) (RFC 5869 section 2.3)."""
    made, block, count = b"", b"", 0
    while len(made) < length:
        count += 1
        block = hmac.digest(key, block + info + bytes((count,)), hash_name)
        made += block
    return made[:length]


def hkdf_label(label: str, context: bytes, length: int) -> bytes:
    """The structure HkdfLabel, which HKDF-Expand-Label feeds to HKDF-Expand (RFC 8446 section 7.1)."""
    full = b"tls13 " + label.encode()
    return length.to_bytes(2) + bytes((len(full),)) + full + bytes((len(context),)) + context


def hkdf_expand_label(hash_name: str, secret: bytes, label: str, context: bytes, length: int) -> bytes:
    """What all of TLS 1.3 is derived with (RFC 8446 section 7.1)."""
    return hkdf_expand(hash_name, secret, hkdf_label(label, context, length), length)


def prf(version: int, hash_name: str, secret: bytes, label: bytes, *, seed: bytes, length: int) -> bytes:
    """The PRF of TLS 1.0 to 1.2; `hash_name` counts in TLS 1.2 only."""
    seed = label + seed
    if version >= TLS1_2:
        return _p_hash(hash_name, secret, seed, length)
    half = (len(secret) + 1) // 2  # "the last byte of S1 will be the same as the first byte of S2" where it is odd
    one = _p_hash("md5", secret[:half], seed, length)
    two = _p_hash("sha1", secret[len(secret) - half :], seed, length)
    return bytes(a ^ b for a, b in zip(one, two, strict=True))


def _p_hash(hash_name: str, secret: bytes, seed: bytes, length: int) -> bytes:
    """HMAC(secret, A(1) + seed) + HMAC(secret, A(2) + seed) + ..., A(0) = seed, A(i) = HMAC(secret, A(i-1))."""
    made, a = b"", seed
    while len(made) < length:
        a = hmac.digest(secret, a, hash_name)
        made += hmac.digest(secret, a + seed, hash_name)
    return made[:length]
