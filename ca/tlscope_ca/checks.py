"""What our own eyes find on a path: times, issuing rights, purpose, strength, names.

Each function takes the path, the server's own certificate first, and yields every fault of its kind. A certificate
that cannot be read fully is checked as far as it can: that it is malformed is told elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from service_identity.exceptions import CertificateError
from service_identity.hazmat import DNS_ID, DNSPattern

from tlscope_ca.faults import Fault, FaultCode
from tlscope_ca.names import ascii_name, parse_address
from tlscope_ca.reading import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tlscope_ca.reading import Reading

MIN_RSA_BITS = 2048
"""Shorter RSA keys are weak: 112 bits of security (NIST SP 800-57), which is also OpenSSL's security level 2."""

MIN_EC_BITS = 224
"""Shorter elliptic-curve keys are weak, by the same measure."""

MAX_NAMES_TOLD = 8
"""Names, or purposes, of a certificate that a fault lists: there are certificates with ten thousand."""

# RFC 6151 (MD5), RFC 9155 (SHA-1).
_WEAK_HASHES = frozenset({"md5", "sha1"})

# cryptography knows no name for these hashes.
_WEAK_SIGNATURES = {"1.2.840.113549.1.1.2": "md2", "1.2.840.113549.1.1.3": "md4"}


_PURPOSES = {
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
}
"""Purposes by the names of RFC 5280 section 4.2.1.12; others are told by number."""


def time_faults(path: Sequence[Reading], at: datetime) -> Iterator[Fault]:
    """Certificates whose validity (RFC 5280 section 4.1.2.5) does not include `at`."""
    for depth, reading in enumerate(path):
        if reading.not_before and at < reading.not_before:
            yield _fault(FaultCode.NOT_YET_VALID, depth, reading, _iso(reading.not_before))
        if reading.not_after and at > reading.not_after:
            yield _fault(FaultCode.EXPIRED, depth, reading, _iso(reading.not_after))


def issuing_faults(path: Sequence[Reading], *, anchored: bool) -> Iterator[Fault]:
    """Authorities that may not issue what is below them, and signatures that they did not make.

    Where the path is `anchored`, its last certificate is an authority because somebody trusts it (RFC 5280 section
    6.1.1 (d)), not because it says so; OpenSSL holds it to its path length nevertheless.
    """
    below = 0  # authorities so far, those not counted that issued to themselves (RFC 5280 section 4.2.1.9)
    for depth, reading in enumerate(path):
        if depth and not (anchored and depth == len(path) - 1):
            yield from _authority_faults(depth, reading)
        constraints = reading.extension(x509.BasicConstraints)
        if depth and constraints and constraints.path_length is not None and below > constraints.path_length:
            yield _fault(FaultCode.PATH_LENGTH, depth, reading, str(below), str(constraints.path_length))
        if depth and not reading.self_issued:
            below += 1
        if depth + 1 < len(path) and signed_by(reading, path[depth + 1]) is False:
            yield _fault(FaultCode.BAD_SIGNATURE, depth, reading)


def signed_by(reading: Reading, issuer: Reading) -> bool | None:
    """Whether `issuer`'s key made the signature; None where that cannot be told."""
    if reading.certificate is None or issuer.certificate is None:
        return None
    try:
        reading.certificate.verify_directly_issued_by(issuer.certificate)
    except InvalidSignature:
        return False
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return True


def purpose_faults(path: Sequence[Reading]) -> Iterator[Fault]:
    """Certificates that are for something else than TLS servers, as OpenSSL's purpose `sslserver` sees it."""
    for depth, reading in enumerate(path):
        usage = reading.extension(x509.ExtendedKeyUsage)
        # anyExtendedKeyUsage alone is not enough for OpenSSL and NSS; RFC 5280 section 4.2.1.12 leaves it open.
        if usage is not None and ExtendedKeyUsageOID.SERVER_AUTH not in usage:
            found = _few([_PURPOSES.get(purpose, purpose.dotted_string) for purpose in usage])
            yield _fault(FaultCode.WRONG_PURPOSE, depth, reading, f"extended key usage {found}", "serverAuth")
    yield from _leaf_key_usage_faults(path[0])


def strength_faults(path: Sequence[Reading], *, anchored: bool) -> Iterator[Fault]:
    """Weak keys, and weak signatures where somebody relies on them: a trust anchor's own is never checked."""
    for depth, reading in enumerate(path):
        if weakness := _key_weakness(reading.key):
            yield _fault(FaultCode.WEAK_KEY, depth, reading, *weakness)
        relied_on = not reading.self_issued and not (anchored and depth == len(path) - 1)
        if relied_on and (weak := _weak_hash(reading)):
            yield _fault(FaultCode.WEAK_SIGNATURE, depth, reading, weak)


