"""Where HTTP/1 goes on behind missing bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from support.observing import UP
from tlscope.wire.http.http1 import Http1
from tlscope.wire.http.http1_head import request_line, status_line
from tlscope.wire.http.http1_seek import START_LIMIT, find_head, tail

REQUEST = b"GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n"
RESPONSE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "request_"),
    [
        (REQUEST, True),
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n", True),
        (b"OPTIONS * HTTP/1.0\r\n\r\n", True),
        (b"POST /\xc3\xa4 HTTP/1.1\nx-y_z:", True),
        (RESPONSE, False),
        (b"HTTP/1.0 204\r\n\r\n", False),
        (b"HTTP/1.1 200 \r\nA:", False),
    ],
)
@pytest.mark.parametrize("before", [b"", b"end of content", b"line\r\n\r\n", b"HTTP/1.1 is GET in", b"\0\xff" * 9])
def test_a_head_is_found(head, request_, before):
    """At its first byte, whatever ends before it; not while a byte of its first field's name and colon is to come."""
    assert len(before) == find_head(before + head, request=request_)
    line = head[: head.index(b"\n")].removesuffix(b"\r")
    assert (request_line if request_ else status_line)(line)
    assert None is find_head(before + head[: head.index(b"\n") + 1], request=request_)


@pytest.mark.parametrize(
    "text",
    [
        b"They said GET / HTTP/1.1 and left.\r\n",
        b"GET / HTTP/1.1\r\nno field line\r\n",
        b"BREW /pot HTTP/1.1\r\nHost: a\r\n",
        b"GET / HTTP/3.0\r\nHost: a\r\n",
        b"GET  HTTP/1.1\r\nHost: a\r\n",
        b"HTTP/1.1 999 No\r\nA: b\r\n",
        b"HTTP/1.1 20\r\nA: b\r\n",
        b"HTTP/1.1 200 OK, it says\r\n",
    ],
)
def test_what_only_looks_like_one(text):
    """Is left as it is: a message that is none costs all that follow."""
    assert (None, None) == (find_head(text, request=True), find_head(text, request=False))


@given(st.binary(max_size=60), st.booleans(), st.integers(0, 90))
@settings(max_examples=100, deadline=None)
def test_the_tail_keeps_what_may_become_a_head(before, request_, cut):
    """However it is cut in two, a head is found, and at its place."""
    data = before + (REQUEST if request_ else RESPONSE)
    whole = find_head(data, request=request_)
    first, second = data[:cut], data[cut:]
    if find_head(first, request=request_) is None:
        kept = first[len(first) - tail(first) :]
        assert whole == len(first) - len(kept) + find_head(kept + second, request=request_)


def test_the_tail_is_bounded():
    """By START_LIMIT, and by what there is."""
    assert (0, 5, 2) == (tail(b""), tail(b"GET /"), tail(b"a\nb\nc\n"))
    assert START_LIMIT == tail(bytes(3 * START_LIMIT))


@pytest.mark.parametrize("text", [b"GET ", b"HTTP/1.1 200 ", b"GET / HTTP/1.1\r\n", b"a", b"\n", b"GET x"])
def test_time_is_linear(text):
    """Twice the bytes, twice the steps: nothing that is held is looked at again and again."""

    def sought(count):
        observer, at, data = Http1(), 0, text * (count * 64)
        observer.missing(UP, 9)
        for start in range(0, len(data), 100):
            observer.feed(UP, data[start : start + 100], at)
            at += 100

    short, long = steps(sought, 20), steps(sought, 40)
    assert long < 2.5 * short
