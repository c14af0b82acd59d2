"""Signed certificate timestamps: a log's promise to publish a certificate (RFC 6962 section 3.2 and 3.3).

    opaque SerializedSCT<1..2^16-1>;
    struct { SerializedSCT sct_list <1..2^16-1>; } SignedCertificateTimestampList;

They come in a certificate, in an OCSP response or in a TLS extension, always as this list.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tlscope.wire.asn1.der_values import utc_text
from tlscope.wire.tls.codes import SignatureScheme

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor

_SECTION = "RFC 6962 section 3."


def sct_list(cursor: Cursor) -> None:
    """Read a SignedCertificateTimestampList: a parse function for Cursor.vector and Cursor.group. May raise Short."""
    cursor.vector(
        2,
        "tls.sct.scts",
        "Signed Certificate Timestamps",
        _scts,
        length_key="tls.sct.scts_length",
        note="Each is a promise of a public log to show this certificate to everybody within its maximum merge delay.",
        reference=f"{_SECTION}3",
    )


def _scts(cursor: Cursor) -> None:
    while cursor.left:
        cursor.vector(
            2,
            "tls.sct",
            "Signed Certificate Timestamp",
            _sct,
            length_key="tls.sct.sct_length",
            reference=f"{_SECTION}2",
        )


def _sct(cursor: Cursor) -> None:
    version = cursor.number(1, "tls.sct.sct_version", "SCT Version", text=_version)
    if version != 0:
        cursor.raw(None, "tls.sct.unknown", "SCT of unknown version")
        return
    cursor.raw(
        32, "tls.sct.sct_logid", "Log ID", note="The SHA-256 hash of the log's public key.", reference=f"{_SECTION}2"
    )
    cursor.number(
        8,
        "tls.sct.sct_timestamp",
        "Timestamp",
        text=_timestamp,
        note="When the log saw the certificate, or its precertificate; milliseconds since 1970.",
        reference=f"{_SECTION}2",
    )
    cursor.vector(
        2, "tls.sct.sct_extensions", "Extensions", _raw_extensions, length_key="tls.sct.sct_extensions_length"
    )
    cursor.number(
        2,
        "tls.handshake.sig_hash_alg",
        "Signature Algorithm",
        names=SignatureScheme,
        note="A log signs with ECDSA on P-256 or RSA, both with SHA-256.",
        reference="RFC 6962 section 2.1.4",
    )
    cursor.vector(
        2, "tls.sct.sct_signature_element", "Signature", _signature, length_key="tls.sct.sct_signature_length"
    )


def _raw_extensions(cursor: Cursor) -> None:
    if cursor.left:
        cursor.raw(None, "tls.sct.sct_extensions.data", "Extension Data")


def _signature(cursor: Cursor) -> None:
    cursor.raw(None, "tls.sct.sct_signature", "Signature")


def _version(value: int) -> str:
    return "v1 (0)" if value == 0 else f"unknown ({value})"


@lru_cache(maxsize=256)
def _timestamp(value: int) -> str:
    seconds, milliseconds = divmod(value, 1000)
    return utc_text(seconds).replace(" UTC", f".{milliseconds:03} UTC")
