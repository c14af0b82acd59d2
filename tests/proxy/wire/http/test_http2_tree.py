"""HTTP/2 frames as trees."""

from __future__ import annotations

import subprocess

import hpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.http.hpack import HeaderTable
from tlscope.wire.http.http2_frame import PREFACE
from tlscope.wire.http.http2_tree import MAX_HEADERS, frame_tree
from tools import tool


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


ASK = [(":method", "GET"), (":path", "/x"), ("x-own", "1"), hpack.NeverIndexedHeaderTuple("cookie", "s")]
BLOCK = hpack.Encoder().encode(ASK)
FRAMES = {
    "preface": (PREFACE, "http2.magic", PREFACE),
    "data": (frame(0, 9, 1, b"\2hello\0\0"), "http2.data.data", b"hello"),
    "padding": (frame(0, 9, 1, b"\2hello\0\0"), "http2.data.padding", b"\0\0"),
    "headers": (frame(1, 5, 1, BLOCK), "http2.header.name", ":method"),
    "stream": (frame(1, 5, 0x80000007, BLOCK), "http2.streamid", 7),
    "padded headers": (frame(1, 0x2D, 1, b"\2" + b"\x80\0\0\3\x0f" + BLOCK + b"\0\0"), "http2.stream_dependency", 3),
    "priority": (frame(2, 0, 3, b"\x80\0\0\1\x0f"), "http2.headers.weight", 15),
    "rst_stream": (frame(3, 0, 3, b"\0\0\0\x08"), "http2.rst_stream.error", 8),
    "settings": (frame(4, 0, 0, b"\0\3\0\0\0\x64\x0a\x0a\0\0\0\1"), "http2.settings.max_concurrent_streams", 100),
    "settings ack": (frame(4, 1, 0), "http2.flags", 1),
    "push_promise": (frame(5, 4, 1, b"\0\0\0\2" + BLOCK), "http2.push_promise.promised_stream_id", 2),
    "ping": (frame(6, 0, 0, b"12345678"), "http2.ping", b"12345678"),
    "pong": (frame(6, 1, 0, b"12345678"), "http2.pong", b"12345678"),
    "goaway": (frame(7, 0, 0, b"\0\0\0\5\0\0\0\x0bcalm"), "http2.goaway.addata", b"calm"),
    "window_update": (frame(8, 0, 0, b"\0\0\1\0"), "http2.window_update.window_size_increment", 256),
    "continuation": (frame(9, 4, 1, BLOCK), "http2.header.value", "GET"),
    "altsvc": (frame(10, 0, 0, b"\0\2ab" + b'h3=":1"'), "http2.altsvc.origin", b"ab"),
    "origin": (frame(12, 0, 0, b"\0\3a:b\0\1c"), "http2.origin.origin", b"a:b"),
    "priority_update": (frame(16, 0, 0, b"\0\0\0\1u=1"), "http2.priority_update_field_value", b"u=1"),
    "unknown": (frame(0x42, 0xFF, 1, b"abc"), "http2.unknown", b"abc"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames(name):
    """Each with what its RFC puts into it, at its bytes."""
    data, key, value = FRAMES[name]
    tree = torture(frame_tree, data)
    found = tree.first(key)
    assert value == found.value
    assert isinstance(value, int | str) or value == data[found.start : found.end]
    assert len(data) == tree.length
    assert not malformed_in(tree)


def test_headers_without_and_with_a_table():
    """What refers to the dynamic table is known with it only."""
    encoder, table = hpack.Encoder(), HeaderTable()
    first, second = (frame(1, 5, number, encoder.encode(ASK)) for number in (1, 3))
    frame_tree(first, table)
    known, unknown = frame_tree(second, table), frame_tree(second)
    assert [f"{name}: {value}" for name, value in ASK] == [found.text for found in known.all("http2.header")]
    assert ":method: GET" == unknown.all("http2.header")[0].text
    assert "not known here" in unknown.all("http2.header")[2].text
    assert "Literal Header Field never Indexed" == known.all("http2.header.repr")[3].value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PRI * HTTP/1.1\r\n",
        frame(0, 8, 1),
        frame(0, 8, 1, b"\5abc"),
        frame(1, 4, 1, b"\xff"),
        frame(1, 4, 1, b"\x80"),
        frame(4, 0, 0, b"\0\1\0"),
        frame(6, 0, 0, b"1234567"),
        frame(6, 0, 0, b"123456789"),
        frame(8, 0, 0, b"\0\0\0")[:-1],
        frame(10, 0, 0, b"\0\x09ab"),
    ],
)
def test_what_is_malformed(data):
    """Is said, and the rest is shown."""
    assert malformed_in(torture(frame_tree, data))


def test_many_headers():
    """Are cut off."""
    tree = frame_tree(frame(1, 4, 1, b"\x82" * (MAX_HEADERS + 5)))
    assert MAX_HEADERS == len(tree.all("http2.header"))
    assert [f"more than {MAX_HEADERS} headers"] == malformed_in(tree)


def test_keys_are_wiresharks():
    """Every key is a field of tshark's."""
    listed = subprocess.run([tool("tshark"), "-G", "fields"], capture_output=True, text=True, check=True).stdout
    known = {line.split("\t")[2] for line in listed.splitlines() if line.startswith("F\t")}
    used = {found.key for data, _, _ in FRAMES.values() for found in frame_tree(data).walk()}
    assert {"http2"} == used - known


@given(st.binary(max_size=200), st.integers(0, 20), st.integers(0, 255))
def test_any_bytes(data, kind, flags):
    """A tree."""
    for sent in (data, frame(kind, flags, 1, data)):
        check_tree(frame_tree(sent, HeaderTable()), sent)


def test_time_is_linear():
    """In headers, in settings."""
    for kind, part in ((1, b"\x00\x01x\x01y"), (4, b"\0\1\0\0\0\1"), (12, b"\0\1a")):
        one, two = (steps(frame_tree, frame(kind, 4 * (kind == 1), 1, part * n)) for n in (300, 600))
        assert two < 2.1 * one