def critical_faults(path: Sequence[Reading]) -> Iterator[Fault]:
    """Critical extensions that cryptography does not know; what it knows and OpenSSL does not, OpenSSL tells."""
    for depth, reading in enumerate(path):
        for extension in reading.extensions or ():
            if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
                yield _fault(FaultCode.UNHANDLED_CRITICAL_EXTENSION, depth, reading, extension.oid.dotted_string)


def name_faults(leaf: Reading, host: str) -> Iterator[Fault]:
    """Whether the server's own certificate names `host`: RFC 9525, so by subjectAltName alone."""
    if leaf.extensions is None:
        return
    names = leaf.extension(x509.SubjectAlternativeName)
    if names is None:
        yield _fault(FaultCode.NO_SUBJECT_ALT_NAME, 0, leaf, wanted=host)
    elif not names_host(names, host):
        yield _fault(FaultCode.NAME_MISMATCH, 0, leaf, _list_names(names), host)


def names_host(names: x509.SubjectAlternativeName, host: str) -> bool:
    """Whether one of `names` is `host`, by RFC 9525 section 6: an address byte for byte, a name with wildcards."""
    address = parse_address(host)
    if address is not None:
        return address in names.get_values_for_type(x509.IPAddress)
    try:
        name = ascii_name(host)
        wanted = DNS_ID(name)
        head, _, rest = name.partition(".")
        # service-identity lets no wildcard stand for an A-label, a rule of RFC 6125 for wildcards *inside* a label.
        # RFC 9525 has only whole ones left, and OpenSSL and browsers match them.
        stand_in = DNS_ID(f"label.{rest}") if head.startswith("xn--") and rest else None
    except ValueError:
        return False  # no certificate can name it
    for text in names.get_values_for_type(x509.DNSName):
        pattern = _pattern(text)
        if pattern and (wanted.verify(pattern) or (stand_in and "*" in text and stand_in.verify(pattern))):
            return True
    return False


def _fault(code: FaultCode, depth: int, reading: Reading, found: str = "", wanted: str = "") -> Fault:
    return Fault(code, depth, reading.subject_text, found, wanted)


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def _authority_faults(depth: int, reading: Reading) -> Iterator[Fault]:
    if reading.extensions is None:
        return
    constraints = reading.extension(x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        found = "basicConstraints says so" if constraints else "it has no basicConstraints"
        yield _fault(FaultCode.INVALID_CA, depth, reading, found)
    usage = reading.extension(x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        yield _fault(FaultCode.INVALID_CA, depth, reading, "keyUsage lacks keyCertSign")


def _leaf_key_usage_faults(leaf: Reading) -> Iterator[Fault]:
    usage = leaf.extension(x509.KeyUsage)
    if usage is None or usage.digital_signature:
        return
    # An RSA key may also decrypt the premaster secret (RFC 5246 section 7.4.2); all others can only sign.
    if not (usage.key_encipherment and isinstance(leaf.key, rsa.RSAPublicKey)):
        yield _fault(FaultCode.WRONG_PURPOSE, 0, leaf, "another keyUsage", "digitalSignature")


def _key_weakness(key: object) -> tuple[str, str] | None:
    match key:
        case rsa.RSAPublicKey() if key.key_size < MIN_RSA_BITS:
            return f"RSA with {key.key_size} bits", f"{MIN_RSA_BITS} bits"
        case ec.EllipticCurvePublicKey() if key.key_size < MIN_EC_BITS:
            return f"{key.curve.name} with {key.key_size} bits", f"{MIN_EC_BITS} bits"
        case dsa.DSAPublicKey():
            return f"DSA with {key.key_size} bits", "what TLS still allows (RFC 8446 section 4.2.3)"
        case _:
            return None


def _weak_hash(reading: Reading) -> str:
    if reading.certificate is None:
        return ""
    try:
        algorithm = reading.certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        return _WEAK_SIGNATURES.get(reading.certificate.signature_algorithm_oid.dotted_string, "")
    return algorithm.name if algorithm and algorithm.name in _WEAK_HASHES else ""


def _pattern(text: str) -> DNSPattern | None:
    """A name as a pattern; None for one that matches nothing (`*`, `*.com`, an address), which spoils no other."""
    try:
        return DNSPattern.from_bytes(text.encode())
    except CertificateError:
        return None


def _list_names(names: x509.SubjectAlternativeName) -> str:
    return _few([str(name.value) for name in names]) or "nobody"


def _few(texts: Sequence[str]) -> str:
    """The first ones, each as far as it can be told in a sentence, and how many more there are."""
    told = ", ".join(map(shortened, texts[:MAX_NAMES_TOLD]))
    more = len(texts) - MAX_NAMES_TOLD
    return f"{told} and {more} more" if more > 0 else told
