"""What exchanges.py tells as lines, as objects for programs: one an exchange, with its data as it is.

    for each in objects(index, connection, Wanted()): json.dumps(each)

Contents are decoded unless wanted as they passed; what is no text is in base64. What is not known is null, where there
is nothing, lists are empty. Nothing is masked.
"""

from __future__ import annotations

import base64
import codecs
from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.capture.exchanges import DOWN, UP, body
from tlscope.capture.summary import rfc3339
from tlscope.export.har import url_of
from tlscope.export.jsonl import DIRECTIONS
from tlscope.export.text import text_of
from tlscope.wire.content import describe
from tlscope.wire.content.codings import named
from tlscope.wire.field import as_json
from tlscope.wire.http.exchange import readable
from tlscope_ui.telling.exchanges import found, media_type, message_type, was_cut

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from tlscope.capture.exchanges import Carried, Exchange
    from tlscope.capture.index import Index
    from tlscope.events import Direction
    from tlscope.wire.http.exchange import Headers, RequestHead, ResponseHead

    Object = dict[str, Any]


class Wanted(NamedTuple):
    """How much of them."""

    limit: int | None = None
    """Characters of each content, and of all messages of an exchange together; bytes of what is no text. None: all."""
    passed: bool = False
    """Contents as they passed, their codings not undone."""
    fields: bool = False
    """With the fields of contents and messages."""


def objects(index: Index, connection: int, wanted: Wanted, only: int = 0) -> Iterator[Object]:
    """The exchanges of a connection, or `only` one of them."""
    row = index.connection(connection)
    if row is None:
        return
    for exchange in found(index, row, only):
        ended = max(exchange.up.ended, exchange.down.ended)
        yield {
            "exchange": exchange.number,
            "started": rfc3339(exchange.started),
            "elapsed_us": (ended - exchange.started) // 1000 if ended else None,
            "request": _request(index, exchange, row, wanted),
            "response": _response(index, exchange, wanted),
            "interim": [_status(head) for head in exchange.interim],
            "messages": list(_messages(exchange, wanted)),
            "upgraded": exchange.upgraded or None,
            "oddities": [
                {"code": odd.code, "text": odd.text, "direction": DIRECTIONS[odd.direction], "offset": odd.offset}
                for odd in exchange.oddities
            ],
        }


def _request(index: Index, exchange: Exchange, row: sqlite3.Row, wanted: Wanted) -> Object | None:
    head = exchange.request
    if head is None:
        return None
    return {
        "version": head.version,
        "method": head.method,
        "target": readable(head.target),
        "url": readable(url_of(head, row)),
        "headers": _listed(head.headers),
        **_carried(index, exchange, UP, head, wanted),
    }


def _response(index: Index, exchange: Exchange, wanted: Wanted) -> Object | None:
    head = exchange.response
    return None if head is None else _status(head) | _carried(index, exchange, DOWN, head, wanted)


def _status(head: ResponseHead) -> Object:
    return {
        "version": head.version,
        "status": head.status,
        "reason": readable(head.reason) or None,
        "headers": _listed(head.headers),
    }


def _listed(headers: Headers) -> list[list[str]]:
    """Names and values in their order, pseudo-header fields of HTTP/2 among them."""
    return [[header.name.decode("latin-1"), header.text] for header in headers]


def _carried(
    index: Index, exchange: Exchange, direction: Direction, head: RequestHead | ResponseHead, wanted: Wanted
) -> Object:
    """What stands behind a head."""
    side = exchange.side(direction)
    has_content = bool(side.spans) and exchange.upgraded != "websocket"  # as its messages, it is there already
    return {
        "content": _content(index, exchange, direction, head, wanted) if has_content else None,
        "trailers": _listed(side.trailers),
    }


def _content(
    index: Index, exchange: Exchange, direction: Direction, head: RequestHead | ResponseHead, wanted: Wanted
) -> Object:
    content = body(index.lookup, exchange, direction, coded=wanted.passed)
    codings = named(header.text for header in head.headers if header.key == "content-encoding")
    kind, cut = media_type(head), was_cut(content)
    data, left_out = _data(content.data, wanted.limit, cut=cut)
    told: Object = {
        "type": kind or None,
        "size": content.size,
        "codings": codings,
        "undone": list(content.codings),
        **data,
        "cut": cut or left_out,
        "problem": content.problem or None,
    }
    is_coded = wanted.passed and bool(codings)
    return told | _fields("" if is_coded else kind, content.data, wanted)


def _messages(exchange: Exchange, wanted: Wanted) -> Iterator[Object]:
    left = wanted.limit
    for carried in exchange.messages:
        told, taken = _message(exchange, carried, wanted._replace(limit=left))
        left = None if left is None else max(left - taken, 0)
        yield told


def _message(exchange: Exchange, carried: Carried, wanted: Wanted) -> tuple[Object, int]:
    """It, and how much of the limit it takes."""
    wall, message = carried
    kept = len(message.data) < message.size
    data, left_out = _data(message.data, wanted.limit, cut=kept)
    told: Object = {
        "direction": DIRECTIONS[message.direction],
        "time": rfc3339(wall),
        "elapsed_us": (wall - exchange.started) // 1000,
        "kind": message.kind,
        "size": message.size,
        "note": message.note or None,
        **data,
        "cut": kept or left_out,
    }
    return told | _fields(message_type(exchange, message), message.data, wanted), len(message.data)


def _data(data: bytes, limit: int | None, *, cut: bool) -> tuple[Object, bool]:
    """Text, or base64, and whether the limit leaves some of it out. What was cut may end within a character."""
    text = text_of(_whole_characters(data) if cut else data)
    if text is not None:
        return {"text": text[:limit]}, limit is not None and len(text) > limit
    return {"base64": base64.b64encode(data[:limit]).decode()}, limit is not None and len(data) > limit


def _whole_characters(data: bytes) -> bytes:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    decoder.decode(data)
    return data[: len(data) - len(decoder.getstate()[0])]


def _fields(kind: str, data: bytes, wanted: Wanted) -> Object:
    return {"fields": as_json(describe(kind, data).tree)} if wanted.fields else {}
