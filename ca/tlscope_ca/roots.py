"""The roots that a verifier starts from: the system's, and files that the user names."""

from __future__ import annotations

import os
import re
import ssl
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from OpenSSL import crypto

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_FILE = 16 * 1024 * 1024
"""Bytes read of one file of roots; the public bundles have 200 KB."""

USUAL_FILES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),  # Debian, Ubuntu, Arch, Alpine
    Path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),  # Fedora, RHEL
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),  # openSUSE
    Path("/etc/ssl/cert.pem"),  # macOS, BSD
)
"""Where systems keep their bundle, for a Python whose OpenSSL was built to look elsewhere."""

_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
_BLOCK = re.compile(rb"-----BEGIN ((?:X509 )?CERTIFICATE)-----.+?-----END \1-----", re.DOTALL)


class RootsError(Exception):
    """A file of roots cannot be used; `path` names it and `next` says what to do."""

    def __init__(self, path: Path, reason: str, next_step: str) -> None:
        super().__init__(f"{path} {reason}.\n{next_step}")
        self.path = path
        self.what = f"{path} {reason}."
        self.next = next_step


def load_roots(ca_files: Sequence[Path], *, system: bool) -> tuple[crypto.X509, ...]:
    """Every certificate in `ca_files` and, if `system`, the system's roots, each once.

    Raises `RootsError` for a file that the user or SSL_CERT_FILE names and that cannot be used.
    """
    named = [certificate for path in ca_files for certificate in _named_file(path, f"Check --ca-file {path}.")]
    found = {_der(certificate): certificate for certificate in [*named, *(_system_roots() if system else ())]}
    return tuple(found.values())


def _system_roots() -> Iterator[crypto.X509]:
    """What SSL_CERT_FILE and SSL_CERT_DIR name, if one is set; else OpenSSL's own places; else the usual ones."""
    file, directories = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file:
        yield from _named_file(Path(file), "Correct or unset SSL_CERT_FILE.")
    for directory in (directories or "").split(os.pathsep):
        yield from _directory(Path(directory)) if directory else ()
    if not file and not directories:
        yield from _default_roots()


def _default_roots() -> Iterator[crypto.X509]:
    default = ssl.get_default_verify_paths()
    for path in [*([Path(default.cafile)] if default.cafile else []), *USUAL_FILES]:
        if path.is_file():
            yield from _readable(path)
            return
    if default.capath:
        yield from _directory(Path(default.capath))


def _directory(path: Path) -> Iterator[crypto.X509]:
    """The certificates of a directory as c_rehash makes it; one that does not exist has none, as for OpenSSL."""
    for file in sorted(path.iterdir()) if path.is_dir() else ():
        if _HASHED.fullmatch(file.name):
            yield from _readable(file)


def _readable(path: Path) -> Iterator[crypto.X509]:
    """What can be read of a file that nobody named."""
    with suppress(OSError):
        yield from filter(None, _certificates(path))


def _named_file(path: Path, next_step: str) -> list[crypto.X509]:
    try:
        found = _certificates(path)
    except OSError as error:
        raise RootsError(path, f"cannot be read: {error.strerror}", next_step) from error
    certificates = [certificate for certificate in found if certificate is not None]
    if not certificates or len(certificates) < len(found):
        what = "holds a certificate that is damaged" if certificates else "holds no certificate"
        raise RootsError(path, what, f"{next_step} It must hold certificates in PEM, or one in DER.")
    return certificates


def _certificates(path: Path) -> list[crypto.X509 | None]:
    """The certificates of a file, None for a damaged one; a file without PEM is taken as one certificate in DER."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE)
    blocks = [match.group() for match in _BLOCK.finditer(data)]
    return [_load(crypto.FILETYPE_PEM, block) for block in blocks] or [_load(crypto.FILETYPE_ASN1, data)]


def _load(kind: int, data: bytes) -> crypto.X509 | None:
    try:
        return crypto.load_certificate(kind, data)
    except crypto.Error:
        return None


def _der(certificate: crypto.X509) -> bytes:
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
