"""The hot path: application data from one side to the other, and into the journal, until both have ended.

A relay joins two sides. Each drives its link: what arrives is read into one buffer shared by the whole recorder, decrypted
straight into the journal's buffer, encrypted for the other side straight out of it, and sent; then it is committed. Two
copies in all, both inside OpenSSL. Nothing here parses what passes, and nothing waits.

Kinds of side: `TlsSide` opens and closes TLS; `PlainSide` takes bytes as they are and records them as data outside TLS;
`OpaqueSide` passes TLS through that policy does not let us open, counts it, and records it where `--ciphertext` says so.

Back-pressure. What a link does not take at once becomes that side's backlog, and the other side is not read until it is
gone: one backlog holds at most what one read gave (READ bytes, encrypted). So a slow reader costs a few hundred KiB, and the
sender feels it.

Ends, each passed on as it came: close_notify as close_notify, FIN as FIN (with or without a close_notify before it), a
reset as a reset. A side that ended is not read any more; the relay is over when both have ended or either is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from tlscope.capture import format as fmt
from tlscope.capture.journal import ROOM, Journal
from tlscope.engine import openssl
from tlscope.engine.link import Link
from tlscope.engine.openssl import ALERT, Address, State, Tls
from tlscope.events import Ciphertext, Closed, Data, Direction, Event, How, Leg, Secret
from tlscope.wire.tls.codes import AlertDescription, name_of

READ = 256 * 1024
"""Bytes of one read. Less costs more system calls for bulk data, more leaves the processor's cache."""

_ARRIVED = bytearray(READ)
_ARRIVED_ADDRESS, _ARRIVED_VIEW = openssl.address_of(_ARRIVED), memoryview(_ARRIVED)
_LEAVING = bytearray(READ + 128 * 1024)
_LEAVING_ADDRESS, _LEAVING_VIEW = openssl.address_of(_LEAVING), memoryview(_LEAVING)

GROWN = 64 * 1024
"""Bytes in one read after which the other side's BIO is worth shrinking when it falls quiet."""


class Relay:
    """Two sides of one connection. `done` is called once, when it is over."""

    __slots__ = (
        "_done",
        "address",
        "client",
        "journal",
        "keep_ciphertext",
        "later",
        "number",
        "over",
        "rejected",
        "server",
    )

    def __init__(
        self, journal: Journal, address: Address, number: int, done: Callable[[], None], *, keep_ciphertext: bool
    ) -> None:
        self.journal, self.address, self.number, self.keep_ciphertext = journal, address, number, keep_ciphertext
        self.over = False
        self.later: list[Event] = []
        """Events of a moment when the journal's buffer was in use; put right after."""
        self.rejected = ""
        """How the client refused what it was shown, where it did so by an alert after its Finished."""
        self._done = done
        self.client: Side
        self.server: Side

    def start(self, client: Side, server: Side) -> None:
        """Join two sides and let it flow, beginning with what they hold already."""
        self.client, self.server = client, server
        client.other, server.other = server, client
        for side in (client, server):
            side.begin()
        for side in (client, server):
            if not self.over:
                side.resume()

    def put(self, event: Event) -> None:
        """Record an event of this connection."""
        self.journal.put(self.number, event)

    def put_later(self) -> None:
        """Record the events that had to wait."""
        later, self.later = self.later, []
        for event in later:
            self.put(event)

    def rest(self) -> None:
        """Give memory back, if the connection has fallen quiet since the last call."""
        for side in (self.client, self.server):
            side.rest()

    def end(self) -> None:
        """Close both sides and tell the owner; safe to call again."""
        if self.over:
            return
        self.over = True
        for side in (self.client, self.server):
            side.close()
        # The sides and the relay point at each other: cut, so that all of it goes now and not at some collection.
        done, self._done = self._done, _nothing
        done()
        self.client.other = self.server.other = None  # type: ignore[assignment]


