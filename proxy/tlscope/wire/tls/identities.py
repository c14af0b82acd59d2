"""The bodies of extensions that say who somebody is, and how that is proven: names, certificates, status, logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.tls.codes import SignatureScheme
from tlscope.wire.tls.notes import SCHEMES
from tlscope.wire.tls.parts import Parse, each, opaque, rest, words
from tlscope.wire.tls.registries import (
    CachedInformationType,
    CertificateStatusType,
    CertificateType,
    IdentifierType,
    NameType,
)
from tlscope.wire.tls.signatures import scheme, schemes
from tlscope.wire.x509 import names, ocsp
from tlscope.wire.x509.keys import public_key_info

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor

HOST_NAME = 0
_STATUS = "tls.handshake.extensions_status_request"


def server_names(cursor: Cursor) -> None:
    """ServerNameList (RFC 6066 section 3); an answer is empty."""
    key, reference = "tls.handshake.extensions_server_name", "RFC 6066 section 3"
    if cursor.left:
        cursor.vector(
            2, f"{key}_list", "Server Name list", _server_names, length_key=f"{key}_list_len", reference=reference
        )


def _server_names(cursor: Cursor) -> None:
    key, reference = "tls.handshake.extensions_server_name", "RFC 6066 section 3"
    while cursor.left:
        kind = cursor.number(1, f"{key}_type", "Server Name Type", names=NameType, reference=reference)
        opaque(
            cursor,
            2,
            key,
            "Server Name",
            length_key=f"{key}_len",
            text=words if kind == HOST_NAME else None,
            note="What the server picks its certificate by, and what the client checks the certificate for.",
            reference=reference,
        )


def status_request(cursor: Cursor) -> None:
    """CertificateStatusRequest of a ClientHello (RFC 6066 section 8); a request or an answer of TLS 1.2 is empty."""
    if cursor.left:
        _status_type(cursor)
        _responders(cursor)


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
        _status_type(cursor)
        cursor.vector(
            2, f"{_STATUS}_item", "Certificate Status", _responders, length_key=f"{_STATUS}_len",
            reference="RFC 6961 section 2.2",
        )  # fmt: skip


def _status_type(cursor: Cursor) -> None:
    cursor.number(
        1,
        f"{_STATUS}_type",
        "Certificate Status Type",
        names=CertificateStatusType,
        notes={1: "An OCSP response for the server's own certificate.", 2: "An OCSP response for each of the chain."},
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
            reference="RFC 6066 section 8",
        )


def certificate_status(cursor: Cursor) -> None:
    """CertificateStatus: a message of TLS 1.2, and within a CertificateEntry of TLS 1.3 (RFC 6066 section 8)."""
    kind = cursor.peek(1, "Certificate Status Type")
    _status_type(cursor)
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
    else:
        ocsp_response(cursor)


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


def certificate_types(cursor: Cursor) -> None:
    """A client's list (RFC 7250 section 3)."""
    key, reference = "tls.handshake.cert_type.type", "RFC 7250 section 3"
    cursor.vector(
        1,
        f"{key}s",
        "Certificate Type List",
        each(1, key, "Certificate Type", names=CertificateType, reference=reference),
        length_key=f"{key}s_len",
        reference=reference,
    )


def certificate_type(cursor: Cursor) -> None:
    """A server's choice (RFC 7250 section 3)."""
    cursor.number(
        1,
        "tls.handshake.cert_type.type",
        "Certificate Type",
        names=CertificateType,
        reference="RFC 7250 section 3",
    )


def authorities(cursor: Cursor) -> None:
    """A list of distinguished names (RFC 8446 section 4.2.4, RFC 5246 section 7.4.4)."""
    key, reference = "tls.handshake.dname", "RFC 8446 section 4.2.4"
    cursor.vector(
        2,
        f"{key}s",
        "Distinguished Names",
        _names,
        length_key=f"{key}s_len",
        note="Whose certificates are welcome; empty where anybody's are.",
        reference=reference,
    )


def _names(cursor: Cursor) -> None:
    while cursor.left:
        distinguished_name(cursor)


def distinguished_name(cursor: Cursor) -> None:
    """A name in DER behind its length."""
    opaque(
        cursor,
        2,
        "tls.handshake.dname",
        "Distinguished Name",
        length_key="tls.handshake.dname_len",
        inside=_rdn_sequence,
        note="The subject of an authority.",
        reference="RFC 8446 section 4.2.4",
    )


def _rdn_sequence(cursor: Cursor) -> None:
    names.distinguished_name(cursor, "x509if.rdnSequence", "rdnSequence", reference="RFC 5280 section 4.1.2.4")


def oid_filters(cursor: Cursor) -> None:
    """OIDFilterExtension (RFC 8446 section 4.2.5)."""
    key = "tls.extension.oid_filters"
    cursor.vector(2, key, "OID Filters", _oid_filters, length_key=f"{key}_length", reference="RFC 8446 section 4.2.5")


def _oid_filters(cursor: Cursor) -> None:
    key, reference = "tls.extension.oid_filters", "RFC 8446 section 4.2.5"
    while cursor.left:
        opaque(
            cursor,
            1,
            f"{key}.oid",
            "Certificate Extension OID",
            length_key=f"{key}.oid_length",
            text=object_identifier,
            note="An extension that the certificate shall have.",
            reference=reference,
        )
        opaque(
            cursor,
            2,
            f"{key}.values",
            "Certificate Extension Values",
            length_key=f"{key}.values_length",
            note="What it shall say, in DER.",
            reference=reference,
        )


