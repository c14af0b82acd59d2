"""Packets that came in fragments, put together again, with tshark as the judge."""

from __future__ import annotations

import ipaddress
import random
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from support.needs import needs
from support.packets import ACK, SYN, pcap, reader, tcp
from tlscope.capture.foreign import fragments as module
from tlscope.capture.foreign import packets
from tlscope.capture.foreign.fragments import MAX_WAIT, Fragments, Whole
from tlscope.capture.foreign.packets import Fragment, Segment, segment
from tlscope.capture.foreign.pcap import Importer, read_secrets
from tlscope.capture.foreign.pcapfile import entries
from tlscope.events import Data, Opened

FOUR, SIX = ("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")
SAID = bytes(range(256)) * 12
SEGMENT = tcp(50124, 80, 100, ACK, SAID)


def fragment4(start, data, *, more, number=7, protocol=6):
    """A packet of IPv4 that holds a part of one."""
    place = start // 8 | 0x2000 * more
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), number, place, 64, protocol, 0)
    return head + b"".join(ipaddress.ip_address(end).packed for end in FOUR) + data


def fragment6(start, data, *, more, number=7, protocol=6):
    """The same of IPv6."""
    head = struct.pack(">IHBB", 6 << 28, 8 + len(data), 44, 64)
    behind = struct.pack(">BBHI", protocol, 0, start | more, number)
    return head + b"".join(ipaddress.ip_address(end).packed for end in SIX) + behind + data


def cut(make, payload=SEGMENT, size=1000, **options):
    """A payload in fragments, in their order."""
    places = range(0, len(payload), size)
    return [make(at, payload[at : at + size], more=at + size < len(payload), **options) for at in places]


BOTH = pytest.mark.parametrize("make", [fragment4, fragment6])


def taken(parts, fragments=None, wall=0):
    """What is given for each."""
    fragments = fragments or Fragments()
    return [fragments.take(segment(101, part), wall) for part in parts]


def ends(make):
    return tuple(ipaddress.ip_address(end).packed for end in (FOUR if make is fragment4 else SIX))


def whole(make, count, data=SAID, lost=0):
    source, target = ends(make)
    return Whole(Segment((source, 50124), (target, 80), 100, ACK, data, lost), count)


@BOTH
def test_in_any_order_and_twice(make):
    """The last one that was missing gives the segment; those that came twice are counted, and nothing else."""
    parts, fragments = cut(make), Fragments()
    assert [None] * 3 + [whole(make, 4)] == taken(parts, fragments)
    assert (0, 0) == (fragments._held, fragments.finish())
    for seed in range(10):
        mixed = parts[:-1] * 2
        random.Random(seed).shuffle(mixed)
        assert [None] * 6 + [whole(make, 7)] == taken([*mixed, parts[-1]])


@BOTH
def test_packets_are_told_apart(make):
    """By their ends and their number, whatever else comes between."""
    one, other = cut(make), cut(make, tcp(50124, 80, 100, ACK, SAID[::-1]), number=8)
    mixed = [part for pair in zip(one, other, strict=True) for part in pair]
    assert [whole(make, 4), whole(make, 4, SAID[::-1])] == [found for found in taken(mixed) if found]


def test_protocols_are_told_apart():
    """Where they are part of what names a packet: in IPv4."""
    other = fragment4(0, bytes(1000), more=True, protocol=17)
    assert whole(fragment4, 4) == taken([other, *cut(fragment4)])[-1]


@BOTH
def test_what_is_no_tcp(make):
    """Has a reason, as a packet has that is whole."""
    datagram = struct.pack(">HHHH", 443, 50124, 2008, 0) + bytes(2000)
    assert Whole(packets.QUIC, 3) == taken(cut(make, datagram, protocol=17))[-1]
    assert Whole(packets.NOT_TCP, 3) == taken(cut(make, datagram, protocol=1))[-1]
    assert Whole(packets.SHORT, 2) == taken(cut(make, SEGMENT[:16], 8))[-1]


def test_extension_headers_in_fragments():
    """Stand in what is put together, and are gone through there (RFC 8200 section 4.5)."""
    parts = cut(fragment6, bytes([6, 0]) + bytes(6) + SEGMENT, protocol=60)
    assert whole(fragment6, len(parts)) == taken(parts)[-1]
    nested = cut(fragment6, struct.pack(">BBHI", 6, 0, 1, 1) + SEGMENT, protocol=44)
    assert packets.SHORT == taken(nested)[-1].found


@BOTH
def test_what_the_capture_cut_off(make):
    """Is missing, with what is behind it: a segment has no holes."""
    parts = cut(make)
    parts[1] = parts[1][:-100]
    assert whole(make, 4, SAID[: 2000 - 100 - 20], len(SAID) - 1880) == taken(parts)[-1]
    parts[0] = parts[0][:-990]
    assert packets.SHORT == taken(parts)[-1].found


