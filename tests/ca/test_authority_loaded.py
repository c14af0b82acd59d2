"""What is there when an authority is loaded: anything but a whole, private one in its time is refused."""

from datetime import timedelta

import pytest

from ca.forge import DAY, NOW, pem, run
from tlscope_ca import authority as module
from tlscope_ca.authority import (
    CERTIFICATE_FILE,
    DAYS,
    KEY_FILE,
    NEARLY,
    Authority,
    AuthorityError,
)


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