def object_identifier(der: bytes) -> str:
    """An OBJECT IDENTIFIER in DER, with its tag and length, in dotted decimal; hex where it is none."""
    body = der[2:]
    if len(der) < 3 or der[0] != OBJECT_IDENTIFIER or der[1] != len(body) or body[-1] & 0x80 or len(body) > MAX_OID:
        return der.hex()
    arcs, value = [], 0
    for byte in body:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


OBJECT_IDENTIFIER = 6
MAX_OID = 127
"""Bytes whose length DER writes in one byte; longer ones are not met, and big numbers are slow to print."""


def delegated_schemes(cursor: Cursor) -> None:
    """A ClientHello's SignatureSchemeList for delegated credentials (RFC 9345 section 4.1.1)."""
    schemes(cursor)


def delegated_credential(cursor: Cursor) -> None:
    """DelegatedCredential, within a CertificateEntry (RFC 9345 section 4)."""
    key, reference = "tls.handshake.cred", "RFC 9345 section 4"
    cursor.number(
        4,
        f"{key}.valid_time",
        "Valid Time",
        text=lambda value: f"{value} s after the certificate's notBefore",
        note="Seven days away at most.",
        reference=reference,
    )
    cursor.number(
        2,
        f"{key}.expected_cert_verify_algorithm",
        "Expected CertificateVerify Algorithm",
        names=SignatureScheme,
        notes=SCHEMES,
        reference=reference,
    )
    opaque(
        cursor,
        3,
        f"{key}.pubkey",
        "Subject Public Key Info",
        length_key=f"{key}.pubkey_len",
        inside=public_key_info,
        note="The key that signs this handshake in place of the certificate's.",
        reference=reference,
    )
    scheme(cursor)
    opaque(
        cursor,
        2,
        f"{key}.signature",
        "Signature",
        length_key=f"{key}.signature_len",
        note="By the certificate's key, over the certificate and this credential.",
        reference=reference,
    )


def trusted_cas(cursor: Cursor) -> None:
    """TrustedAuthorities (RFC 6066 section 6)."""
    key, reference = "tls.handshake.extensions.trusted_ca_keys", "RFC 6066 section 6"
    if cursor.left:
        cursor.vector(2, key, "Trusted Authorities", _trusted_cas, length_key=f"{key}_length", reference=reference)


def _trusted_cas(cursor: Cursor) -> None:
    key, reference = "tls.handshake.extensions.trusted_ca_keys", "RFC 6066 section 6"
    while cursor.left:
        kind = cursor.number(1, f"{key}.type", "Identifier Type", names=IdentifierType, reference=reference)
        if kind == IdentifierType.x509_name:
            distinguished_name(cursor)
        elif kind != IdentifierType.pre_agreed:
            cursor.raw(
                20, f"{key}.sha1", "SHA-1 Hash", note="Of the authority's key or certificate.", reference=reference
            )


def cached_objects(cursor: Cursor) -> None:
    """CachedInformation of a ClientHello (RFC 7924 section 3)."""
    _cached(cursor, _cached_objects)


def cached_types(cursor: Cursor) -> None:
    """CachedInformation of a server (RFC 7924 section 3)."""
    _cached(
        cursor,
        each(
            1,
            "tls.handshake.extensions.cached_info.type",
            "Type",
            names=CachedInformationType,
            reference="RFC 7924 section 3",
        ),
    )


def _cached(cursor: Cursor, parse: Parse) -> None:
    key, reference = "tls.handshake.extensions.cached_info", "RFC 7924 section 3"
    cursor.vector(2, key, "Cached Information", parse, length_key=f"{key}_length", reference=reference)


def _cached_objects(cursor: Cursor) -> None:
    key, reference = "tls.handshake.extensions.cached_info", "RFC 7924 section 3"
    while cursor.left:
        cursor.number(1, f"{key}.type", "Type", names=CachedInformationType, reference=reference)
        opaque(cursor, 1, f"{key}.hash", "Hash Value", length_key=f"{key}.hash_length", reference=reference)


def dnssec_port(cursor: Cursor) -> None:
    """DnssecChainExtension of a ClientHello (RFC 9102 section 2.2)."""
    cursor.number(
        2,
        "tls.handshake.extensions.dnssec_chain.port",
        "Port",
        note="0 for the one that this connection goes to.",
        reference="RFC 9102 section 2.2",
    )


def dnssec_chain(cursor: Cursor) -> None:
    """DnssecChainExtension of a server (RFC 9102 section 2.2)."""
    key, reference = "tls.handshake.extensions.dnssec_chain", "RFC 9102 section 2.2"
    cursor.number(
        2, f"{key}.support_lifetime", "Support Lifetime", text=lambda value: f"{value} h", reference=reference
    )
    rest(f"{key}.authentication_chain", "Authentication Chain", note="DNS records.", reference=reference)(cursor)


def named_opaque(size: int, name: str, label: str, reference: str) -> Parse:
    """A parser of an extension that is one opaque vector."""
    key = f"tls.handshake.extensions.{name}"

    def parse(cursor: Cursor) -> None:
        if cursor.left:
            opaque(cursor, size, key, label, length_key=f"{key}_length", reference=reference)

    return parse


def byte_list(name: str, label: str, reference: str) -> Parse:
    """A parser of an extension that is one list of bytes, each a code point."""
    key = f"tls.handshake.extensions.{name}"

    def parse(cursor: Cursor) -> None:
        cursor.vector(
            1, f"{key}s", label, each(1, key, label, reference=reference), length_key=f"{key}s_length",
            reference=reference,
        )  # fmt: skip

    return parse
