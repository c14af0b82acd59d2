"""A journal that goes on where another stopped, or stops itself because the disk is full."""

import errno
import json
import os
import subprocess
import sys

import pytest

from journals import STORY, name, segment
from support.journaling import MIB, OPENED, Timer, events, files, relay
from tlscope.capture import format as fmt
from tlscope.capture import journal as module
from tlscope.capture.directory import META, read_meta
from tlscope.capture.journal import HEAD, RESERVE, RESERVE_NAME, ROOM, Journal
from tlscope.capture.reader import read
from tlscope.capture.segment import Damage, Record
from tlscope.events import Data, Direction, Faulted, Who

# ----------------------------------------------------------------------------------------------------------- reopening


def recorded(directory, connections):
    """A capture in which so many connections were made, each of one event."""
    journal = Journal(directory, call_later=Timer())
    for _ in range(connections):
        journal.put(journal.next_connection(), OPENED)
    journal.close()


def test_reopened(tmp_path):
    """Who records into a capture again begins a new segment and goes on numbering the connections."""
    for count in (3, 0, 2):
        recorded(tmp_path, count)
    assert [name(1), name(2), name(3)] == sorted(path.name for path in tmp_path.glob("journal-*.tlsj"))
    assert [1, 2, 3, 4, 5] == [number for number, _ in events(tmp_path)]


def test_reopened_after_a_kill(tmp_path):
    """A torn record at the end is left as it is; numbering goes on behind the last one that is whole."""
    recorded(tmp_path, 3)
    path = tmp_path / name()
    path.write_bytes(path.read_bytes()[:-1])
    recorded(tmp_path, 1)
    items = list(read(tmp_path))
    assert [1, 2, Damage, 3] == [item.connection if isinstance(item, Record) else type(item) for item in items]


def test_reopened_behind_a_damaged_header(tmp_path):
    """Where the last segment cannot be read, the one before it tells the number."""
    recorded(tmp_path, 3)
    recorded(tmp_path, 1)
    (tmp_path / name(2)).write_bytes(b"TLSJ\x01")
    assert 3 == module.highest_connection(tmp_path)


def test_only_the_last_segment_is_read(tmp_path, monkeypatch):
    """However long a capture is, opening it costs a walk over one segment, not a reading of its records."""
    for count in (1, 2, 3):
        recorded(tmp_path, count)
    walked = []
    mapped = module.mmap
    monkeypatch.setattr(module, "Segment", None)
    monkeypatch.setattr(module, "mmap", lambda fd, *rest, **more: walked.append(fd) or mapped(fd, *rest, **more))
    assert 6 == module.highest_connection(tmp_path)
    assert 1 == len(walked)


@pytest.mark.parametrize("at", range(0, 4 * len(segment([(1, OPENED)])[1]), 3))
def test_reopened_over_damage(tmp_path, at):
    """Damage anywhere in the last segment does not hide the records behind it."""
    head, *records = segment([(number, OPENED) for number in (7, 9, 8, 6)])
    damaged = bytearray(head + b"".join(records))
    damaged[len(head) + at] ^= 0xFF
    (tmp_path / name()).write_bytes(damaged)
    readable = [item.connection for item in read(tmp_path) if isinstance(item, Record)]
    assert max(readable) == module.highest_connection(tmp_path)


def test_a_long_segment_with_a_torn_tail(tmp_path, monkeypatch):
    """A kill -9 does not make the next start slow: only a torn tail that is too long for a flush is looked into."""
    monkeypatch.setattr(module, "SHORT_SEGMENT", 1000)
    head, *records = segment([(1, OPENED), (2, Data(Direction.UP, bytes(2 * MIB))), (3, OPENED)])
    (tmp_path / name()).write_bytes(b"".join([head, *records])[:-1])
    with monkeypatch.context() as patch:
        patch.setattr(module, "Segment", None)
        assert 2 == module.highest_connection(tmp_path)
    damaged = bytearray(b"".join([head, *records]))
    damaged[len(head) + len(records[0]) + 6] = 0x7F  # the length of the second record
    (tmp_path / name()).write_bytes(damaged)
    assert 3 == module.highest_connection(tmp_path)


@pytest.mark.parametrize("connections", [None, 0, 9, "9"])
def test_a_header_of_any_kind(tmp_path, connections):
    """The header and the records are both believed; what is no number is not."""
    head = {"salt": 5} if connections is None else {"salt": 5, "connections": connections}
    records = segment([(4, OPENED), (2, OPENED)], salt=5)[1:]
    (tmp_path / name()).write_bytes(fmt.segment_head(head) + b"".join(records))
    assert (9 if connections == 9 else 4) == module.highest_connection(tmp_path)


def test_all_series_count(tmp_path):
    """Connections are numbered once in a capture, whoever recorded them."""
    (tmp_path / name(1, series=0)).write_bytes(b"".join(segment([(3, OPENED)])))
    (tmp_path / name(1, series=2)).write_bytes(b"".join(segment([(8, OPENED)])))
    assert 8 == module.highest_connection(tmp_path)
    assert 0 == module.highest_connection(tmp_path / "nowhere")


def test_meta(tmp_path):
    """meta.json keeps when the capture was begun and takes over what is new; a stop of earlier is over."""
    (tmp_path / META).write_text(json.dumps({"created": "2025-11-20T12:00:00Z", "stopped": "full", "mine": 1}))
    journal = Journal(tmp_path, call_later=Timer(), meta={"mode": "explicit"})
    assert {"created": "2025-11-20T12:00:00Z", "mine": 1, "mode": "explicit"} == read_meta(tmp_path)
    journal.note(connections=4)
    assert 4 == read_meta(tmp_path)["connections"]
    journal.close()


