"""Certificates that came compressed: expanded, but never beyond a limit (RFC 8879).

A few bytes can claim to be megabytes. What a message says of its uncompressed length is only believed up to
MAX_CERTIFICATE and MAX_RATIO, and each algorithm is stopped as soon as it has given that much.
"""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import TYPE_CHECKING

from tlscope.wire.tls.registries import CertificateCompressionAlgorithm as Algorithm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_CERTIFICATE = 100 << 10
"""Bytes of a Certificate message: what OpenSSL takes by default (SSL_CTX_set_max_cert_list)."""
MAX_RATIO = 32
"""Bytes out of each byte in: chains of certificates shrink to a third; few bytes must not cost a tree of thousands."""
MAX_WINDOW = 8 << 20
"""Bytes that zstd may look back: what RFC 8878 section 3.1.1.1.2 asks a decoder to support."""


class CannotExpand(Exception):  # noqa: N818 - it says what it is, and never leaves the dissector
    """Why compressed bytes could not be expanded."""


def expand(algorithm: int, data: bytes, length: int) -> bytes:
    """`data`, expanded to exactly `length` bytes; raises CannotExpand."""
    if length > MAX_CERTIFICATE:
        raise CannotExpand(f"{length} bytes uncompressed; no more than {MAX_CERTIFICATE} are expanded")
    if length > MAX_RATIO * len(data):
        raise CannotExpand(f"{length} bytes out of {len(data)}; no more than {MAX_RATIO} times as many are expanded")
    if algorithm not in EXPANDERS:
        raise CannotExpand(f"compression algorithm {algorithm} is not known")
    expanded = EXPANDERS[algorithm](data, length + 1)
    if len(expanded) != length:
        more = "more" if len(expanded) > length else str(len(expanded))
        raise CannotExpand(f"uncompressed_length says {length} bytes; there are {more}")
    return expanded


def _zlib(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error as error:
        raise CannotExpand(str(error)) from None


def _brotli(data: bytes, limit: int) -> bytes:
    brotli = import_module("brotli")  # only where a certificate is compressed with it; it ships no types
    expander, found = brotli.Decompressor(), b""
    try:
        found = expander.process(data, output_buffer_limit=limit)
        while len(found) < limit and not expander.is_finished():
            more = expander.process(b"", output_buffer_limit=limit - len(found))
            if not more:
                break
            found += more
    except brotli.error as error:
        raise CannotExpand(str(error)) from None
    return bytes(found[:limit])


def _zstd(data: bytes, limit: int) -> bytes:
    import zstandard  # noqa: PLC0415 - as in _brotli

    expander = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    try:
        with expander.stream_reader(data) as reader:
            return bytes(reader.read(limit))
    except zstandard.ZstdError as error:
        raise CannotExpand(str(error)) from None


EXPANDERS: Mapping[int, Callable[[bytes, int], bytes]] = {
    Algorithm.zlib: _zlib,
    Algorithm.brotli: _brotli,
    Algorithm.zstd: _zstd,
}
