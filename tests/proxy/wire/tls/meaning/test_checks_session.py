"""What was chosen: each finding shown, and not shown where nothing is wrong."""

from __future__ import annotations

import pytest

from support import handshakes as made
from support.handshakes import DOWN, UP
from tlscope.events import Action, Closed, HandshakeDone, How, Leg, Opened, Policy
from tlscope.wire.tls.meaning.checks_session import EXPORT, forward_secret, session, weaknesses
from tlscope.wire.tls.meaning.facts import leg_facts
from tlscope.wire.tls.meaning.gist import offered
from tlscope.wire.tls.suites import CipherSuite

PQ_SHARE = (51, made.numbers(0x11EC) + b"\0\0")
SHARE = (51, made.numbers(29) + b"\0\0")
TLS13 = (43, b"\3\4")


def hello(*found, suites=(0x1301, 0xC02F), version=0x0303, base=made.HELLO, **options):
    """made.HELLO with other suites; `found` replaces extensions of its types, or comes behind."""
    read = offered(base).extensions
    bodies = {**read.bodies, **dict(found)}
    return made.client_hello(*bodies.items(), suites=suites, version=version, **options)


def without(*kinds, **options):
    """made.HELLO without extensions."""
    read = offered(made.HELLO).extensions
    kept = [(kind, body) for kind, body in read.bodies.items() if kind not in kinds]
    return made.client_hello(*kept, suites=(0x1301, 0xC02F), **options)


def of12(suite=0xC02F, *, version=0x0303, exchange=None, found=((0xFF01, b"\0"), (23, b"")), **options):
    """A handshake of TLS 1.2 that chose this suite, offered with it."""
    answer = made.server_hello(*found, suite=suite, version=version)
    offer = hello(suites=(suite, 0x1301), **({"version": version} if version > 0x0300 else {}))
    if version < 0x0303:
        offer = made.client_hello((23, b""), (0xFF01, b"\0"), suites=(suite,), version=version)
    return made.handshake12(b"leaf", hello=offer, answer=answer, exchange=exchange, version=version, **options)


def of13(**options):
    return made.handshake13(b"leaf", **options)


def answer(*found, **options):
    return made.server_hello(TLS13, PQ_SHARE, *found, **options)


def closed(how, *alerts):
    return [*of13(), *made.events(*alerts), Closed(Leg.SERVER, how)]


SENTINEL = bytes(24) + b"DOWNGRD\x01"
REFUSED = made.server_hello((0xFF01, b"\0"), (23, b""), suite=0xC02F, random=SENTINEL)
ONLY12 = without(43)
EARLY = hello((42, b""))
TICKETED = made.server_hello(TLS13, (41, b"\0\0"))
SHOWN = {
    "ssl-version": of12(0x002F, version=0x0300, exchange=b""),
    "old-version": of12(version=0x0301),
    "null-cipher": of12(0x003B, exchange=b""),
    "anonymous": of12(0x00A6, exchange=made.dh_exchange(2048)),
    "export-cipher": of12(0x0003, exchange=b""),
    "des": of12(0x0009, exchange=b""),
    "rc4": of12(0xC011),
    "3des": of12(0xC012),
    "idea": of12(0x0007, exchange=b""),
    "cbc-tls10": of12(0xC013, version=0x0301),
    "cbc": of12(0xC013),
    "no-forward-secrecy": of12(0x009C, exchange=b""),
    "finite-field-dh": of12(0x009E, exchange=made.dh_exchange(2048)),
    "broken-dh": of12(0x009E, exchange=made.dh_exchange(1024)),
    "small-dh": of12(0x009E, exchange=made.dh_exchange(1536)),
    "weak-group": of12(exchange=made.ecdh_exchange(19)),
    "weak-handshake-signature": of12(exchange=made.ecdh_exchange(29, scheme=0x0201)),
    "downgraded": made.handshake12(b"leaf", answer=REFUSED),
    "server-speaks-more": made.handshake12(b"leaf", hello=ONLY12, answer=REFUSED),
    "fallback": made.handshake12(b"leaf", hello=hello(suites=(0xC02F, 0x5600))),
    "compression": made.handshake12(
        b"leaf",
        hello=hello(compression=b"\1\0"),
        answer=made.server_hello((0xFF01, b"\0"), (23, b""), suite=0xC02F, compression=1),
    ),
    "truncated-hmac": of12(0xC013, found=((4, b""), (23, b""), (0xFF01, b"\0"))),
    "insecure-renegotiation": of12(found=((23, b""),)),
    "renegotiated": [*of12(), *made.events((UP, made.HELLO))],
    "no-extended-master-secret": of12(found=((0xFF01, b"\0"),)),
    "no-post-quantum": of13(answer=made.server_hello(TLS13, SHARE)),
    "early-data": of13(hello=EARLY, encrypted=[(42, b"")]),
    "ticket-lifetime": [*of13(), *made.events((DOWN, made.ticket(604_801)))],
    "resumed": made.events((UP, hello((41, b""))), (DOWN, TICKETED)),
    "no-certificate": made.handshake13(b"", answer=answer()),
    "not-offered": of13(answer=answer(suite=0x1302)),
    "illegal-order": made.events((UP, made.HELLO), (DOWN, made.FINISHED)),
    "no-close-notify": closed(How.FIN),
}
"""Events of the server leg that show each."""

