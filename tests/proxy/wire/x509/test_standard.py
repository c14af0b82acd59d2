"""The extensions of RFC 5280."""

from __future__ import annotations

import pytest

from support.dissecting import malformed_in, torture
from support.vectors import vector
from tlscope.wire.field import Cursor
from tlscope.wire.x509 import dissect
from tlscope.wire.x509.standard import KEY_USAGES, STANDARD, purpose_name


def within(oid, data):
    cursor = Cursor(data)
    cursor.guarded(STANDARD[oid].parse)
    return cursor.field("x", "X")


@pytest.mark.parametrize(
    ("name", "oid", "text"),
    [
        ("custom/all_key_usages.pem", "2.5.29.15", f"keyUsage: {', '.join(KEY_USAGES)}"),
        ("custom/bc_path_length_zero.pem", "2.5.29.19", "basicConstraints (critical): a CA, pathLenConstraint 0"),
        ("custom/policy_constraints_explicit.pem", "2.5.29.36", "policyConstraints (critical)"),
        ("custom/inhibit_any_policy_5.pem", "2.5.29.54", "inhibitAnyPolicy (critical): 5"),
        (
            "custom/sia.pem",
            "1.3.6.1.5.5.7.1.11",
            "subjectInfoAccess: caRepository: https://my.ca.issuer/, 2.999.7: gopher://info-mac-archive",
        ),
        ("custom/freshestcrl.pem", "2.5.29.46", None),
        ("custom/cdp_all_reasons.pem", "2.5.29.31", "cRLDistributionPoints: http://domain.com/some.crl"),
        ("custom/nc_permitted_excluded.pem", "2.5.29.30", None),
        ("custom/ian_uri.pem", "2.5.29.18", "issuerAltName: http://path.to.root/root.crt"),
    ],
)
def test_each_says_in_a_line_what_is_in_it(name, oid, text):
    """And nothing in it is malformed."""
    tree = dissect(vector(name))
    found = next(field for field in tree.all("x509af.Extension_element") if field.value == oid)
    assert text is None or text == found.text
    assert found.note
    assert found.reference.startswith(("RFC 5280 section", "RFC 3280 section"))
    assert [] == malformed_in(tree)


def test_constraints_are_names_and_networks():
    """Permitted, and excluded."""
    tree = dissect(vector("custom/nc_permitted_excluded.pem"))
    networks = [field.value for field in tree.all("x509ce.iPAddress") + tree.all("x509ce.dNSName")]
    assert any("/" in network for network in networks)
    assert tree.first("x509ce.permittedSubtrees").value
    assert tree.first("x509ce.excludedSubtrees").value


def test_usage_periods_are_times():
    """In Unix seconds."""
    tree = dissect(vector("custom/private_key_usage_period_both_dates.pem"))
    assert (1704067200, 1735689599) == (tree.first("x509ce.notBefore").value, tree.first("x509ce.notAfter").value)


def test_an_authority_is_named_by_key_or_by_certificate():
    """Key identifier, issuer, serial number."""
    tree = within("2.5.29.35", bytes.fromhex("300f 8001aa a107 8205 612e622e63 8201 07".replace(" ", "")))
    assert b"\xaa" == tree.first("x509ce.keyIdentifier").value
    assert "a.b.c" == tree.first("x509ce.dNSName").value
    assert b"\7" == tree.first("x509ce.authorityCertSerialNumber").value


def test_purposes():
    """Without the prefix of their module; dotted where nobody named them."""
    assert "serverAuth" == purpose_name("1.3.6.1.5.5.7.3.1")
    assert "anyExtendedKeyUsage" == purpose_name("2.5.29.37.0")
    assert "1.2.3" == purpose_name("1.2.3")


@pytest.mark.parametrize("name", ["all_key_usages", "nc_permitted_excluded", "private_key_usage_period_both_dates"])
def test_whatever_is_done_to_them(name):
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    torture(dissect, vector(f"custom/{name}.pem"), cuts=60, flips=60)
