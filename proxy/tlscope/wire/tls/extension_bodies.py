"""The bodies of extensions that say how to speak: versions, groups, protocols, sizes, keys of earlier sessions.

Those that say who somebody is are in identities.py; key shares, ECH and QUIC's parameters have files of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.tls.codes import NamedGroup, ProtocolVersion
from tlscope.wire.tls.notes import GREASE_BYTES, GROUPS, VERSIONS
from tlscope.wire.tls.parts import each, opaque, protocol, rest, words
from tlscope.wire.tls.registries import (
    CertificateCompressionAlgorithm,
    ECPointFormat,
    HeartbeatMode,
    MaxFragmentLength,
    PskKeyExchangeMode,
    SRTPProtectionProfile,
    TokenBindingKeyParameters,
)

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor

_SUPPORTED_VERSION = "tls.handshake.extensions.supported_version"
_PSK = "tls.handshake.extensions.psk"


def supported_versions(cursor: Cursor) -> None:
    """ClientHello's list (RFC 8446 section 4.2.1)."""
    key, reference = _SUPPORTED_VERSION, "RFC 8446 section 4.2.1"
    cursor.vector(
        1,
        f"{key}s",
        "Supported Versions",
        each(2, key, "Supported Version", names=ProtocolVersion, notes=VERSIONS, reference=reference),
        length_key=f"{key}s_len",
        reference=reference,
    )


def selected_version(cursor: Cursor) -> None:
    """ServerHello's choice (RFC 8446 section 4.2.1)."""
    cursor.number(
        2,
        _SUPPORTED_VERSION,
        "Supported Version",
        names=ProtocolVersion,
        notes=VERSIONS,
        reference="RFC 8446 section 4.2.1",
    )


def supported_groups(cursor: Cursor) -> None:
    """NamedGroupList (RFC 8446 section 4.2.7)."""
    key = "tls.handshake.extensions_supported_group"
    cursor.vector(
        2,
        f"{key}s",
        "Supported Groups List",
        each(2, key, "Supported Group", names=NamedGroup, notes=GROUPS, reference="RFC 8446 section 4.2.7"),
        length_key=f"{key}s_length",
        reference="RFC 8446 section 4.2.7",
    )


def ec_point_formats(cursor: Cursor) -> None:
    """ECPointFormatList (RFC 8422 section 5.1.2)."""
    key = "tls.handshake.extensions_ec_point_format"
    cursor.vector(
        1,
        f"{key}s",
        "EC point formats",
        each(1, key, "EC point format", names=ECPointFormat, reference="RFC 8422 section 5.1.2"),
        length_key=f"{key}s_length",
        reference="RFC 8422 section 5.1.2",
    )


def alpn(cursor: Cursor) -> None:
    """ProtocolNameList (RFC 7301 section 3.1)."""
    key = "tls.handshake.extensions_alpn"
    _protocols(cursor, key, f"{key}_len", "ALPN Protocol", "RFC 7301 section 3.1")


def alps(cursor: Cursor) -> None:
    """ApplicationSettingsSupport, in a ClientHello: for which protocols (draft-vvv-tls-alps section 4)."""
    key = "tls.handshake.extensions_alps"
    _protocols(cursor, f"{key}_alpn", f"{key}_len", "Supported ALPN List", "draft-vvv-tls-alps section 4")


def _protocols(cursor: Cursor, key: str, length_key: str, label: str, reference: str) -> None:
    def names(inside: Cursor) -> None:
        while inside.left:
            opaque(
                inside,
                1,
                f"{key}_str",
                "Protocol",
                length_key=f"{key}_str_len",
                text=protocol,
                note="The name of a protocol, from IANA's registry or made up.",
                reference=reference,
            )

    cursor.vector(2, f"{key}_list", label, names, length_key=length_key, reference=reference)


alps_settings = rest(
    "tls.handshake.extensions_alps.settings",
    "ALPN Opaque Settings",
    note="In the inner protocol's own form: for h2, frames such as SETTINGS.",
    reference="draft-vvv-tls-alps section 4",
)


def npn(cursor: Cursor) -> None:
    """The server's list, without a length of its own (draft-agl-tls-nextprotoneg section 3)."""
    while cursor.left:
        opaque(
            cursor,
            1,
            "tls.handshake.extensions_npn",
            "Next Protocol",
            length_key="tls.handshake.extensions_npn_str_len",
            text=protocol,
            reference="draft-agl-tls-nextprotoneg section 3",
        )


PSK_MODES = {
    **GREASE_BYTES,
    0: "Resumed with the old secret alone: not forward secret.",
    1: "Resumed with a fresh Diffie-Hellman exchange on top: forward secret.",
}


