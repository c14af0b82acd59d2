"""The streams of a connection."""

from __future__ import annotations

from itertools import count

from support.observing import DOWN, UP
from tlscope.wire.http import http2_streams
from tlscope.wire.http.http2_streams import MAX_CLOSED, RAPID_RESETS, Streams


def code(found):
    return getattr(found, "code", found)


def test_the_life_of_a_stream():
    """Idle, open, half-closed, closed (RFC 9113 section 5.1): who may still say something on it."""
    streams = Streams(count(1), 0)
    assert "h2-stream-idle" == code(streams.speaks(UP, 3, 0))
    stream, _ = streams.open(UP, 3)
    assert stream is streams.speaks(UP, 3, 0) is streams.speaks(DOWN, 3, 0)
    stream.ended |= 1 << UP
    assert "h2-stream-closed" == code(streams.speaks(UP, 3, 0))
    assert stream is streams.speaks(DOWN, 3, 0)
    streams.close(stream, 1 << UP)
    assert "h2-stream-closed" == code(streams.speaks(UP, 3, 0))
    assert streams.speaks(DOWN, 3, 0) is None  # it did not know yet
    assert "h2-stream-id" == code(streams.speaks(UP, 0, 0))


def test_numbers_only_grow():
    """Each side has its own."""
    streams = Streams(count(1), 0)
    assert (1, 2) == (streams.open(UP, 5)[0].number, streams.open(DOWN, 2)[0].number)
    assert (False, False, True) == tuple(streams.is_new(UP, number) for number in (3, 5, 7))
    assert (False, True) == tuple(streams.is_new(DOWN, number) for number in (2, 4))
    assert (False, True, False, True) == tuple(map(streams.is_idle, (5, 7, 2, 4)))


def test_the_oldest_is_forgotten(monkeypatch):
    """Where there are too many; so is what has ended."""
    monkeypatch.setattr(http2_streams, "MAX_STREAMS", 2)
    streams = Streams(count(1), 0)
    first = streams.open(UP, 1)[0]
    assert streams.open(UP, 3)[1] is None
    assert first is streams.open(UP, 5)[1]
    assert [3, 5] == [stream.stream for stream in streams]
    for number in range(7, 7 + 4 * MAX_CLOSED, 2):
        streams.close(streams.open(UP, number)[0], 3)
    assert MAX_CLOSED == len(streams._closed)


def test_resets_without_answers():
    """Are counted, one less for each answer; those of a server, or behind an answer, are not."""
    streams = Streams(count(1), 0)
    stream = streams.open(UP, 1)[0]
    assert not any(streams.reset(UP, stream) for _ in range(RAPID_RESETS - 1))
    streams.answered()
    assert not streams.reset(DOWN, stream)
    assert [False, True, False] == [streams.reset(UP, stream) for _ in range(3)]
    stream.headed = True
    assert not streams.reset(UP, stream)
