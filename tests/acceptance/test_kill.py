"""kill -9 at any moment: the capture opens, and only what was written last is gone."""

from __future__ import annotations

import contextlib
import math
import random
import statistics
import threading
import time
from collections import defaultdict

import pytest

from support.clients import ByHand, client_context, connect, curl
from support.servers import server_context
from support.waiting import PATIENCE, until
from tlscope.capture.reader import Damage, Reader
from tlscope.events import Data, Direction

GRACE = 0.05
"""Seconds: what was relayed longer than this before the kill is in the capture (20 ms, and some to write it)."""
BUSY = 1
"""Seconds that a machine which is busy with other tests may leave the recorder without a processor, now and then."""
LINE = 32
SIZES = {b"a": 1, b"b": 40, b"c": 400}
"""Who sends, and how many lines at once."""


def line(who, number):
    """A line that says whose it is and which."""
    return b"%s%030d\n" % (who, number)


class Load:
    """Connections that send numbered lines until the recorder is gone, and when they arrived at the server."""

    def __init__(self, recording, serve_python, issued, pace):
        self.arrived = {who: [] for who in SIZES}
        """(time, bytes so far) for each arrival at the server."""
        self._recording, self._stop, self._pace = recording, threading.Event(), pace
        self.server = serve_python(self._arrive, server_context(issued))
        self._threads = [threading.Thread(target=self._send, args=item) for item in SIZES.items()]
        for thread in self._threads:
            thread.start()

    def _arrive(self, connection, _):
        total, who = 0, b""
        while data := connection.recv(1 << 16):
            who = who or data[:1]
            total += len(data)
            self.arrived[who].append((time.monotonic(), total))

    def _send(self, who, size):
        with contextlib.suppress(OSError), connect(self._recording.port, f"localhost:{self.server.port}") as sock:
            own, count = ByHand(sock, client_context(self._recording.ca)), 0
            while not self._stop.wait(self._pace):
                own.send(b"".join(line(who, number) for number in range(count, count + size)))
                count += size

    def kill_after(self, seconds):
        """Let it flow for a while, kill the recorder, and say when that was."""
        until(lambda: all(self.arrived.values()), "some load")
        self._stop.wait(seconds)
        killed = time.monotonic()
        self._recording.kill()
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        self.server.close()
        return killed

    def lost_since(self, kept):
        """When the first byte arrived that is not in `kept`, where there is one."""
        lost = [when for who, entries in self.arrived.items() for when, total in entries if total > len(kept[who])]
        return min(lost, default=math.inf)


def uploads(capture):
    """What is recorded of each sender, and the damages."""
    found, damages = defaultdict(bytes), []
    with Reader(capture) as reader:
        for item in reader.poll():
            if isinstance(item, Damage):
                damages.append(item)
            elif isinstance(item.event, Data) and item.event.direction is Direction.UP:
                found[item.connection] += item.event.data
    return defaultdict(bytes, {data[:1]: data for data in found.values()}), damages


@pytest.mark.parametrize("pace", [0, 0.002, 0.01], ids=["flood", "stream", "trickle"])
def test_killed_under_load(record, serve_python, issued, pace):
    """What reached the server 50 ms before the kill is in the capture, without a gap; only a torn tail is missing."""
    chance, ages = random.Random(pace), []
    for _ in range(4):
        recording = record()
        load = Load(recording, serve_python, issued, pace)
        killed = load.kill_after(chance.uniform(0, 0.2))
        kept, damages = uploads(recording.capture)
        for who, data in kept.items():
            lines = len(data) // LINE
            assert b"".join(line(who, number) for number in range(lines)) == data[: lines * LINE]
        assert len(damages) <= 1
        assert {1, 2, 3} == set(recording.listed())
        ages.append(killed - load.lost_since(kept))
    assert max(ages) < BUSY
    assert statistics.median_low(ages) < GRACE


def test_a_killed_recorders_capture_is_recorded_on(record, nginx):
    """A new recorder goes on in the capture of one that was killed; its lock died with it, its connections did not."""
    first = record()
    hanging = connect(first.port, f"localhost:{nginx.port}")
    until(first.summaries, "the connection to be recorded")
    first.kill()
    hanging.close()
    second = record(capture=first.capture)
    with second.catch() as caught:
        curl("-x", f"http://{second.address}", "--cacert", second.ca, f"{nginx.url}/one")
    assert [(number, line["outcome"]) for number, line in second.listed().items()] == [(1, None), (2, "intercepted")]
    assert caught.one.number == 2
