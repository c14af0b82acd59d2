"""DNS messages: vectors of RFC 9460, messages made by hand, tshark as the oracle of a whole one."""

from __future__ import annotations

import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.content import describe
from tlscope.wire.content.dns import ITEMS, MAX_NAME, name
from tlscope.wire.content.reading import FIELDS
from tlscope.wire.field import Cursor, Short
from tools import tool

KIND = "application/dns-message"


def encoded(text):
    return b"".join(bytes((len(label),)) + label.encode() for label in text.split(".") if label) + b"\0"


def record(kind, data, owner=b"\xc0\x0c", ttl=300):
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def message(*answers, asked=1, authority=(), additional=()):
    counts = (1, len(answers), len(authority), len(additional))
    head = struct.pack(">HHHHHH", 0, 0x8180, *counts) + encoded("example.com") + struct.pack(">HH", asked, 1)
    return head + b"".join((*answers, *authority, *additional))


def read(data):
    content = describe(KIND, data)
    check_tree(content.tree, data)
    return content


OPT = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 8) + b"\0\x0c\0\4" + bytes(4)
HTTPS = bytes.fromhex("0001 00 0001 0006 026832026833 0004 0008 01010101 08080808 0005 0004 0002aabb")
WHOLE = message(
    record(65, HTTPS),
    record(1, bytes((93, 184, 216, 34))),
    record(28, bytes.fromhex("20010db8000000000000000000000001")),
    record(5, b"\3www\xc0\x0c"),
    record(15, b"\0\x0a\4mail\xc0\x0c"),
    record(16, b"\5hello\5world"),
    record(33, b"\0\1\0\2\1\xbb\3srv\xc0\x0c"),
    record(257, b"\0\5issueca.example"),
    record(52, b"\3\1\1" + bytes(32)),
    record(43, b"\x12\x34\x08\2" + bytes(32)),
    record(65280, b"\1\2\3"),
    authority=[record(6, b"\2ns\xc0\x0c\5admin\xc0\x0c" + struct.pack(">5I", 1, 2, 3, 4, 5))],
    additional=[OPT],
    asked=65,
)


def test_a_message():
    """Its question, its records by name and value, and its summary."""
    content = read(WHOLE)
    assert ("dns", "DNS response example.com HTTPS, NOERROR, 13 records", "") == (
        content.kind,
        content.summary,
        content.problem,
    )
    assert [
        "; example.com HTTPS",
        "example.com 300 IN HTTPS 1 . alpn=h2,h3 ipv4hint=1.1.1.1,8.8.8.8 ech=0002aabb",
        "example.com 300 IN A 93.184.216.34",
        "example.com 300 IN AAAA 2001:db8::1",
        "example.com 300 IN CNAME www.example.com",
        "example.com 300 IN MX 10 mail.example.com",
        'example.com 300 IN TXT "hello" "world"',
        "example.com 300 IN SRV 1 2 443 srv.example.com",
        'example.com 300 IN CAA 0 issue "ca.example"',
        f"example.com 300 IN TLSA 3 1 1 {'00' * 32}",
        f"example.com 300 IN DS 4660 8 2 {'00' * 32}",
        "example.com 300 IN TYPE65280 010203",
        "example.com 300 IN SOA ns.example.com admin.example.com 1 2 3 4 5",
        "; EDNS, UDP 1232",
    ] == content.text.splitlines()
    assert "RFC 9849" in next(field.note for field in content.tree.walk() if field.note.startswith("The server's ECH"))


def test_a_query():
    """Is called one; a response tells its code."""
    query = bytes.fromhex(
        "00000100000100000000000003777777076578616d706c6503636f6d0000010001"
    )  # RFC 8484 section 4.1.1
    assert "DNS query www.example.com A" == read(query).summary
    assert "DNS response www.example.com A, NXDOMAIN, 0 records" == read(query[:2] + b"\x81\x83" + query[4:]).summary


@pytest.mark.parametrize(
    ("data", "text"),
    [  # RFC 9460 appendix D
        ("0000 03666f6f076578616d706c6503636f6d00", "0 foo.example.com"),
        ("0001 00", "1 ."),
        ("0010 03666f6f076578616d706c6503636f6d00 0003 0002 0035", "16 foo.example.com port=53"),
        ("0001 03666f6f076578616d706c6503636f6d00 029b 0005 68656c6c6f", "1 foo.example.com key667=68656c6c6f"),
        (
            f"0001 03666f6f076578616d706c6503636f6d00 0006 0020 20010db8{1:024x} 20010db8{0x530001:024x}",
            "1 foo.example.com ipv6hint=2001:db8::1,2001:db8::53:1",
        ),
        (
            "0010 03666f6f076578616d706c65036f726700 0000 0004 00010004 00010009 0268320568332d3139 0004 0004 c0000201",
            "16 foo.example.org mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1",
        ),
    ],
)
def test_service_bindings(data, text):
    """As the RFC writes them."""
    for kind, called in ((64, "SVCB"), (65, "HTTPS")):
        content = read(message(record(kind, bytes.fromhex(data))))
        assert (f"example.com 300 IN {called} {text}", "") == (content.text.splitlines()[1], content.problem)


