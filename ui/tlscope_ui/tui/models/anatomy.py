"""One message, or certificate, taken apart: its fields and the bytes that they lie in.

anatomy(index.lookup, handshake, row)       in a thread: reads the journal again, and dissects
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.lookup import Gone
from tlscope.events import Ciphertext, LeafForged, Message
from tlscope.wire.dissection import Dissection
from tlscope.wire.tls.codes import ContentType
from tlscope.wire.tls.meaning.gist import first_message
from tlscope_ui.telling.handshake import GLIMPSED, Happened, Lost, Said
from tlscope_ui.tui.models.fieldtree import FieldTree

if TYPE_CHECKING:
    from tlscope.capture.lookup import Lookup
    from tlscope.wire.field import Field
    from tlscope_ui.telling.handshake import Handshake, Row


class Anatomy(NamedTuple):
    """What there is to see of one message."""

    tree: FieldTree | None
    """None for what has no inside."""
    data: bytes
    said: str = ""
    """What is to be said where there is no tree."""


CARRIED = "Application data: Request, Response, Messages and Bytes show it."
NO_INSIDE = "tlscope's own doing: it has no bytes that passed."
GONE = "The journal holds this no more: the budget of the recorder has removed it."


def anatomy(lookup: Lookup, handshake: Handshake, row: Row | None) -> Anatomy:
    """Take apart what a row of the ladder stands for."""
    if isinstance(row, Happened):
        event = row.record.event
        return certificate(event.data) if isinstance(event, LeafForged) else Anatomy(None, b"", NO_INSIDE)
    if not isinstance(row, Said):
        return Anatomy(None, b"", GONE if isinstance(row, Lost) else CARRIED if row else "")
    if row.number == GLIMPSED:
        data = first_message(handshake.wire[row.leg, row.direction].data)
        message = Message(row.leg, row.direction, 0, ContentType.handshake, data)
        return _taken(Dissection().feed(message), data)
    record = lookup.record(handshake.connection, row.place)
    if isinstance(record, Gone) or not isinstance(record.event, Message | Ciphertext):
        return Anatomy(None, b"", GONE)
    return _taken(Dissection({row.leg: row.context}).feed(record.event), record.event.data)


def certificate(der: bytes) -> Anatomy:
    """Take a certificate apart."""
    return _taken(Dissection().feed(LeafForged("", "", der)), der)


def _taken(field: Field | None, data: bytes) -> Anatomy:
    return Anatomy(FieldTree(field) if field else None, data)
