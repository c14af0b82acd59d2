"""Bodies that say who somebody is; the rest is held against Wireshark in test_messages.py."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.dissecting import dissect, malformed_in, texts_of, torture
from tlscope.wire.tls import identities

KEY = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("parse", "data", "key", "texts"),
    [
        ("server_names", "0009 00 0003 666f6f 05 0000", "extensions_server_name", ["foo", "empty"]),
        ("server_names", "", "extensions_server_name", []),
        ("certificate_types", "02 02 00", ".type", ["RawPublicKey (0x02)", "X509 (0x00)"]),
        ("certificate_type", "02", ".type", ["RawPublicKey (0x02)"]),
        ("trusted_cas", "0016 00 01 " + "ab" * 20, ".type", ["pre_agreed (0x00)", "key_sha1_hash (0x01)"]),
        ("trusted_cas", "0003 09 abcd", ".undecoded", ["abcd"]),
        ("oid_filters", "000c 05 0603551d0f 0004 03020780", ".oid", ["2.5.29.15"]),
        ("trust_anchors", "0000", ".trust_anchor", []),
        ("trust_anchors", "", ".trust_anchor", []),
        ("trust_anchors", "0005 04 83fd 5903", ".trust_anchor", ["83fd5903"]),
    ],
)
def test_bodies(parse, data, key, texts):
    """What stands in each, by name; whole, cut and changed."""
    assert texts == texts_of(getattr(identities, parse), bytes.fromhex(data), key)


def test_delegated_credentials():
    """Validity, algorithm, key, signature (RFC 9345 section 4)."""
    data = bytes.fromhex("00015180 0403") + len(KEY).to_bytes(3) + KEY + bytes.fromhex("0804 0002 abcd")
    tree = torture(lambda data: dissect(identities.delegated_credential, data), data)
    assert [] == malformed_in(tree)
    assert (86400, KEY, b"\xab\xcd") == tuple(
        tree.first(f"tls.handshake.cred.{key}").value for key in ("valid_time", "pubkey", "signature")
    )
    assert ["Expected CertificateVerify Algorithm", "Signature Algorithm"] == [
        field.label for field in tree.all("tls.handshake.sig_hash_alg")
    ]


@pytest.mark.parametrize("der", ["06", "0600", "0501", "060180", "06022a", "0602aa80"])
def test_what_is_no_object_identifier(der):
    """Stays hex, and is malformed."""
    oid = bytes.fromhex(der)
    body = bytes([len(oid)]) + oid + b"\0\2\5\0"
    tree = dissect(identities.oid_filters, len(body).to_bytes(2) + body)
    assert der == tree.first("tls.extension.oid_filters.oid").value
    assert malformed_in(tree)
