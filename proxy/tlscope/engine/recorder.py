"""The recorder: opens the capture, the CA and the ports, accepts, and ends in good order.

    Recorder(config).start() ... await run() ... stop()

One loop, one thread; others only resolve names and make the RSA key. What a connection needs of the recorder
it gets as `Services`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import os
import socket
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding

from tlscope import __version__
from tlscope.capture.directory import Hold
from tlscope.capture.journal import Journal
from tlscope.config import Address, Config, OnFull
from tlscope.engine import contexts, openssl
from tlscope.engine.connection import Connection
from tlscope.engine.control import Control
from tlscope.engine.dial import Dialer
from tlscope.engine.link import Link
from tlscope.engine.policy import Rules
from tlscope.engine.status import status
from tlscope.faults import OurFault
from tlscope_ca.authority import Authority
from tlscope_ca.leaf import KeyType, Leaf, Minter
from tlscope_ca.users import Use
from tlscope_ca.verify import Verdict, Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tlscope.events import Ruled

log = logging.getLogger("tlscope")

BACKLOG = 4096
"""Connections that the kernel holds for us; it may allow less (net.core.somaxconn)."""
ACCEPT_AT_ONCE = 64
"""Accepted before the others get their turn."""
OUT_OF_FILES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
BACK_OFF = 0.25
"""Seconds without accepting when there are no file descriptors; connections that end meanwhile free some."""
TICK = 0.1
"""Seconds between looks at the deadlines, while there are connections."""
REST_EVERY = 50
"""Ticks between looks for connections that fell quiet and can give memory back."""
WARN_EVERY = 30
"""Seconds between two warnings of the same kind: why nobody is accepted can change many times a second."""
NATIVE_LEAVES = 1024


class Services:
    """What connections share. `closed` is called by each at its end."""

    def __init__(
        self, config: Config, journal: Journal, authority: Authority, is_ours: Callable[[str, int], bool]
    ) -> None:
        self.config, self.journal = config, journal
        self.rules = Rules(config)
        self.up = self.down = 0
        """Bytes that the connections carried which are over, as their outcomes say."""
        self.address = openssl.address_of(journal.buffer)
        self.verifier = Verifier(ca_files=config.ca_files)
        self.dialer = Dialer(config.limits, is_ours)
        self.closed: Callable[[Connection], None] = lambda _: None
        self._minter = Minter(authority)
        self._native: dict[bytes, tuple[Any, Any]] = {}

    async def mint(self, upstream: bytes, verdict: Verdict, key: KeyType, extra_names: tuple[str, ...]) -> Leaf:
        """A leaf that mirrors the server's; see `Minter.mint`."""
        if not self._minter.ready(key):
            await asyncio.to_thread(self._minter.warm, key)
        return self._minter.mint(upstream, verdict, key, extra_names)

    def native(self, leaf: Leaf) -> tuple[Any, Any]:
        """A leaf's certificate and key as OpenSSL's own, kept: converting costs more than minting's look-up."""
        found = self._native.get(leaf.der)
        if found is None:
            while len(self._native) >= NATIVE_LEAVES:
                del self._native[next(iter(self._native))]
            found = self._native[leaf.der] = openssl.native(leaf.certificate, leaf.key)
        return found

    @staticmethod
    def chain(leaf: Leaf) -> tuple[bytes, ...]:
        """What to send behind a leaf, as DER."""
        return tuple(certificate.public_bytes(Encoding.DER) for certificate in leaf.chain)

    @staticmethod
    def is_address(host: str) -> bool:
        """Whether a host is an IP address, which is never a server name (RFC 6066 section 3)."""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        return True


def _reason(error: OSError) -> str:
    """Why a socket cannot listen, in the system's words: Python's repeat the address, or the number."""
    if error.errno is None or isinstance(error, socket.gaierror):  # the resolver's numbers are its own
        return error.strerror or str(error)
    return os.strerror(error.errno)


