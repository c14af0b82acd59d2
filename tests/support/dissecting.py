"""How every dissector is tested: whole, cut at every byte, with junk behind, with any byte changed."""

from __future__ import annotations

import random
import sys

from tlscope.wire.field import MALFORMED, Cursor


def dissect(parse, data):
    """What a parser of a cursor makes of all of the data, in one field."""
    cursor = Cursor(data)
    cursor.guarded(parse)
    return cursor.field("x", "X")


def texts_of(parse, data, key):
    """The texts of fields whose key ends so, in a body that is whole; it is cut and changed as well."""
    tree = torture(lambda data: dissect(parse, data), data, flips=50)
    assert [] == malformed_in(tree)
    return [field.text for field in tree.walk() if field.key.endswith(key)]


def check_tree(field, data, within=None):
    """Every field lies inside its parent and the data, has a key and a label, and is of plain values."""
    begin, end = within or (0, len(data))
    assert begin <= field.start <= field.end <= end, (field.key, field.start, field.length, begin, end)
    assert field.key
    assert field.label
    assert field.value is None or isinstance(field.value, int | str | bytes | bool)
    assert isinstance(field.text, str)
    for child in field.children:
        check_tree(child, data, (field.start, field.end))


def malformed_in(field):
    """The reasons of all that is malformed in a tree."""
    return [found.text for found in field.walk() if found.key == MALFORMED]


def leaves(field, end):
    """What was read whole before the offset `end`: key, value, start, of fields without children."""
    return [
        (found.key, found.value, found.start)
        for found in field.walk()
        if not found.children and found.key != MALFORMED and found.length and found.end <= end
    ]


def torture(dissect, data, *, cuts=400, flips=400, seed=0):
    """Nothing raises, trees stay whole, and a cut keeps what was read before it, whatever is done to `data`.

    `dissect` takes bytes and returns a Field. Data longer than `cuts` bytes is cut at that many places, evenly.
    Returns the tree of the whole.
    """
    whole = dissect(data)
    check_tree(whole, data)
    for cut in sorted({len(data) * i // cuts for i in range(cuts)}):
        part = data[:cut]
        tree = dissect(part)
        check_tree(tree, part)
        kept = set(leaves(tree, cut))
        # A field that is its vector's last may be read shorter; all that ends a field earlier is the same.
        lost = [leaf for leaf in leaves(whole, cut) if leaf not in kept]
        assert not lost, f"cut at {cut}: lost {lost[:3]}"
    chance = random.Random(seed)
    for junk in (b"\0", b"\xff" * 7, data[:50]):
        check_tree(dissect(data + junk), data + junk)
    for _ in range(flips if data else 0):
        broken = bytearray(data)
        for _ in range(chance.choice((1, 1, 1, 4))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        check_tree(dissect(bytes(broken)), broken)
    return whole


def steps(function, *arguments):
    """Python function calls that `function` makes: what a test of linear time counts in place of seconds."""
    count = 0

    def tick(_frame, event, _argument):
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(tick)
    try:
        function(*arguments)
    finally:
        sys.setprofile(before)
    return count
