"""A terminal that takes the time: what a program paints is read at once, and thrown away.

with terminal([TLSCOPE, "open", directory], env) as screen:
    screen.painted            seconds from the start to the first picture
    screen.press(b"j")        seconds from the key to the first answer, and to the last of all that it painted
    screen.echo("§")          seconds from a character to its being on the screen
    screen.type("a", b"1/2")  seconds from a text to what it has painted
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH, HEIGHT = 160, 48
PICTURE = 8000
"""Bytes of a picture of the whole screen, at the least."""
REST = 0.3
"""Seconds without a byte after which all is painted."""
PATIENCE = 20
"""Seconds that anything may take."""
SYNCHRONIZED = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
"""What a program asks that would paint whole pictures, and the answer of a terminal that can."""


class Terminal:
    """The terminal's end."""

    def __init__(self, file: int, pid: int, begun: float) -> None:
        self._file, self.pid = file, pid
        size = 0
        for at, data in self._read(REST * 5, first=PATIENCE):
            size += len(data)
            if size >= PICTURE:
                self.painted = at - begun
                break
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is painted any more."""
        for _ in self._read(REST):
            pass

    def send(self, key: bytes) -> None:
        """Send a key, whatever comes of it."""
        os.write(self._file, key)

    def press(self, key: bytes) -> tuple[float, float] | None:
        """Send a key, and wait until nothing is painted any more; None where nothing was."""
        begun = time.perf_counter()
        self.send(key)
        times = [at - begun for at, _ in self._read(REST)]
        return (times[0], times[-1]) if times else None

    def echo(self, character: str) -> float:
        """Type a character that is nowhere else, and take it away again."""
        begun = time.perf_counter()
        os.write(self._file, character.encode())
        painted = b""
        for at, data in self._read(PATIENCE):
            painted = painted[-3:] + data
            if character.encode() in painted:
                os.write(self._file, b"\x7f")
                return at - begun
        raise TimeoutError(f"{character} was not painted")

    def type(self, text: str, shows: bytes) -> float:
        """Type a text; from its last character until what matches `shows` is painted."""
        begun = time.perf_counter()
        os.write(self._file, text.encode())
        painted = b""
        for at, data in self._read(PATIENCE):
            painted = painted[-100:] + data
            if re.search(shows, painted):
                return at - begun
        raise TimeoutError(f"{text} showed nothing")

    def rest(self, seconds: float) -> None:
        """Let the program paint for so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            for at, _ in self._read(left):
                if at >= end:
                    break

    def _read(self, quiet: float, first: float = 0.0) -> Iterator[tuple[float, bytes]]:
        """What is painted, and when, until there is nothing for `quiet` seconds."""
        wait = first or quiet
        while select.select([self._file], [], [], wait)[0]:
            at = time.perf_counter()
            data = os.read(self._file, 1 << 16)
            if SYNCHRONIZED[0] in data:
                os.write(self._file, SYNCHRONIZED[1])
            yield at, data
            wait = quiet


@contextmanager
def terminal(command: list[str], env: dict[str, str] | None = None) -> Iterator[Terminal]:
    """A program in a terminal in true colour; it ends with the block."""
    begun = time.perf_counter()
    pid, file = pty.fork()
    if not pid:
        os.environ.update(env or {}, TERM="xterm-256color", COLORTERM="truecolor")
        os.execvp(command[0], command)
    fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    try:
        yield Terminal(file, pid, begun)
    finally:
        os.kill(pid, signal.SIGTERM)
        _drained(file)
        os.waitpid(pid, 0)
        os.close(file)


def _drained(file: int) -> None:
    """Read to the end: a program that nobody reads of cannot end."""
    try:
        while os.read(file, 1 << 16):
            pass
    except OSError:  # the other end is closed: Linux says so in this way
        pass
