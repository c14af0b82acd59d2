"""Bodies that say who somebody is; the rest is held against Wireshark in test_messages.py."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.dissecting import malformed_in, torture
from tlscope.wire.field import Cursor
from tlscope.wire.tls import identities

KEY = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def dissect(parse, data):
    cursor = Cursor(data)
    cursor.guarded(parse)
    return cursor.field("x", "X")


@pytest.mark.parametrize(
    ("parse", "data", "key", "texts"),
    [
        ("server_names", "0009 00 0003 666f6f 05 0000", "extensions_server_name", ["foo", "empty"]),
        ("server_names", "", "extensions_server_name", []),
        ("status_request", "01 0004 0002 abcd 0001 ee", "_responder_id", ["abcd"]),
        ("status_request", "", "_type", []),
        (
            "status_request_v2",
            "000e 02 0004 0000 0000 01 0004 0000 0000",
            "_type",
            ["ocsp_multi (0x02)", "ocsp (0x01)"],
        ),
        ("certificate_types", "02 02 00", ".type", ["RawPublicKey (0x02)", "X509 (0x00)"]),
        ("certificate_type", "02", ".type", ["RawPublicKey (0x02)"]),
        ("trusted_cas", "0016 00 01 " + "ab" * 20, ".type", ["pre_agreed (0x00)", "key_sha1_hash (0x01)"]),
        ("cached_objects", "0004 01 02 abcd", ".hash", ["abcd"]),
        ("cached_types", "0001 02", ".type", ["cert_req (0x02)"]),
        ("dnssec_port", "01bb", ".port", ["443"]),
        ("dnssec_chain", "0018 abcd", "_chain", ["abcd"]),
        ("delegated_schemes", "0002 0403", "sig_hash_alg", ["ecdsa_secp256r1_sha256 (0x0403)"]),
        ("oid_filters", "000a 05 0603551d0f 0002 abcd", ".oid", ["2.5.29.15"]),
    ],
)
def test_bodies(parse, data, key, texts):
    """What stands in each, by name; whole, cut and changed."""
    data = bytes.fromhex(data)
    tree = torture(lambda data: dissect(getattr(identities, parse), data), data, flips=50)
    assert [] == malformed_in(tree)
    assert texts == [field.text for field in tree.walk() if field.key.endswith(key)]


def test_delegated_credentials():
    """Validity, algorithm, key, signature (RFC 9345 section 4)."""
    data = bytes.fromhex("00015180 0403") + len(KEY).to_bytes(3) + KEY + bytes.fromhex("0804 0002 abcd")
    tree = torture(lambda data: dissect(identities.delegated_credential, data), data)
    assert [] == malformed_in(tree)
    assert (86400, KEY, b"\xab\xcd") == tuple(
        tree.first(f"tls.handshake.cred.{key}").value for key in ("valid_time", "pubkey", "signature")
    )


def test_many_ocsp_responses():
    """One for each certificate, some empty (RFC 6961 section 2.2)."""
    tree = dissect(identities.certificate_status, bytes.fromhex("02 00000b 000000 000005 30030a0106"))
    assert [] == malformed_in(tree)
    assert [b"", bytes.fromhex("30030a0106")] == [field.value for field in tree.all("tls.handshake.ocsp_response")]
    assert 6 == tree.first("ocsp.responseStatus").value


@pytest.mark.parametrize("dotted", ["2.5.29.15", "1.3.6.1.5.5.7.1.24", "0.9.2342", "2.999.1", "1.2.840.113549.1.1.11"])
def test_object_identifiers(dotted):
    """As cryptography writes them in a certificate's extension."""
    unrecognized = x509.UnrecognizedExtension(x509.ObjectIdentifier(dotted), b"")
    assert dotted == unrecognized.oid.dotted_string
    first, second, *others = (int(arc) for arc in dotted.split("."))
    body = b"".join(base128(arc) for arc in (40 * first + second, *others))
    assert dotted == identities.object_identifier(b"\6" + bytes([len(body)]) + body)


def base128(arc):
    made = [arc & 0x7F]
    while arc := arc >> 7:
        made.append(arc & 0x7F | 0x80)
    return bytes(reversed(made))


@pytest.mark.parametrize("der", ["", "06", "0600", "0501", "060180", "06022a", "0602aa80"])
def test_what_is_no_object_identifier(der):
    """Hex."""
    assert der == identities.object_identifier(bytes.fromhex(der))


def test_generic_bodies():
    """An opaque vector, or a list of bytes, by the name of their extension."""
    tree = dissect(identities.named_opaque(1, "pwd_clear", "Name", "r"), b"\2me")
    assert b"me" == tree.first("tls.handshake.extensions.pwd_clear").value
    tree = dissect(identities.byte_list("authz_format", "F", "r"), b"\2\0\1")
    assert [0, 1] == [field.value for field in tree.all("tls.handshake.extensions.authz_format")]
