"""Put intercepting TLS proxies side by side on the same work, in one run.

Rounds are interleaved (A B C A B C ...), medians are printed, and nothing here ever fails on a number.

    make bench                                      everything, for every proxy that is installed, three rounds
    python tests/bench/compare.py --only tlscope,haproxy --rounds 5
    python tests/bench/compare.py --parts loads,memory --json out.json --markdown

Needs nginx, curl, h2load, wrk and openssl. Peers, each optional: sslsplit, haproxy, and mitmdump ($MITMDUMP names one
that is not on the PATH). $TLSCOPE names another tlscope than the one of this Python's environment. MB are 2**20 bytes.
Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import sys
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import memory
import starts
from loads import LOADS, Cost, Dropped, measure
from peers import PEERS, Peer, Silent, nginx

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDS = ("nginx", "curl", "h2load", "wrk", "openssl")
PARTS = ("loads", "memory", "starts")


class Bench:
    """Runs the parts and keeps what they found."""

    def __init__(self, peers: list[Peer], work: Path, server: int) -> None:
        self._peers, self._work, self._server = peers, work, server
        self.costs: dict[str, dict[str, list[Cost]]] = {load.name: {} for load in LOADS}
        """By load and peer, one for each round."""
        self.idle: dict[str, float] = {}
        self.slow: dict[str, float] = {}
        self.rounds: dict[str, list[float]] = {}
        self.starts: dict[str, float] = {}
        self.failures: list[str] = []

    def loads(self, rounds: int) -> None:
        """All loads, through each peer in turn, again and again."""
        for number in range(rounds):
            for peer in self._peers:
                _say(f"round {number + 1} of {rounds}: {peer.name}")
                with self._told(peer), peer.serving(self._work, self._server) as (pid, port):
                    for load in LOADS:
                        with self._told(peer):
                            self.costs[load.name].setdefault(peer.name, []).append(measure(load, port, pid))

    def memory(self) -> None:
        """Each in a process of its own: what was before it does not count."""
        for peer in self._peers:
            for what, into in ((memory.idle_connection, self.idle), (memory.slow_reader, self.slow)):
                _say(f"{what.__name__.replace('_', ' ')}: {peer.name}")
                with self._told(peer), peer.serving(self._work, self._server) as (pid, port):
                    into[peer.name] = what(port, pid)
        for peer in self._peers[:1]:
            _say(f"rounds through one process: {peer.name}")
            with self._told(peer), peer.serving(self._work, self._server) as (pid, port):
                self.rounds[peer.name] = memory.rounds(port, pid)

    def start(self) -> None:
        """Of tlscope alone."""
        _say("start times")
        self.starts["tlscope --help"] = statistics.median(starts.help_times(self._work))
        self.starts["tlscope record listens"] = statistics.median(starts.record_times(self._work))

    @contextmanager
    def _told(self, peer: Peer) -> Iterator[None]:
        """A peer that fails is told of at the end, and does not end the others' turns."""
        try:
            yield
        except (Silent, Dropped, OSError) as error:
            self.failures.append(f"{peer.name}: {error}")

    # ----------------------------------------------------------------------------------------------------------- report

    def median(self, load: str, peer: str) -> Cost | None:
        """Of each number on its own."""
        found = self.costs[load].get(peer)
        return Cost(*map(statistics.median, zip(*map(astuple, found), strict=True))) if found else None

    def rows(self) -> Iterator[list[str]]:
        """The table of loads and memory: one row a load, one column a peer, and the two ratios."""
        names = [peer.name for peer in self._peers]
        for load in LOADS:
            found = {name: self.median(load.name, name) for name in names}
            if not any(found.values()):
                continue
            cells = [f"{cost.cpu:.3f} ms, {cost.rate:.0f}/s" if cost else "failed" for cost in found.values()]
            ours = found.get("tlscope")
            ratios = [_ratio(ours, found.get("haproxy")), _ratio(found.get("mitmdump"), ours)]
            yield [f"{load.name}, per {load.unit}", *cells, *ratios]
        held = {name: [c.memory for costs in self.costs.values() for c in costs.get(name, [])] for name in names}
        if any(held.values()):
            yield [
                "memory during the loads, at most",
                *(f"{max(held[n]):.0f} MB" if held[n] else "-" for n in names),
                "",
                "",
            ]
        for title, found_, unit in (
            ("memory of an idle connection", self.idle, "KB"),
            ("growth while a slow reader takes 1 GB", self.slow, "MB"),
        ):
            if found_:
                sizes = {name: f"{value:.0f} {unit}" for name, value in found_.items() if value < memory.ENOUGH}
                yield [title, *(sizes.get(n, "over 1 GB" if n in found_ else "failed") for n in names), "", ""]

    def heading(self) -> list[str]:
        """Of the table."""
        return ["", *(peer.name for peer in self._peers), "tlscope / haproxy", "mitmdump / tlscope"]

    def sentences(self) -> Iterator[str]:
        """What is no table."""
        for name, held in self.rounds.items():
            sizes = ", ".join(f"{size:.0f}" for size in held)
            yield f"One {name} held {sizes} MB after each of {len(held)} rounds of all loads."
        for what, taken in self.starts.items():
            yield f"{what} after {taken:.0f} ms."

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        medians = {
            load: {name: vars(cost) for name in by_peer if (cost := self.median(load, name))}
            for load, by_peer in self.costs.items()
        }
        rest = {"idle_kb": self.idle, "slow_reader_mb": self.slow, "rounds_mb": self.rounds, "starts_ms": self.starts}
        return {"machine": machine(), "loads": medians, **rest, "failures": self.failures}


