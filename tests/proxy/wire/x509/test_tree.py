"""Certificates as trees of fields."""

from __future__ import annotations

import struct
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from support.needs import needs
from support.vectors import certificates, vector
from tlscope.wire.field import Cursor
from tlscope.wire.x509 import certificate, dissect
from tlscope.wire.x509.tree import moment

PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_every_vector(part):
    """Is a whole tree; nothing raises."""
    for _name, der in certificates()[part::PARTS]:
        check_tree(dissect(der), der)


def test_those_of_the_path_validation_suite_are_well_formed():
    """NIST's PKITS tests paths, not encodings: nothing in it is malformed."""
    found = [(name, malformed_in(dissect(der))) for name, der in certificates() if "PKITS" in name]
    assert len(found) > 300
    assert [] == [one for one in found if one[1]]


@pytest.mark.parametrize(
    "name",
    [
        "cryptography-scts.pem",
        "custom/all_supported_names.pem",
        "ee-pss-sha1-cert.pem",
        "custom/nc_permitted_excluded.pem",
    ],
)
def test_whatever_is_done_to_it(name):
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    torture(dissect, vector(name), cuts=60, flips=60)


def test_offsets_are_those_of_what_encloses_it():
    """A certificate within a message is the same tree, shifted."""
    der = vector("cryptography-scts.pem")
    alone = dissect(der)
    cursor = Cursor(b"before" + len(der).to_bytes(3) + der, 6)
    inside = cursor.vector(3, "tls.handshake.certificate", "Certificate", certificate)
    shifted = [(field.key, field.value, field.start - 9, field.length) for field in inside.children[0].walk()]
    assert [(field.key, field.value, field.start, field.length) for field in alone.walk()] == shifted


def test_the_parts_of_a_certificate():
    """Each with its bytes, its value, what it is for and where that is written."""
    der = vector("cryptography-scts.pem")
    tree = dissect(der)
    assert ("x509af.Certificate_element", 0, len(der)) == (tree.key, tree.start, tree.length)
    assert [
        "x509af.signedCertificate_element",
        "x509af.algorithmIdentifier_element",
        "x509af.encrypted",
    ] == [part.key for part in tree.children]
    assert [
        "x509af.version",
        "x509af.serialNumber",
        "x509af.signature_element",
        "x509af.issuer",
        "x509af.validity_element",
        "x509af.subject",
        "x509af.subjectPublicKeyInfo_element",
        "x509af.extensions",
    ] == [part.key for part in tree.children[0].children]
    before = tree.first("x509af.notBefore")
    assert (1537991793, "2018-09-26 19:56:33 UTC") == (before.value, before.text)
    assert "180926195633Z" == before.children[0].value
    assert "90 days" == tree.first("x509af.validity_element").text
    assert tree.first("x509af.serialNumber").note.startswith("The issuer's number")
    assert "RFC 5280 section 4.1.2.2" == tree.first("x509af.serialNumber").reference


@pytest.mark.parametrize(
    ("name", "key", "words"),
    [
        ("custom/negative_serial.pem", "x509af.serialNumber", "negative"),
        ("custom/invalid_version.pem", "x509af.version", "no such version"),
        ("custom/bad_country.pem", "x509sat.CountryName", "two capital letters"),
        ("custom/two_basic_constraints.pem", "x509af.Extension_element", "twice"),
    ],
)
def test_what_is_odd_is_said_in_the_note(name, key, words):
    """And is no reason to stop."""
    tree = dissect(vector(name))
    assert any(words in field.note for field in tree.all(key))
    assert [] == malformed_in(tree)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"\x00", "It is zero, which RFC 5280 section 4.1.2.2 forbids."),
        (b"\x01" * 21, "It has 21 octets; 20 are allowed."),
        (b"\x01" * 20, "name it by that."),
    ],
)
def test_serial_numbers_out_of_bounds_are_noted(octets, words):
    """Neither zero nor longer than 20 octets (RFC 5280 section 4.1.2.2)."""
    signed = b"\x02" + bytes([len(octets)]) + octets
    signed = b"\x30" + bytes([len(signed)]) + signed
    field = dissect(b"\x30" + bytes([len(signed)]) + signed).first("x509af.serialNumber")
    assert octets == field.value
    assert field.note.endswith(words)


