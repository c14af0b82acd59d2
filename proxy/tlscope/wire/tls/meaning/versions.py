"""Which version of TLS a message belongs to, for those who tell it: never one that nobody settled.

    versions = Versions()
    for record in records: versions.of(record.connection, record.event)     0x0304, or 0 where none is settled

Who records a message notes the version that its TLS library gave with it. Of most that is the connection's. But a
library has some version before the two have agreed on one, and for a ChangeCipherSpec it gives that of the record,
which TLS 1.3 sets to 1.2 for old middleboxes (RFC 8446 section 5.1). So:

    ClientHello                         the highest that it offers
    ServerHello, HelloRetryRequest      the one that it chooses
    all others                          the one that was chosen on their leg
"""

from __future__ import annotations

from typing import Final

from tlscope.events import HandshakeDone, Leg, Message, Opened, Outcome
from tlscope.wire.tls.codes import ContentType, ExtensionType, HandshakeType, ProtocolVersion, is_grease
from tlscope.wire.tls.meaning.gist import TLS1_3, chosen, offered

MAX_LEGS: Final = 100_000
"""Legs that are remembered, in some 10 MB: those of a recorder that was killed have no end. The oldest is forgotten."""
BY_NAME: Final = {version.name.replace("_", "."): int(version) for version in ProtocolVersion}
"""As events.HandshakeDone says them."""

DRAFT: Final = 0x7F
"""The first byte of a draft of TLS 1.3, in which it was numbered as one."""
_BEFORE: Final = frozenset(range(ProtocolVersion.SSLv3, ProtocolVersion.TLSv1_2 + 1))


class Versions:
    """What was chosen on the legs of any number of connections, whose events come in their order."""

    def __init__(self) -> None:
        self._chosen: dict[tuple[int, Leg], int] = {}

    def of(self, connection: int, event: object) -> int:
        """The version of a message; 0 where none is settled, and of anything else, which is to be shown to it too."""
        match event:
            case Message(leg, _, version, content_type, data):
                return self._message((connection, leg), version, content_type, data)
            case HandshakeDone(leg, version) if version in BY_NAME:
                self._choose((connection, leg), BY_NAME[version])
            case Opened() | Outcome():
                for leg in Leg:
                    self._chosen.pop((connection, leg), None)
            case _:
                pass
        return 0

    def _message(self, leg: tuple[int, Leg], recorded: int, content_type: int, data: bytes) -> int:
        known = self._chosen.get(leg, 0)
        if content_type != ContentType.handshake:
            return known
        if data[:1] == bytes([HandshakeType.ClientHello]):
            return highest_offered(data)
        if data[:1] == bytes([HandshakeType.ServerHello]):
            found = chosen(data)
            known = found.version if found and found.whole else 0
            self._choose(leg, known)
            return known
        # What chose the version may be gone. By the time of any other handshake message the library knows it, but for
        # one that comes before all: HelloRequest (RFC 5246 section 7.4.1.1).
        return known or (recorded if data and data[0] != HandshakeType.HelloRequest else 0)

    def _choose(self, leg: tuple[int, Leg], version: int) -> None:
        if version:
            self._chosen[leg] = version
            if len(self._chosen) > MAX_LEGS:
                del self._chosen[next(iter(self._chosen))]


def highest_offered(hello: bytes) -> int:
    """The highest version that a ClientHello offers; 0 where it is cut off before it says. Drafts count as TLS 1.3."""
    found = offered(hello)
    if found is None or not (found.whole or found.has(ExtensionType.supported_versions)):
        return 0
    versions = [version for version in found.versions if not is_grease(version)]
    return max(versions, key=_rank, default=0)


def _rank(version: int) -> tuple[int, int]:
    """TLS 1.3, then its drafts (0x7Fxx), then the other versions that there are; what nobody knows is below them."""
    if version >> 8 == DRAFT:
        return 2, version
    return 3 if version == TLS1_3 else int(version in _BEFORE), version
