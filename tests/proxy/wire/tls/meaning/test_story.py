"""The nine steps of a leg, in the words that are said of it."""

from __future__ import annotations

import asyncio
import re
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import conversation
from support import handshakes as made
from support.handshakes import DOWN, UP
from tlscope.events import Closed, Data, Direction, How, Leg, Message, Opened, VerdictGiven
from tlscope.wire.tls.meaning.facts import LegFacts, leg_facts
from tlscope.wire.tls.meaning.story import State, tell

TOPICS = {
    *("offer", "choice", "key-exchange", "change-cipher-spec", "server-proof", "client-proof"),
    *("finished", "session-keys", "data"),
}
LEAF = conversation.upstream().issue("www.example.com").der


def story(events, leg=Leg.SERVER):
    return {step.topic: step for step in tell(leg_facts(events, leg))}


def alert(number, way, leg=Leg.SERVER):
    return made.events((way, bytes([2, number])), leg=leg)


def test_the_nine_steps_of_13():
    """In its order, all done but for the client's proof; each with its messages."""
    facts = leg_facts([*made.handshake13(LEAF), Data(UP, b"12345"), Data(DOWN, b"123")], Leg.SERVER)
    steps = tell(facts)
    assert [
        ("offer", (0,)),
        ("choice", (1, 3)),
        ("key-exchange", (0, 1)),
        ("change-cipher-spec", (2, 7)),
        ("server-proof", (4, 5)),
        ("client-proof", ()),
        ("finished", (6, 8)),
        ("session-keys", ()),
        ("data", ()),
    ] == [(step.topic, step.messages) for step in steps]
    assert {"client-proof"} == {step.topic for step in steps if step.state is not State.DONE}
    assert all(step.reference.startswith("RFC 8446 section") for step in steps)


def test_the_nine_steps_of_12():
    """It proves first and agrees on keys then."""
    steps = tell(leg_facts([*made.handshake12(LEAF), Data(UP, b"1")], Leg.SERVER))
    assert [
        ("offer", (0,)),
        ("choice", (1,)),
        ("server-proof", (2,)),
        ("client-proof", ()),
        ("key-exchange", (3, 4, 5)),
        ("change-cipher-spec", (6, 8)),
        ("finished", (7, 9)),
        ("session-keys", ()),
        ("data", ()),
    ] == [(step.topic, step.messages) for step in steps]
    assert all(step.reference.startswith("RFC 5246 section") for step in steps)


def test_the_values_are_told():
    """Names, algorithms, numbers, as they were said."""
    events = [*made.handshake13(LEAF, encrypted=[made.alpn(b"h2")]), VerdictGiven("h", (), 1), Data(DOWN, b"123")]
    told = story([*events, *made.events((DOWN, made.ticket(7200)), (UP, made.message(24, b"\0")))])
    assert (
        "tlscope, in the client's place, asks for www.example.com and offers TLSv1.3, TLSv1.2 with 2 cipher suites. "
        "A key can be agreed on in X25519MLKEM768, x25519, secp256r1. It would speak h2, http/1.1. "
        "It guesses what will be chosen, and sends public keys for X25519MLKEM768, x25519 at once. "
        "Its random number begins with 00000000." == told["offer"].text
    )
    assert (
        "The server chooses TLSv1.3 with TLS_AES_128_GCM_SHA256. Above it, h2 will be spoken. "
        "Its random number begins with 00000000." == told["choice"].text
    )
    assert "With X25519MLKEM768 a secret is agreed on twice" in told["key-exchange"].text
    assert (
        "The server shows one certificate: CN=www.example.com, vouched for by CN=Upstream Root, with the key EC P-256, "
        "for www.example.com. It proves that the key is its own by signing all that was said so far with "
        "rsa_pss_rsae_sha256. Verification finds nothing wrong with it." == told["server-proof"].text
    )
    assert "Nobody asks the client who it is." == told["client-proof"].text
    assert "a ticket, to take the session up again within 2 hours. The keys were renewed once." in (
        told["session-keys"].text
    )
    assert (
        "0 bytes of h2 went up and 3 bytes came down, encrypted on this leg with TLS_AES_128_GCM_SHA256."
        == told["data"].text
    )