@pytest.mark.parametrize(
    ("tag", "written", "words"),
    [
        (b"\x18", b"20491231235959Z", "Through 2049 a time must be a UTCTime"),
        (b"\x18", b"20500101000000Z", ""),
        (b"\x18", b"99991231235959Z", "no well-defined end"),
        (b"\x17", b"491231235959Z", ""),
        (b"\x17", b"4912312359Z", "Not DER"),
    ],
)
def test_the_form_of_a_time_goes_by_its_year(tag, written, words):
    """UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5)."""
    cursor = Cursor(tag + bytes([len(written)]) + written)
    field = moment(cursor, "x509af.notAfter", "notAfter")
    assert isinstance(field.value, int)
    assert (words in field.note) if words else "" == field.note
    assert [(written.decode(), 2)] == [(inside.value, inside.start) for inside in field.children]


def test_what_is_no_time_is_malformed_and_the_rest_is_shown():
    """With where and why."""
    tree = dissect(vector("badasn1time.pem"))
    assert ["no UTCTime"] == malformed_in(tree)
    assert tree.first("x509af.notBefore").value is None or tree.first("x509af.notAfter").value is None
    assert tree.first("x509af.extensions") is not None


def test_a_certificate_with_junk_behind():
    """Is a certificate, and the junk is malformed."""
    der = vector("cryptography-scts.pem")
    tree = dissect(der + b"junk")
    assert "CN=cryptography.io" == tree.children[0].text
    assert ["4 bytes too many"] == malformed_in(tree)


def test_nested_bombs_end():
    """However deep the bytes nest, in an extension or all over, and whatever the lengths say."""
    for bomb in (b"\x30\x80" * 50_000, b"\xa0\x84\xff\xff\xff\xff" * 10_000, b"\x30\x83\x01\x00\x00" * 10_000):
        check_tree(dissect(bomb), bomb)
    deep = b""
    for _ in range(200):
        deep = b"\x30" + (bytes([len(deep)]) if len(deep) < 128 else b"\x82" + len(deep).to_bytes(2)) + deep
    assert any("nested deeper" in reason for reason in malformed_in(dissect(b"\x30\x82\x03\x00" + deep)))


def test_time_is_linear():
    """Twice the names, twice the steps; of any element."""

    def many(count):
        names = b"".join(b"\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03abc" for _ in range(count))
        issuer = b"\x30\x83" + len(names).to_bytes(3) + names
        signed = b"\x02\x01\x01\x30\x03\x06\x01\x2a" + issuer
        return b"\x30\x83" + (len(signed) + 5).to_bytes(3) + b"\x30\x83" + len(signed).to_bytes(3) + signed

    one, two = (steps(dissect, many(count)) for count in (500, 1000))
    assert two < 2.1 * one
    one, two = (steps(dissect, b"\x30\x83\x10\x00\x00" + b"\x05\x00" * count) for count in (2000, 4000))
    assert two < 2.1 * one


TOGETHER = (
    "x509af.serialNumber",
    "x509af.algorithm.id",
    "x509af.extension.id",
    "x509ce.dNSName",
    "x509ce.rfc822Name",
    "x509ce.uniformResourceIdentifier",
    "x509ce.registeredID",
    "x509ce.keyIdentifier",
    "x509ce.SubjectKeyIdentifier",
    "x509ce.KeyPurposeId",
    "x509ce.policyIdentifier",
    "x509ce.KeyUsage.digitalSignature",
    "x509ce.KeyUsage.keyCertSign",
    "x509ce.cA",
    "x509ce.pathLenConstraint",
    "x509ce.IPAddress.ipv4",
    "x509ce.requireExplicitPolicy",
    "x509if.oid",
    "x509sat.CountryName",
    "x509sat.printableString",
    "x509sat.uTF8String",
    "pkix1implicit.accessMethod",
    "pkix1explicit.Features_item",
    "pkcs1.modulus",
    "pkcs1.publicExponent",
    "pkcs1.namedCurve",
    "tls.sct.sct_logid",
    "tls.sct.sct_signature",
)
"""Fields that both have, with a value that can be compared."""


def values(field):
    """A field's value as tshark prints it with -T fields."""
    if isinstance(field.value, bool):
        return "1" if field.value else "0"
    return field.value.hex() if isinstance(field.value, bytes) else str(field.value)


