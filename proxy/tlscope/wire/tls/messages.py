"""One TLS message as a tree of fields: the dissector that everything that shows a handshake stands on.

    context = Context()
    for message in events:
        tree = dissect(message.content_type, message.data, context)
        context = context_after(context, message.content_type, message.data)

A message is what events.Message holds: a handshake message with its four-byte header, an alert of two bytes, a
change_cipher_spec of one. Every field says where its bytes are, what they mean, and where that is written; what is
malformed is a field of its own. What a message's bytes mean may hang on those before it: context.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tlscope.wire.field import Cursor, Field, malformed
from tlscope.wire.tls import certificates, extensions, hellos, key_exchange
from tlscope.wire.tls.certificate_status import certificate_status
from tlscope.wire.tls.codes import (
    AlertDescription,
    AlertLevel,
    ContentType,
    HandshakeType,
    KeyUpdateRequest,
    message_name,
    name_of,
)
from tlscope.wire.tls.context import TLS_1_3, Context, context_after
from tlscope.wire.tls.notes import ALERTS, LEVELS, MESSAGES, Told
from tlscope.wire.tls.parts import opaque, protocol, rest
from tlscope.wire.tls.registries import HeartbeatMessageType
from tlscope.wire.tls.registry_notes import HEARTBEAT_TYPES, KEY_UPDATES

__all__ = ["Context", "context_after", "dissect", "handshake"]

HEADER = 4
Body = Callable[[Cursor, Context], None]
_NO_CONTEXT = Context()


def dissect(content_type: int, data: bytes, context: Context = _NO_CONTEXT) -> Field:
    """The tree of one message, whatever its bytes. Never raises."""
    cursor = Cursor(data)
    if content_type == ContentType.handshake:
        return handshake(cursor, context)
    key, label, parse, told = OTHERS.get(content_type, UNKNOWN)
    cursor.guarded(parse)
    label = label or name_of(ContentType, content_type)
    return cursor.field(key, label, text=_said(cursor.fields), note=told.note, reference=told.reference)


def handshake(cursor: Cursor, context: Context) -> Field:
    """The handshake message that is all a cursor has: its field, which the cursor itself does not get."""
    start, data = cursor.at, cursor.data
    inside = Cursor(data, start, cursor.end, cursor.depth + 1)
    inside.guarded(partial(_handshake, context=context))
    cursor.at = cursor.end
    kind = data[start] if cursor.end > start else -1
    label = message_name(ContentType.handshake, data[start : min(cursor.end, start + 38)])
    told = MESSAGES.get(HandshakeType.HelloRetryRequest if label == "HelloRetryRequest" else kind, UNTOLD)
    return Field(
        "tls.handshake",
        label,
        None,
        start,
        cursor.end - start,
        _summary(kind, inside.fields),
        told.note,
        told.reference,
        tuple(inside.fields),
    )


UNTOLD = Told("Not known here.", "RFC 8446 section 4")


def _handshake(cursor: Cursor, context: Context) -> None:
    """Handshake (RFC 8446 section 4)."""
    kind = cursor.number(
        1,
        "tls.handshake.type",
        "Handshake Type",
        names=HandshakeType,
        note="Which message this is.",
        reference="RFC 8446 section 4",
    )
    length = cursor.number(3, "tls.handshake.length", "Length", reference="RFC 8446 section 4")
    body = Cursor(cursor.data, cursor.at, min(cursor.end, cursor.at + length), cursor.depth)
    parse = BODIES.get(kind, _raw)
    body.guarded(lambda inside: parse(inside, context))
    cursor.fields += body.fields
    if (missing := length - (body.end - cursor.at)) > 0:
        cursor.add(malformed(body.end, 0, f"the message has {length} bytes; {missing} of them are not there"))
    cursor.at = body.end


def _raw(cursor: Cursor, context: Context) -> None:  # noqa: ARG001 - a Body
    rest("tls.handshake.body", "Body", note="Of a message that is not known here.")(cursor)


def _summary(kind: int, fields: list[Field]) -> str:
    """What a message says, in a few words: its most telling field's text."""
    key = SUMMARISED.get(kind)
    if key is None:
        return ""
    found = (field.first(key) for field in fields)
    return next((field.text for field in found if field), "")


