"""A content on its way into a file: decoded, as a person wants it, or as it passed.

    there = content(directory, selected, Direction.DOWN)        in a thread; raises Missing
    there.codings                                                what there is to be undone, if anything
    there.name(decoded=True) -> "capture-3-1-logo.png"           what to call it: peers name the middle, we the ending
    save(there, path, decoded=True, stopped=...)                 in a thread; says what became of it

The ending is that of what the content is, whatever it was called.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.index import Index
from tlscope.events import Direction
from tlscope.wire.content import Decoder, mediatype
from tlscope.wire.content.codings import named
from tlscope.wire.content.kinds import choose
from tlscope_ui.cli.export import write_whole
from tlscope_ui.text import size
from tlscope_ui.tui.models import exchange
from tlscope_ui.tui.models.content import MADE, SAMPLE, STEP, Coded
from tlscope_ui.tui.models.exporting import Missing, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tlscope_ui.tui.models.rows import Selected

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


class Content(NamedTuple):
    """What there is to be saved."""

    stem: str
    direction: Direction
    exchange: int
    coded: Coded
    codings: tuple[str, ...]
    """In the order in which they were applied, by their names."""
    media_type: str
    """What it is; empty where nothing is known."""

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


class Saved(NamedTuple):
    """What became of it."""

    length: int
    """Bytes of the file."""
    problem: str
    """What is missing in it; empty for nothing."""


def content(directory: Path, selected: Selected, direction: Direction) -> Content:
    """Find it. Raises Missing, and what opening the index raises."""
    with Index(directory) as index:
        side = exchange.read(index, directory, selected, direction)
    if side.exchange is None:
        raise Missing("there is no HTTP exchange here")
    coded, which = side.coded, exchange.NAMES[direction]
    if coded is None:
        raise Missing(f"the {which} has no content")
    sample = Decoder(coded.codings, SAMPLE).feed(coded.source.read(0, SAMPLE))
    media_type, _ = choose(mediatype.parse(coded.content_type), sample, coded.name)
    number = side.exchange.number
    stem = f"{directory.name}-{selected.connection}-{number}-{_safe(_called(side) or coded.name) or which}"
    return Content(stem, direction, number, coded, tuple(named(coded.codings)), media_type.type)


def save(there: Content, path: Path, *, decoded: bool, stopped: Callable[[], bool]) -> Saved:
    """Write all of it, or nothing, to a file of mode 0600. Raises Stopped, Missing, Failure, OSError."""
    coded, source = there.coded, there.coded.source
    decoder = Decoder(coded.codings if decoded else (), MADE)
    count = 0

    def pieces() -> Iterator[bytes]:
        nonlocal count
        for at in range(0, len(source), STEP):
            data = source.read(at, at + STEP)
            if stopped():
                raise Stopped
            if lost := getattr(source, "gone", 0):
                raise Missing(f"{lost} bytes of it are gone from the capture")
            for piece in decoder.pieces(data):
                count += len(piece)
                yield piece
            if decoder.broken:
                break
        if decoder.broken and not count:
            raise Missing(f"it cannot be decoded: {decoder.problem}. Next: save it as it passed")

    write_whole(pieces(), path.resolve())
    return Saved(count, decoder.problem or coded.problem)


def offered(there: Content) -> list[tuple[str, str, bool]]:
    """The two ways to save what was coded: a word, a sentence, whether decoded."""
    listed = " and ".join(there.codings)
    kind = there.media_type or "the content"
    return [
        ("decoded", f"{kind}, {listed} undone: what was meant", True),
        ("as it passed", f"{size(len(there.coded.source))} in {listed}: the bytes that were sent", False),
    ]


def _called(side: exchange.Side) -> str:
    """The name that Content-Disposition gives (RFC 6266)."""
    head = side.exchange.response if side.exchange and side.direction is Direction.DOWN else None
    values = [header.text for header in (head.headers if head else ()) if header.key == "content-disposition"]
    return mediatype.file_name(mediatype.parse(values[0]).parameters) if values else ""


def _safe(name: str) -> str:
    """A peer's name for a file without its folders, its ending, and whatever means something to a shell."""
    last = name.partition("?")[0].replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem, _, ending = last.rpartition(".")
    plain = re.sub(r"[^0-9A-Za-z_-]+", "-", stem if stem and len(ending) <= len("webmanifest") else last)
    return plain.strip("-")[:MAX_NAME]
