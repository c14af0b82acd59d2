"""Bodies that carry on a session; the rest is held against Wireshark in test_messages.py."""

from __future__ import annotations

import pytest

from support.dissecting import dissect, malformed_in, texts_of, torture
from tlscope.wire.tls import resumption


@pytest.mark.parametrize(
    ("parse", "data", "key", "texts"),
    [
        ("psk_modes", "03 0b 00 01", "psk_ke_mode", ["unknown 0x0B", "psk_ke (0x00)", "psk_dhe_ke (0x01)"]),
        ("selected_psk", "0001", ".selected", ["1"]),
        ("max_early_data", "00004000", "max_early_data_size", ["16384 bytes"]),
        ("session_ticket", "abcd", ".session_ticket", ["abcd"]),
        ("ticket_request", "02 01", ".new_session_count", ["2"]),
        ("ticket_hint", "02", ".expected_count", ["2"]),
    ],
)
def test_bodies(parse, data, key, texts):
    """What stands in each, by name; whole, cut and changed."""
    assert texts == texts_of(getattr(resumption, parse), bytes.fromhex(data), key)


def test_pre_shared_keys():
    """Identities with their ages, binders with theirs."""
    data = bytes.fromhex("0010 0003 616263 01020304 0001 64 00000000") + b"\0\x42" + 2 * (b"\x20" + bytes(32))
    tree = torture(lambda data: dissect(resumption.offered_psks, data), data)
    assert [] == malformed_in(tree)
    key = "tls.handshake.extensions.psk"
    assert [b"abc", b"d"] == [field.value for field in tree.all(f"{key}.identity.identity")]
    assert [0x01020304, 0] == [field.value for field in tree.all(f"{key}.identity.obfuscated_ticket_age")]
    assert [bytes(32)] * 2 == [field.value for field in tree.all(f"{key}.binder")]
    assert "abc" == tree.first(f"{key}.identity.identity").text


def test_each_identity_has_its_binder():
    """One proof for each (RFC 8446 section 4.2.11)."""
    data = bytes.fromhex("0007 0001 61 01020304 0042") + 2 * (b"\x20" + bytes(32))
    (why,) = malformed_in(dissect(resumption.offered_psks, data))
    assert "1 identities and 2 binders: there must be one for each" == why
