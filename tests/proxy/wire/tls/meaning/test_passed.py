"""The hellos of connections that are passed through."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import handshakes as made
from support.handshakes import DOWN, UP
from tlscope.capture import foreign
from tlscope.events import Action, Ciphertext, Leg, Message, Opened, Outcome, OutcomeKind, Policy
from tlscope.wire.tls.meaning import passed as passed_file
from tlscope.wire.tls.meaning.passed import PassedHellos

CLIENT, SERVER = Leg.CLIENT, Leg.SERVER
OPENED = Opened("explicit", "a", "b")
PASSED = Policy(Action.PASS_THROUGH, "a.example", 443, "connect")
HELLO, ANSWER = made.HELLOS["curl-openssl"], made.server_hello((43, b"\3\4"))
WIRE, BACK = made.records(HELLO), made.records(ANSWER)


def found(*events):
    """The hellos, each with the place of the event that it ends with."""
    passed = PassedHellos()
    hellos = [passed.hello(1, event) for event in events]
    return [(place, hello) for place, hello in enumerate(hellos) if hello]


@pytest.mark.parametrize("pieces", [[WIRE], [WIRE[:3], WIRE[3:9], WIRE[9:]], [WIRE + b"more"]])
def test_a_hello_is_read_as_soon_as_it_is_whole(pieces):
    """From one piece of ciphertext or several, and whatever follows it; as a message of the leg on which it came."""
    ciphertext = [Ciphertext(CLIENT, UP, piece) for piece in [*pieces, b"more"]]
    assert [(1 + len(pieces), Message(CLIENT, UP, 0, 22, HELLO))] == found(OPENED, PASSED, *ciphertext)


def test_the_hello_of_a_client_that_was_refused():
    """Nobody answered it; it is kept as it came."""
    refused = Policy(Action.REFUSE, "a.example", 443, "connect", "--refuse *")
    assert [(2, Message(CLIENT, UP, 0, 22, HELLO))] == found(OPENED, refused, Ciphertext(CLIENT, UP, WIRE))


def test_both_hellos_once():
    """The server's too, where it was recorded; the same bytes pass on both legs."""
    events = [Ciphertext(leg, way, data) for way, data in ((UP, WIRE), (DOWN, BACK)) for leg in (CLIENT, SERVER)]
    assert [
        (2, Message(CLIENT, UP, 0, 22, HELLO)),
        (4, Message(CLIENT, DOWN, 0, 22, ANSWER)),
    ] == found(OPENED, PASSED, *events)


@pytest.mark.parametrize(
    "events",
    [
        [OPENED, Policy(Action.INTERCEPT, "a", 1, "sni"), Ciphertext(CLIENT, UP, WIRE)],
        [Opened(foreign.FROM_PACKETS, "a", "b"), PASSED, Ciphertext(CLIENT, UP, WIRE)],
        [OPENED, PASSED, Outcome(OutcomeKind.PASSED_THROUGH, 0, 0), Ciphertext(CLIENT, UP, WIRE)],
        [OPENED, PASSED, OPENED, Ciphertext(CLIENT, UP, WIRE)],
        [OPENED, PASSED, Ciphertext(CLIENT, UP, WIRE[:-1])],
        [OPENED, PASSED, Ciphertext(CLIENT, UP, made.records(ANSWER))],
        [OPENED, PASSED, Ciphertext(CLIENT, UP, b"SSH-2.0-x"), Ciphertext(CLIENT, UP, WIRE)],
    ],
    ids=["intercepted", "from packets", "over", "begun anew", "cut off", "of the other side", "no TLS"],
)
def test_where_there_is_none(events):
    """What was opened has its messages already, and no other bytes are a hello."""
    assert [] == found(*events)


def test_what_was_not_read_whole_is_not_pieced_together():
    """What comes next does not go on where the excerpt ends."""
    passed = PassedHellos()
    passed.hello(1, PASSED)
    assert None is passed.hello(1, Ciphertext(CLIENT, UP, WIRE[:-5]), cut=True)
    assert None is passed.hello(1, Ciphertext(CLIENT, UP, b"other"))
    passed.hello(2, PASSED)
    assert passed.hello(2, Ciphertext(CLIENT, UP, WIRE), cut=True)


def test_what_is_kept_is_bounded(monkeypatch):
    """In connections, in pieces and in bytes."""
    monkeypatch.setattr(passed_file, "MAX_CONNECTIONS", 1)
    passed = PassedHellos()
    passed.hello(1, PASSED)
    passed.hello(2, PASSED)
    assert [False, True] == [bool(passed.hello(number, Ciphertext(CLIENT, UP, WIRE))) for number in (1, 2)]
    monkeypatch.setattr(passed_file, "MAX_PIECES", 2)
    assert [] == found(PASSED, *(Ciphertext(CLIENT, UP, piece) for piece in (WIRE[:1], WIRE[1:2], WIRE[2:])))
    endless = made.records(made.message(1, bytes(1 << 17)))
    assert [] == found(PASSED, *(Ciphertext(CLIENT, UP, piece) for piece in (endless[: 1 << 16], endless[1 << 16 :])))


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from([UP, DOWN]), st.binary() | st.sampled_from([WIRE, WIRE[:7], b"\x16\3\1\0\4"])))
)
def test_any_bytes(pieces):
    """Nothing raises."""
    found(PASSED, *(Ciphertext(CLIENT, way, data) for way, data in pieces))
