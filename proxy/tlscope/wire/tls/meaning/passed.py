"""The hellos of connections that nobody opened, as messages: of what is passed through, or refused.

    passed = PassedHellos()
    for record in records: passed.hello(record.connection, record.event)       Message | None

What is relayed untouched, or not at all, is recorded as it was on the wire. Its first messages are not encrypted: the
ClientHello tells who wants to talk to whom, the ServerHello what was chosen (RFC 8446 section 2). Each is found as soon
as it is whole.
"""

from __future__ import annotations

from typing import Final

from tlscope.events import Action, Ciphertext, Direction, Message, Opened, Outcome, Policy
from tlscope.wire.tls.codes import ContentType, HandshakeType
from tlscope.wire.tls.meaning.gist import first_message

FROM_PACKETS: Final = "pcap"
"""The mode of a capture that was made of packets: its messages are told as they were decrypted, hellos included."""
MAX_CONNECTIONS: Final = 10_000
"""Connections whose hellos are waited for; those of a recorder that was killed have no end. The oldest is forgotten."""
MAX_HELLO: Final = 1 << 16
"""Bytes of ciphertext in which a hello is looked for: as long as the recorder lets one be."""
MAX_PIECES: Final = 200
"""Pieces in which a hello may come, each of which is read anew; the recorder keeps a ClientHello in one."""
KINDS: Final = {Direction.UP: HandshakeType.ClientHello, Direction.DOWN: HandshakeType.ServerHello}


class PassedHellos:
    """What is waited for of any number of connections, whose events come in their order."""

    def __init__(self) -> None:
        self._streams: dict[int, dict[Direction, list[bytes]]] = {}
        """What passed of each connection in directions whose hello was not found yet, in pieces."""
        self._packets: set[int] = set()

    def hello(self, connection: int, event: object, *, cut: bool = False) -> Message | None:
        """The hello that ends with an event; its version is not settled (versions.py). All events are to be shown.

        `cut`: not all of the event's data was read, and what follows does not go on where it ends.
        """
        match event:
            case Opened(mode):
                self._forget(connection)
                if mode == FROM_PACKETS:
                    self._packets.add(connection)
            case Policy(Action.PASS_THROUGH | Action.REFUSE) if connection not in self._packets:
                self._streams.setdefault(connection, {way: [] for way in Direction})
                if len(self._streams) > MAX_CONNECTIONS:
                    del self._streams[next(iter(self._streams))]
            case Ciphertext() if connection in self._streams:
                return _found(self._streams[connection], event, cut=cut)
            case Outcome():
                self._forget(connection)
            case _:
                pass
        return None

    def _forget(self, connection: int) -> None:
        self._streams.pop(connection, None)
        self._packets.discard(connection)


def _found(streams: dict[Direction, list[bytes]], event: Ciphertext, *, cut: bool) -> Message | None:
    """Both legs carry the same bytes: the hello is told of the one on which it came first."""
    way = event.direction
    if way not in streams:
        return None
    pieces = streams[way]
    pieces.append(event.data[:MAX_HELLO])
    stream = b"".join(pieces)
    data = first_message(stream)
    whole = len(data) >= 4 and len(data) == 4 + int.from_bytes(data[1:4])
    if whole or cut or len(stream) >= MAX_HELLO or len(pieces) >= MAX_PIECES:
        del streams[way]
    return Message(event.leg, way, 0, ContentType.handshake, data) if whole and data[0] == KINDS[way] else None
