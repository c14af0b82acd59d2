"""The head of an HTTP/1 message: start line and field lines, strict where that is fast, tolerant where it must be.

    head = parse_head(data, offset) -> Head
    request_line(head.line), status_line(head.line)

Nearly every head is well-formed, and a proxy sees thousands a second: those are split and looked up, with one pass over
the bytes that proves that nothing strange is among them. All others take the tolerant road, which names what is wrong
with them. Differences between two peers in reading such heads are what request smuggling lives on (RFC 9112 section
11.2).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tlscope.wire.http.exchange import Header

HEAD_LIMIT = 1 << 18
"""Bytes of a head that are kept. Servers take 8 to 64 KiB; nobody's real head is longer than this."""
MAX_HEADERS = 4096
"""Header lines that are told of; Apache's limit is 100. Those behind still count for framing."""
MAX_METHOD = 64
"""Bytes of a method: longer than any that IANA lists, and short enough to tell soon that something is not HTTP."""
TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
"""What names and methods are made of (RFC 9110 section 5.6.2)."""
WANTED = frozenset({
    b"content-encoding", b"content-length", b"content-type", b"grpc-encoding", b"host", b"transfer-encoding",
    b"upgrade",
})  # fmt: skip
"""What decides where a message ends, or what speaks inside or after it."""
FRAMING = WANTED & {b"content-encoding", b"content-length", b"content-type", b"host", b"transfer-encoding"}
"""Those that must be known before the content (RFC 9110 section 6.5.1)."""

_CONTROLS = bytes([*range(9), *range(10, 32), 127])
"""No field line may hold these (RFC 9110 section 5.5); CR and LF are counted against the line ends."""
_IS_TOKEN = re.compile(TOKEN + rb"+").fullmatch
_LINE = re.compile(rb"([^\n]*)(\n|\Z)")
_BARE_LF = re.compile(rb"(?<!\r)\n").search
_VERSIONS = {b"HTTP/1.1": "HTTP/1.1", b"HTTP/1.0": "HTTP/1.0"}
_IS_VERSION = re.compile(rb"HTTP/1\.[0-9]").fullmatch
_STATUS = re.compile(rb"(HTTP/1\.[0-9])[ \t]+([0-9]{3})(?:[ \t]+(.*))?[ \t]*", re.DOTALL).fullmatch
_REQUEST_START = re.compile(TOKEN + rb"{1,%d}+(?:[ \t]|\Z)" % MAX_METHOD).match
_STATUS_START = b"HTTP/1."

_NAMES: dict[bytes, bytes] = {}
"""Names seen, each with its lower case if it is wanted, else empty: a look-up in place of a match."""
MAX_NAMES = 4096
"""Names remembered, of NAME_LENGTH bytes at most: peers choose them."""
NAME_LENGTH = 64


class Odd(NamedTuple):
    """An oddity before it is known whose."""

    code: str
    text: str
    offset: int


class Head(NamedTuple):
    """What stands before the content."""

    line: bytes
    """The start line, without its end."""
    headers: tuple[Header, ...]
    fields: dict[bytes, list[bytes]]
    """The values of each of WANTED that there are."""
    odd: list[Odd]
    start: int


def parse_head(data: bytes, offset: int) -> Head:
    """A head with the empty line that ends it; `offset` is where it stands in the stream."""
    lines = data.split(b"\r\n")
    ends = 2 * (len(lines) - 1)
    if lines[-2:] != [b"", b""] or len(data) - len(data.translate(None, _CONTROLS)) != ends:
        return _tolerant(data, offset)
    headers: list[Header] = []
    fields: dict[bytes, list[bytes]] = {}
    names, new = _NAMES, tuple.__new__
    at = offset + len(lines[0]) + 2
    for line in lines[1:-2]:
        name, colon, value = line.partition(b":")
        key = names.get(name)
        if key is None:
            key = _remember(name)
        if key is None or not colon:
            return _tolerant(data, offset)
        value = value.strip(b" \t")
        length = len(line)
        headers.append(new(Header, (name, value, at, length)))  # half the time of calling it
        if key:
            fields.setdefault(key, []).append(value)
        at += length + 2
    odd = []
    if len(headers) > MAX_HEADERS:
        odd.append(_too_many(headers))
    return Head(lines[0], tuple(headers), fields, odd, offset)


def could_start(data: bytes | bytearray, *, request: bool) -> bool:
    """Whether a message may begin like this; once false, false for all that is longer."""
    if request:
        return _REQUEST_START(data, 0, MAX_METHOD + 1) is not None
    start = data[: len(_STATUS_START)]
    return _STATUS_START.startswith(start)


def request_line(line: bytes) -> tuple[bytes, bytes, str, str] | None:
    """Method, target, version and what is odd about it (a code, or empty); None if it is none."""
    method, _, rest = line.partition(b" ")
    target, _, version = rest.rpartition(b" ")
    known = _VERSIONS.get(version)
    if known and target and b" " not in target and b"\t" not in line and _is_method(method):
        return method, target, known, ""
    if not could_start(line, request=True):
        return None
    words = line.split(None, 1)
    tail = words[1].rsplit(None, 1) if len(words) > 1 else []
    if len(tail) < 2 or not _IS_VERSION(tail[1]):
        return None
    odd = "version" if tail[1] not in _VERSIONS else "start-line-whitespace"
    return words[0], tail[0], tail[1].decode("latin-1"), odd


