"""Proofs of a handshake; the live ones are in the files test_decrypt*.py."""

from __future__ import annotations

import pytest

from support import traces
from support.tls_pairs import TLS1_2, Pair, opened
from tlscope.wire.tls.decryption import confirm
from tlscope.wire.tls.decryption.negotiation import Negotiation, read_hello
from tlscope.wire.tls.decryption.proofs import Certified


@pytest.fixture
def negotiation():
    client, server = traces.read("simple-1rtt").hellos()
    return Negotiation(read_hello(client, server=False), server=read_hello(server, server=True))


def test_what_is_missing_is_said(negotiation):
    """No certificate, no secret, a gap in the transcript: not checked, which is neither right nor wrong."""
    transcript = negotiation.transcript
    proof = confirm.certificate_verify(negotiation, "server", transcript, b"\x0f\0\0\4\4\3\0\0")
    assert (None, "no certificate was seen") == proof.verdict
    negotiation.certified["server"] = Certified(None, "its key is odd")
    proof = confirm.certificate_verify(negotiation, "server", transcript, b"\x0f\0\0\4\4\3\0\0")
    assert (None, "its key is odd") == proof.verdict
    proof, steps = confirm.finished13(negotiation, "server", None, transcript, b"\x14\0\0\0")
    assert (None, []) == (proof.verdict.ok, steps)
    transcript.gap = "a gap"
    proof, _ = confirm.finished13(negotiation, "server", ("x", b"y"), transcript, b"\x14\0\0\0")
    assert (None, "a gap") == proof.verdict
    assert "a gap" == confirm.certificate_verify(negotiation, "server", transcript, b"").verdict.detail


def test_a_signature_of_ssl3_is_not_called_wrong(negotiation):
    """It is over the master secret, too (RFC 6101 section 5.6.8)."""
    negotiation.server = negotiation.server._replace(version=0x0300)
    negotiation.certified["client"] = Certified("a key")
    proof = confirm.certificate_verify(negotiation, "client", negotiation.transcript, b"\x0f\0\0\2\0\0")
    assert (None, True) == (proof.verdict.ok, "SSL 3.0" in proof.verdict.detail)


def test_a_short_message(negotiation):
    """Is malformed, and said to be."""
    negotiation.certified["server"] = Certified("a key")
    proof = confirm.certificate_verify(negotiation, "server", negotiation.transcript, b"\x0f\0\0\1\4")
    assert (None, True) == (proof.verdict.ok, "malformed" in proof.verdict.detail)


def test_finished_of_the_wrong_length(negotiation):
    """Is wrong."""
    proof, steps = confirm.finished13(negotiation, "client", ("x", b"y"), negotiation.transcript, b"\x14\0\0\0")
    assert (False, "client Finished") == (proof.verdict.ok, proof.what)
    assert ["finished_key of x", "verify_data of client Finished"] == [step.name for step in steps]


def test_a_server_key_exchange_that_was_changed():
    """The signature binds the key to the randoms of this connection."""
    pair = Pair(TLS1_2).shake()
    message = next(data for kind, data in pair.messages["server"] if kind == 22 and data[0] == 12)
    negotiation = opened(pair.wire, b"").decryptor.negotiation
    pair.close()
    assert True is confirm.key_exchange(negotiation, message).verdict.ok
    assert False is confirm.key_exchange(negotiation, message[:9] + bytes((message[9] ^ 1,)) + message[10:]).verdict.ok
    assert None is confirm.key_exchange(negotiation, message[:20]).verdict.ok
    negotiation.client = negotiation.client._replace(random=bytes(32))
    assert False is confirm.key_exchange(negotiation, message).verdict.ok
