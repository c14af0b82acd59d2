import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

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
    chain,
    corrupt,
    der,
    general,
    issue,
    name,
    openssl_errors,
    pem,
    run,
    self_signed,
    usage,
)
from tlscope_ca import leaf as module
from tlscope_ca.authority import Authority
from tlscope_ca.leaf import MAX_ISSUERS, MAX_KEPT_UPSTREAM, MAX_VALIDITY, KeyType, Minter
from tlscope_ca.names import InvalidHostError
from tlscope_ca.verify import Fault, FaultCode, Verdict, Verifier

SECOND = timedelta(seconds=1)
VALID = Verdict(HOST, (), 2)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
NAMES = x509.SubjectAlternativeName


@pytest.fixture(scope="module")
def authority():
    return Authority.throw_away(name("Our Root"), now=NOW)


@pytest.fixture(scope="module")
def warm_minter(authority):
    minter = Minter(authority)
    minter.warm(KeyType.RSA2048)
    return minter


@pytest.fixture
def minter(authority):
    return Minter(authority)


@pytest.fixture
def verifier(tmp_path):
    def trust(*certificates):
        path = tmp_path / "trusted.pem"
        path.write_bytes(pem(*certificates))
        return Verifier(ca_files=[path], system=False)

    return trust


def bad(*codes, depth=0, carried_root=False):
    return Verdict(HOST, tuple(Fault(FaultCode(code), depth) for code in codes), 2, carried_root=carried_root)


def extension(certificate, kind):
    return certificate.extensions.get_extension_for_class(kind)


def has(certificate, kind):
    return any(isinstance(found.value, kind) for found in certificate.extensions)


EVERY_KIND_OF_NAME = (
    HOST,
    "*.example.com",
    "192.0.2.1",
    "2001:db8::1",
    x509.RFC822Name("a@example.com"),
    x509.UniformResourceIdentifier("https://example.com/"),
    x509.DirectoryName(name("dir")),
    x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
    x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7"), b"\x16\x04_a.b"),
)


@pytest.mark.parametrize("key", KeyType)
def test_mirror(warm_minter, authority, key):
    """A valid leaf is mirrored in subject, names of every kind and purposes, and signed by the authority."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bücher & Söhne"),
            x509.NameAttribute(NameOID.COMMON_NAME, HOST),
        ]
    )
    upstream = chain(leaf={"subject": subject, "names": EVERY_KIND_OF_NAME}).leaf
    minted = warm_minter.mint(der(upstream), VALID, key, now=NOW)
    certificate = minted.certificate
    assert ("authority", (), key) == (minted.issuer, minted.chain, minted.key_type)
    assert der(certificate) == minted.der
    assert (subject, authority.certificate.subject) == (certificate.subject, certificate.issuer)
    for kind in (NAMES, x509.ExtendedKeyUsage):
        assert extension(upstream, kind) == extension(certificate, kind)
    certificate.verify_directly_issued_by(authority.certificate)


def test_profile(warm_minter, authority):
    """The leaf has what strict clients ask for: key identifiers that fit, key usage, CA:FALSE."""
    certificate = warm_minter.mint(chain().sent[0], VALID, now=NOW).certificate
    root = extension(authority.certificate, x509.SubjectKeyIdentifier).value
    assert root.digest == extension(certificate, x509.AuthorityKeyIdentifier).value.key_identifier
    own = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    assert own == extension(certificate, x509.SubjectKeyIdentifier).value
    assert NO_AUTHORITY == extension(certificate, x509.BasicConstraints).value
    assert extension(certificate, x509.KeyUsage).critical
    assert usage("digital_signature") == extension(certificate, x509.KeyUsage).value


def test_keys(warm_minter, authority):
    """There is one key of each type for all leaves, and neither is the authority's."""
    leaves = {key: [warm_minter.mint(chain().sent[0], VALID, key, now=NOW) for _ in range(2)] for key in KeyType}
    for one, other in leaves.values():
        assert one.key is other.key
        assert one.key.public_key() == one.certificate.public_key()
        assert one.key.public_key() != authority.key.public_key()
    assert isinstance(leaves[KeyType.P256][0].key.curve, ec.SECP256R1)
    assert 2048 == leaves[KeyType.RSA2048][0].key.key_size


def test_rsa_can_encrypt(warm_minter):
    """An RSA leaf serves the RSA key exchange of TLS 1.2 (RFC 5246 section 7.4.2)."""
    certificate = warm_minter.mint(chain().sent[0], VALID, KeyType.RSA2048, now=NOW).certificate
    assert usage("digital_signature", "key_encipherment") == extension(certificate, x509.KeyUsage).value


