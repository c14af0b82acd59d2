"""Key shares and their parts; the sizes are asked of OpenSSL and cryptography."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.dissecting import dissect, malformed_in, torture
from tlscope.wire.tls.codes import NamedGroup
from tlscope.wire.tls.key_shares import PARTS, client_shares, selected_group, server_share
from tlscope.wire.tls.messages import dissect as dissect_message

POST_QUANTUM = Path(__file__).parents[3] / "data" / "hellos" / "openssl-4.0-post-quantum.bin"
EXCHANGE = "tls.handshake.extensions_key_share_key_exchange"


def share(group, key):
    return group.to_bytes(2) + len(key).to_bytes(2) + key


def test_a_real_hybrid():
    """OpenSSL's hello: ML-KEM's encapsulation key first, then X25519's."""
    tree = dissect_message(22, POST_QUANTUM.read_bytes()[5:])
    hybrid, plain = tree.all(EXCHANGE)
    assert [("ML-KEM-768 Encapsulation Key", 1184), ("X25519 Public Key", 32)] == [
        (part.label, part.length) for part in hybrid.children
    ]
    assert (32, ()) == (plain.length, plain.children)


@pytest.mark.parametrize("group", [group for group, parts in PARTS.items() if len(parts) > 1], ids=lambda g: g.name)
def test_hybrids_are_split(group):
    """In their order and sizes; a client's half is a key, a server's a ciphertext."""
    for client, parse, word in ((True, client_shares, "Encapsulation Key"), (False, server_share, "Ciphertext")):
        sizes = [part.size(client=client) for part in PARTS[group]]
        data = share(group, bytes(sum(sizes)))
        data = len(data).to_bytes(2) + data if client else data
        tree = torture(lambda data: dissect(parse, data), data, cuts=50, flips=20)  # noqa: B023 - called at once
        found = tree.first(EXCHANGE).children
        assert sizes == [part.length for part in found]
        assert 1 == sum(word in part.label for part in found)
        assert [] == malformed_in(tree)


@pytest.mark.parametrize(
    ("group", "curve"),
    [
        (NamedGroup.secp256r1, ec.SECP256R1()),
        (NamedGroup.secp384r1, ec.SECP384R1()),
        (NamedGroup.secp521r1, ec.SECP521R1()),
        (NamedGroup.brainpoolP512r1tls13, ec.BrainpoolP512R1()),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_points_have_coordinates(group, curve):
    """Those of cryptography's key."""
    key = ec.generate_private_key(curve).public_key()
    raw = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    tree = torture(lambda data: dissect(server_share, data), share(group, raw), flips=50)
    numbers = key.public_numbers()
    found = [int.from_bytes(tree.first(f"tls.handshake.ec_point.{axis}").value) for axis in "xy"]
    assert [numbers.x, numbers.y] == found
    assert "uncompressed (0x04)" == tree.first("tls.handshake.ec_point.form").text
    packed = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    tree = dissect(server_share, share(group, packed))
    assert [] == malformed_in(tree)
    assert numbers.x == int.from_bytes(tree.first("tls.handshake.ec_point.x").value)


@pytest.mark.parametrize("made", [x25519.X25519PrivateKey, x448.X448PrivateKey], ids=["x25519", "x448"])
def test_keys_that_are_one_number(made):
    """The right size is well, any other is malformed."""
    raw = made.generate().public_key().public_bytes_raw()
    group = NamedGroup.x25519 if len(raw) == 32 else NamedGroup.x448
    assert [] == malformed_in(dissect(server_share, share(group, raw)))
    assert malformed_in(dissect(server_share, share(group, raw[1:])))
    assert malformed_in(dissect(server_share, share(group, raw + b"!")))


def test_unknown_groups_and_grease():
    """Any bytes are well."""
    tree = dissect(client_shares, b"\0\x0a" + share(0x0A0A, b"\0") + share(0x9999, b"x"))
    assert ["GREASE 0x0A0A", "unknown 0x9999"] == [
        entry.text for entry in tree.all("tls.handshake.extensions_key_share_entry")
    ]
    assert [] == malformed_in(tree)


def test_what_a_retry_selects():
    """One group."""
    assert "secp384r1 (0x0018)" == dissect(selected_group, b"\0\x18").children[0].text
