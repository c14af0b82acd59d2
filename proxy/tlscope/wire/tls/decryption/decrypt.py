"""A connection decrypted: the ciphertext of both directions in, records, messages, data and proofs out.

    decryptor = Decryptor(Secrets(key_log))
    for direction, data in wire:
        for event in decryptor.feed(direction, data): ...
    for event in decryptor.finish(): ...

Directions may be fed in the order in which the bytes passed, or one after the other: what cannot be opened before the
other direction, or a secret (`learn`), is there, is held, up to HELD bytes. Then, or at `finish`, it is said why.

How it knows which key a record is under. Every direction goes through epochs, one key each:

    TLS 1.3   plaintext ─▶ [early data] ─▶ handshake ─▶ application ─▶ application 1 ─▶ ...
    before    plaintext ─▶ 1 ─▶ 2 ─▶ ...    by ChangeCipherSpec, one for each negotiation

In TLS 1.3 messages move it on: ServerHello, EndOfEarlyData, Finished, KeyUpdate. But such a message may be lost, or
damaged, or under a secret that is not known, and early data may be refused, which the client learns later than we do.
So a record that does not open under its epoch's key is tried under the next one's, as its first record; where that
opens, the epoch has changed. One failing record costs two attempts at most.

How it knows the order of messages between the directions, which the transcript needs. A handshake takes turns: the
client's second flight answers the server's first one. A message that comes before its turn waits for it (`_early`).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tlscope.events import Direction
from tlscope.wire.tls.codes import ContentType
from tlscope.wire.tls.decryption.decrypted import ApplicationData, Confirmation, Event, Message, Record, Trouble
from tlscope.wire.tls.decryption.epochs import EARLY, stage_name
from tlscope.wire.tls.decryption.following import Following
from tlscope.wire.tls.decryption.keylog import Secrets
from tlscope.wire.tls.hello import looks_like_sslv2

if TYPE_CHECKING:
    from tlscope.wire.tls.decryption.epochs import Flow
    from tlscope.wire.tls.decryption.keys import Step
    from tlscope.wire.tls.decryption.negotiation import Negotiation
    from tlscope.wire.tls.decryption.protection import Opened

HEADER = 5
"""ContentType, version, length (RFC 8446 section 5.1)."""
MAX_CIPHERTEXT = (1 << 14) + 2048
"""Bytes of a protected record's body at most (RFC 5246 section 6.2.3); TLS 1.3 allows 256 above 2^14 only."""
HELD = 1 << 20
"""Bytes held of one direction until what opens them is known: a whole handshake, and 60 full records."""
MAX_MESSAGE = 1 << 20
"""Bytes of a handshake message that is reassembled: ten times what OpenSSL takes. A longer one is passed over."""
HANDSHAKE_HEAD = 4
_TYPES = frozenset({20, 21, 22, 23, 24})
"""What a record may carry (RFC 8446 section 5.1, RFC 6520)."""


