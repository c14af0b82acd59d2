"""Reach a server: resolve its name, try its addresses, never our own port.

Addresses are tried in the resolver's order, the next after `STAGGER` seconds or as soon as one fails, and the first
that answers wins (RFC 8305, Happy Eyeballs, without its sorting). What answered last is tried first the next time.

There is no time-out here: whoever waits for `dial` cancels it.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlscope.config import Address, Limits
from tlscope.engine.resolver import Resolver
from tlscope.faults import ClientFault, Fault, NetworkFault, OurFault, UpstreamFault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tlscope.engine.resolver import Answers

STAGGER = 0.25
"""Seconds between attempts (RFC 8305 section 5)."""
REMEMBERED = 1024
"""Targets whose addresses are kept."""
MAX_ADDRESSES = 8
"""Tried for one connection."""

Endpoint = tuple[socket.AddressFamily, tuple[str, int]]


@dataclass(slots=True)
class _Known:
    """What a target resolved to, until when that is believed, and whether it is our own port."""

    until: float
    endpoints: list[Endpoint]
    ours: bool


class Dialer:
    """Makes the connections to servers. `is_ours` says which addresses are our own listening ports."""

    def __init__(
        self, limits: Limits, is_ours: Callable[[str, int], bool], ask: Callable[..., Awaitable[Answers]] | None = None
    ) -> None:
        """`ask` resolves a host and a port in place of the system."""
        self._limits, self._is_ours = limits, is_ours
        self._ask = ask or Resolver().look_up
        self._known: dict[Address, _Known] = {}
        self._loop = asyncio.get_running_loop()

    async def dial(self, target: Address) -> tuple[socket.socket, str]:
        """A connected socket and the address that answered; raises the fault that says why there is none."""
        known = self._remembered(target) or await self._resolve(target)
        if known.ours:
            raise ClientFault("own-port", f"{target} is tlscope's own port", "name the server that is meant")
        race = _Race(self._loop, target, known.endpoints)
        sock, endpoint = await race.run()
        if endpoint != known.endpoints[0]:
            known.endpoints = [endpoint, *(other for other in known.endpoints if other != endpoint)]
        return sock, str(Address(*endpoint[1]))

    def knows(self, target: Address) -> bool:
        """Whether `resolve` has nothing to do."""
        return self._remembered(target) is not None

    async def resolve(self, target: Address) -> None:
        """Find the addresses of a target, for `dial`; raises the fault that says why there are none."""
        await self._resolve(target)

    def _remembered(self, target: Address) -> _Known | None:
        known = self._known.get(target)
        return None if known is None or known.until < self._loop.time() else known

    async def _resolve(self, target: Address) -> _Known:
        try:
            address = ipaddress.ip_address(target.host)
        except ValueError:
            endpoints = await self._look_up(target)
        else:
            family = socket.AddressFamily.AF_INET6 if address.version == 6 else socket.AddressFamily.AF_INET
            endpoints = [(family, (target.host, target.port))]
        while len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        known = self._known[target] = _Known(
            self._loop.time() + self._limits.resolver_memory,
            endpoints,
            any(self._is_ours(host, port) for _, (host, port) in endpoints),
        )
        return known

    async def _look_up(self, target: Address) -> list[Endpoint]:
        try:
            found = await self._ask(target.host, target.port)
        except (OSError, UnicodeError) as error:
            why = (isinstance(error, OSError) and error.strerror) or error  # else the resolver's number is told as well
            raise NetworkFault(
                "name-unknown", f"the name {target.host} does not resolve: {why}", "check the name, and DNS"
            ) from None
        places = [(socket.AddressFamily(family), place) for family, _, _, _, place in found[:MAX_ADDRESSES]]
        return [(family, (str(place[0]), int(place[1]))) for family, place in places]


class _Race:
    """Attempts at several addresses of one target; the first that connects ends it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, target: Address, endpoints: list[Endpoint]) -> None:
        self._loop, self._target = loop, target
        self._waiting = list(endpoints)
        self._trying: dict[int, socket.socket] = {}
        self._error = OSError(errno.EADDRNOTAVAIL, "it has no address")
        self._won: asyncio.Future[tuple[socket.socket, Endpoint]] = loop.create_future()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> tuple[socket.socket, Endpoint]:
        self._next()
        try:
            return await self._won
        except asyncio.CancelledError:
            if self._won.done() and not self._won.cancelled() and not self._won.exception():
                self._won.result()[0].close()  # it answered in the same turn of the loop, and nobody wants it any more
            raise
        finally:
            if self._timer:
                self._timer.cancel()
            for fd, sock in self._trying.items():
                self._loop.remove_writer(fd)
                sock.close()

    def _next(self) -> None:
        """Begin the next attempt; without one, and none under way, the race is lost."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._won.done():
            return
        if not self._waiting:
            if not self._trying:
                self._won.set_exception(_fault(self._target, self._error))
            return
        endpoint = self._waiting.pop(0)
        if self._waiting:
            self._timer = self._loop.call_later(STAGGER, self._next)
        try:
            sock = socket.socket(endpoint[0], socket.SOCK_STREAM)
        except OSError as error:
            self._failed(error)
            return
        sock.setblocking(False)  # noqa: FBT003 (the library's signature)
        fd = sock.fileno()
        self._trying[fd] = sock
        try:
            code = sock.connect_ex(endpoint[1])
        except OSError:  # the zone of an IPv6 address is looked up first: it names no interface of this machine
            code = errno.ENODEV
        if code == errno.EINPROGRESS:
            self._loop.add_writer(fd, self._answered, fd, endpoint)
        else:
            self._settle(fd, endpoint, code)

    def _answered(self, fd: int, endpoint: Endpoint) -> None:
        self._loop.remove_writer(fd)
        self._settle(fd, endpoint, self._trying[fd].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def _settle(self, fd: int, endpoint: Endpoint, code: int) -> None:
        sock = self._trying.pop(fd)
        if code or self._won.done():
            sock.close()
            self._failed(OSError(code, os.strerror(code)))
        else:
            self._won.set_result((sock, endpoint))

    def _failed(self, error: OSError) -> None:
        self._error = error
        self._next()


def _fault(target: Address, error: OSError) -> Fault:
    """The fault that the last failure stands for."""
    if error.errno == errno.ECONNREFUSED:
        return UpstreamFault(
            "connection-refused", f"{target} refuses connections", "is the server running, on this port?"
        )
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return OurFault(
            "out-of-sockets", f"no socket for {target}: {error.strerror}", "raise the limit of open files (ulimit -n)"
        )
    if error.errno in {errno.ECONNRESET, errno.EPIPE}:
        return UpstreamFault("connection-reset", f"{target} resets connections", "is the server running, on this port?")
    return UpstreamFault(
        "unreachable", f"{target} cannot be reached: {error.strerror}", "is there a way to it from here?"
    )
