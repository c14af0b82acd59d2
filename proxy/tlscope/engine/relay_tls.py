"""A side of a relay whose TLS ends here: the hot path.

What arrives is read into one buffer shared by the whole recorder, decrypted straight into the journal's buffer,
encrypted for the other side straight out of it, and sent; then it is committed. The only copies are OpenSSL's own.

The order in the journal is the order on the wire, though two things may not be put between the journal's `room` and
`commit`: messages that an endpoint heard meanwhile wait in its `heard`, ciphertext that was sent waits in the relay's
`later`. Both are put right after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture import format as fmt
from tlscope.capture.journal import ROOM
from tlscope.engine import openssl
from tlscope.engine.openssl import ALERT, HANDSHAKE, Address, State, Tls
from tlscope.engine.relay import ARRIVED, READ, Relay, Side
from tlscope.events import Ciphertext, Data, How, Leg, Secret
from tlscope.faults import ClientFault, Fault, UpstreamFault
from tlscope.wire.tls.codes import AlertDescription, name_of

if TYPE_CHECKING:
    from tlscope.engine.link import Link

_ARRIVED, _ARRIVED_ADDRESS = memoryview(ARRIVED), openssl.address_of(ARRIVED)
_LEAVING_BUFFER = bytearray(READ + 128 * 1024)
_LEAVING, _LEAVING_ADDRESS = memoryview(_LEAVING_BUFFER), openssl.address_of(_LEAVING_BUFFER)
"""What is drained from an endpoint; with room for the overhead of many small records."""

FATAL = 2
"""AlertLevel (RFC 8446 section 6)."""
TRUNCATED = AlertDescription.decode_error.name
"""What OpenSSL says where a FIN comes without a close_notify before it."""
_WHO: dict[Leg, tuple[str, type[Fault]]] = {Leg.CLIENT: ("client", ClientFault), Leg.SERVER: ("server", UpstreamFault)}
RENEGOTIATES = {b"\x00", b"\x01"}
"""HelloRequest and ClientHello: behind a handshake they begin another one (RFC 5246 section 7.4.1)."""

GROWN = 64 * 1024
"""Bytes in one read after which the other side's BIO is worth shrinking when it falls quiet."""


