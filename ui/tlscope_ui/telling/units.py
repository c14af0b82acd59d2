"""What was carried inside: WebSocket, gRPC and server-sent messages; and the frames of HTTP/2 and WebSocket.

    units = read(index, connection)          in a thread; with an exchange, its own
    units.messages, units.frames             a line each
    dissector(frame)                         what takes a frame's bytes apart

Of each, the beginning is kept for its line. The rest is read again when it is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.capture.listening import Listening
from tlscope.capture.lookup import Gone
from tlscope.capture.summary import rfc3339
from tlscope.export import redact
from tlscope.export.jsonl import DIRECTIONS
from tlscope.export.text import text_of
from tlscope.wire.http import exchange as said
from tlscope.wire.http import http2_tree, websocket_tree
from tlscope_ui.telling import Span
from tlscope_ui.telling.lines import ARROWS, elapsed
from tlscope_ui.text import excerpt, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tlscope.capture.index import Index
    from tlscope.capture.lookup import Lookup
    from tlscope.wire.field import Field
    from tlscope_ui.telling import Line

    Taken = Callable[[bytes, bool], tuple[Field, bytes]]
    """Takes bytes apart: gives their tree, and the bytes as they are to be shown, masked or not."""

MAX_UNITS = 100_000
"""Messages, and frames, that are listed."""
KEPT = 256
"""Bytes of each message that are kept: more than a line shows."""
STYLES = ("client", "server")
LEFT = 36
"""Columns before the excerpt."""
WHEN, SIZE = 11, 10


class Unit(NamedTuple):
    """A message, or a frame."""

    number: int
    """Among its kind, from 1."""
    wall: int
    event: said.Message | said.Frame

    def line(self, began: int, width: int, *, masked: bool = True) -> Line:
        """What it is, in a line."""
        event = self.event
        length = event.size if isinstance(event, said.Message) else event.length
        parts: Line = [
            Span(ARROWS[event.direction], STYLES[event.direction]),
            f" {elapsed(self.wall - began):>{WHEN}} {size(length):>{SIZE}}  ",
        ]
        if isinstance(event, said.Message):
            note = f" {event.note}" if event.note else ""
            room = max(width - LEFT - len(event.kind) - len(note), 8)
            data = redact.data("", event.data) if masked else event.data
            return [
                *parts,
                Span(event.kind, "strong"),
                f"{note}  {excerpt(data, room, event.size + len(data) - len(event.data))}",
            ]
        stream = f" stream {event.stream}" if event.stream else ""
        flags = f" {event.flags}" if event.flags else ""
        return [
            *parts,
            Span(event.type, "strong"),
            f"{stream}{flags}",
            Span(f"  {redact.url(event.note) if masked else event.note}" if event.note else "", "dim"),
        ]

    def json(self, began: int, *, masked: bool) -> dict[str, Any]:
        """The same as an object; of a message, its beginning."""
        event = self.event
        kind = "message" if isinstance(event, said.Message) else "frame"
        told: dict[str, Any] = {
            "exchange": event.exchange,
            "kind": kind,
            "number": self.number,
            "time": rfc3339(self.wall),
            "elapsed_us": (self.wall - began) // 1000,
            "direction": DIRECTIONS[event.direction],
            "offset": event.start,
            "length": event.length,
        }
        if isinstance(event, said.Message):
            data = redact.data("", event.data) if masked else event.data
            text, more = text_of(data), event.size - len(event.data)
            told |= {"type": event.kind, "note": event.note or None, "size": event.size}
            told |= {"hex": data.hex()} if text is None else {"text": text}
            return told | ({"left_out": more} if more else {})
        note = redact.url(event.note) if masked else event.note
        flags = event.flags.split("+") if event.flags else []
        return told | {"type": event.type, "stream": event.stream, "flags": flags, "note": note or None}


class Listed:
    """Units, one a line."""

    width = 0

    def __init__(self, began: int) -> None:
        self.began = began
        self.units: list[Unit] = []
        self.full = False

    def __len__(self) -> int:
        return len(self.units) + self.full

    def line(self, y: int, width: int) -> Line:
        """See Lines."""
        if y >= len(self.units):
            return [Span(f"… there are more than {MAX_UNITS:,}: they are not listed", "dim")]
        return self.units[y].line(self.began, width)

    def add(self, wall: int, event: said.Message | said.Frame) -> None:
        """Take one more, if there is room."""
        if len(self.units) < MAX_UNITS:
            self.units.append(Unit(len(self.units) + 1, wall, event))
        else:
            self.full = True


class Units(NamedTuple):
    """What a connection, or an exchange, is made of."""

    numbers: tuple[int, int]
    """Of the connection, and of the exchange; 0 for all of them."""
    alpn: str
    messages: Listed
    frames: Listed


def read(index: Index, connection: int, exchange: int = 0) -> Units:
    """Find them; of an exchange, its own; of a connection, all."""
    row = index.connection(connection)
    alpn = (row["client_alpn"] or row["server_alpn"] or "") if row else ""
    messages, frames = Listed(0), Listed(0)
    for wall, event in events(index.lookup, connection, alpn, KEPT):
        messages.began = frames.began = messages.began or wall
        if isinstance(event, said.Message | said.Frame) and exchange in {0, event.exchange}:
            (messages if isinstance(event, said.Message) else frames).add(wall, event)
    return Units((connection, exchange), alpn, messages, frames)


def events(lookup: Lookup, connection: int, alpn: str, keep: int) -> Iterator[tuple[int, said.Event]]:
    """What an observer says of a connection, with the time of the record that it says it of."""
    listening, wall = Listening(alpn, keep=keep), 0
    for item in lookup.passed(connection):
        wall = wall if isinstance(item, Gone) else item.wall
        for event in listening.take(item):
            yield wall, event
    for event in listening.finish():
        yield wall, event


# --------------------------------------------------------------------------------------------------------------- frames


def dissector(frame: said.Frame) -> Taken | None:
    """What takes the bytes of a frame apart; nothing does where a WebSocket frame lies in pieces of HTTP/2."""
    # Types of HTTP/2 are written in capitals, or with two digits where they are not known.
    if frame.type[0].isupper() or len(frame.type) == len("unknown 0x42"):
        return lambda data, hidden: _taken(http2_tree.frame_tree(data), data, hidden=hidden)
    return None if frame.stream else lambda data, hidden: _taken(websocket_tree.frame_tree(data), data, hidden=hidden)


def _taken(tree: Field, data: bytes, *, hidden: bool) -> tuple[Field, bytes]:
    if not hidden:
        return tree, data
    tree, ranges = masked(tree)
    shown = bytearray(data)
    for start, end in ranges:
        shown[start:end] = b"*" * (end - start)
    return tree, redact.data("", bytes(shown))


def masked(tree: Field) -> tuple[Field, list[tuple[int, int]]]:
    """A frame's tree without the values of secret header fields, and where these are in its bytes."""
    ranges: list[tuple[int, int]] = []

    def within(field: Field) -> Field:
        if field.key == "http2.header":
            return _header(field, ranges)
        if field.children:
            return field._replace(children=tuple(map(within, field.children)))
        text = redact.data("", field.text.encode()).decode()
        if text == field.text:
            return field
        ranges.append((field.start, field.end))
        return field._replace(value=None, text=text)

    return within(tree), ranges


def _header(field: Field, ranges: list[tuple[int, int]]) -> Field:
    parts = {part.key: str(part.value) for part in field.children}
    value, name = parts.get("http2.header.value", ""), parts.get("http2.header.name")
    # Where the name is in a table that is not known here, the value could be anything.
    shown = redact.header(name, value) if name is not None else redact.MARK if value else ""
    if shown == value:
        return field
    ranges.append((field.start, field.end))
    children = tuple(
        part._replace(value=shown, text=shown) if part.key == "http2.header.value" else part for part in field.children
    )
    return field._replace(text=f"{name or '(a name in a table)'}: {shown}", children=children)
