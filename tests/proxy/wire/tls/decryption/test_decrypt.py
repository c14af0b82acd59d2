"""Connections decrypted, against what OpenSSL says that it sent and heard."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import threading
from contextlib import closing
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from conversation import upstream
from support.dissecting import steps
from support.needs import needs
from support.servers import GnutlsServer
from support.tls_pairs import (
    DOWN,
    NO_ENCRYPT_THEN_MAC,
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
)
from tlscope.engine import openssl
from tlscope.engine.openssl import address_of
from tlscope.wire.tls.codes import HandshakeType
from tlscope.wire.tls.decryption.decrypt import HELD, MAX_MESSAGE, Decryptor
from tlscope.wire.tls.decryption.decrypted import ApplicationData, Confirmation, Message, Record, Trouble
from tlscope.wire.tls.decryption.following import Following
from tlscope.wire.tls.decryption.keylog import Secrets
from tlscope.wire.tls.decryption.schedule13 import next_traffic_secret

SIDES = ("client", "server")
VERSIONS = (TLS1, TLS1_1, TLS1_2, TLS1_3)
SUITES13 = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
]


@pytest.fixture(autouse=True)
def _forget():
    """Others ask whether an endpoint is left."""
    yield
    for tls in list(openssl._endpoints.values()):
        tls.close()


def talk(*versions, **options):
    """A whole connection: data of one record, of many, and of none, both ways."""
    pair = Pair(*versions, **options).shake()
    return pair.say("client", b"ping").say("server", bytes(range(256)) * 200).say("client", b"again").bye()


def _offered():
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(b"ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    names = SSL.Connection(context, None).get_cipher_list()
    wanting = ("TLS_", "ARIA", "PSK", "SRP", "DH-DSS", "ADH", "DHE-")  # the last need parameters: their own test
    return [name for name in names if not any(part in name for part in wanting) or name.startswith("ECDHE-")]


OFFERED = [name for name in _offered() if "ARIA" not in name and "PSK" not in name]
NAMES12 = [name for name in OFFERED if "IDEA" not in name]  # which TLS 1.2 has no more (RFC 5469)
OLD = [name for name in OFFERED if name.endswith(("-SHA", "-MD5"))]


def kind_of(name):
    """The key that a suite's certificate needs."""
    return "ec" if "ECDSA" in name else "rsa"


@pytest.mark.parametrize("name", NAMES12)
def test_suites_of_tls12(name):
    """All that this OpenSSL can speak: GCM, CCM, CCM_8, ChaCha20-Poly1305, CBC with its MACs, NULL."""
    pair = talk(TLS1_2, cipher=name, kind=kind_of(name))
    agrees(pair, opened(pair.wire, pair.lines))


@pytest.mark.parametrize("version", [TLS1, TLS1_1])
@pytest.mark.parametrize("name", OLD)
def test_suites_of_tls10_and_11(version, name):
    """CBC with the IV before (TLS 1.0) and its own (1.1), NULL; PRF and signatures with MD5 and SHA-1."""
    pair = talk(version, cipher=name, kind=kind_of(name))
    agrees(pair, opened(pair.wire, pair.lines))


def test_there_are_suites_to_test():
    """The lists above do not run dry with another OpenSSL."""
    assert len(NAMES12) > 30
    assert len(OLD) > 10


@pytest.mark.parametrize("suite", SUITES13)
def test_suites_of_tls13(suite):
    """All five."""
    pair = talk(TLS1_3, suites=suite)
    agrees(pair, opened(pair.wire, pair.lines))


