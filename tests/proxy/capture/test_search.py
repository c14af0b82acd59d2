"""Searching in what passed."""

from __future__ import annotations

import base64
import gzip
import re
from contextlib import contextmanager

import pytest
from h2.connection import H2Connection as Connection

from journals import DOWN, UP, name, segment
from support import carried
from tlscope.capture import search
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.capture.search import AROUND, MATCHES, Contents
from tlscope.events import Data, Faulted, Who

PACKED = gzip.compress(b'{"token": "S3cret"}', mtime=0)
HTTP = [
    Data(UP, b"POST /token?x=1 HTTP/1.1\r\nHost: here\r\nX-Token: one\r\nContent-Length: 3\r\n\r\nabc"),
    Data(DOWN, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED)),
    Data(DOWN, PACKED[:5]),
    Data(DOWN, PACKED[5:]),
]
RAW = [Data(UP, b"\0\1 not HTTP: to"), Data(DOWN, b"no"), Data(UP, b"ken and a TOKEN"), Data(UP, b"tok")]
UPGRADED = [
    Data(UP, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n"),
    Data(DOWN, b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n"),
    Data(DOWN, b"then a token"),
]


@pytest.fixture
def contents(tmp_path):
    """Of three connections: HTTP, something else, and what went over from one to the other."""
    events = [(number, event) for number, story in enumerate((HTTP, RAW, UPGRADED), 1) for event in story]
    (tmp_path / name()).write_bytes(b"".join(segment(events)))
    catch_up(tmp_path)
    with Index(tmp_path) as index:
        yield Contents(index)


def found(matches):
    return [(match.exchange, match.direction, match.part, match.offset, match.found) for match in matches]


def test_http(contents):
    """The target and headers as sent, contents as they were meant; case does not matter."""
    assert [(1, UP, "head", 6, b"token"), (1, UP, "head", 29, b"Token"), (1, DOWN, "content", 2, b"token")] == found(
        contents.find(1, b"TOKEN")
    )
    assert [(1, DOWN, "content", 11, b"S3cret")] == found(contents.find(1, b"s3cret"))
    assert [(1, UP, "content", 0, b"abc")] == found(contents.find(1, b"abc"))


def test_streams(contents):
    """Of what is no HTTP, wherever it was cut; the offset is that in the stream."""
    stream = b"".join(event.data for event in RAW if event.direction is UP)
    places = [stream.find(b"token"), stream.find(b"TOKEN")]
    assert [(None, UP, "stream", places[0], b"token"), (None, UP, "stream", places[1], b"TOKEN")] == found(
        contents.find(2, b"token")
    )
    assert [(None, DOWN, "stream", 0, b"no")] == [match for match in found(contents.find(2, b"no")) if match[1] is DOWN]


def test_what_came_after_an_upgrade(contents):
    """Is searched as a stream."""
    assert ["stream"] == [match.part for match in contents.find(3, b"then a token")]


def test_around(contents):
    """What stands before and after it."""
    (match,) = contents.find(1, b"S3cret")
    assert (b'{"token": "', b'"}') == (match.before, match.after)
    assert AROUND >= len(next(iter(contents.find(2, b"token"))).before)


@pytest.mark.parametrize("block", [1 << 16, 100, 7])
def test_what_is_around_is_given_without_its_secrets(tmp_path, monkeypatch, block):
    """Where somebody says how these are found, as far away as one may begin; matches are the same."""
    monkeypatch.setattr(search, "REACH", 60)
    monkeypatch.setattr(search, "BLOCK", block)
    told = b"-" * 100 + b"<s>" + b"-" * 15 + b"<" + b"s" * 50 + b">" + b"needle" + b"<s>" + b"-" * 100

    def cover(data):
        yield from ((each.start(), each.end()) for each in re.finditer(rb"<s+>", data))

    (tmp_path / name()).write_bytes(b"".join(segment([(1, Data(UP, told))])))
    catch_up(tmp_path)
    with Index(tmp_path) as index:
        [bare], [shown] = (list(Contents(index, how).find(1, b"needle")) for how in (None, cover))
    assert bare[:5] == shown[:5]
    assert (b"s" * (AROUND - 1) + b">", b"<s>" + b"-" * (AROUND - 3)) == (bare.before, bare.after)
    assert (b"*" * AROUND, b"***" + b"-" * (AROUND - 3)) == (shown.before, shown.after)


def test_nothing(contents):
    """An unknown connection, a needle that is nowhere, an empty one."""
    assert [] == [*contents.find(9, b"x"), *contents.find(1, b"nowhere"), *contents.find(1, b"")]


def test_whether(contents):
    """In a connection, or in one of its exchanges."""
    assert contents.hold(1, None, b"s3cret")
    assert contents.hold(1, 1, b"s3cret")
    assert not contents.hold(1, 2, b"s3cret")
    assert not contents.hold(2, None, b"s3cret")


def test_no_more_than_that(tmp_path, monkeypatch):
    """Of matches in one stream, also over many pieces."""
    monkeypatch.setattr(search, "MATCHES", 5)
    assert MATCHES > 5
    (tmp_path / name()).write_bytes(b"".join(segment([(1, Data(UP, b"\0aaa"))] * 20)))
    catch_up(tmp_path)
    with Index(tmp_path) as index:
        assert 5 == len(list(Contents(index).find(1, b"aa")))


@contextmanager
def one(tmp_path, story):
    """The contents of a capture with one connection."""
    (tmp_path / name()).write_bytes(b"".join(segment([(1, event) for event in story])))
    catch_up(tmp_path)
    with Index(tmp_path) as index:
        yield Contents(index)


IN_MESSAGES = [(UP, 1, 6), (DOWN, 2, 2), (DOWN, 2, 16), (UP, 3, 3)]
"""Where the needle stands in what carried.SAID says: direction, number, offset."""


def places(matches):
    return [(match.direction, match.message, match.offset) for match in matches if match.part == "message"]


@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("story", [carried.websocket, carried.websocket_over_http2])
def test_messages_of_a_websocket(tmp_path, story, deflate):
    """Unmasked and inflated, once each, over either HTTP, and as something that the exchange holds."""
    with one(tmp_path, story(deflate=deflate)) as contents:
        found = list(contents.find(1, b"NEEDLE"))
        assert IN_MESSAGES == places(found)
        assert {1} == {match.exchange for match in found if match.part == "message"}
        passed = [match for match in found if match.part != "message"]
        assert (story is carried.websocket) == bool(passed)  # the ping; of a stream of HTTP/2, messages are all
        assert [] == list(contents.find(1, b"PRI * HTTP/2.0"))  # which is understood, and no stream of something else
        assert contents.hold(1, 1, b"hello needle")
        assert [b"hello "] == [match.before for match in contents.find(1, b"needle") if match.message == 1]


def test_what_no_message_of_a_websocket_has(tmp_path):
    """Is searched as it passed: here a server's ping; the head of the upgrade is not found a second time."""
    with one(tmp_path, carried.websocket()) as contents:
        found = list(contents.find(1, b"needle"))
        assert [b"a quiet "] == [match.before[-8:] for match in found if match.part == "stream"]
        assert ["head"] == [match.part for match in contents.find(1, b"dGhlIHNhbXBsZSBub25jZQ")]


def test_a_message_that_is_not_kept_whole(tmp_path, monkeypatch):
    """Is searched as far as it is kept, and as it passed."""
    monkeypatch.setattr(search, "MESSAGE_LIMIT", 10)
    with one(tmp_path, carried.websocket()) as contents:
        found = list(contents.find(1, b"needle"))
        assert [(DOWN, 2, 2), (UP, 3, 3)] == places(found)
        assert [b"quiet ", b" and a "] == [
            end
            for match in found
            for end in (b"quiet ", b" and a ")
            if match.part == "stream" and match.before.endswith(end)
        ]


@pytest.mark.parametrize("compressed", [False, True])
def test_messages_of_grpc(tmp_path, compressed):
    """In the content where they stand in it as they are, else as messages; never twice."""
    with one(tmp_path, carried.grpc(compressed=compressed)) as contents:
        (match,) = contents.find(1, b"needle")
        assert (1, UP, *(("message", 10, 1) if compressed else ("content", 15, None))) == (
            match.exchange, match.direction, match.part, match.offset, match.message
        )  # fmt: skip
        assert ["content"] == [match.part for match in contents.find(1, b"the other")]


def test_events_of_a_server(tmp_path):
    """Stand in the content, its coding undone."""
    packed = gzip.compress(b"event: tick\ndata: a needle\n\n", mtime=0)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    story = [Data(UP, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"), Data(DOWN, head % len(packed) + packed)]
    with one(tmp_path, story) as contents:
        assert [("content", 20)] == [(match.part, match.offset) for match in contents.find(1, b"needle")]


def test_grpc_web_in_base64(tmp_path):
    """Is found in its messages."""
    text = base64.b64encode(b"\0\0\0\0\x08a needle")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/grpc-web-text\r\nContent-Length: %d\r\n\r\n"
    story = [Data(UP, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"), Data(DOWN, head % len(text) + text)]
    with one(tmp_path, story) as contents:
        assert [("message", 1, 2)] == [
            (match.part, match.message, match.offset) for match in contents.find(1, b"needle")
        ]


def test_trailers_and_interim_responses(tmp_path):
    """Are searched as heads are, by their own names."""
    said = (
        b"HTTP/1.1 103 Early Hints\r\nLink: </needle.css>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n0\r\nX-Sum: a needle\r\n\r\n"
    )
    with one(tmp_path, [Data(UP, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"), Data(DOWN, said)]) as contents:
        found = [(match.part, match.direction, match.before) for match in contents.find(1, b"needle")]
        assert [("interim", DOWN, b"103 Early Hints\nLink: </"), ("trailers", DOWN, b"X-Sum: a ")] == found


def searched(tmp_path, *events):
    """Of one connection."""
    (tmp_path / name()).write_bytes(b"".join(segment([(1, event) for event in events])))
    catch_up(tmp_path)
    return Index(tmp_path)


def test_behind_missing_bytes(tmp_path):
    """What was not understood is searched as it passed, what was understood again as what it means, each once."""
    get, ok = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntoken"
    gap = Faulted(Who.NETWORK, "capture-gap", "bytes are not in the file", "", DOWN, 900)
    lost = b" and a lost token\n"
    talk = [(UP, get), (DOWN, ok[:-1]), gap, (DOWN, lost + b"more"), (UP, get), (DOWN, ok + b"a token at the end")]
    events = [item if isinstance(item, Faulted) else Data(*item, encrypted=False) for item in talk]
    with searched(tmp_path, *events) as index:
        contents = Contents(index)
        assert [(2, DOWN, "content", 0, b"token")] == found(contents.find(1, b"token"))[:1]
        start = len(ok) - 1
        assert [start + 12, start + len(lost) + 4 + len(ok) + 2] == [
            match.offset for match in contents.find(1, b"token") if match.part == "stream"
        ]
        assert 3 == len(list(contents.find(1, b"token")))
        assert contents.hold(1, None, b"lost token")
        assert not contents.hold(1, 1, b"lost token")


def test_behind_what_is_no_http_any_more(tmp_path):
    """One direction is: it is searched from there on, the other one is understood."""
    get, ok = b"GET /token HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with searched(tmp_path, Data(UP, get), Data(DOWN, ok), Data(DOWN, b"\0\1 token")) as index:
        assert [(1, UP, "head", 5, b"token"), (None, DOWN, "stream", len(ok) + 3, b"token")] == found(
            Contents(index).find(1, b"token")
        )


def test_streams_of_http2_where_one_direction_is_lost(tmp_path):
    """What its frames carried is searched as content, wherever streams took turns, and what follows as it passed."""
    connection = Connection()
    connection.initiate_connection()
    for stream in (1, 3):
        connection.send_headers(
            stream, [(":method", "POST"), (":scheme", "https"), (":authority", "h"), (":path", "/")]
        )
    for stream in (3, 1, 3):
        connection.send_data(stream, b"a token", end_stream=stream == 1)
    sent = connection.data_to_send()
    gap = Faulted(Who.NETWORK, "capture-gap", "bytes are not in the file", "", UP, 9)
    with searched(tmp_path, Data(UP, sent), gap, Data(UP, b"lost token")) as index:
        matches = found(Contents(index).find(1, b"token"))
    assert [(None, UP, "stream", len(sent) + 5, b"token")] == [match for match in matches if match[2] == "stream"]
    assert [(1, 2), (2, 2), (2, 9)] == sorted((match[0], match[3]) for match in matches if match[2] == "content")
