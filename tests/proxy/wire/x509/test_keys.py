"""Public keys and algorithms."""

from __future__ import annotations

import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, torture
from support.needs import needs
from support.vectors import vector
from tlscope.wire.asn1.oids import dotted, oid_name
from tlscope.wire.field import Cursor
from tlscope.wire.x509 import dissect
from tlscope.wire.x509.keys import CURVES, FIXED, Key, algorithm, key_of, public_key_info


def info(data):
    cursor = Cursor(data)
    cursor.guarded(public_key_info)
    return cursor.fields[0] if len(cursor.fields) == 1 else cursor.field("x", "X")


def spki(key):
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("curve", "name", "bits"),
    [
        (ec.SECP256R1(), "EC P-256", 256),
        (ec.SECP384R1(), "EC P-384", 384),
        (ec.SECP521R1(), "EC P-521", 521),
        (ec.SECP256K1(), "EC secp256k1", 256),
        (ec.BrainpoolP256R1(), "EC brainpoolP256r1", 256),
    ],
)
def test_elliptic_curves(curve, name, bits):
    """Curve and point."""
    key = ec.generate_private_key(curve)
    tree = info(spki(key))
    numbers = key.public_key().public_numbers()
    assert Key(name, bits) == key_of(tree)
    assert name == tree.text
    assert numbers.x == int.from_bytes(tree.first("x509af.ecPoint.x").value)
    assert numbers.y == int.from_bytes(tree.first("x509af.ecPoint.y").value)
    assert "uncompressed" == tree.first("x509af.ecPoint.form").text
    assert not malformed_in(tree)


def test_rsa():
    """Modulus and exponent."""
    key = rsa.generate_private_key(65537, 1024)
    tree = info(spki(key))
    assert Key("RSA 1024", 1024) == key_of(tree)
    assert key.public_key().public_numbers().n == int.from_bytes(tree.first("pkcs1.modulus").value)
    assert 65537 == tree.first("pkcs1.publicExponent").value
    assert "must ask for 2048" in tree.first("pkcs1.modulus").note


@pytest.mark.parametrize(
    ("kind", "name", "bits"),
    [
        (ed25519.Ed25519PrivateKey, "Ed25519", 256),
        (ed448.Ed448PrivateKey, "Ed448", 456),
        (x25519.X25519PrivateKey, "X25519", 256),
        (x448.X448PrivateKey, "X448", 448),
    ],
)
def test_edwards_and_montgomery(kind, name, bits):
    """The key is its octets."""
    key = kind.generate()
    tree = info(spki(key))
    assert Key(name, bits) == key_of(tree)
    assert key.public_key().public_bytes_raw() == tree.first("x509af.subjectPublicKey.octets").value
    assert not malformed_in(tree)


