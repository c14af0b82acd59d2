import fcntl
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import NOON, SALT, STORY, TICK, UP, held, name, segment
from tlscope.capture import reader
from tlscope.capture.directory import Hold
from tlscope.capture.format import Kind
from tlscope.capture.journal import Journal
from tlscope.capture.reader import Damage, Dropped, Reader, Record, is_live
from tlscope.events import Data, Opened


def put(directory, number, *parts, series=0):
    with (directory / name(number, series)).open("ab") as file:
        file.write(b"".join(parts))


def told(items):
    return [item.event if isinstance(item, Record) else item for item in items]


def numbered(*connections):
    """Events that tell which is which."""
    return [(number, Opened("explicit", str(number), "")) for number in connections]


def connections(items):
    return [item.connection if isinstance(item, Record) else item for item in items]


def test_an_empty_directory_is_an_empty_capture(tmp_path):
    """A recorder that has not written yet is no error, and neither is a directory that is not there."""
    assert [] == list(reader.read(tmp_path))
    assert [] == list(reader.read(tmp_path / "nowhere"))


def test_segments_are_read_one_after_the_other(tmp_path):
    """By their numbers, which may have more than six digits."""
    for number, salt in ((10**6, 3), (10**6 - 1, 2), (10**6 - 2, 1)):
        put(tmp_path, number, *segment(numbered(number), salt=salt))
    items = list(reader.read(tmp_path))
    assert [Dropped(0, 1, 10**6 - 3), 10**6 - 2, 10**6 - 1, 10**6] == connections(items)


def test_other_files_are_not_touched(tmp_path):
    """Only names that a recorder gives are segments."""
    put(tmp_path, 1, *segment(numbered(1)))
    for other in ("journal-0-1.tlsj", "journal-x-000001.tlsj", "journal-0-000002.tlsj.gz", "journal-0-²²²²²².tlsj"):
        (tmp_path / other).write_bytes(b"no journal")
    assert [1] == connections(reader.read(tmp_path))


def test_series_are_merged_by_time(tmp_path):
    """Several recorders fill one capture: what happened first is told first, and each series keeps its order."""
    put(tmp_path, 1, *segment(numbered(1, 3, 5), step=2 * TICK), series=0)
    put(tmp_path, 1, *segment(numbered(2, 4, 6), step=2 * TICK, begin=TICK), series=7)
    assert [1, 2, 3, 4, 5, 6] == connections(reader.read(tmp_path))


def test_a_clock_that_is_set_back_does_not_turn_a_series_around(tmp_path):
    """Within a series the order is that of the records, whatever the wall clock did."""
    put(tmp_path, 1, *segment(numbered(1, 3, 5), begin=10 * TICK, step=-TICK), series=0)
    put(tmp_path, 1, *segment(numbered(2, 4, 6), begin=0, step=2 * TICK), series=1)
    found = connections(reader.read(tmp_path))
    assert [1, 3, 5] == [number for number in found if number % 2]
    assert [2, 4, 6] == [number for number in found if number % 2 == 0]


def test_dropped_segments_are_told(tmp_path):
    """What the budget removed is said where it was, at the beginning or, of what was not read yet, in between."""
    for number in (3, 4, 8):
        put(tmp_path, number, *segment(numbered(number)))
    assert [Dropped(0, 1, 2), 3, 4, Dropped(0, 5, 7), 8] == connections(reader.read(tmp_path))


def test_a_live_capture_is_followed(tmp_path):
    """While a recorder lives each poll yields what came since the last, over the ends of segments."""
    first, second = segment(numbered(1, 2, 3), salt=1), segment(numbered(4, 5), salt=2)
    with held(tmp_path), Reader(tmp_path) as following:
        assert [] == list(following.poll())
        put(tmp_path, 1, first[0], first[1], first[2][:-1])
        assert [1] == connections(following.poll())
        assert [] == list(following.poll())
        put(tmp_path, 1, first[2][-1:])
        assert [2] == connections(following.poll())
        put(tmp_path, 1, first[3])
        put(tmp_path, 2)
        assert [3] == connections(following.poll())
        put(tmp_path, 2, second[0][:5])
        assert [] == list(following.poll())
        put(tmp_path, 2, second[0][5:], *second[1:])
        assert [4, 5] == connections(following.poll())
        assert not following.finished
    assert [] == list(following.poll())
    assert following.finished


