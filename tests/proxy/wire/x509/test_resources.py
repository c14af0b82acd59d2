"""Addresses and networks in certificates, against what OpenSSL wrote, and printed, of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.field import Cursor
from tlscope.wire.x509.extensions import KNOWN

ADDRESSES, SYSTEMS = "1.3.6.1.5.5.7.1.7", "1.3.6.1.5.5.7.1.8"
# OpenSSL 3.0, of sbgp-ipAddrBlock=IPv4:10.0.0.0/8,IPv4:192.0.2.4-192.0.2.9,IPv4-SAFI:1:198.51.100.0/24,
# IPv6:2001:db8::/32,IPv6:2001:dba::-2001:dbb::ffff and sbgp-autonomousSysNum=AS:64496,AS:64500-64511,RDI:inherit
BLOCKS = bytes.fromhex(
    "3054301a0402000130140302000a300e030502c0000204030501c0000208300d04030001013006030400c6336430270402000230210305002001"
    "0db8301803050120010dba030f0020010dbb00000000000000000000"
)
NUMBERS = bytes.fromhex("3019a0133011020300fbf0300a020300fbf4020300fbffa1020500")


def within(oid, data):
    cursor = Cursor(data)
    cursor.guarded(KNOWN[oid].parse)
    return cursor.field("x", "X")


def test_addresses_are_what_openssl_prints():
    """Prefixes and ranges of both families, the last address of a range with its ones filled in."""
    tree = within(ADDRESSES, BLOCKS)
    assert [
        "IPv4: 10.0.0.0/8, 192.0.2.4-192.0.2.9",
        "IPv4 unicast: 198.51.100.0/24",
        "IPv6: 2001:db8::/32, 2001:dba::-2001:dbb::ffff",
    ] == [family.text for family in tree.all("pkix1explicit.IPAddressFamily_element")]
    assert "192.0.2.9" == tree.first("pkix1explicit.max").value
    assert [] == malformed_in(tree)


def test_numbers_are_what_openssl_prints():
    """Single ones, a range, and what is the issuer's."""
    tree = within(SYSTEMS, NUMBERS)
    assert "AS 64496, 64500-64511; RDI inherit" == tree.first("pkix1explicit.ASIdentifiers_element").text
    assert [64496] == [field.value for field in tree.all("pkix1explicit.ASId")]
    assert [] == malformed_in(tree)


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("3006 04020001 0500", "IPv4: inherit"),
        ("300a 04020001 3004 030200c0", "IPv4: 192.0.0.0/8"),
        ("3009 04020001 3003 030100", "IPv4: 0.0.0.0/0"),
        ("300a 04020003 3004 030200c0", "family 3: c0"),
        ("300b 0403000280 3004 03020020", "IPv6 MPLS: 2000::/8"),
        # RFC 3779 section 2.2.3.8: as the ends of a range, the same bits are the first and the last address
        ("3010 04020001 300a 3008 030200c0 030200c0", "IPv4: 192.0.0.0-192.255.255.255"),
    ],
)
def test_what_a_family_holds(block, text):
    """Inherited, everything, of an unknown kind, and with bits left out."""
    block = bytes.fromhex(block)
    tree = within(ADDRESSES, b"\x30" + bytes((len(block),)) + block)
    assert text == tree.first("pkix1explicit.IPAddressFamily_element").text
    assert [] == malformed_in(tree)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("300e 04020001 3008 030600c000020001", "40 bits, where an address has 32"),
        ("3008 040101 3003 030100", "two or three octets"),
        ("300a 04020001 3004 030209c0", "9 unused bits"),
    ],
)
def test_what_cannot_be(block, reason):
    """Is said where it is."""
    block = bytes.fromhex(block)
    found = malformed_in(within(ADDRESSES, b"\x30" + bytes((len(block),)) + block))
    assert any(reason in each for each in found), found


@pytest.mark.parametrize(("oid", "data"), [(ADDRESSES, BLOCKS), (SYSTEMS, NUMBERS)])
def test_whatever_is_done_to_them(oid, data):
    """A tree, always; and RFC 8360's twins are read alike."""
    torture(lambda broken: within(oid, broken), data)
    twin = {ADDRESSES: "1.3.6.1.5.5.7.1.28", SYSTEMS: "1.3.6.1.5.5.7.1.29"}[oid]
    assert within(oid, data) == within(twin, data)


def test_time_is_linear():
    """Twice the prefixes, twice the steps."""

    def run(count):
        inside = b"\x03\x02\x00\xc0" * count
        listed = b"\x30\x82" + len(inside).to_bytes(2) + inside
        family = b"\x04\x02\x00\x01" + listed
        block = b"\x30\x82" + len(family).to_bytes(2) + family
        return steps(within, ADDRESSES, b"\x30\x82" + len(block).to_bytes(2) + block)

    assert run(400) < 2.1 * run(200)


@given(st.sampled_from([ADDRESSES, SYSTEMS]), st.binary(max_size=100))
def test_any_bytes(oid, data):
    """A tree."""
    check_tree(within(oid, data), data)
