"""The data of a connection without its secrets, for lines: the same bytes are covered that the screen covers.

    hidden = Hidden(concealed(index, directory, connection, limit))         or hidden(directory, connection, limit)
    hidden.at(start, data)                 data that begins there, of all that passed, covered
    hidden.of(record, data)                the same of the beginning of a record's data
    hidden.any, hidden.late                whether something was covered; bytes that were not known yet

See tui/models/conceal.py. No more is read than is shown, and AHEAD.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from tlscope.capture.format import Kind
from tlscope.capture.segment import Record
from tlscope.capture.unindexed import unindexed
from tlscope.events import HandshakeDone
from tlscope_ui.cli.filters import opened
from tlscope_ui.cli.output import Failure
from tlscope_ui.telling import Span
from tlscope_ui.text import size
from tlscope_ui.tui.models.conceal import Concealed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.capture.index import Index
    from tlscope.capture.lookup import Lookup
    from tlscope_ui.telling import Line

BLOCK = 256 << 10
"""Bytes in which secrets are looked for at once: who reads all of it pays for what is around each block."""
AHEAD = 1 << 20
"""Bytes behind what is shown that are looked at: a head goes on there, or a secret, whatever comes between."""
MASKED = "secrets in it are masked with *, as far as they are known by name or look: --with-secrets shows them"
MANY = "came in more pieces than are looked through for secrets: --with-secrets shows it"


def hidden(directory: Path, connection: int, limit: int | None) -> Hidden:
    """Of a connection's data, the first bytes; found by the index, or where none can be made, in the journal."""
    try:
        index = opened(directory)
    except Failure:
        with unindexed(directory, connection) as (lookup, _):
            return Hidden(_found(lookup, directory, connection, _agreed(lookup, connection), limit))
    with index:
        return Hidden(concealed(index, directory, connection, limit))


def concealed(index: Index, directory: Path, connection: int, limit: int | None) -> Concealed:
    """What passed, with its secrets found, as far as `limit` bytes of it all go; None for all."""
    row = index.connection(connection)
    alpn = (row["client_alpn"] or row["server_alpn"] or "") if row else ""
    return _found(index.lookup, directory, connection, alpn, limit)


def _found(lookup: Lookup, directory: Path, connection: int, alpn: str, limit: int | None) -> Concealed:
    nothing = sqlite3.connect(":memory:")  # it is told where all lies, and asks for nothing
    passed = Concealed(directory, nothing, connection, BLOCK)
    passed.follow(lookup, None if limit is None else limit + AHEAD)
    passed.hear(lookup, alpn)
    return passed


def _agreed(lookup: Lookup, connection: int) -> str:
    """The protocol that ALPN chose, as far as a handshake was recorded."""
    for record in lookup.records(connection, kinds=frozenset({Kind.HANDSHAKE})):
        if isinstance(record, Record) and isinstance(record.event, HandshakeDone) and record.event.alpn:
            return record.event.alpn
    return ""


class Hidden:
    """What is shown of it."""

    def __init__(self, passed: Concealed) -> None:
        self.any = False
        self.late = 0
        self._passed = passed

    def at(self, start: int, data: bytes) -> bytes:
        """Bytes that begin at a place of all that passed."""
        if not data:
            return data
        return self._seen(data, self._passed.covered.read(start, start + len(data)))

    def of(self, record: Record, data: bytes) -> bytes:
        """The first bytes of a record's data; none where that came after the index was asked."""
        start = self._passed.place(record)
        return self._seen(data, b"") if start is None else self.at(start, data)

    def said(self) -> Iterator[Line]:
        """What is to be known of it at the end."""
        if self.any:
            yield [Span(MASKED, "dim")]
        if self.late:
            why = (
                MANY if self._passed.source.cut else "came meanwhile, and secrets in it were not looked for: ask again"
            )
            yield [f"{size(self.late)} of data {why}"]

    def _seen(self, data: bytes, covered: bytes) -> bytes:
        self.late += len(data) - len(covered)
        self.any = self.any or covered != data[: len(covered)]
        return covered
