from enum import IntEnum
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.wire.tls import codes
from tlscope.wire.tls.codes import (
    AlertDescription,
    AlertLevel,
    ContentType,
    ExtensionType,
    HandshakeType,
    NamedGroup,
    ProtocolVersion,
    SignatureScheme,
    message_name,
    message_note,
    name_of,
)
from tlscope.wire.tls.suites import CipherSuite
from tools import tshark_values

CONTRACT = [
    "ClientHello",
    "ServerHello",
    "HelloRetryRequest",
    "EncryptedExtensions",
    "CertificateRequest",
    "Certificate",
    "CertificateVerify",
    "ServerKeyExchange",
    "ServerHelloDone",
    "ClientKeyExchange",
    "Finished",
    "NewSessionTicket",
    "KeyUpdate",
    "CertificateStatus",
    "EndOfEarlyData",
    "HelloRequest",
]

ENUMS = [
    AlertDescription,
    AlertLevel,
    CipherSuite,
    ContentType,
    ExtensionType,
    HandshakeType,
    NamedGroup,
    ProtocolVersion,
    SignatureScheme,
]

# Where Wireshark 4.0 spells a name differently, and why ours stands.
OTHERWISE = {
    "tls.alert_message.desc": {},
    "tls.alert_message.level": {},
    "tls.record.content_type": {25: "tls12_cid"},  # RFC 9146 calls it so
    "tls.handshake.type": {
        21: "CertificateURL",  # the message is called CertificateURL in RFC 6066 section 5
        67: "NextProtocol",  # renamed in draft-agl-tls-nextprotoneg-01
    },
    "tls.handshake.extension.type": {
        0x22: "delegated_credential",  # singular in RFC 9345
        0x4469: "application_settings_old",  # 0x44CD since 2025
        0xFFA5: "quic_transport_parameters_draft",  # Wireshark has 57's name for it, and a remark
    },
    "tls.handshake.extensions_supported_group": {
        0x200: "MLKEM512",  # the drafts of Open Quantum Safe had these values before IANA gave them away
        0x201: "MLKEM768",
        0x202: "MLKEM1024",
    },
    "tls.handshake.sig_hash_alg": {},
}


def plain(name):
    """A name without what spellings differ in."""
    return name.lower().replace(" ", "").replace("_", "")


@pytest.mark.parametrize(
    ("field", "enum"),
    [
        ("tls.alert_message.desc", AlertDescription),
        ("tls.alert_message.level", AlertLevel),
        ("tls.record.content_type", ContentType),
        ("tls.handshake.type", HandshakeType),
        ("tls.handshake.extension.type", ExtensionType),
        ("tls.handshake.extensions_supported_group", NamedGroup),
        ("tls.handshake.sig_hash_alg", SignatureScheme),
    ],
)
def test_names_are_those_of_wireshark(field, enum):
    """Every code point that Wireshark knows too is called the same, but for differences that have a reason."""
    theirs = tshark_values(field)
    differ = {
        value.value: value.name
        for value in enum
        if value in theirs and plain(value.name) not in set(map(plain, theirs[value]))
    }
    assert OTHERWISE[field] == differ


@pytest.mark.parametrize(
    ("field", "enum", "unassigned"),
    [
        ("tls.alert_message.desc", AlertDescription, set()),
        ("tls.record.content_type", ContentType, set()),
        # Drafts of TLS 1.3 had key_share at 40 and a ticket's early data info at 46, those of DTLS connection_id at 53.
        ("tls.handshake.extension.type", ExtensionType, {40, 46, 53}),
    ],
)
def test_wireshark_knows_no_more(field, enum, unassigned):
    """What Wireshark has a name for has one here, except for what was never assigned."""
    known = {value for value, names in tshark_values(field).items() if "Reserved (GREASE)" not in names}
    assert unassigned == known - set(enum)


@pytest.mark.parametrize("name", CONTRACT)
def test_handshake_messages_have_the_names_of_the_contract(name):
    """Scripts find a message by the RFC's name."""
    assert name in HandshakeType.__members__


@pytest.mark.parametrize(
    ("expected", "enum", "value"),
    [
        ("X25519MLKEM768", NamedGroup, 0x11EC),
        ("general_error", AlertDescription, 117),
        ("ech_required", AlertDescription, 121),
        ("TLSv1", ProtocolVersion, 0x0301),
        ("TLSv1.3", ProtocolVersion, 0x0304),
        ("DTLSv1.2", ProtocolVersion, 0xFEFD),
        ("unknown 0x63", HandshakeType, 99),
        ("unknown 0x00FE", CipherSuite, 0xFE),
        ("unknown 0x12345", AlertLevel, 0x12345),
        ("GREASE 0xCACA", CipherSuite, 0xCACA),
        ("unknown 0x1A0A", CipherSuite, 0x1A0A),
        ("unknown 0x1A1B", NamedGroup, 0x1A1B),
        ("unknown 0xA0A", AlertLevel, 0x0A0A),
    ],
)
def test_every_value_has_a_name(expected, enum, value):
    """Assigned values have the RFC's name, reserved ones are GREASE, all others are shown by their number."""
    assert expected == name_of(enum, value)