@pytest.mark.parametrize(
    "name",
    [
        "cryptography-scts.pem",
        "cryptography.io.pem",
        "custom/all_supported_names.pem",
        "custom/san_email_dns_ip_dirname_uri.pem",
        "custom/nc_permitted_excluded.pem",
        "custom/cdp_fullname_reasons_crl_issuer.pem",
        "custom/policy_constraints_explicit.pem",
        "custom/bc_path_length_zero.pem",
        "ecdsa_root.pem",
        "tls-feature-ocsp-staple.pem",
    ],
)
def test_values_are_those_that_tshark_reads(name, tmp_path):
    """The same fields as often, with the same values in the same order."""
    der = vector(name)
    (tmp_path / "x.pcap").write_bytes(captured(der))
    options = [word for key in TOGETHER for word in ("-e", key)]
    command = [needs("tshark"), "-r", str(tmp_path / "x.pcap"), "-T", "fields", "-E", "aggregator=\x1f", *options]
    line = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rstrip("\n")
    theirs = dict(zip(TOGETHER, line.split("\t"), strict=True))
    tree = dissect(der)
    ours = {key: "\x1f".join(values(field) for field in tree.all(key)) for key in TOGETHER}
    assert theirs == ours
    assert len([key for key in TOGETHER if ours[key]]) > 6


def captured(der):
    """A packet with a Certificate message (RFC 5246 section 7.4.2) that tshark takes for TLS."""
    listed = len(der).to_bytes(3) + der
    body = len(listed).to_bytes(3) + listed
    message = b"\x0b" + len(body).to_bytes(3) + body
    record = b"\x16\x03\x03" + len(message).to_bytes(2) + message
    tcp = struct.pack(">HHIIBBHHH", 443, 40000, 1, 1, 0x50, 0x18, 65535, 0, 0) + record
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, 0x7F000001, 0x7F000002) + tcp
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
    return head + struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip


@given(st.binary(max_size=200))
def test_any_bytes(data):
    """A tree."""
    check_tree(dissect(data), data)


KEYS = "x509af. x509ce. x509if. x509sat. pkcs1. pkix1implicit. pkix1explicit. ns_cert_exts. tls.sct. ber."


def test_keys_are_wiresharks():
    """Those under Wireshark's names are fields that tshark has, but for a few where it has none."""
    listed = subprocess.run([needs("tshark"), "-G", "fields"], capture_output=True, text=True, check=True).stdout
    known = {line.split("\t")[2] for line in listed.splitlines() if line.startswith("F\t")}
    used = {field.key for _name, der in certificates()[::3] for field in dissect(der).walk()}
    ours = {key for key in used if key.startswith(tuple(KEYS.split())) and key not in known}
    assert OWN >= ours


OWN = {
    "ber.unknown.NULL",
    "ber.unknown.SEQUENCE",
    "ber.unknown.SET",
    "ber.unknown.constructed",
    "ns_cert_exts.CertType.reserved",
    "pkcs1.RSAPublicKey_element",
    "tls.sct.scts",
    "tls.sct.sct_signature_element",
    "tls.sct.unknown",
    "x509af.ecPoint.form",
    "x509af.ecPoint.x",
    "x509af.ecPoint.y",
    "x509af.subjectPublicKey.octets",
    "x509af.subjectPublicKey.y",
    "x509ce.SignedCertificateTimestampList",
    "x509ce.cAKeyCertIndexPair",
    "x509ce.certSrvPreviousCertHash",
    "x509ce.enrollCertType",
    "x509ce.onlyContainsAttributeCerts",
    "x509sat.DirectoryString",
}
"""Where Wireshark shows something without a field, or does not dissect it."""


def test_the_two_algorithms_must_be_the_same():
    """RFC 5280 section 4.1.1.2: a verifier that looks at one of them only can be deceived."""
    odd = dissect(vector("custom/mismatch_inner_outer_sig_algorithm.der")).all("x509af.algorithmIdentifier_element")[0]
    assert "must refuse" in odd.note
    fine = dissect(vector("cryptography-scts.pem")).all("x509af.algorithmIdentifier_element")[0]
    assert "must refuse" not in fine.note


def test_a_time_behind_a_long_length():
    """No DER; what is written is the time alone all the same."""
    cursor = Cursor(bytes.fromhex("17 81 0d") + b"260131120000Z")
    field = moment(cursor, "x509af.notBefore", "notBefore")
    assert ("260131120000Z", 3) == (field.children[0].value, field.children[0].start)
    assert "Not DER" in field.note
