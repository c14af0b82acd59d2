"""Where HTTP/1 goes on behind missing bytes: at the next head that is one beyond doubt.

    find_head(data, request=True) -> where it begins
    tail(data)                    -> how much of the end may be the beginning of one

Content needs no line break at its end, so that a head may stand anywhere in a line. To take content that shows HTTP for
HTTP is the danger: a start line counts with a method that is in use, a version that exists, and a field line behind it
or the empty line that ends a head.
"""

from __future__ import annotations

import re

START_LIMIT = 1 << 13
"""Bytes of a start line and of the name behind it: what servers take, and what is kept between two chunks."""

# Each repetition is bounded, and a target holds no space, where the next attempt could begin: time stays linear.
_NEXT = rb"\r?\n(?:\r?\n|[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}:)"
_METHODS = rb"(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH)"
_REQUEST = re.compile(_METHODS + rb" [!-~\x80-\xff]{1,7000} HTTP/1\.[01]" + _NEXT).search
_STATUS = re.compile(rb"HTTP/1\.[01] [1-5][0-9]{2}(?: [^\r\n]{0,256})?" + _NEXT).search


def find_head(data: bytes | bytearray, *, request: bool) -> int | None:
    """Where the first head begins; None: none does, as far as can be seen yet."""
    match = _REQUEST(data) if request else _STATUS(data)
    return match.start() if match else None


def tail(data: bytes | bytearray) -> int:
    """Bytes at the end in which a head may have begun: two lines, a start line and what follows it."""
    last = data.rfind(b"\n")
    before = data.rfind(b"\n", 0, last) if last >= 0 else -1
    return min(len(data) - before - 1, START_LIMIT)
