"""Two certificates side by side."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import steps
from support.vectors import vector
from tlscope.wire.x509 import Difference, Kind, diff
from tlscope_ca.authority import Authority
from tlscope_ca.leaf import Minter
from tlscope_ca.verify import Verdict

NOW = datetime(2018, 10, 15, tzinfo=UTC)
REAL = vector("cryptography-scts.pem")


def rows(real, other):
    return {row.name: row for row in diff(real, other)}


@pytest.fixture(scope="module")
def forged(tmp_path_factory):
    """What our own minter makes of a public server's certificate."""
    authority = Authority.create(tmp_path_factory.mktemp("ca"), now=NOW)
    return Minter(authority).mint(REAL, Verdict("cryptography.io", (), 2), now=NOW).der


def test_a_certificate_and_itself():
    """Every part is the same."""
    found = diff(REAL, REAL)
    assert {Kind.SAME} == {row.kind for row in found}
    assert all(row.meant for row in found)
    assert "the same certificate" in rows(REAL, REAL)["signature"].note
    assert [
        "version",
        "serialNumber",
        "signature algorithm",
        "issuer",
        "notBefore",
        "notAfter",
        "subject",
        "subjectPublicKeyInfo",
        "keyUsage",
    ] == [row.name for row in found][:9]
    assert "signature" == found[-1].name


def test_our_own_stand_in_differs_in_what_is_meant_alone(forged):
    """Each with its reason; names, subject and purposes are the server's."""
    found = rows(REAL, forged)
    assert [] == [row for row in found.values() if not row.meant]
    for same in ("version", "subject", "subjectAltName", "extKeyUsage", "basicConstraints"):
        assert Kind.SAME is found[same].kind, same
    for changed in (
        "serialNumber",
        "signature algorithm",
        "issuer",
        "notBefore",
        "subjectPublicKeyInfo",
        "subjectKeyIdentifier",
        "authorityKeyIdentifier",
        "keyUsage",
        "signature",
    ):
        assert Kind.CHANGED is found[changed].kind, changed
        assert found[changed].note
    for removed in ("SignedCertificateTimestampList", "authorityInfoAccess", "certificatePolicies"):
        assert (Kind.REMOVED, "") == (found[removed].kind, found[removed].other)
        assert found[removed].note
    assert ("RSA 2048", "EC P-256") == (found["subjectPublicKeyInfo"].real, found["subjectPublicKeyInfo"].other)


def made(*, names=("cryptography.io",), begin=NOW, end=datetime(2018, 12, 1, tzinfo=UTC), subject="cryptography.io"):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, end)
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_other_names_are_not_meant():
    """What is lacking, and what is new, is said."""
    row = rows(REAL, made(names=("other.example",)))["subjectAltName"]
    assert (Kind.CHANGED, False) == (row.kind, row.meant)
    assert "It lacks: cryptography.io. It has besides: other.example." == row.note
    assert ("cryptography.io", "other.example") == (row.real, row.other)
    lost = rows(REAL, made(names=()))["subjectAltName"]
    assert (Kind.REMOVED, False) == (lost.kind, lost.meant)


def test_another_subject_is_not_meant():
    """It is whom the certificate is about."""
    row = rows(REAL, made(subject="other.example"))["subject"]
    assert (Kind.CHANGED, False, "CN=cryptography.io", "CN=other.example") == (row.kind, row.meant, row.real, row.other)


def test_a_life_is_clipped_or_longer():
    """Shorter is meant; to outlive the real one is not, nor to begin before it."""
    found = rows(REAL, made())
    assert (True, True) == (found["notBefore"].meant, found["notAfter"].meant)
    found = rows(REAL, made(begin=datetime(2018, 1, 1, tzinfo=UTC), end=datetime(2019, 1, 1, tzinfo=UTC)))
    assert (False, False) == (found["notBefore"].meant, found["notAfter"].meant)
    assert "outlives" in found["notAfter"].note


def test_what_only_the_other_has_is_added():
    """In front of the signature, which stays the last."""
    found = diff(made(names=()), REAL)
    added = [row.name for row in found if row.kind is Kind.ADDED]
    assert {"keyUsage", "subjectAltName", "certificatePolicies"} < set(added)
    assert "signature" == found[-1].name


def test_an_extension_that_is_there_twice_is_compared_twice():
    """One by one."""
    two = vector("custom/two_basic_constraints.pem")
    found = [row for row in diff(two, two) if row.name == "basicConstraints"]
    assert [Kind.SAME, Kind.SAME] == [row.kind for row in found]


def test_a_duplicate_key_is_said():
    """Who has the server's key needs no stand-in."""
    assert "private key" in rows(REAL, REAL)["subjectPublicKeyInfo"].note


def test_what_is_no_certificate():
    """Is compared as far as it goes."""
    assert () == diff(b"", b"hello")
    assert {Kind.REMOVED} == {row.kind for row in diff(REAL, b"")}
    assert {Kind.ADDED} == {row.kind for row in diff(b"", REAL)}


def test_time_is_linear():
    """Twice the names, twice the steps."""
    few, many = (made(names=[f"host{number}.example" for number in range(count)]) for count in (300, 600))
    assert steps(diff, many, many) < 2.1 * steps(diff, few, few)


@given(st.binary(max_size=200), st.integers(0, 1500))
def test_any_bytes(data, at):
    """Rows, whatever is compared."""
    other = REAL[:at] + data + REAL[at + len(data) :]
    assert all(isinstance(row, Difference) for row in diff(REAL, other) + diff(data, other))
