"""The policies of certificates: under which rules they were issued, and which of them a path may have.

Microsoft's extensions have the same forms (other.py).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tlscope.wire.asn1 import der
from tlscope.wire.x509.known import first_text, texts

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor


def policies(cursor: Cursor) -> None:
    """CertificatePolicies; Microsoft's application policies have the same form."""
    der.listed(cursor, "x509ce.CertificatePoliciesSyntax", "CertificatePoliciesSyntax", _policy, finish=texts)


def _policy(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.PolicyInformation_element", "PolicyInformation", _policy_parts, finish=first_text)


def _policy_parts(cursor: Cursor) -> None:
    der.primitive(cursor, "x509ce.policyIdentifier", "policyIdentifier", der.OID)
    if cursor.left:
        der.listed(cursor, "x509ce.policyQualifiers", "policyQualifiers", _qualifier)


def _qualifier(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.PolicyQualifierInfo_element", "PolicyQualifierInfo", _qualifier_parts)


def _qualifier_parts(cursor: Cursor) -> None:
    oid = der.primitive(cursor, "x509ce.policyQualifierId", "policyQualifierId", der.OID).value
    if oid == "1.3.6.1.5.5.7.2.1":
        der.anything(cursor, "pkix1explicit.DirectoryString", "CPSuri")
    elif oid == "1.3.6.1.5.5.7.2.2":
        der.structure(cursor, "pkix1implicit.UserNotice_element", "UserNotice", _user_notice)
    else:
        der.anything(cursor, "x509ce.qualifier_element", "qualifier")


def _user_notice(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.SEQUENCE:
        der.structure(cursor, "pkix1implicit.noticeRef_element", "noticeRef", _notice_reference)
    if cursor.left:
        der.anything(cursor, "pkix1implicit.explicitText", "explicitText")


def _notice_reference(cursor: Cursor) -> None:
    der.anything(cursor, "pkix1implicit.organization", "organization")
    item = partial(der.primitive, key="pkix1implicit.noticeNumbers_item", label="noticeNumbers item", kind=der.INTEGER)
    der.listed(cursor, "pkix1implicit.noticeNumbers", "noticeNumbers", item)


def policy_mappings(cursor: Cursor) -> None:
    """PolicyMappings; Microsoft's have the same form."""
    der.listed(cursor, "x509ce.PolicyMappingsSyntax", "PolicyMappingsSyntax", _mapping)


def _mapping(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.PolicyMappingsSyntax_item_element", "PolicyMappingsSyntax item", _mapping_parts)


def _mapping_parts(cursor: Cursor) -> None:
    for name in ("issuerDomainPolicy", "subjectDomainPolicy"):
        der.primitive(cursor, f"x509ce.{name}", name, der.OID)


def policy_constraints(cursor: Cursor) -> None:
    """PolicyConstraints; Microsoft's have the same form."""
    der.structure(cursor, "x509ce.PolicyConstraintsSyntax_element", "PolicyConstraintsSyntax", _policy_limits)


def _policy_limits(cursor: Cursor) -> None:
    for number, name in enumerate(("requireExplicitPolicy", "inhibitPolicyMapping")):
        if der.next_tag(cursor) == der.implicit(number):
            der.primitive(cursor, f"x509ce.{name}", name, der.INTEGER, tag=der.implicit(number))
