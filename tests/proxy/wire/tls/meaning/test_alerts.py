"""From an alert or a silence to its cause."""

from __future__ import annotations

import asyncio
import ssl
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import conversation
from support import handshakes as made
from support.handshakes import DOWN, UP
from tlscope.events import (
    Action,
    Ciphertext,
    Closed,
    Data,
    Direction,
    Faulted,
    How,
    LeafForged,
    Leg,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    VerdictGiven,
    Who,
)
from tlscope.faults import UPSTREAM_INVALID, UpstreamFault
from tlscope.wire.tls.meaning import verdicts
from tlscope.wire.tls.meaning.alerts import Cause, Ending, Stage, causes, ending, explain
from tlscope.wire.tls.meaning.facts import LegFacts, leg_facts
from tlscope.wire.tls.meaning.stacks import stack_of

CLIENT, SERVER = Leg.CLIENT, Leg.SERVER
OPENSSL, JAVA = made.HELLOS["curl-openssl"], made.HELLOS["java-17"]
SHOWN = made.handshake13(b"leaf", leg=CLIENT)[:7]
WHOLE = made.handshake13(b"leaf", leg=CLIENT)


def alert(number, way=UP, *, leg=CLIENT, level=2):
    return made.events((way, bytes([level, number])), leg=leg)


def end(events, leg=CLIENT):
    found = ending(leg_facts(events, leg))
    return found and (found.sender, found.alert, found.how, found.stage)


@pytest.mark.parametrize(
    ("expected", "events"),
    [
        (("client", 48, How.ALERT, Stage.CERTIFICATE), [*SHOWN, *alert(48)]),
        (("client", 40, How.ALERT, Stage.HELLO), [*SHOWN[:1], *alert(40)]),
        (("us", 70, How.ALERT, Stage.HELLO), [*SHOWN[:1], *alert(70, DOWN)]),
        (("client", 42, How.ALERT, Stage.FINISHED), [*WHOLE, *alert(42)]),
        (("client", 20, How.ALERT, Stage.DATA), [*WHOLE, Data(UP, b"x"), *alert(20)]),
        (("client", 90, How.ALERT, Stage.CERTIFICATE), [*SHOWN, *alert(90, level=1), *alert(0, level=1)]),
        (("client", None, How.FIN, Stage.CERTIFICATE), [*SHOWN, Closed(CLIENT, How.FIN)]),
        (("client", None, How.RST, Stage.HELLO), [*SHOWN[:1], Closed(CLIENT, How.RST)]),
        (("client", None, How.FIN, Stage.FINISHED), [*WHOLE, Closed(CLIENT, How.FIN)]),
        (
            ("client", None, How.CLOSE_NOTIFY, Stage.FINISHED),
            [*WHOLE, *alert(0, level=1), Closed(CLIENT, How.CLOSE_NOTIFY), Closed(CLIENT, How.FIN)],
        ),
        (("client", None, How.RST, Stage.DATA), [*WHOLE, Data(UP, b"x"), Closed(CLIENT, How.RST)]),
        (("client", None, How.TIME_OUT, Stage.DATA), [*WHOLE, Data(UP, b"x"), Closed(CLIENT, How.TIME_OUT)]),
        (None, [*WHOLE, Data(UP, b"x"), *alert(0, level=1), Closed(CLIENT, How.CLOSE_NOTIFY)]),
        (None, [*WHOLE, Data(DOWN, b"x"), Closed(CLIENT, How.FIN)]),
        (None, [*SHOWN, Closed(SERVER, How.FIN), Closed(CLIENT, How.FIN)]),
        (None, WHOLE),
        (None, []),
        (None, [Closed(CLIENT, How.FIN)]),
    ],
)
def test_how_a_leg_came_to_a_bad_end(expected, events):
    """Who, with what, at which stage; None for a good end, one that is the other leg's, or none yet."""
    assert expected == end(events)


