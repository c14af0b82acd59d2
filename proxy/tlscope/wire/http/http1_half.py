"""One direction of HTTP/1: bytes in, messages begun and ended, content counted. What they mean is http1.py's.

    half = Half(direction, begin, oddities)
    half.run(data, offset, events)

A direction is in a state: a function that takes what it can of a chunk, and returns how far it came.

    between         between messages, or within a head; calls `begin` with a head that is complete
    content         within content of a known length
    until_close     within content that ends with the connection
    wait            behind a request that may be the last in HTTP
    seek            behind missing bytes: looks for the next head (http1_seek.py)
    raw             nothing is understood any more

Those within chunks are in http1_chunked.py. A head is read out of the chunk where it stands; only one that a chunk cuts
is copied. Content is counted, not looked at, unless something is spoken inside it (inner.py).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from tlscope.events import Direction
from tlscope.wire.http.exchange import Body, Complete, Event, Oddities, Oddity, Raw
from tlscope.wire.http.http1_head import (
    HEAD_LIMIT,
    MAX_METHOD,
    Head,
    Odd,
    could_start,
    parse_head,
    request_line,
    status_line,
)
from tlscope.wire.http.http1_seek import find_head, tail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tlscope.wire.http.inner import Reader

    Begin = Callable[["Half", Head, int, list[Event]], bool]
    """Takes a head and how long it is, and sets the state that follows it; False: it is none."""

WAIT_LIMIT = 1 << 18
"""Bytes held while a response must tell what they are: a client that waits for it, as it should, sends none."""

head_end = re.compile(rb"\n\r?\n").search
_BLANK = re.compile(rb"[\r\n]+").match


class State(Protocol):
    """What a direction may be in."""

    def __call__(self, half: Half, data: bytes, at: int, base: int, events: list[Event], /) -> int:
        """Take bytes from `at` in a chunk that stands at `base`; returns how far it came."""
        ...  # pragma: no cover - a protocol


class Half:
    """Where a direction is."""

    __slots__ = (
        "_begin", "_oddities", "at", "direction", "exchange", "held", "held_at", "left", "lined", "lost", "reader",
        "said", "searched", "state", "waits",
    )  # fmt: skip

    def __init__(self, direction: Direction, begin: Begin, oddities: Oddities) -> None:
        self.direction, self._begin, self._oddities = direction, begin, oddities
        self.state: State = between
        self.at = -1
        """Stream offset behind all that was fed; -1 before the first chunk, which may stand anywhere."""
        self.held = bytearray()
        """What is not complete: a head, a line, bytes that wait."""
        self.held_at = 0
        self.searched = 0
        """How much of `held` was searched for an end already."""
        self.lined = False
        """Whether the first line of a held head was looked at."""
        self.left = 0
        """Bytes to come of the content or the chunk; 0 outside of them."""
        self.lost = 0
        """Where the bytes begin that are not understood, while a head is sought."""
        self.exchange = 0
        """Whose message is being read; 0 between messages."""
        self.waits = False
        """Whether only the response can tell what is behind this request."""
        self.reader: Reader | None = None
        self.said: set[str] = set()

    def run(self, data: bytes | memoryview, offset: int, events: list[Event]) -> int:
        """Let the states take a chunk, one after the other; returns how far they came: not beyond a last message."""
        end = len(data)
        self.at = offset + end
        if type(data) is memoryview and (self.left < end or self.reader is not None):
            data = bytes(data)  # what is only counted is not copied
        at = 0
        while at < end and self.state is not handed_over:
            at = self.state(self, data, at, offset, events)  # type: ignore[arg-type] # a view is counted only
        return at

    def message(self, data: bytes, at: int, events: list[Event], *, ended: bool = True) -> None:
        """A head, or as much of one as is kept: a message begins."""
        self.lined = False
        long = not ended or len(data) > HEAD_LIMIT
        head = parse_head(data[:HEAD_LIMIT] if long else data, at)
        if not self._begin(self, head, min(len(data), HEAD_LIMIT), events):
            self.lose("not-http", "this is no HTTP message; what follows is not read as HTTP", at, events)
        elif long:
            text = f"a head of more than {HEAD_LIMIT} bytes: what follows is not understood"
            self.lose("head-too-long", text, at + HEAD_LIMIT, events)

    def done(self, end: int, events: list[Event], *, whole: bool = True) -> None:
        """The message is over."""
        if self.reader is not None:
            events += self.reader.finish()
            self.reader = None
        events.append(Complete(self.exchange, self.direction, end, whole))
        self.left = 0
        self.forget()
        self.state = between
        if self.waits:
            self.held_at = end
            self.state = wait

    def forget(self) -> None:
        """No message is being read."""
        self.exchange = 0
        if self.said:
            self.said = set()

    def lose(self, code: str, text: str, at: int, events: list[Event]) -> None:
        """From here on this direction is not understood."""
        self.tell(code, text, at, events)
        if self.exchange:
            self.done(at, events, whole=False)
        self.give_up(at, events)

    def give_up(self, at: int, events: list[Event]) -> None:
        """The same, for no fault of a peer's, or for one that was told."""
        events.append(Raw(self.direction, self.lost if self.state is seek else at))
        self.held.clear()
        self.waits, self.state = False, raw

    def skip(self, size: int, events: list[Event]) -> bool:
        """`size` bytes are missing here, or none can say how many (0); whether the next head has to be sought.

        Content goes on behind them where its end, or its chunk's, is known, and where the connection's end is its own.
        """
        if self.state is raw:
            return False
        at = max(self.at, 0)
        self.tell("gap", f"{size} bytes are missing here" if size > 0 else "bytes are missing here", at, events)
        self.reader = None
        if self.state is until_close:
            return False
        if 0 < size < self.left:
            self.left -= size
            return False
        if self.state is not seek:
            self.lost = self.held_at if self.held else at
        if self.exchange:
            self.done(at, events, whole=False)
        self.held.clear()
        self.waits, self.lined, self.state = False, False, seek
        return True

    def tell(self, code: str, text: str, at: int, events: list[Event]) -> None:
        """Something is odd about the message, or about what is between messages."""
        self._oddities.tell(events, self.said, Oddity(self.exchange or None, self.direction, code, text, at))

    def tell_all(self, odd: Sequence[Odd], events: list[Event]) -> None:
        """All that was found in a head."""
        for code, text, at in odd:
            self.tell(code, text, at, events)