def psk_modes(cursor: Cursor) -> None:
    """PskKeyExchangeModes (RFC 8446 section 4.2.9)."""
    key, reference = "tls.extension.psk_ke_mode", "RFC 8446 section 4.2.9"
    cursor.vector(
        1,
        f"{key}s",
        "PSK Key Exchange Modes",
        each(1, key, "PSK Key Exchange Mode", names=PskKeyExchangeMode, notes=PSK_MODES, reference=reference),
        length_key=f"{key}s_length",
        reference=reference,
    )


def offered_psks(cursor: Cursor) -> None:
    """OfferedPsks (RFC 8446 section 4.2.11)."""
    cursor.vector(
        2,
        f"{_PSK}.identities",
        "Identities",
        _identities,
        length_key=f"{_PSK}.identities.length",
        reference="RFC 8446 section 4.2.11",
    )
    cursor.vector(
        2,
        f"{_PSK}.binders",
        "PSK Binders",
        _binders,
        length_key=f"{_PSK}.binders_len",
        note="One proof for each identity that the client has its key: a MAC over the hello up to here.",
        reference="RFC 8446 section 4.2.11.2",
    )


def _identities(cursor: Cursor) -> None:
    while cursor.left:
        cursor.group(None, f"{_PSK}.identity", "PSK Identity", _identity, reference="RFC 8446 section 4.2.11")


def _identity(cursor: Cursor) -> None:
    key = f"{_PSK}.identity"
    opaque(
        cursor,
        2,
        f"{key}.identity",
        "Identity",
        length_key=f"{key}.identity_length",
        note="The name of a key: a ticket of an earlier session, or what both sides were configured with.",
        reference="RFC 8446 section 4.2.11",
    )
    cursor.number(
        4,
        f"{key}.obfuscated_ticket_age",
        "Obfuscated Ticket Age",
        note="Milliseconds since the ticket came, plus its ticket_age_add, so that nobody can link the two; 0 for "
        "external keys.",
        reference="RFC 8446 section 4.2.11.1",
    )


def _binders(cursor: Cursor) -> None:
    while cursor.left:
        opaque(
            cursor,
            1,
            f"{_PSK}.binder",
            "PSK Binder",
            length_key=f"{_PSK}.binder_length",
            note="Proves the key and binds it to this hello.",
            reference="RFC 8446 section 4.2.11.2",
        )


def selected_psk(cursor: Cursor) -> None:
    """PreSharedKeyExtension in a ServerHello (RFC 8446 section 4.2.11)."""
    cursor.number(
        2,
        f"{_PSK}.identity.selected",
        "Selected Identity",
        note="Which of the client's keys is used, counted from 0: the session is resumed.",
        reference="RFC 8446 section 4.2.11",
    )


def max_early_data(cursor: Cursor) -> None:
    """EarlyDataIndication in a NewSessionTicket (RFC 8446 section 4.2.10)."""
    cursor.number(
        4,
        "tls.early_data.max_early_data_size",
        "Maximum Early Data Size",
        text=lambda value: f"{value} bytes",
        note="How much the client may send before the next handshake is over.",
        reference="RFC 8446 section 4.6.1",
    )


def cookie(cursor: Cursor) -> None:
    """Cookie (RFC 8446 section 4.2.2)."""
    key = "tls.handshake.extensions.cookie"
    opaque(
        cursor,
        2,
        key,
        "Cookie",
        length_key=f"{key}_len",
        note="Opaque to the client, which sends it back as it is.",
        reference="RFC 8446 section 4.2.2",
    )


def renegotiation_info(cursor: Cursor) -> None:
    """RenegotiationInfo (RFC 5746 section 3.2)."""
    key = "tls.handshake.extensions_reneg_info"
    opaque(
        cursor,
        1,
        key,
        "Renegotiation info",
        length_key=f"{key}_len",
        note="The verify_data of the handshake before; empty in a connection's first.",
        reference="RFC 5746 section 3.2",
    )


def record_size_limit(cursor: Cursor) -> None:
    """RecordSizeLimit (RFC 8449 section 4)."""
    cursor.number(
        2,
        "tls.record_size_limit",
        "Record Size Limit",
        text=lambda value: f"{value} bytes",
        note="In TLS 1.3 it counts the content type and the padding, too.",
        reference="RFC 8449 section 4",
    )


def max_fragment_length(cursor: Cursor) -> None:
    """MaxFragmentLength (RFC 6066 section 4)."""
    cursor.number(
        1,
        "tls.handshake.max_fragment_length",
        "Maximum Fragment Length",
        names=MaxFragmentLength,
        note="Bytes of plaintext in a record, as a power of two.",
        reference="RFC 6066 section 4",
    )


