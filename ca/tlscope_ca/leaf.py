"""Mint a certificate that mirrors a server's: what is in it, and what is wrong with it.

A client shall decide as if nobody stood between it and the server, so a fault of the server's chain is repeated where
the client looks for it:

    nothing wrong                                    signed by the authority
    expired, not yet valid, another host's names,    signed by the authority, with the server's own dates, names,
    no names, another purpose, critical extension    purposes and extensions
    the server signed its certificate itself         signed by itself
    anything else, or anything higher in the chain   signed by a root that nobody trusts, named as the server's issuer

Faults add up: a leaf that is expired and of an unknown issuer has the server's dates and an issuer that nobody trusts.

What is not mirrored: addresses of revocation services, certificate transparency and must-staple. They bind
the server's issuer, and we could not keep what they promise.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from tlscope_ca.authority import Authority
from tlscope_ca.checks import names_host
from tlscope_ca.faults import FaultCode
from tlscope_ca.names import InvalidHostError, general_name
from tlscope_ca.reading import RawExtension, Reading, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tlscope_ca.verify import Verdict

MAX_LEAVES = 1024
"""Leaves kept unless told otherwise; one takes some 3 KiB."""

MAX_KEPT_UPSTREAM = 16 * 1024
"""Bytes of a server's certificate whose mirror is kept; with `MAX_LEAVES` it bounds the memory of the cache."""

MAX_ISSUERS = 64
"""Throw-away roots kept, one for each name of an unknown issuer."""

MAX_VALIDITY = timedelta(days=199)
"""Longest validity of a leaf: clients refuse more than the CA/Browser Forum allows, 200 days since March 2026."""

SKEW = timedelta(days=2)
"""How far back a leaf's validity reaches at most, for clients whose clocks are behind ours."""

Issuer = Literal["authority", "throw-away", "self"]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class KeyType(StrEnum):
    """The keys that a leaf can have."""

    P256 = "P-256"
    """ECDSA on secp256r1: for every client that knows ECDSA."""
    RSA2048 = "RSA-2048"
    """For the others, and for TLS 1.2 suites in which the client encrypts to the server's key."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A minted certificate and what goes with it into a handshake."""

    certificate: x509.Certificate
    key: PrivateKey
    der: bytes
    chain: tuple[x509.Certificate, ...]
    """What to send behind the leaf: nothing, or the throw-away root where the server's chain carried a root."""
    issuer: Issuer
    key_type: KeyType


