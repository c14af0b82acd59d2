"""The local root: made on first use, loaded, rotated; and roots in memory that nobody will ever trust.

On disk an authority is two files in one directory of mode 0700:

    ca-key.pem    0600   the private key and, behind it, the certificate: the truth
    ca.pem        0644   the certificate alone, for programs that shall trust it: a copy

Both halves of the truth lie in one file so that one system call decides everything. The file is written completely
under another name and then *linked* to its own, which fails if the name exists: of two processes that start at
once, one link wins, and the other takes the winner's authority. No lock is held, so none can be left behind, and a
crash at any point leaves either no authority or a whole one. A missing copy is restored from the truth.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from tlscope_ca.names import InvalidHostError, subtree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CERTIFICATE_FILE = "ca.pem"
KEY_FILE = "ca-key.pem"

DAYS = 90
"""How long a root lives unless told otherwise: trust is given per run and therefore cheap to give again."""

MAX_DAYS = 3650
"""The longest life that can be asked for."""

BACKDATE = timedelta(hours=1)
"""A root is valid from this long before it was made, for clients whose clocks are behind ours."""

NEARLY = timedelta(hours=1)
"""A root with less than this left is refused like an expired one: it would expire under a running recorder."""

MAX_FILE = 64 * 1024
"""Bytes read of either file; a P-256 key and its certificate take 1.2 KiB."""

_ROTATE = "Run `tlscope ca rotate` to make a new one, and give the new certificate to those that trusted the old one."


class AuthorityError(Exception):
    """The authority cannot be used; `next` says what to do about it."""

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(f"{what}\n{next_step}")
        self.what = what
        self.next = next_step


@dataclass(frozen=True, slots=True)
class Authority:
    """A root certificate with its key. Made by the class methods, which never hand out an expired or mismatched one."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    directory: Path | None = None
    """Where it lies; None for one in memory."""

    @classmethod
    def load_or_create(cls, directory: Path, *, now: datetime | None = None) -> Self:
        """The authority in `directory`, made with the defaults if there is none yet.

        Any number of processes may do this at once: all get the same authority. Raises `AuthorityError`.
        """
        if not _is_there(directory):
            with suppress(FileExistsError):
                return cls._make(directory, (), DAYS, now, overwrite=False)
        return cls.load(directory, now=now)

    @classmethod
    def load(cls, directory: Path, *, now: datetime | None = None) -> Self:
        """The authority in `directory`, which must hold one; restores its `ca.pem` if that is missing.

        Raises `AuthorityError` for one that is missing, readable by others, damaged, expired or about to.
        """
        path = directory / KEY_FILE
        certificate, key = _parse(path, _read_private(path))
        _check_time(path, certificate, now or datetime.now(UTC))
        _check_copy(directory, certificate)
        return cls(certificate, key, directory)

    @classmethod
    def create(
        cls,
        directory: Path,
        *,
        only: Sequence[str] = (),
        days: int = DAYS,
        overwrite: bool = False,
        now: datetime | None = None,
    ) -> Self:
        """Make an authority in `directory`; with `only`, one that can vouch for nothing but these names and addresses.

        `only` takes what `names.subtree` takes, `days` 1 to `MAX_DAYS`. Raises `AuthorityError`, also where one exists
        already and `overwrite` does not allow to replace it.
        """
        try:
            if overwrite or not _is_there(directory):
                return cls._make(directory, only, days, now, overwrite=overwrite)
        except FileExistsError:
            pass  # another process was quicker
        raise AuthorityError(f"There is a certificate authority in {directory} already.", _ROTATE)

    @classmethod
    def rotate(
        cls,
        directory: Path,
        *,
        only: Sequence[str] | None = None,
        days: int = DAYS,
        now: datetime | None = None,
    ) -> Self:
        """Replace the authority in `directory` by a new one; its key is gone for good, expired or damaged as it may be.

        With `only` None the new one is constrained as the old one was; an old one that cannot be read constrains
        nothing. Raises `AuthorityError`.
        """
        kept = _constraints_on_disk(directory) if only is None else only
        return cls._make(directory, kept, days, now, overwrite=True)

    @classmethod
    def throw_away(
        cls,
        name: x509.Name | None = None,
        *,
        key: ec.EllipticCurvePrivateKey | None = None,
        days: int = DAYS,
        now: datetime | None = None,
    ) -> Self:
        """A root in memory that nobody trusts, under any subject `name`; with `key`, one that shares a key."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        return cls(_sign_root(key, name or _own_name(key), (), days, now), key)

    @classmethod
    def _make(cls, directory: Path, only: Sequence[str], days: int, now: datetime | None, *, overwrite: bool) -> Self:
        """Make and publish; `FileExistsError` where there is one that may not be replaced."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _sign_root(key, _own_name(key), only, days, now)
        _make_directory(directory)
        _publish(directory / KEY_FILE, _key_pem(key) + _pem(certificate), 0o600, overwrite=overwrite)
        # Of a new authority the copy may be there already, restored by a process that has just loaded it.
        with suppress(FileExistsError):
            _publish(directory / CERTIFICATE_FILE, _pem(certificate), 0o644, overwrite=overwrite)
        return cls(certificate, key, directory)

    @property
    def only(self) -> tuple[str, ...]:
        """The names and addresses that it is constrained to; empty when it may vouch for all."""
        return _constraints(self.certificate)

    @property
    def path(self) -> Path | None:
        """The file to hand to programs that shall trust this authority: its certificate, without the key."""
        return self.directory / CERTIFICATE_FILE if self.directory else None

    @property
    def pem(self) -> bytes:
        """The certificate alone, as PEM."""
        return _pem(self.certificate)


