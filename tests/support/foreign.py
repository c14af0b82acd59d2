"""Packets that others captured, as the events that `tlscope open` makes of them."""

from pathlib import Path

from support.packets import reader
from tlscope.capture.foreign.pcap import Importer, read_secrets
from tlscope.capture.foreign.pcapfile import entries

HANDSHAKES = Path(__file__).resolve().parents[1] / "data/handshakes"
"""Handshakes of all kinds, with their keys; its README tells what is in each file."""


def conversation(name, number=1):
    """The events of a connection of one of HANDSHAKES."""
    data, found = (HANDSHAKES / f"{name}.pcapng").read_bytes(), []
    importer = Importer(
        lambda _, which, event: found.append(event) if which == number else None, read_secrets(reader(data))
    )
    for entry in entries(reader(data)):
        importer.take(entry)
    importer.finish()
    return found
