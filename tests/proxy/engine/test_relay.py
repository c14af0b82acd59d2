"""tlscope.engine.relay: what all kinds of sides share, with the plainest of them over memory."""

import asyncio
import select
import socket
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversation import PATIENCE, MemoryLoop, MemorySocket, Peer
from tlscope.engine.link import Link
from tlscope.engine.relay import READ, Relay
from tlscope.engine.relay_plain import PlainSide
from tlscope.events import Closed, Data, Direction, How, Leg


class Joined:
    """Two far ends, and the links that a relay shall join."""

    def __init__(self, room, piece=1 << 20):
        self.loop = MemoryLoop()
        self.links, self.ends = [], []
        for name in ("client:1", "server:1"):
            near, far = MemorySocket.pair(self.loop, room, piece)
            self.links.append(Link(near, self.loop, name))
            self.ends.append(far)
        self.client, self.server = map(Peer, self.ends)
        self.events, self.outcomes = [], []
        journal = SimpleNamespace(put=lambda number, event: self.events.append((number, event)))
        self.relay = Relay(journal, None, 7, lambda: self.outcomes.append("over"), keep_ciphertext=False)

    def start(self):
        self.relay.start(
            PlainSide(self.relay, Leg.CLIENT, self.links[0]), PlainSide(self.relay, Leg.SERVER, self.links[1])
        )
        return self.relay.client, self.relay.server

    def recorded(self, kind):
        return [event for _, event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def joined(room=1 << 16, piece=1 << 20):
    made = Joined(room, piece)
    yield made
    for sock in (*made.ends, *made.links):
        sock.close()


async def turns(count=30):
    """Let the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


def run(story):
    asyncio.run(story())


def test_a_relay_begins_with_what_a_link_could_not_send():
    """A peer that did not read yet gets the answer to its proxy request first, then what is relayed."""

    async def story():
        async with joined(room=8) as made:
            made.links[0].send(b"200 established, ")
            await made.server.send_raw(b"banner")
            await turns()
            made.start()
            sending = asyncio.ensure_future(made.server.send_raw(b" and more"))
            assert b"200 established, banner and more" == await made.client.receive(32)
            await sending

    run(story)


def test_nothing_is_read_for_a_peer_that_did_not_read_yet():
    """What waited when the relay began is a backlog like any other: the sender feels it."""

    async def story():
        async with joined(room=8) as made:
            made.links[0].send(b"established,")
            client, _ = made.start()
            await made.server.send_raw(b"banner")
            await turns()
            assert (b"hed,", 6) == (client.backlog, len(made.links[1]._sock.queue))
            assert b"established,banner" == await made.client.receive(18)

    run(story)


def test_what_arrived_before_is_passed_on_first():
    """What both links had gathered comes before what they read then, and is recorded and counted."""

    async def story():
        async with joined() as made:
            await made.client.send_raw(b"early up,")
            await made.server.send_raw(b"early down,")
            await turns()
            client, server = made.start()
            await made.client.send_raw(b"late")
            await made.server.send_raw(b"late")
            assert b"early up,late" == await made.server.receive(13)
            assert b"early down,late" == await made.client.receive(15)
            assert (13, 15) == (client.counted, server.counted)
            assert {7} == {number for number, _ in made.events}
            assert b"early up,late" == b"".join(e.data for e in made.recorded(Data) if e.direction is Direction.UP)

    run(story)


def test_a_slow_reader_stops_the_other_side_and_starts_it_again():
    """A backlog is at most one read; then the sender feels it, and the other direction goes on."""

    async def story():
        async with joined(room=1000) as made:
            client, server = made.start()
            sending = asyncio.ensure_future(made.server.send_raw(b"x" * 50_000))
            await turns(200)
            assert not sending.done()
            assert 0 < len(client.backlog) <= READ
            assert b"" == server.backlog
            assert len(made.links[1]._sock.queue) == 1000  # not read: the sender cannot send
            await made.client.send_raw(b"up")
            assert b"up" == await made.server.receive(2)
            assert b"x" * 50_000 == await made.client.receive(50_000)
            await sending
            assert b"" == client.backlog

    run(story)


@settings(max_examples=50, deadline=None)
@given(
    early=st.binary(max_size=200),
    unsent=st.binary(max_size=200),
    parts=st.lists(st.binary(min_size=1, max_size=300), max_size=8),
    room=st.sampled_from([1, 10, 1000]),
    piece=st.sampled_from([1, 30, 1 << 20]),
    finish=st.booleans(),
)
def test_any_bytes_keep_their_order(early, unsent, parts, room, piece, finish):
    """However small the peers' buffers are, and whatever waited before the relay began."""

    async def story():
        async with joined(room, piece) as made:
            if unsent:
                made.links[0].send(unsent)
            sending = asyncio.ensure_future(made.server.send_raw(early))
            await turns()
            made.start()

            async def send():
                await sending
                for part in parts:
                    await made.server.send_raw(part)
                if finish:
                    await made.server.finish()

            expected = unsent + early + b"".join(parts)
            receiving = made.client.receive_all() if finish else made.client.receive(len(expected))
            got, _ = await asyncio.gather(receiving, send())
            assert expected == got

    run(story)


def test_fin_waits_behind_the_backlog():
    """What was sent before it arrives before it, then the end; the other direction stays open."""

    async def story():
        async with joined(room=10) as made:
            made.start()
            sending = asyncio.ensure_future(made.client.send_raw(b"0123456789" * 2))
            await turns()
            await sending
            await made.client.finish()
            await turns()
            assert not made.server.sock.ended
            assert b"0123456789" * 2 == await made.server.receive_all()
            assert "FIN" == made.server.end
            assert [] == made.outcomes
            await made.server.send_raw(b"answer")
            assert b"answer" == await made.client.receive(6)
            await made.server.finish()
            assert b"answer" == await made.client.receive_all()
            assert ["over"] == made.outcomes
            assert [Closed(Leg.CLIENT, How.FIN), Closed(Leg.SERVER, How.FIN)] == made.recorded(Closed)

    run(story)


def test_both_ends_wait_for_the_last_backlog():
    """The relay is over when what both had sent has arrived, and not when both have ended."""

    async def story():
        async with joined(room=10) as made:
            made.start()
            await made.client.finish()
            await made.server.send_raw(b"0123456789")
            await turns()
            await made.server.send_raw(b"abc")
            await made.server.finish()
            await turns()
            assert [] == made.outcomes
            assert b"0123456789abc" == await made.client.receive_all()
            assert "FIN" == made.client.end
            assert ["over"] == made.outcomes

    run(story)


@pytest.mark.parametrize("who", [Leg.CLIENT, Leg.SERVER])
@pytest.mark.parametrize("when", ["before", "while"])
def test_a_reset_is_passed_on_once(who, when):
    """Before the relay began and while it lasts: the other side is reset, the owner told once."""

    async def story():
        async with joined() as made:
            peer, other = (made.client, made.server) if who is Leg.CLIENT else (made.server, made.client)
            if when == "while":
                made.start()
            peer.reset()
            await turns()
            if when == "before":
                made.start()
            assert b"" == await other.raw()
            assert "RST" == other.end
            assert ["over"] == made.outcomes
            assert [Closed(who, How.RST)] == made.recorded(Closed)
            made.relay.end()
            assert ["over"] == made.outcomes

    run(story)


def test_an_end_before_the_relay_is_passed_on_behind_its_data():
    """A client that said all and FIN before the server was reached."""

    async def story():
        async with joined() as made:
            await made.client.send_raw(b"all I have to say")
            await made.client.finish()
            await turns()
            made.start()
            assert b"all I have to say" == await made.server.receive_all()
            assert "FIN" == made.server.end
            await made.server.send_raw(b"answer")
            assert b"answer" == await made.client.receive(6)

    run(story)


@pytest.mark.parametrize("backlog", [False, True])
def test_a_peer_that_is_gone_resets_the_one_who_sends(backlog):
    """Found when passing on what arrived, or when sending what had waited."""

    async def story():
        async with joined(room=10) as made:
            client, _ = made.start()
            if backlog:
                await made.server.send_raw(b"0123456789")
                await turns()
                await made.server.send_raw(b"waits")
                await turns()
                assert b"waits" == client.backlog
                made.links[0].pause()  # so that sending finds it
                made.client.reset()
            else:
                await made.server.send_raw(b"0123")
                made.client.reset()
            await turns()
            assert b"" == await made.server.raw()
            assert "RST" == made.server.end
            assert ["over"] == made.outcomes
            assert [Closed(Leg.CLIENT, How.RST)] == made.recorded(Closed)

    run(story)


def tcp_pair():
    """Two ends of a real connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    far.settimeout(PATIENCE)
    return near, far


def ready(sock, events):
    """Wait until the system says so of a socket."""
    poll = select.poll()
    poll.register(sock, events)
    assert poll.poll(PATIENCE * 1000)


@pytest.mark.parametrize("who", [Leg.CLIENT, Leg.SERVER])
def test_what_was_said_before_a_reset_is_passed_on(who):
    """Of who answers and closes without reading on: whoever still sends meets the reset before the answer."""
    events = []
    watches = ("add_reader", "add_writer", "remove_reader", "remove_writer")
    loop = SimpleNamespace(**dict.fromkeys(watches, lambda *_: None))
    relay = Relay(SimpleNamespace(put=lambda _, event: events.append(event)), None, 7, list, keep_ciphertext=False)
    nears, fars = zip(*(tcp_pair() for _ in Leg), strict=True)
    sides = [PlainSide(relay, leg, Link(nears[leg], loop, "")) for leg in Leg]
    relay.start(*sides)
    refuses, sends = fars[who], fars[1 - who]
    nears[who].send(b"unread")
    ready(refuses, select.POLLIN)
    refuses.send(b"too much")
    refuses.close()  # with unread input: a reset
    ready(nears[who], select.POLLHUP)
    sends.send(b"more")
    ready(nears[1 - who], select.POLLIN)
    sides[1 - who].readable()
    assert b"too much" == sends.recv(100)
    with pytest.raises(ConnectionResetError):
        sends.recv(100)
    sends.close()
    assert [b"more", b"too much"] == sorted(event.data for event in events if isinstance(event, Data))
    assert [Closed(who, How.RST)] == [event for event in events if isinstance(event, Closed)]


def test_ending_closes_both_sides_and_cuts_them_apart():
    """Both links are closed, and the sides do not point at each other any more: no collection is waited for."""

    async def story():
        async with joined() as made:
            client, server = made.start()
            made.relay.end()
            assert [b"", b""] == [await made.client.receive_all(), await made.server.receive_all()]
            assert ["FIN", "FIN"] == [made.client.end, made.server.end]
            assert client.other is server.other is None
            assert ["over"] == made.outcomes

    run(story)
