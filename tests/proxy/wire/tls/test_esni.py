"""The forerunner of ECH; its client's half is held against Wireshark in test_wireshark.py."""

from __future__ import annotations

from support.dissecting import dissect, malformed_in, torture
from tlscope.wire.tls import esni


def test_the_clients_half():
    """Suite, key share, digest of the key, and the sealed name."""
    data = bytes.fromhex("1301 001d 0020") + bytes(32) + bytes.fromhex("0002 abcd 0003 123456")
    tree = torture(lambda data: dissect(esni.client_hello, data), data)
    assert [] == malformed_in(tree)
    assert "TLS_AES_128_GCM_SHA256 (0x1301)" == tree.first("tls.esni.suite").text
    assert 0x1D == tree.first("tls.handshake.extensions_key_share_group").value
    assert (b"\xab\xcd", b"\x12\x34\x56") == tuple(
        tree.first(f"tls.esni.{key}").value for key in ("record_digest", "encrypted_sni")
    )


def test_the_servers_half():
    """Sixteen bytes, no more and no less."""
    assert bytes(16) == dissect(esni.encrypted_extensions, bytes(16)).first("tls.esni.nonce").value
    assert ["1 bytes too many"] == malformed_in(dissect(esni.encrypted_extensions, bytes(17)))
    assert ["Nonce ends early"] == malformed_in(dissect(esni.encrypted_extensions, bytes(15)))
