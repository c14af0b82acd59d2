"""A ClientHello out of records, whole or in pieces, and what routing and mirroring need of it.

    collector = HelloCollector(limit)
    collector.feed(bytes) -> None (more is needed) | ClientHello | Malformed

A hello may be split over any number of records, and those over any number of segments, down to one byte at a time; time
is linear in what is fed. Nothing raises on what a client sent. The bytes themselves stay with the caller: they are what
the client leg reads afterwards.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

RECORD_HEAD = 5
MAX_RECORD = 1 << 14
"""Bytes in a plaintext record (RFC 8446 section 5.1)."""
HANDSHAKE_RECORD = 22
HANDSHAKE_HEAD = 4
CLIENT_HELLO = 1

SERVER_NAME, SUPPORTED_GROUPS, SIGNATURE_ALGORITHMS, ALPN, SUPPORTED_VERSIONS, KEY_SHARE = 0, 10, 13, 16, 43, 51
"""Extension types (RFC 6066 section 3, RFC 8446 section 4.2, RFC 7301)."""


_WANTED = frozenset({SERVER_NAME, SUPPORTED_GROUPS, SIGNATURE_ALGORITHMS, ALPN, SUPPORTED_VERSIONS, KEY_SHARE})
_EXTENSION_HEAD = struct.Struct(">HH")


@dataclass(frozen=True, slots=True)
class Malformed:
    """What could not be parsed: where, counted in handshake bytes, and why."""

    code: str
    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What a client offers (RFC 8446 section 4.1.2), as far as routing and mirroring need it."""

    legacy_version: int
    cipher_suites: tuple[int, ...]
    sni: str | None = None
    """The host name as sent, lower-cased; None where absent or not a host name."""
    alpn: tuple[bytes, ...] = ()
    supported_versions: tuple[int, ...] = ()
    groups: tuple[int, ...] | None = None
    """None where the extension is absent: any group, then (RFC 4492 section 4)."""
    key_shares: tuple[int, ...] = ()
    """The groups that it sent a key for (RFC 8446 section 4.2.8)."""
    signature_algorithms: tuple[int, ...] | None = None
    """None where the extension is absent: the defaults of the version, then."""
    extensions: tuple[int, ...] = field(default=(), repr=False)
    """Types, in the client's order."""

    @property
    def versions(self) -> tuple[int, int]:
        """The lowest and the highest version offered that this OpenSSL can speak, as far as the hello tells.

        Without supported_versions only the highest is told (RFC 5246 appendix E.1): the lowest is taken to be TLS 1.0.
        A client that knows only older ones is given TLS 1.0, which it will refuse itself.
        """
        real = [version for version in self.supported_versions if 0x0301 <= version <= 0x0304]
        if real:
            return min(real), max(real)
        return 0x0301, max(0x0301, min(0x0303, self.legacy_version))


def looks_like_sslv2(data: bytes | bytearray) -> bool:
    """Whether this is how an SSLv2 ClientHello begins: a two-byte length with its high bit set, then type 1."""
    return len(data) > 2 and bool(data[0] & 0x80) and data[2] == CLIENT_HELLO


