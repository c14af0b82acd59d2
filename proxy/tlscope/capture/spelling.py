"""Texts that nearly every row has another of, found by any part of them: an index of their trigrams.

    spelling = Spelling(database)
    spelling.add(connection, [(target, status), ...])       for the writer, in its transaction
    spelling.candidates("items/77") -> connections          for readers; None where it cannot tell

Most texts of an index are words (schema.py), which are few and quickly gone through. Targets of requests, JA3s and
clients' ports are not: these are what `spelt` is for, a table of SQLite's FTS5 that knows for every three characters in
which documents they are. A document is what one connection, or one exchange, spells; `document` says whose it is.

It keeps no texts, no order and no count, only that a document has the trigram: some fifty bytes an exchange. So what it
finds is candidates: all connections that may have the text, and some that have its trigrams but not in a row. Who asks
looks at those. That makes it simple to keep, too. Nothing is ever taken out or replaced: a connection that is written
again with other texts has one more document. Numbers of documents only grow, as FTS5 wants it: in another order, each
would have it write out all that it gathers.

FTS5 folds the case of all letters, LIKE that of ASCII alone: there are more candidates for that, never fewer. Before
SQLite 3.34, or where it was built without FTS5, there is no such table, and no candidates.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Spelt = tuple[object, object]
"""What a document spells; None for nothing, or nothing new."""
NOTHING: Spelt = (None, None)
SPELT = {"connection": ("client", "ja3"), "exchange": ("target", "status")}
"""Table -> its columns that are shown and are no words. Two columns for both: no trigram goes from one to the next."""
TRIGRAM = 3
MAX_TRIGRAMS = 24
"""Trigrams of a text that are asked for, each of which is a list to go through; the others add little."""
MAX_CANDIDATES = 20_000
"""Documents beyond which all rows are looked at sooner than these: looking up whose one is takes some 2 us."""

_TABLE = (
    "CREATE VIRTUAL TABLE spelt USING fts5"
    "(first, second, content = '', columnsize = 0, detail = none, tokenize = 'trigram')"
)
_DOCUMENT = "CREATE TABLE document (last INTEGER PRIMARY KEY, connection INTEGER)"
"""`last` is the last one of some documents in a row that belong to a connection."""
_CANDIDATES = (
    "SELECT (SELECT connection FROM document WHERE last >= s.rowid ORDER BY last LIMIT 1)"
    " FROM (SELECT rowid FROM spelt WHERE spelt MATCH ? LIMIT ?) s"
)


def statements() -> list[str]:
    """What makes the tables, as far as this SQLite can have them."""
    return [_TABLE, _DOCUMENT] if can_spell() else [_DOCUMENT]


@cache
def can_spell() -> bool:
    """Whether this SQLite has an index of trigrams."""
    database = sqlite3.connect(":memory:")
    try:
        database.execute(_TABLE)
    except sqlite3.OperationalError:
        return False
    finally:
        database.close()
    return True


class Spelling:
    """The trigrams of an index, for its writer or for who reads it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        there = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'spelt'").fetchone()
        self._can = bool(there) and can_spell()
        self._last: int = database.execute("SELECT coalesce(max(last), 0) FROM document").fetchone()[0]
        """The last number of a document; only the writer counts on."""

    def add(self, connection: int, documents: Iterable[Spelt]) -> None:
        """Take in what a connection spells, or more of it."""
        made = [(number, *map(_whole, spelt)) for number, spelt in enumerate(documents, self._last + 1)]
        if self._can and made:
            self._database.executemany("INSERT INTO spelt (rowid, first, second) VALUES (?, ?, ?)", made)
            self._last += len(made)
            self._database.execute("INSERT INTO document VALUES (?, ?)", (self._last, connection))

    @staticmethod
    def news(now: Spelt, before: Spelt) -> list[Spelt]:
        """The document, if any, that says what is spelt now and was not before."""
        first, second = (None if new == old else new for new, old in zip(now, before, strict=True))
        return [] if first is second is None else [(first, second)]

    def candidates(self, text: str) -> list[int] | None:
        """The connections that may spell `text`, all that do among them; None where these are too many to be told.

        Texts of less than three characters have no trigram.
        """
        asked = _trigrams(text)
        if not self._can or not asked:
            return None
        found = self._database.execute(_CANDIDATES, (asked, MAX_CANDIDATES + 1)).fetchall()
        return None if len(found) > MAX_CANDIDATES else sorted({row[0] for row in found})


def _whole(text: object) -> object:
    """A text without what would end it for FTS5."""
    return text.replace("\0", " ") if isinstance(text, str) else text


def _trigrams(text: str) -> str:
    """A question to FTS5 for the trigrams of `text`; empty where it has none."""
    text = text.partition("\0")[0]
    found = dict.fromkeys(text[at : at + TRIGRAM] for at in range(len(text) - TRIGRAM + 1))
    quoted = ['"{}"'.format(one.replace('"', '""')) for one in found]
    return " AND ".join(quoted[:MAX_TRIGRAMS])
