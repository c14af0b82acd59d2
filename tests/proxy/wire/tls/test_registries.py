"""The small registries, against Wireshark's."""

from __future__ import annotations

import re
import subprocess

import pytest

from support.needs import needs
from tlscope.wire.tls import registries

SAME = {
    "tls.handshake.comp_method": registries.CompressionMethod,
    "tls.handshake.extensions_ec_point_format": registries.ECPointFormat,
    "tls.handshake.server_curve_type": registries.ECCurveType,
    "tls.handshake.cert_type": registries.ClientCertificateType,
    "tls.handshake.cert_type.type": registries.CertificateType,
    "tls.handshake.extension.heartbeat.mode": registries.HeartbeatMode,
    "tls.handshake.extensions_server_name_type": registries.NameType,
    "tls.handshake.extensions_status_request_type": registries.CertificateStatusType,
    "tls.handshake.max_fragment_length": registries.MaxFragmentLength,
    "tls.handshake.sig_hash_hash": registries.HashAlgorithm,
    "tls.handshake.sig_hash_sig": registries.SignatureAlgorithm,
    "tls.compress_certificate.algorithm": registries.CertificateCompressionAlgorithm,
    "tls.extension.psk_ke_mode": registries.PskKeyExchangeMode,
    "tls.heartbeat_message.type": registries.HeartbeatMessageType,
}
"""Not its tls.handshake.cert_url_type, which counts from 1: RFC 6066 section 5 counts from 0."""
OTHERS = {
    ("tls.handshake.cert_type", 0),
    ("tls.handshake.cert_type", 80),
    ("tls.handshake.sig_hash_hash", 7),
    ("tls.handshake.sig_hash_sig", 4),
}
"""No value at all, and the Chinese GM/T 0024, which is another protocol."""


@pytest.fixture(scope="module")
def wireshark():
    said = subprocess.run([needs("tshark"), "-G", "values"], check=True, capture_output=True, text=True).stdout
    found = {}
    for line in said.splitlines():
        columns = line.split("\t")
        if columns[0] == "V" and columns[1] in SAME:
            found.setdefault(columns[1], {})[int(columns[2], 0)] = columns[3]
    return found


@pytest.mark.parametrize("key", SAME)
def test_numbers_and_names_are_wiresharks(wireshark, key):
    """All numbers that Wireshark knows, and the same words in their names."""
    ours = {member.value: member.name for member in SAME[key]}
    for number, name in wireshark[key].items():
        if (key, number) in OTHERS:
            continue
        assert number in ours, (number, name)
        if not re.search(r"2\^|^\d", name):
            assert words(name) & words(ours[number]) or plain(name) == plain(ours[number]), (name, ours[number])


def plain(name):
    return re.sub(r"\(.*|[\W_]", "", name).lower()


def words(name):
    return {word.lower() for word in re.split(r"[\W_]+", re.sub(r"\(.*", "", name))} - {"", "to"}


def test_quic_parameters_are_those_of_the_rfcs():
    """RFC 9000 numbers its parameters from 0 to 0x10 without a gap."""
    assert list(range(0x12)) == sorted(member for member in registries.QuicParameter if member < 0x12)
