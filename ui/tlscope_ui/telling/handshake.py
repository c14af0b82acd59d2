"""What passed on both legs of a connection, in the order in which it was recorded: what the ladder and the story show.

    handshake = Handshake(number)
    handshake.read(index.lookup)         in a thread; again, and what came since is behind the others
    handshake.rows                       Said, Carried, Happened, Lost ...
    handshake.legs()                     what follows from it: facts of both legs, findings, causes
    handshake.encrypted(row)             how a message passed on the wire

Messages are noted with what those before them on their leg have settled, so that each can be read alone (Dissection);
their bytes stay in the journal until somebody looks. Application data is not read at all: of the megabytes between two
messages there is one row each way. So ten thousand messages, or a million pieces of data, cost some seconds at worst.

Where a leg has no messages, because the connection was passed through or failed before, its hellos are read out of the
ciphertext: what is on the wire in the clear is not hidden from anybody.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture import format as fmt
from tlscope.capture.foreign import FROM_PACKETS
from tlscope.capture.format import Kind, Unreadable
from tlscope.capture.lookup import Gone
from tlscope.events import (
    Action,
    Ciphertext,
    Closed,
    Data,
    Direction,
    Event,
    Faulted,
    HandshakeDone,
    LeafForged,
    Leg,
    Message,
    Opened,
    Outcome,
    Policy,
    Secret,
)
from tlscope.wire.tls.codes import ContentType, message_name, message_note
from tlscope.wire.tls.context import Context, context_after
from tlscope.wire.tls.meaning.alerts import Cause, causes
from tlscope.wire.tls.meaning.findings import Finding, findings, leg_facts
from tlscope.wire.tls.meaning.gist import first_message
from tlscope_ui.telling.issuer import readvised
from tlscope_ui.telling.wire import Wire

if TYPE_CHECKING:
    from tlscope.capture.lookup import Lookup
    from tlscope.capture.places import Place
    from tlscope.capture.segment import Record
    from tlscope.wire.tls.meaning.facts import LegFacts

MAX_ROWS = 100_000
"""Rows that are kept, in some 30 MB: a peer may send KeyUpdates without end. The rest is counted."""
KEPT = 8 << 20
"""Bytes of messages that facts are concluded from: a hundred handshakes. Of those beyond, the name is known."""
MAX_SECRETS = 1_000
"""Lines of the key log that are kept of a leg; five belong to a handshake."""
NAMED = 4
"""Bytes that a handshake message's name takes."""
GLIMPSED = -1
"""In the place of a message's number: it was read out of ciphertext, from what passed in the clear."""
TLS1_3 = 0x0304
CHOOSING = frozenset({"ServerHello", "HelloRetryRequest"})
"""Messages that settle the version that they themselves are read in."""
IN_THE_CLEAR = frozenset({"ClientHello", "ServerHello", "HelloRetryRequest"})
"""Handshake messages of TLS 1.3 that no key protects (RFC 8446 section 2)."""

_DATA, _CIPHERTEXT, _SECRET = int(Kind.DATA), int(Kind.CIPHERTEXT), int(Kind.SECRET)


class Said(NamedTuple):
    """A TLS message."""

    place: Place
    mono: int
    leg: Leg
    direction: Direction
    name: str
    note: str
    """What it says in a few words: a suite, an alert."""
    size: int
    context: Context
    """What the messages before it on its leg have settled."""
    number: int
    """Its place in LegFacts.messages; GLIMPSED for one that was read out of ciphertext."""
    keyed: bool
    """Whether its sender had keys by then."""
    alert: bytes
    """The two bytes of an alert; else none."""


@dataclass(slots=True)
class Carried:
    """Application data that passed in one direction, with no message between."""

    mono: int
    """Of its first byte."""
    direction: Direction
    encrypted: bool
    last: int
    """When its last byte passed."""
    offset: int
    """Of its first byte, in the stream of its direction."""
    size: int = 0
    pieces: int = 0


class Happened(NamedTuple):
    """Anything else: policy, verdict, a forged certificate, a fault, an end."""

    place: Place
    mono: int
    record: Record


@dataclass(slots=True)
class Lost:
    """Records that the journal holds no more."""

    mono: int
    count: int = 0


Row = Said | Carried | Happened | Lost


