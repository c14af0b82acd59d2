"""Where a request of HTTP/1 goes: its target, its Host, and what two readers could disagree on (RFC 9112 section 3.2).

    whither(method, target, version, head, scheme) -> scheme, authority
    is_authority(value)                                    what a Host header or :authority may say

A proxy that believes the target in front of a server that believes Host, or the reverse, sends a request where nobody
meant it to go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tlscope.wire.http.http1_head import Odd

if TYPE_CHECKING:
    from tlscope.wire.http.http1_head import Head

is_authority = re.compile(
    rb"(?:\[[0-9A-Za-z:.%_~-]+\]"  # IPv6, with a zone that some send
    rb"|[A-Za-z0-9._~%!$&'()*+,;=-]*)"  # reg-name, which IPv4 looks like
    rb"(?::[0-9]*)?"
).fullmatch
"""uri-host and port (RFC 9110 section 7.2, RFC 3986 section 3.2.2): no user, no path, no space."""
_WITH_PORT = re.compile(r"[^@/]*[^@/:]:[0-9]+").fullmatch


def whither(method: bytes, target: str, version: str, head: Head, scheme: str) -> tuple[str, str]:
    """Scheme and authority that a request is for; what is odd about them is added to the head's.

    `scheme` is the connection's, which a target does not say unless it is absolute.
    """
    host = _host(version, head)
    if method == b"CONNECT":
        if not _WITH_PORT(target):
            _tell(head, "target-form", "CONNECT to what is not a host and a port (RFC 9112 section 3.2.3)")
        return "", target
    if target[:1] == "/":
        return scheme, host
    said, colon, rest = target.partition("://")
    if colon:
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        if b"host" in head.fields and host.lower() != authority.rpartition("@")[2].lower():
            _tell(head, "host-differs", "Host is not the authority of the absolute target")
        return said.lower(), authority
    if target != "*" or method != b"OPTIONS":
        text = "a target in none of the four forms (RFC 9112 section 3.2): where it goes depends on who reads it"
        _tell(head, "target-form", text)
    return scheme, host


def _host(version: str, head: Head) -> str:
    """What Host says; empty without one."""
    hosts = head.fields.get(b"host")
    if hosts is None:
        if version == "HTTP/1.1":
            _tell(head, "no-host", "an HTTP/1.1 request without Host")
        return ""
    if len(hosts) > 1:
        _tell(head, "duplicate-host", "Host more than once: two readers may take different ones")
    if not is_authority(hosts[0]):
        _tell(head, "invalid-host", "a Host that is no host, which readers take apart differently")
    return hosts[0].decode("latin-1")


def _tell(head: Head, code: str, text: str) -> None:
    head.odd.append(Odd(code, text, head.start))
