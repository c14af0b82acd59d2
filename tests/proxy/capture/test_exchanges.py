"""Exchanges read again out of the journal: heads, contents, and what is missing of them."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import CLIENT, DOWN, SERVER, UP, name, segment
from tlscope.capture import exchanges as module
from tlscope.capture.exchanges import BODY_LIMIT, body, exchanges
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.events import Closed, Data, How

POST = b"POST /one HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello"
GET = b"GET /two HTTP/1.1\r\nHost: here\r\n\r\n"
JSON = b'{"a": 1}'
PACKED = gzip.compress(JSON, mtime=0)
OK = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(PACKED), PACKED)
CHUNKED = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n"


def cut(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def conversation(size=1 << 20):
    """Two exchanges, in chunks of `size`."""
    said = [(UP, POST), (DOWN, OK), (UP, GET), (DOWN, CHUNKED)]
    return [Data(direction, part) for direction, data in said for part in cut(data, size)]


@pytest.fixture
def looked(tmp_path):
    """Record events of one connection, a list a segment, and open the index of them."""
    opened = []

    def make(*segments):
        for number, events in enumerate(segments, 1):
            (tmp_path / name(number)).write_bytes(b"".join(segment(events, salt=number)))
        catch_up(tmp_path)
        opened.append(index := Index(tmp_path))
        return index.lookup

    yield make
    for index in opened:
        index.close()


@pytest.mark.parametrize("size", [1 << 20, 7, 1])
def test_heads_and_contents(looked, size):
    """However the stream was cut: requests, responses, contents decoded, trailers, times."""
    lookup = looked([(1, event) for event in conversation(size)])
    first, second = exchanges(lookup, 1)
    assert (1, "POST", "/one", 200) == (first.number, first.request.method, first.request.target, first.response.status)
    assert (b"hello", 5, (), "") == body(lookup, first, UP)
    assert (JSON, len(PACKED), ("gzip",), "") == body(lookup, first, DOWN)
    assert (PACKED, len(PACKED), (), "") == body(lookup, first, DOWN, coded=True)
    assert (2, "GET", "/two", 404) == (
        second.number,
        second.request.method,
        second.request.target,
        second.response.status,
    )
    assert (b"", 0, (), "") == body(lookup, second, UP)
    assert (b"abcdefg", 7, (), "") == body(lookup, second, DOWN)
    assert [(b"X-Sum", b"7")] == [(header.name, header.value) for header in second.down.trailers]
    assert first.over
    assert second.over
    assert first.started <= first.up.ended <= first.answered <= first.down.ended <= second.started
    assert 2 == len(second.down.spans)


def test_what_is_not_over(looked):
    """Comes at the end, with as much of it as there is."""
    lookup = looked([(1, event) for event in conversation()[:3]])
    _, second = exchanges(lookup, 1)
    assert ("/two", None, False) == (second.request.target, second.response, second.over)
    ends = [(2, Closed(leg, How.RST)) for leg in (SERVER, CLIENT)]
    lookup = looked([(1, event) for event in conversation()[:3]], [(2, Data(UP, GET)), (2, Data(DOWN, OK[:-3])), *ends])
    (cut_off,) = exchanges(lookup, 2)
    assert cut_off.over
    assert not cut_off.down.whole
    content = body(lookup, cut_off, DOWN)
    assert (len(PACKED) - 3, True) == (content.size, bool(content.problem))


@pytest.mark.parametrize(("encrypted", "scheme"), [(True, "https"), (False, "http")])
def test_the_scheme(looked, encrypted, scheme):
    """Is that of a connection with TLS, or without."""
    lookup = looked([(1, Data(UP, GET, encrypted))])
    (exchange,) = exchanges(lookup, 1)
    assert scheme == exchange.request.scheme


def test_a_limit(looked):
    """No more than that, however much it unpacks to."""
    bomb = gzip.compress(bytes(50 << 20), mtime=0)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    lookup = looked([(1, Data(UP, GET)), (1, Data(DOWN, head + bomb))])
    (exchange,) = exchanges(lookup, 1)
    assert BODY_LIMIT == len(body(lookup, exchange, DOWN).data)
    assert bytes(10) == body(lookup, exchange, DOWN, 10).data


def test_what_the_budget_dropped(looked, tmp_path):
    """Ends the reading: what came before is told, and that some of it is gone."""
    events = [(1, event) for event in conversation()]
    lookup = looked(events[:2], events[2:])
    first, _ = exchanges(lookup, 1)
    (tmp_path / name(1)).unlink()
    lookup.close()
    assert [] == list(exchanges(lookup, 1))
    assert (b"", "5 bytes are gone from the journal") == (body(lookup, first, UP).data, body(lookup, first, UP).problem)


def test_other_connections_and_other_protocols(looked):
    """Do not get in between, and have no exchanges."""
    mixed = [(number, event) for event in conversation(9) for number in (1, 2)]
    lookup = looked([*mixed, (3, Data(UP, b"\0\1\2 not HTTP\r\n")), (3, Data(DOWN, b"hello"))])
    assert [1, 2] == [exchange.number for exchange in exchanges(lookup, 2)]
    assert [] == list(exchanges(lookup, 3))
    assert [] == list(exchanges(lookup, 4))


@settings(max_examples=20, deadline=None)
@given(data=st.lists(st.tuples(st.sampled_from([UP, DOWN]), st.binary(max_size=60)), max_size=10))
def test_any_bytes(tmp_path_factory, data):
    """Nothing is raised."""
    directory = tmp_path_factory.mktemp("any")
    events = [(1, Data(direction, part)) for direction, part in [(UP, GET), *data]]
    (directory / name(1)).write_bytes(b"".join(segment(events)))
    catch_up(directory)
    with Index(directory) as index:
        for exchange in exchanges(index.lookup, 1):
            body(index.lookup, exchange, UP)
            body(index.lookup, exchange, DOWN)


def socket():
    """A WebSocket connection on which both sides say something (RFC 6455 sections 1.3 and 5.7)."""
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    said = [
        (UP, b"GET /ws HTTP/1.1\r\nHost: here\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + upgrade + b"\r\n"),
        (DOWN, b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        (DOWN, upgrade + b"\r\n"),
        (UP, bytes.fromhex("818537fa213d7f9f4d5158")),
        (DOWN, b"\x81\x05Hello\x81\x05Hello"),
    ]
    return [(1, Data(direction, data)) for direction, data in said]


def test_messages_belong_to_the_exchange_that_made_the_socket(looked):
    """In the order of both directions, each with its time; their bytes come where they are asked for."""
    lookup = looked(socket())
    (found,) = exchanges(lookup, 1, keep=3)
    assert ("websocket", 101) == (found.upgraded, found.response.status)
    assert [(UP, b"Hel", 5), (DOWN, b"Hel", 5), (DOWN, b"Hel", 5)] == [
        (carried.message.direction, carried.message.data, carried.message.size) for carried in found.messages
    ]
    assert found.answered < found.messages[0].wall < found.messages[1].wall == found.messages[2].wall
    (found,) = exchanges(lookup, 1)
    assert [b""] * 3 == [carried.message.data for carried in found.messages]


def test_no_more_of_messages_is_kept_than_may_be(looked, monkeypatch):
    """Of one exchange: those behind have no bytes, and those far behind are not there."""
    lookup = looked(socket())
    monkeypatch.setattr(module, "MAX_KEPT", 11)
    (found,) = exchanges(lookup, 1, keep=100)
    assert [b"Hello", b"Hello", b""] == [carried.message.data for carried in found.messages]
    monkeypatch.setattr(module, "MAX_MESSAGES", 2)
    (found,) = exchanges(lookup, 1, keep=100)
    assert 2 == len(found.messages)
