"""tlscope.engine.handshakes."""

import asyncio
import ssl

import pytest

from conversation import Peer, client_context, converse, faults, only, run, server_context, stage, upstream
from support.certificates import DAY, NOW
from tlscope.config import UpstreamInvalid
from tlscope.engine.leg import Leg
from tlscope.events import (
    Closed,
    Faulted,
    HandshakeDone,
    How,
    OutcomeKind,
    VerdictGiven,
)
from tlscope.events import Leg as Which

TLS1_2, TLS1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


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


@pytest.mark.parametrize("how", [How.FIN, How.RST])
def test_a_client_that_is_gone_does_not_wait_for_its_server(how):
    """It ends the connection at once, and is recorded: a server that is slow is not at fault."""

    async def story():
        async with stage() as made:
            client_end, server_end = made.accept()
            client, server = Peer(client_end, client_context(made), name="localhost"), Peer(server_end)
            shaking = asyncio.ensure_future(client.handshake())
            assert await server.raw()
            client.reset() if how is How.RST else client_end.close()
            events = await made.ended()
            assert OutcomeKind.ABORTED == events[-1].outcome
            assert [("client", "closed")] == faults(events)
            assert Closed(Which.CLIENT, how) in events
            shaking.cancel()

    run(story())


@pytest.mark.parametrize(
    ("invalid", "outcome"), [("mirror", OutcomeKind.UPSTREAM_INVALID), ("refuse", OutcomeKind.UPSTREAM_INVALID)]
)
def test_an_expired_server_is_shown_as_expired_or_refused(invalid, outcome):
    """Mirrored, the client finds the fault itself; refused, it gets an alert; both are upstream-invalid."""

    async def story():

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
            assert [("upstream", "upstream-invalid")] == faults(events)
            fault = only(events, Faulted)
            assert " is not valid: The server's certificate " in fault.what
            assert fault.next.startswith("mend the server's certificate; or accept it for the test: ")
            assert (invalid == "mirror") is ("in the client" in fault.next)
            said = "the client sent the alert certificate_expired"
            assert (invalid == "mirror") is fault.what.endswith(f"; ours repeats that, and {said}")
            assert (said if invalid == "mirror" else fault.what) == events[-1].detail

    run(story())


def test_a_pardoned_server_is_shown_as_valid_and_said_to_be_so():
    """What is wrong with it stands in the verdict all the same; the client sees none of it."""

    async def story():
        async with stage(insecure_upstream=("localhost",)) as made:
            client_end, server_end = made.accept()
            client = Peer(client_end, client_context(made), name="localhost")
            context = server_context(begin=NOW - 9 * DAY, end=NOW - 2 * DAY)
            server = Peer(server_end, context, server=True)
            await asyncio.gather(client.handshake(), server.handshake())
            made.connection.stop("enough")
            verdict = only(await made.ended(), VerdictGiven)
            assert (False, True) == (verdict.mirrored, verdict.pardoned)
            assert ["expired"] == [fault.split(":")[0] for fault in verdict.faults]

    run(story())


def test_a_client_that_knows_neither_ca_is_told_of_ours_first():
    """Whatever else is wrong with the server: one that does not know the CA that signed for it has not come to that."""

    async def story():
        async with stage() as made:
            client_end, server_end = made.accept()
            client = Peer(client_end, client_context(made, trust=False), name="localhost")
            context = server_context(begin=NOW - 9 * DAY, end=NOW - 2 * DAY)
            server = Peer(server_end, context, server=True)
            await asyncio.gather(client.handshake(), server.handshake(), return_exceptions=True)
            events = await made.ended()
            assert OutcomeKind.CLIENT_REJECTED == events[-1].outcome
            assert [("client", "alert")] == faults(events)
            assert "tlscope ca path" in only(events, Faulted).next

    run(story())


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
def test_of_a_server_that_we_do_not_know_the_ca_is_asked_for(version):
    """The client trusts our CA, and that helps nothing: what it was shown is signed by nobody's."""

    async def story():
        async with stage() as made:
            client_end, server_end = made.accept()
            client = Peer(client_end, client_context(made, version), name="localhost")
            context = server_context(version)
            context.load_cert_chain(upstream().self_signed("localhost").pem)
            server = Peer(server_end, context, server=True)
            await asyncio.gather(client.handshake(), server.handshake(), return_exceptions=True)
            events = await made.ended()
            assert OutcomeKind.UPSTREAM_INVALID == events[-1].outcome
            assert [("upstream", "upstream-invalid")] == faults(events)
            assert only(events, Faulted).next.startswith("name the server's CA with --ca-file PEM")

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


def test_a_bug_of_ours_in_a_flight_ends_the_connection_at_once(monkeypatch):
    """What fails in a callback reaches the connection: it is recorded as our fault, and nobody waits for a limit."""

    async def story():
        async with stage() as made:
            real, calls = Leg.step, []

            def step(leg):
                calls.append(leg)
                if len(calls) == 2:
                    raise RuntimeError("a bug")
                return real(leg)

            monkeypatch.setattr(Leg, "step", step)
            client_end, server_end = made.accept()
            client = Peer(client_end, client_context(made), name="localhost")
            server = Peer(server_end, server_context(), server=True)
            await asyncio.gather(client.handshake(), server.handshake(), return_exceptions=True)
            await client.finish()
            events = await made.ended()
            assert [("us", "bug")] == faults(events)
            assert OutcomeKind.ABORTED == events[-1].outcome

    run(story())
