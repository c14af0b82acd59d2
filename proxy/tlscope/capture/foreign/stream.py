"""The bytes of one conversation as events: TLS, decrypted where there are keys, or plain.

    stream = Stream(put, secrets, late=False)             put(wall, event)
    stream.passed(direction, wall, data)
    stream.missing(direction, wall, size)
    stream.ended(direction, wall, how)
    stream.finish(wall)

A conversation is TLS from the first ClientHello on that a segment of either side begins with, which covers CONNECT
and STARTTLS; one that the capture came too late for is TLS where it begins with a record. All else is plain data.

Where nobody stood between, there is one TLS connection where a recording has two. Its bytes are told as those of a
connection that is passed through: what goes up on the client leg, what goes down on the server leg, each where it would
have arrived, so that the client's offer is judged as the client's. What decryption makes of them, messages, keys and
proofs, is on the server leg, where a certificate is the server's own and not a forgery. Of a `leg` of ours all is on
that leg, and only the end of its far end is told: the other one is our own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.foreign.evidence import Evidence
from tlscope.events import (
    Ciphertext,
    Closed,
    Data,
    Direction,
    Faulted,
    HandshakeDone,
    How,
    Leg,
    Message,
    Secret,
    Who,
)
from tlscope.wire.tls.decryption import decrypted
from tlscope.wire.tls.decryption.decrypt import Decryptor
from tlscope.wire.tls.decryption.keylog import LABELS
from tlscope.wire.tls.meaning.facts import leg_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.events import Event
    from tlscope.wire.tls.decryption.keylog import Secrets

MAX_FACTS = 64
"""Handshake messages of a connection that are kept until it is done: one has about ten."""
HELLO_HEAD = 6
"""Bytes that tell a ClientHello: the record's header (RFC 8446 section 5.1), and the first of the message's."""
HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC = 22, 21, 20
_FATAL, _CLOSE_NOTIFY = 2, 0


class Stream:
    """What passes in a conversation, in both directions."""

    def __init__(
        self, put: Callable[[int, Event], None], secrets: Secrets, *, late: bool, leg: Leg | None = None
    ) -> None:
        """`late`: its beginning is not in the file; `leg`: of a connection that tlscope stood in."""
        self.opened = False
        """Whether something was decrypted."""
        self.locked = ""
        """Why what could not be decrypted could not be."""
        self.sizes = [0, 0]
        """Bytes that passed, of each direction."""
        self.carried = [0, 0]
        """Bytes of application data in them, as far as it can be read."""
        self.is_done = False
        """Whether a handshake was completed, as is read of it or, without keys, concluded (evidence.py)."""
        self._put_at, self._secrets, self._late, self._leg = put, secrets, late, leg
        self._inside = Leg.SERVER if leg is None else leg
        self._wall = 0
        self._evidence = Evidence()
        self._decryptor: Decryptor | None = None
        """From where the conversation is TLS on."""
        self._held = [b"", b""]
        """What may become a ClientHello, of each direction."""
        self._closing: dict[Direction, How] = {}
        self._kept: list[Event] = []
        self._randoms: set[bytes] = set()

    @property
    def is_tls(self) -> bool:
        """Whether TLS was spoken, so far."""
        return self._decryptor is not None

    # ------------------------------------------------------------------------------------------------- what happened

    def passed(self, direction: Direction, wall: int, data: bytes) -> None:
        """Bytes of one end."""
        self._wall = wall
        if self._decryptor is None:
            data, self._held[direction] = self._held[direction] + data, b""
            known = begins_tls(data, late=self._late and not any(self.sizes))
            if known is None:
                self._held[direction] = data
                return
            if not known:
                self._plain(direction, data)
                return
            self._plain_rests()
            self._decryptor = Decryptor(self._secrets, waits=False)
        self.sizes[direction] += len(data)
        self._put(Ciphertext(self._at(direction), direction, data))
        self._decrypted(self._decryptor.feed(direction, data))

    def missing(self, direction: Direction, wall: int, size: int) -> None:
        """Bytes of one end that are not in the file."""
        self._wall = wall
        if self._decryptor is None:
            self._plain_rests()
        far = self._inside.name.lower()
        way = "from" if self._inside is Leg(int(direction)) else "to"
        what = f"{size} bytes {way} the {far} are not in the file, behind the first {self.sizes[direction]}"
        next_ = "capture whole packets, with a larger buffer"
        self._put(Faulted(Who.NETWORK, "capture-gap", what, next_, direction, size))
        if self._decryptor is not None:
            self._decrypted(self._decryptor.missing(direction, size))

    def ended(self, direction: Direction, wall: int, how: How) -> None:
        """One end sends no more."""
        self._wall = wall
        if self._decryptor is None:
            self._plain_rests()
        if how is How.FIN:
            how = self._closing.get(direction, how)
        if self._leg is None or self._leg is Leg(int(direction)):
            self._put(Closed(Leg(int(direction)), how))

    def finish(self, wall: int) -> None:
        """Nothing more comes."""
        self._wall = max(self._wall, wall)
        if self._decryptor is None:
            self._plain_rests()
        else:
            self._decrypted(self._decryptor.finish())

    # ------------------------------------------------------------------------------------------------------ plain data

    def _plain(self, direction: Direction, data: bytes) -> None:
        self.sizes[direction] += len(data)
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
                case decrypted.Record(reason=reason) if reason:
                    self.locked = self.locked or reason
                    self._sealed(event)
                case decrypted.Trouble(reason=reason):
                    self.locked = self.locked or reason
                case _:
                    pass
        self._handshake_done()

    def _sealed(self, record: decrypted.Record) -> None:
        """A record that was not opened; between two ends, where no leg of ours says how its handshake went."""
        assert self._decryptor is not None  # as in _message
        negotiation = self._decryptor.negotiation
        if self._leg is None and negotiation is not None and not self.is_done:
            self._evidence.take(record, negotiation)

    def _message(self, event: decrypted.Message) -> None:
        if event.content_type not in {HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC}:  # heartbeats have no event
            return
        assert self._decryptor is not None  # what it found is told here
        negotiation = self._decryptor.negotiation
        self.opened = self.opened or event.epoch != "plaintext"
        version = (negotiation.version if negotiation is not None else 0) or 0x0303
        told = Message(self._inside, event.direction, version, event.content_type, event.data)
        self._put(told)
        if negotiation is not None:
            self._keys(negotiation.client.random)
        if not self.is_done and len(self._kept) < MAX_FACTS:
            self._kept.append(told)
        if event.content_type == ALERT and len(event.data) == 2:
            level, description = event.data
            if description == _CLOSE_NOTIFY:
                self._closing[event.direction] = How.CLOSE_NOTIFY
            elif level == _FATAL:
                self._closing[event.direction] = How.ALERT

    def _keys(self, random: bytes) -> None:
        """The secrets of a handshake, once."""
        if random in self._randoms:
            return
        self._randoms.add(random)
        for label in sorted(LABELS):
            secret = self._secrets.find(label, random)
            if secret is not None:
                self._put(Secret(self._inside, f"{label} {random.hex()} {secret.hex()}".encode()))

    def _handshake_done(self) -> None:
        assert self._decryptor is not None  # as above
        negotiation = self._decryptor.negotiation
        if self.is_done or negotiation is None or not (negotiation.complete or self._evidence.complete):
            return
        self.is_done = True
        facts = leg_facts(self._kept, self._inside)
        hello = facts.offered
        resumed = facts.resumed or (negotiation.version < 0x0304 and not negotiation.key_exchange)
        self._put(
            HandshakeDone(
                self._inside,
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
        if isinstance(event, Data):
            self.carried[event.direction] += len(event.data)
        self._put_at(self._wall, event)

    def _at(self, direction: Direction) -> Leg:
        """The leg on which bytes are told to have passed."""
        return Leg(int(direction)) if self._leg is None else self._leg


def begins_tls(data: bytes, *, late: bool) -> bool | None:
    """Whether bytes are the beginning of TLS; None: there are too few. `late`: of any record, not only a hello's."""
    kinds = range(20, 24) if late else range(HANDSHAKE, HANDSHAKE + 1)
    wanted = (kinds, range(3, 4), range(5), range(0x48 if late else 0x41), range(256), range(256) if late else (1,))
    if not all(byte in allowed for byte, allowed in zip(data, wanted, strict=False)):
        return False
    return True if len(data) >= HELLO_HEAD else None
