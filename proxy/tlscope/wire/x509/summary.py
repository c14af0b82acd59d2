"""What a certificate says in plain values: for lists, rules, exports and scripts."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlscope.wire.asn1.oids import oid_name
from tlscope.wire.field import MALFORMED
from tlscope.wire.x509.keys import Key, key_of
from tlscope.wire.x509.signatures import Signature, signature_algorithm
from tlscope.wire.x509.standard import purpose_name
from tlscope.wire.x509.tree import dissect

if TYPE_CHECKING:
    from tlscope.wire.field import Field, Value

STATUS_REQUEST = 5
"""The TLS extension that must-staple means (RFC 6066 section 8)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A certificate; what it does not say, or says illegibly, is empty."""

    subject: str
    """As RFC 4514 writes it: `CN=example.org,O=Example,C=DE`."""
    issuer: str
    serial: int
    not_before: int | None
    """Unix seconds; None where illegible."""
    not_after: int | None
    names: tuple[str, ...]
    """DNS names as written, IP addresses as text: of subjectAltName, in its order."""
    addresses: tuple[str, ...]
    """Those of them that are IP addresses."""
    common_name: str
    """The last one, as clients of old took it."""
    key: str
    """`RSA 2048`, `EC P-256`, `Ed25519`, `ML-DSA-65`."""
    key_bits: int
    signature_algorithm: str
    """`sha256WithRSAEncryption`, `ecdsa-with-SHA256`, `RSASSA-PSS`, `Ed25519`."""
    signature_hash: str
    """`SHA-256`; empty where the algorithm leaves none to choose."""
    self_issued: bool
    """Subject and issuer are the same name; who signed is another question."""
    is_ca: bool
    path_length: int | None
    key_usage: tuple[str, ...]
    """`digitalSignature` ..."""
    extended_key_usage: tuple[str, ...]
    """`serverAuth` ...; dotted where without a name."""
    subject_key_id: str
    """Hex."""
    authority_key_id: str
    sct_count: int
    scts: tuple[str, ...]
    """Log and time of each signed certificate timestamp, for people; empty where it cannot be read."""
    ocsp_urls: tuple[str, ...]
    ca_issuer_urls: tuple[str, ...]
    crl_urls: tuple[str, ...]
    must_staple: bool
    precertificate: bool
    policies: tuple[str, ...]
    """Dotted."""
    policy_names: tuple[str, ...]
    """The same by name: `domain-validated` ...; dotted where without one."""
    extensions: tuple[str, ...]
    """Dotted, in their order."""
    version: int
    """3 as in v3."""
    sha1: str
    """Fingerprints, hex."""
    sha256: str
    spki_sha256: str
    """The hash of the SubjectPublicKeyInfo in base64, which is the pin of RFC 7469."""
    lifetime: float | None
    """Days from the first second to the last, both included (RFC 5280 section 4.1.2.5)."""
    oddities: tuple[str, ...]
    """What is malformed in it, where, and why."""


def facts(der: bytes) -> Facts | None:
    """The facts of one DER certificate; None where there is no tbsCertificate at all. Never raises."""
    tree = dissect(der)
    signed = tree.first("x509af.signedCertificate_element")
    return None if signed is None or not signed.children else _facts(der, tree, _Look(signed))


def _facts(der: bytes, tree: Field, look: _Look) -> Facts:
    key, signature, span = look.key(), _signature(tree), look.span(der, "x509af.subjectPublicKeyInfo_element")
    not_before, not_after = look.number("x509af.notBefore"), look.number("x509af.notAfter")
    subject, issuer = look.span(der, "x509af.subject"), look.span(der, "x509af.issuer")
    policies = look.texts("2.5.29.32", "x509ce.policyIdentifier")
    return Facts(
        subject=look.text("x509af.subject"),
        issuer=look.text("x509af.issuer"),
        serial=look.serial(),
        not_before=not_before,
        not_after=not_after,
        names=look.host_names(HOST_KEYS),
        addresses=look.host_names(ADDRESS_KEYS),
        common_name=look.common_name(),
        key=key.name,
        key_bits=key.bits,
        signature_algorithm=signature.name,
        signature_hash=signature.hash,
        self_issued=subject == issuer != b"",
        is_ca=any(value is True for value in look.inside("2.5.29.19", "x509ce.cA")),
        path_length=next((n for n in look.inside("2.5.29.19", "x509ce.pathLenConstraint") if isinstance(n, int)), None),
        key_usage=look.key_usage(),
        extended_key_usage=tuple(map(purpose_name, look.texts("2.5.29.37", "x509ce.KeyPurposeId"))),
        subject_key_id=look.hex("2.5.29.14", "x509ce.SubjectKeyIdentifier"),
        authority_key_id=look.hex("2.5.29.35", "x509ce.keyIdentifier"),
        sct_count=len(look.inside("1.3.6.1.4.1.11129.2.4.2", "tls.sct")),
        scts=look.said("1.3.6.1.4.1.11129.2.4.2", "tls.sct"),
        ocsp_urls=look.locations("1.3.6.1.5.5.7.48.1"),
        ca_issuer_urls=look.locations("1.3.6.1.5.5.7.48.2"),
        crl_urls=look.texts("2.5.29.31", "x509ce.uniformResourceIdentifier"),
        must_staple=STATUS_REQUEST in look.inside("1.3.6.1.5.5.7.1.24", "pkix1explicit.Features_item"),
        precertificate="1.3.6.1.4.1.11129.2.4.3" in look.extension,
        policies=policies,
        policy_names=tuple(map(oid_name, policies)),
        extensions=tuple(look.extension),
        version=1 + (look.number("x509af.version") or 0),
        sha1=hashlib.sha1(der, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(der).hexdigest(),
        spki_sha256=base64.b64encode(hashlib.sha256(span).digest()).decode() if span else "",
        lifetime=None if not_before is None or not_after is None else (not_after - not_before + 1) / 86400,
        oddities=tuple(f"{field.text} (at byte {field.start})" for field in tree.all(MALFORMED)),
    )


class _Look:
    """Finds things in a dissected tbsCertificate."""

    def __init__(self, signed: Field) -> None:
        self.part: dict[str, Field] = {}
        for child in signed.children:
            for field in (child, *child.children) if child.key == "x509af.validity_element" else (child,):
                self.part.setdefault(field.key, field)
        self.extension: dict[str, Field] = {}
        if listed := self.part.get("x509af.extensions"):
            for child in listed.children:
                if isinstance(child.value, str):
                    self.extension.setdefault(child.value, child)

    def text(self, key: str) -> str:
        field = self.part.get(key)
        return field.value if field is not None and isinstance(field.value, str) else ""

    def number(self, key: str) -> int | None:
        field = self.part.get(key)
        return field.value if field is not None and isinstance(field.value, int) else None

    def span(self, der: bytes, key: str) -> bytes:
        """The bytes of a part, tag and length included."""
        field = self.part.get(key)
        return b"" if field is None else der[field.start : field.end]

    def serial(self) -> int:
        field = self.part.get("x509af.serialNumber")
        return int.from_bytes(field.value, signed=True) if field is not None and isinstance(field.value, bytes) else 0

    def key(self) -> Key:
        info = self.part.get("x509af.subjectPublicKeyInfo_element")
        return Key("unknown", 0) if info is None else key_of(info)

    def inside(self, oid: str, key: str) -> list[Value]:
        """The values of all fields of one kind in an extension."""
        found = self.extension.get(oid)
        return [] if found is None else [field.value for field in found.all(key)]

    def texts(self, oid: str, key: str) -> tuple[str, ...]:
        return tuple(value for value in self.inside(oid, key) if isinstance(value, str))

    def said(self, oid: str, key: str) -> tuple[str, ...]:
        """What all fields of one kind in an extension say to people."""
        found = self.extension.get(oid)
        return () if found is None else tuple(field.text for field in found.all(key))

    def hex(self, oid: str, key: str) -> str:
        return next((value.hex() for value in self.inside(oid, key) if isinstance(value, bytes)), "")

    def locations(self, method: str) -> tuple[str, ...]:
        """The addresses that authorityInfoAccess has for one thing."""
        access = self.extension.get("1.3.6.1.5.5.7.1.1")
        return tuple(
            field.children[1].value
            for field in (access.all("pkix1implicit.AccessDescription_element") if access is not None else ())
            if len(field.children) == 2
            and field.children[0].value == method
            and field.children[1].key == "x509ce.uniformResourceIdentifier"
            and isinstance(field.children[1].value, str)
        )

    def key_usage(self) -> tuple[str, ...]:
        found = self.extension.get("2.5.29.15")
        bits = found.first("x509ce.KeyUsage") if found is not None else None
        return () if bits is None else tuple(bit.label for bit in bits.children if bit.value is True)

    def host_names(self, keys: frozenset[str]) -> tuple[str, ...]:
        found = self.extension.get("2.5.29.17")
        names = found.first("x509ce.GeneralNames") if found is not None else None
        return tuple(
            name.value
            for name in (names.children if names is not None else ())
            if name.key in keys and isinstance(name.value, str)
        )

    def common_name(self) -> str:
        subject = self.part.get("x509af.subject")
        found = ""
        for attribute in subject.all(ATTRIBUTE) if subject is not None else ():
            if len(attribute.children) > 1 and attribute.children[0].value == "2.5.4.3":
                value = attribute.children[1].value
                found = value if isinstance(value, str) else found
        return found


ATTRIBUTE = "x509if.RelativeDistinguishedName_item_element"
ADDRESS_KEYS = frozenset({"x509ce.IPAddress.ipv4", "x509ce.IPAddress.ipv6"})
HOST_KEYS = ADDRESS_KEYS | {"x509ce.dNSName"}


def _signature(tree: Field) -> Signature:
    """By the outer algorithm, which is the one that verifiers use; by the inner one where that is missing."""
    for key in ("x509af.algorithmIdentifier_element", "x509af.signature_element"):
        found = tree.first(key)
        if found is not None and isinstance(found.value, str):
            return signature_algorithm(found.value, found)
    return Signature("unknown")
