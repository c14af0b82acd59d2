"""What is heard of a connection out of its journal."""

from __future__ import annotations

import pytest

from journals import CLIENT, DOWN, SERVER, UP, name, segment
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.capture.listening import Listening
from tlscope.capture.lookup import Gone
from tlscope.events import Closed, Data, Faulted, How, Who
from tlscope.wire.http.exchange import Body, Complete, Oddity, Raw, RequestHead, ResponseHead

GET = b"GET /one HTTP/1.1\r\nHost: here\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def gap(direction, size):
    return Faulted(Who.NETWORK, "capture-gap", "bytes are not in the file", "", direction, size)


def said(direction, data, *, plain=True):
    return Data(direction, data, encrypted=not plain)


@pytest.fixture
def heard(tmp_path):
    """What is heard of a connection's events, and the rows of its exchanges."""

    def listen(*events):
        (tmp_path / name()).write_bytes(b"".join(segment([(1, event) for event in events])))
        catch_up(tmp_path)
        with Index(tmp_path) as index:
            listening = Listening()
            found = [event for passed in index.lookup.passed(1) for event in listening.take(passed)]
            rows = [(row["exchange"], row["status"], row["oddities"]) for row in index.exchanges("e.connection = 1")]
        return found, rows

    return listen


def only(events, *types):
    return [event for event in events if type(event) in types]


def test_what_is_said(heard):
    """Heads, contents and ends; a direction that has ended says nothing more."""
    events, rows = heard(said(UP, GET), Closed(CLIENT, How.FIN), said(UP, GET), said(DOWN, OK), Closed(SERVER, How.FIN))
    assert (1, 1, 1) == (len(only(events, RequestHead)), len(only(events, ResponseHead)), len(only(events, Body)))
    assert [(1, 200, None)] == rows


def test_missing_bytes_of_plain_data(heard):
    """Are counted: content goes on behind them."""
    events, rows = heard(said(UP, GET), said(DOWN, OK[:-4]), gap(DOWN, 2), said(DOWN, OK[-2:] + OK))
    assert [True] == [event.whole for event in only(events, Complete) if event.exchange == 1][1:]
    assert ["2 bytes are missing here"] == [event.text for event in only(events, Oddity)][:1]
    assert [] == only(events, Raw)
    assert (1, 200, "gap") == rows[0]


def test_missing_bytes_of_tls(heard):
    """Nobody knows how much of the data they were: the next head is sought."""
    events, rows = heard(
        said(UP, GET + GET, plain=False),
        said(DOWN, OK[:-4], plain=False),
        gap(DOWN, 40),
        said(DOWN, b"lo" + OK, plain=False),
    )
    assert "bytes are missing here" == only(events, Oddity)[0].text
    assert [Raw(DOWN, len(OK) - 4, len(OK) - 2)] == only(events, Raw)
    assert [(1, 200, "gap"), (2, 200, None)] == rows


@pytest.mark.parametrize("plain", [True, False])
def test_what_is_missing_at_the_beginning(heard, plain):
    """Of plain data is the beginning of a direction; of TLS it is of the handshake."""
    events, rows = heard(gap(DOWN, 9), gap(UP, 9), said(UP, GET, plain=plain), said(DOWN, OK, plain=plain))
    assert 2 * plain == len(only(events, Oddity))
    assert [(1, 200, None)] == rows


def test_a_fault_without_missing_bytes(heard):
    """Is none of the stream."""
    events, _ = heard(said(UP, GET), Faulted(Who.NETWORK, "broken", "it broke"), said(UP, GET))
    assert ([], 2) == (only(events, Oddity, Raw), len(only(events, RequestHead)))


def test_an_end_that_was_not_recorded(tmp_path):
    """Is told when there is no more, of each direction once."""
    story = [(1, Data(UP, GET[:9])), (1, Closed(CLIENT, How.FIN)), (1, Data(DOWN, OK[:9]))]
    (tmp_path / name()).write_bytes(b"".join(segment(story)))
    catch_up(tmp_path)
    listening = Listening("http/1.1")
    with Index(tmp_path) as index:
        heard = [event for passed in index.lookup.passed(1) for event in listening.take(passed)]
    expected = ([UP, DOWN], [])
    assert expected == ([event.direction for event in heard + listening.finish()], listening.finish())


def test_bytes_that_are_gone():
    """End it: both directions are raw from there on. A record without application data costs nothing."""
    listening = Listening()
    assert [] == listening.take(Gone(0, 1, 1, 0, 0))
    assert not listening.over
    assert [Raw(UP, 0), Raw(DOWN, 0)] == listening.take(Gone(0, 1, 1, 0, 7))
    assert listening.over
    assert [] == listening.take(Gone(0, 1, 1, 0, 7)) + listening.finish()
