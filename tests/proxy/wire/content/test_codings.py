"""Content codings undone, with their own libraries as the oracles."""

from __future__ import annotations

import gzip
import random
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.wire.content import codings
from tlscope.wire.content.codings import LIMIT, PIECE, STAGES, Decoder, decode

TEXT = random.Random(1).randbytes(3000) * 3 + b"a" * 200_000
"""Some that does not shrink, and some that shrinks to nothing."""


def raw(data):
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


CODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=4),
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
coded = pytest.mark.parametrize("coding", CODERS)


@coded
def test_each_coding_is_undone(coding):
    """Whole, by its name and its aliases in any case, and so that nothing is left to say."""
    data = CODERS[coding](TEXT)
    assert (TEXT, (coding,), True, "") == decode([coding], data)
    assert TEXT == decode([f" {coding.upper()} , identity"], data).data
    assert TEXT == decode(["x-gzip"], gzip.compress(TEXT)).data


@coded
def test_in_any_pieces(coding):
    """A body that comes byte by byte, or in chunks of any size, is the same body."""
    text = TEXT[8900:9300] * 3
    data = CODERS[coding](text)
    for size in (1, 2, 7, 100, 10_000):
        decoder = Decoder([coding])
        made = b"".join(decoder.feed(data[at : at + size]) for at in range(0, len(data), size))
        assert (text, True, "") == (made, decoder.complete, decoder.problem)


@coded
def test_a_piece_at_a_time(coding):
    """Who keeps nothing need never hold a body whole; the limit is the same."""
    decoder = Decoder([coding], limit=5_000_000)
    sizes = [len(piece) for piece in decoder.pieces(CODERS[coding](bytes(8_000_000)))]
    assert 5_000_000 == sum(sizes)
    assert (2 << 20 if coding == "zstd" else 2 * PIECE) >= max(sizes)  # brotli may exceed what it is told
    assert "stopped at the limit of 5000000 bytes" == decoder.problem


@coded
def test_every_cut_gives_what_is_there(coding):
    """A truncated body is a prefix of the whole, is not complete, and says so."""
    text = random.Random(2).randbytes(300) + b"b" * 1000
    data = CODERS[coding](text)
    longest = 0
    for cut in range(1, len(data)):
        decoded = decode([coding], data[:cut])
        assert text.startswith(decoded.data)
        assert not decoded.complete
        assert f"{coding}: ends early" == decoded.problem
        longest = max(longest, len(decoded.data))
    assert 300 <= longest


@coded
def test_a_broken_body_gives_what_came_before(coding):
    """All that the coding yields up to the break, and the reason."""
    text = random.Random(3).randbytes(2000)
    half = CODERS[coding](text)
    whole = bytearray(half + b"\xff" * 50 if coding == "deflate" else half)
    if coding in {"gzip", "zstd"}:
        whole[-3] ^= 1  # of the checksum
    decoded = decode([coding], bytes(whole[:-1] + b"\xfe\xfe") if coding == "br" else bytes(whole))
    assert text == decoded.data
    assert decoded.problem.startswith(f"{coding}: ")


@coded
def test_a_bomb_ends_at_the_limit(coding):
    """With exactly that many bytes, saying so; and nothing more comes."""
    bomb = CODERS[coding](bytes(5_000_000))
    decoder = Decoder([coding], 70_000)
    assert bytes(70_000) == decoder.feed(bomb)
    assert ("stopped at the limit of 70000 bytes", False) == (decoder.problem, decoder.complete)
    assert b"" == decoder.feed(bomb)
    assert (bytes(5_000_000), (coding,), True, "") == decode([coding], bomb, 5_000_000)


def test_a_bomb_in_a_bomb_ends_too():
    """What lies between two codings is bounded as well."""
    inner = gzip.compress(bytes(2 * LIMIT))
    assert "stopped" in decode(["gzip", "gzip"], gzip.compress(inner)).problem
    skippable = b"\x50\x2a\x4d\x18" + (1_000_000).to_bytes(4, "little") + bytes(1_000_000)
    decoder = Decoder(["zstd", "gzip"], 10_000)
    assert (b"", False) == (decoder.feed(gzip.compress(skippable)), decoder.complete)
    assert "gzip: more than 10000 bytes between two codings" == decoder.problem


def test_codings_are_stacked():
    """The last one applied is undone first."""
    data = gzip.compress(brotli.compress(zlib.compress(TEXT), quality=1))
    assert (TEXT, ("gzip", "br", "deflate"), True, "") == decode(["deflate, br", "gzip"], data)


