import gzip

import pytest

from journals import DOWN, UP
from proxy.export.test_body import JSON, said
from support.screen import indexed, visit
from tlscope.events import Data
from tlscope.export.body import ENDINGS, Missing, Undecodable
from tlscope_ui.tui.models.exporting import Stopped
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.models.saving import found, offered, save


@pytest.fixture
def directory(tmp_path):
    """A capture whose response is packed JSON."""
    headers = [b"Content-Encoding: x-gzip", b"Content-Type: application/json"]
    return indexed(tmp_path / "cap", said(gzip.compress(JSON, mtime=0), *headers))


def saved(directory, there, path, *, decoded):
    written = save(directory, there, path, decoded=decoded, stopped=lambda: False)
    return written.length, written.problem


def test_a_content_is_saved_as_it_was_meant_or_as_it_passed(directory, tmp_path):
    """Whichever is wanted; in a file that nobody else can read."""
    there = found(directory, Selected(1), DOWN)
    assert ["decoded", "as it passed"] == [name for name, _, _ in offered(there)]
    for decoded, expected in ((True, JSON), (False, gzip.compress(JSON, mtime=0))):
        path = tmp_path / there.name(decoded=decoded)
        assert (len(expected), "") == saved(directory, there, path, decoded=decoded)
        assert expected == path.read_bytes()
        assert 0o600 == path.stat().st_mode & 0o777


def test_what_is_not_there_is_missing(directory, tmp_path):
    """There is no empty file instead, nor half of one."""
    with pytest.raises(Missing, match="no HTTP exchange"):
        found(indexed(tmp_path / "other", [Data(UP, b"HELO me\r\n")]), Selected(1), DOWN)
    with pytest.raises(Missing, match="the request has no content"):
        found(directory, Selected(1), UP)
    there = found(directory, Selected(1), DOWN)
    for path in directory.glob("*.tlsj"):
        path.unlink()
    with pytest.raises(Missing, match="bytes of it are gone"):
        saved(directory, there, tmp_path / "x", decoded=False)
    broken = indexed(tmp_path / "broken", said(b"no gzip", b"Content-Encoding: gzip"))
    with pytest.raises(Undecodable):
        saved(broken, found(broken, Selected(1), DOWN), tmp_path / "x", decoded=True)
    assert not (tmp_path / "x").exists()


def test_what_is_stopped_leaves_nothing(directory, tmp_path):
    """And what was there before stays."""
    there, path = found(directory, Selected(1), DOWN), tmp_path / "x"
    path.write_text("before")
    with pytest.raises(Stopped):
        save(directory, there, path, decoded=False, stopped=lambda: True)
    assert "before" == path.read_text()


def test_of_a_real_capture(tmp_path):
    """What a browser would have shown."""
    directory = visit(tmp_path)
    there = found(directory, Selected(1, 1), DOWN)
    assert there.name(decoded=True).rpartition(".")[2] in ENDINGS.values()
    length, problem = saved(directory, there, tmp_path / "x", decoded=True)
    assert (length, "") == ((tmp_path / "x").stat().st_size, problem)
    assert length
