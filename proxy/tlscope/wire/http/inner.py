"""What speaks inside the content of an exchange: server-sent events, gRPC.

A `Reader` is given the content of one direction of one exchange, piece by piece, each with where it stands in the
stream; pieces need not be adjacent there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tlscope.wire.http.coded import Base64, Coded
from tlscope.wire.http.grpc import MESSAGE_TYPES, TEXT_TYPE, GrpcReader
from tlscope.wire.http.inflate import INFLATE_LIMIT
from tlscope.wire.http.sse import EventReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlscope.events import Direction
    from tlscope.wire.http.exchange import Event


class Reader(Protocol):
    """Understands the content of one direction of one exchange."""

    def feed(self, data: bytes, offset: int) -> list[Event]:
        """Take a piece of content that stands at `offset`."""

    def finish(self) -> list[Event]:
        """The content has ended."""


EVENT_STREAM = b"text/event-stream"
HEADERS = frozenset({b"content-type", b"content-encoding", b"grpc-encoding"})
"""What tells who reads."""


def reader_of(fields: Mapping[bytes, bytes], exchange: int, direction: Direction, keep: int) -> Reader | None:
    """Who reads content of which these HEADERS tell; None: nobody, it is only counted."""
    kind = fields.get(b"content-type", b"").partition(b";")[0].strip().lower()
    name = kind.partition(b"+")[0]
    reader: Reader
    if kind == EVENT_STREAM:
        reader = EventReader(exchange, direction, keep)
    elif name in MESSAGE_TYPES:
        reader = GrpcReader(exchange, direction, keep, fields.get(b"grpc-encoding", b""))
        if name == TEXT_TYPE:
            reader = Coded(reader, Base64(), exchange, direction)
    else:
        return None
    codings = fields.get(b"content-encoding")
    return _behind(codings, reader, exchange, direction) if codings else reader


def _behind(codings: bytes, reader: Reader, exchange: int, direction: Direction) -> Reader | None:
    """The reader of content that is coded; None if nobody can undo that."""
    from tlscope.wire.content.codings import Decoder, named  # noqa: PLC0415 - loaded where it is used

    names = named([codings.decode("latin-1")])
    if not names:
        return reader
    decoder = Decoder(names, INFLATE_LIMIT)
    return Coded(reader, decoder, exchange, direction) if len(decoder.undone) == len(names) else None
