"""What is missing, damaged or forged: it is said, it proves nothing, and all else is opened."""

from __future__ import annotations

import pytest

from support.tls_pairs import DOWN, NO_ENCRYPT_THEN_MAC, TLS1, TLS1_2, TLS1_3, UP, VERSIONS, Pair, opened, talk
from tlscope.wire.tls.decryption.decrypt import Decryptor
from tlscope.wire.tls.decryption.decrypted import ApplicationData, Confirmation, Record, Trouble
from tlscope.wire.tls.decryption.keylog import Secrets


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("version", VERSIONS)
def test_missing_secrets(version, waits):
    """Are said, each record's, with the label that is missing; plaintext is shown, and nothing is proven wrong."""
    pair = talk(version)
    found = opened(pair.wire, b"", waits=waits)
    label = "HANDSHAKE_TRAFFIC_SECRET" if version == TLS1_3 else "CLIENT_RANDOM"
    assert found.reasons()
    assert all(label in reason or "TRAFFIC_SECRET_0" in reason for reason in found.reasons())
    assert pair.messages["client"][0] == found.messages(UP)[0]
    assert b"" == found.data(UP) + found.data(DOWN)
    assert False not in found.proofs().values()


@pytest.mark.parametrize("version", VERSIONS)
def test_wrong_secrets(version):
    """No record opens, and the reason says what that may mean."""
    pair = talk(version)
    lines = []
    for line in pair.lines.splitlines():
        label, random, secret = line.split()
        lines.append(b" ".join((label, random, secret[::-1])))
    found = opened(pair.wire, b"\n".join(lines))
    assert found.reasons()
    assert all("does not authenticate" in reason or "whole blocks" in reason for reason in found.reasons())
    assert b"" == found.data(UP) + found.data(DOWN)
    assert True not in {found.proofs().get("client Finished"), found.proofs().get("server Finished")}


def test_without_the_handshake_secrets():
    """The application's secrets open what is theirs; that the handshake is not proven is said."""
    pair = talk(TLS1_3)
    lines = b"\n".join(line for line in pair.lines.splitlines() if b"HANDSHAKE" not in line)
    found = opened(pair.wire, lines)
    assert (pair.said["client"], pair.said["server"]) == (found.data(UP), found.data(DOWN))
    assert True not in found.proofs().values()
    assert all("HANDSHAKE_TRAFFIC_SECRET" in reason for reason in found.reasons())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_damaged_record(version):
    """Is said to be; the records behind it open. In TLS 1.0 the next one's IV is its end, of which nothing vouches."""
    pair = Pair(version).shake()
    for _ in range(4):
        pair.say("client", b"x" * 100)
    wire = list(pair.wire)
    ways = [at for at, (way, _) in enumerate(wire) if way is UP]
    damaged = bytearray(wire[ways[-3]][1])
    damaged[-1] ^= 1
    wire[ways[-3]] = (UP, bytes(damaged))
    found = opened(wire, pair.lines)
    lost = 1 + (version == TLS1)
    assert lost == len(found.reasons())
    assert "does not authenticate" in found.reasons()[0]
    assert 400 - 100 * lost <= len(found.data(UP)) < 400
    assert {True} == set(found.proofs().values())


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
def test_a_damaged_handshake_proves_nothing(version):
    """What hashes a record that could not be opened is neither right nor wrong."""
    pair = talk(version)
    wire = list(pair.wire)
    index = max(at for at, (way, _) in enumerate(wire[:4]) if way is UP)
    damaged = bytearray(wire[index][1])
    damaged[-1] ^= 1
    wire[index] = (UP, bytes(damaged))
    found = opened(wire, pair.lines)
    assert None is found.proofs().get("client Finished")
    assert False not in found.proofs().values()
    assert pair.said["server"] == found.data(DOWN)


def test_a_forged_message_is_found():
    """A Finished over other messages is wrong, and said to be: here the ClientHello was changed on its way."""
    pair = talk(TLS1_3)
    wire = list(pair.wire)
    hello = bytearray(wire[0][1])
    hello[-1] ^= 1
    wire[0] = (UP, bytes(hello))
    found = opened(wire, pair.lines)
    assert {False} == set(found.proofs().values())
    assert all("wrong" in event.detail for event in found.of(Confirmation))
    assert pair.said["client"] == found.data(UP)


def test_bytes_that_are_missing():
    """A record with a hole is lost, the ones behind it are not; where the hole reaches further, all is."""
    pair = Pair(TLS1_3).shake().say("client", b"one")
    for text in (b"x" * 1000, b"three"):
        pair.say("client", text)
    up = [data for way, data in pair.wire if way is UP]
    decryptor = Decryptor(Secrets(pair.lines))
    events = []
    for direction, data in pair.wire:
        if data is up[-2]:
            events += decryptor.feed(direction, data[:100])
            events += decryptor.missing(direction, len(data) - 150)
            events += decryptor.feed(direction, data[-50:])
        else:
            events += decryptor.feed(direction, data)
    assert b"onethree" == b"".join(event.data for event in events if isinstance(event, ApplicationData))
    missing = len(up[-2]) - 150
    assert [f"{missing} bytes of it are missing"] == [
        event.reason for event in events if isinstance(event, Record) and event.reason
    ]
    events = decryptor.missing(UP, 100_000) + decryptor.feed(UP, up[-1])
    assert ["bytes are missing, and where the next record begins is not known"] == [
        event.reason for event in events if isinstance(event, Trouble)
    ]


