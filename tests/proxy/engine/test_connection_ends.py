"""How a connection ends: each end passed on as it came, refusals, peers that vanish, and what is left of it."""

import asyncio
import contextlib
import gc
import ssl

import pytest

from conversation import Peer, client_context, converse, faults, only, run, server_context, stage
from support.certificates import DAY, NOW
from tlscope.config import Mode
from tlscope.engine import openssl
from tlscope.engine.connection import Connection
from tlscope.engine.leg import Leg as EngineLeg
from tlscope.engine.link import Link
from tlscope.engine.relay import Relay, Side
from tlscope.events import (
    Closed,
    Faulted,
    Leg,
    Outcome,
    OutcomeKind,
)


@pytest.mark.parametrize("end", ["FIN", "RST", "close_notify"])
@pytest.mark.parametrize("who", ["client", "server"])
def test_each_end_is_passed_on_as_it_came(who, end):
    """A FIN without close_notify stays one, a reset and a close_notify too; and the capture says which."""

    async def story():
        async with stage() as made:
            client, server = await converse(made)
            await client.send(b"x")
            await server.receive(1)
            ending, other = (client, server) if who == "client" else (server, client)
            if end == "FIN":
                await ending.finish()
            elif end == "RST":
                ending.reset()
            else:
                await ending.close_notify()
            with contextlib.suppress(ConnectionResetError):
                await other.receive_all()
            assert end == other.end
            closed = next(event for event in made.recorded(made.connection.number) if isinstance(event, Closed))
            assert (Leg[who.upper()], end) == (closed.leg, str(closed.how))
            assert ("without close_notify" if end == "FIN" else "") == closed.detail

    run(story())


def test_half_close_lets_the_other_direction_go_on():
    """After the client's close_notify and FIN the server's answer still arrives."""

    async def story():
        async with stage() as made:
            client, server = await converse(made)
            await client.send(b"count")
            await client.close_notify()
            await client.finish()
            assert b"count" == await server.receive_all()
            _, got = await asyncio.gather(server.send(b"1" * 200_000), client.receive(200_000))
            assert b"1" * 200_000 == got
            await server.finish()
            events = await made.ended()
            assert Outcome(OutcomeKind.INTERCEPTED, 5, 200_000, "") == events[-1]

    run(story())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda version: version.name)
@pytest.mark.parametrize("who", ["client", "server"])
@pytest.mark.parametrize("how", ["FIN", "RST"])
def test_a_peer_may_vanish_at_any_byte(who, how, version, caplog):
    """Wherever a peer's bytes end, the connection ends with one outcome, no fault of ours, and nothing is kept."""

    async def one(made, limit):
        """A conversation in which `who` vanishes after so many bytes; whether that was before its end."""
        client_end, server_end = made.accept()
        vanishing = client_end if who == "client" else server_end
        sent, real = 0, vanishing.send

        def send(data):
            nonlocal sent
            if sent >= limit:
                if not vanishing.closed:
                    vanishing.resets = how == "RST"
                    vanishing.queue.clear()
                    vanishing.close()
                raise BrokenPipeError
            size = real(bytes(data[: limit - sent]))
            sent += size
            return size

        vanishing.send = send
        client = Peer(client_end, client_context(made, version), name="localhost")
        server = Peer(server_end, server_context(version), server=True)

        async def play(peer, data):
            try:
                await peer.handshake()
                await peer.send(data)
                await peer.close_notify()
                await peer.finish()
            except (ssl.SSLError, ConnectionError):
                peer.sock.close()

        await asyncio.gather(play(client, b"question"), play(server, b"answer"))
        for sock in (client_end, server_end):
            sock.queue.clear()
            sock.close()
        events = await made.ended()
        assert 1 == sum(isinstance(event, Outcome) for event in events)
        assert events[-1] == only(events, Outcome)
        assert not any(who == "us" for who, _ in faults(events))
        return vanishing.send is send and sent >= limit

    async def story():
        async with stage() as made:
            for limit in [*range(12), *range(12, 3000, 61)]:
                if not await one(made, limit):
                    break
            assert {} == openssl._endpoints

    run(story())
    assert [] == caplog.records


def test_a_client_that_refuses_after_its_handshake_is_not_intercepted():
    """One that closes without close_notify, having sent nothing, has refused what it saw."""

    async def story():
        async with stage() as made:
            client, server = await converse(made)
            await server.send(b"banner")
            await client.receive(6)
            await client.finish()
            await server.receive_all()
            await server.finish()
            events = await made.ended()
            assert OutcomeKind.CLIENT_REJECTED == events[-1].outcome
            assert "the client closed without an alert, having sent nothing" == events[-1].detail

    run(story())


def test_a_client_that_refuses_after_its_handshake_what_is_the_server_s_fault_has_none():
    """It finds in our certificate what is wrong with the server's, and goes: the fault is said to be the server's."""

    async def story():
        async with stage() as made:
            client_end, server_end = made.accept()
            trusting = client_context(made)
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            client = Peer(client_end, trusting, name="localhost")
            server = Peer(server_end, server_context(begin=NOW - 9 * DAY, end=NOW - 2 * DAY), server=True)
            await asyncio.gather(client.handshake(), server.handshake())
            await client.close_notify()
            await client.finish()
            await server.receive_all()
            await server.finish()
            events = await made.ended()
            assert OutcomeKind.UPSTREAM_INVALID == events[-1].outcome
            assert "the client closed in good order, having sent nothing" == events[-1].detail
            assert [("upstream", "upstream-invalid")] == faults(events)
            assert only(events, Faulted).what.endswith(events[-1].detail)

    run(story())


@pytest.mark.parametrize("way", ["relayed", "refused", "mirrored"])
def test_nothing_is_left_of_a_connection_that_is_over(way):
    """No reference cycle: its memory goes at once, and not at some collection."""

    async def relayed(made):
        client, server = await converse(made)
        await client.close_notify()
        await client.finish()
        await server.receive_all()
        await server.close_notify()
        await server.finish()

    async def refused(made):
        with pytest.raises(ssl.SSLError):
            await converse(made, trust=False)

    async def mirrored(made):
        client_end, server_end = made.accept()
        client = Peer(client_end, client_context(made), name="localhost")
        server = Peer(server_end, server_context(begin=NOW - 9 * DAY, end=NOW - 2 * DAY), server=True)
        with pytest.raises(ssl.SSLError):
            await asyncio.gather(client.handshake(), server.handshake())

    async def story():
        async with stage() as made:
            await {"relayed": relayed, "refused": refused, "mirrored": mirrored}[way](made)
            await made.ended()
            await asyncio.sleep(0)
            made.connection = None
            parts = Connection, EngineLeg, Link, Relay, Side, openssl.Tls
            assert [] == [type(left) for left in gc.get_objects() if isinstance(left, parts)]
            assert {} == openssl._endpoints

    gc.collect()
    gc.disable()
    try:
        run(story())
    finally:
        gc.enable()


def test_stopping_ends_a_connection_wherever_it_is():
    """In its hello and in its relay: the outcome is aborted, and says why."""

    async def story():
        async with stage(mode=Mode("explicit")) as made:
            made.accept()
            await asyncio.sleep(0)
            made.connection.stop("the recorder was stopped")
            assert Outcome(OutcomeKind.ABORTED, 0, 0, "the recorder was stopped") == (await made.ended())[-1]
            client, _ = await converse(made)
            await client.send(b"x")
            made.connection.stop("the recorder was stopped")
            assert OutcomeKind.ABORTED == (await made.ended())[-1].outcome

    run(story())
