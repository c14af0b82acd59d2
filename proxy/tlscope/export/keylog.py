"""The secrets of a capture as a key log: what SSLKEYLOGFILE holds (RFC 9850), and Wireshark asks for.

Whoever has these lines can decrypt what was recorded on the wire: the capture's ciphertext, or a packet capture made
beside it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tlscope.capture.format import Kind
from tlscope.events import Leg, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.export.source import Source

LINE = re.compile(rb"[A-Za-z0-9_]+ (?:[0-9A-Fa-f]{2})+ (?:[0-9A-Fa-f]{2})+")
"""A label, a client random, a secret (RFC 9850 section 2)."""


def lines(source: Source, *, comments: bool = True) -> Iterator[bytes]:
    """The lines, each with its end; a comment before each leg's says whose they are.

    A record that is no such line is left out: it could make two of one, or hide the next one.
    """
    last: tuple[int, Leg] | None = None
    for record in source.records(Kind.SECRET):
        event = record.event
        if not isinstance(event, Secret) or not LINE.fullmatch(event.data):
            continue
        if comments and last != (record.connection, event.leg):
            last = record.connection, event.leg
            yield f"# connection {record.connection}, {event.leg.name.lower()} leg\n".encode()
        yield event.data + b"\n"