SUMMARISED: Mapping[int, str] = {
    HandshakeType.ClientHello: "tls.handshake.extensions_server_name",
    HandshakeType.ServerHello: "tls.handshake.ciphersuite",
    HandshakeType.ServerKeyExchange: "tls.handshake.server_named_curve",
    HandshakeType.CertificateVerify: "tls.handshake.sig_hash_alg",
    HandshakeType.KeyUpdate: "tls.handshake.key_update.request_update",
    HandshakeType.NextProtocol: "tls.handshake.npn_selected_protocol",
}


def _nothing(cursor: Cursor, context: Context) -> None:
    """A body that is empty."""


def _new_session_ticket(cursor: Cursor, context: Context) -> None:
    """NewSessionTicket (RFC 8446 section 4.6.1, RFC 5077 section 3.3)."""
    modern = context.version >= TLS_1_3 if context.version else not _looks_like_tls12_ticket(cursor)
    key = "tls.handshake.session_ticket"
    reference = "RFC 8446 section 4.6.1" if modern else "RFC 5077 section 3.3"
    cursor.number(
        4,
        f"{key}_lifetime_hint",
        "Session Ticket Lifetime Hint",
        text=lambda value: f"{value} s",
        note="How long the server means to take it; seven days at most in TLS 1.3.",
        reference=reference,
    )
    if modern:
        cursor.number(
            4,
            f"{key}_age_add",
            "Session Ticket Age Add",
            note="Added to the ticket's age when it is used, so that nobody can link the two connections.",
            reference=reference,
        )
        opaque(
            cursor,
            1,
            f"{key}_nonce",
            "Session Ticket Nonce",
            length_key=f"{key}_nonce_length",
            note="Makes each ticket's key its own.",
            reference=reference,
        )
    opaque(
        cursor,
        2,
        key,
        "Session Ticket",
        length_key=f"{key}_length",
        note="Opaque to the client: the session's state, encrypted by the server for itself, or a name for it.",
        reference=reference,
    )
    if modern:
        extensions.extensions(cursor, extensions.NEW_SESSION_TICKET)


def _looks_like_tls12_ticket(cursor: Cursor) -> bool:
    """By the length at the place where it stands in TLS 1.2."""
    return int.from_bytes(cursor.data[cursor.at + 4 : cursor.at + 6]) == cursor.left - 6


def _key_update(cursor: Cursor, context: Context) -> None:  # noqa: ARG001 - a Body
    """KeyUpdate (RFC 8446 section 4.6.3)."""
    cursor.number(
        1,
        "tls.handshake.key_update.request_update",
        "Key Update Request",
        names=KeyUpdateRequest,
        notes=KEY_UPDATES,
        reference="RFC 8446 section 4.6.3",
    )


def _next_protocol(cursor: Cursor, context: Context) -> None:  # noqa: ARG001 - a Body
    """NextProtocol (draft-agl-tls-nextprotoneg section 3)."""
    key, reference = "tls.handshake.npn", "draft-agl-tls-nextprotoneg section 3"
    opaque(
        cursor,
        1,
        f"{key}_selected_protocol",
        "Selected Protocol",
        length_key=f"{key}_selected_protocol_len",
        text=protocol,
        note="What is spoken inside.",
        reference=reference,
    )
    opaque(
        cursor,
        1,
        f"{key}_padding",
        "Padding",
        length_key=f"{key}_padding_len",
        note="Hides how long the name is.",
        reference=reference,
    )


def _supplemental_data(cursor: Cursor, context: Context) -> None:  # noqa: ARG001 - a Body
    """SupplementalData (RFC 4680 section 2)."""
    key = "tls.handshake.supplemental_data"
    cursor.vector(3, key, "Supplemental Data", _supplements, length_key=f"{key}_length", reference="RFC 4680 section 2")


def _supplements(cursor: Cursor) -> None:
    key, reference = "tls.handshake.supplemental_data", "RFC 4680 section 2"
    while cursor.left:
        cursor.number(2, f"{key}.type", "Type", reference=reference)
        opaque(cursor, 2, f"{key}.entry", "Entry", length_key=f"{key}.entry_length", reference=reference)


def _status(cursor: Cursor, context: Context) -> None:  # noqa: ARG001 - a Body
    certificate_status(cursor)