@pytest.mark.parametrize("version", [TLS1, TLS1_1, TLS1_2])
@pytest.mark.parametrize("options", [0, NO_ENCRYPT_THEN_MAC, NO_EXTENDED_MASTER_SECRET, 1 | 1 << 19])
def test_with_and_without_the_extensions(version, options):
    """MAC-then-encrypt and encrypt_then_mac, the master secret and the extended one."""
    pair = talk(version, cipher="ECDHE-RSA-AES256-SHA", kind="rsa", options=options)
    found = opened(pair.wire, pair.lines)
    agrees(pair, found)
    agreed = found.decryptor.negotiation.agreed
    assert (not options & NO_ENCRYPT_THEN_MAC) == agreed(22)
    assert (not options & NO_EXTENDED_MASTER_SECRET) == agreed(23)


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        *((version, kind) for version in VERSIONS for kind in ("rsa", "ec", "ec384", "ec521")),
        *((version, kind) for version in (TLS1_2, TLS1_3) for kind in ("ed25519", "ed448")),  # RFC 8422 section 5.1.3
    ],
)
def test_signatures_of_both_sides(version, kind):
    """Certificates of all kinds of keys, the server's and the client's, prove what they sign."""
    pair = talk(version, kind=kind, client_kind=kind)
    found = opened(pair.wire, pair.lines)
    agrees(pair, found)
    server = "server CertificateVerify" if version == TLS1_3 else "ServerKeyExchange"
    assert {server, "client CertificateVerify"} <= set(found.proofs())


def test_dsa_signs(tmp_path):
    """As it did once; and finite fields agree on keys."""
    parameters = tmp_path / "dh.pem"
    parameters.write_bytes(FFDHE2048)
    pair = talk(
        TLS1_2, cipher="DHE-DSS-AES128-SHA", kind="dsa", configure=lambda _, server: server.load_tmp_dh(str(parameters))
    )
    agrees(pair, opened(pair.wire, pair.lines))


# RFC 7919 appendix A.1 in PKCS #3
FFDHE2048 = b"""-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""


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


@pytest.mark.parametrize("version", VERSIONS)
def test_in_any_order(version):
    """Byte by byte, and one direction wholly before the other: the same messages, data and proofs."""
    pair = talk(version, client_kind="ec")
    up, down = (b"".join(data for way, data in pair.wire if way is which) for which in (UP, DOWN))
    agrees(pair, opened(pair.wire, pair.lines, cut=1 if len(up + down) < 20_000 else 7))
    agrees(pair, opened([(UP, up), (DOWN, down)], pair.lines))
    agrees(pair, opened([(DOWN, down), (UP, up)], pair.lines))


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
def test_secrets_that_come_late(version):
    """What waited for them is opened then; nothing was given up before."""
    pair = talk(version)
    decryptor = Decryptor()
    events = []
    for direction, data in pair.wire:
        events += decryptor.feed(direction, data)
    assert not any(isinstance(event, ApplicationData) for event in events)
    for line in pair.lines.splitlines():
        events += decryptor.learn(line + b"\n")
    assert pair.said["server"] == b"".join(
        event.data for event in events if isinstance(event, ApplicationData) and event.direction is DOWN
    )
    assert [] == decryptor.finish()


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("version", VERSIONS)
def test_missing_secrets(version, waits):
    """Are said, each record's, with the label that is missing; plaintext is shown, and nothing is proven wrong."""
    pair = talk(version)
    found = opened(pair.wire, b"", waits=waits)
    label = "HANDSHAKE_TRAFFIC_SECRET" if version == TLS1_3 else "CLIENT_RANDOM"
    assert found.reasons()
    assert all(label in reason or "TRAFFIC_SECRET_0" in reason for reason in found.reasons())
    assert pair.messages["client"][0] == found.messages(UP)[0]
    assert b"" == found.data(UP) + found.data(DOWN)
    assert False not in found.proofs().values()


@pytest.mark.parametrize("version", VERSIONS)
def test_wrong_secrets(version):
    """No record opens, and the reason says what that may mean."""
    pair = talk(version)
    lines = []
    for line in pair.lines.splitlines():
        label, random, secret = line.split()
        lines.append(b" ".join((label, random, secret[::-1])))
    found = opened(pair.wire, b"\n".join(lines))
    assert found.reasons()
    assert all("does not authenticate" in reason or "whole blocks" in reason for reason in found.reasons())
    assert b"" == found.data(UP) + found.data(DOWN)
    assert True not in {found.proofs().get("client Finished"), found.proofs().get("server Finished")}


