"""The master secret from what is known."""

from __future__ import annotations

import pytest

from support.tls_pairs import TLS1_2, UP, Pair, key, opened
from tlscope.wire.tls.decryption import master
from tlscope.wire.tls.decryption.decrypt import Decryptor
from tlscope.wire.tls.decryption.epochs import Missing
from tlscope.wire.tls.decryption.keylog import Secrets


@pytest.fixture(scope="module")
def pair():
    made = Pair(TLS1_2, cipher="AES128-GCM-SHA256", kind="rsa").shake().say("client", b"hello").bye()
    made.close()
    return made


@pytest.fixture
def negotiation(pair):
    return opened(pair.wire, b"").decryptor.negotiation


@pytest.fixture
def premaster(pair):
    found = opened(pair.wire, Secrets(private_keys=[key("rsa")]))
    return found.decryptor.steps[0].output


def hello_random(pair):
    return pair.wire[0][1][11:43].hex().encode()


def test_a_premaster_secret_by_client_random(pair, premaster):
    """As some key logs have it."""
    found = opened(pair.wire, b"PMS_CLIENT_RANDOM " + hello_random(pair) + b" " + premaster.hex().encode())
    assert b"hello" == found.data(UP)
    assert "key log: PMS_CLIENT_RANDOM" == found.decryptor.steps[0].source


def test_a_premaster_secret_by_what_was_encrypted(pair, premaster, negotiation):
    """As old key logs have it: label RSA, and eight bytes of the ciphertext."""
    encrypted = negotiation.key_exchange[6:14].hex().encode()
    found = opened(pair.wire, b"RSA " + encrypted + b" " + premaster.hex().encode())
    assert b"hello" == found.data(UP)


def test_a_private_key_that_is_not_the_servers(negotiation):
    """Opens nothing; where the certificate is not known all keys are tried, and what they give is judged."""
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 (beside its one use)

    secrets = Secrets(private_keys=[rsa.generate_private_key(65537, 2048)])
    found = master.find(secrets, negotiation)
    assert isinstance(found, Missing)
    assert "CLIENT_RANDOM" in found.reason
    negotiation.certified.clear()
    found = master.find(secrets, negotiation)
    assert "does not open" in found.reason


def test_a_log_that_contradicts_the_key(pair, negotiation):
    """The log is believed: it may belong to who has the connection."""
    line = b"CLIENT_RANDOM " + hello_random(pair) + b" " + b"ab" * 48
    found, steps = master.find(Secrets(line, private_keys=[key("rsa")]), negotiation)
    assert b"\xab" * 48 == found
    assert ["key log: CLIENT_RANDOM"] == [step.source for step in steps]


def test_nothing_is_known(pair, negotiation):
    """And what is missing is named, with the random to look for."""
    found = master.find(Secrets(), negotiation)
    assert hello_random(pair).decode() in found.reason
    assert found.may_come


def test_an_extended_master_secret_needs_the_whole_handshake(negotiation):
    """Where some of it is not there, that is said."""
    negotiation.session_hash = b""
    assert "extended master secret" in master.find(Secrets(private_keys=[key("rsa")]), negotiation).reason


def test_a_decryptor_of_its_own():
    """Two decryptors share no secrets, unless told to."""
    assert Decryptor().secrets is not Decryptor().secrets
