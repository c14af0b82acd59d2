import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from journals import CLIENT, DOWN, REFUSAL, STORY, UP, capture, held, name, segment
from support.waiting import until
from tlscope.capture import inspector
from tlscope.capture.index import Index
from tlscope.capture.inspector import INDEX_LOCK, Working, catch_up, ensure, is_current, is_held, main
from tlscope.capture.schema import CONNECTION, EXCHANGE, INDEX, Stale, open_writing
from tlscope.events import Closed, Data, How, Opened

TABLES = {
    "connection": ", ".join(CONNECTION),
    "exchange": ", ".join(EXCHANGE),
    **dict.fromkeys(("finding", "damage", "dropped", "place"), "*"),
}
"""What is the same however an index was built; the words' numbers need not be."""


def start(directory):
    return subprocess.Popen([sys.executable, "-m", "tlscope.capture.inspector", directory])


def count(directory):
    try:
        with Index(directory) as index:
            return index.count()
    except Stale:
        return 0


def rows(directory):
    with closing(sqlite3.connect(directory / INDEX)) as database:
        ask = database.execute
        return {table: sorted(map(repr, ask(f"SELECT {shown} FROM {table}"))) for table, shown in TABLES.items()}


def many(connections=300):
    """Small connections with an exchange each."""
    request, response = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"
    story = [Opened("explicit", "127.0.0.1:1", ""), Data(UP, request), Data(DOWN, response), Closed(CLIENT, How.FIN)]
    return segment((number, event) for number in range(1, connections + 1) for event in story)


def test_a_finished_capture_is_indexed_here(tmp_path):
    """`catch_up` leaves nothing to do."""
    capture(tmp_path, STORY, REFUSAL)
    assert not is_current(tmp_path)
    assert catch_up(tmp_path)
    assert is_current(tmp_path)
    assert 2 == count(tmp_path)
    assert not ensure(tmp_path)


def test_a_live_capture_is_indexed_as_far_as_it_is(tmp_path):
    """And again, when there is more."""
    parts = many(10)
    with held(tmp_path):
        (tmp_path / name()).write_bytes(b"".join(parts[:21]))
        assert catch_up(tmp_path)
        assert 5 == count(tmp_path)
        assert not is_current(tmp_path)
        (tmp_path / name()).write_bytes(b"".join(parts))
        assert catch_up(tmp_path)
        assert 10 == count(tmp_path)


def test_an_inspector_follows_a_recorder_and_ends_with_it(tmp_path):
    """In a process of its own, at low priority; what is recorded is soon in the index."""
    parts = many(20)
    with held(tmp_path):
        (tmp_path / name()).write_bytes(b"".join(parts[:5]))
        assert ensure(tmp_path)
        until(lambda: count(tmp_path) == 1, "the first connection in the index")
        assert is_held(tmp_path)
        assert not ensure(tmp_path)
        (tmp_path / name()).write_bytes(b"".join(parts))
        until(lambda: count(tmp_path) == 20, "all connections in the index")
    until(lambda: not is_held(tmp_path), "the inspector to end")
    assert is_current(tmp_path)


def test_its_priority_is_low(tmp_path):
    """Those who record and those who look come first."""
    with held(tmp_path):
        process = start(tmp_path)
        try:
            until(lambda: is_held(tmp_path), "the inspector to begin")
            assert inspector.NICE <= os.getpriority(os.PRIO_PROCESS, process.pid)
        finally:
            process.terminate()
    assert 0 == process.wait()


def test_there_is_one_inspector(tmp_path):
    """A second one ends at once, and harms nothing; `catch_up` waits for the one that works."""
    parts = many(20)
    (tmp_path / name()).write_bytes(b"".join(parts))
    with held(tmp_path):
        first = start(tmp_path)
        until(lambda: is_held(tmp_path), "the first inspector to begin")
        second = start(tmp_path)
        assert 0 == second.wait()
        assert first.poll() is None
        assert catch_up(tmp_path)
        assert 20 == count(tmp_path)
    assert 0 == first.wait()


