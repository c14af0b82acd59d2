"""WebSocket frames as trees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, torture
from tlscope.wire.http.websocket_tree import frame_tree

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")
"""A masked "Hello" (RFC 6455 section 5.7)."""


def test_a_masked_text():
    """Is shown unmasked."""
    tree = torture(frame_tree, HELLO)
    assert {
        "websocket": None,
        "websocket.first": None,
        "websocket.fin": True,
        "websocket.rsv": 0,
        "websocket.opcode": 1,
        "websocket.second": None,
        "websocket.mask": True,
        "websocket.payload_length": 5,
        "websocket.masking_key": bytes.fromhex("37fa213d"),
        "websocket.payload.text": b"Hello",
    } == {found.key: found.value for found in tree.walk()}
    assert (6, 5, "Hello") == (tree.first("websocket.payload.text").start, 5, tree.first("websocket.payload.text").text)


@pytest.mark.parametrize(
    ("data", "key", "value"),
    [
        ("827e0100" + "00" * 256, "websocket.payload_length_ext_16", 256),
        ("827f0000000000010000" + "00" * 65536, "websocket.payload_length_ext_64", 65536),
        ("0103 48656c", "websocket.fin", False),
        ("8003 6c6f21", "websocket.payload.continue", b"lo!"),
        ("8900", "websocket.opcode", 9),
        ("8a01 41", "websocket.payload.pong", b"A"),
        ("8802 03e8", "websocket.payload.close.status_code", 1000),
        ("8805 03e9 627965", "websocket.payload.close.reason", "bye"),
        ("8301 41", "websocket.payload.unknown", b"A"),
        ("c107 f248cdc9c90700", "websocket.rsv", 4),
    ],
)
def test_frames(data, key, value):
    """Lengths of every size, fragments, control frames, what is unknown."""
    tree = torture(frame_tree, bytes.fromhex(data), cuts=50, flips=50)
    assert value == tree.first(key).value
    assert not malformed_in(tree)


@pytest.mark.parametrize("data", ["", "81", "8105 41", "8801 03", "89fe", "8100 00", "897e0080" + "00" * 128])
def test_what_is_malformed(data):
    """Is said."""
    assert malformed_in(torture(frame_tree, bytes.fromhex(data)))


@given(st.binary(max_size=200))
def test_any_bytes(data):
    """A tree."""
    check_tree(frame_tree(data), data)
