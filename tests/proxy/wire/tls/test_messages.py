"""Whole messages: against Wireshark on real handshakes, and whatever is done to them."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import tshark
from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.tls.messages import Context, context_after, dissect

CAPTURES = sorted((Path(__file__).parents[3] / "data" / "handshakes").glob("*.pcapng"))
HELLOS = sorted((Path(__file__).parents[3] / "data" / "hellos").glob("*.bin"))
ALERT, HANDSHAKE = 21, 22
NO_PAIR = 7
"""Above it the first byte of a signature scheme is no hash: Wireshark splits those, too, and calls them unknown."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Every message of the captures: as Wireshark shows it, its context, and its tree."""
    capture = tshark.merged(CAPTURES, tmp_path_factory.mktemp("captures") / "all.pcapng")
    contexts, found = defaultdict(Context), []
    for message in tshark.messages(capture):
        content_type = HANDSHAKE if message.kind == "tls.handshake" else ALERT
        context = contexts[message.stream]
        found.append((message, content_type, context, dissect(content_type, message.data, context)))
        contexts[message.stream] = context_after(context, content_type, message.data)
    return found


def test_answers_are_told_as_answers(shown):
    """What was not asked for may be ignored in an offer, and ends the handshake in an answer (RFC 8446 section 4.2)."""
    told = defaultdict(set)
    for message, _, _, tree in shown:
        for listed in tree.walk():
            if listed.key == "tls.handshake.extensions":
                name = listed.children[0].note if listed.children[0].value == 0 else ""
                told[message.data[0]].add(("ends the handshake" in listed.note, "readable by all" in name))
    assert {(False, True), (False, False)} >= told.pop(1)
    assert {13: {(False, False)}, 4: {(False, False)}} | {kind: {(True, False)} for kind in (2, 8, 11)} == told


def test_wireshark_sees_the_same_fields_at_the_same_bytes(shown):
    """Each field that Wireshark shows is there, with its key, its place and its value."""
    assert 120 < len(shown)
    for message, _, _, tree in shown:
        ours = defaultdict(list)
        for field in tree.walk():
            ours[field.key].append(field)
        for seen in message.fields:
            if not seen.key.startswith("tls."):
                continue
            if seen.key.startswith("tls.handshake.sig_hash_") and seen.key[-4:] in {"hash", "_sig"}:
                scheme = message.data[seen.start - (seen.key[-4:] == "_sig")]
                if scheme >= NO_PAIR:
                    continue
            assert any(same(field, seen) for field in ours[seen.key]), (tree.label, seen)


def same(field, seen):
    """Same bytes, and the same value; a vector of ours takes its length in."""
    if field.end != seen.start + len(seen.data):
        return False
    if field.value is None:
        return 0 <= seen.start - field.start <= 3
    if field.start != seen.start:
        return False
    if field.key == "tls.handshake.random_time":
        return field.value == int.from_bytes(seen.data)
    if isinstance(field.value, bytes):
        return field.value == seen.data
    return field.value == (seen.value if isinstance(field.value, str) else int(seen.value, 0))


def test_real_handshakes_have_nothing_malformed_or_unknown(shown):
    """Each byte is understood."""
    for message, _, _, tree in shown:
        assert [] == malformed_in(tree), (message.stream, tree.label)
        unknown = {"tls.handshake.body", "tls.handshake.key_exchange", "tls.handshake.extension.data"}
        assert not unknown & {field.key for field in tree.walk()}


def test_every_field_has_its_place_and_most_have_a_note(shown):
    """Values cover the message; what is more than a length is explained or referred to."""
    for message, _, _, tree in shown:
        covered = bytearray(len(message.data))
        for field in tree.walk():
            if field.value is not None and field.key != "tls.handshake.extension":
                covered[field.start : field.end] = bytes([1]) * field.length
            explained = field.note or field.reference or field.label.endswith(("Length", "length"))
            assert explained or field.key.startswith(("x509", "pkix", "ocsp", "tls.sct", "ber.", "pkcs1")), field
        if message.data[:1] != b"\x0b":  # other people's trees within certificates are theirs to test
            assert 1 == min(covered), (tree.label, covered.index(0))


def test_a_message_alone_is_read_by_its_shape(shown):
    """Without a context most messages come out the same: the key exchanges, which hang on the suite, do not."""
    hanging = {"ServerKeyExchange", "ClientKeyExchange", "Certificate"}
    for message, content_type, context, tree in shown:
        if tree.label not in hanging or (tree.label == "Certificate" and not context.certificate_type):
            alone = [(field.key, field.start, field.length) for field in dissect(content_type, message.data).walk()]
            assert [(field.key, field.start, field.length) for field in tree.walk()] == alone, message


def unlike(shown):
    """One message of each kind and suite: what is worth torturing."""
    return {(tree.label, context.cipher_suite): (kind, message.data, context) for message, kind, context, tree in shown}


def test_whatever_is_done_to_messages(shown):
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    for content_type, data, context in unlike(shown).values():
        torture(lambda data: dissect(content_type, data, context), data, cuts=40, flips=10)  # noqa: B023 - used at once


