"""What peers of HTTP/2 should not send, and what is missing of it: told, and bounded."""

from __future__ import annotations

import h2.config
import h2.connection
import h2.events
import h2.settings
import hpack
import pytest

from support.http2_talk import ASK, POST, REQUEST_BLOCK, SETTINGS, Talk, asked, block, frame, opened, pairs
from support.observing import DOWN, UP, anyhow, codes, only, spans, torment, watch
from tlscope.wire.http import http2_streams
from tlscope.wire.http.exchange import (
    Body,
    Complete,
    Frame,
    Oddity,
    Raw,
    RequestHead,
    ResponseHead,
)
from tlscope.wire.http.http2 import Http2
from tlscope.wire.http.http2_block import BLOCK_LIMIT, LIST_LIMIT, MAX_CONTINUATIONS
from tlscope.wire.http.http2_frame import PREFACE


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([asked(*ASK, ("X-Upper", "1"))], "h2-upper-case-name"),
        ([asked(*ASK, ("connection", "close"))], "h2-connection-header"),
        ([asked(*ASK, ("te", "gzip"))], "h2-connection-header"),
        ([asked(*ASK, ("x", "a\r\nb: c"))], "h2-header-value"),
        ([asked(*ASK, ("x y", "a"))], "h2-header-name"),
        ([asked(*ASK[1:])], "h2-pseudo-missing"),
        ([asked(*ASK, (":path", "/"))], "h2-pseudo-late"),
        ([asked(ASK[0], *ASK)], "h2-pseudo-twice"),
        ([asked((":status", "200"), *ASK)], "h2-pseudo-unknown"),
        ([asked(*ASK, ("host", "b.example"))], "host-differs"),
        ([asked(*ASK, ("host", "a.example"), ("host", "b.example"))], "duplicate-host"),
        ([asked(*ASK, ("content-length", "+1"))], "invalid-content-length"),
        ([asked(*ASK, ("content-length", "1"))], "content-length-mismatch"),
        ([frame(1, 5, 2, REQUEST_BLOCK)], "h2-stream-id"),
        ([frame(0, 0, 0, b"a")], "h2-stream-id"),
        ([frame(6, 0, 1, bytes(8))], "h2-stream-id"),
        ([frame(6, 0, 0, bytes(7))], "h2-frame-size"),
        ([frame(4, 0, 0, bytes(7))], "h2-frame-size"),
        ([frame(0xFF, 0, 0, bytes(16385))], "h2-frame-size"),
        ([frame(8, 0, 0, bytes(4))], "h2-window-update"),
        ([frame(0, 0, 9, b"a")], "h2-stream-idle"),
        ([frame(3, 0, 9, bytes(4))], "h2-stream-idle"),
        ([frame(1, 5, 1, REQUEST_BLOCK), frame(0, 0, 1, b"a")], "h2-stream-closed"),
        ([frame(1, 4, 1, REQUEST_BLOCK), frame(0, 8, 1, b"\5abc")], "h2-padding"),
        ([frame(1, 4, 1, REQUEST_BLOCK), frame(0, 9, 1)], "h2-padding"),
        ([frame(1, 13, 1, b"\xff" + REQUEST_BLOCK)], "h2-padding"),
        ([frame(1, 1, 1, REQUEST_BLOCK), frame(6, 0, 0, bytes(8))], "h2-block-interrupted"),
        ([frame(9, 4, 1, REQUEST_BLOCK)], "h2-continuation"),
        ([frame(1, 5, 1, b"\xbf")], "h2-hpack"),
        ([frame(1, 5, 1, b"\x80")], "h2-hpack"),
        ([frame(1, 5, 1, b"\x40\x7f")], "h2-hpack"),
        ([frame(1, 5, 1, b"\x3f\xff\xff\xff\xff\xff\xff")], "h2-hpack"),
        ([frame(1, 5, 1, b"\x3f\xe1\x5f" + REQUEST_BLOCK)], "h2-table-size"),
        ([frame(1, 4, 1, REQUEST_BLOCK), frame(1, 4, 1, block([("x", "y")]))], "h2-trailers"),
        ([frame(5, 4, 1, bytes(4))], "h2-stream-id"),
        ([frame(7, 0, 0, bytes(7))], "h2-frame-size"),
        ([frame(4, 1, 0, bytes(6))], "h2-frame-size"),
        ([frame(4, 0, 0, b"\0\2\0\0\0\2")], "h2-setting"),
        ([asked(*ASK, ("x", " a"))], "h2-value-whitespace"),
        ([asked(*ASK[:3], (":path", "a"))], "h2-path"),
        ([asked(*ASK[:2], (":authority", "a@b"), (":path", "/"))], "invalid-host"),
        ([asked((":method", "CONNECT"), *ASK[1:4])], "h2-connect"),
        ([asked(*ASK[:4], (":protocol", "websocket"))], "h2-connect"),
        ([asked((":method", "CONNECT"), *ASK[1:4], (":protocol", "websocket"))], "h2-connect-protocol"),
    ],
)
def test_oddities(frames, code):
    """Each is named first; frames go on."""
    talk = opened(*frames, frame(6, 0, 0, bytes(8)))
    events = torment(Http2, talk, flips=10)
    assert code == codes(events)[0]
    assert "PING" in [found.type for found in only(events, Frame)][-2:]


