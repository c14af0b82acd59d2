"""HPACK (RFC 7541), representation by representation, each with where it stands in its block.

    table = HeaderTable()                                  one for each direction of a connection
    for said in representations(block, table): ...         and the table as it is behind each

Tables and Huffman codes are the hpack library's. The walk is ours for three reasons. A view needs to know which bytes
said a header. The library copies the rest of the block at each literal, which costs a peer's 256 KiB block seconds. And
a header list that is too long is no reason to lose the table: what exceeds the limit goes through the table unseen.

A header bomb is a small block that names one large table entry again and again. It costs nothing here, since each
mention is one tuple of the same bytes objects, and the caller counts what it keeps.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from hpack.exceptions import HPACKError
from hpack.huffman_table import decode_huffman
from hpack.table import HeaderTable as Table

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE_LIMIT = 1 << 20
"""Bytes of a dynamic table that are tracked (RFC 7541 section 4.1 counts 32 more an entry). Default is 4096; browsers
allow 65,536."""
MAX_INTEGER = 1 << 32
"""Above this an integer is broken: lengths are those of blocks, indexes those of tables."""
STATIC = 61
"""Entries of the static table (RFC 7541 appendix A)."""
ENTRY_OVERHEAD = 32
"""Bytes that an entry counts beside its name and value (RFC 7541 section 4.1)."""


class Broken(Exception):  # noqa: N818 - what a peer sent, no error of ours; callers of this file catch it
    """A block that cannot be read on: at `offset`, because of `reason`. The table is lost with it."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(offset, reason)
        self.offset, self.reason = offset, reason


class Representation(NamedTuple):
    """One instruction of a block (RFC 7541 section 6)."""

    kind: str
    """INDEXED, INCREMENTAL, WITHOUT, NEVER or UPDATE: its name in the RFC."""
    start: int
    end: int
    number: int
    """Index of the entry, or of the name; 0: the name is a literal. For an update the new size."""
    name: bytes | None
    """None for a size update, and for an entry of a dynamic table that is not known."""
    value: bytes | None


INDEXED = "Indexed Header Field"
INCREMENTAL = "Literal Header Field with Incremental Indexing"
WITHOUT = "Literal Header Field without Indexing"
NEVER = "Literal Header Field never Indexed"
UPDATE = "Dynamic Table Size Update"


class HeaderTable:
    """The dynamic table of one direction, with the static one below it."""

    __slots__ = ("_table", "allowed")

    def __init__(self) -> None:
        self._table = Table()
        self.allowed = 4096
        """What the receiver's SETTINGS_HEADER_TABLE_SIZE let it grow to, at the most, so far."""

    @property
    def size(self) -> int:
        """Bytes that it may hold now."""
        return int(self._table.maxsize)

    def resize(self, size: int) -> None:
        """Dynamic Table Size Update (section 6.3)."""
        self._table.maxsize = size

    def add(self, name: bytes, value: bytes) -> None:
        """A new first entry (section 4.4)."""
        self._table.add(name, value)

    def __getitem__(self, index: int) -> tuple[bytes, bytes]:
        try:
            return self._table.get_by_index(index)
        except HPACKError:
            raise IndexError(index) from None


def representations(block: bytes, table: HeaderTable | None) -> Iterator[Representation]:
    """What a block says, in order; raises Broken. Without a table, dynamic entries are not known, and nothing is added.

    The table is changed as the iterator goes: it must be run to its end.
    """
    at, end, seen = 0, len(block), False
    while at < end:
        start, octet = at, block[at]
        if octet & 0x80:
            index, at = integer(block, at, 0x7F)
            name, value = _entry(index, table, start)
            yield Representation(INDEXED, start, at, index, name, value)
        elif octet & 0xE0 == 0x20:
            size, at = integer(block, at, 0x1F)
            if seen:
                raise Broken(start, "a table size update behind a header")
            if size > TABLE_LIMIT:
                raise Broken(start, f"a dynamic table of {size} bytes; {TABLE_LIMIT} are tracked")
            if table is not None:
                table.resize(size)
            yield Representation(UPDATE, start, at, size, None, None)
            continue
        else:
            kind, mask = (INCREMENTAL, 0x3F) if octet & 0x40 else (NEVER if octet & 0x10 else WITHOUT, 0x0F)
            index, at = integer(block, at, mask)
            if index:
                name = _entry(index, table, start)[0]
            else:
                name, at = string(block, at)
            value, at = string(block, at)
            if kind is INCREMENTAL and table is not None:
                # without a table every name is known or the entry was added by one that is not
                assert name is not None
                table.add(name, value)
            yield Representation(kind, start, at, index, name, value)
        seen = True


def _entry(index: int, table: HeaderTable | None, at: int) -> tuple[bytes | None, bytes | None]:
    if not index:
        raise Broken(at, "an index of 0")
    if table is None:
        return _STATIC[index] if index <= STATIC else (None, None)
    try:
        return table[index]
    except IndexError:
        raise Broken(at, f"index {index} is above the table") from None


def integer(block: bytes, at: int, mask: int) -> tuple[int, int]:
    """An integer with this prefix (section 5.1), and where it ends; raises Broken."""
    start = at
    value = block[at] & mask
    at += 1
    if value < mask:
        return value, at
    shift = 0
    while at < len(block):
        octet = block[at]
        at += 1
        value += (octet & 0x7F) << shift
        shift += 7
        if value > MAX_INTEGER or shift > 70:
            raise Broken(start, "an integer that is too large")
        if octet < 0x80:
            return value, at
    raise Broken(start, "the block ends within an integer")


def string(block: bytes, at: int) -> tuple[bytes, int]:
    """A string literal (section 5.2), and where it ends; raises Broken."""
    if at >= len(block):
        raise Broken(at, "the block ends before a string")
    huffman = block[at] & 0x80
    length, begin = integer(block, at, 0x7F)
    end = begin + length
    if end > len(block):
        raise Broken(at, "the block ends within a string")
    data = block[begin:end]
    if not huffman:
        return data, end
    decoded = _huffman(data) if length <= CACHED else _decode(data)
    if decoded is None:
        raise Broken(at, "a string that is no Huffman code")
    return decoded, end


CACHED = 128
"""Bytes of a Huffman-coded string that is remembered: user agents and paths come again and again."""


def _decode(data: bytes) -> bytes | None:
    try:
        return decode_huffman(data)
    except HPACKError:
        return None


_huffman = lru_cache(maxsize=2048)(_decode)
_STATIC = [(b"", b""), *Table.STATIC_TABLE]
