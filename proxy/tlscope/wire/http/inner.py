"""What speaks inside the content of an exchange: server-sent events, gRPC.

A `Reader` is given the content of one direction of one exchange, piece by piece, each with where it stands in the
stream; pieces need not be adjacent there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tlscope.wire.http.grpc import MESSAGE_TYPES, GrpcReader
from tlscope.wire.http.sse import EventReader

if TYPE_CHECKING:
    from tlscope.events import Direction
    from tlscope.wire.http.exchange import Event


class Reader(Protocol):
    """Understands the content of one direction of one exchange."""

    def feed(self, data: bytes, offset: int) -> list[Event]:
        """Take a piece of content that stands at `offset`."""

    def finish(self) -> list[Event]:
        """The content has ended."""


def reader_of(kind: bytes, coding: bytes, exchange: int, direction: Direction, keep: int) -> Reader | None:
    """Who reads content of this Content-Type and Content-Encoding; None: nobody, it is only counted."""
    kind = kind.partition(b";")[0].strip().lower()
    if coding.lower() not in {b"", b"identity"}:
        return None  # the stream would have to be inflated first, and its offsets would say nothing
    if kind == b"text/event-stream":
        return EventReader(exchange, direction, keep)
    return GrpcReader(exchange, direction, keep) if kind.partition(b"+")[0] in MESSAGE_TYPES else None
