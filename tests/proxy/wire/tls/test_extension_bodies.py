"""Bodies of extensions that no capture of ours has; the rest is held against Wireshark in test_messages.py."""

from __future__ import annotations

import pytest

from support.dissecting import dissect, malformed_in, texts_of
from tlscope.wire.tls import extension_bodies as bodies


@pytest.mark.parametrize(
    ("parse", "data", "key", "texts"),
    [
        (
            "supported_versions",
            "06 5a5a 0304 7f1c",
            ".supported_version",
            ["GREASE 0x5A5A", "TLSv1.3 (0x0304)", "unknown 0x7F1C"],
        ),
        ("selected_version", "0304", ".supported_version", ["TLSv1.3 (0x0304)"]),
        ("supported_groups", "0004 11ec 001d", "_supported_group", ["X25519MLKEM768 (0x11ec)", "x25519 (0x001d)"]),
        ("ec_point_formats", "01 00", "_point_format", ["uncompressed (0x00)"]),
        ("alpn", "0008 02 4a4a 02 6832 01 ff", "_alpn_str", ["GREASE 0x4A4A", "h2", "0xff"]),
        ("alps", "0003 02 6832", "_alps_alpn_str", ["h2"]),
        ("alps_settings", "abcd", "_alps.settings", ["abcd"]),
        ("npn", "02 6832 08 687474702f312e31", "_npn", ["h2", "http/1.1"]),
        ("cookie", "0002 abcd", ".cookie", ["abcd"]),
        ("renegotiation_info", "02 abcd", "_reneg_info", ["abcd"]),
        ("record_size_limit", "4001", "record_size_limit", ["16385 bytes"]),
        ("max_fragment_length", "04", "max_fragment_length", ["two_to_the_12 (0x04)"]),
        (
            "compress_certificate",
            "06 0001 0002 0003",
            ".algorithm",
            ["zlib (0x0001)", "brotli (0x0002)", "zstd (0x0003)"],
        ),
        ("heartbeat", "02", ".mode", ["peer_not_allowed_to_send (0x02)"]),
        ("use_srtp", "0002 0007 01 aa", ".protection_profile", ["SRTP_AEAD_AES_128_GCM (0x0007)"]),
        ("srp", "02 6d65", "_srp_username", ["me"]),
        ("padding", "0000", "_padding_data", ["2 zero bytes"]),
        ("connection_id", "02 abcd", "tls.connection_id", ["abcd"]),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_bodies(parse, data, key, texts):
    """What stands in each, by name; whole, cut and changed."""
    assert texts == texts_of(getattr(bodies, parse), bytes.fromhex(data), key)


def test_padding_that_is_none():
    """Bytes that are not zero are shown, with a word."""
    (field,) = dissect(bodies.padding, b"\0\1").children
    assert ("0001", "Not all zero, as it must be.") == (field.text, field.note)


@pytest.mark.parametrize(
    "parse", ["supported_versions", "supported_groups", "ec_point_formats", "compress_certificate"]
)
def test_an_empty_list_is_malformed(parse):
    """The RFCs let none of these lists be empty."""
    (why,) = malformed_in(dissect(getattr(bodies, parse), bytes(2 if parse == "supported_groups" else 1)))
    assert why.endswith(" is empty")


def test_values_are_explained():
    """What a value means stands beside it."""
    assert "4096 bytes" in dissect(bodies.max_fragment_length, b"\4").children[0].note
    assert (
        "deprecated" in dissect(bodies.ec_point_formats, b"\1\1").first("tls.handshake.extensions_ec_point_format").note
    )
    assert "draft 28" in dissect(bodies.selected_version, b"\x7f\x1c").children[0].note
