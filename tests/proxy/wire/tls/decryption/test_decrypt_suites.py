"""Connections of every suite, version and kind of key decrypted, against what OpenSSL and GnuTLS say that they said."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import threading
from contextlib import closing

import pytest
from OpenSSL import SSL

from conversation import upstream
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
    VERSIONS,
    agrees,
    opened,
    talk,
)

SUITES13 = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
]


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
        (TLS1_3, "mldsa65"),
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
    ("VERS-TLS1.2", "CAMELLIA-128-GCM", "AEAD"),
    ("VERS-TLS1.2", "CAMELLIA-256-GCM", "AEAD"),
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