def test_the_server_leg():
    """The far end is the server there, and we are the client."""
    whole = made.handshake13(b"leaf")
    assert ("server", 116, How.ALERT, Stage.DATA) == end(
        [*whole, Data(UP, b"x"), *alert(116, DOWN, leg=SERVER)], SERVER
    )
    assert ("us", 51, How.ALERT, Stage.CERTIFICATE) == end([*whole[:6], *alert(51, UP, leg=SERVER)], SERVER)
    assert ("server", None, How.RST, Stage.HELLO) == end([*whole[:1], Closed(SERVER, How.RST)], SERVER)
    assert end([*whole, Closed(SERVER, How.FIN)], SERVER) is None


def said(number, hello=b"", stage=Stage.CERTIFICATE, sender="client", version=0x0304):
    leg = CLIENT if sender == "client" else SERVER
    return explain(Ending(leg, sender, number, How.ALERT, stage, version), stack_of(hello))


def test_openssl_tells_an_unknown_issuer():
    """What happened, what it means and by whom, what to do, where that is written."""
    assert Cause(
        "The client sent the alert unknown_ca, after a certificate was shown (ours).",
        "Most likely it does not trust the CA that signed the certificate; less likely the issuer may not issue: no "
        "CA, or too far up the chain. It is likely OpenSSL (curl, Python, Node, Ruby, PHP): encrypt_then_mac, and "
        "OpenSSL's order of extensions. It uses this alert for all of them.",
        "Let the client trust the CA: `tlscope ca path` names its file.",
        "RFC 8446 section 6.2",
    ) == said(48, OPENSSL)


@pytest.mark.parametrize(
    ("expected", "absent", "number", "hello"),
    [
        ("is not for the name", "does not trust", 42, OPENSSL),
        ("for nothing else", "less likely", 45, OPENSSL),
        ("does not trust the CA", "expired", 46, JAVA),
        ("too weak", "does not trust", 43, JAVA),
        ("not known to use this alert", "for all of them", 48, JAVA),
        ("Nothing gives its TLS stack away", "It is likely", 48, b""),
        ("What it means by this alert is not known", "It uses", 48, made.HELLOS["gnutls-cli"]),
    ],
)
def test_what_an_alert_means_depends_on_the_stack(expected, absent, number, hello):
    """The same number, another cause."""
    found = said(number, hello).likelihood
    assert expected in found
    assert absent not in found


def test_go_says_the_same_to_everything():
    """So its word means little, and that is said."""
    go = made.client_hello((5, b""), made.schemes(0x0804, 0x0403, 0x0807), (18, b""))
    assert "It uses this alert for everything." in said(42, go).likelihood


def test_after_finished_it_is_the_program_that_refuses():
    """The TLS stack had accepted the certificate."""
    found = said(46, OPENSSL, Stage.FINISHED)
    assert "after it had accepted it" in found.likelihood
    assert "It is likely OpenSSL" in found.likelihood
    assert "pinning" in found.next


@pytest.mark.parametrize("sender", ["client", "server", "us"])
def test_every_alert_has_a_cause(sender):
    """At every stage, in every version; for the old ones the old RFC."""
    for number, stage in product(range(256), Stage):
        found = said(number, OPENSSL if sender == "client" else b"", stage, sender, 0x0303)
        assert all(found)
        assert SECTIONS.get(number, "RFC 5246 section 7.2.2") == found.reference
        new = said(number, OPENSSL if sender == "client" else b"", stage, sender, 0x0304).reference
        assert NEW_SECTIONS.get(number, "RFC 8446 section 6.2") == new


NEW_SECTIONS = {0: "RFC 8446 section 6.1", 90: "RFC 8446 section 6.1", 121: "RFC 9849 section 6.1.6"}
SECTIONS = {
    0: "RFC 5246 section 7.2.1",
    86: "RFC 7507 section 3",
    **dict.fromkeys(range(111, 115), "RFC 6066 section 9"),
    115: "RFC 4279 section 2",
    120: "RFC 7301 section 3.2",
    121: "RFC 9849 section 6.1.6",
}
"""Alerts that do not stand among RFC 5246's error alerts."""


