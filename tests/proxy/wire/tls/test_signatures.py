"""Algorithms and signatures, as the versions write them."""

from __future__ import annotations

from support.dissecting import dissect, malformed_in, torture
from tlscope.wire.tls.context import Context
from tlscope.wire.tls.signatures import digitally_signed, scheme, schemes


def test_a_pair_of_tls_1_2_is_split():
    """Hash and signature below the scheme; one number in TLS 1.3."""
    tree = torture(lambda data: dissect(schemes, data), bytes.fromhex("0006 0403 0804 0a0a"))
    pair, single, grease = tree.all("tls.handshake.sig_hash_alg")
    assert ["SHA256 (0x04)", "ECDSA (0x03)"] == [child.text for child in pair.children]
    assert ((), "rsa_pss_rsae_sha256 (0x0804)") == (single.children, single.text)
    assert "GREASE 0x0A0A" == grease.text
    assert "ignoring" in grease.note


def test_half_a_scheme():
    """What is there of it is kept."""
    tree = dissect(scheme, b"\4")
    assert 4 == tree.first("tls.handshake.sig_hash_hash").value
    assert malformed_in(tree)


def test_the_algorithm_is_named_since_tls_1_2():
    """By the version, or where that is unknown by the length."""
    old, new = b"\0\3sig", b"\4\1\0\3sig"
    for version, data, named in ((0x0302, old, 0), (0x0303, new, 1), (0x0304, new, 1), (0, old, 0), (0, new, 1)):
        tree = dissect(lambda cursor: digitally_signed(cursor, Context(version), "n", "r"), data)  # noqa: B023 - called at once
        assert named == len(tree.all("tls.handshake.sig_hash_alg"))
        assert b"sig" == tree.first("tls.handshake.sig").value
        assert [] == malformed_in(tree)


def test_a_scheme_of_tls_1_3_is_no_pair_though_its_number_is_low():
    """RFC 9963 section 3: 0x0420 has no signature algorithm 0x20."""
    tree = dissect(scheme, b"\4\x20")
    assert ("rsa_pkcs1_sha256_legacy (0x0420)", ()) == (tree.children[0].text, tree.children[0].children)
