import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tlscope_ca import users as module
from tlscope_ca.users import USERS, Use, User, users

ANOTHER = """
import sys
from pathlib import Path
from tlscope_ca.users import Use
use = Use(Path(sys.argv[1]), sys.argv[2])
print("there", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def another(tmp_path):
    """Another process that works with the authority."""
    command = [sys.executable, "-c", ANOTHER, tmp_path / "ca", "/its/capture"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert b"there\n" == process.stdout.readline()
        yield process
        process.kill()


def open_files():
    return len(list(Path("/dev/fd").iterdir()))


def notes(directory):
    return list((directory / "ca" / USERS).iterdir())


def test_who_works_with_it_is_known_as_long_as_it_lasts(tmp_path):
    """With what for; several at once, and of one process several."""
    directory = tmp_path / "ca"
    assert [] == users(directory)
    with Use(directory, "/a"), Use(directory, "/b\n\udcff"):
        assert [User(os.getpid(), "/a"), User(os.getpid(), "/b\n\udcff")] == users(directory)
    assert [] == users(directory)
    assert [] == notes(tmp_path)


def test_others_see_it(tmp_path, another):
    """Whichever process asks; looking changes nothing."""
    expected = [User(another.pid, "/its/capture")]
    assert expected == users(tmp_path / "ca")
    assert expected == users(tmp_path / "ca")


def test_who_was_killed_is_none(tmp_path, another):
    """Its note is left, and says nothing any more: who comes upon it removes it."""
    another.send_signal(signal.SIGKILL)
    another.wait()
    assert 1 == len(notes(tmp_path))
    assert [] == users(tmp_path / "ca")
    assert [] == notes(tmp_path)


def test_a_note_that_is_taken_for_a_dead_ones_is_made_again(tmp_path, monkeypatch):
    """Somebody looks between the moment in which it is written and that in which it is locked."""
    looks = []

    def flock(fd, operation):
        if operation == fcntl.LOCK_EX and not looks:
            looks.append(users(tmp_path / "ca"))
        return lock(fd, operation)

    lock = fcntl.flock
    monkeypatch.setattr(module.fcntl, "flock", flock)
    with Use(tmp_path / "ca", "/a"):
        assert [[]] == looks
        assert [User(os.getpid(), "/a")] == users(tmp_path / "ca")


def test_what_is_no_note_is_left_alone(tmp_path):
    """Whoever put it there."""
    (tmp_path / "ca" / USERS).mkdir(parents=True)
    (tmp_path / "ca" / USERS / "README").write_text("mine")
    assert [] == users(tmp_path / "ca")
    assert ["README"] == [path.name for path in notes(tmp_path)]


def test_only_the_owner_sees_who_records_where(tmp_path):
    """Both directories are 0700, the note is 0600."""
    with Use(tmp_path / "ca", "/a"):
        (note,) = notes(tmp_path)
        assert [0o700, 0o700, 0o600] == [path.stat().st_mode & 0o777 for path in (note.parents[1], note.parent, note)]


def test_where_no_note_can_be_left_it_is_an_error(tmp_path, monkeypatch):
    """And nothing stays behind: neither a file, nor one that is open."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Use(tmp_path / "file" / "ca", "/a")

    def flock(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(module.fcntl, "flock", flock)
    before = open_files()
    with pytest.raises(OSError, match="No locks"):
        Use(tmp_path / "ca", "/a")
    assert [] == notes(tmp_path)
    assert before == open_files()
