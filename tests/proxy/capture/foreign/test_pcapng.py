"""The blocks of pcapng, damaged ones and those of our own exports among them."""

import struct

import pytest

from support.packets import block, enhanced, interface, reader, section
from tlscope.capture.foreign.entry import Damage, Keys, Packet
from tlscope.capture.foreign.exported import INTERFACES, Place
from tlscope.capture.foreign.pcapfile import entries

A, B, C = b"a" * 60, b"b" * 61, b"c" * 62
ORDERS = ["<", ">"]


def read(data):
    return list(entries(reader(data)))


def contents(found):
    return [entry.data for entry in found if isinstance(entry, Packet)]


def damages(found):
    return [entry for entry in found if isinstance(entry, Damage)]


@pytest.mark.parametrize("order", ORDERS)
def test_pcapng(order):
    """Of either byte order: packets of three kinds of blocks, keys; blocks of unknown types are passed over."""
    data = section(order) + interface(1, order, snapshot=20) + interface(101, order)
    data += block(0x0BAD, b"whatever", order)
    data += block(10, struct.pack(order + "II", 0x544C534B, 5) + b"keys\n", order)
    data += block(10, struct.pack(order + "II", 0x57474B4C, 5) + b"wire\n", order)
    data += enhanced(A, 1_000_001, 1, order, original=70)
    data += block(3, struct.pack(order + "I", 60) + A[:20], order)
    data += block(2, struct.pack(order + "HHIIII", 1, 0, 0, 7, 61, 61) + B, order)
    expected = [Keys(b"keys\n"), Packet(1_000_001_000, 101, A, 70), Packet(0, 1, A[:20], 60), Packet(7000, 101, B, 61)]
    assert expected == read(data)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (b"\x09\0\x01\0\x09\0\0\0", 3 << 30),
        (b"\x09\0\x01\0\x03\0\0\0", (3 << 30) * 10**6),
        (b"\x09\0\x01\0\x9e\0\0\0", 3 * 10**9),
        (b"\x0e\0\x08\0" + struct.pack("<q", 100), (3 << 30) * 1000 + 100 * 10**9),
        (b"\0\0\0\0\x09\0\x01\0\x09\0\0\0", (3 << 30) * 1000),
    ],
)
def test_the_units_of_time(options, expected):
    """Powers of ten and of two, and seconds added to them; microseconds where nothing is said."""
    (found,) = read(section() + interface(options=options) + enhanced(A, 3 << 30))
    assert expected == found.wall


def test_sections():
    """Each has its own byte order and interfaces."""
    data = section("<") + interface(1, "<") + enhanced(A, order="<") + section(">") + interface(113, ">")
    assert [1, 113] == [entry.link for entry in read(data + enhanced(B, order=">"))]
    lost = read(section() + interface() + section(">") + enhanced(A, order=">"))
    assert ["a packet of interface 0, which is not described"] == [each.reason for each in damages(lost)]


@pytest.mark.parametrize("order", ORDERS)
def test_a_damaged_block_in_pcapng(order):
    """Costs that block; the next ones are found again, wherever they are."""
    head = section(order) + interface(order=order) + enhanced(A, order=order)
    for damage in (b"junk", enhanced(B, order=order)[:-4] + b"!!!!", enhanced(B, order=order)[:-3], bytes(70_001)):
        found = read(head + damage + enhanced(C, order=order) + enhanced(A, order=order))
        assert [A, C, A] == contents(found)
        assert [len(head)] == [each.offset for each in damages(found)]


def test_a_short_block():
    """Is damaged, and no more than that."""
    for kind in (1, 2, 3, 6, 10):
        found = read(section() + interface() + block(kind, b"") + enhanced(A))
        assert ["a block is too short for its type"] == [each.reason for each in damages(found)]
        assert [A] == contents(found)


def test_a_packet_larger_than_its_block():
    """Is damaged."""
    data = bytearray(enhanced(A))
    data[20:24] = struct.pack("<I", 65)
    found = read(section() + interface() + bytes(data) + enhanced(B))
    assert [B] == contents(found)
    assert 1 == len(damages(found))


@pytest.mark.parametrize("order", ORDERS)
def test_packets_of_our_own_exports_say_what_they_are(order):
    """By the interface: the identity that packets have in common, and their comments; of others that is not read."""
    said = options((5, struct.pack(order + "Q", 7)), (1, "é".encode()), (1, b"\xff"), order=order)
    for place, (name, description) in INTERFACES.items():
        named = options((2, name.encode()), (3, description.encode()), order=order)
        body = struct.pack(order + "IIIII", 0, 0, 1000, len(A), len(A)) + A + said
        [packet] = read(section(order) + interface(order=order, options=named) + block(6, body, order))
        expected = (7, ("é", "\ufffd")) if place is not Place.CAPTURED else (0, ())
        assert (place, A, *expected) == (packet.place, packet.data, packet.identity, packet.comments)


def options(*found, order):
    made = b"".join(struct.pack(order + "HH", code, len(data)) + data + bytes(-len(data) % 4) for code, data in found)
    return made + bytes(4)
