"""HTTP/1 as two peers speak it."""

from __future__ import annotations

import gzip
import http.client
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from support.http1_talk import GET, OK, UPGRADE, heads
from support.observing import DOWN, UP, anyhow, codes, kinds, only, spans, torment, watch
from tlscope.events import Direction
from tlscope.wire.http import http1
from tlscope.wire.http.exchange import (
    Body,
    Complete,
    Message,
    Oddity,
    Raw,
    RequestHead,
    ResponseHead,
    header,
)
from tlscope.wire.http.http1 import MAX_PENDING, Http1
from tlscope.wire.http.http1_chunked import CHUNK_LINE_LIMIT
from tlscope.wire.http.http1_half import WAIT_LIMIT
from tlscope.wire.http.http1_head import HEAD_LIMIT


def test_one_exchange():
    """Request and response with their headers, where each stands, and where the content lies."""
    events = torment(Http1, [(UP, GET), (DOWN, OK)])
    request, done, response, body, end = events
    assert (1, "GET", "/a?b", "https", "a.example", "HTTP/1.1", 0, len(GET)) == (*request[:6], *request[7:9])
    assert [(b"Host", b"a.example", 19, 15)] == [tuple(found) for found in request.headers]
    assert Complete(1, UP, len(GET)) == done
    assert (1, 200, "OK", "HTTP/1.1", 0, 38, False) == (*response[:4], *response[5:8])
    assert Body(1, DOWN, 38, 5) == body
    assert Complete(1, DOWN, 43) == end


def test_pipelining():
    """Each response belongs to the oldest request without one."""
    talk = [(UP, GET + GET.replace(b"GET", b"HEAD") + GET), (DOWN, OK + OK[:-5] + OK), (UP, GET), (DOWN, OK)]
    events = torment(Http1, talk)
    assert [(1, "GET"), (2, "HEAD"), (3, "GET"), (1, 200), (2, 200), (3, 200), (4, "GET"), (4, 200)] == heads(events)
    assert [1, 3, 4] == [event.exchange for event in only(events, Body)]
    assert not codes(events)


def test_content_of_requests():
    """Chunked or with a length, and the next request behind it."""
    post = b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    put = b"PUT /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    talk = [(UP, post + put + GET), (DOWN, b"HTTP/1.1 100 Continue\r\n\r\n" + OK * 3)]
    events = torment(Http1, talk)
    assert [b"abc", b"abc", b""] == [spans(events, talk, number, UP) for number in (1, 2, 3)]
    assert [(1, 100), (1, 200), (2, 200), (3, 200)] == heads(events)[3:]
    assert [True, False, False, False] == [event.interim for event in only(events, ResponseHead)]
    assert not codes(events)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_responses_that_have_no_content(status):
    """Whatever their Content-Length says (RFC 9112 section 6.3)."""
    sent = OK[:-5].replace(b"200 OK", status)
    events = torment(Http1, [(UP, GET * 2), (DOWN, sent + OK)])
    assert 2 == len(only(events, ResponseHead))
    assert (["content-length-on-204"] if b"204" in status else []) == codes(events)


def test_content_until_the_end():
    """Without a length it goes on until the connection ends, which makes it whole."""
    talk = [(UP, GET), (DOWN, b"HTTP/1.0 200 OK\r\n\r\nsome\r\n\r\n"), (DOWN, b"more")]
    events = torment(Http1, talk)
    assert b"some\r\n\r\nmore" == spans(events, talk, 1, DOWN)
    assert Complete(1, DOWN, 31) == events[-1]
    assert not codes(events)


def test_content_that_is_cut_off():
    """It is complete, but not whole."""
    events = torment(Http1, [(UP, GET), (DOWN, OK[:-1])])
    assert Complete(1, DOWN, 42, whole=False) == events[-1]
    assert ["truncated-body"] == codes(events)


def test_what_never_came():
    """A head that ends early, and requests without a response."""
    events = torment(Http1, [(UP, GET + GET[:10])])
    assert ["truncated-head", "no-response"] == codes(events)


@pytest.mark.parametrize(
    ("sent", "scheme", "authority"),
    [
        (b"GET http://b.example:8080/x HTTP/1.1\r\nHost: b.example:8080\r\n\r\n", "http", "b.example:8080"),
        (b"GET HTTP://b.example HTTP/1.0\r\n\r\n", "http", "b.example"),
        (b"OPTIONS * HTTP/1.1\r\nhost:c\r\n\r\n", "https", "c"),
        (b"CONNECT d.example:443 HTTP/1.1\r\nHost: d.example:443\r\n\r\n", "", "d.example:443"),
    ],
)
def test_where_a_request_goes(sent, scheme, authority):
    """Absolute, asterisk and authority form (RFC 9112 section 3.2)."""
    events = torment(Http1, [(UP, sent)], flips=20)
    assert (scheme, authority) == (events[0].scheme, events[0].authority)
    assert not set(codes(events)) - {"no-response"}


