"""The legal order of messages: every whole handshake goes through, and what is left out or early is told."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import flights
from support.dissecting import steps
from support.relayed import relayed
from tlscope.events import Direction, Leg, Message
from tlscope.wire.tls.codes import message_name
from tlscope.wire.tls.meaning import order as module
from tlscope.wire.tls.meaning.order import COMPLETE, START, TLS12, TLS13, Order

BOTH_WAYS = {"up": Direction.UP, "down": Direction.DOWN}


def feed(order, messages):
    """Departures on the way through messages like `up ClientHello`."""
    found = [order.feed(BOTH_WAYS[way], name) for way, _, name in (item.partition(" ") for item in messages)]
    return [departure for departure in found if departure]


TICKET = "down NewSessionTicket"
RESUMED12 = [
    "up ClientHello", "down ServerHello", "down ChangeCipherSpec", "down Finished", "up ChangeCipherSpec",
    "up Finished",
]  # fmt: skip
PSK13 = ["up ClientHello", "down ServerHello", "down EncryptedExtensions", "down Finished"]

LEGAL = {
    **{
        f"1.3 {options}": (0x0304, flights.tls13(**options))
        for options in (
            {},
            {"compatible": False},
            {"retry": True},
            {"retry": True, "late": True},
            {"asked": True},
            {"asked": True, "answered": True},
            {"tickets": 2},
        )
    },
    **{
        f"1.2 {options}": (0x0303, flights.tls12(**options))
        for options in (
            {},
            {"exchange": "RSA"},
            {"asked": True},
            {"asked": True, "answered": True},
        )
    },
    "1.2 resumed by its session ID": (0x0303, RESUMED12),
    "1.2 resumed by a ticket, with a new one": (0x0303, [*RESUMED12[:2], TICKET, *RESUMED12[2:]]),
    "1.2 with a ticket": (0x0303, [*flights.tls12()[:-2], TICKET, *flights.tls12()[-2:]]),
    "1.2 with OCSP": (0x0303, [*flights.tls12()[:3], "down CertificateStatus", *flights.tls12()[3:]]),
    "1.2 by PSK": (0x0303, [*flights.tls12()[:2], *flights.tls12()[4:]]),
    "1.2 with False Start": (0x0303, [*flights.tls12()[:-2], "up ApplicationData", *flights.tls12()[-2:]]),
    "1.2 with NPN": (0x0303, [*flights.tls12()[:-3], "up NextProtocol", *flights.tls12()[-3:]]),
    "1.2 with alerts anywhere": (0x0303, ["up Alert", *flights.tls12(), "down Alert"]),
    "1.2 asked to renegotiate in the middle": (
        0x0303,
        [*flights.tls12()[:2], "down HelloRequest", *flights.tls12()[2:]],
    ),
    "1.3 by PSK": (0x0304, [*PSK13, "up Finished"]),
    "1.3 with early data": (
        0x0304,
        [
            "up ClientHello",
            "up ChangeCipherSpec",
            "up ApplicationData",
            *PSK13[1:],
            "down ApplicationData",
            "up EndOfEarlyData",
            "up Finished",
        ],
    ),
    "1.3 with a ticket before the client's Finished": (0x0304, [*flights.tls13()[:-1], TICKET, "up Finished"]),
    "1.3 compressed": (0x0304, [item.replace("down Cert", "down CompressedCert", 1) for item in PSK13[:3]]),
    "1.3 with KeyUpdates and data": (
        0x0304,
        [*flights.tls13(), "up KeyUpdate", "up ApplicationData", "down KeyUpdate", "down ApplicationData", TICKET],
    ),
    "1.3 asked behind the handshake": (
        0x0304,
        [
            *flights.tls13(),
            "down CertificateRequest",
            TICKET,
            "down CertificateRequest",
            *["up Certificate", "down KeyUpdate", "up CertificateVerify", "up Finished"] * 2,
            "up Certificate",
            "up Finished",
            "up ApplicationData",
        ],
    ),
}


@pytest.mark.parametrize("known", [True, False], ids=["version known", "unknown"])
@pytest.mark.parametrize("name", LEGAL)
def test_what_the_rfcs_allow(name, known):
    """Whole handshakes of both versions, resumed, asked, retried, with what may come later: no departure."""
    version, messages = LEGAL[name]
    order = Order(version if known else 0)
    assert [] == feed(order, messages)
    assert order.complete == ("compressed" not in name)
    assert 0 == order.renegotiations


@pytest.mark.parametrize("version", [0x0301, 0x0302])
def test_the_old_versions_go_by_the_table_of_12(version):
    """TLS 1.0 and 1.1 have the same messages."""
    assert [] == feed(Order(version), flights.tls12())


def test_a_renegotiation_is_counted():
    """Asked for by the server or not; data passes meanwhile; it is no departure."""
    order = Order(0x0303)
    again = flights.tls12()
    messages = [*again, "down HelloRequest", "up ClientHello", "down ApplicationData", *again[1:], *again]
    assert [] == feed(order, messages)
    assert (2, True) == (order.renegotiations, order.complete)


# What names alone do not tell: an anonymous or RSA handshake, nobody asked, a certificate that was empty.
OPTIONAL = {"down Certificate", "down ServerKeyExchange", "down CertificateRequest", "up CertificateVerify"}
WHOLE12 = flights.tls12(asked=True, answered=True)
WHOLE13 = flights.tls13(asked=True, answered=True, compatible=False)
GAPS = [
    (version, whole, gap)
    for version, whole, optional in (
        (0x0303, WHOLE12, OPTIONAL),
        (0x0304, WHOLE13, OPTIONAL - {"down Certificate"}),
    )
    for gap, missing in enumerate(whole[:-1])
    if missing not in optional
]


@pytest.mark.parametrize("known", [True, False], ids=["version known", "unknown"])
@pytest.mark.parametrize(("version", "whole", "gap"), GAPS, ids=[f"{gap[0]:x} {gap[1][gap[2]]}" for gap in GAPS])
def test_a_message_left_out_is_one_departure(version, whole, gap, known):
    """At the message behind it, with what was expected; the order is taken up behind the gap."""
    order = Order(version if known else 0)
    departures = feed(order, whole[:gap] + whole[gap + 1 :])
    assert [gap] == [departure.index for departure in departures]
    assert whole[gap] in departures[0].expected
    assert order.complete


def test_a_request_left_out_is_told_by_the_answer():
    """A client that sends a certificate nobody asked for."""
    for version, whole in ((0x0303, WHOLE12), (0x0304, WHOLE13)):
        at = whole.index("down CertificateRequest")
        departures = feed(Order(version), whole[:at] + whole[at + 1 :])
        assert "up Certificate" == f"up {departures[0].name}"


def test_what_a_departure_says():
    """Which message, after which, what might have come, and where that is written."""
    [found] = feed(Order(0x0304), ["up ClientHello", "up Finished"])
    assert (1, Direction.UP, "Finished", "ClientHello") == (found.index, found.direction, found.name, found.state)
    assert ("down HelloRetryRequest", "down ServerHello") == found.expected
    assert (
        "Finished of the client after ClientHello, where only the server's HelloRetryRequest or the server's "
        "ServerHello may come" == found.what
    )
    assert "RFC 8446 section 4" == found.reference
    [old] = feed(Order(0x0303), ["down ServerHello"])
    assert (START, "RFC 5246 section 7.3") == (old.state, old.reference)


@pytest.mark.parametrize(
    ("version", "messages"),
    [
        pytest.param(0x0303, [*flights.tls12()[:2], "up ChangeCipherSpec"], id="early CCS, CVE-2014-0224"),
        pytest.param(0x0303, [*flights.tls12()[:3], "down Finished"], id="early Finished, CVE-2014-6593"),
        pytest.param(0x0304, [*flights.tls13()[:4], "down CertificateVerify"], id="no Certificate"),
        pytest.param(0x0304, ["up ClientHello", "down HelloRetryRequest"] * 2, id="two retries"),
        pytest.param(0x0304, [*flights.tls13(), "up ClientHello"], id="renegotiation in 1.3"),
        pytest.param(0x0304, [*flights.tls13(), "down HelloRequest"], id="HelloRequest in 1.3"),
        pytest.param(0x0304, [*flights.tls13(), "up ChangeCipherSpec"], id="CCS after Finished"),
        pytest.param(0x0304, [*flights.tls13(), "up Certificate"], id="a certificate that was not asked for"),
        pytest.param(0x0304, [*flights.tls13()[:6], "up KeyUpdate"], id="KeyUpdate before Finished"),
        pytest.param(0x0303, [*flights.tls12(), "up KeyUpdate"], id="KeyUpdate in 1.2"),
        pytest.param(0x0303, [*flights.tls12(), "unknown 0x63"], id="a message that nobody knows"),
        pytest.param(0x0303, ["up ClientHello", "up ApplicationData"], id="data before keys"),
    ],
)
def test_what_must_not_be(version, messages):
    """Known attacks and plain mistakes."""
    messages = [item if " 0x" not in item else f"up {item}" for item in messages]
    departures = feed(Order(version), messages)
    assert [len(messages) - 1] == [departure.index for departure in departures]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_what_was_recorded_of_real_handshakes(version):
    """Both legs of a conversation through the engine."""
    for leg in Leg:
        order = Order()
        for event in relayed(version, ciphertext=False):
            if isinstance(event, Message) and event.leg is leg:
                assert order.feed(event.direction, message_name(event.content_type, event.data)) is None
        assert order.complete


def test_the_table_is_whole():
    """Every state that is led to has a row, every row is led to, and the versions share none but ClientHello."""
    for table in (TLS12, TLS13):
        reached = {target for row in table.values() for target in row.values()}
        hellos = {module.EITHER_HELLO} & reached
        assert reached - hellos <= set(table)
        assert set(table) <= reached | {"ClientHello"}
    assert {"ClientHello"} == set(TLS12) & set(TLS13)
    assert COMPLETE <= set(TLS12) | set(TLS13)


NAMES = sorted({item.partition(" ")[2] for table in (TLS12, TLS13) for row in table.values() for item in row})


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from(Direction), st.sampled_from([*NAMES, "Alert", "HelloRequest"]) | st.text())),
    st.sampled_from([0, 0x0002, 0x0303, 0x0304, 0x7F1C]),
)
def test_any_messages(messages, version):
    """Nothing raises, and each departure names the message that it is about."""
    order = Order(version)
    for index, (direction, name) in enumerate(messages):
        departure = order.feed(direction, name)
        assert departure is None or (index, name) == (departure.index, departure.name)
        assert departure is None or departure.what


def test_a_departure_costs_no_more_than_the_table():
    """However many there are."""
    for version, name in product([0, 0x0303, 0x0304], ["Finished", "unknown 0x63"]):
        one, two = (steps(feed, Order(version), [f"down {name}"] * size) for size in (100, 200))
        assert two < 2.1 * one