class Decryptor:
    """Both directions of one connection. With `waits=False` all secrets are there that ever will be."""

    def __init__(self, secrets: Secrets | None = None, *, waits: bool = True) -> None:
        self.secrets = secrets if secrets is not None else Secrets()
        self._following = Following(self.secrets, waits=waits)
        self._sides = {
            Direction.UP: _Side(Direction.UP, self._following.client),
            Direction.DOWN: _Side(Direction.DOWN, self._following.server),
        }
        self._events: list[Event] = []

    @property
    def steps(self) -> list[Step]:
        """How every key so far was derived, in order; what was told of it."""
        return self._following.steps

    def derive_rest(self) -> None:
        """Add to `steps` the keys of secrets that opened nothing: of data that was not fed, or never came."""
        self._following.derive_rest()

    @property
    def negotiation(self) -> Negotiation | None:
        """The handshake at hand, or the last one: its hellos, version and suite."""
        return self._following.negotiation

    def feed(self, direction: Direction, data: bytes) -> list[Event]:
        """Take what passed in a direction."""
        self._sides[direction].buffer += data
        return self._pump()

    def missing(self, direction: Direction, size: int) -> list[Event]:
        """`size` bytes passed that nobody has. Only the record that they begin in is lost, if they end in it."""
        side = self._sides[direction]
        start = side.offset + len(side.buffer) - side.at
        size = min(size, HEADER + MAX_CIPHERTEXT)  # more reaches into a header, and that is the end
        side.holes.append((start, start + size))
        side.buffer += bytes(size)
        return self._pump()

    def learn(self, lines: bytes) -> list[Event]:
        """Take lines of a key log, and open what waited for them."""
        self.secrets.learn(lines)
        self._following.known += 1
        return self._pump()

    def finish(self) -> list[Event]:
        """Nothing more will come: say of all that is held why it cannot be opened."""
        events = self._pump(patient=False)
        for side in self._sides.values():
            left = len(side.buffer) - side.at
            if left and not side.lost:
                events.append(
                    Trouble(side.direction, side.offset, f"a record ends early: {left} bytes of it are there")
                )
            if len(side.partial):
                events.append(Trouble(side.direction, side.began, "a handshake message ends early"))
            side.lost = True
            side.buffer.clear()
            side.partial.clear()
            side.at = 0
        return events

    def _pump(self, *, patient: bool = True) -> list[Event]:
        self._events = []
        moved = True
        while moved:
            moved = False
            for side in self._sides.values():
                while self._step(side, patient=patient and len(side.buffer) - side.at <= HELD):
                    moved = True
        for side in self._sides.values():
            side.compact()
        return self._events

    def _step(self, side: _Side, *, patient: bool) -> bool:
        """One message or record; False where the side has to wait."""
        if side.lost:
            side.drop()
            return False
        if side.waits_for == self._following.known and patient:
            return False
        moved = self._deliver(side, patient=patient) if side.pending else self._record(side, patient=patient)
        side.waits_for = None if moved is not None else self._following.known
        return bool(moved)

    def _record(self, side: _Side, *, patient: bool) -> bool | None:
        """Open the next record. False: it is not whole yet; None: what opens it is not known yet."""
        buffer, at = side.buffer, side.at
        if len(buffer) - at < HEADER:
            return False
        header = bytes(buffer[at : at + HEADER])
        size = int.from_bytes(header[3:])
        if header[0] not in _TYPES or header[1] != 3 or size > MAX_CIPHERTEXT or side.hole(HEADER):
            self._lose(side, header)
            return False
        if len(buffer) - at < HEADER + size:
            return False
        flow, before = side.flow, side.flow.stage
        # One with a hole is opened all the same, in vain: it has its number, and a cipher with a state goes on by it.
        opened = self._following.open(flow, header, bytes(buffer[at + HEADER : at + HEADER + size]), patient=patient)
        if opened is None:
            return None
        opened = side.hole(HEADER + size) or opened
        if flow.stage != before:
            self._interrupted(side)
        self._tell(side, header, size, opened)
        side.at += HEADER + size
        return True

    def _lose(self, side: _Side, header: bytes) -> None:
        """What follows cannot be cut into records."""
        if side.hole(HEADER):
            reason = "bytes are missing, and where the next record begins is not known"
        elif looks_like_sslv2(header):
            reason = "an SSLv2 ClientHello, which is not read"
        elif header[0] in _TYPES and header[1] == 3:
            reason = f"a record of {int.from_bytes(header[3:])} bytes; no more than {MAX_CIPHERTEXT} are allowed"
        else:
            reason = f"{header.hex()} is no record header: this is not TLS, or bytes are missing before it"
        self._events.append(Trouble(side.direction, side.offset, reason))
        self._following.lost(side.flow, reason)
        side.lost = True

    def _tell(self, side: _Side, header: bytes, size: int, opened: Opened | str) -> None:
        """The record, and what it carried."""
        flow = side.flow
        epoch = flow.epochs.get(flow.stage)
        encrypted = epoch is not None and (header[0] == ContentType.application_data or flow.stage < 0)
        sequence = flow.sequence - 1 if encrypted else -1
        kind, version = header[0], int.from_bytes(header[1:3])
        name = stage_name(flow.stage) if encrypted or isinstance(opened, str) else "plaintext"
        place = (side.direction, side.offset)
        if isinstance(opened, str):
            self._events.append(Record(*place, HEADER + size, kind, version, name, sequence, kind, None, reason=opened))
            self._following.lost(flow, opened)
            return
        inner, data, padding, nonce, additional = opened
        self._events.append(
            Record(*place, HEADER + size, kind, version, name, sequence, inner, data, padding, nonce, additional)
        )
        if inner == ContentType.handshake:
            self._gather(side, data, name)
        elif inner == ContentType.change_cipher_spec:
            side.pending.append(Message(*place, inner, data, name))
        elif inner == ContentType.application_data:
            if data:
                self._events.append(ApplicationData(*place, data, flow.stage == EARLY))
        else:
            self._events.append(Message(*place, inner, data, name))

    def _gather(self, side: _Side, data: bytes, epoch: str) -> None:
        """Cut what handshake records carried into messages."""
        partial = side.partial
        if side.skip:
            skipped = min(side.skip, len(data))
            side.skip -= skipped
            data = data[skipped:]
        if not partial:
            side.began = side.offset
        partial += data
        at = 0
        while len(partial) - at >= HANDSHAKE_HEAD:
            size = HANDSHAKE_HEAD + int.from_bytes(partial[at + 1 : at + HANDSHAKE_HEAD])
            if size > MAX_MESSAGE:
                reason = f"a handshake message of {size} bytes; more than {MAX_MESSAGE} are passed over"
                self._events.append(Trouble(side.direction, side.began, reason))
                self._following.lost(side.flow, reason)
                side.skip = max(0, size - (len(partial) - at))
                at = min(len(partial), at + size)
                continue
            if len(partial) - at < size:
                break
            message = bytes(partial[at : at + size])
            side.pending.append(Message(side.direction, side.began, ContentType.handshake, message, epoch))
            side.began = side.offset
            at += size
        del partial[:at]

    def _deliver(self, side: _Side, *, patient: bool) -> bool | None:
        """Hand over the next message; None: before its turn."""
        message = side.pending[0]
        if message.content_type == ContentType.change_cipher_spec:
            if not self._following.change(side.flow, patient=patient):
                return None
            self._events.append(message)
        else:
            before = side.flow.stage
            if not self._following.take(side.flow, message.data, patient=patient):
                return None
            self._events.append(message)
            for what, verdict, reference in self._following.proofs:
                self._events.append(
                    Confirmation(side.direction, message.offset, what, verdict.ok, verdict.detail, reference)
                )
            if side.flow.stage != before:
                self._interrupted(side)
        side.pending.popleft()
        return True

    def _interrupted(self, side: _Side) -> None:
        """The key changes; a message may not span that (RFC 8446 section 5.1)."""
        if side.partial:
            side.partial.clear()
            reason = "a handshake message is cut off by a change of keys"
            self._events.append(Trouble(side.direction, side.began, reason))
            self._following.lost(side.flow, reason)


