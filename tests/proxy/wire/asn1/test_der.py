"""The reader of DER elements."""

from __future__ import annotations

import re
import subprocess

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from support.needs import needs
from support.vectors import vector
from tlscope.wire.asn1 import der
from tlscope.wire.field import DEPTH, Cursor, Short


def pair(cursor):
    """SEQUENCE { number INTEGER, flag BOOLEAN DEFAULT FALSE, [1] EXPLICIT UTF8String OPTIONAL, SET OF OID }."""

    def parts(inside):
        der.primitive(inside, "x.number", "Number", der.INTEGER, note="It counts.", reference="RFC 5280")
        if der.next_tag(inside) == der.BOOLEAN:
            der.primitive(inside, "x.flag", "Flag", der.BOOLEAN)
        if der.next_tag(inside) == der.context(1):
            der.explicit(inside, 1, lambda deep: der.primitive(deep, "x.text", "Text", der.UTF8_STRING), "Text")
        oid = "x.oid"
        der.listed(inside, "x.oids", "OIDs", lambda deep: der.primitive(deep, oid, "OID", der.OID), tag=der.SET)

    der.structure(cursor, "x", "Pair", parts)


def read(data, parse=pair):
    cursor = Cursor(data)
    cursor.guarded(parse)
    return cursor.fields[0] if len(cursor.fields) == 1 else cursor.field("x.all", "All")


WHOLE = bytes.fromhex("30 17 020105 0101ff a105 0c03616263 310a 0603550403 0603550406".replace(" ", ""))
WHOLE = WHOLE[:1] + bytes([len(WHOLE) - 2]) + WHOLE[2:]


def test_elements_know_their_bytes():
    """Tag, length and contents; an explicit tag gets no field of its own, a list is counted."""
    tree = read(WHOLE)
    assert ("x", 0, len(WHOLE)) == (tree.key, tree.start, tree.length)
    assert [("x.number", 5, 2, 3), ("x.flag", True, 5, 3), ("x.text", "abc", 10, 5), ("x.oids", 2, 15, 12)] == [
        (child.key, child.value, child.start, child.length) for child in tree.children
    ]
    assert ("It counts.", "RFC 5280") == (tree.children[0].note, tree.children[0].reference)
    assert ["2.5.4.3", "2.5.4.6"] == [child.value for child in tree.children[3].children]
    assert not malformed_in(tree)


def test_whatever_is_done_to_it():
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    torture(read, WHOLE)
    torture(lambda data: read(data, der.each), WHOLE)


@pytest.mark.parametrize(
    ("hexadecimal", "reasons"),
    [
        ("3003 040105", ["Number is OCTET STRING, not INTEGER", "OIDs ends early"]),
        ("3103 020105", ["Pair is SET, not SEQUENCE"]),
        ("3005 020105 3100 00", ["1 bytes too many"]),
        ("3010 020105 3100", ["Pair says 16 bytes; 11 of them are not there"]),
        ("3080 020105 3100 0000", ["an indefinite length: that is BER, which DER forbids (X.690 section 10.1)"]),
        ("30", ["Pair ends early"]),
        ("3082", ["the length of Pair ends early"]),
        ("3007 020105 a100 3100", ["Text ends early"]),
        ("3007 020105 a002 0500", ["OIDs is [0], not SET"]),
        ("3009 020105 8100 0c00 3100", None),
    ],
)
def test_what_does_not_fit(hexadecimal, reasons):
    """Is shown as what it is, with the reason, and what follows is read."""
    data = bytes.fromhex(hexadecimal.replace(" ", ""))
    tree = read(data)
    check_tree(tree, data)
    assert reasons is None or reasons == malformed_in(tree)


def test_what_breaks_der_alone_is_read_and_noted():
    """A length in too many octets, a number with leading zeros, TRUE as 1."""
    tree = read(bytes.fromhex("308109 02020005 010101 3100"))
    number, flag, _oids = tree.children
    assert (5, True) == (number.value, flag.value)
    assert "Not DER: its length" in tree.note
    assert "Not DER: its first nine bits" in number.note
    assert number.note.endswith("It counts.")
    assert "Not DER: TRUE is written 0xff" in flag.note
    assert [] == malformed_in(tree)


def test_an_implicit_tag_takes_the_place_of_the_type():
    """The contents are read as the type says."""
    tree = read(b"\x82\x01\x07", lambda cursor: der.primitive(cursor, "x", "X", der.INTEGER, tag=der.implicit(2)))
    assert (7, "7") == (tree.value, tree.text)


