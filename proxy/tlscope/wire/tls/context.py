"""What has to be known of a connection before a message can be read: its version, its suite, its certificates' type.

TLS messages do not say what they are made of: a ServerKeyExchange is laid out by the cipher suite that an earlier
ServerHello chose, a Certificate by the version. Whoever reads a connection folds `context_after` over its messages, in
their order, and hands each message's dissector what those before it said:

    for message in messages:
        tree = dissect(message.content_type, message.data, context)
        context = context_after(context, message.content_type, message.data)

Where the context does not know (a message alone, a capture that begins in the middle), a message's shape is asked
instead: `looks_like_*` in the files that read them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tlscope.wire.tls.anatomy import anatomy
from tlscope.wire.tls.codes import HELLO_RETRY_RANDOM, ContentType, ExtensionType, HandshakeType
from tlscope.wire.tls.registries import ECCurveType

if TYPE_CHECKING:
    from collections.abc import Iterator

TLS_1_2, TLS_1_3 = 0x0303, 0x0304


@dataclass(frozen=True, slots=True)
class Context:
    """What the messages so far have settled."""

    version: int = 0
    """As on the wire, for instance 0x0304; 0 where unknown. Drafts of TLS 1.3 (0x7Fxx) are read as TLS 1.3."""
    cipher_suite: int = 0
    """The code point; 0, which is TLS_NULL_WITH_NULL_NULL, where unknown."""
    server_certificate_type: int = 0
    """Of the registry that RFC 7250 uses: 0 is X.509, 2 a raw public key."""
    client_certificate_type: int = 0
    server_certified: bool = False
    """Whether the server's Certificate has passed: the next one is the client's."""

    group: int = 0
    """The NamedGroup of a ServerKeyExchange, before TLS 1.3; 0 where unknown, or none has passed."""

    @property
    def certificate_type(self) -> int:
        """The type of the next Certificate."""
        return self.client_certificate_type if self.server_certified else self.server_certificate_type


def context_after(context: Context, content_type: int, data: bytes) -> Context:
    """What is known after a message; `data` is the message as events.Message holds it. Never raises."""
    if content_type != ContentType.handshake or not data:
        return context
    kind = data[0]
    if kind == HandshakeType.ServerHello:
        return _after_server_hello(context, data)
    if kind == HandshakeType.EncryptedExtensions:
        return _with_certificate_types(context, dict(_extensions(data, 4)))
    if kind == HandshakeType.ServerKeyExchange:
        return replace(context, group=_named_curve(context.cipher_suite, data))
    if kind in {HandshakeType.Certificate, HandshakeType.CompressedCertificate}:
        return replace(context, server_certified=True)
    return context


def is_hello_retry(message: bytes) -> bool:
    """Whether a ServerHello, with its header, is a HelloRetryRequest."""
    return message[6:38] == HELLO_RETRY_RANDOM


def _named_curve(suite: int, data: bytes) -> int:
    """The curve of a ServerKeyExchange, where the suite has one and it has a name (RFC 8422 section 5.4)."""
    exchange, at = anatomy(suite).key_exchange, 4
    if exchange == "ECDHE_PSK":  # behind the hint
        at += 2 + int.from_bytes(data[4:6])
    elif exchange != "ECDHE":
        return 0
    return int.from_bytes(data[at + 1 : at + 3]) if data[at : at + 1] == NAMED_CURVE else 0


NAMED_CURVE = bytes([ECCurveType.named_curve])


def _after_server_hello(context: Context, data: bytes) -> Context:
    """A new handshake, whether the first of a connection or a renegotiation (RFC 8446 section 4.1.3)."""
    # msg_type(1) length(3) legacy_version(2) random(32) session id(1 + n) cipher_suite(2) compression(1) extensions
    at = 39 + (data[38] if len(data) > 38 else 0)
    if len(data) < at + 2:
        return context
    extensions = dict(_extensions(data, at + 3))
    version = extensions.get(ExtensionType.supported_versions, b"")
    known = Context(
        version=int.from_bytes(version if len(version) == 2 else data[4:6]),
        cipher_suite=int.from_bytes(data[at : at + 2]),
    )
    return _with_certificate_types(known, extensions)


def _with_certificate_types(context: Context, extensions: dict[int, bytes]) -> Context:
    server = extensions.get(ExtensionType.server_certificate_type, b"")
    client = extensions.get(ExtensionType.client_certificate_type, b"")
    if not (server or client):
        return context
    return replace(
        context,
        server_certificate_type=server[0] if server else context.server_certificate_type,
        client_certificate_type=client[0] if client else context.client_certificate_type,
    )


def _extensions(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The extensions of a list that begins with its length at `at`, as far as they are there."""
    end = min(len(data), at + 2 + int.from_bytes(data[at : at + 2]))
    at += 2
    while end - at >= 4:
        kind, length = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])
        yield kind, data[at + 4 : min(end, at + 4 + length)]
        at += 4 + length