def _reaches(host: str, bound: str) -> bool:
    """Whether connecting to an address arrives at a socket that is bound to another one, at the same port."""
    to, at = _plain_address(host), _plain_address(bound)
    if to.version != at.version or not at.is_unspecified:
        return to == at or (to.version == at.version and to.is_unspecified and at.is_loopback)
    return to.is_loopback or to.is_unspecified or _is_this_machine(host)


def _plain_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address without its zone; the IPv4 address of one that is mapped (RFC 4291 section 2.5.5.2)."""
    address = ipaddress.ip_address(host.partition("%")[0])
    return (address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address


def _is_this_machine(host: str) -> bool:
    """Whether an address is one of this machine's: the way there begins where it ends. Nothing is sent."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((host, 9))
            return _plain_address(probe.getsockname()[0]) == _plain_address(host)
    except OSError:  # there is no way
        return False


class Recorder:
    """Records what its config says. Made and started on a running loop."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.authority: Authority
        self.listening: list[Address] = []
        self.journal: Journal
        self.services: Services
        self.started: datetime
        self.waiting = ""
        """Why no connection is accepted at the moment; empty while all is well."""
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sockets: list[socket.socket] = []
        self._accepting = False
        self._warned: dict[str, float] = {}
        """When, on the loop's clock, a warning may be repeated."""
        self._ticks = 0
        self._ticking: asyncio.TimerHandle | None = None
        self._stopped = asyncio.Event()

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    # ------------------------------------------------------------------------------------------------------------- life

    def start(self) -> None:
        """Open everything.

        Raises CaptureError, AuthorityError, RootsError, or OurFault with the code `cannot-listen`; nothing stays
        open then.
        """
        config = self.config
        for own in config.client_certificates:  # a certificate that cannot be used is told now, not at the first server
            contexts.to_servers(contexts.TLS1_2, contexts.TLS1_2, b"", own.path)
        with contextlib.ExitStack() as opened:
            self._use = self._used()
            opened.callback(self._use_no_more)
            self.authority = Authority.load_or_create(config.authority)
            self._hold = Hold(config.capture)
            opened.callback(self._hold.abandon)
            opened.callback(self._close_sockets)
            self._listen()
            self.journal = Journal(
                config.capture,
                call_later=self._loop.call_later,
                on_stop=self._recording_stopped,
                keep=config.keep,
                keylog=config.keylog,
                meta={"tlscope": __version__, "mode": str(config.mode), "listening": [str(a) for a in self.listening]},
            )
            opened.callback(self.journal.close)
            self.services = Services(config, self.journal, self.authority, self._is_ours)
            opened.pop_all()  # nothing failed: all of it stays open
        self.services.closed = self._closed
        self._before, self.started = self.journal.connections, datetime.now(UTC)
        self._control = Control(config.capture, self)
        self._control.open()
        self._accept_on()

    async def run(self) -> None:
        """Record until `stop`, then end every connection, write what is left and let the capture go."""
        await self._stopped.wait()
        self._accept_off()
        self._close_sockets()
        for connection in list(self._connections):
            connection.stop("the recorder was stopped")
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._ticking:
            self._ticking.cancel()
        self.journal.note(connections=self.journal.connections)
        self.journal.close()
        await self._control.close()
        self._hold.release()
        self._use_no_more()

    def _used(self) -> Use | None:
        """Say that we work with this authority, for who replaces it."""
        try:
            return Use(self.config.authority, str(self.config.capture))
        except OSError as error:
            log.warning("whoever rotates the CA is not told of this recorder: %s", error)
            return None

    def _use_no_more(self) -> None:
        if self._use:
            self._use.end()

    def stop(self) -> None:
        """Let `run` return; from a signal handler of the loop, too."""
        self._stopped.set()

    # ------------------------------------------------------------------------------------------------ being controlled

    @property
    def recorded(self) -> int:
        """Connections since `start`."""
        return self.journal.connections - self._before

    @property
    def connections(self) -> Collection[Connection]:
        """Those that are open."""
        return self._connections

    @property
    def rules(self) -> Rules:
        """What is done with new connections."""
        return self.services.rules

    def changed(self, change: Ruled) -> None:
        """Record that the rules were changed."""
        self.journal.put(0, change)

    def status(self) -> dict[str, Any]:
        """How it is; see status.py."""
        return status(self)

    # --------------------------------------------------------------------------------------------------------- trouble

    def _recording_stopped(self, why: str) -> None:
        log.error("%s", why)
        if self.config.on_full is OnFull.CLOSE:
            self._loop.call_soon(self._record_or_nothing, why)

    def _record_or_nothing(self, why: str) -> None:
        log.error("no connection goes on unrecorded (--on-full close)")
        self._accept_off()
        self._close_sockets()  # clients are refused; in the listen queue they would wait for nothing
        for connection in list(self._connections):
            connection.stop(why)

    def _warn(self, what: str, about: object) -> None:
        """Say why nobody is accepted, unless that was said a moment ago; `waiting` says how it is now."""
        now = self._loop.time()
        if now >= self._warned.get(what, now):
            self._warned[what] = now + WARN_EVERY
            log.warning(what, about)

    def _tick(self) -> None:
        """Look after the connections: end what takes too long, let the quiet ones rest."""
        self._ticks += 1
        now = self._loop.time()
        for connection in list(self._connections):
            if connection.deadline is not None and connection.deadline < now:
                connection.expire()
            elif connection.relay and self._ticks % REST_EVERY == 0:
                connection.relay.rest()
        self._ticking = self._loop.call_later(TICK, self._tick) if self._connections else None

    # -------------------------------------------------------------------------------------------------------- listening

    def _listen(self) -> None:
        for address in self.config.listen:
            try:
                family, _, _, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
                sock = socket.create_server(place[:2], family=family, backlog=BACKLOG)
            except OSError as error:
                raise OurFault(
                    "cannot-listen",
                    f"cannot listen on {address}: {_reason(error)}",
                    "is another recorder running? name another port with -l ADDRESS:PORT, or port 0 for any",
                ) from None
            sock.setblocking(False)  # noqa: FBT003 (the library's signature)
            self._sockets.append(sock)
            host, port = sock.getsockname()[:2]
            self.listening.append(Address(host, port))

    def _close_sockets(self) -> None:
        for sock in self._sockets:
            sock.close()

    def _is_ours(self, host: str, port: int) -> bool:
        """Whether connecting there would connect us to ourselves."""
        return any(port == own.port and _reaches(host, own.host) for own in self.listening)

    def _accept_on(self) -> None:
        if not self._accepting and not self._stopped.is_set() and not self._refuses():
            self._accepting, self.waiting = True, ""
            for sock, own in zip(self._sockets, self.listening, strict=True):
                self._loop.add_reader(sock.fileno(), self._accept, sock, str(own))

    def _accept_off(self, why: str = "") -> None:
        if self._accepting:
            self._accepting, self.waiting = False, why
            for sock in self._sockets:
                self._loop.remove_reader(sock.fileno())

    def _accept(self, sock: socket.socket, listener: str) -> None:
        for _ in range(ACCEPT_AT_ONCE):
            if len(self._connections) >= self.config.limits.connections:
                self._warn("%d connections: new ones wait until some end", len(self._connections))
                self._accept_off(f"{len(self._connections)} are open, which is the limit")
                return
            try:
                accepted, peer = sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in OUT_OF_FILES:
                    raise
                self._warn(
                    "cannot accept: %s; waiting for connections to end (ulimit -n raises the limit)", error.strerror
                )
                self._accept_off(f"{error.strerror} (ulimit -n raises the limit)")
                self._loop.call_later(BACK_OFF, self._accept_on)
                return
            self._begin(Connection(Link(accepted, self._loop, str(Address(*peer[:2]))), listener, self.services))

    def _begin(self, connection: Connection) -> None:
        self._connections.add(connection)
        if self._ticking is None:
            self._ticking = self._loop.call_later(TICK, self._tick)
        connection.task = task = self._loop.create_task(connection.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _closed(self, connection: Connection) -> None:
        connection.task = None
        self._connections.discard(connection)
        if not self._accepting and len(self._connections) < self.config.limits.connections:
            self._accept_on()

    def _refuses(self) -> bool:
        return bool(self.journal.stopped) and self.config.on_full is OnFull.CLOSE
