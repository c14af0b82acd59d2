from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from journals import DOWN, UP
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Data
from tlscope_ui.tui.models import heads as models
from tlscope_ui.tui.models.content import Job
from tlscope_ui.tui.models.heads import Heads
from tlscope_ui.tui.models.lane import Lane
from tlscope_ui.tui.models.octets import Recorded
from ui.tui.models.test_exchange import GET, OK, POST, SAID


def followed(directory):
    with Index(directory) as index:
        source = Recorded(directory, index.database, 1)
        lanes = Lane(source), Lane(source)
        for piece in source.follow(index.lookup):
            lanes[piece.direction].add(piece.start, piece.size)
    return source, Heads(directory, 1, lanes)


def test_the_values_of_secret_fields_are_found(tmp_path):
    """And what is secret in a target; nothing else of the heads."""
    source, heads = followed(indexed(tmp_path, [SAID[0], Data(UP, POST), Data(DOWN, OK), Data(UP, GET)]))
    assert (False, False) == (bool(heads), heads.begun)
    heads.read("", source.trail, Job())
    assert (True, True) == (bool(heads), heads.begun)
    found = [source.read(start, end) for start, end in heads.within(0, len(source))]
    assert any(b"s3cret" in each for each in found)
    assert any(b"abc" in each for each in found)
    assert not any(b"Host" in each or b"Authorization" in each for each in found)
    assert [] == list(heads.within(0, 4))


@given(st.lists(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=4), max_size=4))
@settings(max_examples=100, deadline=None)
def test_they_are_found_in_whatever_order_they_became_known(parts):
    """A field of HTTP/2 may begin before one that ends earlier: every byte of each is in what is said of any part."""
    heads = Heads(None, 1, ())
    for part in parts:
        heads._keep([(start, start + length) for start, length in part])
    bytes_ = {at for part in parts for start, length in part for at in range(start, start + length)}
    for first, last in pairwise(range(0, 80, 7)):
        said = {at for start, end in heads.within(first, last) for at in range(start, end)}
        assert bytes_ & set(range(first, last)) <= said


def test_where_there_are_too_many_all_is_one(tmp_path, monkeypatch):
    """Nothing more is read then."""
    monkeypatch.setattr(models, "MAX_SECRETS", 1)
    source, heads = followed(indexed(tmp_path, SAID))
    heads.read("", source.trail, Job())
    assert [(3, 9)] == list(heads.within(3, 9))
    stopped = Job()
    stopped.stop()
    heads.read("", source.trail, stopped)