@pytest.mark.parametrize("how", How)
@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("sender", ["client", "server"])
def test_every_silence_has_a_cause(sender, stage, how):
    """Closed, reset, or no answer any more."""
    found = explain(Ending(CLIENT if sender == "client" else SERVER, sender, None, how, stage, 0))
    assert all(found)


def test_what_a_silence_is_called():
    """Where the certificate was ours, and where it was not."""
    what = [
        explain(Ending(leg, who, None, how, Stage.CERTIFICATE, 0)).what
        for leg, who, how in ((CLIENT, "client", How.RST), (SERVER, "server", How.FIN))
    ]
    assert [
        "The client reset the connection, without an alert, after a certificate was shown (ours).",
        "The server closed the connection, without an alert, after a certificate was shown (its own).",
    ] == what


def test_of_our_own_alert_the_fault_is_told():
    """We know why."""
    events = [*SHOWN[:1], Faulted(Who.UPSTREAM, "x", "the server is gone", "start it"), *alert(80, DOWN)]
    [found] = causes(leg_facts(events, CLIENT), LegFacts(SERVER))
    assert ("The server is gone.", "Start it.") == (found.likelihood, found.next)
    assert "tlscope sent the alert internal_error, before a certificate was shown (ours)." == found.what


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_real_client_that_does_not_trust_us(version):
    """Python's OpenSSL: recognised by its hello, and its unknown_ca means what it says."""

    async def story():
        async with conversation.stage() as stage:
            results = await asyncio.gather(conversation.converse(stage, version, trust=False), return_exceptions=True)
            assert isinstance(results[0], ssl.SSLCertVerificationError)
            stage.connection.stop("enough")
            events = await stage.ended()
            [found] = causes(leg_facts(events, CLIENT), leg_facts(events, SERVER))
            assert "The client sent the alert unknown_ca, after a certificate was shown (ours)." == found.what
            assert "Most likely it does not trust the CA" in found.likelihood
            assert "likely OpenSSL" in found.likelihood

    conversation.run(story())


@settings(max_examples=100)
@given(
    st.lists(
        st.sampled_from([*WHOLE, *made.handshake13(b"x"), Data(UP, b"x"), Data(DOWN, b"x")])
        | st.builds(Closed, st.sampled_from(Leg), st.sampled_from(How))
        | st.builds(
            lambda leg, way, data: made.events((way, data), leg=leg)[0],
            st.sampled_from(Leg),
            st.sampled_from(Direction),
            st.binary(min_size=2, max_size=2),
        )
    )
)
def test_any_course(events):
    """Nothing raises, and whatever is said is said in full."""
    for found in causes(leg_facts(events, CLIENT), leg_facts(events, SERVER)):
        assert all(found)


def test_what_nobody_opened_has_no_end_that_could_be_judged():
    """Of a connection passed through, only the hellos are seen."""
    events = [
        Policy(Action.PASS_THROUGH, "a.example", 443, "connect"),
        Ciphertext(Leg.CLIENT, UP, made.records(made.HELLO)),
        Closed(Leg.CLIENT, How.RST),
    ]
    assert None is ending(leg_facts(events, Leg.CLIENT))


@pytest.mark.parametrize("end", [How.FIN, How.RST])
@pytest.mark.parametrize(
    "sealed", [made.handshake13(b"leaf")[:3], made.handshake12(b"leaf")[:7]], ids=["TLS 1.3", "TLS 1.2"]
)
def test_behind_what_is_encrypted_nobody_sees_how_it_ended(sealed, end):
    """Of packets without keys no cause is guessed; with them, one that ends there is one that failed."""
    opened = Opened("pcap", "127.0.0.1:1", "127.0.0.1:2")
    facts = leg_facts([opened, *sealed, Closed(SERVER, end)], SERVER)
    assert (True, None) == (facts.sealed, ending(facts))
    facts = leg_facts([*sealed, Closed(SERVER, end)], SERVER)
    assert not facts.sealed
    assert ending(facts)


