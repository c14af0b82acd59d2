"""The real `tlscope record`, in a process and a home of its own, and what it recorded, read as a user reads it.

recording = Recording(directory, "--ca-file", path)
with recording.catch() as caught:            # and wait until the connection is over
    ... a client, through recording.port ...
caught.one.summary["outcome"], caught.one.messages("client"), caught.one.data("down")
recording.stop()
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from functools import cached_property
from pathlib import Path

from support.waiting import PATIENCE, until
from tlscope.capture.reader import Reader
from tlscope.capture.segment import Record
from tlscope.capture.summary import Summaries
from tlscope.events import Ciphertext, Data, Direction, Leg, Secret

TLSCOPE = Path(sys.executable).with_name("tlscope")
DIRECTIONS = {"up": Direction.UP, "down": Direction.DOWN}
LEGS = {"client": Leg.CLIENT, "server": Leg.SERVER}


def environment(home):
    """Nothing of the user's own: no proxies, no configuration, no captures."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "PYTHONPATH") if name in os.environ}
    places = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("DATA", "CONFIG", "CACHE", "STATE")}
    return {**kept, **places, "HOME": str(home), "PYTHONWARNINGS": "error"}


def tlscope(home, *arguments):
    """Run a command of tlscope's to its end."""
    return subprocess.run(
        [TLSCOPE, *map(str, arguments)], env=environment(home), capture_output=True, text=True, timeout=60, check=False
    )


class Recording:
    """A recorder that listens. `limits` are `ulimit` options to start it under."""

    def __init__(self, home, *options, listen=("127.0.0.1:0",), capture=None, limits=()):
        self.home, self.capture = home, capture or home / "capture"
        home.mkdir(parents=True, exist_ok=True)
        places = [option for address in listen for option in ("-l", address)]
        command = [TLSCOPE, "record", *places, "-c", self.capture, *options]
        if limits:
            command = ["sh", "-c", f'ulimit {" ".join(map(str, limits))} && exec "$@"', "sh", *command]
        self.log = home / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                env=environment(home),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        line = self.process.stdout.readline()
        if not line:
            self.kill()
            raise AssertionError(f"the recorder did not start: {self.log.read_text()}")
        self.told = json.loads(line)
        self.listening = self.told["listening"]
        self.address = self.listening[0]
        self.port = int(self.address.rpartition(":")[2])
        self.ca = self.told["ca"]
        self._reader = Reader(self.capture, data_limit=0)
        self._summaries = Summaries()

    def stop(self):
        """End it in good order: its exit code, and its last line."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        last = self.process.stdout.read().splitlines()
        self.close()
        return code, json.loads(last[-1]) if last else None

    def kill(self):
        """End it at once (SIGKILL)."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self.close()

    def close(self):
        """Let go of everything; stops the recorder where that was not done."""
        if self.process.poll() is None:
            self.stop()
        self.process.stdout.close()
        if hasattr(self, "_reader"):
            self._reader.close()

    def cli(self, *arguments):
        """A command of tlscope's about this capture; it must succeed."""
        done = tlscope(self.home, *arguments, "-c", self.capture)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def listed(self):
        """What `list --jsonl` says, by connection number."""
        lines = map(json.loads, self.cli("list", "--jsonl").splitlines())
        return {line["connection"]: line for line in lines}

    def summaries(self):
        """What our own reader makes of the capture now."""
        for item in self._reader.poll():
            self._summaries.feed(item)
        return self._summaries.connections

    @contextlib.contextmanager
    def catch(self, count=1):
        """Catch the connections that are made inside: exactly `count`, each over at the end."""
        before = max(self.summaries(), default=0)
        caught = Catch()
        yield caught

        def over():
            ended = [number for number, summary in self.summaries().items() if number > before and summary.outcome]
            return ended if len(ended) >= count else None

        ended = until(over, f"{count} connections to end (so far: {self.summaries()})")
        assert len(ended) == count
        caught += [Caught(self, number) for number in ended]

    def resident(self):
        """Bytes of memory that the recorder holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


class Catch(list):
    """The connections that were caught."""

    @property
    def one(self):
        """The only one."""
        (only,) = self
        return only


class Caught:
    """One connection, over. What is asked of it comes from the command line, except where bytes are compared."""

    def __init__(self, recording, number):
        self.recording, self.number = recording, number

    @cached_property
    def summary(self):
        """Its line of `list --jsonl`."""
        return self.recording.listed()[self.number]

    @property
    def outcome(self):
        return self.summary["outcome"]

    @property
    def fault(self):
        """The code of its first fault, None for none."""
        return self.summary["fault"] and self.summary["fault"]["code"]

    @cached_property
    def events(self):
        """Its lines of `show N --jsonl`."""
        return [json.loads(line) for line in self.recording.cli("show", self.number, "--jsonl").splitlines()]

    @cached_property
    def records(self):
        """Its records, by our own reader."""
        with Reader(self.recording.capture, connection=self.number) as reader:
            return [item for item in reader.poll() if isinstance(item, Record)]

    def of(self, kind):
        """Its events of one kind."""
        return [event for event in self.events if event["kind"] == kind]

    def messages(self, leg):
        """The names of a leg's handshake messages with their directions; alerts are not of the handshake."""
        found = [event for event in self.of("message") if event["leg"] == leg and event["name"] != "Alert"]
        return [f"{event['direction']} {event['name']}" for event in found]

    def alerts(self, leg):
        """A leg's alerts with their directions, as level and description."""
        found = [event for event in self.of("message") if event["leg"] == leg and event["name"] == "Alert"]
        return [
            f"{event['direction']} {' '.join(str(number) for number in bytes.fromhex(event['hex']))}" for event in found
        ]

    def closes(self, leg):
        """How a leg's peer ended."""
        return [event["how"] for event in self.of("close") if event["leg"] == leg]

    def data(self, direction):
        """All application bytes of a direction."""
        way = DIRECTIONS[direction]
        return b"".join(
            item.event.data for item in self.records if isinstance(item.event, Data) and item.event.direction is way
        )

    def shown(self, direction):
        """The same as `show --jsonl` tells it."""
        found = [event for event in self.of("data") if event["direction"] == direction]
        return b"".join(event["text"].encode() if "text" in event else bytes.fromhex(event["hex"]) for event in found)

    def ciphertext(self, leg, direction):
        """What passed on the wire of a leg, as far as it was kept."""
        return b"".join(
            item.event.data
            for item in self.records
            if isinstance(item.event, Ciphertext)
            and (item.event.leg, item.event.direction) == (LEGS[leg], DIRECTIONS[direction])
        )

    def secrets(self):
        """The key log of both legs, line by line."""
        return [item.event.data.decode() for item in self.records if isinstance(item.event, Secret)]