def machine() -> str:
    """When and on what."""
    try:
        model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        model = None
    name = " ".join(model[1].split()) if model else platform.machine()
    where = f"{name}, {os.cpu_count()} cores, Linux {platform.release().partition('-')[0]}"
    return f"{datetime.now(UTC):%Y-%m-%d}, {where}, Python {platform.python_version()}"


def markdown(bench: Bench, rounds: int) -> Iterator[str]:
    """What stands in the README."""
    yield f"{machine()}; medians of {rounds} interleaved rounds: CPU time per unit, and units a second."
    yield ""
    if rows := list(bench.rows()):
        for row in (bench.heading(), ["---", *["---:"] * (len(rows[0]) - 1)], *rows):
            yield "| " + " | ".join(row) + " |"
        yield ""
    yield from bench.sentences()


def plain(bench: Bench) -> Iterator[str]:
    """The same for a terminal."""
    rows = list(bench.rows())
    table = [bench.heading(), *rows] if rows else []
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for first, *rest in table:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()
    yield from bench.sentences()


def _ratio(one: Cost | None, other: Cost | None) -> str:
    return f"{one.cpu / other.cpu:.2f}" if one and other and other.cpu else "-"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def chosen(only: str) -> list[Peer]:
    """The peers that are asked for and installed; says which are not."""
    wanted = set(filter(None, only.split(","))) or {peer.name for peer in PEERS}
    for strange in wanted - {peer.name for peer in PEERS}:
        _say(f"there is no peer {strange!r}; there are: {', '.join(peer.name for peer in PEERS)}")
    for peer in PEERS:
        if peer.name in wanted and peer.missing:
            _say(f"{peer.name} is not installed, and left out")
    return [peer for peer in PEERS if peer.name in wanted and not peer.missing]


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="NAMES", help="these peers, comma-separated")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {','.join(PARTS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="of the loads (default: 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to FILE")
    parser.add_argument("--markdown", action="store_true", help="print the README's table")
    arguments = parser.parse_args()
    lacking = [name for name in NEEDS if not shutil.which(name)]
    peers = chosen(arguments.only)
    if lacking or not peers:
        parser.exit(1, f"nothing can be measured: {', '.join(lacking) or 'no peer'} is missing\n")
    with TemporaryDirectory(prefix="tlscope-bench-") as folder, nginx(Path(folder)) as server:
        bench = Bench(peers, Path(folder), server)
        if "loads" in arguments.parts:
            bench.loads(arguments.rounds)
        if "memory" in arguments.parts:
            bench.memory()
        if "starts" in arguments.parts:
            bench.start()
    for line in markdown(bench, arguments.rounds) if arguments.markdown else plain(bench):
        print(line)
    for failure in bench.failures:
        print(f"! {failure}")
    if arguments.json:
        arguments.json.write_text(json.dumps(bench.as_json(), indent=1))


if __name__ == "__main__":
    main()
