"""The keys of TLS 1.0 to 1.2, against OpenSSL's key log and its Finished messages."""

from __future__ import annotations

import pytest

from support.tls_pairs import TLS1, TLS1_1, TLS1_2, Pair, opened
from tlscope.wire.tls.decryption import schedule12
from tlscope.wire.tls.decryption.ciphers import cipher_of
from tlscope.wire.tls.decryption.keylog import Secrets
from tlscope.wire.tls.suites import CipherSuite

CLIENT, SERVER = b"c" * 32, b"s" * 32


def steps_of(pair):
    return {step.name: step for step in opened(pair.wire, pair.lines).decryptor.steps}


@pytest.mark.parametrize("version", [TLS1, TLS1_1, TLS1_2])
def test_verify_data(version):
    """Is what OpenSSL sent in its Finished messages, which its master secret and transcript give."""
    pair = Pair(version, cipher="AES128-SHA", kind="rsa").shake()
    steps = steps_of(pair)
    for side in ("client", "server"):
        finished = next(data for kind, data in pair.messages[side] if kind == 22 and data[0] == 20)
        assert finished[4:] == steps[f"verify_data of {side} Finished"].output
    for end in pair.ends.values():
        end.close()


def test_a_key_block_is_cut():
    """MAC keys, keys, IVs, the client's first; IVs of CBC in TLS 1.0 only, and no empty part is a step."""
    aes = cipher_of(CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA)
    steps, client, server = schedule12.key_block(TLS1, aes, b"m" * 48, CLIENT, SERVER)
    block = steps[0].output
    assert 2 * (20 + 16 + 16) == len(block)
    assert (block[:20], block[40:56], block[72:88]) == client
    assert (block[20:40], block[56:72], block[88:]) == server
    parts = ["MAC_key", "key", "IV"]
    assert ["key_block", *(f"{side}_write_{part}" for part in parts for side in ("client", "server"))] == [
        step.name for step in steps
    ]
    assert ("key_block[20..39]", "RFC 2246 section 6.3") == (steps[2].formula, steps[2].reference)
    later, client, _ = schedule12.key_block(TLS1_2, aes, b"m" * 48, CLIENT, SERVER)
    assert (2 * 36, b"", 5) == (len(later[0].output), client.iv, len(later))
    assert 2 * 36 == len(schedule12.key_block(TLS1_1, aes, b"m" * 48, CLIENT, SERVER)[0][0].output)
    gcm = cipher_of(CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256)
    _, client, _ = schedule12.key_block(TLS1_2, gcm, b"m" * 48, CLIENT, SERVER)
    assert (0, 16, 4) == tuple(map(len, client))


def test_master_secrets():
    """The old one is of the randoms, the extended one of the handshake's hash (RFC 7627 section 4)."""
    cipher = cipher_of(CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA)
    old = schedule12.master_secret(TLS1_2, cipher, b"p" * 48, CLIENT, SERVER)
    new = schedule12.extended_master_secret(TLS1_2, cipher, b"p" * 48, CLIENT + SERVER)
    assert 48 == len(old.output) == len(new.output)
    assert old.output != new.output
    assert ["premaster secret", "ClientHello.random", "ServerHello.random"] == [name for name, _ in old.inputs]
    assert ("RFC 7627 section 4", "session_hash") == (new.reference, new.inputs[1][0])


def test_steps_of_a_connection():
    """What a key log gives is said to come from it."""
    pair = Pair(TLS1_2).shake()
    steps = steps_of(pair)
    random = pair.wire[0][1][11:43]
    assert Secrets(pair.lines).find("CLIENT_RANDOM", random) == steps["master_secret"].output
    assert "key log: CLIENT_RANDOM" == steps["master_secret"].source
    assert (("master_secret", steps["master_secret"].output)) == steps["key_block"].inputs[0]
    for end in pair.ends.values():
        end.close()
