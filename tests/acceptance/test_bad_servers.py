"""Servers that cannot be reached or spoken to: the client sees the equivalent, and the capture the cause."""

from __future__ import annotations

import socket

import pytest

from support.clients import connect, curl, reset, s_client
from support.inprocess import Ended, recording
from support.waiting import free_port


def through(recording_, scheme="http"):
    return ["-x", f"{scheme}://{recording_.address}", "--cacert", recording_.ca]


def test_refused_behind_connect(recorder):
    """A port where nobody listens is an HTTP 502 before the tunnel."""
    with recorder.catch() as caught:
        done = curl("-v", *through(recorder), f"https://localhost:{free_port()}/")
    assert 56 == done.returncode
    assert b"HTTP/1.1 502 Bad Gateway" in done.stderr
    assert b"X-Tlscope-Fault: connection-refused" in done.stderr
    assert ("upstream-failed", "connection-refused", "upstream") == (
        caught.one.outcome, caught.one.fault, caught.one.summary["fault"]["who"]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scheme", "words"),
    [("socks5h", b"Can't complete SOCKS5 connection to localhost. (5)"), ("socks4a", b"request rejected or failed")],
)
def test_refused_behind_socks(recorder, scheme, words):
    """The same behind SOCKS: connection refused is reply 5 (RFC 1928 section 6), or 91."""
    with recorder.catch() as caught:
        done = curl(*through(recorder, scheme), f"https://localhost:{free_port()}/")
    assert 97 == done.returncode
    assert words in done.stderr, done.stderr
    assert ("upstream-failed", "connection-refused") == (caught.one.outcome, caught.one.fault)


def test_refused_behind_absolute_form(recorder):
    """The same for a plain URL."""
    with recorder.catch() as caught:
        done = curl("-w", "%{http_code}", *through(recorder), f"http://127.0.0.1:{free_port()}/")
    assert done.stdout.endswith(b"502")
    assert "upstream-failed" == caught.one.outcome


def test_a_name_that_does_not_exist(recorder):
    """A name that does not resolve is a fault of the network, and a 502."""
    with recorder.catch() as caught:
        done = curl("-v", *through(recorder), "https://nowhere.invalid/")
    assert b"HTTP/1.1 502 " in done.stderr
    assert ("upstream-failed", "name-unknown", "network") == (
        caught.one.outcome, caught.one.fault, caught.one.summary["fault"]["who"]
    )  # fmt: skip


def test_direct_tls_goes_where_its_sni_says(recorder):
    """TLS without a proxy request is led to port 443 of its SNI; without one, there is nowhere to go."""
    with recorder.catch(2) as caught:
        named = s_client(recorder.port, name="nowhere.invalid")
        nameless = s_client(recorder.port, name=None)
    assert b"alert" in named.stderr
    assert b"alert unrecognized name" in nameless.stderr or b"alert number 112" in nameless.stderr, nameless.stderr
    assert ("nowhere.invalid", 443) == (caught[0].summary["host"], caught[0].summary["port"])
    assert ("upstream-failed", "name-unknown") == (caught[0].outcome, caught[0].fault)
    assert ("aborted", "no-sni") == (caught[1].outcome, caught[1].fault)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_reset_in_the_handshake(recorder, serve_python, version):
    """A server that resets on the hello is a reset for the client."""

    def handle(connection, _):
        connection.recv(1)
        reset(connection)

    server = serve_python(handle)
    with recorder.catch() as caught:
        done = curl("--tls-max", version, *through(recorder), server.url)
    assert 35 == done.returncode  # CURLE_SSL_CONNECT_ERROR
    assert b"reset by peer" in done.stderr.lower() or b"errno 104" in done.stderr.lower(), done.stderr
    assert ("upstream-failed", "closed") == (caught.one.outcome, caught.one.fault)
    assert ["RST"] == caught.one.closes("server")


def test_close_in_the_handshake(recorder, serve_python):
    """A server that closes on the hello, without a word, is the same for the client."""
    server = serve_python(lambda connection, _: connection.recv(65536))
    with recorder.catch() as caught:
        direct = curl("-k", server.url)
        done = curl(*through(recorder), server.url)
    assert 35 == direct.returncode == done.returncode
    assert ("upstream-failed", "closed") == (caught.one.outcome, caught.one.fault)
    assert ["FIN"] == caught.one.closes("server")


def test_close_before_a_word(recorder, serve_python):
    """A server that closes as soon as it is reached ends the tunnel, at its own fault."""
    server = serve_python(lambda *_: None)
    with recorder.catch() as caught, connect(recorder.port, f"127.0.0.1:{server.port}") as sock:
        assert b"" == sock.recv(1)
    assert ("upstream-failed", "upstream", "closed") == (
        caught.one.outcome, caught.one.summary["fault"]["who"], caught.one.fault
    )  # fmt: skip


