"""tlscope.engine.leg."""

import asyncio
import ssl
import struct
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation import MemoryLoop, MemorySocket, Peer, server_context, upstream
from tlscope.engine import contexts, leg
from tlscope.engine.leg import Leg, received_chain
from tlscope.engine.link import Link
from tlscope.engine.openssl import State
from tlscope.events import Ciphertext, Closed, Direction, How
from tlscope.events import Leg as Which
from tlscope.faults import ClientFault, UpstreamFault

TLS1_2, TLS1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def vector(data, size):
    """`data` behind its length (RFC 8446 section 3.4)."""
    return len(data).to_bytes(size) + data


def certificate_body(chain, version, extensions=b"", context=b""):
    """The body of a Certificate message (RFC 8446 section 4.4.2, RFC 5246 section 7.4.2)."""
    if version < TLS1_3:
        return vector(b"".join(vector(der, 3) for der in chain), 3)
    return vector(context, 1) + vector(b"".join(vector(der, 3) + vector(extensions, 2) for der in chain), 3)


CHAINS = st.lists(st.binary(min_size=1, max_size=300), max_size=5).map(tuple)
VERSIONS = st.sampled_from([0x0301, TLS1_2, TLS1_3])


@given(chain=CHAINS, version=VERSIONS, extensions=st.binary(max_size=20), context=st.binary(max_size=5))
def test_the_received_chain_is_what_was_sent(chain, version, extensions, context):
    """Leaf first, in every version, whatever extensions and context stand between."""
    assert chain == received_chain(certificate_body(chain, version, extensions, context), version)


@given(chain=CHAINS, version=VERSIONS, data=st.data())
def test_a_cut_chain_begins_as_the_whole(chain, version, data):
    """What does not fit ends the list; certificates before it are whole."""
    body = certificate_body(chain, version, b"ext")
    cut = received_chain(body[: data.draw(st.integers(0, len(body)))], version)
    assert chain[: len(cut[:-1])] == cut[:-1]
    assert len(cut) <= len(chain)


@given(body=st.binary(max_size=60), version=VERSIONS)
def test_no_body_makes_it_raise(body, version):
    """It gives certificates, whatever it is given."""
    assert all(isinstance(der, bytes) for der in received_chain(body, version))


class Stand:
    """The server leg of a connection, and the far end of its link."""

    def __init__(self, *, version=TLS1_3, which=Which.SERVER):
        self.loop, self.events = MemoryLoop(), []
        near, self.far = MemorySocket.pair(self.loop)
        journal = SimpleNamespace(put=lambda _, event: self.events.append(event), put_message=lambda *_: None)
        context = (
            contexts.to_servers(version, version, b"", None)
            if which is Which.SERVER
            else contexts.to_clients(version, b"", ask=False, chain=())
        )
        self.link = Link(near, self.loop, "server:1")
        self.leg = Leg(which, self.link, context, journal, 1)


@asynccontextmanager
async def stand(**options):
    made = Stand(**options)
    try:
        yield made
    finally:
        made.leg.tls.close()
        made.link.close()


@asynccontextmanager
async def shaken(context):
    """A server leg whose handshake is complete, and the server."""
    async with stand() as made:
        server = Peer(made.far, context, server=True)
        shaking = asyncio.ensure_future(server.handshake())
        await made.leg.handshake()
        yield made, server, shaking


def run(story):
    asyncio.run(story())


TABLE = [
    ("no shared cipher", "no-common-suite"),
    ("NO_SUITABLE_KEY_SHARE", "handshake-failed"),
    ("No Suitable Key Share", "no-common-group"),
    ("unsupported protocol", "no-common-version"),
    ("wrong version number", "not-tls"),
    ("http request", "not-tls"),
    ("unexpected eof while reading", "closed"),
    ("peer did not return a certificate", "no-client-certificate"),
    ("dh key too small", "weak-key-exchange"),
    ("something that nobody knows", "handshake-failed"),
    ("too much early data", "early-data"),
    ("decryption failed or bad record mac; record layer failure", "broken-tls"),
]


@pytest.mark.parametrize(("reason", "code"), TABLE)
@pytest.mark.parametrize(("which", "kind"), [(Which.CLIENT, ClientFault), (Which.SERVER, UpstreamFault)])
def test_a_reason_of_openssl_is_a_fault_of_ours(reason, code, which, kind):
    """By one table, in any case; whose fault it is follows from the side, and OpenSSL's own words are told."""

    async def story():
        async with stand(which=which) as made:
            reasons = reason.split("; ")
            made.leg.tls.state, made.leg.tls.reasons = State.FAILED, ("another", *reasons)
            fault = made.leg._fault()
            assert (kind, code) == (type(fault), fault.code)
            assert fault.what.endswith(f"failed: another, {', '.join(reasons)}")
            assert fault.next

    run(story)


def test_every_known_reason_says_what_to_do():
    """And has its key in lower case, as it is looked up."""
    for reason, known in leg._REASONS.items():
        assert reason == reason.lower()
        assert known.code
        assert known.next


@pytest.mark.parametrize(
    ("alert", "name", "next_"),
    [(48, "unknown_ca", "tlscope ca path"), (116, "certificate_required", "--client-cert"), (0x99, "unknown 0x99", "")],
)
def test_an_alert_goes_before_openssls_reasons(alert, name, next_):
    """It is named, passed on, and recorded as the end of that side."""

    async def story():
        async with stand() as made:
            made.leg.alert, made.leg.tls.reasons = alert, ("no shared cipher",)
            fault = made.leg._fault()
            assert ("alert", alert) == (fault.code, fault.alert)
            assert name in fault.what
            assert next_ in fault.next
            (closed,) = made.events
            assert (Which.SERVER, How.ALERT) == (closed.leg, closed.how)
            assert name in closed.detail

    run(story)


