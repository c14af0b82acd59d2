import subprocess
from ipaddress import ip_address

import pytest

from support.needs import needs
from tlscope.export import blocks as block
from tlscope.export.tcp import Conversation, Endpoint

NOON = 1_763_640_000 * 10**9 + 123_456_789


@pytest.fixture
def file(tmp_path):
    """A file with one packet of each of two interfaces."""
    client, server = (Endpoint(ip_address(text), 443) for text in ("192.0.2.1", "192.0.2.2"))
    (first, *_) = Conversation(client, server).open()
    path = tmp_path / "x.pcapng"
    path.write_bytes(b"".join([
        block.section("tlscope 1.2", "a capture"), block.interface("one", "the first"), block.interface("two", ""),
        block.secrets(b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48 + b"\n"),
        block.names({ip_address("192.0.2.2"): "server.example", ip_address("::1"): "x" * 2000}),
        block.packet(0, NOON, first, "é" * 5000), block.packet(1, NOON + 1, first),
    ]))  # fmt: skip
    return path


def tshark(path, *arguments):
    done = subprocess.run([needs("tshark"), "-r", path, *arguments], capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_wireshark_reads_every_block(file):
    """Times to the nanosecond, interfaces, comments and names; a long comment is cut between two characters."""
    fields = ("frame.time_epoch", "frame.interface_name", "frame.interface_description", "ip.dst_host", "frame.comment")
    assert [
        ["1763640000.123456789", "one", "the first", "server.example", "é" * 4000],
        ["1763640000.123456790", "two", "", "server.example", ""],
    ] == tshark(file, "-N", "n", "-T", "fields", *(part for field in fields for part in ("-e", field)))


def test_capinfos_finds_nothing_amiss(file):
    """Who wrote it, how many packets, in what order."""
    done = subprocess.run([needs("capinfos"), file], capture_output=True, text=True, check=True)
    for told in ("pcapng", "2", "Raw IP", "tlscope 1.2", "a capture", "True", "nanoseconds (9)"):
        assert told in done.stdout
    assert not done.stderr


@pytest.mark.parametrize("size", range(5))
def test_blocks_are_padded(size):
    """To four bytes, with their length before and behind."""
    for made in (block.secrets(b"x" * size), block.packet(0, 0, b"x" * size), block.section("x" * size),
                 block.names({ip_address("::1"): "x" * size})):  # fmt: skip
        assert 0 == len(made) % 4
        assert len(made).to_bytes(4, "little") == made[4:8] == made[-4:]


def test_no_time_and_no_text_is_too_strange():
    """A damaged record may claim any time; names come from strangers."""
    assert block.packet(0, -1, b"") == block.packet(0, 0, b"")
    assert len(block.packet(0, 1 << 64, b"")) == len(block.packet(0, 0, b""))
    assert b"\\ud800" in block.packet(0, 0, b"", "\ud800")
    assert block.names({ip_address("::1"): "a\0b"}) == block.names({ip_address("::1"): "ab"})


def test_packets_that_are_one():
    """Have an epb_packetid in common, behind their comments (draft-ietf-opsawg-pcapng section 4.3)."""
    plain, same = block.packet(0, 0, b"x", "said"), block.packet(0, 0, b"x", "said", identity=0x0102_0304_0506_0708)
    assert plain[8:-8] + bytes.fromhex("05000800 0807060504030201 00000000") == same[8:-4]
    assert len(block.packet(0, 0, b"x")) + 16 == len(block.packet(0, 0, b"x", identity=1))