ODD_REQUESTS = {
    "content-length-and-transfer-encoding": (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "differing-content-lengths": (b"Content-Length: 3\r\nContent-Length: 4\r\n", b"abc"),
    "repeated-content-length": (b"Content-Length: 3, 3\r\n", b"abc"),
    "empty-transfer-coding": (b"Transfer-Encoding: chunked,\r\n", b"0\r\n\r\n"),
    "chunk-size-whitespace": (b"Transfer-Encoding: chunked\r\n", b"1 \r\na\r\n0\r\n\r\n"),
    "trailer-field": (b"Transfer-Encoding: chunked\r\n", b"0\r\nContent-Length: 3\r\n\r\n"),
    "unknown-transfer-coding": (b"Transfer-Encoding: xchunked, chunked\r\n", b"0\r\n\r\n"),
    "chunked-twice": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "duplicate-host": (b"Host: b\r\n", b""),
    "space-before-colon": (b"Content-Length : 3\r\n", b"abc"),
    "nul-in-header": (b"X: a\0b\r\n", b""),
    "control-in-header": (b"X: a\x0bb\r\n", b""),
    "bare-cr": (b"X: a\rb\r\n", b""),
    "bare-lf": (b"X: a\nY: b\r\n", b""),
    "obs-fold": (b"X: a\r\n b\r\n", b""),
    "header-without-colon": (b"X\r\n", b""),
    "empty-header-name": (b": x\r\n", b""),
    "header-name": (b"X(: x\r\n", b""),
}


@pytest.mark.parametrize("code", ODD_REQUESTS)
def test_oddities_of_requests(code):
    """Each is named, at its offset, once; the reading goes on."""
    lines, body = ODD_REQUESTS[code]
    sent = b"POST / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n" + body
    events = torment(Http1, [(UP, sent + GET), (DOWN, OK * 2)], flips=30)
    assert [code] == codes(events)
    (oddity,) = only(events, Oddity)
    assert (1, UP) == oddity[:2]
    assert 0 <= oddity.offset < len(sent)
    assert [(1, "POST"), (2, "GET"), (1, 200), (2, 200)] == heads(events)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5x\r\n", "invalid-chunk-size"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "invalid-chunk-size"),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 16 + b"\r\n",
            "invalid-chunk-size",
        ),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", "chunk-without-end"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n1\r\nabc", "request-without-end"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", "invalid-content-length"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nabc", "invalid-content-length"),
        (b"EHLO a.example\r\n", "not-http"),
        (b"\x00\x00\x00\x01", "not-http"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "not-http"),
        (b"A" * 65, "not-http"),
    ],
)
def test_what_is_not_understood(sent, code):
    """Is raw from there on, in its direction; the other one goes on."""
    events = torment(Http1, [(UP, sent), (DOWN, OK), (UP, GET)], flips=20)
    assert code == codes(events)[0]
    assert [UP] == [event.direction for event in only(events, Raw)]
    assert [200] == [event.status for event in only(events, ResponseHead)]
    observer = Http1()
    watch(observer, [(UP, sent), (DOWN, b"what?\n")])
    assert "raw" == observer.protocol


def test_early_and_unasked_responses():
    """A response may come before its request is whole; one to nothing is an exchange of its own."""
    post = b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
    talk = [(DOWN, OK), (UP, post), (DOWN, OK), (UP, b"abc" + GET), (DOWN, OK)]
    events = torment(Http1, talk)
    assert [(1, 200), (2, "POST"), (2, 200), (3, "GET"), (3, 200)] == heads(events)
    assert ["response-without-request"] == codes(events)
    assert b"abc" == spans(events, talk, 2, UP)


def test_interim_responses_that_nobody_asked_for():
    """Belong to the final one behind them."""
    events = torment(Http1, [(DOWN, b"HTTP/1.1 100 Continue\r\n\r\n" + OK), (UP, GET), (DOWN, OK)])
    assert [(1, 100), (1, 200), (2, "GET"), (2, 200)] == heads(events)
    assert ["response-without-request"] == codes(events)


@pytest.mark.parametrize("status", [b"099", b"600", b"999"])
def test_statuses_outside_the_classes(status):
    """Are final, have content, and are told of."""
    talk = [(UP, GET), (DOWN, OK.replace(b"200", status))]
    events = torment(Http1, talk)
    assert ["status-code"] == codes(events)
    assert b"hello" == spans(events, talk, 1, DOWN)
    assert [False] == [event.interim for event in only(events, ResponseHead)]