@pytest.mark.parametrize("path", HELLOS, ids=lambda path: path.stem)
def test_whatever_is_done_to_hellos(path):
    """The hellos of real clients, with every byte changed or cut."""
    torture(lambda data: dissect(HANDSHAKE, data), hello(path), cuts=150, flips=80)


@cache
def hello(path):
    """The handshake message out of its records."""
    data, found = path.read_bytes(), b""
    while data:
        size = int.from_bytes(data[3:5])
        found, data = found + data[5 : 5 + size], data[5 + size :]
    return found


@settings(max_examples=100)
@given(
    st.integers(0, 255),
    st.integers(0, 40),
    st.binary(max_size=300),
    st.sampled_from([0, 0x0300, 0x0301, 0x0303, 0x0304]),
    st.sampled_from([0, 0x002F, 0x0033, 0xC02F, 0x008C, 0x00AE, 0xC034, 0xC01E, 0xC0FF, 0x00A6]),
)
def test_any_bytes(content_type, kind, data, version, suite):
    """A tree, and a context."""
    context = Context(version, suite)
    for message in (data, bytes([kind]) + len(data).to_bytes(3) + data):
        for given_type in (content_type, HANDSHAKE):
            check_tree(dissect(given_type, message, context), message)
            assert isinstance(context_after(context, given_type, message), Context)


def test_time_is_linear():
    """Twice the bytes, twice the steps: of extensions, suites, certificates, whatever is many."""

    def hello_of(count):
        extensions = b"".join(i.to_bytes(2) + b"\0\0" for i in range(count))
        suites = (2 * count).to_bytes(2) + bytes(2 * count)
        body = bytes(34) + b"\0" + suites + b"\1\0" + len(extensions).to_bytes(2) + extensions
        return b"\1" + len(body).to_bytes(3) + body

    def certificates_of(count):
        body = (3 * count).to_bytes(3) + bytes(3 * count)
        return b"\x0b" + len(body).to_bytes(3) + body

    for made in (hello_of, certificates_of):
        one, two = (steps(dissect, HANDSHAKE, made(count)) for count in (1000, 2000))
        assert two < 2.1 * one


def test_alerts_say_why():
    """Level and description by name; the note says what it means."""
    tree = dissect(ALERT, b"\2\x30")
    assert "fatal unknown_ca" == tree.text
    assert "interceptor" in tree.first("tls.alert_message.desc").note
    assert ["Description ends early"] == malformed_in(dissect(ALERT, b"\2"))


def test_change_cipher_spec():
    """One byte."""
    assert 1 == dissect(20, b"\1").first("tls.change_cipher_spec.type").value


def test_heartbleed_is_seen():
    """A heartbeat whose length is beyond the message is malformed."""
    assert ["Payload ends early"] == malformed_in(dissect(24, b"\1\x40\0abc"))
    whole = dissect(24, b"\1\0\3abc" + bytes(16))
    assert (b"abc", []) == (whole.first("tls.heartbeat_message.payload").value, malformed_in(whole))
    assert ["2 bytes of padding; there must be 16 at least"] == malformed_in(dissect(24, b"\1\0\3abc" + bytes(2)))


def test_messages_that_hold_nothing():
    """Empty bodies are well, anything in them is too much."""
    for kind in (0, 5, 14):
        assert [] == malformed_in(dissect(HANDSHAKE, bytes([kind, 0, 0, 0])))
        assert ["1 bytes too many"] == malformed_in(dissect(HANDSHAKE, bytes([kind, 0, 0, 1, 0])))


def test_key_update():
    """Says whether the peer shall do the same."""
    tree = dissect(HANDSHAKE, bytes.fromhex("1800000101"))
    assert ("KeyUpdate", "update_requested (0x01)") == (tree.label, tree.text)


def test_a_message_that_says_the_wrong_length():
    """Too much is cut and said, too little leaves bytes."""
    assert ["the message has 2 bytes; 1 of them are not there"] == malformed_in(
        dissect(HANDSHAKE, bytes.fromhex("1800000200"))
    )[-1:]
    assert ["1 bytes too many"] == malformed_in(dissect(HANDSHAKE, bytes.fromhex("180000010000")))


def test_unknown_messages_are_kept():
    """With their number and their bytes."""
    tree = dissect(HANDSHAKE, bytes.fromhex("63000002abcd"))
    assert ("unknown 0x63", b"\xab\xcd") == (tree.label, tree.first("tls.handshake.body").value)
    tree = dissect(99, b"\xab")
    assert ("unknown 0x63", b"\xab") == (tree.label, tree.first("tls.unknown.data").value)


def test_supplemental_data():
    """Typed entries (RFC 4680 section 2)."""
    tree = dissect(HANDSHAKE, bytes.fromhex("17 00000a 000007 0000 0003 616263"))
    assert b"abc" == tree.first("tls.handshake.supplemental_data.entry").value
    assert [] == malformed_in(tree)