@pytest.mark.parametrize(
    ("headers", "code"),
    [([("x", "y")], "h2-pseudo-missing"), ([(":status", "20")], "h2-status"), ([(":status", "101")], "h2-status")],
)
def test_oddities_of_responses(headers, code):
    """A status is three digits, and not 101."""
    talk = [*opened(frame(1, 5, 1, REQUEST_BLOCK)), (DOWN, frame(1, 4, 1, block(headers)))]
    assert code in codes(torment(Http2, talk, flips=10))


def test_a_lost_header_state():
    """Costs the headers from there on, in that direction; streams, content and frames go on."""
    encoder = hpack.Encoder()
    frames = [frame(1, 4, 1, b"\xbf"), frame(0, 1, 1, b"abc"), frame(1, 5, 3, block(ASK, encoder))]
    talk = [*opened(*frames), (DOWN, frame(1, 5, 1, block([(":status", "200")])))]
    events = torment(Http2, talk)
    assert [(1, "", ()), (2, "", ())] == [(e.exchange, e.method, e.headers) for e in only(events, RequestHead)]
    assert [200] == [event.status for event in only(events, ResponseHead)]
    assert b"abc" == spans(events, talk, 1, UP)
    assert ["h2-hpack"] == codes(events)


def test_a_header_bomb():
    """A small block that names a long header again and again is shown up to a limit, and loses nothing."""
    encoder = hpack.Encoder()
    first = block([*ASK, ("x", "y" * 4000)], encoder)
    bomb = block(ASK, encoder) + b"\xbe" * 16_000
    talk = opened(frame(1, 5, 1, first), frame(1, 5, 3, bomb), frame(1, 5, 5, block(ASK, encoder)))
    events = watch(Http2(), talk)
    assert ["h2-list-too-long"] == codes(events)
    heads = only(events, RequestHead)
    assert 4000 + 36 > LIST_LIMIT - sum(len(h.name) + len(h.value) + 32 for h in heads[1].headers) >= 0
    assert ASK == [(n.decode(), v.decode()) for n, v in pairs(heads[2].headers)]


