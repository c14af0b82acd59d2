"""The data of one connection, in both directions and in its order; and the same with its secrets covered.

    passed = Concealed(directory, index.database, connection)
    passed.follow(index.lookup)                     what there is, or has come since; no more than wanted
    passed.hear(index.lookup, alpn)                 what the header fields of HTTP hold: see heads.py
    passed.covered.read(start, end)                 as many bytes, at the same places
    passed.place(record)                            where the data of a record begins there

Bytes stay where they are (covered.py). Secrets are looked for in each direction by itself, as it is whole (lane.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.reader import SEGMENT_NAME
from tlscope.capture.segment import HEAD
from tlscope_ui.tui.models.covered import BLOCK, Covered
from tlscope_ui.tui.models.heads import Heads
from tlscope_ui.tui.models.lane import Lane
from tlscope_ui.tui.models.octets import Recorded

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.capture.lookup import Lookup
    from tlscope.capture.segment import Record


class Concealed:
    """What passed on a connection."""

    def __init__(self, directory: Path, database: sqlite3.Connection, connection: int, block: int = BLOCK) -> None:
        self.source = Recorded(directory, database, connection)
        self.lanes = Lane(self.source), Lane(self.source)
        self.heads = Heads(directory, connection, self.lanes)
        self.covered = Covered(self.source, self._secrets, block)

    def follow(self, lookup: Lookup, wanted: int | None = None) -> None:
        """Take what has come since the last time; with `wanted`, until there are so many bytes."""
        for piece in self.source.follow(lookup):
            self.lanes[piece.direction].add(piece.start, piece.size)
            if wanted is not None and len(self.source) >= wanted:
                break
        self.covered.forget()

    def hear(self, lookup: Lookup, alpn: str) -> None:
        """Find the secrets of header fields, as far as it was followed."""
        self.heads.hear(lookup, alpn, self.source.trail)
        self.covered.forget()

    def place(self, record: Record) -> int | None:
        """Where the data of a record begins; None where it was not followed so far."""
        found = SEGMENT_NAME.fullmatch(record.segment)
        assert found is not None  # it was read from a segment
        number = self.source.at(int(found[1]), int(found[2]), record.offset - HEAD)
        return None if number is None else self.source.starts[number]

    def _secrets(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Those of a part of the source."""
        yield from self.heads.within(start, end)
        for lane in self.lanes:
            yield from lane.secrets(start, end)
