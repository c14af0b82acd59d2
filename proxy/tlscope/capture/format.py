"""How events lie in a journal segment. No file, no clock: bytes in, records out.

A segment is one header and then records, one after the other, in the order in which things happened:

    segment   "TLSJ" | u8 version | u32 length | JSON of that length | u32 CRC-32 of the JSON
    record    u32 check | u32 length | u8 kind | u8 flags | u16 meta | u32 connection | u64 wall | u64 mono | payload

`length` counts the payload: its first `meta` bytes are JSON (the event's fields), its rest is the event's `data`,
raw. `flags` carries what every viewer filters by: bit 0 the leg, bit 1 the direction, bit 2 "outside TLS". `wall` is
nanoseconds since the epoch, `mono` nanoseconds of the monotonic clock.

`check` is a CRC-32 over the rest of the header, seeded with the segment's own random `salt`, so that a journal relayed
as application data never looks like a record of the journal that holds it. For all but the bulky kinds (`DATA`,
`CIPHERTEXT`) it covers the payload too: a checksum over every relayed byte would cost as much as its encryption.

All numbers are little-endian.
"""

from __future__ import annotations

import json
import struct
import types
import typing
from dataclasses import dataclass, fields
from enum import IntEnum
from zlib import crc32

from tlscope import events
from tlscope.events import Ciphertext, Direction, Event, Leg, Message, Secret

MAGIC = b"TLSJ"
VERSION = 1
SEGMENT_HEAD = struct.Struct("<4sBI")
RECORD = struct.Struct("<IIBBHIQQ")
CHECKED = struct.Struct("<IBBHIQQ")
"""What `check` covers of a record's head: all of it but the check itself."""

MAX_PAYLOAD = 1 << 24
"""Bytes in one record; the engine never writes more than its read buffer (256 KiB), a TLS message at most 2^24 - 1."""

MAX_META = 0xFFFF
"""Bytes of an event's fields, which the head counts in 16 bits. A peer can make them more: its certificate's names are
in a verdict. Then texts are cut, and end with an ellipsis: an event that is not whole is better than none."""

MAX_SEGMENT_META = 1 << 16

FLAG_SERVER = 1
FLAG_DOWN = 2
FLAG_PLAIN = 4


class Kind(IntEnum):
    """The record kinds. Numbers are for ever; a kind that is not here is kept and shown as unknown."""

    OPENED = 1
    POLICY = 2
    CIPHERTEXT = 3
    MESSAGE = 4
    SECRET = 5
    HANDSHAKE = 6
    VERDICT = 7
    LEAF = 8
    DATA = 9
    CLOSE = 10
    FAULT = 11
    OUTCOME = 12
    RULE = 13
    REACHED = 14


BULKY = frozenset({int(Kind.DATA), int(Kind.CIPHERTEXT)})
"""Kinds whose payload `check` does not cover."""

TYPES: dict[Kind, type[Event]] = {
    Kind.OPENED: events.Opened,
    Kind.POLICY: events.Policy,
    Kind.CIPHERTEXT: events.Ciphertext,
    Kind.MESSAGE: events.Message,
    Kind.SECRET: events.Secret,
    Kind.HANDSHAKE: events.HandshakeDone,
    Kind.VERDICT: events.VerdictGiven,
    Kind.LEAF: events.LeafForged,
    Kind.DATA: events.Data,
    Kind.CLOSE: events.Closed,
    Kind.FAULT: events.Faulted,
    Kind.OUTCOME: events.Outcome,
    Kind.RULE: events.Ruled,
    Kind.REACHED: events.Reached,
}
KINDS: dict[type[Event], int] = {made: int(kind) for kind, made in TYPES.items()}


@dataclass(frozen=True, slots=True)
class Head:
    """A record's head, as numbers."""

    check: int
    length: int
    kind: int
    flags: int
    meta: int
    connection: int
    wall: int
    mono: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record whose check held but whose content this version cannot make an event of: kept, and shown as such."""

    kind: int
    flags: int
    reason: str
    data: bytes


# ---------------------------------------------------------------------------------------------------- segment header


def segment_head(meta: dict[str, object]) -> bytes:
    """The header of a segment; `meta` must hold the `salt` that the records' checks are seeded with."""
    body = json.dumps(meta, separators=(",", ":")).encode()
    return SEGMENT_HEAD.pack(MAGIC, VERSION, len(body)) + body + struct.pack("<I", crc32(body))


