"""The record layer."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.tls.records import dissect

HELLOS = sorted((Path(__file__).parents[3] / "data" / "hellos").glob("*.bin"))
SERVER_HELLO = b"\2\0\0\x2a\3\3" + bytes(32) + b"\0\xc0\x2f\0\0\2" + b"\0\0"
CHANGE = b"\x14\3\3\0\1\1"


def record(kind, fragment, version=b"\3\3"):
    return bytes([kind]) + version + len(fragment).to_bytes(2) + fragment


SERVER_HELLO = b"\2" + (len(SERVER_HELLO) - 6).to_bytes(3) + SERVER_HELLO[4:-4] + b"\0\0"


@pytest.mark.parametrize("path", HELLOS, ids=lambda path: path.stem)
def test_hellos_of_real_clients(path):
    """Whole in one record they are dissected at their offset; over several they are fragments."""
    data = path.read_bytes()
    tree = torture(dissect, data, cuts=60, flips=20)
    assert [] == malformed_in(tree)
    if len(tree.children) == 1:
        hello = tree.first("tls.handshake")
        assert ("ClientHello", 5, len(data) - 5) == (hello.label, hello.start, hello.length)
    else:
        pieces = tree.all("tls.handshake.fragment")
        assert len(tree.children) == len(pieces)
        assert "ClientHello begins" == pieces[0].text


def test_a_flight():
    """Several messages in a record, several records; what the hello settles is known to those after it."""
    exchange = bytes.fromhex("0c 000028 03 001d 20") + bytes(32) + bytes.fromhex("0401 0000")
    tree = torture(dissect, record(22, SERVER_HELLO + exchange) + record(22, b"\x0e\0\0\0"))
    assert ["ServerHello", "ServerKeyExchange", "ServerHelloDone"] == [
        field.label for field in tree.all("tls.handshake")
    ]
    assert 32 == tree.first("tls.handshake.server_point").length
    assert [] == malformed_in(tree)


def test_messages_over_records():
    """Fragments, also where the header itself is cut; what follows is dissected again."""
    message = b"\x14\0\0\x0c" + bytes(12)
    for cut in range(1, len(message)):
        tree = dissect(record(22, message[:cut]) + record(22, message[cut:] + b"\x0e\0\0\0"))
        assert 2 == len(tree.all("tls.handshake.fragment")), cut
        assert ["ServerHelloDone"] == [field.label for field in tree.all("tls.handshake")], cut
        assert [] == malformed_in(tree)


def test_behind_a_change_cipher_spec_all_is_sealed():
    """But for a whole ClientHello, which follows a HelloRetryRequest in the clear."""
    finished = record(22, bytes(40))
    tree = dissect(CHANGE + finished + record(21, bytes(24)) + record(23, b"data"))
    assert [] == tree.all("tls.handshake") + tree.all("tls.alert_message.desc")
    assert [40, 24] == [field.length for field in tree.all("tls.record.fragment")]
    assert b"data" == tree.first("tls.app_data").value
    hello = (HELLOS[0].parent / "openssl-3.0.bin").read_bytes()
    assert "ClientHello" == dissect(CHANGE + hello).first("tls.handshake").label


def test_alerts():
    """In the clear by name, at their offset."""
    tree = dissect(record(21, b"\2\x30"))
    assert (6, 48) == (tree.first("tls.alert_message.desc").start, tree.first("tls.alert_message.desc").value)


def test_what_is_wrong_with_a_record():
    """Too long, cut, or of no known type."""
    assert "65535 bytes; a record has 18432 at most" in malformed_in(dissect(b"\x17\3\3\xff\xff"))
    assert "the record has 5 bytes; 3 of them are not there" in malformed_in(dissect(b"\x17\3\3\0\5ab"))
    assert "unknown 0x63" == dissect(record(0x63, b"x")).children[0].text
    assert ["Version ends early"] == malformed_in(dissect(b"\x16\3"))


@given(st.binary(max_size=300))
def test_any_bytes(data):
    """A tree; also behind a header that makes them a handshake."""
    check_tree(dissect(data), data)
    check_tree(dissect(record(22, data)), record(22, data))


def test_time_is_linear():
    """Twice the records, twice the steps; the same for messages in one, and for pieces of one."""
    many = [
        lambda count: record(22, b"\x0e\0\0\0") * count,
        lambda count: record(22, b"\x0e\0\0\0" * count),
        lambda count: record(22, b"\x0b\xff\xff\xff") + record(22, b"a") * count,
    ]
    for made in many:
        one, two = (steps(dissect, made(count)) for count in (1000, 2000))
        assert two < 2.1 * one


def test_a_heartbeat_before_the_keys():
    """In the clear it is read: the probe for Heartbleed comes so."""
    tree = torture(dissect, record(24, b"\1\x40\0") + record(24, b"\1\0\2hi" + bytes(16)))
    assert ["Payload ends early"] == malformed_in(tree)
    assert [0x4000, 2] == [field.value for field in tree.all("tls.heartbeat_message.payload_length")]
    assert () == tuple(dissect(CHANGE + record(24, b"\1\0\0")).all("tls.heartbeat_message"))


def test_the_version_of_a_record_does_not_settle_anything():
    """Its note says why, and does not judge; that of an odd one does."""
    assert "froze" in dissect(record(22, b"\x0e\0\0\0")).first("tls.record.version").note
    assert "POODLE" in dissect(b"\x16\3\0\0\0").first("tls.record.version").note
