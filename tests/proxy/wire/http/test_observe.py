"""Who understands a connection."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.observing import DOWN, UP, check_spans, kinds, only, singly, torment, watch
from tlscope.wire.http.exchange import Frame, Raw, RequestHead, ResponseHead
from tlscope.wire.http.http2_frame import PREFACE
from tlscope.wire.http.observe import HOLD_LIMIT, LINE_LIMIT, observe, recognise

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
PARTS = [
    GET, OK, PREFACE, GET[:9], GET[9:], OK[:20], OK[20:], SWITCHED, b"\0\0\4\1\4\0\0\0\1\x82\x84\x87\x85", b"\x81\2hi",
    GET[:-2] + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", OK.replace(b"0", b"5", 3), b"\0\0\0\4\0\0\0\0\0",
]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "found"),
    [
        (b"", None),
        (b"PRI", None),
        (PREFACE[:-1], None),
        (PREFACE, "h2"),
        (PREFACE + b"\0", "h2"),
        (b"PRI * HTTP/2.0\r\n\r\nXX", "raw"),
        (b"GET", None),
        (b"GET / HTTP/1.1\r", None),
        (b"GET / HTTP/1.1\r\n", "http/1.1"),
        (b"GET / HTTP/1.1\n", "http/1.1"),
        (b"EHLO a\r\n", "raw"),
        (b"\x16\x03\x01", "raw"),
        (b"GET /" + b"a" * LINE_LIMIT, "raw"),
    ],
)
def test_first_bytes(first, found):
    """The preface, a request line, or neither."""
    assert found == recognise(first)


@given(st.sampled_from([b"", PREFACE, GET, b"GET /"]), st.binary(max_size=30), st.integers(0, 60))
def test_more_bytes_never_say_otherwise(start, rest, size):
    """What was recognised stays."""
    data = start + rest
    assert recognise(data[:size]) in {None, recognise(data)}


@pytest.mark.parametrize("alpn", ["", "http/1.1"])
def test_http1(alpn):
    """By ALPN or by the request line."""
    assert "http/1.1" == speaks(alpn, [(UP, GET)])
    events = torment(lambda: observe(alpn), [(UP, GET), (DOWN, OK)])
    assert 2 == len(only(events, RequestHead, ResponseHead))


@pytest.mark.parametrize("alpn", ["", "h2"])
def test_http2(alpn):
    """By ALPN or by the preface; its server may speak first."""
    settings = b"\0\0\0\4\0\0\0\0\0"
    for talk in ([(UP, PREFACE + settings), (DOWN, settings)], [(DOWN, settings), (UP, PREFACE + settings)]):
        assert "h2" == speaks(alpn, talk)
        frames = only(torment(lambda: observe(alpn), talk), Frame)
        assert ["PREFACE", "SETTINGS", "SETTINGS"] == sorted(frame.type for frame in frames)


def speaks(alpn, talk, cut=singly):
    observer = observe(alpn)
    watch(observer, talk, cut=cut, finish=False)
    return observer.protocol


def test_what_nobody_understands():
    """Is raw, said once for each direction."""
    for alpn, talk in (
        ("", [(DOWN, b"220 a.example\r\n"), (UP, GET)]),
        ("", [(UP, b"\x00\x01"), (DOWN, b"x")]),
        ("postgresql", [(UP, b"\x00\x01"), (DOWN, b"x")]),
    ):
        assert {Raw(UP, 0), Raw(DOWN, 0)} == set(torment(lambda alpn=alpn: observe(alpn), talk))
        assert "raw" == speaks(alpn, talk)


def test_what_is_held_is_bounded():
    """A server that goes on and on before its client is raw."""
    assert "" == speaks("", [(DOWN, bytes(HOLD_LIMIT))], cut=lambda data: [data])
    assert "raw" == speaks("", [(DOWN, bytes(HOLD_LIMIT)), (DOWN, b"\0")], cut=lambda data: [data])


def test_an_end_before_anything_is_known():
    """Makes no noise without bytes; with some of a request, it is a truncated one."""
    assert [] == watch(observe(), [])
    assert [("Oddity", None, UP, "truncated-head", "the direction ends within a head", 0)] == kinds(
        watch(observe(), [(UP, b"GET /")])
    )


def test_a_tunnel_is_looked_into():
    """What speaks behind CONNECT is recognised, and its exchanges count on."""
    connect, made = b"CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"
    events = torment(lambda: observe("http/1.1"), [(UP, connect), (DOWN, made), (UP, GET), (DOWN, OK)])
    assert [(1, 0), (2, len(connect))] == [(head.exchange, head.start) for head in only(events, RequestHead)]
    assert "http" == only(events, RequestHead)[1].scheme
    events = torment(lambda: observe("http/1.1"), [(UP, connect), (DOWN, made), (UP, b"\x16\x03\x01"), (DOWN, b"\x16")])
    assert [Raw(UP, len(connect)), Raw(DOWN, len(made))] == only(events, Raw)


def test_missing_bytes_before_anything_is_known():
    """Are told to who understands the connection, in their place; a line that they cut off was one of HTTP/1."""
    observer = observe()
    assert [] == observer.missing(DOWN, 7)
    assert [] == observer.feed(UP, GET[:5], 0)
    events = observer.feed(UP, GET[5:], 5)
    assert ["Oddity", "RequestHead", "Complete"] == [kind for kind, *_ in kinds(events)]
    assert [200] == [event.status for event in only(observer.feed(DOWN, b"tail" + OK, 0), ResponseHead)]
    observer = observe()
    observer.feed(UP, b"GET /lost", 0)
    events = observer.missing(UP, 7) + observer.feed(UP, b"\r\n\r\n" + GET, 9)
    assert ([Raw(UP, 0, 13)], 1) == (only(events, Raw), len(only(events, RequestHead)))


def test_missing_bytes_of_what_nobody_understands():
    """Change nothing."""
    observer = observe()
    events = observer.feed(UP, b"EHLO a\r\n", 0) + observer.missing(UP, 7) + observer.feed(UP, GET, 8)
    assert [Raw(UP, 0)] == events


@pytest.mark.parametrize("alpn", ["", "http/1.1", "h2"])
@given(st.lists(st.tuples(st.sampled_from([UP, DOWN]), st.integers(0, 99) | st.sampled_from(PARTS)), max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_bytes_missing_anywhere(alpn, talk):
    """Nothing raises, and spans lie where bytes were."""
    observer, at, events = observe(alpn), {UP: 0, DOWN: 0}, []
    for direction, part in talk:
        if isinstance(part, int):
            events += observer.missing(direction, part)
            continue
        events += observer.feed(direction, part, at[direction])
        at[direction] += len(part)
    for direction in (UP, DOWN):
        events += observer.finish(direction)
    check_spans(events, [item for item in talk if not isinstance(item[1], int)])
    for raw in only(events, Raw):
        assert 0 <= raw.start <= at[raw.direction]
        assert raw.end == -1 or raw.start < raw.end <= at[raw.direction]