def test_without_the_handshake_secrets():
    """The application's secrets open what is theirs; that the handshake is not proven is said."""
    pair = talk(TLS1_3)
    lines = b"\n".join(line for line in pair.lines.splitlines() if b"HANDSHAKE" not in line)
    found = opened(pair.wire, lines)
    assert (pair.said["client"], pair.said["server"]) == (found.data(UP), found.data(DOWN))
    assert True not in found.proofs().values()
    assert all("HANDSHAKE_TRAFFIC_SECRET" in reason for reason in found.reasons())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_damaged_record(version):
    """Is said to be; the records behind it open."""
    pair = Pair(version).shake()
    for _ in range(4):
        pair.say("client", b"x" * 100)
    wire = list(pair.wire)
    ways = [at for at, (way, _) in enumerate(wire) if way is UP]
    damaged = bytearray(wire[ways[-3]][1])
    damaged[-1] ^= 1
    wire[ways[-3]] = (UP, bytes(damaged))
    found = opened(wire, pair.lines)
    assert 1 == len(found.reasons())
    assert "does not authenticate" in found.reasons()[0]
    assert 300 <= len(found.data(UP)) < 400
    assert {True} == set(found.proofs().values())


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
def test_a_damaged_handshake_proves_nothing(version):
    """What hashes a record that could not be opened is neither right nor wrong."""
    pair = talk(version)
    wire = list(pair.wire)
    index = max(at for at, (way, _) in enumerate(wire[:4]) if way is UP)
    damaged = bytearray(wire[index][1])
    damaged[-1] ^= 1
    wire[index] = (UP, bytes(damaged))
    found = opened(wire, pair.lines)
    assert None is found.proofs().get("client Finished")
    assert False not in found.proofs().values()
    assert pair.said["server"] == found.data(DOWN)


def test_a_forged_message_is_found():
    """A Finished over other messages is wrong, and said to be: here the ClientHello was changed on its way."""
    pair = talk(TLS1_3)
    wire = list(pair.wire)
    hello = bytearray(wire[0][1])
    hello[-1] ^= 1
    wire[0] = (UP, bytes(hello))
    found = opened(wire, pair.lines)
    assert {False} == set(found.proofs().values())
    assert all("wrong" in event.detail for event in found.of(Confirmation))
    assert pair.said["client"] == found.data(UP)


def test_bytes_that_are_missing():
    """A record with a hole is lost, the ones behind it are not; where the hole reaches further, all is."""
    pair = Pair(TLS1_3).shake().say("client", b"one")
    for text in (b"x" * 1000, b"three"):
        pair.say("client", text)
    up = [data for way, data in pair.wire if way is UP]
    decryptor = Decryptor(Secrets(pair.lines))
    events = []
    for direction, data in pair.wire:
        if data is up[-2]:
            events += decryptor.feed(direction, data[:100])
            events += decryptor.missing(direction, len(data) - 150)
            events += decryptor.feed(direction, data[-50:])
        else:
            events += decryptor.feed(direction, data)
    assert b"onethree" == b"".join(event.data for event in events if isinstance(event, ApplicationData))
    missing = len(up[-2]) - 150
    assert [f"{missing} bytes of it are missing"] == [
        event.reason for event in events if isinstance(event, Record) and event.reason
    ]
    events = decryptor.missing(UP, 100_000) + decryptor.feed(UP, up[-1])
    assert ["bytes are missing, and where the next record begins is not known"] == [
        event.reason for event in events if isinstance(event, Trouble)
    ]


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


def recorded(listener, port, wire):
    """Carry one connection, and keep what passed."""
    near, _ = listener.accept()
    with near, socket.create_connection(("127.0.0.1", port)) as far:
        other = {near: far, far: near}
        while other:
            for end in select.select(list(other), [], [])[0]:
                data = end.recv(1 << 16)
                target = far if end is near else near
                if data:
                    wire.append((UP if end is near else DOWN, data))
                    target.sendall(data)
                else:
                    target.shutdown(socket.SHUT_WR)
                    del other[end]


