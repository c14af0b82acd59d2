"""A connection of the engine between two peers in memory: no sockets, real TLS on all three sides.

The peers are Python's own `ssl` (another OpenSSL than the engine's), which makes them the oracle. What stands in for
the network is a pair of byte queues with the surface of a socket, and a loop that knows readiness of queues; all above
them is the engine's own code. A queue can be small (back-pressure) and deliver in pieces down to a byte (`piece`).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
import warnings
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path

from support.certificates import UpstreamCA
from tlscope.capture.journal import Journal
from tlscope.capture.reader import Record, read
from tlscope.config import Address, Config, Limits, Mode
from tlscope.engine.connection import Connection
from tlscope.engine.link import Link
from tlscope.engine.recorder import Services
from tlscope.events import Data, Faulted, Message
from tlscope.wire.tls.codes import message_name
from tlscope_ca.authority import Authority

REVERSE = Mode("reverse", "tcp", Address("localhost", 443))
PATIENCE = 20
"""Seconds after which a conversation that does not go on is a failed test."""

_numbers = count(1_000_000)


class MemoryLoop:
    """The running loop, with readiness of memory sockets in place of file descriptors."""

    def __init__(self):
        self._real = asyncio.get_running_loop()
        self.sockets = {}
        self._readers, self._writers, self._called = {}, {}, set()

    def __getattr__(self, name):
        return getattr(self._real, name)

    def add_reader(self, fd, callback, *args):
        self._readers[fd] = lambda: callback(*args)
        self.look(fd)

    def remove_reader(self, fd):
        return self._readers.pop(fd, None) is not None

    def add_writer(self, fd, callback, *args):
        self._writers[fd] = lambda: callback(*args)
        self.look(fd)

    def remove_writer(self, fd):
        return self._writers.pop(fd, None) is not None

    def look(self, fd):
        """Call back, soon, whoever waits for what is so now."""
        if fd not in self._called and self._ready(fd):
            self._called.add(fd)
            self._real.call_soon(self._call, fd)

    def _ready(self, fd):
        sock = self.sockets.get(fd)
        return sock and ((fd in self._readers and sock.readable) or (fd in self._writers and sock.writable))

    def _call(self, fd):
        self._called.discard(fd)
        sock = self.sockets.get(fd)
        for waiting, ready in ((self._readers, "readable"), (self._writers, "writable")):
            if sock and fd in waiting and getattr(sock, ready):
                waiting[fd]()
        self.look(fd)


class MemorySocket:
    """One end of a pair; what it is given to send lies in the other end's queue until that reads it."""

    family = None

    def __init__(self, loop, room, piece):
        self.loop, self.room, self.piece = loop, room, piece
        self.fd = next(_numbers)
        self.queue = bytearray()
        self.other = None
        self.ended = self.reset = self.closed = self.finished = self.resets = False
        loop.sockets[self.fd] = self

    @classmethod
    def pair(cls, loop, room=1 << 16, piece=1 << 16):
        one, two = cls(loop, room, piece), cls(loop, room, piece)
        one.other, two.other = two, one
        return one, two

    @property
    def readable(self):
        return bool(self.queue) or self.ended or self.reset

    @property
    def writable(self):
        return self.other.closed or self.reset or len(self.other.queue) < self.room

    def fileno(self):
        return self.fd

    def setblocking(self, _):
        pass

    def setsockopt(self, _, option, __):
        self.resets = self.resets or option == socket.SO_LINGER

    def recv(self, size):
        if self.reset:
            raise ConnectionResetError
        if not self.queue and not self.ended:
            raise BlockingIOError
        size = min(size, self.piece)
        data = bytes(self.queue[:size])
        del self.queue[:size]
        self.loop.look(self.other.fd)
        return data

    def recv_into(self, buffer):
        data = self.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def send(self, data):
        if self.reset or self.finished:
            raise BrokenPipeError
        if self.other.closed:  # as TCP: what was sent to a closed end comes back as a reset
            self.reset = True
            raise ConnectionResetError
        size = min(len(data), self.room - len(self.other.queue))
        if size <= 0:
            raise BlockingIOError
        self.other.queue += bytes(data[:size])
        self.loop.look(self.other.fd)
        return size

    def shutdown(self, _):
        self.finished = self.other.ended = True
        self.loop.look(self.other.fd)

    def close(self):
        if self.closed:
            return
        self.closed = True
        if self.resets or self.queue:  # as TCP: unread input, or no linger
            self.other.reset = True
            self.other.queue.clear()
        else:
            self.other.ended = True
        self.loop.look(self.other.fd)
        self.loop.sockets.pop(self.fd, None)


