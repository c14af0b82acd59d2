"""Encrypted ClientHello (RFC 9849): the real hello, sealed inside a harmless one; and the keys to seal it with.

    ClientHelloOuter  server_name public.example    what all on the way can read
        encrypted_client_hello: suite, config_id, enc, payload
            ClientHelloInner  server_name secret.example    readable with the private key of the ECHConfig alone

A client without a key sends the same shape filled with noise (GREASE ECH, section 6.2): nobody but the server can tell.
Keys are named as Wireshark has them since 4.2.
"""

from __future__ import annotations

from tlscope.wire.field import Cursor, malformed
from tlscope.wire.tls.codes import ExtensionType
from tlscope.wire.tls.parts import each, listed, opaque, rest, words
from tlscope.wire.tls.registries import AEAD, KDF, KEM, ECHClientHelloType

VERSION = 0xFE0D
"""Of the ECHConfig that RFC 9849 describes; the same number as the extension's."""


def client_hello(cursor: Cursor) -> None:
    """ECHClientHello (RFC 9849 section 5)."""
    reference = "RFC 9849 section 5"
    kind = cursor.number(
        1,
        "tls.ech.client_hello_type",
        "Client Hello type",
        names=ECHClientHelloType,
        notes={0: "What the network sees; the real hello is in the payload.", 1: "This is the hello that was sealed."},
        reference=reference,
    )
    if kind == ECHClientHelloType.inner:
        return
    if kind != ECHClientHelloType.outer:
        rest("tls.ech.undecoded", "Data", note="Of a type that is not known here.", reference=reference)(cursor)
        return
    _suite(cursor)
    cursor.number(
        1,
        "tls.ech.config_id",
        "Config Id",
        note="Tells the server which of its keys was used; noise in GREASE.",
        reference=reference,
    )
    opaque(
        cursor,
        2,
        "tls.ech.enc",
        "Enc",
        length_key="tls.ech.enc_length",
        note="The client's half of the HPKE key exchange; empty in the second hello after a HelloRetryRequest.",
        reference=reference,
    )
    opaque(
        cursor,
        2,
        "tls.ech.payload",
        "Payload",
        length_key="tls.ech.payload_length",
        note="The real ClientHello, encrypted; or noise of the same size (GREASE ECH).",
        reference=reference,
    )


def confirmation(cursor: Cursor) -> None:
    """ECHHelloRetryRequest (RFC 9849 section 5)."""
    cursor.raw(
        8,
        "tls.ech.confirmation",
        "Confirmation",
        note="Tells a client with the right key that the server opened its hello; noise to all others.",
        reference="RFC 9849 section 7.2.1",
    )


def retry_configs(cursor: Cursor) -> None:
    """ECHEncryptedExtensions (RFC 9849 section 5): keys for another try, since the hello's could not be used."""
    config_list(cursor)


def config_list(cursor: Cursor) -> None:
    """ECHConfigList (RFC 9849 section 4), as it stands in DNS too."""
    cursor.vector(
        2,
        "tls.ech.echconfiglist",
        "ECHConfigList",
        _configs,
        length_key="tls.ech.echconfiglist_length",
        note="The keys that the server takes encrypted hellos for, its favourite first.",
        reference="RFC 9849 section 4",
    )


def _configs(cursor: Cursor) -> None:
    while cursor.left:
        start = cursor.at
        size = 4 + int.from_bytes(cursor.data[start + 2 : min(start + 4, cursor.end)])
        cursor.group(
            min(cursor.left, size),
            "tls.ech.echconfig",
            "ECHConfig",
            _config,
            note="One public key of the server, and the name to show outside.",
            reference="RFC 9849 section 4",
        )
        if cursor.at < start + size:
            cursor.add(
                malformed(cursor.at, 0, f"ECHConfig says {size} bytes; {start + size - cursor.at} are not there")
            )


