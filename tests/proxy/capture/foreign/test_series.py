"""A capture written with times of its own."""

import stat

import pytest

from journals import NOON, STORY, capture
from tlscope.capture.directory import CaptureError, read_meta
from tlscope.capture.foreign import series as module
from tlscope.capture.foreign.series import Series
from tlscope.capture.reader import is_live, read
from tlscope.events import Data, Direction


def test_what_was_put(tmp_path):
    """Is read again, with its times; nobody records there any more, and nobody else can read it."""
    series = Series(tmp_path / "new", meta={"opened": "a.pcap"})
    for number, event in enumerate(STORY):
        series.put(NOON + number, 1, event)
    series.close()
    found = list(read(tmp_path / "new"))
    assert STORY == [record.event for record in found]
    assert [NOON + number for number in range(len(STORY))] == [record.wall for record in found]
    assert "a.pcap" == read_meta(tmp_path / "new")["opened"]
    assert not is_live(tmp_path / "new")
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}


def test_times_that_cannot_be(tmp_path):
    """Are the nearest that can."""
    series = Series(tmp_path / "new")
    for wall in (-1, 1 << 70):
        series.put(wall, 1, STORY[0])
    series.close()
    assert {0, (1 << 64) - 1} == {record.wall for record in read(tmp_path / "new")}


def test_segments(tmp_path, monkeypatch):
    """A segment follows the one that is full; nothing is lost between."""
    monkeypatch.setattr(module, "SEGMENT_SIZE", 10_000)
    monkeypatch.setattr(module, "FLUSH_SIZE", 4_000)
    series = Series(tmp_path / "new")
    sent = [Data(Direction.UP, bytes([number]) * 1000) for number in range(50)]
    for event in sent:
        series.put(NOON, 3, event)
    series.close()
    assert sent == [record.event for record in read(tmp_path / "new")]
    assert len(list((tmp_path / "new").glob("journal-0-*.tlsj"))) > 3


def test_a_capture_that_is_there(tmp_path):
    """Is not added to."""
    capture(tmp_path / "old", STORY)
    with pytest.raises(CaptureError, match="holds a capture already"):
        Series(tmp_path / "old")
    assert not is_live(tmp_path / "old")
