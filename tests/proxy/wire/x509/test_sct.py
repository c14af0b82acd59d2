"""Signed certificate timestamps."""

from __future__ import annotations

from base64 import b64decode

from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, torture
from support.vectors import vector
from tlscope.wire.field import Cursor
from tlscope.wire.x509.sct import sct_list


def dissect(data):
    cursor = Cursor(data)
    cursor.guarded(sct_list)
    return cursor.field("x", "SCTs")


def one():
    """The list as it stands in a certificate, and cryptography's reading of it."""
    certificate = x509.load_der_x509_certificate(vector("cryptography-scts.pem"))
    found = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
    encoded = found.public_bytes()
    return encoded[encoded.index(b"\x00\xf2") :], list(found)


def test_a_list_is_what_cryptography_reads():
    """Log, moment, algorithm and signature of each."""
    data, theirs = one()
    tree = dissect(data)
    scts = tree.all("tls.sct")
    assert len(theirs) == len(scts) == 2
    for ours, their in zip(scts, theirs, strict=True):
        assert their.log_id == ours.first("tls.sct.sct_logid").value
        moment = ours.first("tls.sct.sct_timestamp")
        assert f"{their.timestamp:%Y-%m-%d %H:%M:%S}.{their.timestamp.microsecond // 1000:03} UTC" == moment.text
        assert their.signature == ours.first("tls.sct.sct_signature").value
        assert "ecdsa_secp256r1_sha256 (0x0403)" == ours.first("tls.handshake.sig_hash_alg").text
        assert "v1 (0)" == ours.first("tls.sct.sct_version").text
    assert not malformed_in(tree)


def test_whatever_is_done_to_it():
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    torture(dissect, one()[0])


def test_other_versions_are_kept_as_they_are():
    """Nobody knows what is in them."""
    tree = dissect(bytes.fromhex("0006 0004 01 aabbcc"))
    assert "unknown (1)" == tree.first("tls.sct.sct_version").text
    assert b"\xaa\xbb\xcc" == tree.first("tls.sct.unknown").value
    assert not malformed_in(tree)


def test_a_known_log_is_named():
    """By its ID; one that is not known is said to be that, and is shown by its ID."""
    log_id = b64decode("1219ENGn9XfCx+lf1wC/+YLJM1pl4dCzAXMXwMjFaXc=")
    for each, name in ((log_id, "Google Argon2026h2"), (bytes(32), "a log not known")):
        tree = dissect(bytes.fromhex("0031 002f 00") + each + bytes(8) + bytes.fromhex("0000 0403 0000"))
        assert f"{name}, 1970-01-01 00:00:00.000 UTC" == tree.first("tls.sct").text
        assert each == tree.first("tls.sct.sct_logid").value
        assert each.hex() in tree.first("tls.sct.sct_logid").text
    assert "" == dissect(bytes.fromhex("0006 0004 01 aabbcc")).first("tls.sct").text


def test_a_log_in_tiles_says_where_the_entry_is():
    """By the extension leaf_index, a number of five bytes; what follows it, or is cut, is kept."""
    start, end = bytes.fromhex("00 00") + bytes(39), bytes.fromhex("0403 0000")
    for extensions, index, rest in (
        ("0000050000123456", 0x123456, None),
        ("0000050000123456ab", 0x123456, b"\xab"),
        ("000005000012", None, bytes.fromhex("000005000012")),
    ):
        data = bytes.fromhex(extensions)
        sct = start[2:41] + b"\0\0" + len(data).to_bytes(2) + data + end
        tree = dissect((len(sct) + 2).to_bytes(2) + len(sct).to_bytes(2) + sct)
        assert [] == malformed_in(tree)
        found = tree.first("tls.sct.sct_extensions.leaf_index")
        assert index == (found.value if found else None)
        found = tree.first("tls.sct.sct_extensions.data")
        assert rest == (found.value if found else None)


def test_extensions_are_kept():
    """RFC 6962 defines none."""
    data = bytes.fromhex("0032 0030 00") + bytes(32) + bytes(8) + bytes.fromhex("0001 ab 0403 0000")
    tree = dissect(data)
    assert b"\xab" == tree.first("tls.sct.sct_extensions.data").value
    assert "1970-01-01 00:00:00.000 UTC" == tree.first("tls.sct.sct_timestamp").text
    assert not malformed_in(tree)


def test_a_moment_that_no_calendar_holds():
    """Is said in seconds."""
    data = bytes.fromhex("0031 002f 00") + bytes(32) + b"\xff" * 8 + bytes.fromhex("0000 0403 0000")
    assert "seconds from 1970" in dissect(data).first("tls.sct.sct_timestamp").text


@given(st.binary(max_size=200))
def test_any_bytes(data):
    """A tree."""
    check_tree(dissect(data), data)
