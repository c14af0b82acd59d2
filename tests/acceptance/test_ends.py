"""Ends of connections pass as they came: half-closes, close_notify and its absence, resets."""

from __future__ import annotations

import socket
import ssl
import threading

import pytest

from support.clients import ByHand, client_context, connect, receive_all, reset
from support.servers import server_context
from support.waiting import PATIENCE

LONG = bytes(range(256)) * 4096


@pytest.fixture
def client(recorder):
    """Make a client by hand to a port behind tlscope."""
    made = []

    def make(port):
        made.append(connect(recorder.port, f"localhost:{port}"))
        return ByHand(made[-1], client_context(recorder.ca))

    yield make
    for sock in made:
        sock.close()


def how_server_was_ended(server):
    """The errors that the server's reading met; none means a close_notify."""
    return [type(error) for error in server.errors]


@pytest.mark.parametrize("with_fin", [False, True])
def test_the_client_stops_sending(recorder, client, serve_python, issued, with_fin):
    """After its close_notify, with or without a FIN, a client still receives all that the server has to say."""

    def handle(connection, server):
        while data := connection.recv(65536):
            server.received += data
        connection.sendall(LONG)
        connection.unwrap()

    server = serve_python(handle, server_context(issued))
    with recorder.catch() as caught:
        own = client(server.port)
        own.send(b"request")
        own.close_notify()
        if with_fin:
            own.finish()
        assert LONG == own.receive_all()
        own.sock.close()
    assert b"request" == bytes(server.received)
    assert [] == how_server_was_ended(server)
    assert (b"request", LONG) == (caught.one.data("up"), caught.one.data("down"))
    assert "close_notify" in caught.one.closes("client")
    assert "close_notify" in caught.one.closes("server")
    assert ["up 1 0", "down 1 0"] == caught.one.alerts("client") == caught.one.alerts("server")  # warning, close_notify
    assert "intercepted" == caught.one.outcome


def test_the_server_stops_sending(recorder, client, serve_python, issued):
    """After the server's close_notify the client can still send."""

    def handle(connection, server):
        connection.sendall(b"greeting")
        try:
            connection.settimeout(0)
            connection.unwrap()
        except (ssl.SSLWantReadError, BlockingIOError):
            connection.settimeout(20)
        while data := connection._sslobj.read(65536):
            server.received += data

    server = serve_python(handle, server_context(issued))
    with recorder.catch() as caught:
        own = client(server.port)
        assert b"greeting" == own.receive_all()
        own.send(LONG)
        own.close_notify()
        own.finish()
        assert b"" == own.sock.recv(1)
    assert LONG == bytes(server.received) == caught.one.data("up")
    assert {ssl.SSLZeroReturnError} >= set(how_server_was_ended(server))


def cut_off(recorder, client, serve_python, issued):
    """What is recorded of a server that answers half, and ends by a bare FIN."""

    def handle(connection, _):
        connection.recv(100)
        connection.sendall(b"half of")

    server = serve_python(handle, server_context(issued))
    with recorder.catch() as caught:
        own = client(server.port)
        own.send(b"request")
        assert b"half of" == own.receive()
        with pytest.raises(ssl.SSLEOFError):
            own.receive()
        own.sock.close()
    return caught


def test_a_missing_close_notify_stays_missing(recorder, client, serve_python, issued):
    """A server that ends by a bare FIN may have been cut off: the client must see that, and the capture says it."""
    caught = cut_off(recorder, client, serve_python, issued)
    assert "FIN" == caught.one.closes("server")[0]
    (end,) = [event for event in caught.one.of("close") if event["leg"] == "server"]
    assert "without close_notify" == end["detail"]
    assert [] == [alert for alert in caught.one.alerts("client") if alert.startswith("down")]


def test_a_clients_missing_close_notify_stays_missing(recorder, client, serve_python, issued):
    """The same the other way."""

    def handle(connection, server):
        server.received += connection.recv(100)
        connection.recv(100)

    server = serve_python(handle, server_context(issued))
    with recorder.catch() as caught:
        own = client(server.port)
        own.send(b"half of")
        own.finish()
        receive_all(own.sock)
    assert b"half of" == bytes(server.received)
    assert [ssl.SSLEOFError] == how_server_was_ended(server)
    assert "FIN" == caught.one.closes("client")[0]


def test_a_servers_reset_is_a_reset(recorder, client, serve_python, issued):
    """A server that resets amid its data: the client gets the data, then the reset."""

    def handle(connection, _):
        connection.sendall(b"half of")
        connection.recv(100)
        reset(connection)

    server = serve_python(handle, server_context(issued))
    with recorder.catch() as caught:
        own = client(server.port)
        assert b"half of" == own.receive()
        own.send(b"go on")
        with pytest.raises(ConnectionResetError):
            own.receive()
    assert (b"go on", b"half of") == (caught.one.data("up"), caught.one.data("down"))
    assert ["RST"] == caught.one.closes("server")


