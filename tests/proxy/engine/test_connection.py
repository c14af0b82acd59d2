"""tlscope.engine.connection."""

import asyncio
import contextlib
import gc
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversation import Peer, client_context, converse, data, faults, messages, only, run, server_context, stage
from support.certificates import DAY, NOW
from tlscope.config import Mode
from tlscope.engine import openssl
from tlscope.engine.connection import Connection
from tlscope.engine.leg import Leg as EngineLeg
from tlscope.engine.link import Link
from tlscope.engine.relay import Relay, Side
from tlscope.events import (
    Ciphertext,
    Closed,
    Data,
    Direction,
    Faulted,
    HandshakeDone,
    LeafForged,
    Leg,
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Secret,
    VerdictGiven,
)
from tlscope.wire.tls.codes import message_name

TLS1_0, TLS1_1, TLS1_2, TLS1_3 = (
    ssl.TLSVersion.TLSv1,
    ssl.TLSVersion.TLSv1_1,
    ssl.TLSVersion.TLSv1_2,
    ssl.TLSVersion.TLSv1_3,
)
VERSIONS = pytest.mark.parametrize("version", [TLS1_0, TLS1_1, TLS1_2, TLS1_3], ids=lambda version: version.name)


TLS12_MESSAGES = [
    "up ClientHello",
    "down ServerHello",
    "down Certificate",
    "down ServerKeyExchange",
    "down ServerHelloDone",
    "up ClientKeyExchange",
    "up ChangeCipherSpec",
    "up Finished",
    "down ChangeCipherSpec",
    "down Finished",
]
"""RFC 5246 section 7.3, with ECDHE."""
TLS13_MESSAGES = [
    "up ClientHello",
    "down ServerHello",
    "down ChangeCipherSpec",
    "down EncryptedExtensions",
    "down Certificate",
    "down CertificateVerify",
    "down Finished",
    "up ChangeCipherSpec",
    "up Finished",
    "down NewSessionTicket",
    "down NewSessionTicket",
]
"""RFC 8446 section 2, with the middlebox compatibility of appendix D.4."""


@VERSIONS
@pytest.mark.parametrize("piece", [1, 1 << 16], ids=["a byte at a time", "whole"])
def test_both_handshakes_and_all_data_are_relayed_and_recorded(version, piece):
    """Over each version, cut at every byte: the peers agree, and the capture holds all of it in order."""

    async def story():
        async with stage(piece=piece) as made:
            client, server = await converse(made, version)
            await client.send(b"a question")
            assert b"a question" == await server.receive(10)
            await server.send(b"an answer" * 5000)
            assert b"an answer" * 5000 == await client.receive(45000)
            await client.close_notify()
            assert b"a question" == await server.receive_all()
            assert "close_notify" == server.end
            await server.close_notify()
            await client.finish()
            await server.finish()
            events = await made.ended()
            expected = TLS13_MESSAGES if version is TLS1_3 else TLS12_MESSAGES
            for leg in Leg:
                assert expected == messages(events, leg)
            assert b"a question" == data(events, Direction.UP)
            assert b"an answer" * 5000 == data(events, Direction.DOWN)
            assert Outcome(OutcomeKind.INTERCEPTED, 10, 45000, "") == events[-1]
            assert isinstance(events[0], Opened)
            assert [version.name.replace("_", ".").replace("TLSv1.0", "TLSv1")] * 2 == [
                event.version for event in events if isinstance(event, HandshakeDone)
            ]
            assert () == only(events, VerdictGiven).faults
            assert "authority" == only(events, LeafForged).issuer
            assert [] == faults(events)

    run(story())


@VERSIONS
def test_the_recorded_handshake_is_what_went_over_the_wire(version):
    """The ciphertext of the handshake flights and the secrets that open it are in the capture, for both legs."""

    async def story():
        async with stage() as made:
            await converse(made, version)
            events = made.recorded(made.connection.number)
            for leg in Leg:
                flights = [event for event in events if isinstance(event, Ciphertext) and event.leg is leg]
                hello = next(event for event in events if isinstance(event, Message) and event.leg is leg)
                assert flights[0].data.startswith(b"\x16\x03")
                assert hello.data in flights[0].data
                labels = {event.data.split()[0] for event in events if isinstance(event, Secret) and event.leg is leg}
                wanted = {b"CLIENT_RANDOM"} if version is not TLS1_3 else {
                    b"CLIENT_HANDSHAKE_TRAFFIC_SECRET", b"SERVER_HANDSHAKE_TRAFFIC_SECRET",
                    b"CLIENT_TRAFFIC_SECRET_0", b"SERVER_TRAFFIC_SECRET_0",
                }  # fmt: skip
                assert wanted <= labels

    run(story())


