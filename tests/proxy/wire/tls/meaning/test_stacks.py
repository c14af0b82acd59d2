"""Which stack wrote a hello."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import handshakes as made
from tlscope.wire.tls.meaning.fingerprint import ja3, ja4
from tlscope.wire.tls.meaning.stacks import HABITS, LIKELY, POSSIBLE, stack_of


@pytest.mark.parametrize("name", made.HELLOS)
def test_real_hellos(name):
    """Each is ascribed to the library that made it."""
    expected = next(stack for part, stack in (("gnutls", "GnuTLS"), ("java", "JSSE"), ("", "OpenSSL")) if part in name)
    found = stack_of(made.HELLOS[name])
    assert (expected, LIKELY) == (found.name, found.certainty)


def hello(suites, order, *, groups=(29, 23, 24), schemes=(), grease=(), points=b"\0", **known):
    """One of a stack that is not at hand, with what is known of it from published fingerprints."""
    bodies = {
        0: made.server_name("a.example")[1],
        10: made.groups(*grease, *groups)[1],
        11: made.block(1, points),
        13: made.schemes(*schemes)[1],
        16: made.alpn(b"h2", b"http/1.1")[1],
        27: made.block(1, made.numbers(*known.get("compressors", (2,)))),
        43: made.versions(*grease, 0x0304, 0x0303)[1],
    }
    found = [(kind, bodies.get(kind, b"")) for kind in (*grease, *order)]
    return made.client_hello(*found, suites=(*grease, *suites))


CHROME = hello(
    (0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x9C, 0x9D, 0x2F, 0x35),
    (45, 51, 16, 65037, 23, 17613, 0, 11, 10, 43, 65281, 35, 18, 5, 13, 27),
    groups=(4588, 29, 23, 24),
    schemes=(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
    grease=(0x0A0A,),
)
FIREFOX = hello(
    (
        0x1301,
        0x1303,
        0x1302,
        0xC02B,
        0xC02F,
        0xCCA9,
        0xCCA8,
        0xC02C,
        0xC030,
        0xC00A,
        0xC009,
        0xC013,
        0xC014,
        0x9C,
        0x9D,
        0x2F,
        0x35,
    ),
    (0, 23, 65281, 10, 11, 35, 16, 5, 34, 51, 43, 13, 45, 28, 65037),
    groups=(29, 23, 24, 25, 256, 257),
    schemes=(0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201),
)  # fmt: skip
SAFARI = hello(
    (
        0x1301, 0x1302, 0x1303, 0xC02C, 0xC02B, 0xCCA9, 0xC030, 0xC02F, 0xCCA8, 0xC00A, 0xC009, 0xC014, 0xC013, 0x9D,
        0x9C, 0x35, 0x2F, 0xC008, 0xC012, 0x0A,
    ),
    (0, 23, 65281, 10, 11, 16, 5, 13, 18, 51, 45, 43, 27, 21),
    groups=(29, 23, 24, 25),
    schemes=(0x0403, 0x0804, 0x0401, 0x0503, 0x0203, 0x0805, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201),
    grease=(0x1A1A,),
    compressors=(1,),
)  # fmt: skip
GO_SUITES = (0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC009, 0xC013, 0xC00A, 0xC014, 0x1301, 0x1302, 0x1303)
GO_SCHEMES = (0x0804, 0x0403, 0x0807, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0503, 0x0603, 0x0201, 0x0203)
RUST_SUITES = (0x1302, 0x1301, 0x1303, 0xC02C, 0xC02B, 0xCCA9, 0xC030, 0xC02F, 0xCCA8, 0x00FF)
WINDOWS_SUITES = (
    0xC02C,
    0xC02B,
    0xC030,
    0xC02F,
    0xC024,
    0xC023,
    0xC028,
    0xC027,
    0xC00A,
    0xC009,
    0xC014,
    0xC013,
    0x9D,
    0x9C,
)


# The JA4 of a published fingerprint, where there is one, is the oracle for what is written above.
@pytest.mark.parametrize(
    ("expected", "certainty", "written", "published"),
    [
        ("BoringSSL", LIKELY, CHROME, "t13d1516h2_8daaf6152771_d8a2da3f94cd"),
        ("NSS", LIKELY, FIREFOX, "t13d1715h2_5b57614c22b0_5c2c66f702b0"),
        ("Secure Transport", LIKELY, SAFARI, "t13d2014h2_a09f3c656075_14788d8d241b"),
        ("Go", LIKELY, hello(GO_SUITES, (0, 5, 10, 11, 13, 65281, 23, 16, 18, 43, 51), schemes=GO_SCHEMES), ""),
        ("rustls", LIKELY, hello(RUST_SUITES, (43, 11, 10, 13, 23, 0, 5, 51, 45, 35), schemes=(0x0503, 0x0403)), ""),
        (
            "Schannel",
            LIKELY,
            hello(
                WINDOWS_SUITES,
                (0, 5, 10, 11, 13, 35, 16, 23, 65281),
                schemes=(0x804, 0x805, 0x806, 0x401, 0x501, 0x201),
            ),
            "",
        ),
        ("Mbed TLS", POSSIBLE, hello((0xC02C, 0xC030), (0, 13, 10, 11, 22, 23, 35)), ""),
        ("Secure Transport", POSSIBLE, hello((0x00FF, 0xC02C, 0xC02B), (0, 10, 11, 13), schemes=(0x0401,)), ""),
        ("BoringSSL", POSSIBLE, hello((0x1301,), (0, 23, 10, 11, 13), schemes=(0x0403, 0x0804, 0x0401)), ""),
        ("BoringSSL", POSSIBLE, hello((0x1301,), (0, 10), grease=(0x2A2A,)), ""),
    ],
)
def test_stacks_that_are_not_at_hand(expected, certainty, written, published):
    """By their habits, as they were published."""
    found = stack_of(written)
    assert (expected, certainty) == (found.name, found.certainty)
    if published:
        assert published == ja4(written).ja4
    if expected == "BoringSSL" and published:
        assert "98487aa16281980e7d1120d399efb6a4" == ja3(written).digest


def test_no_habit_no_guess():
    """A hello that could be anybody's, and what is no hello."""
    assert stack_of(made.client_hello(made.server_name("a"), suites=(0x1301,))) is None
    assert stack_of(b"") is None


def test_nobody_is_sure():
    """Whatever the habit, it can be imitated."""
    assert {LIKELY, POSSIBLE} == {habit.stack.certainty for habit in HABITS}
    assert all(habit.stack.why and habit.stack.users for habit in HABITS)


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_bytes(data):
    """Nothing raises."""
    for written in (data, b"\1" + data, CHROME[: 60 + len(data)] + data):
        found = stack_of(written)
        assert found is None or found.why
