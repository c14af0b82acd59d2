"""What speaks inside content."""

from __future__ import annotations

import base64
import gzip
import subprocess
import sys
import zlib

import pytest

from tlscope.events import Direction
from tlscope.wire.http.coded import Coded
from tlscope.wire.http.exchange import Message
from tlscope.wire.http.grpc import GrpcReader
from tlscope.wire.http.inner import reader_of
from tlscope.wire.http.sse import EventReader


@pytest.mark.parametrize(
    ("kind", "coding", "reader"),
    [
        (b"text/event-stream", b"", EventReader),
        (b"Text/Event-Stream ; charset=utf-8", b"identity", EventReader),
        (b"text/event-stream", b"gzip", Coded),
        (b"text/event-stream", b"br,zstd", Coded),
        (b"text/event-stream", b"compress", None),
        (b"text/event-stream", b"gzip, rot13", None),
        (b"application/grpc", b"", GrpcReader),
        (b"application/grpc+proto", b"", GrpcReader),
        (b"application/grpc-web+proto; x=y", b"", GrpcReader),
        (b"application/grpc-web-text", b"", Coded),
        (b"application/grpcx", b"", None),
        (b"text/html", b"", None),
        (b"", b"", None),
    ],
)
def test_who_reads(kind, coding, reader):
    """By content type, without its parameters; nobody reads what cannot be decoded."""
    fields = {b"content-type": kind, b"content-encoding": coding} if coding else {b"content-type": kind}
    found = reader_of(fields, 1, Direction.DOWN, 10)
    assert reader is (type(found) if found else None)


def test_codings_within_codings():
    """A compressed gRPC message in base64 in gzip comes out."""
    fields = {
        b"content-type": b"application/grpc-web-text+proto", b"content-encoding": b"gzip", b"grpc-encoding": b"deflate"
    }  # fmt: skip
    message = zlib.compress(b"hello")
    sent = gzip.compress(base64.b64encode(b"\1" + len(message).to_bytes(4) + message))
    (event,) = reader_of(fields, 1, Direction.DOWN, 10).feed(sent, 5)
    assert Message(1, Direction.DOWN, "grpc", 5, 0, 5, b"hello", "deflate") == event


def test_startup():
    """Nothing that undoes codings is loaded before something is coded."""
    code = "import sys, tlscope.wire.http.observe; print('tlscope.wire.content.codings' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "False" == said.stdout.strip()
