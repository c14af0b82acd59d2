"""What a body is: chosen by its media type, doubted by its first bytes, said in one line, in text, and as a tree.

    describe("application/json", data) -> Content(kind="json", summary="JSON object, 14 keys", ...)

The media type decides. Where there is none, or one that says nothing (octet-stream), the first bytes do; where the
bytes are certainly something else, they do, too, and `problem` says that the label is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlscope.wire.content import (
    cbor,
    dns,
    forms,
    images,
    jsonbody,
    jwt,
    markup,
    media,
    mediatype,
    messagepack,
    multipart,
    pki,
    protobuf,
    textbody,
)
from tlscope.wire.content.kinds import choose, kind_of
from tlscope.wire.content.reading import Body, Kind, Reading, Room
from tlscope.wire.content.sniff import sniff
from tlscope.wire.field import Field

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.wire.content.mediatype import MediaType


@dataclass(frozen=True, slots=True)
class Content:
    """What a body is."""

    kind: str
    """A word of reading.Kind."""
    media_type: str
    """What it was read as, without parameters: what it was called, unless that was missing or wrong."""
    charset: str
    """Of text; empty where it is none, or UTF-8 by definition."""
    summary: str
    """One line."""
    text: str
    """For people, bounded. Not yet safe for a terminal."""
    tree: Field
    """Offsets count in the body."""
    problem: str
    """What is wrong with it, or with its label; empty where all is well."""


def describe(content_type: str, data: bytes, name: str = "") -> Content:
    """What a body is, its content codings undone; `name` is a file name or a URL's path. Never raises."""
    return body(content_type, data, name, Room())


def body(content_type: str, data: bytes, name: str, room: Room) -> Content:
    """The same for a body within another, with the room that is left."""
    called = mediatype.parse(content_type)
    if not data:
        return Content(Kind.EMPTY, called.type, "", "empty", "", Field("data", "Data", None, 0, 0, "empty"), "")
    chosen, problem = choose(called, data, name)
    reading = reader(chosen, data)(Body(data, chosen, room, name))
    tree = reading.tree
    if not called.type:
        tree = tree._replace(note=tree.note or f"No media type was given; it reads as {chosen.type or reading.kind}.")
    problem = "; ".join(said for said in (problem, reading.problem) if said)
    return Content(reading.kind, chosen.type, reading.charset, reading.summary, reading.text, tree, problem)


def reader(media_type: MediaType, data: bytes) -> Callable[[Body], Reading]:
    """Who reads a media type; for one that is not known, whether it is text or magic decides."""
    kind = kind_of(media_type.type) or kind_of(sniff(data)) or (Kind.TEXT if textbody.is_text(data) else Kind.BINARY)
    return READERS.get(kind) or (media.read if sniff(data) else textbody.binary)


def _named(kind: Kind) -> Callable[[Body], Reading]:
    return lambda given: textbody.read(given, kind)


def _media(kind: Kind) -> Callable[[Body], Reading]:
    return lambda given: media.read(given, kind)


READERS: dict[Kind, Callable[[Body], Reading]] = {
    Kind.JSON: jsonbody.read,
    Kind.FORM: forms.read,
    Kind.TEXT: textbody.read,
    Kind.CSS: _named(Kind.CSS),
    Kind.JAVASCRIPT: _named(Kind.JAVASCRIPT),
    Kind.PROTOBUF: protobuf.read,
    Kind.GRPC: protobuf.read_grpc,
    Kind.MSGPACK: messagepack.read,
    Kind.CBOR: cbor.read,
    Kind.DNS: dns.read,
    Kind.JWT: jwt.read,
    Kind.CERTIFICATE: pki.read,
    Kind.OCSP: pki.read,
    Kind.ASN1: pki.read,
    Kind.IMAGE: images.read,
    Kind.HTML: markup.read,
    Kind.XML: markup.read,
    Kind.MULTIPART: lambda given: multipart.read(given, body),
    Kind.AUDIO: _media(Kind.AUDIO),
    Kind.VIDEO: _media(Kind.VIDEO),
    Kind.FONT: _media(Kind.FONT),
    Kind.ARCHIVE: _media(Kind.ARCHIVE),
    Kind.PDF: _media(Kind.PDF),
    Kind.WASM: _media(Kind.WASM),
}
"""A reader for each kind; what has none is shown as hex."""
