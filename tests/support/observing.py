"""How every observer is tested: whole, byte by byte, cut anywhere, broken anywhere."""

from __future__ import annotations

import random

from tlscope.events import Direction
from tlscope.wire.http.exchange import Body, Frame, Message, Oddity

UP, DOWN = Direction.UP, Direction.DOWN


def watch(observer, talk, *, cut=lambda data: [data], finish=True):
    """All events of a talk: (direction, bytes) in the order in which they passed; adjacent Bodies are one."""
    at, events = {UP: 0, DOWN: 0}, []
    for direction, data in talk:
        for piece in cut(data):
            events += observer.feed(direction, piece, at[direction])
            at[direction] += len(piece)
    for direction in (UP, DOWN) if finish else ():
        events += observer.finish(direction)
    return merged(events)


def merged(events):
    """Adjacent spans of the same content as one."""
    found, last = [], {}
    for event in events:
        if type(event) is Body:
            key = event.exchange, event.direction
            index = last.get(key)
            if index is not None and found[index].start + found[index].length == event.start:
                found[index] = found[index]._replace(length=found[index].length + event.length)
                continue
            last[key] = len(found)
        found.append(event)
    return found


def singly(data):
    """A cut: byte by byte."""
    return [data[i : i + 1] for i in range(len(data))]


def anyhow(seed):
    """A cut: pieces of any size."""
    chance = random.Random(seed)

    def cut(data):
        pieces, at = [], 0
        while at < len(data):
            size = chance.choice((1, 2, 3, 7, 20, 100, 1000))
            pieces.append(data[at : at + size])
            at += size
        return pieces

    return cut


def kinds(events):
    """Each event with its type: two of different types may be equal tuples. In the order of each direction."""
    return [(type(event).__name__, *event) for event in events]


def only(events, *types):
    """Those of these types."""
    return [event for event in events if type(event) in types]


def codes(events):
    """The codes of all oddities."""
    return [event.code for event in events if type(event) is Oddity]


def torment(make, talk, *, seeds=5, flips=100):
    """Any cut gives the same events; whatever is broken, nothing raises and spans lie where bytes were.

    Returns the events of the whole.
    """
    whole = watch(make(), talk)
    for cut in (singly, *map(anyhow, range(seeds))):
        assert kinds(whole) == kinds(watch(make(), talk, cut=cut))
    views = watch(make(), [(direction, memoryview(data)) for direction, data in talk])
    assert kinds(whole) == kinds(views)
    check_spans(whole, talk)
    chance = random.Random(1)
    for _ in range(flips):
        broken = [[direction, bytearray(data)] for direction, data in talk]
        for _ in range(chance.choice((1, 1, 2, 5))):
            data = chance.choice(broken)[1]
            if data:
                data[chance.randrange(len(data))] = chance.choice((0, 10, 13, 32, 58, 255, chance.randrange(256)))
        talked = [(direction, bytes(data)) for direction, data in broken]
        events = watch(make(), talked)
        assert kinds(events) == kinds(watch(make(), talked, cut=anyhow(chance.random())))
        check_spans(events, talked)
    return whole


def check_spans(events, talk):
    """All that points into a stream points at bytes that are there."""
    length = {way: sum(len(data) for direction, data in talk if direction is way) for way in (UP, DOWN)}
    for event in events:
        if type(event) is Body:
            assert event.length > 0
        if type(event) in {Body, Message}:
            assert 0 <= event.start <= event.start + event.length <= length[event.direction], event
        if type(event) is Frame:
            assert 0 <= event.start < length[event.direction], event


def spans(events, talk, exchange, direction):
    """The content of one direction of an exchange."""
    stream = b"".join(data for way, data in talk if way is direction)
    return b"".join(
        stream[event.start : event.start + event.length]
        for event in events
        if type(event) is Body and (event.exchange, event.direction) == (exchange, direction)
    )
