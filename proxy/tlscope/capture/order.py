"""What a view is in the order of: any column of a connection, and what follows from two.

    order = Order("host", descending=True)
    order.value                           what rows are sorted by, as SQL; "" in the order of the numbers
    order.comparable(database, found)     the values found so, in a form in which all can be compared
    order.first(each, limit)              questions for the first rows, where the database has an index of that column

Equal values are in the order of the connections' numbers, rows without a value before all others; descending ones are
the other way round in both. A text that stands in a table of its own (schema.py, `word`) is asked for by
its number: many rows have few texts.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from tlscope.capture.gathering import SEPARATOR
from tlscope.capture.schema import CONNECTION, INDEXED, WORDS

if TYPE_CHECKING:
    import sqlite3

LEAST = -(1 << 63)
"""What stands for a number that a row does not have, as NULL does in an order of SQLite's: it is below the others."""
ASKED = 500
"""Numbers in a question: SQLite before 3.32 takes a thousand parameters."""

ORDERS = {
    **{name: f"c.{name}" for name in CONNECTION},
    "duration": "c.closed - c.opened",
    "size": "c.up + c.down",
}
"""The columns, and what follows from two."""
_INDEXED = frozenset({*INDEXED["connection"], *INDEXED["connection sparse"]})


class Order:
    """One of ORDERS, in one direction."""

    def __init__(self, name: str, *, descending: bool) -> None:
        """By a column's name, or another of ORDERS."""
        self.descending = descending
        self.word = WORDS["connection"].get(name, "")
        """The column that has the number of a text, where the order is by that text."""
        self.is_text = CONNECTION.get(name) == "TEXT"
        self.has_index = name in _INDEXED
        self._column = ORDERS[name]
        self.value = "" if name == "connection" else self._value()
        self._texts: dict[int, str] = {}

    def _value(self) -> str:
        """SQL that is never NULL: an integer, a text, or a word's number."""
        if self.word:
            return f"coalesce(c.{self.word}, 0)"  # no text sorts as the empty one does
        if self.is_text:
            return f"replace(coalesce({self._column}, ''), char({SEPARATOR}), ' ')"
        return f"CAST(coalesce({self._column}, {LEAST + 1} - 1) AS INTEGER)"  # a sum of very large numbers is REAL

    def comparable(self, database: sqlite3.Connection, found: list[Any]) -> list[str] | array[int]:
        """Values as they were found, in a form in which all can be compared: texts, or integers."""
        if self.word:
            self._learn(database, found)
            return list(map(self._texts.__getitem__, found))
        return found if self.is_text else array("q", found)

    def _learn(self, database: sqlite3.Connection, words: list[int]) -> None:
        """Ask for the texts that are not known yet."""
        new = [word for word in set(words) if word not in self._texts]
        for i in range(0, len(new), ASKED):
            some = new[i : i + ASKED]
            query = f"SELECT word, text FROM word WHERE word IN ({', '.join('?' * len(some))})"  # noqa: S608 - marks only
            self._texts.update(tuple(row) for row in database.execute(query, some))

    def first(self, each: str, limit: int) -> list[str]:
        """Questions for the connections that `each` selects, which an index answers: so many of each at the most.

        Their answers, one behind the other, begin with the first `limit` rows of this order.
        """
        way, stored = "DESC" if self.descending else "ASC", self.word
        if not stored:
            rows = f"SELECT c.connection FROM connection c WHERE ({each})"  # noqa: S608 - query.py binds what users write
            return [f"{rows} ORDER BY {self._column} {way}, c.connection {way} LIMIT {limit}"]
        # In the order of the texts, which their numbers know nothing of; no text sorts as the empty one does.
        ordered = (
            f"SELECT c.connection FROM word w CROSS JOIN connection c ON c.{stored} = w.word"  # noqa: S608 - the same
            f" WHERE w.word <> 0 AND ({each}) ORDER BY w.text {way}, c.connection {way} LIMIT {limit}"
        )
        without = (
            f"SELECT c.connection FROM connection c WHERE (c.{stored} IS NULL OR c.{stored} = 0) AND ({each})"  # noqa: S608 - the same
            f" ORDER BY c.connection {way} LIMIT {limit}"
        )
        return [ordered, without] if self.descending else [without, ordered]
