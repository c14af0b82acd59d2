"""How a decryptor takes its bytes: in any order and any pieces, bounded, linear, and whatever they are.

What it makes of connections stands beside: test_decrypt_suites.py, test_decrypt_courses.py, test_decrypt_faults.py.
"""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from support.tls_pairs import DOWN, TLS1_2, TLS1_3, UP, VERSIONS, agrees, opened, talk
from tlscope.wire.tls.decryption.decrypt import HELD, MAX_MESSAGE, Decryptor
from tlscope.wire.tls.decryption.decrypted import ApplicationData, Message, Record, Trouble
from tlscope.wire.tls.decryption.following import Following


@pytest.mark.parametrize("version", VERSIONS)
def test_in_any_order(version):
    """Byte by byte, and one direction wholly before the other: the same messages, data and proofs."""
    pair = talk(version, client_kind="ec")
    up, down = (b"".join(data for way, data in pair.wire if way is which) for which in (UP, DOWN))
    agrees(pair, opened(pair.wire, pair.lines, cut=1 if len(up + down) < 20_000 else 7))
    agrees(pair, opened([(UP, up), (DOWN, down)], pair.lines))
    agrees(pair, opened([(DOWN, down), (UP, up)], pair.lines))


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
def test_secrets_that_come_late(version):
    """What waited for them is opened then; nothing was given up before."""
    pair = talk(version)
    decryptor = Decryptor()
    events = []
    for direction, data in pair.wire:
        events += decryptor.feed(direction, data)
    assert not any(isinstance(event, ApplicationData) for event in events)
    for line in pair.lines.splitlines():
        events += decryptor.learn(line + b"\n")
    assert pair.said["server"] == b"".join(
        event.data for event in events if isinstance(event, ApplicationData) and event.direction is DOWN
    )
    assert [] == decryptor.finish()


def test_records_know_their_place():
    """Offsets and lengths cover every byte of both directions; a message begins in the record that it says."""
    pair = talk(TLS1_3)
    found = opened(pair.wire, pair.lines)
    for direction in (UP, DOWN):
        at = 0
        for record in found.of(Record, direction):
            assert at == record.offset
            at += record.length
        assert at == sum(len(data) for way, data in pair.wire if way is direction)
        offsets = {record.offset for record in found.of(Record, direction)}
        assert {message.offset for message in found.of(Message, direction)} <= offsets
    first = next(record for record in found.of(Record, UP) if record.epoch == "handshake")
    assert (23, 22, 0, 12, 5) == (
        first.content_type, first.inner_type, first.sequence, len(first.nonce), len(first.additional)
    )  # fmt: skip


def test_what_is_no_tls():
    """Is said once, with its offset, and no more is kept of it."""
    decryptor = Decryptor()
    events = decryptor.feed(UP, b"GET / HTTP/1.1\r\n\r\n" * 1000)
    assert [0] == [event.offset for event in events]
    assert "this is not TLS" in events[0].reason
    assert [] == decryptor.feed(UP, b"more" * 1000)
    assert 0 == len(decryptor._sides[UP].buffer)
    assert "SSLv2" in Decryptor().feed(UP, b"\x80\x2e\x01\x03\x01")[0].reason
    assert "no more than" in Decryptor().feed(UP, b"\x16\x03\x01\xff\xff")[0].reason


def test_an_end_in_the_middle():
    """Of a record, of a message: said at the end."""
    pair = talk(TLS1_2)
    hello = pair.wire[0][1]
    assert ["a record ends early"] == [reason.split(":")[0] for reason in opened([(UP, hello[:50])], b"").reasons()]
    half = hello[:3] + (40).to_bytes(2) + hello[5:45]
    assert ["a handshake message ends early"] == opened([(UP, half)], b"").reasons()


def test_what_waits_is_bounded():
    """However much comes of one direction while the other is silent, no more than HELD and a piece is kept."""
    decryptor = Decryptor()
    record = b"\x17\3\3\x40\0" + bytes(1 << 14)
    events = []
    for _ in range(200):
        events += decryptor.feed(UP, record)
        assert HELD + 2 * len(record) > len(decryptor._sides[UP].buffer)
    assert "handshake" in events[0].reason


def test_a_message_that_claims_too_much():
    """Is passed over, and what follows it is read."""
    size = MAX_MESSAGE + 1
    body = b"\x0b" + size.to_bytes(3) + bytes(size) + b"\0\0\0\0"
    decryptor = Decryptor()
    events = []
    for at in range(0, len(body), 1 << 14):
        piece = body[at : at + (1 << 14)]
        events += decryptor.feed(DOWN, b"\x16\3\3" + len(piece).to_bytes(2) + piece)
    assert [size + 4] == [int(event.reason.split()[4]) for event in events if isinstance(event, Trouble)]
    assert [b"\0\0\0\0"] == [event.data for event in events if isinstance(event, Message)]


def test_what_waits_is_not_tried_again_for_nothing(monkeypatch):
    """A record that waits for a secret is tried when something is learned, not for every byte that comes."""
    tried = []
    attempt = Following.open
    monkeypatch.setattr(Following, "open", lambda *args, **options: tried.append(1) or attempt(*args, **options))
    decryptor = Decryptor()
    for _ in range(100):
        decryptor.feed(UP, b"\x17\3\3\0\x20" + bytes(32))
    assert 1 == len(tried)
    decryptor.learn(b"")
    assert 2 == len(tried)


def test_time_is_linear():
    """Twice the messages and records, twice the steps, while they wait and when they are opened."""

    def run(count):
        decryptor = Decryptor()
        message = b"\x0b\0\0\1x"
        for _ in range(count):
            decryptor.feed(DOWN, b"\x16\3\3" + (5 * 20).to_bytes(2) + message * 20)
            decryptor.feed(UP, b"\x17\3\3\0\x20" + bytes(32))
        decryptor.finish()

    one, two = steps(run, 50), steps(run, 100)
    assert two < 2.1 * one


@cache
def conversation(version):
    """One for all examples."""
    return talk(version)


@given(
    st.sampled_from(VERSIONS),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8),
    st.integers(1, 3000),
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_changed(version, changes, cut):
    """Nothing raises, and records never overlap."""
    pair = conversation(version)
    wire = []
    for way in (UP, DOWN):
        data = bytearray(b"".join(data for which, data in pair.wire if which is way)[:6000])
        for at, value in changes:
            data[at % len(data)] = value
        wire.append((way, bytes(data)))
    found = opened(wire, pair.lines, cut=cut)
    for way in (UP, DOWN):
        at = 0
        for record in found.of(Record, way):
            assert at <= record.offset
            at = record.offset + record.length


@given(st.lists(st.tuples(st.sampled_from([UP, DOWN]), st.binary(max_size=200)), max_size=10))
@settings(max_examples=100, deadline=None)
def test_any_bytes(wire):
    """Never raise."""
    opened(wire, b"")
    opened([(way, b"\x16\3\3" + len(data).to_bytes(2) + data) for way, data in wire], b"CLIENT_RANDOM")
