"""Heads of HTTP/1 messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.wire.http import http1_head
from tlscope.wire.http.http1_head import (
    MAX_HEADERS,
    MAX_METHOD,
    MAX_NAMES,
    could_start,
    parse_head,
    request_line,
    status_line,
)


def test_both_roads_lead_to_the_same():
    """What is well-formed is read alike by the fast and by the tolerant way."""
    data = b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length:  5 \r\nX-Empty:\r\nTransfer-Encoding: \tchunked\r\n\r\n"
    fast, slow = parse_head(data, 7), http1_head._tolerant(data, 7)
    assert fast == slow
    assert {b"host": [b"a"], b"content-length": [b"5"], b"transfer-encoding": [b"chunked"]} == fast.fields
    for header in fast.headers:
        line = data[header.start - 7 : header.start - 7 + header.length]
        assert line.startswith(header.name)
        assert header.value == line.partition(b":")[2].strip()


def test_folded_lines_are_joined():
    """With one space, and span all their lines."""
    data = b"GET / HTTP/1.1\r\nX: a\r\n\t b \r\n c\r\nY: d\r\n\r\n"
    head = parse_head(data, 0)
    assert [(b"X", b"a b c"), (b"Y", b"d")] == [found[:2] for found in head.headers]
    assert b"X: a\r\n\t b \r\n c" == data[16:][: head.headers[0].length]
    assert ["obs-fold", "obs-fold"] == [odd.code for odd in head.odd]


def test_the_first_bare_lf_is_pointed_at():
    """Even that of the empty line."""
    (odd,) = parse_head(b"GET / HTTP/1.1\r\nHost: a\r\n\n", 100).odd
    assert ("bare-lf", 125) == (odd.code, odd.offset)


def test_many_headers():
    """Only MAX_HEADERS are told; those behind still frame the message."""
    data = b"GET / HTTP/1.1\r\n" + b"A:\r\n" * MAX_HEADERS + b"Content-Length: 3\r\n\r\n"
    for head in (parse_head(data, 0), http1_head._tolerant(data, 0)):
        assert MAX_HEADERS == len(head.headers)
        assert [b"3"] == head.fields[b"content-length"]
        assert ["too-many-headers"] == [odd.code for odd in head.odd]


def test_names_remembered_are_bounded():
    """Peers choose them."""
    for number in range(2 * MAX_NAMES):
        parse_head(b"GET / HTTP/1.1\r\nX-%d: a\r\n\r\n" % number, 0)
    assert MAX_NAMES >= len(http1_head._NAMES)
    http1_head._NAMES.clear()


@pytest.mark.parametrize(
    ("sent", "code", "at"),
    [
        (b"GET /a\rb HTTP/1.1\r\n\r\n", "bare-cr", 0),
        (b"GET /a\0b HTTP/1.1\r\n\r\n", "control-in-start-line", 0),
        (b"HTTP/1.1 200 O\x7fK\r\n\r\n", "control-in-start-line", 0),
        (b"GET / HTTP/1.1\r\n X: a\r\n\r\n", "space-before-header", 16),
    ],
)
def test_strange_beginnings(sent, code, at):
    """What must not be in a start line, or between it and the first header."""
    odd = parse_head(sent, 100).odd[0]
    assert (code, 100 + at) == (odd.code, odd.offset)


def test_whitespace_before_the_first_header_hides_it():
    """Such a line decides nothing (RFC 9112 section 2.2)."""
    assert {} == parse_head(b"GET / HTTP/1.1\r\n Content-Length: 3\r\n\r\n", 0).fields


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (b"GET / HTTP/1.1", (b"GET", b"/", "HTTP/1.1", "")),
        (b"M-SEARCH * HTTP/1.0", (b"M-SEARCH", b"*", "HTTP/1.0", "")),
        (b"GET  /  HTTP/1.1 ", (b"GET", b"/", "HTTP/1.1", "start-line-whitespace")),
        (b"GET /a b HTTP/1.1", (b"GET", b"/a b", "HTTP/1.1", "start-line-whitespace")),
        (b"GET\t/ HTTP/1.1", (b"GET", b"/", "HTTP/1.1", "start-line-whitespace")),
        (b"GET / HTTP/1.7", (b"GET", b"/", "HTTP/1.7", "version")),
        (b"GET /", None),
        (b"GET / HTTP/2.0", None),
        (b"GET HTTP/1.1", None),
        (b" GET / HTTP/1.1", None),
        (b"G(T / HTTP/1.1", None),
        (b"G" * (MAX_METHOD + 1) + b" / HTTP/1.1", None),
        (b"", None),
    ],
)
def test_request_lines(line, read):
    """Three parts; what is not one space apart is odd, what has no version of HTTP/1 is none."""
    assert read == request_line(line)


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (b"HTTP/1.1 200 OK", (200, b"OK", "HTTP/1.1", "")),
        (b"HTTP/1.0 404 Not Found", (404, b"Not Found", "HTTP/1.0", "")),
        (b"HTTP/1.1 200 ", (200, b"", "HTTP/1.1", "")),
        (b"HTTP/1.1 200", (200, b"", "HTTP/1.1", "")),
        (b"HTTP/1.1  200  OK", (200, b"OK", "HTTP/1.1", "start-line-whitespace")),
        (b"HTTP/1.2 200 OK", (200, b"OK", "HTTP/1.2", "version")),
        (b"HTTP/1.1 2000 OK", None),
        (b"HTTP/1.1 20x OK", None),
        (b"HTTP/2 200", None),
        (b"ICY 200 OK", None),
    ],
)
def test_status_lines(line, read):
    """The phrase may be empty, and even its space may be missing."""
    assert read == status_line(line)


@given(st.binary(max_size=80), st.booleans(), st.integers(0, 80))
def test_what_cannot_start_a_message_never_will(data, request, size):
    """Once refused, refused for all that is longer; and what is a start line was not refused before."""
    if not could_start(data[:size], request=request):
        assert not could_start(data, request=request)
        assert (request_line(data) if request else status_line(data)) is None


@given(st.binary(max_size=200))
def test_any_bytes(data):
    """A head, with every header inside."""
    for header in parse_head(data, 0).headers:
        assert 0 <= header.start <= header.start + header.length <= len(data)


def test_time_is_linear():
    """In lines, in folds, in repeated headers."""
    for part in (b"A: b\r\n", b" x\r\n", b"Content-Length: 1\r\n", b"\x00", b"\n"):
        one, two = (steps(parse_head, b"GET / HTTP/1.1\r\nX: \r\n" + part * n + b"\r\n", 0) for n in (2000, 4000))
        assert two < 2.2 * one
