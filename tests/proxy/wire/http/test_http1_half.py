"""One direction of HTTP/1."""

from __future__ import annotations

from support.observing import DOWN, UP, codes, only, spans, torment
from tlscope.wire.http.exchange import Body, Complete, Oddities, Oddity, Raw
from tlscope.wire.http.http1 import Http1
from tlscope.wire.http.http1_half import Half, content, raw

GET = b"GET /a?b HTTP/1.1\r\nHost: a.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def test_messages_are_handed_to_who_knows_what_they_mean():
    """A head as soon as it is complete; what it says of its content is obeyed; behind that is the next one."""
    seen = []

    def begin(half, head, length, _events):
        seen.append((head.start, length))
        half.exchange, half.left, half.state = len(seen), 3, content
        return True

    for size in (1, 7, 100):
        half, events = Half(UP, begin, Oddities()), []
        data = (GET + b"abc") * 2
        for at in range(0, len(data), size):
            assert half.run(data[at : at + size], at, events) == len(data[at : at + size])
        assert [(0, len(GET)), (len(GET) + 3, len(GET))] == seen
        assert [Complete(1, UP, len(GET) + 3), Complete(2, UP, len(data))] == only(events, Complete)
        seen.clear()


def test_a_head_that_nobody_takes():
    """Makes the direction raw."""
    half, events = Half(UP, lambda *_: False, Oddities()), []
    half.run(GET, 0, events)
    assert raw is half.state
    assert (["not-http"], [Raw(UP, 0)]) == (codes(events), only(events, Raw))


def test_line_ends():
    """LF alone ends a line, and is told of; empty lines before a message are skipped, and told of."""
    talk = [(UP, b"\r\n" + GET.replace(b"\r\n", b"\n")), (DOWN, OK.replace(b"\r\n\r\n", b"\n\n"))]
    events = torment(Http1, talk)
    assert ["leading-crlf", "bare-lf", "bare-lf"] == codes(events)
    assert b"hello" == spans(events, talk, 1, DOWN)
    assert b"Host: a.example" == talk[0][1][events[1].headers[0].start :][: events[1].headers[0].length]


def test_missing_bytes():
    """Content of a known length goes on behind them; anything else is raw."""
    observer = Http1()
    observer.feed(UP, GET, 0)
    observer.feed(DOWN, OK[:-4], 0)
    events = observer.feed(DOWN, OK[-2:], len(OK) - 2)
    assert [
        Oddity(1, DOWN, "gap", "2 bytes are missing here", 39),
        Body(1, DOWN, 41, 2),
        Complete(1, DOWN, 43),
    ] == events
    events = observer.feed(UP, GET, len(GET) + 1)
    assert [Oddity(None, UP, "gap", "1 bytes are missing here", len(GET)), Raw(UP, len(GET))] == events


def test_bytes_missing_beyond_the_content():
    """Take the next head with them: raw."""
    observer = Http1()
    observer.feed(UP, GET, 0)
    observer.feed(DOWN, OK[:-4], 0)
    events = observer.feed(DOWN, b"x", len(OK))
    assert ["gap"] == codes(events)
    assert [Raw(DOWN, len(OK) - 4)] == only(events, Raw)
