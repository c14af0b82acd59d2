"""Where one learns of a certificate whether it is revoked, and why: in certificates and in revocation lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.asn1 import der
from tlscope.wire.asn1.oids import oid_name
from tlscope.wire.x509.known import first_text, flags, texts
from tlscope.wire.x509.names import general_name, general_names, relative_name

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor, Field


REASONS = (
    "unused",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "certificateHold",
    "privilegeWithdrawn",
    "aACompromise",
)
"""The bits of ReasonFlags (RFC 5280 section 4.2.1.13)."""


CRL_REASONS = (
    "unspecified",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "certificateHold",
    "7",
    "removeFromCRL",
    "privilegeWithdrawn",
    "aACompromise",
)
"""The values of CRLReason (RFC 5280 section 5.3.1)."""


def reason(cursor: Cursor, key: str, label: str) -> Field:
    """A CRLReason: why a certificate was revoked (RFC 5280 section 5.3.1)."""
    field = der.primitive(cursor, key, label, der.ENUMERATED)
    if isinstance(field.value, int) and 0 <= field.value < len(CRL_REASONS):
        field = cursor.fields[-1] = field._replace(text=f"{CRL_REASONS[field.value]} ({field.value})")
    return field


def distribution_points(cursor: Cursor) -> None:
    """CRLDistributionPoints, and FreshestCRL, which is one."""
    der.listed(cursor, "x509ce.CRLDistPointsSyntax", "CRLDistPointsSyntax", _distribution_point, finish=texts)


def _distribution_point(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.DistributionPoint_element", "DistributionPoint", _point_parts, finish=first_text)


def _point_parts(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.context(0):
        key, name = "x509ce.distributionPoint", "distributionPoint"
        der.structure(cursor, key, name, _point_name, tag=der.context(0), finish=first_text)
    if der.next_tag(cursor) == der.implicit(1):
        flags(cursor, "x509ce.reasons", "reasons", REASONS, bits_key="x509ce.ReasonFlags", tag=der.implicit(1))
    if der.next_tag(cursor) == der.context(2):
        general_names(cursor, "x509ce.cRLIssuer", "cRLIssuer", tag=der.context(2))


def _point_name(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.context(1):
        relative_name(cursor, "x509ce.nameRelativeToCRLIssuer", "nameRelativeToCRLIssuer", der.context(1))
    else:
        general_names(cursor, "x509ce.fullName", "fullName", tag=der.context(0))


def issuing_point(cursor: Cursor) -> None:
    """IssuingDistributionPoint."""
    der.structure(cursor, "x509ce.IssuingDistPointSyntax_element", "IssuingDistPointSyntax", _issuing_parts)


def _issuing_parts(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.context(0):
        key, name = "x509ce.distributionPoint", "distributionPoint"
        der.structure(cursor, key, name, _point_name, tag=der.context(0), finish=first_text)
    names = ("onlyContainsUserPublicKeyCerts", "onlyContainsCACerts", "", "indirectCRL", "onlyContainsAttributeCerts")
    for number, name in enumerate(names, 1):
        tag = der.implicit(number)
        if der.next_tag(cursor) == tag and name:
            der.primitive(cursor, f"x509ce.{name}", name, der.BOOLEAN, tag=tag)
        elif der.next_tag(cursor) == tag:
            flags(cursor, "x509ce.onlySomeReasons", "onlySomeReasons", REASONS, bits_key="x509ce.ReasonFlags", tag=tag)


def access_descriptions(cursor: Cursor) -> None:
    """AuthorityInfoAccessSyntax and SubjectInfoAccessSyntax."""
    key, name = "pkix1implicit.AuthorityInfoAccessSyntax", "AuthorityInfoAccessSyntax"
    der.listed(cursor, key, name, _access_description, finish=texts)


def _access_description(cursor: Cursor) -> None:
    der.structure(cursor, "pkix1implicit.AccessDescription_element", "AccessDescription", _access, finish=_access_told)


def _access(cursor: Cursor) -> None:
    der.primitive(cursor, "pkix1implicit.accessMethod", "accessMethod", der.OID)
    general_name(cursor)


def _access_told(field: Field) -> Field:
    if len(field.children) < 2:
        return field
    method, location = field.children[:2]
    return field._replace(text=f"{oid_name(str(method.value)).removeprefix('id-ad-')}: {location.text}")
