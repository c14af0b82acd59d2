import ipaddress

import pytest

from tlscope.export import endpoints
from tlscope.export.endpoints import SOMEBODY, Names, ourselves, parsed, plain_port, unknown
from tlscope.export.tcp import Endpoint

ADDRESS = ipaddress.ip_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:443", ("127.0.0.1", 443)),
        ("[::1]:8080", ("::1", 8080)),
        ("[fe80::1%eth0]:1", ("fe80::1", 1)),
        ("a.example:443", None),
        ("memory:1", None),
        ("127.0.0.1:x", None),
        ("", None),
    ],
)
def test_addresses_are_read(text, expected):
    """With IPv6 in brackets; a zone is no part of the address on the wire, and names are none."""
    assert (expected and Endpoint(ADDRESS(expected[0]), expected[1])) == parsed(text)


def test_names_have_addresses_of_their_own():
    """Each is announced once; those that are addresses are left as they are."""
    names = Names()
    first, told = names.address("a.example")
    assert b"a.example" in told
    assert (first, b"") == names.address("a.example")
    assert first != names.address("b.example")[0]
    assert (ADDRESS("::1"), b"") == names.address("::1")
    assert first in ipaddress.ip_network("198.18.0.0/15")


def test_names_beyond_the_limit_share_an_address(monkeypatch):
    """Memory is bounded; that address is not said to be any one of them, as it would be taken for it everywhere."""
    monkeypatch.setattr(endpoints, "MAX_NAMES", 2)
    names = Names()
    found = [names.address(f"{number}.example") for number in range(6)]
    assert 3 == len({address for address, _ in found})
    assert [True, True, False, False, False, False] == [bool(named) for _, named in found]
    assert (found[1][0], b"") == names.address("1.example")
    assert (SOMEBODY, b"") == found[2] == found[5]


def test_who_has_no_name_is_given_none():
    """Nobody said where the connection should go."""
    assert (SOMEBODY, b"") == Names().address("")


def test_endpoints_that_nobody_knows():
    """Differ from connection to connection, and are legal."""
    assert unknown(1) != unknown(2)
    assert ourselves(1) != unknown(1)
    assert 1024 <= ourselves(10**9).port <= 0xFFFF


def test_ports_of_plain_protocols():
    """That of the same protocol, that of HTTP, or the same one."""
    assert (80, 143, 80, 5000) == (
        plain_port(443, http=False), plain_port(993, http=False), plain_port(5000, http=True),
        plain_port(5000, http=False),
    )  # fmt: skip
