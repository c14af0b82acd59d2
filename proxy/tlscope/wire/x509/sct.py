"""Signed certificate timestamps: a log's promise to publish a certificate (RFC 6962 sections 3.2 and 3.3).

    opaque SerializedSCT<1..2^16-1>;
    struct { SerializedSCT sct_list <1..2^16-1>; } SignedCertificateTimestampList;

They come in a certificate, in an OCSP response or in a TLS extension, always as this list.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tlscope.wire.asn1.der_values import utc_text
from tlscope.wire.field import shown
from tlscope.wire.tls.codes import SignatureScheme
from tlscope.wire.x509.logs import log_name

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor, Field

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
        field = cursor.vector(
            2,
            "tls.sct",
            "Signed Certificate Timestamp",
            _sct,
            length_key="tls.sct.sct_length",
            reference=f"{_SECTION}2",
        )
        cursor.fields[-1] = field._replace(text=_told(field))


def _told(field: Field) -> str:
    """`Google Argon2026h1, 2026-01-31 12:00:00.000 UTC`."""
    log, moment = field.first("tls.sct.sct_logid"), field.first("tls.sct.sct_timestamp")
    if log is None or not isinstance(log.value, bytes):
        return ""
    name = log_name(log.value) or "a log not known"
    return f"{name}, {moment.text}" if moment is not None else name


def _sct(cursor: Cursor) -> None:
    version = cursor.number(1, "tls.sct.sct_version", "SCT Version", text=_version)
    if version != 0:
        cursor.raw(None, "tls.sct.unknown", "SCT of unknown version")
        return
    cursor.raw(
        32,
        "tls.sct.sct_logid",
        "Log ID",
        text=_log,
        note="The SHA-256 hash of the log's public key.",
        reference=f"{_SECTION}2",
    )
    cursor.number(
        8,
        "tls.sct.sct_timestamp",
        "Timestamp",
        text=_timestamp,
        note="When the log saw the certificate, or its precertificate; milliseconds since 1970.",
        reference=f"{_SECTION}2",
    )
    cursor.vector(2, "tls.sct.sct_extensions", "Extensions", _extensions, length_key="tls.sct.sct_extensions_length")
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


def _log(log_id: bytes) -> str:
    name = log_name(log_id)
    return f"{name} ({shown(log_id)})" if name else shown(log_id)


def _extensions(cursor: Cursor) -> None:
    """Bytes to RFC 6962; logs in tiles put the entry's place into them, behind a type of one byte and a length."""
    if cursor.data[cursor.at : cursor.end].startswith(LEAF_INDEX) and cursor.left >= len(LEAF_INDEX) + 5:
        cursor.raw(len(LEAF_INDEX), "tls.sct.sct_extensions.type", "Extension Type and Length", text="leaf_index")
        cursor.number(
            5,
            "tls.sct.sct_extensions.leaf_index",
            "Leaf Index",
            note="Where in the log the entry is, so that a monitor finds it without asking for its hash.",
            reference="C2SP static-ct-api",
        )
    if cursor.left:
        cursor.raw(None, "tls.sct.sct_extensions.data", "Extension Data")


LEAF_INDEX = b"\0\0\5"
"""The type leaf_index, and the length of its number."""


def _signature(cursor: Cursor) -> None:
    cursor.raw(None, "tls.sct.sct_signature", "Signature")


def _version(value: int) -> str:
    return "v1 (0)" if value == 0 else f"unknown ({value})"


@lru_cache(maxsize=256)
def _timestamp(value: int) -> str:
    seconds, milliseconds = divmod(value, 1000)
    return utc_text(seconds).replace(" UTC", f".{milliseconds:03} UTC")
