"""What a client took for valid: told of those that went on, and of no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from support import handshakes as made
from support.certificates import key_of
from tlscope.events import (
    Action,
    Data,
    Direction,
    HandshakeDone,
    LeafForged,
    Leg,
    Outcome,
    OutcomeKind,
    Policy,
    VerdictGiven,
)
from tlscope.wire.tls.meaning.checks_accepted import accepted
from tlscope.wire.tls.meaning.facts import leg_facts
from tlscope.wire.tls.meaning.findings import Severity, findings

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOST = "www.example.com"
REQUEST = Data(Direction.UP, b"GET /")
BAD_CERTIFICATE = b"\2\x2a"


@cache
def leaf(*names, begin=-30, purpose=ExtendedKeyUsageOID.SERVER_AUTH):
    """What is shown to the client, from `begin` days on for 60 days."""
    cn = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")])
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(cn)
        .issuer_name(authority)
        .public_key(key_of("ec").public_key())
        .serial_number(7)
        .not_valid_before(NOW + begin * DAY)
        .not_valid_after(NOW + (begin + 60) * DAY)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    return builder.sign(key_of("ec"), hashes.SHA256()).public_bytes(Encoding.DER)


GOOD, EXPIRED, EARLY, OTHER = leaf(HOST), leaf(HOST, begin=-90), leaf(HOST, begin=1), leaf("example.org")


def leg(shown, *fault, issuer="authority", then=(REQUEST,), done=True, leg=Leg.CLIENT, answer=None):
    """A connection whose server has a fault, and whose client was shown this."""
    hello = made.client_hello(made.server_name(HOST))
    passed = made.handshake13(shown, hello=hello, leg=leg, **({"answer": answer} if answer else {}))
    if not done:
        passed = [event for event in passed if not isinstance(event, HandshakeDone)]
    judged = [VerdictGiven(HOST, fault, 1), LeafForged(issuer, "P-256", shown)]
    return leg_facts([*judged, *passed, *then], leg)


def found(facts):
    return [item.what for item in accepted(facts, NOW.timestamp())]


@pytest.mark.parametrize(
    ("expected", "shown", "fault", "issuer"),
    [
        ("expired on 2026-05-02", EXPIRED, "expired: it is", "authority"),
        ("is valid from 2026-06-02 on only", EARLY, "not-yet-valid: it is", "authority"),
        ("is for example.org and not for www.example.com", OTHER, "name-mismatch: it is", "authority"),
        ("names no host in subjectAltName", leaf(), "no-subject-alt-name: it is", "authority"),
        ("is signed by itself", GOOD, "self-signed: it is", "self"),
        ("is signed by an authority that nobody trusts", GOOD, "unknown-issuer: it is", "throw-away"),
        (
            "is for clientAuth and not for servers",
            leaf(HOST, purpose=ExtendedKeyUsageOID.CLIENT_AUTH),
            "wrong-purpose: it is",
            "authority",
        ),
        (
            "is signed by an authority that nobody trusts, and expired on 2026-05-02",
            EXPIRED,
            "expired: it is",
            "throw-away",
        ),
    ],
)
def test_a_client_that_sends_data_after_a_bad_certificate_accepts_it(expected, shown, fault, issuer):
    """Whatever the certificate that it was shown has wrong is said."""
    said = f"the client went on and sent data, although the certificate shown to it {expected}"
    assert [said] == found(leg(shown, fault, issuer=issuer))


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(leg(GOOD), id="the server's is valid"),
        pytest.param(leg(GOOD, "expired: it is"), id="a good one was shown, by -k"),
        pytest.param(leg(EXPIRED, "expired: it is", then=()), id="it closed without a byte, as curl for a name"),
        pytest.param(leg(EXPIRED, "expired: it is", then=(Data(Direction.DOWN, b"220"),)), id="only the server spoke"),
        pytest.param(leg(EXPIRED, "expired: it is", done=False), id="its handshake was not completed"),
        pytest.param(leg(EXPIRED, "expired: it is", leg=Leg.SERVER), id="the server's leg"),
        pytest.param(
            leg(EXPIRED, "expired: it is", then=[REQUEST, *made.events((made.UP, BAD_CERTIFICATE), leg=Leg.CLIENT)]),
            id="its data and its alert were on the way at once",
        ),
        pytest.param(
            leg(
                EXPIRED,
                "expired: it is",
                answer=made.server_hello((43, b"\3\4"), (51, made.numbers(29) + b"\0\0"), (41, b"\0\0")),
            ),
            id="an earlier session was resumed",
        ),
        pytest.param(leg(b"no certificate", "malformed: it is"), id="it cannot be read"),
    ],
)
def test_other_clients_do_not(facts):
    """Who was shown nothing wrong, or did not go on, accepted nothing."""
    assert [] == found(facts)


def test_an_outcome_does_not_change_it():
    """A connection that was intercepted to its end is told of as one under way."""
    over = (REQUEST, Outcome(OutcomeKind.INTERCEPTED, 5, 0))
    assert 1 == len(found(leg(EXPIRED, "expired: it is", then=over)))


def test_it_is_a_serious_finding_of_the_clients_leg():
    """Among all that is found, it comes first."""
    first = findings(leg(EXPIRED, "expired: it is"), NOW.timestamp())[0]
    assert (Leg.CLIENT, "accepts-invalid-certificate", Severity.serious) == first[:3]


def test_an_address_that_is_written_as_a_name_is_none():
    """A client that asks for the address must not take it for one."""
    hello = made.client_hello()
    reached = Policy(Action.INTERCEPT, "192.0.2.1", 443, "connect")
    judged = [reached, VerdictGiven("192.0.2.1", ("name-mismatch: it is",), 1), LeafForged("authority", "", OTHER)]
    for name in ("192.0.2.1", HOST):
        passed = made.handshake13(leaf(name), hello=hello, leg=Leg.CLIENT)
        (found,) = accepted(leg_facts([*judged, *passed, REQUEST], Leg.CLIENT), NOW.timestamp())
        assert f"is for {name} and not for 192.0.2.1" in found.what
