"""A throw-away certificate authority for the servers behind tlscope, and certificates with the usual faults."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate in one file: chain, leaf first, and key."""

    pem: Path
    certificate: x509.Certificate

    @property
    def der(self):
        return self.certificate.public_bytes(Encoding.DER)


@cache
def key_of(kind):
    """One key of each kind is enough for all servers: making RSA keys is slow."""
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


class UpstreamCA:
    """A root, and what it issues, in a directory; `pem` is the root's file."""

    def __init__(self, directory, name="Upstream Root"):
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        self.root = _sign(
            _builder(subject, subject, self.key.public_key(), NOW - 30 * DAY, NOW + 300 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True),
            self.key,
        )
        self.pem = directory / "root.pem"
        self.pem.write_bytes(self.root.public_bytes(Encoding.PEM))
        self._count = 0

    def issue(self, *names, key="ec", begin=NOW - DAY, end=NOW + 90 * DAY, client=False, send_root=False):
        """A certificate for these names; `send_root` puts the root behind it."""
        leaf = self._leaf(names, key, begin, end, client=client, issuer=self.root.subject, signer=self.key)
        return self._write(leaf, key, [self.root] if send_root else [])

    def self_signed(self, *names, key="ec", begin=NOW - DAY, end=NOW + 90 * DAY):
        """A certificate that vouches for itself."""
        leaf = self._leaf(names, key, begin, end, client=False, issuer=_name(names[0]), signer=key_of(key))
        return self._write(leaf, key, [])

    def _leaf(self, names, key, begin, end, *, client, issuer, signer):
        purpose = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        public = key_of(key).public_key()
        return _sign(
            _builder(_name(names[0]), issuer, public, begin, end)
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(_usage("digital_signature", *(["key_encipherment"] if key == "rsa" else [])), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False),
            signer,
        )

    def _write(self, leaf, key, more):
        self._count += 1
        path = self.directory / f"issued-{self._count}.pem"
        secret = key_of(key).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(b"".join(item.public_bytes(Encoding.PEM) for item in [leaf, *more]) + secret)
        return Issued(path, leaf)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(name):
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*named):
    fields = inspect.signature(x509.KeyUsage).parameters
    return x509.KeyUsage(**{field: field in named for field in fields})


def _builder(subject, issuer, public, begin, end):
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _sign(builder, key):
    return builder.sign(key, hashes.SHA256())
