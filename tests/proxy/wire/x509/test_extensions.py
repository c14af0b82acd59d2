"""The list of extensions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, torture
from support.vectors import certificates, vector
from tlscope.wire.field import Cursor
from tlscope.wire.x509 import dissect
from tlscope.wire.x509.extensions import KNOWN, extension


def one(data):
    cursor = Cursor(data)
    cursor.guarded(extension)
    return cursor.fields[0] if len(cursor.fields) == 1 else cursor.field("x", "X")


def made(oid, value, critical=b""):
    content = b"\x06" + bytes([len(oid)]) + oid + critical + b"\x04" + bytes([len(value)]) + value
    return b"\x30" + bytes([len(content)]) + content


USAGE, FAR = b"\x55\x1d\x0f", b"\x2a\x03\x04"


def test_an_extension_says_its_name_whether_critical_and_what_is_in_it():
    """In one line."""
    tree = one(made(USAGE, b"\x03\x02\x07\x80", b"\x01\x01\xff"))
    assert ("2.5.29.15", "keyUsage (critical): digitalSignature") == (tree.value, tree.text)
    assert "RFC 5280 section 4.2.1.3" == tree.reference
    assert "must refuse" in tree.first("x509af.critical").note


def test_an_unknown_one_is_shown_as_what_it_is():
    """DER where it is that, raw where not; never an error."""
    assert 5 == one(made(FAR, b"\x02\x01\x05")).first("ber.unknown.INTEGER").value
    tree = one(made(FAR, b"hello"))
    assert b"hello" == tree.first("ber.unknown.OCTETSTRING").value
    assert "1.2.3.4: 68656c6c6f" == tree.text
    assert not malformed_in(tree)


def test_a_default_that_is_written_is_noted():
    """That is: FALSE is left out in DER."""
    assert (
        "a default is left out" in one(made(USAGE, b"\x03\x02\x07\x80", b"\x01\x01\x00")).first("x509af.critical").note
    )


def test_criticality_against_its_rfc_is_noted():
    """An authorityKeyIdentifier is never critical, name constraints always are."""
    authority, constraints = b"\x55\x1d\x23", b"\x55\x1d\x1e"
    assert "must not be critical" in one(made(authority, b"\x30\x00", b"\x01\x01\xff")).note
    assert "must be critical" in one(made(constraints, b"\x30\x00")).note
    assert "must" not in one(made(authority, b"\x30\x00")).note.partition("By RFC")[2]


def test_what_comes_twice_is_noted():
    """RFC 5280 allows one of each."""
    tree = dissect(vector("custom/two_basic_constraints.pem"))
    first, second = [field for field in tree.all("x509af.Extension_element") if field.value == "2.5.29.19"]
    assert "twice" not in first.note
    assert "twice" in second.note


def test_the_vectors_have_most_of_those_that_are_known():
    """And of what they have, little is unknown."""
    seen = {field.value for _name, der in certificates() for field in dissect(der).all("x509af.Extension_element")}
    assert len(seen & KNOWN.keys()) >= 25


def test_whatever_is_done_to_it():
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    torture(one, made(USAGE, b"\x03\x02\x07\x80", b"\x01\x01\xff"))
    torture(one, made(FAR, b"hello"))


@given(st.binary(max_size=60), st.sampled_from(sorted(KNOWN)))
def test_any_bytes_in_any_extension(data, oid):
    """A tree."""
    cursor = Cursor(data)
    cursor.guarded(KNOWN[oid].parse)
    check_tree(cursor.field("x", "X"), data)
