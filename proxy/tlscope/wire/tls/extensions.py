"""Lists of extensions: the same frame around bodies that differ by type, and by the message that they stand in.

    struct { ExtensionType extension_type; opaque extension_data<0..2^16-1>; } Extension;      RFC 8446 section 4.2

The tables below say what stands where. What is not in a message's table is shown raw: unknown types, GREASE, and known
types in messages where they have no business.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tlscope.wire.field import Cursor, Field, malformed, named
from tlscope.wire.tls import (
    certificate_status,
    ech,
    esni,
    extension_bodies,
    identities,
    key_shares,
    passwords,
    rare_extensions,
    resumption,
)
from tlscope.wire.tls.codes import ExtensionType as Ext
from tlscope.wire.tls.notes import ANSWERS, EXTENSIONS, Told
from tlscope.wire.tls.parts import Parse, nothing, rest
from tlscope.wire.tls.quic_parameters import parameters as quic_parameters
from tlscope.wire.tls.signatures import schemes
from tlscope.wire.x509.sct import sct_list

Parsers = Mapping[int, Parse]
_DATA = "tls.handshake.extension.data"


def extensions(cursor: Cursor, parsers: Parsers, *, answers: bool = False) -> None:
    """`Extension extensions<..>` of a message, by the message's table; whether they answer what the peer offered."""
    cursor.vector(
        2,
        "tls.handshake.extensions",
        "Extensions",
        partial(_each, parsers, answers),
        length_key="tls.handshake.extensions_length",
        note="Answers to extensions of the other side: one that it did not send ends the handshake."
        if answers
        else "What was added to the protocol since TLS 1.0; whoever does not know one ignores it.",
        reference="RFC 8446 section 4.2",
    )


def _each(parsers: Parsers, answers: bool, cursor: Cursor) -> None:  # noqa: FBT001 - of a partial
    seen: set[int] = set()
    while cursor.left:
        kind = _extension(parsers, cursor, answers=answers)
        if kind in seen:
            cursor.add(malformed(cursor.at, 0, f"{named(Ext, kind, 2)} stands here twice (RFC 8446 section 4.2)"))
        seen.add(kind)


def _extension(parsers: Parsers, cursor: Cursor, *, answers: bool) -> int:
    """One extension; returns its type."""
    start, data = cursor.at, cursor.data
    kind = cursor.peek(2, "Extension Type")
    size = 4 + int.from_bytes(data[start + 2 : min(start + 4, cursor.end)])
    inside = Cursor(data, start, min(cursor.end, start + size), cursor.depth + 1)
    inside.guarded(partial(_framed, parsers.get(kind, UNKNOWN)))
    if (there := inside.end - start) < size:
        inside.add(malformed(inside.end, 0, f"the extension has {size} bytes; {size - there} of them are not there"))
    cursor.at = inside.end
    name = named(Ext, kind, 2)
    told = (ANSWERS.get(kind) if answers else None) or EXTENSIONS.get(kind, UNTOLD_ANSWER if answers else UNTOLD)
    cursor.fields.append(
        Field(
            "tls.handshake.extension",
            name,
            kind,
            start,
            there,
            _summary(kind, inside.fields),
            told.note,
            told.reference,
            tuple(inside.fields),
        )
    )
    return kind


def _framed(parse: Parse, cursor: Cursor) -> None:
    cursor.number(2, "tls.handshake.extension.type", "Type", names=Ext, reference="RFC 8446 section 4.2")
    cursor.number(2, "tls.handshake.extension.len", "Length")
    parse(cursor)


UNTOLD = Told("Not known here; whoever does not know an extension ignores it.", "RFC 8446 section 4.2")
UNTOLD_ANSWER = Told("Not known here.", "RFC 8446 section 4.2")
UNKNOWN = rest(_DATA, "Data")