GNUTLS = [
    ("VERS-TLS1.0", "3DES-CBC", "SHA1"),
    ("VERS-TLS1.1", "3DES-CBC", "SHA1"),
    ("VERS-TLS1.2", "3DES-CBC", "SHA1"),
    ("VERS-TLS1.0", "ARCFOUR-128", "MD5"),
    ("VERS-TLS1.2", "ARCFOUR-128", "SHA1"),
    ("VERS-TLS1.2", "CAMELLIA-256-CBC", "SHA256"),
    ("VERS-TLS1.2", "AES-128-CCM-8", "AEAD"),
    ("VERS-TLS1.3", "CHACHA20-POLY1305", "AEAD"),
]


@pytest.mark.parametrize(("version", "cipher", "mac"), GNUTLS)
def test_gnutls(tmp_path, version, cipher, mac):
    """Two peers that are not OpenSSL, and ciphers that it has no more: every line and its echo, every proof."""
    client = needs("gnutls-cli")
    exchange = "+GROUP-ALL" if version.endswith("3") else "+RSA:+ECDHE-RSA:+GROUP-ALL"
    priority = f"NONE:+{version}:+{cipher}:+{mac}:{exchange}:+SIGN-ALL:+COMP-NULL:+CTYPE-X509:%COMPAT"
    issued = upstream().issue("localhost", key="rsa")
    server = GnutlsServer(tmp_path, issued, "--echo", "--priority", priority)
    wire, lines, log = [], b"one\ntwo\n", tmp_path / "keys"
    with closing(server), socket.create_server(("127.0.0.1", 0)) as listener:
        relay = threading.Thread(target=recorded, args=(listener, server.port, wire))
        relay.start()
        command = [client, "--insecure", "--priority", priority, "--port", str(listener.getsockname()[1]), "127.0.0.1"]
        ran = subprocess.run(
            command, input=lines, capture_output=True, check=False, env=os.environ | {"SSLKEYLOGFILE": str(log)}
        )
        relay.join()
    assert b"Handshake was completed" in ran.stdout, ran.stdout + ran.stderr
    found = opened(wire, log.read_bytes())
    assert [] == found.reasons()
    assert lines == found.data(UP)
    assert {True} == set(found.proofs().values())
    assert {"client Finished", "server Finished"} <= set(found.proofs())


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


def test_records_know_their_place():
    """Offsets and lengths cover every byte of both directions; a message begins in the record that it says."""
    pair = talk(TLS1_3)
    found = opened(pair.wire, pair.lines)
    for direction in (UP, DOWN):
        at = 0
        for record in found.of(Record, direction):
            assert at == record.offset
            at += record.length
        assert at == sum(len(data) for way, data in pair.wire if way is direction)
        offsets = {record.offset for record in found.of(Record, direction)}
        assert {message.offset for message in found.of(Message, direction)} <= offsets
    first = next(record for record in found.of(Record, UP) if record.epoch == "handshake")
    assert (23, 22, 0, 12, 5) == (
        first.content_type, first.inner_type, first.sequence, len(first.nonce), len(first.additional)
    )  # fmt: skip


def test_what_is_no_tls():
    """Is said once, with its offset, and no more is kept of it."""
    decryptor = Decryptor()
    events = decryptor.feed(UP, b"GET / HTTP/1.1\r\n\r\n" * 1000)
    assert [0] == [event.offset for event in events]
    assert "this is not TLS" in events[0].reason
    assert [] == decryptor.feed(UP, b"more" * 1000)
    assert 0 == len(decryptor._sides[UP].buffer)
    assert "SSLv2" in Decryptor().feed(UP, b"\x80\x2e\x01\x03\x01")[0].reason
    assert "no more than" in Decryptor().feed(UP, b"\x16\x03\x01\xff\xff")[0].reason


def test_an_end_in_the_middle():
    """Of a record, of a message: said at the end."""
    pair = talk(TLS1_2)
    hello = pair.wire[0][1]
    assert ["a record ends early"] == [reason.split(":")[0] for reason in opened([(UP, hello[:50])], b"").reasons()]
    half = hello[:3] + (40).to_bytes(2) + hello[5:45]
    assert ["a handshake message ends early"] == opened([(UP, half)], b"").reasons()


