"""One direction of HTTP/1."""

from __future__ import annotations

import pytest

from support.observing import DOWN, UP, codes, merged, only, spans, torment
from tlscope.wire.http.exchange import Body, Complete, Oddities, Oddity, Raw, RequestHead, ResponseHead
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
    """Content of a known length goes on behind them; else it goes on with the next head, and the rest is raw."""
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
    assert [Oddity(None, UP, "gap", "1 bytes are missing here", len(GET)), Raw(UP, len(GET), len(GET) + 1)] == events[
        :2
    ]
    assert [2] == [event.exchange for event in only(events, RequestHead)]


def test_bytes_missing_beyond_the_content():
    """Cut it short, whatever follows; where no head does, all is raw."""
    observer = Http1()
    observer.feed(UP, GET, 0)
    observer.feed(DOWN, OK[:-4], 0)
    events = observer.feed(DOWN, b"x", len(OK))
    events += observer.finish(DOWN)
    assert ["gap"] == codes(events)
    assert [Complete(1, DOWN, len(OK) - 4, whole=False)] == only(events, Complete)
    assert [Raw(DOWN, len(OK) - 4)] == only(events, Raw)


def lossy(*pieces, size=1 << 20):
    """All events of (direction, bytes or the number of those that are missing), and what each stream holds."""
    observer, streams, events = Http1(), (bytearray(), bytearray()), []
    for direction, piece in pieces:
        if isinstance(piece, int):
            events += observer.missing(direction, piece)
            continue
        for at in range(0, len(piece), size):
            part = piece[at : at + size]
            events += observer.feed(direction, part, len(streams[direction]))
            streams[direction].extend(part)
    for direction in (UP, DOWN):
        events += observer.finish(direction)
    return merged(events), streams


@pytest.mark.parametrize("size", [1 << 20, 1, 5, 37])
@pytest.mark.parametrize("missing", [0, 9, 70_000])
def test_it_goes_on_with_the_next_head(size, missing):
    """However many bytes are missing, and however the rest was cut: what lies between is raw, and exchanges follow."""
    between = b"rest of a page\nthat said HTTP/1.1 is old"
    talk = [(UP, GET), (DOWN, OK[:-2]), (DOWN, missing or 100), (DOWN, between), (UP, GET), (DOWN, OK)]
    events, (_, down) = lossy(*talk, size=size)
    start = len(OK) - 2
    assert [Raw(DOWN, start, start + len(between))] == only(events, Raw)
    assert [(1, False), (2, True)] == [(e.exchange, e.whole) for e in only(events, Complete) if e.direction is DOWN]
    assert [(1, 200), (2, 200)] == [(event.exchange, event.status) for event in only(events, ResponseHead)]
    last = only(events, Body)[-1]
    assert b"hello" == down[last.start : last.start + last.length]
    assert ["gap"] == codes(events)


def test_a_head_may_follow_at_once():
    """Then nothing is raw; what a head was cut off by is."""
    events, _ = lossy((UP, GET), (UP, 5), (UP, GET), (DOWN, OK + OK))
    assert [] == only(events, Raw)
    assert [1, 2] == [event.exchange for event in only(events, ResponseHead)]
    events, _ = lossy((UP, GET + b"GET /lost HT"), (UP, 5), (UP, GET), (DOWN, OK + OK))
    assert [Raw(UP, len(GET), len(GET) + 12)] == only(events, Raw)
    assert [1, 2] == [event.exchange for event in only(events, RequestHead)]


def test_a_direction_that_begins_in_the_middle():
    """Is sought from its beginning on."""
    events, _ = lossy((UP, 100), (UP, b"=end of a form" + GET), (DOWN, OK))
    assert [Raw(UP, 0, 14)] == only(events, Raw)
    assert [1] == [event.exchange for event in only(events, ResponseHead)]


def test_what_ends_with_the_connection_goes_on():
    """Whatever is missing of it: nothing else can follow."""
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    events, _ = lossy((UP, GET), (DOWN, head + b"one"), (DOWN, 0), (DOWN, OK))
    assert ([], ["gap"]) == (only(events, Raw), codes(events))
    assert [Body(1, DOWN, len(head), 3 + len(OK))] == only(events, Body)


