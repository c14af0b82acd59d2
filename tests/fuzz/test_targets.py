"""What `make fuzz` feeds is alive: every target takes its seeds, and its seeds cut and changed."""

from __future__ import annotations

import random

import pytest

from fuzz.scripts import pieces, script
from fuzz.targets import TARGETS
from tlscope.events import Direction

SEEDS, CUTS, CHANGES = 12, 2, 3
"""Of a target: how many seeds are taken, and how often each is cut and changed; `make fuzz` does the rest."""


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_raises_on_seeds_whole_cut_or_changed(name):
    """Whatever a peer sends is read without an exception, and its tree keeps its shape."""
    target, chance = TARGETS[name], random.Random(name)
    found = list(target.seeds())
    assert found
    for data in (b"", b"\0", b"\xff" * 40, *found[:: max(1, len(found) // SEEDS)]):
        target.run(data)
        for _ in range(CUTS):
            target.run(data[: chance.randrange(len(data) + 1)])
        for _ in range(CHANGES if data else 0):
            changed = bytearray(data)
            for _ in range(chance.choice((1, 1, 4))):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            target.run(bytes(changed))


def test_a_script_is_read_as_it_was_written():
    """Directions, bytes and flags come back; a long piece comes in several."""
    up, down = Direction.UP, Direction.DOWN
    talk = [(up, b"ab"), (down, b""), (down, b"c", True), (up, bytes(0x4000))]
    expected = [
        (up, False, b"ab"),
        (down, False, b""),
        (down, True, b"c"),
        (up, False, bytes(0x3FFF)),
        (up, False, b"\0"),
    ]
    assert expected == list(pieces(script(talk)))
    assert [(up, False, b"a")] == list(pieces(script(talk)[:3]))
