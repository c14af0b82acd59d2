"""WebSocket (RFC 6455) as two peers speak it, with permessage-deflate (RFC 7692): frames, and the messages in them.

    observer = WebSocket(exchange, extensions)          what the server's Sec-WebSocket-Extensions agreed to
    observer.feed(direction, data, offset) -> events    (exchange.py)

A frame is told of when its last byte has come. Payloads pass through in pieces: unmasked where somebody looks at them,
inflated with a window that lasts as long as the direction (context takeover) or as a message. What is inflated is
counted and dropped, but for the first `keep` bytes.
"""

from __future__ import annotations

import codecs

from tlscope.events import Direction
from tlscope.wire.http.exchange import KEPT, Event, Frame, Message, Oddities, Oddity, Raw
from tlscope.wire.http.inflate import INFLATE_LIMIT, Inflater
from tlscope.wire.http.websocket_frame import (
    MAX_CONTROL,
    MAX_HEADER,
    FrameHeader,
    Opcode,
    close_faults,
    close_text,
    masks_ascii,
    parse_header,
    unmask,
)
from tlscope.wire.http.websocket_tree import frame_tree

__all__ = ["WebSocket", "deflate_of", "frame_tree"]

CLIENT, SERVER = b"client_no_context_takeover", b"server_no_context_takeover"
_KNOWN = frozenset(Opcode)
SHORT = 256
"""Bytes of text below which it is as fast to unmask and decode it as to see whether that is needed."""


def deflate_of(extensions: bytes) -> tuple[bool, bool] | None:
    """Whether the client's and the server's window last, if permessage-deflate was agreed; else None.

    The window's size (`max_window_bits`) does not matter to one who reads with the largest.
    """
    for extension in extensions.split(b","):
        name, *parameters = (part.strip().lower() for part in extension.split(b";"))
        if name == b"permessage-deflate":
            return CLIENT not in parameters, SERVER not in parameters
    return None


class _Side:
    """One direction: the frame that is coming, and the message that it belongs to."""

    __slots__ = (
        "at", "closed", "compressed", "control", "decoder", "direction", "held", "held_at", "inflater", "kept", "kind",
        "left", "lost", "now", "said", "size", "start",
    )  # fmt: skip

    def __init__(self, direction: Direction, *, takeover: bool | None) -> None:
        self.direction = direction
        self.at = 0
        """Stream offset behind all that was fed."""
        self.held = bytearray()
        """A header that is not complete, which began at `held_at`."""
        self.held_at = 0
        self.now: FrameHeader | None = None
        """The frame whose payload is coming; `left` bytes of it are still to come."""
        self.left = 0
        self.control = bytearray()
        self.closed = self.lost = False
        self.said: set[str] = set()
        self.kind = ""
        """Of the message that is coming, `text` or `binary`; empty between messages."""
        self.start = self.size = 0
        self.kept = bytearray()
        self.compressed = False
        self.inflater = None if takeover is None else Inflater(takeover=takeover)
        self.decoder: codecs.IncrementalDecoder | None = None
        """Checks that text is UTF-8; None for what is not text, or was found not to be."""


