"""What is said of each step of a handshake, for every kind of it."""

from __future__ import annotations

import pytest

import conversation
from support import handshakes as made
from support.handshakes import DOWN, UP
from support.vectors import file
from tlscope.events import Data, HandshakeDone, Leg, Opened, Secret
from tlscope.wire.tls.meaning import words
from tlscope.wire.tls.meaning.facts import leg_facts

LEAF = conversation.upstream().issue("www.example.com").der
EARLY = made.client_hello(made.server_name("a"), made.versions(0x0304), (42, b""), (41, b""))
TLS13 = (43, b"\3\4")


def facts(events, leg=Leg.SERVER):
    return leg_facts(events, leg)


def of12(suite, exchange=b"", chain=(LEAF,)):
    """A leg that chose this suite of TLS 1.2."""
    hello = made.client_hello(made.server_name("a"), suites=(suite,))
    events = made.handshake12(*chain, hello=hello, answer=made.server_hello(suite=suite), exchange=exchange)
    return facts([event for event in events if chain or getattr(event, "data", b"")[:1] != b"\x0b"])


def of13(group):
    answer = made.server_hello(TLS13, (51, made.numbers(group) + b"\0\0"))
    return facts(made.handshake13(LEAF, answer=answer))


@pytest.mark.parametrize(
    ("expected", "leg"),
    [
        ("Both send a public key of x25519 and keep the private one", of13(29)),
        ("With X25519MLKEM768 a secret is agreed on twice", of13(0x11EC)),
        ("The client sends a public key of MLKEM768; the server draws a secret", of13(0x0201)),
        ("Both send a public key of DH of 2048 bits", of12(0x009E, made.dh_exchange(2048))),
        ("draws a secret and encrypts it to the key in the certificate", of12(0x009C)),
        ("goes into it as well", of12(0x0094)),
        ("Both have a key from elsewhere", of12(0x008C, chain=())),
        ("The key of the server's certificate is one half of the exchange", of12(0xC00E)),
    ],
)
def test_every_key_exchange(expected, leg):
    """Diffie-Hellman, ML-KEM alone and beside a curve, RSA, keys of before, static keys."""
    assert expected in words.key_exchange(leg)
    secret = "forgotten" in words.key_exchange(leg)
    assert secret == ("whoever gets" not in words.key_exchange(leg))


def test_forward_secrecy_protects_the_wire_and_not_a_capture_with_the_secrets_in_it():
    """Nothing is called safe that can be opened with what was recorded beside it."""
    wire = made.handshake13(LEAF, answer=made.server_hello(TLS13, (51, made.numbers(29) + b"\0\0")))
    holds = "This capture can be: it holds the session's secrets"
    assert holds not in words.key_exchange(facts(wire))
    said = words.key_exchange(facts([*wire, Secret(Leg.SERVER, b"SERVER_TRAFFIC_SECRET_0 00 00")]))
    assert "on the wire alone cannot be opened" in said
    assert said.endswith(f"{holds} as well.")


@pytest.mark.parametrize(
    ("expected", "leg"),
    [
        ("It does not: the suite is anonymous", of12(0x00A6, made.dh_exchange(2048), chain=())),
        ("only those who were given the key beforehand", of12(0x008C, chain=())),
        ("", facts(made.handshake13(b"")[:3])),
    ],
)
def test_no_certificate(expected, leg):
    """Why there is none; nothing where one is still to come."""
    assert expected in words.no_server_proof(leg)
    assert bool(expected) == bool(words.no_server_proof(leg))


def test_a_session_of_12_resumed():
    """Nothing is agreed on anew, whatever group the earlier session had."""
    events = made.events((UP, made.HELLO), (DOWN, made.server_hello(suite=0xC02F)), (DOWN, made.FINISHED))
    events.append(HandshakeDone(Leg.SERVER, "TLSv1.2", "", "x25519", "", "", resumed=True))
    assert "no new one is agreed on" in words.key_exchange(facts(events))
    assert "From the old master secret" in words.session(facts(events))


def test_what_a_master_secret_of_12_is_made_of():
    """Of all that was said before, where both know how (RFC 7627 section 4); else of the random numbers alone."""
    plain = made.server_hello((0xFF01, b"\0"), suite=0xC02F)
    for answer, of in [(None, "a hash of all that was said so far"), (plain, "both random numbers")]:
        leg = facts(made.handshake12(LEAF, answer=answer))
        assert f"From the secret and {of} comes the master secret" in words.session(leg)


