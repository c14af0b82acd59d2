"""What the screen costs while much comes in, `make bench-live`.

A server, a load of so many exchanges a second, and the recorder between them, once with nobody who looks and once with
the screen beside it: the recorder must not feel it, and the screen must answer its keys.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

import peers
from peers import TLSCOPE, nginx
from processes import cpu_seconds, free_port, resident, running
from terminal import terminal

CLIENTS = 20
SETTLED = 3.0
"""Seconds after which the load is steady, and what is measured begins."""
TYPED = "§"
"""A character that no traffic has."""


class Cost(NamedTuple):
    """Of a load."""

    rate: float
    """Exchanges a second that were answered."""
    cpu: float
    """Microseconds of the recorder's CPU an exchange."""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=2000, help="exchanges a second; 0: as many as can be")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    alone: list[Cost] = []
    watched: list[Cost] = []
    keys: list[float] = []
    with TemporaryDirectory(prefix="tlscope-live-") as place, nginx(work := Path(place)) as server:
        for _ in range(options.rounds):
            alone.append(measured(work, server, options.rate, options.seconds, None))
            watched.append(measured(work, server, options.rate, options.seconds, keys))
    for name, costs in (("nobody looks", alone), ("the screen beside it", watched)):
        rate, cpu = (statistics.median(values) for values in zip(*costs, strict=True))
        print(f"{name:<24} {rate:9,.0f} exchanges/s  {cpu:7.1f} us of the recorder's CPU each")
    *_, ninetieth = statistics.quantiles(keys, n=10)
    print(f"a key, until it can be seen: {statistics.median(keys) * 1e3:.0f} ms, of {len(keys)}")
    print(f"  nine of ten: {ninetieth * 1e3:.0f} ms; all: {max(keys) * 1e3:.0f} ms")


def measured(work: Path, server: int, rate: int, seconds: int, keys: list[float] | None) -> Cost:
    """One run; where there is a list for the times of keys, with the screen."""
    with TemporaryDirectory(dir=work) as own:
        port, env = free_port(), peers.home(work)
        command = peers.tlscope(work, port, server, Path(own))
        with running(command, work / "tlscope.log", env) as pid:
            while subprocess.run(
                ["curl", "-fsk", f"https://localhost:{port}/1k"], capture_output=True, check=False
            ).returncode:
                time.sleep(0.1)
            if keys is None:
                return loaded(port, pid, rate, seconds)
            with terminal([TLSCOPE, "open", str(Path(own, "capture"))], env) as screen:
                print(f"start to the first picture: {screen.painted * 1e3:.0f} ms")
                found: list[Cost] = []
                load = threading.Thread(target=lambda: found.append(loaded(port, pid, rate, seconds)))
                load.start()
                screen.rest(SETTLED)
                screen.send(b"/")
                while load.is_alive():
                    keys.append(screen.echo(TYPED))
                    screen.rest(0.5)
                load.join()
                print(f"  memory of the screen: {resident(screen.pid) >> 20} MiB")
                return found[0]


def loaded(port: int, pid: int, rate: int, seconds: int) -> Cost:
    """Run the load."""
    command = ["h2load", "--h1", "-c", str(CLIENTS), "-D", str(seconds), f"https://localhost:{port}/1k"]
    if rate:
        command += ["--rps", str(rate / CLIENTS)]
    before = cpu_seconds(pid)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said = re.search(r"requests: \d+ total, \d+ started, (\d+) done, \d+ succeeded, (\d+) failed", done.stdout)
    if said is None or int(said[2]):
        raise RuntimeError(f"the load was not answered: {done.stdout[-400:]}")
    return Cost(int(said[1]) / seconds, (cpu_seconds(pid) - before) * 1e6 / int(said[1]))


if __name__ == "__main__":
    main()
