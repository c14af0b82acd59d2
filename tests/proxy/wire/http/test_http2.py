"""HTTP/2 as two peers speak it."""

from __future__ import annotations

import base64
import gzip

import h2.config
import h2.connection
import h2.events
import h2.settings
import hpack
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from support.http2_talk import ASK, POST, SETTINGS, Talk, block, frame, opened, pairs
from support.observing import DOWN, UP, anyhow, codes, kinds, only, spans, torment, watch
from tlscope.wire.http.exchange import (
    Complete,
    Frame,
    GoAway,
    Message,
    RequestHead,
    Reset,
    ResponseHead,
    Trailers,
    Upgraded,
)
from tlscope.wire.http.http2 import Http2
from tlscope.wire.http.http2_frame import PREFACE
from tlscope.wire.http.http2_streams import RAPID_RESETS
from tlscope.wire.http.observe import observe
from tlscope.wire.http.websocket_frame import unmask


def test_one_exchange():
    """Heads as h2 hears them, content, trailers, and both ends."""
    talk = Talk()
    talk.client.send_headers(1, POST)
    talk.client.send_data(1, b"hello", pad_length=7)
    talk.client.send_data(1, b" there", end_stream=True)
    talk.pass_on()
    talk.server.send_headers(1, [(":status", "103"), ("link", "</a>")])
    talk.server.send_headers(1, [(":status", "200"), ("content-type", "text/plain"), ("content-length", "3")])
    talk.server.send_data(1, b"yes")
    talk.server.send_headers(1, [("x-sum", "1")], end_stream=True)
    talk.pass_on()
    events = torment(Http2, talk.talk)
    (request,) = only(events, RequestHead)
    assert (1, "POST", "/p", "https", "a.example", "HTTP/2") == request[:6]
    early, final = only(events, ResponseHead)
    assert (103, True, 200, False) == (early.status, early.interim, final.status, final.interim)
    theirs = [list(event.headers) for _, event in talk.heard if hasattr(event, "headers")]
    ours = [pairs(event.headers) for event in only(events, RequestHead, ResponseHead, Trailers)]
    assert theirs == ours
    assert b"hello there" == spans(events, talk.talk, 1, UP)
    assert b"yes" == spans(events, talk.talk, 1, DOWN)
    assert [(1, UP, True), (1, DOWN, True)] == [(e.exchange, e.direction, e.whole) for e in only(events, Complete)]
    assert not codes(events)


def test_frames_cover_the_stream():
    """Every byte belongs to one frame, told of with its name, its flags and what it says."""
    talk = Talk()
    talk.client.send_headers(1, ASK, end_stream=True)
    talk.client.ping(b"12345678")
    talk.client.prioritize(3, weight=16, depends_on=1)
    talk.pass_on()
    talk.server.send_headers(1, [(":status", "204")], end_stream=True)
    talk.server.advertise_alternative_service(b'h3=":443"', origin=b"a.example")
    talk.pass_on()
    talk.server.close_connection(error_code=2, additional_data=b"sorry", last_stream_id=1)
    talk.pass_on()
    events = torment(Http2, talk.talk)
    for way in (UP, DOWN):
        at = 0
        for found in only(events, Frame):
            if found.direction is way:
                assert at == found.start
                at += found.length
        assert sum(len(data) for direction, data in talk.talk if direction is way) == at
    said = {(found.type, found.flags): found.note for found in only(events, Frame)}
    assert "HEADER_TABLE_SIZE=4096" in said["SETTINGS", ""]
    assert "GET /a?b" == said["HEADERS", "END_STREAM+END_HEADERS"] or "204" == said["HEADERS", "END_STREAM+END_HEADERS"]
    assert "depends on stream 1, weight 16" == said["PRIORITY", ""]
    assert 'a.example h3=":443"' == said["ALTSVC", ""]
    assert "INTERNAL_ERROR, last stream 1" == said["GOAWAY", ""]
    assert {("PREFACE", ""), ("PING", ""), ("PING", "ACK"), ("SETTINGS", "ACK")} <= said.keys()
    assert [(DOWN, 1, "INTERNAL_ERROR", b"sorry")] == [event[:4] for event in only(events, GoAway)]
    assert not codes(events)


