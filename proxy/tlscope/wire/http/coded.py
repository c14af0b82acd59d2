"""Content that is coded as a whole, for who speaks inside: server-sent events in gzip, gRPC-Web in base64.

    reader = Coded(EventReader(...), Decoder(["gzip"], INFLATE_LIMIT))
    reader.feed(content, offset) -> events                       as inner.Reader

What is spoken inside has no bytes of its own in the stream: its messages stand where the content begins, with a length
of 0. A coding that is broken, cut short or inflates to more than the limit is told of at the end, and what came before
is read.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from typing import TYPE_CHECKING, Protocol

from tlscope.wire.http.exchange import Event, Message, Oddity
from tlscope.wire.http.inflate import INFLATE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.events import Direction
    from tlscope.wire.http.inner import Reader

_PADDED = re.compile(rb"[^=]+={0,2}|=+").findall


PROBLEM = f"a content coding that is broken, cut short, followed by more, or of more than {INFLATE_LIMIT} bytes inside"


class Coding(Protocol):
    """Undoes what the content was wrapped into; content.codings.Decoder is one."""

    problem: str
    """What is wrong so far, that the end has not come among it; empty where all is well."""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What these bytes become, bounded."""


class Coded:
    """A reader of content behind a coding."""

    __slots__ = ("_coding", "_direction", "_exchange", "_reader", "_start")

    def __init__(self, reader: Reader, coding: Coding, exchange: int, direction: Direction) -> None:
        self._reader, self._coding = reader, coding
        self._exchange, self._direction = exchange, direction
        self._start = -1
        """Where the content begins; -1 before it does."""

    def feed(self, data: bytes, offset: int) -> list[Event]:
        """See inner.Reader."""
        if self._start < 0:
            self._start = offset
        return [self._placed(event) for piece in self._coding.pieces(data) for event in self._reader.feed(piece, 0)]

    def finish(self) -> list[Event]:
        """See inner.Reader."""
        if self._coding.problem:  # then what is inside is cut short with it; which problem may depend on the cut
            return [Oddity(self._exchange, self._direction, "content-coding", PROBLEM, max(self._start, 0))]
        return [self._placed(event) for event in self._reader.finish()]

    def _placed(self, event: Event) -> Event:
        if type(event) is Message:
            return event._replace(start=self._start, length=0)
        return event._replace(offset=self._start) if type(event) is Oddity else event


class Base64:
    """The text form of gRPC-Web (PROTOCOL-WEB.md): pieces of base64 one behind the other, each with its own padding."""

    def __init__(self) -> None:
        self.problem = ""
        self._held, self._broken = b"", False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """See Coding."""
        if self._broken:
            return
        data = self._held + data
        whole = len(data) // 4 * 4
        self._held = data[whole:]
        self.problem = "base64: ends early" if self._held else ""
        try:
            yield b"".join([a2b_base64(part, strict_mode=True) for part in _PADDED(data[:whole])])
        except Error:
            self._broken, self.problem = True, "base64: broken, or not base64"
            yield from _quanta(data)


def _quanta(data: bytes) -> Iterator[bytes]:
    """Four characters at a time, up to those that break it."""
    try:
        for at in range(0, len(data), 4):
            yield a2b_base64(data[at : at + 4], strict_mode=True)
    except Error:
        return
