"""The TCP segment in a packet, whatever is around it."""

import ipaddress
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.packets import ACK, ip, tcp
from tlscope.capture.foreign import packets
from tlscope.capture.foreign.packets import Fragment, Segment, address, host_of, segment

FOUR = ip("10.0.0.1", "10.0.0.2", tcp(50124, 443, 7, ACK, b"data"))
SIX = ip("2001:db8::1", "2001:db8::2", tcp(50124, 443, 7, ACK, b"data"))
MAC = bytes(12)
LINKS = [
    (1, MAC + b"\x08\0", MAC + b"\x86\xdd"),
    (1, MAC + b"\x81\0\0\x05\x08\0", MAC + b"\x88\xa8\0\x01\x81\0\0\x05\x86\xdd"),
    (113, bytes(14) + b"\x08\0", bytes(14) + b"\x86\xdd"),
    (276, b"\x08\0" + bytes(18), b"\x86\xdd" + bytes(18)),
    (101, b"", b""),
    (228, b"", b""),
    (0, b"\x02\0\0\0", b"\x1e\0\0\0"),
    (0, b"\0\0\0\x02", b"\0\0\0\x1c"),
    (108, b"\0\0\0\x02", b"\0\0\0\x18"),
]


def expected(*, six=False, data=b"data", lost=0):
    ends = ("2001:db8::1", "2001:db8::2") if six else ("10.0.0.1", "10.0.0.2")
    source, target = (ipaddress.ip_address(end).packed for end in ends)
    return Segment((source, 50124), (target, 443), 7, ACK, data, lost)


@pytest.mark.parametrize(("link", "four", "six"), LINKS)
def test_links(link, four, six):
    """Every link layer carries both versions of IP; Ethernet with tags, too."""
    assert expected() == segment(link, four + FOUR)
    assert expected(six=True) == segment(link, six + SIX)


def test_what_fills_up_a_frame():
    """Is no data: IP says how long the packet is."""
    assert expected() == segment(1, MAC + b"\x08\0" + FOUR + bytes(6))
    assert expected(six=True) == segment(1, MAC + b"\x86\xdd" + SIX + bytes(6))


def test_no_length():
    """The network card was to cut it up: IP's length is 0, and the packet goes to its end."""
    assert expected() == segment(101, ip("10.0.0.1", "10.0.0.2", tcp(50124, 443, 7, ACK, b"data"), total=0))
    assert expected(six=True) == segment(
        101, ip("2001:db8::1", "2001:db8::2", tcp(50124, 443, 7, ACK, b"data"), total=0)
    )


def test_cut_off():
    """What the capture did not take of the data is counted."""
    assert expected(data=b"da", lost=2) == segment(101, FOUR[:-2])
    assert expected(data=b"", lost=4, six=True) == segment(101, SIX[:-4])


def test_options():
    """Of TCP and of IP are no data."""
    assert expected() == segment(101, ip("10.0.0.1", "10.0.0.2", tcp(50124, 443, 7, ACK, b"data", bytes(12))))
    plain = bytearray(ip("10.0.0.1", "10.0.0.2", bytes(4) + tcp(50124, 443, 7, ACK, b"data")))
    plain[0] = 0x46
    assert expected() == segment(101, bytes(plain))


def test_extension_headers():
    """Are gone through, one after the other; a fragment header that cuts nothing, too."""
    chain = (
        bytes([60, 0]) + bytes(6) + bytes([51, 1]) + bytes(14) + bytes([44, 4]) + bytes(22) + bytes([6, 0]) + bytes(6)
    )
    found = ip("2001:db8::1", "2001:db8::2", tcp(50124, 443, 7, ACK, b"data"), first=0, extensions=chain)
    assert expected(six=True) == segment(101, found)


@pytest.mark.parametrize("fragment", [0x2000, 0x0001])
def test_fragments(fragment):
    """Say where they belong, the first ones and the others; that a packet may not be cut up is no such thing."""
    place, more = (0, True) if fragment == 0x2000 else (8, False)
    ends = expected().source[0], expected().target[0]
    cut = ip("10.0.0.1", "10.0.0.2", FOUR[20:], fragment=fragment)
    assert Fragment((*ends, 0, 6), place, place + 24, more, 6, FOUR[20:]) == segment(101, cut)
    assert Fragment((*ends, 0, 6), place, place + 24, more, 6, FOUR[20:-4]) == segment(101, cut[:-4])
    assert expected() == segment(101, ip("10.0.0.1", "10.0.0.2", FOUR[20:], fragment=0x4000))
    six = bytes([6, 0]) + struct.pack(">HI", fragment >> 13 | fragment << 3 & 0xFFFF, 1)
    for size in (19, 12):  # its head is not whole: it would be a part of what it is no part of
        assert packets.SHORT == segment(101, cut[:size])
    loopback = ipaddress.ip_address("::1").packed
    found = segment(101, ip("::1", "::1", FOUR[20:], first=44, extensions=six))
    assert Fragment((loopback, loopback, 1, -1), place, place + 24, more, 6, FOUR[20:]) == found
    assert packets.SHORT == segment(101, ip("::1", "::1", b"", first=44, extensions=six[:6]))


def test_reasons():
    """What is no segment is something that can be counted."""
    assert packets.NOT_IP == segment(1, MAC + b"\x08\x06" + bytes(28))
    for ends in (("10.0.0.1", "10.0.0.2"), ("::1", "::1")):
        assert packets.NOT_TCP == segment(101, ip(*ends, bytes(8), 1))
        assert packets.UDP == segment(101, ip(*ends, struct.pack(">HHHH", 53, 5353, 8, 0), 17))
        assert packets.QUIC == segment(101, ip(*ends, struct.pack(">HHHH", 443, 50124, 8, 0), 17))
        assert packets.QUIC == segment(101, ip(*ends, struct.pack(">HHHH", 50124, 443, 8, 0), 17))
    assert packets.OTHER_LINK == segment(105, FOUR)
    for data in (b"", FOUR[:19], FOUR[:33], b"\x55" + FOUR[1:], b"\x44" + FOUR[1:], SIX[:30]):
        assert packets.SHORT == segment(101, data)
    for offset in (0x40, 0xF0):  # inside the head, and behind the packet
        assert packets.SHORT == segment(101, FOUR[:32] + bytes([offset]) + FOUR[33:])


@given(st.sampled_from([0, 1, 101, 108, 113, 276, 42]), st.binary(max_size=100), st.sampled_from([b"", FOUR, SIX]))
@settings(max_examples=100, deadline=None)
def test_any_bytes(link, data, behind):
    """Are a segment or a reason."""
    found = segment(link, data + behind)
    assert isinstance(found, Segment | Fragment | str)
    if isinstance(found, Segment):
        assert len(found.data) <= len(data + behind)
        assert found.lost >= 0


def test_ends_are_shown_as_they_are_written():
    """IPv6 addresses in brackets, which keep the port apart."""
    four, six = (bytes([10, 0, 0, 1]), 80), (bytes(15) + b"\1", 443)
    assert ("10.0.0.1", "10.0.0.1:80") == (host_of(four), address(four))
    assert ("::1", "[::1]:443") == (host_of(six), address(six))
