"""One connection of a capture that has no index, looked up as if it had: the journal is gone through once.

    with unindexed(directory, connection) as (lookup, missing):
        lookup.records(connection) ...

Its places are kept in memory, three to five bytes a record.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from tlscope.capture.lookup import PUT, Lookup, row_of
from tlscope.capture.places import Packer
from tlscope.capture.schema import PLACE
from tlscope.capture.walk import Passed, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.capture.reader import Dropped
    from tlscope.capture.segment import Damage


@contextmanager
def unindexed(directory: Path, connection: int) -> Iterator[tuple[Lookup, list[Damage | Dropped]]]:
    """A Lookup that knows this connection, and what of the journal could not be read."""
    packer = Packer()
    missing: list[Damage | Dropped] = []
    with closing(Walk(directory)) as walk:
        for item in walk.poll():
            if not isinstance(item, Passed):
                missing.append(item)
            elif item.connection == connection:
                size = len(item.payload) - item.meta
                packer.add(item.series, item.segment, item.start, item.kind, item.flags, size)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.execute(f"CREATE TABLE place ({PLACE})")
        database.executemany(PUT, [row_of(connection, chunk) for chunk in packer.chunks()])
        with Lookup(directory, database) as lookup:
            yield lookup, missing