class TlsSide(Side):
    """A side whose TLS ends here."""

    __slots__ = ("alert", "counted_at_rest", "flags", "grown", "message_flags", "renegotiates", "tls")

    def __init__(self, relay: Relay, leg: Leg, link: Link, tls: Tls) -> None:
        super().__init__(relay, leg, link)
        self.tls = tls
        self.flags = leg * fmt.FLAG_SERVER + self.direction * fmt.FLAG_DOWN
        self.message_flags = fmt.message_flags(leg)
        self.grown = False
        """Whether the outer BIO holds much memory."""
        self.counted_at_rest = 0
        self.alert = ""
        """The name of the fatal alert that arrived here."""
        self.renegotiates = False
        """Whether this side asked to renegotiate, which OpenSSL has refused for us by a warning (no_renegotiation)."""

    other: TlsSide

    def begin(self) -> None:
        """Pass on what arrived before the relay began, in the endpoint and in the link."""
        self.pump()  # what the handshake was fed, and did not need
        if (data := self.link.take()) and not self.relay.over:
            self.read_from(openssl.address_of(data), memoryview(data))

    def readable(self) -> None:
        """Something arrived, or the end."""
        size = self.receive()
        if not size:
            return
        if size >= GROWN:
            self.other.grown = True
        self.read_from(_ARRIVED_ADDRESS, _ARRIVED[:size])

    def arrived(self, size: int) -> None:
        """Take ciphertext that lies in the shared buffer."""
        self.read_from(_ARRIVED_ADDRESS, _ARRIVED[:size])

    def read_from(self, source: Address, view: memoryview) -> None:
        """Take ciphertext, given by address and as a view."""
        if self.relay.keep_ciphertext:
            self.relay.put(Ciphertext(self.leg, self.direction, bytes(view)))
        self.tls.lend(source, len(view))
        self.pump()

    def pump(self) -> None:  # noqa: C901 (the hot path: a call for each of its steps would cost as much as the step)
        """Decrypt all that has arrived, pass it on, and record it."""
        relay, tls, other = self.relay, self.tls, self.other
        journal = relay.journal
        while True:
            offset = journal.room()
            source = relay.address + offset
            size = tls.read(source, ROOM)
            if size:
                taken = other.encrypt(source, size)
                journal.commit(relay.number, self.flags, size)
                self.counted += size
                if relay.later:
                    relay.put_later()
                if not taken:
                    self.hear()  # what came with the data that could not be passed on
                    other.hear()
                    other.broken()
                    return
            state = tls.state
            if other.tls.heard:
                other.hear()
            if tls.heard:
                self.hear()
                self.answer()
                if relay.over:
                    return
            if state is State.EMPTY:
                return
            if state is State.HEARD:
                self.pass_late()
                if relay.over:
                    return
            elif state is not State.FULL:
                self.stopped(state)
                return

    def pass_late(self) -> None:
        """Pass on the record that was decrypted behind a message."""
        data, self.tls.late = self.tls.late, b""
        if data:
            taken = self.other.encrypt(openssl.address_of(data), len(data))
            self.relay.put(Data(self.direction, data))
            self.counted += len(data)
            self.relay.put_later()
            if not taken:
                self.other.broken()

    def encrypt(self, source: Address, size: int) -> bool:
        """Send `size` bytes at an address on; False: this side is broken, and `broken` must know."""
        return self.tls.write(source, size) and self.flush()

    def flush(self) -> bool:
        """Send what the endpoint wants to send; False: the link is broken."""
        while size := self.tls.drain(_LEAVING_ADDRESS, len(_LEAVING)):
            data = _LEAVING[:size]
            if self.relay.keep_ciphertext:
                self.relay.later.append(Ciphertext(self.leg, self.opposite, bytes(data)))
            if not self.transmit(data):
                return False
            if size < len(_LEAVING):
                break
        return True

    def answer(self) -> None:
        """Send what reading made the endpoint say."""
        sent = self.flush()
        if self.relay.later:
            self.relay.put_later()
        if not sent:
            self.broken()

    def hear(self) -> None:
        """Put what the endpoint said and heard into the journal."""
        heard = self.tls.heard[:]
        self.tls.heard.clear()
        for item in heard:
            if isinstance(item, bytes):
                self.relay.put(Secret(self.leg, item))  # a KeyUpdate makes new ones
                continue
            sent, version, content_type, data = item
            self.relay.journal.put_message(self.relay.number, self.message_flags[sent], version, content_type, data)
            if content_type == ALERT and not sent and len(data) == 2 and data[0] == FATAL:
                self.alert = name_of(AlertDescription, data[1])
            elif content_type == HANDSHAKE and not sent and data[:1] in RENEGOTIATES:
                self.renegotiates = True

    def stopped(self, state: State) -> None:
        """TLS came to its end, properly or not."""
        if self.notified:
            return
        self.answer()
        if self.relay.over:
            return
        if state is State.CLOSED:
            self.notified = True
            self.closed(How.CLOSE_NOTIFY)
            self.other.close_notify()
            return
        reasons = ", ".join(self.tls.reasons)
        self.relay.fault = self.fault(reasons)
        self.closed(How.ALERT, self.alert or reasons)
        self.other.link.reset() if self.other.backlog else self.other.link.finish()
        self.relay.end()

    def fault(self, reasons: str) -> Fault:
        """Why TLS is broken here, and by whom; `reasons` are OpenSSL's."""
        (side, made), (other, others) = _WHO[self.leg], _WHO[self.other.leg]
        if not self.alert:
            return made("broken-tls", f"what the {side} sent is not its TLS: {reasons}", "look at its last bytes")
        if self.alert == TRUNCATED and self.other.ended and not self.other.notified:
            return others(
                "truncated",
                f"the {other} closed without close_notify, and the {side} answered that with the alert {self.alert}",
                "see whether all has come that should have come",
            )
        if self.renegotiates:
            return made(
                "renegotiation",
                f"the {side} asked to renegotiate, which tlscope refuses, and sent the alert {self.alert}",
                "let it do without, or pass the host through: --passthrough HOST",
            )
        return made("alert", f"the {side} sent the alert {self.alert}", "look at what was sent before it")

    def close_notify(self) -> None:
        """Say that the other side sends no more."""
        self.tls.close_notify()
        if self.tls.heard:
            self.hear()
        self.answer()

    def rest(self) -> None:
        """Give memory back, if nothing passed since the last call."""
        # Nothing waits in the BIOs between two events of the loop: all that arrives is read, all that is said is
        # drained.
        before, self.counted_at_rest = self.counted_at_rest, self.counted + self.other.counted
        if self.grown and before == self.counted_at_rest:
            self.grown = False
            self.tls.shrink()

    def manner_of_end(self) -> str:
        """What to say of a FIN: that the data may be cut short, where it may."""
        return "" if self.notified else "without close_notify"

    def close(self) -> None:
        """Free the link and the endpoint."""
        super().close()
        self.tls.close()
