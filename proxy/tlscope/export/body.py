"""The content of one message on its way into a file: decoded, as a person wants it, or as it passed.

    there = content(directory, lookup, exchange, Direction.DOWN)     what there is; raises Missing
    there.codings                                what there is to be undone, if anything
    there.name(decoded=True)                     "capture-3-1-logo.png": peers name the middle, we the ending
    written = Written(there, decoded=True)
    for piece in written.pieces(lookup): ...     all of it, however long, a piece at a time; raises Missing
    written.length, written.problem              what became of it

The ending is that of what the content is, whatever it was called.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.exchanges import DOWN, MORE, UP, body, spanned
from tlscope.capture.lookup import Gone
from tlscope.wire.content import Decoder, mediatype
from tlscope.wire.content.codings import named
from tlscope.wire.content.kinds import choose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.capture.exchanges import Exchange, Side
    from tlscope.capture.lookup import Lookup
    from tlscope.events import Direction

SAMPLE = 64 << 10
"""Bytes by which a content is told what it is."""
MADE = 4 << 30
"""Bytes that are made of a content by decoding it: what a bomb may take of a disk. As it passed, it has no limit."""
NAMES = ("request", "response")
MAX_NAME = 60
"""Characters of a peer's name for a file that go into ours."""
ENDINGS = {
    "application/gzip": "gz", "application/javascript": "js", "application/json": "json", "application/jwt": "jwt",
    "application/octet-stream": "bin", "application/ogg": "ogg", "application/pdf": "pdf", "application/wasm": "wasm",
    "application/x-ndjson": "ndjson", "application/x-tar": "tar", "application/x-www-form-urlencoded": "txt",
    "application/xhtml+xml": "xhtml", "application/xml": "xml", "application/zip": "zip", "application/zstd": "zst",
    "application/protobuf": "pb", "application/x-protobuf": "pb", "application/cbor": "cbor", "application/grpc": "bin",
    "application/msgpack": "msgpack", "application/manifest+json": "webmanifest", "application/x-bzip2": "bz2",
    "application/x-xz": "xz", "application/x-7z-compressed": "7z", "application/vnd.rar": "rar",
    "application/vnd.ms-fontobject": "eot", "application/x-pem-file": "pem", "application/pkix-cert": "cer",
    "application/ocsp-request": "ocsp", "application/ocsp-response": "ocsp", "application/pkix-crl": "crl",
    "audio/aac": "aac", "audio/flac": "flac", "audio/mp4": "m4a", "audio/mpeg": "mp3", "audio/ogg": "ogg",
    "audio/wav": "wav", "audio/webm": "weba", "font/otf": "otf", "font/ttf": "ttf", "font/woff": "woff",
    "font/woff2": "woff2", "image/avif": "avif", "image/bmp": "bmp", "image/gif": "gif", "image/heic": "heic",
    "image/jpeg": "jpg", "image/jpg": "jpg", "image/jxl": "jxl", "image/png": "png", "image/svg+xml": "svg",
    "image/tiff": "tiff", "image/vnd.microsoft.icon": "ico", "image/webp": "webp", "image/x-icon": "ico",
    "text/calendar": "ics", "text/css": "css", "text/csv": "csv", "text/event-stream": "txt", "text/html": "html",
    "text/javascript": "js", "text/markdown": "md", "text/plain": "txt", "text/xml": "xml", "video/mp2t": "ts",
    "video/mp4": "mp4", "video/mpeg": "mpg", "video/quicktime": "mov", "video/webm": "webm",
}  # fmt: skip
"""Of what a content is (IANA's registry of media types, and custom)."""
PACKED = {"gzip": "gz", "br": "br", "zstd": "zst", "deflate": "deflate"}
"""Endings of codings that are left as they are."""
SUFFIXES = {"json": "json", "xml": "xml", "zip": "zip", "cbor": "cbor", "gzip": "gz"}
"""Of structured syntaxes (RFC 6838 section 4.2.8)."""
UNKNOWN = "bin"


class Missing(Exception):  # noqa: N818 - it is what is wrong with the capture
    """What is to be written is not there, or not all of it."""


class Undecodable(Missing):
    """It is there, and can be written as it passed."""


