"""HTTP exchanges as HAR 1.2, the format that browsers save and read.

    for piece in log(index, connections): file.write(piece)         all of their exchanges, or chosen ones

Each entry has a member of our own, `_tls`: what both legs agreed on, the server's certificate, what was found. Content
is decoded; what is no text is in base64, as HAR wants it. What was carried inside (messages.py) comes beside it.
Credentials are redacted unless `with_secrets` (redact.py).

The first entry of a connection tells how long it took to reach its server (`connect`, with the look-up of the name, as
nothing tells these apart) and to agree on keys with it (`ssl`, a part of `connect`, as HAR has it). That was done
before the request came, and is told as if right before: an entry starts with it, as those of browsers do, and what
follows stands where it was.

An entry is made when its exchange is over, so that one entry with its content is in memory at a time.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

from tlscope import __version__
from tlscope.capture.exchanges import body, exchanges
from tlscope.events import Direction
from tlscope.export import redact
from tlscope.export.messages import MAX_MESSAGE, members
from tlscope.export.reaching import Reaching, reaching
from tlscope.export.text import text_of
from tlscope.wire.http.exchange import header

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tlscope.capture.exchanges import Body, Exchange, Side
    from tlscope.capture.index import Index
    from tlscope.capture.notes import Note
    from tlscope.wire.http.exchange import Headers, RequestHead, ResponseHead

MAX_CONTENT = 8 << 20
"""Bytes of one content that are kept: browsers choke on files with larger ones."""
MAX_PARAMETERS = 1000
"""Parameters of a query that are listed one by one; the URL has all of them."""
FIRST = 1
"""The number of a connection's first exchange."""
NOT_KNOWN = -1
"""HAR's word for a size or a time that is not known."""
VERSIONS = {0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}


def log(
    index: Index,
    connections: Iterable[int],
    *,
    with_secrets: bool = False,
    notes: Mapping[int, list[Note]] = MappingProxyType({}),
    chosen: Mapping[int, Collection[int]] | None = None,
) -> Iterator[str]:
    """The file, piece by piece: the exchanges of these connections, in their order, with what was noted of them.

    `chosen` are the numbers of those that are wanted, by their connections; None for all.
    """
    creator = {"name": "tlscope", "version": __version__}
    yield f'{{"log": {{"version": "1.2", "creator": {json.dumps(creator)}, "entries": ['
    separator = "\n"
    for number in connections:
        wanted = None if chosen is None else chosen.get(number, ())
        noted = notes.get(number, ())
        for entry in entries(index, number, with_secrets=with_secrets, notes=noted, chosen=wanted):
            yield separator + json.dumps(entry)
            separator = ",\n"
    yield "\n]}}\n"


def entries(
    index: Index,
    connection: int,
    *,
    with_secrets: bool = False,
    notes: Iterable[Note] = (),
    chosen: Collection[int] | None = None,
) -> Iterator[dict[str, Any]]:
    """The exchanges of one connection, all or those with chosen numbers; none where it is not there, or is not HTTP.

    A note is the comment of its exchange, one on the connection that of every entry.
    """
    noted = {note.exchange: note.text for note in notes}
    row = index.connection(connection)
    if row is None:
        return
    alpn = row["client_alpn"] or row["server_alpn"] or ""
    for exchange in exchanges(index.lookup, connection, alpn, keep=MAX_MESSAGE):
        if chosen is not None and exchange.number not in chosen:
            continue
        sent = body(index.lookup, exchange, Direction.UP, MAX_CONTENT)
        got = body(index.lookup, exchange, Direction.DOWN, MAX_CONTENT)
        how = reaching(index.lookup, connection) if exchange.number == FIRST else Reaching()
        entry = _Entry(row, exchange, sent, got, how, with_secrets=with_secrets).made()
        comments = [noted[number] for number in (0, exchange.number) if number in noted]
        yield entry | ({"comment": "\n".join(comments)} if comments else {})


def url_of(request: RequestHead, row: sqlite3.Row | dict[str, Any]) -> str:
    """The URL that a request asks for; where it names no host, that of its connection."""
    if "://" in request.target:
        return request.target
    host = f"[{row['host']}]" if ":" in (row["host"] or "") else row["host"] or "unknown"
    authority = request.authority or f"{host}:{row['port']}"
    path = request.target if request.target.startswith("/") else f"/{request.target}"
    return f"{request.scheme or 'https'}://{authority}{path}"


