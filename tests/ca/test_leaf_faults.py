"""What is wrong with a server's certificate is wrong with its leaf, so that the client finds the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from ca.forge import (
    DAY,
    HOST,
    KEYS,
    LEAF,
    NO_AUTHORITY,
    NOW,
    ROOT,
    RSA,
    RSA_1024,
    SECOND,
    chain,
    corrupt,
    der,
    issue,
    name,
    openssl_errors,
    self_signed,
    usage,
)
from ca.judging import UNKNOWN
from ca.minting import NAMES, VALID, bad, extension, has, life
from tlscope_ca.authority import Authority
from tlscope_ca.leaf import MAX_VALIDITY, KeyType, Minter


@pytest.mark.parametrize(
    ("before", "after"),
    [(-30 * DAY, 30 * DAY), (-1000 * DAY, 1000 * DAY), (-SECOND, 10 * DAY), (-DAY, SECOND), (timedelta(), 5000 * DAY)],
)
@pytest.mark.parametrize("days", [1, 90, 3650])
def test_validity(before, after, days):
    """The mirror is valid now, no longer than the server's and our root's are, and for less than 200 days in all."""
    root = Authority.throw_away(days=days, now=NOW)
    first, last = life(
        Minter(root).mint(chain(leaf={"not_before": NOW + before, "not_after": NOW + after}).sent[0], VALID, now=NOW)
    )
    assert NOW + before <= first <= NOW <= last <= NOW + after
    assert root.certificate.not_valid_before_utc <= first
    assert last <= root.certificate.not_valid_after_utc
    assert last - first < 200 * DAY


@pytest.mark.parametrize(
    ("fault", "before", "after"),
    [
        ("expired", -60 * DAY, -SECOND),
        ("expired", -1000 * DAY, -30 * DAY),
        ("not-yet-valid", SECOND, 30 * DAY),
        ("not-yet-valid", 400 * DAY, 4000 * DAY),
    ],
)
def test_wrong_dates(minter, fault, before, after):
    """A certificate that is out of date has its own dates in the mirror, so that the client can tell since when."""
    upstream = chain(leaf={"not_before": NOW + before, "not_after": NOW + after}).sent[0]
    first, last = life(minter.mint(upstream, bad(fault), now=NOW))
    wrong, other = (last, first) if fault == "expired" else (first, last)
    assert NOW + (after if fault == "expired" else before) == wrong
    assert NOW + before <= other <= NOW + after
    assert last - first <= MAX_VALIDITY


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        (datetime(1950, 1, 1, tzinfo=UTC), datetime(1950, 1, 2, tzinfo=UTC), "expired"),
        (datetime(1950, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "expired"),
        (datetime(9999, 12, 31, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "not-yet-valid"),
    ],
)
def test_extreme_dates(minter, first, last, fault):
    """Dates at the edges of what X.509 can say are no reason to fail."""
    upstream = chain(leaf={"not_before": first, "not_after": last}).sent[0]
    assert "authority" == minter.mint(upstream, bad(fault), now=NOW).issuer


def test_pardoned_is_valid_now(minter):
    """What the user has chosen to accept is mirrored as valid: in time, for the host, by the authority."""
    upstream = self_signed(not_before=NOW - 90 * DAY, not_after=NOW - 60 * DAY, names=("a.test",))
    verdict = bad("expired", "self-signed", "name-mismatch").pardoned()
    minted = minter.mint(der(upstream), verdict, KeyType.P256, (HOST,), now=NOW)
    first, last = life(minted)
    assert "authority" == minted.issuer
    assert first <= NOW < last
    assert x509.DNSName(HOST) in extension(minted.certificate, NAMES).value


UNTRUSTED = self_signed(subject=name("Other Root"), key=KEYS[3], constraints=ROOT.constraints, names=None)


# What is wrong with the server's chain, and who signs the mirror.
MIRRORED = {
    "expired": ({"leaf": {"not_after": NOW - SECOND}}, "authority"),
    "not yet valid": ({"leaf": {"not_before": NOW + DAY}}, "authority"),
    "another name": ({"leaf": {"names": ("a.test",)}}, "authority"),
    "no subjectAltName": ({"leaf": {"names": None, "subject": name("x")}}, "authority"),
    "another purpose": ({"leaf": {"purposes": (Purpose.CLIENT_AUTH,)}}, "authority"),
    "another key usage": ({"leaf": {"key_usage": usage("content_commitment")}}, "authority"),
    "critical extension": ({"leaf": {"more": ((UNKNOWN, True),)}}, "authority"),
    "expired, another name and purpose": (
        {"leaf": {"not_after": NOW - SECOND, "names": ("a.test",), "purposes": (Purpose.CLIENT_AUTH,)}},
        "authority",
    ),
}


@pytest.mark.parametrize("key", KeyType)
@pytest.mark.parametrize("case", MIRRORED)
def test_openssl_finds_the_same(tmp_path, warm_minter, authority, verifier, case, key):
    """OpenSSL has the same errors for the mirror with our root trusted as for the original with its own."""
    defects, issuer = MIRRORED[case]
    made = chain(**defects)
    verdict = verifier(made.root).judge(made.sent, HOST, NOW)
    minted = warm_minter.mint(made.sent[0], verdict, key, now=NOW)
    assert issuer == minted.issuer
    original = openssl_errors(tmp_path, made.leaf, trusted=[made.root], untrusted=[made.intermediate])
    assert original
    assert original == openssl_errors(tmp_path, minted.certificate, trusted=[authority.certificate])


@pytest.mark.parametrize("case", MIRRORED)
def test_judged_the_same(warm_minter, authority, verifier, case):
    """And our own verdict on the mirror has the faults of the original, no more and no fewer."""
    made = chain(**MIRRORED[case][0])
    verdict = verifier(made.root).judge(made.sent, HOST, NOW)
    minted = warm_minter.mint(made.sent[0], verdict, now=NOW)
    mirrored = verifier(authority.certificate).judge((minted.der,), HOST, NOW)
    assert verdict.faults == mirrored.faults


def test_self_signed(tmp_path, minter, authority, verifier):
    """A self-signed leaf is mirrored by one: OpenSSL's error is 18 for both."""
    upstream = self_signed()
    verdict = verifier(ROOT_CERTIFICATE).judge((der(upstream),), HOST, NOW)
    minted = minter.mint(der(upstream), verdict, now=NOW)
    assert ("self", (), upstream.subject) == (minted.issuer, minted.chain, minted.certificate.issuer)
    minted.certificate.verify_directly_issued_by(minted.certificate)
    assert [18] == openssl_errors(tmp_path, upstream, trusted=[ROOT_CERTIFICATE])
    assert [18] == openssl_errors(tmp_path, minted.certificate, trusted=[authority.certificate])


