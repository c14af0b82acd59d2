"""Events as JSON, one object an event: the contract of `show --jsonl`, `watch --jsonl` and `export jsonl`.

    for line in lines(Source(directory)): ...

All have `connection, time, elapsed_us, kind`; `leg` and `direction` where they apply; and what their kind needs. What
was not negotiated or is withheld is null. Bytes that are not text are hexadecimal.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tlscope.capture.format import Unreadable
from tlscope.capture.segment import Damage, Record
from tlscope.capture.summary import rfc3339
from tlscope.events import (
    Ciphertext,
    Closed,
    Data,
    Direction,
    Event,
    Faulted,
    HandshakeDone,
    LeafForged,
    Leg,
    Message,
    Opened,
    Outcome,
    Policy,
    Reached,
    Ruled,
    Secret,
    VerdictGiven,
)
from tlscope.export.text import text_of
from tlscope.wire.tls.codes import ProtocolVersion, message_name, name_of
from tlscope.wire.tls.meaning.passed import PassedHellos
from tlscope.wire.tls.meaning.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.capture.notes import Note
    from tlscope.capture.reader import Dropped
    from tlscope.export.source import Source

LEGS = {Leg.CLIENT: "client", Leg.SERVER: "server"}
FROM_WIRE = {"from_wire": True}
"""What marks a message that nobody decrypted, as it passed in the clear and was relayed untouched."""
DIRECTIONS = {Direction.UP: "up", Direction.DOWN: "down"}


def lines(source: Source, *, secrets: bool = False, ciphertext: bool = False) -> Iterator[str]:
    """The events of a capture, each a line without its end; `secrets` tells keys, `ciphertext` what was encrypted."""
    begun: dict[int, int] = {}
    versions, passed = Versions(), PassedHellos()
    for found in source.records():
        record = settled(found, versions)
        since = record.mono - begun.setdefault(record.connection, record.mono)
        if ciphertext or not isinstance(record.event, Ciphertext):
            yield json.dumps(event_json(record, since, secrets=secrets))
        if hello := passed_hello(record, passed, versions):
            yield json.dumps(event_json(hello, since, secrets=secrets) | FROM_WIRE)
        if isinstance(record.event, Outcome):
            begun.pop(record.connection)
    for notes in source.notes().values():
        for note in notes:
            yield json.dumps(note_json(note))
    for item in source.missing:
        yield json.dumps(missing_json(item))


def event_json(record: Record, elapsed: int, *, secrets: bool) -> dict[str, Any]:
    """One record; `elapsed` is nanoseconds since its connection began, `secrets` whether to tell them."""
    head = {"connection": record.connection, "time": rfc3339(record.wall), "elapsed_us": elapsed // 1000}
    return head | _fields(record, record.event, secrets=secrets)


def settled(record: Record, versions: Versions) -> Record:
    """The record with the version of its message as its leg settled it; `versions` is shown all of them, in order."""
    version = versions.of(record.connection, record.event)
    if not isinstance(record.event, Message) or record.event.version == version:
        return record
    return replace(record, event=replace(record.event, version=version))


def passed_hello(record: Record, passed: PassedHellos, versions: Versions) -> Record | None:
    """The hello of a connection passed through, where it ends with the record; it is told behind it, with FROM_WIRE."""
    event = record.event
    cut = isinstance(event, Ciphertext) and len(event.data) < record.size
    hello = passed.hello(record.connection, event, cut=cut)
    return settled(replace(record, event=hello), versions) if hello else None


def missing_json(item: Damage | Dropped) -> dict[str, Any]:
    """A gap in the capture, among its events."""
    if isinstance(item, Damage):
        where = {"segment": item.segment, "offset": item.offset, "reason": item.reason, "lost_bytes": item.lost_bytes}
        return {"connection": None, "kind": "damage"} | where
    return {"connection": None, "kind": "dropped", "series": item.series, "first": item.first, "last": item.last}


def note_json(note: Note) -> dict[str, Any]:
    """What somebody noted, behind the events."""
    about = {"connection": note.connection, "exchange": note.exchange or None, "kind": "note"}
    return about | {"mark": note.marked, "comment": note.comment or None}


def _fields(record: Record, event: Event | Unreadable, *, secrets: bool) -> dict[str, Any]:  # noqa: C901, PLR0912 - a table
    match event:
        case Opened(mode, client, listener):
            return {"kind": "opened", "mode": mode, "client": client, "listener": listener}
        case Policy(action, host, port, via, rule):
            return {
                "kind": "policy",
                "action": action.value,
                "host": host,
                "port": port,
                "via": via,
                "rule": rule or None,
            }
        case Reached(server):
            return {"kind": "reached", "server": server}
        case Ciphertext(leg, direction, data):
            return {
                "kind": "ciphertext",
                **_way(leg, direction),
                "length": record.size,
                "hex": data.hex(),
                **_left_out(record, data),
            }
        case Message(leg, direction, version, content_type, data):
            return {
                "kind": "message",
                **_way(leg, direction),
                "name": message_name(content_type, data),
                "version": name_of(ProtocolVersion, version) if version else None,
                "length": len(data),
                "hex": data.hex(),
            }
        case Secret(leg, data):
            label, random, secret = split_secret(data)
            return {
                "kind": "secret",
                "leg": LEGS[leg],
                "label": label,
                "client_random": random,
                "secret": secret if secrets else None,
            }
        case HandshakeDone():
            names = ("version", "cipher", "group", "alpn", "sni")
            facts = {name: getattr(event, name) or None for name in names}
            return {"kind": "handshake", "leg": LEGS[event.leg], **facts, "resumed": event.resumed}
        case VerdictGiven(host, faults, chain_length, mirrored, pardoned):
            found = {"valid": not faults, "faults": list(faults), "chain_length": chain_length}
            shown = {"mirrored": mirrored, "pardoned": pardoned}
            return {"kind": "verdict", "leg": "server", "host": host, **found, **shown}
        case LeafForged(issuer, key, data):
            made = {"issuer": issuer, "key": key, "length": len(data), "hex": data.hex()}
            return {"kind": "leaf", "leg": "client", **made}
        case Data(direction, data, encrypted):
            return {
                "kind": "data",
                "direction": DIRECTIONS[direction],
                "length": record.size,
                **_content(data),
                **_left_out(record, data),
                "encrypted": encrypted,
            }
        case Closed(leg, how, detail):
            direction = Direction.UP if leg is Leg.CLIENT else Direction.DOWN
            return {"kind": "close", **_way(leg, direction), "how": how.value, "detail": detail or None}
        case Faulted(who, code, what, next_):
            return {"kind": "fault", "who": who.value, "code": code, "what": what, "next": next_ or None}
        case Outcome(outcome, up, down, detail):
            return {"kind": "outcome", "outcome": outcome.value, "up": up, "down": down, "detail": detail or None}
        case Ruled(ruling, host):
            return {"kind": "rule", "ruling": ruling.value, "host": host}
        case Unreadable(kind, _, reason, data):
            return {"kind": "unknown", "number": kind, "reason": reason, "length": record.length, "hex": data.hex()}


def split_secret(line: bytes) -> tuple[str, str | None, str | None]:
    """A key-log line's label, client random and secret (RFC 9850 section 2); what is not there is None."""
    label, random, secret, *_ = [*line.decode(errors="backslashreplace").split(" ", 2), None, None]
    return label or "", random, secret


def _content(data: bytes) -> dict[str, str]:
    text = text_of(data)
    return {"hex": data.hex()} if text is None else {"text": text}


def _left_out(record: Record, data: bytes) -> dict[str, int]:
    return {"left_out": record.size - len(data)} if len(data) < record.size else {}


def _way(leg: Leg, direction: Direction) -> dict[str, str]:
    return {"leg": LEGS[leg], "direction": DIRECTIONS[direction]}