class Legs(NamedTuple):
    """What follows from all of it."""

    client: LegFacts
    server: LegFacts
    findings: tuple[Finding, ...]
    """The client leg's, then the server leg's, each the gravest first."""
    causes: tuple[Cause, ...]
    now: float
    """When the connection was, in Unix seconds: the time to judge certificates by."""


class Handshake:
    """One connection, as far as it was read; reading may go on."""

    def __init__(self, connection: int) -> None:
        self.connection = connection
        self.rows: list[Row] = []
        self.more = 0
        """Rows beyond MAX_ROWS."""
        self.wall = self.mono = 0
        """The clocks at its first record."""
        self.direct = False
        """Whether nobody stood between: others captured the packets."""
        self.over = False
        self.wire = {(leg, way): Wire() for leg in Leg for way in Direction}
        self.secrets: dict[Leg, list[bytes]] = {leg: [] for leg in Leg}
        """Lines of the key log."""
        self.forged: LeafForged | None = None
        self._lock = Lock()
        self._chunk, self._last = 0, (-1, -1, -1)
        self._events: list[Event] = []
        self._kept = 0
        self._contexts = {leg: Context() for leg in Leg}
        self._counts = dict.fromkeys(Leg, 0)
        self._keyed: set[tuple[Leg, Direction]] = set()
        self._run: dict[tuple[Direction, bool], tuple[Carried, Place]] = {}
        self._glimpsed: set[tuple[Leg, Direction]] = set()
        self._seen: dict[tuple[Leg, Direction], tuple[int, Place]] = {}
        self._passed = False

    def read(self, lookup: Lookup) -> Handshake:
        """Take what was recorded since; in a thread of its own."""
        with self._lock:
            newest = lookup.last_chunk(self.connection)
            for place in lookup.places(self.connection, self._chunk):
                if place[:3] > self._last:
                    self._take(lookup, place)
                    self._last = place[:3]
            self._date(lookup)
            self._glimpse()
            self._chunk = newest.number if newest else 0
        return self

    def legs(self) -> Legs:
        """Conclude from what was read."""
        with self._lock:
            events = [
                *(Ciphertext(*key, wire.data) for key, wire in self.wire.items() if wire.data),
                *self._events,
            ]
            up, down = (
                sum(
                    row.size for row in self.rows if isinstance(row, Carried) and row.encrypted and row.direction is way
                )
                for way in Direction
            )
        now = self.wall / 1e9
        # Of the data only a byte stands among the events: enough for what depends on whether any had passed.
        client, server = (replace(leg_facts(events, leg), up=up, down=down) for leg in Leg)
        found = tuple(item for facts in (client, server) for item in findings(facts, now))
        return Legs(client, server, found, readvised(causes(client, server), self.forged), now)

    def encrypted(self, said: Said) -> bool:
        """Whether a message passed under a key."""
        if said.name == "ChangeCipherSpec" or not said.keyed:
            return False
        if said.alert:  # many send an alert in the clear though they have a key: the record tells
            return said.alert not in self.wire[said.leg, said.direction].clear_alerts
        return not (said.context.version >= TLS1_3 and said.name in IN_THE_CLEAR)

    def row_of(self, leg: Leg, number: int) -> int | None:
        """The row of a message by its place in LegFacts.messages."""
        for at, row in enumerate(self.rows):
            if isinstance(row, Said) and (row.leg, row.number) == (leg, number):
                return at
        return None

    # ---------------------------------------------------------------------------------------------------------- taking

    def _take(self, lookup: Lookup, place: Place) -> None:
        if place.kind == _DATA:
            self._carry(lookup, place)
            return
        if place.kind == _CIPHERTEXT and self._wire_of(place).full:
            return
        record = lookup.record(self.connection, place)
        if isinstance(record, Gone):
            self._lose()
            return
        self._begin(record.wall, record.mono)
        event = record.event
        if isinstance(event, Ciphertext):
            self.wire[event.leg, event.direction].feed(event.data)
            self._seen.setdefault((event.leg, event.direction), (record.mono, place))
        elif isinstance(event, Secret):
            self._note(event)
            if len(self.secrets[event.leg]) < MAX_SECRETS:
                self.secrets[event.leg].append(event.data)
        else:
            self._date(lookup)
            self._run = {}  # what comes after a message is counted anew
            if isinstance(event, Message):
                self._say(record, event, place)
            else:
                self._happen(record, place)

    def _begin(self, wall: int, mono: int) -> None:
        if not self.wall:
            self.wall, self.mono = wall, mono

    def _wire_of(self, place: Place) -> Wire:
        leg = Leg.SERVER if place.flags & fmt.FLAG_SERVER else Leg.CLIENT
        return self.wire[leg, Direction.DOWN if place.flags & fmt.FLAG_DOWN else Direction.UP]

    def _add(self, row: Row) -> None:
        if len(self.rows) < MAX_ROWS:
            self.rows.append(row)
        else:
            self.more += 1

    def _note(self, event: Event) -> None:
        """Keep it to conclude from; of what nobody is shown any more, only what can come once."""
        if not self.more or isinstance(event, Closed | Faulted | HandshakeDone | Outcome):
            self._events.append(event)

    def _say(self, record: Record, event: Message, place: Place) -> None:
        leg, way, data = event.leg, event.direction, event.data
        context, name = self._contexts[leg], message_name(event.content_type, data)
        after = self._contexts[leg] = context_after(context, event.content_type, data)
        if after.version >= TLS1_3:
            self._keyed.update((leg, direction) for direction in Direction)
        alert = data if event.content_type == ContentType.alert and len(data) == 2 else b""
        note = message_note(event.content_type, data)
        said = Said(
            place, record.mono, leg, way, name, note, len(data), after if name in CHOOSING else context,
            self._counts[leg], (leg, way) in self._keyed, alert,
        )  # fmt: skip
        if name == "ChangeCipherSpec":
            self._keyed.add((leg, way))
        self._counts[leg] += 1
        self._add(said)
        self._kept += len(data)
        self._note(event if self._kept <= KEPT else replace(event, data=data[:NAMED]))

    def _happen(self, record: Record, place: Place) -> None:
        event = record.event
        if not isinstance(event, Unreadable):
            self._note(event)
        match event:
            case Opened():
                self.direct = event.mode == FROM_PACKETS
            case Policy():
                self._passed = event.action is Action.PASS_THROUGH
            case LeafForged():
                self.forged = event
            case Outcome():
                self.over = True
            case _:
                pass
        self._add(Happened(place, record.mono, record))

    def _lose(self) -> None:
        last = self.rows[-1] if self.rows else None
        if not isinstance(last, Lost):
            last = Lost(last.mono if last else self.mono)
            self._add(last)
        last.count += 1

    # ------------------------------------------------------------------------------------------------ application data

    def _carry(self, lookup: Lookup, place: Place) -> None:
        way = Direction.DOWN if place.flags & fmt.FLAG_DOWN else Direction.UP
        encrypted = not place.flags & fmt.FLAG_PLAIN
        row, _ = self._run.get((way, encrypted), (None, place))
        if row is None:
            head = lookup.head(self.connection, place)
            if head is None:
                self._lose()
                return
            self._begin(head.wall, head.mono)
            row = Carried(head.mono, way, encrypted, head.mono, place.offset)
            self._add(row)
            self._note(Data(way, b"\0", encrypted))
        row.size += place.size
        row.pieces += 1
        self._run[way, encrypted] = row, place

    def _date(self, lookup: Lookup) -> None:
        """Find out when the last byte of the data so far passed."""
        for row, place in self._run.values():
            head = lookup.head(self.connection, place)
            row.last = head.mono if head else row.last

    # -------------------------------------------------------------------------------------------------- in the clear

    def _glimpse(self) -> None:
        """Show the hellos of a leg that has no messages."""
        if not (self._passed or self.over):
            return
        for (leg, way), (mono, place) in self._seen.items():
            whose = Leg.SERVER if self.direct else leg  # what others captured is one leg, recorded on both sides
            known = self._counts[whose] or (whose, way) in self._glimpsed
            data = b"" if known else first_message(self.wire[leg, way].data)
            if data:
                self._glimpsed.add((whose, way))
                name, note = message_name(ContentType.handshake, data), message_note(ContentType.handshake, data)
                said = Said(place, mono, leg, way, name, note, len(data), Context(), GLIMPSED, keyed=False, alert=b"")
                self.rows.insert(bisect_left(self.rows, mono, key=lambda row: row.mono), said)
