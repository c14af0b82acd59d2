"""The courses that a connection can take: retried, resumed, early, rekeyed, renegotiated, opened with a private key."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL import SSL

from support.tls_pairs import (
    DOWN,
    NO_EXTENDED_MASTER_SECRET,
    TLS1,
    TLS1_1,
    TLS1_2,
    TLS1_3,
    UP,
    Pair,
    agrees,
    certificate,
    key,
    opened,
    seal13,
    talk,
)
from tlscope.engine import openssl
from tlscope.engine.openssl import address_of
from tlscope.wire.tls.codes import HandshakeType
from tlscope.wire.tls.decryption.decrypt import Decryptor
from tlscope.wire.tls.decryption.decrypted import ApplicationData, Confirmation, Record
from tlscope.wire.tls.decryption.keylog import Secrets
from tlscope.wire.tls.decryption.schedule13 import next_traffic_secret

SIDES = ("client", "server")


def test_hello_retry_request():
    """The transcript goes on with the first ClientHello's hash; both hellos are shown."""
    pair = talk(TLS1_3, groups=(b"X25519:P-256", b"P-256"))
    found = opened(pair.wire, pair.lines)
    agrees(pair, found)
    kinds = [data[0] for kind, data in found.messages(UP) if kind == 22]
    assert [1, 1] == kinds[:2]


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
def test_resumption(version):
    """By ticket: the key log has what the endpoints remembered."""
    first = Pair(version, sessions=True).shake().say("server", b"first").bye()
    session = first.ends["client"].connection.get_session()
    second = Pair(version, contexts=first.contexts)
    second.ends["client"].connection.set_session(session)
    second.shake().say("client", b"second").bye()
    found = opened(second.wire, second.lines)
    agrees(second, found)
    assert HandshakeType.Certificate not in [data[0] for _, data in found.messages(DOWN)]


def test_resumption_without_a_key_log_line():
    """Who has decrypted the first connection has what the second one needs (TLS 1.2)."""
    first = Pair(TLS1_2, sessions=True).shake().bye()
    session = first.ends["client"].connection.get_session()
    second = Pair(TLS1_2, contexts=first.contexts)
    second.ends["client"].connection.set_session(session)
    second.shake().say("client", b"second").bye()
    secrets = Secrets(first.lines)
    opened(first.wire, secrets)
    agrees(second, opened(second.wire, secrets))
    assert "earlier session" in {step.source for step in opened(second.wire, secrets).decryptor.steps}


def early(*, accepted):
    """A connection that begins with early data."""
    lib = openssl._lib
    first = Pair(TLS1_3, sessions=True)
    assert lib.SSL_CTX_set_max_early_data(first.contexts[1]._context, 1 << 14)
    for end in first.ends.values():
        end.close()
    first = Pair(TLS1_3, contexts=first.contexts).shake().say("server", b"ticket").bye()
    session = first.ends["client"].connection.get_session()
    second = Pair(TLS1_3, contexts=first.contexts)
    client, server = second.ends["client"], second.ends["server"]
    client.connection.set_session(session)
    ffi, written = openssl._ffi, openssl._ffi.new("size_t *")
    assert 1 == lib.SSL_write_early_data(client._ssl, b"early bird", 10, written)
    second.move()
    if accepted:
        target = ffi.new("char[]", 100)
        assert 1 == lib.SSL_read_early_data(server._ssl, target, 100, written)
        assert b"early bird" == ffi.buffer(target, written[0])[:]
        second.said["client"] += b"early bird"
    return second.shake().say("client", b"late").say("server", b"well").bye()


def test_early_data():
    """It is opened before the server has said a word, and marked: somebody may have replayed it."""
    pair = early(accepted=True)
    found = opened(pair.wire, pair.lines)
    agrees(pair, found, besides={20})
    assert [(b"early bird", True), (b"late", False)] == [
        (event.data, event.early) for event in found.of(ApplicationData, UP)
    ]
    alone = Decryptor(Secrets(pair.lines))
    events = alone.feed(*pair.wire[0])
    assert [b"early bird"] == [event.data for event in events if isinstance(event, ApplicationData)]


def test_early_data_refused():
    """It was sent nevertheless, and is opened; what follows is not taken for it."""
    pair = early(accepted=False)
    found = opened(pair.wire, pair.lines)
    assert b"early bird" + b"late" == found.data(UP)
    pair.said["client"] = b"early bird" + pair.said["client"]
    agrees(pair, found, besides={20})
    assert [True, False] == [event.early for event in found.of(ApplicationData, UP)]


