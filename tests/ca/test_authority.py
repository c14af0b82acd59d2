import os
import ssl
import stat
import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from ca.forge import DAY, KEYS, LEAF, NOW, Spec, general, issue, name, openssl_errors, pem, run
from tlscope_ca import authority as module
from tlscope_ca.authority import (
    BACKDATE,
    CERTIFICATE_FILE,
    DAYS,
    KEY_FILE,
    MAX_DAYS,
    Authority,
    AuthorityError,
)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def leaf_for(authority, *hosts):
    return issue(
        Spec(name(""), KEYS[2], names=hosts, constraints=None, key_usage=None, purposes=LEAF.purposes),
        Spec(authority.certificate.subject, authority.key),
    )


def test_first_use(tmp_path):
    """On first use an authority is made, and later uses load the same one."""
    directory = tmp_path / "data" / "ca"
    made = Authority.load_or_create(directory)
    loaded = Authority.load_or_create(directory)
    assert made.certificate == loaded.certificate == Authority.load(directory).certificate
    assert made.key.private_numbers() == loaded.key.private_numbers()
    assert directory == loaded.directory
    assert directory / CERTIFICATE_FILE == loaded.path
    assert [KEY_FILE, CERTIFICATE_FILE] == sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_modes(tmp_path, umask):
    """Whatever the umask: the directory is 0700, the key 0600, the certificate 0644."""
    directory = tmp_path / "ca"
    directory.mkdir()
    before = os.umask(umask)
    try:
        Authority.load_or_create(directory)
    finally:
        os.umask(before)
    assert (0o700, 0o600, 0o644) == (mode(directory), mode(directory / KEY_FILE), mode(directory / CERTIFICATE_FILE))


def test_key_is_not_in_the_certificate_file(tmp_path):
    """The file to hand out holds the certificate and nothing else."""
    authority = Authority.load_or_create(tmp_path)
    assert authority.pem == (tmp_path / CERTIFICATE_FILE).read_bytes()
    assert b"PRIVATE" not in authority.pem
    assert 1 == authority.pem.count(b"-----BEGIN")