class Side:
    """What the kinds share: backlog, back-pressure and ends."""

    __slots__ = (
        "backlog",
        "counted",
        "direction",
        "ended",
        "finishing",
        "leg",
        "link",
        "notified",
        "opposite",
        "other",
        "relay",
    )

    def __init__(self, relay: Relay, leg: Leg, link: Link) -> None:
        self.relay, self.leg, self.link = relay, leg, link
        up = leg is Leg.CLIENT
        self.direction = Direction.UP if up else Direction.DOWN
        """Where that goes which arrives here."""
        self.opposite = Direction.DOWN if up else Direction.UP
        self.backlog = b""
        self.counted = 0
        """Bytes that arrived here and were passed on."""
        self.notified = False
        """Whether close_notify arrived."""
        self.ended = False
        """Whether FIN arrived."""
        self.finishing = False
        """Whether FIN shall be sent when the backlog is gone."""
        self.other: Side

    def begin(self) -> None:
        """Pass on what arrived before the relay began."""
        self.backlog = self.link.unsent()
        if self.backlog:
            self.link.on_writable(self.writable)

    def resume(self) -> None:
        """Read on, unless the other side cannot take more or this one has ended."""
        if self.other.backlog or self.ended or self.relay.over:
            return
        if self.link.ended is None:
            self.link.on_readable(self.readable)
        elif self.link.ended is How.RST:
            self.broken()
        else:
            self.end_of_input()

    def readable(self) -> None:
        """Something arrived, or the end."""
        raise NotImplementedError

    def accept(self, source: Address, view: memoryview, size: int) -> bool:
        """Send `size` bytes on, given by address and as a view; False: this side is broken, which `broken` must be told."""
        raise NotImplementedError

    def transmit(self, data: memoryview) -> bool:
        """Give bytes to the link, what it does not take to the backlog; False: the link is broken."""
        if self.backlog:
            self.backlog += data  # type: ignore[operator]  # bytes take any buffer
            return True
        try:
            sent = self.link.transmit(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            return False
        if sent < len(data):
            self.backlog = bytes(data[sent:])
            self.link.on_writable(self.writable)
            self.other.link.pause()
        return True

    def writable(self) -> None:
        """There is room again."""
        try:
            sent = self.link.transmit(self.backlog)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.broken()
            return
        self.backlog = self.backlog[sent:]
        if not self.backlog:
            self.link.stop_writing()
            if self.finishing:
                self.link.finish()
            self.after_backlog()
            if not self.relay.over:
                self.other.resume()

    def after_backlog(self) -> None:
        """The backlog is gone: the relay may be over."""
        if self.ended and self.other.ended and not self.other.backlog:
            self.relay.end()

    def receive(self) -> int:
        """Read what arrived into the shared buffer: how much; 0 for nothing, with the end dealt with."""
        try:
            size = self.link.recv_into(_ARRIVED)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self.broken()
            return 0
        if not size:
            self.end_of_input()
        return size

    def end_of_input(self) -> None:
        """FIN arrived: pass it on."""
        if self.ended:
            return
        self.ended = True
        self.link.pause()
        self.relay.put(Closed(self.leg, How.FIN, self.manner_of_end()))
        self.other.finish()
        if self.other.ended and not self.backlog and not self.other.backlog:
            self.relay.end()

    def manner_of_end(self) -> str:
        """What to say of a FIN."""
        return ""

    def rest(self) -> None:
        """Give memory back, if nothing passed since the last call."""

    def finish(self) -> None:
        """Send FIN, after the backlog."""
        if self.backlog:
            self.finishing = True
        else:
            self.link.finish()

    def broken(self) -> None:
        """This side was reset: reset the other."""
        if not self.relay.over:
            self.relay.put(Closed(self.leg, How.RST))
            self.other.link.reset()
            self.relay.end()

    def close(self) -> None:
        """Free what the side holds."""
        self.link.close()


class TlsSide(Side):
    """A side whose TLS ends here."""

    __slots__ = ("counted_at_rest", "flags", "grown", "message_flags", "tls")

    def __init__(self, relay: Relay, leg: Leg, link: Link, tls: Tls) -> None:
        super().__init__(relay, leg, link)
        self.tls = tls
        self.flags = leg * fmt.FLAG_SERVER + self.direction * fmt.FLAG_DOWN
        self.message_flags = fmt.message_flags(leg)
        self.grown = False
        """Whether the outer BIO holds much memory."""
        self.counted_at_rest = 0

    def begin(self) -> None:
        super().begin()
        self.pump()  # what the handshake was fed, and did not need
        if (data := self.link.take()) and not self.relay.over:
            self.read_from(openssl.address_of(data), memoryview(data))

    def readable(self) -> None:
        size = self.receive()
        if not size:
            return
        if size >= GROWN:
            self.other.grown = True
        self.read_from(_ARRIVED_ADDRESS, _ARRIVED_VIEW[:size])

    def read_from(self, source: Address, view: memoryview) -> None:
        """Take ciphertext, given by address and as a view."""
        if self.relay.keep_ciphertext:
            self.relay.put(Ciphertext(self.leg, self.direction, bytes(view)))
        self.tls.lend(source, len(view))
        self.pump()

    def pump(self) -> None:
        """Decrypt all that has arrived, pass it on, and record it."""
        relay, tls, other = self.relay, self.tls, self.other
        journal = relay.journal
        while True:
            offset = journal.room()
            source = relay.address + offset
            size = tls.read(source, ROOM)
            if size:
                taken = other.accept(source, _EMPTY, size)
                journal.commit(relay.number, self.flags, size)
                self.counted += size
                if relay.later:
                    relay.put_later()
                if not taken:
                    other.broken()
                    return
            state = tls.state
            if tls.heard:
                self.hear()
            if other.tls.heard:  # type: ignore[attr-defined]
                other.hear()  # type: ignore[attr-defined]
            if state is State.EMPTY:
                return
            if state is State.HEARD:
                self.pass_late()
            elif state is not State.FULL:
                self.stopped(state)
                return

    def pass_late(self) -> None:
        """Pass on the record that was decrypted behind a message."""
        data, self.tls.late = self.tls.late, b""
        self.answer()
        if data and not self.relay.over:
            taken = self.other.accept(openssl.address_of(data), _EMPTY, len(data))
            self.relay.put(Data(self.direction, data))
            self.counted += len(data)
            if not taken:
                self.other.broken()

    def accept(self, source: Address, view: memoryview, size: int) -> bool:  # noqa: ARG002 (a TLS side reads by address)
        return self.tls.write(source, size) and self.flush()

    def flush(self) -> bool:
        """Send what the endpoint wants to send; False: the link is broken."""
        while size := self.tls.drain(_LEAVING_ADDRESS, len(_LEAVING)):
            data = _LEAVING_VIEW[:size]
            if self.relay.keep_ciphertext:
                self.relay.later.append(Ciphertext(self.leg, self.opposite, bytes(data)))
            if not self.transmit(data):
                return False
            if size < len(_LEAVING):
                break
        return True

    def answer(self) -> None:
        """Send what reading made the endpoint say."""
        if not self.flush():
            self.broken()
        if self.relay.later:
            self.relay.put_later()

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
            if content_type == ALERT and not sent and len(data) == 2 and data[0] == 2:
                self.relay.rejected = self.relay.rejected or name_of(AlertDescription, data[1])

    def stopped(self, state: State) -> None:
        """TLS came to its end, properly or not."""
        if self.notified:
            return
        self.answer()
        if self.relay.over:
            return
        if state is State.CLOSED:
            self.notified = True
            self.relay.put(Closed(self.leg, How.CLOSE_NOTIFY))
            self.other.close_notify()
            return
        self.relay.put(Closed(self.leg, How.ALERT, self.relay.rejected or ", ".join(self.tls.reasons)))
        self.other.link.reset() if self.other.backlog else self.other.link.finish()
        self.relay.end()

    def close_notify(self) -> None:
        """Say that the other side sends no more."""
        self.tls.close_notify()
        if self.tls.heard:
            self.hear()
        self.answer()

    def rest(self) -> None:
        # Nothing waits in the BIOs between two events of the loop: all that arrives is read, all that is said is drained.
        before, self.counted_at_rest = self.counted_at_rest, self.counted + self.other.counted
        if self.grown and before == self.counted_at_rest:
            self.grown = False
            self.tls.shrink()

    def manner_of_end(self) -> str:
        return "" if self.notified else "without close_notify"

    def close(self) -> None:
        super().close()
        self.tls.close()


class PlainSide(Side):
    """A side of a connection that is not TLS: recorded as data outside TLS."""

    __slots__ = ()

    def begin(self) -> None:
        super().begin()
        if data := self.link.take():
            self.pass_on(data)

    def readable(self) -> None:
        if size := self.receive():
            self.pass_on(bytes(_ARRIVED_VIEW[:size]))

    def pass_on(self, data: bytes) -> None:
        taken = self.other.accept(None, memoryview(data), len(data))
        self.relay.put(Data(self.direction, data, encrypted=False))
        self.counted += len(data)
        if not taken:
            self.other.broken()

    def accept(self, source: Address, view: memoryview, size: int) -> bool:  # noqa: ARG002 (a plain side reads the view)
        return self.transmit(view)


class OpaqueSide(PlainSide):
    """A side of a connection that is passed through untouched."""

    __slots__ = ()

    def pass_on(self, data: bytes) -> None:
        taken = self.other.accept(None, memoryview(data), len(data))
        if self.relay.keep_ciphertext:
            self.relay.put(Ciphertext(self.leg, self.direction, data))
        self.counted += len(data)
        if not taken:
            self.other.broken()


_EMPTY = memoryview(b"")


def _nothing() -> None:
    pass
