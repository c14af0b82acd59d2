"""The frame of WebSocket (RFC 6455 section 5.2): its numbers, its header, its mask.

header = parse_header(data, at) -> FrameHeader | None       None: more is needed
unmask(payload, key, phase), masks_ascii(payload, key, phase)
accepts(key)                                                what the handshake's key is answered with
close_text(payload) -> "1000 normal closure: bye"
"""

from __future__ import annotations

from base64 import b64encode
from enum import IntEnum
from hashlib import sha1
from typing import NamedTuple

MAX_HEADER = 14
"""Two bytes, eight of length, four of mask."""
MAX_CONTROL = 125
"""Bytes that a control frame may carry (section 5.5)."""


class Opcode(IntEnum):
    """What a frame is (section 11.8)."""

    continuation = 0x0
    text = 0x1
    binary = 0x2
    close = 0x8
    ping = 0x9
    pong = 0xA


class CloseCode(IntEnum):
    """Why a connection ends (section 7.4.1, and the registry of section 11.7)."""

    normal_closure = 1000
    going_away = 1001
    protocol_error = 1002
    unsupported_data = 1003
    no_status_received = 1005  # never on the wire
    abnormal_closure = 1006  # never on the wire
    invalid_payload_data = 1007
    policy_violation = 1008
    message_too_big = 1009
    mandatory_extension = 1010
    internal_error = 1011
    service_restart = 1012
    try_again_later = 1013
    bad_gateway = 1014
    tls_handshake = 1015  # never on the wire


UNSENDABLE = frozenset({CloseCode.no_status_received, CloseCode.abnormal_closure, CloseCode.tls_handshake})
"""Codes for a program's own use (section 7.4.1)."""

_OPCODES = {int(opcode): opcode.name for opcode in Opcode}
_CODES = {int(code): code.name.replace("_", " ") for code in CloseCode}
_FLAGS = {
    bits: "+".join(name for bit, name in ((0x80, "FIN"), (0x40, "RSV1"), (0x20, "RSV2"), (0x10, "RSV3")) if bits & bit)
    for bits in range(0, 0x100, 0x10)
}


class FrameHeader(NamedTuple):
    """What stands before a payload."""

    first: int
    """FIN, the reserved bits, the opcode."""
    masked: bool
    length: int
    """Of the payload."""
    key: bytes
    """Empty without a mask."""
    size: int
    """Bytes of the header itself."""
    minimal: bool
    """Whether the length is said in as few bytes as it can be, as it must."""

    @property
    def opcode(self) -> int:
        """One of Opcode, or any other number."""
        return self.first & 0x0F

    @property
    def type(self) -> str:
        """The opcode's name."""
        return _OPCODES.get(self.first & 0x0F) or f"unknown 0x{self.first & 0x0F:X}"

    @property
    def flags(self) -> str:
        """The names of the bits that are set."""
        flags = _FLAGS[self.first & 0xF0]
        return (f"{flags}+MASK" if flags else "MASK") if self.masked else flags


def parse_header(data: bytes | bytearray | memoryview, at: int) -> FrameHeader | None:
    """The header that begins at `at`; None: more is needed."""
    left = len(data) - at
    if left < 2:
        return None
    first, second = data[at], data[at + 1]
    length, masked = second & 0x7F, second > 0x7F
    size, minimal = 2, True
    if length > 125:
        more = 2 if length == 126 else 8
        if left < 2 + more:
            return None
        length = int.from_bytes(data[at + 2 : at + 2 + more])
        size, minimal = 2 + more, length > (125 if more == 2 else 0xFFFF)
    if not masked:
        return FrameHeader(first, masked, length, b"", size, minimal)
    if left < size + 4:
        return None
    return FrameHeader(first, masked, length, bytes(data[at + size : at + size + 4]), size + 4, minimal)


def unmask(data: bytes, key: bytes, phase: int = 0) -> bytes:
    """The payload, of which `data` begins `phase` bytes in (section 5.3); as one number, which is fast."""
    size = len(data)
    repeated = (key * (size // 4 + 2))[phase % 4 : phase % 4 + size]
    return (int.from_bytes(data) ^ int.from_bytes(repeated)).to_bytes(size)


def masks_ascii(data: bytes, key: bytes, phase: int = 0) -> bool:
    """Whether the payload that this is a piece of (as in `unmask`) is ASCII: told in less than half the time.

    Each fourth byte has the same mask. Where that has no high bit, the bytes are ASCII if the masked ones are; where it
    has one, if none of the masked ones is.
    """
    for lane in range(4):
        part = data[lane::4]
        if not (part.translate(_FLIP) if key[(phase + lane) % 4] & 0x80 else part).isascii():
            return False
    return True


_FLIP = bytes(byte ^ 0x80 for byte in range(256))


def accepts(key: bytes) -> bytes:
    """The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (section 4.2.2): its sender means WebSocket."""
    return b64encode(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest())


def close_name(code: int) -> str:
    """A close code in words; those that are not registered by their range."""
    if name := _CODES.get(code):
        return name
    return "for libraries and frameworks" if 3000 <= code < 4000 else "private" if 4000 <= code < 5000 else "unknown"


def close_text(payload: bytes) -> str:
    """What a close frame says: code, its name, the reason; empty for an empty one."""
    if len(payload) < 2:
        return ""
    code = int.from_bytes(payload[:2])
    reason = payload[2:].decode("utf-8", "replace")
    return f"{code} {close_name(code)}" + (f": {reason}" if reason else "")


def close_faults(payload: bytes) -> list[tuple[str, str]]:
    """What a close frame must not say, as codes and sentences."""
    found = []
    code = int.from_bytes(payload[:2])
    reserved = code < 3000 and (code not in _CODES or code in UNSENDABLE)
    if payload and (len(payload) == 1 or reserved or code >= 5000):
        found.append(("ws-close-code", "a close frame with a code that must not be sent (RFC 6455 section 7.4)"))
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        found.append(("ws-invalid-utf8", "a reason for the close that is not UTF-8 (RFC 6455 section 5.5.1)"))
    return found
