"""Files of packets: what is in them, and what is left of them when they are damaged."""

import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.needs import needs
from support.packets import NOON, block, enhanced, interface, ip, pcap, reader, section, tcp
from tlscope.capture.foreign import pcapfile
from tlscope.capture.foreign.entry import Damage, Keys, Packet
from tlscope.capture.foreign.packets import segment
from tlscope.capture.foreign.pcapfile import NotPackets, entries

A, B, C = b"a" * 60, b"b" * 61, b"c" * 62
ORDERS = ["<", ">"]


def read(data):
    return list(entries(reader(data)))


def contents(found):
    return [entry.data for entry in found if isinstance(entry, Packet)]


def damages(found):
    return [entry for entry in found if isinstance(entry, Damage)]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_pcap(order, nanoseconds):
    """Of either byte order, in micro- and nanoseconds."""
    unit = 1 if nanoseconds else 1000
    expected = [Packet(NOON * 10**9, 101, A, 60), Packet((NOON + 1) * 10**9 + unit, 101, B, 61)]
    assert expected == read(pcap(A, B, order=order, nanoseconds=nanoseconds))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (b"\x1f\x8b\x08" + bytes(30), "gzip"),
        (b"TLSJ" + bytes(30), "tlscope capture"),
        (b'{"log": {"version": "1.2", "entries": []}}', "neither pcap nor pcapng"),
        (pcap(A)[:23], "ends before"),
        (section()[:11], "ends before"),
        (b"\n\r\r\n" + bytes(30), "ends before"),
    ],
)
def test_what_holds_no_packets(data, what):
    """Is said at once: what it is, and what to do."""
    with pytest.raises(NotPackets, match=what) as caught:
        entries(reader(data))
    assert caught.value.next


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_cut_at_every_byte(kind):
    """The packets that are whole are there, and that the last one is not, is said."""
    parts = [section() + interface(), enhanced(A), enhanced(B), enhanced(C)]
    if kind == "pcap":
        parts = [pcap(), pcap(A)[24:], pcap(B)[24:], pcap(C)[24:]]
    data, ends, at = b"".join(parts), [], 0
    for part in parts:
        at += len(part)
        ends.append(at)
    for cut in range(ends[0], len(data)):
        found = read(data[:cut])
        assert [A, B, C][: sum(end <= cut for end in ends[1:])] == contents(found), cut
        assert (cut not in ends) == bool(damages(found)), cut


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("length", [0x7FFFFFFF, 1000, pcapfile.MAX_PACKET])
def test_a_damaged_length_in_pcap(order, length):
    """Costs that packet; the next ones are found again."""
    whole = pcap(A, B, C, A, B, order=order)
    at = 24 + 16 + 60
    data = whole[: at + 8] + struct.pack(order + "I", length) + whole[at + 12 :]
    found = read(data)
    if length > 1000:
        assert [A, C, A, B] == contents(found)
        assert at == damages(found)[0].offset
    else:
        assert damages(found)


@given(st.binary(max_size=200), st.sampled_from([pcap(A, B), section() + interface() + enhanced(A), section(">"), b""]))
@settings(max_examples=100, deadline=None)
def test_any_bytes(data, before):
    """Are read to their end, or are no packets; what was whole before them stays."""
    try:
        found = read(before + data)
    except NotPackets:
        assert not before
    else:
        whole = contents(read(before)) if before else []
        assert whole == contents(found)[: len(whole)]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_any_byte_changed(data):
    """Nothing raises, and no packet is made up that is larger than the file."""
    whole = data.draw(st.sampled_from([pcap(A, B, C), section() + interface() + enhanced(A) + enhanced(B)]))
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :]
    try:
        found = read(changed)
    except NotPackets:
        return
    assert sum(map(len, contents(found))) <= len(whole)


def test_the_search_is_linear():
    """Behind a damage no byte is asked for again and again, whatever it looks like."""
    asked = 0
    tempting = b"\x06\0\0\0\x20\0\0\0" * 20_000
    data = section() + interface() + tempting

    def counting(offset, size):
        nonlocal asked
        asked += len(data[offset : offset + size])
        return data[offset : offset + size]

    assert [] == contents(list(entries(counting)))
    assert asked < 8 * len(data)


@pytest.mark.parametrize("kind", ["pcap", "nsecpcap", "pcapng"])
def test_as_editcap_writes_them(tmp_path, kind):
    """Packets and times are those of the file that was converted; a key log that is put into it is found."""
    (tmp_path / "old").write_bytes(pcap(A, B, C))
    keys = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48 + b"\n"
    (tmp_path / "keys").write_bytes(keys)
    options = ["--inject-secrets", f"tls,{tmp_path / 'keys'}"] if kind == "pcapng" else []
    subprocess.run([needs("editcap"), "-F", kind, *options, tmp_path / "old", tmp_path / "new"], check=True)
    found = read((tmp_path / "new").read_bytes())
    assert read(pcap(A, B, C)) == [entry for entry in found if isinstance(entry, Packet)]
    assert ([keys] if options else []) == [entry.lines for entry in found if isinstance(entry, Keys)]


def test_as_mergecap_writes_them(tmp_path):
    """Interfaces of several link types and units of time, keys behind packets: as tshark reads them."""
    ethernet = bytes(12) + b"\x08\0"
    files = {
        "raw": pcap(ip("10.0.0.1", "10.0.0.2", tcp(1000, 443, 1, data=A)), nanoseconds=True),
        "ethernet": pcap(
            *(ethernet + ip("10.0.0.1", "10.0.0.2", tcp(1001, 443, 1, data=data)) for data in (B, C)), link=1
        ),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    merged = tmp_path / "merged"
    subprocess.run([needs("mergecap"), "-F", "pcapng", "-w", merged, *(tmp_path / name for name in files)], check=True)
    keys = block(10, struct.pack("<II", 0x544C534B, 5) + b"keys\n")
    found = read(merged.read_bytes() + keys)
    names = [option for name in ("frame.time_epoch", "frame.len", "tcp.payload") for option in ("-e", name)]
    told = subprocess.run(
        [needs("tshark"), "-n", "-r", merged, "-T", "fields", *names], check=True, capture_output=True, text=True
    )
    expected = [line.split("\t") for line in told.stdout.splitlines()]
    seen = [entry for entry in found if isinstance(entry, Packet)]
    assert {1, 101} == {packet.link for packet in seen}
    assert expected == [
        [
            f"{packet.wall // 10**9}.{packet.wall % 10**9:09d}",
            str(packet.original),
            segment(packet.link, packet.data).data.hex(),
        ]
        for packet in seen
    ]
    assert Keys(b"keys\n") == found[-1]
