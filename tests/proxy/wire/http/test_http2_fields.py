"""What a header section of HTTP/2 says."""

from __future__ import annotations

import pytest

from tlscope.wire.http import http2_fields
from tlscope.wire.http.exchange import Header
from tlscope.wire.http.http2_fields import MAX_NAMES, REQUEST, RESPONSE, TRAILERS, read

ASK = [(b":method", b"GET"), (b":scheme", b"https"), (b":path", b"/"), (b":authority", b"a")]


def section(pairs, kind=REQUEST):
    return read(tuple(Header(name, value, 10 * at, 5) for at, (name, value) in enumerate(pairs)), kind, at=500)


def test_a_request():
    """Its pseudo-header fields, what decides about its content, and nothing odd."""
    found = section([*ASK, (b"content-type", b"a/b"), (b"content-length", b"12"), (b"x", b"y"), (b"te", b"trailers")])
    assert {b":method": "GET", b":scheme": "https", b":path": "/", b":authority": "a"} == found.pseudo
    assert ({b"content-type": b"a/b", b"content-length": b"12"}, 12, []) == (found.fields, found.length, found.odd)


def test_lists_over_several_lines():
    """Add up, an entry that comes again too; of anything else the first is taken."""
    pairs = [(b"content-encoding", b"gzip"), (b"content-type", b"a/b"), (b"content-encoding", b"gzip")]
    found = section([*ASK, *pairs, (b"content-type", b"c/d")])
    assert {b"content-encoding": b"gzip,gzip", b"content-type": b"a/b"} == found.fields


@pytest.mark.parametrize(
    ("pairs", "kind", "odd"),
    [
        ([*ASK, (b"X", b"")], REQUEST, [("h2-upper-case-name", 40)]),
        ([*ASK, (b"", b"")], REQUEST, [("h2-header-name", 40)]),
        ([*ASK, (b"x", b"a\0")], REQUEST, [("h2-header-value", 40)]),
        ([*ASK, (b"keep-alive", b"")], REQUEST, [("h2-connection-header", 40)]),
        ([*ASK, (b"content-length", b"1"), (b"content-length", b"2")], REQUEST, [("differing-content-lengths", 50)]),
        ([*ASK, (b"content-length", b"1"), (b"content-length", b"1")], REQUEST, []),
        ([*ASK, (b"content-length", b"")], REQUEST, [("invalid-content-length", 500)]),
        ([*ASK, (b"content-length", b"-1")], REQUEST, [("invalid-content-length", 500)]),
        ([*ASK, (b"host", b"A")], REQUEST, []),
        ([*ASK, (b"host", b"b")], REQUEST, [("host-differs", 500)]),
        ([(b":method", b"CONNECT"), (b":authority", b"a:1")], REQUEST, []),
        ([(b":method", b"CONNECT")], REQUEST, [("h2-pseudo-missing", 500)]),
        ([(b":status", b"200")], RESPONSE, []),
        ([(b":status", b"200"), (b":path", b"/")], RESPONSE, [("h2-pseudo-unknown", 10)]),
        ([(b"a", b""), (b":status", b"200")], RESPONSE, [("h2-pseudo-late", 10)]),
        ([(b":status", b"200")], TRAILERS, [("h2-pseudo-unknown", 0)]),
        ([(b"grpc-status", b"0")], TRAILERS, []),
        ([], REQUEST, []),
    ],
)
def test_rules(pairs, kind, odd):
    """Each that is broken is told of, where it is broken; on every look, not only the first."""
    for _ in range(2):
        assert odd == [(found.code, found.offset) for found in section(pairs, kind).odd]


def test_names_remembered_are_bounded():
    """Peers choose them."""
    for number in range(2 * MAX_NAMES):
        section([(b"x-%d" % number, b"")])
    assert MAX_NAMES >= len(http2_fields._PLAIN)
    http2_fields._PLAIN.clear()
