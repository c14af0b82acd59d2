"""Sides of a relay that do not open what passes."""

from __future__ import annotations

from tlscope.engine.relay import ARRIVED, Side
from tlscope.events import Ciphertext, Data


class PlainSide(Side):
    """A side of a connection that is not TLS: recorded as data outside TLS."""

    __slots__ = ()

    def begin(self) -> None:
        """Pass on what arrived before the relay began."""
        if data := self.link.take():
            self.pass_on(data)

    def readable(self) -> None:
        """Something arrived, or the end."""
        if size := self.receive():
            self.arrived(size)

    def arrived(self, size: int) -> None:
        """Take bytes that lie in the shared buffer."""
        self.pass_on(bytes(memoryview(ARRIVED)[:size]))

    def pass_on(self, data: bytes) -> None:
        """Send bytes on, and record them."""
        taken = self.other.transmit(memoryview(data))
        self.keep(data)
        self.counted += len(data)
        if not taken:
            self.other.broken()

    def keep(self, data: bytes) -> None:
        """Record what passed."""
        self.relay.put(Data(self.direction, data, encrypted=False))


class OpaqueSide(PlainSide):
    """A side of a connection that is passed through untouched."""

    __slots__ = ()

    def keep(self, data: bytes) -> None:
        """Record what passed, where the user asked for ciphertext."""
        if self.relay.keep_ciphertext:
            self.relay.put(Ciphertext(self.leg, self.direction, data))
