"""The numbers of HTTP/2: frames, flags, settings, errors, as RFC 9113 names them, and what a frame says in a line.

Unknown numbers are shown as such; GREASE (types 0x0b + 0x1f * n as in draft-bishop-httpbis-grease, settings 0x?a?a) is
what a peer sends to see whether the other one minds.
"""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode
from binascii import Error
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from tlscope.wire.tls.codes import is_grease

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client says first (RFC 9113 section 3.4)."""
HEAD = 9
"""Bytes of a frame header (section 4.1): length (3), type, flags, stream (4)."""
head_of = struct.Struct(">IBI").unpack_from
"""`length << 8 | type`, flags, `reserved << 31 | stream`."""
DEFAULT_FRAME_SIZE = 1 << 14
"""SETTINGS_MAX_FRAME_SIZE before anybody says otherwise (section 6.5.2)."""
STREAM = 0x7FFFFFFF

END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY_FLAG = 0x01, 0x01, 0x04, 0x08, 0x20


MAX_SETTINGS_SHOWN = 16
"""Settings in a note; there are some eight."""
NOTE_LENGTH = 200
"""Bytes of a peer's words that a note shows."""


class FrameHead(NamedTuple):
    """What stands before a payload."""

    kind: int
    """One of FrameType, or any other number."""
    flags: int
    stream: int
    length: int
    """Of the payload."""
    start: int
    """Where the frame stands in the stream of its direction."""


class FrameType(IntEnum):
    """What a frame is (RFC 9113 section 6 where nothing else is said)."""

    DATA = 0x00
    HEADERS = 0x01
    PRIORITY = 0x02
    RST_STREAM = 0x03
    SETTINGS = 0x04
    PUSH_PROMISE = 0x05
    PING = 0x06
    GOAWAY = 0x07
    WINDOW_UPDATE = 0x08
    CONTINUATION = 0x09
    ALTSVC = 0x0A  # RFC 7838 section 4
    ORIGIN = 0x0C  # RFC 8336 section 2
    PRIORITY_UPDATE = 0x10  # RFC 9218 section 7.1


class Setting(IntEnum):
    """What a side asks of the other (RFC 9113 section 6.5.2 where nothing else is said)."""

    HEADER_TABLE_SIZE = 0x01
    ENABLE_PUSH = 0x02
    MAX_CONCURRENT_STREAMS = 0x03
    INITIAL_WINDOW_SIZE = 0x04
    MAX_FRAME_SIZE = 0x05
    MAX_HEADER_LIST_SIZE = 0x06
    ENABLE_CONNECT_PROTOCOL = 0x08  # RFC 8441 section 3
    NO_RFC7540_PRIORITIES = 0x09  # RFC 9218 section 2.1


class ErrorCode(IntEnum):
    """Why a stream or the connection ends (RFC 9113 section 7)."""

    NO_ERROR = 0x00
    PROTOCOL_ERROR = 0x01
    INTERNAL_ERROR = 0x02
    FLOW_CONTROL_ERROR = 0x03
    SETTINGS_TIMEOUT = 0x04
    STREAM_CLOSED = 0x05
    FRAME_SIZE_ERROR = 0x06
    REFUSED_STREAM = 0x07
    CANCEL = 0x08
    COMPRESSION_ERROR = 0x09
    CONNECT_ERROR = 0x0A
    ENHANCE_YOUR_CALM = 0x0B
    INADEQUATE_SECURITY = 0x0C
    HTTP_1_1_REQUIRED = 0x0D


_FLAGS: dict[int, tuple[tuple[int, str], ...]] = {
    FrameType.DATA: ((END_STREAM, "END_STREAM"), (PADDED, "PADDED")),
    FrameType.HEADERS: (
        (END_STREAM, "END_STREAM"), (END_HEADERS, "END_HEADERS"), (PADDED, "PADDED"), (PRIORITY_FLAG, "PRIORITY"),
    ),
    FrameType.SETTINGS: ((ACK, "ACK"),),
    FrameType.PING: ((ACK, "ACK"),),
    FrameType.PUSH_PROMISE: ((END_HEADERS, "END_HEADERS"), (PADDED, "PADDED")),
    FrameType.CONTINUATION: ((END_HEADERS, "END_HEADERS"),),
}  # fmt: skip
SIZES: dict[int, int] = {FrameType.PRIORITY: 5, FrameType.RST_STREAM: 4, FrameType.PING: 8, FrameType.WINDOW_UPDATE: 4}
"""Frames whose payload is always as long as this."""
LEAST: dict[int, int] = {
    FrameType.PUSH_PROMISE: 4, FrameType.GOAWAY: 8, FrameType.ALTSVC: 2, FrameType.PRIORITY_UPDATE: 4,
}  # fmt: skip
"""Frames whose payload is at least as long as this."""
ON_STREAM = frozenset({
    FrameType.DATA, FrameType.HEADERS, FrameType.PRIORITY, FrameType.RST_STREAM, FrameType.PUSH_PROMISE,
    FrameType.CONTINUATION,
})  # fmt: skip
"""Frames that belong to a stream, never to stream 0."""
ON_CONNECTION = frozenset({
    FrameType.SETTINGS, FrameType.PING, FrameType.GOAWAY, FrameType.ORIGIN, FrameType.PRIORITY_UPDATE,
})  # fmt: skip
"""Frames that belong to stream 0. WINDOW_UPDATE and ALTSVC may be either."""


