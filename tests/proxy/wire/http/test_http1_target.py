"""Where a request of HTTP/1 goes."""

from __future__ import annotations

import pytest

from tlscope.wire.http.http1_head import parse_head
from tlscope.wire.http.http1_target import is_authority, whither


def asked(method, target, *hosts, version="HTTP/1.1"):
    head = parse_head(b"GET / HTTP/1.1\r\n" + b"".join(b"Host: %b\r\n" % host for host in hosts) + b"\r\n", 0)
    return (*whither(method, target, version, head, "https"), [odd.code for odd in head.odd])


@pytest.mark.parametrize(
    ("method", "target", "hosts", "expected"),
    [
        (b"GET", "/a?b", [b"a.example"], ("https", "a.example", [])),
        (b"GET", "/", [b"[2001:db8::1]:8443"], ("https", "[2001:db8::1]:8443", [])),
        (b"GET", "/", [b""], ("https", "", [])),
        (b"GET", "/", [], ("https", "", ["no-host"])),
        (b"GET", "/", [b"a", b"b"], ("https", "a", ["duplicate-host"])),
        (b"GET", "/", [b"a@b"], ("https", "a@b", ["invalid-host"])),
        (b"GET", "/", [b"a/b"], ("https", "a/b", ["invalid-host"])),
        (b"GET", "/", [b"a b"], ("https", "a b", ["invalid-host"])),
        (b"GET", "http://b.example:8080/x", [b"b.example:8080"], ("http", "b.example:8080", [])),
        (b"GET", "HTTP://b.example?x", [b"B.example"], ("http", "b.example", [])),
        (b"GET", "http://b.example/", [b"c.example"], ("http", "b.example", ["host-differs"])),
        (b"GET", "b.example/", [b"c"], ("https", "c", ["target-form"])),
        (b"GET", "@b.example/", [b"c"], ("https", "c", ["target-form"])),
        (b"GET", "*", [b"c"], ("https", "c", ["target-form"])),
        (b"OPTIONS", "*", [b"c"], ("https", "c", [])),
        (b"CONNECT", "d.example:443", [b"d.example:443"], ("", "d.example:443", [])),
        (b"CONNECT", "d.example", [b"d.example"], ("", "d.example", ["target-form"])),
        (b"CONNECT", "/", [b"d.example"], ("", "/", ["target-form"])),
    ],
)
def test_the_four_forms(method, target, hosts, expected):
    """Origin, absolute, authority and asterisk form; and what is none of them."""
    assert expected == asked(method, target, *hosts)


def test_old_versions_need_no_host():
    """HTTP/1.0 has none."""
    assert ("https", "", []) == asked(b"GET", "/", version="HTTP/1.0")


@pytest.mark.parametrize(
    "value", [b"a.example", b"a:80", b"a:", b"127.0.0.1", b"[::1]", b"xn--bcher-kva.example", b"a_b"]
)
def test_authorities(value):
    """A host with or without a port."""
    assert is_authority(value)


@pytest.mark.parametrize(
    "value", [b"a:b", b"[::1", b"::1", b"a b", b"a#b", b"a?b", b"a\\b", "bücher".encode(), b"a,b c"]
)
def test_what_is_no_authority(value):
    """Anything else."""
    assert not is_authority(value)