def test_grease_is_sixteen_values():
    """RFC 8701 section 2 reserves 0x0A0A, 0x1A1A ... 0xFAFA, and no others."""
    reserved = [value for value in range(0x10000) if codes.is_grease(value)]
    assert [0x0A0A + step * 0x1010 for step in range(16)] == reserved


@pytest.mark.parametrize("enum", ENUMS)
def test_no_assigned_value_is_grease(enum):
    """GREASE is never assigned."""
    assert issubclass(enum, IntEnum)
    assert [] == [value for value in enum if codes.is_grease(value)]


@given(st.sampled_from(ENUMS), st.integers())
def test_any_number_can_be_named(enum, value):
    """A peer may send any number: none raises, and an unknown one can be read in its name."""
    name = name_of(enum, value)
    assert name
    if value not in set(enum):
        assert value == int(name.split(" ")[1], 16 if value >= 0 else 10)


def hello(random):
    body = b"\x03\x03" + random + b"\x00" + b"\x13\x01" + b"\x00" + b"\x00\x00"
    return b"\x02" + len(body).to_bytes(3, "big") + body


@pytest.mark.parametrize(
    ("expected", "content_type", "data"),
    [
        ("ClientHello", 22, b"\x01\x00\x00\x00"),
        ("ServerHello", 22, hello(bytes(32))),
        ("HelloRetryRequest", 22, hello(sha256(b"HelloRetryRequest").digest())),
        ("ServerHello", 22, hello(sha256(b"HelloRetryRequest").digest())[:37]),
        ("HelloRetryRequest", 22, hello(sha256(b"HelloRetryRequest").digest())[:38]),
        ("unknown 0x63", 22, b"\x63\x00\x00\x00"),
        ("Handshake", 22, b""),
        ("ChangeCipherSpec", 20, b"\x01"),
        ("Alert", 21, b"\x02\x30"),
        ("Alert", 21, b""),
        ("ApplicationData", 23, b""),
        ("Heartbeat", 24, b"\x01"),
        ("unknown 0x1E", 30, b"\x01"),
    ],
)
def test_messages_are_named(expected, content_type, data):
    """A message is known by its type; a HelloRetryRequest by the random that RFC 8446 section 4.1.3 gives it."""
    assert expected == message_name(content_type, data)


@pytest.mark.parametrize(
    ("expected", "content_type", "data"),
    [
        ("warning close_notify", 21, b"\x01\x00"),
        ("fatal unknown_ca", 21, b"\x02\x30"),
        ("unknown 0x07 unknown 0xFF", 21, b"\x07\xff"),
        ("fatal", 21, b"\x02"),
        ("", 21, b""),
        ("", 20, b"\x01"),
        ("TLS_AES_128_GCM_SHA256", 22, hello(bytes(32))),
        ("cut short, or longer than it says", 22, hello(bytes(32))[:-1]),
        ("cut short, or longer than it says", 22, hello(bytes(32)) + b"\x00"),
        ("", 22, b"\x02\x00\x00\x02\x03\x03"),
        ("", 22, b"\x02\x00\x00\x23\x03\x03" + bytes(32) + b"\xff"),
        ("update_requested", 22, b"\x18\x00\x00\x01\x01"),
        ("unknown 0x02", 22, b"\x18\x00\x00\x01\x02"),
        ("", 22, b"\x14\x00\x00\x01\x02"),
        ("", 23, b"\x14"),
    ],
)
def test_messages_say_what_is_cheap_to_see(expected, content_type, data):
    """An alert is named, a ServerHello tells its suite, a message of another length than it says is marked."""
    assert expected == message_note(content_type, data)


@given(st.integers(0, 255), st.binary(max_size=80))
def test_no_message_raises(content_type, data):
    """Whatever a peer sent has a name."""
    assert message_name(content_type, data)
    message_note(content_type, data)


@pytest.mark.parametrize("length", range(len(hello(bytes(32)))))
def test_no_prefix_of_a_message_raises(length):
    """A message that was cut anywhere has a name, and its note says that it was."""
    data = hello(bytes(32))[:length]
    assert ("Handshake" if length == 0 else "ServerHello") == message_name(22, data)
    assert message_note(22, data) == "cut short, or longer than it says"
