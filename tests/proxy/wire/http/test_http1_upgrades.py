"""Leaving HTTP/1 for another protocol: upgrades, WebSocket, tunnels."""

from __future__ import annotations

import pytest

from support.http1_talk import CONNECT, GET, OK, SWITCH, UPGRADE, heads
from support.observing import DOWN, UP, anyhow, codes, only, torment, watch
from tlscope.wire.http.exchange import (
    Oddity,
    Raw,
    Upgraded,
)
from tlscope.wire.http.http1 import Http1


class Echo:
    """An inner observer that says what it was given."""

    protocol = "echo"

    def __init__(self):
        self.got = {UP: b"", DOWN: b""}
        self.ended = []
        self.at = {}

    def feed(self, direction, data, offset):
        self.at.setdefault(direction, offset)
        self.got[direction] += bytes(data)
        return []

    def finish(self, direction):
        self.ended.append(direction)
        return []


@pytest.mark.parametrize("cut", [lambda data: [data], anyhow(3)])
@pytest.mark.parametrize(
    ("request_", "response", "protocol"),
    [
        (UPGRADE, SWITCH, "websocket"),
        (CONNECT, b"HTTP/1.1 200 OK\r\n\r\n", "connect"),
    ],
)
def test_upgrades(request_, response, protocol, cut):
    """What follows is the other protocol's, even what the client sends ahead, to the byte."""
    inner, asked = Echo(), []

    def make(*arguments):
        asked.append(arguments[:2])
        return inner

    observer = Http1(inner=make)
    talk = [(UP, GET + request_ + b"early"), (DOWN, OK + response + b"first"), (UP, b"late"), (DOWN, b"last")]
    events = watch(observer, talk, cut=cut)
    assert [(protocol, 2)] == asked
    assert {UP: b"earlylate", DOWN: b"firstlast"} == inner.got
    assert {UP: len(GET + request_), DOWN: len(OK + response)} == inner.at
    assert [Upgraded(2, protocol, len(GET + request_), len(OK + response))] == only(events, Upgraded)
    assert "echo" == observer.protocol
    assert not codes(events)


def test_upgrades_that_nobody_reads():
    """Are raw in both directions."""
    events = torment(Http1, [(UP, UPGRADE), (DOWN, SWITCH + b"\x81\x00"), (UP, b"\x81\x80abcd")])
    assert [Raw(UP, len(UPGRADE)), Raw(DOWN, len(SWITCH))] == only(events, Raw)


def test_an_upgrade_that_is_declined():
    """HTTP goes on, with what the client sent meanwhile."""
    events = torment(Http1, [(UP, UPGRADE + GET), (DOWN, OK), (DOWN, OK), (UP, GET), (DOWN, OK)])
    assert [(1, "GET"), (1, 200), (2, "GET"), (2, 200), (3, "GET"), (3, 200)] == heads(events)
    assert not codes(events)


@pytest.mark.parametrize("asked", [GET, UPGRADE.replace(b"WebSocket", b"h2c, foo")])
def test_switching_without_being_asked(asked):
    """Is told of, be it to another protocol."""
    events = torment(Http1, [(UP, asked), (DOWN, SWITCH)])
    assert ["upgrade-not-asked-for"] == codes(events)


@pytest.mark.parametrize(
    ("answer", "odd"),
    [
        (b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", []),
        (b"s3pPLMBiTxaQ9kYGzzhZRbK+xOp=", ["ws-accept"]),
        (b"", ["ws-accept"]),
    ],
)
def test_the_key_of_a_websocket(answer, odd):
    """Must be answered by who means WebSocket (the example of RFC 6455 section 1.3)."""
    asked = UPGRADE.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    said = SWITCH.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Accept: %b\r\n\r\n" % answer)
    assert odd == codes(torment(Http1, [(UP, asked), (DOWN, said)], flips=20))


def test_a_tunnel_whose_response_has_a_length():
    """Is a tunnel all the same, and that is told (RFC 9110 section 9.3.6)."""
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst"
    events = torment(Http1, [(UP, CONNECT), (DOWN, said)])
    assert ["content-length-on-connect"] == codes(events)
    assert [Raw(UP, len(CONNECT)), Raw(DOWN, len(said) - 5)] == only(events, Raw)


def sent_ahead(asked, answer):
    """What is told when a client ends its direction behind what it sent ahead, before it is answered."""
    observer, inner = Http1(inner=lambda *_: Echo()), asked + GET
    events = observer.feed(UP, inner, 0) + observer.finish(UP)
    assert not only(events, Raw, Oddity)
    return observer, events + observer.feed(DOWN, answer, 0) + observer.finish(DOWN)


def test_a_client_that_ends_before_the_response():
    """What it sent ahead is the next protocol's or HTTP, as the response says; or it is raw."""
    observer, _ = sent_ahead(UPGRADE, SWITCH)
    assert ({UP: GET, DOWN: b""}, [UP, DOWN]) == (observer._inner.got, observer._inner.ended)
    _, events = sent_ahead(UPGRADE, OK * 2)
    assert [(1, "GET"), (1, 200), (2, "GET"), (2, 200)] == heads(events)
    assert not codes(events)
    _, events = sent_ahead(CONNECT, b"")
    assert [Raw(UP, len(CONNECT))] == only(events, Raw)
