"""tlscope.engine.relay_plain: sides that do not open what passes."""

import asyncio
from types import SimpleNamespace

import pytest

from conversation import MemoryLoop, MemorySocket, Peer
from tlscope.engine.link import Link
from tlscope.engine.relay import Relay
from tlscope.engine.relay_plain import OpaqueSide, PlainSide
from tlscope.events import Ciphertext, Closed, Data, Direction, How, Leg

UP, DOWN = Direction.UP, Direction.DOWN


def relayed(kind, *, keep_ciphertext=False, early=b""):
    """What a relay of this kind records of a question and an answer, and what was counted."""
    events = []

    async def story():
        loop = MemoryLoop()
        (near_client, far_client), (near_server, far_server) = MemorySocket.pair(loop), MemorySocket.pair(loop)
        client, server, over = Peer(far_client), Peer(far_server), asyncio.Event()
        journal = SimpleNamespace(put=lambda _, event: events.append(event))
        relay = Relay(journal, None, 1, over.set, keep_ciphertext=keep_ciphertext)
        links = Link(near_client, loop, "client:1"), Link(near_server, loop, "server:1")
        if early:
            links[0].put_back(early)  # what was read to find out that it is to be passed through
        relay.start(kind(relay, Leg.CLIENT, links[0]), kind(relay, Leg.SERVER, links[1]))
        counted = relay.client, relay.server
        await client.send(b"question")
        assert early + b"question" == await server.receive(len(early) + 8)
        await server.send(b"\x16\x03\x03 answer")
        assert b"\x16\x03\x03 answer" == await client.receive(10)
        await client.finish()
        await server.receive_all()
        await server.finish()
        await asyncio.wait_for(over.wait(), 20)
        return [side.counted for side in counted]

    return events, asyncio.run(story())


ENDS = [Closed(Leg.CLIENT, How.FIN), Closed(Leg.SERVER, How.FIN)]


@pytest.mark.parametrize("keep", [False, True])
def test_plain_bytes_are_recorded_as_data_outside_tls(keep):
    """Whatever they look like, and whether or not ciphertext is kept: they are none."""
    events, counted = relayed(PlainSide, keep_ciphertext=keep, early=b"GET ")
    assert [
        Data(UP, b"GET ", encrypted=False),
        Data(UP, b"question", encrypted=False),
        Data(DOWN, b"\x16\x03\x03 answer", encrypted=False),
        *ENDS,
    ] == events
    assert [12, 10] == counted


def test_nothing_that_is_passed_through_is_recorded():
    """Only that it ended, and how much it was."""
    events, counted = relayed(OpaqueSide, early=b"hello ")
    assert ENDS == events
    assert [14, 10] == counted


def test_what_is_passed_through_is_kept_as_ciphertext_where_asked_for():
    """Of the leg that it arrived on, from its first byte."""
    events, counted = relayed(OpaqueSide, keep_ciphertext=True, early=b"hello ")
    assert [
        Ciphertext(Leg.CLIENT, UP, b"hello "),
        Ciphertext(Leg.CLIENT, UP, b"question"),
        Ciphertext(Leg.SERVER, DOWN, b"\x16\x03\x03 answer"),
        *ENDS,
    ] == events
    assert [14, 10] == counted


@pytest.mark.parametrize("kind", [PlainSide, OpaqueSide])
def test_what_a_vanished_peer_does_not_take_is_still_recorded(kind):
    """It arrived; then the relay is over, and nothing is recorded behind that."""

    async def story():
        loop, events = MemoryLoop(), []
        (near_client, far_client), (near_server, far_server) = MemorySocket.pair(loop), MemorySocket.pair(loop)
        journal = SimpleNamespace(put=lambda _, event: events.append(event))
        relay = Relay(journal, None, 1, lambda: events.append("over"), keep_ciphertext=True)
        links = Link(near_client, loop, "client:1"), Link(near_server, loop, "server:1")
        relay.start(kind(relay, Leg.CLIENT, links[0]), kind(relay, Leg.SERVER, links[1]))
        await Peer(far_client).send(b"question")
        far_server.close()
        links[1].pause()  # so that sending finds it
        for _ in range(10):
            await asyncio.sleep(0)
        recorded = Data(UP, b"question", encrypted=False) if kind is PlainSide else None
        assert [recorded or Ciphertext(Leg.CLIENT, UP, b"question"), Closed(Leg.SERVER, How.RST), "over"] == events
        far_client.close()

    asyncio.run(story())
