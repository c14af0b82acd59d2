from tlscope.capture.foreign.entry import Packet
from tlscope.capture.foreign.exported import Place


def test_a_packet_is_of_others_unless_it_says_otherwise():
    """Nobody stood between, it is the same as no other, and it is not commented on."""
    packet = Packet(1, 101, b"x", 1)
    assert (Place.CAPTURED, 0, ()) == (packet.place, packet.identity, packet.comments)
