"""`tlscope export -f body`: the content of one message, decoded or as it passed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.exchanges import DOWN, exchanges
from tlscope.export.body import NAMES, Missing, Undecodable, Written, content
from tlscope_ui.cli.filters import opened
from tlscope_ui.cli.output import Failure, Screen, complain
from tlscope_ui.cli.writing import free, write
from tlscope_ui.text import size

if TYPE_CHECKING:
    from pathlib import Path

    from tlscope.capture.index import Index
    from tlscope.events import Direction
    from tlscope.export.body import Content

USAGE = 2
NAMED = "name it: -n N --exchange E; tlscope list --exchanges shows which there are"


class Wanted(NamedTuple):
    """What of which exchange."""

    connection: int
    exchange: int
    direction: Direction
    decoded: bool


def the_one(chosen: dict[int, set[int]] | None) -> tuple[int, int]:
    """The exchange that was chosen; Failure where that is none, or several."""
    if chosen is None:
        raise Failure("body is the content of one exchange", NAMED, USAGE)
    listed = [(connection, exchange) for connection, found in chosen.items() for exchange in found]
    if not listed:
        raise Failure("there is no such exchange of HTTP", "see which there are: tlscope list --exchanges")
    if len(listed) > 1:
        raise Failure(f"body is the content of one exchange, and these are {len(listed)}", NAMED, USAGE)
    return listed[0]


def export_body(directory: Path, wanted: Wanted, output: Path | None) -> None:
    """Write it, in a directory under a name that suits it, which is told. Failure where nothing could be written."""
    with opened(directory) as index:
        try:
            there = _found(directory, index, wanted)
            named = output / there.name(decoded=wanted.decoded) if output is not None and output.is_dir() else None
            path = output if named is None else free(named)
            written = Written(there, decoded=wanted.decoded)
            write(written.pieces(index.lookup), path)
        except Undecodable as problem:
            raise Failure(f"{problem}", "write it as it passed: --passed") from None
        except Missing as problem:
            raise Failure(f"{problem}", _next(wanted)) from None
    if written.problem:
        complain(f"note: not all of it is there: {written.problem} ({size(written.length)} were written)")
    if named is not None:
        screen = Screen()
        screen.line(str(path))
        screen.flush()


def _found(directory: Path, index: Index, wanted: Wanted) -> Content:
    row = index.connection(wanted.connection)
    alpn = (row["client_alpn"] or row["server_alpn"] or "") if row else ""
    for exchange in exchanges(index.lookup, wanted.connection, alpn):
        if exchange.number == wanted.exchange:
            return content(directory, index.lookup, exchange, wanted.direction)
    raise Missing(f"exchange {wanted.exchange} cannot be read again: some of its connection is gone from the capture")


def _next(wanted: Wanted) -> str:
    """What else there is to be written."""
    other = "up" if wanted.direction is DOWN else "down"
    shown = f"tlscope show {wanted.connection} --exchange {wanted.exchange}"
    return f"see what there is: {shown}; the {NAMES[other == 'down']} has --direction {other}"
