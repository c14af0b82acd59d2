"""gRPC: messages behind a flag and a length, in the content of an HTTP/2 stream; and gRPC-Web, the same over anything.

    reader = GrpcReader(exchange, direction, keep)
    reader.feed(content, offset) -> events                       a Message each
    status(headers) -> "NOT_FOUND (5): no such user"             from the trailers, or from a head that is all there is

Length-Prefixed-Message, as gRPC over HTTP/2 (grpc.io, PROTOCOL-HTTP2.md) has it: a byte of flags, four of length, the
message. In gRPC-Web (PROTOCOL-WEB.md) the high bit of the flags marks the trailers, which come as such a message.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from tlscope.wire.http.exchange import Event, Headers, Message, Oddity, header

if TYPE_CHECKING:
    from tlscope.events import Direction

MESSAGE_TYPES = frozenset({b"application/grpc", b"application/grpc-web"})
"""Content types before their `+proto`. The text form of gRPC-Web is base64, and is left as it is."""
PREFIX = 5
COMPRESSED, TRAILERS = 0x01, 0x80


class Status(IntEnum):
    """How a call ended (grpc.io, statuscodes.md)."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


_NUMBER = re.compile(rb"[0-9]{1,9}").fullmatch


def status(headers: Headers) -> str | None:
    """How the call ended, its message with the percent-encoding undone; None without a grpc-status."""
    code = header(headers, b"grpc-status")
    if code is None:
        return None
    name = code.decode("latin-1")
    if _NUMBER(code):
        number = int(code)
        name = f"{Status(number).name if number in Status._value2member_map_ else 'unknown'} ({number})"
    said = unquote_to_bytes(header(headers, b"grpc-message") or b"").decode("utf-8", "replace")
    return f"{name}: {said}" if said else name


class GrpcReader:
    """The messages in one direction of one call."""

    __slots__ = ("_direction", "_exchange", "_keep", "_kept", "_left", "_length", "_prefix", "_said", "_start")

    def __init__(self, exchange: int, direction: Direction, keep: int) -> None:
        self._exchange, self._direction, self._keep = exchange, direction, keep
        self._prefix, self._kept = bytearray(), bytearray()
        self._start = self._length = self._left = 0
        self._said = False

    def feed(self, data: bytes, offset: int) -> list[Event]:
        """See inner.Reader."""
        events: list[Event] = []
        at, end = 0, len(data)
        while at < end:
            if len(self._prefix) < PREFIX:
                if not self._prefix:
                    self._start = offset + at
                take = min(PREFIX - len(self._prefix), end - at)
                self._prefix += data[at : at + take]
                at += take
                if len(self._prefix) < PREFIX:
                    break
                self._length = self._left = int.from_bytes(self._prefix[1:])
                self._judge(events)
            take = min(self._left, end - at)
            if (room := self._keep - len(self._kept)) > 0:
                self._kept += data[at : at + min(take, room)]
            at += take
            self._left -= take
            if not self._left:
                events.append(self._message(offset + at))
        return events

    def finish(self) -> list[Event]:
        """See inner.Reader."""
        if not self._prefix:
            return []
        self._prefix.clear()
        text = "the content ends within a gRPC message"
        return [Oddity(self._exchange, self._direction, "grpc-truncated", text, self._start)]

    def _judge(self, events: list[Event]) -> None:
        if self._prefix[0] & ~(COMPRESSED | TRAILERS) and not self._said:
            self._said = True
            text = f"a gRPC message with flags 0x{self._prefix[0]:02x}, which are reserved"
            events.append(Oddity(self._exchange, self._direction, "grpc-flags", text, self._start))

    def _message(self, end: int) -> Message:
        flags, data = self._prefix[0], bytes(self._kept)
        self._prefix.clear()
        self._kept.clear()
        kind = "grpc-trailers" if flags & TRAILERS else "grpc"
        note = "compressed" if flags & COMPRESSED else ""
        return Message(self._exchange, self._direction, kind, self._start, end - self._start, self._length, data, note)
