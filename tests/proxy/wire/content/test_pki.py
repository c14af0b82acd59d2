"""Certificates, OCSP and PEM as bodies."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from support.tls_pairs import certificate, key
from support.vectors import vector
from tlscope.wire.content import describe, pki
from tlscope.wire.content.reading import Kind

LEAF = vector("cryptography-scts.pem")
READ = x509.load_der_x509_certificate(LEAF)
PEM = READ.public_bytes(Encoding.PEM)


def request():
    """An OCSP request as a client posts it."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(READ, READ, hashes.SHA256())
    return builder.build().public_bytes(Encoding.DER)


def test_a_request_for_ocsp():
    """Says which certificate is asked about."""
    found = describe("application/ocsp-request", request())
    assert (Kind.OCSP, "") == (found.kind, found.problem)
    assert READ.serial_number == int.from_bytes(found.tree.first("ocsp.serialNumber").value)
    assert "issuerNameHash" in found.text


def test_a_response_of_ocsp():
    """Says what it says in a handshake."""
    builder = ocsp.OCSPResponseBuilder().build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    found = describe("application/ocsp-response", builder.public_bytes(Encoding.DER))
    assert "OCSP response, unauthorized (6)" == found.summary


@pytest.mark.parametrize("media_type", ["application/pkix-cert", "application/x-x509-ca-cert"])
@pytest.mark.parametrize("data", [LEAF, PEM])
def test_a_certificate(media_type, data):
    """In DER, as caIssuers has it, or in PEM in its place."""
    found = describe(media_type, data)
    assert (Kind.CERTIFICATE, "") == (found.kind, found.problem)
    assert READ.serial_number == int.from_bytes(found.tree.first("x509af.serialNumber").value)
    assert f"{READ.subject.rfc4514_string()}" in found.summary


def test_a_chain_in_pem():
    """Each block is a field where it lies, with the certificate within it; what lies between is kept."""
    data = b"first\n" + PEM + b"second\n" + PEM + b"rest"
    found = describe("application/pem-certificate-chain", data)
    assert (Kind.CERTIFICATE, "") == (found.kind, found.problem)
    check_tree(found.tree, data)
    blocks = found.tree.all("pem.block")
    assert [6, data.rindex(b"-----BEGIN")] == [block.start for block in blocks]
    assert all(block.first("x509af.serialNumber") for block in blocks)
    assert ["first\n", "\nsecond\n", "\nrest"] == [field.value for field in found.tree.all("pem.text")]
    assert data.decode() == found.text


def test_a_private_key_stays_closed():
    """Its block is named; nothing in it is shown as a field."""
    data = b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(LEAF) + b"\n-----END PRIVATE KEY-----\n"
    found = describe("", data)
    assert ("private key", ()) == (found.tree.first("pem.block").text, found.tree.first("pem.block").children)
    assert "PEM, 1 block: private key" == found.summary


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (PEM[:500], "ends early"),
        (b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----", "at byte 0"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "ends early"),
        (b"-----BEGIN ", "no PEM block"),
    ],
)
def test_pem_that_is_broken(data, words):
    """Says so, and is shown."""
    found = describe("application/x-pem-file", data)
    assert words in found.problem
    assert data.decode() == found.text
    check_tree(found.tree, data)


def test_what_is_no_der():
    """Is hex, and said to be mislabelled; so is what is too long to be taken apart, without a fault."""
    found = describe("application/pkix-cert", b"\xff\xfe\x01")
    assert "no DER" in found.problem
    assert "ff fe 01" in found.text
    size = pki.MAX_DER + 1
    found = describe("application/pkix-crl", b"\x30\x83" + size.to_bytes(3) + bytes(size))
    assert "" == found.problem
    assert "certificate revocation list, 65,542 bytes" == found.summary


def test_other_der():
    """Is shown by its own tags: a request for a certificate, a list of revoked ones, whatever ends in +der."""
    made = x509.CertificateSigningRequestBuilder().subject_name(READ.subject).sign(key("ec"), hashes.SHA256())
    found = describe("application/pkcs10", made.public_bytes(Encoding.DER))
    assert (Kind.ASN1, "PKCS #10 request", "") == (found.kind, found.summary, found.problem)
    assert "commonName" in found.text
    assert Kind.ASN1 == describe("application/example+der", b"\x30\x00").kind


@pytest.mark.parametrize("media_type", ["application/pkix-cert", "application/ocsp-request"])
def test_whatever_is_done_to_it(media_type):
    """A tree, always."""
    data = {"application/ocsp-request": request()}.get(media_type, LEAF)
    torture(lambda broken: describe(media_type, broken).tree, data, cuts=60, flips=60)


def test_time_is_linear():
    """Twice the blocks, twice the steps; twice the beginnings of blocks, too."""
    small = certificate("ec").public_bytes(Encoding.PEM)
    for unit in (small, b"-----BEGIN X-----\n"):
        one, two = (steps(describe, "application/x-pem-file", unit * count) for count in (5, 10))
        assert two < 2.2 * one


@given(st.sampled_from([*pki.READERS, *pki.PEM]), st.binary(max_size=200))
def test_any_bytes(media_type, data):
    """A tree."""
    for body in (data, b"\x30" + data, b"-----BEGIN CERTIFICATE-----" + data, base64.b64encode(data)):
        found = describe(media_type, body)
        check_tree(found.tree, body)
        assert malformed_in(found.tree) == [] or found.problem