class Peer:
    """A client or a server at the far end of a memory socket: Python's ssl, or no TLS at all."""

    def __init__(self, sock, context=None, *, server=False, name=None):
        self.sock, self.loop = sock, sock.loop
        self.inner, self.outer = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context and context.wrap_bio(self.inner, self.outer, server_side=server, server_hostname=name)
        self.sending = asyncio.Lock()
        """Whoever reads may have to send, and whoever sends may have to wait: bytes must not mix."""
        self.got = bytearray()
        self.end = ""
        """How it ended: `close_notify`, `FIN`, `RST`."""

    async def handshake(self):
        await self._do(self.tls.do_handshake)

    async def send(self, data):
        if not self.tls:
            await self.send_raw(data)
            return
        view = memoryview(data)
        while view:
            size = await self._do(partial(self.tls.write, view[:16384]))
            view = view[size:]

    async def send_raw(self, data):
        view = memoryview(data)
        while view:
            try:
                view = view[self.sock.send(view) :]
            except BlockingIOError:
                await self._ready(self.loop.add_writer, self.loop.remove_writer)

    async def receive(self, size):
        """Exactly so many bytes of data, in all since the beginning."""
        while len(self.got) < size and not self.end:
            await self._more_data()
        return bytes(self.got[:size])

    async def receive_all(self):
        """Everything until the end, of which `end` then tells."""
        while not self.end:
            await self._more_data()
        return bytes(self.got)

    async def close_notify(self):
        with suppress(ssl.SSLError):  # it waits for the other one; ours is out
            self.tls.unwrap()
        await self._flush()

    async def finish(self):
        async with self.sending:
            self.sock.shutdown(None)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"")
        self.sock.close()

    async def raw(self):
        """What arrives next, undecrypted; empty at the end."""
        await self._ready(self.loop.add_reader, self.loop.remove_reader)
        try:
            return self.sock.recv(1 << 16)
        except ConnectionResetError:
            self.end = "RST"
            return b""

    async def _more_data(self):
        if not self.tls:
            data = await self.raw()
            self.got += data
            self.end = self.end or ("" if data else "FIN")
            return
        try:
            data = await self._do(lambda: self.tls.read(1 << 16))
            self.got += data
            self.end = "" if data else "close_notify"  # ssl gives the first one as an empty read
        except ssl.SSLZeroReturnError:
            self.end = "close_notify"
        except ssl.SSLEOFError:
            self.end = "FIN"

    async def _do(self, operation):
        while True:
            try:
                result = operation()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self.raw()
                if self.end:
                    raise ConnectionResetError from None
                self.inner.write(data) if data else self.inner.write_eof()
            except ssl.SSLError:
                with suppress(BrokenPipeError):  # it has an alert to send, and may have said FIN already
                    await self._flush()
                raise
            else:
                await self._flush()
                return result

    async def _flush(self):
        async with self.sending:
            if self.outer.pending:
                await self.send_raw(self.outer.read())

    async def _ready(self, add, remove):
        future = self.loop.create_future()
        add(self.sock.fd, lambda: future.done() or future.set_result(None))
        try:
            await asyncio.wait_for(future, PATIENCE)
        finally:
            remove(self.sock.fd)


class Dialer:
    """Hands out the near end of the pair whose far end the test's server holds; or a fault."""

    def __init__(self):
        self.sock, self.fault, self.targets = None, None, []

    def knows(self, _):
        return True

    async def dial(self, target):
        self.targets.append(target)
        if self.fault:
            raise self.fault
        return self.sock, str(target)


