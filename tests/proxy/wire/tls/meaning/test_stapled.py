"""What comes along with a certificate: timestamps, and a stapled OCSP response."""

from __future__ import annotations

import pytest
from cryptography.x509 import ocsp as theirs
from cryptography.x509.oid import ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from support import handshakes as made
from support.dissecting import steps
from support.vectors import ROOT, file
from tlscope.wire.tls.meaning.stapled import Staple, response_of, staple, timestamps

RESPONSES = sorted(path.name for path in (ROOT / "x509" / "ocsp").iterdir() if "resp" in path.name.split(".")[0])


@pytest.mark.parametrize("name", RESPONSES)
def test_responses_say_what_cryptography_reads(name):
    """Status and number of timestamps; the responder's own certificate, which has some too, does not count."""
    data = file(f"x509/ocsp/{name}")
    try:
        their = theirs.load_der_ocsp_response(data)
        status = their.certificate_status.name.lower()
    except ValueError:  # no success, several certificates, or not to be read
        return
    try:
        found = their.single_extensions.get_extension_for_oid(ExtensionOID.SIGNED_CERTIFICATE_TIMESTAMPS).value
    except Exception:  # noqa: BLE001 - not there, or not to be read: cryptography has several ways to say so
        found = ()
    assert (status, len(list(found))) == (staple(data).status, staple(data).timestamps)


def test_timestamps_in_a_response():
    """A response of Let's Encrypt's, say, that has them."""
    assert 0 < staple(file("x509/ocsp/resp-sct-extension.der")).timestamps


def test_a_response_that_says_nothing():
    """Its reason is its text; nonsense has none."""
    assert Staple("", "unauthorized (6)", 0) == staple(file("x509/ocsp/resp-unauthorized.der"))
    assert ("", 0) == (staple(b"").status, staple(b"").timestamps)


def test_how_many_timestamps():
    """Those that are whole and not empty."""
    one = made.block(2, b"timestamp")
    assert 2 == timestamps(made.block(2, one + one))
    assert 1 == timestamps(made.block(2, one + made.block(2, b"")))
    assert 1 == timestamps(made.block(2, one + one)[:-1])
    assert 0 == timestamps(b"")


def test_the_leafs_response():
    """The only one, or the first of several; of an unknown type none."""
    assert b"response" == response_of(b"\1" + made.block(3, b"response"))
    several = made.block(3, b"first") + made.block(3, b"") + made.block(3, b"third")
    assert b"first" == response_of(b"\2" + made.block(3, several))
    assert b"" == response_of(b"\3" + made.block(3, b"response"))
    assert b"" == response_of(b"")


@given(st.binary(), st.sampled_from(RESPONSES), st.integers(0, 2000))
def test_any_bytes(data, name, cut):
    """Nothing raises."""
    assert timestamps(data) >= 0
    assert isinstance(response_of(data), bytes)
    assert staple(data).timestamps >= 0
    assert staple(file(f"x509/ocsp/{name}")[:cut]).timestamps >= 0


def test_time_is_linear():
    """In the number of timestamps."""
    one = made.block(2, b"x")
    counts = [steps(timestamps, made.block(2, one * size)) for size in (1000, 2000)]
    assert counts[1] < 2.2 * counts[0]