def test_floods_of_continuations():
    """Are told of; what is too long is dropped and loses the header state (CVE-2024-27316)."""
    many = frame(1, 1, 1, REQUEST_BLOCK) + frame(9, 0, 1) * MAX_CONTINUATIONS + frame(9, 4, 1)
    events = watch(Http2(), opened(many))
    assert ["h2-continuation-flood"] == codes(events)
    assert ["GET"] == [event.method for event in only(events, RequestHead)]
    piece = b"\x00\x01x\x7f\x81\x7d" + bytes(16378)
    events = watch(Http2(), opened(frame(1, 1, 1, piece), *[frame(9, 0, 1, piece)] * 20, frame(9, 4, 1)))
    assert ["h2-block-too-long"] == codes(events)
    assert [""] == [event.method for event in only(events, RequestHead)]
    huge = frame(1, 5, 1, bytes(BLOCK_LIMIT + 10)) + frame(6, 0, 0, bytes(8))
    events = watch(Http2(), opened(huge), cut=anyhow(1))
    assert ["h2-frame-size", "h2-block-too-long"] == codes(events)
    assert "PING" in [found.type for found in only(events, Frame)]


def test_long_payloads_that_nobody_reads():
    """Pass through without being kept."""
    observer = Http2()
    events = watch(
        observer, opened((1 << 20).to_bytes(3) + b"\xfa\0\0\0\0\0", bytes(1 << 20), frame(6, 0, 0, bytes(8)))
    )
    assert ["unknown 0xFA", "PING"] == [found.type for found in only(events, Frame)][2:4]
    assert ["h2-frame-size"] == codes(events)


def test_streams_are_bounded(monkeypatch):
    """The oldest is forgotten, and that is told; so is what is remembered of those that ended."""
    monkeypatch.setattr(http2_streams, "MAX_STREAMS", 3)
    monkeypatch.setattr(http2_streams, "MAX_CLOSED", 2)
    encoder, observer = hpack.Encoder(), Http2()
    events = watch(observer, opened(*(frame(1, 4, n, block(ASK, encoder)) for n in range(1, 21, 2))), finish=False)
    assert 10 == len(only(events, RequestHead))
    assert ["too-many-streams"] * 7 == codes(events)
    assert (3, 2) == (len(list(observer._streams)), len(observer._streams._closed))


@pytest.mark.parametrize(
    ("talk", "code", "raw"),
    [
        ([(UP, b"GET / HTTP/1.1\r\n\r\n"), (DOWN, SETTINGS)], "h2-no-preface", [Raw(UP, 0)]),
        ([(UP, PREFACE + SETTINGS), (DOWN, b"HTTP/1.1 400 Bad Request\r\n\r\n")], "h2-no-settings", [Raw(DOWN, 0)]),
        ([(UP, PREFACE + frame(6, 0, 0, bytes(8)))], "h2-no-settings", [Raw(UP, len(PREFACE))]),
    ],
)
def test_what_is_not_http2(talk, code, raw):
    """A client begins with the preface, a server with SETTINGS; else it is raw."""
    events = torment(Http2, talk)
    assert [code] == codes(events)
    assert raw == only(events, Raw)


def test_what_is_missing_within_content():
    """Is content that nobody saw; frames go on behind it, and so does the length of the content."""
    observer, at, events = Http2(), 0, []
    ask = block([*POST, ("content-length", "8"), ("content-type", "application/grpc")])
    head = PREFACE + SETTINGS + frame(1, 4, 1, ask)
    data = frame(0, 9, 1, b"\2" + b"12345678" + b"\0\0")
    ping = frame(6, 0, 0, bytes(8))
    for piece, missing in ((head + data[:12], 0), (data[16:], 4), (ping, 0)):
        at += missing
        events += observer.feed(UP, piece, at)
        at += len(piece)
    assert ["gap"] == codes(events)
    assert [(len(head) + 10, 2), (len(head) + 16, 2)] == [(e.start, e.length) for e in only(events, Body)]
    assert [True] == [event.whole for event in only(events, Complete)]
    assert "PING" == only(events, Frame)[-1].type
    observer.feed(UP, frame(0, 0, 9, bytes(9))[:10], at)
    events = observer.feed(UP, ping, at + 30)
    assert (["gap"], [Raw(UP, at + 10)]) == (codes(events), only(events, Raw))


