import os
import stat
from itertools import islice

import pytest

from journals import DOWN, TICK, UP, name
from journals import NOON as BEGAN
from support.growing import grown
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Data
from tlscope_ui.tui.models import octets
from tlscope_ui.tui.models.octets import Filed, Held, Recorded, Spool, Trail, recorded

SAID = [Data(UP, b"hello "), Data(DOWN, b"0123456789"), Data(UP, b"world"), Data(DOWN, b"abcdef")]


@pytest.fixture
def index(tmp_path):
    with Index(indexed(tmp_path / "capture", SAID, [Data(UP, b"another")])) as index:
        yield index


def test_streams_are_read_in_the_order_in_which_they_passed(index, tmp_path):
    """Both directions; each piece with its direction, its place and its time."""
    source = Recorded(tmp_path / "capture", index.database, 1)
    assert list(source.follow(index.lookup)) == list(source.pieces())
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
    source = Recorded(tmp_path / "capture", index.database, 1)
    assert list(source.follow(index.lookup)) == list(source.pieces())
    assert (21, True) == (len(source), source.cut)


def test_each_place_is_passed_once_as_the_index_comes_to_know_it(tmp_path):
    """However the chunks of the index lie; another trail goes as far as the first, and no further."""
    data = [Data(UP, b"%d" % number) for number in range(3_000)]
    first, second, passed, counts = Trail(1), Trail(1), [], []
    for many in (0, 1, 2, 2_000, 2_000, 3_000):
        with grown(tmp_path, [(1, event) for event in data], many) as index:
            assert [] == list(second.on(index.lookup, first))
            new = list(first.on(index.lookup))
            passed += new
            counts.append(len(new))
            assert list(index.lookup.places(1)) == passed
            assert new == list(second.on(index.lookup, first))
    assert [0, 1, 1, 1_998, 0, 1_000] == counts


def test_a_trail_that_was_left_goes_on_where_it_was(tmp_path):
    """In the middle of a chunk, too."""
    with grown(tmp_path, [(1, Data(UP, b"x")) for _ in range(2_000)], 2_000) as index:
        whole, first, second = list(index.lookup.places(1)), Trail(1), Trail(1)
        assert whole == list(first.on(index.lookup))
        part = list(islice(second.on(index.lookup, first), 1_500))
        assert whole == part + list(second.on(index.lookup, first))


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
