from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.forge import DAY, HOST, LEAF, NOW, ROOT, chain, der, issue, name
from tlscope_ca.reading import MAX_CERTIFICATE, MAX_TEXT, RawExtension, read

LEAF_CERTIFICATE = chain().leaf
ORIGINAL = der(LEAF_CERTIFICATE)


def test_whole():
    """Everything in a good certificate is read, and it has no flaws."""
    reading = read(ORIGINAL)
    assert () == reading.flaws
    assert LEAF_CERTIFICATE == reading.certificate
    assert (LEAF_CERTIFICATE.subject, LEAF_CERTIFICATE.issuer) == (reading.subject, reading.issuer)
    assert (NOW - 30 * DAY, NOW + 30 * DAY) == (reading.not_before, reading.not_after)
    assert LEAF_CERTIFICATE.public_key() == reading.key
    assert (f"CN={HOST}", "CN=Test Intermediate") == (reading.subject_text, reading.issuer_text)
    assert [x509.DNSName(HOST), x509.DNSName("example.com")] == [*reading.extension(x509.SubjectAlternativeName)][:2]
    assert None is reading.extension(x509.NameConstraints)


def test_raw_extensions():
    """The bytes of each extension are those that cryptography would write."""
    expected = {
        extension.oid.dotted_string: RawExtension(extension.critical, extension.value.public_bytes())
        for extension in LEAF_CERTIFICATE.extensions
    }
    assert expected == read(ORIGINAL).raw
    assert 6 == len(expected)


def test_long_subject():
    """A subject of 50 KB is told by its beginning: each fault of the certificate tells it."""
    long = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "x" * 50_000)])
    reading = read(der(chain(leaf={"subject": long}).leaf))
    assert f"O={'x' * (MAX_TEXT - 3)}…" == reading.subject_text
    assert long == reading.subject


@pytest.mark.parametrize(
    "dotted", ["0.0", "0.39", "1.0.5", "1.39.5", "2.0", "2.999.3", "1.2.840.113549.1.1.11", "2.47.1"]
)
def test_object_identifiers(dotted):
    """Object identifiers are read as cryptography writes them, down to the packed first two arcs."""
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier(dotted), b"\x05\x00")
    reading = read(der(chain(leaf={"more": ((unknown, True),)}).leaf))
    assert RawExtension(critical=True, value=b"\x05\x00") == reading.raw[dotted]


def test_extensions_that_cannot_be_read():
    """One extension that nobody can read hides all from cryptography, but not its bytes nor those of the others."""
    head, mark, names = ORIGINAL.partition(bytes.fromhex("0603551d11"))  # the OID of subjectAltName
    spoilt = head + mark + names.replace(b"example.com", b"example\xffcom")
    reading = read(spoilt)
    assert None is reading.extensions
    assert 1 == len(reading.flaws)
    assert read(ORIGINAL).raw.keys() == reading.raw.keys()
    assert b"example\xffcom" in reading.raw["2.5.29.17"].value
    assert LEAF_CERTIFICATE.subject == reading.subject


def test_odd_serial():
    """An oddity that cryptography warns of, here a negative serial number, is read without a warning."""
    at = ORIGINAL.index(b"\x02\x14") + 2
    reading = read(ORIGINAL[:at] + b"\x81" + ORIGINAL[at + 1 :])
    assert () == reading.flaws
    assert reading.certificate is not None


def test_duplicate_extension():
    """Of an extension that is there twice the first one is taken, and that is a flaw."""
    twice = [(x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.2.3.{n}"), bytes([5, n])), False) for n in (4, 5)]
    reading = read(der(chain(leaf={"more": tuple(twice)}).leaf).replace(b"\x2a\x03\x05", b"\x2a\x03\x04"))
    assert b"\x05\x04" == reading.raw["1.2.3.4"].value
    assert reading.flaws


def test_covers():
    """Both ends of the validity belong to it (RFC 5280 section 4.1.2.5)."""
    reading, second = read(ORIGINAL), timedelta(seconds=1)
    first, last = NOW - 30 * DAY, NOW + 30 * DAY
    assert [False, True, True, False] == [reading.covers(at) for at in (first - second, first, last, last + second)]
    assert not read(b"").covers(NOW)


@pytest.mark.parametrize(("subject", "issuer", "expected"), [("a", "a", True), ("a", "b", False), ("", "", True)])
def test_self_issued(subject, issuer, expected):
    """A certificate whose two names are one is self-issued, whoever signed it."""
    made = issue(replace(LEAF, subject=name(subject)), replace(ROOT, subject=name(issuer)))
    assert expected == read(der(made)).self_issued
    assert not read(b"").self_issued


@pytest.mark.parametrize("end", range(0, len(ORIGINAL), 7))
def test_prefix(end):
    """A certificate that is cut short is flawed, and what was read of it is right."""
    reading = read(ORIGINAL[:end])
    assert reading.flaws
    assert reading.certificate is None


def test_suffix():
    """Bytes behind a certificate are a flaw."""
    assert read(ORIGINAL + b"\0").flaws


def test_very_large():
    """No more than `MAX_CERTIFICATE` bytes are looked at, and more are a flaw."""
    reading = read(ORIGINAL + bytes(MAX_CERTIFICATE))
    assert MAX_CERTIFICATE == len(reading.der)
    assert str(len(ORIGINAL) + MAX_CERTIFICATE) in reading.flaws[0]


def test_long_object_identifier():
    """An object identifier of a thousand octets is not worth the arithmetic: it ends the list of extensions."""
    for octets, expected in ((8, 1), (1000, 0)):
        identifier = element(0x06, b"\x81" * (octets - 1) + b"\x01")
        extensions = element(0xA3, element(0x30, element(0x30, identifier + element(0x04, b"\x05\x00"))))
        assert expected == len(read(element(0x30, element(0x30, extensions))).raw)


def element(tag, content):
    size = len(content)
    return bytes([tag]) + (bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")) + content


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(ORIGINAL)), st.integers(0, 4), st.binary(max_size=4))
def test_mutated(at, cut, put):
    """Bytes changed, cut or added anywhere never raise; what comes out is read or None."""
    reading = read(ORIGINAL[:at] + put + ORIGINAL[at + cut :])
    assert isinstance(reading.subject_text, str)
    assert isinstance(reading.issuer_text, str)
    assert reading.certificate is not None or reading.flaws


@given(st.binary(max_size=400))
def test_random(data):
    """Neither do any bytes at all."""
    reading = read(data)
    assert reading.flaws
    assert None is reading.certificate