@pytest.mark.parametrize("key", KeyType)
def test_self_signed_and_worse(tmp_path, warm_minter, authority, verifier, key):
    """A self-signed leaf that is expired and for another host is mirrored in all three."""
    upstream = self_signed(names=("a.test",), not_after=NOW - DAY)
    verdict = verifier(ROOT_CERTIFICATE).judge((der(upstream),), HOST, NOW)
    minted = warm_minter.mint(der(upstream), verdict, key, now=NOW)
    original = openssl_errors(tmp_path, upstream, trusted=[ROOT_CERTIFICATE])
    assert {18, 62} == set(original)
    assert upstream.not_valid_after_utc == minted.certificate.not_valid_after_utc
    assert original == openssl_errors(tmp_path, minted.certificate, trusted=[authority.certificate])


ROOT_CERTIFICATE = chain().root


@pytest.mark.parametrize(("carried", "error"), [(True, 19), (False, 20)])
def test_unknown_issuer(tmp_path, minter, authority, verifier, carried, error):
    """An unknown issuer stays unknown, under its own name: OpenSSL's error is 19 where the root was sent, else 20."""
    made = chain()
    sent = made.sent_with_root if carried else made.sent
    minted = minter.mint(sent[0], verifier(UNTRUSTED).judge(sent, HOST, NOW), now=NOW)
    assert ("throw-away", carried) == (minted.issuer, len(minted.chain) == 1)
    assert made.leaf.issuer == minted.certificate.issuer
    untrusted = [made.intermediate, made.root][: 1 + carried]
    assert error == openssl_errors(tmp_path, made.leaf, trusted=[UNTRUSTED], untrusted=untrusted)[0]
    mirrored = openssl_errors(tmp_path, minted.certificate, trusted=[authority.certificate], untrusted=minted.chain)
    assert error == mirrored[0]