def _sign_root(
    key: ec.EllipticCurvePrivateKey, name: x509.Name, only: Sequence[str], days: int, now: datetime | None
) -> x509.Certificate:
    if not 1 <= days <= MAX_DAYS:
        raise AuthorityError(f"An authority cannot live {days} days.", f"Ask for 1 to {MAX_DAYS} days.")
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + timedelta(days=days))
        # Path length 0: it signs leaves and can never be made to sign another authority.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        # Python 3.13 verifies with X509_STRICT, which asks for this, for key usage, and for the leaf's counterpart.
        .add_extension(identifier, critical=False)
    )
    if only:
        builder = builder.add_extension(_name_constraints(only), critical=True)
    return builder.sign(key, hashes.SHA256())


_KEY_USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)

# RFC 5280 section 4.2.1.10: a constraint binds only names of its own kind. Without these, an authority for example.com
# alone could still vouch for every IP address, and one for 10.0.0.0/8 for every host.
_NO_ADDRESS = [x509.IPAddress(ip_network("0.0.0.0/0")), x509.IPAddress(ip_network("::/0"))]
_NO_HOST = x509.DNSName("invalid")  # RFC 6761 section 6.4: it never exists


def _name_constraints(only: Sequence[str]) -> x509.NameConstraints:
    try:
        permitted: list[x509.GeneralName] = [subtree(text) for text in only]
    except InvalidHostError as error:
        raise AuthorityError(
            f"An authority cannot be constrained to {error.host!r}: {error.reason}.",
            "Give host names (example.com), addresses (192.0.2.1) or networks (10.0.0.0/8).",
        ) from error
    kinds = {type(name) for name in permitted}
    if x509.DNSName not in kinds:
        permitted.append(_NO_HOST)
    return x509.NameConstraints(permitted, None if x509.IPAddress in kinds else _NO_ADDRESS)


def _constraints(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except x509.ExtensionNotFound:
        return ()
    permitted = extension.value.permitted_subtrees or []
    return tuple(str(name.value) for name in permitted if name != _NO_HOST)


def _constraints_on_disk(directory: Path) -> tuple[str, ...]:
    for name in (KEY_FILE, CERTIFICATE_FILE):
        with suppress(OSError, ValueError):
            return _constraints(x509.load_pem_x509_certificate(_read(directory / name)))
    return ()


def _own_name(key: ec.EllipticCurvePrivateKey) -> x509.Name:
    """A subject that tells two authorities apart and tells nothing of the user or the machine."""
    digest = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"tlscope CA {digest[:4].hex()}")])


