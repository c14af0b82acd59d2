"""The data of a connection as it passed, piece by piece: when, which way, how much, and where in its stream.

    ▲ client → server  12:04:31.204 +3.0 ms  37 B at 0x0  ◂ exchange 1 begins here
      │ GET / HTTP/1.1

Strings are put in as they came: Screen (output.py) makes them safe. Lines are told of what `seen` gives in the place of
the bytes, as many; objects hold them as they are.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.capture.format import FLAG_DOWN, Kind
from tlscope.capture.lookup import Gone
from tlscope.capture.summary import rfc3339
from tlscope.events import Data, Direction
from tlscope.export.jsonl import DIRECTIONS
from tlscope.export.text import text_of
from tlscope_ui.telling import Span
from tlscope_ui.telling.fitting import BAR, folded
from tlscope_ui.telling.lines import ARROWS, elapsed, stamp
from tlscope_ui.text import hex_lines, lines_of, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tlscope.capture.index import Index
    from tlscope_ui.telling import Line

    Seen = Callable[[int, bytes], bytes]
    """Gives what is shown of bytes that begin at a place of all that passed, in both directions and its order."""

WHO = {Direction.UP: ("client", "client → server"), Direction.DOWN: ("server", "server → client")}
"""Style and words of a direction."""
INDENT = "  "


class Passed(NamedTuple):
    """One piece: what a peer's library gave at once, in a record of TLS or several."""

    direction: Direction
    offset: int
    """In the stream of its direction."""
    length: int
    wall: int
    """0 where the journal holds it no more."""
    data: bytes
    """As much of it as is shown."""

    @property
    def left_out(self) -> int:
        """Bytes that are there, and not shown."""
        return self.length - len(self.data) if self.wall else 0


def pieces(index: Index, connection: int, limit: int | None) -> Iterator[Passed]:
    """All that passed, in its order, one piece at a time; with `limit` bytes of it all, None for every byte."""
    left = limit
    for place in index.lookup.places(connection):
        if place.kind != Kind.DATA:
            continue
        way = Direction.DOWN if place.flags & FLAG_DOWN else Direction.UP
        head, data = index.lookup.head(connection, place), b""
        if head is not None and left != 0:  # what is not shown is not read
            record = index.lookup.record(connection, place)
            event = None if isinstance(record, Gone) else record.event
            data = event.data[:left] if isinstance(event, Data) else b""
            left = None if left is None else left - len(data)
        yield Passed(way, place.offset, place.size, head.wall if head else 0, data)


def piece_line(direction: Direction, wall: int | None, began: int | None, length: int, offset: int) -> Line:
    """What stands before a piece; no time is known of what is gone."""
    style, words = WHO[direction]
    when = f"{stamp(wall)} {elapsed(wall - (began or wall))}" if wall else "gone from the journal"
    return [Span(f"{ARROWS[direction]} {words}", style), Span(f"  {when}  {size(length)} at {offset:#x}", "dim")]


def told(
    index: Index, connection: int, limit: int | None, width: int | None, seen: Seen, *, as_hex: bool = False
) -> Iterator[Line]:
    """The pieces as text where they are text, else as a hex dump; of all, `limit` bytes, None for all of them."""
    begins, began, hidden, at = _begins(index, connection), 0, 0, 0
    for piece in pieces(index, connection, limit):
        began = began or piece.wall
        line = piece_line(piece.direction, piece.wall, began, piece.length, piece.offset)
        listed = begins[piece.direction]
        here = slice(*(bisect_left(listed, (each,)) for each in (piece.offset, piece.offset + piece.length)))
        line += [Span(f"  ◂ {words} begins here", "strong") for _, words in listed[here]]
        yield from folded(line, width, INDENT)
        yield from _data(seen(at, piece.data), piece.offset, width, as_hex=as_hex)
        at += piece.length
        if piece.left_out:
            yield [INDENT, f"… and {size(piece.left_out)} more"]
            hidden += piece.left_out
    if hidden:
        yield [f"{size(hidden)} of data left out; --all shows it, --max-data BYTES more of it"]


def _data(data: bytes, offset: int, width: int | None, *, as_hex: bool) -> Iterator[Line]:
    lines = None if as_hex else lines_of(data)
    if lines is None:
        for dumped in hex_lines(data, offset):
            yield from folded([INDENT, dumped], width, INDENT)
    elif data:
        for text in lines:
            yield from folded([f"{INDENT}{BAR}{text}".rstrip()], width, f"{INDENT}{BAR}")


def objects(index: Index, connection: int, limit: int | None) -> Iterator[dict[str, Any]]:
    """The same as objects; all of the data unless there is a limit."""
    began = 0
    for piece in pieces(index, connection, limit):
        began = began or piece.wall
        text = text_of(piece.data)
        yield {
            "time": rfc3339(piece.wall) if piece.wall else None,
            "elapsed_us": (piece.wall - began) // 1000 if piece.wall else None,
            "direction": DIRECTIONS[piece.direction],
            "offset": piece.offset,
            "length": piece.length,
            **({"hex": piece.data.hex()} if text is None else {"text": text}),
            **({"left_out": piece.left_out} if piece.left_out else {}),
        }


def _begins(index: Index, connection: int) -> dict[Direction, list[tuple[int, str]]]:
    """Where exchanges begin in each direction, as far as they were found; in order."""
    found: dict[Direction, list[tuple[int, str]]] = {way: [] for way in Direction}
    after = None
    while rows := index.exchanges("e.connection = ?", (connection,), after=after):
        for row in rows:
            # Streams with even numbers are the server's: it has promised the request (RFC 9113 section 5.1.1).
            asked = Direction.DOWN if row["stream"] and row["stream"] % 2 == 0 else Direction.UP
            for way, at, words in (
                (asked, row["request_start"], "exchange {}"),
                (Direction.DOWN, row["response_start"], "response of exchange {}"),
            ):
                if at is not None:
                    found[way].append((at, words.format(row["exchange"])))
        after = connection, rows[-1]["exchange"]
    return {way: sorted(listed) for way, listed in found.items()}
