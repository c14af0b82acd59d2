"""Other people's captures: the packets of a file become the events of connections, decrypted where there are keys.

    found = read_secrets(read, key_log)
    importer = Importer(put, found)             put(wall, connection, event)
    for entry in entries(read):
        importer.take(entry)
    importer.finish()
    importer.told                               what there was, and what could not be read

The file is read twice: a key may stand behind the packets that it opens, and what is decrypted need then never wait.

A conversation is a connection (stream.py), unless tlscope made the file: then its packets say which conversations are
of one connection (exported.py), and they become that one again (legs.py).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tlscope.capture.foreign import FROM_PACKETS
from tlscope.capture.foreign.alone import Alone
from tlscope.capture.foreign.announced import Announced
from tlscope.capture.foreign.entry import Damage, Keys, Packet
from tlscope.capture.foreign.exported import MADE_UP, Place
from tlscope.capture.foreign.fragments import Fragments
from tlscope.capture.foreign.legs import Client, Legs
from tlscope.capture.foreign.packets import FRAGMENT, Fragment, address, host_of, segment
from tlscope.capture.foreign.pcapfile import entries
from tlscope.capture.foreign.reassembly import Bytes, End, Gap, Over, Table
from tlscope.capture.foreign.stream import HANDSHAKE, HELLO_HEAD, begins_tls
from tlscope.events import Direction, Event, How, Opened
from tlscope.wire.tls.decryption.keylog import Secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.capture.foreign.entry import Entry, Read
    from tlscope.capture.foreign.packets import Segment
    from tlscope.capture.foreign.reassembly import Conversation, Happened

    Put = Callable[[int, int, Event], None]

COPY = "packets of data that tlscope had decrypted; the capture that they were exported from has it"
"""Why packets are passed over of which a connection would be told a second time, as one without TLS."""
MAX_DAMAGES = 100
"""Damages that are told one by one; the rest is counted."""
MAX_LOST = 100
"""Gaps of a conversation before its first byte: who captures heads alone has nothing else, and no connection."""


def read_secrets(read: Read, key_log: bytes = b"") -> Secrets:
    """The keys in a key log, and those that the file holds itself. Raises NotPackets where it holds no packets."""
    found = Secrets(key_log)
    for entry in entries(read):
        if isinstance(entry, Keys):
            found.learn(entry.lines)
    return found


@dataclass(slots=True)
class Told:
    """What became of a file."""

    packets: int = 0
    connections: int = 0
    tls: int = 0
    """How many of the connections."""
    opened: int = 0
    """How many of those were decrypted, if only in part."""
    locked: int = 0
    """How many of them hold what was not decrypted."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Packets that no conversation is made of, by the reason."""
    silent: int = 0
    """Conversations in which nothing was said."""
    missing: int = 0
    """Bytes of conversations that passed and are not in the file."""
    damages: list[Damage] = field(default_factory=list)
    more_damages: int = 0