NOT_SHOWN = {
    "ssl-version": of12(),
    "old-version": of12(),
    "null-cipher": of12(),
    "anonymous": of12(0x009E, exchange=made.dh_exchange(2048)),
    "export-cipher": of12(0x0004, exchange=b""),
    "des": of12(0xC012),
    "rc4": of12(),
    "3des": of12(0x0009, exchange=b""),
    "idea": of12(0x000A, exchange=b""),
    "cbc-tls10": of12(0xC013, version=0x0302),
    "cbc": of12(0xC013, found=((22, b""), (23, b""), (0xFF01, b"\0"))),
    "no-forward-secrecy": of12(),
    "finite-field-dh": of12(),
    "broken-dh": of12(0x009E, exchange=made.dh_exchange(1025)),
    "small-dh": of12(0x009E, exchange=made.dh_exchange(2048)),
    "weak-group": of12(exchange=made.ecdh_exchange(23)),
    "weak-handshake-signature": of12(version=0x0301),
    "downgraded": made.handshake12(b"leaf", hello=ONLY12, answer=REFUSED),
    "server-speaks-more": made.handshake12(b"leaf", hello=ONLY12),
    "fallback": of12(),
    "compression": of12(),
    "truncated-hmac": of12(0xC013),
    "insecure-renegotiation": made.handshake12(b"leaf", hello=without(0xFF01), answer=made.server_hello(suite=0xC02F)),
    "renegotiated": of12(),
    "no-extended-master-secret": of13(),
    "no-post-quantum": of13(),
    "early-data": of13(hello=EARLY),
    "ticket-lifetime": [*of13(), *made.events((DOWN, made.ticket(604_800)))],
    "resumed": of13(),
    "no-certificate": of13(),
    "not-offered": of13(),
    "illegal-order": of12(),
    "no-close-notify": closed(How.FIN, (DOWN, made.CLOSE_NOTIFY)),
}


def codes(events, leg=Leg.SERVER):
    return [found.code for found in session(leg_facts(events, leg))]


@pytest.mark.parametrize("code", SHOWN)
def test_shown(code):
    """A finding of each kind, where there is something to find."""
    assert code in codes(SHOWN[code])


@pytest.mark.parametrize("code", NOT_SHOWN)
def test_not_shown(code):
    """And none where there is not."""
    assert code not in codes(NOT_SHOWN[code])


def test_both_tables_are_whole():
    """Each kind is shown and not shown."""
    assert set(SHOWN) == set(NOT_SHOWN)


def test_a_handshake_of_today_has_none():
    """TLS 1.3 with a post-quantum group, ended in good order."""
    assert [] == codes(closed(How.FIN, (DOWN, made.CLOSE_NOTIFY)))


