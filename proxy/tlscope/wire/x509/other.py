"""Extensions beyond RFC 5280: transparency, stapling, ACME, QC statements, Netscape, Microsoft, CA/Browser Forum."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tlscope.wire.asn1 import der
from tlscope.wire.asn1.oids import oid_name
from tlscope.wire.field import Cursor, Field, Value, named
from tlscope.wire.tls.codes import ExtensionType
from tlscope.wire.x509.keys import algorithm, public_key_info
from tlscope.wire.x509.known import Known, flags
from tlscope.wire.x509.logs import operator_of
from tlscope.wire.x509.names import general_name, general_names
from tlscope.wire.x509.policies import policies, policy_constraints, policy_mappings
from tlscope.wire.x509.sct import sct_list

if TYPE_CHECKING:
    from collections.abc import Mapping


def _null(cursor: Cursor) -> None:
    der.primitive(cursor, "ber.null_tag", "NULL", der.NULL)


def _scts(cursor: Cursor) -> None:
    """An OCTET STRING within the extension's own, and the list as TLS writes it in that (RFC 6962 section 3.3)."""
    key, name = "x509ce.SignedCertificateTimestampList", "SignedCertificateTimestampList"
    der.structure(cursor, key, name, sct_list, tag=der.OCTET_STRING, finish=_scts_told)


def _scts_told(field: Field) -> Field:
    count = len(field.all("tls.sct"))
    logs = [found.value for found in field.all("tls.sct.sct_logid")]
    operators = dict.fromkeys(filter(None, (operator_of(log) for log in logs if isinstance(log, bytes))))
    said = f"{count} SCT{'s' * (count != 1)}"
    return field._replace(value=count, text=f"{said} ({', '.join(operators)})" if operators else said)


def _features(cursor: Cursor) -> None:
    der.listed(cursor, "pkix1explicit.Features", "Features", _feature, finish=_features_told)


def _feature(cursor: Cursor) -> None:
    field = der.primitive(cursor, "pkix1explicit.Features_item", "Features item", der.INTEGER)
    if isinstance(field.value, int) and field.value >= 0:
        cursor.fields[-1] = field._replace(text=named(ExtensionType, field.value, 2))


def _features_told(field: Field) -> Field:
    return field._replace(value=len(field.children), text=", ".join(child.text for child in field.children))


def _any(cursor: Cursor, key: str, label: str) -> None:
    der.anything(cursor, key, label)


CERT_TYPES = (
    "ssl.client",
    "ssl.server",
    "smime",
    "object.signing",
    "reserved.for.future.use",
    "ssl.ca",
    "smime.ca",
    "object.signing.ca",
)
"""Netscape's certificate types, bit by bit."""


def _netscape_type(cursor: Cursor) -> None:
    flags(cursor, "ns_cert_exts.CertType", "CertType", CERT_TYPES, bits_key="ns.cert.exts.CertType")


