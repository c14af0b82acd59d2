"""Handshakes followed; whole connections are in the files test_decrypt*.py."""

from __future__ import annotations

import pytest

from support import traces
from support.tls_pairs import DOWN, TLS1_2, TLS1_3, UP, Pair, opened
from tlscope.wire.tls.decryption.epochs import EARLY, HANDSHAKE, PLAINTEXT, PROTECTED
from tlscope.wire.tls.decryption.following import MAX_REQUESTS, Following
from tlscope.wire.tls.decryption.keylog import Secrets

FINISHED, DONE, HELLO_REQUEST = b"\x14\0\0\0", b"\x0e\0\0\0", b"\0\0\0\0"


@pytest.fixture
def following():
    return Following(Secrets(), waits=True)


def hellos(name="simple-1rtt"):
    return traces.read(name).hellos()


def test_turns(following):
    """A message that answers another one waits for it, and is taken without it when there is no patience."""
    client, server = hellos()
    assert not following.take(following.server, server, patient=True)
    assert not following.take(following.client, FINISHED, patient=True)
    assert following.take(following.client, client, patient=True)
    assert not following.take(following.client, FINISHED, patient=True)
    assert following.take(following.server, server, patient=True)
    assert not following.take(following.client, FINISHED, patient=True)
    assert following.take(following.client, FINISHED, patient=False)
    assert "missing" in following.negotiation.transcript.gap


def test_a_hello_in_the_middle_waits(following):
    """A second ClientHello answers a HelloRetryRequest, or begins a renegotiation when all is done."""
    client, _ = hellos()
    following.take(following.client, client, patient=True)
    first = following.negotiation
    assert not following.take(following.client, client, patient=True)
    first.client_finished = first.server_finished = True
    assert following.take(following.client, client, patient=True)
    assert first is not following.negotiation


def test_stages(following):
    """ServerHello moves both sides on; EndOfEarlyData the client that sent early data."""
    client, server = hellos("resumed-0rtt")
    following.take(following.client, client, patient=True)
    assert (EARLY, PLAINTEXT) == (following.client.stage, following.server.stage)
    following.take(following.server, server, patient=True)
    assert (EARLY, HANDSHAKE) == (following.client.stage, following.server.stage)
    following.take(following.server, FINISHED, patient=True)
    following.take(following.client, b"\5\0\0\0", patient=True)
    assert HANDSHAKE == following.client.stage


def test_known_grows_with_milestones_only(following):
    """What waits is tried again when something may have changed, not for every message."""
    client, server = hellos()
    following.take(following.client, client, patient=True)
    following.take(following.server, server, patient=True)
    before = following.known
    for _ in range(100):
        following.take(following.server, b"\x08\0\0\2\0\0", patient=True)
    assert before == following.known
    following.take(following.server, FINISHED, patient=True)
    assert before + 1 == following.known


def test_the_one_that_says_hello_is_the_client(following):
    """Whichever way it sends."""
    up, down = following.client, following.server
    following.take(down, hellos()[0], patient=True)
    assert ("server", "client") == (up.side, down.side)
    assert following.client is down


def test_reversed_roles_are_decrypted():
    """A server may be who connects."""
    pair = Pair(TLS1_3).shake().say("client", b"ping").bye()
    pair.close()
    wire = [(UP if way is DOWN else DOWN, data) for way, data in pair.wire]
    found = opened(wire, pair.lines)
    assert b"ping" == found.data(DOWN)
    assert {True} == set(found.proofs().values())


def test_change_cipher_spec(following):
    """Changes the keys before TLS 1.3, when it is its turn; in TLS 1.3 it means nothing."""
    assert not following.change(following.client, patient=True)
    assert following.change(following.client, patient=False)
    client, server = hellos()
    following.take(following.client, client, patient=True)
    assert not following.change(following.server, patient=True)
    following.take(following.server, server, patient=True)
    assert following.change(following.server, patient=True)
    assert HANDSHAKE == following.server.stage
    following.negotiation.server = following.negotiation.server._replace(version=0x0303)
    assert not following.change(following.client, patient=True)
    following.take(following.server, DONE, patient=True)
    assert following.change(following.client, patient=True)
    assert PROTECTED == following.client.stage


def test_a_retry_makes_change_cipher_spec_mean_nothing(following):
    """Middleboxes are shown one (RFC 8446 appendix D.4)."""
    client, retry, *_ = hellos("hello-retry-request")
    following.take(following.client, client, patient=True)
    following.take(following.server, retry, patient=True)
    assert following.change(following.server, patient=True)
    assert following.change(following.client, patient=True)
    assert PLAINTEXT == following.server.stage


def test_malformed_hellos(following):
    """A ClientHello that cannot be read begins nothing, a ServerHello leaves a gap."""
    client, server = hellos()
    assert following.take(following.client, client[:20], patient=True)
    assert None is following.negotiation
    following.take(following.client, client, patient=True)
    following.take(following.server, server[:20], patient=True)
    assert "malformed" in following.negotiation.transcript.gap


def test_a_hello_request_is_never_hashed(following):
    """RFC 5246 section 7.4.1.1."""
    client, _ = hellos()
    following.take(following.server, HELLO_REQUEST, patient=True)
    following.take(following.client, client, patient=True)
    following.take(following.server, HELLO_REQUEST, patient=True)
    assert client == following.negotiation.transcript.data()


def test_requests_are_bounded(following):
    """For certificates after the handshake."""
    client, server = hellos()
    for flow, message in ((following.client, client), (following.server, server), (following.server, FINISHED)):
        following.take(flow, message, patient=True)
    for number in range(MAX_REQUESTS + 5):
        following.take(following.server, b"\x0d\0\0\2\1" + bytes((number,)), patient=True)
    assert MAX_REQUESTS == len(following.negotiation.requests)


def test_every_type_of_message_from_either_side():
    """Is taken, empty as it is, at any point of either handshake."""
    for version in (TLS1_2, TLS1_3):
        pair = Pair(version).shake()
        pair.close()
        for at in range(len(pair.wire) + 1):
            found = opened(pair.wire[:at], pair.lines)
            follow = found.decryptor._following
            for kind in range(256):
                for flow in (follow.client, follow.server):
                    assert follow.take(flow, bytes((kind, 0, 0, 0)), patient=False)
