from support.packets import ACK, CLIENT, SERVER, SYN
from tlscope.capture.foreign import FROM_PACKETS, announced
from tlscope.capture.foreign.announced import Announced
from tlscope.capture.foreign.entry import Packet
from tlscope.capture.foreign.exported import MADE_UP, Place, whom
from tlscope.capture.foreign.legs import Client
from tlscope.capture.foreign.packets import Segment
from tlscope.capture.foreign.reassembly import Conversation

ENDS = (bytes([10, 0, 0, 1]), 50124), (bytes([10, 0, 0, 2]), 443)
SAID = whom(1, "a.example", 443, Place.CLIENT_LEG, "all that passed; it was not TLS")


def segment(port=ENDS[0][1], flags=SYN, *, back=False):
    ends = ((ENDS[0][0], port), ENDS[1])
    return Segment(*(ends[::-1] if back else ends), 0, flags, b"", 0)


def packet(*comments, place=Place.CLIENT_LEG, identity=7):
    return Packet(5, 101, b"", 0, place, identity, comments)


def test_a_conversation_is_known_until_it_begins():
    """By its ends, whoever sends; once."""
    known = Announced()
    assert not known.take(segment(), packet("somebody's"))
    assert known.take(segment(), packet(SAID))
    assert known.take(segment(flags=SYN | ACK, back=True), packet(identity=0))
    assert known.beginning(Place.SERVER_LEG, Conversation(segment(), 5)) is None
    found = known.beginning(Place.CLIENT_LEG, Conversation(segment(back=True), 5))
    assert found is not None
    assert (7, "a.example", 443) == (found.identity, found.host, found.port)
    assert known.beginning(Place.CLIENT_LEG, Conversation(segment(), 5)) is None
    assert not known.take(segment(flags=ACK), packet(identity=0))


def test_the_client_leg_says_who_the_client_is():
    """Its first packet does, and a CONNECT by which way it came."""
    known = Announced()
    known.take(segment(), packet(SAID, place=Place.SERVER_LEG, identity=8))
    known.take(segment(), packet(SAID))
    client, listener = (f"{host}:{port}" for host, port in (CLIENT, SERVER))
    assert {7: Client(5, client, listener, FROM_PACKETS)} == known.clients
    known.take(segment(flags=ACK), packet(MADE_UP, identity=0))
    assert {7: Client(5, client, listener, "connect")} == known.clients


def test_no_more_is_kept_than_goes_on_at_a_time(monkeypatch):
    """A file may announce any number of conversations that never begin; the oldest are forgotten."""
    monkeypatch.setattr(announced, "MAX_CONVERSATIONS", 3)
    known = Announced()
    for port in range(10):
        known.take(segment(port), packet(SAID, identity=port + 1))
    assert [8, 9, 10] == list(known.clients)
    assert known.beginning(Place.CLIENT_LEG, Conversation(segment(6), 5)) is None
    assert known.beginning(Place.CLIENT_LEG, Conversation(segment(7), 5)) is not None
