"""The head of an HTTP/1 message as a tree of fields, as Wireshark calls them (`http.*`).

    head_tree(data, offset) -> Field

Wireshark has one key for a header line (`http.request.line`), and one for its value if the name is known (`http.host`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tlscope.wire.field import Cursor, Field, malformed
from tlscope.wire.http.exchange import text_of
from tlscope.wire.http.http1_head import HEAD_LIMIT, MAX_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(rb"[^\n]*(?:\n|\Z)").match
_WORD = re.compile(rb"[^ \t]+").finditer
_STATUS = re.compile(rb"(HTTP/[^ \t]*)[ \t]*([^ \t]*)(?:[ \t](.*))?", re.DOTALL).fullmatch

KNOWN = {
    name: f"http.{name.replace('-', '_')}"
    for name in (
        "accept", "accept-encoding", "accept-language", "authorization", "cache-control", "connection",
        "content-encoding", "content-type", "cookie", "date", "host", "last-modified", "location",
        "proxy-authenticate", "proxy-authorization", "referer", "sec-websocket-accept", "sec-websocket-extensions",
        "sec-websocket-key", "sec-websocket-protocol", "sec-websocket-version", "server", "set-cookie",
        "transfer-encoding", "upgrade", "user-agent", "www-authenticate", "x-forwarded-for",
    )
} | {"content-length": "http.content_length_header", "http2-settings": "http.http2_settings"}  # fmt: skip
"""Wireshark's key for the value of a header."""

NOTES = {
    "host": ("Which of the sites at this address is meant.", "RFC 9110 section 7.2"),
    "content-length": ("How many bytes of content follow the head.", "RFC 9110 section 8.6"),
    "transfer-encoding": ("How the content is framed; `chunked` lets its length stay open.", "RFC 9112 section 6.1"),
    "content-type": ("What the content is.", "RFC 9110 section 8.3"),
    "content-encoding": ("How the content is compressed, end to end.", "RFC 9110 section 8.4"),
    "connection": ("What concerns this connection only, not the next one.", "RFC 9110 section 7.6.1"),
    "upgrade": ("Protocols that the client would rather speak here.", "RFC 9110 section 7.8"),
    "cookie": ("What the server told the client to send back: often who is logged in.", "RFC 6265 section 4.2"),
    "set-cookie": ("What the client shall send back from now on.", "RFC 6265 section 4.1"),
    "authorization": ("Who the client claims to be, and the proof.", "RFC 9110 section 11.6.2"),
    "www-authenticate": ("How the client may say who it is.", "RFC 9110 section 11.6.1"),
    "user-agent": ("The program that asks, in its own words.", "RFC 9110 section 10.1.5"),
    "server": ("The program that answers, in its own words.", "RFC 9110 section 10.2.4"),
    "location": ("Where to go instead, or what was created.", "RFC 9110 section 10.2.2"),
    "referer": ("The page that led here.", "RFC 9110 section 10.1.3"),
    "strict-transport-security": ("From now on only over TLS.", "RFC 6797 section 6.1"),
    "sec-websocket-key": ("A nonce; the server's answer proves that it means WebSocket.", "RFC 6455 section 4.1"),
    "sec-websocket-accept": ("SHA-1 over the client's key and a fixed text.", "RFC 6455 section 4.2.2"),
    "sec-websocket-extensions": ("Extensions, above all compression.", "RFC 6455 section 9.1"),
    "expect": ("The client waits for 100 before it sends the content.", "RFC 9110 section 10.1.1"),
    "alt-svc": ("The same site at another address or over another protocol.", "RFC 7838 section 3"),
}
"""Why a header is there."""

CLASSES = {
    "1": "Informational: the final response is still to come.",
    "2": "Successful.",
    "3": "Redirection: the client must do something more.",
    "4": "Client error: the server thinks that the request is wrong.",
    "5": "Server error: the request may be right, the server failed.",
}
"""By the first digit (RFC 9110 section 15)."""


