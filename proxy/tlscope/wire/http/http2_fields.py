"""What a header section of HTTP/2 says, and what it must not (RFC 9113 sections 8.2 and 8.3).

    section = read(headers, kind) -> Section                kind: REQUEST, RESPONSE, TRAILERS

What HTTP/1 writes into its start line comes as pseudo-header fields, whose names begin with a colon. A proxy that turns
such a section into HTTP/1 without looking writes whatever stands in it: hence the rules, each of which is an Odd here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.http.http1_head import TOKEN, Odd
from tlscope.wire.http.http1_target import is_authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.http.exchange import Header, Headers

REQUEST = frozenset({b":method", b":scheme", b":authority", b":path", b":protocol"})
RESPONSE = frozenset({b":status"})
TRAILERS: frozenset[bytes] = frozenset()
"""The pseudo-header fields that each kind may have (`:protocol`: RFC 8441 section 4)."""
CONNECTION = frozenset({b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade"})
"""Headers that concern one connection of HTTP/1, and must not be here (section 8.2.2)."""
WANTED = frozenset({
    b"content-type", b"content-encoding", b"content-length", b"grpc-encoding", b"host", b"sec-websocket-extensions",
})  # fmt: skip
LISTS = frozenset({b"content-encoding", b"sec-websocket-extensions"})
"""Those whose lines add up to one list (RFC 9110 section 5.3)."""

_NAME = re.compile(TOKEN + rb"+").fullmatch
_LENGTH = re.compile(rb"[0-9]{1,18}").fullmatch
_BAD_VALUE = re.compile(rb"[\0\r\n]").search
_PADDED_VALUE = re.compile(rb"\A[ \t]|[ \t]\Z").search
_PLAIN: set[bytes] = set()
"""Names seen that nothing is to be said of."""
MAX_NAMES = 4096
"""Names remembered, of NAME_LENGTH bytes at most: peers choose them."""
NAME_LENGTH = 64


class Section(NamedTuple):
    """What a header section says to one who follows exchanges."""

    pseudo: dict[bytes, str]
    fields: dict[bytes, bytes]
    """The first value of each of WANTED that there are, of LISTS all of them."""
    length: int
    """Content-Length; -1 without one."""
    odd: list[Odd]


def read(headers: Headers, kind: frozenset[bytes], *, at: int) -> Section:
    """Take a section apart; `at` is where it stands, for what concerns all of it."""
    pseudo: dict[bytes, str] = {}
    fields: dict[bytes, bytes] = {}
    odd: list[Odd] = []
    regular = False
    for header in headers:
        name = header.name
        if name in _PLAIN:
            regular = True
        elif name[:1] == b":":
            _pseudo(header, kind, pseudo, odd, regular=regular)
        elif name in WANTED:
            regular = True
            _wanted(header, fields, odd)
        else:
            regular = True
            _regular(header, odd)
    joined = b"\x01".join([b"", *[header.value for header in headers], b""])
    # In all values at once, since nearly none is odd; what is found may be a byte of a value where they are joined.
    if _BAD_VALUE(joined) or b"\x01 " in joined or b" \x01" in joined or b"\x01\t" in joined or b"\t\x01" in joined:
        _values(headers, odd)
    length = -1
    sent = fields.get(b"content-length")
    if sent is not None:
        if _LENGTH(sent):
            length = int(sent)
        else:
            odd.append(Odd("invalid-content-length", "a Content-Length that is not a number", at))
    if headers:
        _missing(pseudo, fields, kind, at, odd)
    return Section(pseudo, fields, length, odd)


def _pseudo(header: Header, kind: frozenset[bytes], pseudo: dict[bytes, str], odd: list[Odd], *, regular: bool) -> None:
    name = header.name
    if regular:
        odd.append(Odd("h2-pseudo-late", "a pseudo-header field behind a regular one", header.start))
    if name not in kind:
        odd.append(Odd("h2-pseudo-unknown", "a pseudo-header field that does not belong here", header.start))
    elif name in pseudo:
        odd.append(Odd("h2-pseudo-twice", "a pseudo-header field more than once", header.start))
    else:
        pseudo[name] = header.value.decode("latin-1")


def _regular(header: Header, odd: list[Odd]) -> None:
    """A header that is looked at for the first time, or every time since something is wrong with it."""
    name = header.name
    if not _NAME(name):
        odd.append(Odd("h2-header-name", "a header's name has characters that no name may have", header.start))
    elif name != name.lower():
        odd.append(Odd("h2-upper-case-name", "a header's name in upper case (RFC 9113 section 8.2.1)", header.start))
    elif name in CONNECTION:
        text = "a header that concerns a connection of HTTP/1 (RFC 9113 section 8.2.2)"
        odd.append(Odd("h2-connection-header", text, header.start))
    elif name == b"te":
        if header.value != b"trailers":
            odd.append(Odd("h2-connection-header", "TE says anything but `trailers`", header.start))
    elif len(name) <= NAME_LENGTH and len(_PLAIN) < MAX_NAMES:
        _PLAIN.add(name)


def _wanted(header: Header, fields: dict[bytes, bytes], odd: list[Odd]) -> None:
    """The value of one of WANTED, beside what there is of it already."""
    name, value, at, _ = header
    said = fields.get(name)
    if said is None:
        fields[name] = value
    elif name in LISTS:
        fields[name] = said + b"," + value
    elif name == b"host" and said != value:
        odd.append(Odd("duplicate-host", "Host more than once: two readers may take different ones", at))
    elif name == b"content-length" and said != value:
        odd.append(Odd("differing-content-lengths", "Content-Lengths that differ", at))


def _missing(
    pseudo: dict[bytes, str], fields: dict[bytes, bytes], kind: frozenset[bytes], at: int, odd: list[Odd]
) -> None:
    """What a section cannot be without, and what must agree."""
    if kind is REQUEST:
        connect = pseudo.get(b":method") == "CONNECT"
        tunnel = connect and b":protocol" not in pseudo
        needed = {b":method", b":authority"} if tunnel else {b":method", b":scheme", b":path"}
        if connect and not tunnel:
            needed.add(b":authority")
        odd.extend(Odd(code, text, at) for code, text in _wrong(pseudo, tunnel=tunnel))
    else:
        needed = set(kind)
    if lacking := needed - pseudo.keys():
        names = ", ".join(sorted(name.decode() for name in lacking))
        odd.append(Odd("h2-pseudo-missing", f"without {names}", at))
    host, authority = fields.get(b"host"), pseudo.get(b":authority")
    if host is not None and authority is not None and host.decode("latin-1").lower() != authority.lower():
        odd.append(Odd("host-differs", "Host is not :authority", at))


def _values(headers: Headers, odd: list[Odd]) -> None:
    """What a value must not hold (section 8.2.1)."""
    for header in headers:
        if _BAD_VALUE(header.value):
            text = "CR, LF or NUL in a header's value, which splits the message where it becomes HTTP/1"
            odd.append(Odd("h2-header-value", text, header.start))
        elif _PADDED_VALUE(header.value):
            odd.append(Odd("h2-value-whitespace", "whitespace around a header's value", header.start))


def _wrong(pseudo: dict[bytes, str], *, tunnel: bool) -> Iterator[tuple[str, str]]:
    """What the pseudo-header fields of a request must not say (sections 8.3.1 and 8.5)."""
    method, path, authority = pseudo.get(b":method"), pseudo.get(b":path"), pseudo.get(b":authority")
    if tunnel and (path is not None or b":scheme" in pseudo):
        yield "h2-connect", "CONNECT with :scheme or :path, which it must not have (RFC 9113 section 8.5)"
    if b":protocol" in pseudo and method != "CONNECT":
        yield "h2-connect", ":protocol in a request that is not CONNECT (RFC 8441 section 4)"
    rooted = path is None or path[:1] == "/" or (path == "*" and method == "OPTIONS")
    if not rooted and pseudo.get(b":scheme") in {"http", "https"}:
        yield "h2-path", "a :path that does not begin with a slash (RFC 9113 section 8.3.1)"
    if authority is not None and not is_authority(authority.encode("latin-1")):
        yield "invalid-host", "an :authority that is no host, which readers take apart differently"
