"""Handshake messages at a glance: all of a whole one, and of a broken one what there is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import handshakes as made
from support.dissecting import steps
from tlscope.wire.tls.hello import parse_client_hello
from tlscope.wire.tls.meaning import gist

FULL = made.client_hello(
    (0x0A0A, b""),
    made.server_name("Example.com"),
    made.groups(0x1A1A, 29, 23),
    (11, made.block(1, b"\0\1")),
    made.schemes(0x0403, 0x0804),
    made.alpn(b"h2", b"http/1.1"),
    made.versions(0x2A2A, 0x0304, 0x0303),
    made.key_shares(0x3A3A, 29),
    (27, made.block(1, made.numbers(2, 1))),
    suites=(0x4A4A, 0x1301, 0xC02F),
    session=b"session",
    compression=b"\1\0",
    random=b"r" * 32,
)


def test_a_client_hello():
    """Every field that fingerprints and findings need."""
    found = gist.offered(FULL)
    assert (0x0303, b"r" * 32, b"session", b"\1\0") == (
        found.legacy_version,
        found.random,
        found.session_id,
        found.compression,
    )
    assert (0x4A4A, 0x1301, 0xC02F) == found.suites
    assert (0x0A0A, 0, 10, 11, 13, 16, 43, 51, 27) == found.extensions.order
    assert (0x2A2A, 0x0304, 0x0303) == found.versions
    assert (0x1A1A, 29, 23) == found.groups
    assert (0x0403, 0x0804) == found.schemes
    assert b"\0\1" == found.point_formats
    assert (b"h2", b"http/1.1") == found.alpn
    assert "Example.com" == found.sni
    assert (0x3A3A, 29) == found.key_shares
    assert (2, 1) == found.compressors
    assert (True, True, False) == (found.whole, found.has(16), found.has(5))


@pytest.mark.parametrize("name", made.HELLOS)
def test_real_hellos_as_the_strict_parser_reads_them(name):
    """The engine's parser, which refuses what is not whole, finds the same."""
    data = made.HELLOS[name]
    found, strict = gist.offered(data), parse_client_hello(data)
    assert found.whole
    assert strict.cipher_suites == found.suites
    assert strict.extensions == found.extensions.order
    assert (strict.groups or ()) == found.groups
    assert (strict.signature_algorithms or ()) == found.schemes
    assert strict.alpn == found.alpn
    assert strict.key_shares == found.key_shares
    assert (strict.sni or "") == found.sni.lower()
    assert (strict.supported_versions or (strict.legacy_version,)) == found.versions


def test_a_hello_without_extensions():
    """Its version is the legacy one (RFC 5246 appendix E.1), and nothing else is offered."""
    found = gist.offered(made.client_hello(version=0x0301))
    assert ((0x0301,), (), (), b"", (), "", (), True) == (
        found.versions,
        found.groups,
        found.schemes,
        found.point_formats,
        found.alpn,
        found.sni,
        found.key_shares,
        found.whole,
    )


def test_a_cut_hello_goes_as_far_as_it_goes():
    """Without its random it is None; from then on each byte adds, and only the last makes it whole."""
    assert all(gist.offered(FULL[:size]) is None for size in range(38))
    before = 0
    for size in range(38, len(FULL)):
        found = gist.offered(FULL[:size])
        # Before the extensions begin, a message of any length could be one of TLS 1.0.
        assert not found.whole or not found.extensions.order
        assert before <= len(found.suites) + len(found.extensions.order)
        before = len(found.suites) + len(found.extensions.order)
    assert gist.offered(FULL).whole


def test_an_extension_that_says_too_much():
    """It reaches beyond the block that holds it: what there is of it is read, and the hello is not whole."""
    body = made.client_hello()[4:] + made.block(2, made.numbers(10, 6) + made.block(2, made.numbers(29)))
    found = gist.offered(made.message(1, body))
    assert ((10,), (29,), False) == (found.extensions.order, found.groups, found.whole)


def test_a_server_hello():
    """The suite, the version that supported_versions says, the group of the key share, ALPN."""
    found = gist.chosen(made.server_hello((43, b"\3\4"), (51, made.numbers(29) + made.block(2, bytes(32)))))
    assert (0x0303, 0x0304, 0x1301, 29, False) == (
        found.legacy_version,
        found.version,
        found.suite,
        found.group,
        found.retry,
    )
    old = gist.chosen(made.server_hello(made.alpn(b"h2"), suite=0xC02F, compression=1, session=b"s"))
    assert (0x0303, 0xC02F, 1, b"h2", 0, b"s") == (
        old.version,
        old.suite,
        old.compression,
        old.alpn,
        old.group,
        old.session_id,
    )
    assert gist.chosen(made.server_hello((51, made.numbers(24)), retry=True)).retry
    assert gist.chosen(FULL) is None
    assert gist.chosen(made.server_hello()[:-1]) is None


