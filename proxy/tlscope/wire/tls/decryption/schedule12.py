"""The keys of TLS 1.0 to 1.2, a function for each step.

    premaster secret    what the key exchange agreed on
         |  PRF("master secret", client random + server random)          RFC 5246 section 8.1
         |  or PRF("extended master secret", hash of the handshake)      RFC 7627 section 4
    master_secret
         |  PRF("key expansion", server random + client random)          RFC 5246 section 6.3
    key_block, cut into two MAC keys, two keys and two IVs, the client's before the server's each time

The old master secret depends on the randoms only: a man in the middle can bring two connections to the same one, with
different certificates (the triple handshake). The extended one hashes the certificates too.
"""

from __future__ import annotations

from tlscope.wire.tls.decryption.ciphers import CBC, Cipher
from tlscope.wire.tls.decryption.keys import DERIVED, Step
from tlscope.wire.tls.decryption.prf import TLS1_2, digest_size, prf
from tlscope.wire.tls.decryption.protection import TLS1_1, Keys

MASTER_SECRET = 48
VERIFY_DATA = 12


def master_secret(version: int, cipher: Cipher, premaster: bytes, client_random: bytes, server_random: bytes) -> Step:
    """Of the premaster secret and the randoms (RFC 5246 section 8.1)."""
    seed = client_random + server_random
    made = prf(version, cipher.hash, premaster, b"master secret", seed=seed, length=MASTER_SECRET)
    inputs = (
        ("premaster secret", premaster),
        ("ClientHello.random", client_random),
        ("ServerHello.random", server_random),
    )
    formula = 'PRF(premaster secret, "master secret", ClientHello.random + ServerHello.random)[0..47]'
    return Step("master_secret", formula, inputs, made, _reference(version, "8.1"))


def extended_master_secret(version: int, cipher: Cipher, premaster: bytes, session_hash: bytes) -> Step:
    """Of the premaster secret and the handshake up to ClientKeyExchange (RFC 7627 section 4)."""
    made = prf(version, cipher.hash, premaster, b"extended master secret", seed=session_hash, length=MASTER_SECRET)
    inputs = (("premaster secret", premaster), ("session_hash", session_hash))
    formula = 'PRF(premaster secret, "extended master secret", session_hash)[0..47]'
    return Step("master_secret", formula, inputs, made, "RFC 7627 section 4")


def key_block(
    version: int, cipher: Cipher, master: bytes, client_random: bytes, server_random: bytes
) -> tuple[list[Step], Keys, Keys]:
    """The key block and its parts as steps; the client's keys and the server's."""
    mac, iv = _lengths(version, cipher)
    size = 2 * (mac + cipher.key + iv)
    made = prf(version, cipher.hash, master, b"key expansion", seed=server_random + client_random, length=size)
    inputs = (("master_secret", master), ("ServerHello.random", server_random), ("ClientHello.random", client_random))
    formula = f'PRF(master_secret, "key expansion", ServerHello.random + ClientHello.random)[0..{size - 1}]'
    steps = [Step("key_block", formula, inputs, made, _reference(version, "6.3"))]
    parts, at = [], 0
    for what, length in (("MAC_key", mac), ("key", cipher.key), ("IV", iv)):
        for side in ("client", "server"):
            part = made[at : at + length]
            parts.append(part)
            if length:
                formula = f"key_block[{at}..{at + length - 1}]"
                source = (("key_block", made),)
                steps.append(Step(f"{side}_write_{what}", formula, source, part, _reference(version, "6.3"), DERIVED))
            at += length
    return steps, Keys(*parts[0::2]), Keys(*parts[1::2])


def _lengths(version: int, cipher: Cipher) -> tuple[int, int]:
    """Bytes of a MAC key and of an IV: since TLS 1.1 a CBC record brings its own (RFC 4346 section 6.2.3.2)."""
    mac = digest_size(cipher.mac) if cipher.mac else 0
    return mac, cipher.block if cipher.kind == CBC and version < TLS1_1 else cipher.salt


def verify_data(version: int, cipher: Cipher, master: bytes, side: str, transcript_hash: bytes) -> Step:
    """What the Finished of `client` or `server` must hold (RFC 5246 section 7.4.9)."""
    label = f"{side} finished"
    made = prf(version, cipher.hash, master, label.encode(), seed=transcript_hash, length=VERIFY_DATA)
    inputs = (("master_secret", master), ("Hash(handshake_messages)", transcript_hash))
    formula = f'PRF(master_secret, "{label}", Hash(handshake_messages))[0..11]'
    return Step(f"verify_data of {side} Finished", formula, inputs, made, _reference(version, "7.4.9"))


def _reference(version: int, section: str) -> str:
    rfc = 5246 if version >= TLS1_2 else 4346 if version == TLS1_1 else 2246
    return f"RFC {rfc} section {section}"
