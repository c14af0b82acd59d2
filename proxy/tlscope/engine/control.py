"""The control socket: whoever may read the capture asks the recorder how it is, changes its policy, stops it.

    control = Control(directory, recorder)
    control.open() ... await control.close()

A Unix socket of mode 0600 in the capture's directory (capture/control.py, where its clients are, says how it is
found). Lines go in and out; what they mean is in commands.py. It is made when the recorder starts, and removed when it
ends. One that a killed recorder left is replaced: who holds the capture's lock is the only recorder of it. A recorder
that cannot have one (a file system without sockets, a full disk) says so and goes on without.

It shares the loop with the relays and must not weigh on them, whatever its clients do:

    many clients        CLIENTS at a time are served, the next is told so and closed; one ACCEPT_PAUSE is accepted
    many requests       a client's next request waits until SHARE times as long has passed as its last one took
    long requests       LINE bytes; a longer one is answered with an error, and its client closed
    no request          a client that says nothing whole for IDLE_TIME is closed
    unread answers      one answer at a time: the next request is not looked at before the last answer is gone, which
                        may take SEND_TIME

So clients can take less than a tenth of a processor's time, whatever they do, and of memory CLIENTS times one answer
and what asyncio reads at once (256 KiB). The relays do nothing for it, neither per byte nor per record.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import stat
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tlscope.capture import control as place
from tlscope.engine.commands import answer, error, told

if TYPE_CHECKING:
    from tlscope.engine.commands import Controlled

log = logging.getLogger("tlscope")

CLIENTS = 8
"""At one time: a TUI or two, a script, and some that hang."""
LINE = 4096
"""Bytes of a request: a host name of 255 characters, and whatever escapes they are written with."""
IDLE_TIME = 60.0
"""Seconds. Who watches asks every second; who comes back later connects anew."""
SEND_TIME = 5.0
"""Seconds for a client to read an answer."""
SHARE = 320
"""Answers take a fortieth of the processor at the most, all clients together: CLIENTS / SHARE."""
MIN_PAUSE = 0.04
"""Seconds between an answer and the next request. To be woken, to read and to send takes some 200 microseconds, which
are not measured: CLIENTS take a twenty-fifth of the processor with them."""
MAX_PAUSE = 1.0
"""Seconds; what takes longer than that by SHARE was the machine's fault."""
BACKLOG = 64
"""Clients that the kernel holds for us."""
ACCEPT_PAUSE = 0.02
"""Seconds between two clients; to accept and close one takes some 600 microseconds."""
FILES_PAUSE = 0.25
"""Seconds without accepting when there are no file descriptors: connections need them more."""


class Control:
    """The socket of one recorder; on the running loop."""

    def __init__(self, directory: Path, recorder: Controlled) -> None:
        self._directory, self._recorder = directory, recorder
        self._socket: socket.socket | None = None
        self._loop = asyncio.get_running_loop()
        self._resting: asyncio.TimerHandle | None = None
        self._clients: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Listen, if that is possible."""
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with place.address(self._directory) as path:
                _remove_socket(path)
                listening.bind(path)
                Path(path).chmod(0o600)  # nobody can connect before `listen`
            listening.listen(BACKLOG)
        except OSError as failed:
            listening.close()
            log.warning(
                "no control socket: %s; tlscope control does not reach this recorder", failed.strerror or failed
            )
            return
        listening.setblocking(False)  # noqa: FBT003 (the library's signature)
        self._socket = listening
        self._accept_on()

    async def close(self) -> None:
        """Remove the socket, and let all clients go."""
        if self._socket is None:
            return
        if self._resting:
            self._resting.cancel()
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        with contextlib.suppress(OSError), place.address(self._directory) as path:
            _remove_socket(path)
        for client in self._clients:
            client.cancel()
        if self._clients:
            await asyncio.wait(self._clients)

    # -------------------------------------------------------------------------------------------------------- accepting

    def _accept_on(self) -> None:
        assert self._socket is not None  # it is what the timer was set for
        self._resting = None
        self._loop.add_reader(self._socket.fileno(), self._accept, self._socket)

    def _accept(self, listening: socket.socket) -> None:
        pause = ACCEPT_PAUSE
        try:
            client, _ = listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:  # no file descriptors, or no memory
            pause = FILES_PAUSE
        else:
            self._welcome(client)
        self._loop.remove_reader(listening.fileno())
        self._resting = self._loop.call_later(pause, self._accept_on)

    def _welcome(self, client: socket.socket) -> None:
        client.setblocking(False)  # noqa: FBT003 (as above)
        if len(self._clients) >= CLIENTS:
            what = error(
                "too-many-clients", f"{CLIENTS} clients control this recorder already", "try again, or end one"
            )
            with contextlib.suppress(OSError):
                client.send(told(what))
            client.close()
            return
        task = self._loop.create_task(self._serve(client))
        self._clients.add(task)
        task.add_done_callback(partial(self._gone, client))

    def _gone(self, client: socket.socket, task: asyncio.Task[None]) -> None:
        self._clients.discard(task)
        client.close()  # now; its transport would in a moment, if the task came as far as to make one

    # ---------------------------------------------------------------------------------------------------------- serving

    async def _serve(self, client: socket.socket) -> None:
        reader = asyncio.StreamReader(LINE)
        transport, protocol = await self._loop.connect_accepted_socket(
            lambda: asyncio.StreamReaderProtocol(reader), client
        )
        writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
        transport.set_write_buffer_limits(0)  # so that `drain` waits until all is sent
        try:
            while await self._next(reader, writer):
                pass
        except (TimeoutError, OSError):  # it stalls, or is gone
            pass
        finally:
            transport.abort()  # not `close`, which waits for a client that does not read

    async def _next(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False where no other can follow."""
        try:
            async with asyncio.timeout(IDLE_TIME):
                line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            await _send(
                writer, told(error("line-too-long", f"a request has at most {LINE} bytes", "send a shorter one"))
            )
            return False
        except asyncio.IncompleteReadError as end:
            line = end.partial  # the last line may lack its end: `printf ... | nc -U control`
            if not line:
                return False
        began = self._loop.time()
        found = answer(line, self._recorder)
        took = self._loop.time() - began
        try:
            await _send(writer, found.line)
        finally:
            if found.stop:  # also where nobody waited for the answer
                self._recorder.stop()
        if reader.at_eof():
            return False
        await asyncio.sleep(pause_after(took))
        return True


def pause_after(took: float) -> float:
    """How long a client waits whose last request took so long."""
    return min(max(MIN_PAUSE, SHARE * took), MAX_PAUSE)


async def _send(writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(line)
    async with asyncio.timeout(SEND_TIME):
        await writer.drain()


def _remove_socket(path: str) -> None:
    """Remove what an earlier recorder left, and nothing else."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(Path(path).lstat().st_mode):
            Path(path).unlink()
