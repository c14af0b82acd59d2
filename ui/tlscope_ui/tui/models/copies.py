"""What can be copied of a connection or an exchange, as text; credentials redacted unless they are wanted.

COPIES                                  what there is: key, name, sentence
made("curl", Asked(directory, index, selected, secrets=False))      in a thread; Nothing: there is no such thing
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.capture.exchanges import DOWN, UP, body, exchanges
from tlscope.export import redact
from tlscope.export.har import entries, url_of
from tlscope.wire.http.exchange import RequestHead, readable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tlscope.capture.exchanges import Exchange
    from tlscope.capture.index import Index
    from tlscope.events import Direction
    from tlscope_ui.tui.models.rows import Selected

MAX_HEX = 1 << 20
"""Bytes of a content that are copied as hex."""
MAX_PEM = 1 << 20
"""Characters of certificates: some hundred of them."""


class Nothing(Exception):  # noqa: N818 - it is no error that there is nothing to copy
    """There is no such thing; says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what, and how."""

    directory: Path
    index: Index
    selected: Selected
    secrets: bool


class Copy(NamedTuple):
    """Something that can be copied."""

    key: str
    name: str
    note: str
    of: str
    """`exchange` or `connection`."""
    make: Callable[[Asked], str]


def made(name: str, asked: Asked) -> str:
    """The text. Raises Nothing."""
    text = next(copy for copy in COPIES if copy.name == name).make(asked)
    if not text:
        raise Nothing("it is empty")
    return text


def _exchange(asked: Asked) -> tuple[Exchange, Any]:
    index, selected = asked.index, asked.selected
    row = index.connection(selected.connection)
    if row is not None:
        for exchange in exchanges(index.lookup, selected.connection, row["client_alpn"] or row["server_alpn"] or ""):
            if exchange.number == max(selected.exchange, 1):
                return exchange, row
    raise Nothing("there is no HTTP exchange here")


def _request(asked: Asked) -> tuple[Exchange, RequestHead, str]:
    exchange, row = _exchange(asked)
    if exchange.request is None:
        raise Nothing("the request was not seen")
    return exchange, exchange.request, url_of(exchange.request, row)


def _url(asked: Asked) -> str:
    url = _request(asked)[2]
    return readable(url if asked.secrets else redact.url(url))


def _curl(asked: Asked) -> str:
    from tlscope.export import curl  # noqa: PLC0415 - loaded when it is asked for

    exchange, request, url = _request(asked)
    return curl.command(request, body(asked.index.lookup, exchange, UP), url, with_secrets=asked.secrets)


def _head(direction: Direction) -> Callable[[Asked], str]:
    def make(asked: Asked) -> str:
        exchange, _row = _exchange(asked)
        head = exchange.response if direction is DOWN else exchange.request
        if head is None:
            raise Nothing("it was not seen")
        if isinstance(head, RequestHead):
            target = readable(head.target if asked.secrets else redact.url(head.target))
            lines = [f"{head.method} {target} {head.version}".rstrip()]
        else:
            lines = [" ".join(filter(None, (head.version, str(head.status), readable(head.reason))))]
        for header in head.headers:
            name = header.name.decode("latin-1")
            lines.append(f"{name}: {header.text if asked.secrets else redact.header(name, header.text)}")
        return "\n".join(lines) + "\n"

    return make


def _content(direction: Direction, *, as_hex: bool = False) -> Callable[[Asked], str]:
    def make(asked: Asked) -> str:
        exchange, _row = _exchange(asked)
        head = exchange.response if direction is DOWN else exchange.request
        content = body(asked.index.lookup, exchange, direction)
        kind = next((header.text for header in head.headers if header.key == "content-type"), "") if head else ""
        data = content.data if asked.secrets else redact.data(kind, content.data)
        if as_hex:
            return data[:MAX_HEX].hex(" ")
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Nothing("it is no text: copy it as hex, or save it with s") from None

    return make


def _json(asked: Asked) -> str:
    if asked.selected.exchange:
        for number, entry in enumerate(entries(asked.index, asked.selected.connection, with_secrets=asked.secrets), 1):
            if number == asked.selected.exchange:
                return json.dumps(entry, indent=2)
    row = asked.index.connection(asked.selected.connection)
    if row is None:
        raise Nothing("the connection is gone")
    return json.dumps({name: row[name] for name in row.keys()}, indent=2, default=str)  # noqa: SIM118 - sqlite3.Row iterates over values


def _pem(asked: Asked) -> str:
    from tlscope.export import pem  # noqa: PLC0415 - loaded when it is asked for
    from tlscope.export.source import Source  # noqa: PLC0415 - as above

    text = ""
    for piece in pem.text(Source(asked.directory, frozenset({asked.selected.connection}))):
        text += piece
        if len(text) > MAX_PEM:
            break
    if not text:
        raise Nothing("no certificate was seen")
    return text


def _column(name: str) -> Callable[[Asked], str]:
    def make(asked: Asked) -> str:
        row = asked.index.connection(asked.selected.connection)
        if row is None or row[name] is None:
            raise Nothing("there is none")
        return str(row[name])

    return make


COPIES = (
    Copy("U", "URL", "of the request", "exchange", _url),
    Copy("c", "curl", "the command that sends the request again", "exchange", _curl),
    Copy("r", "request head", "start line and header fields", "exchange", _head(UP)),
    Copy("R", "response head", "status line and header fields", "exchange", _head(DOWN)),
    Copy("b", "request body", "the content, as text", "exchange", _content(UP)),
    Copy("B", "response body", "the content, as text", "exchange", _content(DOWN)),
    Copy("x", "response in hex", "the content's bytes", "exchange", _content(DOWN, as_hex=True)),
    Copy("J", "JSON", "an exchange as in a HAR file, a connection as its row", "connection", _json),
    Copy("p", "PEM", "the certificates of both legs", "connection", _pem),
    Copy("H", "host", "where the connection went", "connection", _column("host")),
    Copy("i", "SNI", "the name in the ClientHello", "connection", _column("sni")),
    Copy("4", "JA4", "the fingerprint of the client's TLS stack", "connection", _column("ja4")),
)  # fmt: skip
"""All that there are, in the order of the menu."""
