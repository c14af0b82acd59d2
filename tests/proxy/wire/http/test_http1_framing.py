"""Where content ends."""

from __future__ import annotations

import pytest

from tlscope.wire.http.http1_framing import CHUNKED, CLOSE, NONE, UNKNOWN, Framing, request_framing, response_framing
from tlscope.wire.http.http1_head import parse_head


def head(*lines):
    return parse_head(b"GET / HTTP/1.1\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n", 0)


@pytest.mark.parametrize(
    ("lines", "framing"),
    [
        ([], NONE),
        ([b"Content-Length: 0"], Framing("length", 0)),
        ([b"Content-Length: 12"], Framing("length", 12)),
        ([b"Content-Length: 12", b"Content-Length: 13"], Framing("length", 12)),
        ([b"Content-Length: 1_0"], UNKNOWN),
        ([b"Content-Length: 0x10"], UNKNOWN),
        ([b"Content-Length:"], UNKNOWN),
        ([b"Transfer-Encoding: Chunked"], CHUNKED),
        ([b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"], CHUNKED),
        ([b"Transfer-Encoding: chunked, gzip"], UNKNOWN),
        ([b"Transfer-Encoding: chunked, ,"], CHUNKED),
        ([b"Transfer-Encoding: ,"], UNKNOWN),
        ([b"Transfer-Encoding: chunked", b"Content-Length: 5"], CHUNKED),
    ],
)
def test_requests(lines, framing):
    """Transfer-Encoding before Content-Length; neither means nothing (RFC 9112 section 6.3)."""
    assert framing == request_framing(head(*lines), "HTTP/1.1")


@pytest.mark.parametrize(
    ("status", "method", "lines", "framing"),
    [
        (200, b"GET", [], CLOSE),
        (200, b"HEAD", [b"Content-Length: 5"], NONE),
        (204, b"GET", [b"Transfer-Encoding: chunked"], NONE),
        (304, b"GET", [b"Content-Length: 5"], NONE),
        (100, b"GET", [], NONE),
        (200, b"CONNECT", [b"Content-Length: 5"], NONE),
        (404, b"CONNECT", [b"Content-Length: 5"], Framing("length", 5)),
        (99, b"GET", [b"Content-Length: 5"], Framing("length", 5)),
        (200, b"GET", [b"Content-Length: 5"], Framing("length", 5)),
        (200, b"GET", [b"Content-Length: five"], CLOSE),
        (200, b"GET", [b"Transfer-Encoding: chunked"], CHUNKED),
        (200, b"GET", [b"Transfer-Encoding: gzip"], CLOSE),
    ],
)
def test_responses(status, method, lines, framing):
    """Some have no content whatever they say; without a length it ends with the connection."""
    assert framing == response_framing(head(*lines), "HTTP/1.1", status, method)


def test_what_a_version_does_not_know():
    """Transfer-Encoding in HTTP/1.0 is odd."""
    made = head(b"Transfer-Encoding: chunked")
    assert CHUNKED == response_framing(made, "HTTP/1.0", 200, b"GET")
    assert ["transfer-encoding-in-http-1.0"] == [odd.code for odd in made.odd]


def test_lengths_that_must_not_be():
    """On 1xx, 204 and what opens a tunnel (RFC 9110 sections 8.6 and 9.3.6)."""
    for status, method, word in ((101, b"GET", "1xx"), (204, b"GET", "204"), (299, b"CONNECT", "connect")):
        made = head(b"Content-Length: 5", b"Transfer-Encoding: chunked")
        response_framing(made, "HTTP/1.1", status, method)
        assert [f"content-length-on-{word}", f"transfer-encoding-on-{word}"] == [odd.code for odd in made.odd]


@pytest.mark.parametrize(
    ("codings", "code"),
    [
        (b"chunked, gzip", "chunked-not-last"),
        (b"chunked, chunked", "chunked-twice"),
        (b"gzip,, chunked", "empty-transfer-coding"),
        (b"chunked;a=b", "unknown-transfer-coding"),
        (b"identity", "unknown-transfer-coding"),
    ],
)
def test_odd_codings(codings, code):
    """Are named, each by what is wrong with it."""
    made = head(b"Transfer-Encoding: " + codings)
    response_framing(made, "HTTP/1.1", 200, b"GET")
    assert code == made.odd[0].code
