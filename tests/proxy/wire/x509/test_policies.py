"""Policies of certificates."""

from __future__ import annotations

import pytest

from support.dissecting import malformed_in, torture
from support.vectors import vector
from tlscope.wire.field import Cursor
from tlscope.wire.x509 import dissect
from tlscope.wire.x509.policies import policy_constraints, policy_mappings


def read(parse, data):
    cursor = Cursor(bytes.fromhex(data))
    cursor.guarded(parse)
    return cursor.field("x", "X")


def test_policies_have_qualifiers():
    """Where the rules are, and a notice for people."""
    tree = dissect(vector("custom/cp_user_notice_with_notice_reference.pem"))
    assert "thing" == tree.first("pkix1implicit.explicitText").value
    assert "my org" == tree.first("pkix1implicit.organization").value
    assert [1, 2, 3, 4] == [field.value for field in tree.all("pkix1implicit.noticeNumbers_item")]
    tree = dissect(vector("custom/cp_cps_uri.pem"))
    assert "http://other.com/cps" == tree.first("pkix1explicit.DirectoryString").value


def test_mappings_are_pairs():
    """The issuer's policy, and the subject's that means the same."""
    tree = read(policy_mappings, "300a 3008 0602 2a03 0602 2a04".replace(" ", ""))
    assert ("1.2.3", "1.2.4") == (
        tree.first("x509ce.issuerDomainPolicy").value,
        tree.first("x509ce.subjectDomainPolicy").value,
    )
    assert [] == malformed_in(tree)


def test_constraints_are_numbers_of_certificates():
    """Each may be left out."""
    tree = read(policy_constraints, "3006 8001 02 8101 03".replace(" ", ""))
    assert (2, 3) == (
        tree.first("x509ce.requireExplicitPolicy").value,
        tree.first("x509ce.inhibitPolicyMapping").value,
    )
    assert None is read(policy_constraints, "3003810103").first("x509ce.requireExplicitPolicy")


@pytest.mark.parametrize("name", ["cp_user_notice_with_notice_reference", "cp_cps_uri", "policy_constraints_explicit"])
def test_whatever_is_done_to_them(name):
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    torture(dissect, vector(f"custom/{name}.pem"), cuts=60, flips=60)
