"""What speaks inside content."""

from __future__ import annotations

import pytest

from tlscope.events import Direction
from tlscope.wire.http.grpc import GrpcReader
from tlscope.wire.http.inner import reader_of
from tlscope.wire.http.sse import EventReader


@pytest.mark.parametrize(
    ("kind", "coding", "reader"),
    [
        (b"text/event-stream", b"", EventReader),
        (b"Text/Event-Stream ; charset=utf-8", b"identity", EventReader),
        (b"text/event-stream", b"gzip", None),
        (b"application/grpc", b"", GrpcReader),
        (b"application/grpc+proto", b"", GrpcReader),
        (b"application/grpc-web+proto; x=y", b"", GrpcReader),
        (b"application/grpc-web-text", b"", None),
        (b"application/grpcx", b"", None),
        (b"text/html", b"", None),
        (b"", b"", None),
    ],
)
def test_who_reads(kind, coding, reader):
    """By content type, without its parameters; nobody reads what is compressed as a whole."""
    found = reader_of(kind, coding, 1, Direction.DOWN, 10)
    assert reader is (type(found) if found else None)
