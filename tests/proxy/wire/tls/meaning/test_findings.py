"""All findings of a leg, collected."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import handshakes as made
from support.dissecting import steps
from support.handshakes import DOWN, UP
from support.relayed import relayed
from tlscope.events import Leg, Message
from tlscope.wire.tls.meaning.findings import KINDS, LegFacts, Severity, findings, findings_of, leg_facts

WEAK = made.handshake12(b"no certificate", answer=made.server_hello(suite=0x0005), exchange=b"", version=0x0301)


def test_the_gravest_come_first():
    """With all that belongs to them, and none twice."""
    found = findings(leg_facts(WEAK, Leg.SERVER), 0)
    severities = [finding.severity for finding in found]
    assert sorted(severities, reverse=True) == severities
    assert {"rc4", "no-forward-secrecy", "unreadable-certificate", "not-offered"} <= {item.code for item in found}
    assert len(found) == len(set(found))
    assert all(item.leg is Leg.SERVER and KINDS[item.code].why == item.why for item in found)
    assert Severity.serious is found[0].severity


def test_nothing_is_found_about_nothing():
    """A leg that never was."""
    assert () == findings(LegFacts(), 0)
    assert () == findings_of([], 0)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_real_connection(version):
    """Of Python's client, the engine, and Python's server: nothing grave, each leg with its own."""
    found = findings_of(relayed(version, ciphertext=False), time.time())
    assert {Leg.CLIENT, Leg.SERVER} == {item.leg for item in found}
    assert [] == [item for item in found if item.severity > Severity.notice]


@settings(max_examples=100)
@given(
    st.lists(
        st.builds(
            Message,
            st.just(Leg.SERVER),
            st.sampled_from([UP, DOWN]),
            st.sampled_from([0x0303, 0x0304]),
            st.sampled_from([21, 22]),
            st.builds(lambda kind, data: bytes([kind]) + data, st.sampled_from([1, 2, 11, 12, 15]), st.binary())
            | st.sampled_from([event.data for event in WEAK if isinstance(event, Message)]),
        )
    ),
    st.floats(-1e12, 1e12),
)
def test_any_messages(events, now):
    """Nothing raises, whatever was said and whatever the time."""
    for leg in Leg:
        for item in findings(leg_facts(events, leg), now):
            assert item.what
            assert item.code in KINDS


def test_time_is_linear():
    """In the messages, and in the size of a hello."""
    for one, two in (
        [made.events(*[(DOWN, made.FINISHED)] * size) for size in (500, 1000)],
        [made.events((UP, made.client_hello(*[(kind, b"") for kind in range(size)]))) for size in (1000, 2000)],
        [made.events((UP, made.client_hello(suites=range(size)))) for size in (10_000, 20_000)],
    ):
        counts = [steps(findings, leg_facts(events, Leg.SERVER), 0) for events in (one, two)]
        assert counts[1] < 2.2 * counts[0]
