"""What a client and its server said to each other, read as people read it: heads and contents, decoded and laid out.

    for line in told(index, connection, limit): screen.line(*line)

Strings are put in as they came: Screen (output.py) makes them safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.exchanges import DOWN, UP, body, exchanges
from tlscope.export.har import url_of
from tlscope.wire.content import describe
from tlscope.wire.http.exchange import RequestHead
from tlscope_ui.cli.lines import ARROWS
from tlscope_ui.cli.output import Span
from tlscope_ui.text import size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.capture.exchanges import Exchange
    from tlscope.capture.index import Index
    from tlscope.events import Direction
    from tlscope.wire.http.exchange import ResponseHead

Line = list[str | Span]


def told(index: Index, connection: int, limit: int | None) -> Iterator[Line]:
    """The exchanges of a connection; of each content `limit` characters, None for all. Nothing where it was no HTTP."""
    row = index.connection(connection)
    if row is None:
        return
    for exchange in exchanges(index.lookup, connection, row["client_alpn"] or row["server_alpn"] or ""):
        url = url_of(exchange.request, row) if exchange.request else "?"
        status = exchange.response.status if exchange.response else "no response"
        method = exchange.request.method if exchange.request else "?"
        yield [Span(f"exchange {exchange.number}", "strong"), f", {method} {url} → {status}{_time(exchange)}"]
        for direction, head in ((UP, exchange.request), (DOWN, exchange.response)):
            if head is not None:
                yield from _head(direction, head)
                yield from _content(index, exchange, direction, head, limit)
        if exchange.upgraded:
            yield ["  ", Span(f"from here on {exchange.upgraded}", "strong")]
        for oddity in exchange.oddities:
            yield ["  ", Span(oddity.code, "bad"), f": {oddity.text}"]


def _time(exchange: Exchange) -> str:
    ended = max(exchange.up.ended, exchange.down.ended)
    return f", {(ended - exchange.started) / 1e6:.1f} ms" if ended else ""


def _head(direction: Direction, head: RequestHead | ResponseHead) -> Iterator[Line]:
    words = (head.method, head.target) if isinstance(head, RequestHead) else (str(head.status), head.reason)
    yield ["  ", ARROWS[direction], " ", Span(" ".join(filter(None, (*words, head.version))), "strong")]
    for header in head.headers:
        yield ["    ", Span(header.name.decode("latin-1"), "dim"), f": {header.text}"]


def _content(
    index: Index, exchange: Exchange, direction: Direction, head: RequestHead | ResponseHead, limit: int | None
) -> Iterator[Line]:
    if not exchange.side(direction).spans:
        return
    content = body(index.lookup, exchange, direction)
    types = [header.text for header in head.headers if header.key == "content-type"]
    what = describe(types[0] if types else "", content.data)
    undone = f", {' and '.join(content.codings)} undone" if content.codings else ""
    yield ["    ", Span(what.summary, "strong"), f" ({size(content.size)}{undone})"]
    text = what.text if limit is None else what.text[:limit]
    for line in text.splitlines():
        yield ["    │ ", line]
    if len(text) < len(what.text):
        yield ["    … and more: --all shows it"]
    for problem in filter(None, (content.problem, what.problem)):
        yield ["    ", Span(problem, "bad")]
    for header in exchange.side(direction).trailers:
        yield ["    ", Span(header.name.decode("latin-1"), "dim"), f": {header.text}"]