def test_early_data_without_its_secret():
    """It is said to be closed; all else is opened."""
    pair = early(accepted=True)
    lines = b"\n".join(line for line in pair.lines.splitlines() if b"CLIENT_EARLY" not in line)
    found = opened(pair.wire, lines)
    assert b"late" == found.data(UP)
    assert b"well" == found.data(DOWN)
    # The record of early data, and EndOfEarlyData, without which the client's Finished cannot be checked.
    assert 2 == len(found.reasons())
    assert all("CLIENT_EARLY_TRAFFIC_SECRET" in reason for reason in found.reasons())
    assert {"server CertificateVerify": True, "server Finished": True, "client Finished": None}.items() >= (
        found.proofs().items()
    )


def test_key_update():
    """OpenSSL answers our KeyUpdate with its own, and its records after that are under its next key."""
    pair = Pair(TLS1_3, suites="TLS_AES_128_GCM_SHA256").shake().say("client", b"one").say("server", b"two")
    hello = pair.wire[0][1]
    secret = Secrets(pair.lines).find("CLIENT_TRAFFIC_SECRET_0", hello[11:43])
    update = seal13(secret, 1, 22, b"\x18\0\0\1\1")
    later = next_traffic_secret("sha256", "client", 0, secret).output
    data = seal13(later, 0, 23, b"three", padding=100)
    server = pair.ends["server"]
    for record in (update, data):
        pair.wire.append((UP, record))
        server.feed(address_of(record), len(record))
    for _ in range(3):  # what it hears comes before what it reads
        server.read(address_of(pair.target), len(pair.target))
    assert b"three" == server.late or b"three" == bytes(pair.target[:5])
    pair.say("server", b"four")
    found = opened(pair.wire, pair.lines)
    assert [] == found.reasons()
    assert b"onethree" == found.data(UP)
    assert b"twofour" == found.data(DOWN)
    assert (22, b"\x18\0\0\1\0") in found.messages(DOWN)
    padded = next(record for record in found.of(Record, UP) if record.padding)
    assert (100, "application 1", 0) == (padded.padding, padded.epoch, padded.sequence)
    names = [step.name for step in found.decryptor.steps]
    assert "client_application_traffic_secret_1" in names
    assert "server_application_traffic_secret_1" in names


def test_certificates_asked_for_later():
    """A client that proves itself after the handshake does so over all of it (RFC 8446 section 4.6.2)."""
    pair = Pair(TLS1_3)
    client, server = (pair.ends[name] for name in ("client", "server"))
    lib = openssl._lib
    lib.SSL_set_post_handshake_auth(client._ssl, 1)
    client.use(*openssl.native(certificate("ec"), key("ec")))
    pair.shake()
    server.connection.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    assert 1 == lib.SSL_verify_client_post_handshake(server._ssl)
    server.handshake()
    pair.move()
    pair.settle().say("client", b"it is me").bye()
    found = opened(pair.wire, pair.lines)
    agrees(pair, found)
    said = [event.what for event in found.of(Confirmation)]
    assert ["client CertificateVerify", "client Finished"] == said[-2:]
    assert 5 == len(said)


@pytest.mark.parametrize("version", [TLS1, TLS1_2])
def test_renegotiation(version):
    """A handshake under the keys of the one before it, and data around both; in any order."""
    pair = Pair(version, sessions=True).shake().say("client", b"one")
    server = pair.ends["server"]
    assert server.connection.renegotiate()
    server.handshake()
    pair.move()
    pair.settle().say("server", b"two").say("client", b"three").bye()
    up, down = (b"".join(data for way, data in pair.wire if way is which) for which in (UP, DOWN))
    for wire in (pair.wire, [(UP, up), (DOWN, down)], [(DOWN, down), (UP, up)]):
        found = opened(wire, pair.lines)
        agrees(pair, found, besides={20})  # a ChangeCipherSpec outside a handshake is not heard
        assert [2, 2] == [[event.what for event in found.of(Confirmation)].count(f"{side} Finished") for side in SIDES]


def rsa_pair(version, **options):
    return talk(version, cipher="AES128-SHA", kind="rsa", **options)


@pytest.mark.parametrize("version", [TLS1, TLS1_1, TLS1_2])
@pytest.mark.parametrize("options", [0, NO_EXTENDED_MASTER_SECRET])
def test_rsa_with_the_private_key(version, options):
    """The server's key opens the premaster secret, and all else follows without a key log."""
    pair = rsa_pair(version, options=options)
    found = opened(pair.wire, Secrets(private_keys=[key("rsa")]))
    agrees(pair, found)
    names = [step.name for step in found.decryptor.steps]
    assert ["premaster secret", "master_secret", "key_block"] == names[:3]
    logged = Secrets(pair.lines).find("CLIENT_RANDOM", pair.wire[0][1][11:43])
    assert logged == found.decryptor.steps[1].output


def test_rsa_with_another_key():
    """Is said not to open it."""
    pair = rsa_pair(TLS1_2)
    wrong = rsa.generate_private_key(65537, 2048)
    found = opened(pair.wire, Secrets(private_keys=[wrong]))
    assert all("CLIENT_RANDOM" in reason for reason in found.reasons())
    assert found.reasons()
