"""The certificates of a capture as PEM: what each side showed the other, and what we showed in the server's place.

Each stands behind lines that say whose it is, which readers of PEM skip (RFC 7468 section 2).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.format import Kind
from tlscope.events import Direction, LeafForged, Leg, Message
from tlscope.wire.tls.codes import ContentType, HandshakeType
from tlscope.wire.tls.meaning.gist import certificates as certificates_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.export.source import Source

CERTIFICATE = bytes([HandshakeType.Certificate])
FROM = {
    (Leg.SERVER, Direction.DOWN): "server leg, of the server",
    (Leg.SERVER, Direction.UP): "server leg, ours as a client",
    (Leg.CLIENT, Direction.DOWN): "client leg, ours in the server's place",
    (Leg.CLIENT, Direction.UP): "client leg, of the client",
}

FORGED = "client leg, forged, but not shown"


class Shown(NamedTuple):
    """A certificate, and who showed it."""

    connection: int
    whose: str
    number: int
    """From 1 in its chain; 0 for a leaf that was forged but perhaps not shown."""
    der: bytes


def certificates(source: Source) -> Iterator[Shown]:
    """Every certificate of each chain, in the order in which they were shown.

    A forged leaf that no client has seen, for want of a handshake, comes as well.
    """
    forged: dict[int, bytes] = {}
    for record in source.records(Kind.MESSAGE, Kind.LEAF, Kind.OUTCOME):
        event, number = record.event, record.connection
        match event:
            case LeafForged(data=der):
                forged[number] = der
            case Message(leg, direction, version, ContentType.handshake, data) if data[:1] == CERTIFICATE:
                chain = certificates_of(data, version)
                if forged.get(number) in chain:
                    del forged[number]
                for at, der in enumerate(chain, 1):
                    yield Shown(number, FROM[leg, direction], at, der)
            case Message():
                pass
            case _:
                if number in forged:
                    yield Shown(number, FORGED, 0, forged.pop(number))
    for number, der in forged.items():
        yield Shown(number, FORGED, 0, der)


def text(source: Source) -> Iterator[str]:
    """The PEM file, certificate by certificate."""
    for shown in certificates(source):
        which = f": certificate {shown.number}" if shown.number else ""
        yield f"connection {shown.connection}, {shown.whose}{which}\n{armor(shown.der)}"


def armor(der: bytes) -> str:
    """One certificate between its lines, 64 characters in each (RFC 7468 section 2)."""
    encoded = base64.b64encode(der).decode()
    lines = (encoded[at : at + 64] for at in range(0, len(encoded), 64))
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))