def test_a_session_of_13_resumed():
    """With a new exchange beside the old secret."""
    answer = made.server_hello(TLS13, (41, b"\0\0"), (51, made.numbers(29) + b"\0\0"))
    said = words.key_exchange(facts(made.handshake13(LEAF, answer=answer)))
    assert "Both send a public key of x25519" in said
    assert "The secret of the earlier session goes into the keys as well" in said


def test_early_data():
    """Sent, and taken or left."""
    answer = made.server_hello(TLS13, (41, b"\0\0"))
    for encrypted, expected in (([(42, b"")], "takes the early data"), ([], "leaves the early data aside")):
        leg = facts(made.handshake13(LEAF, hello=EARLY, answer=answer, encrypted=encrypted))
        assert "data comes along at once" in words.offer(leg)
        assert expected in words.choice(leg)
    assert "early data" not in words.choice(of13(29))
    assert "at once, under" not in words.offer(of13(29))


def test_why_it_offers_again():
    """For want of a key of the right group, or to show that it is there."""
    for extension, expected in (((51, made.numbers(23)), "a key of secp256r1"), ((44, b"\0\0"), "a cookie")):
        retry = made.server_hello(TLS13, extension, retry=True)
        assert expected in words.offer(facts(made.events((UP, made.HELLO), (DOWN, retry), (UP, made.HELLO))))


def test_what_came_with_the_certificate():
    """The authority's word, and how many logs promised."""
    events = made.handshake13(LEAF)
    status = 5, b"\1" + made.block(3, file("x509/ocsp/resp-sct-extension.der"))
    listed = 18, made.block(2, made.block(2, b"sct"))
    events[4] = made.events((DOWN, made.certificate(LEAF, beside=[status, listed])))[0]
    said = words.server_proof(facts(events))
    assert "With it comes the authority's word on revocation: good until" in said
    assert "Public logs have promised to show it to everybody: 5 timestamps." in said
    assert "promised" not in words.server_proof(of13(29))


def test_what_is_no_certificate():
    """A bare key; something compressed that does not expand."""
    bare = facts(made.handshake13(b"key", encrypted=[(20, b"\2")]))
    assert "The server shows a bare public key, for which nobody vouches" in words.server_proof(bare)
    events = made.handshake13(b"x")
    events[4] = made.events((DOWN, made.message(25, made.numbers(99) + bytes(6))))[0]
    assert "compressed, and cannot be expanded" in words.server_proof(facts(events))


@pytest.mark.parametrize(
    ("expected", "seconds"),
    [
        ("7 days", 604_800),
        ("1 day", 86_400),
        ("36 hours", 129_600),
        ("2 hours", 7200),
        ("1 hour", 3600),
        ("5 minutes", 300),
        ("90 seconds", 90),
        ("1 second", 1),
        ("2.5 days", 216_000),
    ],
)
def test_how_long_a_ticket_lives(expected, seconds):
    """In words that say something."""
    leg = facts([*made.handshake13(LEAF), *made.events((DOWN, made.ticket(seconds)))])
    assert f"The server gives a ticket, to take the session up again within {expected}." in words.session(leg)


def test_nobody_in_between():
    """In others' captures it is the client itself, and the server."""
    opened = Opened("pcap", "", "")
    asked = made.events((DOWN, made.message(13, b"\0\0\0")), (UP, made.certificate()))
    passed = made.handshake13(LEAF)
    leg = facts([opened, *passed[:2], *asked, *passed[2:]])
    assert words.offer(leg).startswith("The client asks for")
    assert words.no_client_proof(leg).startswith("The server asks for a certificate. The client has none to show")
    ours = facts(made.handshake13(LEAF))
    assert words.offer(ours).startswith("tlscope, in the client's place, asks for")


def test_who_is_asked_after_the_handshake_is_not_said_to_have_shown_nothing():
    """Post-handshake authentication (RFC 8446 section 4.6.2) is no part of it."""
    asked = made.events((DOWN, made.message(13, b"\0\0\0")), (UP, made.certificate(LEAF)))
    leg = facts([*made.handshake13(LEAF), *asked])
    assert "Not in this handshake: the client is asked later who it is." == words.no_client_proof(leg)
    assert "Nobody asks the client who it is." == words.no_client_proof(facts(made.handshake13(LEAF)))


def test_one_byte():
    """Is one."""
    assert "1 byte went up and 2 bytes came down" in words.data(
        facts([*made.handshake13(LEAF), Data(UP, b"1"), Data(DOWN, b"12")])
    )
