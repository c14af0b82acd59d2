import os
import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import REFUSAL, STORY, name
from support.journaling import MIB, OPENED, Timer, events, files, mode, relay
from tlscope.capture import format as fmt
from tlscope.capture import journal as module
from tlscope.capture.directory import META
from tlscope.capture.journal import FLUSH_SIZE, FLUSH_TIME, HEAD, RESERVE_NAME, ROOM, Journal
from tlscope.capture.reader import Dropped, read
from tlscope.events import Data, Direction, Leg, Message, Secret, Who

LINE = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48


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


def test_for_want_of_a_descriptor_the_segment_grows(tmp_path):
    """Recording does not stop: the next segment begins once there are file descriptors again."""
    journal = Journal(tmp_path, call_later=Timer(), keep=8 * MIB)
    lowest, limits = os.dup(0), resource.getrlimit(resource.RLIMIT_NOFILE)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    try:
        for number in (1, 2):
            journal.put(number, Data(Direction.UP, bytes(MIB)))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert not journal.stopped
    assert [name(1), META, RESERVE_NAME] == files(tmp_path)
    for number in (3, 4):
        journal.put(number, Data(Direction.UP, bytes(MIB)))
    journal.close()
    assert [1, 2, 3, 4] == [item.connection for item in read(tmp_path)]
    assert name(2) in files(tmp_path)


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
    """All of a journal is told of as it grows, to the end of each segment (pagecache.py)."""
    told = []
    monkeypatch.setattr(module.Behind, "wrote", lambda _, path, size: told.append((path.name, size)))
    monkeypatch.setattr(module, "STEP", MIB)
    journal = Journal(tmp_path, call_later=Timer(), keep=32 * MIB)
    for number in range(1, 11):
        journal.put(number, Data(Direction.UP, bytes(MIB)))
    journal.close()
    assert [name(1)] * 4 + [name(2)] * 4 + [name(3)] * 2 == [path for path, _ in told]
    assert [(tmp_path / name(each)).stat().st_size for each in (1, 2)] == [told[3][1], told[7][1]]
