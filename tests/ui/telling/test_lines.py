from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import CLIENT, DOWN, NOON, REFUSAL, SECRET, SERVER, STORY, UP, handshake
from tlscope.capture.foreign import FROM_PACKETS
from tlscope.capture.format import Unreadable
from tlscope.capture.segment import Record
from tlscope.events import (
    Action,
    Closed,
    Data,
    Event,
    Faulted,
    How,
    LeafForged,
    Message,
    Outcome,
    OutcomeKind,
    Policy,
    Reached,
    Ruled,
    Ruling,
    Secret,
    VerdictGiven,
    Who,
)
from tlscope_ui.telling import lines
from tlscope_ui.telling.lines import describe, details, elapsed, outcome_word, stamp, target


def line(event, **options):
    size = len(getattr(event, "data", b""))
    return "".join(
        part if isinstance(part, str) else part.text
        for part in describe(Record(1, NOON, 0, event, "s", 0, size, 0), **options)
    )


@pytest.mark.parametrize(
    ("expected", "event"),
    [
        ("opened explicit, from 127.0.0.1:50124 to 127.0.0.1:8080", STORY[0]),
        ("policy intercept localhost:8443 (by CONNECT)", STORY[1]),
        ("policy intercept [::1]:443 (by CONNECT, --only *)", REFUSAL[1]),
        ("policy refuse a:1 (pigeon)", Policy(Action.REFUSE, "a", 1, "pigeon")),
        ("client ▲ ClientHello 204 B TLSv1.2", STORY[2]),
        ("server ▲ ciphertext 5 B", STORY[4]),
        ("server ▼ ServerHello 44 B TLSv1.3 TLS_AES_128_GCM_SHA256", STORY[5]),
        ("server key log: SERVER_HANDSHAKE_TRAFFIC_SECRET (masked)", STORY[6]),
        (
            "server ✓ handshake TLSv1.3 TLS_AES_128_GCM_SHA256 X25519MLKEM768 ALPN http/1.1 SNI localhost",
            STORY[8],
        ),
        ("server ✓ certificate of localhost is valid (chain of 2)", STORY[9]),
        ("client leaf P-256, 4 B, signed by our authority", STORY[10]),
        ("client leaf P-256, 1 B, moon", LeafForged("moon", "P-256", b"x")),
        (
            "client ✓ handshake TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 x25519 SNI localhost resumed",
            STORY[11],
        ),
        ('data   ▲ 37 B "GET /é HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n"', STORY[12]),
        ("data   ▼ 20 B 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f …", STORY[13]),
        ('data   ▲ 4 B outside TLS "EHLO"', Data(UP, b"EHLO", encrypted=False)),
        ("client ▲ Alert 2 B TLSv1.3 warning close_notify", STORY[14]),
        ("client ▲ Alert 2 B TLSv1.3 fatal unknown_ca", REFUSAL[3]),
        ("server ▼ unknown 0x63 12 B unknown 0x0505", Message(SERVER, DOWN, 0x0505, 22, handshake(0x63))),
        ("client closed by the client with close_notify", STORY[15]),
        ("client closed by the client with an alert: unknown_ca", REFUSAL[5]),
        ("server closed by the server with a reset", Closed(SERVER, How.RST)),
        (
            "server ✗ certificate of a is invalid, shown as valid, by -k (chain of 1); expired: it is",
            VerdictGiven("a", ("expired: it is",), 1, mirrored=False, pardoned=True),
        ),
        (
            "server ✗ certificate of a is invalid, refused (chain of 1); expired: it is",
            VerdictGiven("a", ("expired: it is",), 1, mirrored=False),
        ),
        (
            (
                "server ✗ certificate of ::1 is invalid, mirrored to the client (chain of 1); expired: it is over; "
                "name-mismatch: it is another"
            ),
            REFUSAL[2],
        ),
        (
            "server ✗ certificate of a is invalid, refused (chain of 0); empty-chain: none",
            VerdictGiven("a", ("empty-chain: none",), 0, mirrored=False),
        ),
        (
            (
                "✗ fault of the client [client-rejected]: the client refused our certificate; "
                "Next: give it ours: tlscope ca path"
            ),
            REFUSAL[4],
        ),
        ("✗ fault of the server [reset]: it went", Faulted(Who.UPSTREAM, "reset", "it went")),
        ("✓ intercepted ▲ 37 B ▼ 20 B", STORY[16]),
        ("✗ client-rejected ▲ 0 B ▼ 0 B: unknown_ca", REFUSAL[6]),
        ("reached [2001:db8::1]:443", Reached("[2001:db8::1]:443")),
        ("rule from now on: pass through *.bank", Ruled(Ruling.PASS_THROUGH, "*.bank")),
        ("rule from now on: forget the rule for *.bank", Ruled(Ruling.FORGET, "*.bank")),
        ("? record of unknown kind 99 3 B: why", Unreadable(99, 0, "why", b"abc")),
    ],
)
def test_what_happened_is_said_in_a_line(expected, event):
    """In words that need no colour, with names, sizes and what to do next."""
    assert expected == line(event)