class WebSocket:
    """Observes one WebSocket connection, or one within a stream of HTTP/2 (`stream`)."""

    protocol = "websocket"

    def __init__(self, exchange: int, extensions: bytes = b"", *, keep: int = KEPT, stream: int = 0) -> None:
        self._exchange, self._keep, self._stream = exchange, keep, stream
        takeover = deflate_of(extensions) or (None, None)
        self._sides = tuple(_Side(way, takeover=takeover[way]) for way in (Direction.UP, Direction.DOWN))
        self._oddities = Oddities()

    def feed(self, direction: Direction, data: bytes | memoryview, offset: int) -> list[Event]:
        """See exchange.Observer."""
        side = self._sides[direction]
        events: list[Event] = []
        data = bytes(data)
        at, end = 0, len(data)
        side.at = offset + end
        while at < end and not side.lost:
            if side.now is None:
                at = self._header(side, data, at, offset, events)
            if side.now is None:
                continue
            take = min(side.left, end - at)
            if take:
                self._payload(side, side.now, data[at : at + take], events)
                at += take
                side.left -= take
            if not side.left:
                self._end(side, side.now, offset + at, events)
        return events

    def missing(self, direction: Direction, size: int) -> list[Event]:
        """See exchange.Observer. Frames have no mark to be found by: this direction is Raw from here on."""
        side = self._sides[direction]
        events: list[Event] = []
        if not side.lost:
            text = f"{size} bytes are missing here" if size else "bytes are missing here"
            self._tell(side, "gap", text, side.at, events)
            events.append(Raw(direction, side.at))
            side.lost = True
        return events

    def finish(self, direction: Direction) -> list[Event]:
        """See exchange.Observer."""
        side = self._sides[direction]
        events: list[Event] = []
        if (side.now is not None or side.held) and not side.lost:
            self._tell(side, "truncated-frame", "the direction ends within a frame", side.held_at, events)
        elif side.kind and not side.lost:
            self._tell(side, "truncated-message", "the direction ends within a message", side.start, events)
        side.lost = True
        return events

    def _header(self, side: _Side, data: bytes, at: int, base: int, events: list[Event]) -> int:
        """Read on in a header; sets `now` when it is complete. Returns how far it came."""
        held = side.held
        if held:
            before = len(held)
            held += data[at : at + MAX_HEADER - before]
            header = parse_header(held, 0)
            if header is None:
                return at + len(held) - before
            held.clear()
            at += header.size - before
        else:
            side.held_at = base + at
            header = parse_header(data, at)
            if header is None:
                held += data[at:]
                return len(data)
            at += header.size
        if header.length >> 63:
            text = "a frame length with its highest bit set (RFC 6455 section 5.2): what follows is not understood"
            self._tell(side, "ws-length", text, side.held_at, events)
            events.append(Raw(side.direction, side.held_at))
            side.lost = True
            return len(data)
        side.now, side.left = header, header.length
        self._judge(side, header, events)
        if header.opcode < Opcode.close:
            self._begin(side, header, events)
        return at

    def _judge(self, side: _Side, header: FrameHeader, events: list[Event]) -> None:
        """What a header must not be."""
        first, opcode, at = header.first, header.opcode, side.held_at
        wrong: list[tuple[str, str]] = []
        if header.masked is not (side.direction is Direction.UP):
            code = "ws-masked" if header.masked else "ws-unmasked"
            text = "clients mask their frames, servers do not (RFC 6455 section 5.1); this peer does the reverse"
            wrong.append((code, text))
        if first & 0x30 or (first & 0x40 and (side.inflater is None or opcode not in {Opcode.text, Opcode.binary})):
            wrong.append(("ws-reserved-bits", "reserved bits that no agreed extension uses"))
        if opcode not in _KNOWN:
            wrong.append(("ws-reserved-opcode", "an opcode that is reserved"))
        if not header.minimal:
            wrong.append(("ws-length-not-minimal", "a length said in more bytes than it needs"))
        if opcode >= Opcode.close and not first & 0x80:
            wrong.append(("ws-control-fragmented", "a control frame in fragments (RFC 6455 section 5.4)"))
        if opcode >= Opcode.close and header.length > MAX_CONTROL:
            text = f"a control frame of more than {MAX_CONTROL} bytes (RFC 6455 section 5.5)"
            wrong.append(("ws-control-too-long", text))
        if side.closed:
            wrong.append(("ws-after-close", "a frame behind a close frame, which was to be the last"))
        for code, text in wrong:
            self._tell(side, code, text, at, events)

    def _begin(self, side: _Side, header: FrameHeader, events: list[Event]) -> None:
        """A frame of data: the first of a message, or one more."""
        if header.opcode == Opcode.continuation:
            if side.kind:
                return
            text = "a continuation of no message"
            self._tell(side, "ws-continuation-without-start", text, side.held_at, events)
        elif side.kind:
            text = "a message begins before the last one has ended"
            self._tell(side, "ws-message-interrupted", text, side.held_at, events)
        side.kind = "text" if header.opcode == Opcode.text else "binary"
        side.start, side.size = side.held_at, 0
        side.kept.clear()
        side.compressed = bool(header.first & 0x40) and side.inflater is not None
        side.decoder = codecs.getincrementaldecoder("utf-8")() if side.kind == "text" else None

    def _payload(self, side: _Side, header: FrameHeader, piece: bytes, events: list[Event]) -> None:
        """A piece of a payload, of which `side.left` bytes are still to come, this piece among them."""
        phase = header.length - side.left
        if header.opcode >= Opcode.close:
            if (room := MAX_CONTROL - len(side.control)) > 0:
                part = piece[:room]
                side.control += unmask(part, header.key, phase) if header.key else part
            return
        if side.compressed or (side.decoder is not None and not _is_ascii(side.decoder, piece, header.key, phase)):
            content = unmask(piece, header.key, phase) if header.key else piece
            if side.compressed and side.inflater is not None:
                self._inflate(side, side.inflater, content, events)
            else:
                self._content(side, content, events)
            return
        side.size += len(piece)
        if (room := self._keep - len(side.kept)) > 0:  # nobody need look at the rest
            part = piece[:room]
            side.kept += unmask(part, header.key, phase) if header.key else part

    def _content(self, side: _Side, content: bytes, events: list[Event], *, final: bool = False) -> None:
        """Content as the peer meant it."""
        side.size += len(content)
        if (room := self._keep - len(side.kept)) > 0:
            side.kept += content[:room]
        if side.decoder is not None:
            try:
                side.decoder.decode(content, final)
            except UnicodeDecodeError:
                side.decoder = None
                text = "a text message that is not UTF-8 (RFC 6455 section 8.1)"
                self._tell(side, "ws-invalid-utf8", text, side.start, events)

    def _inflate(self, side: _Side, inflater: Inflater, data: bytes, events: list[Event]) -> None:
        for content in inflater.feed(data):
            self._content(side, content, events)
        if inflater.fault:
            code = "ws-inflate-limit" if inflater.fault == "limit" else "ws-inflate-failed"
            text = (
                f"a message inflates to more than {INFLATE_LIMIT} bytes; the rest is not looked at"
                if inflater.fault == "limit"
                else "a compressed message that cannot be inflated"
            )
            self._tell(side, code, text, side.start, events)

    def _end(self, side: _Side, header: FrameHeader, end: int, events: list[Event]) -> None:
        """The frame is complete."""
        side.now = None
        note, start, way = "", side.held_at, side.direction
        control = bytes(side.control)
        side.control.clear()
        if header.opcode == Opcode.close:
            note = close_text(control)
            side.closed = True
            for code, text in close_faults(control):
                self._tell(side, code, text, start, events)
        elif header.opcode < Opcode.close and side.compressed:
            note = "compressed"
        events.append(Frame(self._exchange, way, self._stream, header.type, header.flags, start, end - start, note))
        if header.opcode < Opcode.close and header.first & 0x80:
            self._message(side, end, events)

    def _message(self, side: _Side, end: int, events: list[Event]) -> None:
        note = ""
        if side.compressed and side.inflater is not None:
            fault = side.inflater.fault
            if not fault:
                self._inflate(side, side.inflater, b"\x00\x00\xff\xff", events)  # RFC 7692 section 7.2.2
                fault = side.inflater.fault
            side.inflater.reset()
            note = "deflate, inflated in part" if fault else "deflate"
        self._content(side, b"", events, final=True)
        kind, start, size, data = side.kind, side.start, side.size, bytes(side.kept)
        side.kind, side.decoder = "", None
        side.kept.clear()
        events.append(Message(self._exchange, side.direction, kind, start, end - start, size, data, note))

    def _tell(self, side: _Side, code: str, text: str, at: int, events: list[Event]) -> None:
        self._oddities.tell(events, side.said, Oddity(self._exchange, side.direction, code, text, at))


def _is_ascii(decoder: codecs.IncrementalDecoder, piece: bytes, key: bytes, phase: int) -> bool:
    """Whether a piece of text is UTF-8 at first sight; most of what people send each other's programs is."""
    if len(piece) < SHORT or decoder.getstate()[0]:  # the character that a piece before began must go on
        return False
    return masks_ascii(piece, key, phase) if key else piece.isascii()
