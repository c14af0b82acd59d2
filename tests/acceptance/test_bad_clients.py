"""Clients that send what no client should: a clear fault, an end within the limit, and a recorder that goes on."""

from __future__ import annotations

import contextlib
import random
import socket
import ssl
import time

import pytest

from support.clients import ByHand, client_context, connect, curl, receive_all, reset
from support.inprocess import Ended, recording
from support.waiting import PATIENCE

SSLV2_HELLO = bytes.fromhex("802e 01 0002 0015 0000 0010 010080 020080 030080 040080 050080 060040 0700c0") + bytes(16)
"""CLIENT-HELLO of the SSL 2.0 specification: length, type, version, seven suites, a challenge."""
RECORD_OF_A_HELLO = bytes.fromhex("160301 4000 01 0fffff 0303")
"""The head of a handshake record of 16 KiB, and in it of a ClientHello of 1 MiB."""


def client_hello():
    """A ClientHello of OpenSSL's, as it would be sent."""
    sent = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def still_works(recorder, nginx):
    """The recorder goes on: a client after the bad one is served."""
    with recorder.catch():
        done = curl("-x", f"http://{recorder.address}", "--cacert", recorder.ca, f"{nginx.url}/one")
    return done.stdout == nginx.files["one"]


def direct(port):
    """A socket to tlscope, nothing said."""
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


def send_all_it_takes(sock, data):
    """Send, where the other end may close meanwhile; what it said."""
    said = b""
    with contextlib.suppress(ConnectionError):
        sock.sendall(data)
    with contextlib.suppress(ConnectionError):
        said = receive_all(sock)
    return said


def test_not_tls_after_connect(recorder, serve_python, nginx):
    """A tunnel of something else is relayed, recorded as it is, and said to be no TLS."""

    def echo(connection, server):
        while data := connection.recv(4096):
            server.received += data
            connection.sendall(data.upper())

    server = serve_python(echo)
    with recorder.catch() as caught, connect(recorder.port, f"127.0.0.1:{server.port}") as sock:
        sock.sendall(b"ehlo me\r\n")
        assert b"EHLO ME\r\n" == sock.recv(100)
    assert ("not-tls", "not-tls") == (caught.one.outcome, caught.one.fault)
    assert "client" == caught.one.summary["fault"]["who"]
    assert (b"ehlo me\r\n", b"EHLO ME\r\n") == (caught.one.data("up"), caught.one.data("down"))
    assert (9, 9) == (caught.one.summary["up"], caught.one.summary["down"])
    assert still_works(recorder, nginx)


def test_a_server_that_speaks_first(recorder, serve_python):
    """A greeting, as of SMTP, arrives at a client that waits for it."""

    def greet(connection, server):
        connection.sendall(b"220 hello\r\n")
        server.received += connection.recv(100)

    server = serve_python(greet)
    with recorder.catch() as caught, connect(recorder.port, f"127.0.0.1:{server.port}") as sock:
        assert b"220 hello\r\n" == sock.recv(100)
        sock.sendall(b"QUIT\r\n")
        assert b"" == sock.recv(100)
    assert "not-tls" == caught.one.outcome
    assert (b"QUIT\r\n", b"220 hello\r\n") == (caught.one.data("up"), caught.one.data("down"))


def test_a_client_that_closes_at_once(recorder, serve_python):
    """A tunnel that its client closes unused is recorded as closed by the client."""
    server = serve_python(lambda connection, _: receive_all(connection))
    with recorder.catch() as caught:
        connect(recorder.port, f"127.0.0.1:{server.port}").close()
    assert ("aborted", "client", "closed") == (
        caught.one.outcome, caught.one.summary["fault"]["who"], caught.one.fault
    )  # fmt: skip


def test_a_hello_right_behind_the_request(recorder, nginx):
    """A client that does not wait for the answer to its CONNECT is understood."""
    with recorder.catch() as caught, direct(recorder.port) as sock:
        sock.sendall(f"CONNECT localhost:{nginx.port} HTTP/1.1\r\n\r\n".encode() + client_hello())
        answer = b""
        while b"\r\n\r\n\x16\x03\x03" not in answer:
            answer += sock.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert "up ClientHello" == caught.one.messages("client")[0]


