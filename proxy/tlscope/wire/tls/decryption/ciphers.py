"""What a cipher suite is made of: key exchange, cipher, lengths, MAC and hash, as its name says.

A suite's name tells all: TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 authenticates an ephemeral elliptic curve key with RSA,
encrypts with AES in CBC mode under a key of 128 bits, and authenticates records with HMAC-SHA-256. In TLS 1.2 the hash
of the PRF is SHA-256, where the name does not end in SHA384 (RFC 5246 section 5, RFC 5289); for the AEAD ciphers the
hash in the name is the PRF's, as the cipher itself authenticates.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import NamedTuple

from tlscope.wire.tls.codes import name_of
from tlscope.wire.tls.suites import CipherSuite

AEAD, CBC, STREAM, NULL = "AEAD", "CBC", "stream", "NULL"
"""How records are protected (RFC 5246 section 6.2.3: GenericAEADCipher, GenericBlockCipher, GenericStreamCipher)."""


class Cipher(NamedTuple):
    """The parts of a suite. Lengths are in bytes."""

    name: str
    exchange: str
    """Key exchange and authentication: `ECDHE_RSA`; empty for TLS 1.3, which negotiates them apart."""
    kind: str
    """AEAD, CBC, STREAM or NULL."""
    algorithm: str
    """For instance `AES-GCM`."""
    key: int
    block: int
    """A CBC cipher's block, which is the length of its IV too; else 0."""
    salt: int
    """An AEAD cipher's implicit part of the nonce in TLS 1.2, and the whole of it for ChaCha20-Poly1305; else 0."""
    tag: int
    """An AEAD cipher's tag; else 0."""
    mac: str
    """The hash of the records' HMAC; empty for AEAD."""
    hash: str
    """The hash of the key schedule, of Finished and of the transcript, in TLS 1.2 and 1.3."""
    obstacle: str = ""
    """Why records of this suite cannot be opened here; empty where they can."""


_CIPHERS: dict[str, tuple[str, str, int, int, int, int]] = {
    # as in the suite's name: kind, algorithm, key, block, salt, tag
    "AES_128_GCM": (AEAD, "AES-GCM", 16, 0, 4, 16),  # RFC 5288 section 3
    "AES_256_GCM": (AEAD, "AES-GCM", 32, 0, 4, 16),
    "AES_128_CCM": (AEAD, "AES-CCM", 16, 0, 4, 16),  # RFC 6655 section 3
    "AES_256_CCM": (AEAD, "AES-CCM", 32, 0, 4, 16),
    "AES_128_CCM_8": (AEAD, "AES-CCM", 16, 0, 4, 8),
    "AES_256_CCM_8": (AEAD, "AES-CCM", 32, 0, 4, 8),
    "CHACHA20_POLY1305": (AEAD, "ChaCha20-Poly1305", 32, 0, 12, 16),  # RFC 7905 section 2
    "SM4_GCM": (AEAD, "SM4-GCM", 16, 0, 4, 16),  # RFC 8998 section 2
    "SM4_CCM": (AEAD, "SM4-CCM", 16, 0, 4, 16),
    "ARIA_128_GCM": (AEAD, "ARIA-GCM", 16, 0, 4, 16),  # RFC 6209 section 2
    "ARIA_256_GCM": (AEAD, "ARIA-GCM", 32, 0, 4, 16),
    "CAMELLIA_128_GCM": (AEAD, "Camellia-GCM", 16, 0, 4, 16),  # RFC 6367 section 2.2
    "CAMELLIA_256_GCM": (AEAD, "Camellia-GCM", 32, 0, 4, 16),
    "AES_128_CBC": (CBC, "AES", 16, 16, 0, 0),  # RFC 5246 appendix C
    "AES_256_CBC": (CBC, "AES", 32, 16, 0, 0),
    "3DES_EDE_CBC": (CBC, "3DES", 24, 8, 0, 0),
    "DES_CBC": (CBC, "DES", 8, 8, 0, 0),  # RFC 5469 section 2
    "IDEA_CBC": (CBC, "IDEA", 16, 8, 0, 0),
    "SEED_CBC": (CBC, "SEED", 16, 16, 0, 0),  # RFC 4162 section 2
    "CAMELLIA_128_CBC": (CBC, "Camellia", 16, 16, 0, 0),  # RFC 5932 section 2
    "CAMELLIA_256_CBC": (CBC, "Camellia", 32, 16, 0, 0),
    "ARIA_128_CBC": (CBC, "ARIA", 16, 16, 0, 0),
    "ARIA_256_CBC": (CBC, "ARIA", 32, 16, 0, 0),
    "RC4_128": (STREAM, "RC4", 16, 0, 0, 0),
    "NULL": (NULL, "NULL", 0, 0, 0, 0),
}

_HASHES = {"MD5": "md5", "SHA": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SM3": "sm3"}
_WANTING = frozenset({"ARIA-GCM", "ARIA"})
"""Ciphers that `cryptography` has in no module. (It is asked about the others when they are used.)"""


@cache  # no more of them than there are names
def _parts(name: str) -> Cipher | None:
    exchange, with_, rest = name.removeprefix("TLS_").partition("_WITH_")
    if not with_:
        exchange, rest = "", exchange
    cipher, _, last = rest.rpartition("_")
    if rest in _CIPHERS:  # TLS_RSA_WITH_AES_128_CCM: no hash in its name
        cipher, last = rest, "SHA256"
    if cipher not in _CIPHERS or last not in _HASHES:
        return None
    kind, algorithm, *lengths = _CIPHERS[cipher]
    key, block, salt, tag = lengths
    mac = _HASHES[last]
    hash_name = mac if mac in {"sha384", "sm3"} else "sha256"
    obstacle = ""
    if algorithm in _WANTING:
        obstacle = f"the library that decrypts has no {algorithm}"
    elif hash_name not in hashlib.algorithms_available:
        obstacle, hash_name = f"the library that decrypts has no {hash_name}", "sha256"
    return Cipher(name, exchange, kind, algorithm, key, block, salt, tag, "" if tag else mac, hash_name, obstacle)


def cipher_of(suite: int) -> Cipher | None:
    """The parts of a suite; None for one whose name does not tell them (GOST, or not known at all)."""
    try:
        return _parts(CipherSuite(suite).name)
    except ValueError:
        return None


def name_of_suite(suite: int) -> str:
    """Its name, or its number."""
    return name_of(CipherSuite, suite)
