"""Bodies that no peer of ours sends; those that Wireshark knows are held against it in test_wireshark.py."""

from __future__ import annotations

import pytest

from support.dissecting import texts_of
from tlscope.wire.tls import rare_extensions


@pytest.mark.parametrize(
    ("parse", "data", "key", "texts"),
    [
        ("token_binding", "01 00 02 02 00", ".key_parameter", ["ecdsap256 (0x02)", "rsa2048_pkcs1_5 (0x00)"]),
        ("ekt_ciphers", "01 00", ".ekt_cipher", ["0"]),
        ("cached_objects", "0004 01 02 abcd", ".hash", ["abcd"]),
        ("cached_types", "0001 02", ".type", ["cert_req (0x02)"]),
        ("dnssec_port", "01bb", ".port", ["443"]),
        ("dnssec_chain", "0018 abcd", "_chain", ["abcd"]),
        ("user_mapping", "01 40", ".user_mapping_type", ["64"]),
        ("authz_formats", "02 00 01", ".authz_format", ["0", "1"]),
        ("pwd_clear", "02 6d65", ".pwd_clear", ["6d65"]),
        ("pwd_clear", "", ".pwd_clear", []),
        ("password_salt", "0001 aa", ".password_salt", ["aa"]),
    ],
)
def test_bodies(parse, data, key, texts):
    """What stands in each, by name; whole, cut and changed."""
    assert texts == texts_of(getattr(rare_extensions, parse), bytes.fromhex(data), key)