def test_half_a_hello_then_silence(tmp_path, serve_python):
    """A client that stops in its hello is ended within the limit, with an alert it could read."""
    server = serve_python(lambda connection, _: receive_all(connection))
    with recording(tmp_path, limits={"hello_time": 0.3}) as port:
        sock = connect(port, f"127.0.0.1:{server.port}")
        begun = time.monotonic()
        sock.sendall(client_hello()[:100])
        said = receive_all(sock)
        took = time.monotonic() - begun
        sock.close()
    assert bytes([21, 3, 3, 0, 2, 2, 50]) == said  # fatal, decode_error
    assert 0.3 <= took < 2
    ended = Ended(tmp_path / "capture")
    assert ("client", "hello-timeout") == (ended[1].fault.who, ended[1].fault.code)
    assert "aborted" == ended[1].outcome.outcome


@pytest.mark.parametrize("said", [b"", b"CONNECT", b"\x05", b"\x16"])
def test_silence(tmp_path, said):
    """A client that says nothing, or next to nothing, is ended within the limit."""
    with recording(tmp_path, limits={"hello_time": 0.3}) as port, direct(port) as sock:
        sock.sendall(said)
        assert b"" == receive_all(sock) or said == b"\x16"
    ended = Ended(tmp_path / "capture")
    assert "client" == ended[1].fault.who
    assert ended[1].fault.code in {"silent", "hello-timeout"}
    assert "aborted" == ended[1].outcome.outcome


def test_an_endless_hello(recorder, nginx):
    """A hello that is longer than its limit is cut off there, whatever more would come."""
    with recorder.catch() as caught, connect(recorder.port, f"localhost:{nginx.port}") as sock:
        body = bytes(0x4000 - 6)
        more = bytes.fromhex("160301 4000") + bytes(0x4000)
        said = send_all_it_takes(sock, RECORD_OF_A_HELLO + body + more * 40)
    assert said in {b"", bytes([21, 3, 3, 0, 2, 2, 50])}  # our reset can overtake the alert
    assert ("aborted", "hello-too-long") == (caught.one.outcome, caught.one.fault)
    assert len(caught.one.ciphertext("client", "up")) < 256 * 1024
    assert still_works(recorder, nginx)


@pytest.mark.parametrize("tunnelled", [True, False])
def test_sslv2_hello(recorder, nginx, tunnelled):
    """An SSLv2 hello gets the alert protocol_version, and the fault its name."""
    with recorder.catch() as caught:
        sock = connect(recorder.port, f"localhost:{nginx.port}") if tunnelled else direct(recorder.port)
        with sock:
            sock.sendall(SSLV2_HELLO)
            assert bytes([21, 3, 3, 0, 2, 2, 70]) == receive_all(sock)
    assert ("client", "sslv2-hello") == (caught.one.summary["fault"]["who"], caught.one.fault)
    assert "aborted" == caught.one.outcome


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes(recorder, nginx, seed):
    """Random bytes are no request: said so, and the recorder goes on."""
    rubbish = random.Random(seed).randbytes(3000)
    with recorder.catch() as caught, direct(recorder.port) as sock:
        with contextlib.suppress(ConnectionError):
            sock.sendall(rubbish)
            sock.shutdown(socket.SHUT_WR)
        send_all_it_takes(sock, b"")
    assert "client" == caught.one.summary["fault"]["who"]
    assert caught.one.outcome in {"not-tls", "aborted"}
    assert seed or still_works(recorder, nginx)


@pytest.mark.parametrize("seed", range(4))
def test_random_records(recorder, nginx, seed):
    """A TLS record of random bytes in a tunnel is a fault of the client, told by an alert."""
    rubbish = random.Random(seed).randbytes(300)
    record = bytes.fromhex("160301") + len(rubbish).to_bytes(2, "big") + rubbish
    with recorder.catch() as caught, connect(recorder.port, f"localhost:{nginx.port}") as sock:
        sock.sendall(record)
        sock.shutdown(socket.SHUT_WR)
        said = send_all_it_takes(sock, b"")
    assert said in {b"", bytes([21, 3, 3, 0, 2, 2, 50])}
    assert ("client", "aborted") == (caught.one.summary["fault"]["who"], caught.one.outcome)


