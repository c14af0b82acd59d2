"""The control socket of a recorder, as a viewer sees it: ask how it is, change its policy, stop it.

    with Control(directory) as control:
        control.status()                                 engine/status.py says what is in it
        control.policy("pass-through", "*.bank")
        control.stop()

The socket is `control` in the capture's directory, of mode 0600: who may read a capture may control its recorder. What
is said on it stands in engine/commands.py. Everything here blocks, for a short time and no longer; who must not block
asks in a thread.

A socket's address holds some hundred bytes (sun_path), a directory's path may be of any length. A path that is too
long is gone around: the directory is opened, and the socket named below /proc/self/fd. Where there is no /proc (macOS)
such a capture has no control socket, and its recorder says so.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tlscope.capture.directory import CaptureError
from tlscope.capture.reader import is_live

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "control"
MAX_ADDRESS = 103
"""Bytes of sun_path without its final NUL where it is shortest (macOS; Linux has 107)."""
PROC = "/proc/self/fd"
TIME = 2.0
"""Seconds for one answer, which takes a millisecond: a recorder that is that late hangs."""
RETRY = 0.01
"""Seconds between two attempts to connect."""
STOP_TIME = 10.0
"""Seconds for a recorder to end its connections and write what is left."""
PAUSE = 0.01
"""Seconds between two looks whether a recorder has let go of its capture."""
MAX_ANSWER = 4 << 20
"""Bytes. A status with all rules that can be set has 20 KiB, and some bytes for each of the command line's."""


class ControlError(CaptureError):
    """The recorder cannot be asked, or says no; `code` is for programs."""

    def __init__(self, code: str, what: str, next_: str) -> None:
        super().__init__(what, next_)
        self.code = code


class Control:
    """A connection to the recorder of a capture. Not for several threads at once."""

    def __init__(self, directory: Path, timeout: float = TIME) -> None:
        """Connect. Raises ControlError: `no-recorder`, `no-control`, or `no-answer`."""
        self._directory, self._time, self._count, self._rest = directory, timeout, 0, b""
        self._socket = _connected(directory, time.monotonic() + timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go; the recorder goes on."""
        self._socket.close()

    def ping(self) -> dict[str, Any]:
        """Whether it answers, and which version it is."""
        return self.ask("ping")

    def status(self) -> dict[str, Any]:
        """How it is: engine/status.py says what there is."""
        return self.ask("status")

    def policy(self, action: str, host: str) -> dict[str, Any]:
        """From now on: `intercept`, `pass-through` or `refuse` hosts that a glob matches, or `forget` that rule."""
        return self.ask("policy", action=action, host=host)

    def stop(self, patience: float = STOP_TIME) -> bool:
        """End the recorder in good order; whether it has ended when `patience` was over."""
        self.ask("stop")
        deadline = time.monotonic() + patience
        with suppress(TimeoutError):
            while self._receive(deadline):
                pass
        while is_live(self._directory):  # it lets go of the socket first, of the capture last
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE)
        return True

    def ask(self, do: str, **members: object) -> dict[str, Any]:
        """Ask for anything; the `ok` of the answer.

        Raises ControlError: with the recorder's own code where it says no, `no-answer` where it says nothing in time,
        `bad-answer` where it says what it never would.
        """
        self._count += 1
        request = json.dumps({"id": self._count, "do": do, **members}).encode() + b"\n"
        deadline = time.monotonic() + self._time
        try:
            line = self._exchange(request, deadline)
            if line is None:  # it closes who asks nothing for a minute, and did not read this
                self._connect_again(deadline)
                line = self._exchange(request, deadline)
        except TimeoutError:
            raise _silent(self._directory) from None
        if line is None:
            raise _ended(self._directory)
        return self._ok(line)

    def _exchange(self, request: bytes, deadline: float) -> bytes | None:
        """Send a request; the answer, or None where there comes none."""
        self._socket.settimeout(_left(deadline))
        # One that is full already has said so before it closed: that is read in any case.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(request)
        parts = [self._rest]
        size = len(self._rest)
        while b"\n" not in parts[-1]:
            data = self._receive(deadline)
            size += len(data)
            if not data and size:
                raise _ended(self._directory)
            if not data:
                return None
            if size > MAX_ANSWER:
                raise _bad("it is longer than any answer")
            parts.append(data)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def _connect_again(self, deadline: float) -> None:
        self._socket.close()
        try:
            self._socket = _connected(self._directory, deadline)
        except ControlError as error:
            raise error if error.code == "no-answer" else _ended(self._directory) from None

    def _receive(self, deadline: float) -> bytes:
        """What has come; empty at the end."""
        self._socket.settimeout(_left(deadline))
        try:
            return self._socket.recv(1 << 16)
        except (ConnectionResetError, BrokenPipeError):
            return b""

    def _ok(self, line: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _bad(str(error)) from None
        if not isinstance(answer, dict):
            raise _bad("it is no object")
        found = answer.get("error")
        if isinstance(found, dict):
            raise ControlError(*(str(found.get(name, "")) for name in ("code", "message", "next")))
        ok = answer.get("ok")
        if answer.get("id") != self._count or not isinstance(ok, dict):
            raise _bad("it is the answer to something else")
        return ok


@contextmanager
def address(directory: Path) -> Iterator[str]:
    """Where the socket of a capture is, in a form that is short enough; good inside the block."""
    path = str(directory / NAME)
    if len(os.fsencode(path)) <= MAX_ADDRESS:
        yield path
        return
    if not Path(PROC).is_dir():
        raise OSError(errno.ENAMETOOLONG, f"the path is too long for a socket: more than {MAX_ADDRESS} bytes")
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"{PROC}/{opened}/{NAME}"
    finally:
        os.close(opened)


def _connected(directory: Path, deadline: float) -> socket.socket:
    while True:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with address(directory) as place:
                made.settimeout(_left(deadline))
                made.connect(place)
        except BlockingIOError:  # Linux, where many connect at once: the queue is full, and nobody says when it is not
            made.close()
            time.sleep(RETRY)
        except OSError as error:
            made.close()
            raise _unreachable(directory, error) from None
        else:
            return made


def _left(deadline: float) -> float:
    """Seconds; raises TimeoutError where there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _unreachable(directory: Path, error: OSError) -> ControlError:
    if not is_live(directory):
        return ControlError(
            "no-recorder", f"nobody records to {directory}", "start one: tlscope record, or name another with -c"
        )
    if isinstance(error, TimeoutError):
        return _silent(directory)
    return ControlError(
        "no-control",
        f"the recorder of {directory} cannot be controlled: {error.strerror or error}",
        "it says why in its log; Ctrl-C or SIGTERM ends it",
    )


def _silent(directory: Path) -> ControlError:
    return ControlError(
        "no-answer", f"the recorder of {directory} does not answer", "look at what it logs; kill ends it"
    )


def _ended(directory: Path) -> ControlError:
    return ControlError("no-recorder", f"the recorder of {directory} ended", "tlscope list shows what it recorded")


def _bad(reason: str) -> ControlError:
    return ControlError("bad-answer", f"the recorder's answer is not understood: {reason}", "is it of another version?")
