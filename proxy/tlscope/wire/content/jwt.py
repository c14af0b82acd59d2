"""JSON Web Tokens where they are found: header and claims decoded, times told, nothing verified (RFC 7515, RFC 7519).

    read(body) -> Reading            a body that is a token (application/jwt)
    dissect(token, start, room) -> Field
    within(text, start, room) -> Field | None       the same where a string is one

What is within a segment has no bytes of its own in the body: its fields have the segment's place and no length.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tlscope.wire.content import jsontree, textbody
from tlscope.wire.content.reading import LEVELS, Kind, Reading, Room, clipped, concluded, line
from tlscope.wire.field import Field, malformed, shown

if TYPE_CHECKING:
    from tlscope.wire.content.reading import Body
    from tlscope.wire.field import Value

MAX_TOKEN = 1 << 16
"""Characters of a token: header fields, where most travel, are seldom longer than 8 KiB."""
TIMES = {"exp": "Expires", "nbf": "Not before", "iat": "Issued", "auth_time": "Authenticated", "updated_at": "Updated"}
"""Claims that are seconds since 1970 (RFC 7519 section 2, NumericDate)."""
UNVERIFIED = "Decoded only. Nobody has verified its signature here: anyone could have written this."
ENCRYPTED = "An encrypted token (JWE): only its header can be read without the key."
NONE = "The algorithm none: this token is not signed at all (RFC 7518 section 3.6)."

_JWS = re.compile(r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*|(?:\.[A-Za-z0-9_-]*){3})")
JWS = (("jwt.header", "Header"), ("jwt.claims", "Claims"), ("jwt.signature", "Signature"))
JWE = (("jwt.header", "Header"), ("jwt.key", "Encrypted Key"), ("jwt.iv", "Initialization Vector"),
       ("jwt.ciphertext", "Ciphertext"), ("jwt.tag", "Authentication Tag"))  # fmt: skip


def looks_like(text: str) -> bool:
    """Whether a string has the shape of a token: a header that begins with `{"`, and two or four more segments."""
    return len(text) <= MAX_TOKEN and _JWS.fullmatch(text) is not None


def is_token(data: bytes) -> bool:
    """Whether a body is a token and nothing else but space around it."""
    return len(data) <= MAX_TOKEN and data.lstrip()[:3] == b"eyJ" and looks_like(data.strip().decode("latin-1"))


def read(body: Body) -> Reading:
    """A body that is a token; one that is none is text."""
    token = body.data.strip()
    if not is_token(token):
        return textbody.read(body)._replace(problem="no JSON Web Token")
    start = body.data.index(token)
    tree = dissect(token, start, body.room)
    said = "encrypted JSON Web Token" if len(tree.children) == len(JWE) else "JSON Web Token"
    header, claims = tree.children[0], tree.children[1]
    texts = [member.text for part in (header, claims) for member in part.children]
    algorithm = next((line(str(member.children[-1].value)) for member in header.children if member.value == "alg"), "")
    text = "\n".join((*texts, "", token.decode("latin-1")))
    top = Field("data", "Data", None, 0, len(body.data), "", "", "", (tree,))
    return Reading(Kind.JWT, f"{said}, {algorithm}" if algorithm else said, clipped(text), top)


def within(text: str, start: int, room: Room) -> Field | None:
    """The tree of a string that is a token, its first character being byte `start`; None for any other."""
    if not text.startswith("eyJ") or not looks_like(text) or not room.take():
        return None
    return dissect(text.encode("ascii"), start, room)


def dissect(token: bytes, start: int, room: Room) -> Field:
    """A token's tree, its first byte being byte `start` of the body."""
    segments = token.split(b".")
    names = JWE if len(segments) == len(JWE) else JWS
    fields, at = [], start
    for (key, label), segment in zip(names, segments, strict=False):
        readable = key in {"jwt.header", "jwt.claims"}
        fields.append(_segment(key, label, segment, at, room if readable else None))
        at += len(segment) + 1
    algorithm = next((found.text for found in fields[0].children if found.value == "alg"), "")
    note = ENCRYPTED if names is JWE else NONE if algorithm.lower() == 'alg: "none"' else UNVERIFIED
    return Field("jwt", "JSON Web Token", None, start, len(token), algorithm, note, "RFC 7519", tuple(fields))


def _segment(key: str, label: str, segment: bytes, at: int, room: Room | None) -> Field:
    try:
        data = binascii.a2b_base64(segment.translate(_FROM_URL) + b"=" * (-len(segment) % 4))
    except binascii.Error as error:
        return Field(key, label, segment, at, len(segment), "", "", "", (malformed(at, 0, str(error)),))
    if room is None:
        return Field(key, label, data, at, len(segment), shown(data))
    tree = jsontree.Tree(data, room).value(0, LEVELS - 5)  # claims hold little: no deep nesting in here
    children = tuple(concluded(_timed(child), at) for child in tree.children) if tree else ()
    return Field(key, label, data, at, len(segment), data[:200].decode("utf-8", "replace"), "", "", children)


_FROM_URL = bytes.maketrans(b"-_", b"+/")


def _timed(member: Field) -> Field:
    """A claim that is a time tells which."""
    title = TIMES.get(str(member.value))
    if title and member.children and (said := moment(member.children[-1].value)):
        return member._replace(text=f"{member.value!s}: {said}", note=f"{title} at {said}.")
    return member


def moment(seconds: Value) -> str:
    """Seconds since 1970 as `2026-01-31 12:00:00 UTC`; empty for what is no time."""
    if not isinstance(seconds, int | str) or isinstance(seconds, bool):
        return ""
    try:
        return f"{datetime.fromtimestamp(float(seconds), UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return ""
