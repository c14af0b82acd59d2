"""The chunked transfer coding, as the two peers of HTTP/1 use it."""

from __future__ import annotations

import http.client
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from support.observing import DOWN, UP, anyhow, codes, only, spans, torment, watch
from tlscope.wire.http.exchange import Complete, Message, Raw, Trailers
from tlscope.wire.http.http1 import Http1
from tlscope.wire.http.http1_chunked import CHUNK_LINE_LIMIT
from tlscope.wire.http.http1_head import HEAD_LIMIT

GET = b"GET /a?b HTTP/1.1\r\nHost: a.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_chunks():
    """Content is what is in the chunks: extensions, sizes and trailers are not."""
    sent = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a\r\nhello\r\nA\r\n, worlds!!\r\n0\r\nX-Sum: 1\r\n\r\n"
    )
    talk = [(UP, GET), (DOWN, sent + OK)]
    events = torment(Http1, talk)
    assert b"hello, worlds!!" == spans(events, talk, 1, DOWN)
    (trailers,) = only(events, Trailers)
    assert [("x-sum", "1")] == [(found.key, found.text) for found in trailers.headers]
    assert b"X-Sum: 1" == sent[trailers.headers[0].start :][: trailers.headers[0].length]
    assert ["chunk-extension", "response-without-request"] == codes(events)


def test_event_streams():
    """Each event is a Message, through chunks."""
    sent = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent += b"6\r\ndata: \r\n5\r\none\n\n\r\n0\r\n\r\n"
    events = torment(Http1, [(UP, GET), (DOWN, sent)])
    assert [b"one"] == [event.data for event in only(events, Message)]


@pytest.mark.parametrize(
    ("body", "content", "code"),
    [
        (b"000000000000000000003\r\nabc\r\n0\r\n\r\n", b"abc", ""),
        (b"3 ;a\r\nabc\r\n0\r\n\r\n", b"abc", "chunk-extension"),
        (b"3\t\r\nabc\r\n0\r\n\r\n", b"abc", "chunk-size-whitespace"),
        (b"3\nabc\r\n0\r\n\r\n", b"abc", "bare-lf"),
        (b"3;a\nabc\r\n0\r\n\r\n", b"abc", "chunk-extension"),
        (b"3\r\nabc\n0\r\n\r\n", b"abc", "bare-lf"),
        (b"3\r\nabc\r\n0\n\n", b"abc", "bare-lf"),
        (b"3\r\nabc\r\n0\r\nHost: a\r\n\r\n", b"abc", "trailer-field"),
        (b"3\r\nabc\r\n0\r\nX : a\r\n\r\n", b"abc", "space-before-colon"),
    ],
)
def test_what_is_odd(body, content, code):
    """Is told; the next message is found."""
    talk = [(UP, GET * 2), (DOWN, CHUNKED + body + OK)]
    events = torment(Http1, talk, flips=30)
    assert content == spans(events, talk, 1, DOWN)
    assert b"hello" == spans(events, talk, 2, DOWN)
    assert code == next(iter(codes(events)), "")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"x\r\n", "invalid-chunk-size"),
        (b"\r\n", "invalid-chunk-size"),
        (b"0x3\r\nabc", "invalid-chunk-size"),
        (b" 3\r\nabc", "invalid-chunk-size"),
        (b"3;a\rb\r\nabc", "invalid-chunk-size"),
        (b"f" * 16 + b"\r\n", "invalid-chunk-size"),
        (b"3\r\nabcd", "chunk-without-end"),
        (b"3\r\nabc\rd", "chunk-without-end"),
        (b"3\r\nabc\r\r\n", "chunk-without-end"),
    ],
)
def test_what_leaves_no_way_on(body, code):
    """Ends the message there, not whole, and all behind it is raw."""
    events = torment(Http1, [(UP, GET * 2), (DOWN, CHUNKED + body + b"\r\n" + OK)], flips=30)
    assert code == codes(events)[0]
    assert [DOWN] == [event.direction for event in only(events, Raw)]
    assert [False] == [event.whole for event in only(events, Complete) if event.direction is DOWN]


def test_limits():
    """Of a size line and of trailers."""
    for cut in (lambda data: [data], anyhow(5)):
        events = watch(Http1(), [(UP, GET), (DOWN, CHUNKED + b"1;" + b"x" * CHUNK_LINE_LIMIT + b"\r\na")], cut=cut)
        assert "invalid-chunk-size" == codes(events)[0]
        trailers = b"0\r\nX: " + b"x" * HEAD_LIMIT + b"\r\n\r\n"
        events = watch(Http1(), [(UP, GET), (DOWN, CHUNKED + trailers)], cut=cut)
        assert "head-too-long" == codes(events)[0]


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.integers(0, 3)), max_size=6), st.integers())
@settings(max_examples=100, deadline=None)
def test_as_the_standard_library_reads_it(chunks, seed):
    """The same content, whatever the chunks and however they were cut."""
    body = b"".join(b"0" * zeros + b"%x\r\n%b\r\n" % (len(data), data) for data, zeros in chunks) + b"0\r\n\r\n"

    class Socket:
        def makefile(self, *_):
            return io.BytesIO(CHUNKED + body)

    response = http.client.HTTPResponse(Socket())
    response.begin()
    talk = [(UP, GET), (DOWN, CHUNKED + body)]
    events = watch(Http1(), talk, cut=anyhow(seed))
    assert response.read() == spans(events, talk, 1, DOWN)
    assert [True, True] == [event.whole for event in only(events, Complete)]


def test_time_is_linear():
    """In chunks, and byte by byte."""

    def chunks(count):
        watch(Http1(), [(UP, GET), (DOWN, CHUNKED + b"1\r\na\r\n" * count)])

    def trickle(count):
        sent = CHUNKED + b"0\r\nX: " + b"x" * count
        watch(Http1(), [(UP, GET), (DOWN, sent)], cut=lambda data: [bytes([octet]) for octet in data])

    for function in (chunks, trickle):
        one, two = steps(function, 300), steps(function, 600)
        assert two < 2.2 * one
