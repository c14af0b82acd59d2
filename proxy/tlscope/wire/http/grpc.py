"""gRPC: messages behind a flag and a length, in the content of an HTTP/2 stream; and gRPC-Web, the same over anything.

    reader = GrpcReader(exchange, direction, keep, encoding)
    reader.feed(content, offset) -> events                       a Message each, inflated
    status(headers) -> "NOT_FOUND (5): no such user"             from the trailers, or from a head that is all there is

Length-Prefixed-Message, as gRPC over HTTP/2 (grpc.io, PROTOCOL-HTTP2.md) has it: a byte of flags, four of length, the
message. In gRPC-Web (PROTOCOL-WEB.md) the high bit of the flags marks the trailers, which come as such a message.

Each message is compressed for itself, or is not: the first bit of its flags tells, the header grpc-encoding of its
direction tells how. It is inflated as it comes, counted, and dropped but for its first bytes.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from tlscope.wire.http.exchange import Event, Headers, Message, Oddity, header
from tlscope.wire.http.inflate import INFLATE_LIMIT

if TYPE_CHECKING:
    from tlscope.events import Direction
    from tlscope.wire.content.codings import Decoder

TEXT_TYPE = b"application/grpc-web-text"
"""gRPC-Web in base64."""
MESSAGE_TYPES = frozenset({b"application/grpc", b"application/grpc-web", TEXT_TYPE})
"""Content types before their `+proto`."""
PREFIX = 5
COMPRESSED, TRAILERS = 0x01, 0x80
ENCODING_LENGTH = 40
"""Characters of a grpc-encoding that a note shows; those that are known are shorter."""


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
    """The messages in one direction of one call, whose header grpc-encoding says `encoding`."""

    __slots__ = (
        "_decoder", "_direction", "_encoding", "_exchange", "_keep", "_kept", "_left", "_length", "_prefix", "_said",
        "_size", "_start",
    )  # fmt: skip

    def __init__(self, exchange: int, direction: Direction, keep: int, encoding: bytes = b"") -> None:
        self._exchange, self._direction, self._keep = exchange, direction, keep
        self._encoding = encoding.strip().lower().decode("latin-1")[:ENCODING_LENGTH]
        self._prefix, self._kept = bytearray(), bytearray()
        self._start = self._length = self._left = 0
        self._size = 0
        """Bytes of the message so far, inflated."""
        self._decoder: Decoder | None = None
        """Of the message that is coming; None for one that is as it is."""
        self._said: set[str] = set()

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
                self._begin(events)
            take = min(self._left, end - at)
            self._take(data[at : at + take])
            at += take
            self._left -= take
            if not self._left:
                self._end(offset + at, events)
        return events

    def finish(self) -> list[Event]:
        """See inner.Reader."""
        if not self._prefix:
            return []
        self._prefix.clear()
        events: list[Event] = []
        self._tell("grpc-truncated", "the content ends within a gRPC message", events)
        return events

    def _begin(self, events: list[Event]) -> None:
        """A message, of which the prefix is known."""
        flags = self._prefix[0]
        self._length = self._left = int.from_bytes(self._prefix[1:])
        if flags & ~(COMPRESSED | TRAILERS):
            self._tell("grpc-flags", f"a gRPC message with flags 0x{flags:02x}, which are reserved", events)
        if not flags & COMPRESSED:
            return
        if self._encoding in {"", "identity"}:
            text = "a gRPC message that is compressed, where grpc-encoding says that none is"
            self._tell("grpc-encoding", text, events)
            return
        from tlscope.wire.content.codings import Decoder  # noqa: PLC0415 - loaded where it is used

        decoder = Decoder([self._encoding], INFLATE_LIMIT)
        self._decoder = decoder if decoder.undone else None

    def _take(self, data: bytes) -> None:
        """A piece of the message."""
        for piece in (data,) if self._decoder is None else self._decoder.pieces(data):
            self._size += len(piece)
            if (room := self._keep - len(self._kept)) > 0:
                self._kept += piece[:room]

    def _end(self, end: int, events: list[Event]) -> None:
        """The message is complete."""
        flags, size, data, note = self._prefix[0], self._size, bytes(self._kept), ""
        if self._decoder is not None:
            note = self._encoding
            if self._decoder.problem:
                note += ", inflated in part"
                text = f"a gRPC message that is not {self._encoding}, or inflates to more than {INFLATE_LIMIT} bytes"
                self._tell("grpc-inflate-failed", text, events)
        elif flags & COMPRESSED:
            note = f"{self._encoding or 'compressed'}, not inflated"
        self._prefix.clear()
        self._kept.clear()
        self._size, self._decoder = 0, None
        kind = "grpc-trailers" if flags & TRAILERS else "grpc"
        length = end - self._start
        events.append(Message(self._exchange, self._direction, kind, self._start, length, size, data, note))

    def _tell(self, code: str, text: str, events: list[Event]) -> None:
        if code not in self._said:
            self._said.add(code)
            events.append(Oddity(self._exchange, self._direction, code, text, self._start))
