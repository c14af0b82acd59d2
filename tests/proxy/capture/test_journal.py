import errno
import json
import os
import stat
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import REFUSAL, STORY, name, segment
from tlscope.capture import format as fmt
from tlscope.capture import journal as module
from tlscope.capture.directory import META, read_meta
from tlscope.capture.journal import FLUSH_SIZE, FLUSH_TIME, HEAD, RESERVE, RESERVE_NAME, ROOM, Journal
from tlscope.capture.reader import Dropped, read
from tlscope.capture.segment import Damage, Record
from tlscope.events import Data, Direction, Faulted, Leg, Message, Opened, Secret, Who

MIB = 1 << 20
OPENED = Opened("explicit", "127.0.0.1:1", "127.0.0.1:2")
LINE = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48


class Timer:
    """A loop's call_later whose time passes when the test says so."""

    def __init__(self):
        self.waiting = []

    def __call__(self, delay, callback):
        self.waiting.append((delay, callback))

    def pass_time(self):
        waiting, self.waiting = self.waiting, []
        for _, callback in waiting:
            callback()


@pytest.fixture
def timer():
    return Timer()


@pytest.fixture
def journal(tmp_path, timer):
    """A journal in an empty directory."""
    made = Journal(tmp_path, call_later=timer)
    yield made
    if made._fd >= 0:
        made.close()


def events(directory):
    """Everything that can be read, which must be whole."""
    items = list(read(directory))
    assert all(isinstance(item, Record) for item in items), items
    return [(item.connection, item.event) for item in items]


def relay(journal, connection, data, flags=0):
    """What a relay does with application data."""
    at = journal.room()
    journal.buffer[at : at + len(data)] = data
    journal.commit(connection, flags, len(data))


def files(directory):
    return sorted(path.name for path in directory.iterdir())


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# ------------------------------------------------------------------------------------------------------------ recording


def test_what_is_put_is_read(journal, tmp_path):
    """Every kind of event comes back, in order, with its connection and rising clocks."""
    put = [(number, event) for number in (1, 2) for event in [*STORY, *REFUSAL]]
    for number, event in put:
        journal.put(number, event)
    journal.close()
    assert put == events(tmp_path)
    records = list(read(tmp_path))
    assert sorted(item.mono for item in records) == [item.mono for item in records]
    assert all(0 <= records[-1].wall - item.wall < 10**11 for item in records)


def test_a_message_in_pieces_is_the_same_message(journal, tmp_path):
    """put_message records exactly what put records of the event."""
    message = Message(Leg.SERVER, Direction.DOWN, 0x0304, 22, b"\x14\0\0\0")
    journal.put(1, message)
    journal.put_message(1, fmt.FLAG_SERVER | fmt.FLAG_DOWN, 0x0304, 22, message.data)
    journal.close()
    assert [(1, message)] * 2 == events(tmp_path)


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=3000), st.integers(0, 3)), max_size=20))
def test_room_and_commit(tmp_path_factory, steps):
    """What is written at `room` and committed is application data; events go in between as they come."""
    directory = tmp_path_factory.mktemp("capture")
    journal = Journal(directory, call_later=Timer())
    expected = []
    for committed, data, kind in steps:
        plain, direction = bool(kind & 2), Direction(kind & 1)
        event = Data(direction, data, encrypted=not plain)
        if committed:
            relay(journal, 7, data, fmt.FLAG_DOWN * direction | fmt.FLAG_PLAIN * plain)
        else:
            journal.put(7, event)
        expected.append((7, event))
    journal.close()
    assert expected == events(directory)


def test_the_buffer_never_moves(journal):
    """A relay holds its address: it keeps its place and its size, and ROOM bytes always fit at `room`."""
    buffer, view = journal.buffer, memoryview(journal.buffer)
    for size in (ROOM, ROOM, ROOM, 1, FLUSH_SIZE - 10 * HEAD, ROOM):
        assert journal.room() + ROOM <= len(buffer)
        relay(journal, 1, b"x" * min(size, ROOM))
        journal.put(1, Data(Direction.UP, b"y" * (size % 1000)))
    assert buffer is journal.buffer
    view.release()