def test_limits():
    """What exceeds one is named, and what follows is raw."""
    long = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * HEAD_LIMIT + b"\r\n\r\n"
    for cut in (lambda data: [data], lambda data: [data[:100_000], data[100_000:]]):
        events = watch(Http1(), [(UP, long + GET)], cut=cut)
        assert "head-too-long" == codes(events)[0]
        assert [1] == [event.exchange for event in only(events, RequestHead)]
        assert [Raw(UP, HEAD_LIMIT)] == only(events, Raw)
    chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    for cut in (lambda data: [data], lambda data: [data[:10_000], data[10_000:]]):
        events = watch(Http1(), [(UP, chunked + b"1;" + b"x" * CHUNK_LINE_LIMIT + b"\r\na\r\n")], cut=cut)
        assert "invalid-chunk-size" == codes(events)[0]
        events = watch(Http1(), [(UP, chunked + b"0\r\nX: " + b"x" * HEAD_LIMIT + b"\r\n\r\n")], cut=cut)
        assert "head-too-long" == codes(events)[0]
    events = watch(Http1(), [(UP, UPGRADE + bytes(WAIT_LIMIT + 1)), (DOWN, OK)])
    assert "upgrade-overrun" == codes(events)[0]


def test_pipelining_is_bounded(monkeypatch):
    """Requests without a response are tracked up to a limit."""
    assert MAX_PENDING > 100
    monkeypatch.setattr(http1, "MAX_PENDING", 3)
    events = torment(Http1, [(UP, GET * 5), (DOWN, OK * 3)])
    assert ["pipelining-too-deep"] == codes(events)
    assert [1, 2, 3, 4] == [event.exchange for event in only(events, RequestHead)]


def test_event_streams_in_gzip():
    """Are inflated; the event stands where the content begins."""
    sent = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n"
    talk = [(UP, GET), (DOWN, sent + gzip.compress(b"data: one\n\n"))]
    events = torment(Http1, talk)
    assert [Message(1, DOWN, "event", len(sent), 0, 3, b"one", "message")] == only(events, Message)
    assert not codes(events)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["GET", "HEAD", "POST", "PUT"]),
            st.binary(max_size=50),
            st.sampled_from([200, 204, 304, 404, 500]),
            st.binary(max_size=50),
            st.booleans(),
        ),
        max_size=6,
    ),
    st.integers(),
)
def test_any_talk_any_cut(exchanges, seed):
    """Content and pairing are what they were when the talk was written."""
    talk = []
    for method, up, status, down, chunked in exchanges:
        lines = f"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(up)}\r\n\r\n"
        talk.append((UP, lines.encode() + up))
        framing, body = f"Content-Length: {len(down)}", down
        if status in {204, 304} or method == "HEAD":
            body = b""
        elif chunked:
            framing, body = "Transfer-Encoding: chunked", b"%x\r\n%b\r\n" % (len(down), down) if down else b""
            body += b"0\r\n\r\n"
        talk.append((DOWN, f"HTTP/1.1 {status} X\r\n{framing}\r\n\r\n".encode() + body))
    events = watch(Http1(), talk, cut=anyhow(seed))
    for number, (method, up, status, down, _) in enumerate(exchanges, 1):
        assert up == spans(events, talk, number, UP)
        assert (b"" if status in {204, 304} or method == "HEAD" else down) == spans(events, talk, number, DOWN)
    assert not set(codes(events)) - {"content-length-on-204"}
    assert 2 * len(exchanges) == len([event for event in only(events, Complete) if event.whole])


@given(st.lists(st.tuples(st.sampled_from(Direction), st.binary(max_size=40)), max_size=8), st.integers())
@settings(max_examples=100, deadline=None)
def test_any_bytes(talk, seed):
    """Events, the same for any cut."""
    assert kinds(watch(Http1(), talk)) == kinds(watch(Http1(), talk, cut=anyhow(seed)))


@pytest.mark.parametrize(
    "sent", [OK, b"HTTP/1.1 200 OK\r\nServer: x\r\nX-A:  b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n"]
)
def test_headers_as_the_standard_library_reads_them(sent):
    """Names and values."""

    class Socket:
        def makefile(self, *_):
            return io.BytesIO(sent)

    response = http.client.HTTPResponse(Socket())
    response.begin()
    (head,) = only(watch(Http1(), [(UP, GET), (DOWN, sent)]), ResponseHead)
    assert response.getheaders() == [(found.name.decode(), found.text) for found in head.headers]
    assert response.status == head.status
    assert header(head.headers, b"x-none") is None


def test_time_is_linear():
    """Twice the exchanges, or the bytes one by one, twice the steps."""

    def run(count):
        watch(Http1(), [(UP, GET * count), (DOWN, OK.replace(b"OK\r\n", b"OK\r\nTransfer-Encoding: x\r\n") * count)])

    def trickle(count):
        watch(Http1(), [(UP, b"GET / HTTP/1.1\r\nX: " + b"x" * count)], cut=lambda data: [bytes([c]) for c in data])

    for function in (run, trickle):
        one, two = steps(function, 300), steps(function, 600)
        assert two < 2.2 * one
