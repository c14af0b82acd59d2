"""The head of an HTTP/1 message as a tree."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.http.http1_head import MAX_HEADERS
from tlscope.wire.http.http1_tree import KNOWN, head_tree
from tools import tool

REQUEST = b"GET /a HTTP/1.1\r\nHost: a.example\r\nCookie:a=b\r\nX-Own:  1 \r\nContent-Length: 3\r\n\r\n"
RESPONSE = b"HTTP/1.1 404 Not Found\r\nServer: nginx\r\nSet-Cookie: a\r\n\r\n"


def test_a_request():
    """Its line, its headers by Wireshark's names, each value at its bytes."""
    tree = torture(head_tree, REQUEST)
    said = {found.key: (found.value, REQUEST[found.start : found.end].decode()) for found in tree.walk()}
    for key, value in {
        "http.request.method": "GET",
        "http.request.uri": "/a",
        "http.request.version": "HTTP/1.1",
        "http.host": "a.example",
        "http.cookie": "a=b",
        "http.unknown_header": "1",
        "http.content_length_header": "3",
    }.items():
        assert (value, value) == said[key]
    assert 4 == len(tree.all("http.request.line"))
    assert not malformed_in(tree)


def test_a_response():
    """Its code is a number, and its class is explained."""
    tree = torture(head_tree, RESPONSE)
    code = tree.first("http.response.code")
    assert (404, 9, 3) == (code.value, code.start, code.length)
    assert "Client error" in code.note
    assert "Not Found" == tree.first("http.response.phrase").value
    assert not malformed_in(tree)


def test_content_behind_the_head_is_left_alone():
    """The tree ends with the empty line; and begins where it is told to."""
    tree = head_tree(b"12345" + RESPONSE + b"more", 5)
    assert (5, len(RESPONSE)) == (tree.start, tree.length)


@pytest.mark.parametrize(
    "data",
    [
        b"GET\r\n\r\n",
        b"HTTP/1.1 20\r\n\r\n",
        b"HTTP/1.1 \r\n\r\n",
        b"GET / HTTP/1.1\nHost : a\n b\nfoo\n:\n\n",
        b"\n",
        b"\r\n\r\n",
    ],
)
def test_what_is_malformed_is_shown(data):
    """With what is around it."""
    assert malformed_in(torture(head_tree, data))


def test_an_early_end():
    """Is said."""
    assert ["the head ends early"] == malformed_in(head_tree(REQUEST[:-2]))
    assert "the head ends early" in malformed_in(head_tree(b""))


def test_many_headers():
    """Are cut off."""
    tree = head_tree(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * (MAX_HEADERS + 5) + b"\r\n")
    assert MAX_HEADERS == len(tree.all("http.request.line"))
    assert [f"more than {MAX_HEADERS} header lines"] == malformed_in(tree)


def test_names_are_wiresharks():
    """Every key that a header's value gets is a field of tshark's."""
    listed = subprocess.run([tool("tshark"), "-G", "fields"], capture_output=True, text=True, check=True).stdout
    known = {line.split("\t")[2] for line in listed.splitlines() if line.startswith("F\t")}
    used = {found.key for data in (REQUEST, RESPONSE) for found in head_tree(data).walk()} | set(KNOWN.values())
    assert {"http", "http.request.end", "http.response.end"} == used - known


@given(st.binary(max_size=200))
def test_any_bytes(data):
    """A tree."""
    for start in (b"", b"HTTP/1.1 ", b"GET / HTTP/1.1\r\n"):
        check_tree(head_tree(start + data), start + data)


def test_time_is_linear():
    """In headers."""
    one, two = (steps(head_tree, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * n + b"\r\n") for n in (1000, 2000))
    assert two < 2.1 * one
