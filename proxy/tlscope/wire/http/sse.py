"""Server-sent events (WHATWG HTML, section 9.2): lines of `field: value`, an empty line dispatches.

    reader = EventReader(exchange, direction, keep)
    reader.feed(content, offset) -> events                       a Message each, its data as the page would get it

A Message's `note` says the event's name and its id. Events without data, which a browser drops, are shown; comments,
which keep connections alive, are not. A line may end with CR, LF or both; an event ends behind the first byte of the
line end that dispatches it, since nobody can tell yet whether an LF will follow a CR.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tlscope.wire.http.exchange import Event, Message, Oddity

if TYPE_CHECKING:
    from tlscope.events import Direction

MAX_LINE = 1 << 16
"""Bytes of a line that are kept; what is longer is counted, not kept."""
NAME_LENGTH = 100
"""Bytes of an event's name and id that its note shows."""

_LINE_END = re.compile(rb"\r\n?|\n").search
_BOM = b"\xef\xbb\xbf"


class EventReader:
    """The events in the content of one response."""

    __slots__ = (
        "_after_cr",
        "_data",
        "_direction",
        "_exchange",
        "_fields",
        "_first",
        "_keep",
        "_line",
        "_line_at",
        "_line_size",
        "_size",
        "_start",
    )

    def __init__(self, exchange: int, direction: Direction, keep: int) -> None:
        self._exchange, self._direction, self._keep = exchange, direction, keep
        self._line = bytearray()
        self._line_at = self._line_size = 0
        self._after_cr, self._first = False, True
        self._start = -1
        """Where the first line of the event began; -1 between events."""
        self._data = bytearray()
        self._size = -1
        """Bytes of data, with a newline before each line but the first; -1 without any."""
        self._fields: dict[bytes, bytes] = {}

    def feed(self, data: bytes, offset: int) -> list[Event]:
        """See inner.Reader."""
        events: list[Event] = []
        at = 1 if self._after_cr and data[:1] == b"\n" else 0
        self._after_cr = self._after_cr and not data
        while at < len(data):
            match = _LINE_END(data, at)
            stop = match.start() if match else len(data)
            if not self._line_size:
                self._line_at = offset + at
            self._line_size += stop - at
            self._line += data[at : min(stop, at + MAX_LINE - len(self._line))]
            if match is None:
                break
            self._end_line(offset + stop + 1, events)
            at = match.end()
            self._after_cr = at == len(data) and data[at - 1] == 0x0D
        return events

    def finish(self) -> list[Event]:
        """See inner.Reader."""
        if self._start < 0 and not self._line_size:
            return []
        text = "the content ends within an event, which a browser drops"
        at = self._start if self._start >= 0 else self._line_at
        return [Oddity(self._exchange, self._direction, "sse-truncated", text, at)]

    def _end_line(self, end: int, events: list[Event]) -> None:
        line, size = bytes(self._line), self._line_size
        self._line.clear()
        self._line_size = 0
        if self._first:
            self._first = False
            if line.startswith(_BOM):
                line, size = line[3:], size - 3
        if not size:
            if self._start >= 0:
                events.append(self._message(end))
            return
        name, colon, value = line.partition(b":")
        if not name and colon:
            return  # a comment
        if self._start < 0:
            self._start = self._line_at
        space = value[:1] == b" "
        if name == b"data":
            if self._size >= 0 and len(self._data) < self._keep:
                self._data += b"\n"
            self._size += 1 + size - len(name) - len(colon) - space
            self._data += value[space : space + max(0, self._keep - len(self._data))]
        elif name in {b"event", b"id", b"retry"}:
            self._fields[name] = value[space : space + NAME_LENGTH]

    def _message(self, end: int) -> Message:
        fields = self._fields
        note = fields.pop(b"event", b"message").decode("utf-8", "replace")
        for name in sorted(fields):
            note += f" {name.decode()}={fields[name].decode('utf-8', 'replace')}"
        fields.clear()
        start, size, data = self._start, max(0, self._size), bytes(self._data)
        self._start = self._size = -1
        self._data.clear()
        return Message(self._exchange, self._direction, "event", start, end - start, size, data, note)
