"""gRPC messages and statuses."""

from __future__ import annotations

import gzip
import zlib
from itertools import pairwise

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.events import Direction
from tlscope.wire.http import grpc
from tlscope.wire.http.exchange import Header, Message, Oddity
from tlscope.wire.http.grpc import GrpcReader, status

DOWN = Direction.DOWN


def prefixed(data, flags=0):
    return bytes([flags]) + len(data).to_bytes(4) + data


def read(pieces, keep=100, encoding=b""):
    """Events of content that came in pieces, each ten bytes behind the last."""
    reader, at, events = GrpcReader(3, DOWN, keep, encoding), 0, []
    for piece in pieces:
        events += reader.feed(piece, at)
        at += len(piece) + 10
    return events + reader.finish()


def test_messages():
    """Each with where it stands, how long it is, and its first bytes."""
    sent = prefixed(b"hello") + prefixed(b"") + prefixed(b"x" * 200)
    assert [
        Message(3, DOWN, "grpc", 0, 10, 5, b"hello"),
        Message(3, DOWN, "grpc", 10, 5, 0, b""),
        Message(3, DOWN, "grpc", 15, 205, 200, b"x" * 100),
    ] == read([sent])


CODERS = {
    b"gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": brotli.compress,
    b"zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("encoding", CODERS)
def test_compressed_messages(encoding):
    """Are inflated one by one, as grpc-encoding says; its others are as they are."""
    first, second = CODERS[encoding](b"hello"), CODERS[encoding](b"a" * 100_000)
    sent = prefixed(first, 1) + prefixed(b"plain") + prefixed(second, 1)
    events = read([sent], encoding=encoding.upper())
    note = encoding.decode()
    assert [(5, b"hello", note), (5, b"plain", ""), (100_000, b"a" * 100, note)] == [
        (event.size, event.data, event.note) for event in events
    ]
    assert [len(first) + 5, 10, len(second) + 5] == [event.length for event in events]
    pieces = [sent[at : at + 1] for at in range(len(sent))]
    assert [event[5:] for event in events] == [event[5:] for event in read(pieces, encoding=encoding)]


@pytest.mark.parametrize(
    ("encoding", "message", "note", "code"),
    [
        (b"", b"hello", "compressed, not inflated", "grpc-encoding"),
        (b"identity", b"hello", "identity, not inflated", "grpc-encoding"),
        (b"snappy", b"hello", "snappy, not inflated", ""),
        (b"gzip", b"hello", "gzip, inflated in part", "grpc-inflate-failed"),
        (b"gzip", gzip.compress(b"hello")[:-1], "gzip, inflated in part", "grpc-inflate-failed"),
    ],
)
def test_what_is_not_inflated(encoding, message, note, code):
    """Says so; where a peer is at fault, it is told of once."""
    events = read([prefixed(message, 1) * 2], encoding=encoding)
    messages = [event for event in events if type(event) is Message]
    assert [note, note] == [event.note for event in messages]
    assert ([code] if code else []) == [event.code for event in events if type(event) is Oddity]
    if "not inflated" in note:
        assert (5, b"hello") == (messages[0].size, messages[0].data)


def test_a_bomb(monkeypatch):
    """Ends at the limit; the next message is inflated."""
    monkeypatch.setattr(grpc, "INFLATE_LIMIT", 1000)
    bomb, fine = gzip.compress(bytes(1_000_000)), gzip.compress(b"fine")
    oddity, first, second = read([prefixed(bomb, 1) + prefixed(fine, 1)], encoding=b"gzip")
    assert "a gRPC message that is not gzip, or inflates to more than 1000 bytes" == oddity.text
    assert (1000, len(bomb) + 5) == (first.size, first.length)
    assert (b"fine", "gzip") == (second.data, second.note)


def test_trailers_of_grpc_web():
    """Come as a message with the high bit set."""
    (message,) = read([prefixed(b"grpc-status: 0\r\n", 0x80)])
    assert ("grpc-trailers", b"grpc-status: 0\r\n") == (message.kind, message.data)


def test_pieces():
    """A message in two pieces spans what lies between them."""
    assert [Message(3, DOWN, "grpc", 0, 20, 5, b"hello")] == read([prefixed(b"hello")[:7], prefixed(b"hello")[7:]])


def test_oddities():
    """Reserved flags, told once; content that ends within a message."""
    events = read([prefixed(b"", 2) + prefixed(b"", 4) + b"\0\0"])
    assert ["grpc-flags", "grpc-truncated"] == [event.code for event in events if isinstance(event, Oddity)]
    assert 2 == len([event for event in events if isinstance(event, Message)])


def test_a_length_that_never_comes():
    """Costs no memory but what is kept."""
    reader = GrpcReader(1, DOWN, 10)
    for at in range(1000):
        assert not reader.feed(b"\0\xff\xff\xff\xff" if not at else bytes(1000), at * 1000)
    assert 10 == len(reader._kept)


def test_statuses():
    """By name, with the message decoded; unknown ones are shown."""

    def said(*pairs):
        return status(tuple(Header(name, value, 0, 0) for name, value in pairs))

    assert said() is None
    assert "OK (0)" == said((b"grpc-status", b"0"))
    assert "NOT_FOUND (5): no such user ü" == said((b"grpc-message", b"no such user %C3%BC"), (b"grpc-status", b"5"))
    assert "unknown (99)" == said((b"grpc-status", b"99"))
    assert "five" == said((b"grpc-status", b"five"))


@given(st.lists(st.binary(max_size=30), max_size=5), st.lists(st.integers(0, 200), max_size=5))
def test_any_cut(messages, cuts):
    """The same messages."""
    sent = b"".join(map(prefixed, messages))
    cuts = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    pieces = [sent[a:b] for a, b in pairwise(cuts)]
    assert messages == [event.data for event in read(pieces)]


@given(st.binary(max_size=200))
def test_any_bytes(data):
    """Events."""
    read([data])


def test_time_is_linear():
    """In messages."""
    one, two = (steps(read, [prefixed(b"a") * n]) for n in (500, 1000))
    assert two < 2.1 * one
