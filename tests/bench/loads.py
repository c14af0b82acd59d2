"""Kinds of work, and what a proxy pays for a unit of each.

Beside the rate stands the proxy's own CPU time per unit (user and system, all its processes), which a noisy machine
disturbs far less than a rate.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from dataclasses import dataclass

from processes import cpu_seconds, resident


@dataclass(frozen=True)
class Load:
    """`command` runs `count` units (0: as many as it says itself) against https://localhost:PORT."""

    name: str
    unit: str
    count: int
    command: str

    def units_done(self, done: subprocess.CompletedProcess[str]) -> int:
        """How many units were answered well; 0 where any failed: a proxy that drops work must not look fast."""
        if done.returncode:
            return 0
        if self.command.startswith("h2load"):
            return self.count if f" {self.count} succeeded, 0 failed, 0 errored" in done.stdout else 0
        if self.command.startswith("wrk"):
            said = re.search(r"(\d+) requests in", done.stdout)
            failed = "Non-2xx" in done.stdout or "Socket errors" in done.stdout
            return int(said[1]) if said and not failed else 0
        return self.count


LOADS = (
    Load("bulk", "MB", 512, "curl -fsk https://localhost:{port}/512m -o /dev/null"),
    Load("keep-alive 1 KB", "request", 5000, "h2load --h1 -n 5000 -c 10 https://localhost:{port}/1k"),
    Load("new connection", "connection", 0, "wrk -t1 -c8 -d3s -H 'Connection: close' https://localhost:{port}/1k"),
    Load("keep-alive 64 KB", "request", 3000, "h2load --h1 -n 3000 -c 10 https://localhost:{port}/64k"),
    Load("HTTP/2 1 KB", "request", 5000, "h2load -n 5000 -c 4 -m 20 https://localhost:{port}/1k"),
)


@dataclass(frozen=True)
class Cost:
    """What one load cost once."""

    rate: float
    """Units a second."""
    cpu: float
    """Milliseconds of CPU a unit."""
    memory: float
    """MB that the proxy held afterwards."""


class Dropped(Exception):  # noqa: N818 - it is not an error of ours
    """A load was not answered in full; the text is what its program said last."""


def measure(load: Load, port: int, pid: int) -> Cost:
    """Run one load against the proxy `pid`; raises Dropped."""
    cpu, start = cpu_seconds(pid), time.perf_counter()
    command = shlex.split(load.command.format(port=port))
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    seconds, used = time.perf_counter() - start, cpu_seconds(pid) - cpu
    units = load.units_done(done)
    if not units:
        raise Dropped(f"{load.name}: {(done.stderr + done.stdout)[-300:]!r}")
    return Cost(units / seconds, used * 1000 / units, resident(pid) / (1 << 20))
