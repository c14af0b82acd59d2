"""tlscope.engine.relay_tls."""

import asyncio
import ssl

import pytest

from conversation import Peer, client_context, converse, server_context, stage
from tlscope.events import Ciphertext, Closed, Data, Direction, How, Leg, Message, Outcome

TLS1_2, TLS1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = pytest.mark.parametrize("version", [TLS1_2, TLS1_3], ids=lambda version: version.name)


class Holding(Peer):
    """A TLS 1.3 peer that keeps back what it sends after its first flight, until `release`."""

    flights, holding = 0, True

    async def _flush(self):
        self.flights += bool(self.outer.pending)
        if self.flights < 2 or not self.holding:
            await super()._flush()

    async def release(self):
        self.holding = False
        await self._flush()


def tap(sock):
    """What a far end sends and receives from now on."""
    sent, received, send, recv = bytearray(), bytearray(), sock.send, sock.recv

    def tapped_send(data):
        size = send(data)
        sent.extend(bytes(data[:size]))
        return size

    def tapped_recv(size):
        data = recv(size)
        received.extend(data)
        return data

    sock.send, sock.recv = tapped_send, tapped_recv
    return sent, received


def peers(made, kind=Peer):
    """A client and a server that have not shaken hands."""
    client_end, server_end = made.accept()
    client = Peer(client_end, client_context(made), name="localhost")
    return client, kind(server_end, server_context(), server=True)


async def until(condition):
    """Turns of the loop, no time."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("it did not happen")


def ciphertext(events, leg, direction):
    return b"".join(
        event.data
        for event in events
        if isinstance(event, Ciphertext) and (event.leg, event.direction) == (leg, direction)
    )


@VERSIONS
@pytest.mark.parametrize("room", [64, 5000, 1 << 16])
def test_ciphertext_is_what_the_sockets_carried(version, room):
    """With --ciphertext, each direction of each leg is in the capture to the byte, however slow the readers."""

    async def story():
        async with stage(ciphertext=True, room=room) as made:
            client_end, server_end = made.accept()
            taps = tap(client_end), tap(server_end)
            client = Peer(client_end, client_context(made, version), name="localhost")
            server = Peer(server_end, server_context(version), server=True)
            await asyncio.gather(client.handshake(), server.handshake())

            async def play(peer, data):
                await peer.send(data)
                await peer.close_notify()
                await peer.finish()

            await asyncio.gather(play(client, b"up" * 30_000), server.receive_all())
            await asyncio.gather(play(server, b"down" * 30_000), client.receive_all())
            events = await made.ended()
            (client_sent, client_got), (server_sent, server_got) = taps
            assert client_sent == ciphertext(events, Leg.CLIENT, Direction.UP)
            assert client_got == ciphertext(events, Leg.CLIENT, Direction.DOWN)
            assert server_got == ciphertext(events, Leg.SERVER, Direction.UP)
            assert server_sent == ciphertext(events, Leg.SERVER, Direction.DOWN)

    asyncio.run(story())


def test_ciphertext_stands_around_its_data():
    """What arrived before the data that it held, what was sent right behind it."""

    async def story():
        async with stage(ciphertext=True) as made:
            client, server = await converse(made)
            await server.send(b"early")
            await client.receive(5)
            before = len(made.recorded(made.connection.number))
            await client.send(b"question")
            await server.receive(8)
            events = made.recorded(made.connection.number)[before:]
            assert [
                (Ciphertext, Leg.CLIENT, Direction.UP),
                (Data, None, Direction.UP),
                (Ciphertext, Leg.SERVER, Direction.UP),
            ] == [(type(event), getattr(event, "leg", None), event.direction) for event in events]

    asyncio.run(story())


def test_no_ciphertext_of_a_relay_is_kept_unasked():
    """Without --ciphertext only the handshakes' is."""

    async def story():
        async with stage() as made:
            client, server = await converse(made)
            before = sum(isinstance(event, Ciphertext) for event in made.recorded(made.connection.number))
            await client.send(b"question")
            await server.receive(8)
            assert before == sum(isinstance(event, Ciphertext) for event in made.recorded(made.connection.number))

    asyncio.run(story())


def test_data_behind_a_ticket_is_passed_on_and_kept_at_once():
    """Tickets and two records in one read: in order, with the ciphertext of each record that was sent for them."""

    async def story():
        async with stage(ciphertext=True) as made:
            client, server = peers(made, Holding)
            carried = tap(client.sock)[1]
            await asyncio.gather(client.handshake(), server.handshake())
            await until(lambda: made.connection.relay)
            await server.send(b"first")
            await server.send(b"second")
            before = len(made.recorded(made.connection.number))
            await server.release()
            assert b"firstsecond" == await client.receive(11)
            events = made.recorded(made.connection.number)
            assert carried == ciphertext(events, Leg.CLIENT, Direction.DOWN)
            assert [Ciphertext, Message, Message, Data, Ciphertext, Data, Ciphertext] == [
                type(event) for event in events[before:] if not isinstance(event, Message) or event.data[0] == 4
            ]

    asyncio.run(story())


