"""tlscope.engine.connection."""

import asyncio
import contextlib
import gc
import ssl
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversation import Peer, client_context, converse, server_context, stage
from tlscope.config import Address, Limits, Mode, UpstreamInvalid
from tlscope.engine import openssl
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
    Policy,
    Secret,
    VerdictGiven,
)
from tlscope.faults import UpstreamFault
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


def run(story):
    """Run one test's coroutine to its end."""
    asyncio.run(story)


def messages(events, leg):
    """Direction and name of a leg's messages, without alerts."""
    found = [event for event in events if isinstance(event, Message) and event.leg is leg]
    named = [(event.direction.name.lower(), message_name(event.content_type, event.data)) for event in found]
    return [f"{direction} {name}" for direction, name in named if name != "Alert"]


def data(events, direction):
    """What the capture holds of one direction."""
    return b"".join(event.data for event in events if isinstance(event, Data) and event.direction is direction)


def only(events, kind):
    """The one event of its kind."""
    (found,) = [event for event in events if isinstance(event, kind)]
    return found


def faults(events):
    """Who and what, of all faults."""
    return [(str(event.who), event.code) for event in events if isinstance(event, Faulted)]


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


def test_a_client_that_does_not_trust_us_is_never_counted_as_intercepted():
    """Its alert is named; the outcome is client-rejected."""

    async def story():
        async with stage() as made:
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.wait_for(converse(made, trust=False), 5)
            events = await made.ended()
            assert OutcomeKind.CLIENT_REJECTED == events[-1].outcome
            assert "the client sent the alert unknown_ca" == events[-1].detail
            assert [("client", "alert")] == faults(events)

    run(story())


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
            assert "closed without an alert, having sent nothing" == events[-1].detail

    run(story())


@pytest.mark.parametrize(
    ("invalid", "outcome"), [("mirror", OutcomeKind.UPSTREAM_INVALID), ("refuse", OutcomeKind.UPSTREAM_INVALID)]
)
def test_an_expired_server_is_shown_as_expired_or_refused(invalid, outcome):
    """Mirrored, the client finds the fault itself; refused, it gets an alert; both are upstream-invalid."""

    async def story():
        from support.certificates import DAY, NOW  # noqa: PLC0415

        async with stage(upstream_invalid=UpstreamInvalid(invalid)) as made:
            client_end, server_end = made.accept()
            client = Peer(client_end, client_context(made), name="localhost")
            context = server_context(begin=NOW - 9 * DAY, end=NOW - 2 * DAY)
            server = Peer(server_end, context, server=True)
            results = await asyncio.gather(client.handshake(), server.handshake(), return_exceptions=True)
            assert isinstance(results[0], ssl.SSLError)
            expected = "certificate has expired" if invalid == "mirror" else "access denied"
            assert expected in str(results[0]).replace("_", " ").lower()
            events = await made.ended()
            assert outcome == events[-1].outcome
            assert ["expired"] == [fault.split(":")[0] for fault in only(events, VerdictGiven).faults]

    run(story())


def test_a_server_that_cannot_be_reached_is_told_in_the_clients_protocol():
    """CONNECT is answered by 502 before the tunnel; the fault is upstream's."""

    async def story():
        async with stage(mode=Mode("explicit")) as made:
            made.dialer.fault = UpstreamFault("connection-refused", "localhost:443 refuses connections")
            client_end, _ = made.accept()
            client = Peer(client_end)
            await client.send(b"CONNECT localhost:443 HTTP/1.1\r\n\r\n")
            answer = await client.receive_all()
            assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
            await client.finish()
            events = await made.ended()
            assert OutcomeKind.UPSTREAM_FAILED == events[-1].outcome
            assert [("upstream", "connection-refused")] == faults(events)

    run(story())


def test_half_a_hello_and_silence_ends_within_the_limit():
    """The fault is the client's; the bytes that came are in the capture; the client gets an alert."""

    async def story():
        async with stage(
            mode=Mode("reverse", "https", Address("localhost", 443)), limits=Limits(hello_time=0.05)
        ) as made:
            client_end, _ = made.accept()
            client = Peer(client_end)
            await client.send(b"\x16\x03\x01\x02\x00\x01\x00")
            while not made.connection.spoke_tls:  # noqa: ASYNC110 (turns of the loop, no time)
                await asyncio.sleep(0)
            made.connection.expire()
            assert b"\x15\x03\x03\x00\x02\x02\x32" == await client.receive_all()  # fatal, decode_error
            await client.finish()
            events = await made.ended()
            assert [("client", "hello-timeout")] == faults(events)
            assert b"\x16\x03\x01\x02\x00\x01\x00" == only(events, Ciphertext).data

    run(story())


@pytest.mark.parametrize(
    "hello", [b"\x80\x2e\x01\x00\x02", b"SSH-2.0-client\r\n", bytes(100), b"\x16\x03\x01\x00\x05hello"]
)
def test_what_is_no_hello_is_the_clients_fault(hello):
    """In reverse mode for https nothing but TLS is relayed; the recorder goes on."""

    async def story():
        async with stage(mode=Mode("reverse", "https", Address("localhost", 443))) as made:
            client_end, _ = made.accept()
            client = Peer(client_end)
            await client.send(hello)
            await client.receive_all()
            await client.finish()
            events = await made.ended()
            assert ["client"] == [who for who, _ in faults(events)]
            await converse(made)

    run(story())