def test_flushed_after_twenty_milliseconds(journal, tmp_path, timer):
    """The first event sets one timer of 20 ms; what gathered until then is written when it runs out, and not before."""
    assert not timer.waiting
    for put in range(3):
        journal.put(1, OPENED)
        relay(journal, 1, b"data %d" % put)
    assert [FLUSH_TIME] == [delay for delay, _ in timer.waiting]
    assert 0.02 == FLUSH_TIME
    assert [] == events(tmp_path)
    timer.pass_time()
    assert 6 == len(events(tmp_path))
    assert not timer.waiting
    relay(journal, 1, b"more")
    assert 1 == len(timer.waiting)


def test_flushed_at_a_mebibyte(journal, tmp_path):
    """A buffer that is full is written at once; less than FLUSH_SIZE bytes are ever waiting."""
    size = 100_000
    written = 0
    for number in range(1, 40):
        if number % 2:
            relay(journal, number, bytes(size))
        else:
            journal.put(number, Data(Direction.UP, bytes(size)))
        written = len(events(tmp_path))
        assert (number - written) * (size + HEAD) <= FLUSH_SIZE
    assert 0 < written < 40


@pytest.mark.parametrize("size", [FLUSH_SIZE - HEAD, FLUSH_SIZE - HEAD + 1, 3 * MIB, 16 * MIB - 100])
def test_a_huge_event(journal, tmp_path, size):
    """An event that is larger than the buffer goes straight to the file, in its place."""
    huge = Data(Direction.UP, b"h" * size)
    journal.put(1, OPENED)
    journal.put(2, huge)
    journal.put(3, OPENED)
    journal.close()
    assert [(1, OPENED), (2, huge), (3, OPENED)] == events(tmp_path)


def test_partial_writes(journal, tmp_path, monkeypatch):
    """A system that writes less than it is asked to is asked again."""
    write = os.write
    monkeypatch.setattr(module.os, "write", lambda fd, data: write(fd, data[:7]))
    for event in STORY:
        journal.put(1, event)
    journal.put(2, Data(Direction.UP, bytes(FLUSH_SIZE)))
    journal.close()
    assert len(STORY) + 1 == len(events(tmp_path))


def test_closed(journal, tmp_path, timer):
    """Closing writes what is left and leaves the segment and meta.json; a timer that still runs does nothing."""
    journal.put(1, OPENED)
    journal.close()
    timer.pass_time()
    assert [name(), META] == files(tmp_path)
    assert [(1, OPENED)] == events(tmp_path)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes(tmp_path, umask):
    """Whatever the umask, nobody else reads a capture or a key log."""
    capture, keylog = tmp_path / "capture", tmp_path / "keys"
    capture.mkdir()
    before = os.umask(umask)
    try:
        journal = Journal(capture, call_later=Timer(), keylog=keylog)
    finally:
        os.umask(before)
    assert [name(), META, RESERVE_NAME] == files(capture)
    assert {0o600} == {mode(path) for path in [*capture.iterdir(), keylog]}
    journal.close()


# -------------------------------------------------------------------------------------------------------------- key log


def test_key_log(tmp_path):
    """Secrets of both legs are appended, a line each and at once, to what the file held before; to the capture, too."""
    keylog = tmp_path / "keys"
    keylog.write_bytes(b"# older\n")
    journal = Journal(tmp_path, call_later=Timer(), keylog=keylog)
    for leg in Leg:
        journal.put(1, Secret(leg, LINE))
        journal.put(1, OPENED)
    assert b"# older\n" + 2 * (LINE + b"\n") == keylog.read_bytes()
    journal.close()
    assert [Secret(leg, LINE) for leg in Leg] == [event for _, event in events(tmp_path) if isinstance(event, Secret)]


