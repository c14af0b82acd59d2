"""The two hellos and the two answers side by side."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import conversation
from support import handshakes as made
from support.handshakes import DOWN, UP
from tlscope.events import Ciphertext, Leg, Opened
from tlscope.wire.tls.meaning.facts import LegFacts, leg_facts
from tlscope.wire.tls.meaning.offers import compare

CLIENT = made.client_hello(
    (0x0A0A, b""),
    made.server_name("a.example"),
    made.groups(0x1A1A, 0x11EC, 29),
    made.schemes(0x0403),
    made.alpn(b"h2", b"\xff"),
    made.versions(0x2A2A, 0x0304, 0x0303),
    made.key_shares(0x11EC, 29),
    (27, made.block(1, made.numbers(2))),
    (42, b""),
    (45, b"\1\1"),
    (0xFE0D, b""),
    (41, b"psk"),
    suites=(0x3A3A, 0x1301, 0xC02F),
)
OURS = made.client_hello(
    made.server_name("a.example"),
    made.groups(0x11EC, 29),
    made.schemes(0x0403, 0x0804),
    made.alpn(b"h2", b"\xff"),
    made.versions(0x0304, 0x0303),
    made.key_shares(0x11EC),
    (22, b""),
    suites=(0x1302, 0x1301),
)
CHOSEN = made.server_hello((43, b"\3\4"), (51, made.numbers(29) + b"\0\0"), suite=0x1302)
ANSWERED = made.server_hello((43, b"\3\4"), (51, made.numbers(0x11EC) + b"\0\0"), suite=0x1301)


def legs(client=(CLIENT, ANSWERED), server=(OURS, CHOSEN)):
    return [
        leg_facts(made.events(*zip((UP, DOWN), leg, strict=False), leg=which), which)
        for which, leg in ((Leg.CLIENT, client), (Leg.SERVER, server))
    ]


def rows(*facts):
    return {row.topic: row for row in compare(*facts)}


def test_the_four_columns():
    """What was offered, sent on, chosen and answered, by topic."""
    found = rows(*legs())
    suites = found["cipher suites"]
    assert ("GREASE 0x3A3A", "TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256") == suites.offered
    assert ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256") == suites.sent_on
    assert ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256") == (suites.chosen, suites.answered)
    assert ("GREASE 0x3A3A", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256") == suites.dropped
    assert ("TLS_AES_256_GCM_SHA384",) == suites.added
    assert "RFC 8446 section 4.1.2" == suites.reference
    assert not suites.same
    assert (("a.example",), ("a.example",)) == (found["server name"].offered, found["server name"].sent_on)
    assert ("x25519", "X25519MLKEM768") == (found["groups"].chosen, found["groups"].answered)
    assert (("h2", "\\xff"), True) == (found["application protocols"].offered, found["application protocols"].same)
    assert ("X25519MLKEM768", "x25519") == found["key shares"].offered
    assert ("brotli",) == found["certificate compression"].offered
    assert ("psk_dhe_ke",) == found["PSK modes"].offered
    assert (("a pre-shared key",), ("offered",)) == (found["resumption"].offered, found["early data"].offered)
    assert ("0x0A0A", "0x3A3A") == found["GREASE"].offered
    assert ("null",) == found["compression"].sent_on
    assert found["JA4"].offered[0].startswith("t13d0211h2")
    assert "client certificate" not in found


@pytest.mark.parametrize(
    ("expected", "answer", "then"),
    [
        ("", CHOSEN, ()),
        ("none", CHOSEN, [(DOWN, made.message(8, made.extensions([])))]),
        ("h2", CHOSEN, [(DOWN, made.message(8, made.extensions([made.alpn(b"h2")])))]),
        ("none", made.server_hello(suite=0xC02F, version=0x0303), ()),
    ],
)
def test_a_protocol_that_was_not_chosen_is_none(expected, answer, then):
    """As soon as that is known: in TLS 1.3 with EncryptedExtensions, before with the ServerHello."""
    told = made.events((UP, OURS), (DOWN, answer), *then, leg=Leg.SERVER)
    row = rows(LegFacts(), leg_facts(told, Leg.SERVER))["application protocols"]
    assert expected == row.chosen
    silent = made.events((UP, made.client_hello()), (DOWN, answer), *then[:1], leg=Leg.SERVER)
    assert expected != "none" or "application protocols" not in rows(LegFacts(), leg_facts(silent, Leg.SERVER))


def test_of_some_topics_servers_say_nothing():
    """They have neither a choice nor a word on who chose nothing."""
    found = rows(*legs(server=(OURS,)))
    assert {"JA4", "GREASE", "PSK modes", "encrypted hello"} == {
        row.topic for row in found.values() if not row.choosable
    }
    assert not [row.topic for row in found.values() if not row.choosable and "chose nothing" in row.note]


def test_notes_say_what_differs_and_why():
    """And nothing where nothing does."""
    found = rows(*legs())
    assert "" == found["application protocols"].note
    assert (
        "Not sent on: GREASE 0x3A3A, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256. Added: TLS_AES_256_GCM_SHA384. "
        "Our library offers its own list: what it cannot speak is left out, GREASE and signals too. "
        "Each leg agrees on its own suite: nothing ties the two together, and data is encrypted anew."
        == found["cipher suites"].note
    )
    assert "sees ours" in found["JA4"].note
    swapped = made.client_hello(made.alpn(b"\xff", b"h2"))
    assert "In another order." == rows(*legs(server=(swapped, CHOSEN)))["application protocols"].note


@pytest.mark.parametrize(
    ("expected", "client", "server"),
    [
        ("The server was never asked.", (CLIENT,), ()),
        ("The server chose nothing: its leg ended before.", (CLIENT,), (CLIENT,)),
        ("The client was not answered.", (CLIENT,), (CLIENT, CHOSEN)),
    ],
)
def test_where_it_ended(expected, client, server):
    """A leg that never began or was never answered."""
    assert expected == rows(*legs(client, server))["groups"].note


def test_nothing_is_compared_with_nothing():
    """No hello, no row."""
    assert () == compare(LegFacts(), LegFacts())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_what_the_engine_does(version):
    """It mirrors versions, name and choice of the version: the rows of a recorded connection say so."""

    async def story():
        async with conversation.stage() as stage:
            await conversation.converse(stage, version)
            stage.connection.stop("enough")
            events = await stage.ended()
            found = rows(leg_facts(events, Leg.CLIENT), leg_facts(events, Leg.SERVER))
            for topic in ("versions", "groups", "key shares", "server name"):
                if topic in found:
                    assert found[topic].offered == found[topic].sent_on, topic
            assert found["versions"].chosen == found["versions"].answered
            assert found["signature algorithms"].chosen == "ecdsa_secp256r1_sha256"

    conversation.run(story())


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=90), max_size=4), st.lists(st.binary(max_size=90), max_size=4))
def test_any_bytes(ups, downs):
    """Nothing raises, and each row has a reference."""
    events = [item for up, down in zip(ups, downs, strict=False) for item in ((UP, b"\1" + up), (DOWN, b"\2" + down))]
    facts = [leg_facts(made.events(*events, leg=leg), leg) for leg in Leg]
    for row in compare(*facts):
        assert row.reference


def test_nobody_in_between():
    """What was offered reached the server as it was, and the answer the client."""
    opened = Opened("pcap", "", "")
    both = [Ciphertext(Leg.CLIENT, UP, made.records(made.HELLO)), *made.handshake13(b"x")]
    for events in (made.handshake13(b"x"), made.handshake13(b"x", leg=Leg.CLIENT), both):
        rows = compare(*(leg_facts([opened, *events], leg) for leg in Leg))
        assert rows
        assert all(row.same and not row.note for row in rows)
