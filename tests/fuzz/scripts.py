"""How the bytes of a fuzzer become a conversation: pieces, each with a way to go, so that it chooses the cuts, too.

A piece is two bytes and what they announce: the highest bit is the direction, the next one says that something else
than data comes (each target has its own idea of what), and the other fourteen are a length.
"""

from __future__ import annotations

from typing import NamedTuple

from tlscope.events import Direction

BESIDES, LENGTH = 0x4000, 0x3FFF


class Piece(NamedTuple):
    direction: Direction
    besides: bool
    data: bytes


def pieces(data):
    """The conversation that bytes stand for; a last piece may be shorter than it says."""
    at = 0
    while len(data) - at >= 2:
        head = int.from_bytes(data[at : at + 2])
        size = head & LENGTH
        yield Piece(Direction(head >> 15), bool(head & BESIDES), data[at + 2 : at + 2 + size])
        at += 2 + size


def script(talk):
    """The bytes that stand for a conversation of (direction, data), or (direction, data, besides)."""
    parts = []
    for direction, data, *besides in talk:
        flag = BESIDES if besides and besides[0] else 0
        for at in range(0, max(len(data), 1), LENGTH):
            piece = data[at : at + LENGTH]
            parts += [(direction << 15 | flag | len(piece)).to_bytes(2), piece]
    return b"".join(parts)
