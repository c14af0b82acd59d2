"""Questions to a database that are answered soon, or given up: a screen does not wait for them."""

from __future__ import annotations

import sqlite3
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TICKS = 1_000
"""Instructions of SQLite's between two looks at the clock: some ten microseconds."""


def attempt(
    database: sqlite3.Connection, queries: Iterable[str], parameters: Sequence[object], seconds: float
) -> list[Any] | None:
    """The answers to all of them, as tuples, if they are had in that time; raises what is wrong with a question."""
    end = perf_counter() + seconds
    cursor = database.cursor()
    cursor.row_factory = None
    database.set_progress_handler(lambda: perf_counter() > end, TICKS)
    try:
        return [row for query in queries for row in cursor.execute(query, parameters).fetchall()]
    except sqlite3.OperationalError:
        if perf_counter() <= end:  # it is not that it took too long
            raise
        return None
    finally:
        database.set_progress_handler(None, 0)
