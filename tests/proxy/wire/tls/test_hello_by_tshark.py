"""What tshark and we read in real ClientHellos."""

import struct
import subprocess
from functools import cache

import pytest

from feeding import feed
from support.handshakes import records
from support.hellos import FULL, HELLOS, collector
from tools import tool

TSHARK_FIELDS = {
    "legacy_version": "tls.handshake.version",
    "cipher_suites": "tls.handshake.ciphersuite",
    "sni": "tls.handshake.extensions_server_name",
    "alpn": "tls.handshake.extensions_alpn_str",
    "supported_versions": "tls.handshake.extensions.supported_version",
    "groups": "tls.handshake.extensions_supported_group",
    "key_shares": "tls.handshake.extensions_key_share_group",
    "signature_algorithms": "tls.handshake.sig_hash_alg",
    "extensions": "tls.handshake.extension.type",
}


SIGNATURE_ALGORITHMS_CERT = 50


def packets(streams):
    """A pcap in which each stream is one TCP segment to port 443, from a port of its own (LINKTYPE_RAW)."""
    pcap = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 101)
    for port, data in enumerate(streams, 50_000):
        tcp = struct.pack(">HHIIBBHHH", port, 443, 1, 1, 5 << 4, 0x18, 0xFFFF, 0, 0)
        ip = struct.pack(">BBHHHBBHII", 0x45, 0, 40 + len(data), 1, 0, 64, 6, 0, 0x7F000001, 0x7F000002)
        packet = ip + tcp + data
        pcap += struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet
    return pcap


@cache
def by_tshark(directory):
    path = directory / "hellos.pcap"
    path.write_bytes(packets([*HELLOS.values(), records(FULL)]))
    fields = [argument for field in TSHARK_FIELDS.values() for argument in ("-e", field)]
    command = [tool("tshark"), "-r", path, "-Y", "tls.handshake.type==1", "-T", "fields", "-E", "aggregator=|", *fields]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [dict(zip(TSHARK_FIELDS, line.split("\t"), strict=True)) for line in output.splitlines()]
    return dict(zip([*HELLOS, "by hand"], rows, strict=True))


def as_numbers(text):
    return tuple(int(number, 0) for number in text.split("|") if number)


@pytest.mark.parametrize("name", [*HELLOS, "by hand"])
def test_tshark_reads_the_same(name, tmp_path_factory):
    """In every field of every real hello, and in one made by hand, tshark finds what we find."""
    expected = by_tshark(tmp_path_factory.getbasetemp())[name]
    found = feed(collector(), [HELLOS.get(name, records(FULL))])
    for field in ("cipher_suites", "supported_versions", "key_shares", "extensions"):
        assert as_numbers(expected[field]) == getattr(found, field), field
    algorithms = as_numbers(expected["signature_algorithms"])
    if SIGNATURE_ALGORITHMS_CERT in found.extensions:  # tshark gives both under one name, and Java fills both alike
        algorithms = algorithms[: len(algorithms) // 2]
    assert algorithms == (found.signature_algorithms or ())
    assert as_numbers(expected["groups"]) == (found.groups or ())
    assert as_numbers(expected["legacy_version"]) == (found.legacy_version,)
    assert expected["sni"].lower() == (found.sni or "")
    if name != "by hand":
        assert expected["alpn"] == "|".join(protocol.decode() for protocol in found.alpn)


@pytest.mark.parametrize(
    ("name", "versions", "sni", "share"),
    [
        ("openssl-3.0", (0x0301, 0x0304), "example.com", 29),
        ("openssl-3.0-tls12", (0x0301, 0x0303), "example.com", None),
        ("openssl-3.0-tls10", (0x0301, 0x0301), None, None),
        ("openssl-3.0-fragments", (0x0301, 0x0304), "example.com", 29),
        ("openssl-4.0-post-quantum", (0x0303, 0x0304), "pq.example", 4588),
        ("gnutls-cli-tls11", (0x0301, 0x0302), None, None),
        ("java-17", (0x0303, 0x0304), "java.example", 29),
    ],
)
def test_the_clients_options_are_found(name, versions, sni, share):
    """What the client was told on its command line is what we read in its hello."""
    found = feed(collector(), [HELLOS[name]])
    assert (versions, sni, share) == (found.versions, found.sni, next(iter(found.key_shares), None))