def test_the_writer_is_followed_over_segments_and_budget(tmp_path):
    """The real journal, small: who keeps up sees all; who comes late sees what the budget left, and is told."""
    hold = Hold(tmp_path / "c")
    journal = Journal(hold.directory, call_later=lambda *_: None, keep=8 << 20)
    with Reader(hold.directory) as following:
        for number in range(1, 61):
            journal.put(number, Data(UP, bytes([number]) * 200_000))
            journal.flush()
            (item,) = following.poll()
            assert (number, Data(UP, bytes([number]) * 200_000)) == (item.connection, item.event)
    dropped, *left = reader.read(hold.directory)
    assert (0, 1) == (dropped.series, dropped.first)
    assert list(range(left[0].connection, 61)) == connections(left)
    journal.close()
    hold.release()


def test_a_killed_recorder_leaves_a_torn_tail(tmp_path):
    """What a live recorder has not written yet becomes a torn record once it is dead."""
    parts = segment(numbered(1, 2))
    with Reader(tmp_path) as following:
        with held(tmp_path):
            put(tmp_path, 1, parts[0], parts[1], parts[2][:-3])
            assert [1] == connections(following.poll())
            assert [] == list(following.poll())
        offset = len(parts[0] + parts[1])
        torn = Damage(name(), offset, "the segment ends inside a record", len(parts[2]) - 3)
        assert [torn] == list(following.poll())
        assert [] == list(following.poll())
        assert following.finished


def test_only_the_last_segment_of_a_live_capture_can_grow(tmp_path):
    """A record that is torn before the recorder began another segment stays torn, however alive it is."""
    parts = segment(numbered(1, 2))
    put(tmp_path, 1, parts[0], parts[1], parts[2][:-3])
    put(tmp_path, 2, *segment(numbered(3)))
    with held(tmp_path):
        one, torn, three = reader.read(tmp_path)
    assert (1, name(1), 3) == (one.connection, torn.segment, three.connection)


def test_a_segment_that_is_removed_while_it_is_read_is_read_to_its_end(tmp_path):
    """The budget of a busy recorder may overtake a slow reader, which loses only what it had not begun."""
    parts = segment(numbered(1, 2))
    with held(tmp_path), Reader(tmp_path) as following:
        put(tmp_path, 1, *parts[:2])
        assert [1] == connections(following.poll())
        put(tmp_path, 1, parts[2])
        put(tmp_path, 5, *segment(numbered(5)))
        (tmp_path / name(1)).unlink()
        assert [2, Dropped(0, 2, 4), 5] == connections(following.poll())


def test_a_segment_that_vanishes_before_it_is_opened_is_dropped(tmp_path):
    """Between the listing of the directory and the opening of a file the recorder may remove it."""
    put(tmp_path, 1, *segment(numbered(1)))
    (tmp_path / name(2)).symlink_to(tmp_path / "gone")
    put(tmp_path, 3, *segment(numbered(3)))
    assert [1, Dropped(0, 2, 2), 3] == connections(reader.read(tmp_path))


def test_a_segment_that_cannot_be_opened_is_damage(tmp_path):
    """The others are read."""
    (tmp_path / name(1)).symlink_to(name(1))
    put(tmp_path, 2, *segment(numbered(2)))
    damage, two = reader.read(tmp_path)
    assert (name(1), 0, 2) == (damage.segment, damage.offset, two.connection)
    assert "cannot be opened: " in damage.reason


def test_a_segment_without_a_header_does_not_stop_the_others(tmp_path):
    """A damaged header costs one segment."""
    put(tmp_path, 1, b"no journal at all")
    put(tmp_path, 2, *segment(numbered(2)))
    put(tmp_path, 3, b"TLSJ")
    items = list(reader.read(tmp_path))
    assert [("not a journal segment", 17), ("the segment ends inside its header", 4)] == [
        (item.reason, item.lost_bytes) for item in items if isinstance(item, Damage)
    ]
    assert 2 == items[1].connection


