"""Clients that do not trust us: told as what it is, and never as intercepted."""

from __future__ import annotations

import contextlib
import ssl

import pytest

from support.clients import connect, curl, reset, s_client, wget


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_without_our_ca(recorder, nginx, version):
    """OpenSSL says unknown_ca, and the capture says so, too."""
    with recorder.catch() as caught:
        done = curl("--tls-max", version, "-x", f"http://{recorder.address}", f"{nginx.url}/one")
    assert 60 == done.returncode
    assert "client-rejected" == caught.one.outcome
    assert "up 2 48" in caught.one.alerts("client")  # fatal, unknown_ca (RFC 8446 section 6)
    assert "unknown_ca" in str(caught.one.events)
    assert "client" == caught.one.summary["fault"]["who"]
    assert "alert" == caught.one.fault


@pytest.mark.parametrize("version", ["PFS:-VERS-ALL:+VERS-TLS1.2", "NORMAL"])
def test_wget_without_our_ca(recorder, nginx, version):
    """GnuTLS finishes its handshake, verifies only then, and closes without an alert."""
    proxy = ["-e", f"https_proxy=http://{recorder.address}"]
    with recorder.catch() as caught:
        done = wget(*proxy, "--ciphers", version, f"{nginx.url}/one")
    assert 5 == done.returncode
    assert "client-rejected" == caught.one.outcome
    assert [] == [alert for alert in caught.one.alerts("client") if alert.startswith("up 2")]
    (outcome,) = caught.one.of("outcome")
    assert "without an alert" in outcome["detail"]


def test_a_client_that_hangs_up_in_its_handshake(recorder, nginx):
    """A FIN in place of the second flight is a client that was not content."""
    with recorder.catch() as caught:
        sock = connect(recorder.port, f"localhost:{nginx.port}")
        sock.sendall(client_hello())
        assert sock.recv(1)
        sock.close()
    assert "client-rejected" == caught.one.outcome
    assert "closed" == caught.one.fault
    assert "without an alert" in caught.one.summary["fault"]["what"]


def test_a_client_that_resets_in_its_handshake(recorder, nginx):
    """So is a reset."""
    with recorder.catch() as caught:
        sock = connect(recorder.port, f"localhost:{nginx.port}")
        sock.sendall(client_hello())
        assert sock.recv(1)
        reset(sock)
    assert "client-rejected" == caught.one.outcome
    assert ["RST"] == caught.one.closes("client")


def client_hello():
    """A ClientHello of OpenSSL's, as it would be sent."""
    sent = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def test_verification_of_names(recorder, nginx):
    """A client that asks for a name which the server does not have refuses, though it trusts us."""
    with recorder.catch() as caught:
        done = s_client(nginx.port, "-CAfile", recorder.ca, "-verify_hostname", "other.example", "-verify_return_error",
                        proxy=recorder.port)  # fmt: skip
    assert done.returncode
    assert "client-rejected" == caught.one.outcome
