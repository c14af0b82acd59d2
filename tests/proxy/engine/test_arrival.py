"""tlscope.engine.arrival."""

import asyncio
import ssl

import pytest

from conversation import Peer, client_context, converse, data, faults, only, run, server_context, stage
from tlscope.config import Address, Limits, Mode
from tlscope.events import (
    Ciphertext,
    Data,
    Direction,
    Faulted,
    Message,
    Outcome,
    OutcomeKind,
    Policy,
    Reached,
    Secret,
    Who,
)
from tlscope.faults import UpstreamFault


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


@pytest.mark.parametrize("resolved", [False, True])
def test_a_name_server_that_does_not_answer_is_no_fault_of_the_server(resolved):
    """Until the name is resolved the network is at fault, and then the server; both are one limit, and told by 504."""

    async def story():
        async with stage(mode=Mode("explicit")) as made:

            async def silent(_):
                waiting.set()
                await asyncio.Event().wait()

            async def found(_):
                """The name leads somewhere."""

            waiting = asyncio.Event()
            made.dialer.knows = lambda _: False
            made.dialer.resolve, made.dialer.dial = (found, silent) if resolved else (silent, None)
            client_end, _ = made.accept()
            client = Peer(client_end)
            await client.send(b"CONNECT name.test:443 HTTP/1.1\r\n\r\n")
            await waiting.wait()
            assert made.connection.deadline <= made.loop.time() + made.config.limits.dial_time
            made.connection.expire()
            assert (await client.receive_all()).startswith(b"HTTP/1.1 504 ")
            await client.finish()
            expected = ("upstream", "dial-timeout") if resolved else ("network", "name-timeout")
            assert [expected] == faults(await made.ended())

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


@pytest.mark.parametrize(
    ("sent", "what", "next_"),
    [
        (
            b"GET / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n",
            'the client speaks HTTP without TLS: "GET / HTTP/1.1\\r\\nHost: localhost:"…',
            "use https://127.0.0.1:8080/, or record with --mode reverse:tcp://localhost:443 to relay what comes",
        ),
        (
            b"EHLO me\r\n",
            'the client does not speak TLS: "EHLO me\\r\\n"',
            "let it begin with TLS, or record with --mode reverse:tcp://localhost:443 to relay what comes",
        ),
    ],
)
def test_a_client_without_tls_is_told_what_to_do(sent, what, next_):
    """Where the mode has it begin with TLS; in HTTP, if it speaks that, and in the journal as text."""

    async def story():
        async with stage(mode=Mode("reverse", "https", Address("localhost", 443))) as made:
            client_end, _ = made.accept()
            client = Peer(client_end)
            await client.send(sent)
            told = await client.receive_all()
            await client.finish()
            events = await made.ended()
            fault = only(events, Faulted)
            assert (Who.CLIENT, "not-tls", what, next_) == (fault.who, fault.code, fault.what, fault.next)
            assert OutcomeKind.NOT_TLS == events[-1].outcome
            assert sent.startswith(b"GET") is (f"\nNext: {next_}\n".encode() in told)

    run(story())


def test_who_asks_the_proxy_itself_is_told_how_to_use_it():
    """With the address that it listens on, in the answer and in the journal."""

    async def story():
        async with stage(mode=Mode("explicit")) as made:
            client_end, _ = made.accept()
            client = Peer(client_end)
            await client.send(b"GET / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n")
            told = await client.receive_all()
            await client.finish()
            fault = only(await made.ended(), Faulted)
            assert "not-a-proxy-request" == fault.code
            assert "use it as a proxy: curl -x http://127.0.0.1:8080 URL" in fault.next
            assert f"\nNext: {fault.next}\n".encode() in told

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
            assert b"localhost" in only(events, Ciphertext).data  # its hello
            assert [] == made.dialer.targets

    run(story())


def test_direct_tls_goes_where_its_sni_says():
    """In explicit mode a client may begin with TLS; port 443 is meant."""

    async def story():
        async with stage(mode=Mode("explicit")) as made:
            await converse(made)
            assert [Address("localhost", 443)] == made.dialer.targets
            events = made.recorded(made.connection.number)
            assert [Policy, Ciphertext, Message, Reached] == [type(event) for event in events[1:5]]

    run(story())
