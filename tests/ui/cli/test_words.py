import os

import pytest

from journals import STORY, capture, name
from support.handshakes import handshake13
from tlscope.capture.schema import INDEX
from tlscope.events import Data, Direction


def protect(directory, monkeypatch):
    """Let nobody write there."""
    whole = os.open

    def protected(path, flags, *rest, **more):
        if flags & (os.O_CREAT | os.O_RDWR | os.O_WRONLY) and str(path).startswith(str(directory)):
            raise PermissionError(13, "Permission denied", str(path))
        return whole(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", protected)


@pytest.fixture
def told_by_index(tlscope, tmp_path):
    """A capture without an index, and what is told of a copy that has one."""
    story = [*STORY[:-2], *handshake13(), *[Data(way, bytes(100)) for way in Direction], *STORY[-2:]]
    capture(tmp_path / "indexed", STORY, story)
    ran = {
        how: tlscope("show", 2, "--story", *how, "-c", tmp_path / "indexed") for how in ((), ("--json",), ("--all",))
    }
    assert (tmp_path / "indexed" / INDEX).exists()
    return capture(tmp_path / "c", STORY, story), ran


def test_without_an_index_the_same_is_told_by_the_journal(tlscope, told_by_index, monkeypatch):
    """As of a capture that nothing can be written to; it is said on standard error."""
    directory, expected = told_by_index
    protect(directory, monkeypatch)
    for how, indexed in expected.items():
        ran = tlscope("show", 2, "--story", *how, "-c", directory)
        assert (0, indexed.out) == (ran.code, ran.out)
        assert "The client leg" in ran.out
        assert ran.err.startswith(f"note: {directory} cannot be indexed: ")
        assert ran.err.endswith("; this is read from the journal\n")
    assert not (directory / INDEX).exists()


@pytest.mark.parametrize("protected", [False, True])
def test_a_connection_that_is_not_there(tlscope, tmp_path, monkeypatch, protected):
    """Is said to be none, with an index and without."""
    directory = capture(tmp_path / "c", STORY)
    if protected:
        protect(directory, monkeypatch)
    ran = tlscope("show", 9, "--story", "-c", directory)
    assert (1, "") == (ran.code, ran.out)
    assert f"there is no connection 9 in {directory}" in ran.err


@pytest.mark.parametrize("protected", [False, True])
def test_what_cannot_be_read_is_said(tlscope, tmp_path, monkeypatch, protected):
    """On standard error, whoever tells the story."""
    directory = capture(tmp_path / "c", STORY)
    (directory / name()).rename(directory / name(3))
    if protected:
        protect(directory, monkeypatch)
    ran = tlscope("show", 1, "--story", "-c", directory)
    assert 0 == ran.code
    assert "note: the oldest 2 segments are gone" in ran.err.splitlines()


def test_records_that_are_gone_leave_no_story(tlscope, tmp_path):
    """The index knows of the connection, though the budget of the recorder has dropped all of it since."""
    directory = capture(tmp_path / "c", STORY)
    assert 0 == tlscope("list", "-c", directory).code
    (directory / name()).unlink()
    ran = tlscope("show", 1, "--story", "-c", directory)
    assert (0, "connection 1, 2025-11-20T12:00:00.000000Z") == (ran.code, ran.out.strip())
    assert "the records of connection 1 are gone" in ran.err
