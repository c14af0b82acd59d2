"""What handshake messages say, at a glance: plain numbers for those who compare and judge.

The dissector shows every field with its place; the engine's parser (hello.py) wants a hello that is whole. What stands
here lies between the two: it reads what fingerprints, findings and stories need, fast, and of a message that is cut
short as much as there is. `whole` then says so. Nothing raises, on any bytes; time is linear in them.

Messages are taken as events.Message holds them, with their four-byte handshake header.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from tlscope.wire.tls.codes import HELLO_RETRY_RANDOM, ExtensionType, HandshakeType, name_of
from tlscope.wire.tls.suites import CipherSuite

TLS1_2, TLS1_3 = 0x0303, 0x0304

_HEAD = 4
_RANDOM_END = _HEAD + 2 + 32
_RECORD_HEAD, _HANDSHAKE_RECORD = 5, 22
_EXTENSION_HEAD = struct.Struct(">HH")
_NAMED_CURVE = 3


class Extensions(NamedTuple):
    """Extensions in the sender's order, and the body of each; of one that comes twice, the first."""

    order: tuple[int, ...]
    bodies: dict[int, bytes]

    def numbers(self, kind: int, size: int) -> tuple[int, ...] | None:
        """An extension that is one vector of two-byte code points, behind a length of `size` bytes; None: absent."""
        body = self.bodies.get(kind)
        return None if body is None else code_points(Reader(body).vector(size))


class Offered(NamedTuple):
    """A ClientHello (RFC 8446 section 4.1.2)."""

    legacy_version: int
    random: bytes
    session_id: bytes
    suites: tuple[int, ...]
    compression: bytes
    extensions: Extensions
    whole: bool
    """False where the message ends before its fields do."""

    @property
    def versions(self) -> tuple[int, ...]:
        """supported_versions, in the client's order; without the extension, the legacy version alone."""
        return self.extensions.numbers(ExtensionType.supported_versions, 1) or (self.legacy_version,)

    @property
    def groups(self) -> tuple[int, ...]:
        """supported_groups."""
        return self.extensions.numbers(ExtensionType.supported_groups, 2) or ()

    @property
    def schemes(self) -> tuple[int, ...]:
        """signature_algorithms."""
        return self.extensions.numbers(ExtensionType.signature_algorithms, 2) or ()

    @property
    def point_formats(self) -> bytes:
        """ec_point_formats (RFC 8422 section 5.1.2)."""
        return Reader(self.extensions.bodies.get(ExtensionType.ec_point_formats, b"")).vector(1)

    @property
    def alpn(self) -> tuple[bytes, ...]:
        """The protocols of ALPN (RFC 7301 section 3.1)."""
        body = self.extensions.bodies.get(ExtensionType.application_layer_protocol_negotiation, b"")
        return _vectors(Reader(body).vector(2), 1)

    @property
    def sni(self) -> str:
        """The first host_name (RFC 6066 section 3), as sent; empty where there is none."""
        names = Reader(Reader(self.extensions.bodies.get(ExtensionType.server_name, b"")).vector(2))
        while names.left:
            kind, name = names.number(1), names.vector(2)
            if kind == 0:
                return name.decode("ascii", "replace")
        return ""

    @property
    def key_shares(self) -> tuple[int, ...]:
        """The groups that a key was sent for (RFC 8446 section 4.2.8)."""
        shares = Reader(Reader(self.extensions.bodies.get(ExtensionType.key_share, b"")).vector(2))
        found = []
        while shares.left >= 2:
            found.append(shares.number(2))
            shares.vector(2)
        return tuple(found)

    @property
    def compressors(self) -> tuple[int, ...]:
        """compress_certificate: the algorithms (RFC 8879 section 3)."""
        return self.extensions.numbers(ExtensionType.compress_certificate, 1) or ()

    def has(self, kind: int) -> bool:
        """Whether the extension is there."""
        return kind in self.extensions.bodies


