"""Events become trees, each leg read with what its own messages settled."""

from __future__ import annotations

from journals import CLIENT, DOWN, SERVER, STORY, UP, handshake
from tlscope.events import Ciphertext, Message
from tlscope.wire.dissection import Dissection
from tlscope.wire.tls.context import Context

KEY_EXCHANGE = handshake(12, b"\x03\x00\x1d\x20" + bytes(32) + b"\x04\x03\x00\x04abcd")


def server_hello(version, suite):
    return handshake(2, version + bytes(32) + b"\0" + suite + b"\0")


def test_each_leg_settles_for_itself():
    """TLS 1.2 with ECDHE on one, TLS 1.0 with ECDHE on the other: the second's signature names no algorithm."""
    dissection = Dissection()
    found = {}
    for leg, version in ((CLIENT, b"\3\3"), (SERVER, b"\3\1")):
        dissection.feed(Message(leg, DOWN, 0, 22, server_hello(version, b"\xc0\x14")))
    for leg in (CLIENT, SERVER):
        found[leg] = dissection.feed(Message(leg, DOWN, 0, 22, KEY_EXCHANGE))
    key = "tls.handshake.sig_hash_alg"
    assert [0x0403, None] == [tree.first(key) and tree.first(key).value for tree in found.values()]
    assert 0x001D == found[SERVER].first("tls.handshake.server_named_curve").value


def test_what_has_an_inside():
    """Messages, ciphertext and certificates; nothing else has a tree."""
    dissection = Dissection()
    names = [type(event).__name__ for event in STORY if dissection.feed(event)]
    assert ["Message", "Message", "Ciphertext", "Message", "Message", "LeafForged", "Message"] == names


def test_ciphertext_is_read_as_records():
    """By their heads; what is in them is not open here."""
    tree = Dissection().feed(Ciphertext(CLIENT, UP, b"\x17\x03\x03\x00\x03abc"))
    assert 3 == tree.first("tls.record.length").value


def test_one_message_is_read_alone():
    """With what those before it have settled."""
    event = Message(SERVER, DOWN, 0, 22, KEY_EXCHANGE)
    whole, alone = Dissection(), Dissection({SERVER: Context(version=0x0303, cipher_suite=0xC014)})
    whole.feed(Message(SERVER, DOWN, 0, 22, server_hello(b"\3\3", b"\xc0\x14")))
    tree = alone.feed(event)
    assert whole.feed(event) == tree
    assert None is not tree.first("tls.handshake.sig_hash_alg")