# ------------------------------------------------------------------------------------------------------------ full disk


class FullDisk:
    """os.write on a disk that has room for `room` bytes, and for more when the reserve was given back."""

    def __init__(self, directory, room):
        self._reserve, self._room, self._write = directory / RESERVE_NAME, room, os.write

    def __call__(self, fd, data):
        room = self._room if self._reserve.exists() else RESERVE
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self._write(fd, data[:room])
        if self._reserve.exists():
            self._room -= written
        return written


BATCH = [(1, OPENED), (1, Data(Direction.UP, b"some data")), (2, OPENED), (2, STORY[3])]
SIZES = [HEAD + sum(map(len, fmt.encode(event)[2:])) for _, event in BATCH]


@pytest.mark.parametrize("room", range(sum(SIZES)))
def test_a_full_disk(tmp_path, monkeypatch, room):
    """At whatever byte the disk is full: what is whole stays, half a record does not, the last one says why."""
    told = []
    journal = Journal(tmp_path, call_later=Timer(), on_stop=told.append)
    monkeypatch.setattr(module.os, "write", FullDisk(tmp_path, room))
    for connection, event in BATCH:
        journal.put(connection, event)
    journal.flush()
    whole = sum(sum(SIZES[: count + 1]) <= room for count in range(len(SIZES)))
    *kept, (number, last) = events(tmp_path)
    assert BATCH[:whole] == kept
    assert (0, Who.US, "recording-stopped") == (number, last.who, last.code)
    size = (tmp_path / name()).stat().st_size - HEAD - sum(map(len, fmt.encode(last)[2:]))
    assert f"No space left on device ({name()}, byte {size})" in last.what
    assert [last.what] == told
    assert last.what == read_meta(tmp_path)["stopped"]
    assert "No space left on device" == journal.stopped
    journal.close()


def test_after_the_stop(tmp_path, monkeypatch):
    """The user is told once; later events lead nowhere, the buffer still serves, and closing is quiet."""
    told = []
    journal = Journal(tmp_path, call_later=Timer(), on_stop=told.append)
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "write", FullDisk(tmp_path, 0))
        journal.put(1, OPENED)
        journal.flush()
    before = (tmp_path / name()).read_bytes()
    for _ in range(30):
        relay(journal, 1, bytes(ROOM))
        journal.put(1, OPENED)
        assert journal.room() + ROOM <= len(journal.buffer)
    journal.put(1, Data(Direction.UP, bytes(2 * MIB)))
    journal.close()
    assert before == (tmp_path / name()).read_bytes()
    assert 1 == len(told)
    assert [name(), META] == files(tmp_path)


@pytest.mark.parametrize("what", ["open", "write"])
def test_no_room_for_the_next_segment(tmp_path, monkeypatch, what):
    """Where no new segment can be made, the present one tells it, and the half of a new one does not stay."""
    journal = Journal(tmp_path, call_later=Timer(), keep=0)
    full = Data(Direction.UP, bytes(MIB))
    real = getattr(os, what)

    def fail(target, *arguments):
        beginning = target == tmp_path / name(2) if what == "open" else arguments[0][:4] == fmt.MAGIC
        if beginning:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(target, *arguments)

    monkeypatch.setattr(module.os, what, fail)
    journal.put(1, full)
    assert "No space left on device" == journal.stopped
    journal.close()
    assert [name(), META] == files(tmp_path)
    (first, (number, last)) = events(tmp_path)
    assert ((1, full), 0) == (first, number)
    assert name() in last.what


def test_a_disk_that_takes_nothing_more(tmp_path, monkeypatch):
    """Where not even the last record can be written, all before it is whole, and nothing raises."""
    journal = Journal(tmp_path, call_later=Timer())
    journal.put(1, OPENED)
    journal.flush()

    def fail(fd, data):
        if len(data) < 20:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return write(fd, data[:-10])

    write = os.write
    monkeypatch.setattr(module.os, "write", fail)
    journal.put(2, OPENED)
    journal.flush()
    assert os.strerror(errno.EIO) == journal.stopped
    assert [(1, OPENED)] == events(tmp_path)
    journal.close()


LIMITED = """
import json, resource, sys
from pathlib import Path
from tlscope.capture.journal import Journal
from tlscope.events import Data, Direction

directory, limit, size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
told = []
journal = Journal(directory, call_later=lambda *_: None, on_stop=told.append)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
for number in range(1, 3 + limit // size):
    journal.put(number, Data(Direction.UP, b"x" * size))
    if number % 5 == 0:
        journal.flush()
journal.close()
print(json.dumps([told, journal.stopped]))
"""


@pytest.mark.parametrize(("limit", "size"), [(200_000, 10_000), (200_001, 1_000), (200_100, 77), (300_000, 9_000)])
def test_a_limit_of_the_system(tmp_path, limit, size):
    """A file that the system lets grow no further (RLIMIT_FSIZE): it stops once, says where, and all before is read."""
    command = [sys.executable, "-W", "error", "-c", LIMITED, str(tmp_path), str(limit), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (what,), stopped = json.loads(done.stdout)
    assert os.strerror(errno.EFBIG) == stopped
    assert f"({name()}, byte " in what
    assert what == read_meta(tmp_path)["stopped"]
    found = events(tmp_path)
    data = [item for item in found if item[0]]
    assert [(number, Data(Direction.UP, b"x" * size)) for number in range(1, len(data) + 1)] == data
    said = [event for number, event in found if not number]
    assert [] == said or [what] == [event.what for event in said if isinstance(event, Faulted)]
    path = tmp_path / name()
    assert limit - size - HEAD - 400 < path.stat().st_size <= limit
