"""What one leg did, out of the events of its connection."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import handshakes as made
from support.handshakes import DOWN, UP
from support.relayed import relayed
from tlscope.events import (
    Action,
    Ciphertext,
    Closed,
    Data,
    Direction,
    Faulted,
    HandshakeDone,
    How,
    LeafForged,
    Leg,
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    Secret,
    VerdictGiven,
    Who,
)
from tlscope.wire.tls.meaning import facts as module
from tlscope.wire.tls.meaning.facts import leg_facts


def test_a_handshake_of_13():
    """Version, suite, group and scheme out of the messages; the names of the messages in their order."""
    facts = leg_facts(made.handshake13(b"leaf", b"ca", encrypted=[made.alpn(b"h2"), (42, b"")]), Leg.SERVER)
    assert (0x0304, 0x1301, 0x11EC, 0x0804) == (facts.version, facts.suite, facts.group, facts.scheme)
    assert ("TLSv1.3", "TLS_AES_128_GCM_SHA256") == (facts.version_name, facts.suite_name)
    assert ("X25519MLKEM768", "rsa_pss_rsae_sha256") == (facts.group_name, facts.scheme_name)
    assert ((b"leaf", b"ca"), "h2", True, True) == (facts.chain, facts.alpn, facts.early_accepted, facts.done)
    assert ("www.example.com", made.HELLO) == (facts.host, facts.hello)
    assert (UP, "ClientHello") == facts.messages[0]
    assert (6, None, 8) == (facts.place("Finished"), facts.place("Alert"), facts.place("Finished", UP))


def test_a_handshake_of_12():
    """The group stands in the ServerKeyExchange; of finite fields, the size of the prime."""
    facts = leg_facts(made.handshake12(b"leaf"), Leg.SERVER)
    assert (0x0303, 0xC02F, 29, 0x0804) == (facts.version, facts.suite, facts.group, facts.scheme)
    assert ((b"leaf",), "x25519") == (facts.chain, facts.group_name)
    answer = made.server_hello(suite=0x009E)
    classic = leg_facts(made.handshake12(b"leaf", answer=answer, exchange=made.dh_exchange(1024)), Leg.SERVER)
    assert (0, 1024, "DH of 1024 bits") == (classic.group, classic.dh_bits, classic.group_name)


def test_a_retry_and_the_clients_certificate():
    """Both hellos are kept; what the client showed is apart from what the server showed."""
    retry = made.server_hello((43, b"\3\4"), (51, made.numbers(23)), retry=True)
    answer = made.server_hello((43, b"\3\4"), (51, made.numbers(23) + b"\0\0"))
    second = made.client_hello(made.key_shares(23))
    passed = [
        *[(UP, made.HELLO), (DOWN, retry), (UP, second), (DOWN, answer), (DOWN, made.message(13, b"\0\0\0"))],
        *[(DOWN, made.certificate(b"s")), (DOWN, made.certificate_verify(0x0403))],
        *[(UP, made.certificate(b"c")), (UP, made.certificate_verify(0x0201))],
    ]
    facts = leg_facts(made.events(*passed), Leg.SERVER)
    assert (made.HELLO, second, retry, 23) == (facts.hello, facts.second_hello, facts.retry, facts.group)
    assert ((b"s",), (b"c",), True) == (facts.chain, facts.client_chain, facts.asked)
    assert (0x0403, 0x0201) == (facts.scheme, facts.client_scheme)


def test_what_is_no_message():
    """Data, secrets by their labels, verdict, the forged leaf, closes, faults and the end; each on its leg."""
    events = [
        *made.handshake13(b"x", leg=Leg.CLIENT),
        Secret(Leg.CLIENT, b"CLIENT_TRAFFIC_SECRET_0 00 11"),
        VerdictGiven("h", ("expired: it is",), 1),
        LeafForged("authority", "P-256", b"der"),
        Data(UP, b"request"),
        Data(DOWN, b"answer"),
        Data(DOWN, b"plain", encrypted=False),
        *made.events((UP, made.CLOSE_NOTIFY), leg=Leg.CLIENT),
        Closed(Leg.CLIENT, How.CLOSE_NOTIFY),
        Closed(Leg.SERVER, How.RST),
        Faulted(Who.CLIENT, "first", ""),
        Faulted(Who.US, "second", ""),
        Outcome(OutcomeKind.INTERCEPTED, 7, 6),
    ]
    client, server = leg_facts(events, Leg.CLIENT), leg_facts(events, Leg.SERVER)
    assert (["CLIENT_TRAFFIC_SECRET_0"], "authority", None) == (client.secrets, client.forged, client.verdict)
    assert ([], "", ("expired: it is",)) == (server.secrets, server.forged, server.verdict)
    assert (7, 6, 7, 6) == (client.up, client.down, server.up, server.down)
    assert ([How.CLOSE_NOTIFY], [How.RST]) == ([c.how for c in client.closes], [c.how for c in server.closes])
    assert ("first", True, [], b"") == (client.fault.code, client.over, server.messages, server.hello)
    [alert] = client.alerts
    assert (9, UP, False, 0, True) == alert
    assert ["client", "us"] == [client.sender(UP), client.sender(DOWN)]
    assert ["us", "server"] == [server.sender(UP), server.sender(DOWN)]


@pytest.mark.parametrize(
    ("expected", "via", "leg", "named"),
    [
        ("www.example.com", "connect", Leg.CLIENT, True),
        ("target.example", "connect", Leg.CLIENT, False),
        ("target.example", "reverse", Leg.SERVER, False),
        ("", "reverse", Leg.CLIENT, False),
    ],
)
def test_the_name_that_was_asked_for(expected, via, leg, named):
    """The hello's; else the target's, which in reverse mode the client does not know."""
    hello = made.HELLO if named else made.client_hello()
    events = [Policy(Action.INTERCEPT, "target.example", 443, via), *made.events((UP, hello), leg=leg)]
    assert expected == leg_facts(events, leg).host


def test_hellos_out_of_ciphertext():
    """Where nothing was opened: of a connection passed through, in whatever pieces it came."""
    answer = made.server_hello((43, b"\3\4"), (51, made.numbers(29) + b"\0\0"))
    stream = made.records(made.HELLO, 100)
    events = [Ciphertext(Leg.CLIENT, UP, stream[at : at + 50]) for at in range(0, len(stream), 50)]
    events.append(Ciphertext(Leg.CLIENT, DOWN, made.records(answer)))
    facts = leg_facts(events, Leg.CLIENT)
    assert (made.HELLO, answer, 0x0304, 29, []) == (
        facts.hello,
        facts.server_hello,
        facts.version,
        facts.group,
        facts.messages,
    )
    server = leg_facts(events, Leg.SERVER)
    assert (b"", made.HELLO) == (server.hello, server.client_hello)


def test_nobody_stands_between_where_it_is_passed_through():
    """Then it is the server that answers the client."""
    for action, answers in ((Action.PASS_THROUGH, "server"), (Action.INTERCEPT, "us")):
        facts = leg_facts([Policy(action, "a.example", 443, "connect")], Leg.CLIENT)
        assert answers == facts.sender(DOWN)


def test_the_clients_hello_is_known_on_the_servers_leg():
    """The first one; what begins alike, but is no handshake message, is none."""
    second = made.client_hello(made.server_name("second"))
    warning = made.events((UP, b"\1\x64"), leg=Leg.CLIENT)
    events = [*warning, *made.events((UP, made.HELLO), (UP, second), leg=Leg.CLIENT)]
    assert made.HELLO == leg_facts(events, Leg.SERVER).client_hello
    assert b"" == leg_facts(events, Leg.CLIENT).client_hello


def test_what_came_with_the_certificate():
    """Timestamps and an OCSP response: extensions of the leaf in TLS 1.3, before it of the ServerHello, a message."""
    listed, status = made.block(2, made.block(2, b"sct")), b"\1" + made.block(3, b"response")
    new = made.handshake13(b"x")
    new[4] = made.events((DOWN, made.certificate(b"leaf", b"ca", beside=[(18, listed), (5, status)])))[0]
    answer = made.server_hello((18, listed), suite=0xC02F)
    old = made.handshake12(b"leaf", b"ca", answer=answer)
    old[3:3] = made.events((DOWN, made.message(22, status)), version=0x0303)
    for events in (new, old):
        facts = leg_facts(events, Leg.SERVER)
        assert ((b"leaf", b"ca"), listed, b"response") == (facts.chain, facts.timestamps, facts.ocsp)


@pytest.mark.parametrize("version", [0x0303, 0x0304])
def test_a_bare_key_is_no_certificate(version):
    """Raw public keys (RFC 7250 section 4.2)."""
    answer = made.server_hello((20, b"\2"), suite=0xC02F)
    events = (
        made.handshake13(b"key", encrypted=[(20, b"\2")])
        if version == 0x0304
        else made.handshake12(b"key", answer=answer)
    )
    facts = leg_facts(events, Leg.SERVER)
    assert (True, True, ()) == (facts.raw_key, facts.shown, facts.chain)


def test_a_renegotiation_changes_nothing():
    """What the second handshake says is another story; its messages are listed."""
    again = made.client_hello(made.server_name("other"))
    second = made.events(
        (UP, again), (DOWN, made.certificate(b"other", version=0x0303)), (DOWN, made.ecdh_exchange(23))
    )
    facts = leg_facts([*made.handshake12(b"leaf"), *second], Leg.SERVER)
    assert (made.HELLO, (b"leaf",), 29, 13) == (facts.hello, facts.chain, facts.group, len(facts.messages))


def test_a_compressed_certificate():
    """Is expanded (RFC 8879 section 4); one that cannot be shows nothing."""
    body = made.certificate(b"leaf", b"ca")[4:]
    for length, expected in ((len(body), (b"leaf", b"ca")), (len(body) + 1, ())):
        squeezed = made.numbers(1) + length.to_bytes(3) + made.block(3, zlib.compress(body))
        plain = made.handshake13(b"x")
        plain[4] = made.events((DOWN, made.message(25, squeezed)))[0]
        facts = leg_facts(plain, Leg.SERVER)
        assert (expected, "CompressedCertificate") == (facts.chain, facts.messages[4][1])


def test_tickets_come_late():
    """In TLS 1.3 they come after the handshake is done."""
    facts = leg_facts([*made.handshake13(b"x"), *made.events((DOWN, made.ticket(7200)))], Leg.SERVER)
    assert [7200] == facts.tickets


@pytest.mark.parametrize("group", ["X25519", "secp256r1", "prime256v1", "X25519MLKEM768", "no-such-group", ""])
def test_the_group_by_openssls_name(group):
    """Where the messages do not tell it."""
    facts = leg_facts([HandshakeDone(Leg.SERVER, "TLSv1.2", "", group, "h2", "")], Leg.SERVER)
    expected = {"X25519": 29, "secp256r1": 23, "prime256v1": 23, "X25519MLKEM768": 0x11EC}.get(group, 0)
    assert (expected, "h2") == (facts.group, facts.alpn)


def test_what_is_kept_is_bounded(monkeypatch):
    """Messages, alerts, tickets and ciphertext without end."""
    for name in ("MAX_MESSAGES", "MAX_ALERTS", "MAX_CIPHERTEXT"):
        monkeypatch.setattr(module, name, 50)
    events = made.events(*[(UP, b"\1\0"), (DOWN, made.ticket(1))] * 100)
    events += [Closed(Leg.SERVER, How.FIN)] * 100 + [Ciphertext(Leg.SERVER, UP, b"\x16\3\1\0\x40" + bytes(64))] * 9
    facts = leg_facts(events, Leg.SERVER)
    assert [50] * 4 == [len(facts.messages), len(facts.alerts), len(facts.tickets), len(facts.closes)]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_what_was_recorded_of_a_real_connection(version):
    """Both legs agree with what OpenSSL says of the handshake."""
    events = relayed(version, ciphertext=False)
    done = {event.leg: event for event in events if isinstance(event, HandshakeDone)}
    for leg in Leg:
        facts = leg_facts(events, leg)
        assert done[leg].version == facts.version_name
        assert done[leg].cipher == facts.suite_name
        assert done[leg].group.lower() == facts.group_name.lower()
        assert ("localhost", True) == (facts.host, facts.done)
        assert 1 == len(facts.chain)
        assert facts.scheme
    forged = next(event.data for event in events if isinstance(event, LeafForged))
    assert (forged,) == leg_facts(events, Leg.CLIENT).chain


@settings(max_examples=100)
@given(
    st.lists(
        st.builds(
            Message,
            st.sampled_from(Leg),
            st.sampled_from(Direction),
            st.sampled_from([0x0303, 0x0304, 7]),
            st.sampled_from([20, 21, 22, 99]),
            st.binary(max_size=60)
            | st.builds(lambda kind, data: bytes([kind]) + data, st.integers(0, 30), st.binary()),
        )
        | st.builds(Ciphertext, st.sampled_from(Leg), st.sampled_from(Direction), st.binary(max_size=99))
    )
)
def test_any_events(events):
    """Nothing raises."""
    for leg in Leg:
        facts = leg_facts(events, leg)
        assert isinstance(facts.version_name + facts.suite_name + facts.group_name + facts.scheme_name, str)


@pytest.mark.parametrize(
    ("expected", "messages"),
    [
        (False, made.handshake13(b"leaf")[:1]),
        (True, made.handshake13(b"leaf")[:2]),
        (True, made.handshake13(b"leaf")[:3]),
        (False, made.handshake13(b"leaf")[:4]),
        (False, made.handshake13(b"leaf")),
        (False, made.handshake12(b"leaf")[:6]),
        (True, made.handshake12(b"leaf")[:7]),
        (False, made.handshake12(b"leaf")[:8]),
    ],
)
def test_a_handshake_is_sealed_where_its_keys_are_not_known(expected, messages):
    """Behind the ServerHello in TLS 1.3, behind ChangeCipherSpec before; only where nobody stood between."""
    opened = Opened("pcap", "127.0.0.1:1", "127.0.0.1:2")
    assert expected is leg_facts([opened, *messages], Leg.SERVER).sealed
    assert not leg_facts(messages, Leg.SERVER).sealed
