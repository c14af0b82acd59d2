"""Where to: what a client says to a proxy before its TLS begins. Sans-io.

One port takes HTTP `CONNECT` (RFC 9110 section 9.3.6), absolute-form HTTP (RFC 9112 section 3.2.2), SOCKS4 and 4a,
SOCKS5 (RFC 1928) and TLS itself; the first byte tells them apart.

    front = Front(limit)
    found = front.feed(bytes)     None: send front.reply, if any, and feed more
                                  Request: where to; front.rest is what came after it
                                  Tls: no request at all, the client began with TLS; front.rest is everything
                                  Malformed: neither; front.reply says so in the client's own protocol, where it has one

An absolute-form request is forwarded with an origin-form target and `Connection: close`: the bytes behind its head are
then one request's and one response's, and can be relayed unread. No other byte of any connection is rewritten. A head
that two readers could understand in two ways is refused, as RFC 9112 asks of a proxy.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from tlscope.config import Address
from tlscope.wire.tls.hello import HANDSHAKE_RECORD, Malformed, is_host_name, looks_like_sslv2

HTTP_REASONS = {400: "Bad Request", 403: "Forbidden", 431: "Request Header Fields Too Large", 501: "Not Implemented",
                502: "Bad Gateway", 504: "Gateway Timeout"}  # fmt: skip

HOP_BY_HOP = {b"connection", b"proxy-connection", b"proxy-authorization", b"keep-alive"}
"""Fields meant for us (RFC 9110 section 7.6.1); they are not forwarded with an absolute-form request."""

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
METHOD_BEGINS = re.compile(TOKEN + rb"{1,32}(?: |\Z)")
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb"+) ([\x21-\x7e\x80-\xff]+) (HTTP/1\.[0-9])")
FIELD_LINE = re.compile(TOKEN + rb"+:[^\x00\r\n]*")
"""No space before the colon, no folded line, no bare CR or LF, no NUL (RFC 9112 section 5, RFC 9110 section 5.5)."""
AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([0-9]{1,5}))?")
"""A host or a bracketed address, and perhaps a port; no user information (RFC 9110 section 4.2.4)."""
ZONE = re.compile(r"[A-Za-z0-9._~-]{1,64}")
"""The scope of an IPv6 address (RFC 4007 section 11)."""
SOCKS4, SOCKS5 = 4, 5
SOCKS4_REFUSED = b"\x00\x5b\x00\x00\x00\x00\x00\x00"
MAX_SOCKS4_TEXT = 512
"""A user id and a host name, each with its NUL; names have 253 characters."""


@dataclass(frozen=True, slots=True)
class Tls:
    """The client began with a TLS record, or what it takes for one."""


@dataclass(frozen=True, slots=True)
class Request:
    """A target, and how to answer."""

    via: str
    """`connect`, `absolute-form`, `socks4` or `socks5`."""
    target: Address
    accepted: bytes = b""
    """What to say once the server is reached."""
    forward: bytes = b""
    """Of an absolute-form request: its head as the server shall see it."""

    def refusal(self, code: str, status: int, text: str) -> bytes:
        """The same in the client's protocol: a fault's code, the HTTP status nearest to it, a sentence."""
        if self.via == "socks4":
            return SOCKS4_REFUSED
        if self.via == "socks5":
            return bytes([5, _SOCKS5_CODES.get(code, 1), 0, 1, 0, 0, 0, 0, 0, 0])
        return http_answer(status, code, text)


_SOCKS5_CODES = {
    "refused-by-policy": 2,
    "own-port": 2,
    "unreachable": 4,
    "name-unknown": 4,
    "name-timeout": 4,
    "connection-refused": 5,
    "dial-timeout": 6,
}
"""A fault's code as a SOCKS5 reply (RFC 1928 section 6); the rest is 1, a general failure."""


