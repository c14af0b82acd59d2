"""A capture as packets, for Wireshark and all that reads pcapng.

    for block in blocks(Source(directory)):
        file.write(block)

Each connection becomes TCP conversations (tcp.py), each on the interface of its kind:

    client leg          between the client and tlscope, as on the wire
    server leg          between tlscope and the server, as on the wire
    application data    what the client and the server said to each other, decrypted
    as captured         between the client and the server: of a file of packets that was opened

The secrets stand at the head of the file, so that they are known before the first packet that needs them. Where all
ciphertext was recorded (`--ciphertext`) the legs hold everything, decrypted by whoever reads the file, and there is no
third conversation. Elsewhere they hold the handshakes, and the third one what came after them. The recorder stops
keeping ciphertext in the middle of a record, of which the beginning is left out: no reader could decrypt it.

Readers choose a protocol by the port. The recorder's is as a rule one that HTTP proxies use: TLS is found there only
behind a CONNECT. The client's request is not recorded, only what it asked for: where it was a CONNECT, one is made up,
and says so. Where the client came another way, and the port is one that Wireshark takes for HTTP's, the client leg
takes the server's port.

What others recorded (`tlscope open`) has one conversation, the one that it had: nobody stood between. What was missing
of it is missing here: sequence numbers leave it out, and readers say that a segment was not captured.

Endpoints are the real ones where they are known. Our own address towards the server is not recorded, and is made up. So
is the server's where the client gave a name, for many names can have one address: there is one for each name, and the
file says which it stands for (endpoints.py).

What somebody noted of a connection, and of its exchanges, stands as comments on its first packet (opt_comment,
draft-ietf-opsawg-pcapng section 3.5). Before them stands what its reader goes by, who is to have the same connections
again (capture/foreign/exported.py): the first packets of all its conversations have the same epb_packetid.

A capture that grows is read as far as it was written when the export began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope import __version__
from tlscope.capture.foreign.exported import INTERFACES, MADE_UP, PASSED, Place, identity, whom
from tlscope.events import (
    Action,
    Ciphertext,
    Closed,
    Data,
    Direction,
    Faulted,
    HandshakeDone,
    How,
    Leg,
    Opened,
    Outcome,
    Policy,
    Secret,
)
from tlscope.export import blocks as block
from tlscope.export.endpoints import HTTP_PORTS, OURSELVES, Names, ourselves, parsed, plain_port, unknown
from tlscope.export.survey import Facts, Survey, key_log
from tlscope.export.tcp import Conversation, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.capture.notes import Note
    from tlscope.capture.segment import Record
    from tlscope.export.source import Source

MAX_NOTES = 100
"""Notes on one packet: readers refuse blocks of more than 16 MiB, and nobody reads as many."""

_SENDS = {Leg.CLIENT: Direction.UP, Leg.SERVER: Direction.DOWN}


def blocks(source: Source) -> Iterator[bytes]:
    """The file, block by block. `source.missing` says afterwards what could not be read."""
    comment = f"tlscope capture {source.directory.name}: packets are made up around the recorded bytes"
    yield block.section(f"tlscope {__version__}", comment)
    for place in Place:
        yield block.interface(*INTERFACES[place])
    survey = Survey()
    yield from survey.look(source)
    yield block.names({OURSELVES: "tlscope"})
    export = _Export(survey, source.notes())
    for record in source.records():
        yield from export.take(record)


class _Export:
    """The second reading (survey.py is the first): packets."""

    def __init__(self, survey: Survey, notes: dict[int, list[Note]]) -> None:
        self._survey, self._notes = survey, notes
        self._open: dict[int, _Connection] = {}
        self._names = Names()

    def take(self, record: Record) -> Iterator[bytes]:
        """The blocks that a record makes."""
        facts = self._survey.of.get(record.connection)
        if facts is None or not record.connection:
            return
        connection = self._open.get(record.connection)
        if connection is None:
            noted = self._notes.pop(record.connection, [])
            connection = _Connection(record, facts, self._names, noted)
            self._open[record.connection] = connection
        yield from connection.take(record)
        if isinstance(record.event, Outcome):
            del self._open[record.connection]


class _Connection:
    """One connection's conversations."""

    def __init__(self, first: Record, facts: Facts, names: Names, noted: list[Note]) -> None:
        self._number, self._facts, self._names, self._noted = first.connection, facts, names, noted
        self._identity = identity(first.connection, first.wall)
        self._opened = Opened("", "", "")
        self._policy = facts.policy
        self._asked: Policy | None = None
        """The first one: what the client asked for, before its hello had a say."""
        self._policies = 0
        self._secrets = 0
        self._conversations: dict[Place, Conversation] = {}
        self._cut = {(leg, direction): _Records() for leg in Leg for direction in Direction}
        self._done: set[Leg] = set()
        self._ends: list[Closed] = []

    def take(self, record: Record) -> Iterator[bytes]:  # noqa: C901 - a table
        """The blocks that a record makes."""
        wall = record.wall
        match record.event:
            case Opened() as event:
                self._opened = event
            case Policy() as event:
                yield from self._decided(wall, event)
            case HandshakeDone(leg=leg):
                self._done.add(leg)
            case Secret(_, line):
                self._secrets += 1
                if self._secrets > self._facts.secrets and (late := key_log(line)):
                    yield block.secrets(late)  # recorded since the first reading
            case Ciphertext(leg, direction, data):
                yield from self._ciphertext(wall, leg, direction, data)
            case Data(direction, data, encrypted):
                yield from self._data(wall, direction, data, encrypted=encrypted)
            case Faulted(direction=direction, missing=missing) if missing and self._facts.captured:
                yield from self._skip(wall, direction, missing)
            case Closed() as event:
                self._ends.append(event)
                if Place.DECRYPTED in self._conversations:
                    yield from self._end(wall, Place.DECRYPTED, event)
            case Outcome():
                yield from self._over(wall)
            case _:
                pass

    def _decided(self, wall: int, event: Policy) -> Iterator[bytes]:
        """The client was there before all else, though on its leg less may have been said so far than on the other."""
        self._policies += 1
        if self._policies > self._facts.policies:
            self._policy = event  # recorded since the first reading
        if self._asked is None:
            self._asked = event
            if self._facts.spoke and not self._facts.captured:
                yield from self._begin(wall, Place.CLIENT_LEG)

    @property
    def _everywhere(self) -> tuple[Place, ...]:
        """The conversations that what was not opened is part of."""
        return (Place.CAPTURED,) if self._facts.captured else (Place.CLIENT_LEG, Place.SERVER_LEG)

    def _ciphertext(self, wall: int, leg: Leg, direction: Direction, data: bytes) -> Iterator[bytes]:
        if (
            self._policy.action is Action.PASS_THROUGH or self._facts.captured
        ):  # recorded where it arrived; it left as it came
            for each in self._everywhere:
                yield from self._send(wall, each, direction, data)
        elif self._facts.whole:
            yield from self._send(wall, Place(leg), direction, data)
        else:
            yield from self._send(wall, Place(leg), direction, self._cut[leg, direction].feed(data))

    def _data(self, wall: int, direction: Direction, data: bytes, *, encrypted: bool) -> Iterator[bytes]:
        if not encrypted:
            for each in self._everywhere:
                yield from self._send(wall, each, direction, data)
        if self._facts.data and not self._facts.whole and not self._facts.captured:
            yield from self._send(wall, Place.DECRYPTED, direction, data)

    def _over(self, wall: int) -> Iterator[bytes]:
        for (leg, direction), records in self._cut.items():
            if leg not in self._done:  # all was recorded, and this is how it ended
                yield from self._send(wall, Place(leg), direction, records.rest())
        for place in self._conversations:
            for event in self._ends:
                if place in {Place.DECRYPTED, Place.CAPTURED, Place(event.leg)}:
                    yield from self._end(wall, place, event)
            for direction in Direction:
                yield from self._packets(wall, place, self._conversations[place].finish(direction))

    def _end(self, wall: int, place: Place, event: Closed) -> Iterator[bytes]:
        conversation, direction = self._conversations[place], _SENDS[event.leg]
        last = conversation.reset(direction) if event.how is How.RST else conversation.finish(direction)
        yield from self._packets(wall, place, last)

    def _send(self, wall: int, place: Place, direction: Direction, data: bytes) -> Iterator[bytes]:
        if not data:
            return
        if place not in self._conversations:
            yield from self._begin(wall, place)
        yield from self._packets(wall, place, self._conversations[place].send(direction, data))

    def _skip(self, wall: int, direction: Direction, size: int) -> Iterator[bytes]:
        """What the packets lacked that this was read from, these lack as well, and readers say so."""
        if Place.CAPTURED not in self._conversations:
            yield from self._begin(wall, Place.CAPTURED)
        self._conversations[Place.CAPTURED].skip(direction, size)

    def _packets(self, wall: int, place: Place, packets: list[bytes]) -> Iterator[bytes]:
        for packet in packets:
            yield block.packet(place, wall, packet)

    # ----------------------------------------------------------------------------------------------------- beginnings

    def _begin(self, wall: int, place: Place) -> Iterator[bytes]:
        server, named = self._names.address(self._policy.host)
        port = self._policy.port & 0xFFFF
        client = parsed(self._opened.client) or unknown(self._number)
        target = parsed(self._opened.listener) if place is Place.CAPTURED else None
        if named and target is None:
            yield named
        ends = {
            Place.CLIENT_LEG: (client, self._listener(port)),
            Place.SERVER_LEG: (ourselves(self._number), Endpoint(server, port)),
            Place.DECRYPTED: (client, Endpoint(server, plain_port(port, http=self._facts.http))),
            Place.CAPTURED: (client, target or Endpoint(server, port)),
        }[place]
        made = self._conversations[place] = Conversation(*ends, first=self._number << 12)
        first, *rest = made.open()
        is_ours = place is not Place.CAPTURED
        comments = [self._comment(place), self._facts.ended if is_ours else "", *self._notes()]
        yield block.packet(place, wall, first, *comments, identity=self._identity if is_ours else 0)
        yield from self._packets(wall, place, rest)
        if place is Place.CLIENT_LEG and self._by_connect:
            yield from self._connect(wall, made)

    @property
    def _by_connect(self) -> bool:
        return self._asked is not None and self._asked.via == "connect"

    def _listener(self, port: int) -> Endpoint:
        found = parsed(self._opened.listener) or Endpoint(OURSELVES, port)
        return found._replace(port=port) if found.port in HTTP_PORTS and not self._by_connect else found

    def _connect(self, wall: int, conversation: Conversation) -> Iterator[bytes]:
        """The request that led to this leg, and its answer, which are not recorded."""
        assert self._asked  # _by_connect
        host = f"[{self._asked.host}]" if ":" in self._asked.host else self._asked.host
        target = f"{host}:{self._asked.port}".encode(errors="backslashreplace")
        exchange = (
            (Direction.UP, b"CONNECT " + target + b" HTTP/1.1\r\nHost: " + target + b"\r\n\r\n"),
            (Direction.DOWN, b"HTTP/1.1 200 Connection established\r\n\r\n"),
        )
        for direction, data in exchange:
            for packet in conversation.send(direction, data):
                yield block.packet(Place.CLIENT_LEG, wall, packet, MADE_UP)

    def _notes(self) -> Iterator[str]:
        """What somebody noted, once: it goes with the connection's first packet."""
        noted, self._noted = self._noted, []
        for note in noted[:MAX_NOTES]:
            yield f"exchange {note.exchange}: {note.text}" if note.exchange else note.text
        if len(noted) > MAX_NOTES:
            yield f"{len(noted) - MAX_NOTES} more notes are left out"

    def _comment(self, place: Place) -> str:
        policy = self._policy
        return whom(self._number, policy.host, policy.port, place, self._said(place))

    def _said(self, place: Place) -> str:
        """What of the connection the conversation is."""
        if place is Place.DECRYPTED:
            return "the application data, decrypted"
        passed = self._policy.action is Action.PASS_THROUGH or self._facts.captured
        legs = set(Leg) if passed else {Leg(place)}
        if not legs & self._facts.encrypted:
            return "all that passed; it was not TLS"
        keys = "the file holds its keys" if legs & self._facts.keyed else "there are no keys to it"
        if passed and not self._facts.captured:
            return f"{PASSED}; {keys}"
        if passed or self._facts.whole or not self._facts.data:
            return f"all that passed; {keys}"
        return "the handshake; the data behind it is a conversation of its own, decrypted"


class _Records:
    """Cuts a stream of TLS records where one ends (RFC 8446 section 5.1)."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""
        """The beginning of a record: 64 KiB at most, for that is how its length is written."""

    def feed(self, data: bytes) -> bytes:
        """Whole records."""
        data = self._held + data
        at = 0
        while len(data) - at >= 5 and (end := at + 5 + int.from_bytes(data[at + 3 : at + 5])) <= len(data):
            at = end
        self._held = data[at:]
        return data[:at]

    def rest(self) -> bytes:
        """What is left."""
        held, self._held = self._held, b""
        return held
