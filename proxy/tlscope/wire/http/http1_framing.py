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
    """Of a response to a request of this method."""
    fields = head.fields
    what = _without_content(status, method)
    if what or status == 304 or method == b"HEAD":
        for name in ("content-length", "transfer-encoding"):
            if what and name.encode() in fields:
                text = f"a {status} response has no content here, and must not have {name}"
                head.odd.append(Odd(f"{name}-on-{what}", text, head.start))
        return NONE
    if b"transfer-encoding" in fields:
        return CHUNKED if _is_chunked(head, version) else CLOSE
    if b"content-length" in fields:
        return _length(head) or CLOSE
    return CLOSE


def _without_content(status: int, method: bytes) -> str:
    """What makes a response end with its head and say nothing of content (RFC 9110 sections 8.6 and 9.3.6)."""
    if 100 <= status < 200:
        return "1xx"
    return "204" if status == 204 else "connect" if method == b"CONNECT" and 200 <= status < 300 else ""


def _is_chunked(head: Head, version: str) -> bool:
    """Whether chunked is the last transfer coding; it overrides Content-Length (section 6.3 rule 3)."""
    fields, odd, at = head.fields, head.odd, head.start
    listed = [coding.strip(b" \t").lower() for value in fields[b"transfer-encoding"] for coding in value.split(b",")]
    codings = [coding for coding in listed if coding] or [b""]  # (RFC 9110 section 5.6.1.2)
    if len(codings) != len(listed):
        odd.append(Odd("empty-transfer-coding", "an empty entry in Transfer-Encoding, which readers may stop at", at))
    if b"content-length" in fields:
        text = "both Content-Length and Transfer-Encoding: two readers may see two different ends"
        odd.append(Odd("content-length-and-transfer-encoding", text, at))
    if version == "HTTP/1.0":
        text = "Transfer-Encoding in HTTP/1.0, which does not know it"
        odd.append(Odd("transfer-encoding-in-http-1.0", text, at))
    if codings.count(b"chunked") > 1:
        odd.append(Odd("chunked-twice", "chunked is applied more than once", at))
    elif b"chunked" in codings[:-1]:
        odd.append(Odd("chunked-not-last", "chunked is not the last transfer coding, as it must be", at))
    if any(coding != b"chunked" and coding.partition(b";")[0].rstrip() not in _CODINGS for coding in codings):
        odd.append(Odd("unknown-transfer-coding", "a transfer coding that is not registered", at))
    return codings[-1] == b"chunked"


_CODINGS = {b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress", b"trailers"}
"""Those beside chunked, which has no parameters (RFC 9112 sections 7.1 and 7.2)."""


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