def head_tree(data: bytes, offset: int = 0) -> Field:
    """The head that begins at `offset` in `data`, with the empty line that ends it; offsets count in `data`."""
    cursor = Cursor(data, offset, min(len(data), offset + HEAD_LIMIT))
    response = data[offset : offset + 5] == b"HTTP/"
    name = "response" if response else "request"
    for number, (at, line, end) in enumerate(_lines(data, cursor.end, offset)):
        cursor.at = end
        if not number:
            cursor.add(_status(at, line, end) if response else _request(at, line, end))
        elif not line:
            cursor.add(Field(f"http.{name}.end", "End of head", None, at, end - at, note="The content follows."))
            break
        elif number > MAX_HEADERS:
            cursor.add(malformed(at, cursor.end - at, f"more than {MAX_HEADERS} header lines"))
            cursor.at = cursor.end
            break
        else:
            cursor.add(_header(at, line, end, f"http.{name}.line"))
    else:
        cursor.add(malformed(cursor.end, 0, "the head ends early"))
    return cursor.field("http", "Hypertext Transfer Protocol", reference="RFC 9112 section 2.1")


def _lines(data: bytes, end: int, at: int) -> Iterator[tuple[int, bytes, int]]:
    """Start, text, end behind the line end."""
    while at < end and (match := _LINE(data, at, end)):
        line = match[0]
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        yield at, text, match.end()
        at = match.end()


def _request(at: int, line: bytes, end: int) -> Field:
    """Method, target, version (RFC 9112 section 3)."""
    words = [(at + word.start(), text_of(word[0])) for word in _WORD(line)]
    names = (
        ("http.request.method", "Request Method", "What the client wants done.", "RFC 9110 section 9"),
        ("http.request.uri", "Request URI", "To what.", "RFC 9112 section 3.2"),
        ("http.request.version", "Request Version", "The version that the client speaks.", "RFC 9112 section 2.3"),
    )
    found = [
        Field(key, label, said, start, len(said), said, note, reference)
        for (start, said), (key, label, note, reference) in zip(words, names, strict=False)
    ]
    if len(words) != 3:
        found.append(malformed(at + len(line), 0, f"a request line has three parts, not {len(words)}"))
    return _start_line("http.request", at, line, end, found)


def _status(at: int, line: bytes, end: int) -> Field:
    """Version, status code, reason phrase (RFC 9112 section 4)."""
    match = _STATUS(line)
    # cannot be None: the line begins with HTTP/, and all else is optional
    assert match is not None
    version, code, phrase = (text_of(part or b"") for part in match.groups())
    found = [
        Field(
            "http.response.version", "Response Version", version, at, len(version), version,
            "The version that the server speaks.", "RFC 9112 section 2.3",
        )
    ]  # fmt: skip
    start = at + match.start(2)
    if len(code) == 3 and code.isascii() and code.isdigit():
        note = CLASSES.get(code[0], "Outside the five classes.")
        found.append(Field("http.response.code", "Status Code", int(code), start, 3, code, note, "RFC 9110 section 15"))
    else:
        found.append(malformed(start, len(code), "a status code is three digits"))
    if phrase:
        note = "For people; no program may rely on it."
        start = at + match.start(3)
        found.append(
            Field(
                "http.response.phrase", "Response Phrase", phrase, start, len(phrase), phrase, note,
                "RFC 9112 section 4",
            )
        )  # fmt: skip
    return _start_line("http.response", at, line, end, found)


def _start_line(key: str, at: int, line: bytes, end: int, found: list[Field]) -> Field:
    """The line that its parts stand in; as in Wireshark, its value says that it is there."""
    label = "Status Line" if key == "http.response" else "Request Line"
    return Field(key, label, value=True, start=at, length=end - at, text=text_of(line), children=tuple(found))


def _header(at: int, line: bytes, end: int, key: str) -> Field:
    """One field line (RFC 9112 section 5)."""
    name, colon, rest = line.partition(b":")
    if not colon:
        why = "obs-fold" if line[:1] in {b" ", b"\t"} else "a header line without a colon"
        return Field(
            key, "Header", text_of(line), at, end - at, text_of(line), children=(malformed(at, len(line), why),)
        )
    value = rest.strip(b" \t")
    start = at + len(name) + 1 + len(rest) - len(rest.lstrip(b" \t")) if value else at + len(name) + 1
    known = text_of(name).lower()
    note, reference = NOTES.get(known.strip(), ("", ""))
    said = text_of(value)
    found = [
        Field(KNOWN.get(known.strip(), "http.unknown_header"), text_of(name) or "Header", said, start, len(value), said)
    ]
    if known != known.strip() or not known:
        found.insert(0, malformed(at, len(name), "whitespace around a header's name, or no name"))
    return Field(
        key,
        text_of(name) or "Header",
        f"{text_of(name)}: {said}",
        at,
        end - at,
        said,
        note,
        reference or "RFC 9112 section 5",
        tuple(found),
    )
