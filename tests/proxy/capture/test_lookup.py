from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import DOWN, SALT, STORY, UP, name, segment
from tlscope.capture import places
from tlscope.capture.format import Kind
from tlscope.capture.lookup import Gone, Lookup, Piece
from tlscope.capture.places import CHUNK_BITS, Packer
from tlscope.capture.reader import read
from tlscope.capture.schema import open_reading, open_writing
from tlscope.capture.segment import Record
from tlscope.capture.walk import Walk
from tlscope.events import Data


def index(directory):
    """An index with nothing in it but the places of all records."""
    packers = {}
    with closing(Walk(directory)) as walk:
        for item in walk.poll():
            packer = packers.setdefault(item.connection, Packer())
            size = len(item.payload) - item.meta
            packer.add(item.series, item.segment, item.start, item.kind, item.flags, size)
    with closing(open_writing(directory)) as database:
        for number, packer in packers.items():
            for chunk in packer.chunks():
                values = (chunk.series, chunk.segment, chunk.start, chunk.up, chunk.down, bytes(chunk.places))
                place = number << CHUNK_BITS | chunk.number
                database.execute("INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?)", (place, *values))


@pytest.fixture
def looked(tmp_path):
    """Index a journal of numbered events, a list a segment, and look into it."""
    opened = []

    def make(*segments):
        for number, events in enumerate(segments, 1):
            (tmp_path / name(number)).write_bytes(b"".join(segment(events, salt=SALT + number)))
        index(tmp_path)
        opened.append(database := open_reading(tmp_path))
        opened.append(lookup := Lookup(tmp_path, database))
        return lookup

    yield make
    for one in reversed(opened):
        one.close()


def test_a_connections_records_are_found(looked, tmp_path):
    """All of them, in order, over segments, and nothing of others."""
    lookup = looked([(number, event) for event in STORY for number in (1, 2)], [(2, event) for event in STORY])
    for number in (1, 2):
        assert list(read(tmp_path, connection=number)) == list(lookup.records(number))
    assert [] == list(lookup.records(3))


def test_some_kinds_are_found(looked):
    """Without reading the others."""
    lookup = looked([(1, event) for event in STORY])
    wanted = frozenset({int(Kind.OPENED), int(Kind.OUTCOME)})
    assert [STORY[0], STORY[-1]] == [record.event for record in lookup.records(1, kinds=wanted)]


def chatter(count, number=1):
    """Data in both directions, of growing size, with another connection's in between."""
    for i in range(count):
        yield number, Data(UP, bytes([i % 251]) * (i % 40))
        yield number + 1, Data(UP, b"other")
        yield number, Data(DOWN, bytes([i % 241]) * (i % 60))


CHATTER = [list(chatter(300)), list(chatter(200))]
STREAMS = [
    b"".join(event.data for part in CHATTER for number, event in part if number == 1 and event.direction is way)
    for way in (UP, DOWN)
]


def test_any_span_of_a_stream_is_found(looked, monkeypatch):
    """Bytes [a, b) of either direction, however many chunks and segments they lie in."""
    monkeypatch.setattr(places, "CHUNK", 64)
    lookup = looked(*CHATTER)

    @settings(max_examples=100)
    @given(st.sampled_from([UP, DOWN]), st.integers(0, 16_000), st.integers(0, 16_000))
    def found(way, start, end):
        span = lookup.span(1, way, start, end)
        expected = STREAMS[way][start:end]
        assert (expected, ()) == (span.data, span.gone)
        assert (len(expected) < end - start) == span.cut

    found()


def test_a_stream_comes_in_pieces_with_their_places(looked):
    """As it was recorded, so that a long one need not be held."""
    lookup = looked(*CHATTER)
    at = 0
    for piece in lookup.stream(1, UP):
        assert isinstance(piece, Piece)
        assert (at, STREAMS[UP][at : at + len(piece.data)]) == piece
        at += len(piece.data)
    assert len(STREAMS[UP]) == at


