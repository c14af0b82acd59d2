import threading
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store

from ca.forge import (
    HOST,
    LEAF,
    NO_AUTHORITY,
    NOW,
    ROOT,
    chain,
    der,
    general,
    issue,
    name,
    openssl_errors,
    pem,
    run,
    usage,
)
from ca.judging import UNKNOWN
from ca.minting import EVERY_KIND_OF_NAME, NAMES, VALID, bad, extension, has
from tlscope_ca.leaf import KeyType, Minter
from tlscope_ca.names import InvalidHostError


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
