"""Content that is coded as a whole, and what is spoken inside."""

from __future__ import annotations

import gzip
import zlib
from base64 import b64encode
from itertools import pairwise

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.events import Direction
from tlscope.wire.content.codings import Decoder
from tlscope.wire.http.coded import PROBLEM, Base64, Coded
from tlscope.wire.http.exchange import Message, Oddity
from tlscope.wire.http.sse import EventReader

DOWN = Direction.DOWN
EVENTS = b"data: one\n\nevent: e\ndata: two\n\n"
CODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def read(coding, *pieces, at=7):
    reader = Coded(EventReader(3, DOWN, 100), coding, 3, DOWN)
    events = []
    for piece in pieces:
        events += reader.feed(piece, at)
        at += len(piece)
    return events + reader.finish()


def singly(data):
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize("name", CODERS)
def test_what_is_inside(name):
    """Is read however it was cut; it stands where the content begins, and has no bytes of its own."""
    expected = [
        Message(3, DOWN, "event", 7, 0, 3, b"one", "message"),
        Message(3, DOWN, "event", 7, 0, 3, b"two", "e"),
    ]
    sent = CODERS[name](EVENTS)
    assert expected == read(Decoder([name]), sent) == read(Decoder([name]), *singly(sent))


def test_events_come_as_they_are_sent():
    """What the server flushed is told at once, not at the end of the content."""
    made = zlib.compressobj(wbits=31)
    reader = Coded(EventReader(1, DOWN, 100), Decoder(["gzip"]), 1, DOWN)
    for number in range(3):
        sent = made.compress(b"data: %d\n\n" % number) + made.flush(zlib.Z_SYNC_FLUSH)
        assert [b"%d" % number] == [event.data for event in reader.feed(sent, 0)]


@pytest.mark.parametrize(
    "sent", [gzip.compress(EVENTS)[:-9], gzip.compress(EVENTS) + b"more", gzip.compress(EVENTS)[:-8] + bytes(8)]
)
def test_what_is_wrong_with_a_coding(sent):
    """Is told once, at the end; what came before it is read."""
    *events, last = read(Decoder(["gzip"]), sent)
    assert [b"one", b"two"] == [event.data for event in events]
    assert Oddity(3, DOWN, "content-coding", PROBLEM, 7) == last
    assert [*events, last] == read(Decoder(["gzip"]), *singly(sent))


def test_a_bomb():
    """Ends at the limit."""
    events = read(Decoder(["gzip"], 1000), gzip.compress(EVENTS + b"x" * 1_000_000))
    assert ["content-coding"] == [event.code for event in events if type(event) is Oddity]


def test_what_is_wrong_inside():
    """Is told as where there is no coding."""
    assert ["sse-truncated"] == [event.code for event in read(Decoder(["gzip"]), gzip.compress(b"data: x"))]


def base64(*pieces):
    coding = Base64()
    return b"".join(made for piece in pieces for made in coding.pieces(piece)), coding.problem


@given(st.lists(st.binary(max_size=20), max_size=5), st.lists(st.integers(0, 200), max_size=5))
@settings(max_examples=100, deadline=None)
def test_base64(parts, cuts):
    """Parts with their own padding, cut anywhere."""
    sent = b"".join(map(b64encode, parts))
    cuts = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    assert (b"".join(parts), "") == base64(*[sent[a:b] for a, b in pairwise(cuts)])


@pytest.mark.parametrize(
    ("sent", "made", "problem"),
    [
        (b"YWJjZG", b"abc", "base64: ends early"),
        (b"YWJj!!!!ZGVm", b"abc", "base64: broken, or not base64"),
        (b"YWJjZA==Z===YWJj", b"abcd", "base64: broken, or not base64"),
        (b"YWJj\r\nZGVm", b"abc", "base64: broken, or not base64"),
    ],
)
def test_what_is_no_base64(sent, made, problem):
    """Gives what came before it."""
    assert (made, problem) == base64(sent) == base64(*singly(sent))


@given(st.binary(max_size=100), st.sampled_from([*CODERS, "base64"]), st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_bytes(data, name, start):
    """Give events, the same for any cut."""
    make = Base64 if name == "base64" else lambda: Decoder([name])
    coded = (b64encode if name == "base64" else CODERS[name])(EVENTS)
    data = coded[:20] + data if start else data
    assert read(make(), data) == read(make(), *singly(data))


def test_time_is_linear():
    """In bytes that come one by one."""
    for make, code in ((lambda: Decoder(["gzip"]), gzip.compress), (Base64, b64encode)):
        one, two = (steps(read, make(), *singly(code(bytes(range(256)) * n))) for n in (4, 8))
        assert two < 2.3 * one