@lru_cache(maxsize=512)
def type_name(kind: int) -> str:
    """The frame's name; `GREASE 0x0B` for what is reserved to be ignored, `unknown 0x42` for any other."""
    if kind in FrameType._value2member_map_:
        return FrameType(kind).name
    return f"{'GREASE' if kind % 0x1F == 0x0B else 'unknown'} 0x{kind:02X}"


@lru_cache(maxsize=4096)
def flag_names(kind: int, flags: int) -> str:
    """The flags that are set, `+` between; those without a name as a number."""
    names, rest = [], flags
    for bit, name in _FLAGS.get(kind, ()):
        if flags & bit:
            names.append(name)
            rest &= ~bit
    if rest:
        names.append(f"0x{rest:02X}")
    return "+".join(names)


def error_name(code: int) -> str:
    """The error's name, or `unknown 0x42`."""
    return ErrorCode(code).name if code in ErrorCode._value2member_map_ else f"unknown 0x{code:02X}"


def setting_name(number: int) -> str:
    """The setting's name, `GREASE 0x0A0A`, or `unknown 0x42`."""
    if number in Setting._value2member_map_:
        return Setting(number).name
    return f"{'GREASE' if is_grease(number) else 'unknown'} 0x{number:02X}"


def settings_of(payload: bytes) -> list[tuple[int, int]]:
    """Identifiers and values; what is left over at the end is not among them."""
    return list(struct.iter_unpack(">HI", payload[: len(payload) // 6 * 6]))


def settings_header(value: bytes) -> bytes:
    """The payload of SETTINGS that an HTTP2-Settings header holds (RFC 7540 section 3.2.1); empty for what is none."""
    try:
        return urlsafe_b64decode(value + b"==")
    except Error:
        return b""


def settings_note(payload: bytes) -> str:
    """Settings as `NAME=value`."""
    pairs = settings_of(payload[: 6 * MAX_SETTINGS_SHOWN])
    return ", ".join(f"{setting_name(number)}={value}" for number, value in pairs)


def note_of(kind: int, payload: bytes) -> str:
    """What a frame says that needs no other frame to be understood."""
    if kind == FrameType.PRIORITY and len(payload) >= 5:
        word = int.from_bytes(payload[:4])
        exclusive = ", exclusive" if word >> 31 else ""
        return f"depends on stream {word & STREAM}, weight {payload[4] + 1}{exclusive}"
    if kind == FrameType.GOAWAY and len(payload) >= 8:
        last, error = int.from_bytes(payload[:4]) & STREAM, error_name(int.from_bytes(payload[4:8]))
        return f"{error}, last stream {last}"
    if kind == FrameType.PRIORITY_UPDATE and len(payload) >= 4:
        return f"stream {int.from_bytes(payload[:4]) & STREAM}: {_words(payload[4:])}"
    if kind == FrameType.ALTSVC and len(payload) >= 2:
        size = int.from_bytes(payload[:2])
        return f"{_words(payload[2 : 2 + size])} {_words(payload[2 + size :])}".lstrip()
    if kind == FrameType.ORIGIN:
        return ", ".join(_words(origin) for origin in origins_of(payload[:NOTE_LENGTH]))
    return ""


def origins_of(payload: bytes) -> list[bytes]:
    """What a server says it speaks for (RFC 8336 section 2.1)."""
    found, at = [], 0
    while len(payload) - at > 2:
        size = int.from_bytes(payload[at : at + 2])
        found.append(payload[at + 2 : at + 2 + size])
        at += 2 + size
    return found


def _words(data: bytes) -> str:
    return data[:NOTE_LENGTH].decode("latin-1")