def test_the_sentences_have_the_values():
    """Who, what, with which number."""
    said = {code: {found.code: found.what for found in session(leg_facts(SHOWN[code], Leg.SERVER))} for code in SHOWN}
    expected = {
        "old-version": "TLSv1 was chosen",
        "broken-dh": "Diffie-Hellman with a prime of 1024 bits",
        "rc4": "the suite TLS_ECDHE_RSA_WITH_RC4_128_SHA was chosen",
        "downgraded": "TLSv1.3 was offered, TLSv1.2 chosen, and the random says that more was possible",
        "no-post-quantum": "the key exchange is x25519, although X25519MLKEM768 was offered",
        "ticket-lifetime": "a ticket is to live 604801 seconds, 7.0 days",
        "not-offered": "the server chose TLS_AES_256_GCM_SHA384, which was not offered",
        "no-close-notify": "the server ended the connection by FIN, without close_notify",
        "early-data": "the server accepted early data",
        "weak-handshake-signature": "the server signed with rsa_pkcs1_sha1",
        "renegotiated": "1 handshake inside the first",
    }
    assert expected == {code: said[code][code] for code in expected}


def test_an_end_that_nobody_sees_is_not_found_wrong():
    """Of packets without keys a close_notify is encrypted: that none was seen says nothing."""
    whole = of13()
    sealed = [Opened("pcap", "127.0.0.1:1", "127.0.0.1:2"), *whole[:3], whole[-1], Closed(Leg.SERVER, How.FIN)]
    assert "no-close-notify" not in codes(sealed)
    assert "no-close-notify" in codes([sealed[0], *whole, sealed[-1]])


def test_groups_that_a_quantum_computer_opens_are_no_nothing():
    """Of ten groups that were offered it is said that none resists, not that there was none."""
    events = of13(
        hello=hello(made.groups(29, 23, 30, 25, 24), made.key_shares(29)), answer=made.server_hello(TLS13, SHARE)
    )
    said = [found.what for found in session(leg_facts(events, Leg.SERVER)) if found.code == "no-post-quantum"]
    assert ["the key exchange is x25519, and nothing that resists a quantum computer was offered"] == said


@pytest.mark.parametrize(
    ("expected", "events"),
    [
        ("TLSv1.3", made.handshake13(b"x", hello=ONLY12)),
        ("TLSv1.2", made.handshake12(b"x", hello=hello((43, made.block(1, made.numbers(0x0304)))))),
        ("secp384r1", of13(answer=made.server_hello(TLS13, (51, made.numbers(24) + b"\0\0")))),
        ("the protocol spdy", of13(encrypted=[made.alpn(b"spdy")])),
        ("GREASE 0x0A0A", of13(hello=hello(suites=(0x0A0A,)), answer=answer(suite=0x0A0A))),
        ("heartbeat", of13(answer=answer((15, b"\1")))),
        ("heartbeat", of13(encrypted=[(15, b"\1")])),
        ("GREASE 0x4A4A and 2 more", of13(encrypted=[(0x0A0A + 0x1010 * at, b"") for at in range(7)])),
        ("secp384r1", of12(exchange=made.ecdh_exchange(24))),
        ("signed with rsa_pkcs1_sha256", of12(exchange=made.ecdh_exchange(29, scheme=0x0401))),
        ("signed with rsa_pkcs1_sha256", of13(scheme=0x0401)),
        ("compression method 1", of13(answer=answer(compression=1))),
    ],
)
def test_whatever_was_not_offered(expected, events):
    """Version, suite, group, protocol, compression, extension."""
    found = [found.what for found in session(leg_facts(events, Leg.SERVER)) if found.code == "not-offered"]
    assert any(expected in what for what in found), found


def test_who_ends_second_has_nothing_to_cut_short():
    """Our end of the leg was closed by then."""
    assert "no-close-notify" not in codes([*of13(), Closed(Leg.CLIENT, How.FIN), Closed(Leg.SERVER, How.FIN)])


def test_what_needs_no_offer():
    """renegotiation_info answers a signal among the suites; a cookie is a server's own idea."""
    events = made.handshake12(b"x", hello=made.client_hello((23, b""), suites=(0xC02F, 0xFF)))
    assert "not-offered" not in codes(events)


@pytest.mark.parametrize(
    "events",
    [
        made.handshake12(b"x", hello=made.client_hello((23, b""), (0xFF01, b"\0"), suites=(0xC02F,))),
        of12(0x009E, exchange=made.dh_exchange(2048)),
        [
            *made.events((UP, made.HELLO), (DOWN, made.server_hello((23, b""), (0xFF01, b"\0"), suite=0xC02F))),
            HandshakeDone(Leg.SERVER, "TLSv1.2", "", "secp384r1", "", "", resumed=True),
        ],
    ],
)
def test_what_a_client_leaves_open(events):
    """No list of groups or algorithms in TLS 1.2, a prime, the group of an earlier session: nothing to depart from."""
    assert "not-offered" not in codes(events)


