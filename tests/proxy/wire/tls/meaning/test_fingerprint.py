"""JA3 and JA4 against published values, and against tshark."""

from __future__ import annotations

import subprocess
from functools import cache
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import handshakes as made
from support import pcap
from support.dissecting import steps
from tlscope.events import Ciphertext, Direction, Leg
from tlscope.wire.tls.meaning.fingerprint import GREASE, NOTHING, fingerprints, ja3, ja3n, ja3s, ja4
from tools import tool

CHROME_SUITES = (
    0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x9C, 0x9D, 0x2F, 0x35,
)  # fmt: skip
CHROME_SCHEMES = made.schemes(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)


def with_order(order, known):
    """Extensions in this order: those of `known`, and the others empty."""
    bodies = dict(known)
    return [(kind, bodies.get(kind, b"")) for kind in order]


def chrome(order, *, grease=(), groups=(29, 23, 24)):
    known = [
        made.server_name("example.com"),
        made.groups(*grease, *groups),
        (11, b"\1\0"),
        CHROME_SCHEMES,
        made.alpn(b"h2", b"http/1.1"),
        made.versions(*grease, 0x0304, 0x0303),
    ]
    return made.client_hello(*with_order(order, known), suites=(*grease, *CHROME_SUITES))


# The worked example of technical_details/JA4.md in github.com/FoxIO-LLC/ja4 (BSD licence), with and without GREASE.
EXAMPLE = [0x1B, 0, 0x33, 0x10, 0x4469, 0x17, 0x2D, 0x0D, 5, 0x23, 0x12, 0x2B, 0xFF01, 0x0B, 0x0A, 0x15]
SORTED_SUITES = "002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9"
SUITES = "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035"
SCHEMES = "0403,0804,0401,0503,0805,0501,0806,0601"


@pytest.mark.parametrize(
    "hello",
    [chrome(EXAMPLE), chrome([0x0A0A, *EXAMPLE, 0xFAFA], grease=(0x1A1A,))],
    ids=["plain", "greased"],
)
def test_ja4_of_its_own_example(hello):
    """All four forms; GREASE changes none of them."""
    found = ja4(hello)
    assert "t13d1516h2_8daaf6152771_e5627efa2ab1" == found.ja4
    assert (
        f"t13d1516h2_{SORTED_SUITES}_"
        f"0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_{SCHEMES}" == found.ja4_r
    )
    assert "t13d1516h2_acb858a92679_18f69afefd3d" == found.ja4_o
    assert (
        f"t13d1516h2_{SUITES}_"
        f"001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015_{SCHEMES}" == found.ja4_ro
    )


def test_a_browser_as_a_public_service_saw_it():
    """Chrome 143 as browserleaks.com printed it: JA3, JA3N and JA4 of one hello."""
    order = [45, 51, 16, 65037, 23, 17613, 0, 11, 10, 43, 65281, 35, 18, 5, 13, 27]
    found = fingerprints(chrome([0x3A3A, *order, 0x4A4A], grease=(0x2A2A,), groups=(4588, 29, 23, 24)))
    assert (
        "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,"
        "45-51-16-65037-23-17613-0-11-10-43-65281-35-18-5-13-27,4588-29-23-24,0" == found.ja3.text
    )
    assert "98487aa16281980e7d1120d399efb6a4" == found.ja3.digest
    assert "8e19337e7524d2573be54efb2b0784c9" == found.ja3n.digest
    assert "t13d1516h2_8daaf6152771_d8a2da3f94cd" == found.ja4.ja4
    assert "t13d1516h2_acb858a92679_f96a17c57971" == found.ja4.ja4_o


# The README of github.com/salesforce/ja3.
JA3_EXAMPLES = [
    (
        "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0",
        "ada70206e40642a3e4461f35503241d5",
        made.client_hello(
            made.server_name("a"),
            made.groups(23, 24, 25),
            (11, b"\1\0"),
            version=0x0301,
            suites=(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4),
        ),
    ),
    (
        "769,4-5-10-9-100-98-3-6-19-18-99,,,",
        "de350869b8c85de67a350c8d186f11e6",
        made.client_hello(version=0x0301, suites=(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99)),
    ),
]


@pytest.mark.parametrize(("text", "digest", "hello"), JA3_EXAMPLES)
def test_ja3_of_its_own_examples(text, digest, hello):
    """Empty lists stay empty."""
    assert (text, digest) == ja3(hello)


def test_ja3n_does_not_see_the_order():
    """Of the extensions; of the suites it does."""
    one, two = chrome(EXAMPLE), chrome(EXAMPLE[::-1])
    assert ja3(one) != ja3(two)
    assert ja3n(one) == ja3n(two)
    assert ja4(one).ja4 == ja4(two).ja4


@pytest.mark.parametrize(
    ("expected", "names"),
    [
        ("00", []),
        ("00", [b""]),
        ("h2", [b"h2", b"x"]),
        ("h1", [b"http/1.1"]),
        ("xx", [b"x"]),
        ("ab", [b"\xab"]),
        ("ad", [b"\xab\xcd"]),
        ("21", [b"\x20\x61"]),
        ("3b", [b"\x30\xab"]),
        ("3d", [b"\x30\x31\xab\xcd"]),
        ("01", [b"\x30\xab\xcd\x31"]),
        ("h2", [b"\x0a\x0a", b"h2"]),
    ],
)
def test_alpn_in_ja4(expected, names):
    """First and last character, or of the hex where one is no letter or digit: the examples of JA4.md."""
    assert expected == ja4(made.client_hello(made.alpn(*names))).ja4[8:10]


