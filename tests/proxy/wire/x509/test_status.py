"""The extensions of OCSP."""

from __future__ import annotations

import pytest

from support.dissecting import malformed_in, torture
from tlscope.wire.field import Cursor
from tlscope.wire.x509.status import STATUS


def within(oid, data):
    cursor = Cursor(data)
    cursor.guarded(STATUS[oid].parse)
    return cursor.field("x", "X")


@pytest.mark.parametrize(
    ("arc", "data", "key", "value"),
    [
        (2, "0402 abcd", "ocsp.ReOcspNonce", b"\xab\xcd"),
        (3, "300c a003 1601 61 a105 0203 01e240", "ocsp.crlNum", 123456),
        (3, "3011 a20f 180d 3139373030313031303030305a", "ocsp.crlTime", 0),
        (4, "300b 0609 2b0601050507300101", "ocsp.AcceptableResponses_item", "1.3.6.1.5.5.7.48.1.1"),
        (5, "0500", "ocsp.NULL_element", None),
        (6, "180f 31393730303130313030303030305a", "ocsp.ArchiveCutoff", 0),
        (7, "3002 3000", "ocsp.issuer", ""),
        (8, "3009 3007 3005 06032b6570", "ocsp.sigIdentifier_element", "1.3.101.112"),
        (9, "0500", "ocsp.NULL_element", None),
    ],
)
def test_what_each_holds(arc, data, key, value):
    """By its key; nothing is malformed, and whatever is done to it, a tree comes of it."""
    data = bytes.fromhex(data.replace(" ", ""))
    oid = f"1.3.6.1.5.5.7.48.1.{arc}"
    tree = within(oid, data)
    assert value == tree.first(key).value
    assert [] == malformed_in(tree)
    torture(lambda broken: within(oid, broken), data, flips=50)


def test_a_bare_nonce_is_read_and_noted():
    """As old responders wrote it."""
    found = within("1.3.6.1.5.5.7.48.1.2", b"hello").first("ocsp.ReOcspNonce")
    assert b"hello" == found.value
    assert "Bare" in found.note
