"""What the endpoints prove to each other, proven again: signatures over the handshake, and Finished.

A CertificateVerify shows that its sender holds the key of its certificate, and that both have seen the same messages;
a ServerKeyExchange binds the ephemeral key to the certificate and to this connection's randoms. `verify` checks a
signature under the key of a certificate as sent; whether anybody should trust that certificate is another question.

    TLS 1.3       64 spaces, "TLS 1.3, server CertificateVerify", a zero, Transcript-Hash    RFC 8446 section 4.4.3
    TLS 1.2       the messages themselves, hashed by the signature's own hash                RFC 5246 section 7.4.8
    TLS 1.0, 1.1  RSA: MD5 and SHA-1 side by side, without a DigestInfo; others: SHA-1       RFC 2246 section 7.4.8
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.wire.field import Cursor, Short
from tlscope.wire.tls.codes import ExtensionType, HandshakeType, SignatureScheme, name_of
from tlscope.wire.tls.compression import CannotExpand, expand
from tlscope.wire.tls.decryption.prf import MD5_SHA1, TLS1_2

if TYPE_CHECKING:
    from collections.abc import Callable

TLS1_3 = 0x0304


SEQUENCE = 0x30
"""How a raw public key begins, which before TLS 1.3 stands where the list is (RFC 7250 section 3). As the length of a
certificate that would be three megabytes."""


class Verdict(NamedTuple):
    """Whether a proof holds; `ok` is None where it could not be checked, and `detail` says why."""

    ok: bool | None
    detail: str


class Signed(NamedTuple):
    """A signature: `scheme` is None before TLS 1.2, where the key decides how it is made."""

    scheme: int | None
    signature: bytes


class Certified(NamedTuple):
    """The public key of a Certificate message; None where `why` it could not be read."""

    key: Any
    why: str = ""


def certified(message: bytes, version: int) -> Certified:
    """The key of the first certificate of a Certificate or CompressedCertificate message."""
    try:
        cursor = Cursor(message, 4)
        if message[0] == HandshakeType.CompressedCertificate:
            cursor = Cursor(_unfolded(cursor))
        if version >= TLS1_3:
            cursor.pull(_number(cursor, 1), "context")
        listed = _inside(cursor, 3)
        if version < TLS1_3 and listed.left and listed.peek(1) == SEQUENCE:
            return _public_key(listed.data)
        if not listed.left:
            return Certified(None, "no certificate was sent")
        der = _vector(listed, 3)
        if version >= TLS1_3 and ExtensionType.delegated_credential in _extensions(_inside(listed, 2)):
            return Certified(None, "it is made with a delegated credential (RFC 9345), not with the certificate's key")
    except (Short, CannotExpand) as error:
        return Certified(None, f"the Certificate message is malformed: {error}")
    return _public_key(der)


def _public_key(der: bytes) -> Certified:
    from cryptography import x509  # noqa: PLC0415 (imported where used: start-up time)
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415 - loaded where it is used

    try:
        return Certified(x509.load_der_x509_certificate(der).public_key())
    except Exception as error:  # noqa: BLE001 - a peer's certificate may be anything, and so may what is raised
        why = f"the certificate's key cannot be read: {error}"
    try:
        return Certified(load_der_public_key(der))  # a raw public key, RFC 7250
    except Exception:  # noqa: BLE001 - as above
        return Certified(None, why)


def _unfolded(cursor: Cursor) -> bytes:
    """The Certificate in a CompressedCertificate (RFC 8879 section 4), without its header; raises CannotExpand."""
    algorithm, size = _number(cursor, 2), _number(cursor, 3)
    return expand(algorithm, _vector(cursor, 3), size)


def pull_signature(cursor: Cursor, version: int) -> Signed:
    """A signature as it stands in CertificateVerify and ServerKeyExchange; raises Short."""
    scheme = _number(cursor, 2) if version >= TLS1_2 else None
    return Signed(scheme, _vector(cursor, 2))


def split_key_exchange(message: bytes, exchange: str, version: int) -> tuple[bytes, Signed] | None:
    """The parameters of a ServerKeyExchange and their signature; None where the suite has none; raises Short."""
    kind, _, authentication = exchange.rpartition("_")
    if authentication not in {"RSA", "ECDSA", "DSS"} or kind not in {"ECDHE", "DHE", "SRP_SHA"}:
        return None
    cursor = Cursor(message, 4)
    if kind == "ECDHE":
        curve_type = _number(cursor, 1)
        if curve_type != 3:  # explicit curves, which RFC 8422 section 5.4 took away
            raise Short(4, f"curve_type {curve_type}: ECParameters")
        cursor.pull(2, "namedcurve")
        _vector(cursor, 1)
    else:
        for size in (2, 2, 2) if kind == "DHE" else (2, 2, 1, 2):  # p, g, Ys; SRP: N, g, s, B
            _vector(cursor, size)
    return message[4 : cursor.at], pull_signature(cursor, version)


def certificate_verify_content(side: str, transcript_hash: bytes) -> bytes:
    """What a CertificateVerify of TLS 1.3 signs (RFC 8446 section 4.4.3)."""
    return b" " * 64 + f"TLS 1.3, {side} CertificateVerify".encode() + b"\0" + transcript_hash


def verify(key: Any, signed: Signed, digest: Callable[[str], bytes], content: Callable[[], bytes]) -> Verdict:
    """Check a signature over `content()`, whose hash by any hash is `digest(name)`. Never raises."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (imported where used)

    name = "its key's own scheme" if signed.scheme is None else name_of(SignatureScheme, signed.scheme)
    try:
        obstacle = _check(key, signed, digest, content)
    except InvalidSignature:
        return Verdict(
            ok=False, detail=f"the signature ({name}) is wrong: another key made it, or it is over other messages"
        )
    except Exception as error:  # noqa: BLE001 - a peer chose the key, the scheme and the signature
        return Verdict(None, f"the signature ({name}) could not be checked: {type(error).__name__} {error}".strip())
    return Verdict(None, obstacle) if obstacle else Verdict(ok=True, detail=f"{name}, by the key of the certificate")


