"""Read a certificate that somebody sent: whatever can be read is read, and nothing that is wrong with it raises."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

MAX_CERTIFICATE = 100 * 1024
"""Bytes of one certificate that are looked at; OpenSSL refuses a whole Certificate message above this by default."""

MAX_TEXT = 512
"""Characters of one name that are told: a host's has 253 at most (RFC 1035 section 2.3.4), but a certificate may hold
one of 60 KiB, and each of its faults tells its subject."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RawExtension:
    """One extension as it lies in the certificate: `value` is the content of its extnValue."""

    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """A certificate as far as it can be read; None stands for what could not, and `flaws` says why."""

    der: bytes
    certificate: x509.Certificate | None
    subject: x509.Name | None
    issuer: x509.Name | None
    not_before: datetime | None
    not_after: datetime | None
    extensions: x509.Extensions | None
    key: CertificatePublicKeyTypes | None
    """The public key; None also for a kind of key that cryptography does not know, which is no flaw."""
    raw: Mapping[str, RawExtension]
    """Every extension by its dotted OID, also where `extensions` is None; of two with the same OID, the first."""
    flaws: tuple[str, ...]

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same name (RFC 5280 section 6.1)."""
        return self.subject is not None and self.subject == self.issuer

    @property
    def subject_text(self) -> str:
        """The subject for people, in the form of RFC 4514; it comes from the wire and may hold any character."""
        return _name_text(self.subject)

    @property
    def issuer_text(self) -> str:
        """The issuer, as `subject_text`."""
        return _name_text(self.issuer)

    def extension(self, kind: type[_E]) -> _E | None:
        """The extension of this kind, if there is one that can be read."""
        if self.extensions is None:
            return None
        found = (extension.value for extension in self.extensions)
        return next((value for value in found if isinstance(value, kind)), None)

    def covers(self, at: datetime) -> bool:
        """Whether `at` lies in the validity period, both ends included (RFC 5280 section 4.1.2.5)."""
        return self.not_before is not None and self.not_after is not None and self.not_before <= at <= self.not_after


_E = TypeVar("_E", bound=x509.ExtensionType)


def read(der: bytes) -> Reading:
    """Read one certificate in DER. Never raises."""
    flaws: list[str] = []
    if len(der) > MAX_CERTIFICATE:
        flaws.append(f"it has {len(der)} bytes, more than {MAX_CERTIFICATE}")
        der = der[:MAX_CERTIFICATE]
    with warnings.catch_warnings():
        # cryptography warns of oddities that it still reads; what matters of them is found elsewhere.
        warnings.simplefilter("ignore")
        certificate = _try(lambda: x509.load_der_x509_certificate(der), flaws)
        if certificate is None:
            return Reading(der, None, None, None, None, None, None, None, _raw_extensions(der), tuple(flaws))
        return Reading(
            der=der,
            certificate=certificate,
            subject=_try(lambda: certificate.subject, flaws),
            issuer=_try(lambda: certificate.issuer, flaws),
            not_before=_try(lambda: certificate.not_valid_before_utc, flaws),
            not_after=_try(lambda: certificate.not_valid_after_utc, flaws),
            extensions=_try(lambda: certificate.extensions, flaws),
            key=_try(lambda: _public_key(certificate), flaws),
            raw=_raw_extensions(der),
            flaws=tuple(flaws),
        )


def shortened(text: str) -> str:
    """A text that somebody sent, as far as it can be told in a sentence."""
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _name_text(name: x509.Name | None) -> str:
    return "" if name is None else shortened(_try(name.rfc4514_string, []) or "")


def _try(read_part: Callable[[], _T], flaws: list[str]) -> _T | None:
    try:
        return read_part()
    except Exception as error:  # noqa: BLE001  whatever a parser says of bytes from the wire is a finding, not a failure
        flaws.append(str(error) or type(error).__name__)
        return None


def _public_key(certificate: x509.Certificate) -> CertificatePublicKeyTypes | None:
    try:
        return certificate.public_key()
    except UnsupportedAlgorithm:
        return None


# cryptography reads all extensions or none: one dNSName with a NUL, and the extended key usage cannot be seen either.
# A mirror must repeat such an extension byte for byte, so its bytes are found here, with as much DER as that takes.

_MAX_OID = 64
"""Octets of an object identifier; the arithmetic on longer ones would grow with the square of their length."""

_BOOLEAN, _OCTET_STRING, _OID, _SEQUENCE, _EXTENSIONS = 0x01, 0x04, 0x06, 0x30, 0xA3


def _raw_extensions(der: bytes) -> dict[str, RawExtension]:
    """The extensions by dotted OID, up to the first one that is no DER."""
    found: dict[str, RawExtension] = {}
    with suppress(ValueError, IndexError, KeyError, StopIteration):
        certificate = _content(der, _SEQUENCE)
        for tag, content in _elements(_content(certificate, _SEQUENCE)):
            if tag == _EXTENSIONS:
                for _, extension in _elements(_content(content, _SEQUENCE)):
                    parts = dict(_elements(extension))
                    critical = parts.get(_BOOLEAN, b"\x00") != b"\x00"
                    found.setdefault(_dotted(parts[_OID]), RawExtension(critical, parts[_OCTET_STRING]))
    return found


def _content(data: bytes, tag: int) -> bytes:
    found, content = next(_elements(data))
    if found != tag:
        raise ValueError(f"tag 0x{found:02x} stands where 0x{tag:02x} should")
    return content


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element, X.690 section 8.1; certificates have no tags above 30, DER no open lengths."""
    at = 0
    while at < len(data):
        tag, length, start = data[at], data[at + 1], at + 2
        if length >= 0x80:
            size = length & 0x7F
            start += size
            length = int.from_bytes(data[start - size : start], "big")
        if tag & 0x1F == 0x1F or start + length > len(data) or data[at + 1] == 0x80:
            raise ValueError(f"no DER at offset {at}")
        yield tag, data[start : start + length]
        at = start + length


def _dotted(content: bytes) -> str:
    """An OBJECT IDENTIFIER's content octets in dotted form (X.690 section 8.19)."""
    if len(content) > _MAX_OID:
        raise ValueError("an object identifier is too long")
    arcs: list[int] = []
    value = 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))