def test_a_clients_reset_is_a_reset(recorder, client, serve_python, issued):
    """The same the other way."""

    def handle(connection, server):
        server.received += connection.recv(100)
        connection.sendall(b"go on")
        plain = socket.socket(fileno=connection.detach())
        plain.settimeout(PATIENCE)
        try:
            plain.recv(100)
        finally:
            plain.close()

    server = serve_python(handle, server_context(issued))
    with recorder.catch() as caught:
        own = client(server.port)
        own.send(b"half of")
        assert b"go on" == own.receive()
        reset(own.sock)
    assert b"half of" == bytes(server.received)
    assert [ConnectionResetError] == how_server_was_ended(server)
    assert ["RST"] == caught.one.closes("client")


@pytest.mark.parametrize("how", ["FIN", "RST"])
def test_a_server_that_ends_first_was_not_rejected(recorder, client, serve_python, issued, how):
    """A client that trusts us and only listens is intercepted, whatever way its server ends first."""

    def handle(connection, _):
        connection.sendall(b"the time is now")
        if how == "RST":
            read.wait(PATIENCE)
            reset(connection)

    read = threading.Event()
    server = serve_python(handle, server_context(issued))
    with recorder.catch() as caught:
        own = client(server.port)
        assert b"the time is now" == own.receive()
        read.set()
        with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
            own.receive()
        own.sock.close()
    assert how == caught.one.closes("server")[0]
    assert "intercepted" == caught.one.outcome


@pytest.mark.parametrize("who", ["client", "server"])
def test_half_closes_of_what_is_not_tls(recorder, serve_python, who):
    """A FIN passes as a FIN, and the other direction goes on."""

    def handle(connection, server):
        server.received += connection.recv(100)
        if who == "server":
            connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(65536):
            server.received += data
        if who == "client":
            connection.sendall(LONG)

    server = serve_python(handle)
    with recorder.catch() as caught, connect(recorder.port, f"127.0.0.1:{server.port}") as sock:
        sock.sendall(b"hello")
        if who == "client":
            sock.shutdown(socket.SHUT_WR)
            assert LONG == receive_all(sock)
        else:
            assert b"" == sock.recv(1)
            sock.sendall(LONG)
            sock.shutdown(socket.SHUT_WR)
    sent = b"hello" if who == "client" else b"hello" + LONG
    assert sent == bytes(server.received) == caught.one.data("up")
    assert ["FIN"] == caught.one.closes("client") == caught.one.closes("server")


def test_half_close_of_what_is_passed_through(record, serve_python, issued, upstream_ca):
    """The same where TLS is relayed untouched: the ends are the server's own."""

    def handle(connection, server):
        while data := connection.recv(65536):
            server.received += data
        connection.sendall(LONG)
        connection.unwrap()

    server = serve_python(handle, server_context(issued))
    recording = record("--passthrough", "localhost")
    with recording.catch() as caught, connect(recording.port, f"localhost:{server.port}") as sock:
        own = ByHand(sock, client_context(upstream_ca.pem))
        own.send(b"request")
        own.close_notify()
        own.finish()
        assert LONG == own.receive_all()
    assert b"request" == bytes(server.received)
    assert "passed-through" == caught.one.outcome


@pytest.mark.parametrize("request_", [b"", b"request"])
def test_a_client_that_is_cut_off_is_at_fault(recorder, client, serve_python, issued, request_):
    """A server that answers a FIN without a close_notify by decode_error, as OpenSSL does, has done nothing wrong."""
    server = serve_python(lambda connection, _: receive_all(connection), server_context(issued))
    with recorder.catch() as caught:
        own = client(server.port)
        if request_:
            own.send(request_)
        own.finish()
        with pytest.raises(BrokenPipeError):  # it would complain of our FIN, too
            own.receive()
        own.sock.close()
    assert ["down 2 50"] == caught.one.alerts("server")
    assert ("client", "truncated") == (caught.one.summary["fault"]["who"], caught.one.fault)
    assert ("intercepted" if request_ else "client-rejected") == caught.one.outcome


def test_a_server_that_is_cut_off_is_at_fault(recorder, client, serve_python, issued):
    """The same the other way."""
    caught = cut_off(recorder, client, serve_python, issued)
    assert ["up 2 50"] == caught.one.alerts("client")
    assert ("upstream", "truncated") == (caught.one.summary["fault"]["who"], caught.one.fault)
    assert "intercepted" == caught.one.outcome