def test_dsa_and_diffie_hellman():
    """The prime says how large."""
    parameters = dsa.DSAParameterNumbers(p=2**1024 - 105, q=2**160 - 47, g=2)
    number = dsa.DSAPublicNumbers(4, parameters).public_key()
    tree = info(number.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert Key("DSA 1024", 1024) == key_of(tree)
    assert b"\4" == tree.first("x509af.subjectPublicKey.y").value
    prime = b"\x02\x81\x81\x00" + b"\xff" * 128
    parameters = sequence(prime + b"\x02\x01\x02")
    tree = info(
        sequence(sequence(bytes.fromhex("06092a864886f70d010301") + parameters) + bytes.fromhex("030400020104"))
    )
    assert b"\4" == tree.first("x509af.subjectPublicKey.y").value
    assert Key("DH 1024", 1024) == key_of(tree)


@pytest.mark.parametrize(("oid", "named"), sorted(FIXED.items()))
def test_keys_of_fixed_length(oid, named):
    """By their name; one octet more or less is malformed."""
    name, octets = named
    tree = info(made(oid, bytes(octets)))
    assert Key(name, 8 * octets) == key_of(tree)
    assert not malformed_in(tree)
    assert malformed_in(info(made(oid, bytes(octets + 1))))
    assert malformed_in(info(made(oid, bytes(octets - 1))))


def made(oid, key):
    """A SubjectPublicKeyInfo of an algorithm without parameters."""
    arcs = [int(arc) for arc in oid.split(".")]
    content = bytes([40 * arcs[0] + arcs[1]]) + b"".join(
        bytes([arc]) if arc < 128 else bytes([0x80 | arc >> 14, 0x80 | arc >> 7 & 0x7F, arc & 0x7F])[arc < 1 << 14 :]
        for arc in arcs[2:]
    )
    return sequence(
        sequence(b"\x06" + bytes([len(content)]) + content) + b"\x03\x82" + (len(key) + 1).to_bytes(2) + b"\0" + key
    )


def sequence(content):
    return b"\x30\x82" + len(content).to_bytes(2) + content


def test_a_curve_that_is_spelled_out_is_warned_of():
    """The trick of CVE-2020-0601."""
    tree = info(made_explicit())
    assert "CVE-2020-0601" in tree.first("pkcs1.specifiedCurve_element").note
    assert Key("EC explicit curve", 256) == key_of(tree)
    assert 1 == tree.first("pkcs1.cofactor").value
    assert not malformed_in(tree)


def made_explicit():
    prime = b"\x02\x21\x00" + b"\xff" * 32
    curve = sequence(b"\x04\x01\x01\x04\x01\x02")
    parameters = sequence(
        b"\x02\x01\x01"
        + sequence(b"\x06\x07\x2a\x86\x48\xce\x3d\x01\x01" + prime)
        + curve
        + b"\x04\x01\x03"
        + prime
        + b"\x02\x01\x01"
    )
    return sequence(sequence(b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01" + parameters) + b"\x03\x02\x00\x02")


def test_pss_parameters():
    """Hash, mask and salt."""
    tree = dissect(vector("custom/rsa_pss_cert.pem"))
    outer = tree.first("x509af.algorithmIdentifier_element")
    assert "RSASSA-PSS" == outer.text
    assert "id-sha256" == outer.first("pkcs1.hashAlgorithm_element").text
    assert "id-mgf1" == outer.first("pkcs1.maskGenAlgorithm_element").text
    assert isinstance(outer.first("pkcs1.saltLength").value, int)


def test_whatever_is_done_to_a_key():
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    torture(info, spki(ec.generate_private_key(ec.SECP256R1())))
    torture(info, made_explicit())


def test_an_unknown_key_is_shown_raw():
    """By its numbers."""
    tree = info(made("1.2.3.4", b"abc"))
    assert Key("1.2.3.4", 0) == key_of(tree)
    assert b"abc" == tree.first("x509af.subjectPublicKey.octets").value


@given(st.binary(max_size=100))
def test_any_bytes(data):
    """A tree."""
    check_tree(info(data), data)


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("300d 06092a864886f70d01010b 0500", ""),
        ("300b 06092a864886f70d01010b", "must be NULL"),
        ("300e 06092a864886f70d01010b 020101", "must be NULL"),
        ("300a 06082a8648ce3d040302", ""),
        ("300c 06082a8648ce3d040302 0500", "RFC 5758"),
        ("3007 06032b6570 0500", "RFC 8410"),
        ("300d 0609608648016503040312 0500", "RFC 9881"),
        ("300d 0609608648016503040201 0500", ""),  # SHA-256: both are right (RFC 4055 section 2.1)
    ],
)
def test_parameters_that_leave_no_choice(identifier, words):
    """NULL, or none: who compares bytes refuses what is written in another way."""
    cursor = Cursor(bytes.fromhex(identifier))
    note = algorithm(cursor, "x", "X").note
    assert words in note
    assert bool(words) == bool(note)


@pytest.mark.parametrize("name", [name for name, _bits in CURVES.values() if name.startswith("brainpool")])
def test_curves_of_brainpool(name):
    """Are those that OpenSSL calls so (RFC 5639), with the bits that their names have."""
    command = [needs("openssl"), "ecparam", "-name", name, "-outform", "DER"]
    oid = dotted(subprocess.run(command, capture_output=True, check=True).stdout[2:])
    assert (name, int(name[10:13])) == CURVES[oid]
    assert name == oid_name(oid)
