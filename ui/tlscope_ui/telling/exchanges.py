"""What a client and its server said to each other, read as people read it: heads, contents and messages, decoded.

    for line in told(index, connection, limit): screen.line(*line)

Contents have the views that the screen has, too: `pretty`, laid out as what they are; `raw`, as text as they are, their
codings undone; `passed`, as text or as a dump with these as they passed; `hex`, as a dump; `tree`, field by field.
Secrets in heads, contents and messages are masked unless they are wanted (redact.py).

Strings are put in as they came: Screen (output.py) makes them safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.capture.exchanges import BODY_LIMIT, DOWN, MAX_MESSAGES, UP, body, exchanges
from tlscope.capture.summary import rfc3339
from tlscope.export import redact
from tlscope.export.har import url_of
from tlscope.export.jsonl import DIRECTIONS
from tlscope.wire.content import describe
from tlscope.wire.http.exchange import RequestHead, readable
from tlscope_ui.telling import Span
from tlscope_ui.telling.fitting import BAR
from tlscope_ui.telling.lines import ARROWS, elapsed
from tlscope_ui.telling.masked import without_secrets
from tlscope_ui.telling.tree import tree_lines
from tlscope_ui.text import hex_lines, lines_of, size

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from tlscope.capture.exchanges import Body, Carried, Exchange
    from tlscope.capture.index import Index
    from tlscope.events import Direction
    from tlscope.wire.content import Content
    from tlscope.wire.http.exchange import Headers, Message, ResponseHead
    from tlscope_ui.telling import Line

MAX_MESSAGE = 1 << 20
"""Bytes of a message that are looked at, as in a HAR (export/messages.py)."""
TIMES = frozenset({"opened", "closed", "started", "ended"})
"""Columns of the index that hold nanoseconds since the epoch."""
WRITTEN = f"    {BAR}"
"""Before every line that a peer wrote."""
MASKED = f"{redact.MARK} stands for secrets, as far as they are known by name or look: --with-secrets shows them"


class Shown(NamedTuple):
    """How contents are shown."""

    view: str = "pretty"
    limit: int | None = None
    """Characters of a content, bytes of it where it is not laid out; None for all."""
    places: bool = False
    """Of fields, with their bytes."""
    meaning: bool = False
    """Of fields, with what they mean."""
    masked: bool = True


def told(index: Index, connection: int, shown: Shown, only: int = 0) -> Iterator[Line]:
    """The exchanges of a connection, or `only` one of them. Nothing where it was no HTTP.

    The limit is that of each content, and of all messages of an exchange together.
    """
    row, marked = index.connection(connection), False
    if row is None:
        return
    for exchange in found(index, row, only):
        for line in _told(index, exchange, row, shown):
            marked = marked or any(redact.MARK in (part if isinstance(part, str) else part.text) for part in line)
            yield line
    if shown.masked and marked:
        yield [Span(MASKED, "dim")]


def found(index: Index, row: sqlite3.Row, only: int = 0) -> Iterator[Exchange]:
    """The exchanges of the connection that a row is of, or `only` one, with what their messages hold."""
    alpn = row["client_alpn"] or row["server_alpn"] or ""
    for exchange in exchanges(index.lookup, row["connection"], alpn, keep=MAX_MESSAGE):
        if only in {0, exchange.number}:
            yield exchange


def _told(index: Index, exchange: Exchange, row: sqlite3.Row, shown: Shown) -> Iterator[Line]:
    hidden = shown.masked
    url = readable(url_of(exchange.request, row)) if exchange.request else "?"
    status = exchange.response.status if exchange.response else "no response"
    method = exchange.request.method if exchange.request else "?"
    asked = f"{method} {redact.url(url) if hidden else url}"
    yield [Span(f"exchange {exchange.number}", "strong"), f", {asked} → {status}{_time(exchange)}"]
    for direction, head in ((UP, exchange.request), (DOWN, exchange.response)):
        for interim in exchange.interim if direction is DOWN else ():
            yield from head_lines(direction, interim, masked=hidden)
        if head is not None:
            yield from head_lines(direction, head, masked=hidden)
            yield from _content(index, exchange, direction, head, shown)
    if exchange.upgraded:
        yield ["  ", Span(f"from here on {exchange.upgraded}", "strong")]
    yield from _messages(exchange, shown)
    for oddity in exchange.oddities:
        yield ["  ", Span(oddity.code, "bad"), f": {oddity.text}"]


def row_json(row: Mapping[str, Any] | sqlite3.Row, *, masked: bool) -> dict[str, Any]:
    """A row of the index, of an exchange or a connection, with times that people can read; `target` masked or not."""
    told = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a sqlite3.Row is no dict
    told |= {name: rfc3339(told[name]) for name in TIMES & told.keys() if told[name]}
    return told | ({"target": redact.url(told["target"])} if masked and told.get("target") else {})


def _time(exchange: Exchange) -> str:
    ended = max(exchange.up.ended, exchange.down.ended)
    return f", {(ended - exchange.started) / 1e6:.1f} ms" if ended else ""


def head_lines(direction: Direction, head: RequestHead | ResponseHead, *, masked: bool = False) -> Iterator[Line]:
    """The start line and the header fields, their secrets taken out if `masked`."""
    if isinstance(head, RequestHead):
        words = head.method, readable(redact.url(head.target) if masked else head.target)
    else:
        words = str(head.status), readable(head.reason)
    yield ["  ", ARROWS[direction], " ", Span(" ".join(filter(None, (*words, head.version))), "strong")]
    yield from field_lines(head.headers, masked=masked)


def field_lines(headers: Headers, *, masked: bool = False) -> Iterator[Line]:
    """Header fields, or trailers, one a line."""
    for header in headers:
        name = header.name.decode("latin-1")
        yield ["    ", Span(name, "dim"), f": {redact.header(name, header.text) if masked else header.text}"]


def _content(
    index: Index, exchange: Exchange, direction: Direction, head: RequestHead | ResponseHead, shown: Shown
) -> Iterator[Line]:
    side = exchange.side(direction)
    if side.spans and exchange.upgraded != "websocket":  # what is no message of it is nothing to read
        coded = shown.view == "passed"
        content = body(index.lookup, exchange, direction, coded=coded)
        is_coded = coded and any(header.key == "content-encoding" for header in head.headers)
        data = without_secrets(media_type(head), content.data) if shown.masked else content.data
        what = describe("" if is_coded else media_type(head), data)
        is_cut = was_cut(content)
        yield ["    ", Span(what.summary, "strong"), f" ({_extent(content, is_cut=is_cut)})"]
        if not any(carried.message.direction is direction for carried in exchange.messages):
            yield from _written(what, data, shown)
        if is_cut:
            whole = f"tlscope export -f raw -n {exchange.connection} --direction {DIRECTIONS[direction]}"
            yield ["    ", Span(f"what is behind that was not looked at; the stream as it passed: {whole}", "dim")]
        # Of what is cut we have seen no end: that it has none is no fault of its own.
        for problem in filter(None, (content.problem, "" if is_cut else what.problem)):
            yield ["    ", Span(problem, "bad")]
    yield from field_lines(side.trailers, masked=shown.masked)


def was_cut(content: Body) -> bool:
    """Whether there is more of it than BODY_LIMIT, which nobody looked at."""
    return len(content.data) >= BODY_LIMIT and (bool(content.codings) or content.size > len(content.data))


def media_type(head: RequestHead | ResponseHead | None) -> str:
    """What a content is called."""
    return next((header.text for header in (head.headers if head else ()) if header.key == "content-type"), "")


def _extent(content: Body, *, is_cut: bool) -> str:
    """How long a content is, and how much of it was looked at."""
    passed = ", ".join([size(content.size), *([f"{' and '.join(content.codings)} undone"] if content.codings else [])])
    if not is_cut:
        return passed
    return f"the first {size(len(content.data))} {'that come out ' if content.codings else ''}of {passed}"


def _written(what: Content, data: bytes, shown: Shown) -> Iterator[Line]:
    """A content as far as it is shown."""
    lines, more = _seen(what, data, shown)
    yield from lines
    if more:
        yield ["    … and more: --all shows it"]


def _seen(what: Content, data: bytes, shown: Shown) -> tuple[Iterator[Line], int]:
    """A content in its view, and how much of it is left out."""
    if shown.view == "tree":
        lines = tree_lines(what.tree, data, places=shown.places, meaning=shown.meaning)
        return (["    ", *line] for line in lines), 0
    if shown.view == "pretty":
        text = what.text if shown.limit is None else what.text[: shown.limit]
        return _lines(text), len(what.text) - len(text)
    part = data if shown.limit is None else data[: shown.limit]
    plain = None if shown.view == "hex" else lines_of(part)
    found = hex_lines(part) if plain is None else plain if part else ()
    return ([WRITTEN, line] for line in found), len(data) - len(part)


def _lines(text: str) -> Iterator[Line]:
    """Only a line feed ends a line: what else Python takes for an end of one is there to be seen."""
    for line in text.removesuffix("\n").split("\n") if text else ():
        yield [WRITTEN, line.removesuffix("\r")]


# ------------------------------------------------------------------------------------------------------------- messages


def _messages(exchange: Exchange, shown: Shown) -> Iterator[Line]:
    """What was carried inside, in the order in which it passed."""
    left, hidden = shown.limit, 0
    for number, carried in enumerate(exchange.messages, 1):
        message = carried.message
        kind = message_type(exchange, message)
        data = without_secrets(kind, message.data) if shown.masked else message.data
        what = describe(kind, data)
        yield _message_head(exchange, number, carried, what)
        lines, more = _seen(what, data, shown._replace(limit=left))
        yield from lines
        if left is not None:
            left -= min(left, len(what.text if shown.view == "pretty" else data))
        hidden += more > 0
        if len(message.data) < message.size:
            yield [f"    … and {size(message.size - len(message.data))} more, not kept"]
        elif what.problem:
            yield ["    ", Span(what.problem, "bad")]
    if hidden:
        yield [f"    … and more of {hidden} message{'s' if hidden > 1 else ''}: --all shows it"]
    if len(exchange.messages) >= MAX_MESSAGES:
        yield [f"    … no more than {MAX_MESSAGES:,} messages are listed"]


def _message_head(exchange: Exchange, number: int, carried: Carried, what: Content) -> Line:
    wall, message = carried
    note = f", {message.note}" if message.note else ""
    summary = "" if what.kind in {"text", "binary", "empty"} else f": {what.summary}"
    return [
        f"  {ARROWS[message.direction]} ",
        Span(f"message {number}", "strong"),
        f", {elapsed(wall - exchange.started)}, {message.kind}, {size(message.size)}{note}{summary}",
    ]


def message_type(exchange: Exchange, message: Message) -> str:
    """The media type of a message, where it says so little of itself that the first bytes could mislead."""
    if message.kind == "grpc-trailers":
        return "text/plain"
    if message.kind != "grpc" or message.note.endswith("not inflated"):
        return ""
    # Its content type says what its messages are, behind a plus: application/grpc+json; of none, protobuf.
    called = media_type(exchange.request if message.direction is UP else exchange.response)
    return "application/json" if called.partition(";")[0].strip().endswith("+json") else "application/protobuf"
