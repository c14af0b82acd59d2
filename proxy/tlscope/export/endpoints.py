"""Who talks to whom in made-up packets: real addresses where they are known, others where there are only names.

    parsed("127.0.0.1:443") -> Endpoint
    names = Names()
    names.address("a.example") -> 198.18.1.0, and the block that says which name it stands for

Addresses for names are out of 198.18.0.0/15, which is routed nowhere (RFC 2544 appendix C.2.2).

Readers choose a protocol by the port. What is decrypted takes the port that the same protocol has without TLS: readers
would look for TLS on the other one.
"""

from __future__ import annotations

import ipaddress

from tlscope.export import blocks as block
from tlscope.export.tcp import Address, Endpoint

MAX_NAMES = 100_000
"""Names that get an address of their own; those after them share one that has no name."""
PLAIN_PORTS = {443: 80, 465: 25, 563: 119, 636: 389, 853: 53, 989: 20, 990: 21, 992: 23, 993: 143, 995: 110}
PLAIN_PORTS |= {5061: 5060, 5223: 5222, 5671: 5672, 6380: 6379, 6514: 514, 6697: 6667, 8443: 80, 8883: 1883}
"""Ports of protocols over TLS, and of the same protocols without (IANA's registry; 8443 and 6380 by custom)."""
HTTP = 80
"""For whatever spoke HTTP on a port that is not among those."""
HTTP_PORTS = frozenset({80, 1900, 2710, 2869, 3128, 3132, 5985, 8080, 8088, 11371})
"""Where Wireshark looks for HTTP and nothing else (its preference http.tcp.port)."""
OURSELVES = ipaddress.IPv4Address("198.18.0.1")
"""tlscope, towards the server."""

SOMEBODY = ipaddress.IPv4Address("198.18.0.2")
"""A server that has no name, or none that is told."""

_UNNAMED = ipaddress.IPv4Address("198.18.0.0")
_FIRST_PORT, _PORTS = 1024, 64_000


def parsed(text: str) -> Endpoint | None:
    """`host:port` with an IP address."""
    host, _, port = text.rpartition(":")
    try:
        return Endpoint(ipaddress.ip_address(host.strip("[]").partition("%")[0]), int(port) & 0xFFFF)
    except ValueError:
        return None


def unknown(connection: int) -> Endpoint:
    """A client of which nothing is known."""
    return Endpoint(_UNNAMED, _FIRST_PORT + connection % _PORTS)


def ourselves(connection: int) -> Endpoint:
    """Our own end towards the server, which is not recorded."""
    return Endpoint(OURSELVES, _FIRST_PORT + connection % _PORTS)


def plain_port(port: int, *, http: bool) -> int:
    """Where readers look for what was said on `port` once it is decrypted."""
    return PLAIN_PORTS.get(port, HTTP if http else port)


class Names:
    """Addresses for names."""

    def __init__(self) -> None:
        self._known: dict[str, Address] = {}

    def address(self, host: str) -> tuple[Address, bytes]:
        """The address of a host, and the block that says so if it has not been said."""
        try:
            return ipaddress.ip_address(host), b""
        except ValueError:
            pass
        found = self._known.get(host)
        if found:
            return found, b""
        if not host or len(self._known) >= MAX_NAMES:
            return SOMEBODY, b""
        made = self._known[host] = _UNNAMED + 256 + len(self._known)
        return made, block.names({made: host})
