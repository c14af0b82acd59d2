import errno
import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from journals import STORY, capture, name
from tlscope.capture import directory as module
from tlscope.capture.directory import (
    LOCK,
    META,
    CaptureError,
    Hold,
    default_root,
    existing,
    is_locked,
    new_name,
    newest,
    read_meta,
    write_meta,
)
from tlscope.capture.reader import is_live


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def begun(directory, created):
    directory.mkdir(parents=True)
    write_meta(directory, {"created": created})
    return directory


# -------------------------------------------------------------------------------------------------------------- finding


def test_where_captures_are(monkeypatch, tmp_path):
    """Below the user's data directory (XDG)."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert tmp_path / "tlscope" / "captures" == default_root()


def test_names_sort_by_time():
    """A new capture's name says when it was begun and by which process."""
    noon = datetime(2025, 11, 20, 12, tzinfo=UTC)
    assert f"20251120-120000-{os.getpid()}" == new_name(noon)
    assert new_name(noon) < new_name(noon + timedelta(seconds=1)) < new_name()


def test_the_newest(tmp_path):
    """The one begun last, whatever its name and whatever was written to since; what is no capture does not count."""
    begun(tmp_path / "z", "2025-11-20T12:00:00Z")
    expected = begun(tmp_path / "a", "2025-11-20T12:00:01Z")
    (tmp_path / "z" / name()).write_bytes(b"")
    (tmp_path / "zz").mkdir()
    (tmp_path / "zzz").write_text("a file")
    assert expected == newest(tmp_path)


def test_the_newest_of_one_second(tmp_path):
    """Names decide between captures of the same second, and a damaged meta.json makes a capture the oldest."""
    begun(tmp_path / "a", "2025-11-20T12:00:00Z")
    expected = begun(tmp_path / "b", "2025-11-20T12:00:00Z")
    (begun(tmp_path / "c", "") / META).write_text("{")
    assert expected == newest(tmp_path)


@pytest.mark.parametrize("root", ["", "nowhere"])
def test_no_capture(tmp_path, root):
    """Where there is none, the error says how to make one."""
    with pytest.raises(CaptureError, match="there is no capture") as caught:
        newest(tmp_path / root)
    assert "tlscope record" in caught.value.next


def test_existing(tmp_path):
    """A capture is known by its meta.json or by its segments."""
    whole = capture(tmp_path / "whole", STORY)
    assert whole == existing(whole)
    (whole / META).unlink()
    assert whole == existing(whole)
    (whole / name()).unlink()
    for path, what in ((whole, "holds no capture"), (tmp_path / "nowhere", "there is no directory")):
        with pytest.raises(CaptureError, match=what) as caught:
            existing(path)
        assert caught.value.next


# ------------------------------------------------------------------------------------------------------------ meta.json


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'"x"', b"\xff", b"1", b"[" * 60_000])
def test_damaged_meta(tmp_path, content):
    """A meta.json that is missing or damaged is empty: the journal is the truth."""
    if content is not None:
        (tmp_path / META).write_bytes(content)
    assert {} == read_meta(tmp_path)


