import subprocess
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.needs import needs
from tlscope.events import Direction
from tlscope.export import blocks as block
from tlscope.export.tcp import SEGMENT, UNACKNOWLEDGED, Conversation, Endpoint

UP, DOWN = Direction.UP, Direction.DOWN
V4 = Endpoint(ip_address("192.0.2.1"), 50_000), Endpoint(ip_address("192.0.2.2"), 41_999)
V6 = Endpoint(ip_address("2001:db8::1"), 50_001), Endpoint(ip_address("2001:db8::2"), 41_999)
MIXED = Endpoint(ip_address("192.0.2.3"), 50_002), Endpoint(ip_address("2001:db8::2"), 41_999)
STRICT = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
FAULTS = "tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed || tcp.analysis.flags"


def written(path, *conversations):
    """A file with packets."""
    packets = (packet for conversation in conversations for packet in conversation)
    data = b"".join(block.packet(0, number * 10**6, packet) for number, packet in enumerate(packets))
    path.write_bytes(block.section("test") + block.interface("one", "") + data)
    return path


def tshark(path, *arguments):
    done = subprocess.run(
        [needs("tshark"), "-r", path, *STRICT, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def followed(path, stream):
    """Both directions of a stream, up and down, as tshark puts them together."""
    lines = tshark(path, "-q", "-z", f"follow,tcp,raw,{stream}").splitlines()[6:-1]
    sides = {False: b"", True: b""}
    for line in lines:
        sides[line.startswith("\t")] += bytes.fromhex(line.strip())
    return sides[False], sides[True]


def played(ends, story, first=0):
    """The packets of a conversation in which both sides say things and then end."""
    conversation = Conversation(*ends, first=first)
    packets = conversation.open()
    for direction, data in story:
        packets += conversation.send(direction, data)
    return packets + conversation.finish(UP) + conversation.finish(DOWN)


STORY = [(UP, b"a" * 1001), (DOWN, bytes(range(256)) * 700), (DOWN, b"\xff" * 3), (UP, b""), (UP, b"z" * SEGMENT)]
SAID = tuple(b"".join(data for direction, data in STORY if direction is way) for way in Direction)


def test_wireshark_finds_no_fault(tmp_path):
    """With sequence numbers, acknowledgements, checksums; over IPv4, IPv6 and both; also where numbers wrap around."""
    path = written(tmp_path / "x", played(V4, STORY), played(V6, STORY, first=-50_000), played(MIXED, STORY, 1 << 31))
    assert "" == tshark(path, "-Y", FAULTS)
    streams = tshark(path, "-T", "fields", "-e", "tcp.stream").split()
    assert {"0", "1", "2"} == set(streams)
    assert SAID == followed(path, 1)
    assert SAID == followed(path, 2)


def test_two_conversations_of_the_same_endpoints_are_told_apart(tmp_path):
    """By their first sequence numbers."""
    path = written(tmp_path / "x", played(V4, STORY[:1], first=4096), played(V4, STORY, first=8192))
    assert SAID == followed(path, 1)


def test_much_data_is_acknowledged(tmp_path):
    """Before the window is full, and without an answer of the other side."""
    packets = played(V4, [(UP, bytes(4 * UNACKNOWLEDGED))])
    acknowledged = [packet for packet in packets[3:] if packet[12:16] == V4[1].address.packed]
    assert 3 + 2 == len(acknowledged)
    path = written(tmp_path / "x", packets)
    assert "" == tshark(path, "-Y", FAULTS + " || tcp.analysis.window_full")


def test_a_hole(tmp_path):
    """Is left in the sequence numbers: Wireshark says that a segment was not captured, and how much it lacks."""
    conversation = Conversation(*V4, first=-50)
    told = conversation.open() + conversation.send(UP, b"a" * 100)
    conversation.skip(UP, 1000)
    told += conversation.send(UP, b"b" * 10) + conversation.finish(UP)
    conversation.skip(UP, 1)  # nothing is missing behind the end
    told += conversation.finish(DOWN)
    path = written(tmp_path / "x", told)
    lost = tshark(path, "-Y", "tcp.analysis.lost_segment", "-T", "fields", "-e", "tcp.seq", "-e", "tcp.len")
    assert "1101\t10\n" == lost


def test_a_reset_ends_both_directions():
    """Nothing follows it."""
    conversation = Conversation(*V4)
    assert [b"\x14"] == [packet[33:34] for packet in conversation.reset(DOWN)]
    for direction in Direction:
        assert [] == conversation.send(direction, b"x")
        assert [] == conversation.finish(direction)
        assert [] == conversation.reset(direction)


def test_an_ended_direction_says_no_more():
    """The other one may go on."""
    conversation = Conversation(*V4)
    assert 2 == len(conversation.finish(UP))
    assert [] == conversation.send(UP, b"x")
    assert 1 == len(conversation.send(DOWN, b"x"))


@pytest.mark.parametrize("data", [b"\xff\xff" * 5, b"\0" * 10, b"\xff" * 7])
@settings(max_examples=30, deadline=None)
@given(first=st.integers(0, (1 << 32) - 1))
def test_checksums_add_up(data, first):
    """The words of a segment and its pseudo header come to 0xFFFF, whatever the numbers (RFC 1071)."""
    conversation = Conversation(*V4, first=first)
    for packet in conversation.open() + conversation.send(UP, data):
        segment = packet[12:20] + bytes([0, 6]) + (len(packet) - 20).to_bytes(2, "big") + packet[20:]
        for summed in (packet[:20], segment + bytes(len(segment) % 2)):
            words = sum(int.from_bytes(summed[at : at + 2], "big") for at in range(0, len(summed), 2))
            while words > 0xFFFF:
                words = (words & 0xFFFF) + (words >> 16)
            assert 0xFFFF == words


def test_endpoints_are_written_as_usual():
    """An IPv6 address in brackets."""
    assert ("192.0.2.1:50000", "[2001:db8::1]:50001") == (str(V4[0]), str(V6[0]))