def test_many_streams():
    """Interleaved, each is an exchange of its own, in the order in which they were opened."""
    talk = Talk()
    for number in range(1, 20, 2):
        talk.client.send_headers(number, [*POST, ("x-number", str(number))])
    for number in range(1, 20, 2):
        talk.client.send_data(number, b"%d" % number, end_stream=True)
    talk.pass_on()
    for number in range(19, 0, -2):
        talk.server.send_headers(number, [(":status", "200"), ("x-number", str(number))])
        talk.server.send_data(number, b"%d" % -number, end_stream=True)
    talk.pass_on()
    events = torment(Http2, talk.talk, flips=30)
    assert [(n + 1, 2 * n + 1) for n in range(10)] == [(e.exchange, e.stream) for e in only(events, RequestHead)]
    for head in only(events, RequestHead, ResponseHead):
        assert (b"x-number", b"%d" % head.stream) in pairs(head.headers)
        assert b"%d" % head.stream == spans(events, talk.talk, head.exchange, UP)
        assert b"%d" % -head.stream == spans(events, talk.talk, head.exchange, DOWN)
    assert not codes(events)


def test_headers_in_continuations():
    """Are joined; each header stands where its bytes are."""
    talk = Talk()
    talk.client.send_headers(1, [*ASK, *((f"x-{n}", "abcdefgh" * 500) for n in range(10))], end_stream=True)
    talk.pass_on()
    events = torment(Http2, talk.talk, seeds=2, flips=10)
    (request,) = only(events, RequestHead)
    assert 15 == len(request.headers)
    assert "CONTINUATION" in [found.type for found in only(events, Frame)]
    sent = talk.talk[-2][1] if talk.talk[-1][0] is DOWN else talk.talk[-1][1]
    stream = b"".join(data for way, data in talk.talk if way is UP)
    assert sent in stream
    # in the order of the bytes, none over another but for the frame headers between
    at = request.start
    for found in request.headers:
        assert at <= found.start
        at = found.start + found.length
    assert at == request.start + request.length
    first = hpack.Decoder().decode(stream[request.headers[0].start :][: request.headers[0].length], raw=True)
    assert [(b":method", b"GET")] == [tuple(pair) for pair in first]


def test_pushes():
    """Are exchanges whose request the server makes."""
    talk = Talk()
    talk.client.send_headers(1, ASK, end_stream=True)
    talk.pass_on()
    talk.server.push_stream(1, 2, [*ASK[:3], (":path", "/style.css")])
    talk.server.send_headers(2, [(":status", "200")])
    talk.server.send_data(2, b"css", end_stream=True)
    talk.server.send_headers(1, [(":status", "200")], end_stream=True)
    talk.pass_on()
    events = torment(Http2, talk.talk)
    asked, pushed = only(events, RequestHead)
    assert (False, True, "/style.css", 2) == (asked.pushed, pushed.pushed, pushed.target, pushed.exchange)
    assert b"css" == spans(events, talk.talk, 2, DOWN)
    assert [1, 2, 1] == [event.exchange for event in only(events, Complete)]
    assert not codes(events)


def test_resets():
    """End a stream for both sides; what the other side still sends is no oddity."""
    talk = Talk()
    talk.client.send_headers(1, POST)
    talk.pass_on()
    talk.server.send_headers(1, [(":status", "200")])
    late = talk.server.data_to_send()
    talk.client.reset_stream(1, error_code=8)
    talk.pass_on()
    events = torment(Http2, [*talk.talk, (DOWN, late)])
    assert [(1, UP, 1, "CANCEL")] == [event[:4] for event in only(events, Reset)]
    assert {(1, UP, False), (1, DOWN, False)} == {(e.exchange, e.direction, e.whole) for e in only(events, Complete)}
    assert not codes(events)


