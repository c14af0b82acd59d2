import random

import pytest

from journals import REFUSAL, STORY, UP, capture, name, segment
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.capture.places import CHUNK
from tlscope.capture.reader import Dropped
from tlscope.capture.schema import INDEX
from tlscope.capture.segment import Damage, Record
from tlscope.capture.unindexed import unindexed
from tlscope.events import Data


@pytest.fixture
def two(tmp_path):
    """Two connections whose records lie among each other's, of more chunks than one, in two segments."""
    chosen = random.Random(1)
    story = [(1, event) for event in [*STORY[:-1], *[Data(UP, b"x" * size) for size in range(CHUNK)], STORY[-1]]]
    refusal = [(2, event) for event in REFUSAL]
    mixed = [(story if chosen.random() < 0.9 or not refusal else refusal).pop(0) for _ in range(len(story) - 100)]
    directory = capture(tmp_path / "c")
    (directory / name()).write_bytes(b"".join(segment(mixed)))
    (directory / name(2)).write_bytes(b"".join(segment([*story, *refusal])))
    return directory


@pytest.mark.parametrize("connection", [1, 2, 3])
def test_it_finds_what_an_index_finds(two, connection):
    """The same records in the same places; of a connection that is not there, none."""
    with unindexed(two, connection) as (lookup, missing):
        found = list(lookup.records(connection)), list(lookup.places(connection)), lookup.last_chunk(connection)
    assert not (two / INDEX).exists()
    assert [] == missing
    assert catch_up(two)
    with Index(two) as index:
        indexed = index.lookup
        expected = list(indexed.records(connection)), list(indexed.places(connection)), indexed.last_chunk(connection)
    assert expected == found
    assert bool(found[0]) is (connection < 3)


def test_it_knows_this_connection_alone(two):
    """The others are passed over."""
    with unindexed(two, 2) as (lookup, _):
        assert [] == list(lookup.records(1))
        assert len(REFUSAL) == len(list(lookup.records(2)))


def test_what_is_missing_is_told(two):
    """Segments that are gone, and what is damaged; what is left is found."""
    (two / name(2)).rename(two / name(4))
    whole = (two / name()).read_bytes()
    (two / name()).write_bytes(whole[:-3] + b"???" + b"junk")
    with unindexed(two, 1) as (lookup, missing):
        assert [Damage, Dropped] == [type(item) for item in missing]
        assert all(isinstance(item, Record) for item in lookup.records(1))
        assert {1, 4} == {place.segment for place in lookup.places(1)}
