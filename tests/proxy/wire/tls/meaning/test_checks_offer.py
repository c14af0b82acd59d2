"""What was offered: each finding shown, and not shown where nothing is wrong."""

from __future__ import annotations

import pytest

from support import handshakes as made
from support.handshakes import DOWN, UP
from tlscope.events import Action, Leg, Policy
from tlscope.wire.tls.codes import ExtensionType
from tlscope.wire.tls.meaning import words
from tlscope.wire.tls.meaning.checks_offer import names, offer
from tlscope.wire.tls.meaning.facts import LegFacts, leg_facts

RENEGOTIATION, SNI = (0xFF01, b"\0"), made.server_name("a.example")
PSK, NEW = (41, b""), made.versions(0x0304)

SHOWN = {
    "broken-hello": made.HELLO[:-1],
    "duplicate-extension": made.client_hello(SNI, RENEGOTIATION, SNI),
    "psk-not-last": made.client_hello(SNI, PSK, RENEGOTIATION),
    "offers-old-version": made.client_hello(SNI, made.versions(0x0304, 0x0302)),
    "offers-weak-suites": made.client_hello(SNI, suites=(0x1301, 0x0005)),
    "offers-static-rsa": made.client_hello(SNI, suites=(0xC02F, 0x009C)),
    "offers-weak-signatures": made.client_hello(SNI, made.schemes(0x0804, 0x0201)),
    "offers-compression": made.client_hello(SNI, compression=b"\1\0"),
    "offers-insecure-renegotiation": made.client_hello(SNI),
    "grease": made.client_hello(SNI, made.groups(0x2A2A, 29)),
    "ech": made.client_hello(SNI, (0xFE0D, b"")),
    "offers-early-data": made.client_hello(SNI, (42, b"")),
    "no-sni": made.client_hello(RENEGOTIATION),
}
NOT_SHOWN = {
    "broken-hello": made.HELLO,
    "duplicate-extension": made.HELLO,
    "psk-not-last": made.client_hello(SNI, RENEGOTIATION, PSK),
    "offers-old-version": made.client_hello(SNI, made.versions(0x2A2A, 0x0304, 0x0303)),
    "offers-weak-suites": made.client_hello(SNI, suites=(0x1301, 0xC02F, 0x009C)),
    "offers-static-rsa": made.client_hello(SNI, NEW, suites=(0x1301, 0x009C)),
    "offers-weak-signatures": made.client_hello(SNI, made.schemes(0x0804, 0x0403)),
    "offers-compression": made.HELLO,
    "offers-insecure-renegotiation": made.client_hello(SNI, suites=(0xC02F, 0x00FF)),
    "grease": made.HELLO,
    "ech": made.HELLO,
    "offers-early-data": made.HELLO,
    "no-sni": made.HELLO,
}


def found(hello, leg=Leg.CLIENT):
    return {item.code: item.what for item in offer(leg_facts(made.events((UP, hello), leg=leg), leg))}


@pytest.mark.parametrize("code", SHOWN)
def test_shown(code):
    """A finding of each kind, where there is something to find."""
    assert code in found(SHOWN[code])


@pytest.mark.parametrize("code", NOT_SHOWN)
def test_not_shown(code):
    """And none where there is not."""
    assert code not in found(NOT_SHOWN[code])


def test_both_tables_are_whole():
    """Each kind is shown and not shown; a hello of today shows none."""
    assert set(SHOWN) == set(NOT_SHOWN)
    assert {} == found(made.HELLO)
    assert [] == list(offer(LegFacts()))


def test_a_hello_of_13_alone_cannot_renegotiate():
    """Nor does it need the signal."""
    assert "offers-insecure-renegotiation" not in found(made.client_hello(SNI, NEW))