def test_a_caller_can_do_without_data_and_other_connections(tmp_path):
    """`data_limit`, `connection` and `kinds` reach the segments."""
    put(tmp_path, 1, *segment((number, event) for number in (1, 2) for event in STORY))
    items = list(reader.read(tmp_path, data_limit=3, connection=2, kinds=frozenset({Kind.DATA})))
    assert {2} == set(connections(items))
    assert [3, 3] == [len(event.data) for event in told(items)]


def test_a_poll_is_lazy(tmp_path, monkeypatch):
    """However long a capture is, it is read as it is consumed."""
    big = [(1, Data(UP, bytes(1 << 20))) for _ in range(8)]
    put(tmp_path, 1, *segment(big))
    asked, pread = [], os.pread
    monkeypatch.setattr(os, "pread", lambda fd, length, offset: asked.append(length) or pread(fd, length, offset))
    with Reader(tmp_path) as reading:
        assert 1 == next(reading.poll()).connection
    assert sum(asked) < 1.5 * (1 << 20)


def test_files_are_let_go(tmp_path, monkeypatch):
    """A reader that is closed, or has read all, holds no file open."""
    held_open, open_, close = set(), os.open, os.close

    def opened(*args):
        fd = open_(*args)
        held_open.add(fd)
        return fd

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "close", lambda fd: held_open.discard(fd) or close(fd))
    put(tmp_path, 1, *segment(numbered(1)))
    put(tmp_path, 2, *segment(numbered(2)))
    with held(tmp_path), Reader(tmp_path) as following:
        list(following.poll())
        assert 1 == len(held_open)
    assert set() == held_open
    with Reader(tmp_path) as finished:
        assert [1, 2] == connections(finished.poll())
        assert set() == held_open


def test_a_recorder_lives_as_long_as_it_holds_the_lock(tmp_path):
    """Asking does not disturb: the lock can be taken while others ask, and asked for again."""
    assert not is_live(tmp_path)
    with held(tmp_path):
        assert is_live(tmp_path)
        assert is_live(tmp_path)
    assert not is_live(tmp_path)
    with held(tmp_path):
        pass


def test_a_recorder_that_is_killed_is_not_live(tmp_path):
    """The lock goes with the process, in whatever way that ends."""
    script = (
        "import fcntl, sys; lock = open(sys.argv[1], 'w'); fcntl.flock(lock, fcntl.LOCK_EX); "
        "print(flush=True); sys.stdin.read()"
    )
    arguments = [sys.executable, "-c", script, str(tmp_path / "lock")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as recorder:
        recorder.stdout.readline()
        assert is_live(tmp_path)
        recorder.kill()
        recorder.wait()
        assert not is_live(tmp_path)


def test_a_shared_lock_is_no_recorder(tmp_path):
    """Another reader that asks at the same moment is not taken for a recorder."""
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert not is_live(tmp_path)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=4), st.booleans())
def test_no_content_raises(files, live):
    """Whatever lies in the files, reading ends, and says for each what it is."""
    with TemporaryDirectory() as place:
        directory = Path(place)
        head = segment([], salt=SALT)[0]
        for number, content in enumerate(files, 1):
            put(directory, number, head if number % 2 else b"", content)
        with held(directory) if live else open(os.devnull):  # noqa: PTH123 (any context manager)
            items = list(reader.read(directory))
        assert all(isinstance(item, Damage) for item in items)


def test_times_are_those_of_the_records(tmp_path):
    """Nanoseconds since the epoch, as written."""
    put(tmp_path, 1, *segment(numbered(1, 2)))
    assert [NOON, NOON + TICK] == [item.wall for item in reader.read(tmp_path)]


@pytest.mark.parametrize("series", [0, 999_999_999])
def test_a_series_is_a_number(tmp_path, series):
    """One recorder process is one series."""
    put(tmp_path, 1, *segment(numbered(1)), series=series)
    assert {series: [1]} == reader.segments(tmp_path)
