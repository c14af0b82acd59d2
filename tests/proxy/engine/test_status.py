"""tlscope.engine.status, of recorders that run."""

import asyncio
import errno
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.running import PATIENCE, close, connect, echo, recording, until
from tlscope import __version__
from tlscope.config import Limits, OnFull
from tlscope.engine.status import status
from tlscope.events import Action


def run(story):
    asyncio.run(asyncio.wait_for(story(), PATIENCE))


def test_a_recorder_says_what_it_is(tmp_path):
    """Which program, where it listens, what it records to, which rules it has; all of it is JSON."""

    async def story():
        async with recording(tmp_path, refuse=("*.ads",), keep=1 << 30) as made:
            made.rules.add(Action.PASS_THROUGH, "*.bank")
            found = json.loads(json.dumps(made.status()))
            begun = datetime.strptime(found.pop("started"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            assert timedelta() <= datetime.now(UTC) - begun < timedelta(seconds=PATIENCE)
            size = sum(path.stat().st_size for path in (tmp_path / "capture").glob("journal-*"))
            assert {
                "tlscope": __version__,
                "pid": os.getpid(),
                "listening": [str(made.listening[0])],
                "mode": "explicit",
                "capture": str(tmp_path / "capture"),
                "ca": str(made.authority.path),
                "connections": {"open": 0, "total": 0},
                "bytes": {"up": 0, "down": 0},
                "journal": {"size": size, "keep": 1 << 30},
                "faults": [],
                "rules": [
                    {"action": "pass-through", "host": "*.bank", "from": "control"},
                    {"action": "refuse", "host": "*.ads", "from": "--refuse"},
                    {"action": "intercept", "host": "*", "from": "default"},
                ],
            } == found

    run(story)


def test_paths_are_absolute(tmp_path, monkeypatch):
    """Who asks may stand elsewhere."""
    monkeypatch.chdir(tmp_path)

    async def story():
        async with recording(Path()) as made:
            assert str(tmp_path / "capture") == status(made)["capture"]
            assert str(tmp_path / "ca") == os.path.dirname(status(made)["ca"])  # noqa: PTH120 - it is text

    run(story)


def test_connections_and_bytes_are_counted(tmp_path):
    """While they are open and afterwards, and no byte twice."""

    async def story():
        async with echo(times=2) as mode, recording(tmp_path, mode=mode) as made:
            pairs = [await connect(made) for _ in range(2)]
            for reader, writer in pairs:
                writer.write(b"word")
                await reader.readexactly(8)
            assert ({"open": 2, "total": 2}, {"up": 8, "down": 16}) == counted(made)
            await close(pairs[0][1])
            await until(lambda: len(made.connections) == 1)
            assert ({"open": 1, "total": 2}, {"up": 8, "down": 16}) == counted(made)
            pairs[1][1].write(b"more")
            await pairs[1][0].readexactly(8)
            assert ({"open": 1, "total": 2}, {"up": 12, "down": 24}) == counted(made)
            await close(pairs[1][1])
        async with recording(tmp_path) as made:  # a second recorder on the capture counts its own
            assert ({"open": 0, "total": 0}, {"up": 0, "down": 0}) == counted(made)

    run(story)


def counted(made):
    found = status(made)
    return found["connections"], found["bytes"]


@pytest.mark.parametrize(("on_full", "said"), [(OnFull.RELAY, "still flow"), (OnFull.CLOSE, "is closed")])
def test_a_journal_that_stopped_is_told(tmp_path, on_full, said):
    """With the reason, and what becomes of the connections."""

    async def story():
        async with recording(tmp_path, on_full=on_full) as made:
            made.journal._stop(OSError(errno.ENOSPC, "No space left on device"), b"")
            (found,) = status(made)["faults"]
            assert "recording-stopped" == found["code"]
            assert "No space left on device" in found["message"]
            assert said in found["message"]
            assert found["next"]

    run(story)


def test_a_key_log_that_stopped_is_told(tmp_path):
    """The recording goes on."""

    async def story():
        async with recording(tmp_path, keylog=Path("/dev/full")) as made:
            assert [] == status(made)["faults"]
            made.journal._log_secret(b"line")
            assert [("keylog-stopped", "the key log cannot be written: No space left on device")] == [
                (fault["code"], fault["message"]) for fault in status(made)["faults"]
            ]

    run(story)


def test_connections_that_wait_are_told(tmp_path):
    """While there are as many as allowed, and no longer."""

    async def story():
        async with echo(times=2) as mode, recording(tmp_path, mode=mode, limits=Limits(connections=1)) as made:
            pairs = [await connect(made) for _ in range(2)]
            await until(lambda: status(made)["faults"])
            assert ["not-accepting"] == [fault["code"] for fault in status(made)["faults"]]
            await close(pairs[0][1])
            await until(lambda: made.recorded == 2)
            await close(pairs[1][1])
            await until(lambda: not made.connections)
            assert [] == status(made)["faults"]

    run(story)