def test_where_bytes_are_missing_nothing_is_concluded_from_silence():
    """What came next may be among them."""
    hello = [Opened("pcap", "127.0.0.1:1", "127.0.0.1:2"), *made.handshake13(b"leaf")[:1]]
    gap = Faulted(Who.NETWORK, "capture-gap", "7 bytes are not in the file", "", DOWN, 7)
    assert ending(leg_facts([*hello, Closed(SERVER, How.FIN)], SERVER))
    assert None is ending(leg_facts([*hello, gap, Closed(SERVER, How.FIN)], SERVER))


NAME = "name-mismatch: The server's certificate is not for localhost but for other.example"
ISSUER = "unknown-issuer: The server's certificate leads to no trusted root"
EXPIRED = "expired: The server's certificate expired at 2020-01-01"


def refused(fault, issuer, *last, outcome=OutcomeKind.UPSTREAM_INVALID, shown=SHOWN, pardoned=False):
    """The one cause of a client that ends so, where the server's chain has a fault."""
    verdict = VerdictGiven("localhost", (fault,), 1, mirrored=not pardoned, pardoned=pardoned)
    before = [verdict, LeafForged(issuer, "P-256", b"leaf")]
    events = [*before, *shown, *last, Closed(CLIENT, How.FIN), Outcome(outcome, 0, 0, "")]
    [found] = causes(leg_facts(events, CLIENT), LegFacts(SERVER))
    return found


@pytest.mark.parametrize(
    "last",
    [[], alert(0, level=1), alert(40), alert(80), alert(42), alert(46)],
    ids=["nothing", "close_notify", "handshake_failure", "internal_error", "bad_certificate", "certificate_unknown"],
)
@pytest.mark.parametrize("shown", [SHOWN, WHOLE], ids=["before Finished", "after Finished"])
def test_a_mirrored_fault_is_why_a_client_goes(shown, last):
    """To trust the CA would not help against a wrong name that is the server's own: mend that, or accept it."""
    found = refused(NAME, "authority", *last, shown=shown)
    assert verdicts.said([NAME]) in found.likelihood
    assert "Mend the server" in found.next
    assert "-k www.example.com" in found.next
    assert "--passthrough" not in found.next
    assert "ca path" not in found.next


def test_a_ca_that_only_the_server_knows_is_named_to_tlscope():
    """What signed our leaf then is trusted by nobody, and that the client trusts tlscope's own CA changes nothing."""
    for issuer in ("throw-away", "self"):
        for last in ([], alert(48)):
            found = refused(ISSUER, issuer, *last)
            assert verdicts.said([ISSUER]) in found.likelihood
            assert "--ca-file" in found.next
            assert "ca path" not in found.next


def test_an_alert_that_means_something_else_is_not_put_down_to_the_mirrored_fault():
    """A client that does not know the issuer says so of a wrong name, too: then it is our CA that it does not trust."""
    found = refused(NAME, "authority", *alert(48))
    assert "does not trust the CA" in found.likelihood
    assert "`tlscope ca path`" in found.next


def test_what_the_recorder_said_to_do_is_said_again():
    """Where it laid the end to the server's certificate, whatever the alert: nobody is told two things."""
    fault = UpstreamFault(UPSTREAM_INVALID, "it is not valid", "do this").event()
    for last in (alert(48), alert(42), []):
        assert "Do this." == refused(NAME, "authority", *last, fault).next


def test_the_cause_that_the_verdict_names_comes_first():
    """Of the many that an alert may have."""
    go = made.client_hello((5, b""), made.schemes(0x0804, 0x0403, 0x0807), (18, b""))
    shown = made.handshake13(b"leaf", leg=CLIENT, hello=go)[:7]
    found = refused(EXPIRED, "authority", *alert(42), shown=shown)
    assert "Most likely the certificate has expired" in found.likelihood
    assert "Mend the server" in found.next


def test_pardoned_faults_are_no_reason():
    """With -k the client was shown a good certificate, whatever the verdict on the server's was."""
    found = refused(NAME, "authority", outcome=OutcomeKind.CLIENT_REJECTED, pardoned=True)
    assert NAME not in found.likelihood
    assert "Let the client trust the CA" in found.next