BODIES: Mapping[int, Body] = {
    HandshakeType.HelloRequest: _nothing,
    HandshakeType.ClientHello: hellos.client_hello,
    HandshakeType.ServerHello: hellos.server_hello,
    HandshakeType.NewSessionTicket: _new_session_ticket,
    HandshakeType.EndOfEarlyData: _nothing,
    HandshakeType.EncryptedExtensions: hellos.encrypted_extensions,
    HandshakeType.Certificate: certificates.certificate,
    HandshakeType.ServerKeyExchange: key_exchange.server_key_exchange,
    HandshakeType.CertificateRequest: certificates.certificate_request,
    HandshakeType.ServerHelloDone: _nothing,
    HandshakeType.CertificateVerify: certificates.certificate_verify,
    HandshakeType.ClientKeyExchange: key_exchange.client_key_exchange,
    HandshakeType.ClientCertificateRequest: certificates.certificate_request,
    HandshakeType.Finished: certificates.finished,
    HandshakeType.CertificateURL: certificates.certificate_url,
    HandshakeType.CertificateStatus: _status,
    HandshakeType.SupplementalData: _supplemental_data,
    HandshakeType.KeyUpdate: _key_update,
    HandshakeType.CompressedCertificate: certificates.compressed_certificate,
    HandshakeType.NextProtocol: _next_protocol,
}


def _alert(cursor: Cursor) -> None:
    """Alert (RFC 8446 section 6)."""
    key, reference = "tls.alert_message", "RFC 8446 section 6"
    cursor.number(1, f"{key}.level", "Level", names=AlertLevel, notes=LEVELS, reference=reference)
    cursor.number(1, f"{key}.desc", "Description", names=AlertDescription, notes=ALERTS, reference=reference)


def _change_cipher_spec(cursor: Cursor) -> None:
    """ChangeCipherSpec (RFC 5246 section 7.1)."""
    cursor.number(1, "tls.change_cipher_spec.type", "Type", note="Always 1.", reference="RFC 5246 section 7.1")


def _heartbeat(cursor: Cursor) -> None:
    """HeartbeatMessage (RFC 6520 section 4)."""
    key, reference = "tls.heartbeat_message", "RFC 6520 section 4"
    cursor.number(1, f"{key}.type", "Type", names=HeartbeatMessageType, notes=HEARTBEAT_TYPES, reference=reference)
    opaque(
        cursor,
        2,
        f"{key}.payload",
        "Payload",
        length_key=f"{key}.payload_length",
        note="Comes back as it is; a length beyond the message made old OpenSSL answer with its memory (Heartbleed).",
        reference=reference,
    )
    if (padding := cursor.left) < PADDING:
        cursor.add(malformed(cursor.at, 0, f"{padding} bytes of padding; there must be {PADDING} at least"))
    rest(f"{key}.padding", "Padding", note="At least 16 bytes, ignored.", reference=reference)(cursor)


PADDING = 16
"""Bytes; whoever gets a heartbeat with less must drop it (RFC 6520 section 4)."""


def _application_data(cursor: Cursor) -> None:
    rest("tls.app_data", "Application Data", reference="RFC 8446 section 5.1")(cursor)


def _said(fields: list[Field]) -> str:
    """What a small message says: the texts of its code points."""
    return " ".join(field.text.partition(" (")[0] for field in fields if field.key.startswith("tls.alert_message."))


Other = tuple[str, str, Callable[[Cursor], None], Told]
OTHERS: Mapping[int, Other] = {
    ContentType.alert: (
        "tls.alert_message",
        "Alert",
        _alert,
        Told("One side tells the other why it ends the connection, or that it is done.", "RFC 8446 section 6"),
    ),
    ContentType.change_cipher_spec: (
        "tls.change_cipher_spec",
        "ChangeCipherSpec",
        _change_cipher_spec,
        Told(
            "Before TLS 1.3: all that the sender sends from here on is encrypted; in TLS 1.3 without meaning, for "
            "the sake of middleboxes.",
            "RFC 8446 appendix D.4",
        ),
    ),
    ContentType.heartbeat: (
        "tls.heartbeat_message",
        "Heartbeat",
        _heartbeat,
        Told("Asks whether the peer is still there.", "RFC 6520 section 3"),
    ),
    ContentType.application_data: (
        "tls.application_data",
        "ApplicationData",
        _application_data,
        Told("What the programs say to each other.", "RFC 8446 section 5"),
    ),
}
UNKNOWN: Other = (
    "tls.unknown",
    "",
    rest("tls.unknown.data", "Data"),
    Told("Of a content type that is not known here.", "RFC 8446 section 5.1"),
)