def _template(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.CertificateTemplate_element", "CertificateTemplate", _template_parts)


def _template_parts(cursor: Cursor) -> None:
    der.primitive(cursor, "x509ce.templateID", "templateID", der.OID)
    for name in ("templateMajorVersion", "templateMinorVersion"):
        if cursor.left:
            der.primitive(cursor, f"x509ce.{name}", name, der.INTEGER)


def _security_identifier(cursor: Cursor) -> None:
    der.listed(cursor, "x509ce.GeneralNames", "NTDS_CA_SECURITY_EXT", general_name)


def _statements(cursor: Cursor) -> None:
    der.listed(cursor, "pkixqualified.QCStatements", "QCStatements", _statement, finish=_features_told)


def _statement(cursor: Cursor) -> None:
    der.structure(cursor, "pkixqualified.QCStatement_element", "QCStatement", _statement_parts, finish=_statement_told)


def _statement_parts(cursor: Cursor) -> None:
    oid = der.primitive(cursor, "pkixqualified.statementId", "statementId", der.OID).value
    if cursor.left and oid in {"1.3.6.1.5.5.7.11.1", "1.3.6.1.5.5.7.11.2"}:
        key, name = "pkixqualified.SemanticsInformation_element", "SemanticsInformation"
        der.structure(cursor, key, name, _semantics)
    elif cursor.left:
        der.anything(cursor, "pkixqualified.statementInfo_element", "statementInfo")


def _semantics(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.OID:
        der.primitive(cursor, "pkixqualified.semanticsIdentifier", "semanticsIdentifier", der.OID)
    if der.next_tag(cursor) == der.SEQUENCE:
        general_names(cursor, "pkixqualified.nameRegistrationAuthorities", "nameRegistrationAuthorities")


def _statement_told(field: Field) -> Field:
    oid = field.children[0].value if field.children else None
    return field._replace(value=oid, text=oid_name(oid).removeprefix("id-etsi-qcs-")) if isinstance(oid, str) else field


def _organization(cursor: Cursor) -> None:
    key, name = "x509ce.CABFOrganizationIdentifier_element", "CABFOrganizationIdentifier"
    der.structure(cursor, key, name, _organization_parts, finish=_organization_told)


def _organization_parts(cursor: Cursor) -> None:
    scheme = "x509ce.registrationSchemeIdentifier"
    der.primitive(cursor, scheme, "registrationSchemeIdentifier", der.PRINTABLE_STRING)
    der.primitive(cursor, "x509ce.registrationCountry", "registrationCountry", der.PRINTABLE_STRING)
    if der.next_tag(cursor) == der.implicit(0):
        key, tag = "x509ce.registrationStateOrProvince", der.implicit(0)
        der.primitive(cursor, key, "registrationStateOrProvince", der.PRINTABLE_STRING, tag=tag)
    der.primitive(cursor, "x509ce.registrationReference", "registrationReference", der.UTF8_STRING)


def _organization_told(field: Field) -> Field:
    return field._replace(text=" ".join(child.text for child in field.children))


def _acme(cursor: Cursor) -> None:
    key, note = "x509ce.acmeIdentifier", "SHA-256 of the key authorization that the CA asked for."
    der.primitive(cursor, key, "Authorization", der.OCTET_STRING, note=note)


def _entrust(cursor: Cursor) -> None:
    der.structure(cursor, "x509ce.EntrustVersionInfo_element", "EntrustVersionInfo", _entrust_parts)


def _entrust_parts(cursor: Cursor) -> None:
    der.primitive(cursor, "x509ce.entrustVers", "entrustVers", der.GENERAL_STRING)
    if cursor.left:
        names = (
            "keyUpdateAllowed",
            "newExtensions",
            "pKIXCertificate",
            "enterpriseCategory",
            "webCategory",
            "sETCategory",
        )
        key, bits = "x509ce.entrustVersInfoFlags", "x509ce.EntrustInfoFlags"
        flags(cursor, key, "entrustVersInfoFlags", names, bits_key=bits)


def _capabilities(cursor: Cursor) -> None:
    capability = partial(algorithm, key="smime.capability_element", label="SMIMECapability")
    der.listed(cursor, "smime.SMIMECapabilities", "SMIMECapabilities", capability)


def _alternative_key(cursor: Cursor) -> None:
    public_key_info(cursor, "x509ce.SubjectAltPublicKeyInfo_element", "SubjectAltPublicKeyInfo")


def _alternative_algorithm(cursor: Cursor) -> None:
    algorithm(cursor, "x509ce.AltSignatureAlgorithm_element", "AltSignatureAlgorithm")


def _alternative_signature(cursor: Cursor) -> None:
    der.primitive(cursor, "x509ce.AltSignatureValue", "AltSignatureValue", der.BIT_STRING)


_NETSCAPE = "Netscape Certificate Extensions"
_MICROSOFT = "MS-WCCE section 2.2.2.7"

OTHER: Mapping[Value, Known] = {
    "1.3.6.1.4.1.11129.2.4.2": Known(
        _scts, "Proofs that public logs have seen the certificate: browsers want two or more.", "RFC 6962 section 3.3"
    ),
    "1.3.6.1.4.1.11129.2.4.5": Known(_scts, "Timestamps of logs, in an OCSP response.", "RFC 6962 section 3.3"),
    "1.3.6.1.4.1.11129.2.4.3": Known(
        _null,
        "Poison: a precertificate, made for the logs only; being critical, it keeps every client from accepting it.",
        "RFC 6962 section 3.1",
        critical=True,
    ),
    "1.3.6.1.5.5.7.1.24": Known(
        _features,
        "TLS extensions that the server promises to answer; status_request is called must-staple.",
        "RFC 7633 section 4",
        critical=False,
    ),
    "1.3.6.1.5.5.7.1.31": Known(
        _acme,
        "A validation certificate of ACME's tls-alpn-01, not one for visitors.",
        "RFC 8737 section 3",
        critical=True,
    ),
    "1.3.6.1.5.5.7.1.3": Known(_statements, "What a qualified certificate promises by law.", "RFC 3739 section 3.2.6"),
    "1.3.6.1.4.1.44363.44": Known(
        _null,
        "The key may sign delegated credentials, which stand in for it for days.",
        "RFC 9345 section 4.2",
        critical=False,
    ),
    "2.5.29.56": Known(
        _null,
        "The CA will never say that this certificate is revoked: it lives too short.",
        "RFC 9608 section 2",
        critical=False,
    ),
    "2.5.29.72": Known(_alternative_key, "A second, often post-quantum key of the subject.", "X.509 section 9.8.2"),
    "2.5.29.73": Known(_alternative_algorithm, "How the second signature is made.", "X.509 section 9.8.3"),
    "2.5.29.74": Known(_alternative_signature, "A second signature of the issuer.", "X.509 section 9.8.4"),
    "2.23.140.3.1": Known(
        _organization, "The subject's number in a public register.", "CA/Browser Forum EV Guidelines section 7.1.2.2"
    ),
    "1.2.840.113533.7.65.0": Known(_entrust, "Which of Entrust's programs made it.", "Entrust"),
    "1.2.840.113549.1.9.15": Known(
        _capabilities, "Ciphers that the subject's mail program knows.", "RFC 4262 section 2"
    ),
    "2.16.840.1.113730.1.1": Known(_netscape_type, "Netscape's forerunner of extKeyUsage.", _NETSCAPE),
    **{
        f"2.16.840.1.113730.1.{arc}": Known(
            partial(_any, key=f"ns_cert_exts.{name}", label=name), f"Netscape's; {what}", _NETSCAPE
        )
        for arc, name, what in (
            (2, "BaseUrl", "what the other addresses are relative to."),
            (3, "RevocationUrl", "where to ask whether the certificate is revoked."),
            (4, "CaRevocationUrl", "where to ask whether a CA's certificate is revoked."),
            (7, "CertRenewalUrl", "where to renew the certificate."),
            (8, "CaPolicyUrl", "the CA's policy."),
            (12, "SslServerName", "the host, before there was subjectAltName."),
            (13, "Comment", "words for people."),
        )
    },
    "1.3.6.1.4.1.311.20.2": Known(
        partial(_any, key="x509ce.enrollCertType", label="enrollCertType"), "Microsoft's template, by name.", _MICROSOFT
    ),
    "1.3.6.1.4.1.311.21.1": Known(
        partial(_any, key="x509ce.cAKeyCertIndexPair", label="cAKeyCertIndexPair"),
        "Counts a Microsoft CA's keys and renewals.",
        _MICROSOFT,
    ),
    "1.3.6.1.4.1.311.21.2": Known(
        partial(_any, key="x509ce.certSrvPreviousCertHash", label="certSrvPreviousCertHash"),
        "The hash of the CA's certificate before this one.",
        _MICROSOFT,
    ),
    "1.3.6.1.4.1.311.21.7": Known(_template, "The template of a Microsoft CA that it was made from.", _MICROSOFT),
    "1.3.6.1.4.1.311.21.10": Known(policies, "Microsoft's twin of extKeyUsage, written as policies.", _MICROSOFT),
    "1.3.6.1.4.1.311.21.11": Known(policy_mappings, "Microsoft's policyMappings of application policies.", _MICROSOFT),
    "1.3.6.1.4.1.311.21.12": Known(policy_constraints, "Microsoft's policyConstraints of them.", _MICROSOFT),
    "1.3.6.1.4.1.311.25.2": Known(
        _security_identifier, "The Windows account that it logs on: the answer to CVE-2022-26931.", _MICROSOFT
    ),
}
"""By OID, with what each is for."""
