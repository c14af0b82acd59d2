"""The ciphertext of a leg as a packet capture that other people's tools read."""

from __future__ import annotations

import struct

from tlscope.events import Ciphertext, Direction, Leg

LINKTYPE_RAW = 101
CLIENT, SERVER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
SERVER_PORT = 443
SEGMENT = 1400
SYN, ACK, PUSH = 2, 16, 8


def conversation(records, leg, port):
    """A TCP conversation from `port` with what passed on a leg, in its order, with the recorded times."""
    wanted = Leg[leg.upper()]
    sent = {Direction.UP: 1000, Direction.DOWN: 2000}
    chunks = [record for record in records if isinstance(record.event, Ciphertext) and record.event.leg is wanted]
    packets = [
        _packet(chunks[0].wall, Direction.UP, port, 999, 0, SYN, b""),
        _packet(chunks[0].wall, Direction.DOWN, port, 1999, 1000, SYN | ACK, b""),
    ]
    for record in chunks:
        way, data = record.event.direction, record.event.data
        for at in range(0, len(data), SEGMENT):
            part = data[at : at + SEGMENT]
            packets.append(_packet(record.wall, way, port, sent[way], sent[1 - way], ACK | PUSH, part))
            sent[way] += len(part)
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LINKTYPE_RAW) + b"".join(packets)


def _packet(wall, way, port, sequence, acknowledged, flags, data):
    source, target, ports = (
        (CLIENT, SERVER, (port, SERVER_PORT)) if way is Direction.UP else (SERVER, CLIENT, (SERVER_PORT, port))
    )
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 5 << 4, flags, 65535, 0, 0) + data
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, source, target)
    packet = ip + tcp
    return struct.pack("<IIII", wall // 10**9, wall // 1000 % 10**6, len(packet), len(packet)) + packet