def test_who_asks_for_the_inspector_does_not_keep_it_from_its_work(tmp_path, monkeypatch):
    """To ask is to hold the lock for a moment: an inspector that begins in that moment begins all the same."""
    with (tmp_path / INDEX_LOCK).open("w") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        monkeypatch.setattr("tlscope.capture.directory.time.sleep", lambda _: fcntl.flock(asking, fcntl.LOCK_UN))
        with Working(tmp_path) as working:
            assert working.alone


def test_catching_up_does_not_wait_for_ever(tmp_path):
    """Where the other inspector does not go on, that is said."""
    capture(tmp_path, STORY)
    with Working(tmp_path) as working:
        assert working.alone
        assert not Working(tmp_path).alone
        assert not catch_up(tmp_path, patience=0)


@pytest.mark.parametrize("grace", [0.0, 0.1])
def test_a_killed_inspector_leaves_an_index_to_go_on_with(tmp_path, grace):
    """A kill -9 at any moment: the next one goes on, and the rows are those of an index built at once."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    for directory in (tmp_path / "one", tmp_path / "two"):
        (directory / name()).write_bytes(b"".join(many(500)))
    catch_up(tmp_path / "one")
    process = start(tmp_path / "two")
    until(lambda: is_held(tmp_path / "two") or process.poll() is not None, "the inspector to begin")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(grace)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert catch_up(tmp_path / "two")
    assert rows(tmp_path / "one") == rows(tmp_path / "two")


def test_a_deleted_index_is_built_again(tmp_path):
    """It is derived."""
    capture(tmp_path, STORY, REFUSAL)
    catch_up(tmp_path)
    expected = rows(tmp_path)
    (tmp_path / INDEX).unlink()
    assert not is_current(tmp_path)
    catch_up(tmp_path)
    assert expected == rows(tmp_path)


def test_an_index_that_breaks_is_built_again(tmp_path):
    """Whatever became of its tables."""
    capture(tmp_path, STORY, REFUSAL)
    catch_up(tmp_path)
    expected = rows(tmp_path)
    with closing(open_writing(tmp_path)) as database:
        database.execute("DELETE FROM position")
        database.execute("DROP TABLE connection_row")
    assert catch_up(tmp_path)
    assert expected == rows(tmp_path)


def test_an_index_that_cannot_be_written_is_an_error(tmp_path, monkeypatch, capsys):
    """Said in a line, with an exit code; nothing is started again and again."""
    monkeypatch.setattr(os, "nice", lambda _: 0)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert 1 == main([str(tmp_path / "nowhere")])
    assert 2 == main([])
    (tmp_path / INDEX).mkdir()
    capture(tmp_path, STORY)
    assert 1 == main([str(tmp_path)])
    assert 2 == capsys.readouterr().err.count("Error: ")


def test_a_started_inspector_leaves_no_zombie(tmp_path):
    """Whoever started it takes note of its end, without waiting for it."""
    capture(tmp_path, STORY)
    assert ensure(tmp_path)
    until(lambda: is_current(tmp_path), "the index")
    until(lambda: not [t for t in threading.enumerate() if t.name == "inspector"], "the end of the inspector")


def test_a_lock_file_is_for_its_owner(tmp_path):
    """As all of a capture."""
    with Working(tmp_path):
        assert 0o600 == (tmp_path / INDEX_LOCK).stat().st_mode & 0o777
    assert not is_held(tmp_path)
    assert not is_held(tmp_path / "nowhere")


def test_the_help_is_not_slowed_down():
    """What starts an inspector loads neither SQLite nor a dissector."""
    code = "import sys, tlscope.capture.inspector as i; print({'sqlite3', 'tlscope.wire.x509'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "set()" == done.stdout.strip()