def test_the_sentences_have_the_values():
    """Who offers what."""
    suites = found(SHOWN["offers-weak-suites"])["offers-weak-suites"]
    assert "the client offers TLS_RSA_WITH_RC4_128_SHA" == suites
    assert "the client offers TLSv1.1" == found(SHOWN["offers-old-version"])["offers-old-version"]
    greased = made.client_hello((0x0A0A, b""), made.groups(0x1A1A), made.versions(0x2A2A), suites=(0x3A3A,))
    assert "the client sends GREASE among its suites, extensions, groups, versions" == found(greased)["grease"]
    assert "the client sends encrypted_client_hello; the name outside is a.example" == found(SHOWN["ech"])["ech"]


def beyond(ours, theirs, *answered):
    """What is found of our own hello, and of the server's choice of it."""
    events = [*made.events((UP, theirs), leg=Leg.CLIENT), *made.events((UP, ours), *answered, leg=Leg.SERVER)]
    return {item.code: item.what for item in offer(leg_facts(events, Leg.SERVER))}


OURS = made.client_hello(
    made.versions(0x0303, 0x0301), made.groups(29, 24), made.schemes(0x0804, 0x0201), suites=(0xC02F, 0xC030, 0x000A)
)


def test_our_own_offer_is_not_judged():
    """Neither the client nor the server can help it; and in a capture of others there is none of ours."""
    assert {} == beyond(OURS, OURS)
    for code, hello in SHOWN.items():
        assert {} == beyond(hello, hello), code
        assert {} == found(hello, Leg.SERVER), code


def test_what_our_offer_has_beyond_the_clients():
    """Only what is weak is told here: the rest of what differs is told by offers.py."""
    theirs = made.client_hello(made.versions(0x0303), made.groups(29), made.schemes(0x0804), suites=(0xC02F,))
    expected = "tlscope offers the server what the client did not: TLSv1, TLS_RSA_WITH_3DES_EDE_CBC_SHA, rsa_pkcs1_sha1"
    assert {"tlscope-offers-weak": expected} == beyond(OURS, theirs)
    sound = made.client_hello(made.groups(29, 24), suites=(0xC02F, 0xC030))
    assert {} == beyond(sound, theirs)


def test_what_a_server_chose_of_it():
    """Suite, group, signature algorithm: the client would have got another answer."""
    theirs = made.client_hello(made.groups(29), made.schemes(0x0804), suites=(0xC02F, 0x000A))
    for suite, group, scheme, expected in (
        (0xC02F, 29, 0x0804, None),
        (0xC030, 29, 0x0804, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        (0xC02F, 24, 0x0201, "secp384r1, rsa_pkcs1_sha1"),
    ):
        answer = made.server_hello(suite=suite)
        said = beyond(OURS, theirs, (DOWN, answer), (DOWN, made.ecdh_exchange(group, scheme=scheme)))
        what = expected and f"the server chose what tlscope offers and the client does not: {expected}"
        assert what == said.get("tlscope-offer-chosen")


def test_a_host_without_a_name():
    """An address is asked for without server_name (RFC 6066 section 3)."""
    policy = Policy(Action.INTERCEPT, "192.0.2.1", 443, "connect")
    facts = leg_facts([policy, *made.events((UP, SHOWN["no-sni"]), leg=Leg.CLIENT)], Leg.CLIENT)
    assert "no-sni" not in {item.code for item in offer(facts)}


def test_a_name_of_any_length_is_told_by_its_beginning():
    """A hello has room for one of 64 KiB; what is said of the handshake has not."""
    hello = made.client_hello(made.server_name("x" * 60_000), (0xFE0D, b""))
    facts = leg_facts(made.events((UP, hello), leg=Leg.CLIENT), Leg.CLIENT)
    told = [*(found.what for found in offer(facts)), words.offer(facts)]
    assert 2 == sum("xxx…" in said for said in told)
    assert all(len(said) < 700 for said in told)


def test_a_few_are_named():
    """The rest is counted."""
    assert "server_name, status_request" == names(ExtensionType, [0, 5])
    assert names(ExtensionType, [0] * 7).endswith("server_name and 2 more")


@pytest.mark.parametrize("name", made.HELLOS)
def test_real_hellos_are_well_formed(name):
    """None of them has a fault of form."""
    assert not {"broken-hello", "duplicate-extension", "psk-not-last"} & set(found(made.HELLOS[name]))
