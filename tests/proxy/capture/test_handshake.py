import time
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import CLIENT, DOWN, SERVER, STORY, UP
from support.relayed import relayed
from tlscope.capture import handshake as module
from tlscope.capture.handshake import MAX_FINDINGS, MAX_NAMES, meaning
from tlscope.events import Message
from tlscope.wire.tls.meaning.fingerprint import fingerprints
from tlscope.wire.tls.meaning.gist import first_message

HELLOS = Path(__file__).parents[2] / "data" / "hellos"
CURL = (HELLOS / "curl-openssl.bin").read_bytes()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_real_connection(version):
    """Its certificate as `cryptography` reads it, its fingerprints, and what was found about each leg."""
    events = relayed(version, ciphertext=False)
    said = meaning(events, now=time.time())
    hello = next(event.data for event in events if isinstance(event, Message) and event.leg is CLIENT)
    message = next(event.data for event in events if isinstance(event, Message) and event.data[0] == 11)
    der = message[message.index(b"\x30\x82") :]
    leaf = x509.load_der_x509_certificate(der[: 4 + int.from_bytes(der[2:4])])
    assert "" == said.fault
    columns = said.columns
    assert fingerprints(hello).ja4.ja4 == columns["ja4"]
    assert leaf.subject.rfc4514_string() == columns["cert_subject"]
    assert leaf.issuer.rfc4514_string() == columns["cert_issuer"]
    assert leaf.not_valid_after_utc.timestamp() == columns["cert_expires"]
    assert "localhost" in columns["cert_names"].split()
    assert {"ja3", "ja3n", "ja3s", "cert_key", "cert_sha256"} <= columns.keys()
    assert {"client", "server"} == {leg for leg, *_ in said.findings}


def test_a_hello_that_nobody_opened_is_read():
    """Of a connection passed through, the client's first bytes are all there is."""
    said = meaning([], CURL)
    expected = fingerprints(first_message(CURL))
    assert (expected.ja4.ja4, expected.ja3.digest) == (said.columns["ja4"], said.columns["ja3"])
    assert said.columns["sni"]


def test_nothing_is_said_of_nothing():
    """A connection without TLS."""
    said = meaning([])
    assert ({}, [], "") == (said.columns, said.findings, said.fault)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(STORY),
            st.builds(
                Message,
                st.sampled_from([CLIENT, SERVER]),
                st.sampled_from([UP, DOWN]),
                st.sampled_from([0x0303, 0x0304]),
                st.sampled_from([20, 21, 22]),
                st.binary(max_size=60),
            ),
        ),
        max_size=20,
    ),
    st.binary(max_size=100),
)
def test_any_messages_are_survived(events, ciphertext):
    """Peers send what they want."""
    assert "" == meaning(events, ciphertext).fault


def test_a_dissector_that_raises_costs_only_its_own_columns(monkeypatch):
    """The others still say theirs."""

    def fail(*_):
        raise ValueError("a bug")

    monkeypatch.setattr(module.fingerprint, "fingerprints", fail)
    said = meaning(STORY, CURL)
    assert "ValueError: a bug" == said.fault
    assert "ja3s" in said.columns
    assert said.findings


def test_findings_are_bounded(monkeypatch):
    """Whatever the checks say."""
    (found, *_) = module.findings(module.leg_facts(STORY, SERVER), 0)
    monkeypatch.setattr(module, "findings", lambda *_: [found] * 1000)
    assert MAX_FINDINGS == len(meaning(STORY).findings)


def test_names_are_words():
    """Separated by spaces, as many as there is room for, none cut in two."""
    assert "a.example b.example 192.0.2.1" == module._words(["a.example", "b.example", "192.0.2.1"])
    assert 2 == len(module._words(["not a name", "b"]).split())
    many = module._words([f"host{i}.example" for i in range(1000)])
    assert MAX_NAMES - 20 < len(many) <= MAX_NAMES
    assert all(word.endswith(".example") for word in many.split())
