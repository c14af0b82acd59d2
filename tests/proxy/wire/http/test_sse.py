"""Server-sent events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.events import Direction
from tlscope.wire.http.exchange import Message, Oddity
from tlscope.wire.http.sse import MAX_LINE, EventReader

DOWN = Direction.DOWN


def read(*pieces, keep=1000):
    reader, at, events = EventReader(1, DOWN, keep), 0, []
    for piece in pieces:
        events += reader.feed(piece, at)
        at += len(piece)
    return events + reader.finish()


def told(*pieces):
    return [(event.data, event.note) for event in read(*pieces)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_events(end):
    """As in the examples of the specification: lines of data are joined, comments dropped, one space is stripped."""
    lines = [
        b": a comment", b"", b"data: YHOO", b"data: +2", b"data: 10", b"",
        b"event: add", b"data:73857293", b"", b"data: first event", b"id: 1", b"",
        b"data", b"data", b"", b"data:  x", b"",
    ]  # fmt: skip
    sent = b"".join(line + end for line in lines)
    expected = [
        (b"YHOO\n+2\n10", "message"),
        (b"73857293", "add"),
        (b"first event", "message id=1"),
        (b"\n", "message"),
        (b" x", "message"),
    ]
    assert expected == told(sent)
    assert expected == told(*(sent[i : i + 1] for i in range(len(sent))))


def test_where_they_stand():
    """From the first line to the line end that dispatches."""
    first, second = read(b": c\n\ndata: a\n\nevent: e\r\n\r\n")
    assert (5, 9) == (first.start, first.length)
    assert (14, 11) == (second.start, second.length)  # the LF may yet come, so it is not waited for


def test_a_byte_order_mark():
    """Is no part of the first line."""
    assert [(b"a", "message")] == told(b"\xef\xbb\xbfdata: a\n\n")


def test_the_end():
    """An event that is not dispatched is told of."""
    (oddity,) = read(b"data: a\n\ndata: b\n")[1:]
    assert ("sse-truncated", 9) == (oddity.code, oddity.offset)
    assert isinstance(oddity, Oddity)


def test_long_lines_and_long_events():
    """Are counted whole and kept in part."""
    (message,) = read(b"data: " + b"x" * (2 * MAX_LINE) + b"\ndata: y\n\n", keep=10)
    assert (2 * MAX_LINE + 2, b"x" * 10) == (message.size, message.data)
    (message,) = read(b"data: 12345\ndata: 67890\n\n", keep=8)
    assert (11, b"12345\n67") == (message.size, message.data)
    reader = EventReader(1, DOWN, 10)
    for at in range(200):
        reader.feed(b"x" * 1000, at * 1000)
    assert MAX_LINE == len(reader._line)


@given(st.text(alphabet="ad:t \r\n", max_size=60), st.integers(0, 60))
def test_any_cut(text, cut):
    """The same events."""
    sent = text.encode()
    assert read(sent) == read(sent[:cut], sent[cut:])


@given(st.binary(max_size=200))
def test_any_bytes(data):
    """Events within the bytes."""
    for event in read(data):
        if isinstance(event, Message):
            assert 0 <= event.start <= event.start + event.length <= len(data)


def test_time_is_linear():
    """In events, and byte by byte."""
    one, two = (steps(read, b"data: a\n\n" * n) for n in (500, 1000))
    assert two < 2.1 * one
    one, two = (steps(read, *[b"a"] * n) for n in (5000, 10000))
    assert two < 2.1 * one