def test_rapid_resets():
    """Requests that are reset before an answer, one after the other, are told of (CVE-2023-44487)."""
    encoder = hpack.Encoder()
    frames = [
        frame(1, 5, number, block(ASK, encoder)) + frame(3, 0, number, b"\0\0\0\x08")
        for number in range(1, 2 * RAPID_RESETS + 1, 2)
    ]
    assert ["h2-rapid-reset"] == codes(watch(Http2(), opened(*frames)))
    assert [] == codes(watch(Http2(), opened(*frames[:-1])))
    talk, encoder = opened(), hpack.Encoder()
    for number in range(1, 8 * RAPID_RESETS + 1, 4):  # who cancels now and then is no attacker
        cancelled, answered = (frame(1, 5, stream, block(ASK, encoder)) for stream in (number, number + 2))
        talk.append((UP, cancelled + frame(3, 0, number, b"\0\0\0\x08") + answered))
        talk.append((DOWN, frame(1, 5, number + 2, b"\x88")))
    assert [] == codes(watch(Http2(), talk))


def test_what_is_carried_inside():
    """GRPC and server-sent events are Messages; a WebSocket has its frames (RFC 8441)."""
    talk = Talk()
    talk.client.send_headers(1, [*POST, ("content-type", "application/grpc"), ("te", "trailers")])
    talk.client.send_data(1, b"\0\0\0\0\5he")
    talk.client.send_data(1, b"llo", end_stream=True)
    talk.pass_on()
    talk.server.send_headers(1, [(":status", "200"), ("content-type", "application/grpc")])
    talk.server.send_headers(1, [("grpc-status", "0")], end_stream=True)
    talk.pass_on()
    key = b"abcd"
    extended = [*ASK[:3], (":path", "/chat"), (":protocol", "websocket")]
    extended[0] = (":method", "CONNECT")
    talk.server.update_settings({h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL: 1})
    talk.pass_on()
    talk.client.send_headers(3, extended)
    talk.pass_on()
    talk.server.send_headers(3, [(":status", "200")])
    talk.server.send_data(3, b"\x81\x02hi")
    talk.pass_on()
    talk.client.send_data(3, b"\x81\x82" + key)
    talk.client.send_data(3, unmask(b"ho", key), end_stream=True)
    talk.pass_on()
    events = torment(Http2, talk.talk)
    assert [(1, UP, "grpc", b"hello"), (2, DOWN, "text", b"hi"), (2, UP, "text", b"ho")] == [
        (event.exchange, event.direction, event.kind, event.data) for event in only(events, Message)
    ]
    assert [Upgraded(2, "websocket", -1, -1)] == only(events, Upgraded)
    assert [3, 3] == [found.stream for found in only(events, Frame) if found.type == "text"]
    assert not codes(events)


def test_compressed_grpc():
    """Each direction's messages are inflated as its own header says."""
    talk = Talk()
    asked = [*POST, ("content-type", "application/grpc"), ("te", "trailers"), ("grpc-encoding", "gzip")]
    talk.client.send_headers(1, asked)
    message = gzip.compress(b"hello")
    talk.client.send_data(1, b"\1" + len(message).to_bytes(4) + message, end_stream=True)
    talk.pass_on()
    talk.server.send_headers(1, [(":status", "200"), ("content-type", "application/grpc"), ("grpc-encoding", "zstd")])
    message = zstandard.compress(b"hello yourself")
    talk.server.send_data(1, b"\1" + len(message).to_bytes(4) + message)
    talk.server.send_headers(1, [("grpc-status", "0")], end_stream=True)
    talk.pass_on()
    events = torment(Http2, talk.talk, flips=30)
    assert [(UP, b"hello", "gzip"), (DOWN, b"hello yourself", "zstd")] == [
        (event.direction, event.data, event.note) for event in only(events, Message)
    ]
    assert not codes(events)


