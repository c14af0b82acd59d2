"""The events of one connection as trees: which dissector reads what, and what it must know.

    dissection = Dissection()
    tree = dissection.feed(event)         for each event of one connection, in order; None for what has no inside
    Dissection({leg: context}).feed(event)         for one alone, with what those before it have settled

A message is read with what those before it on its leg have settled; the two legs are two connections, and settle for
themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.events import Ciphertext, Event, LeafForged, Leg, Message
from tlscope.wire import x509
from tlscope.wire.tls import messages, records
from tlscope.wire.tls.context import Context, context_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlscope.wire.field import Field


class Dissection:
    """Reads the events of one connection."""

    def __init__(self, settled: Mapping[Leg, Context] | None = None) -> None:
        self._contexts = {leg: Context() for leg in Leg} | dict(settled or {})

    def feed(self, event: Event) -> Field | None:
        """The tree of a TLS message, of ciphertext as records, of a forged certificate; its offsets are in `data`."""
        match event:
            case Message(leg, _, _, content_type, data):
                context = self._contexts[leg]
                self._contexts[leg] = context_after(context, content_type, data)
                return messages.dissect(content_type, data, context)
            case Ciphertext(_, _, data):
                return records.dissect(data)
            case LeafForged(_, _, data):
                return x509.dissect(data)
            case _:
                return None