def read_segment_head(data: bytes) -> tuple[dict[str, typing.Any], int] | str | None:
    """The header at the start of `data` and its length; the reason, where there is none; None: feed more bytes."""
    if len(data) < SEGMENT_HEAD.size:
        return None if data == MAGIC[: len(data)] or data.startswith(MAGIC) else "not a journal segment"
    magic, version, length = SEGMENT_HEAD.unpack_from(data)
    if magic != MAGIC:
        return "not a journal segment"
    if version != VERSION:
        return f"journal format {version}; this tlscope reads format {VERSION}"
    if length > MAX_SEGMENT_META:
        return "the segment's header is damaged"
    end = SEGMENT_HEAD.size + length
    if len(data) < end + 4:
        return None
    body = data[SEGMENT_HEAD.size : end]
    if struct.unpack_from("<I", data, end)[0] != crc32(body):
        return "the segment's header is damaged"
    try:
        meta = json.loads(body)
    except (ValueError, RecursionError):
        return "the segment's header is damaged"
    return (
        (meta, end + 4)
        if isinstance(meta, dict) and isinstance(meta.get("salt"), int)
        else "the segment's header is damaged"
    )


# ----------------------------------------------------------------------------------------------------------- records


def record(event: Event, connection: int, wall: int, mono: int, salt: int) -> bytes:
    """One whole record."""
    kind, flags, meta, data = encode(event)
    checked = CHECKED.pack(len(meta) + len(data), kind, flags, len(meta), connection, wall, mono)
    check = crc32(checked, salt)
    if kind not in BULKY:
        check = crc32(data, crc32(meta, check))
    return b"".join((check.to_bytes(4, "little"), checked, meta, data))


def read_head(data: bytes | memoryview, offset: int = 0) -> Head:
    """The numbers of the head at `offset`, of which nothing is checked yet."""
    return Head(*RECORD.unpack_from(data, offset))


def head_holds(head: Head, payload: bytes | memoryview, salt: int) -> bool:
    """Whether the record is what was written; bulky kinds may be given an empty payload."""
    check = crc32(
        CHECKED.pack(head.length, head.kind, head.flags, head.meta, head.connection, head.wall, head.mono), salt
    )
    if head.kind not in BULKY:
        check = crc32(payload, check)
    return check == head.check and head.meta <= head.length <= MAX_PAYLOAD


def encode(event: Event) -> tuple[int, int, bytes, bytes]:
    """An event as kind, flags, JSON of its fields, and raw bytes."""
    made = type(event)
    if short := _SHORT.get(made):  # nine of ten events of a handshake: no field but bytes, or few and always the same
        return short(event)
    if made in _ALIKE and (kept := _kept.get(event)):
        return kept
    flags, data = 0, b""
    rest: dict[str, object] = {}
    for name in _names(made):
        value = getattr(event, name)
        if name == "leg":
            flags |= value * FLAG_SERVER
        elif name == "direction":
            flags |= value * FLAG_DOWN
        elif name == "encrypted":
            flags |= 0 if value else FLAG_PLAIN
        elif name == "data":
            data = value
        else:
            rest[name] = value
    meta = _JSON.encode(rest).encode() if rest else b""
    encoded = KINDS[made], flags, meta if len(meta) <= MAX_META else _fitting(rest), data
    if made in _ALIKE and len(meta) <= MAX_ALIKE:
        if len(_kept) >= MAX_KEPT:
            _kept.clear()
        _kept[event] = encoded
    return encoded


def _fitting(rest: dict[str, object]) -> bytes:
    """The JSON of fields whose longest texts are cut, so that it fits."""
    limit, meta = MAX_META, b""
    while not meta or len(meta) > MAX_META:
        limit //= 2
        meta = _JSON.encode({name: _cut(value, limit) for name, value in rest.items()}).encode()
    return meta


def _cut(value: object, limit: int) -> object:
    if isinstance(value, tuple):
        return tuple(_cut(item, limit) for item in value[:limit])
    if type(value) is str and len(value) > limit:  # words of an enumeration are short, and mean nothing if cut
        return value[:limit] + "…"
    return value


