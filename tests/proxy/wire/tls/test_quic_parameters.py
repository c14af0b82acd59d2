"""QUIC's transport parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, torture
from tlscope.wire.field import Cursor
from tlscope.wire.tls.quic_parameters import NOTES, PARSERS, parameters, varint
from tlscope.wire.tls.registries import QuicParameter


def dissect(data):
    cursor = Cursor(data)
    cursor.guarded(parameters)
    return cursor.field("x", "X")


def parameter(kind, value):
    return number(kind) + number(len(value)) + value


def number(value):
    for bits, size in ((6, 1), (14, 2), (30, 4), (62, 8)):
        if value < 1 << bits:
            return (value | (size.bit_length() - 1) << bits).to_bytes(size)
    raise AssertionError


@pytest.mark.parametrize(
    ("data", "value"),
    [("c2197c5eff14e88c", 151288809941952652), ("9d7f3e7d", 494878333), ("7bbd", 15293), ("25", 37), ("4025", 37)],
)
def test_integers_of_the_rfc(data, value):
    """The samples of RFC 9000 appendix A.1."""
    assert value == varint(Cursor(bytes.fromhex(data)))


def test_a_clients_parameters():
    """Names, values, units; GREASE and the unknown are kept."""
    data = b"".join(
        (
            parameter(0x01, number(30000)),
            parameter(0x04, number(1 << 20)),
            parameter(0x0C, b""),
            parameter(0x0F, b"\1\2\3"),
            parameter(0x11, bytes.fromhex("00000001 6b3343cf 0a1a2a3a")),
            parameter(0x20, number(65536)),
            parameter(0x3129, b"Chrome/140"),
            parameter(31 * 7 + 27, b"\xaa"),
            parameter(0x3FFF, b"\xbb"),
        )
    )
    tree = torture(dissect, data)
    assert [] == malformed_in(tree)
    found = {field.label: field.text for field in tree.children}
    assert "30000 ms" == found["max_idle_timeout (0x01)"]
    assert "1048576 bytes" == found["initial_max_data (0x04)"]
    assert "disable_active_migration (0x0c)" in found
    assert "010203" == found["initial_source_connection_id (0x0f)"]
    assert "Chrome/140" == found["google_user_agent (0x3129)"]
    assert "aa" == found["GREASE (0xf4)"]
    assert "bb" == found["unknown 0x3FFF"]
    assert 0x6B3343CF == tree.first("tls.quic.parameter.vi.other_version").value


def test_a_preferred_address():
    """Both addresses with their ports, an identifier and a token."""
    body = bytes([192, 0, 2, 1]) + b"\x01\xbb" + bytes.fromhex("20010db8" + "00" * 11 + "01") + b"\x01\xbb"
    tree = torture(dissect, parameter(0x0D, body + b"\4abcd" + bytes(16)))
    assert [] == malformed_in(tree)
    key = "tls.quic.parameter.preferred_address."
    assert ("192.0.2.1", "2001:db8::1") == (tree.first(f"{key}ipv4address").text, tree.first(f"{key}ipv6address").text)
    assert 443 == tree.first(f"{key}ipv6port").value


def test_broken_parameters():
    """What is cut, too long inside, or half an integer."""
    assert ["a variable-length integer"] == [
        said.removesuffix(" ends early").replace("Type", "a variable-length integer")
        for said in malformed_in(dissect(b"\x80"))
    ]
    assert ["1 bytes too many"] == malformed_in(dissect(parameter(1, b"\0\0")))
    assert "max_idle_timeout (0x01) says 9 bytes; 8 of them are not there" in malformed_in(dissect(b"\1\x09\0"))


def test_every_parameter_that_is_read_has_a_note():
    """And every one that is named."""
    assert set(PARSERS) <= set(NOTES) | {QuicParameter.google_support_handshake_done} | {
        QuicParameter.google_key_update_not_yet_supported
    }


@given(st.binary(max_size=200))
def test_any_bytes(data):
    """A tree."""
    check_tree(dissect(data), data)


def test_versions_have_names():
    """GREASE and drafts, too (RFC 9000 section 15)."""
    tree = dissect(parameter(0x11, bytes.fromhex("00000001 6b3343cf 0a1a2a3a ff00001d 12345678")))
    assert [
        "QUICv2 (0x6b3343cf)",
        "GREASE (0x0a1a2a3a)",
        "draft-29 (0xff00001d)",
        "unknown 0x12345678",
    ] == [field.text for field in tree.all("tls.quic.parameter.vi.other_version")]


def test_routing_in_connection_identifiers():
    """Two integers."""
    tree = torture(dissect, parameter(0x1000, b"\4\1"))
    assert (4, 1) == tuple(tree.first(f"tls.quic.parameter.cibir_encoding.{key}").value for key in ("length", "offset"))
