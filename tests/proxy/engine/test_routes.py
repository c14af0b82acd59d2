import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from feeding import bytewise, every_prefix_wants_more, every_way, feed
from support.routing import (
    ESTABLISHED,
    LONGEST,
    NO_AUTHENTICATION,
    SOCKS4_REACHED,
    SOCKS5_REACHED,
    Conversation,
    connect,
    front,
    named,
    socks4,
    socks5,
)
from tlscope.config import Address
from tlscope.engine.routes import (
    Request,
    Tls,
)
from tlscope.wire.tls.hello import Malformed
from tools import tool

# -------------------------------------------------------------------------------------------------------------- targets

HTTP_TARGETS = [
    (Address("example.com", 443), b"example.com:443"),
    (Address("example.com", 443), b"EXAMPLE.com:443"),
    (Address("example.com.", 1), b"example.com.:00001"),
    (Address("a_b.example", 65535), b"a_b.example:65535"),
    (Address("192.0.2.1", 8443), b"192.0.2.1:8443"),
    (Address("::1", 443), b"[::1]:443"),
    (Address("2001:db8::1", 443), b"[2001:DB8::1]:443"),
    (Address("::ffff:192.0.2.1", 443), b"[::ffff:192.0.2.1]:443"),
    (Address("fe80::1%eth0", 443), b"[fe80::1%eth0]:443"),
    (Address(LONGEST, 443), LONGEST.encode() + b":443"),
]


BAD_TARGETS = [
    b":443", b"example.com:0", b"example.com:65536", b"example.com:999999", b"example.com:-1", b"example.com:4e2",
    b"user@example.com:443", b"u:p@example.com:443", b"@example.com:443", b"example.com/:443", b"example.com:443/",
    b"example.com:443?", b"example.com:443#", b"::1:443", b"[::1:443", b"::1]:443", b"[example.com]:443", b"[]:443",
    b"[192.0.2.1]:443", b"[v1.x]:443", b"a[::1]:443", b"[::1]b:443", b"a..b:443", b"-:443:443", b"192.0.2.1%1:443",
    b"[fe80::1%]:443", b"[fe80::1%a/b]:443", b"b\xc3\xbccher.example:443", b"example.com\x0b:443", b"*:443",
    LONGEST.encode() + b"b:443",
]  # fmt: skip


@pytest.mark.parametrize(("expected", "target"), HTTP_TARGETS)
def test_connect(expected, target):
    """CONNECT (RFC 9110 section 9.3.6) to names and addresses; its fields change nothing."""
    head = connect(target, b"Host: elsewhere:1", b"Proxy-Authorization: Basic eDp5")
    every_way(front, head, Request("connect", expected, ESTABLISHED))
    every_prefix_wants_more(front, head)


@pytest.mark.parametrize("target", [*BAD_TARGETS, b"example.com", b"[::1]"])
def test_connect_to_what_is_no_target(target):
    """It is refused in HTTP, with the reason; CONNECT has no default port."""
    conversation = Conversation()
    found = feed(conversation, [connect(target)])
    assert found.code in {"connect-target", "request-line"}
    assert conversation.said.startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize(
    ("address", "sent", "origin"),
    [
        (Address("example.com", 80), b"GET http://example.com/ HTTP/1.1", b"GET / HTTP/1.1"),
        (Address("example.com", 80), b"GET HTTP://EXAMPLE.com/A?b#c HTTP/1.0", b"GET /A?b#c HTTP/1.0"),
        (Address("example.com", 8080), b"POST http://example.com:8080/x//y HTTP/1.1", b"POST /x//y HTTP/1.1"),
        (Address("example.com", 80), b"GET http://example.com HTTP/1.1", b"GET / HTTP/1.1"),
        (Address("example.com", 80), b"GET http://example.com?q=/ HTTP/1.1", b"GET /?q=/ HTTP/1.1"),
        (Address("example.com", 80), b"OPTIONS http://example.com HTTP/1.1", b"OPTIONS * HTTP/1.1"),
        (Address("example.com", 80), b"OPTIONS http://example.com/ HTTP/1.1", b"OPTIONS / HTTP/1.1"),
        (Address("::1", 80), b"GET http://[::1]/ HTTP/1.1", b"GET / HTTP/1.1"),
        (Address("::1", 81), b"GET http://[::1]:81/ HTTP/1.1", b"GET / HTTP/1.1"),
        (Address("192.0.2.1", 80), b"GET http://192.0.2.1/\xff HTTP/1.1", b"GET /\xff HTTP/1.1"),
    ],
)
def test_absolute_form(address, sent, origin):
    """The server gets origin-form (RFC 9112 section 3.2.1), `*` where it is asked itself, and Connection: close."""
    head = sent + b"\r\nHost: example.com\r\nAccept:*/*\r\n\r\n"
    forward = origin + b"\r\nConnection: close\r\nHost: example.com\r\nAccept:*/*\r\n\r\n"
    every_way(front, head, Request("absolute-form", address, forward=forward))
    every_prefix_wants_more(front, head)