def test_what_nobody_knows_is_shown_by_its_own_tags():
    """As deep as it nests; contexts by their number."""
    tree = read(bytes.fromhex("300e 0500 8101ff a203020101 5f8101 00"), der.anything)
    assert ["NULL", "[1]", "[2]", "[APPLICATION 129]"] == [child.label for child in tree.children]
    assert ["ber.unknown.NULL", "ber.unknown.primitive", "ber.unknown.constructed", "ber.unknown.primitive"] == [
        child.key for child in tree.children
    ]
    assert 1 == tree.first("ber.unknown.INTEGER").value


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (0x30, "SEQUENCE"),
        (0xA3, "[3]"),
        (0x64, "[APPLICATION 4]"),
        (0xC1, "[PRIVATE 1]"),
        (0x10, "primitive SEQUENCE"),
        (0x24, "constructed OCTET STRING"),
        (0x0E, "[UNIVERSAL 14]"),
        (0xBF8148, "[200]"),
        (-1, "nothing"),
    ],
)
def test_tags_have_names(tag, name):
    """As ASN.1 writes them."""
    assert name == der.tag_name(tag)


def test_a_tag_without_end_is_refused():
    """Before it costs anything."""
    with pytest.raises(Short):
        der.head(Cursor(b"\x1f" + b"\xff" * 50), "X")


def test_octets_are_der_where_they_look_like_it():
    """Through and through; else they are raw."""
    assert "ber.unknown.INTEGER" == read(b"\x02\x01\x05", der.inside_octets).key
    assert "ber.unknown.OCTETSTRING" == read(b"\x02\x01\x05\x00", der.inside_octets).key
    assert "ber.unknown.OCTETSTRING" == read(b"\x02\x81\x01\x05", der.inside_octets).key
    assert "ber.unknown.OCTETSTRING" == read(b"hello", der.inside_octets).key


def test_nesting_is_bounded_and_long():
    """A tree of DEPTH levels, and what is below is one field."""
    data = b""
    for _ in range(DEPTH * 2):
        data = b"\x30" + (bytes([len(data)]) if len(data) < 128 else b"\x81" + bytes([len(data)])) + data
    tree = read(data, der.anything)
    check_tree(tree, data)
    assert [f"nested deeper than {DEPTH}"] == malformed_in(tree)


def test_a_name_of_ours_reads_as_cryptography_wrote_it():
    """The oracle's bytes, element by element."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ö"), x509.NameAttribute(x509.NameOID.TITLE, "x")])
    tree = read(name.public_bytes(), der.anything)
    assert ["2.5.4.3", "2.5.4.12"] == [field.value for field in tree.all("ber.unknown.OID")]
    assert ["ö", "x"] == [field.value for field in tree.all("ber.unknown.UTF8String")]


ELEMENT = re.compile(r"\s*(\d+):d=(\d+)\s+hl=(\d+)\s+l=\s*(\d+) (cons|prim): (.+?)\s*(?:\[HEX DUMP\])?(?::.*)?$")


@pytest.mark.parametrize("name", ["cryptography-scts.pem", "custom/all_supported_names.pem", "e-trust.ru.der"])
def test_elements_are_those_that_openssl_parses(name, tmp_path):
    """The same offsets, depths and lengths, all through a certificate."""
    data = vector(name)
    (tmp_path / "x.der").write_bytes(data)
    command = [needs("openssl"), "asn1parse", "-inform", "DER", "-in", str(tmp_path / "x.der")]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    theirs = [ELEMENT.match(line).groups() for line in listed]
    tree = read(data, der.anything)
    assert [(int(at), int(head) + int(length)) for at, _depth, head, length, _kind, _name in theirs] == [
        (field.start, field.length) for field in tree.walk()
    ]
    spelled = {"OBJECT": "OBJECT IDENTIFIER"}
    for (*_rest, tag), field in zip(theirs, tree.walk(), strict=True):
        ours = field.label.replace(" ", "").upper()
        wanted = spelled.get(tag, tag).replace(" ", "").upper().replace("CONT[", "[")
        assert wanted.replace("T61STRING", "TELETEXSTRING") == ours


def test_time_is_linear():
    """Twice the elements, twice the steps."""
    one, two = (steps(read, b"\x02\x01\x05" * count, der.each) for count in (1000, 2000))
    assert two < 2.1 * one


@given(st.binary(max_size=100))
def test_any_bytes(data):
    """A tree, by the grammar and without one."""
    for parse in (pair, der.each, der.inside_octets):
        check_tree(read(data, parse), data)