class Minter:
    """Mints leaves under an authority and keeps up to `size` of them, the latest used.

    It has one key of each type for all its leaves, made once and never the authority's; the RSA one takes up to a
    few hundred milliseconds, so it is made when first needed or, ahead of that, by `warm` in a thread.
    """

    def __init__(self, authority: Authority, *, size: int = MAX_LEAVES) -> None:
        self.authority = authority
        self._size = size
        self._kept: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()
        self._throw_aways: OrderedDict[x509.Name, Authority] = OrderedDict()
        self._throw_away_key = ec.generate_private_key(ec.SECP256R1())
        self._keys: dict[KeyType, _Key] = {}
        self._making_key = Lock()
        self.warm(KeyType.P256)

    def ready(self, key: KeyType) -> bool:
        """Whether `mint` with this type of key will not have to make the key first."""
        return key in self._keys

    def warm(self, key: KeyType) -> None:
        """Make the key of this type unless it is there; may be called from any thread, and blocks it."""
        with self._making_key:
            if key not in self._keys:
                self._keys[key] = _Key(_generate(key))

    def mint(
        self,
        upstream: bytes,
        verdict: Verdict,
        key: KeyType = KeyType.P256,
        extra_names: tuple[str, ...] = (),
        now: datetime | None = None,
    ) -> Leaf:
        """The mirror of the server's certificate `upstream` (DER; empty if it sent none), as bad as `verdict` says.

        To a valid one `extra_names` (hosts) are added where it does not have them. Never raises on what a server sent:
        what cannot be read is left out. `now` is aware. A leaf is kept until it expires; a kept one is the same object.
        """
        now = now or datetime.now(UTC)
        what = (upstream, verdict.kind, key, extra_names)
        kept = self._find(what, now)
        if kept is None:
            kept = self._mirror(read(upstream), verdict, key, extra_names, now)
            if len(upstream) <= MAX_KEPT_UPSTREAM:
                self._keep(what, kept)
        return kept.leaf

    def mint_for_host(self, host: str, key: KeyType = KeyType.P256, now: datetime | None = None) -> Leaf:
        """A leaf for `host` alone, signed by the authority, where there is no server to mirror.

        Raises `InvalidHostError`.
        """
        now = now or datetime.now(UTC)
        kept = self._find((host, key), now)
        if kept is None:
            kept = self._for_host(host, key, now)
            self._keep((host, key), kept)
        return kept.leaf

    def _find(self, what: tuple[object, ...], now: datetime) -> _Kept | None:
        kept = self._kept.get(what)
        if kept is None or not kept.since <= now < kept.until:
            return None
        self._kept.move_to_end(what)
        return kept

    def _keep(self, what: tuple[object, ...], kept: _Kept) -> None:
        self._kept[what] = kept
        self._kept.move_to_end(what)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def _mirror(
        self, upstream: Reading, verdict: Verdict, key_type: KeyType, extra_names: tuple[str, ...], now: datetime
    ) -> _Kept:
        own_faults = {fault.code for fault in verdict.faults if fault.depth == 0}
        kind = _kind_of_issuer(verdict, own_faults)
        root = self._throw_away(upstream.issuer, now) if kind == "throw-away" else self.authority
        subject = _encodable(upstream.subject)
        subject = _UNREADABLE if subject is None else subject  # an empty name is a name
        span, lasting = _validity(upstream, own_faults, root.certificate, now)
        extensions = _mirrored_extensions(upstream, own_faults, () if verdict.faults else extra_names)
        if not subject and (names := extensions.get(_NAMES)):
            # RFC 5280 section 4.1.2.6: with an empty subject, the subjectAltName must be critical.
            extensions[_NAMES] = RawExtension(critical=True, value=names.value)
        leaf = self._sign(subject, span, extensions, key_type, None if kind == "self" else root)
        chain = (root.certificate,) if kind == "throw-away" and verdict.carried_root else ()
        minted = Leaf(leaf, self._keys[key_type].private, leaf.public_bytes(Encoding.DER), chain, kind, key_type)
        # The server's own dates stay what they are; a chain that is judged otherwise tomorrow has another verdict.
        return _Kept(minted, _START, _END) if lasting else _Kept(minted, *span)

    def _for_host(self, host: str, key_type: KeyType, now: datetime) -> _Kept:
        names = x509.SubjectAlternativeName([general_name(host)])
        extensions = {
            _NAMES: RawExtension(critical=True, value=names.public_bytes()),
            _PURPOSES: RawExtension(critical=False, value=_SERVER_AUTH.public_bytes()),
        }
        span, _ = _validity(read(b""), set(), self.authority.certificate, now)
        leaf = self._sign(x509.Name([]), span, extensions, key_type, self.authority)
        key = self._keys[key_type].private
        return _Kept(Leaf(leaf, key, leaf.public_bytes(Encoding.DER), (), "authority", key_type), *span)

    def _sign(
        self,
        subject: x509.Name,
        span: tuple[datetime, datetime],
        extensions: dict[str, RawExtension],
        key_type: KeyType,
        root: Authority | None,
    ) -> x509.Certificate:
        """Sign as `root`, or with the leaf's own key if there is none."""
        self.warm(key_type)
        key = self._keys[key_type]
        identifier = _identifier(root.certificate) if root else key.identifier
        builder = (
            x509.CertificateBuilder()
            .issuer_name(root.certificate.subject if root else subject)
            .subject_name(subject)
            .public_key(key.private.public_key())
            # A fresh one each time: Firefox refuses a second certificate with the same issuer and serial.
            .serial_number(x509.random_serial_number())
            .not_valid_before(span[0])
            .not_valid_after(span[1])
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key.identifier, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        )
        if _USAGE not in extensions:
            builder = builder.add_extension(key.usage, critical=True)
        for oid, extension in extensions.items():
            raw = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), extension.value)
            builder = builder.add_extension(raw, critical=extension.critical)
        return builder.sign(root.key if root else key.private, hashes.SHA256())

    def _throw_away(self, name: x509.Name | None, now: datetime) -> Authority:
        """A root that nobody trusts, with the name of the issuer that nobody knows."""
        name = _encodable(name) or _UNKNOWN
        root = self._throw_aways.pop(name, None)
        if root is None or not root.certificate.not_valid_before_utc <= now < root.certificate.not_valid_after_utc:
            root = Authority.throw_away(name, key=self._throw_away_key, now=now)
        self._throw_aways[name] = root
        if len(self._throw_aways) > MAX_ISSUERS:
            self._throw_aways.popitem(last=False)
        return root


class _Key:
    """A leaf key, and the extensions that depend on it alone."""

    def __init__(self, private: PrivateKey) -> None:
        self.private = private
        self.identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
        self.usage = x509.KeyUsage(
            digital_signature=True,
            # For the RSA key exchange of TLS 1.2 and earlier (RFC 5246 section 7.4.2).
            key_encipherment=isinstance(private, rsa.RSAPrivateKey),
            content_commitment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    """A leaf and when it may be given out: `since <= now < until`."""

    leaf: Leaf
    since: datetime
    until: datetime


_START = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)