class HelloCollector:
    """Gathers one ClientHello. `limit` is in handshake bytes and bounds what is kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pending = bytearray()
        """What has arrived of a record that is not complete."""
        self._message = bytearray()
        """The handshake bytes of complete records."""
        self.whole = b""
        """The message, with its header, once it is complete."""

    def feed(self, data: bytes) -> ClientHello | Malformed | None:
        """Take what arrived; None: more is needed."""
        pending = self._pending
        pending += data
        at = 0
        while len(pending) - at >= RECORD_HEAD:
            content_type, major, length = pending[at], pending[at + 1], int.from_bytes(pending[at + 3 : at + 5])
            if content_type != HANDSHAKE_RECORD or major != 3:
                return self._malformed("not-a-handshake", f"a record of type {content_type} inside the ClientHello")
            if not 0 < length <= MAX_RECORD:
                return self._malformed("record-length", f"a record of {length} bytes")
            if len(pending) - at < RECORD_HEAD + length:
                break
            self._message += pending[at + RECORD_HEAD : at + RECORD_HEAD + length]
            at += RECORD_HEAD + length
            if (found := self._parse()) is not None:
                return found
        del pending[:at]
        return self._first_fault()

    def _parse(self) -> ClientHello | Malformed | None:
        message = self._message
        if fault := self._first_fault():
            return fault
        if len(message) < HANDSHAKE_HEAD:
            return None
        size = HANDSHAKE_HEAD + int.from_bytes(message[1:HANDSHAKE_HEAD])
        if len(message) < size:
            return None
        self.whole = bytes(message[:size])
        return parse_client_hello(self.whole)

    def _first_fault(self) -> Malformed | None:
        """What is wrong already, however much is still to come."""
        message, pending = self._message, self._pending
        start = message[:HANDSHAKE_HEAD] or pending[RECORD_HEAD : RECORD_HEAD + HANDSHAKE_HEAD]
        if start and start[0] != CLIENT_HELLO:
            return self._malformed(
                "not-a-client-hello", f"a handshake message of type {start[0]} where a ClientHello belongs"
            )
        if len(start) == HANDSHAKE_HEAD and (length := int.from_bytes(start[1:])) > self._limit:
            return self._malformed("hello-too-long", f"a ClientHello of {length} bytes; the limit is {self._limit}")
        return None

    def _malformed(self, code: str, reason: str) -> Malformed:
        return Malformed(code, len(self._message), reason)


class _Short(Exception):  # noqa: N818 - it is no error of ours and never leaves this file
    """A field ends before it should: at this offset."""

    def __init__(self, offset: int, name: str) -> None:
        super().__init__(offset, name)
        self.offset, self.name = offset, name


@dataclass(slots=True)
class _Cursor:
    """Reads from bytes and remembers where it is."""

    data: bytes
    at: int
    end: int

    def pull(self, size: int, name: str) -> bytes:
        if self.end - self.at < size:
            raise _Short(self.at, name)
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int, name: str) -> int:
        return int.from_bytes(self.pull(size, name))

    def block(self, size: int, name: str) -> _Cursor:
        """A vector with a length of `size` bytes before it (RFC 8446 section 3.4)."""
        length = self.number(size, name)
        start = self.at
        self.pull(length, name)
        return _Cursor(self.data, start, start + length)

    def numbers(self, name: str) -> tuple[int, ...]:
        """What is left, as two-byte code points."""
        count, odd = divmod(self.end - self.at, 2)
        if odd:
            raise _Short(self.end, name)
        return struct.unpack_from(f">{count}H", self.data, self.at)

    @property
    def left(self) -> bool:
        return self.at < self.end


def parse_client_hello(message: bytes) -> ClientHello | Malformed:
    """A whole ClientHello, with its four-byte handshake header, which the caller has looked at."""
    try:
        return _parse(_Cursor(message, HANDSHAKE_HEAD, len(message)))
    except _Short as short:
        return Malformed("hello-truncated", short.offset, f"{short.name} ends early")


def _parse(cursor: _Cursor) -> ClientHello:
    version = cursor.number(2, "legacy_version")
    cursor.pull(32, "random")
    cursor.block(1, "legacy_session_id")
    suites = cursor.block(2, "cipher_suites").numbers("cipher_suites")
    cursor.block(1, "legacy_compression_methods")
    found: dict[int, _Cursor] = {}
    order: list[int] = []
    if cursor.left:  # before TLS 1.3 a hello may end here (RFC 5246 section 7.4.1.2)
        extensions = cursor.block(2, "extensions")
        at, end = extensions.at, extensions.end
        while at < end:  # some fifteen, most of them of no concern here: read in place
            if end - at < 4:
                raise _Short(at, "extension_type")
            kind, length = _EXTENSION_HEAD.unpack_from(cursor.data, at)
            at += 4
            if end - at < length:
                raise _Short(at, f"extension {kind}")
            order.append(kind)
            if kind in _WANTED:
                found.setdefault(kind, _Cursor(cursor.data, at, at + length))
            at += length
    return ClientHello(
        legacy_version=version,
        cipher_suites=suites,
        sni=_server_name(found.get(SERVER_NAME)),
        alpn=_protocols(found.get(ALPN)),
        supported_versions=_code_points(found.get(SUPPORTED_VERSIONS), 1) or (),
        groups=_code_points(found.get(SUPPORTED_GROUPS), 2),
        key_shares=_key_shares(found.get(KEY_SHARE)),
        signature_algorithms=_code_points(found.get(SIGNATURE_ALGORITHMS), 2),
        extensions=tuple(order),
    )


def _code_points(extension: _Cursor | None, size: int) -> tuple[int, ...] | None:
    return extension.block(size, "extension").numbers("extension") if extension else None


def _protocols(extension: _Cursor | None) -> tuple[bytes, ...]:
    if extension is None:
        return ()
    names, found = extension.block(2, "protocol_name_list"), []
    while names.left:
        name = names.block(1, "protocol_name")
        found.append(name.data[name.at : name.end])
    return tuple(found)


def _key_shares(extension: _Cursor | None) -> tuple[int, ...]:
    if extension is None:
        return ()
    shares, found = extension.block(2, "client_shares"), []
    while shares.left:
        found.append(shares.number(2, "group"))
        shares.block(2, "key_exchange")
    return tuple(found)


def _server_name(extension: _Cursor | None) -> str | None:
    """The first host_name (RFC 6066 section 3); what no DNS name can be is treated as absent."""
    if extension is None or not extension.left:
        return None
    names = extension.block(2, "server_name_list")
    while names.left:
        kind, name = names.number(1, "name_type"), names.block(2, "host_name")
        text = name.data[name.at : name.end].decode("ascii", "replace").lower().removesuffix(".")
        if kind == 0 and is_host_name(text):
            return text
    return None


def is_host_name(text: str) -> bool:
    """Letters, digits, hyphens, underscores and dots, no label empty, 253 characters at most (RFC 1123 section 2.1)."""
    labels = text.split(".")
    known = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    return len(text) <= 253 and all(0 < len(label) <= 63 and known.issuperset(label) for label in labels)
