from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope.capture import places
from tlscope.capture.places import CHUNK, Chunk, Packer, unpack
from tlscope.capture.segment import HEAD

RECORDS = st.lists(
    st.tuples(
        st.integers(0, 2),  # the segment goes on or changes
        st.integers(-(1 << 20), 1 << 28),
        st.sampled_from([1, 4, 9, 9, 9, 14, 15, 200, 255]),
        st.integers(0, 7),
        st.integers(0, 1 << 24),
    ),
    max_size=60,
)


def placed(records):
    """Series, segment, start, kind, flags, size: starts never below zero."""
    at = segment = 1 << 20
    for jump, gap, kind, flags, size in records:
        segment += jump == 0
        at = max(0, at + gap)
        yield 3, segment, at, kind, flags, size


def unpacked(chunks):
    return [place for chunk in chunks for place in unpack(chunk)]


@settings(max_examples=100)
@given(RECORDS, st.integers(1, 70))
def test_places_come_back_as_they_were(records, cut):
    """Whatever the order and the distances, packed at once or gone on from the last chunk."""
    given_ = list(placed(records))
    packer, kept = Packer(), {}
    for i, place in enumerate(given_):
        if i == cut:
            packer = Packer()
            packer.go_on(kept[max(kept)])
        packer.add(*place)
        kept.update((chunk.number, chunk) for chunk in packer.chunks())
    streams, expected = [0, 0], []
    for series, segment, start, kind, flags, size in given_:
        data, down = kind == 9, bool(flags & 2)
        expected.append((series, segment, start, kind, flags, size, streams[down] if data else 0))
        streams[down] += size if data else 0
    assert expected == unpacked(kept.values())
    assert streams == [packer.up, packer.down]


def test_a_place_takes_few_bytes():
    """What follows on what was before takes three to five bytes; a million connections of forty records, 160 MB."""
    packer, at = Packer(), 100
    for i in range(1000):
        packer.add(0, 1, at, 9, i % 2 * 2, 1400)
        at += HEAD + 1400
    chunks = packer.chunks()
    assert sum(len(chunk.places) for chunk in chunks) <= 3 * 1000


def test_a_chunk_is_bounded_and_says_where_it_begins():
    """In the journal and in both streams: a byte is found without unpacking what is before."""
    packer = Packer()
    for i in range(5000):
        packer.add(0, 1, i * 1000, 9, i % 2 * 2, 500)
    chunks = packer.chunks()
    assert len(chunks) > 3
    for chunk in chunks:
        first = next(unpack(chunk))
        assert len(chunk.places) <= CHUNK + 10
        assert (first.start, (chunk.up + chunk.down)) == (chunk.start, first.start // 1000 * 500)
    assert list(range(len(chunks))) == [chunk.number for chunk in chunks]


def test_only_what_changed_is_told():
    """A chunk that grew is told again, one that did not is not."""
    packer = Packer()
    packer.add(0, 1, 0, 1, 0, 10)
    assert [0] == [chunk.number for chunk in packer.chunks()]
    assert [] == packer.chunks()
    packer.add(0, 1, 50, 1, 0, 10)
    packer.add(0, 2, 50, 1, 0, 10)
    assert [(0, 2), (1, 1)] == [(chunk.number, len(list(unpack(chunk)))) for chunk in packer.chunks()]


def test_more_places_than_a_connection_has_numbers_for_are_not_kept(monkeypatch):
    """They would be taken for another connection's; the streams are still counted."""
    monkeypatch.setattr(places, "MAX_CHUNKS", 2)
    packer = Packer()
    for segment in range(4):
        packer.add(0, segment, 0, 9, 0, 10)
    assert [0, 1] == [chunk.number for chunk in packer.chunks()]
    assert 40 == packer.up


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_can_be_unpacked(data):
    """A damaged index yields places that lead nowhere, never an exception."""
    assert len(list(unpack(Chunk(0, 0, 1, 0, 0, 0, bytearray(data))))) <= len(data)