class _Entry:
    """One exchange on its way to JSON."""

    def __init__(
        self, row: sqlite3.Row, exchange: Exchange, sent: Body, got: Body, how: Reaching, *, with_secrets: bool
    ) -> None:
        self._row, self._exchange, self._sent, self._got, self._how = row, exchange, sent, got, how
        self._with_secrets = with_secrets

    def made(self) -> dict[str, Any]:
        exchange, row = self._exchange, self._row
        timings = _timings(exchange, self._how)
        entry = {
            "startedDateTime": _time(exchange.started - (self._how.connect or 0)),
            "time": round(sum(value for name, value in timings.items() if value > 0 and name != "ssl"), 3),
            "request": self._request(exchange.request),
            "response": self._response(exchange.response),
            "cache": {},
            "timings": timings,
            "connection": str(exchange.connection),
            "_tls": _tls(row),
        }
        if row["server_ip"]:
            entry["serverIPAddress"] = row["server_ip"]
        if exchange.oddities:
            entry["_oddities"] = [f"{oddity.code}: {oddity.text}" for oddity in exchange.oddities]
        if exchange.upgraded:
            entry["_upgraded"] = exchange.upgraded
        return entry | members(exchange, with_secrets=self._with_secrets)

    def _request(self, head: RequestHead | None) -> dict[str, Any]:
        url = "" if head is None else self._url(url_of(head, self._row))
        if self._exchange.upgraded == "websocket" and url.startswith("http"):
            url = f"ws{url.removeprefix('http')}"  # as browsers have it (RFC 6455 section 3)
        made = {
            "method": head.method if head else "",
            "url": url,
            **self._head(head),
            "queryString": _query(url),
            "bodySize": self._exchange.up.size if head else NOT_KNOWN,
        }
        if self._exchange.up.spans:
            media_type = _value(head.headers if head else (), "content-type")
            made["postData"] = {"mimeType": media_type, "params": [], **self._content(media_type, self._sent)}
            if "encoding" in made["postData"]:  # HAR knows it in responses only
                made["postData"]["_encoding"] = made["postData"].pop("encoding")
        return made

    def _response(self, head: ResponseHead | None) -> dict[str, Any]:
        headers = head.headers if head else ()
        media_type = _value(headers, "content-type")
        known = self._got.size if _is_cut(self._got) and not self._got.codings else len(self._got.data)
        content = {"size": known, "mimeType": media_type or "x-unknown"}
        if self._got.codings:
            content["compression"] = len(self._got.data) - self._got.size
        return {
            "status": head.status if head else 0,
            "statusText": head.reason if head else "",
            **self._head(head),
            "content": content | self._content(media_type, self._got),
            "redirectURL": self._url((header(headers, b"location") or b"").decode("latin-1")),
            "bodySize": self._exchange.down.size if head else NOT_KNOWN,
            **({} if head else {"_error": "there is no response"}),
        }

    def _head(self, head: RequestHead | ResponseHead | None) -> dict[str, Any]:
        headers = head.headers if head else ()
        shown = [(field.name.decode("latin-1"), field.text) for field in headers]
        if not self._with_secrets:
            shown = [(name, redact.header(name, value)) for name, value in shown]
        return {
            "httpVersion": head.version if head else "",
            "cookies": _cookies(shown),
            "headers": [{"name": name, "value": value} for name, value in shown],
            # HPACK's share of it would depend on what was sent before, and is not what HAR asks for.
            "headersSize": head.length if head and head.version.startswith("HTTP/1") else NOT_KNOWN,
        }

    def _content(self, media_type: str, content: Body) -> dict[str, Any]:
        data = content.data if self._with_secrets else redact.data(media_type, content.data)
        text = text_of(data)
        made = {"text": base64.b64encode(data).decode(), "encoding": "base64"} if text is None else {"text": text}
        problem = content.problem or (f"no more than {MAX_CONTENT} bytes are kept" if _is_cut(content) else "")
        return made | ({"comment": problem} if problem else {})

    def _url(self, text: str) -> str:
        return _uri(text if self._with_secrets else redact.url(text))


def _is_cut(content: Body) -> bool:
    """Whether there may be more of it than was read."""
    return len(content.data) >= MAX_CONTENT