def _is_method(name: bytes) -> bool:
    return name in _METHODS or could_start(name + b" ", request=True)


_METHODS = {b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT", b"PATCH"}


def status_line(line: bytes) -> tuple[int, bytes, str, str] | None:
    """Status, reason, version and what is odd about it (a code, or empty); None if it is none."""
    version = _VERSIONS.get(line[:8])
    if version and line[8:9] == b" " and line[9:12].isdigit() and line[12:13] == b" ":
        return int(line[9:12]), line[13:], version, ""
    match = _STATUS(line)
    if match is None:
        return None
    version_sent, status, reason = match.groups()
    odd = "version" if version_sent not in _VERSIONS else "start-line-whitespace" if reason is not None else ""
    return int(status), reason or b"", version_sent.decode("latin-1"), odd


def _remember(name: bytes) -> bytes | None:
    """The lower case of a wanted name, empty for another; None if it is no name."""
    if not _IS_TOKEN(name):
        return None
    lower = name.lower()
    key = lower if lower in WANTED else b""
    if len(name) <= NAME_LENGTH and len(_NAMES) < MAX_NAMES:
        _NAMES[name] = key
    return key


def _too_many(headers: list[Header]) -> Odd:
    """Drop what is above MAX_HEADERS, and say so."""
    at = headers[MAX_HEADERS].start
    text = f"{len(headers)} header lines; only {MAX_HEADERS} are shown"
    del headers[MAX_HEADERS:]
    return Odd("too-many-headers", text, at)


def _tolerant(data: bytes, offset: int) -> Head:
    """The same, whatever the bytes are."""
    first, *rest = _lines(data)
    odd: list[Odd] = []
    if bare := _BARE_LF(data):
        text = "a line ends with LF alone, which not every reader takes for its end"
        odd.append(Odd("bare-lf", text, offset + bare.start()))
    if found := _control(first[1]):
        text = f"a start line with {found} in it, which readers take differently"
        odd.append(Odd("bare-cr" if found == "a CR" else "control-in-start-line", text, offset + first[0]))
    headers: list[Header] = []
    fields: dict[bytes, list[bytes]] = {}
    for start, end, line in _unfold(rest, offset, odd):
        at = offset + start
        name, colon, value = line.partition(b":")
        odd += _oddities(name, colon, value, at)
        name, value = name.rstrip(b" \t"), value.strip(b" \t")
        headers.append(Header(name, value, at, end - start))
        if (key := name.lower()) in WANTED and colon:
            fields.setdefault(key, []).append(value)
    if len(headers) > MAX_HEADERS:
        odd.append(_too_many(headers))
    return Head(first[1], tuple(headers), fields, odd, offset)


def _lines(data: bytes) -> list[tuple[int, bytes]]:
    """Each line with its start, without its end; the first, then all that are not empty."""
    found: list[tuple[int, bytes]] = []
    for match in _LINE.finditer(data):
        line = match[1].removesuffix(b"\r") if match[2] else match[1]
        if line or not found:
            found.append((match.start(), line))
    return found


def _unfold(lines: list[tuple[int, bytes]], offset: int, odd: list[Odd]) -> list[tuple[int, int, bytes]]:
    """Lines with their continuations joined (obs-fold, RFC 9112 section 5.2): start, end of the text, text."""
    found: list[tuple[int, int, list[bytes]]] = []
    for start, line in lines:
        folded = line[:1] in {b" ", b"\t"}
        if folded and not found:
            text = "whitespace before the first header, which some readers take for a part of the start line"
            odd.append(Odd("space-before-header", text, offset + start))
        if folded and found:
            odd.append(
                Odd("obs-fold", "a header goes on in the next line, which readers join differently", offset + start)
            )
            first, _, parts = found[-1]
            parts.append(line.strip(b" \t"))
            found[-1] = (first, start + len(line), parts)
        else:
            found.append((start, start + len(line), [line]))
    return [(start, end, b" ".join(parts)) for start, end, parts in found]


def _oddities(name: bytes, colon: bytes, value: bytes, at: int) -> list[Odd]:
    """What is wrong with one header."""
    found = []
    if not colon:
        found.append(Odd("header-without-colon", "a header line has no colon", at))
    elif not name:
        found.append(Odd("empty-header-name", "a header has no name", at))
    elif name[-1:] in {b" ", b"\t"}:
        text = "whitespace before a header's colon, which some readers take for a part of the name"
        found.append(Odd("space-before-colon", text, at))
    elif not _IS_TOKEN(name):
        found.append(Odd("header-name", "a header's name has characters that no name may have", at))
    if control := _control(name + value):
        found.append(Odd(_CODES[control], f"a header with {control} in it, which readers take differently", at))
    return found


def _control(line: bytes) -> str:
    """What is in a line that must not be: the worst of it; empty if nothing."""
    if len(line.translate(None, _CONTROLS)) == len(line):
        return ""
    return "a NUL" if b"\0" in line else "a CR" if b"\r" in line else "a control character"


_CODES = {"a NUL": "nul-in-header", "a CR": "bare-cr", "a control character": "control-in-header"}
