"""OCSP responses and requests, against those that cryptography reads."""

from __future__ import annotations

import subprocess

import pytest
from cryptography.x509 import ocsp as theirs
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from support.needs import needs
from support.vectors import ROOT, file
from tlscope.wire.field import Cursor
from tlscope.wire.x509 import ocsp

RESPONSES = sorted(path.name for path in (ROOT / "x509" / "ocsp").iterdir() if "resp" in path.name.split(".")[0])
REQUESTS = sorted(path.name for path in (ROOT / "x509" / "ocsp").iterdir() if "req" in path.name)


def dissect(data, parse=ocsp.response):
    cursor = Cursor(data)
    cursor.guarded(parse)
    return cursor.fields[0] if len(cursor.fields) == 1 else cursor.field("x", "X")


def oracle(load, data):
    try:
        return load(data)
    except (ValueError, NotImplementedError):
        return None


@pytest.mark.parametrize("name", RESPONSES)
def test_responses_are_what_cryptography_reads(name):
    """Status, certificate, times; its certificates, too."""
    data = file(f"x509/ocsp/{name}")
    tree = dissect(data)
    check_tree(tree, data)
    their = oracle(theirs.load_der_ocsp_response, data)
    if their is None:
        return
    assert their.response_status.value == tree.first("ocsp.responseStatus").value
    if their.response_status is not theirs.OCSPResponseStatus.SUCCESSFUL:
        return
    assert len(their.certificates) == len(tree.all("x509af.Certificate_element"))
    assert their.signature == tree.first("ocsp.signature").value
    assert their.produced_at_utc.timestamp() == tree.first("ocsp.producedAt").value
    singles = tree.all("ocsp.SingleResponse_element")
    for single, ours in zip(their.responses, singles, strict=True):
        assert single.serial_number == int.from_bytes(ours.first("ocsp.serialNumber").value, signed=True)
        assert single.issuer_key_hash == ours.first("ocsp.issuerKeyHash").value
        assert single.certificate_status.name.lower() == ours.value
        assert single.this_update_utc.timestamp() == ours.first("ocsp.thisUpdate").value
        until = ours.first("ocsp.nextUpdate")
        assert (single.next_update_utc and single.next_update_utc.timestamp()) == (until and until.value)
        since = ours.first("ocsp.revocationTime")
        assert (single.revocation_time_utc and single.revocation_time_utc.timestamp()) == (since and since.value)
    assert [] == malformed_in(tree)


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_are_what_cryptography_reads(name):
    """Which certificate is asked for."""
    data = file(f"x509/ocsp/{name}")
    tree = dissect(data, ocsp.request)
    check_tree(tree, data)
    their = oracle(theirs.load_der_ocsp_request, data)
    if their is not None:
        assert their.serial_number == int.from_bytes(tree.first("ocsp.serialNumber").value, signed=True)
        assert their.issuer_name_hash == tree.first("ocsp.issuerNameHash").value
        assert [] == malformed_in(tree)


def test_a_response_in_a_line():
    """What is said of the certificate, until when; or why nothing is."""
    assert "unauthorized (6)" == dissect(file("x509/ocsp/resp-unauthorized.der")).text
    said = dissect(file("x509/ocsp/resp-revoked-reason.der")).text
    assert "revoked 2018-06-27 12:30:01 UTC superseded (4) until 2018-09-03 19:48:17 UTC" == said
    assert "unknown" in dissect(file("x509/ocsp/resp-unknown-response-status.der")).text


def test_extensions_are_read():
    """The nonce, the timestamps of logs."""
    assert dissect(file("x509/ocsp/req-ext-nonce.der"), ocsp.request).first("ocsp.ReOcspNonce").value
    assert dissect(file("x509/ocsp/resp-sct-extension.der")).all("tls.sct.sct_logid")


def test_keys_are_wiresharks():
    """But for the two outermost structures, where it has none, and what it does not dissect."""
    listed = subprocess.run([needs("tshark"), "-G", "fields"], capture_output=True, text=True, check=True).stdout
    known = {line.split("\t")[2] for line in listed.splitlines() if line.startswith("F\t")}
    trees = [dissect(file(f"x509/ocsp/{name}")) for name in RESPONSES]
    trees += [dissect(file(f"x509/ocsp/{name}"), ocsp.request) for name in REQUESTS]
    used = {field.key for tree in trees for field in tree.walk() if field.key.startswith("ocsp.")}
    assert {"ocsp.OCSPResponse_element", "ocsp.OCSPRequest_element"} == used - known
    assert len(used) > 35


@pytest.mark.parametrize("name", ["resp-revoked-reason.der", "resp-responder-key-hash.der"])
def test_whatever_is_done_to_it(name):
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    torture(dissect, file(f"x509/ocsp/{name}"), cuts=60, flips=60)


def test_whatever_is_done_to_a_request():
    """The same."""
    torture(lambda data: dissect(data, ocsp.request), file("x509/ocsp/req-ext-nonce.der"), cuts=100, flips=100)


def test_time_is_linear():
    """Twice the answers, twice the steps."""
    single = bytes.fromhex("300d 3000 8000 180730313031303130".replace(" ", ""))

    def many(count):
        answers = single * count
        data = b"\xa2\x03\x04\x01\x01\x18\x03abc\x30\x83" + len(answers).to_bytes(3) + answers
        for head in (b"\x30", b"\x30", b"\x04"):
            data = (
                (b"" if head == b"\x30" else bytes.fromhex("06092b0601050507300101"))
                + head
                + b"\x83"
                + len(data).to_bytes(3)
                + data
            )
        data = b"\x30\x83" + len(data).to_bytes(3) + data
        data = b"\x0a\x01\x00\xa0\x83" + len(data).to_bytes(3) + data
        return b"\x30\x83" + len(data).to_bytes(3) + data

    assert 100 == len(dissect(many(100)).all("ocsp.SingleResponse_element"))
    one, two = (steps(dissect, many(count)) for count in (300, 600))
    assert two < 2.1 * one


@given(st.binary(max_size=200))
def test_any_bytes(data):
    """A tree."""
    check_tree(dissect(data), data)
    check_tree(dissect(data, ocsp.request), data)