def test_what_waits_is_bounded():
    """However much comes of one direction while the other is silent, no more than HELD and a piece is kept."""
    decryptor = Decryptor()
    record = b"\x17\3\3\x40\0" + bytes(1 << 14)
    events = []
    for _ in range(200):
        events += decryptor.feed(UP, record)
        assert HELD + 2 * len(record) > len(decryptor._sides[UP].buffer)
    assert "handshake" in events[0].reason


def test_a_message_that_claims_too_much():
    """Is passed over, and what follows it is read."""
    size = MAX_MESSAGE + 1
    body = b"\x0b" + size.to_bytes(3) + bytes(size) + b"\0\0\0\0"
    decryptor = Decryptor()
    events = []
    for at in range(0, len(body), 1 << 14):
        piece = body[at : at + (1 << 14)]
        events += decryptor.feed(DOWN, b"\x16\3\3" + len(piece).to_bytes(2) + piece)
    assert [size + 4] == [int(event.reason.split()[4]) for event in events if isinstance(event, Trouble)]
    assert [b"\0\0\0\0"] == [event.data for event in events if isinstance(event, Message)]


def test_a_message_cut_off_by_a_change_of_keys():
    """Is said to be, and is not joined to what comes under the next key (RFC 8446 section 5.1)."""
    pair = talk(TLS1_3)
    wire = list(pair.wire)
    way, data = wire[1]
    size = int.from_bytes(data[3:5])
    hello = data[:3] + (size + 2).to_bytes(2) + data[5 : 5 + size] + b"\x08\0"
    wire[1] = (way, hello + data[5 + size :])
    found = opened(wire, pair.lines)
    assert ["a handshake message is cut off by a change of keys"] == found.reasons()
    assert pair.messages["server"] == found.messages(DOWN)
    assert {None} == set(found.proofs().values())


def test_what_waits_is_not_tried_again_for_nothing(monkeypatch):
    """A record that waits for a secret is tried when something is learned, not for every byte that comes."""
    tried = []
    attempt = Following.open
    monkeypatch.setattr(Following, "open", lambda *args, **options: tried.append(1) or attempt(*args, **options))
    decryptor = Decryptor()
    for _ in range(100):
        decryptor.feed(UP, b"\x17\3\3\0\x20" + bytes(32))
    assert 1 == len(tried)
    decryptor.learn(b"")
    assert 2 == len(tried)


def test_time_is_linear():
    """Twice the messages and records, twice the steps, while they wait and when they are opened."""

    def run(count):
        decryptor = Decryptor()
        message = b"\x0b\0\0\1x"
        for _ in range(count):
            decryptor.feed(DOWN, b"\x16\3\3" + (5 * 20).to_bytes(2) + message * 20)
            decryptor.feed(UP, b"\x17\3\3\0\x20" + bytes(32))
        decryptor.finish()

    one, two = steps(run, 50), steps(run, 100)
    assert two < 2.1 * one


@cache
def conversation(version):
    """One for all examples."""
    return talk(version)


@given(
    st.sampled_from(VERSIONS),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8),
    st.integers(1, 3000),
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_changed(version, changes, cut):
    """Nothing raises, and records never overlap."""
    pair = conversation(version)
    wire = []
    for way in (UP, DOWN):
        data = bytearray(b"".join(data for which, data in pair.wire if which is way)[:6000])
        for at, value in changes:
            data[at % len(data)] = value
        wire.append((way, bytes(data)))
    found = opened(wire, pair.lines, cut=cut)
    for way in (UP, DOWN):
        at = 0
        for record in found.of(Record, way):
            assert at <= record.offset
            at = record.offset + record.length


@given(st.lists(st.tuples(st.sampled_from([UP, DOWN]), st.binary(max_size=200)), max_size=10))
@settings(max_examples=100, deadline=None)
def test_any_bytes(wire):
    """Never raise."""
    opened(wire, b"")
    opened([(way, b"\x16\3\3" + len(data).to_bytes(2) + data) for way, data in wire], b"CLIENT_RANDOM")
