"""What a fuzzer begins with: the handshakes, hellos and traces of tests/data, opened, and requests made by hand."""

from __future__ import annotations

import base64
import struct
from collections import defaultdict
from functools import cache
from pathlib import Path

from support import traces, vectors
from tlscope.events import Direction
from tlscope.wire.tls.decryption.decrypt import Decryptor
from tlscope.wire.tls.decryption.decrypted import Message
from tlscope.wire.tls.decryption.keylog import Secrets

DATA = Path(__file__).parents[1] / "data"
UP, DOWN = Direction.UP, Direction.DOWN
ENHANCED_PACKET, DECRYPTION_SECRETS = 6, 10
ETHERNET, ETHERTYPE_AT, TCP = 14, 12, 6
HANDSHAKE, STATUS = 22, 22
LONG, CERTIFICATES = 2000, 40


@cache
def hellos():
    """ClientHellos of real clients, in records."""
    return tuple(path.read_bytes() for path in sorted((DATA / "hellos").glob("*.bin")))


@cache
def captures():
    """Files of packets: the recorded connections, each with its keys."""
    return tuple(path.read_bytes() for path in sorted((DATA / "handshakes").glob("*.pcapng")))


@cache
def wires():
    """Each recorded connection: its key log, and what passed, as (direction, data)."""
    found = [
        (secrets, talk) for path in sorted((DATA / "handshakes").glob("*.pcapng")) for secrets, talk in _read(path)
    ]
    for name in traces.NAMES:
        trace = traces.read(name)
        found.append((_key_log(trace), trace.wire))
    return tuple(found)


@cache
def messages():
    """Of each recorded connection its TLS messages, opened: (direction, content type, data)."""
    return tuple(
        [(event.direction, event.content_type, event.data) for event in _opened(*wire) if isinstance(event, Message)]
        for wire in wires()
    )


@cache
def streams():
    """What passed in each direction of each recorded connection."""
    return tuple(b"".join(data for way, data in talk if way is wanted) for _, talk in wires() for wanted in (UP, DOWN))


@cache
def certificates():
    """As DER, those of cryptography's test vectors that are no longer than most: one of every so many."""
    found = [base64.b64decode(body) for path in sorted((vectors.ROOT / "x509").glob("*.pem"))
             for body in vectors.PEM.findall(path.read_bytes()) if b":" not in body]  # fmt: skip
    small = [der for der in found if len(der) < LONG]
    return tuple(small[:: max(1, len(small) // CERTIFICATES)])


@cache
def ocsp_responses():
    """Out of CertificateStatus messages: type(1) length(3) response."""
    found = {
        data[8:]: None
        for talk in messages()
        for _, kind, data in talk
        if kind == HANDSHAKE and data[:1] == bytes([STATUS])
    }
    return tuple(found)


def _opened(secrets, talk):
    decryptor = Decryptor(Secrets(secrets), waits=False)
    for direction, data in talk:
        yield from decryptor.feed(direction, data)
    yield from decryptor.finish()


def _key_log(trace):
    """The lines of a trace's traffic secrets; its ClientHello begins behind a record's header and its own."""
    hello = next(data for _, data in trace.wire if data[0] == HANDSHAKE)
    random = hello[11:43].hex()
    labels = {name: name.upper().replace("APPLICATION_TRAFFIC", "TRAFFIC") for name in trace.secrets}
    return "\n".join(f"{labels[name]} {random} {secret.hex()}" for name, secret in trace.secrets.items()).encode()


def _read(path):
    """The connections of a capture on the loopback, where nothing is lost, reordered or sent twice."""
    secrets, talks, clients = b"", defaultdict(list), {}
    for kind, body in _blocks(path.read_bytes()):
        if kind == DECRYPTION_SECRETS:
            secrets += body[8 : 8 + struct.unpack_from("<I", body, 4)[0]]
        elif kind == ENHANCED_PACKET:
            frame = body[20 : 20 + struct.unpack_from("<I", body, 12)[0]]
            ports, payload = _segment(frame)
            pair = frozenset(ports)
            clients.setdefault(pair, ports[0])  # the first packet is the client's SYN
            if payload:
                talks[pair].append((UP if ports[0] == clients[pair] else DOWN, payload))
    return [(secrets, talk) for talk in talks.values()]


def _blocks(data):
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        yield kind, data[at + 8 : at + size - 4]
        at += size


def _segment(frame):
    """Ports and payload of a TCP segment in IPv4 or IPv6 in Ethernet."""
    if frame[ETHERTYPE_AT:ETHERNET] == b"\x08\x00":
        head = ETHERNET + 4 * (frame[ETHERNET] & 15)
        end = ETHERNET + int.from_bytes(frame[ETHERNET + 2 : ETHERNET + 4])
    else:
        head = ETHERNET + 40
        end = head + int.from_bytes(frame[ETHERNET + 4 : ETHERNET + 6])
    ports = struct.unpack_from(">HH", frame, head)
    return ports, frame[head + 4 * (frame[head + 12] >> 4) : end]
