"""Where one learns that a certificate is revoked, and why."""

from __future__ import annotations

import pytest

from support.dissecting import malformed_in, torture
from support.vectors import vector
from tlscope.wire.field import Cursor
from tlscope.wire.x509 import dissect
from tlscope.wire.x509.revocation import CRL_REASONS, REASONS, issuing_point
from tlscope.wire.x509.standard import STANDARD


def within(oid, data):
    cursor = Cursor(data)
    cursor.guarded(STANDARD[oid].parse)
    return cursor.field("x", "X")


def test_reasons():
    """By name; others by number."""
    assert "keyCompromise (1)" == within("2.5.29.21", b"\x0a\x01\x01").first("x509ce.CRLReason").text
    assert "99" == within("2.5.29.21", b"\x0a\x01\x63").first("x509ce.CRLReason").text
    assert "aACompromise" == CRL_REASONS[10]


def test_distribution_points():
    """Names, the reasons that the list is for, and who issues it."""
    tree = dissect(vector("custom/cdp_fullname_reasons_crl_issuer.pem"))
    assert "http://myhost.com/myca.crl" == tree.first("x509ce.uniformResourceIdentifier").value
    assert "keyCompromise, cACompromise" == tree.first("x509ce.reasons").text
    assert tree.first("x509ce.cRLIssuer").children
    tree = dissect(vector("custom/cdp_all_reasons.pem"))
    assert ", ".join(REASONS[1:]) == tree.first("x509ce.reasons").text


def test_what_a_list_covers():
    """Flags by their tags; some reasons; a name within a name."""
    cursor = Cursor(bytes.fromhex("3010 a006 a004 8202 6161 8101ff 8303 0205 a0".replace(" ", "")))
    cursor.guarded(issuing_point)
    tree = cursor.field("x", "X")
    assert "aa" == tree.first("x509ce.dNSName").value
    assert tree.first("x509ce.onlyContainsUserPublicKeyCerts").value
    assert None is tree.first("x509ce.onlyContainsCACerts")


def test_access_descriptions():
    """What is there, and where."""
    tree = dissect(vector("custom/aia_ocsp_ca_issuers.pem"))
    assert ["ocsp: http://ocsp.domain.com", "ocsp: http://ocsp2.domain.com", "caIssuers: O=some Org,CN=myCN"] == [
        field.text for field in tree.all("pkix1implicit.AccessDescription_element")
    ]
    assert [] == malformed_in(tree)


@pytest.mark.parametrize("name", ["cdp_fullname_reasons_crl_issuer", "cdp_all_reasons", "sia", "aia_ocsp_ca_issuers"])
def test_whatever_is_done_to_them(name):
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    torture(dissect, vector(f"custom/{name}.pem"), cuts=60, flips=60)
