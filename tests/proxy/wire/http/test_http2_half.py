"""One direction of HTTP/2."""

from __future__ import annotations

from support.observing import DOWN, UP, codes, only
from tlscope.wire.http.exchange import Frame, Oddities, Oddity, Raw
from tlscope.wire.http.http1_head import Odd
from tlscope.wire.http.http2_frame import PREFACE
from tlscope.wire.http.http2_half import Half
from tlscope.wire.http.http2_stream import Stream


def test_the_preface():
    """Is the client's alone, is taken in pieces, and is a frame of its own."""
    assert not Half(DOWN, Oddities()).preface
    for cut in range(len(PREFACE)):
        half, events = Half(UP, Oddities()), []
        assert cut == half.begin(PREFACE[:cut], 0, 5, events)
        assert half.preface
        assert len(PREFACE) - cut == half.begin(PREFACE[cut:] + b"more", 0, 5 + cut, events)
        assert not half.preface
        assert [("PREFACE", 5, len(PREFACE))] == [(e.type, e.start, e.length) for e in only(events, Frame)]


def test_what_is_no_preface():
    """Makes it raw from the first byte on."""
    half, events = Half(UP, Oddities()), []
    half.begin(b"PRI", 0, 5, events)
    half.begin(b"OR", 0, 8, events)
    assert (["h2-no-preface"], [Raw(UP, 5)], True) == (codes(events), only(events, Raw), half.raw)


def test_missing_bytes():
    """Within a payload count as content first, then as what is behind it; beyond it nothing can be found."""
    half, events, stream = Half(UP, Oddities()), [], Stream(1, 7, 0)
    half.at, half.left, half.content, half.tail, half.stream = 100, 10, 6, 4, stream
    half.skip(8, events)
    assert (2, 0, 2, 6) == (half.left, half.content, half.tail, stream.got[UP])
    assert [Oddity(7, UP, "gap", "8 bytes are missing here", 100)] == events
    half.at = 108
    half.skip(3, events)
    assert Raw(UP, 108) == events[-1]


def test_missing_bytes_that_nobody_has_counted():
    """Leave nothing to go on with, not even within a payload, nor at the beginning."""
    half, events = Half(UP, Oddities()), []
    half.skip(0, events)
    assert [Oddity(None, UP, "gap", "bytes are missing here", 0), Raw(UP, 0)] == events


def test_each_kind_of_oddity_is_told_once():
    """Of a stream, and of the direction."""
    half, events, stream = Half(UP, Oddities()), [], Stream(1, 7, 0)
    for about in (None, stream, None, stream):
        half.tell(about, Odd("code", "text", 3), events)
    assert [Oddity(None, UP, "code", "text", 3), Oddity(7, UP, "code", "text", 3)] == events
