"""What Wireshark makes of captured handshakes: the oracle of the TLS dissector."""

from __future__ import annotations

import json
import subprocess
from typing import NamedTuple

from support.needs import needs


class Seen(NamedTuple):
    """A field as tshark shows it: its bytes, and where they are in its message."""

    key: str
    start: int
    data: bytes
    value: str


class Shown(NamedTuple):
    """A handshake message or an alert, decrypted."""

    stream: int
    kind: str
    """`tls.handshake` or `tls.alert_message`."""
    data: bytes
    fields: tuple[Seen, ...]


def merged(captures, into):
    """Many captures as one, with the secrets of all."""
    subprocess.run([needs("mergecap"), "-F", "pcapng", "-w", into, *captures], check=True)
    return into


def messages(capture, ports="4600-4700"):
    """Every handshake message and alert of a capture, in the order of the packets; TLS is on `ports` at least."""
    found = []
    for stream, layers in packets(capture, "-d", f"tcp.port=={ports},tls"):
        for key, value in layers:
            if key == "tls":
                found += shown(value, stream)
    return found


def packets(capture, *options):
    """Every packet as the number of its TCP stream and its layers, which are pairs of a name and a tree."""
    command = [needs("tshark"), "-n", "-r", capture, *options, "-T", "json", "-x"]
    said = subprocess.run(command, check=True, capture_output=True).stdout
    for packet in json.loads(said, object_pairs_hook=_Pairs):
        layers = dict(dict(packet)["_source"])["layers"]
        yield next((int(value) for key, value in nodes(layers) if key == "tcp.stream"), -1), layers


def nodes(tree):
    """Every key and value in a tree, from the top down, in order."""
    for key, value in tree:
        yield key, value
        if isinstance(value, _Pairs):
            yield from nodes(value)


def shown(tree, stream):
    """The handshake messages and alerts in a layer of TLS."""
    found, last = [], None
    for key, value in nodes(tree):
        if key in {"tls.handshake_raw", "tls.alert_message_raw"}:
            last = value
        elif (
            key in {"tls.handshake", "tls.alert_message"} and isinstance(value, _Pairs) and len(last[0]) == 2 * last[2]
        ):
            found.append(Shown(stream, key, bytes.fromhex(last[0]), tuple(_fields(value, last[1]))))
    return found


def _fields(tree, base):
    raw = {}
    for key, value in nodes(tree):
        if key.endswith("_raw"):
            raw[key[: -len("_raw")]] = value
        elif key in raw and raw[key][2] and isinstance(value, str | _Pairs):
            data, start, length, *_ = raw.pop(key)
            if len(data) != 2 * length:
                continue  # some bits of a byte
            yield Seen(key, start - base, bytes.fromhex(data), value if isinstance(value, str) else "")


class _Pairs(list):
    """A JSON object, whose keys may stand in it many times."""