def compress_certificate(cursor: Cursor) -> None:
    """CertificateCompressionAlgorithms (RFC 8879 section 3)."""
    key, reference = "tls.compress_certificate.algorithm", "RFC 8879 section 3"
    cursor.vector(
        1,
        f"{key}s",
        "Algorithms",
        each(2, key, "Algorithm", names=CertificateCompressionAlgorithm, reference=reference),
        length_key=f"{key}s_length",
        reference=reference,
    )


def heartbeat(cursor: Cursor) -> None:
    """HeartbeatExtension (RFC 6520 section 2)."""
    cursor.number(
        1,
        "tls.handshake.extension.heartbeat.mode",
        "Mode",
        names=HeartbeatMode,
        note="Whether the peer may send heartbeat requests.",
        reference="RFC 6520 section 2",
    )


def use_srtp(cursor: Cursor) -> None:
    """UseSRTPData (RFC 5764 section 4.1.1)."""
    key, reference = "tls.handshake.extensions.use_srtp", "RFC 5764 section 4.1.1"
    profile = f"{key}.protection_profile"
    cursor.vector(
        2,
        f"{profile}s",
        "SRTP Protection Profiles",
        each(2, profile, "SRTP Protection Profile", names=SRTPProtectionProfile, reference=reference),
        length_key=f"{profile}s_length",
        reference=reference,
    )
    opaque(cursor, 1, f"{key}.mki", "MKI", length_key=f"{key}.mki_length", reference="RFC 5764 section 4.1.3")


def token_binding(cursor: Cursor) -> None:
    """TokenBindingParameters (RFC 8472 section 2)."""
    key, reference = "tls.handshake.extensions.token_binding", "RFC 8472 section 2"
    cursor.number(1, f"{key}.major", "Protocol Major Version", reference=reference)
    cursor.number(1, f"{key}.minor", "Protocol Minor Version", reference=reference)
    cursor.vector(
        1,
        f"{key}.key_parameters",
        "Key Parameters",
        each(1, f"{key}.key_parameter", "Key Parameter", names=TokenBindingKeyParameters, reference=reference),
        length_key=f"{key}.key_parameters_length",
        reference=reference,
    )


def srp(cursor: Cursor) -> None:
    """SRP's user name (RFC 5054 section 2.8.1)."""
    key = "tls.handshake.extensions_srp"
    opaque(
        cursor,
        1,
        f"{key}_username",
        "SRP username",
        length_key=f"{key}_len",
        text=words,
        note="Readable by all on the way.",
        reference="RFC 5054 section 2.5",
    )


session_ticket = rest(
    "tls.handshake.extensions.session_ticket",
    "Session Ticket",
    note="Opaque to the client: the session's state, encrypted by the server for itself.",
    reference="RFC 5077 section 3.2",
)


def padding(cursor: Cursor) -> None:
    """Zeros (RFC 7685 section 3)."""
    if not cursor.left:
        return
    zeros = not any(cursor.data[cursor.at : cursor.end])
    cursor.raw(
        None,
        "tls.handshake.extensions_padding_data",
        "Padding Data",
        text=f"{cursor.left} zero bytes" if zeros else "",
        note="" if zeros else "Not all zero, as it must be.",
        reference="RFC 7685 section 3",
    )


def connection_id(cursor: Cursor) -> None:
    """ConnectionId (RFC 9146 section 3)."""
    opaque(
        cursor,
        1,
        "tls.connection_id",
        "Connection ID",
        length_key="tls.connection_id_length",
        reference="RFC 9146 section 3",
    )


_TICKET_REQUEST = "tls.handshake.extensions.ticket_request"


def ticket_request(cursor: Cursor) -> None:
    """TicketRequestContents, in a ClientHello (RFC 9149 section 3)."""
    for name, label, note in (
        ("new_session_count", "New Session Count", "Tickets that the client wants after a full handshake."),
        ("resumption_count", "Resumption Count", "Tickets that it wants after a resumption."),
    ):
        cursor.number(1, f"{_TICKET_REQUEST}.{name}", label, note=note, reference="RFC 9149 section 3")


def ticket_hint(cursor: Cursor) -> None:
    """TicketRequestHint, in EncryptedExtensions (RFC 9149 section 3)."""
    cursor.number(
        1,
        f"{_TICKET_REQUEST}.expected_count",
        "Expected Count",
        note="How many tickets the server means to send.",
        reference="RFC 9149 section 3",
    )


def ekt_ciphers(cursor: Cursor) -> None:
    """SupportedEKTCiphers (RFC 8870 section 5.2)."""
    key, reference = "tls.handshake.extensions.ekt_cipher", "RFC 8870 section 5.2"
    cursor.vector(
        1,
        f"{key}s",
        "Supported EKT Ciphers",
        each(1, key, "EKT Cipher", reference=reference),
        length_key=f"{key}s_length",
        reference=reference,
    )