def test_key_exchanges_have_the_form_of_their_suite():
    """Named groups, primes by their size, hints before them; signature schemes since TLS 1.2."""
    assert (29, 0, 0x0804) == gist.key_exchange(made.ecdh_exchange(29), 0xC02F, 0x0303)
    assert (23, 0, 0) == gist.key_exchange(made.ecdh_exchange(23, version=0x0301), 0xC013, 0x0301)
    assert (0, 1024, 0x0401) == gist.key_exchange(made.dh_exchange(1024, scheme=0x0401), 0x009E, 0x0303)
    anonymous = made.dh_exchange(2048)
    assert (0, 2048, 0) == gist.key_exchange(anonymous, 0x00A6, 0x0303)
    hinted = made.message(12, made.block(2, b"hint") + made.dh_exchange(2048)[4:])
    assert (0, 2048, 0) == gist.key_exchange(hinted, 0x00AA, 0x0303)
    assert (0, 0, 0) == gist.key_exchange(made.message(12, b"\1\0\0"), 0xC02F, 0x0303)


def test_certificates_in_both_forms():
    """With a context and extensions in TLS 1.3, without before; one that is cut is left out."""
    assert (b"leaf", b"ca") == gist.certificates(made.certificate(b"leaf", b"ca"), 0x0304)
    old = made.certificate(b"leaf", b"ca", version=0x0303)
    assert (b"leaf", b"ca") == gist.certificates(old, 0x0303)
    assert (b"leaf",) == gist.certificates(old[:-1], 0x0303)
    assert () == gist.certificates(made.certificate(), 0x0304)


def test_small_things():
    """The scheme of a CertificateVerify, the lifetime of a ticket, the protocol in EncryptedExtensions."""
    assert (0x0804, 0) == (
        gist.verify_scheme(made.certificate_verify(0x0804), 0x0304),
        gist.verify_scheme(made.certificate_verify(0x0804), 0x0302),
    )
    assert (7200, None) == (gist.ticket_lifetime(made.ticket(7200)), gist.ticket_lifetime(b"\4\0\0\1\0"))
    encrypted = gist.encrypted_extensions(made.message(8, made.extensions([made.alpn(b"h2"), (42, b"")])))
    assert ((16, 42), b"h2") == (encrypted.order, gist.selected_protocol(encrypted))


@pytest.mark.parametrize("size", [1, 3, 100, 1 << 14])
def test_the_first_message_of_a_stream(size):
    """However it is cut into records; what follows it is not of it."""
    stream = made.records(FULL, size)
    assert FULL == gist.first_message(stream + b"\x14\3\3\0\1\1")
    assert FULL == gist.first_message(made.records(FULL + b"more", size))
    part = gist.first_message(stream[:-1])
    assert FULL.startswith(part)
    assert len(FULL) - 1 == len(part)
    assert b"" == gist.first_message(b"GET / HTTP/1.1\r\n")
    assert b"" == gist.first_message(b"\x16\3\1\0\0" * 2)


@settings(max_examples=100)
@given(st.binary(max_size=300), st.integers(0, 0xFFFF), st.sampled_from([0x0301, 0x0303, 0x0304]))
def test_any_bytes(data, suite, version):
    """Nothing raises."""
    for kind in (1, 2):
        for message in (data, bytes([kind]) + data):
            found = gist.offered(message)
            if found:
                assert found.versions
                assert isinstance((found.sni, found.alpn, found.key_shares, found.compressors), tuple)
            answer = gist.chosen(message)
            if answer:
                assert isinstance((answer.version, answer.group, answer.alpn), tuple)
    gist.key_exchange(data, suite, version)
    gist.certificates(data, version)
    gist.verify_scheme(data, version)
    gist.ticket_lifetime(data)
    gist.encrypted_extensions(data)
    gist.first_message(data)
    gist.first_message(b"\x16\3\1" + data)


def test_time_is_linear():
    """Twice the extensions, twice the steps; twice the certificates, too."""
    hellos = [made.client_hello(*[(kind, b"") for kind in range(size)]) for size in (2000, 4000)]
    one, two = (steps(gist.offered, hello) for hello in hellos)
    assert two < 2.1 * one
    chains = [made.certificate(*[b"c"] * size) for size in (2000, 4000)]
    one, two = (steps(gist.certificates, chain, 0x0304) for chain in chains)
    assert two < 2.1 * one
    one, two = (steps(gist.first_message, made.records(b"\1\0\xff\xff" + bytes(size), 1)) for size in (2000, 4000))
    assert two < 2.1 * one