class _Side:
    """What has arrived of one direction, and is not told yet."""

    __slots__ = (
        *("at", "base", "buffer", "direction", "flow", "holes", "lost", "waits_for"),
        *("began", "partial", "pending", "skip"),
    )

    def __init__(self, direction: Direction, flow: Flow) -> None:
        self.direction, self.flow = direction, flow
        self.buffer, self.at, self.base = bytearray(), 0, 0
        self.partial = bytearray()
        """What handshake records carried of a message that is not whole."""
        self.began = 0
        """Offset of the record in which it begins."""
        self.skip = 0
        """Bytes to come of a message that is passed over."""
        self.pending: deque[Message] = deque()
        """Whole messages whose turn has not come. What is behind them waits: they may change the key."""
        self.holes: deque[tuple[int, int]] = deque()
        self.lost = False
        self.waits_for: int | None = None
        """How much was known when there was too little to go on."""

    @property
    def offset(self) -> int:
        """Of the next record, in the bytes of its direction."""
        return self.base + self.at

    def hole(self, size: int) -> str:
        """Why the next `size` bytes are not what passed; empty where they are."""
        while self.holes and self.holes[0][1] <= self.offset:
            self.holes.popleft()
        if self.holes and self.holes[0][0] < self.offset + size:
            begin, end = self.holes[0]
            return f"{min(end, self.offset + size) - max(begin, self.offset)} bytes of it are missing"
        return ""

    def drop(self) -> None:
        """Forget what cannot be read any more."""
        self.at = len(self.buffer)

    def compact(self) -> None:
        """Give back what has been told."""
        if self.at:
            del self.buffer[: self.at]
            self.base += self.at
            self.at = 0
