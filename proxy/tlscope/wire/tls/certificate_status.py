"""The status of certificates: asked for in a hello, stapled to a certificate (OCSP; RFC 6066 section 8, RFC 6961)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.tls.parts import opaque, rest
from tlscope.wire.tls.registries import CertificateStatusType
from tlscope.wire.tls.registry_notes import STATUS_TYPES
from tlscope.wire.x509 import ocsp

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor

_STATUS = "tls.handshake.extensions_status_request"


def status_request(cursor: Cursor) -> None:
    """CertificateStatusRequest of a ClientHello (RFC 6066 section 8); a request or an answer of TLS 1.2 is empty."""
    if cursor.left:
        kind = _status_type(cursor)
        _responders(cursor) if kind == CertificateStatusType.ocsp else _unknown(cursor)


def status_request_v2(cursor: Cursor) -> None:
    """CertificateStatusRequestListV2 (RFC 6961 section 2.2)."""
    if cursor.left:
        cursor.vector(
            2,
            f"{_STATUS}_list",
            "Certificate Status List",
            _status_items,
            length_key=f"{_STATUS}_list_len",
            reference="RFC 6961 section 2.2",
        )


def _status_items(cursor: Cursor) -> None:
    while cursor.left:
        kind = _status_type(cursor)
        cursor.vector(
            2,
            f"{_STATUS}_item",
            "Certificate Status",
            _responders if kind in set(CertificateStatusType) else _unknown,
            length_key=f"{_STATUS}_len",
            reference="RFC 6961 section 2.2",
        )


_unknown = rest(f"{_STATUS}_undecoded", "Request", note="Of a type of status that is not known here.")


def _status_type(cursor: Cursor) -> int:
    return cursor.number(
        1,
        f"{_STATUS}_type",
        "Certificate Status Type",
        names=CertificateStatusType,
        notes=STATUS_TYPES,
        reference="RFC 6066 section 8",
    )


def _responders(cursor: Cursor) -> None:
    """OCSPStatusRequest (RFC 6066 section 8)."""
    cursor.vector(
        2,
        f"{_STATUS}_responder_ids",
        "Responder ID list",
        _responder_ids,
        length_key=f"{_STATUS}_responder_ids_len",
        note="Whose answers the client trusts; empty where the server may know better.",
        reference="RFC 6066 section 8",
    )
    opaque(
        cursor,
        2,
        f"{_STATUS}_exts",
        "Request Extensions",
        length_key=f"{_STATUS}_exts_len",
        note="Extensions of the OCSP request, in DER.",
        reference="RFC 6066 section 8",
    )


def _responder_ids(cursor: Cursor) -> None:
    while cursor.left:
        opaque(
            cursor,
            2,
            f"{_STATUS}_responder_id",
            "Responder ID",
            length_key=f"{_STATUS}_responder_id_len",
            note="A responder's name or the hash of its key, in DER.",
            reference="RFC 6066 section 8",
        )


def certificate_status(cursor: Cursor) -> None:
    """CertificateStatus: a message of TLS 1.2, and within a CertificateEntry of TLS 1.3 (RFC 6066 section 8)."""
    kind = _status_type(cursor)
    if kind == CertificateStatusType.ocsp_multi:
        cursor.vector(
            3,
            "tls.handshake.ocsp_response_list",
            "OCSP Response List",
            _ocsp_responses,
            length_key="tls.handshake.ocsp_response_list_len",
            note="One for each certificate of the chain, empty where there is none.",
            reference="RFC 6961 section 2.2",
        )
    elif kind == CertificateStatusType.ocsp:
        ocsp_response(cursor)
    else:
        _unknown(cursor)


def _ocsp_responses(cursor: Cursor) -> None:
    while cursor.left:
        ocsp_response(cursor)


def ocsp_response(cursor: Cursor) -> None:
    """OCSPResponse behind its length (RFC 6066 section 8)."""
    opaque(
        cursor,
        3,
        "tls.handshake.ocsp_response",
        "OCSP Response",
        length_key="tls.handshake.ocsp_response_len",
        inside=ocsp.response,
        note="The authority's signed word, some days old at most, that the certificate is not revoked.",
        reference="RFC 6960 section 4.2",
    )
