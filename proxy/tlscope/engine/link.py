"""One non-blocking byte stream on the loop: a TCP connection, or a test's stand-in for one.

A link lives twice. During routing and handshakes it *gathers*: what arrives waits in an inbox of bounded size for a
coroutine (`more`, `take`). For the relay it is *driven*: callbacks on readiness, `recv_into` and `transmit` straight
on the socket. Tests put another class with the same surface in its place, and need no socket.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import TYPE_CHECKING

from tlscope.events import How

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

INBOX = 128 * 1024
"""Bytes gathered before reading pauses: more than a hello or a server's flight, less than a relay's one read."""
_READ = 64 * 1024
_LINGER_RESET = struct.pack("ii", 1, 0)


class Link:
    """Owns its socket. Not safe from other threads than the loop's."""

    __slots__ = (
        "_fd",
        "_inbox",
        "_outbox",
        "_reading",
        "_sock",
        "_waiter",
        "_writing",
        "arrival",
        "ended",
        "loop",
        "peer",
        "recv_into",
        "transmit",
    )

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop, peer: str) -> None:
        sock.setblocking(False)  # noqa: FBT003 (the library's signature)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer = peer
        """The other end, as `host:port`."""
        self.ended: How | None = None
        """How the other end closed, once it did."""
        self.arrival: Callable[[], None] | None = None
        """Called at once when something arrived, or the end, in place of waking who waits in `more`."""
        self.recv_into = sock.recv_into
        self.transmit = sock.send
        self._sock, self.loop, self._fd = sock, loop, sock.fileno()
        self._inbox, self._outbox = bytearray(), b""
        self._waiter: asyncio.Future[None] | None = None
        self._reading, self._writing = True, False
        """Whether the loop knows the socket for that; asking the loop is dearer."""
        loop.add_reader(self._fd, self._gather)

    # -------------------------------------------------------------------------------------------------------- gathering

    async def more(self) -> bool:
        """Wait until something has arrived; False where the other end closed and all was taken."""
        while not self._inbox and self.ended is None:
            self._waiter = self.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return bool(self._inbox)

    async def first(self, other: Link) -> None:
        """Wait until something has arrived, or ended, here or there."""
        while not (self._inbox or other._inbox or self.ended or other.ended):
            self._waiter = other._waiter = self.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = other._waiter = None

    @property
    def waiting(self) -> int:
        """Bytes that `take` would give."""
        return len(self._inbox)

    def take(self) -> bytes:
        """What has arrived; reading goes on where it had paused."""
        data = bytes(self._inbox)
        self._inbox.clear()
        if len(data) >= INBOX and self.ended is None:
            self.on_readable(self._gather)
        return data

    def put_back(self, data: bytes) -> None:
        """Let `take` give these bytes again, first."""
        self._inbox[:0] = data

    def send(self, data: bytes) -> None:
        """Send, now or when the other end reads; for what is small and seldom."""
        if not self._outbox:
            data = data[self._try(data) :]
        if data:
            self._outbox += data
            self.on_writable(self._send_rest)

    def _gather(self) -> None:
        try:
            data = self._sock.recv(_READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data, self.ended = b"", How.RST
        self._inbox += data
        if not data or len(self._inbox) >= INBOX:
            self.pause()
            self.ended = self.ended or (None if data else How.FIN)
        if self.arrival:
            self.arrival()
        elif self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def _try(self, data: bytes) -> int:
        try:
            return self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            return len(data)  # the other end is gone, which reading tells

    def _send_rest(self) -> None:
        self._outbox = self._outbox[self._try(self._outbox) :]
        if not self._outbox:
            self.stop_writing()

    # ----------------------------------------------------------------------------------------------------------- driven

    def on_readable(self, callback: Callable[[], None]) -> None:
        """Call back whenever there is something to read, or the end."""
        self._reading = True
        self.loop.add_reader(self._fd, callback)

    def pause(self) -> None:
        """Read nothing: the other end will feel it."""
        if self._reading:
            self._reading = False
            self.loop.remove_reader(self._fd)

    def on_writable(self, callback: Callable[[], None]) -> None:
        """Call back whenever there is room to send."""
        self._writing = True
        self.loop.add_writer(self._fd, callback)

    def stop_writing(self) -> None:
        """Undo `on_writable`."""
        if self._writing:
            self._writing = False
            self.loop.remove_writer(self._fd)

    def unsent(self) -> bytes:
        """What `send` could not send yet, handed over to whom drives the link from now on."""
        data, self._outbox = self._outbox, b""
        self.stop_writing()
        return data

    # ---------------------------------------------------------------------------------------------------------- closing

    def finish(self) -> None:
        """Say that we send no more (FIN); the other end may go on."""
        with contextlib.suppress(OSError):  # it may be gone already
            self._sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Close with a TCP reset."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
        self.close()

    def close(self) -> None:
        """Close; safe to call again."""
        if self._fd >= 0:
            self.pause()
            self.stop_writing()
            self._fd = -1
            self._sock.close()
            self.ended = self.ended or How.FIN
            if self._waiter and not self._waiter.done():
                self._waiter.set_result(None)