class Chosen(NamedTuple):
    """A ServerHello or HelloRetryRequest (RFC 8446 sections 4.1.3 and 4.1.4)."""

    legacy_version: int
    random: bytes
    session_id: bytes
    suite: int
    compression: int
    extensions: Extensions
    whole: bool

    @property
    def retry(self) -> bool:
        """Whether it is a HelloRetryRequest, which its random tells."""
        return self.random == HELLO_RETRY_RANDOM

    @property
    def version(self) -> int:
        """The version that was chosen."""
        body = self.extensions.bodies.get(ExtensionType.supported_versions, b"")
        return int.from_bytes(body) if len(body) == 2 else self.legacy_version

    @property
    def group(self) -> int:
        """The group of key_share; 0 where there is none."""
        return int.from_bytes(self.extensions.bodies.get(ExtensionType.key_share, b"")[:2])

    @property
    def alpn(self) -> bytes:
        """The protocol chosen; in TLS 1.3 that stands in EncryptedExtensions."""
        return selected_protocol(self.extensions)


class KeyExchange(NamedTuple):
    """What a ServerKeyExchange (RFC 5246 section 7.4.3) chose; 0 for what it does not say."""

    group: int
    """A NamedGroup (RFC 8422 section 5.4)."""
    dh_bits: int
    """The size of the prime of finite-field Diffie-Hellman."""
    scheme: int
    """A SignatureScheme; none before TLS 1.2."""


class Reader:
    """Reads on as long as there is something; `whole` is False once there was less than asked for."""

    __slots__ = ("at", "data", "whole")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at, self.whole = data, at, True

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self.data) - self.at

    def number(self, size: int) -> int:
        """An unsigned number; of what there is of it where it is cut."""
        data = self.data[self.at : self.at + size]
        self.whole &= len(data) == size
        self.at += len(data)
        return int.from_bytes(data)

    def vector(self, size: int) -> bytes:
        """The body of a vector behind its length of `size` bytes; what there is of it where it is cut."""
        length = self.number(size)
        data = self.data[self.at : self.at + length]
        self.whole &= len(data) == length
        self.at += len(data)
        return data

    def extensions(self) -> Extensions:
        """A block of extensions; none where the message ends before it (RFC 5246 section 7.4.1.2)."""
        order: list[int] = []
        bodies: dict[int, bytes] = {}
        data = self.vector(2) if self.left else b""
        at, end = 0, len(data)
        while end - at >= _EXTENSION_HEAD.size:
            kind, length = _EXTENSION_HEAD.unpack_from(data, at)
            at += 4
            order.append(kind)
            bodies.setdefault(kind, data[at : at + length])
            at += length
        self.whole &= at == end
        return Extensions(tuple(order), bodies)


def offered(data: bytes) -> Offered | None:
    """A ClientHello as far as it goes; None for what is none, or ends before its random does."""
    if len(data) < _RANDOM_END or data[0] != HandshakeType.ClientHello:
        return None
    reader = Reader(data, _RANDOM_END)
    session_id, suites, compression = reader.vector(1), reader.vector(2), reader.vector(1)
    extensions = reader.extensions()
    return Offered(
        int.from_bytes(data[4:6]),
        data[6:_RANDOM_END],
        session_id,
        code_points(suites),
        compression,
        extensions,
        reader.whole and not len(suites) % 2,
    )


def chosen(data: bytes) -> Chosen | None:
    """A ServerHello as far as it goes; None for what is none, or ends before its suite does."""
    if len(data) < _RANDOM_END or data[0] != HandshakeType.ServerHello:
        return None
    reader = Reader(data, _RANDOM_END)
    session_id, suite, compression = reader.vector(1), reader.number(2), reader.number(1)
    if not reader.whole:
        return None
    extensions = reader.extensions()
    return Chosen(
        int.from_bytes(data[4:6]), data[6:_RANDOM_END], session_id, suite, compression, extensions, reader.whole
    )


def encrypted_extensions(data: bytes) -> Extensions:
    """The block of EncryptedExtensions (RFC 8446 section 4.3.1)."""
    return Reader(data, _HEAD).extensions()


def selected_protocol(extensions: Extensions) -> bytes:
    """The one protocol that a server's ALPN extension names; empty where it is absent."""
    body = extensions.bodies.get(ExtensionType.application_layer_protocol_negotiation, b"")
    return next(iter(_vectors(Reader(body).vector(2), 1)), b"")


