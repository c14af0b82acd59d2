"""Signature algorithms by their identifiers: which key, which hash, and whether to trust it still."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.asn1.oids import oid_name

if TYPE_CHECKING:
    from tlscope.wire.field import Field


class Signature(NamedTuple):
    """How a signature is made."""

    name: str
    """As its RFC spells it: `sha256WithRSAEncryption`, `ecdsa-with-SHA256`, `Ed25519`."""
    hash: str = ""
    """`SHA-256`; empty where the algorithm has no hash to choose (Ed25519, ML-DSA), or is unknown."""
    note: str = ""


def signature_algorithm(oid: str, identifier: Field | None = None) -> Signature:
    """What an algorithm's OID says; RSASSA-PSS says its hash only in the parameters of `identifier`."""
    name = NAMES.get(oid) or oid_name(oid)
    hashed = HASHES.get(oid, "")
    if oid == "1.2.840.113549.1.1.10":
        hashed = _pss_hash(identifier)
    return Signature(name, hashed, WEAK.get(hashed, "") if oid not in DIGESTS else "")


def _pss_hash(identifier: Field | None) -> str:
    """SHA-1 where the parameters leave it out (RFC 8017 appendix A.2.3); without parameters none is said."""
    parameters = identifier.first("pkcs1.RSASSA_PSS_params_element") if identifier is not None else None
    if parameters is None:
        return ""
    found = next((child for child in parameters.children if child.key == "pkcs1.hashAlgorithm_element"), None)
    oid = found.value if found is not None else "1.3.14.3.2.26"
    return DIGESTS.get(oid, "") if isinstance(oid, str) else ""


NAMES = {
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.3.101.110": "X25519",
    "1.3.101.111": "X448",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}
"""Shorter than the identifiers' own names."""

DIGESTS = {
    "1.2.840.113549.2.2": "MD2",
    "1.2.840.113549.2.5": "MD5",
    "1.3.14.3.2.26": "SHA-1",
    "2.16.840.1.101.3.4.2.1": "SHA-256",
    "2.16.840.1.101.3.4.2.2": "SHA-384",
    "2.16.840.1.101.3.4.2.3": "SHA-512",
    "2.16.840.1.101.3.4.2.4": "SHA-224",
    "2.16.840.1.101.3.4.2.5": "SHA-512/224",
    "2.16.840.1.101.3.4.2.6": "SHA-512/256",
    "2.16.840.1.101.3.4.2.7": "SHA3-224",
    "2.16.840.1.101.3.4.2.8": "SHA3-256",
    "2.16.840.1.101.3.4.2.9": "SHA3-384",
    "2.16.840.1.101.3.4.2.10": "SHA3-512",
    "1.2.156.10197.1.401": "SM3",
}
"""Hashes (RFC 8017 appendix B.1, NIST)."""

HASHES = {
    "1.2.840.113549.1.1.2": "MD2",
    "1.2.840.113549.1.1.4": "MD5",
    "1.2.840.113549.1.1.5": "SHA-1",
    "1.2.840.113549.1.1.11": "SHA-256",
    "1.2.840.113549.1.1.12": "SHA-384",
    "1.2.840.113549.1.1.13": "SHA-512",
    "1.2.840.113549.1.1.14": "SHA-224",
    "1.2.840.113549.1.1.15": "SHA-512/224",
    "1.2.840.113549.1.1.16": "SHA-512/256",
    "1.3.14.3.2.29": "SHA-1",
    "1.2.840.10040.4.3": "SHA-1",
    "2.16.840.1.101.3.4.3.1": "SHA-224",
    "2.16.840.1.101.3.4.3.2": "SHA-256",
    "2.16.840.1.101.3.4.3.3": "SHA-384",
    "2.16.840.1.101.3.4.3.4": "SHA-512",
    "1.2.840.10045.4.1": "SHA-1",
    "1.2.840.10045.4.3.1": "SHA-224",
    "1.2.840.10045.4.3.2": "SHA-256",
    "1.2.840.10045.4.3.3": "SHA-384",
    "1.2.840.10045.4.3.4": "SHA-512",
    **{
        f"2.16.840.1.101.3.4.3.{first + number}": f"SHA3-{bits}"
        for first in (9, 13)
        for number, bits in enumerate((224, 256, 384, 512))
    },
    "1.3.6.1.5.5.7.6.30": "SHAKE128",
    "1.3.6.1.5.5.7.6.31": "SHAKE256",
    "1.3.6.1.5.5.7.6.32": "SHAKE128",
    "1.3.6.1.5.5.7.6.33": "SHAKE256",
    "1.2.156.10197.1.501": "SM3",
    "1.2.643.2.2.3": "GOST R 34.11-94",
    "1.2.643.7.1.1.3.2": "Streebog-256",
    "1.2.643.7.1.1.3.3": "Streebog-512",
}
"""Signature algorithms that name their hash."""

WEAK = {
    "MD2": "MD2 is broken: a signature over it proves nothing.",
    "MD5": "MD5 is broken: a rogue CA certificate was forged over it in 2008.",
    "SHA-1": "SHA-1 is broken: collisions are affordable since 2020, and no browser accepts it in a chain.",
}
"""What to say of hashes that collide."""