def test_content_before_a_head():
    """Is told of, as is a promise of a stream that there is: the stream goes on."""
    down = SETTINGS + frame(0, 0, 1, b"a") + frame(5, 4, 1, (1).to_bytes(4) + block(ASK))
    down += frame(1, 5, 1, block([(":status", "200")]))
    events = torment(Http2, [*opened(frame(1, 5, 1, REQUEST_BLOCK)), (DOWN, down[len(SETTINGS) :])])
    assert ["h2-data-before-headers", "h2-stream-id"] == codes(events)
    assert [(1, UP, True), (1, DOWN, True)] == [event[:2] + event[3:] for event in only(events, Complete)]


def test_table_sizes_that_h2_agrees_on():
    """A smaller table holds from its acknowledgement on, with an update at the head of the next block."""
    talk = Talk()
    talk.client.send_headers(1, ASK, end_stream=True)
    talk.client.update_settings({h2.settings.SettingCodes.HEADER_TABLE_SIZE: 100})
    talk.pass_on()
    talk.server.send_headers(1, [(":status", "200"), ("x", "y")], end_stream=True)
    talk.client.update_settings({h2.settings.SettingCodes.HEADER_TABLE_SIZE: 5000})
    talk.pass_on()
    talk.client.send_headers(3, ASK, end_stream=True)
    talk.pass_on()
    talk.server.send_headers(3, [(":status", "200"), ("x", "y")], end_stream=True)
    talk.pass_on()
    events = torment(Http2, talk.talk, flips=20)
    assert [[(b":status", b"200"), (b"x", b"y")]] * 2 == [pairs(e.headers) for e in only(events, ResponseHead)]
    assert not codes(events)


def test_a_table_that_does_not_shrink():
    """Though its side has acknowledged that it must."""
    small = frame(4, 0, 0, (1).to_bytes(2) + (0).to_bytes(4))
    for acknowledged, update, odd in (
        (b"", b"", []),
        (frame(4, 1, 0), b"\x20", []),
        (frame(4, 1, 0), b"", ["h2-table-size"]),
        (frame(4, 1, 0), b"\x21", ["h2-table-size"]),
    ):
        talk = [(UP, PREFACE + small + frame(1, 5, 1, REQUEST_BLOCK))]
        talk.append((DOWN, SETTINGS + acknowledged + frame(1, 5, 1, update + b"\x88")))
        assert odd == codes(torment(Http2, talk, flips=20))


def test_missing_bytes():
    """Make a direction raw: frames cannot be found again."""
    observer = Http2()
    observer.feed(DOWN, SETTINGS, 0)
    events = observer.feed(DOWN, SETTINGS, 10)
    assert (["gap"], [Raw(DOWN, 9)]) == (codes(events), only(events, Raw))
    assert [] == observer.missing(DOWN, 5) + observer.missing(DOWN, 0)
    head = PREFACE + SETTINGS + frame(0, 0, 9, bytes(9))[:10]
    observer = Http2()
    observer.feed(UP, head, 0)
    assert [Oddity(None, UP, "gap", "4 bytes are missing here", len(head))] == observer.missing(UP, 4)
    assert [] == observer.feed(UP, bytes(4), len(head))
    assert ["PING"] == [event.type for event in observer.feed(UP, frame(6, 0, 0, bytes(8)), len(head) + 4)]


def test_an_early_end():
    """Leaves streams that are not whole."""
    assert ["truncated-frame"] == codes(torment(Http2, opened(frame(1, 5, 1, REQUEST_BLOCK)[:-1])))
    events = torment(Http2, opened(frame(1, 4, 1, REQUEST_BLOCK)))
    assert [(1, UP, False), (1, DOWN, False)] == [(e.exchange, e.direction, e.whole) for e in only(events, Complete)]
