"""Reach a server: resolve its name, try its addresses, never our own port.

Addresses are tried in the resolver's order, the next after `STAGGER` seconds or as soon as one fails, and the first that
answers wins (RFC 8305, Happy Eyeballs, without its sorting). What answered last is tried first the next time.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import time
from collections.abc import Callable, Sequence

from tlscope.config import Address, Limits
from tlscope.faults import ClientFault, Fault, NetworkFault, OurFault, UpstreamFault

STAGGER = 0.25
"""Seconds between attempts (RFC 8305 section 5)."""
REMEMBERED = 1024
"""Names whose addresses are kept."""
MAX_ADDRESSES = 8
"""Tried for one connection."""

Endpoint = tuple[socket.AddressFamily, tuple[str, int]]


class Dialer:
    """Makes the connections to servers. `is_ours` says which addresses are our own listening ports."""

    def __init__(self, limits: Limits, is_ours: Callable[[str, int], bool]) -> None:
        self._limits, self._is_ours = limits, is_ours
        self._known: dict[Address, tuple[float, list[Endpoint]]] = {}

    async def dial(self, target: Address) -> socket.socket:
        """A connected socket; raises the fault that says why there is none."""
        try:
            async with asyncio.timeout(self._limits.dial_time):
                endpoints = await self._resolve(target)
                if any(self._is_ours(host, port) for _, (host, port) in endpoints):
                    raise ClientFault("own-port", f"{target} is tlscope's own port", "name the server that is meant")
                return await self._race(target, endpoints)
        except TimeoutError:
            raise UpstreamFault("dial-timeout", f"{target} did not answer within {self._limits.dial_time:g} s",
                                "is the server up, and is there a way to it?") from None  # fmt: skip

    async def _resolve(self, target: Address) -> list[Endpoint]:
        try:
            address = ipaddress.ip_address(target.host)
        except ValueError:
            pass
        else:
            return [(socket.AF_INET6 if address.version == 6 else socket.AF_INET, (target.host, target.port))]
        now = time.monotonic()
        known = self._known.get(target)
        if known and known[0] > now:
            return known[1]
        try:
            found = await asyncio.get_running_loop().getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NetworkFault("name-unknown", f"the name {target.host} does not resolve: {error}", "check the name, and DNS") from None
        endpoints = [(family, (str(place[0]), int(place[1]))) for family, _, _, _, place in found][:MAX_ADDRESSES]
        while len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[target] = now + self._limits.resolver_memory, endpoints
        return endpoints

    async def _race(self, target: Address, endpoints: list[Endpoint]) -> socket.socket:
        attempts: dict[asyncio.Task[socket.socket], Endpoint] = {}
        failures: list[OSError] = []
        waiting = list(endpoints)
        try:
            if len(waiting) == 1:
                return await _connect(waiting[0])
            while waiting or attempts:
                if waiting:
                    endpoint = waiting.pop(0)
                    attempts[asyncio.ensure_future(_connect(endpoint))] = endpoint
                done, _ = await asyncio.wait(attempts, timeout=STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    endpoint = attempts.pop(task)
                    if (error := task.exception()) is None:
                        endpoints.sort(key=lambda other, won=endpoint: other != won)  # type: ignore[misc]
                        return task.result()
                    if not isinstance(error, OSError):
                        raise error
                    failures.append(error)
        except OSError as error:
            failures.append(error)
        finally:
            for task in attempts:
                task.add_done_callback(_discard)
                task.cancel()
        raise _fault(target, failures)


async def _connect(endpoint: Endpoint) -> socket.socket:
    family, place = endpoint
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, place)
    except BaseException:
        sock.close()
        raise
    return sock


def _discard(task: asyncio.Task[socket.socket]) -> None:
    """An attempt that lost the race may have connected all the same."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _fault(target: Address, failures: Sequence[OSError]) -> Fault:
    """The fault that the last failure stands for."""
    error = failures[-1] if failures else OSError("it has no address")
    if error.errno == errno.ECONNREFUSED:
        return UpstreamFault("connection-refused", f"{target} refuses connections", "is the server running, on this port?")
    if error.errno in {errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL}:
        return OurFault("out-of-sockets", f"no socket for {target}: {error.strerror}", "raise the limit of open files (ulimit -n)")
    if error.errno in {errno.ECONNRESET, errno.EPIPE}:
        return UpstreamFault("connection-reset", f"{target} resets connections", "is the server running, on this port?")
    return UpstreamFault("unreachable", f"{target} cannot be reached: {error.strerror or error}", "is there a way to it from here?")