def test_plain_bytes_after_connect_are_relayed_and_recorded():
    """They are said not to be TLS; both directions arrive; the server may speak first."""

    async def story():
        async with stage(mode=Mode("explicit")) as made:
            client_end, server_end = made.accept()
            client, server = Peer(client_end), Peer(server_end)
            await client.send(b"CONNECT localhost:22 HTTP/1.1\r\n\r\n")
            greeting = b"HTTP/1.1 200 Connection established\r\n\r\n"
            assert greeting == await client.receive(len(greeting))
            await server.send(b"SSH-2.0-server\r\n")
            assert greeting + b"SSH-2.0-server\r\n" == await client.receive(len(greeting) + 16)
            await client.send(b"SSH-2.0-client\r\n")
            assert b"SSH-2.0-client\r\n" == await server.receive(16)
            await client.finish()
            await server.receive_all()
            await server.finish()
            events = await made.ended()
            assert Outcome(OutcomeKind.NOT_TLS, 16, 16, "") == events[-1]
            assert b"SSH-2.0-server\r\n" == data(events, Direction.DOWN)
            assert not any(event.encrypted for event in events if isinstance(event, Data))
            assert [("client", "not-tls")] == faults(events)

    run(story())


def test_what_is_passed_through_is_untouched():
    """The client sees the server's own certificate; only the hello and the byte counts are recorded."""

    async def story():
        async with stage(passthrough=("local*",)) as made:
            client_end, server_end = made.accept()
            trusting = client_context(made, trust=False)
            trusting.load_verify_locations(made.config.ca_files[0])
            client = Peer(client_end, trusting, name="localhost")
            server = Peer(server_end, server_context(), server=True)
            await asyncio.gather(client.handshake(), server.handshake())
            await client.send(b"secret")
            assert b"secret" == await server.receive(6)
            await client.finish()
            await server.receive_all()
            await server.finish()
            events = await made.ended()
            assert OutcomeKind.PASSED_THROUGH == events[-1].outcome
            assert events[-1].up > 250
            assert ("pass-through", "--passthrough local*") == (
                [e for e in events if isinstance(e, Policy)][-1].action,
                [e for e in events if isinstance(e, Policy)][-1].rule,
            )
            assert not any(isinstance(event, Data | Message | Secret) for event in events)
            assert 1 == sum(isinstance(event, Ciphertext) for event in events)

    run(story())


def test_a_refused_host_gets_an_alert():
    """--refuse by SNI: access_denied, and no connection to the server."""

    async def story():
        async with stage(mode=Mode("explicit"), refuse=("LOCALHOST",)) as made:
            client_end, _ = made.accept()
            client = Peer(client_end, client_context(made), name="localhost")
            with pytest.raises(ssl.SSLError, match=r"(?i)access.denied"):
                await client.handshake()
            await client.finish()
            events = await made.ended()
            assert OutcomeKind.REFUSED == events[-1].outcome
            assert [] == made.dialer.targets

    run(story())


def test_direct_tls_goes_where_its_sni_says():
    """In explicit mode a client may begin with TLS; port 443 is meant."""

    async def story():
        async with stage(mode=Mode("explicit")) as made:
            await converse(made)
            assert [Address("localhost", 443)] == made.dialer.targets

    run(story())


def test_the_client_leg_has_the_servers_version_and_alpn():
    """A client that offers 1.2 and 1.3, h2 and http/1.1 gets what the server chose."""

    async def story():
        async with stage() as made:
            client_end, server_end = made.accept()
            both = client_context(made, TLS1_2)
            both.maximum_version = TLS1_3
            both.set_alpn_protocols(["h2", "http/1.1"])
            old = server_context(TLS1_2)
            old.set_alpn_protocols(["http/1.1"])
            client, server = Peer(client_end, both, name="localhost"), Peer(server_end, old, server=True)
            await asyncio.gather(client.handshake(), server.handshake())
            assert ("TLSv1.2", "http/1.1") == (client.tls.version(), client.tls.selected_alpn_protocol())
            done = [event for event in made.recorded(made.connection.number) if isinstance(event, HandshakeDone)]
            assert [("TLSv1.2", "http/1.1", "localhost")] * 2 == [(e.version, e.alpn, e.sni) for e in done]

    run(story())


def test_nothing_is_left_of_a_connection_that_is_over():
    """No reference cycle: its memory goes at once, and not at some collection."""

    async def story():
        async with stage() as made:
            client, server = await converse(made)
            await client.close_notify()
            await client.finish()
            await server.receive_all()
            await server.close_notify()
            await server.finish()
            await made.ended()
            await asyncio.sleep(0)
            left = weakref.ref(made.connection)
            made.connection = None
            assert None is left()
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