def test_key_exchange_by_a_stored_key():
    """RSA, which TLS 1.3 has no more: what it means is said."""
    hello = made.client_hello(made.server_name("a"), suites=(0x009C,))
    told = story(made.handshake12(LEAF, hello=hello, answer=made.server_hello(suite=0x009C), exchange=b""))
    assert "whoever gets that key later opens this recording" in told["key-exchange"].text
    assert "by opening what is encrypted to it" in told["server-proof"].text
    assert "Both said: from here on I encrypt with TLS_RSA_WITH_AES_128_GCM_SHA256." == told["change-cipher-spec"].text


def test_a_retry():
    """The wrong guess is told, and both hellos belong to the offer."""
    retry = made.server_hello((43, b"\3\4"), (51, made.numbers(23)), retry=True)
    told = story(made.events((UP, made.HELLO), (DOWN, retry), (UP, made.client_hello(made.key_shares(23)))))
    assert (0, 1, 2) == told["offer"].messages
    assert "it is asked for a key of secp256r1" in told["offer"].text


def test_a_session_resumed():
    """No proof is shown, and that is said, not missed."""
    answer = made.server_hello((43, b"\3\4"), (41, b"\0\0"), (51, made.numbers(29) + b"\0\0"))
    told = story(made.events((UP, made.HELLO), (DOWN, answer), (DOWN, made.message(8, b"\0\0")), (DOWN, made.FINISHED)))
    assert "No certificate is shown" in told["server-proof"].text
    assert "takes up an earlier session" in told["choice"].text
    bare = story(made.events((UP, made.HELLO), (DOWN, made.server_hello((43, b"\3\4"), (41, b"\0\0")))))
    assert "no forward secrecy" in bare["key-exchange"].text


@pytest.mark.parametrize(
    ("expected", "chain", "state"),
    [("has none to show", (), State.MISSING), ("shows CN=www.example.com and signs", (LEAF,), State.DONE)],
)
def test_the_clients_proof(expected, chain, state):
    """Asked for, and given or not: who has none to show proves nothing."""
    passed = [(UP, made.HELLO), (DOWN, made.server_hello((43, b"\3\4"), (51, made.numbers(29) + b"\0\0")))]
    passed += [
        (DOWN, made.message(13, b"\0\0\0")),
        (UP, made.certificate(*chain)),
        (UP, made.certificate_verify(0x0804)),
    ]
    told = story(made.events(*passed), Leg.SERVER)
    assert expected in told["client-proof"].text
    assert ((2, 3, 4), state) == (told["client-proof"].messages, told["client-proof"].state)


@pytest.mark.parametrize(
    ("failed", "leg", "events"),
    [
        ("server-proof", Leg.CLIENT, [*made.handshake13(LEAF, leg=Leg.CLIENT)[:7], *alert(48, UP, Leg.CLIENT)]),
        ("server-proof", Leg.CLIENT, [*made.handshake13(LEAF, leg=Leg.CLIENT)[:7], Closed(Leg.CLIENT, How.RST)]),
        ("choice", Leg.SERVER, [*made.handshake13(LEAF)[:1], *alert(40, DOWN)]),
        ("choice", Leg.SERVER, [*made.handshake13(LEAF)[:1], Closed(Leg.SERVER, How.FIN)]),
        ("finished", Leg.CLIENT, [*made.handshake12(LEAF, leg=Leg.CLIENT)[:8], *alert(51, DOWN, Leg.CLIENT)]),
        ("client-proof", Leg.SERVER, [*made.handshake13(LEAF), *alert(116, DOWN)]),
        ("data", Leg.CLIENT, [*made.handshake13(LEAF, leg=Leg.CLIENT), Closed(Leg.CLIENT, How.FIN)]),
        ("data", Leg.SERVER, [*made.handshake13(LEAF), Data(UP, b"x"), *alert(20, DOWN)]),
    ],
)
def test_where_it_failed(failed, leg, events):
    """The step that was refused, or could not be taken; it says who ended it, and has the alert."""
    steps = tell(leg_facts(events, leg))
    assert [failed] == [step.topic for step in steps if step.state is State.FAILED]
    step = next(step for step in steps if step.topic == failed)
    assert re.search("sent the alert|closed the connection|reset the connection", step.text)
    places = [place for place, (_, name) in enumerate(leg_facts(events, leg).messages) if name == "Alert"]
    assert set(places) <= set(step.messages)
    assert 1 >= sum(set(places) <= set(other.messages) for other in steps if places)


