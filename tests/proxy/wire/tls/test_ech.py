"""Encrypted ClientHello: the shapes of RFC 9849."""

from __future__ import annotations

import base64

from support.dissecting import dissect, malformed_in, torture
from tlscope.wire.tls import ech

# The ECHConfigList that crypto.cloudflare.com had in its HTTPS record in 2023
CLOUDFLARE = base64.b64decode(
    "AEX+DQBBpwAgACBPcBbUBgtXtXmHyIGXSU3AUt7z+6EpBGmbrGEYNKu7DQAEAAEAAQASY2xvdWRmbGFyZS1lY2guY29tAAA="
)


def value(tree, key):
    return tree.first(f"tls.ech.{key}").value


def test_a_real_config():
    """Its key, its suites, the name to show outside."""
    tree = torture(lambda data: dissect(ech.config_list, data), CLOUDFLARE)
    assert [] == malformed_in(tree)
    assert "cloudflare-ech.com" == value(tree, "echconfigcontents.public_name")
    assert (0x20, 1, 1) == (
        value(tree, "hpke.keyconfig.kem_id"),
        value(tree, "hpke.keyconfig.cipher_suite.kdf_id"),
        value(tree, "hpke.keyconfig.cipher_suite.aead_id"),
    )
    assert 32 == len(value(tree, "hpke.keyconfig.public_key"))
    assert "DHKEM_X25519_HKDF_SHA256 (0x0020)" == tree.first("tls.ech.hpke.keyconfig.kem_id").text


def test_other_versions_are_skipped():
    """Their contents are shown raw, what follows is read."""
    other = bytes.fromhex("fe0a 0002 abcd")
    data = (len(other) + len(CLOUDFLARE) - 2).to_bytes(2) + other + CLOUDFLARE[2:]
    tree = dissect(ech.config_list, data)
    assert [] == malformed_in(tree)
    assert b"\xab\xcd" == value(tree, "echconfig.contents")
    assert 2 == len(tree.all("tls.ech.echconfig"))


def test_extensions_of_a_config():
    """Kept; the mandatory ones are told."""
    body = bytearray(CLOUDFLARE)
    body[-2:] = bytes.fromhex("0006 8001 0002 aabb")
    body[1] += 6
    body[5] += 6
    tree = dissect(ech.config_list, bytes(body))
    assert [] == malformed_in(tree)
    assert "0x8001 (mandatory)" == tree.first("tls.ech.echconfigcontents.extension.type").text


def test_the_outer_hello():
    """Suite, key, the client's half and the sealed hello."""
    tree = torture(
        lambda data: dissect(ech.client_hello, data),
        bytes.fromhex("00 0001 0003 2a 0004 01020304 0006 aabbccddeeff"),
    )
    assert [] == malformed_in(tree)
    assert (42, bytes([1, 2, 3, 4])) == (value(tree, "config_id"), value(tree, "enc"))
    assert bytes.fromhex("aabbccddeeff") == value(tree, "payload")
    assert "ChaCha20Poly1305 (0x0003)" == tree.first("tls.ech.hpke.keyconfig.cipher_suite.aead_id").text


def test_the_inner_hello_and_a_retry():
    """One byte; eight bytes."""
    assert "inner (0x01)" == dissect(ech.client_hello, b"\1").children[0].text
    assert ["1 bytes too many"] == malformed_in(dissect(ech.client_hello, b"\1\0"))
    assert bytes(8) == value(dissect(ech.confirmation, bytes(8)), "confirmation")


def test_outer_extensions():
    """A list of types."""
    tree = torture(lambda data: dissect(ech.outer_extensions, data), bytes.fromhex("04 000a 0033"))
    assert [10, 51] == [field.value for field in tree.all("tls.ech.outer_extension")]


def test_an_unknown_type_of_hello_stays_raw():
    """Nothing tells how it goes on."""
    tree = dissect(ech.client_hello, b"\7abc")
    assert (b"abc", []) == (value(tree, "undecoded"), malformed_in(tree))


def test_a_cut_config_is_not_measured_by_what_follows():
    """Its length stands within the list, not behind it."""
    tree = dissect(ech.config_list, b"\0\2\xfe\x0d\xff\xff")
    assert not any("65539" in why for why in malformed_in(tree))


def test_outer_extensions_are_not_empty():
    """OuterExtensions<2..254> (RFC 9849 section 5.1)."""
    assert ["Outer Extensions is empty"] == malformed_in(dissect(ech.outer_extensions, b"\0"))
