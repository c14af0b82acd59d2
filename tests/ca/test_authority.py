import os
import ssl
import stat
import subprocess
import sys
from datetime import timedelta

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
    NEARLY,
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


def copy_of_another(directory):
    return Authority.create(directory / "other").certificate


def test_load_refuses_no_authority(tmp_path):
    """Where there is none, loading says how to make one."""
    with pytest.raises(AuthorityError, match="tlscope ca create"):
        Authority.load(tmp_path)


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666, 0o777])
def test_load_refuses_open_key(tmp_path, bits):
    """A key that others can read or change is refused, with what to do."""
    Authority.create(tmp_path)
    (tmp_path / KEY_FILE).chmod(bits)
    with pytest.raises(AuthorityError, match=f"mode {bits:04o}.*\n.*chmod 600"):
        Authority.load_or_create(tmp_path)


@pytest.mark.parametrize("bits", [0o770, 0o720, 0o702, 0o777])
def test_load_refuses_open_directory(tmp_path, bits):
    """A directory in which others can put another key is refused."""
    Authority.create(tmp_path)
    tmp_path.chmod(bits)
    with pytest.raises(AuthorityError, match=f"mode {bits:04o}"):
        Authority.load_or_create(tmp_path)


@pytest.mark.parametrize("bits", [0o400, 0o600, 0o700])
def test_load_takes_private_key(tmp_path, bits):
    """A key that only its owner can use is taken."""
    Authority.create(tmp_path)
    (tmp_path / KEY_FILE).chmod(bits)
    Authority.load(tmp_path)


def test_load_refuses_expired(tmp_path):
    """An expired authority is refused, naming the command that makes a new one."""
    Authority.create(tmp_path, now=NOW - (DAYS + 1) * DAY)
    with pytest.raises(AuthorityError, match=r"expired.*\n.*tlscope ca rotate"):
        Authority.load_or_create(tmp_path, now=NOW)


@pytest.mark.parametrize(("left", "usable"), [(NEARLY, True), (NEARLY - timedelta(seconds=1), False)])
def test_load_refuses_nearly_expired(tmp_path, left, usable):
    """One that would expire under a running recorder is refused as well."""
    Authority.create(tmp_path, now=NOW - DAYS * DAY + left)
    if usable:
        Authority.load_or_create(tmp_path, now=NOW)
    else:
        with pytest.raises(AuthorityError, match=r"about to expire.*\n.*tlscope ca rotate"):
            Authority.load_or_create(tmp_path, now=NOW)


def test_load_refuses_future(tmp_path):
    """One that is not valid yet is refused: the clock is wrong, now or when it was made."""
    Authority.create(tmp_path, now=NOW + DAY)
    with pytest.raises(AuthorityError, match=r"not valid before.*\n.*clock"):
        Authority.load_or_create(tmp_path, now=NOW)


@pytest.mark.parametrize("keep", [0, 1, 100, 300, 600])
def test_load_refuses_half_made(tmp_path, keep):
    """A key file that was cut short is refused, wherever the cut is."""
    Authority.create(tmp_path)
    path = tmp_path / KEY_FILE
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(AuthorityError, match=r"damaged or half-made.*\n.*tlscope ca rotate"):
        Authority.load_or_create(tmp_path)


def test_load_refuses_mismatch(tmp_path):
    """A key that is not the certificate's is refused."""
    Authority.create(tmp_path)
    other = copy_of_another(tmp_path)
    path = tmp_path / KEY_FILE
    key = path.read_bytes().partition(b"-----BEGIN CERTIFICATE")[0]
    path.write_bytes(key + pem(other))
    with pytest.raises(AuthorityError, match=r"does not match.*\n.*tlscope ca rotate"):
        Authority.load_or_create(tmp_path)


def test_load_refuses_other_kinds_of_key(tmp_path):
    """Only an elliptic-curve key is one that this program made."""
    Authority.create(tmp_path)
    code, key = run("openssl", "genpkey", "-quiet", "-algorithm", "ED25519")
    assert 0 == code
    (tmp_path / KEY_FILE).write_bytes(key.encode() + (tmp_path / CERTIFICATE_FILE).read_bytes())
    with pytest.raises(AuthorityError, match="elliptic curve"):
        Authority.load_or_create(tmp_path)


def test_load_refuses_lost_key(tmp_path):
    """A certificate whose key is gone is not silently replaced: somebody may trust it."""
    Authority.create(tmp_path)
    (tmp_path / KEY_FILE).unlink()
    for attempt in (Authority.load_or_create, Authority.create):
        with pytest.raises(AuthorityError, match=r"its key, ca-key.pem, is not.*\n.*tlscope ca rotate"):
            attempt(tmp_path)


@pytest.mark.parametrize("attempt", [Authority.load_or_create, Authority.load])
def test_load_refuses_unreadable(tmp_path, attempt):
    """A key file that cannot be read is an error that names it."""
    Authority.create(tmp_path)
    (tmp_path / KEY_FILE).unlink()
    (tmp_path / KEY_FILE).mkdir()
    with pytest.raises(AuthorityError, match=r"ca-key\.pem cannot be read: Is a directory"):
        attempt(tmp_path)


@pytest.mark.parametrize("attempt", [Authority.load_or_create, Authority.create, Authority.rotate])
def test_no_directory(tmp_path, attempt):
    """A directory that cannot be made is an error that names it."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(AuthorityError, match="file"):
        attempt(tmp_path / "file")
    with pytest.raises(AuthorityError, match="ca"):
        attempt(tmp_path / "file" / "ca")


def test_full_disk(tmp_path, monkeypatch):
    """When the disk is full nothing is left behind, neither a half-made authority nor a draft of one."""

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", fail)
    with pytest.raises(AuthorityError, match="No space left on device"):
        Authority.load_or_create(tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_copy_is_restored(tmp_path):
    """A missing `ca.pem` is made again from the key file."""
    authority = Authority.create(tmp_path)
    (tmp_path / CERTIFICATE_FILE).unlink()
    assert authority.certificate == Authority.load_or_create(tmp_path).certificate
    assert authority.pem == (tmp_path / CERTIFICATE_FILE).read_bytes()


def test_copy_of_another(tmp_path):
    """A `ca.pem` that is not this authority's is refused: whoever was given it would trust the wrong one."""
    Authority.create(tmp_path)
    (tmp_path / CERTIFICATE_FILE).write_bytes(pem(copy_of_another(tmp_path)))
    with pytest.raises(AuthorityError, match=r"not the certificate of.*\nRemove"):
        Authority.load_or_create(tmp_path)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"])
def test_copy_damaged(tmp_path, content):
    """A damaged `ca.pem` is refused, with what to do."""
    Authority.create(tmp_path)
    (tmp_path / CERTIFICATE_FILE).write_bytes(content)
    with pytest.raises(AuthorityError, match=r"is damaged.*\nRemove"):
        Authority.load_or_create(tmp_path)


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
