"""Certificates and their proofs: what the captures do not have."""

from __future__ import annotations

import zlib
from datetime import datetime

import brotli
import pytest
import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.dissecting import check_tree, malformed_in, torture
from tlscope.wire.tls.compression import MAX_CERTIFICATE
from tlscope.wire.tls.messages import Context, dissect

TLS12, TLS13 = Context(0x0303, 0xC02F), Context(0x0304, 0x1301)
SECRET = ec.generate_private_key(ec.SECP256R1())
KEY = SECRET.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
NAME = x509.Name.from_rfc4514_string("CN=made.example")
CERTIFICATE = (
    x509.CertificateBuilder(NAME, NAME, SECRET.public_key(), 5, datetime(2026, 1, 1), datetime(2027, 1, 1))  # noqa: DTZ001 - UTC by contract
    .sign(SECRET, hashes.SHA256())
    .public_bytes(Encoding.DER)
)
OCSP = bytes.fromhex("30030a0106")
"""An OCSPResponse that says: unauthorized."""


def entry(content):
    return len(content).to_bytes(3) + content


BODY13 = b"\0" + entry(entry(CERTIFICATE) + b"\0\0")


def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3) + body


@pytest.mark.parametrize(("algorithm", "pack"), [(1, zlib.compress), (2, brotli.compress), (3, zstandard.compress)])
def test_a_compressed_certificate_is_dissected(algorithm, pack):
    """As the Certificate that it is; its fields point at all the compressed bytes."""
    packed = pack(BODY13)
    data = message(25, algorithm.to_bytes(2) + len(BODY13).to_bytes(3) + len(packed).to_bytes(3) + packed)
    tree = dissect(22, data, TLS13)
    check_tree(tree, data)
    found = tree.first("tls.handshake.certificate")
    assert (CERTIFICATE, len(data) - len(packed), len(packed)) == (found.value, found.start, found.length)
    assert [field.key for field in dissect(22, message(11, BODY13), TLS13).children[2:]] == [
        field.key for field in tree.first("tls.compress_certificate.compressed_certificate_message").children
    ]
    assert "CN=made.example" == found.text
    assert [] == malformed_in(tree)
    torture(lambda data: dissect(22, data, TLS13), data, cuts=100, flips=50)


def test_a_compressed_certificate_that_lies():
    """The reason stands in the tree, the compressed bytes too."""
    packed = zlib.compress(BODY13)
    data = message(25, b"\0\1\xff\xff\xff" + len(packed).to_bytes(3) + packed)
    tree = dissect(22, data, TLS13)
    assert ["16777215 bytes uncompressed; no more than 102400 are expanded"] == malformed_in(tree)
    assert packed == tree.first("tls.compress_certificate.compressed_certificate_message").value


def test_a_bomb_costs_no_more_than_its_bytes():
    """Nothing but the reason comes out of a few bytes that claim to be many certificates."""
    plain = b"\0" + entry(bytes(MAX_CERTIFICATE - 4))
    packed = zlib.compress(plain, 9)
    data = message(25, b"\0\1" + len(plain).to_bytes(3) + entry(packed))
    assert 20 > len(list(dissect(22, data, TLS13).walk()))


def test_raw_public_keys_of_tls_1_2():
    """One key, without a list (RFC 7250 section 3)."""
    context = Context(0x0303, 0xC02F, server_certificate_type=2)
    tree = torture(lambda data: dissect(22, data, context), message(11, entry(KEY)))
    assert ["Subject Public Key Info"] == [field.label for field in tree.all("tls.handshake.certificate")]
    assert [] == malformed_in(tree)


def test_extensions_of_a_certificate():
    """OCSP, timestamps, delegated credentials, for each certificate its own."""
    extensions = bytes.fromhex("0005 0009 01 000005") + OCSP
    both = 2 * (entry(CERTIFICATE) + len(extensions).to_bytes(2) + extensions)
    tree = torture(lambda data: dissect(22, data, TLS13), message(11, b"\0" + entry(both)), cuts=80, flips=40)
    assert [OCSP] * 2 == [field.value for field in tree.all("tls.handshake.ocsp_response")]
    assert [] == malformed_in(tree)


def test_no_certificate():
    """A client that has none says so."""
    tree = dissect(22, message(11, b"\0\0\0"), TLS12)
    assert "no certificate" in tree.first("tls.handshake.certificates").note
    assert [] == malformed_in(tree)


REQUESTS = {
    0x0301: bytes.fromhex("02 01 40 0004 0002 3000"),
    0x0303: bytes.fromhex("01 01 0002 0401 0000"),
    0x0304: bytes.fromhex("00 0008 000d 0004 0002 0403"),
}


@pytest.mark.parametrize("version", REQUESTS)
def test_requests_of_each_version(version):
    """Types, algorithms, authorities, as the version has them; and by their shape where it is unknown."""
    data = message(13, REQUESTS[version])
    tree = torture(lambda data: dissect(22, data, Context(version)), data)
    assert [] == malformed_in(tree)
    assert dissect(22, data) == tree
    assert (version >= 0x0303) == bool(tree.all("tls.handshake.sig_hash_alg"))
    assert (version < 0x0304) == bool(tree.all("tls.handshake.cert_type"))


def test_filters_and_authorities_of_a_request():
    """In TLS 1.3 they are extensions."""
    extensions = bytes.fromhex("002f 0006 0004 0002 3000 0030 000c 000a 05 0603551d0f 0002 0500")
    tree = dissect(22, message(13, b"\0" + len(extensions).to_bytes(2) + extensions), TLS13)
    assert b"\x30\0" == tree.first("tls.handshake.dname").value
    assert "2.5.29.15" == tree.first("tls.extension.oid_filters.oid").value
    assert [] == malformed_in(tree)


def test_finished_of_ssl_3():
    """Two hashes."""
    tree = dissect(22, message(20, bytes(36)), Context(0x0300))
    assert (16, 20) == (tree.first("tls.handshake.md5_hash").length, tree.first("tls.handshake.sha_hash").length)
    assert 36 == dissect(22, message(20, bytes(36)), TLS12).first("tls.handshake.verify_data").length


def test_certificate_urls():
    """Addresses and hashes (RFC 6066 section 5)."""
    body = b"\1" + b"\0\x1a" + b"\0\3a/b" + b"\1" + bytes(20)
    tree = torture(lambda data: dissect(22, data, TLS12), message(21, body))
    assert "a/b" == tree.first("tls.handshake.cert_url.url").value
    assert "pkipath (0x01)" == tree.first("tls.handshake.cert_url_type").text
    assert [] == malformed_in(tree)