@VERSIONS
def test_the_clients_hello_stands_where_it_came(version):
    """Before all that its server said, and once: our endpoint is given it much later."""

    async def story():
        async with stage() as made:
            await converse(made, version)
            events = made.recorded(made.connection.number)
            said = [event for event in events if isinstance(event, Message)]
            assert (Leg.CLIENT, 1) == (said[0].leg, said[0].data[0])
            assert {TLS1_0: 0x0301, TLS1_1: 0x0302, TLS1_2: 0x0303, TLS1_3: 0x0304}[version] == said[0].version
            assert 1 == sum((event.leg, event.content_type, event.data[0]) == (Leg.CLIENT, 22, 1) for event in said)
            sent = b"".join(
                event.data
                for event in events
                if isinstance(event, Ciphertext) and (event.leg, event.direction) == (Leg.CLIENT, Direction.UP)
            )
            assert 1 == sent.count(said[0].data)

    run(story())


def test_messages_and_data_keep_their_order():
    """A ticket that came before data in one read stands before it in the capture, and the close_notify behind it."""

    async def story():
        async with stage() as made:
            client, server = await converse(made)
            await server.send(b"early")
            await client.receive(5)
            await server.close_notify()
            await client.receive_all()
            events = made.recorded(made.connection.number)
            down = [
                message_name(event.content_type, event.data) if isinstance(event, Message) else "data"
                for event in events
                if (isinstance(event, Message) and event.leg is Leg.SERVER and event.direction is Direction.DOWN)
                or isinstance(event, Data)
            ]
            assert ["NewSessionTicket", "NewSessionTicket", "data", "Alert"] == down[-4:]

    run(story())


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


def test_back_pressure_reaches_the_sender():
    """A reader that does not read stops the writer: what lies between is bounded, however much is to come."""

    async def story():
        async with stage(room=4096) as made:
            client, server = await converse(made)
            await client.send(b"go")
            await server.receive(2)
            sending = asyncio.ensure_future(server.send(bytes(3_000_000)))
            for _ in range(300):
                await asyncio.sleep(0)
            held = sum(len(side.backlog) for side in (made.connection.relay.client, made.connection.relay.server))
            assert not sending.done()
            assert held < 2 * 256 * 1024
            assert 3_000_000 == len(await client.receive(3_000_000))
            await sending

    run(story())


@settings(max_examples=30, deadline=None)
@given(
    up=st.lists(st.binary(max_size=40_000), max_size=4),
    down=st.lists(st.binary(max_size=40_000), max_size=4),
    piece=st.sampled_from([1, 7, 1000, 1 << 16]),
    room=st.sampled_from([64, 5000, 1 << 16]),
    end=st.sampled_from(["close_notify", "FIN"]),
    version=st.sampled_from([TLS1_2, TLS1_3]),
    seed=st.randoms(use_true_random=False),
)
def test_any_bytes_arrive_the_same(up, down, piece, room, end, version, seed):
    """Any byte stream, cut anywhere, closed in any way, arrives the same on the other side, and in the capture."""
    if piece == 1:
        up, down = [part[:500] for part in up], [part[:500] for part in down]

    async def send(peer, parts):
        for part in parts:
            if part:
                await peer.send(part)
            if seed.random() < 0.5:
                await asyncio.sleep(0)
        if end == "close_notify":
            await peer.close_notify()
            await peer.finish()

    async def receive(peer, parts):
        if end == "close_notify":
            return await peer.receive_all()
        return await peer.receive(sum(map(len, parts)))

    async def story():
        async with stage(piece=piece, room=room) as made:
            client, server = await converse(made, version)
            got = await asyncio.gather(receive(server, up), receive(client, down), send(client, up), send(server, down))
            assert b"".join(up) == got[0]
            assert b"".join(down) == got[1]
            if end == "FIN":  # OpenSSL sends nothing more after a FIN without close_notify: one after the other, then
                await client.finish()
                await server.receive_all()
                await server.finish()
                await client.receive_all()
            assert [end, end] == [client.end, server.end]
            events = await made.ended()
            assert b"".join(up) == data(events, Direction.UP)
            assert b"".join(down) == data(events, Direction.DOWN)

    run(story())


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3], ids=lambda version: version.name)
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
