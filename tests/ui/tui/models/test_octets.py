import os
import stat

import pytest

from journals import DOWN, TICK, UP, name
from journals import NOON as BEGAN
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Data
from tlscope_ui.tui.models import octets
from tlscope_ui.tui.models.octets import Filed, Held, Spool, recorded, streams

SAID = [Data(UP, b"hello "), Data(DOWN, b"0123456789"), Data(UP, b"world"), Data(DOWN, b"abcdef")]


@pytest.fixture
def index(tmp_path):
    with Index(indexed(tmp_path / "capture", SAID, [Data(UP, b"another")])) as index:
        yield index


def test_streams_are_read_in_the_order_in_which_they_passed(index, tmp_path):
    """Both directions; each piece with its direction, its place and its time."""
    source = streams(index, tmp_path / "capture", 1)
    assert b"hello 0123456789worldabcdef" == source.read(0, len(source))
    assert [(UP, 0, 6), (DOWN, 6, 10), (UP, 16, 5), (DOWN, 21, 6)] == list(source.pieces())
    assert 0 == (source.wall(3) - source.wall(0) - 3 * TICK)
    assert source.wall(0) >= BEGAN


def test_spans_are_read_without_what_lies_between(index, tmp_path):
    """As the frames of HTTP/2 lie between the pieces of a body; at any offset, after the index is closed."""
    source = recorded(index, tmp_path / "capture", 1, DOWN, [(2, 4), (6, 12), (15, 16)])
    index.close()
    whole = b"23" + b"6789ab" + b"f"
    assert len(whole) == len(source)
    for start in range(len(whole) + 2):
        for end in range(len(whole) + 2):
            assert whole[start:end] == source.read(start, end)


def test_what_is_gone_reads_as_zeros(index, tmp_path):
    """The recorder's budget drops segments while somebody looks."""
    source = recorded(index, tmp_path / "capture", 1, UP, [(0, 11)])
    (tmp_path / "capture" / name(1)).unlink()
    assert bytes(11) == source.read(0, 11)
    assert 11 == source.gone
    assert source.wall(0) is None


def test_no_more_places_are_kept_than_the_limit(index, tmp_path, monkeypatch):
    """And it says so."""
    monkeypatch.setattr(octets, "MAX_PIECES", 3)
    source = streams(index, tmp_path / "capture", 1)
    assert (21, True) == (len(source), source.cut)


def test_a_large_spool_is_a_file_of_nobody_else(monkeypatch):
    """It has no name, and the mode 0600: what was decrypted is found by nobody, whatever happens to us."""
    monkeypatch.setattr(octets, "KEPT", 10)
    spool = Spool()
    for _ in range(3):
        spool.write(b"01234567")
    source = spool.source()
    assert isinstance(source, Filed)
    status = os.fstat(source._file.fileno())
    assert (0, 0o600) == (status.st_nlink, stat.S_IMODE(status.st_mode))
    assert (b"670123", b"67", 24) == (source.read(6, 12), source.read(22, 99), len(source))
    assert b"01234567" * 3 == source.mapped()[:]


def test_a_small_spool_is_in_memory():
    """As nearly all are."""
    spool = Spool()
    spool.write(b"ab")
    spool.write(b"cd")
    source = spool.source()
    assert isinstance(source, Held)
    assert (b"bcd", 4) == (source.read(1, 9), len(source))
