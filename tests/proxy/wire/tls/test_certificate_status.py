"""The status of certificates; the rest is held against Wireshark in test_messages.py."""

from __future__ import annotations

import pytest

from support.dissecting import dissect, malformed_in, texts_of
from tlscope.wire.tls import certificate_status


@pytest.mark.parametrize(
    ("parse", "data", "key", "texts"),
    [
        ("status_request", "01 0004 0002 abcd 0001 ee", "_responder_id", ["abcd"]),
        ("status_request", "", "_type", []),
        ("status_request", "07 abcd", "_undecoded", ["abcd"]),
        (
            "status_request_v2",
            "000e 02 0004 0000 0000 01 0004 0000 0000",
            "_type",
            ["ocsp_multi (0x02)", "ocsp (0x01)"],
        ),
        ("status_request_v2", "000c 09 0002 abcd 01 0004 0000 0000", "_type", ["unknown 0x09", "ocsp (0x01)"]),
        ("status_request_v2", "000c 09 0002 abcd 01 0004 0000 0000", "_undecoded", ["abcd"]),
        ("certificate_status", "07 abcd", "_undecoded", ["abcd"]),
    ],
)
def test_bodies(parse, data, key, texts):
    """What stands in each, by name; whole, cut and changed."""
    assert texts == texts_of(getattr(certificate_status, parse), bytes.fromhex(data), key)


def test_many_ocsp_responses():
    """One for each certificate, some empty (RFC 6961 section 2.2)."""
    tree = dissect(certificate_status.certificate_status, bytes.fromhex("02 00000b 000000 000005 30030a0106"))
    assert [] == malformed_in(tree)
    assert [b"", bytes.fromhex("30030a0106")] == [field.value for field in tree.all("tls.handshake.ocsp_response")]
    assert 6 == tree.first("ocsp.responseStatus").value
