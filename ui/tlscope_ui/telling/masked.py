"""Data without what is secret in it: of connections, for who looks at the beginning of each piece; and of contents.

    masked = Masked()
    data, total = masked.of(record)          of the data of a record, in the order in which they were recorded
    without_secrets("text/html", data)       of a content, or of a message that was carried inside

Tokens, passwords and cookies are looked for as export/cover.py finds them in the middle of anything, and a mark stands
in their place. A secret may come in pieces: so the end of what passed before is looked at with each, as far as it was
read. What HTTP/2 says of a request is compressed, and nothing can be found in it: of such data nothing is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.events import Data, HandshakeDone, Outcome
from tlscope.export import redact
from tlscope.export.cover import covered

if TYPE_CHECKING:
    from tlscope.capture.segment import Record
    from tlscope.events import Direction

TAIL = 1 << 10
"""Bytes that are kept of each direction: a name, and the beginning of its value."""
MARK = redact.MARK.encode()
COMPRESSED = "h2"
"""The ALPN protocol whose heads are compressed (RFC 9113 section 3.1)."""

WHOLE = 5 << 20
"""Bytes of a content of which the kind tells where its secrets are (export/redact.py): some seconds' work. In what is
longer, they are found as in the middle of anything."""


def without_secrets(media_type: str, data: bytes) -> bytes:
    """The content with a mark in the place of each secret."""
    return redact.data(media_type, data) if len(data) <= WHOLE else _without(data, 0)


class Masked:
    """What is known of each connection that is not over."""

    def __init__(self) -> None:
        self._tails: dict[int, dict[Direction, bytes]] = {}
        self._compressed: set[int] = set()

    def feed(self, record: Record) -> None:
        """Take note of a record that is no data."""
        match record.event:
            case HandshakeDone(alpn=protocol) if protocol == COMPRESSED:
                self._compressed.add(record.connection)
            case Outcome():
                self._tails.pop(record.connection, None)
                self._compressed.discard(record.connection)
            case _:
                pass

    def of(self, record: Record) -> tuple[bytes, int]:
        """What may be shown of the data of a record, and how long all of it is then."""
        event = record.event
        assert isinstance(event, Data)  # nobody asks of others
        if record.connection in self._compressed and event.encrypted:
            return b"", 0
        tails = self._tails.setdefault(record.connection, {})
        before = tails.get(event.direction, b"")
        joined = before + event.data
        tails[event.direction] = joined[-TAIL:] if len(event.data) == record.size else b""
        shown = _without(joined, len(before))
        return shown, record.size + len(shown) - len(event.data)


def _without(data: bytes, start: int) -> bytes:
    """The bytes from `start` on, with a mark in the place of each secret, or of the rest of it."""
    made, at = bytearray(), start
    for first, last in sorted(covered(data)):
        if last <= at:
            continue
        if first > at or at == start:
            made += data[at:first] + MARK
        at = last
    return bytes(made + data[at:])