_ALIKE = frozenset(
    {events.Policy, events.Reached, events.HandshakeDone, events.VerdictGiven, events.LeafForged, events.Closed}
)
"""Events that are the same for every connection to one server: making their JSON anew would cost more than all else."""
MAX_KEPT, MAX_ALIKE = 512, 4 << 10
"""How many of these are kept, and bytes of the longest: a peer may send another long one each time."""
_kept: dict[Event, tuple[int, int, bytes, bytes]] = {}


def _short_message(event: Message) -> tuple[int, int, bytes, bytes]:
    return _MESSAGE, event.leg + 2 * event.direction, message_meta(event.version, event.content_type), event.data


def _short_ciphertext(event: Ciphertext) -> tuple[int, int, bytes, bytes]:
    return _CIPHERTEXT, event.leg + 2 * event.direction, b"", event.data


def _short_secret(event: Secret) -> tuple[int, int, bytes, bytes]:
    return _SECRET, int(event.leg), b"", event.data


_MESSAGE, _CIPHERTEXT, _SECRET = int(Kind.MESSAGE), int(Kind.CIPHERTEXT), int(Kind.SECRET)
_SHORT: dict[type, typing.Callable[[typing.Any], tuple[int, int, bytes, bytes]]] = {
    Message: _short_message,
    Ciphertext: _short_ciphertext,
    Secret: _short_secret,
}
"""The encoders of what is recorded by the dozen, equal to the general one (FLAG_SERVER is 1, FLAG_DOWN 2)."""


def message_flags(leg: Leg) -> tuple[int, int]:
    """The flags of a message that our endpoint of `leg` received, and of one that it sent."""
    return (FLAG_SERVER | FLAG_DOWN, FLAG_SERVER) if leg is Leg.SERVER else (0, FLAG_DOWN)


def decode(head: Head, payload: bytes) -> Event | Unreadable:
    """The event that a record holds. Never raises: what does not fit comes back as `Unreadable`."""
    try:
        made = TYPES[Kind(head.kind)]
        values = json.loads(payload[: head.meta]) if head.meta else {}
        hints = _hints(made)
        unknown = values.keys() - hints.keys()
        if unknown:  # a later version added a field: what we know of the event still holds
            values = {name: value for name, value in values.items() if name in hints}
        if "leg" in hints:
            values["leg"] = Leg(head.flags & FLAG_SERVER)
        if "direction" in hints:
            values["direction"] = Direction(bool(head.flags & FLAG_DOWN))
        if "encrypted" in hints:
            values["encrypted"] = not head.flags & FLAG_PLAIN
        if "data" in hints:
            values["data"] = bytes(payload[head.meta :])
        return made(**{name: _as(hints[name], value) for name, value in values.items()})
    except (AttributeError, ValueError, TypeError, KeyError, RecursionError) as error:
        return Unreadable(head.kind, head.flags, f"{type(error).__name__}: {error}", bytes(payload))


def _as(kind: typing.Any, value: typing.Any) -> typing.Any:
    """A JSON value as the field's type; raises where it is another."""
    if isinstance(kind, types.GenericAlias):
        return tuple(_as(str, item) for item in value)
    if isinstance(value, kind):
        return value
    if issubclass(kind, str) and isinstance(value, str):
        return kind(value)
    raise TypeError(f"{value!r:.40} is no {kind.__name__}")


_JSON = json.JSONEncoder(separators=(",", ":"))
_META: dict[tuple[int, int], bytes] = {}
_NAMES: dict[type, tuple[str, ...]] = {}
_HINTS: dict[type, dict[str, typing.Any]] = {}


def message_meta(version: int, content_type: int) -> bytes:
    """The JSON of a Message's fields: some thirty messages a connection, some ten different ones ever: kept."""
    meta = _META.get((version, content_type))
    if meta is None:
        meta = json.dumps({"version": version, "content_type": content_type}, separators=(",", ":")).encode()
        if len(_META) < 256:
            _META[version, content_type] = meta
    return meta


def _names(made: type[Event]) -> tuple[str, ...]:
    names = _NAMES.get(made)
    if names is None:
        names = _NAMES[made] = tuple(field.name for field in fields(made))
    return names


def _hints(made: type[Event]) -> dict[str, typing.Any]:
    hints = _HINTS.get(made)
    if hints is None:
        hints = _HINTS[made] = typing.get_type_hints(made)
    return hints
