"""What a front refuses, and how it says so; how much it takes, and what it makes of anything at all."""

import http.client
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeding import bytewise, cut, cuts, feed
from support.routing import (
    NO_AUTHENTICATION,
    Conversation,
    connect,
    front,
    named,
    socks4,
    socks5,
)
from tlscope.config import Address
from tlscope.engine.routes import (
    HTTP_REASONS,
    MAX_SOCKS4_TEXT,
    SOCKS4_REFUSED,
    Request,
    excerpt,
    http_answer,
)
from tlscope.wire.tls.hello import Malformed

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


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ('"GET / HTTP/1.1\\r\\n"', b"GET / HTTP/1.1\r\n"),
        (f'"{"a" * 32}"…', b"a" * 33),
        ("05 01 00", b"\x05\x01\0"),
        ("1b 5b 32 4a", b"\x1b[2J"),
        (f"{'ff ' * 32}…", b"\xff" * 33),
    ],
)
def test_what_was_sent_is_quoted_as_text_where_it_is_text(expected, data):
    """As everywhere, and not as Python writes it; escape sequences are no text."""
    assert expected == excerpt(data)
