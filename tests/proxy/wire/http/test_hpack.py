"""HPACK, representation by representation."""

from __future__ import annotations

import hpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.wire.http.hpack import (
    INCREMENTAL,
    INDEXED,
    NEVER,
    TABLE_LIMIT,
    UPDATE,
    WITHOUT,
    Broken,
    HeaderTable,
    integer,
    representations,
    string,
)

pairs = st.lists(
    st.tuples(st.sampled_from([b":path", b"cookie", b"x-one", b"x-two"]), st.binary(max_size=30)), max_size=10
)


def read(block, table=None):
    return [(said.name, said.value) for said in representations(block, table) if said.kind != UPDATE]


@given(st.lists(st.tuples(pairs, st.booleans(), st.sampled_from([None, 0, 100, 4096])), max_size=5))
def test_blocks_as_the_hpack_library_writes_them(blocks):
    """Headers come out as they went in, through evictions and new table sizes."""
    encoder, table = hpack.Encoder(), HeaderTable()
    for headers, huffman, size in blocks:
        if size is not None:
            encoder.header_table_size = size
        assert headers == read(encoder.encode(headers, huffman=huffman), table)


@given(pairs)
def test_representations_cover_the_block(headers):
    """One after the other, from the first byte to the last."""
    block, at = hpack.Encoder().encode(headers), 0
    for said in representations(block, HeaderTable()):
        assert at == said.start < said.end
        at = said.end
    assert len(block) == at


@pytest.mark.parametrize(
    ("block", "kind", "name", "value"),
    [
        ("400a637573746f6d2d6b65790d637573746f6d2d686561646572", INCREMENTAL, b"custom-key", b"custom-header"),
        ("040c2f73616d706c652f70617468", WITHOUT, b":path", b"/sample/path"),
        ("100870617373776f726406736563726574", NEVER, b"password", b"secret"),
        ("82", INDEXED, b":method", b"GET"),
        ("418cf1e3c2e5f23a6ba0ab90f4ff", INCREMENTAL, b":authority", b"www.example.com"),
        ("3f e1 1f", UPDATE, None, None),
    ],
)
def test_examples_of_the_rfc(block, kind, name, value):
    """RFC 7541 appendices C.2 and C.4."""
    (said,) = representations(bytes.fromhex(block), HeaderTable())
    assert (kind, name, value) == (said.kind, said.name, said.value)


def test_without_a_table():
    """The static table and literals are known, the rest is not; nothing is remembered."""
    block = bytes.fromhex("82 be 7e0161 7e0162 be")
    assert [(b":method", b"GET"), (None, None), (None, b"a"), (None, b"b"), (None, None)] == read(block)


@pytest.mark.parametrize(
    ("block", "offset"),
    [
        ("80", 0),
        ("82 be", 1),
        ("82 ff", 1),
        ("82 ff ff ff ff ff ff ff", 1),
        ("ff 80 80 80 80 80 80 80 80 80 80 80 80", 0),
        ("40", 1),
        ("40 05 61", 1),
        ("40 01 61", 3),
        ("40 01 61 82 ff ff", 3),
        ("82 20", 1),
        ("3f ff ff ff 7f", 0),
    ],
)
def test_what_is_broken(block, offset):
    """Is told where, and why."""
    with pytest.raises(Broken) as caught:
        read(bytes.fromhex(block), HeaderTable())
    assert offset == caught.value.offset
    assert caught.value.reason


def test_tables_are_bounded():
    """However large a peer would have it."""
    size = bytes(hpack.hpack.encode_integer(TABLE_LIMIT + 1, 5))
    with pytest.raises(Broken, match="tracked"):
        read(bytes([size[0] | 0x20]) + size[1:], HeaderTable())


@given(st.integers(0, 1 << 32), st.sampled_from([0x7F, 0x3F, 0x1F, 0x0F]))
def test_integers(value, mask):
    """As the library writes them (RFC 7541 section 5.1)."""
    sent = bytes(hpack.hpack.encode_integer(value, mask.bit_length()))
    assert (value, len(sent)) == integer(sent, 0, mask)


@given(st.binary(max_size=300))
def test_strings(data):
    """Plain, or as the library's Huffman code."""
    coder = hpack.Encoder().huffman_coder
    for sent, mark in ((data, 0), (coder.encode(data), 0x80)):
        length = bytes(hpack.hpack.encode_integer(len(sent), 7))
        whole = bytes([length[0] | mark]) + length[1:] + sent
        assert (data, len(whole)) == string(whole, 0)


@given(st.binary(max_size=100))
def test_any_bytes(block):
    """Headers, or what is broken; where the library reads them, the same."""
    try:
        theirs = [tuple(header) for header in hpack.Decoder(1 << 20).decode(block, raw=True)]
    except hpack.HPACKError:
        theirs = None
    try:
        ours = read(block, HeaderTable())
    except Broken:
        ours = None
    if theirs is not None:
        assert theirs == ours


def test_time_is_linear():
    """In headers, be they literals, which the library copies the rest of the block for."""
    for part in (b"\x82", b"\x00\x01x\x01y", b"\x40\x01x\x01y"):
        one, two = (steps(lambda n=n, part=part: read(part * n, HeaderTable())) for n in (500, 1000))
        assert two < 2.1 * one
