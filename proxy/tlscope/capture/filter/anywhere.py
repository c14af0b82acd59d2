"""A text in everything that is shown of a capture, or in its targets: all connections that have it, found at once.

    anywhere = Anywhere(database)
    anywhere.words("%needle%")          numbers of the words that are like a pattern
    anywhere.shown("%needle%")          connections that show a text, in any column or any exchange
    anywhere.targets("needle")          connections with a target that holds a text

All are lists in JSON, which SQLite reads faster than Python would hand it rows. Asked row by row, the same question
takes some 12 us a row, nearly all of it for its thirty columns. But nearly all columns hold words: those that have the
text are found first, once, and then the rows by the words, of which each column has an index. What is left, targets and
fingerprints, goes by its trigrams (spelling.py); where these say nothing, all rows are looked at, with nothing else.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tlscope.capture.filter.fields import SHOWN_OF_CONNECTION, SHOWN_OF_EXCHANGE
from tlscope.capture.schema import WORDS
from tlscope.capture.spelling import SPELT, Spelling

if TYPE_CHECKING:
    import sqlite3

KEPT_WORDS = 16
"""Texts that are searched for whose words are kept: a filter has few of them."""
MANY_WORDS = 5_000
"""Words that are looked up in every column's index; with more of them, it is quicker to look at every row."""

_SHOWN = {
    table: [column.partition(".")[2] for column in columns]
    for table, columns in (("connection", SHOWN_OF_CONNECTION), ("exchange", SHOWN_OF_EXCHANGE))
}


class Anywhere:
    """Searches an index for texts."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Nothing is asked yet."""
        self._database = database
        self._spelling: Spelling | None = None
        self._found: dict[str, tuple[int, str]] = {}
        """Pattern -> the highest number of a word that was searched, and those found."""

    def words(self, pattern: str) -> str:
        """The numbers of the words that are LIKE a pattern.

        They only grow, and what has one stays as it is: none is searched twice.
        """
        ask = self._database.execute
        before, found = self._found.get(pattern, (-1, "[]"))
        highest = ask("SELECT max(word) FROM word").fetchone()[0]
        if highest > before:
            query = "SELECT word FROM word WHERE word > ? AND text LIKE ? ESCAPE '\\'"
            found = json.dumps(json.loads(found) + [row[0] for row in ask(query, (before, pattern))])
            if len(self._found) >= KEPT_WORDS and pattern not in self._found:
                self._found.clear()
            self._found[pattern] = highest, found
        return found

    def shown(self, pattern: str) -> str:
        """The connections of which anything that is shown, or of an exchange, is LIKE `pattern`: `%` around a text."""
        text = re.sub(r"\\(.)", r"\1", pattern[1:-1], flags=re.DOTALL)
        words, candidates = self.words(pattern), self._candidates(text)
        parts = _FEW_WORDS if words.count(",") < MANY_WORDS else _MANY_WORDS
        if words == "[]":
            parts = []
        for table, columns in SPELT.items():
            spelt = " OR ".join(f"t.{column} LIKE :pattern ESCAPE '\\'" for column in columns)
            # What a client's address and port are made of is not put together a million times for what is in neither.
            stored = table if candidates is not None or _PORT.search(text) else f"{table}_row"
            parts = [*parts, f"SELECT connection FROM {stored} t WHERE {_AMONG[candidates is not None]} ({spelt})"]  # noqa: S608 - columns of ours
        return self._answer(" UNION ALL ".join(parts), words=words, pattern=pattern, candidates=candidates)

    def targets(self, text: str) -> str:
        """The connections with an exchange whose target holds `text`, in either case, even behind a NUL."""
        candidates = self._candidates(text)
        among = _AMONG[candidates is not None]
        query = f"SELECT connection FROM exchange_row t WHERE {among} instr(lower(target), lower(:text)) > 0"  # noqa: S608 - ours
        return self._answer(query, text=text, candidates=candidates)

    def _candidates(self, text: str) -> str | None:
        self._spelling = self._spelling or Spelling(self._database)
        found = self._spelling.candidates(text)
        return None if found is None else json.dumps(found)

    def _answer(self, query: str, **values: str | None) -> str:
        whole = f"{_GIVEN} SELECT json_group_array(DISTINCT connection) FROM ({query})"  # noqa: S608 - columns of ours
        answer: str = self._database.execute(whole, {"words": "[]", **values}).fetchone()[0]
        return answer


_PORT = re.compile(r"[][:]|\A[0-9]*\Z")
"""What a text has that may be in a client's address and port, and not in the address alone."""
_GIVEN = (
    "WITH w(word) AS MATERIALIZED (SELECT value FROM json_each(:words)),"
    " k(connection) AS MATERIALIZED (SELECT value FROM json_each(:candidates))"
)
_AMONG = {True: "t.connection IN k AND", False: ""}
_STORED = {table: [WORDS[table][name] for name in names if name in WORDS[table]] for table, names in _SHOWN.items()}
_FEW_WORDS = [
    f"SELECT connection FROM {table}_row WHERE {stored} IN w"  # noqa: S608 - columns of ours
    for table, names in _STORED.items()
    for stored in names
]
_CLIENT = "client_ip_word IN w AND client_port IS NOT NULL"
_FEW_WORDS.append(f"SELECT connection FROM connection_row WHERE {_CLIENT}")  # noqa: S608 - the same
_MANY_WORDS = [
    f"SELECT connection FROM {table}_row WHERE {' OR '.join(f'+{stored} IN w' for stored in names)}"  # noqa: S608 - the same; a + keeps from using an index
    for table, names in _STORED.items()
]
_MANY_WORDS.append(_FEW_WORDS[-1])