def test_more_stages_than_anybody_means():
    """Are left as they are from there on."""
    data = TEXT
    for _ in range(STAGES + 1):
        data = gzip.compress(data)
    decoded = decode(["gzip"] * (STAGES + 1), data)
    assert gzip.compress(TEXT, mtime=0)[10:] == decoded.data[10:]
    assert (STAGES, False) == (len(decoded.codings_undone), decoded.complete)
    assert "more than 5 codings: those applied first are left" == decoded.problem


def test_what_cannot_be_undone_is_refused_by_name():
    """And what was undone before it is given."""
    decoded = decode(["compress", "gzip"], gzip.compress(b"\x1f\x9d\x90"))
    assert (b"\x1f\x9d\x90", ("gzip",), False) == decoded[:3]
    assert decoded.problem.startswith("compress (LZW")
    assert (b"abc", (), False, "unknown coding 'zip9'") == decode(["zip9"], b"abc")
    for name in codings.REFUSED:
        assert name in decode([name], b"abc").problem


def test_no_coding():
    """The body, and no more of it than the limit."""
    assert (b"abc", (), True, "") == decode([], b"abc")
    assert (b"abc", (), True, "") == decode(["identity", ""], b"abc")
    assert (b"ab", False) == decode([], b"abc", 2)[::2]


@coded
def test_no_bytes(coding):
    """An empty body, as HEAD and 304 have it, is no fault."""
    assert (b"", (coding,), True, "") == decode([coding], b"")


@coded
def test_what_was_never_coded(coding):
    """Is given as it is."""
    decoded = decode([coding], b"<html>plain</html>")
    assert (b"<html>plain</html>", (), False) == decoded[:3]
    assert decoded.problem.startswith(f"{coding}: ")


def test_gzip_members():
    """Any number of them follow each other; zeros behind are padding, anything else is said."""
    data = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two")
    assert (b"one two", ("gzip",), True, "") == decode(["gzip"], data)
    assert (b"one two", ("gzip",), True, "") == decode(["gzip"], data + bytes(511))
    assert (b"one two", ("gzip",), True, "gzip: more bytes behind the end") == decode(["gzip"], data + b"junk")


def test_zstd_frames():
    """Any number of them, skippable ones too."""
    frame, skippable = CODERS["zstd"](b"one "), bytes.fromhex("502a4d18 03000000 616263")
    assert (b"one one ", ("zstd",), True, "") == decode(["zstd"], skippable + frame + skippable + frame)
    assert (b"one ", ("zstd",), True, "zstd: more bytes behind the end") == decode(["zstd"], frame + b"junk")


def test_brotli_with_more_behind():
    """Is whole, and what is behind is counted."""
    assert (TEXT, ("br",), True, "br: more bytes behind the end") == decode(["br"], CODERS["br"](TEXT) + b"junk")
    assert (TEXT, ("deflate",), True, "deflate: more bytes behind the end") == decode(
        ["deflate"], zlib.compress(TEXT) + b"junk"
    )


@given(st.binary(max_size=300), st.integers(0, 9))
@settings(max_examples=100, deadline=None)
def test_deflate_without_its_wrapper(data, level):
    """What some servers send as deflate is raw, and understood."""
    squeeze = zlib.compressobj(level, wbits=-15)
    body = squeeze.compress(data) + squeeze.flush()
    if int.from_bytes(body[:2]) % 31 or body[0] & 15 != 8:
        assert (data, ("deflate",), True, "") == decode(["deflate"], body)


@given(st.lists(st.sampled_from([*CODERS, "compress", "x", ""]), max_size=4), st.binary())
@settings(max_examples=150, deadline=None)
def test_any_bytes(names, data):
    """Never raise, and never become more than the limit."""
    assert len(decode(names, data, 1000).data) <= 1000


@coded
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_change(coding, data):
    """To a good body never raises, in whatever pieces it comes."""
    body = bytearray(CODERS[coding](b"some text, some more text, some text" * 3))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    size, decoder = data.draw(st.integers(1, 50)), Decoder([coding])
    for at in range(0, len(body), size):
        decoder.feed(bytes(body[at : at + size]))


@coded
def test_time_is_linear(coding):
    """Twice the body, twice the steps: also where it does not shrink, and where it is all members."""
    noise = random.Random(4).randbytes(400_000)
    one, two = (steps(decode, [coding], CODERS[coding](noise[:size])) for size in (200_000, 400_000))
    assert two < 2.2 * one
    member = gzip.compress(b"x")
    one, two = (steps(decode, ["gzip"], member * count) for count in (200, 400))
    assert two < 2.2 * one
