"""A host as text, and what it is in a certificate."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from cryptography import x509

MAX_NAME = 253
"""Octets of a host name without the trailing dot (RFC 1035 section 2.3.4: 255 on the wire, with the length octets)."""

MAX_LABEL = 63
"""Octets of one label (RFC 1035 section 2.3.4)."""

_LABEL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")

# IDNA 2003 (which Python's codec speaks) and IDNA 2008 make different A-labels of these (RFC 5894 section 7.2).
_DEVIATIONS = frozenset("\u00df\u03c2\u200c\u200d")


class InvalidHostError(ValueError):
    """The text is no host that could stand in a certificate."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"{host!r} is not a host: {reason}")
        self.host = host
        self.reason = reason


def general_name(host: str) -> x509.DNSName | x509.IPAddress:
    """The subjectAltName entry for `host`: an iPAddress for an address, else a dNSName of A-labels (RFC 9525).

    Takes what stands in a URL or a CONNECT line without the port: `example.com`, `example.com.`, `bücher.example`,
    `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`; an IPv6 zone is dropped. Raises `InvalidHostError`.
    """
    address = parse_address(host)
    return x509.IPAddress(address) if address is not None else x509.DNSName(ascii_name(host))


def parse_address(host: str) -> IPv4Address | IPv6Address | None:
    """`host` as an IP address, without brackets and zone; None where it is not one."""
    text = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def ascii_name(host: str) -> str:
    """The DNS name `host` in lower-case A-labels without its trailing dot. Raises `InvalidHostError`."""
    name = _to_ascii(host).lower().removesuffix(".")
    if not name or len(name) > MAX_NAME:
        raise InvalidHostError(host[:MAX_NAME], f"a name has 1 to {MAX_NAME} characters")
    labels = name.split(".")
    for label in labels:
        _check_label(host, label)
    # The URL standard's rule: what ends in a number is meant as an IPv4 address, and 127.1 or 0x7f.1 is a bad one.
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        raise InvalidHostError(host, "it ends in a number but is no IP address")
    return name


def subtree(text: str) -> x509.DNSName | x509.IPAddress:
    """The base of a name constraint (RFC 5280 section 4.2.1.10). Raises `InvalidHostError`.

    Takes a domain (`example.com`, with all below it), an address (`192.0.2.1`) or a network (`10.0.0.0/8`). A leading
    dot or `*.` is taken off: `.example.com` and `*.example.com` are how people write the same.
    """
    try:
        return x509.IPAddress(ip_network(text.strip("[]")))
    except ValueError:
        return x509.DNSName(ascii_name(text.removeprefix("*").removeprefix(".")))


def _to_ascii(host: str) -> str:
    if host.isascii():
        return host
    # Before the codec sees it: its running time grows with the square of the length.
    if len(host) > MAX_NAME:
        raise InvalidHostError(host[:MAX_NAME], f"a name has 1 to {MAX_NAME} characters")
    if deviation := _DEVIATIONS.intersection(host):
        raise InvalidHostError(host, f"IDNA 2003 and 2008 disagree on {min(deviation)!a}; write the name as xn--...")
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise InvalidHostError(host, f"IDNA cannot express it ({error})") from error


def _check_label(host: str, label: str) -> None:
    if not label:
        raise InvalidHostError(host, "a label is empty")
    if len(label) > MAX_LABEL:
        raise InvalidHostError(host, f"a label has more than {MAX_LABEL} characters")
    # Underscores are no host-name characters (RFC 952), but names with them are served and browsed.
    if not _LABEL_CHARACTERS.issuperset(label):
        raise InvalidHostError(host, "it has characters that no host name has")
    if label.startswith("-") or label.endswith("-"):
        raise InvalidHostError(host, "a label starts or ends with a hyphen")