def test_with_room_below_details_are_left_out():
    """They stand below the line then."""
    assert "server ✗ certificate of ::1 is invalid, mirrored to the client (chain of 1)" == line(REFUSAL[2], room=0)
    assert ["expired: it is over", "name-mismatch: it is another"] == details(REFUSAL[2])
    assert "✗ fault of the client [client-rejected]: the client refused our certificate" == line(REFUSAL[4], room=0)
    assert ["Next: give it ours: tlscope ca path"] == details(REFUSAL[4])
    assert "data   ▼ 20 B" == line(STORY[13], room=0)
    assert [] == details(STORY[13])


def test_secrets_are_shown_when_asked_for():
    """And only then."""
    assert "server key log: SERVER_HANDSHAKE_TRAFFIC_SECRET " + "cd" * 32 == line(Secret(SERVER, SECRET), secrets=True)


@pytest.mark.parametrize("outcome", OutcomeKind)
def test_every_outcome_has_a_glyph_and_a_word(outcome):
    """Never colour alone."""
    shown = line(Outcome(outcome, 0, 0))
    assert outcome.value in shown
    assert not shown[0].isalnum()


def test_no_value_lacks_a_word():
    """Each action, ruling, fault's owner and way to close is said in words."""
    assert set(Ruling) == set(lines.RULINGS)
    assert (set(Action), set(How), set(Who)) == (set(lines.ACTIONS), set(lines.HOW), set(map(Who, lines.WHO)))


@given(st.one_of([st.from_type(kind) for kind in get_args(Event)]), st.integers(0, 200), st.booleans())
def test_every_event_has_a_line(event, room, secrets):
    """Whatever its fields."""
    assert line(event, room=room, secrets=secrets)


@pytest.mark.parametrize(
    ("expected", "nanoseconds"),
    [("+0.0 ms", 0), ("+0.8 ms", 812_345), ("+9999.9 ms", 9_999_900_000), ("+10.0 s", 10**10), ("+-0.5 ms", -500_000)],
)
def test_elapsed_time_has_a_unit_that_suits_it(expected, nanoseconds):
    """Milliseconds, and seconds from ten on."""
    assert expected == elapsed(nanoseconds)


def test_the_time_of_day_is_local():
    """To the millisecond, cut off."""
    assert "12:00:01.234" == stamp(NOON + 1_234_999_999)


@pytest.mark.parametrize(("expected", "host"), [("a:1", "a"), ("[::1]:1", "::1"), ("192.0.2.1:1", "192.0.2.1")])
def test_a_target_is_host_and_port(expected, host):
    """IPv6 addresses in brackets."""
    assert expected == target(host, 1)


def test_the_client_is_the_client_leg():
    """The leg's name is coloured as the leg, and said in a word."""
    assert ("client", "client") == tuple(describe(Record(1, 0, 0, STORY[15], "s", 0, 0, 0))[0])
    assert "client" == lines.LEGS[CLIENT]


def test_nobody_decided_about_what_was_read_from_a_file():
    """Its packets passed long before: there was no policy, and nothing passed through."""
    passed = Policy(Action.PASS_THROUGH, "a", 1, FROM_PACKETS)
    assert "server a:1 (read from a file)" == line(passed)
    end = Outcome(OutcomeKind.PASSED_THROUGH, 1, 2, "decrypted")
    assert "· read from a file ▲ 1 B ▼ 2 B: decrypted" == line(end, mode=FROM_PACKETS)
    assert "→ passed-through ▲ 1 B ▼ 2 B: decrypted" == line(end, mode="explicit")


def test_an_outcome_that_is_not_known_is_shown_as_it_is():
    """A later version may have written it; and plain data is plain data wherever it was read."""
    assert "gone-fishing" == outcome_word("gone-fishing", None).text
    assert "≈ not-tls" == outcome_word("not-tls", FROM_PACKETS).text
