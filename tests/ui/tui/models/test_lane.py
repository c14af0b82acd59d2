from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope_ui.tui.models.lane import Lane
from tlscope_ui.tui.models.octets import Held

SECRET = b'{"token": "s3cret-value"}'


def lanes(pieces):
    """The two streams of these pieces, which come by turns, in one source; and what that is."""
    source = Held(b"".join(pieces))
    made, place = (Lane(source), Lane(source)), 0
    for number, piece in enumerate(pieces):
        if piece:
            made[number % 2].add(place, len(piece))
        place += len(piece)
    return made, source


@given(st.lists(st.binary(max_size=5), max_size=8))
@settings(max_examples=100, deadline=None)
def test_each_byte_is_found_there_and_back(pieces):
    """Whatever the other direction said in between; what comes next, of a place of the other's."""
    both, source = lanes(pieces)
    for way, lane in enumerate(both):
        stream = b"".join(pieces[way::2])
        assert len(stream) == lane.size
        assert sum(map(bool, pieces[way::2])) == len(lane)
        places = [lane.place(offset) for offset in range(lane.size)]
        assert sorted(places) == places
        assert stream == b"".join(source.read(place, place + 1) for place in places)
        assert list(range(lane.size)) == [lane.offset(place) for place in places]
        for place in range(len(source) + 1):
            assert sum(found < place for found in places) == lane.offset(place)
        for start in range(lane.size + 1):
            assert stream[start : start + 4] == b"".join(source.read(*span) for span in lane.here(start, start + 4))
        assert lane.place(lane.size + 9) == (places[-1] if places else 0)


@given(st.integers(1, 30), st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_secrets_are_found_whatever_was_said_in_between(size, first, last):
    """Those bytes of them that lie between two places."""
    pieces = []
    for at in range(0, len(SECRET), size):
        pieces += [SECRET[at : at + size], b'"b": "']
    (lane, _), source = lanes(pieces)
    value = range(SECRET.index(b"s3cret"), SECRET.index(b'"}'))
    expected = {place for place in map(lane.place, value) if first <= place < last}
    assert expected == {
        place for low, high in lane.secrets(first, min(last, len(source))) for place in range(low, high)
    }
