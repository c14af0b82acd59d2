"""Signatures: the algorithm, and the bytes.

TLS 1.2 names an algorithm by two bytes, a hash and a signature; TLS 1.3 made one 16-bit SignatureScheme of them, and
kept the old values that it still allows (RFC 8446 section 4.2.3). Before TLS 1.2 no algorithm is named: the
certificate's key settles it (RFC 4346 section 7.4.3).
"""

from __future__ import annotations

from tlscope.wire.field import Cursor, Field, named
from tlscope.wire.tls.code_references import SCHEME_REFERENCES
from tlscope.wire.tls.codes import SignatureScheme
from tlscope.wire.tls.context import TLS_1_2, Context
from tlscope.wire.tls.notes import SCHEMES
from tlscope.wire.tls.parts import opaque
from tlscope.wire.tls.registries import HashAlgorithm, SignatureAlgorithm

LAST_PAIR = 0x06FF
"""Above it a scheme is one number and no pair."""
WHOLE = frozenset(
    {
        SignatureScheme.rsa_pkcs1_sha256_legacy,
        SignatureScheme.rsa_pkcs1_sha384_legacy,
        SignatureScheme.rsa_pkcs1_sha512_legacy,
    }
)
"""Schemes of TLS 1.3 below it: RFC 9963 section 3."""


def scheme(cursor: Cursor, label: str = "Signature Algorithm") -> None:
    """One SignatureScheme; its two bytes below it, where they are a pair of TLS 1.2."""
    if cursor.left == 1 and cursor.peek(1) <= LAST_PAIR >> 8:  # cut in between: the hash is there
        cursor.add(_pair(cursor.peek(1) << 8, cursor.at)[0])
        cursor.at += 1
    value = cursor.number(
        2,
        "tls.handshake.sig_hash_alg",
        label,
        names=SignatureScheme,
        notes=SCHEMES,
        reference=SCHEME_REFERENCES.get(cursor.peek(2, label), "RFC 8446 section 4.2.3"),
    )
    if value <= LAST_PAIR and value not in WHOLE:
        cursor.fields[-1] = cursor.fields[-1]._replace(children=_pair(value, cursor.at - 2))


def _pair(value: int, at: int) -> tuple[Field, Field]:
    key, first, second = "tls.handshake.sig_hash_", value >> 8, value & 0xFF
    reference = "RFC 5246 section 7.4.1.4.1"
    return (
        Field(f"{key}hash", "Hash", first, at, 1, named(HashAlgorithm, first, 1), "", reference),
        Field(f"{key}sig", "Signature", second, at + 1, 1, named(SignatureAlgorithm, second, 1), "", reference),
    )


def schemes(cursor: Cursor) -> None:
    """SignatureSchemeList: `signature_algorithms`, and CertificateRequest of TLS 1.2."""
    cursor.vector(
        2,
        "tls.handshake.sig_hash_algs",
        "Signature Hash Algorithms",
        _each_scheme,
        length_key="tls.handshake.sig_hash_alg_len",
        note="What the sender can check, its favourites first.",
        reference="RFC 8446 section 4.2.3",
    )


def _each_scheme(cursor: Cursor) -> None:
    while cursor.left:
        scheme(cursor)


def digitally_signed(
    cursor: Cursor, context: Context, note: str, reference: str, key: str = "tls.handshake.sig"
) -> None:
    """The algorithm, since TLS 1.2, and the signature."""
    if names_algorithm(cursor, context):
        scheme(cursor)
    opaque(
        cursor,
        2,
        key,
        "Signature",
        length_key=f"{key}_len",
        note=note,
        reference=reference,
    )


def names_algorithm(cursor: Cursor, context: Context) -> bool:
    """Whether an algorithm stands before the signature; where the version is unknown, by the lengths."""
    if context.version:
        return context.version >= TLS_1_2
    return cursor.left < 2 or cursor.peek(2) != cursor.left - 2
