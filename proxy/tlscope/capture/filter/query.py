"""Filters as SQL: what a person types, as a condition on the rows of the index.

    where = compile('host ~ "example" and http.response.code >= 400', now=time.time())
    prepare(database, body=look_into_the_journal)
    database.execute(f"SELECT ... FROM connection c WHERE {where.sql}", where.parameters)

The rows are those of `connection c`, or with `row="exchange"` those of `exchange e JOIN connection c`. Nothing that was
typed is ever part of the SQL: it is made of the catalogue's columns (fields.py) and of parameters. What conditions mean
is said in compiler.py.

A row that others hang on can be found in two ways. `sql` looks for the exchanges, or for the texts, first and then for
the rows that have them, which is quick where all rows are asked; `each` looks at what the one connection has that it is
asked about, which is quick where that is known. A View (view.py) uses both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlscope.capture.filter.compiler import Compiler, Row
from tlscope.capture.filter.functions import prepare
from tlscope.capture.filter.grammar import FilterError, parse

if TYPE_CHECKING:
    from tlscope.capture.filter.pieces import Parameter

__all__ = ["FilterError", "Where", "compile", "prepare"]


@dataclass(frozen=True, slots=True)
class Where:
    """A condition for SQL's WHERE."""

    sql: str
    parameters: tuple[Parameter, ...] = ()
    each: str = "1"
    """The same condition, with the same parameters, for looking at few rows; `prepare` teaches what both use."""
    body: tuple[bytes, ...] = ()
    """What is searched for in application data: where there is any, `prepare` must be told how."""
    hints: tuple[str, ...] = ()
    """What may not be meant as it was understood, in sentences; a filter for all that is no error."""
    words: tuple[str, ...] = ()
    """What stands alone, and is searched for in all that is shown: not in heads and contents."""


def compile(text: str, now: float, row: Row = "connection") -> Where:  # noqa: A001 - as re.compile
    """The condition that `text` says; `now` is seconds since the epoch. Raises FilterError, and nothing else."""
    tree = parse(text)
    if tree is None:
        return Where("1")
    compiler, stepping = Compiler(now, row), Compiler(now, row, stepping=True)
    try:
        whole = compiler.closed(compiler.compile(tree))
        each = stepping.closed(stepping.compile(tree))
    except FilterError as error:
        error.text = text
        raise
    searched = tuple(compiler.needles), tuple(compiler.hints), tuple(compiler.words)
    return Where(whole.sql, whole.parameters, each.sql, *searched)