def _check(key: Any, signed: Signed, digest: Callable[[str], bytes], content: Callable[[], bytes]) -> str:
    """Raises InvalidSignature; says what stands in the way of checking."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (imported where used)
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa, utils  # noqa: PLC0415 - loaded where it is used

    signature = signed.signature
    if isinstance(key, _self_hashing()):
        key.verify(signature, content())
        return ""
    if signed.scheme is None and isinstance(key, rsa.RSAPublicKey):
        found = key.recover_data_from_signature(signature, padding.PKCS1v15(), None)
        if not hmac.compare_digest(found, digest(MD5_SHA1)):
            raise InvalidSignature
        return ""
    hash_name, pss = _scheme(signed.scheme)
    if not hash_name:
        return f"{name_of(SignatureScheme, signed.scheme or 0)} is a scheme that is not checked here"
    hashing = _hash(hash_name)
    prehashed = utils.Prehashed(hashing)
    if isinstance(key, rsa.RSAPublicKey):
        scheme = padding.PSS(padding.MGF1(hashing), hashing.digest_size) if pss else padding.PKCS1v15()
        key.verify(signature, digest(hash_name), scheme, prehashed)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, digest(hash_name), ec.ECDSA(prehashed))
    elif isinstance(key, dsa.DSAPublicKey):
        key.verify(signature, digest(hash_name), prehashed)
    else:
        return f"a key of the type {type(key).__name__} is not checked here"
    return ""


def _self_hashing() -> Any:
    """The types of keys that hash for themselves: EdDSA (RFC 8422 section 5.10), and ML-DSA with an empty context."""
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519, mldsa  # noqa: PLC0415 - loaded where it is used

    post_quantum = (mldsa.MLDSA44PublicKey, mldsa.MLDSA65PublicKey, mldsa.MLDSA87PublicKey)
    return (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey, *post_quantum)


def _scheme(scheme: int | None) -> tuple[str, bool]:
    """The hash of a signature scheme, and whether it is PSS."""
    if scheme is None:
        return "sha1", False
    try:
        name = SignatureScheme(scheme).name
    except ValueError:
        return "", False
    found = next(
        (hash_name for hash_name in ("sha224", "sha256", "sha384", "sha512", "sha1", "md5") if hash_name in name), ""
    )
    return found, "_pss_" in name


def _hash(hash_name: str) -> Any:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 (imported where used)

    return getattr(hashes, hash_name.upper())()


def hashed(content: bytes) -> Callable[[str], bytes]:
    """`digest` for `verify`, of bytes at hand."""

    def digest(name: str) -> bytes:
        if name == MD5_SHA1:
            return digest("md5") + digest("sha1")
        return hashlib.new(name, content, usedforsecurity=False).digest()

    return digest


def _number(cursor: Cursor, size: int) -> int:
    return int.from_bytes(cursor.pull(size, "a number"))


def _vector(cursor: Cursor, size: int) -> bytes:
    return cursor.pull(_number(cursor, size), "a vector")


def _inside(cursor: Cursor, size: int) -> Cursor:
    return Cursor(_vector(cursor, size))


def _extensions(cursor: Cursor) -> set[int]:
    found = set()
    while cursor.left:
        found.add(_number(cursor, 2))
        _vector(cursor, 2)
    return found
