"""Other people's captures: the packets of a file become the events of connections, decrypted where there are keys.

    found = read_secrets(read, key_log)
    importer = Importer(put, found)             put(wall, connection, event)
    for entry in entries(read):
        importer.take(entry)
    importer.finish()
    importer.told                               what there was, and what could not be read

The file is read twice: a key may stand behind the packets that it opens, and what is decrypted need then never wait.

Nobody stood between when these packets passed, so there is one TLS connection where a recording has two. Its bytes are
told as those of a connection that is passed through: what goes up on the client leg, what goes down on the server leg,
each where it would have arrived, so that the client's offer is judged as the client's. What decryption makes of them,
messages, keys and proofs, is on the server leg, where a certificate is the server's own and not a forgery.

A conversation is TLS from the first ClientHello on that a segment of either side begins with, which covers CONNECT
and STARTTLS; one that the capture came too late for is TLS where it begins with a record. All else is plain data.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from tlscope.capture.foreign import FROM_PACKETS
from tlscope.capture.foreign.fragments import Fragments
from tlscope.capture.foreign.packets import FRAGMENT, Fragment, segment
from tlscope.capture.foreign.pcapfile import Damage, Keys, Packet, entries
from tlscope.capture.foreign.reassembly import Bytes, End, Gap, Over, Table
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
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    Secret,
    Who,
)
from tlscope.wire.tls.decryption import decrypted
from tlscope.wire.tls.decryption.decrypt import Decryptor
from tlscope.wire.tls.decryption.keylog import LABELS, Secrets
from tlscope.wire.tls.meaning.facts import leg_facts
from tlscope.wire.tls.meaning.gist import offered

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.capture.foreign.packets import End as Address
    from tlscope.capture.foreign.pcapfile import Entry, Read
    from tlscope.capture.foreign.reassembly import Conversation, Happened
    from tlscope.events import Event

    Put = Callable[[int, int, Event], None]

COPY = "packets of data that tlscope had decrypted; the capture that they were exported from has it"
"""Why packets are passed over of which a connection would be told a second time, as one without TLS."""
MAX_DAMAGES = 100
"""Damages that are told one by one; the rest is counted."""
MAX_LOST = 100
"""Gaps of a conversation before its first byte: who captures heads alone has nothing else, and no connection."""
MAX_FACTS = 64
"""Handshake messages of a connection that are kept until it is done: one has about ten."""
HELLO_HEAD = 6
"""Bytes that tell a ClientHello: the record's header (RFC 8446 section 5.1), and the first of the message's."""
HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC = 22, 21, 20
_FATAL, _CLOSE_NOTIFY = 2, 0


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
        self._table, self._fragments = Table(), Fragments()
        self._open: dict[Conversation, _Connection] = {}
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
        if packet.copy:
            self.told.skipped[COPY] += 1
            return
        found, count = segment(packet.link, packet.data), 1
        if isinstance(found, Fragment):
            whole = self._fragments.take(found, packet.wall)
            if whole is None:
                return
            found, count = whole
        if isinstance(found, str):
            self.told.skipped[found] += count
        elif not isinstance(found, Fragment):
            for happened in self._table.feed(found, packet.wall):
                self._happened(happened)

    def finish(self) -> None:
        """There is no more in the file."""
        if lost := self._fragments.finish():
            self.told.skipped[FRAGMENT] += lost
        for happened in self._table.finish():
            self._happened(happened)

    def _happened(self, happened: Happened) -> None:
        conversation, told = happened.conversation, self.told
        connection = self._open.get(conversation)
        if connection is None:
            if not isinstance(happened, Bytes):  # nothing was said before it
                self._before(happened)
                return
            told.connections += 1
            connection = self._open[conversation] = _Connection(
                told.connections, conversation, happened, self._put, self._secrets
            )
            for gap in self._lost.pop(conversation, ()):
                self._missing(connection, gap)
        match happened:
            case Bytes(_, sender, wall, data):
                connection.passed(sender, wall, data)
            case Gap():
                self._missing(connection, happened)
            case End(_, sender, wall, how):
                connection.ended(sender, wall, how)
            case Over(_, wall, detail):
                connection.over(wall, detail)
                told.tls += connection.decryptor is not None
                told.opened += connection.opened
                told.locked += bool(connection.locked)
                del self._open[conversation]

    def _before(self, happened: Gap | End | Over) -> None:
        """Something happened in a conversation of which no byte was seen yet."""
        if isinstance(happened, Gap):
            lost = self._lost.setdefault(happened.conversation, [])
            if len(lost) < MAX_LOST:
                lost.append(happened)
        elif isinstance(happened, Over):
            self.told.silent += 1
            self._lost.pop(happened.conversation, None)

    def _missing(self, connection: _Connection, gap: Gap) -> None:
        self.told.missing += gap.size
        connection.missing(gap.sender, gap.wall, gap.size)


class _Connection:
    """One conversation, as events."""

    def __init__(self, number: int, conversation: Conversation, first: Bytes, put: Put, secrets: Secrets) -> None:
        self.decryptor: Decryptor | None = None
        """From where the conversation is TLS on."""
        self.opened = False
        """Whether something was decrypted."""
        self.locked = ""
        """Why what could not be decrypted could not be."""
        self._number, self._put_at, self._secrets = number, put, secrets
        self._wall = first.wall
        self._late = conversation.client is None
        self._client = _client(conversation, first)
        self._passed = [0, 0]
        self._held = [b"", b""]
        """What may become a ClientHello, of each direction."""
        self._closing: dict[Direction, How] = {}
        self._kept: list[Event] = []
        self._done = False
        self._randoms: set[bytes] = set()
        client, server = conversation.ends[self._client], conversation.ends[1 - self._client]
        self._server, self._name = server, ""
        put(conversation.begun, number, Opened(FROM_PACKETS, _text(client), _text(server)))
        put(conversation.begun, number, Policy(Action.PASS_THROUGH, _host(server), server[1], FROM_PACKETS))

    # ------------------------------------------------------------------------------------------------- what happened

    def passed(self, sender: int, wall: int, data: bytes) -> None:
        """Bytes of one end."""
        direction, self._wall = self._direction(sender), wall
        if self.decryptor is None:
            data, self._held[direction] = self._held[direction] + data, b""
            known = _begins_tls(data, late=self._late and not any(self._passed))
            if known is None:
                self._held[direction] = data
                return
            if not known:
                self._plain(direction, data)
                return
            self._plain_rests()
            self.decryptor = Decryptor(self._secrets, waits=False)
        self._passed[direction] += len(data)
        self._put(Ciphertext(Leg(int(direction)), direction, data))
        self._decrypted(self.decryptor.feed(direction, data))

    def missing(self, sender: int, wall: int, size: int) -> None:
        """Bytes of one end that are not in the file."""
        direction, self._wall = self._direction(sender), wall
        if self.decryptor is None:
            self._plain_rests()
        way = "to" if direction is Direction.UP else "from"
        at = self._passed[direction]
        what = f"{size} bytes {way} the server are not in the file, behind the first {at}"
        next_ = "capture whole packets, with a larger buffer"
        self._put(Faulted(Who.NETWORK, "capture-gap", what, next_, direction, size))
        if self.decryptor is not None:
            self._decrypted(self.decryptor.missing(direction, size))

    def ended(self, sender: int, wall: int, how: How) -> None:
        """One end sends no more."""
        direction, self._wall = self._direction(sender), wall
        if self.decryptor is None:
            self._plain_rests()
        if how is How.FIN:
            how = self._closing.get(direction, how)
        self._put(Closed(Leg(int(direction)), how))

    def over(self, wall: int, detail: str) -> None:
        """Nothing more comes."""
        self._wall = max(self._wall, wall)
        if self.decryptor is None:
            self._plain_rests()
            outcome = OutcomeKind.NOT_TLS
        else:
            self._decrypted(self.decryptor.finish())
            outcome = OutcomeKind.PASSED_THROUGH
            said = "decrypted" if self.opened else "nothing that is encrypted passed"
            if self.locked:
                said = f"{'decrypted in part' if self.opened else 'not decrypted'}: {self.locked}"
            detail = f"{said}; {detail}" if detail else said
        up, down = self._passed
        self._put(Outcome(outcome, up, down, detail))

    # ------------------------------------------------------------------------------------------------------ plain data

    def _plain(self, direction: Direction, data: bytes) -> None:
        self._passed[direction] += len(data)
        self._put(Data(direction, data, encrypted=False))

    def _plain_rests(self) -> None:
        for direction in Direction:
            data, self._held[direction] = self._held[direction], b""
            if data:
                self._plain(direction, data)

    # ------------------------------------------------------------------------------------------------------- decrypted

    def _decrypted(self, found: list[decrypted.Event]) -> None:
        for event in found:
            match event:
                case decrypted.Message():
                    self._message(event)
                case decrypted.ApplicationData(direction, _, data):
                    self.opened = True
                    self._handshake_done()
                    self._put(Data(direction, data))
                case decrypted.Record(reason=reason) | decrypted.Trouble(reason=reason) if reason:
                    self.locked = self.locked or reason
                case _:
                    pass
        self._handshake_done()

    def _message(self, event: decrypted.Message) -> None:
        if event.content_type not in {HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC}:  # heartbeats have no event
            return
        assert self.decryptor is not None  # what it found is told here
        negotiation = self.decryptor.negotiation
        self.opened = self.opened or event.epoch != "plaintext"
        version = (negotiation.version if negotiation is not None else 0) or 0x0303
        told = Message(Leg.SERVER, event.direction, version, event.content_type, event.data)
        self._put(told)
        if negotiation is not None:
            self._keys(negotiation.client.random)
        if not self._done and len(self._kept) < MAX_FACTS:
            self._kept.append(told)
        if event.content_type == ALERT and len(event.data) == 2:
            level, description = event.data
            if description == _CLOSE_NOTIFY:
                self._closing[event.direction] = How.CLOSE_NOTIFY
            elif level == _FATAL:
                self._closing[event.direction] = How.ALERT
        elif event.content_type == HANDSHAKE and event.data[0] == 1 and not self._done:
            hello = offered(event.data)
            if hello is not None and hello.sni and hello.sni != self._name:
                self._name = hello.sni
                self._put(Policy(Action.PASS_THROUGH, hello.sni, self._server[1], FROM_PACKETS))

    def _keys(self, random: bytes) -> None:
        """The secrets of a handshake, once."""
        if random in self._randoms:
            return
        self._randoms.add(random)
        for label in sorted(LABELS):
            secret = self._secrets.find(label, random)
            if secret is not None:
                self._put(Secret(Leg.SERVER, f"{label} {random.hex()} {secret.hex()}".encode()))

    def _handshake_done(self) -> None:
        assert self.decryptor is not None  # as above
        negotiation = self.decryptor.negotiation
        if self._done or negotiation is None or not negotiation.complete:
            return
        self._done = True
        facts = leg_facts(self._kept, Leg.SERVER)
        hello = facts.offered
        resumed = facts.resumed or (negotiation.version < 0x0304 and not negotiation.key_exchange)
        self._put(
            HandshakeDone(
                Leg.SERVER,
                facts.version_name,
                facts.suite_name,
                facts.group_name,
                facts.alpn,
                hello.sni if hello else "",
                resumed,
            )
        )
        self._kept.clear()

    def _put(self, event: Event) -> None:
        self._put_at(self._wall, self._number, event)

    def _direction(self, sender: int) -> Direction:
        return Direction.UP if sender == self._client else Direction.DOWN


def _client(conversation: Conversation, first: Bytes) -> int:
    """Which end is the client: who sent SYN, or a ClientHello, or has the higher port; else who speaks first."""
    if conversation.client is not None:
        return conversation.client
    data = first.data
    if _begins_tls(data, late=True) and data[0] == HANDSHAKE and len(data) >= HELLO_HEAD:
        return first.sender if data[5] == 1 else 1 - first.sender
    ports = [end[1] for end in conversation.ends]
    return first.sender if ports[0] == ports[1] else ports.index(max(ports))


def _begins_tls(data: bytes, *, late: bool) -> bool | None:
    """Whether bytes are the beginning of TLS; None: there are too few. `late`: of any record, not only a hello's."""
    kinds = range(20, 24) if late else range(HANDSHAKE, HANDSHAKE + 1)
    wanted = (kinds, range(3, 4), range(5), range(0x48 if late else 0x41), range(256), range(256) if late else (1,))
    if not all(byte in allowed for byte, allowed in zip(data, wanted, strict=False)):
        return False
    return True if len(data) >= HELLO_HEAD else None


def _host(end: Address) -> str:
    return str(ip_address(end[0]))


def _text(end: Address) -> str:
    host = _host(end)
    return f"[{host}]:{end[1]}" if ":" in host else f"{host}:{end[1]}"
