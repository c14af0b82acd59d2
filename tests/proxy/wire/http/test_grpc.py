"""gRPC messages and statuses."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.events import Direction
from tlscope.wire.http.exchange import Header, Message, Oddity
from tlscope.wire.http.grpc import GrpcReader, status

DOWN = Direction.DOWN


def prefixed(data, flags=0):
    return bytes([flags]) + len(data).to_bytes(4) + data


def read(pieces, keep=100):
    """Events of content that came in pieces, each ten bytes behind the last."""
    reader, at, events = GrpcReader(3, DOWN, keep), 0, []
    for piece in pieces:
        events += reader.feed(piece, at)
        at += len(piece) + 10
    return events + reader.finish()


def test_messages():
    """Each with where it stands, how long it is, and its first bytes."""
    sent = prefixed(b"hello") + prefixed(b"") + prefixed(b"x" * 200, 1)
    assert [
        Message(3, DOWN, "grpc", 0, 10, 5, b"hello"),
        Message(3, DOWN, "grpc", 10, 5, 0, b""),
        Message(3, DOWN, "grpc", 15, 205, 200, b"x" * 100, "compressed"),
    ] == read([sent])


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
