"""What sealed records show."""

import pytest

from journals import DOWN, UP
from support.foreign import HANDSHAKES
from support.packets import reader
from tlscope.capture.foreign.entry import Packet
from tlscope.capture.foreign.evidence import Evidence
from tlscope.capture.foreign.pcap import Importer, read_secrets
from tlscope.capture.foreign.pcapfile import entries
from tlscope.events import HandshakeDone
from tlscope.wire.tls.decryption.decrypted import Record
from tlscope.wire.tls.decryption.keylog import Secrets
from tlscope.wire.tls.decryption.negotiation import Hello, Negotiation

ALERT, FINISHED, MORE = 19, 53, 300
"""Bytes of records' bodies."""
EARLY_DATA = 42


def hello(version, *extensions):
    return Hello(version, bytes(32), b"", (0x1301,), 0, dict.fromkeys(extensions, b""))


def negotiation(version, *extensions):
    return Negotiation(hello(0x0303, *extensions), server=hello(version) if version else None)


def seen(found, *records, kind=23):
    """What is concluded of records, by way and size."""
    evidence = Evidence()
    for way, size in records:
        evidence.take(Record(way, 0, 5 + size, kind, 0x0303, "handshake", 0, kind, None), found)
    return evidence.complete


FLIGHT = [(DOWN, 40), (DOWN, 900), (DOWN, 100), (DOWN, FINISHED)]


@pytest.mark.parametrize(
    ("expected", "records"),
    [
        (False, FLIGHT),
        (False, [*FLIGHT, (UP, ALERT)]),  # the client refuses the certificate
        (False, [*FLIGHT, (UP, FINISHED)]),
        (False, [*FLIGHT, (UP, FINISHED), (DOWN, ALERT)]),  # the server refuses the client
        (False, [*FLIGHT, (UP, 400), (UP, 100), (UP, FINISHED), (DOWN, ALERT)]),  # or its certificate
        (False, [*FLIGHT, (UP, FINISHED), (DOWN, MORE)]),  # a ticket, or what it had begun to say before
        (True, [*FLIGHT, (UP, FINISHED), (DOWN, MORE), (UP, MORE)]),
        (True, [*FLIGHT, (UP, FINISHED), (UP, MORE), (DOWN, MORE)]),
    ],
)
def test_records_of_13_tell_by_their_order(expected, records):
    """All of them say that they hold application data."""
    assert expected is seen(negotiation(0x0304), *records)


def test_early_data_is_no_evidence():
    """It comes where the client's Finished is looked for."""
    records = [(UP, MORE), *FLIGHT, (UP, MORE)]
    assert seen(negotiation(0x0304), *records)
    assert not seen(negotiation(0x0304, EARLY_DATA), *records)


@pytest.mark.parametrize(
    ("expected", "records"), [(False, [(UP, 30)]), (False, [(DOWN, 30), (DOWN, 90)]), (True, [(UP, 30), (DOWN, 17)])]
)
def test_before_13_a_record_says_what_it_holds(expected, records):
    """Of a client it may come before the server's Finished."""
    assert expected is seen(negotiation(0x0303), *records)
    assert not seen(negotiation(0x0303), *records, kind=22)


def test_before_a_server_hello_nothing_is_concluded():
    """What is encrypted then is early data, or no TLS."""
    assert not seen(negotiation(0), (UP, MORE), (DOWN, MORE), (UP, MORE), (DOWN, MORE))


def test_what_is_concluded_is_true():
    """Of real handshakes: without their keys none is called completed that is not, and some are."""
    concluded = set()
    for path in sorted(HANDSHAKES.glob("*.pcapng")):
        data = path.read_bytes()
        known, without = completed(data, read_secrets(reader(data))), completed(data, Secrets())
        assert without <= known, path.stem
        concluded |= {path.stem for _ in without}
    assert {"gnutls-tls12", "gnutls-tls13", "tls13"} <= concluded


def completed(data, secrets):
    found = set()
    importer = Importer(lambda _, number, event: isinstance(event, HandshakeDone) and found.add(number), secrets)
    for entry in entries(reader(data)):
        if isinstance(entry, Packet):
            importer.take(entry)
    importer.finish()
    return found