def between(half: Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
    """Between messages, or within a head."""
    if half.held:
        return _held_head(half, data, at, events)
    if data[at] in {10, 13}:
        blank = _BLANK(data, at)
        text = "an empty line before the start line (RFC 9112 section 2.2)"
        half.tell("leading-crlf", text, base + at, events)
        at = blank.end() if blank else at
        if at == len(data):
            return at
    if match := head_end(data, at):
        end = match.end()
        half.message(data[at:end], base + at, events)  # the whole of `data` is no copy
        return end
    half.held_at, half.searched = base + at, 0
    return _held_head(half, data, at, events)


def _held_head(half: Half, data: bytes, at: int, events: list[Event]) -> int:
    """Within a head that a chunk cut."""
    held, before = half.held, len(half.held)
    held += data[at : at + HEAD_LIMIT + 1 - before]
    match = head_end(held, max(0, half.searched - 3))
    if match is None and len(held) <= HEAD_LIMIT and _may_begin(half, held):
        half.searched = len(held)
        return at + len(held) - before
    end = match.end() if match else len(held)
    head = bytes(held[:end])
    held.clear()
    half.message(head, half.held_at, events, ended=match is not None)
    return at + end - before


def _may_begin(half: Half, held: bytearray) -> bool:
    """Whether these first bytes of a head can become one."""
    if half.lined:
        return True
    request = half.direction is Direction.UP
    if (newline := held.find(b"\n", half.searched)) < 0:
        return half.searched > MAX_METHOD or could_start(held, request=request)
    half.lined = True
    line = bytes(held[:newline]).removesuffix(b"\r")
    return (request_line(line) if request else status_line(line)) is not None


def content(half: Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
    """Within content of a known length."""
    end = counted(half, data, at, base, events)
    if not half.left:
        half.done(base + end, events)
    return end


def counted(half: Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
    """Content, `left` bytes at the most; returns how far it went."""
    left = half.left
    take = min(left, len(data) - at)
    events.append(Body(half.exchange, half.direction, base + at, take))
    if half.reader is not None:
        events += half.reader.feed(data[at : at + take], base + at)
    half.left = left - take
    return at + take


def until_close(half: Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
    """Within content that ends with the connection."""
    events.append(Body(half.exchange, half.direction, base + at, len(data) - at))
    if half.reader is not None:
        events += half.reader.feed(bytes(data[at:]), base + at)
    return len(data)


def wait(half: Half, data: bytes, at: int, _base: int, events: list[Event]) -> int:
    """Behind a request that may be the last in HTTP."""
    half.held += data[at : at + WAIT_LIMIT + 1 - len(half.held)]
    if len(half.held) > WAIT_LIMIT:
        half.held.clear()
        text = f"more than {WAIT_LIMIT} bytes while a response had to tell what they are"
        half.lose("upgrade-overrun", text, half.held_at, events)
    return len(data)


def seek(half: Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
    """Behind missing bytes: nothing is understood up to the next head."""
    held, before = half.held, len(half.held)
    held += data[at:]
    start = find_head(held, request=half.direction is Direction.UP)
    if start is None:
        del held[: -tail(held) or len(held)]
        return len(data)
    place = base + at - before + start
    if place > half.lost:
        events.append(Raw(half.direction, half.lost, place))
    half.state, half.held_at, half.searched = between, place, 0
    half.held = held[start:before]
    return at + max(start - before, 0)


def handed_over(_half: Half, _data: bytes, at: int, _base: int, _events: list[Event]) -> int:
    """Another observer reads on: nothing is taken."""
    return at


def raw(_half: Half, data: bytes, _at: int, _base: int, _events: list[Event]) -> int:
    """Nothing is understood any more."""
    return len(data)
