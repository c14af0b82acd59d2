"""A ClientHello in records and segments of any size, and what is none."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeding import bytewise, cut, cuts, every_prefix_wants_more, every_way, feed
from support.handshakes import block, records
from support.hellos import EVERY_HELLO, FULL, HELLOS, LIMIT, collector, extension, message, sni
from tlscope.wire.tls import hello as module
from tlscope.wire.tls.hello import (
    HelloCollector,
    Malformed,
    parse_client_hello,
)


@EVERY_HELLO
def test_a_real_hello_in_every_way(name):
    """Real hellos are found whole and byte by byte, with anything behind them, and never before their last byte."""
    data = HELLOS[name]
    expected = feed(collector(), [data])
    assert not isinstance(expected, Malformed)
    every_way(collector, data, expected)
    every_prefix_wants_more(collector, data)
    for junk in (b"\x16", b"\0" * 9, b"GET / HTTP/1.1\r\n", data):
        assert expected == feed(collector(), [data + junk])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 100, 1 << 14])
def test_records_of_any_size(size):
    """A hello may be split over records down to one byte each (RFC 8446 section 5.1), and these over any segments."""
    data = records(FULL, size)
    every_way(collector, data, parse_client_hello(FULL))
    every_prefix_wants_more(collector, data)


@given(st.data())
def test_records_and_segments_at_random(data):
    """However it is split over records, however those are cut, the same hello comes out."""
    raw = data.draw(st.sampled_from([FULL, message(sni(b"x"), extension(21, bytes(700)))]))
    stream = b"".join(b"\x16\x03\x03" + block(2, piece) for piece in cut(raw, data.draw(cuts(len(raw)))))
    assert parse_client_hello(raw) == feed(collector(), cut(stream, data.draw(cuts(len(stream)))))


def test_another_message_in_the_same_record():
    """What follows the hello in its record is not part of it."""
    assert parse_client_hello(FULL) == feed(collector(), [records(FULL + b"\x02\0\0\0")])


@pytest.mark.parametrize(
    ("code", "offset", "stream"),
    [
        ("not-a-handshake", 0, b"\x17\x03\x01\0\x01"),
        ("not-a-handshake", 0, b"\x16\x02\x01\0\x01"),
        ("not-a-handshake", 3, records(FULL[:3]) + b"\x15\x03\x01\0\x02"),
        ("record-length", 0, b"\x16\x03\x01\0\0"),
        ("record-length", 0, b"\x16\x03\x01\x40\x01"),
        ("record-length", 9, records(FULL[:9]) + b"\x16\x03\x01\0\0"),
        ("not-a-client-hello", 0, b"\x16\x03\x01\0\x04\x02"),
        ("hello-too-long", 0, b"\x16\x03\x01\x40\x00\x01\x01\x00\x01"),
        ("hello-too-long", 4, records(b"\x01\xff\xff\xff", 1)),
    ],
)
def test_what_is_no_hello(code, offset, stream):
    """It is said as soon as it is certain, with the place in the handshake's bytes, and not one byte earlier."""
    for pieces in ([stream], bytewise(stream)):
        found = feed(collector(), pieces)
        assert (code, offset) == (found.code, found.offset)
        assert found.reason
    every_prefix_wants_more(collector, stream)


@pytest.mark.parametrize("over", [0, 1])
def test_the_limit(over):
    """A hello of the limit is taken, one byte more is refused when its length is known."""
    padding = 5000 - len(message(extension(21, b""))) + 4 + over
    stream = records(message(extension(21, bytes(padding))))
    found = feed(HelloCollector(5000), bytewise(stream if not over else stream[:9]))
    assert ("hello-too-long" if over else None) == getattr(found, "code", None)
    assert found is not None


@given(st.lists(st.binary(max_size=30), max_size=20))
def test_junk(pieces):
    """Nothing that a client sends raises."""
    feed(collector(), pieces)


@given(st.integers(0, len(FULL)), st.binary(max_size=60))
def test_junk_behind_a_prefix(length, junk):
    """Nor what begins well."""
    feed(collector(), bytewise(records(FULL[:length]) + junk))


BIG = message(sni(b"big.example"), extension(21, bytes(60_000)))


class Counting(bytearray):
    """Counts the bytes that are copied out of it."""

    copied = 0

    def __getitem__(self, key):
        found = super().__getitem__(key)
        if isinstance(key, slice):
            Counting.copied += len(found)
        return found


@pytest.mark.parametrize("size", [1, 1 << 14])
def test_linear_time(size, monkeypatch):
    """A hello of 60 KiB that comes byte by byte costs a bounded number of copied bytes for each byte fed."""
    monkeypatch.setattr(module, "bytearray", Counting, raising=False)
    Counting.copied = 0
    stream = records(BIG, size)
    assert "big.example" == feed(collector(), bytewise(stream)).sni
    assert 1 <= Counting.copied / len(stream) <= 16


def test_bounded_memory():
    """An endless hello is refused before more than the limit and a record of it are kept."""
    endless = records(b"\x01\x00\xff\xf0" + bytes(LIMIT - 20), 100)
    fed = HelloCollector(LIMIT)
    tracemalloc.start()
    assert feed(fed, cut(endless, range(0, len(endless), 1000))) is None
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 4 * LIMIT