SUMMARISED: Mapping[int, str] = {
    Ext.server_name: "tls.handshake.extensions_server_name",
    Ext.supported_groups: "tls.handshake.extensions_supported_group",
    Ext.application_layer_protocol_negotiation: "tls.handshake.extensions_alpn_str",
    Ext.application_settings: "tls.handshake.extensions_alps_alpn_str",
    Ext.application_settings_old: "tls.handshake.extensions_alps_alpn_str",
    Ext.supported_versions: "tls.handshake.extensions.supported_version",
    Ext.key_share: "tls.handshake.extensions_key_share_entry",
    Ext.ec_point_formats: "tls.handshake.extensions_ec_point_format",
    Ext.signature_algorithms: "tls.handshake.sig_hash_alg",
    Ext.signature_algorithms_cert: "tls.handshake.sig_hash_alg",
    Ext.delegated_credential: "tls.handshake.sig_hash_alg",
    Ext.client_certificate_type: "tls.handshake.cert_type.type",
    Ext.server_certificate_type: "tls.handshake.cert_type.type",
    Ext.max_fragment_length: "tls.handshake.max_fragment_length",
    Ext.heartbeat: "tls.handshake.extension.heartbeat.mode",
    Ext.use_srtp: "tls.handshake.extensions.use_srtp.protection_profile",
    Ext.next_protocol_negotiation: "tls.handshake.extensions_npn",
    Ext.srp: "tls.handshake.extensions_srp_username",
    Ext.psk_key_exchange_modes: "tls.extension.psk_ke_mode",
    Ext.compress_certificate: "tls.compress_certificate.algorithm",
    Ext.record_size_limit: "tls.record_size_limit",
    Ext.encrypted_client_hello: "tls.ech.client_hello_type",
    Ext.status_request: "tls.handshake.extensions_status_request_type",
}
"""The fields that say the most of an extension: its text."""
SUMMARY = 3
"""Values in a text; how many more there are is said."""


def _summary(kind: int, fields: list[Field]) -> str:
    key = SUMMARISED.get(kind)
    if key is None or len(fields) < 3:
        return ""
    candidates = (fields[2:] if fields[2].key == key else fields[2].children) or fields[2:]
    found = [field.text for field in candidates if field.key == key]
    more = f" and {len(found) - SUMMARY} more" if len(found) > SUMMARY else ""
    return ", ".join(text.rpartition(" (")[0] or text for text in found[:SUMMARY]) + more


EMPTY: Parsers = dict.fromkeys(
    (
        Ext.client_certificate_url,
        Ext.truncated_hmac,
        Ext.encrypt_then_mac,
        Ext.extended_master_secret,
        Ext.post_handshake_auth,
        Ext.tls_cert_with_extern_psk,
        Ext.channel_id,
        Ext.channel_id_old,
    ),
    nothing,
)
"""Extensions whose presence says all."""

BOTH: Parsers = {
    **EMPTY,
    Ext.server_name: identities.server_names,
    Ext.max_fragment_length: extension_bodies.max_fragment_length,
    Ext.supported_groups: extension_bodies.supported_groups,
    Ext.ec_point_formats: extension_bodies.ec_point_formats,
    Ext.srp: extension_bodies.srp,
    Ext.use_srtp: extension_bodies.use_srtp,
    Ext.heartbeat: extension_bodies.heartbeat,
    Ext.application_layer_protocol_negotiation: extension_bodies.alpn,
    Ext.token_binding: rare_extensions.token_binding,
    Ext.record_size_limit: extension_bodies.record_size_limit,
    Ext.cookie: extension_bodies.cookie,
    Ext.connection_id: extension_bodies.connection_id,
    Ext.renegotiation_info: extension_bodies.renegotiation_info,
    Ext.quic_transport_parameters: quic_parameters,
    Ext.quic_transport_parameters_draft: quic_parameters,
    Ext.user_mapping: rare_extensions.user_mapping,
    Ext.client_authz: rare_extensions.authz_formats,
    Ext.server_authz: rare_extensions.authz_formats,
    Ext.external_id_hash: rare_extensions.external_id_hash,
    Ext.external_session_id: rare_extensions.external_session_id,
    Ext.pwd_protect: rare_extensions.pwd_protect,
    Ext.pwd_clear: rare_extensions.pwd_clear,
    Ext.password_salt: rare_extensions.password_salt,
}
"""What looks the same in hellos of both sides."""

