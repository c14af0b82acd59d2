from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tlscope_ca.names import MAX_NAME, InvalidHostError, ascii_name, general_name, parse_address, subtree


@pytest.mark.parametrize(
    ("expected", "host"),
    [
        ("example.com", "example.com"),
        ("example.com", "EXAMPLE.Com"),
        ("example.com", "example.com."),
        ("localhost", "localhost"),
        ("a_b.example.com", "a_b.example.com"),
        ("xn--bcher-kva.example", "bücher.example"),
        ("xn--bcher-kva.example", "BÜCHER.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("xn--fiqs8s", "中国"),
        ("example.com", "example\u3002com"),  # the full stop of IDNA
        ("1.example", "1.example"),
        (".".join(["a" * 63] * 3 + ["b" * 61]), ".".join(["a" * 63] * 3 + ["b" * 61])),
    ],
)
def test_dns_name(expected, host):
    """A name becomes a dNSName in lower-case A-labels without the root's dot."""
    assert x509.DNSName(expected) == general_name(host)


@pytest.mark.parametrize(
    ("expected", "host"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:db8::1", "[2001:DB8:0::1]"),
        ("fe80::1", "fe80::1%eth0"),
        ("fe80::1", "[fe80::1%25eth0]"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
    ],
)
def test_address(expected, host):
    """An address becomes an iPAddress, without brackets and zone."""
    assert x509.IPAddress(ip_address(expected)) == general_name(host)
    assert ip_address(expected) == parse_address(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "..",
        "a..b",
        ".example.com",
        "a b",
        "a\0b",
        "example.com\0.evil",
        "*.example.com",
        "example.com:443",
        "https://example.com",
        "user@example.com",
        "-a.example",
        "a-.example",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0x7f00000a",
        "1.2.3.256",
        "[192.0.2",
        "[example.com]",
        "2001:db8:::1",
        "a" * 64,
        "ü" * 300,
        ".".join(["a" * 63] * 3 + ["b" * 62]),
        "faß.example",
        "\u202eexample.com",
        "☃\ud800.example",
    ],
)
def test_no_host(host):
    """What cannot stand in a certificate is refused with the reason, never guessed at."""
    with pytest.raises(InvalidHostError, match="is not a host"):
        general_name(host)


@given(st.text())
def test_any_text(text):
    """Any text is a host or `InvalidHostError`, and a host's name is its own name."""
    try:
        host = general_name(text)
    except InvalidHostError:
        return
    assert host == general_name(str(host.value))
    if isinstance(host, x509.DNSName):
        assert host.value.isascii()
        assert 0 < len(host.value) <= MAX_NAME
        assert host.value == ascii_name(text)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (x509.DNSName("example.com"), "example.com"),
        (x509.DNSName("example.com"), ".example.com"),
        (x509.DNSName("example.com"), "*.example.com"),
        (x509.IPAddress(ip_network("192.0.2.1/32")), "192.0.2.1"),
        (x509.IPAddress(ip_network("10.0.0.0/8")), "10.0.0.0/8"),
        (x509.IPAddress(ip_network("2001:db8::/32")), "2001:db8::/32"),
        (x509.IPAddress(ip_network("::1/128")), "[::1]"),
    ],
)
def test_subtree(expected, text):
    """A constraint takes a domain, an address or a network, in the ways that people write them."""
    assert expected == subtree(text)


@pytest.mark.parametrize("text", ["", "*", "*.", "10.0.0.1/8", "a b", "foo.*.com"])
def test_no_subtree(text):
    """What is no domain, address or network constrains nothing, so it is refused."""
    with pytest.raises(InvalidHostError):
        subtree(text)
