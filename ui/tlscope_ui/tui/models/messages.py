"""A message, or a frame, that was carried inside, whole: what a view of bodies shows.

content(index, directory, units, unit)         of those that telling/units.py has listed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.exchanges import exchanges
from tlscope.wire.http import exchange as said
from tlscope_ui.telling.exchanges import message_type
from tlscope_ui.telling.units import dissector, events
from tlscope_ui.text import size
from tlscope_ui.tui.models.content import Coded
from tlscope_ui.tui.models.octets import Held, recorded

if TYPE_CHECKING:
    from pathlib import Path

    from tlscope.capture.index import Index
    from tlscope.capture.lookup import Lookup
    from tlscope_ui.telling.units import Unit, Units

WHOLE = 16 << 20
"""Bytes of a message that are shown."""


def content(index: Index, directory: Path, units: Units, unit: Unit) -> Coded:
    """All of a message or a frame, as far as it is shown."""
    event, (connection, _) = unit.event, units.numbers
    if isinstance(event, said.Frame):
        span = event.start, event.start + event.length
        return Coded(recorded(index, directory, connection, event.direction, [span]), tree=dissector(event))
    data = event.data
    if len(data) < event.size:
        data = _whole(index.lookup, units, unit)
    problem = f"{size(event.size - len(data))} more are not shown" if len(data) < event.size else ""
    return Coded(Held(data), (), _type(index.lookup, units, event), problem=problem)


def _whole(lookup: Lookup, units: Units, unit: Unit) -> bytes:
    """A message's bytes, read again."""
    connection, exchange = units.numbers
    number = 0
    for _, event in events(lookup, connection, units.alpn, min(unit.event.length + WHOLE, WHOLE)):
        if isinstance(event, said.Message) and exchange in {0, event.exchange}:
            number += 1
            if number == unit.number:
                return event.data
    return b""


def _type(lookup: Lookup, units: Units, message: said.Message) -> str:
    if message.kind != "grpc":
        return ""
    found = exchanges(lookup, units.numbers[0], units.alpn)
    exchange = next((exchange for exchange in found if exchange.number == message.exchange), None)
    return message_type(exchange, message) if exchange else ""