@pytest.mark.parametrize(
    ("expected", "legacy", "offered", "transport"),
    [
        ("t13", 0x0303, [0x7A7A, 0x0303, 0x0304], "t"),
        ("t12", 0x0303, [], "t"),
        ("t11", 0x0302, [], "t"),
        ("t10", 0x0301, [], "t"),
        ("ts3", 0x0300, [], "t"),
        ("ts2", 0x0002, [], "t"),
        ("t00", 0x0303, [0x7F1C], "t"),
        ("q13", 0x0303, [0x0304], "q"),
        ("dd1", 0xFEFF, [], "d"),
        ("dd2", 0xFEFD, [], "d"),
        ("dd3", 0xFEFD, [0xFEFD, 0xFEFC], "d"),
    ],
)
def test_versions_in_ja4(expected, legacy, offered, transport):
    """The highest of supported_versions, else the hello's own; a number that nobody knows is 00."""
    found = [made.versions(*offered)] if offered else []
    assert expected == ja4(made.client_hello(*found, version=legacy), transport).ja4[:3]


def test_ja4_of_next_to_nothing():
    """Empty lists are twelve zeros; without signature algorithms there is no underscore."""
    assert f"t12i000000_{NOTHING}_{NOTHING}" == ja4(made.client_hello(suites=())).ja4
    bare = ja4(made.client_hello(made.server_name("a"), made.alpn(b"h2"), suites=(0x1301,)))
    assert bare.ja4.endswith(f"_{NOTHING}")
    assert "t12d0102h2_1301_" == bare.ja4_r
    # JA4.md: 0005,...,ff01 without signature algorithms = 6d807ffa2a79
    order = [5, 0x0A, 0x0B, 0x0D, 0x12, 0x15, 0x17, 0x1B, 0x23, 0x2B, 0x2D, 0x33, 0x4469, 0xFF01]
    assert ja4(made.client_hello(*with_order(order, []))).ja4.endswith("_6d807ffa2a79")


def test_counts_in_ja4_have_two_digits():
    """99 stands for more."""
    crowd = made.client_hello(*[(0x7000 + kind, b"") for kind in range(150)], suites=range(0x2000, 0x2100))
    assert "t12i999900" == ja4(crowd).ja4[:10]


def test_grease_is_what_rfc_8701_reserves():
    """Sixteen values, each of two like bytes that end in A."""
    assert {int(f"0x{digit}A{digit}A", 16) for digit in "0123456789ABCDEF"} == set(GREASE)


def test_ja3s():
    """Version, suite and extensions of a ServerHello, in decimal."""
    assert "771,4865,43-51" == ja3s(made.server_hello((43, b"\3\4"), (51, b""))).text
    assert "771,49199," == ja3s(made.server_hello(suite=0xC02F)).text
    assert ja3s(chrome(EXAMPLE)) is None


SERVERS = {
    "1.3": made.server_hello((43, b"\3\4"), (51, made.numbers(29) + made.block(2, bytes(32)))),
    "1.2": made.server_hello((0xFF01, b"\0"), (0, b""), (11, b"\1\0"), (23, b""), suite=0xC02F),
    "1.0": made.server_hello(version=0x0301, suite=0x002F),
}


@cache
def by_tshark(directory):
    """JA3 and JA3S with their texts, by name of the hello."""
    capture = b""
    messages = [(Direction.UP, hello) for hello in made.HELLOS.values()]
    messages += [(Direction.UP, hello) for _, _, hello in JA3_EXAMPLES]
    messages += [(Direction.DOWN, hello) for hello in SERVERS.values()]
    for port, (way, hello) in enumerate(messages, 50_000):
        record = SimpleNamespace(event=Ciphertext(Leg.CLIENT, way, made.records(hello)), wall=0)
        capture += pcap.conversation([record], "client", port)[24 if capture else 0 :]
    path = directory / "fingerprints.pcap"
    path.write_bytes(capture)
    fields = ["ja3_full", "ja3", "ja3s_full", "ja3s"]
    command = [tool("tshark"), "-r", path, "-Y", "tls.handshake", "-T", "fields"]
    command += [argument for field in fields for argument in ("-e", f"tls.handshake.{field}")]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in output.splitlines()]
    return dict(zip([*made.HELLOS, *[text for text, _, _ in JA3_EXAMPLES], *SERVERS], rows, strict=True))


@pytest.mark.parametrize("name", [*made.HELLOS, *SERVERS])
def test_tshark_finds_the_same(name, tmp_path_factory):
    """JA3 of real hellos and JA3S of answers, text and hash."""
    found = [*(ja3(made.HELLOS[name]) if name in made.HELLOS else ("", ""))]
    found += ja3s(SERVERS[name]) if name in SERVERS else ("", "")
    assert by_tshark(tmp_path_factory.getbasetemp())[name] == found


@settings(max_examples=100)
@given(st.binary(max_size=300), st.sampled_from("tqd"))
def test_any_bytes(data, transport):
    """A fingerprint or None; a hello that is cut has one as far as it goes."""
    for hello in (data, b"\1" + data, made.HELLOS["openssl-3.0"][: 50 + len(data)] + data):
        found = fingerprints(hello, transport)
        assert found is None or 36 == len(found.ja4.ja4)
        ja3s(b"\2" + data)


def test_time_is_linear():
    """Twice the extensions, twice the steps, but for the sorting."""
    hellos = [made.client_hello(*[(kind, b"") for kind in range(size)]) for size in (2000, 4000)]
    one, two = (steps(fingerprints, hello) for hello in hellos)
    assert two < 2.1 * one
