import http.client
import io
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeding import bytewise, cut, cuts, every_prefix_wants_more, every_way, feed
from tlscope.config import Address
from tlscope.engine.routes import (
    HTTP_REASONS,
    MAX_SOCKS4_TEXT,
    SOCKS4_REFUSED,
    Front,
    Request,
    Tls,
    http_answer,
)
from tlscope.wire.tls.hello import Malformed
from tools import tool

LIMIT = 64 * 1024
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
SOCKS5_REACHED = b"\x05\x00\x00\x01" + bytes(6)
SOCKS4_REACHED = b"\x00\x5a" + bytes(6)
NO_AUTHENTICATION = b"\x05\x01\x00"
LONGEST = ".".join(["a" * 63] * 3 + ["b" * 61])


def front():
    return Front(LIMIT)


class Conversation:
    """A front with all that it replied."""

    def __init__(self, limit=LIMIT):
        self.front, self.said = Front(limit), b""

    def feed(self, data):
        found = self.front.feed(data)
        self.said += self.front.reply
        return found


def connect(target, *fields):
    return b"CONNECT " + target + b" HTTP/1.1\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def socks5(kind, host, port=443, command=1):
    """The request that follows the greeting."""
    return bytes([5, command, 0, kind]) + host + port.to_bytes(2, "big")


def named(host):
    return bytes([len(host)]) + host


def socks4(host, port=443, user=b"", name=None, command=1):
    tail = b"" if name is None else name + b"\0"
    return bytes([4, command]) + port.to_bytes(2, "big") + host + user + b"\0" + tail


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


# ------------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("code", "said", "stream"),
    [
        ("socks-authentication", b"\x05\xff", b"\x05\x00"),
        ("socks-authentication", b"\x05\xff", b"\x05\x02\x01\x02"),
        ("socks-command", b"\x05\x00\x05\x07\x00\x01" + bytes(6), NO_AUTHENTICATION + socks5(1, bytes(4), command=2)),
        ("socks-command", b"\x05\x00\x05\x08\x00\x01" + bytes(6), NO_AUTHENTICATION + socks5(2, bytes(4))),
        ("socks-command", b"\x05\x00\x05\x07\x00\x01" + bytes(6), NO_AUTHENTICATION + b"\x04\x01\x00\x01\x00"),
        ("socks-command", b"\x05\x00\x05\x07\x00\x01" + bytes(6), NO_AUTHENTICATION + b"\x16\x03\x01\x01\x00"),
        ("socks-command", b"\x05\x00\x05\x08\x00\x01" + bytes(6), NO_AUTHENTICATION + b"GET / HTTP/1.1\r\n\r\n"),
        ("socks-host", b"\x05\x00\x05\x08\x00\x01" + bytes(6), NO_AUTHENTICATION + socks5(3, named(b""))),
        ("socks-host", b"\x05\x00\x05\x08\x00\x01" + bytes(6), NO_AUTHENTICATION + socks5(3, named(b"a\0b"))),
        ("socks-host", b"\x05\x00\x05\x08\x00\x01" + bytes(6), NO_AUTHENTICATION + socks5(3, named(b"a\r\nb"))),
        ("socks-host", b"\x05\x00\x05\x08\x00\x01" + bytes(6), NO_AUTHENTICATION + socks5(3, named(b"127.0.0.1%\0"))),
        ("socks-host", b"\x05\x00\x05\x08\x00\x01" + bytes(6), NO_AUTHENTICATION + socks5(3, named(b"::1%\r\n"))),
        ("socks-host", b"\x05\x00\x05\x08\x00\x01" + bytes(6), NO_AUTHENTICATION + socks5(3, named(b"\xff" * 255))),
        ("socks-command", SOCKS4_REFUSED, socks4(b"\x7f\0\0\x01", command=2)),
        ("socks-command", SOCKS4_REFUSED, socks4(b"\0\0\0\x01", name=b"")),
        ("socks-command", SOCKS4_REFUSED, socks4(b"\0\0\0\x01", name=b"a b")),
        ("socks-too-long", SOCKS4_REFUSED, socks4(b"\x7f\0\0\x01", user=b"u" * MAX_SOCKS4_TEXT)[:-1]),
        ("socks-too-long", SOCKS4_REFUSED, socks4(b"\0\0\0\x01", user=b"u", name=b"n" * (MAX_SOCKS4_TEXT - 2))[:-1]),
        ("sslv2-hello", b"", b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10"),
        ("not-a-request", b"", b"\x80\x2e\x04"),
        ("not-a-request", b"", b"\0"),
        ("not-a-request", b"", b"\r\nGET"),
        ("not-a-request", b"", b"SSH-2.0-OpenSSH_9\r\n"),
        ("not-a-request", b"", b"M" * 33),
        ("not-a-request", b"", b"GET\t/ HTTP/1.1\r\n\r\n"),
        ("not-a-request", b"", "GÉT /".encode()),
    ],
)
def test_refusals(code, said, stream):
    """What cannot be routed is refused in the client's own protocol, whole and byte by byte alike."""
    for pieces in ([stream], bytewise(stream)):
        conversation = Conversation()
        found = feed(conversation, pieces)
        assert isinstance(found, Malformed)
        assert (code, said) == (found.code, conversation.said)
        assert found.reason