class Importer:
    """Entries of a file in, events out, each with its time and the number of its connection, from 1."""

    def __init__(self, put: Put, secrets: Secrets) -> None:
        self.told = Told()
        self._put, self._secrets = put, secrets
        self._tables = {place: Table() for place in Place}
        self._fragments = Fragments()
        self._announced = Announced()
        self._open: dict[Conversation, _Spoken] = {}
        self._legs: dict[int, Legs] = {}
        """The connections of exports, by their identity."""
        self._lost: dict[Conversation, list[Gap]] = {}
        """What is missing before the first bytes of a conversation."""

    def take(self, entry: Entry) -> None:
        """Take what is next in the file."""
        told = self.told
        if isinstance(entry, Packet):
            told.packets += 1
            self._packet(entry)
        elif isinstance(entry, Damage):
            if len(told.damages) < MAX_DAMAGES:
                told.damages.append(entry)
            else:
                told.more_damages += 1

    def _packet(self, packet: Packet) -> None:
        found, count = segment(packet.link, packet.data), 1
        if isinstance(found, Fragment):
            whole = self._fragments.take(found, packet.wall)
            if whole is None:
                return
            found, count = whole
        if isinstance(found, str):
            self.told.skipped[found] += count
        elif not isinstance(found, Fragment):
            self._segment(found, packet)

    def _segment(self, found: Segment, packet: Packet) -> None:
        place, table = packet.place, self._tables[packet.place]
        is_known = place is Place.CAPTURED or self._announced.take(found, packet)
        if place is Place.DECRYPTED and not is_known and not table.holds(found):
            self.told.skipped[COPY] += 1
            return
        is_made_up = is_known and MADE_UP in packet.comments
        for happened in table.feed(found, packet.wall):
            if not (is_made_up and isinstance(happened, Bytes)):
                self._happened(place, happened)

    def finish(self) -> None:
        """There is no more in the file."""
        if lost := self._fragments.finish():
            self.told.skipped[FRAGMENT] += lost
        for place, table in self._tables.items():
            for happened in table.finish():
                self._happened(place, happened)

    def _happened(self, place: Place, happened: Happened) -> None:
        conversation = happened.conversation
        spoken = self._open.get(conversation)
        if spoken is None:
            if not isinstance(happened, Bytes):  # nothing was said before it
                self._before(happened)
                return
            spoken = self._open[conversation] = self._begun(place, happened)
            for gap in self._lost.pop(conversation, ()):
                self._missing(spoken, gap)
        match happened:
            case Bytes(_, sender, wall, data):
                spoken.side.passed(spoken.direction(sender), wall, data)
            case Gap():
                self._missing(spoken, happened)
            case End(_, sender, wall, how):
                spoken.side.ended(spoken.direction(sender), wall, how)
            case Over(_, wall, detail):
                spoken.side.finish(wall)
                del self._open[conversation]
                self._over(spoken, wall, detail)

    def _begun(self, place: Place, first: Bytes) -> _Spoken:
        """The first bytes of a conversation: of a connection of its own, or of one that others are part of."""
        conversation, client = first.conversation, _client(first.conversation, first)
        found = self._announced.beginning(place, conversation)
        if found is None:
            return self._alone(conversation, client)
        if found.passed and place is Place.CLIENT_LEG:
            return _Spoken(client, _Nothing(), None)
        known = self._announced.clients.get(found.identity, Client(conversation.begun))
        if found.passed and place is Place.SERVER_LEG:
            self._announced.clients.pop(found.identity, None)
            return self._alone(conversation, client, known.address, found.host)
        legs = self._legs.get(found.identity)
        if legs is None:
            put = self._of(self._number())
            legs = self._legs[found.identity] = Legs(put, self._secrets, found, known)
        return _Spoken(client, legs.side(place), legs, found.identity)

    def _alone(self, conversation: Conversation, client: int, source: str = "", host: str = "") -> _Spoken:
        put, wall = self._of(self._number()), conversation.begun
        server = conversation.ends[1 - client]
        put(wall, Opened(FROM_PACKETS, source or address(conversation.ends[client]), address(server)))
        alone = Alone(put, self._secrets, server[1], late=conversation.client is None)
        alone.name(wall, host or host_of(server))
        return _Spoken(client, alone.stream, alone)

    def _number(self) -> int:
        self.told.connections += 1
        return self.told.connections

    def _of(self, number: int) -> Callable[[int, Event], None]:
        return lambda wall, event: self._put(wall, number, event)

    def _over(self, spoken: _Spoken, wall: int, detail: str) -> None:
        connection, told = spoken.connection, self.told
        if connection is None or not connection.is_over:
            return
        connection.over(wall, detail)
        told.tls += connection.is_tls
        told.opened += connection.opened
        told.locked += bool(connection.locked)
        if spoken.identity:
            del self._legs[spoken.identity]
            self._announced.clients.pop(spoken.identity, None)

    def _before(self, happened: Gap | End | Over) -> None:
        """Something happened in a conversation of which no byte was seen yet."""
        if isinstance(happened, Gap):
            lost = self._lost.setdefault(happened.conversation, [])
            if len(lost) < MAX_LOST:
                lost.append(happened)
        elif isinstance(happened, Over):
            self.told.silent += 1
            self._lost.pop(happened.conversation, None)

    def _missing(self, spoken: _Spoken, gap: Gap) -> None:
        self.told.missing += gap.size
        spoken.side.missing(spoken.direction(gap.sender), gap.wall, gap.size)


class _Side(Protocol):
    """What a conversation is told to."""

    def passed(self, direction: Direction, wall: int, data: bytes) -> None: ...
    def missing(self, direction: Direction, wall: int, size: int) -> None: ...
    def ended(self, direction: Direction, wall: int, how: How) -> None: ...
    def finish(self, wall: int) -> None: ...


@dataclass(slots=True)
class _Spoken:
    """A conversation in which something was said."""

    client: int
    """Which of its ends."""
    side: _Side
    connection: Alone | Legs | None
    """What it is, or part of; None where it is told elsewhere."""
    identity: int = 0

    def direction(self, sender: int) -> Direction:
        """Which way an end sends."""
        return Direction.UP if sender == self.client else Direction.DOWN


class _Nothing:
    """The client leg of what was passed through: the server leg has the same bytes."""

    def passed(self, direction: Direction, wall: int, data: bytes) -> None: ...
    def missing(self, direction: Direction, wall: int, size: int) -> None: ...
    def ended(self, direction: Direction, wall: int, how: How) -> None: ...
    def finish(self, wall: int) -> None: ...


def _client(conversation: Conversation, first: Bytes) -> int:
    """Which end is the client: who sent SYN, or a ClientHello, or has the higher port; else who speaks first."""
    if conversation.client is not None:
        return conversation.client
    data = first.data
    if begins_tls(data, late=True) and data[0] == HANDSHAKE and len(data) >= HELLO_HEAD:
        return first.sender if data[5] == 1 else 1 - first.sender
    ports = [end[1] for end in conversation.ends]
    return first.sender if ports[0] == ports[1] else ports.index(max(ports))