def test_overlaps():
    """What came first wins in IPv4; in IPv6 there is no such packet, whatever still comes of it."""
    for make in (fragment4, fragment6):
        parts = cut(make)
        wrong = make(504, b"x" * 1000, more=True)
        fragments = Fragments()
        found = taken([parts[0], wrong, *parts[1:]], fragments)
        if make is fragment4:
            expected = SAID[:980] + b"x" * 504 + SAID[980 + 504 :]
            assert whole(make, 5, expected) == found[-1]
        else:
            assert ([None] * 5, 5) == (found, fragments.finish())
    inside = [fragment4(8, b"y" * 8, more=True), *cut(fragment4)]
    assert whole(fragment4, 5).fragments == taken(inside)[-1].fragments


@BOTH
def test_what_can_be_no_fragment(make):
    """Spoils its packet: two ends, bytes behind the end, a length that no fragment has that others follow, none."""
    parts = cut(make)
    for wrong in (
        make(8, b"x" * 8, more=False),
        make(4000, b"x" * 8, more=True),
        make(16, b"x" * 7, more=True),
        make(16, b"", more=True),
        make(65_528, b"x" * 16, more=True),
    ):
        fragments = Fragments()
        assert [None] * 5 == taken([*parts[1:], wrong, parts[0]], fragments)
        assert 5 == fragments.finish()


@BOTH
def test_a_number_that_is_used_again(make):
    """After as long as receivers wait belongs to another packet."""
    fragments, parts = Fragments(), cut(make)
    assert [None] * 2 == taken(parts[:2], fragments)
    assert [None] * 2 == taken(parts[2:], fragments, MAX_WAIT + 1)
    assert [None, whole(make, 4)] == taken(parts[:2], fragments, MAX_WAIT + 2)
    assert 2 == fragments.finish()


def test_limits(monkeypatch):
    """Those that waited longest are given up: for other packets, and for other bytes, however few each has."""
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    fragments, parts = Fragments(), cut(fragment4)
    for number in range(4):
        taken(cut(fragment4, number=number)[:3], fragments)
    assert [None] == taken(parts[3:], fragments)
    assert [whole(fragment4, 4)] == taken(cut(fragment4, number=3)[3:], fragments)
    monkeypatch.setattr(module, "MAX_WAITING", 100)
    monkeypatch.setattr(module, "MAX_HELD", 100 * module.PIECE)
    fragments = Fragments()
    for number in range(10):
        taken(cut(fragment4, size=8, number=number)[:20], fragments)
    assert 100 * module.PIECE >= fragments._held > 0
    assert (200, 0) == (fragments.finish(), fragments._held)


@BOTH
def test_time_is_linear(make):
    """In the number of fragments, also the last one first."""
    counted = [
        steps(taken, cut(make, tcp(1, 2, 3, ACK, bytes(size)), 8)[::-1]) / size for size in (4_000, 8_000, 16_000)
    ]
    assert counted[2] < 1.3 * counted[0]


@given(st.lists(st.tuples(st.integers(0, 40), st.binary(max_size=40), st.booleans(), st.booleans()), max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_fragments(made):
    """Become a segment, a reason, or nothing; all are counted."""
    fragments, given_ = Fragments(), 0
    for start, data, more, six in made:
        end = start * 8 + len(data)
        source, target = ends(fragment6 if six else fragment4)
        found = fragments.take(
            Fragment((source, target, 1, 6), start * 8, end, more, 6, data[: len(data) - start % 3]), 0
        )
        assert found is None or isinstance(found.found, Segment | str)
        given_ += found.fragments if found else 0
    assert len(made) == given_ + fragments.finish()
    assert 0 == fragments._held


@BOTH
def test_tshark_sees_the_same(make, tmp_path):
    """A conversation of which one segment came in fragments, the last one first, and one did not come whole."""
    end = FOUR if make is fragment4 else SIX
    begin = make(0, tcp(50124, 80, 99, SYN), more=False, number=1)
    lacking = cut(make, tcp(50124, 80, 100 + len(SAID), ACK, SAID), number=9)[1:]
    file = pcap(begin, *cut(make)[::-1], *lacking)
    told, importer = _imported(file)
    assert SAID == b"".join(event.data for event in told if isinstance(event, Data))
    assert 1 == sum(isinstance(event, Opened) for event in told)
    assert {packets.FRAGMENT: 3} == importer.told.skipped
    path = tmp_path / "x.pcap"
    path.write_bytes(file)
    fields = ["-T", "fields", "-e", "tcp.len", "-e", "tcp.payload"]
    run = subprocess.run([needs("tshark"), "-r", path, *fields, "-Y", f"tcp.len > 0 && ip{'v6' * (end is SIX)}"],
                         capture_output=True, text=True, check=True)  # fmt: skip
    assert f"{len(SAID)}\t{SAID.hex()}\n" == run.stdout


def _imported(file):
    found = []
    importer = Importer(lambda _wall, _number, event: found.append(event), read_secrets(reader(file)))
    for entry in entries(reader(file)):
        importer.take(entry)
    importer.finish()
    return found, importer