def test_the_oracle(tmp_path):
    """Wireshark reads the same names, types and values in the same message."""
    tool("tshark")
    data = message(record(5, b"\3www\xc0\x0c"), record(1, bytes((1, 2, 3, 4))), record(65, HTTPS), additional=[OPT])
    udp = struct.pack(">HHHH", 53, 5353, 8 + len(data), 0) + data
    packet = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
    pcap = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + struct.pack(
        "<IIII", 0, 0, len(packet), len(packet)
    )
    (tmp_path / "dns.pcap").write_bytes(pcap + packet)
    keys = (
        "dns.qry.name",
        "dns.resp.name",
        "dns.resp.type",
        "dns.cname",
        "dns.a",
        "dns.svcb.svcparam.alpn",
        "dns.resp.ttl",
    )
    options = [option for key in keys for option in ("-e", key)]
    command = ["tshark", "-r", "dns.pcap", "-T", "fields", *options]
    said = (
        subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True)
        .stdout.rstrip("\n")
        .split("\t")
    )
    tree = read(data).tree
    for key, expected in zip(keys, said, strict=True):
        found = [str(field.value) for field in tree.all(key)]
        assert [part for part in expected.split(",") if part != "<Root>"] == [part for part in found if part != "."], (
            key
        )


def test_names():
    """Escaped where they hold anything but letters, digits and hyphens; pointers are followed."""
    assert r"a\.b.\010" == name(Cursor(b"\3a.b\1\n\0"))
    cursor = Cursor(b"\1a\0\1b\xc0\0!", 3)
    assert ("b.a", 7) == (name(cursor), cursor.at)


@pytest.mark.parametrize(
    "data", [b"\xc0\0", b"\1a\xc0\0", b"\xc0", b"\1", b"\x40a\0", b"", b"\xc0\5\0", b"\x3f" + b"a" * 63]
)
def test_names_that_are_none(data):
    """Loops, pointers ahead, labels of unknown types, names cut short: none is followed for long."""
    with pytest.raises(Short):
        name(Cursor(data))


def test_names_are_bounded():
    """A chain of pointers is no longer than a name may be."""
    chain = b"\1a\0" + b"".join(
        b"\1a" + struct.pack(">H", 0xC000 | max(0, at - 4 + (at == 3))) for at in range(3, 2000, 4)
    )
    with pytest.raises(Short, match=str(MAX_NAME)):
        name(Cursor(chain, len(chain) - 4))


def test_whatever_is_done_to_it():
    """A tree."""
    torture(lambda data: describe(KIND, data).tree, WHOLE, cuts=100, flips=60)


def test_a_record_that_says_too_much():
    """Is read as far as it goes; what lies in another is not run into."""
    cut = message(record(1, b"\1\2\3\4\5"), record(1, b"\1\2\3\4"))
    assert ["1 bytes too many"] == malformed_in(read(cut).tree)
    assert ["1.2.3.4", "1.2.3.4"] == [field.value for field in read(cut).tree.all("dns.a")]


def test_limits():
    """Fields are bounded, whatever is counted."""
    tree = read(message(*[record(1, bytes(4))] * 5000)).tree
    assert len(list(tree.walk())) < FIELDS + 100
    for kind, data in ((16, bytes(60_000)), (65, b"\0\1\0" + bytes(60_000)), (41, bytes(60_000))):
        assert len(list(read(message(record(kind, data))).tree.walk())) < 5 * ITEMS


@pytest.mark.parametrize("counts", [(0xFFFF, 0, 0, 0), (0, 0xFFFF, 0xFFFF, 0xFFFF)])
def test_counts_alone_buy_nothing(counts):
    """A header that announces records which are not there is told as cut short, not field by field."""
    tree = read(struct.pack(">6H", 0, 0x8180, *counts)).tree
    assert 30 > sum(1 for _ in tree.walk())
    (reason,) = malformed_in(tree)
    assert "65535 " in reason
    assert "missing" in reason


@given(st.binary())
@settings(max_examples=30, deadline=None)
def test_any_bytes(data):
    """Are described, alone and as a record's data."""
    read(data)
    for kind in (5, 6, 15, 16, 33, 41, 46, 48, 65, 257):
        read(message(record(kind, data)))


def test_time_is_linear():
    """Twice the records, twice the steps; also of the longest names."""
    long = b"\x3f" + b"a" * 63
    for unit in (record(1, bytes(4)), record(5, b"\xc0\x0c"), record(16, b"\0" * 50), record(2, long * 3 + b"\0")):
        one, two = (steps(read, message(*[unit] * count)) for count in (100, 200))
        assert two < 2.2 * one
