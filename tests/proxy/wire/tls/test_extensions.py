"""The frame around extensions, and the tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, torture
from tlscope.wire.field import Cursor
from tlscope.wire.tls import extensions as ext
from tlscope.wire.tls.codes import ExtensionType, is_grease
from tlscope.wire.tls.notes import EXTENSIONS

TABLES = {
    "ClientHello": ext.CLIENT_HELLO,
    "ServerHello": ext.SERVER_HELLO,
    "HelloRetryRequest": ext.HELLO_RETRY_REQUEST,
    "EncryptedExtensions": ext.ENCRYPTED_EXTENSIONS,
    "Certificate": ext.CERTIFICATE,
    "CertificateRequest": ext.CERTIFICATE_REQUEST,
    "NewSessionTicket": ext.NEW_SESSION_TICKET,
}


def listed(*extensions):
    data = b"".join(kind.to_bytes(2) + len(body).to_bytes(2) + body for kind, body in extensions)
    return len(data).to_bytes(2) + data


def dissect(data, table=ext.CLIENT_HELLO):
    cursor = Cursor(data)
    cursor.guarded(lambda inside: ext.extensions(inside, table))
    return cursor.field("x", "X")


def test_each_extension_is_framed():
    """Type and length, then the body; the frame says which it is, in a word what it says, and what it is for."""
    tree = torture(dissect, listed((0, b"\0\6\0\0\3foo"), (0x17, b"")))
    name, empty = tree.all("tls.handshake.extension")
    assert ("server_name (0x0000)", 0, "foo", 2, 12) == (name.label, name.value, name.text, name.start, name.length)
    assert "RFC 6066 section 3" == name.reference
    assert ["Type", "Length"] == [field.label for field in empty.children]


def test_what_is_not_in_the_table_is_raw():
    """GREASE, unknown types, and known ones in the wrong message."""
    tree = dissect(listed((0x1A1A, b"\0"), (0x9999, b"\1"), (0x33, b"\2")), ext.NEW_SESSION_TICKET)
    assert [b"\0", b"\1", b"\2"] == [field.value for field in tree.all("tls.handshake.extension.data")]
    grease, unknown, _ = tree.all("tls.handshake.extension")
    assert ("GREASE 0x1A1A", "unknown 0x9999") == (grease.label, unknown.label)
    assert "ignoring" in grease.note
    assert [] == malformed_in(tree)


def test_twice_is_malformed():
    """RFC 8446 section 4.2: no more than one of a type."""
    (why,) = malformed_in(dissect(listed((0x17, b""), (0x16, b""), (0x17, b""))))
    assert "extended_master_secret (0x0017) stands here twice (RFC 8446 section 4.2)" == why


def test_what_is_broken_in_one_leaves_the_others():
    """A body that is cut, one that is too long, one that is beyond the list."""
    tree = dissect(listed((0x1C, b"\0"), (0x1C, b"\0\1\2"), (0x2B, b"\2\3\4")))
    assert 0x0304 == tree.first("tls.handshake.extensions.supported_version").value
    assert 3 == len(malformed_in(tree))  # the second is there twice, too
    tree = dissect(listed((0x17, b""))[:-1] + b"\5")
    assert "the extension has 9 bytes; 5 of them are not there" in malformed_in(tree)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_any_body_of_any_extension(table):
    """A tree, for each type in each message."""

    @given(st.binary(max_size=80))
    def holds(body):
        for kind in table:
            data = listed((kind, body))
            check_tree(dissect(data, table), data)

    holds()


def test_the_tables_hold_known_extensions_with_notes():
    """Nothing without a name or a note; and each name is somewhere, but for those that are only shown raw."""
    for table in TABLES.values():
        for kind in table:
            assert kind in EXTENSIONS
            assert not is_grease(kind)
    raw = {ExtensionType.ticket_pinning, ExtensionType.transparency_info}
    assert set(ExtensionType) - raw == set().union(*TABLES.values())


def test_summaries_count_what_they_leave_out():
    """Three values, and how many more."""
    tree = dissect(listed((0x0A, b"\0\x0a" + bytes.fromhex("001d0017001800190100"))))
    assert "x25519, secp256r1, secp384r1 and 2 more" == tree.first("tls.handshake.extension").text


def test_a_cut_header_is_not_read_out_of_what_follows():
    """The length of an extension stands within the list, not behind it."""
    tree = dissect(b"\0\2\0\x17" + b"\xff\xff")
    assert ["Length ends early"] == [why for why in malformed_in(tree) if "extension has" not in why][:1]
    assert not any("65539" in why for why in malformed_in(tree))
