"""Where the content of an HTTP/1 message ends (RFC 9112 section 6.3), and what two readers could disagree on.

Framing is the first target of request smuggling: each rule here that is broken becomes an Odd, and the reading that the
RFC asks of a recipient is followed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tlscope.wire.http.http1_head import Head, Odd

_LENGTH = re.compile(rb"[0-9]{1,18}").fullmatch
"""18 digits fit into 63 bits; a longer one is no length of anything."""


class Framing(NamedTuple):
    """How much content follows the head."""

    kind: str
    """`none`, `length`, `chunked`, `close` (until the connection ends), `unknown` (nobody can tell)."""
    length: int = 0


NONE, CHUNKED, CLOSE, UNKNOWN = Framing("none"), Framing("chunked"), Framing("close"), Framing("unknown")


def request_framing(head: Head, version: str) -> Framing:
    """Of a request; what is odd is added to the head's."""
    fields = head.fields
    if b"transfer-encoding" in fields:
        if _is_chunked(head, version):
            return CHUNKED
        text = "the last transfer coding of a request is not chunked: nobody can tell where it ends"
        head.odd.append(Odd("request-without-end", text, head.start))
        return UNKNOWN
    if b"content-length" in fields:
        return _length(head) or UNKNOWN
    return NONE


def response_framing(head: Head, version: str, status: int, method: bytes) -> Framing:
    """Of a response to a request of this method; tunnels are the caller's."""
    fields = head.fields
    if status < 200 or status in {204, 304} or method == b"HEAD":
        if fields and (status < 200 or status == 204):
            for name in ("content-length", "transfer-encoding"):
                if name.encode() in fields:
                    text = f"a {status} response has no content, and must not have {name}"
                    code = f"{name}-on-{'1xx' if status < 200 else status}"
                    head.odd.append(Odd(code, text, head.start))
        return NONE
    if b"transfer-encoding" in fields:
        return CHUNKED if _is_chunked(head, version) else CLOSE
    if b"content-length" in fields:
        return _length(head) or CLOSE
    return CLOSE


def _is_chunked(head: Head, version: str) -> bool:
    """Whether chunked is the last transfer coding; it overrides Content-Length (section 6.3 rule 3)."""
    fields, odd, at = head.fields, head.odd, head.start
    codings = [coding.strip(b" \t").lower() for value in fields[b"transfer-encoding"] for coding in value.split(b",")]
    if b"content-length" in fields:
        text = "both Content-Length and Transfer-Encoding: two readers may see two different ends"
        odd.append(Odd("content-length-and-transfer-encoding", text, at))
    if version == "HTTP/1.0":
        text = "Transfer-Encoding in HTTP/1.0, which does not know it"
        odd.append(Odd("transfer-encoding-in-http-1.0", text, at))
    if codings.count(b"chunked") > 1:
        odd.append(Odd("chunked-twice", "chunked is applied more than once", at))
    if any(coding.partition(b";")[0].rstrip() not in _CODINGS for coding in codings):
        odd.append(Odd("unknown-transfer-coding", "a transfer coding that is not registered", at))
    return codings[-1] == b"chunked"


_CODINGS = {b"chunked", b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress", b"trailers"}


def _length(head: Head) -> Framing | None:
    """The first of the lengths; None if it is none."""
    values, odd, at = head.fields[b"content-length"], head.odd, head.start
    lengths = values
    if len(values) > 1 or b"," in values[0]:
        lengths = [length.strip(b" \t") for value in values for length in value.split(b",")]
        if len(set(lengths)) > 1:
            text = "Content-Lengths that differ: two readers may see two different ends"
            odd.append(Odd("differing-content-lengths", text, at))
        else:
            odd.append(Odd("repeated-content-length", "the same Content-Length more than once", at))
    if not _LENGTH(lengths[0]):
        odd.append(Odd("invalid-content-length", "a Content-Length that is not a number", at))
        return None
    return Framing("length", int(lengths[0]))
