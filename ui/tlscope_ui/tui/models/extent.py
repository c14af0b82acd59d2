"""How much of a capture is exported: a row, the marked rows, what a filter shows, everything.

    extents = [Extent("connection 3, the selected one", "3", rows=frozenset({Selected(3)})), Extent("everything")]
    those = offered(extents, "pcapng")              those that make sense in a format
    those[0].taken(directory, "pcapng") -> Taken    in a thread: which connections and exchanges, and how many

Some formats hold exchanges, and others connections as a whole, as with `tlscope export`: in the first a filter chooses
among exchanges, and an exchange can be had alone; in the others what holds it is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.filter.answering import answering
from tlscope_ui.cli.export import OF_EXCHANGES, exchanges_of
from tlscope_ui.cli.filters import numbers_of, understood

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tlscope.capture.index import Index
    from tlscope_ui.tui.models.rows import Selected

OF_ONE = frozenset({"raw"})
"""Formats of one connection."""


class Taken(NamedTuple):
    """What an export takes in."""

    numbers: frozenset[int] | None
    """The connections; None for all."""
    exchanges: dict[int, set[int]] | None
    """Their exchanges; None for all of them, or where the format knows none."""
    counted: str
    """How many of what, in words."""
    nothing: bool = False


class Extent(NamedTuple):
    """A choice."""

    title: str
    name: str = ""
    """Goes into the file's name."""
    rows: frozenset[Selected] | None = None
    """Connections and exchanges, by number; None for those that the filter selects."""
    filter: str = ""
    """In the language of filters; empty for all."""
    alone: bool = False
    """Whether it is an exchange without the others of its connection."""

    def fits(self, format_: str) -> bool:
        """Whether it makes sense in a format."""
        if format_ in OF_EXCHANGES:
            return True
        return not self.alone and (format_ not in OF_ONE or len({row.connection for row in self.rows or ()}) == 1)

    def taken(self, directory: Path, format_: str) -> Taken:
        """What it is by now; in a thread. Raises Failure where the filter makes no sense."""
        with answering(directory) as index:
            return self._exchanges(index) if format_ in OF_EXCHANGES else self._connections(index)

    def _connections(self, index: Index) -> Taken:
        where = understood((self.filter,))
        if self.rows is not None:
            numbers = frozenset(row.connection for row in self.rows)
        elif where is not None:
            numbers = numbers_of(index, where)
        else:
            total = index.count()
            return Taken(None, None, counted(total, "connection"), not total)
        return Taken(numbers, None, counted(len(numbers), "connection"), not numbers)

    def _exchanges(self, index: Index) -> Taken:
        where = understood((self.filter,), "exchange")
        if self.rows is None and where is None:
            ((many, among),) = index.database.execute(
                "SELECT COUNT(*), COUNT(DISTINCT connection) FROM exchange_row"
            ).fetchall()
            return Taken(None, None, _of(many, among), not many)
        if self.rows is None:
            found = exchanges_of(index, where, frozenset())
        else:
            found = _among(exchanges_of(index, None, frozenset(row.connection for row in self.rows)), self.rows)
        many = sum(map(len, found.values()))
        return Taken(frozenset(found), found, _of(many, len(found)), not many)


def offered(extents: Iterable[Extent], format_: str) -> list[Extent]:
    """Those that make sense in a format."""
    return [extent for extent in extents if extent.fits(format_)]


def counted(many: int, what: str) -> str:
    """How many there are, in words."""
    return f"{many:,} {what}{'' if many == 1 else 's'}" if many else f"no {what}"


def _of(many: int, among: int) -> str:
    return f"{counted(many, 'exchange')} of {counted(among, 'connection')}" if many else "no exchange of HTTP"


def _among(found: dict[int, set[int]], rows: frozenset[Selected]) -> dict[int, set[int]]:
    """Of the exchanges of some connections, those that are named, and all of a connection that is."""
    whole = {row.connection for row in rows if not row.exchange}
    named = {(row.connection, row.exchange) for row in rows}
    left = {
        number: exchanges if number in whole else {one for one in exchanges if (number, one) in named}
        for number, exchanges in found.items()
    }
    return {number: exchanges for number, exchanges in left.items() if exchanges}