@pytest.mark.parametrize("keep", [False, True], ids=["", "ciphertext"])
@pytest.mark.parametrize("what", ["data", "close_notify"])
def test_nothing_is_recorded_behind_the_outcome(what, keep, capfd):
    """A client that is gone when tickets, data or an end arrive for it ends the relay there and then."""

    async def story():
        async with stage(ciphertext=keep) as made:
            client, server = peers(made, Holding)
            await asyncio.gather(client.handshake(), server.handshake())
            await until(lambda: made.connection.relay)
            if what == "data":
                await server.send(b"first")
                await server.send(b"second")
            else:
                await server.close_notify()
            await server.release()  # in the engine's queue, unread, when the client goes
            client.reset()
            events = await made.ended()
            await asyncio.sleep(0)
            assert events == made.recorded(made.connection.number)
            assert isinstance(events[-1], Outcome)

    asyncio.run(story())
    assert ("", "") == capfd.readouterr()


def test_what_came_before_the_relay_is_passed_on_first():
    """Data behind the client's Finished, and a server that spoke while the client was still shaking hands."""

    async def story():
        async with stage() as made:
            client_end, server_end = made.accept()
            client = Holding(client_end, client_context(made), name="localhost")
            server = Peer(server_end, server_context(), server=True)
            await asyncio.gather(client.handshake(), server.handshake())
            await server.send(b"banner")
            await client.send(b"question")
            await until(lambda: made.connection.server.waiting)
            assert made.connection.relay is None
            await client.release()
            assert b"question" == await server.receive(8)
            assert b"banner" == await client.receive(6)
            relay = made.connection.relay
            assert (8, 6) == (relay.client.counted, relay.server.counted)

    asyncio.run(story())


def test_memory_is_given_back_only_in_quiet():
    """A side that sent much shrinks when nothing passed between two looks, once, and the connection goes on."""

    async def story():
        async with stage(room=1 << 18, piece=1 << 18) as made:
            client, server = await converse(made)
            await asyncio.gather(server.send(bytes(1 << 20)), client.receive(1 << 20))
            relay = made.connection.relay
            shrunk = []
            for side in (relay.client, relay.server):
                side.tls = Shrinking(side.tls, side.leg, shrunk)
            relay.rest()
            await server.send(b"x")
            await client.receive((1 << 20) + 1)
            relay.rest()
            assert [] == shrunk
            relay.rest()
            assert [Leg.CLIENT] == shrunk  # much was sent to the client, nothing to the server
            relay.rest()
            assert [Leg.CLIENT] == shrunk
            await server.send(b"y")
            assert b"xy" == (await client.receive((1 << 20) + 2))[-2:]
            await client.send(b"z")
            assert b"z" == await server.receive(1)

    asyncio.run(story())


class Shrinking:
    """An endpoint that tells when it shrinks."""

    def __init__(self, tls, leg, shrunk):
        self._tls, self._leg, self._shrunk = tls, leg, shrunk

    def __getattr__(self, name):
        return getattr(self._tls, name)

    def __setattr__(self, name, value):
        super().__setattr__(name, value) if name[0] == "_" else setattr(self._tls, name, value)

    def shrink(self):
        self._shrunk.append(self._leg)
        self._tls.shrink()


def test_a_broken_record_ends_the_relay_with_its_reason():
    """Its sender gets an alert, the other side the end that a cut connection has, and the capture OpenSSL's reason."""

    async def story():
        async with stage() as made:
            client, server = await converse(made)
            await client.send_raw(b"\x17\x03\x03\x00\x20" + bytes(32))
            events = await made.ended()
            with pytest.raises(ssl.SSLError, match=r"(?i)bad.record.mac"):
                await client.receive_all()
            assert b"" == await server.raw()
            assert "" == server.end  # and no reset
            (closed,) = [event for event in events if isinstance(event, Closed)]
            assert (Leg.CLIENT, "alert") == (closed.leg, closed.how)
            assert closed.detail.startswith("decryption failed or bad record mac")

    asyncio.run(story())


def test_a_fatal_alert_is_named():
    """One that arrives after the handshake, from a side that cannot read what we sent, is told by its name."""

    async def story():
        async with stage() as made:
            client, server = await converse(made)
            link = made.connection.relay.server.link
            send = link.transmit
            link.transmit = lambda data: send(bytes(data[:-1]) + b"?")
            await client.send(b"question")
            with pytest.raises(ssl.SSLError, match=r"(?i)bad.record.mac"):
                await server.receive_all()
            (closed,) = [event for event in await made.ended() if isinstance(event, Closed)]
            assert Closed(Leg.SERVER, How.ALERT, "bad_record_mac") == closed

    asyncio.run(story())