def test_unknown_issuer_and_worse(tmp_path, minter, authority, verifier):
    """An unknown issuer does not hide that the leaf is expired and for another host, nor the other way round."""
    made = chain(leaf={"not_after": NOW - DAY, "names": ("a.test",)})
    minted = minter.mint(made.sent[0], verifier(UNTRUSTED).judge(made.sent, HOST, NOW), now=NOW)
    assert [20] == openssl_errors(tmp_path, minted.certificate, trusted=[authority.certificate])
    mirrored = verifier(authority.certificate).judge((minted.der,), HOST, NOW)
    assert ["unknown-issuer", "expired", "name-mismatch"] == [str(fault.code) for fault in mirrored.faults]


@pytest.mark.parametrize(
    "defects",
    [
        {"intermediate": {"not_after": NOW - DAY}},
        {"intermediate": {"constraints": NO_AUTHORITY}},
        {"intermediate": {"more": ((UNKNOWN, True),)}},
        {"intermediate": {"purposes": (Purpose.CLIENT_AUTH,)}},
        {"leaf": {"signed_with": KEYS[3]}},
        {"leaf": {"key": RSA_1024}},
        {"intermediate": {"key": RSA}, "leaf": {"weak_hash": hashes.SHA1()}},
    ],
)
def test_the_rest_is_untrusted(tmp_path, minter, authority, verifier, defects):
    """What one leaf cannot show is mirrored as an issuer that nobody trusts, even under a trusted one's name."""
    made = chain(**defects)
    minted = minter.mint(made.sent[0], verifier(made.root).judge(made.sent, HOST, NOW), now=NOW)
    assert "throw-away" == minted.issuer
    for trusted in (authority.certificate, made.root, made.intermediate):
        assert 20 in openssl_errors(tmp_path, minted.certificate, trusted=[trusted])


def test_our_name_is_no_trust(tmp_path, minter, authority):
    """A server whose unknown issuer has our root's name is not mirrored as ours."""
    forged = issue(LEAF, replace(ROOT, subject=authority.certificate.subject))
    minted = minter.mint(der(forged), bad("unknown-issuer"), now=NOW)
    assert 20 in openssl_errors(tmp_path, minted.certificate, trusted=[authority.certificate])


def test_bad_names_byte_for_byte(minter):
    """Names that no library reads are repeated as they are: the client may judge them otherwise."""
    upstream = der(chain(leaf={"names": ("www.example.comXevil.test",)}).leaf).replace(b"comXevil", b"com\xffevil")
    minted = minter.mint(upstream, bad("malformed"), now=NOW)
    assert b"www.example.com\xffevil.test" in minted.der


@pytest.mark.parametrize(
    "upstream", [b"", b"x", b"\x30\x00", b"\x30\x80", b"\xff" * 100_000, corrupt(chain().leaf)[:-9]]
)
@pytest.mark.parametrize("verdict", [bad("malformed"), VALID])
@pytest.mark.parametrize("key", KeyType)
def test_unreadable(warm_minter, upstream, verdict, key):
    """What cannot be read is still answered: by a leaf that nobody trusts, or for the wanted names if pardoned."""
    minted = warm_minter.mint(upstream, verdict, key, (HOST,), now=NOW)
    assert "authority" if verdict.valid else "throw-away" == minted.issuer
    assert verdict.valid == has(minted.certificate, NAMES)
