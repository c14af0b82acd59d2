"""A request as the curl command that sends it again.

    command(exchange, body(lookup, exchange, Direction.UP), url) -> "curl 'https://...' -H ..."

For bash, zsh and their like. What curl would add of its own is told to stay away, and what it must work out itself
(how long a body is) is left out. Credentials are redacted unless `with_secrets` (redact.py): the command then shows
what was sent, but does not log in.
"""

from __future__ import annotations

import base64
import shlex
from typing import TYPE_CHECKING

from tlscope.export import redact
from tlscope.export.text import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.capture.exchanges import Body
    from tlscope.wire.http.exchange import RequestHead

OWN = frozenset({"content-length", "proxy-connection", "transfer-encoding"})
"""Headers that curl makes itself: of a body that it knows, and of a proxy."""
OF_CONNECTION = frozenset({"connection", "keep-alive", "upgrade", "http2-settings"})
"""Headers of a connection and not of the request alone (RFC 9110 section 7.6.1); curl sends none of its own."""
ADDED = ("Accept", "User-Agent")
"""Headers that curl sends unless told not to."""
MAX_ARGUMENT = 100_000
"""Bytes of a body in the command itself: Linux takes 128 KiB in one argument (execve(2)). Longer ones go by a pipe."""
VERSIONS = {"HTTP/1.0": "--http1.0", "HTTP/1.1": "--http1.1", "HTTP/2": "--http2"}


def command(request: RequestHead, content: Body, url: str, *, with_secrets: bool = False) -> str:
    """The command in one line, or with a body that is no text, or a long one, in one pipeline."""
    data = content.data if with_secrets else redact.data(_value(request, "content-type"), content.data)
    text = None if b"\0" in data else text_of(data)
    shown = _quoted(text or "")
    words = ["curl", _quoted(url if with_secrets else redact.url(url), "latin-1")]
    # A length of 0 is sent by those who mean a body; curl says none for a method alone.
    body = bool(content.data) or (_value(request, "content-length") == "0" and request.method != "HEAD")
    words += _options(request, url, body=body)
    words += _headers(request, content, body=body, with_secrets=with_secrets)
    if data and (text is None or len(shown) > MAX_ARGUMENT):
        encoded = base64.b64encode(data).decode()
        return f"base64 -d <<< {encoded} | {' '.join(words)} --data-binary @-"
    if body:
        words += ["--data-raw", shown]
    return " ".join(words)


def _options(request: RequestHead, url: str, *, body: bool) -> Iterator[str]:
    if request.version in VERSIONS:
        yield VERSIONS[request.version]
    if request.method == "HEAD" and not body:
        yield "--head"
    elif body or request.method != "GET":
        yield f"-X {_quoted(request.method)}"
    if any(char in url for char in "[]{}"):
        yield "--globoff"  # these are not patterns here
    if "/." in url:
        yield "--path-as-is"  # dots stay where they are


def _headers(request: RequestHead, content: Body, *, body: bool, with_secrets: bool) -> Iterator[str]:
    present = {header.key for header in request.headers}
    left_out = OWN | {"content-encoding"} if content.codings else OWN
    # HTTP/2 and 3 have none of these (RFC 9113 section 8.2.2), and curl would not know the HTTP/2 that it asked for.
    if not request.version.startswith("HTTP/1") or "http2-settings" in present:
        left_out |= OF_CONNECTION
    for header in request.headers:
        name = header.name.decode("latin-1")
        if name.startswith(":") or header.key in left_out or b"\0" in header.value:
            continue
        if header.key == "host" and header.octets == request.authority:
            continue
        value = header.octets if with_secrets else redact.header(name, header.octets)
        yield f"-H {_quoted(f'{name}: {value}' if value else f'{name};', 'latin-1')}"
    for name in (*ADDED, *(("Content-Type",) if body else ())):
        if name.lower() not in present:
            yield f"-H {_quoted(f'{name}:')}"
    if "accept-encoding" in present:
        yield "--compressed"


def _value(request: RequestHead, name: str) -> str:
    return next((header.text for header in request.headers if header.key == name), "")


def _quoted(text: str, encoding: str = "utf-8") -> str:
    r"""A word for the shell; as `$'...'` where it holds anything but printable ASCII."""
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    plain = {0x27: "\\'", 0x5C: "\\\\"}
    data = text.encode(encoding, "backslashreplace").replace(b"\0", b"")
    return "$'" + "".join(plain.get(b, chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}") for b in data) + "'"