class Stage:
    """An engine with one connection at a time, and what it recorded."""

    def __init__(self, directory, loop, config, room, piece):
        self.directory, self.loop, self.config = directory, loop, config
        self.journal = Journal(config.capture, call_later=loop.call_later)
        self.services = Services(config, self.journal, Authority.load_or_create(config.authority), lambda *_: False)
        self.services.dialer = self.dialer = Dialer()
        self.services.closed = lambda _: self.over.set()
        self.over = asyncio.Event()
        self.room, self.piece = room, piece
        self.connection = None

    def accept(self):
        """A client connects: the client's and the server's far ends."""
        near, client = MemorySocket.pair(self.loop, self.room, self.piece)
        self.dialer.sock, server = MemorySocket.pair(self.loop, self.room, self.piece)
        self.over.clear()
        self.connection = Connection(Link(near, self.loop, "memory:1"), "127.0.0.1:8080", self.services)
        self.connection.task = asyncio.ensure_future(self.connection.run())
        return client, server

    async def ended(self):
        """Wait until the connection is over; what was recorded of it, in order."""
        async with asyncio.timeout(PATIENCE):
            await self.over.wait()
        return self.recorded(self.connection.number)

    def recorded(self, number):
        self.journal.flush()
        records = [item for item in read(self.config.capture) if isinstance(item, Record)]
        return [record.event for record in records if record.connection == number]


@asynccontextmanager
async def stage(*, room=1 << 16, piece=1 << 16, mode=REVERSE, **options):
    """An engine in memory. The server's certificate must come from `upstream().issue`."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "capture").mkdir()
        limits = options.pop("limits", Limits(hello_time=5, handshake_time=5, certificate_wait=0.05))
        config = Config(
            directory / "capture", directory / "ca", mode=mode, ca_files=(upstream().pem,), limits=limits, **options
        )
        made = Stage(directory, MemoryLoop(), config, room, piece)
        try:
            yield made
        finally:
            if made.connection and not made.over.is_set():
                made.connection.stop("the test is over")
            made.journal.close()


_upstream = []


def upstream():
    """The CA that vouches for the servers, made once."""
    if not _upstream:
        _upstream.append(UpstreamCA(Path(tempfile.mkdtemp(prefix="upstream-"))))
    return _upstream[0]


_certificates = {}


def server_context(version=ssl.TLSVersion.TLSv1_3, key="ec", **fault):
    """A server for `localhost`, of one version; `fault` as UpstreamCA.issue takes it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    what = (key, *sorted(fault.items()))
    if what not in _certificates:
        _certificates[what] = upstream().issue("localhost", key=key, **fault)
    context.load_cert_chain(_certificates[what].pem)
    return _one_version(context, version)


def client_context(made, version=ssl.TLSVersion.TLSv1_3, *, trust=True):
    """A client of one version that trusts the stage's CA, or nobody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trust:
        context.load_verify_locations(made.config.authority / "ca.pem")
    return _one_version(context, version)


def _one_version(context, version):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of TLS 1.0 and 1.1, which are meant
        return _set_version(context, version)


def _set_version(context, version):
    if version < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    context.minimum_version = version
    context.maximum_version = version
    return context


async def converse(made, version=ssl.TLSVersion.TLSv1_3, **options):
    """Both handshakes through the engine: the client and the server."""
    client_end, server_end = made.accept()
    client = Peer(client_end, client_context(made, version, **options), name="localhost")
    server = Peer(server_end, server_context(version), server=True)
    await asyncio.gather(client.handshake(), server.handshake())
    return client, server


def run(story):
    """Run one test's coroutine to its end."""
    asyncio.run(story)


def messages(events, leg):
    """Direction and name of a leg's messages, without alerts."""
    found = [event for event in events if isinstance(event, Message) and event.leg is leg]
    named = [(event.direction.name.lower(), message_name(event.content_type, event.data)) for event in found]
    return [f"{direction} {name}" for direction, name in named if name != "Alert"]


def data(events, direction):
    """What the capture holds of one direction."""
    return b"".join(event.data for event in events if isinstance(event, Data) and event.direction is direction)


def only(events, kind):
    """The one event of its kind."""
    (found,) = [event for event in events if isinstance(event, kind)]
    return found


def faults(events):
    """Who and what, of all faults."""
    return [(str(event.who), event.code) for event in events if isinstance(event, Faulted)]
