"""What an export reads: the records of a capture, of all its connections or of chosen ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.notes import known
from tlscope.capture.reader import Reader
from tlscope.capture.segment import Damage, Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from tlscope.capture.format import Kind
    from tlscope.capture.notes import Note
    from tlscope.capture.reader import Dropped


class Source:
    """A capture, which may be read several times; one that still grows is read as far as it is written then."""

    def __init__(self, directory: Path, connections: Collection[int] | None = None) -> None:
        """All of its connections, or those with these numbers."""
        self.directory = directory
        self.connections = None if connections is None else frozenset(connections)
        self.missing: list[Damage | Dropped] = []
        """What the last reading could not read."""

    def notes(self) -> dict[int, list[Note]]:
        """What somebody noted of these connections."""
        found, wanted = known(self.directory), self.connections
        return {number: notes for number, notes in found.items() if wanted is None or number in wanted}

    def records(self, *kinds: Kind, data_limit: int | None = None) -> Iterator[Record]:
        """In order, of these kinds or of all; of the bulky ones `data_limit` bytes of data at most."""
        self.missing = []
        wanted = self.connections
        if wanted is not None and not wanted:
            return
        one = next(iter(wanted)) if wanted is not None and len(wanted) == 1 else None
        chosen = frozenset(kinds) if kinds else None
        with Reader(self.directory, connection=one, kinds=chosen, data_limit=data_limit) as reader:
            for item in reader.poll():
                if not isinstance(item, Record):
                    self.missing.append(item)
                elif wanted is None or item.connection in wanted:
                    yield item
