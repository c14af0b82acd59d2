"""The record layer: what TLS puts around its messages on the wire (RFC 8446 section 5.1).

    struct {
        ContentType type; ProtocolVersion legacy_record_version; uint16 length; opaque fragment[length];
    } TLSPlaintext;

`dissect` takes a run of records of one direction, as they passed. As long as they are readable their messages are
dissected too, where a message is whole in its record; what is cut over several records is shown as fragments, for a
field's bytes lie together. Behind a change_cipher_spec all is taken for encrypted, with one exception: a whole
ClientHello, which follows a HelloRetryRequest in the clear (RFC 8446 appendix D.4).
"""

from __future__ import annotations

from functools import partial

from tlscope.wire.field import Cursor, Field, malformed
from tlscope.wire.tls.codes import ContentType, HandshakeType, ProtocolVersion, name_of
from tlscope.wire.tls.context import Context, context_after
from tlscope.wire.tls.messages import dissect as dissect_message
from tlscope.wire.tls.messages import handshake
from tlscope.wire.tls.notes import VERSIONS

HEADER = 5
HANDSHAKE_HEADER = 4
MAX_FRAGMENT = (1 << 14) + 2048
"""Bytes after the header: of the largest ciphertext that any version allows (RFC 5246 section 6.2.3)."""
TYPES: dict[int, str] = {
    ContentType.change_cipher_spec: "The sender's keys change here.",
    ContentType.alert: "A warning, or the end.",
    ContentType.handshake: "Messages that agree on keys.",
    ContentType.application_data: "Encrypted: application data, or in TLS 1.3 anything.",
    ContentType.heartbeat: "A sign of life.",
}


def dissect(data: bytes) -> Field:
    """The tree of a run of records, whatever its bytes. Never raises."""
    cursor = Cursor(data)
    run = _Run()
    cursor.guarded(run.records)
    return cursor.field("tls", "Transport Layer Security")


class _Run:
    """What is known while the records of one direction pass."""

    def __init__(self) -> None:
        self.context = Context()
        self.encrypted = False
        self.head = b""
        """What there is of the header of a handshake message, where it is cut."""
        self.wanting = 0
        """Bytes to come of a handshake message that began in a record before."""

    def records(self, cursor: Cursor) -> None:
        while cursor.left:
            start, length = cursor.at, int.from_bytes(cursor.data[cursor.at + 3 : cursor.at + 5])
            inside = Cursor(cursor.data, start, min(cursor.end, start + HEADER + length), cursor.depth + 1)
            end = start + HEADER + length
            inside.guarded(partial(self._record, end=end))
            if (missing := end - inside.end) > 0 and inside.end - start >= HEADER:
                inside.add(malformed(inside.end, 0, f"the record has {length} bytes; {missing} of them are not there"))
            cursor.at = inside.end
            said = name_of(ContentType, cursor.data[start])
            reference = "RFC 8446 section 5.1"
            cursor.add(
                Field(
                    "tls.record", "Record Layer", None, start, inside.end - start, said, "", reference,
                    tuple(inside.fields),
                )
            )  # fmt: skip

    def _record(self, cursor: Cursor, end: int) -> None:
        """One record; `end` is where it ends by its own account."""
        reference = "RFC 8446 section 5.1"
        kind = cursor.number(
            1, "tls.record.content_type", "Content Type", names=ContentType, notes=TYPES, reference=reference
        )
        cursor.number(
            2,
            "tls.record.version",
            "Version",
            names=ProtocolVersion,
            notes=RECORD_VERSIONS,
            reference=reference,
        )
        length = cursor.number(2, "tls.record.length", "Length", note="Bytes that follow.", reference=reference)
        if length > MAX_FRAGMENT:
            cursor.add(malformed(cursor.at - 2, 2, f"{length} bytes; a record has {MAX_FRAGMENT} at most"))
        self._fragment(kind, cursor, end)

    def _fragment(self, kind: int, cursor: Cursor, end: int) -> None:
        if kind == ContentType.handshake:
            self._handshake(cursor, end)
        elif kind in SMALL and not self.encrypted:
            self._small(kind, cursor)
        elif cursor.left:
            self._sealed(kind, cursor)

    def _handshake(self, cursor: Cursor, end: int) -> None:
        if self.encrypted and not _is_whole_client_hello(cursor):
            self._sealed(ContentType.handshake, cursor)
            return
        while cursor.left:
            at = cursor.at
            head = self.head + cursor.data[at : min(cursor.end, at + HANDSHAKE_HEADER - len(self.head))]
            size = self.wanting or HANDSHAKE_HEADER + int.from_bytes(head[1:]) - len(self.head)
            if self.wanting or self.head or end - at < max(size, HANDSHAKE_HEADER):
                self._piece(cursor, head, size)
                continue
            message = Cursor(cursor.data, at, min(cursor.end, at + size), cursor.depth + 1)
            cursor.add(handshake(message, self.context))
            cursor.at = message.at
            self.context = context_after(self.context, ContentType.handshake, cursor.data[at : cursor.at])

    def _piece(self, cursor: Cursor, head: bytes, size: int) -> None:
        """A piece of a message that is not whole in this record; `size` bytes of it are to come, here included."""
        cut = not self.wanting and len(head) < HANDSHAKE_HEADER
        there = cursor.left if cut else min(size, cursor.left)
        begins = not self.wanting and not self.head
        cursor.raw(
            there,
            "tls.handshake.fragment",
            "Handshake Fragment",
            text=f"{name_of(HandshakeType, head[0])} begins" if begins else f"{there} bytes more",
            note="A message may go on in the next record.",
            reference="RFC 8446 section 5.1",
        )
        self.head = head if cut else b""
        self.wanting = 0 if cut else size - there

    def _small(self, kind: int, cursor: Cursor) -> None:
        data = cursor.data[cursor.at : cursor.end]
        if kind == ContentType.change_cipher_spec:
            self.encrypted = True
        elif kind == ContentType.alert and len(data) != ALERT:
            self._sealed(kind, cursor)
            return
        at = cursor.at
        cursor.at = cursor.end
        cursor.add(_shifted(dissect_message(kind, data), at))

    def _sealed(self, kind: int, cursor: Cursor) -> None:
        label = "Encrypted Application Data" if kind == ContentType.application_data else "Encrypted or unknown"
        key = "tls.app_data" if kind == ContentType.application_data else "tls.record.fragment"
        cursor.raw(None, key, label, note="Readable with the keys of the connection alone.")


SMALL = frozenset({ContentType.alert, ContentType.change_cipher_spec, ContentType.heartbeat})
"""Content types whose messages are whole in their record."""
ALERT = 2
"""Bytes of an alert; encrypted ones are longer."""
_FROZEN = "Settles nothing: TLS 1.3 froze this field so that middleboxes let it pass; before, it is the version spoken."
RECORD_VERSIONS: dict[int, str] = {**VERSIONS, 0x0303: _FROZEN, 0x0301: _FROZEN}


def _is_whole_client_hello(cursor: Cursor) -> bool:
    start = cursor.data[cursor.at : min(cursor.end, cursor.at + 4)]
    return len(start) == 4 and start[0] == HandshakeType.ClientHello and int.from_bytes(start[1:]) == cursor.left - 4


def _shifted(field: Field, by: int) -> Field:
    """A small tree, moved to where its bytes lie."""
    return field._replace(start=field.start + by, children=tuple(_shifted(child, by) for child in field.children))
