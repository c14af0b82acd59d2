"""Every parser is fed in every way: whole, byte by byte, cut anywhere, with trailing bytes, and short of its end."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st


def feed(parser, pieces):
    """What the parser says, as soon as it says anything; None where it wants more than all the pieces."""
    for piece in pieces:
        found = parser.feed(piece)
        if found is not None:
            return found
    return None


def bytewise(data):
    """One byte at a time."""
    return [data[at : at + 1] for at in range(len(data))]


def cut(data, places):
    """In pieces that begin at these places."""
    edges = [0, *sorted({place for place in places if 0 < place < len(data)}), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def cuts(length):
    """Places to cut at, for hypothesis."""
    return st.sets(st.integers(1, max(1, length)), max_size=12)


def every_way(make, data, expected):
    """Assert that a parser, made anew each time, says the same however the data comes."""
    assert expected == feed(make(), [data])
    assert expected == feed(make(), bytewise(data))
    for place in range(1, len(data), max(1, len(data) // 64)):
        assert expected == feed(make(), cut(data, [place])), f"cut at {place}"


def every_prefix_wants_more(make, data):
    """Assert that nothing is said before the last byte is there."""
    assert feed(make(), bytewise(data[:-1])) is None
    for length in range(0, len(data), max(1, len(data) // 200)):
        assert feed(make(), [data[:length]]) is None, f"{length} bytes"
