import pytest

from journals import CLIENT, DOWN, SERVER, UP
from support.handshakes import HELLOS
from tlscope.capture.foreign.stream import Stream, begins_tls
from tlscope.events import Ciphertext, Closed, Data, Faulted, How, Message
from tlscope.wire.tls.decryption.keylog import Secrets

HELLO = next(iter(HELLOS.values()))
RECORD = b"\x16\x03\x01" + len(HELLO).to_bytes(2) + HELLO
CLOSE_NOTIFY = b"\x15\x03\x03\x00\x02\x01\x00"


def stream(*, late=False, leg=None):
    """One, and what it tells."""
    told = []
    return Stream(lambda wall, event: told.append((wall, event)), Secrets(), late=late, leg=leg), told


def events(told, kind):
    return [event for _, event in told if isinstance(event, kind)]


@pytest.mark.parametrize(
    ("leg", "ciphertext", "message"), [(None, [CLIENT, SERVER], SERVER), (CLIENT, [CLIENT] * 2, CLIENT)]
)
def test_what_passed_is_on_its_leg(leg, ciphertext, message):
    """All of it on the leg that it is of; where nobody stood between, where each direction arrives."""
    made, told = stream(leg=leg)
    made.passed(UP, 1, RECORD)
    made.passed(DOWN, 2, CLOSE_NOTIFY)
    assert [(1, ciphertext[0], UP), (2, ciphertext[1], DOWN)] == [
        (wall, event.leg, event.direction) for wall, event in told if isinstance(event, Ciphertext)
    ]
    assert {message} == {event.leg for event in events(told, Message)}
    assert (True, False, [len(RECORD), len(CLOSE_NOTIFY)]) == (made.is_tls, made.opened, made.sizes)


@pytest.mark.parametrize(("leg", "ends"), [(None, [CLIENT, SERVER]), (CLIENT, [CLIENT]), (SERVER, [SERVER])])
def test_the_far_ends_of_legs_end_them(leg, ends):
    """The other end of a leg is ours; an alert that came before says how."""
    made, told = stream(leg=leg)
    made.passed(UP, 1, RECORD)
    for way in (UP, DOWN):
        made.passed(way, 2, CLOSE_NOTIFY)
        made.ended(way, 3, How.FIN)
    assert [Closed(end, How.CLOSE_NOTIFY) for end in ends] == events(told, Closed)


@pytest.mark.parametrize(
    ("leg", "way", "words"),
    [(None, UP, "to the server"), (None, DOWN, "from the server"), (CLIENT, UP, "from the client"),
     (CLIENT, DOWN, "to the client"), (SERVER, UP, "to the server"), (SERVER, DOWN, "from the server")],
)  # fmt: skip
def test_what_is_missing_is_said(leg, way, words):
    """Where it was to go, or came from, and behind how much."""
    made, told = stream(leg=leg)
    made.passed(way, 1, b"plain")
    made.missing(way, 2, 7)
    (fault,) = events(told, Faulted)
    assert (f"7 bytes {words} are not in the file, behind the first 5", 7) == (fault.what, fault.missing)


def test_what_may_become_a_hello_waits():
    """And is data if it does not."""
    made, told = stream()
    made.passed(UP, 1, RECORD[:3])
    assert [] == told
    made.finish(2)
    assert [(2, Data(UP, RECORD[:3], encrypted=False))] == told
    assert not made.is_tls


@pytest.mark.parametrize(
    ("data", "early", "late"),
    [
        (RECORD, True, True),
        (RECORD[:5], None, None),
        (b"\x17\x03\x03\0\x20\0", False, True),
        (b"\x16\x03\x01\0\x05\x02", False, True),
        (b"GET / ", False, False),
        (b"\x16\x04", False, False),
    ],
)
def test_the_beginning_of_tls(data, early, late):
    """Is a ClientHello; of any record, where the hello may have passed before."""
    assert (early, late) == (begins_tls(data, late=False), begins_tls(data, late=True))
