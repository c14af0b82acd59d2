"""What readers of bodies share: what they are given, what they give, and how much they may.

    def read(body: Body) -> Reading

A reader looks at `body.data`, takes the room for each field from `body.room`, and never raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.field import Field

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.wire.content.mediatype import MediaType
    from tlscope.wire.field import Cursor

FIELDS = 10_000
"""Fields in one tree: more than a person opens, some ten megabytes at most. Then one field for the rest."""
LEVELS = 40
"""Containers in containers (JSON, XML, protobuf ...): real ones need some 15; each is a frame or two of recursion."""
BODIES = 5
"""Bodies in bodies (multipart, JWT in a form ...): mail has three."""
TEXT = 256 << 10
"""Characters of text for people: a screen shows some 5,000."""
OMITTED = "content.omitted"


class Kind(StrEnum):
    """What a body is, in a word, for a view to choose by."""

    EMPTY = "empty"
    JSON = "json"
    FORM = "form"
    MULTIPART = "multipart"
    XML = "xml"
    HTML = "html"
    CSS = "css"
    JAVASCRIPT = "javascript"
    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FONT = "font"
    ARCHIVE = "archive"
    PDF = "pdf"
    WASM = "wasm"
    PROTOBUF = "protobuf"
    GRPC = "grpc"
    MSGPACK = "msgpack"
    CBOR = "cbor"
    DNS = "dns"
    JWT = "jwt"
    CERTIFICATE = "certificate"
    OCSP = "ocsp"
    ASN1 = "asn1"
    BINARY = "binary"


class Reading(NamedTuple):
    """What a reader found."""

    kind: Kind
    summary: str
    """One line, without a line break of the peer's."""
    text: str
    tree: Field
    problem: str = ""
    charset: str = ""


@dataclass(slots=True)
class Room:
    """What is left for one description, shared by all bodies in it."""

    fields: int = FIELDS
    bodies: int = BODIES
    """How many bodies may still lie within this one."""

    def take(self) -> bool:
        """Room for one more field."""
        self.fields -= 1
        return self.fields >= 0

    def spare(self, cursor: Cursor) -> bool:
        """Room for one more field; where there is none, what is left of `cursor` becomes the last one."""
        if self.take():
            return True
        if cursor.left:
            cursor.add(omitted(cursor.at, cursor.left))
            cursor.at = cursor.end
        return False


class Body(NamedTuple):
    """What a reader is given."""

    data: bytes
    media: MediaType
    room: Room
    name: str = ""
    """A file name or the path of a URL, where one is known."""


def pair_of(cursor: Cursor, room: Room, item: Callable[[Cursor, Room], None], key: str) -> None:
    """A key and its value, each an item, as one field; raises Short."""
    start, mark = cursor.at, len(cursor.fields)
    room.take()
    item(cursor, room)
    if room.spare(cursor):
        item(cursor, room)
    both = tuple(cursor.fields[mark:])
    del cursor.fields[mark:]
    text = ": ".join(field.text for field in both)
    cursor.add(Field(key, "Pair", both[0].value, start, cursor.at - start, text, "", "", both))


def omitted(start: int, length: int, why: str = "") -> Field:
    """The field that stands for bytes that are not shown as fields."""
    return Field(OMITTED, "Not Shown", None, start, length, f"… {length} more bytes{why}")


def moved(tree: Field, by: int) -> Field:
    """The tree of a body within another, at its place there."""
    return tree._replace(start=tree.start + by, children=tuple(moved(child, by) for child in tree.children))


def concluded(tree: Field, at: int) -> Field:
    """The tree of what was decoded first: it has no bytes of its own, only a place."""
    return tree._replace(start=at, length=0, children=tuple(concluded(child, at) for child in tree.children))


def plural(count: int, thing: str, things: str = "") -> str:
    """`1 key`, `14 keys`, `12,345 keys`."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def line(text: str, limit: int = 60) -> str:
    """A peer's text as a part of one line: controls as spaces, and not long. Not yet safe for a terminal."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: limit + 1])
    return shown if len(text) <= limit else shown[:limit] + "…"


def clipped(text: str, more: int = 0, unit: str = "bytes") -> str:
    """Text for people, cut at TEXT; `more` is what the caller itself has left out."""
    if len(text) > TEXT:
        more += len(text) - TEXT
        return f"{text[:TEXT]}\n… {more:,} more characters"
    return f"{text}\n… {more:,} more {unit}" if more else text
