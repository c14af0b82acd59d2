"""tlscope.engine.connection."""

import asyncio
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversation import converse, data, faults, messages, only, run, stage
from tlscope.events import (
    Ciphertext,
    Data,
    Direction,
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
