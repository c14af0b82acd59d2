"""QUIC's transport parameters, which travel in a TLS extension (RFC 9000 section 18).

Each is an identifier, a length and a value. Identifiers, lengths and most values are variable-length integers, whose
first two bits say how long they are (RFC 9000 section 16). Identifiers of the form 31 * N + 27 are GREASE (section
18.1).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from tlscope.wire.field import Cursor, Field, Short, malformed, named
from tlscope.wire.tls.anatomy import GREASE_NOTE
from tlscope.wire.tls.parts import Parse, opaque, rest, words
from tlscope.wire.tls.registries import QuicParameter as Id
from tlscope.wire.tls.registries import QuicVersion

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "tls.quic.parameter"
DEFINED = "RFC 9000 section 18.2"


def parameters(cursor: Cursor) -> None:
    """TransportParameters, to the end."""
    while cursor.left:
        start, ahead = cursor.at, Cursor(cursor.data, cursor.at, cursor.end)
        kind, size = -1, 0
        try:
            kind = varint(ahead)
            size = varint(ahead)
        except Short:  # said where the field is made, below
            ahead.at = ahead.end
        missing = size - ahead.left
        inside = Cursor(cursor.data, start, ahead.at + min(ahead.left, size), cursor.depth + 1)
        inside.guarded(_parameter)
        name = _name(kind)
        if missing > 0:
            inside.add(malformed(inside.end, 0, f"{name} says {size} bytes; {missing} of them are not there"))
        cursor.at = inside.end
        said = inside.fields[2].text if len(inside.fields) == 3 else ""
        note, reference = NOTES.get(kind, (GREASE_NOTE if is_grease(kind) else "", DEFINED))
        cursor.add(Field(KEY, name, None, start, inside.end - start, said, note, reference, tuple(inside.fields)))


def kind_of(cursor: Cursor) -> int:
    """The identifier, as far as it is there."""
    try:
        return varint(Cursor(cursor.data, cursor.at, cursor.end))
    except Short:
        return -1


def varint(cursor: Cursor, what: str = "a variable-length integer") -> int:
    """An integer whose first two bits say its length (RFC 9000 section 16), without a field."""
    first = cursor.peek(1, what)
    size = 1 << (first >> 6)
    return int.from_bytes(cursor.pull(size, what)) & (1 << (8 * size - 2)) - 1


def number(cursor: Cursor, key: str, label: str, *, text: str = "", reference: str = "") -> int:
    """An integer whose first two bits say its length, as a field."""
    start = cursor.at
    value = varint(cursor, label)
    cursor.add(Field(key, label, value, start, cursor.at - start, text or str(value), "", reference))
    return value


def is_grease(kind: int) -> bool:
    """Whether an identifier is reserved to be ignored (RFC 9000 section 18.1)."""
    return kind % 31 == 27


def _name(kind: int) -> str:
    if kind < 0:
        return "Parameter"
    said = named(Id, kind, 1)
    return f"GREASE (0x{kind:x})" if said.startswith("unknown") and is_grease(kind) else said


def _parameter(cursor: Cursor) -> None:
    kind = kind_of(cursor)
    number(cursor, f"{KEY}.type", "Type", text=_name(kind), reference="RFC 9000 section 18")
    number(cursor, f"{KEY}.length", "Length", reference="RFC 9000 section 18")
    PARSERS.get(kind, rest(f"{KEY}.value", "Value"))(cursor)


def _integer(name: str, say: Callable[[int], str] = str) -> Parse:
    def parse(cursor: Cursor) -> None:
        start = cursor.at
        value = varint(cursor, name)
        cursor.add(Field(f"{KEY}.{name}", name, value, start, cursor.at - start, say(value), "", DEFINED))

    return parse


def _bytes(name: str) -> Parse:
    def parse(cursor: Cursor) -> None:
        cursor.raw(None, f"{KEY}.{name}", name, text=lambda data: data.hex() or "empty")

    return parse


def _text(cursor: Cursor) -> None:
    data = cursor.data[cursor.at : cursor.end]
    cursor.raw(None, f"{KEY}.google.user_agent", "Google UserAgent", text=words(data), value=words(data))


def _empty(_cursor: Cursor) -> None:
    """Its presence says all."""


def _preferred_address(cursor: Cursor) -> None:
    key = f"{KEY}.preferred_address"
    cursor.raw(4, f"{key}.ipv4address", "ipv4Address", text=lambda raw: str(IPv4Address(raw)))
    cursor.number(2, f"{key}.ipv4port", "ipv4Port")
    cursor.raw(16, f"{key}.ipv6address", "ipv6Address", text=lambda raw: str(IPv6Address(raw)))
    cursor.number(2, f"{key}.ipv6port", "ipv6Port")
    opaque(cursor, 1, f"{key}.connectionid", "connectionId", length_key=f"{key}.connectionid.length")
    cursor.raw(16, f"{key}.statelessresettoken", "statelessResetToken")


def _version_name(version: int) -> str:
    """A version of QUIC; those of the form 0x?a?a?a?a are GREASE (RFC 9000 section 15)."""
    if version & 0x0F0F0F0F == GREASE_VERSION:
        return f"GREASE (0x{version:08x})"
    return f"draft-{version & 0xFF} (0x{version:08x})" if version >> 8 == DRAFT else named(QuicVersion, version, 4)


GREASE_VERSION = 0x0A0A0A0A
DRAFT = 0xFF0000
"""What stood before the number of a draft in its version."""


def _versions(cursor: Cursor) -> None:
    cursor.number(
        4,
        f"{KEY}.vi.chosen_version",
        "Chosen Version",
        text=_version_name,
        note="The version that this connection is in.",
        reference="RFC 9368 section 3",
    )
    while cursor.left:
        cursor.number(
            4,
            f"{KEY}.vi.other_version",
            "Available Version",
            text=_version_name,
            note="The sender can speak this one, too.",
            reference="RFC 9368 section 3",
        )


def _cibir(cursor: Cursor) -> None:
    for name in ("length", "offset"):
        number(cursor, f"{KEY}.cibir_encoding.{name}", name, reference="draft-banks-quic-cibir")


def _google_version(cursor: Cursor) -> None:
    cursor.number(4, f"{KEY}.google.quic_version", "Google QUIC version", text=_version_name)
    if cursor.left:
        cursor.vector(
            1,
            f"{KEY}.google.supported_versions",
            "Google Supported Versions",
            _google_versions,
            length_key=f"{KEY}.google.supported_versions_length",
        )


def _google_versions(cursor: Cursor) -> None:
    while cursor.left:
        cursor.number(4, f"{KEY}.google.supported_version", "Google Supported Version", text=_version_name)


def _milliseconds(value: int) -> str:
    return f"{value} ms"


def _microseconds(value: int) -> str:
    return f"{value} us"


def _size(value: int) -> str:
    return f"{value} bytes"


PARSERS: dict[int, Parse] = {
    Id.original_destination_connection_id: _bytes("original_destination_connection_id"),
    Id.max_idle_timeout: _integer("max_idle_timeout", _milliseconds),
    Id.stateless_reset_token: _bytes("stateless_reset_token"),
    Id.max_udp_payload_size: _integer("max_udp_payload_size", _size),
    Id.initial_max_data: _integer("initial_max_data", _size),
    Id.initial_max_stream_data_bidi_local: _integer("initial_max_stream_data_bidi_local", _size),
    Id.initial_max_stream_data_bidi_remote: _integer("initial_max_stream_data_bidi_remote", _size),
    Id.initial_max_stream_data_uni: _integer("initial_max_stream_data_uni", _size),
    Id.initial_max_streams_bidi: _integer("initial_max_streams_bidi"),
    Id.initial_max_streams_uni: _integer("initial_max_streams_uni"),
    Id.ack_delay_exponent: _integer("ack_delay_exponent"),
    Id.max_ack_delay: _integer("max_ack_delay", _milliseconds),
    Id.disable_active_migration: _empty,
    Id.preferred_address: _preferred_address,
    Id.active_connection_id_limit: _integer("active_connection_id_limit"),
    Id.initial_source_connection_id: _bytes("initial_source_connection_id"),
    Id.retry_source_connection_id: _bytes("retry_source_connection_id"),
    Id.version_information: _versions,
    Id.version_information_draft: _versions,
    Id.max_datagram_frame_size: _integer("max_datagram_frame_size", _size),
    Id.grease_quic_bit: _empty,
    Id.loss_bits: _integer("loss_bits"),
    Id.cibir_encoding: _cibir,
    Id.min_ack_delay_draft: _integer("min_ack_delay", _microseconds),
    Id.min_ack_delay: _integer("min_ack_delay", _microseconds),
    Id.enable_time_stamp_v2: _integer("enable_time_stamp_v2"),
    Id.google_initial_rtt: _integer("google.initial_rtt", _microseconds),
    Id.google_connection_options: _bytes("google.connection_options"),
    Id.google_user_agent: _text,
    Id.google_support_handshake_done: _empty,
    Id.google_key_update_not_yet_supported: _empty,
    Id.google_version: _google_version,
}

NOTES: dict[int, tuple[str, str]] = {
    Id.original_destination_connection_id: (
        "The identifier that the client first addressed, sent back: proves that nobody changed it on the way.",
        DEFINED,
    ),
    Id.max_idle_timeout: ("How long the sender keeps a silent connection; 0, or none, sets no limit.", DEFINED),
    Id.stateless_reset_token: ("Lets a server that lost its state end the connection credibly.", DEFINED),
    Id.max_udp_payload_size: ("The largest UDP payload that the sender takes.", DEFINED),
    Id.initial_max_data: ("How much may be sent on all streams together at first.", DEFINED),
    Id.initial_max_stream_data_bidi_local: ("The same for each two-way stream that the sender opens.", DEFINED),
    Id.initial_max_stream_data_bidi_remote: ("The same for each two-way stream that its peer opens.", DEFINED),
    Id.initial_max_stream_data_uni: ("The same for each one-way stream that its peer opens.", DEFINED),
    Id.initial_max_streams_bidi: ("How many two-way streams the peer may open at first.", DEFINED),
    Id.initial_max_streams_uni: ("How many one-way streams the peer may open at first.", DEFINED),
    Id.ack_delay_exponent: ("The unit of the delays in ACK frames: two to this power, in microseconds.", DEFINED),
    Id.max_ack_delay: ("How long the sender may wait before it acknowledges.", DEFINED),
    Id.disable_active_migration: ("The peer shall not change its address on purpose.", DEFINED),
    Id.preferred_address: ("Where the server would rather be talked to after the handshake.", DEFINED),
    Id.active_connection_id_limit: ("How many of its peer's connection identifiers the sender remembers.", DEFINED),
    Id.initial_source_connection_id: (
        "The identifier that the sender put into its first packet: proves that nobody changed it on the way.",
        DEFINED,
    ),
    Id.retry_source_connection_id: (
        "The identifier that the server put into its Retry: proves that the Retry was its own.",
        DEFINED,
    ),
    Id.version_information: ("The versions that the sender can speak: ends downgrades.", "RFC 9368 section 3"),
    Id.version_information_draft: ("Version negotiation, in its draft.", "draft-ietf-quic-version-negotiation"),
    Id.max_datagram_frame_size: ("Unreliable datagrams are welcome, up to this size.", "RFC 9221 section 3"),
    Id.grease_quic_bit: ("The sender takes packets with the QUIC bit cleared.", "RFC 9287 section 3"),
    Id.loss_bits: ("Two header bits shall show losses to the network.", "draft-ferrieuxhamchaoui-quic-lossbits"),
    Id.min_ack_delay: ("The peer may ask for rarer acknowledgements.", "draft-ietf-quic-ack-frequency"),
    Id.min_ack_delay_draft: ("The peer may ask for rarer acknowledgements.", "draft-ietf-quic-ack-frequency"),
    Id.cibir_encoding: ("Where in connection identifiers a number for routing stands.", "draft-banks-quic-cibir"),
    Id.enable_time_stamp_v2: ("Packets may carry time stamps.", "draft-huitema-quic-ts"),
    Id.discard: ("Filling, which makes the hello larger than one packet.", ""),
    Id.google_initial_rtt: ("Chrome: the round-trip time that it remembers of this server.", ""),
    Id.google_connection_options: ("Chrome: four-letter tags of experiments.", ""),
    Id.google_user_agent: ("Chrome: which client this is.", ""),
    Id.google_version: ("Chrome: the versions as before RFC 9368.", ""),
}
