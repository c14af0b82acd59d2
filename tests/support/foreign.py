"""Packets that others captured, as the events that `tlscope open` makes of them."""

from pathlib import Path

from support.packets import reader
from tlscope.capture.foreign.pcap import Importer, read_secrets
from tlscope.capture.foreign.pcapfile import entries

HANDSHAKES = Path(__file__).resolve().parents[1] / "data/handshakes"
"""Handshakes of all kinds, with their keys; its README tells what is in each file."""


def imported(data, key_log=b""):
    """Events of a file by connection, with times, and what was told."""
    found = {}
    importer = Importer(
        lambda wall, number, event: found.setdefault(number, []).append((wall, event)),
        read_secrets(reader(data), key_log),
    )
    for entry in entries(reader(data)):
        importer.take(entry)
    importer.finish()
    return found, importer.told


def conversation(name, number=1):
    """The events of a connection of one of HANDSHAKES."""
    return [event for _, event in imported((HANDSHAKES / f"{name}.pcapng").read_bytes())[0].get(number, ())]
