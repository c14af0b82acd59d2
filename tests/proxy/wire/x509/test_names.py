"""Distinguished names and general names."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, torture
from support.vectors import vector
from tlscope.wire.field import Cursor
from tlscope.wire.x509 import dissect, names


def distinguished(data):
    cursor = Cursor(data)
    cursor.guarded(lambda inside: names.distinguished_name(inside, "x509af.subject", "subject"))
    return cursor.field("x", "X")


def general(data):
    cursor = Cursor(data)
    cursor.guarded(lambda inside: names.general_names(inside, "x509ce.GeneralNames", "GeneralNames"))
    return cursor.field("x", "X")


ALL = x509.SubjectAlternativeName(
    [
        x509.DNSName("xn--bcher-kva.example"),
        x509.RFC822Name("a@example.org"),
        x509.UniformResourceIdentifier("https://example.org/"),
        x509.IPAddress(ip_address("192.0.2.1")),
        x509.IPAddress(ip_address("2001:db8::1")),
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x05a@b.c"),
        x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])),
    ]
).public_bytes()


def test_general_names_of_all_kinds():
    """Each with its key and value."""
    tree = general(ALL)
    assert [
        ("x509ce.dNSName", "xn--bcher-kva.example", "xn--bcher-kva.example (bücher.example)"),
        ("x509ce.rfc822Name", "a@example.org", "a@example.org"),
        ("x509ce.uniformResourceIdentifier", "https://example.org/", "https://example.org/"),
        ("x509ce.IPAddress.ipv4", "192.0.2.1", "192.0.2.1"),
        ("x509ce.IPAddress.ipv6", "2001:db8::1", "2001:db8::1"),
        ("x509ce.registeredID", "1.2.3", "1.2.3"),
        ("x509ce.otherName_element", None, "userPrincipalName (1.3.6.1.4.1.311.20.2.3): a@b.c"),
        ("x509ce.directoryName", "CN=x", "CN=x"),
    ] == [(child.key, child.value, child.text) for child in tree.children[0].children]
    assert not malformed_in(tree)
    assert 8 == tree.children[0].value


def test_the_rare_kinds():
    """x400Address and ediPartyName: the vectors have one of each."""
    tree = dissect(vector("san_x400address.der"))
    assert tree.first("x509ce.x400Address_element") is not None
    assert not malformed_in(tree)
    tree = general(bytes.fromhex("300b a509 a007 8005 13036162 63".replace("8005", "0c05").replace(" ", "")))
    assert tree.first("x509ce.ediPartyName_element") is not None
    tree = general(bytes.fromhex("300c a50a a003 0c0161 a103 0c0162".replace(" ", "")))
    assert ("a", "b") == (tree.first("x509ce.nameAssigner").value, tree.first("x509ce.partyName").value)


def test_whatever_is_done_to_them():
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    torture(general, ALL)
    torture(distinguished, NAME.public_bytes())


NAME = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, ' #a,b+"c"\\<d>; '),
        x509.NameAttribute(NameOID.COMMON_NAME, "#x"),
        x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@example.org"),
    ]
)


def test_names_are_written_as_rfc_4514_has_it():
    """The last part first, with escapes."""
    tree = distinguished(NAME.public_bytes())
    overrides = {NameOID.EMAIL_ADDRESS: "emailAddress"}
    assert NAME.rfc4514_string(overrides) == tree.children[0].value == tree.children[0].text
    assert x509.Name.from_rfc4514_string(tree.children[0].value, {"emailAddress": NameOID.EMAIL_ADDRESS}) == NAME
    assert "CN" == tree.all("x509sat.uTF8String")[1].label
    assert "DE" == tree.first("x509sat.CountryName").value


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable()))
def test_any_value_is_escaped_as_cryptography_does(text):
    """So that it can be read back."""
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, text)])
    assert name.rfc4514_string() == distinguished(name.public_bytes()).children[0].value


def test_several_attributes_in_one_part():
    """Joined by a plus."""
    part = x509.RelativeDistinguishedName(
        [x509.NameAttribute(NameOID.COMMON_NAME, "a"), x509.NameAttribute(NameOID.USER_ID, "b")]
    )
    name = x509.Name([part])
    assert {"CN=a", "UID=b"} == set(distinguished(name.public_bytes()).children[0].value.split("+"))


def test_an_empty_name():
    """Is none, and says so."""
    tree = distinguished(b"\x30\x00")
    assert ("", "(empty)") == (tree.children[0].value, tree.children[0].text)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (b"", "names no host"),
        (b"*", "names no host"),
        (b"a..b", "empty label"),
        (b"w*.example.org", "wildcard"),
        (b"*.*.example.org", "wildcard"),
        (b"a\0b", "NUL"),
        ("bücher.example".encode(), "A-labels"),
        (b"xn--80ak6aa92e.com", "looks like apple"),
    ],
)
def test_host_names_that_deceive(name, words):
    """Are shown, with what is odd about them."""
    field = general(b"\x30" + bytes([len(name) + 2]) + b"\x82" + bytes([len(name)]) + name).first("x509ce.dNSName")
    assert words in field.note
    assert "" != field.value or not name


@pytest.mark.parametrize("name", [b"example.org", b"*.example.org", b"example.org.", b"_dmarc.example.org"])
def test_host_names_that_do_not(name):
    """Have no note."""
    field = general(b"\x30" + bytes([len(name) + 2]) + b"\x82" + bytes([len(name)]) + name).first("x509ce.dNSName")
    assert "" == field.note


@pytest.mark.parametrize("network", ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32", "2001:db8::/32", "::/0"])
def test_addresses_of_constraints_are_networks(network):
    """Address and mask, as CIDR writes them."""
    found = ip_network(network)
    said = names.address_range(found.network_address.packed + found.netmask.packed, 0)
    assert (network, "") == (said.value, said.odd)


def test_odd_addresses():
    """Holes in a mask, bits outside it, and what is no address at all."""
    assert "holes" in names.address_range(bytes.fromhex("0a000000ff00ff00"), 0).odd
    assert "outside its mask" in names.address_range(bytes.fromhex("0a000001ff000000"), 0).odd
    assert names.address_range(bytes(5), 0).bad
    assert names.address_range(bytes(9), 0).bad
    assert names.address_range(b"", 0).bad
    assert names.address(bytes(5), 0).bad


@given(st.binary(max_size=100))
def test_any_bytes(data):
    """A tree."""
    check_tree(general(data), data)
    check_tree(distinguished(data), data)


def one(tag, text):
    """GeneralNames of one name."""
    return general(b"\x30" + bytes((len(text) + 2, tag, len(text))) + text).children[0].children[0]


@pytest.mark.parametrize(
    ("tag", "name", "text"),
    [
        (0x81, b"ann@xn--bcher-kva.example", "ann@bücher.example"),
        (0x86, b"http://xn--bcher-kva.example:80/xn--bcher-kva", "http://bücher.example:80/xn--bcher-kva"),
        (0x86, b"ldap://a@xn--bcher-kva.example", "ldap://a@bücher.example"),
    ],
)
def test_hosts_within_names_are_decoded(tag, name, text):
    """Of mailboxes and URIs; the value stays as it is written, and a path is no host."""
    field = one(tag, name)
    assert (name.decode(), f"{name.decode()} ({text})") == (field.value, field.text)


def test_hosts_within_names_deceive_as_others_do():
    """The same warnings, for mailboxes in UTF-8 too (RFC 9598)."""
    host = b"xn--80ak6aa92e.com"
    assert "looks like apple" in one(0x81, b"ann@" + host).note
    assert "looks like apple" in one(0x86, b"https://" + host + b"/path").note
    mailbox = "änn@".encode() + host
    other = bytes.fromhex("06082b06010505070809") + b"\xa0" + bytes((len(mailbox) + 2,))
    other += b"\x0c" + bytes((len(mailbox),)) + mailbox
    field = one(0xA0, other).children[1]
    assert ("SmtpUTF8Mailbox", "änn@xn--80ak6aa92e.com (änn@аррӏе.com)") == (field.label, field.text)  # noqa: RUF001 - Cyrillic, as it must be
    assert "looks like apple" in field.note
    assert "" == one(0x86, b"urn:example:" + host).note


@pytest.mark.parametrize(
    ("tag", "name", "text"),
    [(0x82, b"", "(all names)"), (0x82, b".example.org", ".example.org"), (0x81, b"example.org", "example.org")],
)
def test_constraints_are_parts_of_names(tag, name, text):
    """Or of none, which stands for all: nothing is odd about that (RFC 5280 section 4.2.1.10)."""
    cursor = Cursor(bytes((tag, len(name))) + name)
    field = names.general_name(cursor, constraint=True)
    assert (name.decode(), text, "") == (field.value, field.text, field.note)
