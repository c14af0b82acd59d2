"""One handshake as a decryptor follows it: what was said in the hellos, and how far both sides have come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.field import Cursor, Short
from tlscope.wire.tls.codes import HELLO_RETRY_RANDOM, ExtensionType
from tlscope.wire.tls.decryption.ciphers import Cipher, cipher_of
from tlscope.wire.tls.decryption.transcript import Transcript

if TYPE_CHECKING:
    from tlscope.wire.tls.decryption.proofs import Certified
    from tlscope.wire.tls.decryption.protection import Protection


class Hello(NamedTuple):
    """A ClientHello or ServerHello (RFC 8446 sections 4.1.2 and 4.1.3); of the latter `suites` is the one chosen."""

    version: int
    """The server's choice; of a client, its legacy_version."""
    random: bytes
    session_id: bytes
    suites: tuple[int, ...]
    compression: int
    """The server's choice."""
    extensions: dict[int, bytes]

    @property
    def retry(self) -> bool:
        """Whether this is a HelloRetryRequest (RFC 8446 section 4.1.3)."""
        return self.random == HELLO_RETRY_RANDOM


def read_hello(message: bytes, *, server: bool) -> Hello | None:
    """A hello out of its message; None where it is malformed."""
    try:
        return _read(Cursor(message, 4), server=server)
    except Short:
        return None


def _read(cursor: Cursor, *, server: bool) -> Hello:
    version = _number(cursor, 2)
    random = cursor.pull(32, "random")
    session_id = cursor.pull(_number(cursor, 1), "session_id")
    suites = cursor.pull(2 if server else _number(cursor, 2), "cipher_suites")
    compressions = cursor.pull(1 if server else _number(cursor, 1), "compression_methods")
    extensions: dict[int, bytes] = {}
    if cursor.left:
        inside = Cursor(cursor.pull(_number(cursor, 2), "extensions"))
        while inside.left:
            kind = _number(inside, 2)
            extensions.setdefault(kind, inside.pull(_number(inside, 2), "extension"))
    chosen = extensions.get(ExtensionType.supported_versions)
    if server and chosen is not None and len(chosen) == 2:
        version = int.from_bytes(chosen)
    codes = tuple(int.from_bytes(suites[at : at + 2]) for at in range(0, len(suites) - 1, 2))
    return Hello(version, random, session_id, codes, compressions[0] if server else 0, extensions)


def _number(cursor: Cursor, size: int) -> int:
    return int.from_bytes(cursor.pull(size, "a number"))


@dataclass(slots=True)
class Negotiation:
    """A handshake in progress or done; a renegotiation is another one."""

    client: Hello
    transcript: Transcript = field(default_factory=Transcript)
    server: Hello | None = None
    retried: bool = False
    """A HelloRetryRequest has come, and its second ClientHello not yet."""
    hello_done: bool = False
    """ServerHelloDone: the client's flight is next."""
    server_finished: bool = False
    client_finished: bool = False
    session_hash: bytes = b""
    """The transcript's hash up to ClientKeyExchange (RFC 7627 section 3)."""
    key_exchange: bytes = b""
    """The ClientKeyExchange."""
    ticket: bytes = b""
    """The NewSessionTicket of TLS 1.2."""
    certified: dict[str, Certified] = field(default_factory=dict)
    """Keys of the certificates, of `client` and `server`."""
    verified: set[str] = field(default_factory=set)
    """Proofs already looked at: one each is all that a handshake has."""
    master: bytes = b""
    protections: dict[str, Protection | str] = field(default_factory=dict)
    """Of TLS 1.2, by side; or why there is none."""
    requests: dict[bytes, bytes] = field(default_factory=dict)
    """Requests for a certificate after the handshake, by their context (RFC 8446 section 4.6.2)."""
    later: Transcript | None = None
    """What a client's answer to one is proven over."""

    @property
    def version(self) -> int:
        """The version chosen; 0 before ServerHello."""
        return self.server.version if self.server else 0

    @property
    def cipher(self) -> Cipher | None:
        """The suite chosen; None before ServerHello, and where it is unknown."""
        return cipher_of(self.server.suites[0]) if self.server else None

    @property
    def early_data(self) -> bool:
        """Whether the client announced early data (RFC 8446 section 4.2.10), in its last hello."""
        return ExtensionType.early_data in self.client.extensions

    @property
    def complete(self) -> bool:
        """Whether both have said Finished."""
        return self.server_finished and self.client_finished

    def agreed(self, extension: ExtensionType) -> bool:
        """Whether the server's hello answers an extension."""
        return self.server is not None and extension in self.server.extensions
