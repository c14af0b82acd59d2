"""The relay: what arrives on one side goes out on the other, until both have ended.

A relay joins two sides of one kind. Each drives its link: a read, what the kind makes of it, a write on the other
side's link. Nothing here parses what passes, and nothing waits.

    TlsSide      opens and closes TLS (relay_tls.py): the hot path
    PlainSide    takes bytes as they are and records them as data outside TLS (relay_plain.py)
    OpaqueSide   passes TLS through that policy does not let us open (relay_plain.py)

Back-pressure. What a link does not take at once becomes that side's backlog, and the other side is not read until it is
gone: a backlog holds at most what one read gave (READ bytes, encrypted). So a slow reader costs a few hundred KiB, and
the sender feels it.

Ends, each passed on as it came: close_notify as close_notify, FIN as FIN (with or without a close_notify before it), a
reset as a reset. A side that ended is not read any more; the relay is over when both have ended or either is broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.events import Closed, Direction, Event, How, Leg

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.capture.journal import Journal
    from tlscope.engine.link import Link
    from tlscope.engine.openssl import Address
    from tlscope.faults import Fault

READ = 256 * 1024
"""Bytes of one read. Less costs more system calls for bulk data, more leaves the processor's cache."""

ARRIVED = bytearray(READ)
"""What every link is read into: nothing stays in it between two events of the loop."""


class Relay:
    """Two sides of one connection. `done` is called once, when it is over."""

    __slots__ = (
        "_done",
        "address",
        "breaking",
        "client",
        "fault",
        "first",
        "journal",
        "keep_ciphertext",
        "later",
        "number",
        "over",
        "server",
    )

    def __init__(
        self, journal: Journal, address: Address, number: int, done: Callable[[], None], *, keep_ciphertext: bool
    ) -> None:
        self.journal, self.address, self.number, self.keep_ciphertext = journal, address, number, keep_ciphertext
        self.breaking = self.over = False
        self.first: Leg | None = None
        """Whose peer was the first to end its direction, or to break."""
        self.fault: Fault | None = None
        """What ended it; the owner records it, who knows what it was about."""
        self.later: list[Event] = []
        """Events of a moment when the journal's buffer was in use; put right after."""
        self._done = done
        self.client: Side
        self.server: Side

    def start(self, client: Side, server: Side) -> None:
        """Join two sides and let it flow, beginning with what they hold already."""
        self.client, self.server = client, server
        client.other, server.other = server, client
        for side in (client, server):
            side.adopt()
        for side in (client, server):
            if not self.over:
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
        self.client = self.server = None  # type: ignore[assignment]


class Side:
    """What the kinds share: backlog, back-pressure and ends."""

    __slots__ = (
        "backlog",
        "counted",
        "direction",
        "ended",
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
        self.other: Side

    def begin(self) -> None:
        """Pass on what arrived before the relay began."""
        raise NotImplementedError

    def adopt(self) -> None:
        """Take over from the link: no more gathering, and what it could not send yet goes before all that we send."""
        self.link.pause()
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

    def transmit(self, data: memoryview) -> bool:
        """Give bytes to the link, what it does not take to the backlog; False: the link is broken."""
        if self.backlog:
            self.backlog += data  # bytes take any buffer
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
            self.other.resume()

    def receive(self) -> int:
        """Read what arrived into the shared buffer: how much; 0 for nothing, with the end dealt with."""
        try:
            size = self.link.recv_into(ARRIVED)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self.broken()
            return 0
        if not size:
            self.end_of_input()
        return size

    def end_of_input(self) -> None:
        """FIN arrived: pass it on.

        The other side has no backlog then, or this one would not have been read: FIN goes behind all data, and once
        both have ended nothing waits.
        """
        if self.ended:
            return
        self.ended = True
        self.link.pause()
        self.closed(How.FIN, self.manner_of_end())
        self.other.link.finish()
        if self.other.ended:
            self.relay.end()

    def closed(self, how: How, detail: str = "") -> None:
        """Record how this side's peer ended."""
        if self.relay.first is None:
            self.relay.first = self.leg
        self.relay.put(Closed(self.leg, how, detail))

    def manner_of_end(self) -> str:
        """What to say of a FIN."""
        return ""

    def rest(self) -> None:
        """Give memory back, if nothing passed since the last call."""

    def arrived(self, size: int) -> None:
        """Take `size` bytes that lie in the shared buffer."""
        raise NotImplementedError

    def broken(self) -> None:
        """This side was reset: pass on what it said before, and reset the other."""
        if self.relay.breaking:
            return
        self.relay.breaking = True
        self.last_words()
        if not self.relay.over:
            self.closed(How.RST)
            self.other.link.reset()
            self.relay.end()

    def last_words(self) -> None:
        """Read what arrived before a reset that sending has met.

        A server that does not want to read on (413 Content Too Large, an alert) says so and closes, which the system
        turns into a reset where more arrives for it. What it said can still be read.
        """
        while not (self.relay.over or self.other.backlog or self.ended):
            try:
                size = self.link.recv_into(ARRIVED)
            except OSError:  # all was read
                return
            if not size:
                return
            self.arrived(size)

    def close(self) -> None:
        """Free what the side holds."""
        self.link.close()


def _nothing() -> None:
    pass
