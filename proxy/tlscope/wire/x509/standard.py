"""The extensions of RFC 5280 section 4.2, and those of its revocation lists that OCSP responses carry, too."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.asn1 import der
from tlscope.wire.asn1.der_values import Said, big_integer, bit_string
from tlscope.wire.asn1.oids import oid_name
from tlscope.wire.field import Cursor, Field, Value
from tlscope.wire.x509.names import general_name, general_names, relative_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Known(NamedTuple):
    """An extension that can be read."""

    parse: Callable[[Cursor], object]
    note: str
    reference: str
    critical: bool | None = None
    """What its RFC demands of criticality; None where both are right."""


def _flags(content: bytes, at: int, names: tuple[str, ...], key: str) -> Said:
    """A BIT STRING whose bits have names: a child for each, as Wireshark has them."""
    said = bit_string(content, at)
    if not isinstance(said.value, bytes) or said.bad:
        return said
    bits, children, on = said.value, [], []
    for number, name in enumerate(names):
        octet, is_on = number // 8, False
        if octet < len(bits):
            is_on = bool(bits[octet] & 0x80 >> number % 8)
        if is_on:
            on.append(name)
        where = at + 1 + octet if octet < len(bits) else at + len(content)
        children.append(Field(f"{key}.{name}", name, is_on, where, int(octet < len(bits)), str(is_on)))
    odd = said.odd
    if bits and not bits[-1]:
        odd = f"{odd} Not DER: trailing zero bits are left out (X.690 section 11.2.2).".strip()
    return said._replace(text=", ".join(on) or "none", odd=odd, children=tuple(children))


def flags(
    cursor: Cursor, key: str, label: str, names: tuple[str, ...], *, bits_key: str = "", tag: int | None = None
) -> Field:
    """A BIT STRING of named bits."""
    read = partial(_flags, names=names, key=bits_key or key)
    return der.primitive(cursor, key, label, der.BIT_STRING, tag=tag, read=read)


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


def _key_usage(cursor: Cursor) -> None:
    flags(cursor, "x509ce.KeyUsage", "KeyUsage", KEY_USAGES)


def _octets(cursor: Cursor, key: str, label: str) -> None:
    der.primitive(cursor, key, label, der.OCTET_STRING)


def _number(cursor: Cursor, key: str, label: str) -> None:
    der.primitive(cursor, key, label, der.INTEGER)


def _authority_key(cursor: Cursor) -> None:
    der.structure(
        cursor,
        "x509ce.AuthorityKeyIdentifier_element",
        "AuthorityKeyIdentifier",
        _authority_key_parts,
        finish=_first_text,
    )


def _first_text(field: Field) -> Field:
    return field._replace(text=field.children[0].text) if field.children else field


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
    der.structure(cursor, "x509ce.GeneralSubtree_element", "GeneralSubtree", _subtree_parts, finish=_first_text)


def _subtree_parts(cursor: Cursor) -> None:
    general_name(cursor, constraint=True)
    for number, name in enumerate(("minimum", "maximum")):
        if der.next_tag(cursor) == der.implicit(number):
            note = "RFC 5280 section 4.2.1.10 has no use for it: minimum is 0, maximum absent."
            der.primitive(cursor, f"x509ce.{name}", name, der.INTEGER, tag=der.implicit(number), note=note)


def policies(cursor: Cursor) -> None:
    """CertificatePolicies; Microsoft's application policies have the same form."""
    der.listed(cursor, "x509ce.CertificatePoliciesSyntax", "CertificatePoliciesSyntax", _policy, finish=_texts)


def _texts(field: Field) -> Field:
    return field._replace(
        value=len(field.children), text=", ".join(child.text for child in field.children if child.text)
    )


