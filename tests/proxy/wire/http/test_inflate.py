"""DEFLATE without a bomb."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.wire.http import inflate
from tlscope.wire.http.inflate import STEP, Inflater


def deflate(data, made=None):
    made = made or zlib.compressobj(9, zlib.DEFLATED, -15)
    return made.compress(data) + made.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize("size", [0, 1, STEP - 1, STEP, STEP + 1, 4 * STEP, 1_000_000])
def test_everything_comes_out(size):
    """In slices of STEP at most, however well it was compressed."""
    inflater = Inflater(takeover=True)
    slices = list(inflater.feed(deflate(bytes(size))))
    assert bytes(size) == b"".join(slices)
    assert all(STEP >= len(content) for content in slices)


def test_what_zlib_holds():
    """Comes out too, where a slice is full and all input is taken."""
    for size in range(STEP, STEP + 300, 7):
        sent = deflate(bytes(size)).removesuffix(b"\0\0\xff\xff")
        assert size == sum(map(len, Inflater(takeover=True).feed(sent)))


@given(st.lists(st.binary(max_size=200), max_size=5), st.booleans())
def test_windows(messages, takeover):
    """Last as long as they shall."""
    inflater, made = Inflater(takeover=takeover), zlib.compressobj(9, zlib.DEFLATED, -15)
    for message in messages:
        sent = deflate(message, made if takeover else None)
        assert message == b"".join(inflater.feed(sent))
        inflater.reset()
    assert "" == inflater.fault


def test_a_bomb(monkeypatch):
    """Stops at the limit; with takeover nothing is inflated behind it."""
    monkeypatch.setattr(inflate, "INFLATE_LIMIT", 3 * STEP)
    for takeover in (True, False):
        inflater = Inflater(takeover=takeover)
        assert 3 * STEP == sum(map(len, inflater.feed(deflate(bytes(10 * STEP)))))
        assert "limit" == inflater.fault
        assert not list(inflater.feed(deflate(b"more")))
        inflater.reset()
        assert ([] if takeover else [b"more"]) == list(inflater.feed(deflate(b"more")))


def test_what_is_not_deflate():
    """Is a fault."""
    inflater = Inflater(takeover=False)
    assert not list(inflater.feed(b"\xff\xff\xff"))
    assert "data" == inflater.fault


def test_what_is_broken_behind_what_is_not():
    """Comes out up to the byte that breaks it, however it was cut."""
    sent = deflate(b"hello") + b"\xff\xff\xff"
    for size in (1, 2, len(sent)):
        inflater = Inflater(takeover=True)
        pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
        assert b"hello" == b"".join(content for piece in pieces for content in inflater.feed(piece))
        assert "data" == inflater.fault


def test_final_blocks():
    """End a stream, not the message (RFC 7692 section 7.2.3.4): however many there are."""
    one = zlib.compress(b"a", wbits=-15)
    assert b"a" * 5000 == b"".join(Inflater(takeover=True).feed(one * 5000))
