"""The bodies of the messages that prove who somebody is: Certificate, CertificateRequest, CertificateVerify, Finished.

They look different before TLS 1.3 and since: extensions moved into each certificate, the request became a list of
extensions. Where the version is unknown, the lengths inside tell.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tlscope.wire import x509
from tlscope.wire.field import Cursor, Field, malformed
from tlscope.wire.tls import extensions as ext
from tlscope.wire.tls.compression import CannotExpand, expand
from tlscope.wire.tls.context import TLS_1_2, TLS_1_3, Context
from tlscope.wire.tls.identities import authorities
from tlscope.wire.tls.parts import Parse, each, opaque, words
from tlscope.wire.tls.registries import (
    CertChainType,
    CertificateCompressionAlgorithm,
    CertificateType,
    ClientCertificateType,
)
from tlscope.wire.tls.registry_notes import CHAIN_TYPES, CLIENT_CERTIFICATE_TYPES, COMPRESSIONS
from tlscope.wire.tls.signatures import digitally_signed, schemes
from tlscope.wire.x509.keys import public_key_info

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SSL_3 = 0x0300
SHA1_SIZE = 20


def certificate(cursor: Cursor, context: Context) -> None:
    """Certificate (RFC 8446 section 4.4.2, RFC 5246 section 7.4.2)."""
    kind = context.certificate_type
    if is_tls13_certificate(cursor, context):
        _request_context(cursor, "RFC 8446 section 4.4.2")
        _certificate_list(cursor, partial(_entries, kind), "RFC 8446 section 4.4.2", "RFC 8446 section 4.4.2.4")
    elif kind == CertificateType.RawPublicKey:
        _certificate(kind, cursor)
    else:
        _certificate_list(cursor, partial(_chain, kind), "RFC 5246 section 7.4.2", "RFC 5246 section 7.4.6")


def is_tls13_certificate(cursor: Cursor, context: Context) -> bool:
    """Whether a context stands before the list; where the version is unknown, by the lengths."""
    if context.version:
        return context.version >= TLS_1_3
    return cursor.left < 3 or cursor.peek(3) != cursor.left - 3


def _request_context(cursor: Cursor, reference: str) -> None:
    opaque(
        cursor,
        1,
        "tls.handshake.certificate_request_context",
        "Certificate Request Context",
        length_key="tls.handshake.certificate_request_context_length",
        note="Tells which request is answered; empty within the handshake.",
        reference=reference,
    )


def _certificate_list(cursor: Cursor, parse: Parse, reference: str, of_empty: str) -> None:
    """The list; `of_empty` is where it is written that a client may send an empty one."""
    empty = cursor.left >= 3 and not cursor.peek(3)
    cursor.vector(
        3,
        "tls.handshake.certificates",
        "Certificates",
        parse,
        length_key="tls.handshake.certificates_length",
        note="Empty: the client has no certificate that the server would take."
        if empty
        else "The sender's own first, then each the issuer of the one before; the root may be left out.",
        reference=of_empty if empty else reference,
    )


def _chain(kind: int, cursor: Cursor) -> None:
    while cursor.left:
        _certificate(kind, cursor)


def _entries(kind: int, cursor: Cursor) -> None:
    while cursor.left:
        _certificate(kind, cursor)
        ext.extensions(cursor, ext.CERTIFICATE, answers=True)


def _certificate(kind: int, cursor: Cursor) -> None:
    raw = kind == CertificateType.RawPublicKey
    opaque(
        cursor,
        3,
        "tls.handshake.certificate",
        "Subject Public Key Info" if raw else "Certificate",
        length_key="tls.handshake.certificate_length",
        inside=INSIDE.get(kind),
        note="A bare public key, which the peer must know from elsewhere." if raw else "A certificate in DER.",
        reference="RFC 7250 section 3" if raw else "RFC 5280 section 4.1",
    )


INSIDE: Mapping[int, Callable[[Cursor], object]] = {
    CertificateType.X509: x509.certificate,
    CertificateType.RawPublicKey: public_key_info,
}
"""What reads a certificate of each type; others stay raw."""


def compressed_certificate(cursor: Cursor, context: Context) -> None:
    """CompressedCertificate (RFC 8879 section 4); what was compressed is dissected as the Certificate that it is."""
    key, reference = "tls.compress_certificate", "RFC 8879 section 4"
    algorithm = cursor.number(
        2,
        f"{key}.algorithm",
        "Algorithm",
        names=CertificateCompressionAlgorithm,
        notes=COMPRESSIONS,
        reference=reference,
    )
    length = cursor.number(
        3,
        f"{key}.uncompressed_length",
        "Uncompressed Length",
        text=lambda value: f"{value} bytes",
        note="Nothing longer may come out: a few bytes could expand to fill a memory.",
        reference=reference,
    )
    key = f"{key}.compressed_certificate_message"
    data = opaque(
        cursor,
        3,
        key,
        "Compressed Certificate Message",
        length_key=f"{key}.length",
        note="The body of a Certificate message, compressed.",
        reference=reference,
    )
    if data:
        try:
            inside = _expanded(expand(algorithm, data, length), cursor, context)
        except CannotExpand as why:
            inside = [malformed(cursor.at - len(data), len(data), str(why))]
        cursor.fields[-1] = cursor.fields[-1]._replace(children=tuple(inside))


def _expanded(expanded: bytes, outside: Cursor, context: Context) -> list[Field]:
    """The fields of a Certificate that was expanded: each points at all the compressed bytes."""
    compressed = outside.fields[-1]
    cursor = Cursor(expanded, depth=outside.depth + 1)
    known = context if context.version else Context(TLS_1_3)
    cursor.guarded(lambda inside: certificate(inside, known))
    return [_moved(field, compressed.start, compressed.length) for field in cursor.fields]


def _moved(field: Field, start: int, length: int) -> Field:
    """Recursion ends at DEPTH, which bounds every tree."""
    children = tuple(_moved(child, start, length) for child in field.children)
    return field._replace(start=start, length=length, children=children)


def certificate_request(cursor: Cursor, context: Context) -> None:
    """CertificateRequest (RFC 8446 section 4.3.2, RFC 5246 section 7.4.4, RFC 4346 section 7.4.4)."""
    if _is_tls13_request(cursor, context):
        _request_context(cursor, "RFC 8446 section 4.3.2")
        ext.extensions(cursor, ext.CERTIFICATE_REQUEST)
        return
    cursor.vector(
        1,
        "tls.handshake.cert_types",
        "Certificate types",
        each(
            1,
            "tls.handshake.cert_type",
            "Certificate type",
            names=ClientCertificateType,
            notes=CLIENT_CERTIFICATE_TYPES,
            reference="RFC 5246 section 7.4.4",
        ),
        length_key="tls.handshake.cert_types_count",
        note="Which keys the client may sign with.",
        reference="RFC 5246 section 7.4.4",
    )
    if context.version >= TLS_1_2 or (not context.version and _has_schemes(cursor)):
        schemes(cursor)
    authorities(cursor)


def _is_tls13_request(cursor: Cursor, context: Context) -> bool:
    if context.version:
        return context.version >= TLS_1_3
    at = cursor.at + 1 + (cursor.peek(1, "Certificate types") if cursor.left else 0)
    return int.from_bytes(cursor.data[at : at + 2]) == cursor.end - at - 2 and cursor.left > 1 and not cursor.peek(1)


def _has_schemes(cursor: Cursor) -> bool:
    """Whether the list that comes is followed by another."""
    return cursor.left >= 2 and cursor.peek(2) != cursor.left - 2


def certificate_verify(cursor: Cursor, context: Context) -> None:
    """CertificateVerify (RFC 8446 section 4.4.3, RFC 5246 section 7.4.8)."""
    digitally_signed(
        cursor,
        context,
        "By the certificate's key over all messages so far: whoever replays the certificate cannot make it.",
        "RFC 8446 section 4.4.3" if context.version >= TLS_1_3 else "RFC 5246 section 7.4.8",
        "tls.handshake.client_cert_vrfy.sig",
    )


def finished(cursor: Cursor, context: Context) -> None:
    """Finished (RFC 8446 section 4.4.4, RFC 5246 section 7.4.9; SSL 3.0: RFC 6101 section 5.6.9)."""
    if context.version == SSL_3:
        cursor.raw(16, "tls.handshake.md5_hash", "MD5 Hash", reference="RFC 6101 section 5.6.9")
        cursor.raw(20, "tls.handshake.sha_hash", "SHA-1 Hash", reference="RFC 6101 section 5.6.9")
        return
    cursor.raw(
        None,
        "tls.handshake.verify_data",
        "Verify Data",
        note="A MAC over all messages so far, keyed by the secrets just agreed on.",
        reference="RFC 8446 section 4.4.4" if context.version >= TLS_1_3 else "RFC 5246 section 7.4.9",
    )


def certificate_url(cursor: Cursor, _context: Context) -> None:
    """CertificateURL (RFC 6066 section 5)."""
    key, reference = "tls.handshake.cert_url", "RFC 6066 section 5"
    cursor.number(
        1, f"{key}_type", "Certificate Chain Type", names=CertChainType, notes=CHAIN_TYPES, reference=reference
    )
    cursor.vector(2, f"{key}.url_hash", "URL and Hash", _urls, length_key=f"{key}.url_hash_len", reference=reference)


def _urls(cursor: Cursor) -> None:
    key, reference = "tls.handshake.cert_url", "RFC 6066 section 5"
    while cursor.left:
        opaque(cursor, 2, f"{key}.url", "URL", length_key=f"{key}.url_len", text=words, reference=reference)
        cursor.number(1, f"{key}.padding", "Padding", note="Always 1.", reference=reference)
        cursor.raw(SHA1_SIZE, f"{key}.sha1", "SHA1 Hash", note="Of what is at the URL.", reference=reference)
