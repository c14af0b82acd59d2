"""One side of an exchange, as the screen shows it: its head, its content, its trailers.

side = read(index, directory, selected, Direction.UP)
side.head(masked=True), side.coded, side.tail(masked=True)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.exchanges import UP, Exchange, exchanges
from tlscope.events import Direction
from tlscope.wire.http.exchange import RequestHead, ResponseHead
from tlscope.wire.http.observe import observe
from tlscope_ui.telling import Span
from tlscope_ui.telling.exchanges import field_lines, head_lines
from tlscope_ui.tui.models.content import Coded
from tlscope_ui.tui.models.keynames import key
from tlscope_ui.tui.models.octets import recorded

if TYPE_CHECKING:
    from pathlib import Path

    from tlscope.capture.index import Index
    from tlscope_ui.telling import Line
    from tlscope_ui.tui.models.rows import Selected

NAMES = ("request", "response")
LARGE = 1 << 20
"""Bytes from which on an exchange is not read through to be shown."""


class Side(NamedTuple):
    """A request, or a response."""

    selected: Selected
    direction: Direction
    of: int
    """Exchanges of the connection."""
    exchange: Exchange | None
    coded: Coded | None
    """Its content; None for none."""

    @property
    def over(self) -> bool:
        """Whether nothing will be added to it."""
        return self.exchange is not None and self.exchange.side(self.direction).over

    def head(self, *, masked: bool) -> list[Line]:
        """What stands before the content."""
        name, exchange = NAMES[self.direction], self.exchange
        if exchange is None:
            which = f" {self.selected.exchange}" if self.selected.exchange else ""
            said = f"There is no exchange{which} of HTTP here that could be read: Bytes shows what passed."
            return [[Span(said, "dim")]]
        lines: list[Line] = []
        if not self.selected.exchange and self.of > 1:
            said = f"exchange {exchange.number} of {self.of}: the list shows them all ({key('unfold')})"
            lines.append([Span(said, "dim")])
        if self.direction is not UP:
            for interim in exchange.interim:
                lines += head_lines(self.direction, interim, masked=masked)
        head = exchange.request if self.direction is UP else exchange.response
        if head is None:
            return [*lines, [Span(f"no {name} was seen", "dim")]]
        lines += head_lines(self.direction, head, masked=masked)
        lines += [
            ["  ", Span(odd.code, "bad"), f": {odd.text}"]
            for odd in exchange.oddities
            if odd.direction is self.direction
        ]
        if exchange.upgraded and self.direction is not UP:
            lines.append(["  ", Span(f"from here on {exchange.upgraded}: Messages shows it", "strong")])
        return [*lines, [Span("─" * 24, "dim")]] if self.coded else lines  # that there is none is told above

    def tail(self, *, masked: bool) -> list[Line]:
        """What stands behind it."""
        trailers = self.exchange.side(self.direction).trailers if self.exchange else ()
        return [[Span("trailers", "strong")], *field_lines(trailers, masked=masked)] if trailers else []


def read(index: Index, directory: Path, selected: Selected, direction: Direction) -> Side:
    """Find an exchange again in the journal: the one that is selected, or a connection's first."""
    row = index.connection(selected.connection)
    if row is None:
        return Side(selected, direction, 0, None, None)
    number = selected.exchange or 1
    exchange = _large(index, selected.connection, number)
    if exchange is None:
        said = exchanges(index.lookup, selected.connection, row["client_alpn"] or row["server_alpn"] or "")
        exchange = next((found for found in said if found.number == number), None)
    coded = _coded(index, directory, exchange, direction) if exchange else None
    return Side(selected, direction, row["exchanges"] or 0, exchange, coded)


def _large(index: Index, connection: int, number: int) -> Exchange | None:
    """A large exchange of HTTP/1 by its heads alone, where these say where its content lies; else None.

    To read a hundred megabytes only to find out where they end takes longer than anybody waits for a first screen.
    """
    found = index.exchanges("e.connection = ? AND e.exchange = ?", (connection, number), limit=1)
    row = found[0] if found else None
    if row is None or not (row["version"] or "").startswith("HTTP/1") or row["oddities"] or not row["ended"]:
        return None
    spans = [(row[f"{name}_start"], row[f"{name}_head"], row[f"{name}_end"]) for name in NAMES]
    if any(part is None for span in spans for part in span) or sum(end - start for start, _, end in spans) < LARGE:
        return None
    exchange, observer = Exchange(connection, number, row["started"]), observe("http/1.1", keep=0)
    for direction, (start, length, _) in zip(Direction, spans, strict=True):
        data = index.lookup.span(connection, direction, start, start + length).data
        for event in observer.feed(direction, data, start):
            if isinstance(event, RequestHead):
                exchange.request = event
            elif isinstance(event, ResponseHead) and not event.interim:
                exchange.response = event
    heads = exchange.request, exchange.response
    if not all(_plain(head, *span) for head, span in zip(heads, spans, strict=True)):
        return None
    for direction, (start, length, end) in zip(Direction, spans, strict=True):
        side = exchange.side(direction)
        side.spans = [(start + length, end)] if end > start + length else []
        side.over = side.whole = True
    return exchange


def _plain(head: RequestHead | ResponseHead | None, start: int, length: int, end: int) -> bool:
    """Whether all behind a head is its content, and all of that has come (RFC 9112 section 6.3)."""
    keys = {header.key: header.text for header in head.headers} if head else {}
    return (
        head is not None
        and head.length == length
        and not keys.keys() & {"transfer-encoding", "upgrade", "trailer"}
        and keys.get("content-length", "0") == str(end - start - length)
    )


def _coded(index: Index, directory: Path, exchange: Exchange, direction: Direction) -> Coded | None:
    side = exchange.side(direction)
    if not side.spans:
        return None
    head = exchange.request if direction is UP else exchange.response
    headers = head.headers if head else ()
    codings = tuple(header.text for header in headers if header.key == "content-encoding")
    types = [header.text for header in headers if header.key == "content-type"]
    source = recorded(index, directory, exchange.connection, direction, side.spans)
    problem = "" if side.whole else "cut short" if side.over else "it has not all come yet"
    if len(source) < side.size:
        problem = f"{side.size - len(source)} bytes are gone from the journal"
    request = exchange.request
    name = request.target if isinstance(request, RequestHead) and direction is not UP else ""
    return Coded(source, codings, types[0] if types else "", name.partition("?")[0], problem)
