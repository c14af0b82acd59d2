"""What a filter on the command line selects.

    @filter_argument
    def command(filter_: tuple[str, ...], ...):
        numbers = selected(directory, filter_)          the connections, or None where there is no filter

The language is explained in the README; `tlscope list 'host ~ "example"'` is an example. The index answers: it is
brought up to date first.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import rich_click as click

from tlscope_ui.cli.captures import follow
from tlscope_ui.cli.output import Failure, Screen, complain
from tlscope_ui.telling import Span
from tlscope_ui.telling.fitting import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tlscope.capture.filter.compiler import Row
    from tlscope.capture.filter.query import Where
    from tlscope.capture.index import Index

USAGE = 2
HANGING = 4
"""Columns before the further lines of a finding's reason."""


def filter_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """The FILTER that commands have; the parameter is called `filter_`, a tuple of the words as given."""
    return click.argument("filter_", metavar="[FILTER]...", nargs=-1)(command)


def fields_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The `--fields` that prints what a filter can ask for, and ends."""
    shown = click.option(
        "--fields", is_flag=True, is_eager=True, expose_value=False, callback=_fields,
        help="What FILTER can ask for: all fields, and all kinds of findings.",
    )  # fmt: skip
    return shown(command)


def _fields(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if not wanted:
        return
    from tlscope.capture.filter.fields import FIELDS  # noqa: PLC0415 - as in `understood`

    screen = Screen()
    width = max(len(field.name) for field in FIELDS)
    for field in FIELDS:
        screen.line(Span(f"{field.name:<{width}}", "strong"), f"  {field.note}")
    _findings(screen)
    screen.flush()
    ctx.exit()


def _findings(screen: Screen) -> None:
    """What `findings ==` can be compared with, the gravest first; what is odd about HTTP has no severity there."""
    from tlscope.wire.tls.meaning.finding import KINDS  # noqa: PLC0415 - as in `understood`

    screen.line()
    screen.line("What is found about the TLS of a connection, for `findings == CODE`:")
    screen.line()
    code_width = max(map(len, KINDS))
    for code, kind in sorted(KINDS.items(), key=lambda item: (-item[1].severity, item[0])):
        head = Span(f"{code:<{code_width}}", "strong"), f"  {kind.severity.name:<8}  "
        for line in folded([*head, f"{kind.why} ({kind.reference})"], screen.width, " " * HANGING):
            screen.line(*line)


def understood(words: tuple[str, ...], row: Row = "connection") -> Where | None:
    """The condition that the words make, None for none; ends with exit code 2 where they make no sense."""
    text = " ".join(words)
    if not text.strip():
        return None
    # lark and sqlite3 are loaded by those who filter only.
    from tlscope.capture.filter.query import FilterError, compile as compile_filter  # noqa: I001, PLC0415 (see above)

    try:
        where = compile_filter(text, time.time(), row)
    except FilterError as error:
        error.text = text
        complain(*error.describe().split("\n")[:2])
        raise Failure(error.what, error.suggestion or "quote what is text: 'host ~ \"example\"'", USAGE) from None
    for hint in where.hints:
        complain(f"note: {hint}")
    return where


def selected(directory: Path, words: tuple[str, ...]) -> frozenset[int] | None:
    """The numbers of the connections that a filter selects, None where there is no filter."""
    where = understood(words)
    if where is None:
        return None
    with opened(directory) as index:
        return numbers_of(index, where)


def numbers_of(index: Index, where: Where) -> frozenset[int]:
    """The numbers of the connections that a condition selects."""
    return frozenset(number for (number,) in index.every(where.sql, where.parameters, columns="c.connection"))


def nothing_in(directory: Path, where: Where | None, what: str = "connection") -> Iterator[str]:
    """What is said where there is nothing to show, in lines; a word may be where filters do not look."""
    yield f"{directory} holds no {what} {'yet' if where is None else 'that the filter selects'}"
    if where is not None and where.words:
        yield f"Next: {follow('search', directory, where.words[0])} looks into heads and contents"


def no_such(connection: int, directory: Path) -> Failure:
    """What ends a command that is about a connection which is not there."""
    return Failure(
        f"there is no connection {connection} in {directory}", f"see which there are: {follow('list', directory)}"
    )


def check_exchange(directory: Path, index: Index, connection: int, exchange: int) -> None:
    """Raise Failure where a connection has no such exchange."""
    if not index.exchanges("e.connection = ? AND e.exchange = ?", (connection, exchange), limit=1):
        raise Failure(
            f"connection {connection} has no exchange {exchange}",
            f"see which there are: {follow('show', directory, connection, '--exchanges')}",
        )


def opened(directory: Path) -> Index:
    """The index of a capture, up to date and ready for filters; raises Failure where there is none."""
    import sqlite3  # noqa: PLC0415 - as in `understood`

    from tlscope.capture import inspector  # noqa: PLC0415 - as in `understood`
    from tlscope.capture.filter.answering import answering  # noqa: PLC0415 - as in `understood`
    from tlscope.capture.schema import Stale  # noqa: PLC0415 - as in `understood`

    try:
        if not inspector.is_current(directory) and not inspector.catch_up(directory):
            complain("note: another inspector is still at work: the newest connections may be missing")
        return answering(directory)
    except (OSError, sqlite3.Error, Stale) as error:
        raise Failure(f"{directory} cannot be indexed: {error}", "is the directory writable, the disk full?") from None


class Choice:
    """Which connections of a growing capture a filter selects, as far as the index knows them by now."""

    def __init__(self, directory: Path, where: Where) -> None:
        """Have an inspector at work on the capture."""
        from tlscope.capture import inspector  # noqa: PLC0415 - as in `understood`

        self._directory, self._where = directory, where
        self._index: Index | None = None
        self._changes = -1
        inspector.ensure(directory)

    def look(self, numbers: Iterable[int]) -> list[int]:
        """Those of `numbers` that are selected now, in their order; empty, too, where the index has not changed."""
        from tlscope.capture.filter.answering import answering  # noqa: PLC0415 - as in `understood`
        from tlscope.capture.schema import Stale  # noqa: PLC0415 - as in `understood`

        try:
            self._index = self._index or answering(self._directory)
        except Stale:  # the inspector has not begun
            return []
        if (changes := self._index.changes) == self._changes:
            return []
        self._changes = changes
        query = f"SELECT 1 FROM connection c WHERE c.connection = ? AND ({self._where.each})"  # noqa: S608 - compiled
        ask = self._index.database.execute
        return [number for number in sorted(numbers) if ask(query, (number, *self._where.parameters)).fetchone()]

    def last_look(self, numbers: Iterable[int]) -> list[int]:
        """The same once nothing more will come: waits until the index knows all."""
        self.close()
        opened(self._directory).close()
        self._changes = -1
        return self.look(numbers)

    def close(self) -> None:
        """Let go of the index."""
        if self._index:
            self._index.close()
            self._index = None
