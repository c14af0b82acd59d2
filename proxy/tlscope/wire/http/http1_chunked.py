"""The chunked transfer coding (RFC 9112 section 7.1), as states of a direction (http1_half.py).

    chunk_line -> chunk_data -> chunk_end -> chunk_line -> ... -> trailers

What is not a number where a size must be, or a chunk without its line end, leaves no way to tell where content goes on:
two readers that go on differently are what request smuggling lives on, so the direction is raw from there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tlscope.wire.http.exchange import Event, Trailers
from tlscope.wire.http.http1_half import counted, head_end
from tlscope.wire.http.http1_head import FRAMING, HEAD_LIMIT, Odd, parse_head

if TYPE_CHECKING:
    from tlscope.wire.http.http1_half import Half

CHUNK_LINE_LIMIT = 1 << 14
"""Bytes of a chunk-size line with its extensions; Apache takes 8190."""

_CHUNK = re.compile(rb"0*([0-9A-Fa-f]{1,15})([ \t]*)(;[^\r\n]*)?(\r?)\n").fullmatch
"""15 digits fit into 60 bits; a longer one is no size of anything."""
_TRAILERS_END = re.compile(rb"\A\r?\n|\n\r?\n").search


def chunk_line(half: Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
    """At or within a chunk-size line."""
    held = half.held
    end = data.find(b"\n", at, at + CHUNK_LINE_LIMIT + 1 - len(held)) + 1
    if end and not held:
        _chunk(half, data[at:end], base + at, events)
        return end
    if not held:
        half.held_at = base + at
    stop = end or min(len(data), at + CHUNK_LINE_LIMIT + 1 - len(held))
    held += data[at:stop]
    if end or len(held) > CHUNK_LINE_LIMIT:
        line = bytes(held)
        held.clear()
        _chunk(half, line, half.held_at, events)
    return stop


def _chunk(half: Half, line: bytes, start: int, events: list[Event]) -> None:
    """A whole line, or more of one than there may be."""
    match = _CHUNK(line)
    if match is None:
        text = "a chunk size that is no number: nobody can tell where the content goes on"
        half.lose("invalid-chunk-size", text, start, events)
        return
    size, space, extension, cr = match.groups()
    if extension:
        half.tell("chunk-extension", "a chunk extension, which nearly nobody reads", start, events)
    elif space:
        half.tell(
            "chunk-size-whitespace", "whitespace behind a chunk size, which not every reader takes", start, events
        )
    if not cr:
        half.tell("bare-lf", "a chunk size ends with LF alone", start, events)
    half.left = int(size, 16)
    half.state = chunk_data if half.left else trailers


def chunk_data(half: Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
    """Within a chunk."""
    end = counted(half, data, at, base, events)
    if not half.left:
        half.state = chunk_end
    return end


def chunk_end(half: Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
    """The line end behind a chunk."""
    if data[at] == 0x0A:
        half.tell("bare-lf", "a chunk ends with LF alone", base + at, events)
    elif data[at] == 0x0D:
        if data[at + 1 : at + 2] == b"\n":
            half.state = chunk_line
            return at + 2
        half.state = _chunk_cr
        return at + 1
    else:
        _endless(half, base + at, events)
        return at + 1
    half.state = chunk_line
    return at + 1


def _chunk_cr(half: Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
    """Between the CR and the LF behind a chunk."""
    if data[at] == 0x0A:
        half.state = chunk_line
    else:
        _endless(half, base + at, events)
    return at + 1


def _endless(half: Half, at: int, events: list[Event]) -> None:
    text = "a chunk is longer than its size says: nobody can tell where the content goes on"
    half.lose("chunk-without-end", text, at, events)


def trailers(half: Half, data: bytes, at: int, base: int, events: list[Event]) -> int:
    """Behind the last chunk: field lines, up to an empty one (section 7.1.2)."""
    held, before = half.held, len(half.held)
    if held:
        stop = at + HEAD_LIMIT + 1 - before
    elif data[at : at + 2] == b"\r\n":
        half.done(base + at + 2, events)
        return at + 2
    else:
        half.held_at, half.searched = base + at, 0
        match = head_end(data, at)
        stop = at + HEAD_LIMIT + 1
        if match and data[at] != 0x0A:  # not more than needed: trailers may follow one another
            stop = min(stop, match.end())
    held += data[at:stop]
    taken = len(held) - before
    match = _TRAILERS_END(held) if half.searched < 4 else head_end(held, half.searched - 3)
    half.searched = len(held)
    if match is not None:
        _section(half, match.end(), events)
        return at + match.end() - before
    if len(held) > HEAD_LIMIT:
        text = f"trailers of more than {HEAD_LIMIT} bytes: what follows is not understood"
        half.lose("head-too-long", text, half.held_at, events)
    return at + taken


def _section(half: Half, end: int, events: list[Event]) -> None:
    """All trailers are held: `end` bytes of what is."""
    block = bytes(half.held[:end])
    half.held.clear()
    head = parse_head(b"\r\n" + block, half.held_at - 2)  # as if a start line stood before
    if head.headers:
        events.append(Trailers(half.exchange, half.direction, head.headers, half.held_at, end))
    if forbidden := FRAMING & head.fields.keys():
        names = b", ".join(sorted(forbidden)).decode()
        text = f"{names} among the trailers, too late for what it decides (RFC 9110 section 6.5.1)"
        head.odd.append(Odd("trailer-field", text, half.held_at))
    half.tell_all(head.odd, events)
    half.done(half.held_at + end, events)