# What X.509 can say (RFC 5280 section 4.1.2.5) and cryptography will write.
_EARLIEST = datetime(1950, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

_NAMES = ExtensionOID.SUBJECT_ALTERNATIVE_NAME.dotted_string
_PURPOSES = ExtensionOID.EXTENDED_KEY_USAGE.dotted_string
_USAGE = ExtensionOID.KEY_USAGE.dotted_string
_SERVER_AUTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])

_UNREADABLE = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "unreadable certificate")])
_UNKNOWN = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "unknown issuer")])

# The faults that a leaf can repeat in itself.
_IN_THE_LEAF = frozenset(
    {
        FaultCode.EXPIRED,
        FaultCode.NOT_YET_VALID,
        FaultCode.NAME_MISMATCH,
        FaultCode.NO_SUBJECT_ALT_NAME,
        FaultCode.WRONG_PURPOSE,
        FaultCode.UNHANDLED_CRITICAL_EXTENSION,
    }
)

# Critical extensions that are no fault: the leaf has its own, or they mean nothing without the server's issuer.
_UNDERSTOOD = frozenset(
    oid.dotted_string
    for oid in (
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.INHIBIT_ANY_POLICY,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
    )
)


def _generate(key: KeyType) -> PrivateKey:
    if key is KeyType.P256:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _kind_of_issuer(verdict: Verdict, own_faults: set[FaultCode]) -> Issuer:
    if FaultCode.SELF_SIGNED in own_faults:
        return "self"
    higher = any(fault.depth for fault in verdict.faults)
    return "throw-away" if higher or own_faults - _IN_THE_LEAF else "authority"


def _validity(
    upstream: Reading, own_faults: set[FaultCode], root: x509.Certificate, now: datetime
) -> tuple[tuple[datetime, datetime], bool]:
    """First and last second of the leaf, and whether these are the server's own and wrong."""
    now = now.replace(microsecond=0)
    if FaultCode.EXPIRED in own_faults and upstream.not_after:
        last = min(max(upstream.not_after, _EARLIEST + MAX_VALIDITY), _LATEST)
        return (min(max(upstream.not_before or last, last - MAX_VALIDITY), last), last), True
    if FaultCode.NOT_YET_VALID in own_faults and upstream.not_before:
        first = min(max(upstream.not_before, _EARLIEST), _LATEST - MAX_VALIDITY)
        return (first, max(min(upstream.not_after or first, first + MAX_VALIDITY), first)), True
    first, last = max(root.not_valid_before_utc, now - SKEW), root.not_valid_after_utc
    if upstream.covers(now):
        first, last = max(first, upstream.not_before or first), min(last, upstream.not_after or last)
    last = min(last, first + MAX_VALIDITY)
    return (min(first, last), last), False


def _mirrored_extensions(
    upstream: Reading, own_faults: set[FaultCode], extra_names: tuple[str, ...]
) -> dict[str, RawExtension]:
    """The server's extensions that the leaf repeats byte for byte, by OID; with the extra names added to its names."""
    wanted = {_NAMES, _PURPOSES}
    if FaultCode.WRONG_PURPOSE in own_faults:
        wanted.add(_USAGE)
    if FaultCode.UNHANDLED_CRITICAL_EXTENSION in own_faults:
        wanted |= {oid for oid, extension in upstream.raw.items() if extension.critical and oid not in _UNDERSTOOD}
    mirrored = {oid: extension for oid, extension in upstream.raw.items() if oid in wanted}
    return mirrored | _extended_names(upstream, extra_names)


def _extended_names(upstream: Reading, extra_names: tuple[str, ...]) -> dict[str, RawExtension]:
    """The subjectAltName with the names that it lacks; nothing where it lacks none, or is there and cannot be read."""
    raw, names = upstream.raw.get(_NAMES), upstream.extension(x509.SubjectAlternativeName)
    lacking = [*_general_names([host for host in extra_names if names is None or not names_host(names, host)])]
    if not lacking or (raw is not None and names is None):
        return {}
    value = x509.SubjectAlternativeName([*(names or ()), *lacking]).public_bytes()
    return {_NAMES: RawExtension(critical=raw is not None and raw.critical, value=value)}


def _general_names(hosts: Sequence[str]) -> Iterator[x509.GeneralName]:
    for host in hosts:
        # A client may ask for what no certificate can name; then it gets the server's names alone.
        with suppress(InvalidHostError):
            yield general_name(host)


def _encodable(name: x509.Name | None) -> x509.Name | None:
    """A name that was read, if it can be written again: not all that X.500 strings can hold can."""
    try:
        return name if name is not None and name.public_bytes() else None
    except (ValueError, TypeError):
        return None


def _identifier(root: x509.Certificate) -> x509.SubjectKeyIdentifier:
    return root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