def test_a_ticket_of_12_may_live_as_long_as_it_likes():
    """Its lifetime is a hint (RFC 5077 section 3.3)."""
    late = made.events((DOWN, made.ticket(604_801, 0x0303)), version=0x0303)
    assert "ticket-lifetime" not in codes([*of12(), *late])


def test_a_version_that_follows_the_server_is_the_servers_affair():
    """On the client leg; where the client speaks no higher one, it is the client's."""
    legs = [
        of12(version=0x0301, leg=Leg.CLIENT),
        made.handshake12(b"x", answer=made.server_hello(suite=0xC02F, version=0x0301), leg=Leg.CLIENT),
    ]
    assert [True, False] == ["old-version" in codes(events, Leg.CLIENT) for events in legs]
    passed_through = Policy(Action.PASS_THROUGH, "a.example", 443, "connect")
    assert "old-version" in codes([passed_through, *legs[1]], Leg.CLIENT)


@pytest.mark.parametrize("name", ["a bare key", "compressed beyond recognition"])
def test_what_stands_for_a_certificate(name):
    """Is not called a missing one."""
    if name == "a bare key":
        offered = hello((20, b"\1\2"))
        events = made.handshake13(b"a key", hello=offered, answer=answer(), encrypted=[(20, b"\2")])
    else:
        shown = made.message(25, made.numbers(99) + bytes(6))
        events = of13()
        events[4] = made.events((DOWN, shown))[0]
    assert "no-certificate" not in codes(events)


def test_alerts_of_13_are_fatal_whatever_they_say():
    """But for close_notify and user_canceled (RFC 8446 section 6): after one nothing else need be said."""
    assert "no-close-notify" not in codes(closed(How.FIN, (DOWN, b"\1\x50")))
    assert "no-close-notify" in codes(closed(How.FIN, (DOWN, b"\1\x5a")))


def test_whose_word_it_is():
    """On the client leg the server's part is ours, and the end is the client's."""
    events = [*made.handshake13(b"x", leg=Leg.CLIENT, answer=answer(suite=0x1302)), Closed(Leg.CLIENT, How.RST)]
    found = {found.code: found.what for found in session(leg_facts(events, Leg.CLIENT))}
    assert "tlscope chose TLS_AES_256_GCM_SHA384, which was not offered" == found["not-offered"]
    assert "the client ended the connection by RST, without close_notify" == found["no-close-notify"]


def test_nothing_before_the_answer():
    """A hello alone is no choice."""
    assert [] == codes(made.events((UP, made.HELLO)))
    assert [] == codes([])


def test_a_session_resumed_in_12():
    """Openssl says so; the certificate was not left out."""
    events = made.events((UP, made.HELLO), (DOWN, made.server_hello((23, b""), (0xFF01, b"\0"), suite=0xC02F)))
    events += made.events((DOWN, made.CCS), (DOWN, made.FINISHED), (UP, made.CCS), (UP, made.FINISHED))
    events.append(HandshakeDone(Leg.SERVER, "TLSv1.2", "", "", "", "", resumed=True))
    assert "resumed" in codes(events)
    assert "no-certificate" not in codes(events)


def test_suites_by_their_names():
    """All that openssl's names, and ours, tell: no suite is called weak by mistake."""
    for suite in CipherSuite:
        found = weaknesses(suite)
        parts = suite.name.split("_")
        assert ("null-cipher" in found) == ("NULL" in parts), suite
        assert ("anonymous" in found) == ("anon" in parts or suite == 0), suite
        assert ("rc4" in found) == ("RC4" in parts), suite
        assert ("3des" in found) == ("3DES" in parts), suite
        assert ("des" in found) == ("DES" in parts), suite
    assert all("export-cipher" in weaknesses(suite) for suite in EXPORT)
    assert forward_secret(CipherSuite.TLS_AES_128_GCM_SHA256)
    assert forward_secret(CipherSuite.TLS_DHE_PSK_WITH_AES_128_GCM_SHA256)
    assert not forward_secret(CipherSuite.TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256)
    assert not forward_secret(CipherSuite.TLS_PSK_WITH_AES_128_GCM_SHA256)