@pytest.mark.parametrize(
    ("code", "head"),
    [
        ("request-line", b"GET http://a/\r\n\r\n"),
        ("request-line", b"GET  http://a/ HTTP/1.1\r\n\r\n"),
        ("request-line", b"GET http://a/ x HTTP/1.1\r\n\r\n"),
        ("request-line", b"GET http://a/ HTTP/1.1 \r\n\r\n"),
        ("request-line", b"GET http://a/ HTTP/2.0\r\n\r\n"),
        ("request-line", b"GET http://a/ HTTP/1.10\r\n\r\n"),
        ("request-line", b"GET http://a/\x00 HTTP/1.1\r\n\r\n"),
        ("request-line", b"GET http://a/\nX: HTTP/1.1\r\n\r\n"),
        ("request-line", b"GET http://a/\x0bb HTTP/1.1\r\n\r\n"),
        ("request-line", b"PRI * HTTP/2.0\r\n\r\n"),
        ("not-a-proxy-request", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("not-a-proxy-request", b"GET //a/ HTTP/1.1\r\n\r\n"),
        ("not-a-proxy-request", b"GET https://a/ HTTP/1.1\r\n\r\n"),
        ("not-a-proxy-request", b"GET ftp://a/ HTTP/1.1\r\n\r\n"),
        ("not-a-proxy-request", b"GET http:// HTTP/1.1\r\n\r\n"),
        ("not-a-proxy-request", b"GET http:a HTTP/1.1\r\n\r\n"),
        ("not-a-proxy-request", b"OPTIONS * HTTP/1.1\r\n\r\n"),
        ("not-a-proxy-request", b"connect a:443 HTTP/1.1\r\n\r\n"),
        ("absolute-form-target", b"GET http:///x HTTP/1.1\r\n\r\n"),
        ("absolute-form-target", b"GET http://a:0/ HTTP/1.1\r\n\r\n"),
        ("absolute-form-target", b"GET http://u:p@a/ HTTP/1.1\r\n\r\n"),
        ("absolute-form-target", b"GET http://a:80@b/ HTTP/1.1\r\n\r\n"),
        ("absolute-form-target", b"GET http://a\\@b/ HTTP/1.1\r\n\r\n"),
        ("absolute-form-target", b"GET http://a%2eb/ HTTP/1.1\r\n\r\n"),
        ("field-line", b"GET http://a/ HTTP/1.1\r\nno colon\r\n\r\n"),
        ("field-line", b"GET http://a/ HTTP/1.1\r\n: no name\r\n\r\n"),
        ("field-line", b"GET http://a/ HTTP/1.1\r\nHost : a\r\n\r\n"),
        ("field-line", b"GET http://a/ HTTP/1.1\r\nTransfer-Encoding\t: chunked\r\n\r\n"),
        ("field-line", b"GET http://a/ HTTP/1.1\r\nConnection:\r\n keep-alive\r\n\r\n"),
        ("field-line", b"GET http://a/ HTTP/1.1\r\n folded: first\r\n\r\n"),
        ("field-line", b"GET http://a/ HTTP/1.1\r\nA: b\nTransfer-Encoding: chunked\r\n\r\n"),
        ("field-line", b"GET http://a/ HTTP/1.1\r\nA: b\rTransfer-Encoding: chunked\r\n\r\n"),
        ("field-line", b"GET http://a/ HTTP/1.1\r\nA: b\0\r\n\r\n"),
        ("field-line", b"CONNECT a:443 HTTP/1.1\r\nA: b\nC: d\r\n\r\n"),
    ],
)
def test_bad_heads(code, head):
    """A head that is none, or that two readers could take for two things, ends in 400 and is not forwarded."""
    for pieces in ([head], bytewise(head)):
        conversation = Conversation()
        found = feed(conversation, pieces)
        assert isinstance(found, Malformed)
        assert code == found.code
        assert 0 <= found.offset < len(head)
        assert (400, code) == status_and_fault(conversation.said)


def test_the_offset_of_a_bad_field():
    """Malformed says where in the head the line begins."""
    head = b"GET http://a/ HTTP/1.1\r\nA: x y\r\nx y\r\n\r\n"
    assert head.index(b"\r\nx y") + 2 == feed(front(), [head]).offset


@pytest.mark.parametrize("head", [b"GET /x HTTP/1.1\r\n\r\n", b"GET http://a:0/ HTTP/1.1\r\n\r\n", connect(b"a:0")])
def test_the_offset_of_a_bad_target(head):
    """It points at the target."""
    assert head.index(b" ") + 1 == feed(front(), [head]).offset


def read_answer(data):
    """A response as Python's own client understands it."""

    class Socket:
        def makefile(self, *_):
            return io.BytesIO(data)

    answer = http.client.HTTPResponse(Socket())
    answer.begin()
    return answer


def status_and_fault(data):
    answer = read_answer(data)
    return answer.status, answer.headers["X-Tlscope-Fault"]


@pytest.mark.parametrize("status", HTTP_REASONS)
def test_answers(status):
    """An answer is one whole HTTP response that says what happened, and closes."""
    data = http_answer(status, "some-code", "what happened, in ü")
    answer = read_answer(data)
    assert (status, HTTP_REASONS[status]) == (answer.status, answer.reason)
    assert "some-code" == answer.headers["X-Tlscope-Fault"]
    assert "close" == answer.headers["Connection"]
    assert "tlscope: what happened, in ü\n".encode() == answer.read()
    assert data.endswith(b"\xc3\xbc\n")


@given(st.binary(max_size=80))
@example(b"CONNECT a\r\nX: y:443 HTTP/1.1")
@example(b"CONNECT a\nX-Injected:1:443 HTTP/1.1")
@example(b"GET http://\x1b[31m/\nSet-Cookie:a HTTP/1.1")
def test_nothing_of_the_client_comes_back_in_a_head(line):
    """Whatever a client sends, the head of the answer holds only what we wrote, and the body no control character."""
    conversation = Conversation()
    feed(conversation, [b"GET " + line + b"\r\n\r\n"])
    if conversation.said:
        head, _, body = conversation.said.partition(b"\r\n\r\n")
        names = [field.partition(b":")[0] for field in head.split(b"\r\n")[1:]]
        assert [b"Content-Type", b"Content-Length", b"X-Tlscope-Fault", b"Connection"] == names
        assert body[:-1].decode().isprintable()
        assert b"%d" % len(body) in head


@pytest.mark.parametrize(
    ("via", "code", "expected"),
    [
        ("socks4", "unreachable", SOCKS4_REFUSED),
        ("socks5", "refused-by-policy", 2),
        ("socks5", "own-port", 2),
        ("socks5", "unreachable", 4),
        ("socks5", "name-unknown", 4),
        ("socks5", "connection-refused", 5),
        ("socks5", "dial-timeout", 6),
        ("socks5", "anything-else", 1),
        ("connect", "dial-timeout", 504),
        ("absolute-form", "dial-timeout", 504),
    ],
)
def test_refusals_after_routing(via, code, expected):
    """A server that cannot be reached is said in the client's protocol, as exactly as that allows."""
    said = Request(via, Address("a", 1)).refusal(code, 504, "why")
    if via == "socks5":
        assert bytes([5, expected, 0, 1]) + bytes(6) == said
    elif via == "socks4":
        assert expected == said
    else:
        assert (expected, code) == status_and_fault(said)


# --------------------------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize("over", [0, 1])
def test_the_longest_head(over):
    """A head of the limit is read, one byte more is answered with 431; how it comes makes no difference."""
    head = connect(b"a:443", b"X: ")
    head = head.replace(b"X: ", b"X: " + b"x" * (300 - len(head) + over))
    for pieces in ([head], [head + bytes(1000)], bytewise(head)):
        conversation = Conversation(300)
        found = feed(conversation, pieces)
        if over:
            assert ("head-too-long", 300) == (found.code, found.offset)
            assert (431, "head-too-long") == status_and_fault(conversation.said)
        else:
            assert Address("a", 443) == found.target


def test_linear_time(monkeypatch):
    """The end of a head that comes byte by byte is searched for in the new bytes only."""
    searched = 0

    class Counting(bytearray):
        def find(self, what, start=0, end=None):
            nonlocal searched
            searched += (len(self) if end is None else end) - start
            return super().find(what, start, len(self) if end is None else end)

    begun = front()
    monkeypatch.setattr(begun, "_data", Counting())
    head = connect(b"a:443", *[b"X: " + b"x" * 1000] * 60)
    assert isinstance(feed(begun, bytewise(head)), Request)
    assert 1 <= searched / len(head) <= 5


# ----------------------------------------------------------------------------------------------------------------- junk

ALPHABET = st.sampled_from(
    [b"\x04", b"\x05", b"\x16\x03\x01", b"\x01", b"\0", b"\0\0\0\x01", b"CONNECT ", b"GET ", b"http://", b"a:443",
     b"[::1]", b"%", b" HTTP/1.1", b"\r\n", b"\r\n\r\n", b"\n", b":", b"@", b"/", b"\xff", b"Host: a", b" "]
)  # fmt: skip


@given(st.lists(ALPHABET | st.binary(max_size=8), max_size=30), st.data())
def test_junk(parts, data):
    """No bytes raise, and what comes of them does not depend on how they were cut."""
    stream = b"".join(parts)
    whole, cut_up = Conversation(60), Conversation(60)
    found = feed(whole, [stream])
    again = feed(cut_up, cut(stream, data.draw(cuts(len(stream)))))
    if isinstance(found, Malformed):  # the reasons quote what had come by then
        assert (found.code, found.offset, whole.said) == (again.code, again.offset, cut_up.said)
    else:
        assert (found, whole.said) == (again, cut_up.said)
    if isinstance(found, Request):
        assert 0 <= found.target.port <= 0xFFFF
        assert found.target.host.isascii()
        assert found.target.host.isprintable()
        assert not set(found.target.host) & set(" /@?#[]\\")


@given(st.sampled_from([1, 3, 4]), st.binary(max_size=255), st.integers(0, 0xFFFF))
def test_any_socks5_request(kind, host, port):
    """Any well-framed request is a target or refused."""
    size = {1: 4, 4: 16}.get(kind)
    found = feed(
        front(), [NO_AUTHENTICATION + socks5(kind, host.ljust(size, b"\1")[:size] if size else named(host), port)]
    )
    assert isinstance(found, Malformed) or port == found.target.port


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