def _parse(path: Path, data: bytes) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        key = load_pem_private_key(data, None)
        certificate = x509.load_pem_x509_certificate(data)
    except (ValueError, TypeError) as error:
        raise AuthorityError(f"{path} is damaged or half-made: {error}.", _ROTATE) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityError(f"{path} holds a key that is not of an elliptic curve.", _ROTATE)
    if key.public_key() != certificate.public_key():
        raise AuthorityError(f"The key in {path} does not match the certificate beside it.", _ROTATE)
    return certificate, key


def _check_time(path: Path, certificate: x509.Certificate, now: datetime) -> None:
    if now < certificate.not_valid_before_utc:
        raise AuthorityError(
            f"The certificate authority in {path} is not valid before {certificate.not_valid_before_utc}.",
            f"Set the clock, which says {now}. {_ROTATE}",
        )
    if now > certificate.not_valid_after_utc - NEARLY:
        tense = "expired" if now > certificate.not_valid_after_utc else "is about to expire"
        raise AuthorityError(
            f"The certificate authority in {path} {tense}: it is valid until {certificate.not_valid_after_utc}.",
            _ROTATE,
        )


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    except OSError as error:
        raise _unusable(directory, "cannot be made the authority's directory", error) from error


def _check_copy(directory: Path, certificate: x509.Certificate) -> None:
    """Restore the copy if it is missing, and refuse one that is of another authority: somebody trusts the wrong one."""
    path = directory / CERTIFICATE_FILE
    remedy = f"Remove {path}: it is made again from {KEY_FILE}."
    # Never over one that has appeared meanwhile: a process that rotates writes its own.
    with suppress(FileExistsError):
        if not path.exists():
            _publish(path, _pem(certificate), 0o644, overwrite=False)
    try:
        copy = x509.load_pem_x509_certificate(_read(path))
    except OSError as error:
        raise _unusable(path, "cannot be read", error) from error
    except ValueError as error:
        raise AuthorityError(f"{path} is damaged: {error}.", remedy) from error
    if copy != certificate:
        raise AuthorityError(f"{path} is not the certificate of {KEY_FILE} beside it.", remedy)


def _is_there(directory: Path) -> bool:
    """Whether the directory holds an authority; refuses a certificate whose key is lost."""
    # In this order: whoever makes an authority publishes the key first.
    copy, truth = directory / CERTIFICATE_FILE, directory / KEY_FILE
    try:
        orphaned, there = copy.exists(), truth.exists()
    except OSError as error:
        raise _unusable(directory, "cannot be read", error) from error
    if orphaned and not there:
        raise AuthorityError(f"{copy} is there but its key, {KEY_FILE}, is not.", _ROTATE)
    return there


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE)


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(MAX_FILE)
    except FileNotFoundError as error:
        raise AuthorityError(
            f"There is no certificate authority in {path.parent}.", "Run `tlscope ca create` to make one."
        ) from error
    except OSError as error:
        raise _unusable(path, "cannot be read", error) from error
    _check_mode(path, mode, 0o077, "others could have copied the key", f"chmod 600 {path}")
    mode = stat.S_IMODE(path.parent.stat().st_mode)
    _check_mode(path.parent, mode, 0o022, "others could have put another key there", f"chmod 700 {path.parent}")
    return data


def _check_mode(path: Path, mode: int, forbidden: int, meaning: str, remedy: str) -> None:
    if mode & forbidden:
        raise AuthorityError(
            f"{path} has mode {mode:04o}: {meaning}.",
            f"If nobody did, run `{remedy}`; when in doubt, `tlscope ca rotate`.",
        )


def _publish(path: Path, data: bytes, mode: int, *, overwrite: bool) -> None:
    """Let `path` appear with `data` in it, all at once; `FileExistsError` if it exists and may not be replaced."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_draft(draft, data, mode)
        if overwrite:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError as error:
        raise _unusable(path, "cannot be written", error) from error
    finally:
        draft.unlink(missing_ok=True)


def _write_draft(draft: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # the umask may have taken bits away
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _unusable(path: Path, what: str, error: OSError) -> AuthorityError:
    return AuthorityError(f"{path} {what}: {error.strerror}.", f"Check the owner and mode of {path}.")


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
