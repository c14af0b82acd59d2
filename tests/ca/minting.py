"""What leaves are minted for, and how they are looked at."""

from cryptography import x509

from ca.forge import HOST, name
from tlscope_ca.verify import Fault, FaultCode, Verdict

VALID = Verdict(HOST, (), 2)
NAMES = x509.SubjectAlternativeName


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


def life(minted):
    return minted.certificate.not_valid_before_utc, minted.certificate.not_valid_after_utc