def test_a_span_is_limited(looked):
    """And says that there is more."""
    lookup = looked(*CHATTER)
    span = lookup.span(1, DOWN, 10, limit=100)
    assert (STREAMS[DOWN][10:110], True) == (span.data, span.cut)
    whole = lookup.span(1, DOWN)
    assert (STREAMS[DOWN], False) == (whole.data, whole.cut)


def test_a_span_is_found_without_reading_what_is_before(looked, monkeypatch):
    """The chunks are bisected: the last byte of a long stream costs what the first does."""
    monkeypatch.setattr(places, "CHUNK", 64)
    lookup = looked([(1, Data(UP, b"0123456789")) for _ in range(5000)])
    asked = []
    lookup._database.set_trace_callback(asked.append)
    assert b"9" == lookup.span(1, UP, 49_999, 50_000).data
    assert len(asked) < 20


def test_what_was_dropped_is_gone(looked, tmp_path):
    """The rows stay; of the bytes it is said that they are gone, and what is behind them keeps its place."""
    lookup = looked(*CHATTER)
    first = sum(len(event.data) for number, event in CHATTER[0] if number == 1 and event.direction is UP)
    (tmp_path / name(1)).unlink()
    gone, *left = lookup.records(1)
    size = sum(len(event.data) for number, event in CHATTER[0] if number == 1)
    assert Gone(0, 1, 600, 0, size) == gone
    assert [event for number, event in CHATTER[1] if number == 1] == [record.event for record in left]
    span = lookup.span(1, UP, 5, first + 100)
    assert bytes(first - 5) + STREAMS[UP][first : first + 100] == span.data
    assert [(5, first - 5)] == [(hole.offset, hole.length) for hole in span.gone]


def test_what_was_damaged_since_is_gone(looked, tmp_path):
    """A place that holds another record, or none, is not believed."""
    lookup = looked([(1, event) for event in STORY])
    path = tmp_path / name(1)
    starts = [record.offset - 32 for record in lookup.records(1)]
    data = bytearray(path.read_bytes())
    data[starts[3] + 6] ^= 1
    path.write_bytes(data)
    with Lookup(tmp_path, lookup._database) as fresh:
        items = list(fresh.records(1))
    assert isinstance(items[3], Gone)
    assert STORY[:3] + STORY[4:] == [item.event for item in items if isinstance(item, Record)]


def test_another_connections_record_is_not_taken(looked, tmp_path):
    """A journal that was replaced may hold a record of the same length at the same place."""
    lookup = looked([(1, event) for event in STORY])
    (tmp_path / name(1)).write_bytes(b"".join(segment([(2, event) for event in STORY], salt=SALT + 1)))
    assert [Gone] == [type(item) for item in lookup.records(1)]
    assert [Gone] == [type(item) for item in lookup.stream(1, UP)]
    assert {Gone} == {type(item) for item in lookup.passed(1)}


def test_many_segments_are_looked_into_with_few_open(looked, monkeypatch):
    """A connection may last for weeks."""
    monkeypatch.setattr("tlscope.capture.lookup.OPEN_FILES", 2)
    lookup = looked(*([(1, Data(UP, bytes([i])))] for i in range(10)))
    for _ in range(2):
        assert bytes(range(10)) == lookup.span(1, UP).data
    assert 2 == len(lookup._files)


def test_one_record_is_read_where_it_lies(looked):
    """Whole, or its head alone; of another connection, or of one that is gone, nothing."""
    lookup = looked([(1, event) for event in STORY])
    for place, record in zip(lookup.places(1), lookup.records(1), strict=True):
        assert record == lookup.record(1, place)
        assert (record.wall, record.mono) == (lookup.head(1, place).wall, lookup.head(1, place).mono)
        assert None is lookup.head(2, place)
        assert isinstance(lookup.record(2, place), Gone)


def test_the_record_that_holds_a_byte_is_found(looked):
    """For the time when it passed."""
    lookup = looked(list(chatter(300)), list(chatter(50)))
    for way in (UP, DOWN):
        whole = lookup.span(1, way).data
        for offset in range(0, len(whole), 97):
            place = lookup.holding(1, way, offset)
            assert place.offset <= offset < place.offset + place.size
        assert None is lookup.holding(1, way, len(whole))