def test_a_plain_request_to_the_port(recorder):
    """A browser pointed at the port by mistake is told what the port is."""
    with recorder.catch() as caught:
        done = curl("-i", f"http://{recorder.address}/")
    assert done.stdout.startswith(b"HTTP/1.1 400 ")
    assert b"not-a-proxy-request" in done.stdout
    assert "not-tls" == caught.one.outcome


def test_an_answer_to_an_upload_can_be_read(recorder):
    """A client that sends a body behind a request that is refused gets the answer, and no reset in its place."""
    with recorder.catch() as caught, socket.create_connection(("127.0.0.1", recorder.port), PATIENCE) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n" + bytes(3_000_000))
        assert receive_all(sock).startswith(b"HTTP/1.1 400 ")
    assert "not-a-proxy-request" == caught.one.fault


def test_garbage_behind_the_handshake(recorder, nginx):
    """A client whose first record cannot be decrypted has not refused our certificate: its TLS is broken."""
    with recorder.catch() as caught, connect(recorder.port, f"localhost:{nginx.port}") as sock:
        ByHand(sock, client_context(recorder.ca))
        sock.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        receive_all(sock)
    assert ("aborted", "broken-tls") == (caught.one.outcome, caught.one.fault)
    assert ["down 2 20"] == caught.one.alerts("client")[-1:]  # bad_record_mac


def test_a_reset_in_the_hello(recorder, nginx):
    """A client that resets in its hello is recorded as gone, and nothing else suffers."""
    with recorder.catch() as caught:
        sock = connect(recorder.port, f"localhost:{nginx.port}")
        sock.sendall(client_hello()[:50])
        reset(sock)
    assert ("client", "aborted") == (caught.one.summary["fault"]["who"], caught.one.outcome)


def test_a_hello_byte_by_byte(recorder, nginx):
    """A hello that arrives a byte at a time, in as many records, is one hello."""
    hello = client_hello()
    body = hello[5:]
    split = b"".join(bytes([22, 3, 1, 0, 1, byte]) for byte in body)
    with recorder.catch() as caught, connect(recorder.port, f"localhost:{nginx.port}") as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(split)):
            sock.send(split[at : at + 1])
        head = sock.recv(5)
        assert 22 == head[0]
    first = next(event for event in caught.one.of("message") if event["leg"] == "client")
    assert ("ClientHello", body.hex()) == (first["name"], first["hex"])


@pytest.mark.parametrize("names", [b"\x02h2\x00\x01x", bytes(6)])
def test_a_protocol_without_a_name(recorder, nginx, names):
    """ALPN names must not be empty (RFC 7301 section 3.1): a fault of the client, told as OpenSSL tells it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = client_context(recorder.ca, alpn=("h2", "xx"))
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    hello = outgoing.read()
    assert b"\x02h2\x02xx" in hello
    with recorder.catch() as caught, connect(recorder.port, f"localhost:{nginx.port}") as sock:
        sock.sendall(hello.replace(b"\x02h2\x02xx", names))
        assert bytes([21, 3, 3, 0, 2, 2, 50]) == receive_all(sock)  # fatal, decode_error
    assert ("client", "handshake-failed") == (caught.one.summary["fault"]["who"], caught.one.fault)
    assert caught.one.summary["fault"]["next"]


def test_own_port(recorder):
    """Tlscope is no target for itself: by CONNECT, by SOCKS, by any name of this machine."""
    for target in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
        with recorder.catch() as caught:
            done = curl("-x", f"http://{recorder.address}", f"https://{target}:{recorder.port}/")
        assert 56 == done.returncode  # CURLE_RECV_ERROR: the tunnel was not made
        assert b"403" in done.stderr
        assert ("refused", "own-port") == (caught.one.outcome, caught.one.fault)
    with recorder.catch() as caught:
        done = curl("-x", f"socks5h://{recorder.address}", f"https://localhost:{recorder.port}/")
    assert 97 == done.returncode  # CURLE_PROXY
    assert "refused" == caught.one.outcome
