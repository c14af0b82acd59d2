"""A stream of HTTP/2 as an exchange."""

from __future__ import annotations

import pytest

from tlscope.events import Direction
from tlscope.wire.http.exchange import Header, RequestHead, ResponseHead, Trailers, Upgraded
from tlscope.wire.http.http2_block import Block, Decoded
from tlscope.wire.http.http2_frame import FrameHead, FrameType
from tlscope.wire.http.http2_stream import Stream

UP, DOWN = Direction.UP, Direction.DOWN


def said(*pairs, kind=FrameType.HEADERS, flags=4, lost=False):
    block = Block(FrameHead(kind, flags, 5, 20, 100))
    block.end = 129
    return block, Decoded(tuple(Header(name, value, 0, 0) for name, value in pairs), [], lost)


def codes(decoded):
    return [odd.code for odd in decoded.odd]


def test_a_request():
    """Authority and target, with what stands in for them."""
    for pairs, target, scheme, authority in (
        ([(b":method", b"GET"), (b":path", b"/a"), (b":scheme", b"http"), (b":authority", b"b")], "/a", "http", "b"),
        ([(b":method", b"GET"), (b":path", b"/a"), (b":scheme", b"http"), (b"host", b"c")], "/a", "http", "c"),
        ([(b":method", b"CONNECT"), (b":authority", b"b:1")], "b:1", "", "b:1"),
    ):
        events, (block, decoded) = [], said(*pairs)
        note = Stream(5, 2, 10).request(block, decoded, "https", events)
        (head,) = events
        assert (target, scheme, authority) == (head.target, head.scheme, head.authority)
        assert (2, 5, 100, 29, False) == (head.exchange, head.stream, head.start, head.length, head.pushed)
        assert f"{head.method} {target}" == note
        assert isinstance(head, RequestHead)
        assert not codes(decoded)


def test_responses():
    """Interim, final, trailers."""
    stream, events = Stream(5, 2, 10), []
    assert "103" == stream.response(*said((b":status", b"103")), events)
    assert not stream.headed
    assert "200" == stream.response(*said((b":status", b"200")), events)
    assert stream.headed
    assert "trailers" == stream.trailers(DOWN, *said((b"x", b"y"), flags=5), events)
    assert [ResponseHead, ResponseHead, Trailers] == [type(event) for event in events]


@pytest.mark.parametrize(
    ("pairs", "flags", "code"),
    [
        ([(b":status", b"\xb2\xb2\xb2")], 4, "h2-status"),
        ([(b":status", b"101")], 4, "h2-status"),
        ([(b":status", b"100")], 5, "h2-status"),
    ],
)
def test_odd_statuses(pairs, flags, code):
    """Are told of; but not where the header state was lost."""
    block, decoded = said(*pairs, flags=flags)
    Stream(5, 2, 10).response(block, decoded, [])
    assert [code] == codes(decoded)
    block, decoded = said(lost=True)
    Stream(5, 2, 10).response(block, decoded, [])
    assert [] == codes(decoded)


def test_lengths():
    """Content-Length must be what came, but for HEAD and 304."""
    ask = [(b":method", b"GET"), (b":path", b"/"), (b":scheme", b"http")]
    for method, status, complaint in ((b"GET", b"200", True), (b"HEAD", b"200", False), (b"GET", b"304", False)):
        stream = Stream(5, 2, 10)
        stream.request(*said((b":method", method), *ask[1:]), "", [])
        stream.response(*said((b":status", status), (b"content-length", b"3")), [])
        assert complaint == bool(stream.lacks(DOWN))
        assert "" == stream.lacks(UP)
    stream.got[DOWN] = 3
    assert "" == stream.lacks(DOWN)


def test_tunnels():
    """Begin with a 2xx; a WebSocket is read, anything else is not."""
    for protocol, inner in ((b"websocket", True), (b"connect-udp", False), (None, False)):
        pairs = [(b":method", b"CONNECT"), (b":authority", b"a"), (b":path", b"/"), (b":scheme", b"https")]
        stream, events = Stream(5, 2, 10), []
        stream.request(*said(*pairs, *([(b":protocol", protocol)] if protocol else [])), "", events)
        stream.response(*said((b":status", b"200")), events)
        assert Upgraded(2, (protocol or b"connect").decode(), -1, -1) == events[-1]
        assert inner is (stream.inner is not None)
