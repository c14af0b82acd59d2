"""The facts of certificates, against those that cryptography reads."""

from __future__ import annotations

import base64
import hashlib
import re
import warnings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID
from hypothesis import given
from hypothesis import strategies as st

from support.vectors import certificates, vector
from tlscope.wire.asn1.oids import OIDS
from tlscope.wire.x509 import Facts, facts
from tlscope.wire.x509.names import SHORT

PARTS = 8
"""Of all vectors, so that no test takes long."""
OVERRIDES = {
    x509.ObjectIdentifier(oid): SHORT.get(oid) or name.removeprefix("id-at-")
    for oid, name in OIDS.items()
    if oid != "2.5.4.3"
}
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)
NAMES_OF_USAGES = (
    "digitalSignature",
    "contentCommitment",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
)


def extension(certificate, kind):
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def theirs(read):
    """What cryptography says; None where it raises, which it does on what it takes for wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return read()
        except Exception:  # noqa: BLE001 - any refusal of theirs means that there is no oracle here
            return None


def agree_basics(ours, certificate):
    assert theirs(lambda: certificate.serial_number) in {None, ours.serial}
    before, after = theirs(lambda: certificate.not_valid_before_utc), theirs(lambda: certificate.not_valid_after_utc)
    assert before is None or before.timestamp() == ours.not_before
    assert after is None or after.timestamp() == ours.not_after
    subject, issuer = theirs(lambda: certificate.subject), theirs(lambda: certificate.issuer)
    if subject is not None:
        # What is no string is hex of the whole element by RFC 4514 section 2.4, of the contents only by cryptography.
        assert subject.rfc4514_string(OVERRIDES) == re.sub("#0[0-9a-f]{3}", "#", ours.subject)
        common = [a.value for a in subject if a.oid.dotted_string == "2.5.4.3" and isinstance(a.value, str)]
        assert (common[-1] if common else "") == ours.common_name
    if issuer is not None:
        assert issuer.rfc4514_string(OVERRIDES) == ours.issuer
    if subject is not None and issuer is not None:
        assert (subject.public_bytes() == issuer.public_bytes()) == ours.self_issued
    assert certificate.fingerprint(hashes.SHA1()).hex() == ours.sha1
    assert certificate.fingerprint(hashes.SHA256()).hex() == ours.sha256
    version = theirs(lambda: certificate.version.value)
    assert version is None or version + 1 == ours.version


def agree_key(ours, certificate):
    key = theirs(certificate.public_key)
    if isinstance(key, rsa.RSAPublicKey):
        assert ours.key in {f"RSA {key.key_size}", f"RSA-PSS {key.key_size}"}
        assert key.key_size == ours.key_bits
    elif isinstance(key, dsa.DSAPublicKey):
        assert (f"DSA {key.key_size}", key.key_size) == (ours.key, ours.key_bits)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        assert ours.key.startswith("EC ")
        assert key.curve.key_size == ours.key_bits
    elif key is not None:
        name = type(key).__name__.lower().removeprefix("_").removesuffix("publickey")
        assert name == ours.key.replace("-", "").lower()
    if key is not None:
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        # Written again by cryptography: only what is written in the usual way comes out the same.
        if spki in certificate.public_bytes(Encoding.DER):
            assert base64.b64encode(hashlib.sha256(spki).digest()).decode() == ours.spki_sha256
    algorithm = theirs(lambda: certificate.signature_hash_algorithm or "none")
    if algorithm is None:
        return
    if algorithm != "none" or not ours.signature_hash.startswith("GOST"):
        name = "" if algorithm == "none" else algorithm.name
        assert name == ours.signature_hash.lower().replace("sha-", "sha").replace("/", "-")


def agree_extensions(ours, certificate):
    if theirs(lambda: certificate.extensions) is None:
        return
    assert [found.oid.dotted_string for found in certificate.extensions] == list(ours.extensions)
    alternative = extension(certificate, x509.SubjectAlternativeName) or ()
    hosts = [str(name.value) for name in alternative if isinstance(name, x509.DNSName | x509.IPAddress)]
    assert hosts == list(ours.names)
    assert [str(name.value) for name in alternative if isinstance(name, x509.IPAddress)] == list(ours.addresses)
    basic = extension(certificate, x509.BasicConstraints)
    assert (basic.ca, basic.path_length) if basic else (False, None) == (ours.is_ca, ours.path_length)
    usage = extension(certificate, x509.KeyUsage)
    wanted = [] if usage is None else [n for n, t in zip(NAMES_OF_USAGES, USAGES, strict=True) if getattr(usage, t)]
    assert wanted == [name for name in ours.key_usage if not name.endswith("Only")]
    assert len(extension(certificate, x509.ExtendedKeyUsage) or ()) == len(ours.extended_key_usage)
    subject_key = extension(certificate, x509.SubjectKeyIdentifier)
    assert ("" if subject_key is None else subject_key.digest.hex()) == ours.subject_key_id
    authority = extension(certificate, x509.AuthorityKeyIdentifier)
    assert ("" if authority is None else (authority.key_identifier or b"").hex()) == ours.authority_key_id
    scts = extension(certificate, x509.PrecertificateSignedCertificateTimestamps)
    assert (0 if scts is None else len(list(scts))) == ours.sct_count
    feature = extension(certificate, x509.TLSFeature) or ()
    assert (x509.TLSFeatureType.status_request in feature) == ours.must_staple
    policies = extension(certificate, x509.CertificatePolicies) or ()
    assert [policy.policy_identifier.dotted_string for policy in policies] == list(ours.policies)
    agree_addresses(ours, certificate)


def agree_addresses(ours, certificate):
    access = extension(certificate, x509.AuthorityInformationAccess) or ()
    for method, found in (
        (AuthorityInformationAccessOID.OCSP, ours.ocsp_urls),
        (AuthorityInformationAccessOID.CA_ISSUERS, ours.ca_issuer_urls),
    ):
        uris = [one.access_location for one in access if one.access_method == method]
        assert [uri.value for uri in uris if isinstance(uri, x509.UniformResourceIdentifier)] == list(found)
    points = extension(certificate, x509.CRLDistributionPoints) or ()
    uris = [name for point in points for name in (*(point.full_name or ()), *(point.crl_issuer or ()))]
    assert [uri.value for uri in uris if isinstance(uri, x509.UniformResourceIdentifier)] == list(ours.crl_urls)


@pytest.mark.parametrize("part", range(PARTS))
def test_facts_agree_with_cryptography(part):
    """Of every vector that it loads, in all that it reads."""
    agreed = 0
    for name, der in certificates()[part::PARTS]:
        ours = facts(der)
        certificate = theirs(lambda der=der: x509.load_der_x509_certificate(der))
        if certificate is None:
            continue
        assert isinstance(ours, Facts), name
        try:
            agree_basics(ours, certificate)
            agree_key(ours, certificate)
            agree_extensions(ours, certificate)
        except AssertionError as failure:
            failure.add_note(name)
            raise
        agreed += 1
    assert agreed > 50


def test_the_facts_of_one_certificate():
    """All that a list or a rule asks for."""
    found = facts(vector("cryptography-scts.pem"))
    assert ("CN=cryptography.io", "CN=Let's Encrypt Authority X3,O=Let's Encrypt,C=US") == (found.subject, found.issuer)
    assert 0x03D33372A8E7313DEDB035CADCBAF2E2E448 == found.serial
    assert ("RSA 2048", "sha256WithRSAEncryption", "SHA-256") == (
        found.key,
        found.signature_algorithm,
        found.signature_hash,
    )
    assert ("serverAuth", "clientAuth") == found.extended_key_usage
    assert ("domain-validated", "isrgDomainValidated") == found.policy_names
    assert (2, 3, False, False) == (found.sct_count, found.version, found.is_ca, found.precertificate)
    assert (
        "a log not known, 2018-09-26 20:56:33.769 UTC",
        "a log not known, 2018-09-26 20:56:33.904 UTC",
    ) == found.scts
    assert 90 == round(found.lifetime, 3)
    assert () == found.oddities


def test_what_is_no_certificate_has_no_facts():
    """None, not an error."""
    assert facts(b"") is None
    assert facts(b"hello") is None
    assert facts(b"\x30\x00") is None


def test_half_a_certificate_has_the_facts_that_are_there():
    """And says what is missing."""
    whole = vector("cryptography-scts.pem")
    found = facts(whole[:600])
    assert "CN=cryptography.io" == found.subject
    assert "RSA 2048" == found.key
    assert () == found.names == found.addresses
    assert found.oddities


@given(st.binary(max_size=300), st.integers(0, 1500))
def test_any_bytes(data, at):
    """Alone, or written over a certificate: facts, or None."""
    whole = vector("cryptography-scts.pem")
    for der in (data, whole[:at] + data + whole[at + len(data) :]):
        found = facts(der)
        assert found is None or isinstance(found, Facts)