class Content(NamedTuple):
    """What there is to be written."""

    stem: str
    connection: int
    exchange: int
    direction: Direction
    spans: list[tuple[int, int]]
    """Where it lies in the direction's stream."""
    size: int
    """Bytes as they passed."""
    coded: tuple[str, ...]
    """As Content-Encoding has them."""
    media_type: str
    """What it is; empty where nothing is known."""
    problem: str
    """What of it never came; empty for nothing."""

    @property
    def codings(self) -> tuple[str, ...]:
        """By their names, in the order in which they were applied."""
        return tuple(named(self.coded))

    def name(self, *, decoded: bool) -> str:
        """A name for the file."""
        kind = self.media_type
        ending = ENDINGS.get(kind) or SUFFIXES.get(kind.rpartition("+")[2]) or UNKNOWN
        packed = () if decoded else (PACKED.get(coding, UNKNOWN) for coding in self.codings)
        return ".".join((self.stem, ending, *packed))

    def said(self, *, decoded: bool) -> str:
        """Which of the two it is."""
        if not self.codings:
            return "as it passed: it was not coded"
        listed = " and ".join(self.codings)
        return f"decoded: {listed} undone" if decoded else f"as it passed: in {listed}"


def content(directory: Path, lookup: Lookup, exchange: Exchange, direction: Direction) -> Content:
    """What went in a direction of an exchange; raises Missing where that is nothing."""
    side, which = exchange.side(direction), NAMES[direction]
    if not side.spans:
        raise Missing(f"the {which} has no content")
    head = exchange.request if direction is UP else exchange.response
    headers = head.headers if head else ()
    types = [header.text for header in headers if header.key == "content-type"]
    target = exchange.request.target.partition("?")[0] if exchange.request and direction is DOWN else ""
    sample = body(lookup, exchange, direction, SAMPLE).data
    media_type, _ = choose(mediatype.parse(types[0] if types else ""), sample, target)
    called = _safe(_called(exchange, direction) or target) or which
    stem = f"{directory.name}-{exchange.connection}-{exchange.number}-{called}"
    return Content(
        stem, exchange.connection, exchange.number, direction, side.spans, side.size,
        tuple(header.text for header in headers if header.key == "content-encoding"),
        media_type.type, _problem(side),
    )  # fmt: skip


class Written:
    """A content that is being written, and what became of it."""

    def __init__(self, there: Content, *, decoded: bool) -> None:
        self.length = 0
        """Bytes so far."""
        self.problem = ""
        """What is missing in it; empty for nothing."""
        self._there, self._decoded = there, decoded and bool(there.codings)

    def pieces(self, lookup: Lookup) -> Iterator[bytes]:
        """All of it; raises Missing where bytes are gone from the capture, Undecodable where nothing comes out."""
        there, decoder = self._there, Decoder(self._there.coded, MADE)
        if self._decoded and not decoder.undone:
            raise Undecodable(f"it cannot be decoded: {decoder.problem}")
        for piece in spanned(lookup, there.connection, there.direction, there.spans):
            if isinstance(piece, Gone):
                raise Missing(f"{piece.length} bytes of it are gone from the capture")
            for made in decoder.pieces(piece) if self._decoded else (piece,):
                self.length += len(made)
                yield made
            if self._decoded and decoder.broken:
                break
        problem = decoder.problem if self._decoded else ""
        if not self.length and problem:
            raise Undecodable(f"it cannot be decoded: {problem}")
        self.problem = problem or there.problem


def _problem(side: Side) -> str:
    if side.more:
        return MORE
    return "" if side.whole else "it was cut short" if side.over else "it has not all come yet"


def _called(exchange: Exchange, direction: Direction) -> str:
    """The name that Content-Disposition gives (RFC 6266)."""
    head = exchange.response if direction is DOWN else None
    values = [header.text for header in (head.headers if head else ()) if header.key == "content-disposition"]
    return mediatype.file_name(mediatype.parse(values[0]).parameters) if values else ""


def _safe(name: str) -> str:
    """A peer's name for a file without its folders, its ending, and whatever means something to a shell."""
    last = name.partition("?")[0].replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem, _, ending = last.rpartition(".")
    plain = re.sub(r"[^0-9A-Za-z_-]+", "-", stem if stem and len(ending) <= len("webmanifest") else last)
    return plain.strip("-")[:MAX_NAME]
