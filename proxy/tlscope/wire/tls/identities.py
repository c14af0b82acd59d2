"""The bodies of extensions that say who somebody is, and who vouches for that: names, authorities, certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.asn1 import der
from tlscope.wire.asn1.oids import dotted
from tlscope.wire.tls.parts import blob, each, listed, one, opaque, rest, words
from tlscope.wire.tls.registries import CertificateType, IdentifierType, NameType
from tlscope.wire.tls.registry_notes import CERTIFICATE_TYPES, IDENTIFIERS
from tlscope.wire.tls.signatures import scheme
from tlscope.wire.x509 import names
from tlscope.wire.x509.keys import public_key_info

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor

_CERTIFICATE_TYPE = "tls.handshake.cert_type.type"
_RAW_KEYS = "RFC 7250 section 3"
_FILTERS = "RFC 8446 section 4.2.5"


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
        kind = cursor.number(
            1,
            f"{key}_type",
            "Server Name Type",
            names=NameType,
            note="host_name is the only one that there is.",
            reference=reference,
        )
        opaque(
            cursor,
            2,
            key,
            "Server Name",
            length_key=f"{key}_len",
            text=words if kind == NameType.host_name else None,
            note="What the server picks its certificate by, and what the client checks the certificate for.",
            reference=reference,
        )


certificate_types = listed(
    1,
    f"{_CERTIFICATE_TYPE}s",
    "Certificate Type List",
    each(
        1,
        _CERTIFICATE_TYPE,
        "Certificate Type",
        names=CertificateType,
        notes=CERTIFICATE_TYPES,
        reference=_RAW_KEYS,
    ),
    length="_len",
    note="The client's favourites first.",
    reference=_RAW_KEYS,
)
"""A client's list (RFC 7250 section 3)."""

certificate_type = one(
    1, _CERTIFICATE_TYPE, "Certificate Type", names=CertificateType, notes=CERTIFICATE_TYPES, reference=_RAW_KEYS
)
"""A server's choice (RFC 7250 section 3)."""


def authorities(cursor: Cursor) -> None:
    """A list of distinguished names (RFC 8446 section 4.2.4, RFC 5246 section 7.4.4)."""
    cursor.vector(
        2,
        "tls.handshake.dnames",
        "Distinguished Names",
        _names,
        length_key="tls.handshake.dnames_len",
        note="Whose certificates are welcome; empty where anybody's are.",
        reference="RFC 8446 section 4.2.4",
    )


def _names(cursor: Cursor) -> None:
    while cursor.left:
        distinguished_name(cursor)


def _rdn_sequence(cursor: Cursor) -> None:
    names.distinguished_name(cursor, "x509if.rdnSequence", "rdnSequence", reference="RFC 5280 section 4.1.2.4")


distinguished_name = blob(
    2,
    "tls.handshake.dname",
    "Distinguished Name",
    length="_len",
    inside=_rdn_sequence,
    note="The subject of an authority.",
    reference="RFC 8446 section 4.2.4",
)
"""A name in DER behind its length."""


def oid_filters(cursor: Cursor) -> None:
    """OIDFilterExtension (RFC 8446 section 4.2.5)."""
    key = "tls.extension.oid_filters"
    cursor.vector(2, key, "OID Filters", _oid_filters, length_key=f"{key}_length", reference=_FILTERS)


def _oid_filters(cursor: Cursor) -> None:
    while cursor.left:
        _filter_oid(cursor)
        _filter_values(cursor)


def _object_identifier(cursor: Cursor) -> None:
    der.primitive(cursor, "x509af.extension.id", "extnID", der.OID, reference="RFC 5280 section 4.1")


def _dotted(der_oid: bytes) -> str:
    """An OBJECT IDENTIFIER in DER, as Wireshark's filters have it; hex where it is none."""
    header = bytes([der.OID, len(der_oid) - 2 & 0xFF])
    return (der_oid.startswith(header) and dotted(der_oid[2:])) or der_oid.hex()


_filter_oid = blob(
    1,
    "tls.extension.oid_filters.oid",
    "Certificate Extension OID",
    text=_dotted,
    inside=_object_identifier,
    note="An extension that the certificate shall have.",
    reference=_FILTERS,
)
_filter_values = blob(
    2,
    "tls.extension.oid_filters.values",
    "Certificate Extension Values",
    inside=der.each,
    note="What it shall say, in DER.",
    reference=_FILTERS,
)


def delegated_credential(cursor: Cursor) -> None:
    """DelegatedCredential, within a CertificateEntry (RFC 9345 section 4)."""
    key, reference = "tls.handshake.cred", "RFC 9345 section 4"
    cursor.number(
        4,
        f"{key}.valid_time",
        "Valid Time",
        text=lambda value: f"{value} s after the certificate's notBefore",
        note="When the credential ends; a client takes none that ends more than seven days from now.",
        reference=reference,
    )
    scheme(cursor, "Expected CertificateVerify Algorithm")
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
    """TrustedAuthorities (RFC 6066 section 6); an answer is empty."""
    key, reference = "tls.handshake.extensions.trusted_ca_keys", "RFC 6066 section 6"
    if cursor.left:
        cursor.vector(2, key, "Trusted Authorities", _trusted_cas, length_key=f"{key}_length", reference=reference)


def _trusted_cas(cursor: Cursor) -> None:
    key, reference = "tls.handshake.extensions.trusted_ca_keys", "RFC 6066 section 6"
    while cursor.left:
        kind = cursor.number(
            1, f"{key}.type", "Identifier Type", names=IdentifierType, notes=IDENTIFIERS, reference=reference
        )
        if kind == IdentifierType.x509_name:
            distinguished_name(cursor)
        elif kind in {IdentifierType.key_sha1_hash, IdentifierType.cert_sha1_hash}:
            cursor.raw(
                20, f"{key}.sha1", "SHA-1 Hash", note="Of the authority's key or certificate.", reference=reference
            )
        elif kind != IdentifierType.pre_agreed:  # nothing tells where it ends
            rest(f"{key}.undecoded", "Identifiers", note="Of a type that is not known here.")(cursor)


def trust_anchors(cursor: Cursor) -> None:
    """TrustAnchorIDList (draft-ietf-tls-trust-anchor-ids section 4.1); in a Certificate its presence says all."""
    key = "tls.handshake.extensions.trust_anchors"
    if cursor.left:
        cursor.vector(
            2,
            key,
            "Trust Anchors",
            _trust_anchors,
            length_key=f"{key}_length",
            note="Roots that the client takes a chain to; empty to be told those that the server has.",
            reference=_ANCHORS,
        )


_ANCHORS = "draft-ietf-tls-trust-anchor-ids section 4.1"


def _trust_anchors(cursor: Cursor) -> None:
    while cursor.left:
        _trust_anchor(cursor)


_trust_anchor = blob(
    1,
    "tls.handshake.extensions.trust_anchor",
    "Trust Anchor ID",
    note="A root's own number: an OID relative to 1.3.6.1.4.1, in DER without its header.",
    reference=_ANCHORS,
)
