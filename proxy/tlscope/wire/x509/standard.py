"""The extensions of RFC 5280 section 4.2, and those of its revocation lists that OCSP responses carry, too."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tlscope.wire.asn1 import der
from tlscope.wire.asn1.der_values import big_integer
from tlscope.wire.asn1.oids import oid_name
from tlscope.wire.x509.known import Known, first_text, flags
from tlscope.wire.x509.names import general_name, general_names
from tlscope.wire.x509.policies import policies, policy_constraints, policy_mappings
from tlscope.wire.x509.revocation import access_descriptions, distribution_points, issuing_point, reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlscope.wire.field import Cursor, Field, Value


KEY_USAGES = (
    "digitalSignature",
    "contentCommitment",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
"""The bits of KeyUsage (RFC 5280 section 4.2.1.3); contentCommitment was nonRepudiation."""


def _key_usage(cursor: Cursor) -> None:
    flags(cursor, "x509ce.KeyUsage", "KeyUsage", KEY_USAGES)


def _authority_key(cursor: Cursor) -> None:
    der.structure(
        cursor,
        "x509ce.AuthorityKeyIdentifier_element",
        "AuthorityKeyIdentifier",
        _authority_key_parts,
        finish=first_text,
    )


def _authority_key_parts(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.implicit(0):
        der.primitive(cursor, "x509ce.keyIdentifier", "keyIdentifier", der.OCTET_STRING, tag=der.implicit(0))
    if der.next_tag(cursor) == der.context(1):
        general_names(cursor, "x509ce.authorityCertIssuer", "authorityCertIssuer", tag=der.context(1))
    if der.next_tag(cursor) == der.implicit(2):
        key, tag = "x509ce.authorityCertSerialNumber", der.implicit(2)
        der.primitive(cursor, key, "authorityCertSerialNumber", der.INTEGER, tag=tag, read=big_integer)


def _names(cursor: Cursor) -> None:
    general_names(cursor, "x509ce.GeneralNames", "GeneralNames")


def _basic_constraints(cursor: Cursor) -> None:
    der.structure(
        cursor, "x509ce.BasicConstraintsSyntax_element", "BasicConstraintsSyntax", _basic_parts, finish=_basic_told
    )


def _basic_parts(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.BOOLEAN:
        der.primitive(cursor, "x509ce.cA", "cA", der.BOOLEAN)
    if der.next_tag(cursor) == der.INTEGER:
        note = "How many further CAs may stand between this one and the certificate of a server."
        der.primitive(cursor, "x509ce.pathLenConstraint", "pathLenConstraint", der.INTEGER, note=note)


def _basic_told(field: Field) -> Field:
    is_ca = any(child.key == "x509ce.cA" and child.value for child in field.children)
    length = next((child.text for child in field.children if child.key == "x509ce.pathLenConstraint"), "")
    text = "a CA" if is_ca else "not a CA"
    return field._replace(text=f"{text}, pathLenConstraint {length}" if length else text)


def _name_constraints(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.NameConstraintsSyntax_element", "NameConstraintsSyntax", _subtrees)


def _subtrees(cursor: Cursor) -> None:
    for number, name in enumerate(("permittedSubtrees", "excludedSubtrees")):
        if der.next_tag(cursor) == der.context(number):
            der.listed(cursor, f"x509ce.{name}", name, _subtree, tag=der.context(number))


def _subtree(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.GeneralSubtree_element", "GeneralSubtree", _subtree_parts, finish=first_text)


def _subtree_parts(cursor: Cursor) -> None:
    general_name(cursor, constraint=True)
    for number, name in enumerate(("minimum", "maximum")):
        if der.next_tag(cursor) == der.implicit(number):
            note = "RFC 5280 section 4.2.1.10 has no use for it: minimum is 0, maximum absent."
            der.primitive(cursor, f"x509ce.{name}", name, der.INTEGER, tag=der.implicit(number), note=note)


def _purposes(cursor: Cursor) -> None:
    der.listed(cursor, "x509ce.KeyPurposeIDs", "KeyPurposeIDs", _purpose, finish=_purposes_told)


def _purpose(cursor: Cursor) -> None:
    der.primitive(cursor, "x509ce.KeyPurposeId", "KeyPurposeId", der.OID)


def purpose_name(oid: Value) -> str:
    """`serverAuth`, `anyExtendedKeyUsage`, else the numbers."""
    return oid_name(str(oid)).removeprefix("id-kp-")


def _purposes_told(field: Field) -> Field:
    names = ", ".join(purpose_name(child.value) for child in field.children if isinstance(child.value, str))
    return field._replace(value=len(field.children), text=names)


def _usage_period(cursor: Cursor) -> None:
    key, name = "x509ce.PrivateKeyUsagePeriod_element", "PrivateKeyUsagePeriod"
    der.structure(cursor, key, name, _usage_times)


def _usage_times(cursor: Cursor) -> None:
    for number, name in enumerate(("notBefore", "notAfter")):
        if der.next_tag(cursor) == der.implicit(number):
            der.primitive(cursor, f"x509ce.{name}", name, der.GENERALIZED_TIME, tag=der.implicit(number))


def _directory_attributes(cursor: Cursor) -> None:
    der.listed(cursor, "x509ce.AttributesSyntax", "AttributesSyntax", _directory_attribute)


def _directory_attribute(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.Attribute_element", "Attribute", _attribute_parts, finish=first_text)


def _attribute_parts(cursor: Cursor) -> None:
    der.primitive(cursor, "pkix1explicit.type", "type", der.OID)
    der.listed(cursor, "pkix1explicit.values", "values", der.anything, tag=der.SET)


def _reason(cursor: Cursor) -> None:
    reason(cursor, "x509ce.CRLReason", "CRLReason")


def _invalidity(cursor: Cursor) -> None:
    der.primitive(cursor, "x509ce.invalidityDate", "invalidityDate", der.GENERALIZED_TIME)


_R = "RFC 5280 section "


STANDARD: Mapping[Value, Known] = {
    "2.5.29.9": Known(_directory_attributes, "Further facts about the subject.", f"{_R}4.2.1.8", critical=False),
    "2.5.29.14": Known(
        partial(der.primitive, key="x509ce.SubjectKeyIdentifier", label="SubjectKeyIdentifier", kind=der.OCTET_STRING),
        "A name for the key in this certificate, most often a hash of it, by which those that it signs point to it.",
        f"{_R}4.2.1.2",
        critical=False,
    ),
    "2.5.29.15": Known(_key_usage, "What the key may be used for, as cryptography sees it.", f"{_R}4.2.1.3"),
    "2.5.29.16": Known(
        _usage_period,
        "When the private key may sign, where that is less than the validity.",
        "RFC 3280 section 4.2.1.4",
    ),
    "2.5.29.17": Known(
        _names,
        "The names that the certificate is for: the only place where a client looks for the host.",
        f"{_R}4.2.1.6",
    ),
    "2.5.29.18": Known(_names, "Further names of the issuer; nobody uses them.", f"{_R}4.2.1.7"),
    "2.5.29.19": Known(
        _basic_constraints, "Whether the subject is a CA, and may sign other certificates.", f"{_R}4.2.1.9"
    ),
    "2.5.29.20": Known(
        partial(der.primitive, key="x509ce.CRLNumber", label="CRLNumber", kind=der.INTEGER),
        "Counts the lists of a CA.",
        f"{_R}5.2.3",
    ),
    "2.5.29.21": Known(_reason, "Why a certificate was revoked.", f"{_R}5.3.1", critical=False),
    "2.5.29.23": Known(
        partial(der.primitive, key="x509ce.HoldInstruction", label="HoldInstruction", kind=der.OID),
        "What to do with a certificate on hold.",
        "RFC 3280 section 5.3.2",
    ),
    "2.5.29.24": Known(_invalidity, "When the key is thought to have been lost.", f"{_R}5.3.2", critical=False),
    "2.5.29.27": Known(
        partial(der.primitive, key="x509ce.BaseCRLNumber", label="BaseCRLNumber", kind=der.INTEGER),
        "The list that a delta list adds to.",
        f"{_R}5.2.4",
        critical=True,
    ),
    "2.5.29.28": Known(issuing_point, "What a revocation list covers.", f"{_R}5.2.5", critical=True),
    "2.5.29.29": Known(_names, "The issuer of a revoked certificate, in another's list.", f"{_R}5.3.3", critical=True),
    "2.5.29.30": Known(
        _name_constraints,
        "The names that a CA may sign for, and those that it may not: all below it is bound by them.",
        f"{_R}4.2.1.10",
        critical=True,
    ),
    "2.5.29.31": Known(distribution_points, "Where the CA's list of revoked certificates is.", f"{_R}4.2.1.13"),
    "2.5.29.32": Known(
        policies,
        "Under which rules the CA checked the subject: domain, organization or extended validation.",
        f"{_R}4.2.1.4",
    ),
    "2.5.29.33": Known(policy_mappings, "Which policies of two CAs mean the same.", f"{_R}4.2.1.5"),
    "2.5.29.35": Known(
        _authority_key,
        "Which key signed this certificate: the subjectKeyIdentifier of the issuer.",
        f"{_R}4.2.1.1",
        critical=False,
    ),
    "2.5.29.36": Known(policy_constraints, "Which policies the path below must have.", f"{_R}4.2.1.11", critical=True),
    "2.5.29.37": Known(_purposes, "What the key may be used for: a TLS server needs serverAuth.", f"{_R}4.2.1.12"),
    "2.5.29.46": Known(
        distribution_points, "Where the changes since the last list are.", f"{_R}4.2.1.15", critical=False
    ),
    "2.5.29.54": Known(
        partial(der.primitive, key="x509ce.SkipCerts", label="SkipCerts", kind=der.INTEGER),
        "After how many certificates anyPolicy counts no longer.",
        f"{_R}4.2.1.14",
        critical=True,
    ),
    "1.3.6.1.5.5.7.1.1": Known(
        access_descriptions,
        "Where to ask whether the certificate is revoked (ocsp), and where its issuer's certificate is (caIssuers).",
        f"{_R}4.2.2.1",
        critical=False,
    ),
    "1.3.6.1.5.5.7.1.11": Known(
        access_descriptions, "What services the subject offers.", f"{_R}4.2.2.2", critical=False
    ),
}
"""By OID, with what each is for."""
