"""Starting programs and asking the kernel what they cost. Linux only, for its /proc and its clocks of processes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 20
"""Seconds that a program may take to end."""


@contextmanager
def running(command: list[str], log: Path, env: dict[str, str] | None = None) -> Iterator[int]:
    """The process id of `command`, which ends with the block together with all that it started."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, **(env or {})},
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        yield process.pid
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all that it started."""
    return sum(map(_clock, _family(pid)))


def resident(pid: int) -> int:
    """Bytes of memory that a process and all that it started hold."""
    found = (re.search(r"VmRSS:\s+(\d+)", _proc(member, "status")) for member in _family(pid))
    return sum(int(match[1]) for match in found if match) * 1024


def _family(pid: int) -> list[int]:
    children = _proc(pid, f"task/{pid}/children").split()
    return [pid, *(member for child in children for member in _family(int(child)))]


def _clock(pid: int) -> float:
    # The clock of another process (clock_getcpuclockid(3)) counts nanoseconds; /proc/PID/stat counts hundredths.
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:  # it has just ended
        return 0


def _proc(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:  # it has just ended
        return ""