def test_warm(authority):
    """The RSA key is made when first needed or when asked for, once, from whatever thread."""
    minter = Minter(authority)
    assert (True, False) == (minter.ready(KeyType.P256), minter.ready(KeyType.RSA2048))
    threads = [threading.Thread(target=minter.warm, args=(KeyType.RSA2048,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    minted = minter.mint(chain().sent[0], VALID, KeyType.RSA2048, now=NOW)
    for thread in threads:
        thread.join()
    assert minter.ready(KeyType.RSA2048)
    assert minted.key is minter.mint(chain().sent[0], VALID, KeyType.RSA2048, now=NOW).key


def test_serials(minter):
    """No two leaves have a serial in common: Firefox refuses the second."""
    serials = {
        minter.mint(chain(leaf={"names": (f"h{n}",)}).sent[0], VALID, now=NOW).certificate.serial_number
        for n in range(50)
    }
    serials |= {
        minter.mint(b"", bad("empty-chain"), KeyType.P256, (str(n),), now=NOW).certificate.serial_number
        for n in range(50)
    }
    assert 100 == len(serials)
    assert all(0 < serial < 1 << 159 for serial in serials)


@pytest.mark.parametrize("key", KeyType)
def test_openssl_trusts(tmp_path, warm_minter, authority, key):
    """OpenSSL accepts the mirror of a valid leaf, also when it is strict as in Python 3.13."""
    minted = warm_minter.mint(chain().sent[0], VALID, key, now=NOW)
    assert [] == openssl_errors(tmp_path, minted.certificate, trusted=[authority.certificate], strict=True)


def test_cryptography_trusts(warm_minter, authority):
    """The Web PKI profile of cryptography accepts it."""
    minted = warm_minter.mint(chain().sent[0], VALID, now=NOW)
    verifier = PolicyBuilder().store(Store([authority.certificate])).time(NOW).build_server_verifier(general(HOST))
    assert [minted.certificate, authority.certificate] == verifier.verify(minted.certificate, [])


@pytest.mark.parametrize("key", KeyType)
def test_gnutls_trusts(tmp_path, warm_minter, authority, key):
    """GnuTLS accepts it."""
    (tmp_path / "leaf.pem").write_bytes(pem(warm_minter.mint(chain().sent[0], VALID, key, now=NOW).certificate))
    (tmp_path / "root.pem").write_bytes(authority.pem)
    code, told = run(
        *("certtool", "--verify", "--verify-hostname", HOST, "--verify-purpose", "1.3.6.1.5.5.7.3.1"),
        *("--infile", tmp_path / "leaf.pem", "--load-ca-certificate", tmp_path / "root.pem"),
    )
    assert 0 == code, told


@pytest.mark.parametrize("key", KeyType)
def test_nss_trusts(tmp_path, warm_minter, authority, key):
    """NSS, which is in Firefox, accepts it for a TLS server (usage V)."""
    (tmp_path / "leaf.pem").write_bytes(pem(warm_minter.mint(chain().sent[0], VALID, key, now=NOW).certificate))
    (tmp_path / "root.pem").write_bytes(authority.pem)
    database = ("-d", f"sql:{tmp_path}")
    for command in (
        ("certutil", "-N", *database, "--empty-password"),
        ("certutil", "-A", *database, "-n", "root", "-t", "C,,", "-a", "-i", tmp_path / "root.pem"),
        ("certutil", "-A", *database, "-n", "leaf", "-t", ",,", "-a", "-i", tmp_path / "leaf.pem"),
        ("certutil", "-V", *database, "-n", "leaf", "-u", "V", "-e"),
    ):
        code, told = run(*command)
        assert 0 == code, told
    assert "certificate is valid" in told


def test_java_trusts(tmp_path, warm_minter, authority):
    """Java imports the leaf as one that its trust store vouches for, without asking."""
    (tmp_path / "leaf.pem").write_bytes(pem(warm_minter.mint(chain().sent[0], VALID, now=NOW).certificate))
    (tmp_path / "root.pem").write_bytes(authority.pem)
    store = ("-keystore", tmp_path / "store.p12", "-storepass", "changeit", "-storetype", "PKCS12")
    code, told = run("keytool", "-importcert", "-noprompt", *store, "-alias", "root", "-file", tmp_path / "root.pem")
    assert 0 == code, told
    # Without -noprompt it asks whether to trust a certificate, unless a trusted one has signed it.
    code, told = run("keytool", "-importcert", *store, "-alias", "leaf", "-file", tmp_path / "leaf.pem", stdin=b"no\n")
    assert (0, True, False) == (code, "was added" in told, "Trust this" in told), told


def test_empty_subject(tmp_path, warm_minter, authority):
    """With an empty subject the names are critical (RFC 5280 section 4.2.1.6), whatever the server's were."""
    upstream = issue(replace(LEAF, subject=name("")), ROOT)
    certificate = warm_minter.mint(der(upstream), VALID, now=NOW).certificate
    assert (name(""), True) == (certificate.subject, extension(certificate, NAMES).critical)
    assert [] == openssl_errors(tmp_path, certificate, trusted=[authority.certificate], strict=True)


@pytest.mark.parametrize(
    ("names", "extra", "expected"),
    [
        (("a.test",), ("b.test",), ("a.test", "b.test")),
        (("a.test",), ("192.0.2.1", "[::1]"), ("a.test", "192.0.2.1", "::1")),
        (("a.test",), ("a.test", "A.TEST."), ("a.test",)),
        (("*.test.example",), ("a.test.example",), ("*.test.example",)),
        (("a.test",), ("not a host", "", "b.test"), ("a.test", "b.test")),
        (None, ("b.test",), ("b.test",)),
    ],
)
def test_extra_names(minter, names, extra, expected):
    """Names that the server's certificate lacks are added to the mirror of a valid one."""
    upstream = chain(leaf={"names": names}).leaf
    certificate = minter.mint(der(upstream), VALID, KeyType.P256, extra, now=NOW).certificate
    assert [general(text) for text in expected] == [*extension(certificate, NAMES).value]


def test_no_extra_names_with_faults(minter):
    """A certificate that is for another host stays so."""
    upstream = chain(leaf={"names": ("a.test",)}).leaf
    certificate = minter.mint(der(upstream), bad("name-mismatch"), KeyType.P256, (HOST,), now=NOW).certificate
    assert [x509.DNSName("a.test")] == [*extension(certificate, NAMES).value]


def life(minted):
    return minted.certificate.not_valid_before_utc, minted.certificate.not_valid_after_utc


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


def test_not_mirrored(minter):
    """Promises of the server's issuer that we cannot keep are left out."""
    more = (
        (x509.TLSFeature([x509.TLSFeatureType.status_request]), False),
        (
            x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(
                        x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1"), x509.UniformResourceIdentifier("http://ocsp.test")
                    )
                ]
            ),
            False,
        ),
        (UNKNOWN, False),
    )
    certificate = minter.mint(chain(leaf={"more": more}).sent[0], VALID, now=NOW).certificate
    kinds = (x509.TLSFeature, x509.AuthorityInformationAccess, x509.UnrecognizedExtension)
    assert not any(has(certificate, kind) for kind in kinds)


def test_for_host(tmp_path, minter, authority):
    """Without a server to mirror a leaf is made for the host alone."""
    for host in ("localhost", "127.0.0.1", "::1", "x" * 63 + ".example"):
        minted = minter.mint_for_host(host, now=NOW)
        assert minted is minter.mint_for_host(host, now=NOW)
        assert [] == openssl_errors(
            tmp_path, minted.certificate, trusted=[authority.certificate], host=host, strict=True
        )
    with pytest.raises(InvalidHostError):
        minter.mint_for_host("not a host")


def test_kept(minter):
    """The same question is answered with the same leaf; anything that a mirror shows makes it another question."""
    upstream = chain().sent[0]
    first = minter.mint(upstream, VALID, now=NOW)
    assert first is minter.mint(bytes(bytearray(upstream)), Verdict("other.test", (), 5), now=NOW + SECOND)
    others = [
        minter.mint(chain().sent[0], VALID, now=NOW),
        minter.mint(upstream, bad("name-mismatch"), now=NOW),
        minter.mint(upstream, bad("unknown-issuer"), now=NOW),
        minter.mint(upstream, bad("unknown-issuer", carried_root=True), now=NOW),
        minter.mint(upstream, bad("expired", depth=1), now=NOW),
        minter.mint(upstream, VALID, KeyType.P256, ("b.test",), now=NOW),
        minter.mint(upstream, VALID, KeyType.RSA2048, now=NOW),
    ]
    assert 1 + len(others) == len({id(leaf) for leaf in [first, *others]})


def test_kept_until_expiry(minter):
    """A leaf that has expired is minted anew."""
    upstream = chain(leaf={"not_after": NOW + DAY}).sent[0]
    first = minter.mint(upstream, VALID, now=NOW)
    assert first is minter.mint(upstream, VALID, now=NOW + DAY - SECOND)
    assert first is not minter.mint(upstream, VALID, now=NOW + DAY)


def test_wrong_dates_are_kept(minter):
    """The mirror of a certificate that is out of date is kept as any other, though it is not valid now."""
    upstream = chain(leaf={"not_after": NOW - DAY}).sent[0]
    assert minter.mint(upstream, bad("expired"), now=NOW) is minter.mint(upstream, bad("expired"), now=NOW + DAY)


def test_throw_away_root_is_current(minter):
    """A throw-away root that has expired is made anew."""
    upstream = chain().sent[0]
    later = NOW + 1000 * DAY
    roots = [minter.mint(upstream, bad("unknown-issuer", carried_root=True), now=now).chain[0] for now in (NOW, later)]
    assert roots[0].not_valid_after_utc < later < roots[1].not_valid_after_utc


def test_expired_authority(authority):
    """Under a root that has expired meanwhile, leaves are expired too, and nothing fails."""
    minted = Minter(authority).mint(chain().sent[0], VALID, now=NOW + 1000 * DAY)
    assert minted.certificate.not_valid_after_utc <= authority.certificate.not_valid_after_utc


def test_bounds(authority, monkeypatch):
    """Leaves and throw-away roots are kept up to their limits, the latest used, and no very large ones."""
    monkeypatch.setattr(module, "MAX_ISSUERS", 4)
    minter = Minter(authority, size=8)
    first = minter.mint_for_host("first.test", now=NOW)
    for number in range(20):
        issuer = replace(ROOT, subject=name(f"Issuer {number}"))
        minter.mint(der(issue(LEAF, issuer)), bad("unknown-issuer"), now=NOW)
        assert first is minter.mint_for_host("first.test", now=NOW)
    assert (8, 4) == (len(minter._kept), len(minter._throw_aways))
    large = b"\0" * (MAX_KEPT_UPSTREAM + 1)
    assert minter.mint(large, bad("malformed"), now=NOW) is not minter.mint(large, bad("malformed"), now=NOW)
    assert MAX_ISSUERS > 4


ORIGINAL = der(chain(leaf={"names": EVERY_KIND_OF_NAME, "more": ((UNKNOWN, True),)}).leaf)
FAULTS = st.lists(st.builds(Fault, st.sampled_from(FaultCode), st.integers(0, 2)), max_size=4)


def mutate(original, at, cut, put):
    return original[:at] + put + original[at + cut :]


UPSTREAMS = st.one_of(
    st.binary(max_size=300),
    st.builds(mutate, st.just(ORIGINAL), st.integers(0, len(ORIGINAL)), st.integers(0, 4), st.binary(max_size=4)),
)


@settings(max_examples=400, deadline=None)
@given(UPSTREAMS, FAULTS, st.booleans(), st.lists(st.text(max_size=12), max_size=2))
def test_any_upstream(warm_minter, upstream, faults, carried, extra):
    """X11: whatever bytes a server sent, and whatever is said of them, OpenSSL can serve what is minted."""
    verdict = Verdict(HOST, tuple(faults), 1, carried_root=carried)
    minted = warm_minter.mint(upstream, verdict, KeyType.P256, tuple(extra), now=NOW)
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_certificate(minted.certificate)
    context.use_privatekey(minted.key)
    context.check_privatekey()
    first, last = life(minted)
    assert last - first < 200 * DAY


@settings(max_examples=200, deadline=None)
@given(
    before=st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31)),  # noqa: DTZ001  hypothesis wants naive ones
    after=st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31)),  # noqa: DTZ001  hypothesis wants naive ones
    now=st.datetimes(datetime(2000, 1, 1), datetime(9000, 1, 1)),  # noqa: DTZ001  hypothesis wants naive ones
    faults=FAULTS,
)
def test_any_dates(warm_minter, before, after, now, faults):
    """Whatever the dates are, and whenever it is, a leaf's validity is less than 200 days and not negative."""
    before, after, now = (moment.replace(microsecond=0, tzinfo=UTC) for moment in (before, after, now))
    upstream = chain(leaf={"not_before": min(before, after), "not_after": max(before, after)}).sent[0]
    first, last = life(warm_minter.mint(upstream, Verdict(HOST, tuple(faults), 1), now=now))
    assert first <= last
    assert last - first < 200 * DAY