def test_meta_is_replaced_at_once(tmp_path, monkeypatch):
    """A reader sees the old or the new one; a write that fails leaves the old one and nothing else."""
    write_meta(tmp_path, {"a": 1})
    assert {"a": 1} == read_meta(tmp_path)
    assert 0o600 == mode(tmp_path / META)

    def full(value, file, **_):
        file.write(json.dumps(value)[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.json, "dump", full)
    with pytest.raises(OSError, match="No space"):
        write_meta(tmp_path, {"b": 2})
    assert {"a": 1} == read_meta(tmp_path)
    assert [META] == [path.name for path in tmp_path.iterdir()]


# -------------------------------------------------------------------------------------------------------------- holding


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes(tmp_path, umask):
    """A capture is made 0700 and its files 0600, whatever the umask: it holds plaintext and keys."""
    directory = tmp_path / "data" / "captures" / "new"
    before = os.umask(umask)
    try:
        hold = Hold(directory)
    finally:
        os.umask(before)
    assert 0o700 == mode(directory)
    assert {LOCK: 0o600} == {path.name: mode(path) for path in directory.iterdir()}
    hold.release()


def test_a_directory_that_was_made_for_nothing_is_removed(tmp_path):
    """But none that was there before, and nothing that somebody wrote."""
    Hold(tmp_path / "new").abandon()
    assert not (tmp_path / "new").exists()
    (tmp_path / "old").mkdir()
    Hold(tmp_path / "old").abandon()
    assert (tmp_path / "old").exists()
    hold = Hold(tmp_path / "used")
    (tmp_path / "used" / META).write_text("{}")
    hold.abandon()
    Hold(tmp_path / "used").release()


def test_a_second_recorder_is_refused(tmp_path):
    """A capture has one writer; when that lets go, another may come."""
    first = Hold(tmp_path)
    assert is_live(tmp_path)
    with pytest.raises(CaptureError, match="another recorder writes to") as caught:
        Hold(tmp_path)
    assert "another directory" in caught.value.next
    first.release()
    assert not is_live(tmp_path)
    Hold(tmp_path).release()


HOLDER = """
import sys
from pathlib import Path
from tlscope.capture.directory import CaptureError, Hold
try:
    hold = Hold(Path(sys.argv[1]))
except CaptureError as error:
    print(error)
else:
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(directory):
    command = [sys.executable, "-W", "error", "-c", HOLDER, str(directory)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_second_process_is_refused(tmp_path):
    """The same holds between processes."""
    hold = Hold(tmp_path)
    with holder(tmp_path) as other:
        assert f"another recorder writes to {tmp_path}\n" == other.stdout.readline()
    hold.release()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_released_by_death(tmp_path, how):
    """However a recorder dies, its capture is free at once."""
    with holder(tmp_path) as other:
        assert "held\n" == other.stdout.readline()
        with pytest.raises(CaptureError, match="another recorder"):
            Hold(tmp_path)
        other.send_signal(how)
        other.wait()
    Hold(tmp_path).release()


def test_programs_that_we_start_do_not_hold_it(tmp_path):
    """A child of the recorder that outlives it does not keep the capture from the next one."""
    hold = Hold(tmp_path)
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, close_fds=False):
        hold.release()
        Hold(tmp_path).release()


def test_a_look_does_not_refuse_a_recorder(tmp_path, monkeypatch):
    """Who asks whether a capture is live holds its lock for a moment; a recorder that starts then is not refused."""
    looks = []
    with (tmp_path / LOCK).open("w") as viewer:
        fcntl.flock(viewer, fcntl.LOCK_SH)

        def pause(seconds):
            looks.append(seconds)
            fcntl.flock(viewer, fcntl.LOCK_UN)

        monkeypatch.setattr(module.time, "sleep", pause)
        Hold(tmp_path).release()
    assert [module.LOCK_PAUSE] == looks


@pytest.mark.parametrize("content", [[], [LOCK], [META], [META, LOCK, "x"], [name()], [LOCK, name(), "notes.txt"]])
def test_what_may_be_recorded_into(tmp_path, content):
    """An empty directory, and one that a recorder made, also where it did not come far."""
    for file in content:
        (tmp_path / file).write_bytes(b"{}")
    Hold(tmp_path).release()
    assert {*content, LOCK} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("content", [["notes.txt"], [LOCK, "notes.txt"], [".hidden"], ["journal-mine.txt"]])
def test_a_strange_directory_is_refused(tmp_path, content):
    """A directory of somebody else's files is left as it is; that they have a file called lock is no invitation."""
    for file in content:
        (tmp_path / file).write_bytes(b"")
    with pytest.raises(CaptureError, match="is not empty and holds no capture") as caught:
        Hold(tmp_path)
    assert "an empty directory" in caught.value.next
    assert set(content) == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("path", ["file", "file/below", "/proc/nowhere"])
def test_a_directory_that_cannot_be_made(tmp_path, path):
    """The system's reason is told, and what to do."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CaptureError, match=r"cannot write to .*: (File exists|Not a directory|No such file)") as caught:
        Hold(tmp_path / path)
    assert "-c" in caught.value.next


def test_who_asks_whether_a_file_is_locked_does_not_lock_it(tmp_path):
    """Another process does; a file that is not there, or cannot be asked, is locked by nobody."""
    path = tmp_path / "lock"
    assert not is_locked(path)
    with path.open("w") as file:
        assert not is_locked(path)
        fcntl.flock(file, fcntl.LOCK_EX)
        assert is_locked(path)
        fcntl.flock(file, fcntl.LOCK_SH)
        assert not is_locked(path)


def test_a_lock_that_the_file_system_refuses_is_nobodys(tmp_path, monkeypatch):
    """As some of networks do: ENOLCK."""
    (tmp_path / "lock").touch()
    monkeypatch.setattr(fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOLCK, "no locks")))
    assert not is_locked(tmp_path / "lock")
