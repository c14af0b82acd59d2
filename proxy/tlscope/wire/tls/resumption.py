"""The bodies of extensions that carry on an earlier session: tickets, pre-shared keys, early data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.field import malformed
from tlscope.wire.tls.notes import GREASE_BYTES
from tlscope.wire.tls.parts import each, listed, one, opaque, readable, rest, several
from tlscope.wire.tls.registries import PskKeyExchangeMode

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor

_PSK = "tls.handshake.extensions.psk"
_MODE = "tls.extension.psk_ke_mode"
_TICKET_REQUEST = "tls.handshake.extensions.ticket_request"

PSK_MODES = {
    **GREASE_BYTES,
    0: "Resumed with the old secret alone: not forward secret.",
    1: "Resumed with a fresh key exchange on top: forward secret.",
}

psk_modes = listed(
    1,
    f"{_MODE}s",
    "PSK Key Exchange Modes",
    each(
        1,
        _MODE,
        "PSK Key Exchange Mode",
        names=PskKeyExchangeMode,
        notes=PSK_MODES,
        reference="RFC 8446 section 4.2.9",
    ),
    reference="RFC 8446 section 4.2.9",
)
"""PskKeyExchangeModes (RFC 8446 section 4.2.9)."""


def offered_psks(cursor: Cursor) -> None:
    """OfferedPsks (RFC 8446 section 4.2.11)."""
    names = cursor.vector(
        2,
        f"{_PSK}.identities",
        "Identities",
        _identities,
        length_key=f"{_PSK}.identities.length",
        note="The keys that the client offers, by their names.",
        reference="RFC 8446 section 4.2.11",
    )
    proofs = cursor.vector(
        2,
        f"{_PSK}.binders",
        "PSK Binders",
        _binders,
        length_key=f"{_PSK}.binders_len",
        note="One proof for each identity that the client has its key: a MAC over the hello up to here.",
        reference="RFC 8446 section 4.2.11.2",
    )
    offered = sum(child.key == f"{_PSK}.identity" for child in names.children)
    proven = sum(child.key == f"{_PSK}.binder" for child in proofs.children)
    if offered != proven:
        cursor.add(malformed(cursor.at, 0, f"{offered} identities and {proven} binders: there must be one for each"))


def _identities(cursor: Cursor) -> None:
    while cursor.left:
        cursor.group(None, f"{_PSK}.identity", "PSK Identity", _identity, reference="RFC 8446 section 4.2.11")


def _identity(cursor: Cursor) -> None:
    key = f"{_PSK}.identity"
    opaque(
        cursor,
        2,
        f"{key}.identity",
        "Identity",
        length_key=f"{key}.identity_length",
        say=readable,
        note="The name of a key: a ticket of an earlier session, or what both sides were configured with.",
        reference="RFC 8446 section 4.2.11",
    )
    cursor.number(
        4,
        f"{key}.obfuscated_ticket_age",
        "Obfuscated Ticket Age",
        note="Milliseconds since the ticket came, plus its ticket_age_add, so that nobody can link the two; 0 for "
        "external keys.",
        reference="RFC 8446 section 4.2.11.1",
    )


def _binders(cursor: Cursor) -> None:
    while cursor.left:
        opaque(
            cursor,
            1,
            f"{_PSK}.binder",
            "PSK Binder",
            length_key=f"{_PSK}.binder_length",
            note="Proves the key and binds it to this hello.",
            reference="RFC 8446 section 4.2.11.2",
        )


selected_psk = one(
    2,
    f"{_PSK}.identity.selected",
    "Selected Identity",
    note="Which of the client's keys is used, counted from 0; to know it mostly takes the place of a certificate.",
    reference="RFC 8446 section 4.2.11",
)
"""PreSharedKeyExtension in a ServerHello (RFC 8446 section 4.2.11)."""

max_early_data = one(
    4,
    "tls.early_data.max_early_data_size",
    "Maximum Early Data Size",
    text=lambda value: f"{value} bytes",
    note="How much the client may send before the next handshake is over.",
    reference="RFC 8446 section 4.6.1",
)
"""EarlyDataIndication in a NewSessionTicket (RFC 8446 section 4.2.10)."""

session_ticket = rest(
    "tls.handshake.extensions.session_ticket",
    "Session Ticket",
    note="Opaque to the client: the session's state, encrypted by the server for itself.",
    reference="RFC 5077 section 3.2",
)

ticket_request = several(
    one(
        1,
        f"{_TICKET_REQUEST}.new_session_count",
        "New Session Count",
        note="Tickets that the client wants after a full handshake.",
        reference="RFC 9149 section 3",
    ),
    one(
        1,
        f"{_TICKET_REQUEST}.resumption_count",
        "Resumption Count",
        note="Tickets that it wants after a resumption.",
        reference="RFC 9149 section 3",
    ),
)
"""ClientTicketRequest, in a ClientHello (RFC 9149 section 3)."""

ticket_hint = one(
    1,
    f"{_TICKET_REQUEST}.expected_count",
    "Expected Count",
    note="How many tickets the server means to send.",
    reference="RFC 9149 section 3",
)
"""ServerTicketRequestHint, in EncryptedExtensions (RFC 9149 section 3)."""