def test_the_server_does_not_speak_tls(recorder, serve_python):
    """A server that answers a hello with plain HTTP: a fault of the server, an alert for the client."""

    def handle(connection, _):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        connection.recv(65536)

    server = serve_python(handle)
    with recorder.catch() as caught:
        done = curl(*through(recorder), server.url)
    assert 35 == done.returncode
    assert b"alert" in done.stderr
    assert ("upstream-failed", "not-tls", "upstream") == (
        caught.one.outcome, caught.one.fault, caught.one.summary["fault"]["who"]
    )  # fmt: skip


@pytest.mark.parametrize(("server", "client"), [("-tls1_2", ("-tls1_3",)), ("-tls1_3", ("-tls1_2",))])
def test_no_common_version(recorder, serve_openssl, server, client):
    """Without a common version the client hears protocol_version, as it would from the server."""
    upstream = serve_openssl("-rev", server)
    direct = s_client(upstream.port, *client)
    with recorder.catch() as caught:
        done = s_client(upstream.port, *client, proxy=recorder.port)
    assert b"alert protocol version" in direct.stderr
    assert b"alert protocol version" in done.stderr
    assert ("upstream-failed", "upstream") == (caught.one.outcome, caught.one.summary["fault"]["who"])
    assert "protocol_version" in caught.one.summary["fault"]["what"]
    assert ["down 2 70"] == caught.one.alerts("client") == caught.one.alerts("server")


def test_no_common_suite(recorder, serve_openssl, issued_rsa):
    """Without a suite that server and tlscope share, the client hears handshake_failure."""
    upstream = serve_openssl("-rev", "-tls1_2", "-cipher", "CAMELLIA256-SHA:@SECLEVEL=0", certificate=issued_rsa)
    with recorder.catch() as caught:
        done = s_client(upstream.port, proxy=recorder.port)
    assert b"alert handshake failure" in done.stderr
    assert ("upstream-failed", "upstream") == (caught.one.outcome, caught.one.summary["fault"]["who"])
    assert "handshake_failure" in caught.one.summary["fault"]["what"]


@pytest.mark.parametrize(("version", "alert"), [("-tls1_2", 40), ("-tls1_3", 116)])
def test_the_server_wants_a_certificate_that_we_lack(recorder, serve_openssl, upstream_ca, version, alert):
    """Its refusal, before or after the handshake, reaches the client as the same alert; the fault says what helps."""
    upstream = serve_openssl("-rev", version, "-Verify", "1", "-CAfile", upstream_ca.pem, "-verify_return_error")
    own = upstream_ca.issue("client", client=True)
    with recorder.catch() as caught:
        done = s_client(upstream.port, "-cert", own.pem, "-key", own.pem, proxy=recorder.port)
    assert b"alert" in done.stderr
    assert f"down 2 {alert}" in caught.one.alerts("client")
    assert f"down 2 {alert}" in caught.one.alerts("server")
    assert ("upstream-failed", "upstream", "alert") == (
        caught.one.outcome, caught.one.summary["fault"]["who"], caught.one.fault
    )  # fmt: skip
    assert "--client-cert" in caught.one.summary["fault"]["next"]


def test_silent_server(tmp_path, serve_python):
    """A server that says nothing after the hello is ended within the handshake's limit."""
    server = serve_python(lambda connection, _: [connection.recv(65536), connection.recv(1)])
    with recording(tmp_path, limits={"handshake_time": 0.3}) as port:
        done = s_client(server.port, proxy=port)
    assert done.returncode
    ended = Ended(tmp_path / "capture")
    assert ("upstream", "handshake-timeout") == (ended[1].fault.who, ended[1].fault.code)
    assert "upstream-failed" == ended[1].outcome.outcome


def test_a_dial_that_takes_too_long(tmp_path):
    """A server whose queue is full, and so does not answer, is an HTTP 504 within the dialling limit."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)  # noqa: FBT003 (the library's signature)
            filler.connect_ex(listener.getsockname())
        port = listener.getsockname()[1]
        with recording(tmp_path, limits={"dial_time": 0.3}) as own:
            done = curl("-x", f"http://127.0.0.1:{own}", f"https://127.0.0.1:{port}/")
    assert b"504" in done.stderr
    ended = Ended(tmp_path / "capture")
    assert ("upstream", "dial-timeout") == (ended[1].fault.who, ended[1].fault.code)
    assert "upstream-failed" == ended[1].outcome.outcome
