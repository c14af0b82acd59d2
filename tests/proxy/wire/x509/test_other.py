"""The extensions of everybody but RFC 5280."""

from __future__ import annotations

from base64 import b64decode

import pytest

from support.dissecting import malformed_in, torture
from support.vectors import vector
from tlscope.wire.field import Cursor
from tlscope.wire.x509 import dissect
from tlscope.wire.x509.other import OTHER


def within(oid, data):
    cursor = Cursor(data)
    cursor.guarded(OTHER[oid].parse)
    return cursor.field("x", "X")


def hexadecimal(text):
    return bytes.fromhex(text.replace(" ", ""))


@pytest.mark.parametrize(
    ("oid", "data", "key", "value"),
    [
        ("1.3.6.1.5.5.7.1.24", "3003 020105", "pkix1explicit.Features_item", 5),
        ("1.3.6.1.4.1.11129.2.4.3", "0500", "ber.null_tag", None),
        ("1.3.6.1.5.5.7.1.31", "0402 abcd", "x509ce.acmeIdentifier", b"\xab\xcd"),
        ("2.16.840.1.113730.1.1", "0302 0640", "ns.cert.exts.CertType.ssl.server", True),
        ("2.16.840.1.113730.1.13", "1602 6869", "ns_cert_exts.Comment", "hi"),
        ("1.3.6.1.4.1.311.20.2", "1e04 00440043", "x509ce.enrollCertType", "DC"),
        ("1.3.6.1.4.1.311.21.1", "0201 02", "x509ce.cAKeyCertIndexPair", 2),
        ("1.3.6.1.4.1.311.21.7", "3008 06032a0304 020164", "x509ce.templateMajorVersion", 100),
        ("1.3.6.1.4.1.311.21.10", "3007 3005 06032a0304", "x509ce.policyIdentifier", "1.2.3.4"),
        ("1.2.840.113533.7.65.0", "300a 1b0456372e31 03020780", "x509ce.entrustVers", "V7.1"),
        ("1.3.6.1.5.5.7.1.3", "300a 3008 0606 04008e460101", "pkixqualified.statementId", "0.4.0.1862.1.1"),
        (
            "1.3.6.1.5.5.7.1.3",
            "3010 300e 0608 2b06010505070b02 3002 3000",
            "pkixqualified.SemanticsInformation_element",
            None,
        ),
        ("2.23.140.3.1", "3010 1303 564154 1302 4445 0c05 31323334 35", "x509ce.registrationReference", "12345"),
        ("1.2.840.113549.1.9.15", "300d 300b 0609 2a864886f70d010701", "x509af.algorithm.id", "1.2.840.113549.1.7.1"),
        ("2.5.29.73", "3005 06032b6570", "x509af.algorithm.id", "1.3.101.112"),
        ("2.5.29.74", "0303 00abcd", "x509ce.AltSignatureValue", b"\xab\xcd"),
        ("1.3.6.1.4.1.44363.44", "0500", "ber.null_tag", None),
    ],
)
def test_what_each_holds(oid, data, key, value):
    """By its key; nothing is malformed, and whatever is done to it, a tree comes of it."""
    data = hexadecimal(data)
    tree = within(oid, data)
    assert value == tree.first(key).value
    assert [] == malformed_in(tree)
    torture(lambda broken: within(oid, broken), data, flips=50)


def test_must_staple_is_named():
    """By the TLS extension that it promises."""
    tree = dissect(vector("tls-feature-ocsp-staple.pem"))
    found = next(field for field in tree.all("x509af.Extension_element") if field.value == "1.3.6.1.5.5.7.1.24")
    assert "tlsfeature: status_request (0x0005)" == found.text
    assert "must-staple" in found.note


def test_timestamps_are_counted():
    """And read, in their own syntax."""
    tree = dissect(vector("cryptography-scts.pem"))
    found = next(field for field in tree.all("x509af.Extension_element") if field.value == "1.3.6.1.4.1.11129.2.4.2")
    assert "SignedCertificateTimestampList: 2 SCTs" == found.text
    assert 2 == len(found.all("tls.sct.sct_logid"))


def test_the_operators_of_logs_are_named():
    """Each once: browsers want two of them."""
    sct = b"\0" + b64decode("1219ENGn9XfCx+lf1wC/+YLJM1pl4dCzAXMXwMjFaXc=") + bytes(10) + b"\4\3\0\0"
    other = b"\0" + b64decode("bP5QGUOoXqkWvFLRM+TcyR7xQRx9JYQg0XOAnhgY6zo=") + bytes(10) + b"\4\3\0\0"
    listed = b"".join(len(each).to_bytes(2) + each for each in (sct, sct, other))
    listed = len(listed).to_bytes(2) + listed
    tree = within("1.3.6.1.4.1.11129.2.4.2", b"\x04\x81" + bytes((len(listed),)) + listed)
    assert "3 SCTs (Google, Let's Encrypt)" == tree.children[0].text


def test_a_precertificate_is_told():
    """By its poison."""
    tree = dissect(vector("cryptography.io.precert.pem"))
    found = next(field for field in tree.all("x509af.Extension_element") if field.value == "1.3.6.1.4.1.11129.2.4.3")
    assert "precertificatePoison (critical): NULL" == found.text


def test_a_qualified_statement_is_named():
    """Without its prefix."""
    tree = within("1.3.6.1.5.5.7.1.3", hexadecimal("300a 3008 0606 04008e460101"))
    assert "QcCompliance" == tree.first("pkixqualified.QCStatement_element").text


def test_an_organization_is_one_line():
    """Scheme, country, number."""
    tree = within("2.23.140.3.1", hexadecimal("3010 1303 564154 1302 4445 0c05 31323334 35"))
    assert "VAT DE 12345" == tree.first("x509ce.CABFOrganizationIdentifier_element").text