def _config(cursor: Cursor) -> None:
    version = cursor.number(
        2,
        "tls.ech.echconfig.version",
        "Version",
        text=lambda value: f"0x{value:04x}",
        note="0xfe0d is what RFC 9849 describes; others are skipped.",
        reference="RFC 9849 section 4",
    )
    cursor.number(2, "tls.ech.echconfig.length", "Length")
    if version != VERSION:
        rest("tls.ech.echconfig.contents", "Contents", note="Of another version.")(cursor)
        return
    _key_config(cursor)
    cursor.number(
        1,
        "tls.ech.echconfigcontents.maximum_name_length",
        "Maximum Name Length",
        note="How long the server's names get: clients pad theirs to it.",
        reference="RFC 9849 section 4",
    )
    opaque(
        cursor,
        1,
        "tls.ech.echconfigcontents.public_name",
        "Public Name",
        length_key="tls.ech.echconfigcontents.public_name_length",
        text=words,
        note="The server_name of the outer hello: what the network shall see.",
        reference="RFC 9849 section 4",
    )
    cursor.vector(
        2,
        "tls.ech.echconfigcontents.extensions",
        "Extensions",
        _extensions,
        length_key="tls.ech.echconfigcontents.extensions_length",
        reference="RFC 9849 section 4.2",
    )


def _extensions(cursor: Cursor) -> None:
    while cursor.left:
        cursor.number(
            2,
            "tls.ech.echconfigcontents.extension.type",
            "Type",
            text=lambda value: f"0x{value:04x}" + (" (mandatory)" if value & 0x8000 else ""),
            reference="RFC 9849 section 4.2",
        )
        opaque(
            cursor,
            2,
            "tls.ech.echconfigcontents.extension.data",
            "Data",
            length_key="tls.ech.echconfigcontents.extension.length",
        )


def _key_config(cursor: Cursor) -> None:
    """HpkeKeyConfig (RFC 9849 section 4)."""
    key, reference = "tls.ech.hpke.keyconfig", "RFC 9849 section 4"
    cursor.number(1, f"{key}.config_id", "Config Id", note="The number of this key.", reference=reference)
    cursor.number(
        2,
        f"{key}.kem_id",
        "KEM Id",
        names=KEM,
        note="How the secret for the hello is agreed on.",
        reference="RFC 9180 section 7.1",
    )
    opaque(
        cursor,
        2,
        f"{key}.public_key",
        "Public Key",
        length_key=f"{key}.public_key_length",
        note="What clients encrypt their hellos to.",
        reference=reference,
    )
    cursor.vector(
        2,
        f"{key}.cipher_suites",
        "Cipher Suites",
        _suites,
        length_key=f"{key}.cipher_suites_length",
        note="What clients may encrypt their hellos with.",
        reference=reference,
    )


def _suites(cursor: Cursor) -> None:
    while cursor.left:
        cursor.group(
            min(4, cursor.left),
            "tls.ech.hpke.keyconfig.cipher_suite",
            "Cipher Suite",
            _suite,
            reference="RFC 9849 section 4",
        )


def _suite(cursor: Cursor) -> None:
    """HpkeSymmetricCipherSuite (RFC 9849 section 4)."""
    cursor.number(
        2,
        "tls.ech.hpke.keyconfig.cipher_suite.kdf_id",
        "KDF Id",
        names=KDF,
        note="How the hello's key is derived.",
        reference="RFC 9180 section 7.2",
    )
    cursor.number(
        2,
        "tls.ech.hpke.keyconfig.cipher_suite.aead_id",
        "AEAD Id",
        names=AEAD,
        note="What the hello is encrypted with.",
        reference="RFC 9180 section 7.3",
    )


outer_extensions = listed(
    1,
    "tls.ech.outer_extensions",
    "Outer Extensions",
    each(
        2,
        "tls.ech.outer_extension",
        "Outer Extension",
        names=ExtensionType,
        note="The outer hello has it, with the same body.",
        reference="RFC 9849 section 5.1",
    ),
    reference="RFC 9849 section 5.1",
)
"""OuterExtensions (RFC 9849 section 5.1)."""