def test_upgrades_from_http1():
    """After 101 to h2c the request of HTTP/1.1 is stream 1, and exchanges count on."""
    ask = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n\r\n"
    switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    answer = SETTINGS + frame(1, 4, 1, block([(":status", "200")])) + frame(0, 1, 1, b"hello")
    encoder = hpack.Encoder()
    talk = [(UP, ask), (DOWN, switch + answer), (UP, PREFACE + SETTINGS + frame(1, 5, 3, block(ASK, encoder)))]
    events = torment(lambda: observe("http/1.1"), talk, flips=50)
    assert [(1, "HTTP/1.1"), (2, "HTTP/2")] == [(e.exchange, e.version) for e in only(events, RequestHead)]
    assert b"hello" == spans(events, talk, 1, DOWN)
    assert not codes(events)


def test_settings_in_an_upgrade():
    """Count for the response that comes before any frame of the client."""
    larger = base64.urlsafe_b64encode((1).to_bytes(2) + (65536).to_bytes(4)).rstrip(b"=")
    encoder = hpack.Encoder()
    encoder.header_table_size = 65536
    answer = SETTINGS + frame(1, 5, 1, block([(":status", "200")], encoder))
    for value, odd in ((larger, []), (b"", ["h2-table-size"]), (b"!", ["h2-table-size"])):
        events = watch(Http2(upgraded=1, settings=value), [(DOWN, answer)], finish=False)
        assert odd == codes(events)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(
                st.tuples(st.sampled_from(["x-a", "cookie", "accept"]), st.text("ab/=;", max_size=20)), max_size=5
            ),
            st.binary(max_size=60),
            st.binary(max_size=60),
            st.integers(0, 20),
        ),
        max_size=5,
    ),
    st.integers(),
)
def test_any_talk_any_cut(exchanges, seed):
    """Header lists are h2's, content is what was sent."""
    talk = Talk()
    for index, (headers, up, down, pad) in enumerate(exchanges):
        number = 2 * index + 1
        talk.client.send_headers(number, [*POST, *headers])
        talk.client.send_data(number, up, end_stream=True, pad_length=pad or None)
        talk.pass_on()
        talk.server.send_headers(number, [(":status", "200"), *headers])
        talk.server.send_data(number, down, end_stream=True)
        talk.pass_on()
    events = watch(Http2(), talk.talk, cut=anyhow(seed))
    theirs = [list(event.headers) for _, event in talk.heard if hasattr(event, "headers")]
    assert theirs == [pairs(event.headers) for event in only(events, RequestHead, ResponseHead)]
    for index, (_, up, down, _) in enumerate(exchanges, 1):
        assert (up, down) == (spans(events, talk.talk, index, UP), spans(events, talk.talk, index, DOWN))
    assert not codes(events)


@given(st.lists(st.tuples(st.sampled_from([UP, DOWN]), st.binary(max_size=40)), max_size=8), st.integers())
@settings(max_examples=100, deadline=None)
def test_any_bytes(talk, seed):
    """Events, the same for any cut, also behind a proper beginning."""
    for start in ([], opened()):
        assert kinds(watch(Http2(), start + talk)) == kinds(watch(Http2(), start + talk, cut=anyhow(seed)))


def test_time_is_linear():
    """In frames, in streams, in headers, byte by byte."""

    def streams(count):
        encoder = hpack.Encoder()
        watch(Http2(), opened(*(frame(1, 5, 2 * n + 1, block(ASK, encoder)) for n in range(count))))

    def headers(count):
        watch(Http2(), opened(frame(1, 5, 1, b"\x00\x01x\x01y" * count)))

    def trickle(count):
        watch(Http2(), opened(frame(1, 5, 1, b"\x00\x01x\x01y" * count)), cut=lambda data: [bytes([c]) for c in data])

    for function, count in ((streams, 100), (headers, 1000), (trickle, 300)):
        one, two = steps(function, count), steps(function, 2 * count)
        assert two < 2.2 * one