def test_absolute_form_without_fields():
    """HTTP/1.0 needs no Host."""
    found = feed(front(), [b"GET http://a/ HTTP/1.0\r\n\r\n"])
    assert b"GET / HTTP/1.0\r\nConnection: close\r\n\r\n" == found.forward


def test_only_our_own_fields_are_left_out():
    """What is meant for a proxy is not forwarded; all else is, as it came and in its order."""
    ours = [b"Connection: keep-alive", b"PROXY-CONNECTION:x", b"proxy-authorization: Basic eDp5", b"Keep-Alive: 5"]
    theirs = [b"Host: other.example", b"Cookie:  a=b ", b"X-Empty:", b"X: \xff\t", b"Connections: 3", b"Host: second"]
    fields = [theirs[0], ours[0], *theirs[1:4], *ours[1:], *theirs[4:]]
    found = feed(front(), [b"\r\n".join([b"GET http://a/ HTTP/1.1", *fields, b"", b""])])
    assert b"\r\n".join([b"GET / HTTP/1.1", b"Connection: close", *theirs, b"", b""]) == found.forward


@pytest.mark.parametrize(
    "target", [b"http://" + target + b"/" for target in BAD_TARGETS if not set(target) & set(b"/?#")]
)
def test_absolute_form_of_what_is_no_target(target):
    """It is refused in HTTP, with the reason, and nothing is forwarded."""
    conversation = Conversation()
    found = feed(conversation, [b"GET " + target + b" HTTP/1.1\r\n\r\n"])
    assert isinstance(found, Malformed)
    assert conversation.said.startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize(
    ("expected", "request_"),
    [
        (Address("example.com", 443), socks5(3, named(b"example.com"))),
        (Address("Example.COM.", 443), socks5(3, named(b"Example.COM."))),
        (Address(LONGEST, 65535), socks5(3, named(LONGEST.encode()), 65535)),
        (Address("192.0.2.1", 443), socks5(3, named(b"192.0.2.1"))),
        (Address("2001:db8::1", 443), socks5(3, named(b"2001:db8::1"))),
        (Address("fe80::1%eth0", 443), socks5(3, named(b"fe80::1%eth0"))),
        (Address("192.0.2.1", 443), socks5(1, b"\xc0\x00\x02\x01")),
        (Address("2001:db8::1", 443), socks5(4, b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01")),
        (Address("::", 0), socks5(4, bytes(16), 0)),
    ],
)
@pytest.mark.parametrize("greeting", [NO_AUTHENTICATION, b"\x05\x03\x02\x01\x00", b"\x05\xff" + bytes(255)])
def test_socks5(expected, request_, greeting):
    """Names, IPv4 and IPv6 (RFC 1928); the method without authentication is chosen wherever it is offered."""
    stream = greeting + request_
    every_way(front, stream, Request("socks5", expected, SOCKS5_REACHED))
    every_prefix_wants_more(front, stream)
    for pieces in ([stream], [greeting, request_], bytewise(stream)):
        conversation = Conversation()
        feed(conversation, pieces)
        assert b"\x05\x00" == conversation.said


def test_socks5_answers_the_greeting_at_once():
    """The client sends its request only after the answer to its greeting."""
    begun = front()
    assert begun.feed(NO_AUTHENTICATION) is None
    assert b"\x05\x00" == begun.reply
    assert begun.feed(b"\x05") is None
    assert b"" == begun.reply


@pytest.mark.parametrize(
    ("expected", "request_"),
    [
        (Address("192.0.2.1", 443), socks4(b"\xc0\x00\x02\x01")),
        (Address("192.0.2.1", 1), socks4(b"\xc0\x00\x02\x01", 1, user=b"me")),
        (Address("0.0.0.0", 443), socks4(bytes(4))),
        (Address("0.0.1.0", 443), socks4(b"\0\0\1\0")),
        (Address("example.com", 443), socks4(b"\0\0\0\x01", name=b"example.com")),
        (Address("example.com", 443), socks4(b"\0\0\0\xff", user=b"u" * 200, name=b"example.com")),
        (Address(LONGEST, 443), socks4(b"\0\0\0\x01", name=LONGEST.encode())),
        (Address("2001:db8::1", 443), socks4(b"\0\0\0\x01", name=b"2001:db8::1")),
    ],
)
def test_socks4(expected, request_):
    """SOCKS4 with addresses, and 4a with names where the address is 0.0.0.x."""
    every_way(front, request_, Request("socks4", expected, SOCKS4_REACHED))
    every_prefix_wants_more(front, request_)


@pytest.mark.parametrize("data", [b"\x16", b"\x16\x03\x01\x00\xff", b"\x16junk"])
def test_tls(data):
    """What begins with a handshake record is no request, and all of it is left for the TLS leg."""
    begun = front()
    assert Tls() == begun.feed(data)
    assert data == begun.rest


@pytest.mark.parametrize(
    "stream",
    [
        connect(b"example.com:443"),
        b"GET http://example.com/ HTTP/1.1\r\n\r\n",
        NO_AUTHENTICATION + socks5(3, named(b"a")),
        socks4(b"\0\0\0\x01", name=b"a"),
        socks4(b"\x7f\0\0\x01"),
    ],
)
@pytest.mark.parametrize("behind", [b"", b"\x16\x03\x01", b"\x05\x01\x00", b"GET / HTTP/1.1\r\n\r\n", bytes(5000)])
def test_what_follows_the_request_is_left(stream, behind):
    """A client that does not wait for the answer loses nothing, however its bytes come."""
    for pieces in (
        [stream + behind],
        [stream[:-1], stream[-1:] + behind],
        [*bytewise(stream)[:-1], stream[-1:] + behind],
    ):
        begun = front()
        assert isinstance(feed(begun, pieces), Request)
        assert behind == begun.rest


# --------------------------------------------------------------------------------------------------------------- oracle


def first_words(command, replies):
    """What a program says to a proxy on loopback, which answers with the next of `replies` to each thing it hears."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        program = subprocess.Popen(
            command(listener.getsockname()[1]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            client, _ = listener.accept()
            with client:
                client.settimeout(20)
                for reply in [*replies, b""]:
                    heard.append(client.recv(65536))
                    client.sendall(reply)
        finally:
            program.kill()
            program.wait()
    return heard


@pytest.mark.parametrize(
    ("scheme", "url", "via", "target"),
    [
        ("http", "https://example.test/", "connect", Address("example.test", 443)),
        ("http", "https://[2001:db8::1]:8443/", "connect", Address("2001:db8::1", 8443)),
        ("http", "http://Example.test:81/a?b", "absolute-form", Address("example.test", 81)),
        ("http", "http://example.test?b", "absolute-form", Address("example.test", 80)),
        ("socks4", "https://127.0.0.1:8443/", "socks4", Address("127.0.0.1", 8443)),
        ("socks4a", "https://example.test/", "socks4", Address("example.test", 443)),
        ("socks5", "https://127.0.0.1/", "socks5", Address("127.0.0.1", 443)),
        ("socks5", "https://[::1]/", "socks5", Address("::1", 443)),
        ("socks5h", "https://example.test:444/", "socks5", Address("example.test", 444)),
    ],
)
def test_curl(scheme, url, via, target):
    """What curl says to a proxy of each kind is understood, and our answer to its greeting is what it waits for."""

    def command(port):
        return [tool("curl"), "-sk", "--max-time", "20", "-x", f"{scheme}://127.0.0.1:{port}", url]

    greeted = [b"\x05\x00"] if via == "socks5" else []
    found = feed(front(), first_words(command, greeted))
    assert (via, target) == (found.via, found.target)


def test_python_reads_what_is_forwarded():
    """An absolute-form request of Python's client arrives at Python's server with path, host and body in place."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, self.headers["Host"], self.headers["Connection"], self.headers["Via-Us"], body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.handle_request)
        serving.start()
        begun = front()
        sent = b"POST http://x.test:81/p?q HTTP/1.1\r\nHost: x.test:81\r\nConnection: keep-alive\r\nVia-Us: 1\r\n"
        request = begun.feed(sent + b"Content-Length: 3\r\n\r\nabc")
        with socket.create_connection(server.server_address) as client:
            client.sendall(request.forward + begun.rest)
            assert client.recv(100).startswith(b"HTTP/1.0 204")
        serving.join()
    assert [("/p?q", "x.test:81", "close", "1", b"abc")] == seen