def test_a_server_that_speaks_no_tls_is_told():
    """And what it said is in the capture."""

    async def story():
        async with stand() as made:
            await Peer(made.far).send(b"SSH-2.0-server\r\n")
            with pytest.raises(UpstreamFault) as raised:
                await made.leg.handshake()
            assert "not-tls" == raised.value.code
            assert Ciphertext(Which.SERVER, Direction.DOWN, b"SSH-2.0-server\r\n") in made.events

    run(story)


def test_a_server_that_says_goodbye_in_its_handshake():
    """A close_notify in place of a ServerHello is an end, told as one and not by a name of our library's."""

    async def story():
        async with stand() as made:
            await Peer(made.far).send(b"\x15\x03\x03\x00\x02\x01\x00")
            with pytest.raises(UpstreamFault) as raised:
                await made.leg.handshake()
            assert "closed" == raised.value.code
            assert "the server ended the handshake with close_notify" == raised.value.what
            assert Closed(Which.SERVER, How.CLOSE_NOTIFY) in made.events

    run(story)


@pytest.mark.parametrize("how", [How.FIN, How.RST])
@pytest.mark.parametrize(("which", "kind"), [(Which.CLIENT, ClientFault), (Which.SERVER, UpstreamFault)])
def test_a_side_that_closes_is_told(how, which, kind):
    """With or without a reset, which is passed on as one; before the handshake began as well as in it."""

    async def story():
        async with stand(which=which) as made:
            far = Peer(made.far)
            await far.finish() if how is How.FIN else far.reset()
            for _ in range(5):
                await asyncio.sleep(0)
            assert how is made.link.ended
            with pytest.raises(kind) as raised:
                await asyncio.wait_for(made.leg.handshake(), 20)
            assert ("closed", how is How.RST) == (raised.value.code, raised.value.reset)
            assert made.events[-1] == Closed(which, how)

    run(story)


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3], ids=lambda version: version.name)
def test_what_was_negotiated_is_known(version):
    """The version, the suite by its RFC name, and the certificates as they were sent."""

    async def story():
        async with stand(version=version) as made:
            context = server_context(version, send_root=True)
            server = Peer(made.far, context, server=True)
            await asyncio.gather(made.leg.handshake(), server.handshake())
            chain = received_chain(made.leg.certificates, made.leg.version)
            assert ssl.PEM_cert_to_DER_cert(upstream().pem.read_text()) == chain[1]
            assert 2 == len(chain)
            done = made.leg.done("localhost")
            assert (version, version.name.replace("_", ".")) == (made.leg.version, done.version)
            assert done.cipher.startswith("TLS_")
            assert server.tls.cipher()[0].replace("-", "_").replace("_", "") in done.cipher.replace("_", "").replace(
                "WITH", ""
            )
            assert not made.leg.asked

    run(story)


def asking(mode):
    """A server that asks for a certificate."""
    context = server_context(send_root=True)
    context.load_verify_locations(upstream().pem)
    context.verify_mode = mode
    return context


def test_settling_raises_what_a_server_refused_us_for():
    """In TLS 1.3 it says certificate_required when our handshake is complete."""

    async def story():
        async with shaken(asking(ssl.CERT_REQUIRED)) as (made, _, shaking):
            assert made.leg.asked
            with pytest.raises(UpstreamFault) as raised:
                await made.leg.settle(20)
            assert (116, "alert") == (raised.value.alert, raised.value.code)
            with pytest.raises(ssl.SSLError):
                await shaking

    run(story)


@pytest.mark.parametrize(("tickets", "banner"), [(2, b""), (0, b"banner")])
def test_settling_ends_with_the_servers_first_word(tickets, banner):
    """A ticket, or data, which is left to be relayed."""

    async def story():
        context = asking(ssl.CERT_OPTIONAL)
        context.num_tickets = tickets
        async with shaken(context) as (made, server, shaking):
            await shaking
            await server.send(banner)
            await asyncio.wait_for(made.leg.settle(3600), 20)
            assert made.leg.after_finished
            made.leg.tls.peek()
            assert (State.FULL if banner else State.EMPTY) is made.leg.tls.state

    run(story)


def test_settling_ends_after_its_time():
    """A server that says nothing has not refused."""

    async def story():
        async with stand() as made:
            await made.leg.settle(0.001)
            assert not made.leg.after_finished

    run(story)


def test_settling_tells_a_server_that_closes():
    """It has refused, without a word."""

    async def story():
        async with stand() as made:
            await Peer(made.far).finish()
            with pytest.raises(UpstreamFault) as raised:
                await made.leg.settle(3600)
            assert "closed" == raised.value.code

    run(story)


@given(session=st.binary(max_size=32), suite=st.integers(0, 0xFFFF), cut=st.integers(0, 200))
def test_the_suite_is_read_behind_any_session_id(session, suite, cut):
    """RFC 8446 section 4.1.3; a ServerHello that is cut short raises nothing."""
    hello = struct.pack("!BBHH32s", 2, 0, 0, 0x0303, bytes(32)) + vector(session, 1) + suite.to_bytes(2) + b"\0"

    async def story():
        async with stand() as made:
            made.leg.tls.heard.append((0, 0x0303, 22, hello[:cut]))
            made.leg.record_heard()
            if cut >= len(hello):
                assert suite == made.leg.suite
            made.leg.tls.heard.append((0, 0x0303, 22, hello))
            made.leg.record_heard()
            assert suite == made.leg.suite

    run(story)