def test_where_it_failed_with_nobody_in_between():
    """In others' captures the client itself refuses what it was shown, on the leg that there is."""
    for events in (alert(48, UP), [Closed(Leg.SERVER, How.RST)]):
        steps = tell(leg_facts([Opened("pcap", "", ""), *made.handshake12(LEAF)[:5], *events], Leg.SERVER))
        failed = [step.topic for step in steps if step.state is State.FAILED]
        assert ["server-proof" if isinstance(events[0], Message) else "key-exchange"] == failed


def test_a_leg_that_goes_on():
    """What has not happened yet is missing, and nothing has failed."""
    told = story(made.handshake13(LEAF)[:2])
    assert {"offer", "choice", "key-exchange"} == {topic for topic, step in told.items() if step.state is State.DONE}
    assert not [step for step in told.values() if step.state is State.FAILED]
    assert {State.MISSING} == {step.state for step in tell(LegFacts())}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_real_connections(version):
    """Both legs, trusted and not."""

    async def play(*, trust):
        async with conversation.stage() as stage:
            results = await asyncio.gather(conversation.converse(stage, version, trust=trust), return_exceptions=True)
            if trust:
                client, server = results[0]
                await client.send(b"hello")
                await server.receive(5)
            stage.connection.stop("enough")
            events = await stage.ended()
            for leg in Leg:
                steps = tell(leg_facts(events, leg))
                failed = [step.topic for step in steps if step.state is State.FAILED]
                assert ([] if trust or leg is Leg.SERVER else ["server-proof"]) == failed
                covered = {place for step in steps for place in step.messages}
                assert covered == set(range(len(leg_facts(events, leg).messages)))
                assert not trust or {"client-proof"} == {step.topic for step in steps if step.state is State.MISSING}

    for trust in (True, False):
        conversation.run(play(trust=trust))


@settings(max_examples=100)
@given(
    st.lists(
        st.sampled_from([*made.handshake13(LEAF), *made.handshake12(LEAF), Data(UP, b"x"), Closed(Leg.SERVER, How.RST)])
        | st.builds(
            lambda way, kind, data: made.events((way, bytes([kind]) + data))[0],
            st.sampled_from(Direction),
            st.integers(0, 25),
            st.binary(),
        )
    )
)
def test_any_course(events):
    """Nine steps, whatever happened; no step is done without a word."""
    for leg in Leg:
        steps = tell(leg_facts(events, leg))
        assert sorted(TOPICS) == sorted(step.topic for step in steps)
        assert all(step.text for step in steps if step.state is not State.MISSING)


def test_what_is_sealed_is_not_said_to_be_missing():
    """Who has no keys sees no proof, no Finished and no data, and learns of the handshake's end by what followed."""
    opened = Opened("pcap", "127.0.0.1:1", "127.0.0.1:2")
    sealed = [opened, *made.handshake13(LEAF)[:3]]
    steps = story(sealed)
    for topic in ("server-proof", "client-proof", "finished", "session-keys", "data"):
        assert (State.MISSING, "Not visible without keys") == (steps[topic].state, steps[topic].text[:24]), topic
    done = story([*sealed, made.handshake13(LEAF)[-1]])
    assert "the handshake was completed" in done["finished"].text
    assert done["data"].text.startswith("Not visible")


def test_before_13_the_proofs_are_in_the_clear():
    """Of packets they are read without keys; of what was passed through, the hellos alone are."""
    opened = Opened("pcap", "127.0.0.1:1", "127.0.0.1:2")
    steps = story([opened, *made.handshake12(LEAF)[:7]])
    assert State.DONE is steps["server-proof"].state
    assert "Nobody asks" in steps["client-proof"].text
    assert steps["finished"].text.startswith("Not visible")
    facts = LegFacts(Leg.SERVER, direct=True, server_hello=made.server_hello(suite=0xC02F), version=0x0303)
    unread = {step.topic: step.text for step in tell(facts)}
    assert "hellos alone are read" in unread["client-proof"]
