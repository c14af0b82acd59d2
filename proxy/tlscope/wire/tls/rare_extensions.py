"""The bodies of extensions that are assigned and hardly ever met: of media, of vehicles, of browsers' past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.tls.parts import Parse, blob, each, listed, one, opaque, rest, several
from tlscope.wire.tls.registries import CachedInformationType, TokenBindingKeyParameters
from tlscope.wire.tls.registry_notes import CACHED

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor

_TOKENS = "tls.handshake.extensions.token_binding"
_CACHE = "tls.handshake.extensions.cached_info"
_EKT = "tls.handshake.extensions.ekt_cipher"

token_binding = several(
    one(1, f"{_TOKENS}.major", "Protocol Major Version", reference="RFC 8472 section 2"),
    one(1, f"{_TOKENS}.minor", "Protocol Minor Version", reference="RFC 8472 section 2"),
    listed(
        1,
        f"{_TOKENS}.key_parameters",
        "Key Parameters",
        each(
            1,
            f"{_TOKENS}.key_parameter",
            "Key Parameter",
            names=TokenBindingKeyParameters,
            note="What the client signs with, to prove that a token is its own.",
            reference="RFC 8471 section 3.3",
        ),
        reference="RFC 8472 section 2",
    ),
)
"""TokenBindingParameters (RFC 8472 section 2)."""

cached_types = listed(
    2,
    _CACHE,
    "Cached Information",
    each(1, f"{_CACHE}.type", "Type", names=CachedInformationType, notes=CACHED, reference="RFC 7924 section 3"),
    reference="RFC 7924 section 3",
)
"""CachedInformation of a server (RFC 7924 section 3)."""


def _cached_objects(cursor: Cursor) -> None:
    while cursor.left:
        cursor.number(
            1, f"{_CACHE}.type", "Type", names=CachedInformationType, notes=CACHED, reference="RFC 7924 section 3"
        )
        opaque(
            cursor,
            1,
            f"{_CACHE}.hash",
            "Hash Value",
            length_key=f"{_CACHE}.hash_length",
            note="SHA-256 of what the client has: if it is the server's still, the hash is sent in its place.",
            reference="RFC 7924 section 5",
        )


cached_objects = listed(2, _CACHE, "Cached Information", _cached_objects, reference="RFC 7924 section 3")
"""CachedInformation of a ClientHello (RFC 7924 section 3)."""

dnssec_port = one(
    2,
    "tls.handshake.extensions.dnssec_chain.port",
    "Port",
    note="The server's port, which the TLSA record is for.",
    reference="RFC 9102 section 2",
)
"""DnssecChainExtension of a ClientHello (RFC 9102 section 2)."""

dnssec_chain = several(
    one(
        2,
        "tls.handshake.extensions.dnssec_chain.support_lifetime",
        "Support Lifetime",
        text=lambda value: f"{value} h",
        note="How long the server promises to send such a chain.",
        reference="RFC 9102 section 2",
    ),
    rest(
        "tls.handshake.extensions.dnssec_chain.authentication_chain",
        "Authentication Chain",
        note="DNS records with their signatures, from the TLSA record up to the root.",
        reference="RFC 9102 section 2",
    ),
)
"""DnssecChainExtension of a server (RFC 9102 section 2)."""

ekt_ciphers = listed(
    1,
    f"{_EKT}s",
    "Supported EKT Ciphers",
    each(1, _EKT, "EKT Cipher", note="What encrypts the keys of a conference.", reference="RFC 8870 section 5.2"),
    reference="RFC 8870 section 5.2",
)
"""SupportedEKTCiphers (RFC 8870 section 5.2)."""


def byte_list(name: str, label: str, reference: str) -> Parse:
    """A parser of an extension that is one list of bytes, each a code point."""
    key = f"tls.handshake.extensions.{name}"
    return listed(1, f"{key}s", label, each(1, key, label, reference=reference), reference=reference)


user_mapping = byte_list("user_mapping_type", "User Mapping Type", "RFC 4681 section 2")
authz_formats = byte_list("authz_format", "Authorization Format", "RFC 5878 section 2")


def named_opaque(size: int, name: str, label: str, reference: str) -> Parse:
    """A parser of an extension that is one opaque vector, or nothing."""
    body = blob(size, f"tls.handshake.extensions.{name}", label, reference=reference)

    def parse(cursor: Cursor) -> None:
        if cursor.left:
            body(cursor)

    return parse


external_id_hash = named_opaque(1, "external_id_hash", "Binding Hash", "RFC 8844 section 3.2")
external_session_id = named_opaque(1, "external_session_id", "Session ID", "RFC 8844 section 4.3")
pwd_protect = named_opaque(1, "pwd_protect", "Protected Name", "RFC 8492 section 4.3")
pwd_clear = named_opaque(1, "pwd_clear", "Name", "RFC 8492 section 4.3")
password_salt = named_opaque(2, "password_salt", "Salt", "RFC 8492 section 4.4")
