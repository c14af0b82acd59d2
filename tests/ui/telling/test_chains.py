from dataclasses import replace
from datetime import UTC, datetime

import pytest

from support.certificates import UpstreamCA
from support.connections import intercepted, passed_through
from support.handshakes import HELLO
from support.screen import indexed
from support.vectors import vector
from tlscope.capture.index import Index
from tlscope.events import LeafForged
from tlscope.wire import x509
from tlscope_ca.faults import FaultCode
from tlscope_ui.telling.chains import CHECKS, Shown, told
from tlscope_ui.telling.handshake import Handshake


def shown(directory, events):
    with Index(indexed(directory, events)) as index:
        handshake = Handshake(1).read(index.lookup)
        return Shown.of(handshake, handshake.legs())


def test_every_fault_has_a_check():
    """In the order in which they are told."""
    assert list(FaultCode) == list(CHECKS)


@pytest.mark.parametrize(
    ("issuer", "host", "found"),
    [
        ("authority", "www.example.com", {"unknown-issuer"}),
        ("authority", "other.example", {"name-mismatch", "unknown-issuer"}),
        ("throw-away", "www.example.com", {"unknown-issuer"}),
    ],
)
def test_ours_is_judged_as_a_client_would(tmp_path, issuer, host, found):
    """One that knows no CA of ours: that it may is said beside it."""
    (tmp_path / "ca").mkdir()
    der = UpstreamCA(tmp_path / "ca").issue(host, begin=datetime(2025, 11, 1, tzinfo=UTC)).der
    events = [
        replace(event, issuer=issuer) if isinstance(event, LeafForged) else event for event in intercepted(der, der)
    ]
    made = shown(tmp_path / "c", events)
    assert (issuer == "authority", found) == (made.by_ours, made.found)


def test_where_there_is_no_certificate_of_ours_nothing_is_judged(tmp_path):
    """Of a connection that was passed through."""
    made = shown(tmp_path / "c", passed_through(HELLO))
    assert ((), None) == (made.ours, made.found)


def test_each_log_is_named():
    """Signed certificate timestamps, one a line; more than anybody reads are counted."""
    facts = x509.facts(vector("cryptography-scts.pem"))
    listed = [text for label, text in told(facts, 0) if label == "timestamp (SCT)"]
    assert list(facts.scts) == listed
    many = [text for _, text in told(replace(facts, scts=("a log", *[""] * 1000)), 0)]
    assert (1, 7) == (many.count("a log"), many.count("cannot be read"))
    assert "… and 993 more" in many
