"""Bodies of extensions that no capture of ours has; the rest is held against Wireshark in test_messages.py."""

from __future__ import annotations

import pytest

from support.dissecting import malformed_in, torture
from tlscope.wire.field import Cursor
from tlscope.wire.tls import extension_bodies as bodies


def dissect(parse, data):
    cursor = Cursor(data)
    cursor.guarded(parse)
    return cursor.field("x", "X")


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
        ("psk_modes", "03 0b 00 01", "psk_ke_mode", ["unknown 0x0B", "psk_ke (0x00)", "psk_dhe_ke (0x01)"]),
        ("selected_psk", "0001", ".selected", ["1"]),
        ("max_early_data", "00004000", "max_early_data_size", ["16384 bytes"]),
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
        ("token_binding", "01 00 02 02 00", ".key_parameter", ["ecdsap256 (0x02)", "rsa2048_pkcs1_5 (0x00)"]),
        ("srp", "02 6d65", "_srp_username", ["me"]),
        ("session_ticket", "abcd", ".session_ticket", ["abcd"]),
        ("padding", "0000", "_padding_data", ["2 zero bytes"]),
        ("connection_id", "02 abcd", "tls.connection_id", ["abcd"]),
        ("ticket_request", "02 01", ".new_session_count", ["2"]),
        ("ticket_hint", "02", ".expected_count", ["2"]),
        ("ekt_ciphers", "01 00", ".ekt_cipher", ["0"]),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_bodies(parse, data, key, texts):
    """What stands in each, by name; whole, cut and changed."""
    data = bytes.fromhex(data)
    tree = torture(lambda data: dissect(getattr(bodies, parse), data), data, flips=50)
    assert [] == malformed_in(tree)
    assert texts == [field.text for field in tree.walk() if field.key.endswith(key)]


def test_pre_shared_keys():
    """Identities with their ages, binders with theirs."""
    data = bytes.fromhex("0010 0003 616263 01020304 0001 64 00000000") + b"\0\x42" + 2 * (b"\x20" + bytes(32))
    tree = torture(lambda data: dissect(bodies.offered_psks, data), data)
    assert [] == malformed_in(tree)
    key = "tls.handshake.extensions.psk"
    assert [b"abc", b"d"] == [field.value for field in tree.all(f"{key}.identity.identity")]
    assert [0x01020304, 0] == [field.value for field in tree.all(f"{key}.identity.obfuscated_ticket_age")]
    assert [bytes(32)] * 2 == [field.value for field in tree.all(f"{key}.binder")]


def test_padding_that_is_none():
    """Bytes that are not zero are shown, with a word."""
    (field,) = dissect(bodies.padding, b"\0\1").children
    assert ("0001", "Not all zero, as it must be.") == (field.text, field.note)