def records(wire):
    """Each record of a wire, in its order."""
    for way, data in wire:
        at = 0
        while at < len(data):
            size = 5 + int.from_bytes(data[at + 3 : at + 5])
            yield way, data[at : at + size]
            at += size


@pytest.mark.parametrize("version", VERSIONS)
def test_a_hole_in_any_protected_record(version):
    """Takes that record alone, also the first one under its key; in TLS 1.0 the next one, too, for want of its IV."""
    pair = Pair(version, cipher="ECDHE-ECDSA-AES128-SHA").shake()
    pair.say("client", b"one").say("server", b"two").say("client", b"three").say("server", b"four")
    wire = list(records(pair.wire))
    protected = [at for at, (_, record) in enumerate(wire) if record[0] == 23]
    finished = [at + 1 for at, (_, record) in enumerate(wire) if record[0] == 20 and version < TLS1_3]
    for hole in (*protected, *finished):
        decryptor, events = Decryptor(Secrets(pair.lines)), []
        for at, (way, record) in enumerate(wire):
            if at == hole:
                events += decryptor.feed(way, record[:6])
                events += decryptor.missing(way, len(record) - 6)
            else:
                events += decryptor.feed(way, record)
        events += decryptor.finish()
        way, lost = wire[hole]
        later = any(other is way for other, _ in wire[hole + 1 :])
        closed = [event.reason for event in events if isinstance(event, Record) and event.plaintext is None]
        assert f"{len(lost) - 6} bytes of it are missing" == closed[0]
        assert len(closed) == 1 + (version == TLS1 and later), (hole, closed)


def test_a_hole_that_a_block_follows():
    """In TLS 1.0 the last block of a record is the next one's IV: if it is there, that one opens."""
    pair = Pair(TLS1, cipher="ECDHE-ECDSA-AES128-SHA", options=NO_ENCRYPT_THEN_MAC)
    pair.shake().say("client", b"one").say("client", b"two")
    wire = list(records(pair.wire))
    hole = max(at for at, (way, record) in enumerate(wire) if way is UP and record[0] == 23) - 1
    decryptor, events = Decryptor(Secrets(pair.lines)), []
    for at, (way, record) in enumerate(wire):
        if at == hole:
            events += decryptor.feed(way, record[:6]) + decryptor.missing(way, 1) + decryptor.feed(way, record[7:])
        else:
            events += decryptor.feed(way, record)
    assert ["1 bytes of it are missing"] == [
        event.reason for event in events if isinstance(event, Record) and event.reason
    ]


def test_a_hole_before_a_block_that_no_mac_covers():
    """With encrypt_then_mac no MAC covers the IV: a first block that may be wrong is not shown as if it were right."""
    pair = Pair(TLS1, cipher="ECDHE-ECDSA-AES128-SHA").shake()
    pair.say("client", b"one").say("client", b"two, in more than a single block").say("client", b"three")
    wire = list(records(pair.wire))
    hole = [at for at, (way, record) in enumerate(wire) if way is UP and record[0] == 23][-3]
    decryptor, events = Decryptor(Secrets(pair.lines)), []
    for at, (way, record) in enumerate(wire):
        if at == hole:
            events += decryptor.feed(way, record[:6]) + decryptor.missing(way, len(record) - 6)
        else:
            events += decryptor.feed(way, record)
    said = [event for event in events if isinstance(event, Record) and event.direction is UP][-3:]
    assert [True, True, False] == [event.plaintext is None for event in said]
    assert "its IV, the last block of the record before, is not known" in said[1].reason


@pytest.mark.parametrize("kept", [1, 4])
def test_a_hole_in_a_header(kept):
    """Where the record ends is not known then, whatever the bytes look like that are there instead."""
    pair = Pair(TLS1_3).shake().say("client", b"one")
    up = [data for way, data in pair.wire if way is UP]
    decryptor = Decryptor(Secrets(pair.lines))
    for way, data in pair.wire[:-1]:
        decryptor.feed(way, data)
    events = decryptor.feed(UP, up[-1][:kept]) + decryptor.missing(UP, 5 - kept) + decryptor.feed(UP, up[-1][5:])
    assert ["bytes are missing, and where the next record begins is not known"] == [event.reason for event in events]


def test_a_message_cut_off_by_a_change_of_keys():
    """Is said to be, and is not joined to what comes under the next key (RFC 8446 section 5.1)."""
    pair = talk(TLS1_3)
    wire = list(pair.wire)
    way, data = wire[1]
    size = int.from_bytes(data[3:5])
    hello = data[:3] + (size + 2).to_bytes(2) + data[5 : 5 + size] + b"\x08\0"
    wire[1] = (way, hello + data[5 + size :])
    found = opened(wire, pair.lines)
    assert ["a handshake message is cut off by a change of keys"] == found.reasons()
    assert pair.messages["server"] == found.messages(DOWN)
    assert {None} == set(found.proofs().values())