def _policy(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.PolicyInformation_element", "PolicyInformation", _policy_parts, finish=_first_text)


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
    item = partial(_number, key="pkix1implicit.noticeNumbers_item", label="noticeNumbers item")
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


def _distribution_points(cursor: Cursor) -> None:
    der.listed(cursor, "x509ce.CRLDistPointsSyntax", "CRLDistPointsSyntax", _distribution_point, finish=_texts)


def _distribution_point(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.DistributionPoint_element", "DistributionPoint", _point_parts, finish=_first_text)


def _point_parts(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.context(0):
        key, name = "x509ce.distributionPoint", "distributionPoint"
        der.structure(cursor, key, name, _point_name, tag=der.context(0), finish=_first_text)
    if der.next_tag(cursor) == der.implicit(1):
        flags(cursor, "x509ce.reasons", "reasons", REASONS, bits_key="x509ce.ReasonFlags", tag=der.implicit(1))
    if der.next_tag(cursor) == der.context(2):
        general_names(cursor, "x509ce.cRLIssuer", "cRLIssuer", tag=der.context(2))


def _point_name(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.context(1):
        relative_name(cursor, "x509ce.nameRelativeToCRLIssuer", "nameRelativeToCRLIssuer", der.context(1))
    else:
        general_names(cursor, "x509ce.fullName", "fullName", tag=der.context(0))


def _issuing_point(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.IssuingDistPointSyntax_element", "IssuingDistPointSyntax", _issuing_parts)


def _issuing_parts(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.context(0):
        key, name = "x509ce.distributionPoint", "distributionPoint"
        der.structure(cursor, key, name, _point_name, tag=der.context(0), finish=_first_text)
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
    der.listed(cursor, key, name, _access_description, finish=_texts)


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
    der.structure(cursor, "x509ce.Attribute_element", "Attribute", _attribute_parts, finish=_first_text)


def _attribute_parts(cursor: Cursor) -> None:
    der.primitive(cursor, "pkix1explicit.type", "type", der.OID)
    der.listed(cursor, "pkix1explicit.values", "values", der.anything, tag=der.SET)


def _reason(cursor: Cursor) -> None:
    reason(cursor, "x509ce.CRLReason", "CRLReason")


def reason(cursor: Cursor, key: str, label: str) -> Field:
    """A CRLReason: why a certificate was revoked (RFC 5280 section 5.3.1)."""
    field = der.primitive(cursor, key, label, der.ENUMERATED)
    if isinstance(field.value, int) and 0 <= field.value < len(CRL_REASONS):
        field = cursor.fields[-1] = field._replace(text=f"{CRL_REASONS[field.value]} ({field.value})")
    return field


def _invalidity(cursor: Cursor) -> None:
    der.primitive(cursor, "x509ce.invalidityDate", "invalidityDate", der.GENERALIZED_TIME)


_R = "RFC 5280 section "

STANDARD: Mapping[Value, Known] = {
    "2.5.29.9": Known(_directory_attributes, "Further facts about the subject.", f"{_R}4.2.1.8", critical=False),
    "2.5.29.14": Known(
        partial(_octets, key="x509ce.SubjectKeyIdentifier", label="SubjectKeyIdentifier"),
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
        partial(_number, key="x509ce.CRLNumber", label="CRLNumber"), "Counts the lists of a CA.", f"{_R}5.2.3"
    ),
    "2.5.29.21": Known(_reason, "Why a certificate was revoked.", f"{_R}5.3.1", critical=False),
    "2.5.29.23": Known(
        partial(der.primitive, key="x509ce.HoldInstruction", label="HoldInstruction", kind=der.OID),
        "What to do with a certificate on hold.",
        "RFC 3280 section 5.3.2",
    ),
    "2.5.29.24": Known(_invalidity, "When the key is thought to have been lost.", f"{_R}5.3.2", critical=False),
    "2.5.29.27": Known(
        partial(_number, key="x509ce.BaseCRLNumber", label="BaseCRLNumber"),
        "The list that a delta list adds to.",
        f"{_R}5.2.4",
        critical=True,
    ),
    "2.5.29.28": Known(_issuing_point, "What a revocation list covers.", f"{_R}5.2.5", critical=True),
    "2.5.29.29": Known(_names, "The issuer of a revoked certificate, in another's list.", f"{_R}5.3.3", critical=True),
    "2.5.29.30": Known(
        _name_constraints,
        "The names that a CA may sign for, and those that it may not: all below it is bound by them.",
        f"{_R}4.2.1.10",
        critical=True,
    ),
    "2.5.29.31": Known(_distribution_points, "Where the CA's list of revoked certificates is.", f"{_R}4.2.1.13"),
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
        _distribution_points, "Where the changes since the last list are.", f"{_R}4.2.1.15", critical=False
    ),
    "2.5.29.54": Known(
        partial(_number, key="x509ce.SkipCerts", label="SkipCerts"),
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
