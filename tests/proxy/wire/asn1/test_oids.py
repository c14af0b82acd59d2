"""Object identifiers and their names."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509 import oid as theirs
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.wire.asn1.oids import MAX_ARC, MAX_OID, OIDS, dotted, oid_name, oid_text


def encoded(text):
    """The contents of an identifier, as cryptography writes them."""
    der = x509.Name([x509.NameAttribute(x509.ObjectIdentifier(text), "x")]).public_bytes()
    # SEQUENCE, SET, SEQUENCE, OBJECT IDENTIFIER: two octets each
    return der[8 : 8 + der[7]]


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**31), max_size=6))
def test_numbers_are_those_that_cryptography_wrote(first, second, rest):
    """For any identifier that it writes."""
    text = ".".join(map(str, (first, second, *rest)))
    try:
        content = encoded(text)
    except ValueError:
        return
    assert text == dotted(content)


@pytest.mark.parametrize("name", sorted(OIDS.values()))
def test_names_are_unique(name):
    """A name stands for one identifier."""
    assert 1 == list(OIDS.values()).count(name)


def plain(name):
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")


def test_names_agree_with_cryptography():
    """Where both know one for a host's certificate, ours ends in theirs, or the other way round."""
    classes = (theirs.ExtensionOID, theirs.ExtendedKeyUsageOID, theirs.NameOID, theirs.SignatureAlgorithmOID)
    known = {
        value.dotted_string: value._name
        for kind in classes
        for value in vars(kind).values()
        if isinstance(value, x509.ObjectIdentifier) and value._name != "Unknown OID"
    }
    differ = {
        oid: (name, OIDS[oid])
        for oid, name in known.items()
        if oid in OIDS and plain(name) not in plain(OIDS[oid]) and plain(OIDS[oid]).split("id")[-1] not in plain(name)
    }
    assert differ.keys() == DIFFERENT, differ
    assert len([oid for oid in known if oid in OIDS]) > 60


DIFFERENT = {
    "2.5.29.37",  # extendedKeyUsage
    "1.3.6.1.4.1.11129.2.4.3",  # ctPoison
    "1.3.36.8.3.3",  # Admissions
    "1.3.6.1.4.1.311.20.2.2",  # msSmartcardLogin
    "1.2.643.2.2.3",  # GOST R 34.11-94 with GOST R 34.10-2001
    "1.2.643.7.1.1.3.2",  # GOST R 34.10-2012 with GOST R 34.11-2012 (256 bit)
    "1.2.643.7.1.1.3.3",
}
"""Where cryptography chose other words."""


def test_text_has_the_name_and_the_numbers():
    """The numbers alone where there is no name."""
    assert "id-at-commonName" == oid_name("2.5.4.3")
    assert "id-at-commonName (2.5.4.3)" == oid_text("2.5.4.3")
    assert "1.2.3" == oid_name("1.2.3") == oid_text("1.2.3")


def test_what_is_none_or_too_long_is_not_spelled():
    """An unfinished number, none at all, one of more octets than anybody reads."""
    assert "" == dotted(b"")
    assert "" == dotted(b"\x55\x84")
    assert "" == dotted(b"\x55" + b"\xff" * MAX_ARC + b"\x01")
    assert "" == dotted(b"\x01" * (MAX_OID + 1))
    assert "2.25." == dotted(b"\x69" + b"\x81" * 18 + b"\x01")[:5]


def test_reading_is_bounded():
    """However long they are."""
    assert steps(dotted, b"\x81" * 1_000_000 + b"\x01") < 100