def test_a_chunk_is_gone_on_with():
    """Where its end is known; where the next one begins nobody knows."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    cut, rest = head + b"5\r\nhe", b"o\r\n0\r\n\r\n"
    events, _ = lossy((UP, GET), (DOWN, cut), (DOWN, 2), (DOWN, rest), (UP, GET), (DOWN, OK))
    assert ([], [True, True]) == (only(events, Raw), [e.whole for e in only(events, Complete) if e.direction is DOWN])
    assert 3 + 5 == sum(event.length for event in only(events, Body))
    for missing in (0, 3, 9):
        events, _ = lossy((UP, GET), (DOWN, cut), (DOWN, missing), (DOWN, rest), (UP, GET), (DOWN, OK))
        assert [Raw(DOWN, len(cut), len(cut + rest))] == only(events, Raw)
        assert [1, 2] == [event.exchange for event in only(events, ResponseHead)]


def test_a_response_that_is_missing():
    """Where one had to come its request is over at once, however many wait: files tell late of what they lack."""
    for talk in ([(UP, GET), (DOWN, 50), (UP, GET), (DOWN, OK)], [(UP, GET), (UP, GET), (DOWN, 50), (DOWN, OK)]):
        events, _ = lossy(*talk)
        assert [2] == [event.exchange for event in only(events, ResponseHead)]
        assert [Oddity(1, DOWN, "gap", "the response to this request is among the missing bytes", 0)] == [
            event for event in only(events, Oddity) if event.exchange
        ]
        assert [(1, False), (2, True)] == [(e.exchange, e.whole) for e in only(events, Complete) if e.direction is DOWN]
    events, _ = lossy((UP, GET * 3), (DOWN, OK[:9]), (DOWN, 50), (DOWN, OK + OK))
    assert [2, 3] == [event.exchange for event in only(events, ResponseHead)]


def test_responses_that_are_missing_behind_another():
    """The next one answers the next request; or the last, where the client waits for each."""
    events, _ = lossy((UP, GET * 3), (DOWN, OK[:-2]), (DOWN, 0), (DOWN, b"lo" + OK + OK))
    assert [1, 2, 3] == [event.exchange for event in only(events, ResponseHead)]
    events, _ = lossy((UP, GET), (DOWN, OK[:-2]), (DOWN, 500), (UP, GET), (UP, GET), (DOWN, b"lo" + OK))
    assert [1, 3] == [event.exchange for event in only(events, ResponseHead)]


def test_the_response_to_an_upgrade_is_missing():
    """What waited for it is read as HTTP."""
    ask = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    events, _ = lossy((UP, ask + GET), (DOWN, 90), (DOWN, OK))
    assert ["/", "/a?b"] == [event.target for event in only(events, RequestHead)]
    assert [2] == [event.exchange for event in only(events, ResponseHead)]


def test_more_is_missing_while_a_head_is_sought():
    """Or after it was given up: nothing is told twice."""
    events, _ = lossy((UP, 3), (UP, b"GET /"), (UP, 4), (UP, b" HTTP/1.1\r\nHost: a\r\n\r\n"), (UP, GET))
    assert ([Raw(UP, 0, 5 + 22)], ["gap"]) == (only(events, Raw), codes(events)[:1])
    assert ["/a?b"] == [event.target for event in only(events, RequestHead)]
    events, _ = lossy((UP, b"\0\r\n\r\n"), (UP, 9), (UP, GET))
    assert ([Raw(UP, 0)], ["not-http"]) == (only(events, Raw), codes(events))


def test_an_upgrade_while_a_head_is_sought():
    """Leaves raw all that the client sent since."""
    ask = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    events, _ = lossy((UP, ask), (UP, 9), (UP, b"something"), (DOWN, answer))
    assert [len(ask), len(answer)] == [event.start for event in only(events, Raw)]