def _value(headers: Headers, name: str) -> str:
    return next((field.text for field in headers if field.key == name), "")


def _uri(text: str) -> str:
    """A URL as a URI (RFC 3986 section 2.1): bytes that none may hold, as raw UTF-8, which some send, are encoded.

    Its characters are bytes, as HTTP has them; those of a host may be more.
    """
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    return "".join(char if "!" <= char <= "~" else quote(_bytes(char)) for char in text)


def _bytes(char: str) -> bytes:
    return char.encode("latin-1") if char < "\u0100" else char.encode("utf-8", "surrogatepass")


def _query(url: str) -> list[dict[str, str]]:
    try:
        query = urlsplit(url).query
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:  # a host in broken brackets, or too many
        return []
    return [{"name": name, "value": value} for name, value in pairs]


def _cookies(headers: list[tuple[str, str]]) -> list[dict[str, Any]]:
    found = []
    for name, value in headers:
        if name.lower() == "cookie":
            found += [_cookie(part) for part in value.split(";") if part.strip()]
        elif name.lower() == "set-cookie":
            pair, *attributes = value.split(";")
            found.append(_cookie(pair) | dict(filter(None, map(_attribute, attributes))))
    return found


def _cookie(pair: str) -> dict[str, Any]:
    name, _, value = pair.strip().partition("=")
    return {"name": name, "value": value}


def _attribute(text: str) -> tuple[str, Any] | None:
    """An attribute of a cookie (RFC 6265 section 4.1.2) that HAR has a member for."""
    name, _, value = (part.strip() for part in text.partition("="))
    match name.lower():
        case "path" | "domain" as known:
            return known, value
        case "secure":
            return "secure", True
        case "httponly":
            return "httpOnly", True
        case "samesite":
            return "sameSite", value
        case "expires":
            try:
                return "expires", f"{parsedate_to_datetime(value):%Y-%m-%dT%H:%M:%S.000Z}"
            except ValueError:
                return None
    return None


def _timings(exchange: Exchange, how: Reaching) -> dict[str, float]:
    """Milliseconds; what was not seen is not known."""
    sent = max(exchange.up.ended, exchange.started)
    answered = exchange.answered or sent
    received = _ended(exchange.down, answered)
    # A response may begin before its request has ended; it was waited for no longer than that.
    return {
        "blocked": NOT_KNOWN,
        "dns": NOT_KNOWN,
        "connect": NOT_KNOWN if how.connect is None else _milliseconds(how.connect),
        "ssl": NOT_KNOWN if how.ssl is None else _milliseconds(how.ssl),
        "send": _milliseconds(min(sent, answered) - exchange.started),
        "wait": _milliseconds(answered - min(sent, answered)),
        "receive": _milliseconds(received - answered),
    }


def _ended(side: Side, begun: int) -> int:
    return max(side.ended, begun)


def _milliseconds(nanoseconds: int) -> float:
    return round(max(nanoseconds, 0) / 10**6, 3)


def _time(wall: int) -> str:
    """ISO 8601 with milliseconds."""
    seconds = min(max(wall // 10**9, 0), 253_402_300_799)  # the year 9999: a damaged journal may claim any time
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{wall // 10**6 % 1000:03d}Z"


def _tls(row: sqlite3.Row) -> dict[str, Any] | None:
    """What is known of both legs; None for a connection without TLS."""
    if not (row["client_version"] or row["server_version"]):
        return None
    legs = {
        leg: {
            "version": VERSIONS.get(row[f"{leg}_version"]),
            "cipher": row[f"{leg}_cipher"],
            "group": row[f"{leg}_group"],
            "alpn": row[f"{leg}_alpn"],
        }
        for leg in ("client", "server")
    }
    expires = row["cert_expires"]
    certificate = {
        "subject": row["cert_subject"],
        "issuer": row["cert_issuer"],
        "names": (row["cert_names"] or "").split(),
        "expires": None if expires is None else _time(expires * 10**9),
        "key": row["cert_key"],
        "sha256": row["cert_sha256"],
        "faults": None if row["verdict"] is None else row["verdict"].split(),
    }
    hello = {"sni": row["sni"], "ja3": row["ja3"], "ja4": row["ja4"]}
    return {**legs, "hello": hello, "certificate": certificate, "findings": (row["findings"] or "").split()}
