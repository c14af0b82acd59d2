"""What the middle man does, from both legs."""

from __future__ import annotations

import asyncio
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import conversation
from support import handshakes as made
from support.handshakes import UP
from tlscope.events import Data, LeafForged, Leg, Opened, VerdictGiven
from tlscope.wire.tls.meaning.facts import LegFacts, leg_facts
from tlscope.wire.tls.meaning.middle import middle
from tlscope.wire.tls.meaning.story import State

LEAF = conversation.upstream().issue("www.example.com").der
FORGED = conversation.upstream().self_signed("www.example.com", key="rsa").der


def between(events):
    return {step.topic: step for step in middle(leg_facts(events, Leg.CLIENT), leg_facts(events, Leg.SERVER))}


def test_five_steps():
    """With the values of both legs, and their messages."""
    client = made.handshake12(FORGED, leg=Leg.CLIENT)
    told = between(
        [
            *made.handshake13(LEAF),
            VerdictGiven("www.example.com", ("expired: too old",), 1),
            LeafForged("throw-away", "RSA-2048", FORGED),
            *client,
            Data(UP, b"12"),
        ]
    )
    assert ["two-hellos", "asked-first", "forged", "two-keys", "opened"] == list(told)
    assert {State.DONE} == {step.state for step in told.values()}
    assert "asks the server for www.example.com: two connections, not one." in told["two-hellos"].text
    assert "with TLSv1.3 and TLS_AES_128_GCM_SHA256" in told["asked-first"].text
    assert "it is not valid: too old (expired)" in told["asked-first"].text
    assert (
        "For the client a certificate is forged: CN=www.example.com; the names are the same. The key is ours (RSA 2048 "
        "for the server's EC P-256), and it is signed by an authority made for the moment, as nobody trusts the "
        "server's either: CN=www.example.com in the place of CN=Upstream Root. Only a client that trusts this "
        "issuer, or does not look, goes on." == told["forged"].text
    )
    assert "(x25519, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)" in told["two-keys"].text
    assert "(X25519MLKEM768, TLS_AES_128_GCM_SHA256). The keys differ" in told["two-keys"].text
    assert told["opened"].text.startswith("2 bytes from the client and 0 from the server")
    assert ((0,), (0,)) == (told["two-hellos"].messages, told["two-hellos"].others)
    assert ((2,), (4,)) == (told["forged"].messages, told["forged"].others)
    assert ((), (1, 4, 5, 6, 8)) == (told["asked-first"].messages, told["asked-first"].others)
    assert ((1, 3, 5), (1,)) == (told["two-keys"].messages, told["two-keys"].others)


def test_a_pardoned_server_is_said_to_be_shown_as_valid():
    """Else its faults would be looked for in our certificate."""
    for pardoned in (True, False):
        judged = VerdictGiven("www.example.com", ("expired: too old",), 1, mirrored=not pardoned, pardoned=pardoned)
        text = between([*made.handshake13(LEAF), judged])["asked-first"].text
        assert pardoned is text.endswith(
            "too old (expired). The client is shown a valid one all the same, as -k asks for."
        )


def test_what_did_not_happen_is_missing():
    """A server that never answered, and nothing at all."""
    told = between([*made.events((UP, made.HELLO), leg=Leg.CLIENT), *made.events((UP, made.HELLO))])
    assert {"two-hellos"} == {topic for topic, step in told.items() if step.state is State.DONE}
    assert {State.MISSING} == {step.state for step in middle(LegFacts(), LegFacts(Leg.SERVER))}


@pytest.mark.parametrize("trust", [True, False])
def test_a_real_connection(trust):
    """A client that does not trust us agrees on no key; all before has happened."""

    async def play():
        async with conversation.stage() as stage:
            await asyncio.gather(
                conversation.converse(stage, ssl.TLSVersion.TLSv1_3, trust=trust), return_exceptions=True
            )
            stage.connection.stop("enough")
            told = between(await stage.ended())
            done = {topic for topic, step in told.items() if step.state is State.DONE}
            assert {"two-hellos", "asked-first", "forged"} | ({"two-keys"} if trust else set()) == done
            assert "it is valid" in told["asked-first"].text
            assert "in the place of CN=Upstream Root" in told["forged"].text

    conversation.run(play())


@settings(max_examples=50)
@given(
    st.lists(
        st.sampled_from(
            [*made.handshake13(b"x"), *made.handshake12(LEAF, leg=Leg.CLIENT), Data(UP, b"x"), VerdictGiven("h", (), 1)]
        )
    )
)
def test_any_course(events):
    """Five steps, whatever happened."""
    steps = between(events)
    assert 5 == len(steps)
    assert all(bool(step.text) == (step.state is State.DONE) for step in steps.values())


def test_nobody_in_between():
    """In captures of others, and of a connection that was passed through, there is nothing to tell."""
    events = [Opened("pcap", "", ""), *made.handshake13(b"x", leg=Leg.CLIENT), *made.handshake13(b"x")]
    assert () == middle(leg_facts(events, Leg.CLIENT), leg_facts(events, Leg.SERVER))
