import pytest

from journals import CLIENT, DOWN, GET, SERVER, STORY, TICK, UP, capture
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.events import Action, Data, HandshakeDone, Message, Opened, Policy, Reached
from tlscope.export.reaching import Reaching, reaching

OPENED = Opened("explicit", "127.0.0.1:50124", "127.0.0.1:8080")
POLICY = Policy(Action.INTERCEPT, "a.example", 443, "connect")
REACHED = Reached("192.0.2.1:443")
ASKED = Message(CLIENT, UP, 0x0303, 22, b"\x01\0\0\0")
SENT = Message(SERVER, UP, 0x0303, 22, b"\x01\0\0\0")
ANSWERED = Message(SERVER, DOWN, 0x0303, 22, b"\x02\0\0\0")
AGREED = HandshakeDone(SERVER, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "h2", "a.example")
LATER = HandshakeDone(CLIENT, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "h2", "a.example")


@pytest.mark.parametrize(
    ("expected", "events"),
    [
        ((3, 2), [OPENED, POLICY, REACHED, ASKED, SENT, ANSWERED, AGREED, LATER, Data(UP, GET)]),
        ((4, 3), [OPENED, ASKED, POLICY, REACHED, SENT, ANSWERED, LATER, AGREED, Data(UP, GET)]),
        ((1, None), [OPENED, POLICY, ASKED, REACHED, Data(UP, GET), SENT, AGREED]),
        ((2, None), [OPENED, POLICY, LATER, REACHED, SENT, ANSWERED]),
        ((None, None), STORY),
        ((None, None), [OPENED, REACHED, SENT, AGREED]),
        ((None, None), []),
    ],
)
def test_by_records(tmp_path, expected, events):
    """From what the dial waited for to its end, from our hello to the keys; nothing where one is missing."""
    directory = capture(tmp_path / "c", events)
    catch_up(directory)
    with Index(directory) as index:
        assert Reaching(*(ticks and ticks * TICK for ticks in expected)) == reaching(index.lookup, 1)
