"""DEFLATE without a bomb: what WebSocket compresses (RFC 7692), inflated in slices that nobody need keep.

    inflater = Inflater(takeover=True)
    for content in inflater.feed(data): ...        at most STEP bytes each
    inflater.reset()                               behind each message
    inflater.fault                                 "", "limit", "data"

A message may inflate to INFLATE_LIMIT bytes, then it is left alone. With context takeover the window is gone with it,
and so is all that is compressed behind it.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zlib import _Decompress as _Zlib

INFLATE_LIMIT = 1 << 26
"""Bytes that one message may inflate to, 64 MiB: some seconds' work. Servers accept 1 to 32 MiB."""
STEP = 1 << 16
"""Bytes inflated at a time."""
PIECE = 1 << 12
"""Bytes given at a time: what zlib leaves over it copies, and a peer may end its stream every other byte."""


class Inflater:
    """The window of one direction."""

    __slots__ = ("_made", "_size", "_takeover", "_zlib", "fault")

    def __init__(self, *, takeover: bool) -> None:
        self._takeover = takeover
        self._zlib = zlib.decompressobj(-15)
        self._size = 0
        self.fault = ""
        """Why nothing more is inflated: `limit`, `data`, or empty."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` inflates to; to be run to its end."""
        for at in range(0, len(data), PIECE):
            left, full = data[at : at + PIECE], False
            while (left or full) and not self.fault:
                before = self._zlib.copy()
                try:
                    content = self._zlib.decompress(left, STEP)
                except zlib.error:
                    content, left = _until_broken(before, left), b""
                    self.fault = "data"
                else:
                    left, full = self._zlib.unconsumed_tail, len(content) == STEP  # zlib may hold more
                if self._zlib.eof:  # a final block (RFC 7692 section 7.2.3.4): another stream begins
                    left, full = self._zlib.unused_data, False
                    self._zlib = zlib.decompressobj(-15)
                if self._size + len(content) > INFLATE_LIMIT:
                    content = content[: INFLATE_LIMIT - self._size]
                    self.fault = "limit"
                self._size += len(content)
                if content:
                    yield content

    def reset(self) -> None:
        """The message has ended: without takeover its window and its faults end with it."""
        self._size = 0
        if not self._takeover:
            self._zlib, self.fault = zlib.decompressobj(-15), ""


def _until_broken(inflate: _Zlib, data: bytes) -> bytes:
    """What comes out before the byte that breaks it, which zlib drops when it meets that byte in company."""
    found = bytearray()
    for at in range(len(data)):
        try:
            found += inflate.decompress(data[at : at + 1])
        except zlib.error:
            break
    return bytes(found)
