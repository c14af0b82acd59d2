"""Which version of TLS a message belongs to."""

from __future__ import annotations

import asyncio
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import conversation
from support import handshakes as made
from support.handshakes import DOWN, UP
from tlscope.events import HandshakeDone, Leg, Message, Opened, Outcome, OutcomeKind
from tlscope.wire.tls.meaning import versions as versions_file
from tlscope.wire.tls.meaning.versions import Versions, highest_offered

CLIENT, SERVER = Leg.CLIENT, Leg.SERVER
HRR = made.server_hello((43, b"\3\4"), retry=True)
CCS = Message(SERVER, UP, 0x0303, 20, b"\1")
ALERT = Message(SERVER, DOWN, 0x0304, 21, b"\2\x46")


def told(*events, connection=1):
    """The versions of the messages among the events."""
    versions = Versions()
    found = [(event, versions.of(connection, event)) for event in events]
    return [version for event, version in found if isinstance(event, Message)]


@pytest.mark.parametrize(
    ("expected", "hello"),
    [
        (0x0303, made.client_hello(version=0x0303)),
        (0x0301, made.client_hello(version=0x0301)),
        (0x0304, made.client_hello(made.versions(0x0303, 0x0304, 0x0302))),
        (0x0304, made.client_hello(made.versions(0x7A7A, 0x0304, 0x0303))),
        (0x0304, made.client_hello(made.versions(0x7F1C, 0x0304))),
        (0x7F1C, made.client_hello(made.versions(0x7F17, 0x7F1C, 0x0303))),
        (0x0303, made.client_hello(made.versions(0x0505, 0x0303))),
        (0x0505, made.client_hello(version=0x0505)),
        (0, made.client_hello(made.versions(0x0304))[:44]),
        (0, b"\1"),
        (0, b""),
    ],
)
def test_the_highest_version_that_a_hello_offers(expected, hello):
    """By supported_versions, else the legacy version; never GREASE, and nothing of a hello that is cut off before."""
    assert expected == highest_offered(hello)


@pytest.mark.parametrize("recorded", [0x0303, 0x0304])
def test_what_was_recorded_with_a_hello_does_not_matter(recorded):
    """It is what a TLS library had before the two agreed."""
    assert [0x0303] == told(Message(CLIENT, UP, recorded, 22, made.client_hello(version=0x0303)))
    assert [0x0304] == told(Message(CLIENT, UP, recorded, 22, made.client_hello(made.versions(0x0304))))


def test_after_the_choice_all_has_its_version():
    """A ChangeCipherSpec too, of which libraries say TLS 1.2; from a HelloRetryRequest on."""
    assert {0x0304} == set(told(*made.handshake13(b"leaf")[1:], CCS, ALERT))
    assert [0x0304, 0x0304] == told(Message(SERVER, DOWN, 0x0303, 22, HRR), CCS)
    assert {0x0303} == set(told(*made.handshake12(b"leaf")[1:], ALERT))


def test_before_the_choice_nothing_is_said():
    """Neither has one, whatever was recorded; the other leg's, another connection's or a former one's is none."""
    assert [0, 0] == told(CCS, ALERT)
    whole = made.handshake13(b"leaf", leg=CLIENT)
    assert 0 == told(*whole, ALERT)[-1]
    assert 0 == told(*made.handshake13(b"leaf"), Opened("explicit", "a", "b"), ALERT)[-1]
    assert 0 == told(*made.handshake13(b"leaf"), Outcome(OutcomeKind.INTERCEPTED, 0, 0), ALERT)[-1]
    versions = Versions()
    for event in whole:
        versions.of(1, event)
    assert 0 == versions.of(2, Message(CLIENT, UP, 0x0304, 21, b"\2\x46"))


def test_where_the_choice_was_lost():
    """What a completed handshake says; and the recorded version of what can only come after it."""
    done = HandshakeDone(SERVER, "TLSv1.3", "", "", "", "", resumed=False)
    assert [0x0304] == told(done, CCS)
    assert [0x0303, 0] == told(
        Message(SERVER, DOWN, 0x0303, 22, made.message(14, b"")),
        Message(SERVER, DOWN, 0x0304, 22, made.message(0, b"")),
    )


def test_legs_without_an_end_are_forgotten(monkeypatch):
    """The oldest first."""
    monkeypatch.setattr(versions_file, "MAX_LEGS", 2)
    versions = Versions()
    for connection in (1, 2, 3):
        versions.of(connection, HandshakeDone(SERVER, "TLSv1.3", "", "", "", "", resumed=False))
    assert [0, 0x0304, 0x0304] == [versions.of(connection, CCS) for connection in (1, 2, 3)]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_real_connection(version):
    """Every message of both legs has the version that was forced on them."""

    async def story():
        async with conversation.stage() as stage:
            await asyncio.gather(conversation.converse(stage, version), return_exceptions=True)
            stage.connection.stop("enough")
            messages = [event for event in await stage.ended() if isinstance(event, Message)]
            assert {20, 22} <= {message.content_type for message in messages}
            assert {int(version)} == set(told(*messages))

    conversation.run(story())


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from([20, 21, 22, 24]), st.sampled_from([b"\1", b"\2", b""]), st.binary())))
def test_any_bytes(messages):
    """Nothing raises."""
    told(*(Message(SERVER, UP, 0x0303, content_type, kind + data) for content_type, kind, data in messages))
