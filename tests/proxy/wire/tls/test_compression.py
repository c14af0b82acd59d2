"""Expanding, within bounds."""

from __future__ import annotations

import random
import tracemalloc
import zlib
from contextlib import suppress
from functools import partial

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope.wire.tls.compression import MAX_CERTIFICATE, MAX_RATIO, CannotExpand, expand

PACKERS = {1: zlib.compress, 2: partial(brotli.compress, quality=5), 3: zstandard.ZstdCompressor().compress}
PLAIN = bytes(range(256)) * 4


@pytest.mark.parametrize("algorithm", PACKERS)
def test_what_was_compressed_comes_back(algorithm):
    """By zlib, brotli and zstd; also to the limit, and empty."""
    for plain in (PLAIN, b"", random.Random(0).randbytes(MAX_CERTIFICATE)):
        assert plain == expand(algorithm, PACKERS[algorithm](plain), len(plain))


@pytest.mark.parametrize("algorithm", PACKERS)
def test_the_length_must_be_true(algorithm):
    """More or less than it says is no certificate."""
    packed = PACKERS[algorithm](PLAIN)
    for length, why in ((len(PLAIN) - 1, "there are more"), (len(PLAIN) + 1, f"there are {len(PLAIN)}")):
        with pytest.raises(CannotExpand, match=why):
            expand(algorithm, packed, length)


@pytest.mark.parametrize("algorithm", PACKERS)
def test_bombs_stay_small(algorithm):
    """16 MiB in a few bytes do not get the memory of even one."""
    bomb = PACKERS[algorithm](bytes(16 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(CannotExpand):
            expand(algorithm, bomb, min(MAX_CERTIFICATE, MAX_RATIO * len(bomb)))
        assert (1 << 20) > tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_is_not_even_tried():
    """An unknown algorithm, and a length beyond the limit."""
    with pytest.raises(CannotExpand, match="not known"):
        expand(9, b"abc", 5)
    with pytest.raises(CannotExpand, match="times as many"):
        expand(1, zlib.compress(bytes(10_000)), 10_000)
    with pytest.raises(CannotExpand, match="no more than"):
        expand(1, zlib.compress(bytes(MAX_CERTIFICATE + 1)), MAX_CERTIFICATE + 1)


@settings(max_examples=100)
@given(st.sampled_from([1, 2, 3]), st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes(algorithm, data, length):
    """Exactly that many bytes, or a reason."""
    with suppress(CannotExpand):
        assert length == len(expand(algorithm, data, length))


@pytest.mark.parametrize("algorithm", PACKERS)
def test_cut_anywhere(algorithm):
    """A reason, at every cut but the ones behind the content."""
    packed = PACKERS[algorithm](PLAIN)
    for cut in range(len(packed) // 2):
        with pytest.raises(CannotExpand):
            expand(algorithm, packed[:cut], len(PLAIN))