def key_exchange(data: bytes, suite: int, version: int) -> KeyExchange:
    """A ServerKeyExchange, whose form follows from the suite (RFC 5246 section 7.4.3, RFC 8422, RFC 4279)."""
    kind, _, _ = name_of(CipherSuite, suite).removeprefix("TLS_").partition("_WITH_")
    reader = Reader(data, _HEAD)
    group = dh_bits = scheme = 0
    if "PSK" in kind:
        reader.vector(2)  # psk_identity_hint (RFC 4279 section 2)
    if "ECDH" in kind:
        if reader.number(1) != _NAMED_CURVE:
            return KeyExchange(0, 0, 0)
        group = reader.number(2)
        reader.vector(1)
    elif "DH" in kind:
        dh_bits = int.from_bytes(reader.vector(2)).bit_length()
        reader.vector(2)
        reader.vector(2)
    signed = ("ECDH" in kind or "DH" in kind) and not kind.endswith(("_anon", "PSK"))
    if signed and version >= TLS1_2:
        scheme = reader.number(2)
    return KeyExchange(group, dh_bits, scheme) if reader.whole else KeyExchange(group, dh_bits, 0)


def verify_scheme(data: bytes, version: int) -> int:
    """The SignatureScheme of a CertificateVerify; 0 before TLS 1.2, which does not say it."""
    return int.from_bytes(data[_HEAD : _HEAD + 2]) if version >= TLS1_2 and len(data) >= _HEAD + 2 else 0


def certificates(data: bytes, version: int) -> tuple[bytes, ...]:
    """The certificates (DER) of a Certificate message, in the sender's order, those that are whole.

    RFC 8446 section 4.4.2, RFC 5246 section 7.4.2.
    """
    entries = _entries(data, version)
    found = []
    while entries.left:
        der = entries.vector(3)
        if entries.whole and der:
            found.append(der)
        if version >= TLS1_3:
            entries.vector(2)
    return tuple(found)


def leaf_extensions(data: bytes, version: int) -> Extensions:
    """Those of the first CertificateEntry of a Certificate message; none before TLS 1.3 (RFC 8446 section 4.4.2)."""
    entries = _entries(data, version)
    entries.vector(3)
    return entries.extensions() if version >= TLS1_3 else Extensions((), {})


def _entries(data: bytes, version: int) -> Reader:
    reader = Reader(data, _HEAD)
    if version >= TLS1_3:
        reader.vector(1)  # certificate_request_context
    return Reader(reader.vector(3))


def ticket_lifetime(data: bytes) -> int | None:
    """Seconds, as a NewSessionTicket says (RFC 8446 section 4.6.1, RFC 5077 section 3.3)."""
    return int.from_bytes(data[_HEAD : _HEAD + 4]) if len(data) >= _HEAD + 4 else None


def first_message(stream: bytes) -> bytes:
    """The first handshake message out of the plaintext records at the beginning of a stream, without their headers.

    What there is of it; empty where the stream begins with anything else.
    """
    parts: list[bytes] = []
    have, want, at = 0, _HEAD, 0
    while have < want and len(stream) - at > _RECORD_HEAD and stream[at] == _HANDSHAKE_RECORD:
        length = int.from_bytes(stream[at + 3 : at + 5])
        if not length:  # no fragment of a handshake message is empty (RFC 8446 section 5.1)
            break
        at += _RECORD_HEAD
        parts.append(stream[at : at + length])
        have += len(parts[-1])
        at += length
        if want == _HEAD <= have:
            head = b"".join(parts)
            parts, want = [head], _HEAD + int.from_bytes(head[1:_HEAD])
    return b"".join(parts)[:want]


def code_points(data: bytes) -> tuple[int, ...]:
    """Bytes as two-byte code points; an odd one at the end is left out."""
    return struct.unpack_from(f">{len(data) // 2}H", data)


def _vectors(data: bytes, size: int) -> tuple[bytes, ...]:
    reader, found = Reader(data), []
    while reader.left:
        found.append(reader.vector(size))
    return tuple(found)