def test_a_key_log_that_cannot_be_written(tmp_path):
    """The recording goes on without it, and says so once."""
    journal = Journal(tmp_path, call_later=Timer(), keylog="/dev/full")
    for _ in range(3):
        journal.put(1, Secret(Leg.CLIENT, LINE))
    journal.close()
    (own,) = [event for number, event in events(tmp_path) if number == 0]
    assert (Who.US, "keylog-stopped") == (own.who, own.code)
    assert "No space left on device" in own.what
    assert 4 == len(events(tmp_path))


# ------------------------------------------------------------------------------------------------------------- segments


def test_segments_and_budget(tmp_path):
    """Segments of an eighth of the budget follow each other; the oldest go, whole, before the budget is exceeded."""
    keep = 32 * MIB
    journal = Journal(tmp_path, call_later=Timer(), keep=keep)
    put = 0
    for _ in range(900):
        relay(journal, put + 1, bytes(100_000))
        put += 1
        sizes = [path.stat().st_size for path in tmp_path.glob("journal-*.tlsj")]
        assert sum(sizes) <= keep + FLUSH_SIZE
        assert max(sizes) <= keep / 8 + FLUSH_SIZE
    journal.close()
    first, *items = read(tmp_path)
    assert isinstance(first, Dropped)
    assert (0, 1) == (first.series, first.first)
    assert name(first.last + 1) == items[0].segment
    assert list(range(put + 1 - len(items), put + 1)) == [item.connection for item in items]
    assert len(items) * 100_000 > keep / 2


def test_a_segment_says_what_came_before_it(tmp_path):
    """Its header has a salt of its own, its place, and the connections given out before it."""
    journal = Journal(tmp_path, call_later=Timer(), keep=0)
    for _ in range(3):
        number = journal.next_connection()
        journal.put(number, Data(Direction.UP, bytes(MIB)))
    journal.close()
    (path,) = tmp_path.glob("journal-*.tlsj")
    head, _ = fmt.read_segment_head(path.read_bytes())
    assert (0, 4, 3) == (head["series"], head["segment"], head["connections"])
    assert 0 <= head["salt"] < 2**32
    assert head["tlscope"]


def test_salts_differ(tmp_path):
    """Two segments of the same journal do not share a salt."""
    journal = Journal(tmp_path, call_later=Timer())
    for number in range(1, 4):
        journal.put(number, OPENED)
        journal._write(bytes(0))
        journal._roll()
    journal.close()
    salts = {fmt.read_segment_head(path.read_bytes())[0]["salt"] for path in tmp_path.glob("journal-*.tlsj")}
    assert 4 == len(salts)


def test_other_files_are_left_alone(tmp_path):
    """What lies in the directory and is no segment of this series is neither counted nor removed."""
    others = ["journal-0-1.tlsj", "journal-x.tlsj", "journal-0-abcdef.tlsj", name(9, series=1)]
    for other in others:
        (tmp_path / other).write_bytes(b"mine")
    journal = Journal(tmp_path, call_later=Timer(), keep=0)
    journal.put(1, Data(Direction.UP, bytes(2 * MIB)))
    journal.close()
    assert sorted([*others, name(2), META]) == files(tmp_path)


def test_old_pages_leave_the_cache(tmp_path, monkeypatch):
    """Of a long segment the page cache keeps a window only, and the journal stays whole where it cannot be told so."""
    advised = []

    def advise(_, start, size, advice):
        advised.append((start, start + size, advice))
        raise OSError(errno.EINVAL, "no advice here")

    monkeypatch.setattr(module, "CACHE_WINDOW", 2 * MIB)
    monkeypatch.setattr(module, "CACHE_STEP", MIB)
    monkeypatch.setattr(module.os, "posix_fadvise", advise)
    journal = Journal(tmp_path, call_later=Timer())
    for number in range(1, 11):
        journal.put(number, Data(Direction.UP, bytes(MIB)))
    journal.close()
    assert {os.POSIX_FADV_DONTNEED} == {advice for _, _, advice in advised}
    size = (tmp_path / name()).stat().st_size
    assert size - 3 * MIB - 1000 < max(end for _, end, _ in advised) <= size - 2 * MIB
    assert 10 == len(events(tmp_path))


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
