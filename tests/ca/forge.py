"""Chains with exactly one defect, and other people's tools to judge them. A helper of the tests in this folder.

`chain()` is the control: a root, an intermediate and a leaf for `HOST`, without a fault. Each of its arguments replaces
fields of one certificate, so a case is the control and its one difference.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID

from tools import tool

NOW = datetime.now(UTC).replace(microsecond=0)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
HOST = "www.example.com"

KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(4)]
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_1024 = rsa.generate_private_key(public_exponent=65537, key_size=1024)


def name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])


def usage(*named):
    flags = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    flags += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{flag: flag in named for flag in flags})


def general(text):
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)
NO_AUTHORITY = x509.BasicConstraints(ca=False, path_length=None)
SIGNS_CERTIFICATES = usage("key_cert_sign", "crl_sign")


@dataclass(frozen=True)
class Spec:
    """What to put into one certificate; None leaves an extension out."""

    subject: x509.Name
    key: object
    names: tuple[object, ...] | None = None
    not_before: datetime = NOW - 30 * DAY
    not_after: datetime = NOW + 30 * DAY
    constraints: x509.BasicConstraints | None = AUTHORITY
    key_usage: x509.KeyUsage | None = SIGNS_CERTIFICATES
    purposes: tuple[x509.ObjectIdentifier, ...] | None = None
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    issuer: x509.Name | None = None
    signed_with: object = None
    hash: hashes.HashAlgorithm = field(default_factory=hashes.SHA256)
    weak_hash: hashes.HashAlgorithm | None = None
    identifiers: bool = True


@dataclass(frozen=True)
class Chain:
    root: x509.Certificate
    intermediate: x509.Certificate
    leaf: x509.Certificate

    @property
    def sent(self):
        return (der(self.leaf), der(self.intermediate))

    @property
    def sent_with_root(self):
        return (*self.sent, der(self.root))


ROOT = Spec(name("Test Root"), KEYS[0])
INTERMEDIATE = Spec(name("Test Intermediate"), KEYS[1])
LEAF = Spec(
    name(HOST),
    KEYS[2],
    names=(HOST, "example.com", "192.0.2.1", "2001:db8::1"),
    constraints=NO_AUTHORITY,
    key_usage=usage("digital_signature"),
    purposes=(Purpose.SERVER_AUTH, Purpose.CLIENT_AUTH),
)


def chain(*, root=None, intermediate=None, leaf=None):
    specs = [
        replace(spec, **(change or {})) for spec, change in ((ROOT, root), (INTERMEDIATE, intermediate), (LEAF, leaf))
    ]
    return Chain(issue(specs[0], specs[0]), issue(specs[1], specs[0]), issue(specs[2], specs[1]))


def issue(spec, issuer):
    builder = x509.CertificateBuilder(
        spec.issuer if spec.issuer is not None else issuer.subject,
        spec.subject,
        spec.key.public_key(),
        x509.random_serial_number() | 1 << 158,  # always 20 octets
        spec.not_before,
        spec.not_after,
    )
    for extension, critical in extensions(spec, issuer):
        builder = builder.add_extension(extension, critical=critical)
    certificate = builder.sign(spec.signed_with or issuer.key, spec.hash)
    return signed_weakly(certificate, issuer.key, spec.weak_hash) if spec.weak_hash else certificate


def signed_weakly(certificate, key, algorithm):
    """The certificate signed anew with MD5 or SHA-1 by an RSA key, which cryptography refuses to do itself."""
    last = {"md5": b"\x04", "sha1": b"\x05"}[algorithm.name]  # RFC 8017 appendix C
    strong, weak = (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01" + octet for octet in (b"\x0b", last))
    signed = certificate.tbs_certificate_bytes.replace(strong, weak)
    signature = key.sign(signed, padding.PKCS1v15(), algorithm)
    return x509.load_der_x509_certificate(der(certificate)[: -len(signature)].replace(strong, weak) + signature)


def extensions(spec, issuer):
    if spec.constraints is not None:
        yield spec.constraints, True
    if spec.key_usage is not None:
        yield spec.key_usage, True
    if spec.purposes is not None:
        yield x509.ExtendedKeyUsage(spec.purposes), False
    if spec.names is not None:
        names = [general(text) if isinstance(text, str) else text for text in spec.names]
        yield x509.SubjectAlternativeName(names), not spec.subject
    if spec.identifiers:
        yield x509.SubjectKeyIdentifier.from_public_key(spec.key.public_key()), False
        yield x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False
    yield from spec.more


def self_signed(**changes):
    spec = replace(LEAF, **changes)
    return issue(spec, spec)


def der(certificate):
    return certificate.public_bytes(Encoding.DER)


def pem(*certificates):
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def corrupt(certificate):
    """The certificate with one bit of its signature turned over."""
    data = bytearray(der(certificate))
    data[-1] ^= 1
    return bytes(data)


def run(*command, stdin=b""):
    """Run a tool of the system; the test is skipped where it is not installed."""
    program = [tool(command[0]), *map(str, command[1:])]
    done = subprocess.run(program, input=stdin, capture_output=True, check=False, timeout=60)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def openssl_errors(folder, leaf, *, trusted, untrusted=(), host=HOST, strict=False):
    """The X509_V_ERR numbers that `openssl verify` has for a TLS server's chain; empty when it is content."""
    files = {"leaf": (leaf,), "trusted": trusted, "untrusted": untrusted}
    for file, certificates in files.items():
        (folder / f"{file}.pem").write_bytes(pem(*certificates))
    code, told = run(
        *("openssl", "verify", "-no-CApath", "-no-CAstore", "-purpose", "sslserver"),
        *("-attime", str(int(NOW.timestamp()))),
        *(("-verify_ip" if isinstance(general(host), x509.IPAddress) else "-verify_hostname"), host),
        *(("-x509_strict",) if strict else ()),
        *("-CAfile", folder / "trusted.pem"),
        *(("-untrusted", folder / "untrusted.pem") if untrusted else ()),
        folder / "leaf.pem",
    )
    errors = [int(number) for number in re.findall(r"error (\d+) at", told)]
    assert (code == 0) == (not errors), told
    return errors