def http_answer(status: int, code: str, text: str) -> bytes:
    """A whole HTTP response that says what went wrong, in plain text."""
    body = f"tlscope: {text}\n".encode()
    head = (
        f"HTTP/1.1 {status} {HTTP_REASONS[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nX-Tlscope-Fault: {code}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def as_proxy(address: str) -> str:
    """How to use the proxy that listens there."""
    return f"use it as a proxy: curl -x http://{address} URL, or HTTPS_PROXY=http://{address} PROGRAM"


class Front:
    """Reads one request; `limit` bounds its head, in bytes. `address` is where it listens, to say so."""

    def __init__(self, limit: int, address: str = "HOST:PORT") -> None:
        self._limit, self._address = limit, address
        self._data = bytearray()
        self._searched = 0
        self._greeted = False
        self.reply = b""

    @property
    def rest(self) -> bytes:
        """What was fed and does not belong to the request."""
        return bytes(self._data)

    def feed(self, data: bytes) -> Request | Tls | Malformed | None:
        """Take what arrived; see the module's head for what comes back."""
        self._data += data
        self.reply = b""
        if not self._data:
            return None
        first = self._data[0]
        if first == SOCKS5 or self._greeted:
            return self._socks5()
        if first == HANDSHAKE_RECORD:
            return Tls()
        if first == SOCKS4:
            return self._socks4()
        return self._http()

    def _take(self, size: int) -> bytes:
        taken = bytes(self._data[:size])
        del self._data[:size]
        return taken

    # ------------------------------------------------------------------------------------------------------------- HTTP

    def _http(self) -> Request | Malformed | None:
        data = self._data
        if looks_like_sslv2(data):
            return Malformed("sslv2-hello", 0, "an SSLv2 ClientHello, which no TLS stack of today answers")
        if data[0] & 0x80 and len(data) < 3:
            return None  # perhaps an SSLv2 hello
        if not METHOD_BEGINS.match(data):
            return Malformed("not-a-request", 0, "neither a TLS record nor a proxy request: " + excerpt(data))
        end = data.find(b"\r\n\r\n", max(0, self._searched - 3))
        self._searched = len(data)
        if not 0 <= end <= self._limit - 4:
            if len(data) <= self._limit:
                return None
            self.reply = http_answer(431, "head-too-long", f"the request's head is longer than {self._limit} bytes")
            return Malformed("head-too-long", self._limit, f"a request head longer than {self._limit} bytes")
        found = _http_request(self._take(end + 4))
        if isinstance(found, Malformed):
            how = f"\nNext: {as_proxy(self._address)}" if found.code == "not-a-proxy-request" else ""
            self.reply = http_answer(400, found.code, found.reason + how)
        return found

    # ------------------------------------------------------------------------------------------------------------ SOCKS

    def _socks5(self) -> Request | Malformed | None:
        if not self._greeted:
            if len(self._data) < 2 or len(self._data) < 2 + self._data[1]:
                return None
            methods = self._take(2 + self._data[1])[2:]
            if 0 not in methods:
                self.reply = b"\x05\xff"
                return Malformed("socks-authentication", 0, "a SOCKS5 client that insists on authentication")
            self._greeted, self.reply = True, b"\x05\x00"
            if not self._data:
                return None
        return self._socks5_request()

    def _socks5_request(self) -> Request | Malformed | None:
        data = self._data
        if len(data) < 5:
            return None
        size = {1: 4, 3: 1 + data[4], 4: 16}.get(data[3])
        if data[0] != SOCKS5 or data[1] != 1 or size is None:
            self.reply += bytes([5, 8 if size is None else 7, 0, 1, 0, 0, 0, 0, 0, 0])
            return Malformed(
                "socks-command", 0, f"SOCKS5 command {data[1]} with address type {data[3]}; only CONNECT is known"
            )
        if len(data) < 6 + size:
            return None
        kind, raw = data[3], self._take(6 + size)
        host = _socks_host(kind, raw[4 : 4 + size])
        if host is None:
            self.reply += b"\x05\x08\x00\x01\x00\x00\x00\x00\x00\x00"
            return Malformed("socks-host", 5, f"a SOCKS5 host name that is none: {excerpt(raw[5 : 4 + size])}")
        return Request("socks5", Address(host, int.from_bytes(raw[-2:])), b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")

    def _socks4(self) -> Request | Malformed | None:
        data = self._data
        number = int.from_bytes(data[4:8])
        named = 0 < number < 256  # SOCKS4a: 0.0.0.x says that a name follows
        longest = 8 + MAX_SOCKS4_TEXT
        user_end = data.find(0, 8, longest)
        end = data.find(0, user_end + 1, longest) if named and user_end >= 0 else user_end
        if end < 0:
            if len(data) < longest:
                return None
            self.reply = SOCKS4_REFUSED
            return Malformed("socks-too-long", 8, "a SOCKS4 request without an end")
        command, port = data[1], int.from_bytes(data[2:4])
        text = self._take(end + 1)[user_end + 1 : end]
        host = _host_name(text) if named else str(ipaddress.IPv4Address(number))
        if command != 1 or host is None:
            self.reply = SOCKS4_REFUSED
            return Malformed("socks-command", 1, f"SOCKS4 command {command}, or a host name that is none")
        return Request("socks4", Address(host, port), b"\x00\x5a\x00\x00\x00\x00\x00\x00")


def _http_request(head: bytes) -> Request | Malformed:
    line, _, fields = head.partition(b"\r\n")
    found = REQUEST_LINE.fullmatch(line)
    if not found:
        return Malformed("request-line", 0, f"no request line: {excerpt(line)}")
    method, target, version = found.groups()
    lines, at = fields[:-2].split(b"\r\n")[:-1], len(line) + 2
    for field in lines:
        if not FIELD_LINE.fullmatch(field):
            return Malformed("field-line", at, f"no field line: {excerpt(field)}")
        at += len(field) + 2
    if method == b"CONNECT":
        address = _authority(target, None)
        if address is None:
            return Malformed("connect-target", 8, f"CONNECT to what is no HOST:PORT: {excerpt(target)}")
        return Request("connect", address, b"HTTP/1.1 200 Connection established\r\n\r\n")
    scheme, _, rest = target.partition(b"://")
    if scheme.lower() != b"http" or not rest:
        reason = "a plain request to the proxy itself, which serves nothing"
        return Malformed("not-a-proxy-request", len(method) + 1, reason)
    host = re.split(rb"[/?#]", rest, maxsplit=1)[0]
    address = _authority(host, 80)
    if address is None:
        return Malformed("absolute-form-target", len(method) + 1, f"a request for what is no host: {excerpt(target)}")
    # RFC 9112 section 3.2.4: what has no path at all is `*` where the server itself is asked.
    path = rest[len(host) :] or (b"*" if method == b"OPTIONS" else b"/")
    origin = b" ".join((method, path if path[:1] in b"/*" else b"/" + path, version))
    kept = [field for field in lines if field.partition(b":")[0].lower() not in HOP_BY_HOP]
    return Request("absolute-form", address, forward=b"\r\n".join((origin, b"Connection: close", *kept, b"", b"")))


def _authority(raw: bytes, default: int | None) -> Address | None:
    """`host:port` of a request target; None where it is no such thing, or the port is missing and has no default."""
    found = AUTHORITY.fullmatch(raw.decode("latin-1"))
    if not found:
        return None
    host, port = found[1].lower(), int(found[2]) if found[2] else default
    known = _is_address(host[1:-1], 6) if host[:1] == "[" else _is_host(host)
    return Address(host.strip("[]"), port) if known and port and port <= 0xFFFF else None


def _socks_host(kind: int, raw: bytes) -> str | None:
    if kind == 3:
        return _host_name(raw[1:])
    return str(ipaddress.ip_address(raw))


def _host_name(raw: bytes) -> str | None:
    text = raw.decode("ascii", "replace")
    return text if _is_host(text) else None


def _is_host(text: str) -> bool:
    return _is_address(text, 4) or _is_address(text, 6) or is_host_name(text.removesuffix("."))


def _is_address(text: str, version: int) -> bool:
    plain, percent, zone = text.partition("%")
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return False
    return address.version == version and (not percent or (version == 6 and bool(ZONE.fullmatch(zone))))


def excerpt(data: bytes | bytearray) -> str:
    """The first bytes: text in quotes, with escapes for CR, LF and TAB; what is no text as hex. Safe to show."""
    head, more = bytes(data[:32]), "…" if len(data) > 32 else ""
    text = head.decode("latin-1").translate(_ESCAPES)
    return f'"{text}"{more}' if text.isascii() and text.isprintable() else f"{head.hex(' ')}{more and f' {more}'}"


_ESCAPES = str.maketrans({"\r": "\\r", "\n": "\\n", "\t": "\\t"})
