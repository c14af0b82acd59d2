"""The bodies of extensions that say how to speak: versions, groups, protocols, sizes.

Those that say who somebody is are in identities.py and certificate_status.py, those that carry on an earlier session in
resumption.py, and those that hardly anybody sends in rare_extensions.py. Key shares, ECH and QUIC's parameters have
files of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.tls.code_references import GROUP_REFERENCES
from tlscope.wire.tls.codes import NamedGroup, ProtocolVersion
from tlscope.wire.tls.notes import GROUPS, VERSIONS
from tlscope.wire.tls.parts import Parse, blob, each, listed, one, opaque, protocol, rest, several, words
from tlscope.wire.tls.registries import (
    CertificateCompressionAlgorithm,
    ECPointFormat,
    HeartbeatMode,
    MaxFragmentLength,
    SRTPProtectionProfile,
)
from tlscope.wire.tls.registry_notes import COMPRESSIONS, FRAGMENT_LENGTHS, HEARTBEAT_MODES, POINT_FORMATS

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor

_VERSIONS = "RFC 8446 section 4.2.1"
_VERSION = "tls.handshake.extensions.supported_version"
_GROUPS = "RFC 8446 section 4.2.7"
_GROUP = "tls.handshake.extensions_supported_group"
_FORMATS = "RFC 8422 section 5.1.2"
_FORMAT = "tls.handshake.extensions_ec_point_format"
_COMPRESSION = "tls.compress_certificate.algorithm"
_SRTP = "tls.handshake.extensions.use_srtp"
_PROFILE = f"{_SRTP}.protection_profile"

selected_version = one(2, _VERSION, "Supported Version", names=ProtocolVersion, notes=VERSIONS, reference=_VERSIONS)
"""ServerHello's choice (RFC 8446 section 4.2.1)."""

supported_versions = listed(
    1,
    f"{_VERSION}s",
    "Supported Versions",
    each(2, _VERSION, "Supported Version", names=ProtocolVersion, notes=VERSIONS, reference=_VERSIONS),
    length="_len",
    reference=_VERSIONS,
)
"""ClientHello's list (RFC 8446 section 4.2.1)."""

supported_groups = listed(
    2,
    f"{_GROUP}s",
    "Supported Groups List",
    each(2, _GROUP, "Supported Group", names=NamedGroup, notes=GROUPS, reference=_GROUPS, references=GROUP_REFERENCES),
    reference=_GROUPS,
)
"""NamedGroupList (RFC 8446 section 4.2.7)."""

ec_point_formats = listed(
    1,
    f"{_FORMAT}s",
    "EC point formats",
    each(1, _FORMAT, "EC point format", names=ECPointFormat, notes=POINT_FORMATS, reference=_FORMATS),
    reference=_FORMATS,
)
"""ECPointFormatList (RFC 8422 section 5.1.2)."""


def _protocols(key: str, length: str, label: str, reference: str) -> Parse:
    def names(cursor: Cursor) -> None:
        while cursor.left:
            opaque(
                cursor,
                1,
                f"{key}_str",
                "Protocol",
                length_key=f"{key}_str_len",
                text=protocol,
                note="The name of a protocol, from IANA's registry or made up.",
                reference=reference,
            )

    def parse(cursor: Cursor) -> None:
        cursor.vector(2, f"{key}_list", label, names, length_key=length, reference=reference)

    return parse


alpn = _protocols(
    "tls.handshake.extensions_alpn", "tls.handshake.extensions_alpn_len", "ALPN Protocol", "RFC 7301 section 3.1"
)
"""ProtocolNameList (RFC 7301 section 3.1)."""

alps = _protocols(
    "tls.handshake.extensions_alps_alpn",
    "tls.handshake.extensions_alps_len",
    "Supported ALPN List",
    "draft-vvv-tls-alps section 4",
)
"""ApplicationSettingsSupport, in a ClientHello: for which protocols (draft-vvv-tls-alps section 4)."""

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
            note="A protocol that the server can speak.",
            reference="draft-agl-tls-nextprotoneg section 3",
        )


cookie = blob(
    2,
    "tls.handshake.extensions.cookie",
    "Cookie",
    length="_len",
    note="Opaque to the client, which sends it back as it is.",
    reference="RFC 8446 section 4.2.2",
)
"""Cookie (RFC 8446 section 4.2.2)."""

renegotiation_info = blob(
    1,
    "tls.handshake.extensions_reneg_info",
    "Renegotiation info",
    length="_len",
    note="The verify_data of the handshake before; empty in a connection's first.",
    reference="RFC 5746 section 3.2",
)
"""RenegotiationInfo (RFC 5746 section 3.2)."""

record_size_limit = one(
    2,
    "tls.record_size_limit",
    "Record Size Limit",
    text=lambda value: f"{value} bytes",
    note="Of plaintext in a record; in TLS 1.3 it counts the content type and the padding, too.",
    reference="RFC 8449 section 4",
)
"""RecordSizeLimit (RFC 8449 section 4)."""

max_fragment_length = one(
    1,
    "tls.handshake.max_fragment_length",
    "Maximum Fragment Length",
    names=MaxFragmentLength,
    notes=FRAGMENT_LENGTHS,
    reference="RFC 6066 section 4",
)
"""MaxFragmentLength (RFC 6066 section 4)."""

compress_certificate = listed(
    1,
    f"{_COMPRESSION}s",
    "Algorithms",
    each(
        2,
        _COMPRESSION,
        "Algorithm",
        names=CertificateCompressionAlgorithm,
        notes=COMPRESSIONS,
        reference="RFC 8879 section 3",
    ),
    reference="RFC 8879 section 3",
)
"""CertificateCompressionAlgorithms (RFC 8879 section 3)."""

heartbeat = one(
    1,
    "tls.handshake.extension.heartbeat.mode",
    "Mode",
    names=HeartbeatMode,
    notes=HEARTBEAT_MODES,
    reference="RFC 6520 section 2",
)
"""HeartbeatExtension (RFC 6520 section 2)."""

use_srtp = several(
    listed(
        2,
        f"{_PROFILE}s",
        "SRTP Protection Profiles",
        each(
            2,
            _PROFILE,
            "SRTP Protection Profile",
            names=SRTPProtectionProfile,
            note="How SRTP, which carries the media, encrypts and authenticates its packets.",
            reference="RFC 5764 section 4.1.2",
        ),
        reference="RFC 5764 section 4.1.1",
    ),
    blob(
        1,
        f"{_SRTP}.mki",
        "MKI",
        note="Names the master key in SRTP's packets; mostly empty.",
        reference="RFC 5764 section 4.1.3",
    ),
)
"""UseSRTPData (RFC 5764 section 4.1.1)."""


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
        reference="RFC 5054 section 2.8.1",
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


connection_id = blob(
    1,
    "tls.connection_id",
    "Connection ID",
    note="What the peer shall put into the records that it sends.",
    reference="RFC 9146 section 3",
)
"""ConnectionId (RFC 9146 section 3)."""