CLIENT_HELLO: Parsers = {
    **BOTH,
    Ext.trusted_ca_keys: identities.trusted_cas,
    Ext.status_request: certificate_status.status_request,
    Ext.cert_type: identities.certificate_types,
    Ext.signature_algorithms: schemes,
    Ext.status_request_v2: certificate_status.status_request_v2,
    Ext.signed_certificate_timestamp: nothing,
    Ext.client_certificate_type: identities.certificate_types,
    Ext.server_certificate_type: identities.certificate_types,
    Ext.padding: extension_bodies.padding,
    Ext.cached_info: rare_extensions.cached_objects,
    Ext.compress_certificate: extension_bodies.compress_certificate,
    Ext.delegated_credential: schemes,
    Ext.session_ticket: resumption.session_ticket,
    Ext.supported_ekt_ciphers: rare_extensions.ekt_ciphers,
    Ext.pre_shared_key: resumption.offered_psks,
    Ext.early_data: nothing,
    Ext.supported_versions: extension_bodies.supported_versions,
    Ext.psk_key_exchange_modes: resumption.psk_modes,
    Ext.certificate_authorities: identities.authorities,
    Ext.signature_algorithms_cert: schemes,
    Ext.key_share: key_shares.client_shares,
    Ext.ticket_request: resumption.ticket_request,
    Ext.dnssec_chain: rare_extensions.dnssec_port,
    Ext.ech_outer_extensions: ech.outer_extensions,
    Ext.encrypted_client_hello: ech.client_hello,
    Ext.encrypted_server_name: esni.client_hello,
    Ext.trust_anchors: identities.trust_anchors,
    Ext.ecjpake_key_kp_pair: passwords.client_jpake_pair,
    Ext.next_protocol_negotiation: nothing,
    Ext.application_settings: extension_bodies.alps,
    Ext.application_settings_old: extension_bodies.alps,
}

SERVER_HELLO: Parsers = {
    **BOTH,
    Ext.trusted_ca_keys: nothing,
    Ext.status_request: nothing,
    Ext.status_request_v2: nothing,
    Ext.cert_type: identities.certificate_type,
    Ext.signed_certificate_timestamp: sct_list,
    Ext.client_certificate_type: identities.certificate_type,
    Ext.server_certificate_type: identities.certificate_type,
    Ext.cached_info: rare_extensions.cached_types,
    Ext.session_ticket: nothing,
    Ext.pre_shared_key: resumption.selected_psk,
    Ext.ecjpake_key_kp_pair: passwords.server_jpake_pair,
    Ext.supported_versions: extension_bodies.selected_version,
    Ext.key_share: key_shares.server_share,
    Ext.dnssec_chain: rare_extensions.dnssec_chain,
    Ext.next_protocol_negotiation: extension_bodies.npn,
}

HELLO_RETRY_REQUEST: Parsers = {
    **SERVER_HELLO,
    Ext.key_share: key_shares.selected_group,
    Ext.encrypted_client_hello: ech.confirmation,
}

ENCRYPTED_EXTENSIONS: Parsers = {
    **SERVER_HELLO,
    Ext.early_data: nothing,
    Ext.ticket_request: resumption.ticket_hint,
    Ext.encrypted_client_hello: ech.retry_configs,
    Ext.encrypted_server_name: esni.encrypted_extensions,
    Ext.trust_anchors: identities.trust_anchors,
    Ext.application_settings: extension_bodies.alps_settings,
    Ext.application_settings_old: extension_bodies.alps_settings,
}
"""ALPS lets the client send this message, too (draft-vvv-tls-alps section 4)."""

CERTIFICATE: Parsers = {
    Ext.status_request: certificate_status.certificate_status,
    Ext.signed_certificate_timestamp: sct_list,
    Ext.delegated_credential: identities.delegated_credential,
    Ext.trust_anchors: nothing,
    Ext.dnssec_chain: rare_extensions.dnssec_chain,
}

CERTIFICATE_REQUEST: Parsers = {
    Ext.status_request: certificate_status.status_request,
    Ext.signature_algorithms: schemes,
    Ext.signature_algorithms_cert: schemes,
    Ext.signed_certificate_timestamp: nothing,
    Ext.compress_certificate: extension_bodies.compress_certificate,
    Ext.delegated_credential: schemes,
    Ext.certificate_authorities: identities.authorities,
    Ext.oid_filters: identities.oid_filters,
    Ext.trust_anchors: identities.trust_anchors,
    Ext.server_name: identities.server_names,
}
"""The last for ClientCertificateRequest (RFC 9261 section 4)."""

NEW_SESSION_TICKET: Parsers = {Ext.early_data: resumption.max_early_data}