def test_profile(tmp_path):
    """The root is P-256 with SHA-256, path length 0, for signing certificates only, and has a key identifier."""
    certificate = Authority.create(tmp_path, now=NOW).certificate
    extensions = certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert isinstance(certificate.public_key().curve, ec.SECP256R1)
    assert "sha256" == certificate.signature_hash_algorithm.name
    assert (True, True, 0) == (constraints.critical, constraints.value.ca, constraints.value.path_length)
    assert (True, True, True, False) == (
        usage.critical,
        usage.value.key_cert_sign,
        usage.value.crl_sign,
        usage.value.digital_signature,
    )
    expected = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    assert expected == extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert (NOW - BACKDATE, NOW + DAYS * DAY) == (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    assert certificate.subject.rfc4514_string().startswith("CN=tlscope CA ")


def test_names_differ(tmp_path):
    """Two authorities can be told apart by name, and the name says nothing of the user or the machine."""
    first, second = Authority.create(tmp_path / "1"), Authority.create(tmp_path / "2")
    assert first.certificate.subject != second.certificate.subject
    assert os.uname().nodename not in first.certificate.subject.rfc4514_string()


def test_openssl_reads_it(tmp_path):
    """OpenSSL trusts what the root signs, also when it is strict."""
    authority = Authority.create(tmp_path / "ca")
    leaf = leaf_for(authority, "www.example.com")
    assert [] == openssl_errors(tmp_path, leaf, trusted=[authority.certificate])


def test_gnutls_reads_it(tmp_path):
    """GnuTLS trusts what the root signs."""
    authority = Authority.create(tmp_path / "ca")
    (tmp_path / "leaf.pem").write_bytes(pem(leaf_for(authority, "www.example.com")))
    code, told = run(
        *("certtool", "--verify", "--verify-hostname", "www.example.com", "--infile", tmp_path / "leaf.pem"),
        *("--load-ca-certificate", authority.path),
    )
    assert 0 == code, told


def judge_by_cryptography(authority, *hosts, host):
    verifier = PolicyBuilder().store(Store([authority.certificate])).build_server_verifier(general(host))
    return verifier.verify(leaf_for(authority, *hosts), [])


@pytest.mark.parametrize("host", ["example.com", "a.b.example.com", "192.0.2.7"])
def test_constrained_within(tmp_path, host):
    """A constrained authority vouches for what it was made for."""
    authority = Authority.create(tmp_path / "ca", only=["example.com", "192.0.2.0/24"])
    assert ("example.com", "192.0.2.0/24") == authority.only
    assert [] == openssl_errors(tmp_path, leaf_for(authority, host), trusted=[authority.certificate], host=host)


@pytest.mark.parametrize(
    ("only", "host"),
    [
        (["example.com"], "example.org"),
        (["example.com"], "badexample.com"),
        (["example.com"], "192.0.2.1"),
        (["example.com"], "2001:db8::1"),
        (["192.0.2.0/24"], "198.51.100.1"),
        (["192.0.2.0/24"], "2001:db8::1"),
        (["192.0.2.0/24"], "example.com"),
    ],
)
def test_constrained_without(tmp_path, only, host):
    """It vouches for nothing else, of whatever kind: OpenSSL finds the violation (error 47 or 48)."""
    authority = Authority.create(tmp_path / "ca", only=only)
    errors = openssl_errors(tmp_path, leaf_for(authority, host), trusted=[authority.certificate], host=host)
    assert errors in ([47], [48])
    with pytest.raises(VerificationError):
        judge_by_cryptography(authority, host, host=host)


def test_constraints_are_critical(tmp_path):
    """A client that does not know name constraints must refuse, not ignore them (RFC 5280 section 4.2.1.10)."""
    certificate = Authority.create(tmp_path, only=["example.com"]).certificate
    assert certificate.extensions.get_extension_for_class(x509.NameConstraints).critical


def test_unconstrained(tmp_path):
    """Without `only` there is no constraint."""
    assert () == Authority.create(tmp_path).only


def test_bad_constraint(tmp_path):
    """A constraint that is no host, address or network is an error that names it, and nothing is made."""
    with pytest.raises(AuthorityError, match="'a b'"):
        Authority.create(tmp_path / "ca", only=["example.com", "a b"])
    assert not (tmp_path / "ca").exists()


@pytest.mark.parametrize("days", [-1, 0, MAX_DAYS + 1, 10**9])
def test_bad_days(tmp_path, days):
    """A life outside the limits is an error."""
    with pytest.raises(AuthorityError, match="days"):
        Authority.create(tmp_path, days=days)


@pytest.mark.parametrize("days", [1, MAX_DAYS])
def test_days(tmp_path, days):
    """The life asked for is the life given, down to a day, and such an authority can be used."""
    Authority.create(tmp_path, days=days, now=NOW)
    assert NOW + days * DAY == Authority.load(tmp_path, now=NOW).certificate.not_valid_after_utc


def test_create_does_not_overwrite(tmp_path):
    """An authority that is there is not replaced unless that is asked for."""
    first = Authority.create(tmp_path)
    with pytest.raises(AuthorityError, match="already"):
        Authority.create(tmp_path)
    assert first.certificate == Authority.load(tmp_path).certificate
    second = Authority.create(tmp_path, overwrite=True)
    assert first.certificate != second.certificate
    assert second.certificate == Authority.load(tmp_path).certificate


def test_rotate(tmp_path):
    """A rotated authority has another key and name, and keeps the constraints of the old one."""
    old = Authority.create(tmp_path, only=["example.com"])
    new = Authority.rotate(tmp_path)
    assert old.key.private_numbers() != new.key.private_numbers()
    assert old.certificate.subject != new.certificate.subject
    assert ("example.com",) == new.only
    assert new.certificate == Authority.load(tmp_path).certificate
    assert () == Authority.rotate(tmp_path, only=()).only


@pytest.mark.parametrize("damage", ["expired", "key lost", "key damaged", "both damaged", "nothing there"])
def test_rotate_mends(tmp_path, damage):
    """Whatever is wrong with an authority, rotating it ends with one that works, and nothing is left beside it."""
    Authority.create(tmp_path, only=["example.com"], now=NOW - 365 * DAY if damage == "expired" else NOW)
    if damage in {"key lost", "nothing there"}:
        (tmp_path / KEY_FILE).unlink()
    if damage == "nothing there":
        (tmp_path / CERTIFICATE_FILE).unlink()
    if damage in {"key damaged", "both damaged"}:
        (tmp_path / KEY_FILE).write_bytes(b"x")
    if damage == "both damaged":
        (tmp_path / CERTIFICATE_FILE).write_bytes(b"x")
    rotated = Authority.rotate(tmp_path)
    assert rotated.certificate == Authority.load(tmp_path).certificate
    assert (("example.com",) if damage not in {"both damaged", "nothing there"} else ()) == rotated.only
    assert [KEY_FILE, CERTIFICATE_FILE] == sorted(path.name for path in tmp_path.iterdir())


def test_throw_away():
    """A throw-away root has the name that was asked for, and no place on disk."""
    wanted = name("Some Issuer")
    authority = Authority.throw_away(wanted)
    assert (wanted, wanted) == (authority.certificate.subject, authority.certificate.issuer)
    assert (None, None) == (authority.directory, authority.path)
    authority.certificate.verify_directly_issued_by(authority.certificate)


STARTER = """
import sys
from pathlib import Path
from tlscope_ca.authority import Authority
print("ready", flush=True)
sys.stdin.readline()
authority = Authority.load_or_create(Path(sys.argv[1]))
print(authority.key.private_numbers().private_value, authority.pem.hex(), authority.path.read_bytes().hex())
"""


@pytest.mark.parametrize("there", [False, True])
def test_processes_at_once(tmp_path, there):
    """Processes that start at the same instant all end with the same authority, whole, and leave nothing behind."""
    for directory in (tmp_path / str(number) for number in range(3)):
        if there:
            directory.mkdir(mode=0o700)
        processes = [python(STARTER, directory) for _ in range(8)]
        for process in processes:
            assert "ready\n" == process.stdout.readline()
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        told = {process.communicate(timeout=60)[0] for process in processes}
        assert [0] * 8 == [process.returncode for process in processes]
        assert 1 == len(told)
        _, certificate, copy = told.pop().split()
        assert certificate == copy
        assert [KEY_FILE, CERTIFICATE_FILE] == sorted(path.name for path in directory.iterdir())


def python(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_loses_the_race(tmp_path, monkeypatch):
    """A process that finds no authority, and one when it publishes its own, takes the one that is there."""
    winner = Authority.create(tmp_path)
    monkeypatch.setattr(module, "_is_there", lambda _: False)
    assert winner.certificate == Authority.load_or_create(tmp_path).certificate
    with pytest.raises(AuthorityError, match="already"):
        Authority.create(tmp_path)


def test_key_file_for_other_tools(tmp_path):
    """The key file is plain PEM: a PKCS #8 key and its certificate, which Python's ssl loads as a pair."""
    authority = Authority.create(tmp_path)
    key = load_pem_private_key((tmp_path / KEY_FILE).read_bytes(), None)
    assert authority.key.private_numbers() == key.private_numbers()
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / KEY_FILE)


def test_imports():
    """This package stands alone: it loads neither the proxy nor the views, no event loop, no sockets of its own."""
    program = (
        "import sys, tlscope_ca.authority, tlscope_ca.leaf, tlscope_ca.verify;"
        "print([name for name in ('tlscope', 'tlscope_ui', 'textual', 'asyncio') if name in sys.modules])"
    )
    assert "[]\n" == python(program).communicate(timeout=60)[0]
