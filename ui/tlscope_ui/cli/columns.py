"""`tlscope list --columns`: what the columns of the screen's list say, in lines.

    chosen = named("time,what,ja4")
    of_connections(chosen, live=True), of_exchanges(chosen, masked=True), of_hosts(chosen)

Each is the columns of a table (table.py), behind those that say which row it is.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from tlscope_ui.cli.output import Failure
from tlscope_ui.cli.table import Column, Row
from tlscope_ui.telling import Span
from tlscope_ui.tui.models.columns import BY_KEY, final, unmasked

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from tlscope_ui.tui.models.columns import Column as OnScreen
    from tlscope_ui.tui.models.hosts import Host

USAGE = 2
FIRST = 10
"""What those are kept by that say which row it is: more than any other (tui/models/columns.py)."""


def named(keys: str) -> list[OnScreen]:
    """The columns of these names, in their order, each once; ends with exit code 2 where one is none."""
    wanted = dict.fromkeys(key for key in keys.replace(",", " ").split())
    for key in wanted:
        if key not in BY_KEY:
            near = difflib.get_close_matches(key, BY_KEY, 1)
            known = f"there are: {', '.join(BY_KEY)}"
            raise Failure(f"no column is called {key}", f"did you mean {near[0]}?" if near else known, USAGE)
    if not wanted:
        raise Failure("--columns names none", f"there are: {', '.join(BY_KEY)}", USAGE)
    return [BY_KEY[key] for key in wanted]


def of_connections(chosen: Sequence[OnScreen], *, live: bool) -> list[Column[sqlite3.Row]]:
    """What they say of connections; `live` says whether a recorder still writes to the capture."""
    outcome = BY_KEY["outcome"].connection if live else final
    number: Column[sqlite3.Row] = Column("#", lambda row: Span(str(row["connection"]), "strong"), FIRST, right=True)
    return [number, *(_column(each, outcome if each.key == "outcome" else each.connection) for each in chosen)]


def of_exchanges(chosen: Sequence[OnScreen], *, masked: bool) -> list[Column[sqlite3.Row]]:
    """What they say of exchanges."""
    return [
        Column("#", lambda row: Span(str(row["connection"]), "strong"), FIRST, right=True),
        Column("exch", lambda row: Span(str(row["exchange"]), "strong"), FIRST, right=True),
        *(_column(each, unmasked if each.key == "what" and not masked else each.exchange) for each in chosen),
    ]


def of_hosts(chosen: Sequence[OnScreen]) -> list[Column[Host]]:
    """What they say of hosts; the name is first where it is not among them."""
    listed = chosen if BY_KEY["what"] in chosen else [BY_KEY["what"], *chosen]
    return [_column(each, each.host) for each in listed]


def _column(shown: OnScreen, cell: Callable[[Row], Span]) -> Column[Row]:
    return Column(shown.key, cell, shown.keep, shown.right)
