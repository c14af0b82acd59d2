"""The numbers of TLS: code points as IntEnums, spelled as in the RFC that assigns them, which stands beside each.

A peer may send any number at all. `name_of` gives a word for every one of them: the RFC's name, `GREASE`, or the number
itself; none is an error. `message_name` and `message_note` do the same for whole messages.

The cipher suites, which are many, have a file of their own (suites.py).
"""
# ruff: noqa: N815 - names are spelled as in the RFC

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from collections.abc import Mapping

HELLO_RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a ServerHello that is a HelloRetryRequest: SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3)."""


def name_of(enum: type[IntEnum], value: int) -> str:
    """The RFC's name of `value`; `GREASE 0x0A0A` for a reserved one (RFC 8701), `unknown 0x63` for any other."""
    try:
        name = enum(value).name
    except ValueError:
        pass
    else:
        return name.replace("_", ".") if enum is ProtocolVersion else name
    if enum in GREASED and is_grease(value):
        return f"GREASE 0x{value:04X}"
    digits = 4 if enum in GREASED else 2
    return f"unknown 0x{value:0{digits}X}" if value >= 0 else f"unknown {value}"


def is_grease(value: int) -> bool:
    """Whether a 16-bit code point is one of the sixteen that RFC 8701 section 2 reserves: 0x0A0A, 0x1A1A ... 0xFAFA."""
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


def message_name(content_type: int, data: bytes) -> str:
    """The name of a protocol message: `ClientHello`, `HelloRetryRequest`, `Alert` ... Never raises.

    `data` is the message as events.Message holds it; what is too short to have a name is called by its content type.
    """
    if content_type != ContentType.handshake or not data:
        return MESSAGES.get(content_type) or name_of(ContentType, content_type)
    if data[0] == HandshakeType.ServerHello and data[6:38] == HELLO_RETRY_RANDOM:
        return HandshakeType.HelloRetryRequest.name
    return name_of(HandshakeType, data[0])


def message_note(content_type: int, data: bytes) -> str:
    """What a message says, in a few words, where that is cheap to see; empty otherwise. Never raises."""
    if content_type == ContentType.alert:
        return " ".join(name_of(enum, value) for enum, value in zip((AlertLevel, AlertDescription), data, strict=False))
    if content_type != ContentType.handshake:
        return ""
    if len(data) < 4 or int.from_bytes(data[1:4], "big") != len(data) - 4:
        return "cut short, or longer than it says"
    if data[0] == HandshakeType.ServerHello:
        # msg_type(1) length(3) legacy_version(2) random(32) session id(1 + n) cipher_suite(2), RFC 8446 section 4.1.3
        suite = data[39 + data[38] : 41 + data[38]] if len(data) > 38 else b""
        return name_of(CipherSuite, int.from_bytes(suite, "big")) if len(suite) == 2 else ""
    if data[0] == HandshakeType.KeyUpdate and len(data) == 5:
        return name_of(KeyUpdateRequest, data[4])
    return ""


class ContentType(IntEnum):
    """What a record carries (RFC 8446 section 5.1)."""

    invalid = 0x00
    change_cipher_spec = 0x14
    alert = 0x15
    handshake = 0x16
    application_data = 0x17
    heartbeat = 0x18  # RFC 6520 section 3
    tls12_cid = 0x19  # RFC 9146 section 4
    ACK = 0x1A  # RFC 9147 section 7


class HandshakeType(IntEnum):
    """What a handshake message is (RFC 8446 section 4 where nothing else is said)."""

    HelloRequest = 0x00  # RFC 5246 section 7.4.1.1
    ClientHello = 0x01  # section 4.1.2
    ServerHello = 0x02  # section 4.1.3
    HelloVerifyRequest = 0x03  # RFC 6347 section 4.2.1
    NewSessionTicket = 0x04  # section 4.6.1
    EndOfEarlyData = 0x05  # section 4.5
    HelloRetryRequest = 0x06  # drafts only; since section 4.1.4 it travels as a ServerHello
    EncryptedExtensions = 0x08  # section 4.3.1
    RequestConnectionId = 0x09  # RFC 9147 section 9
    NewConnectionId = 0x0A  # RFC 9147 section 9
    Certificate = 0x0B  # section 4.4.2
    ServerKeyExchange = 0x0C  # RFC 5246 section 7.4.3
    CertificateRequest = 0x0D  # section 4.3.2
    ServerHelloDone = 0x0E  # RFC 5246 section 7.4.5
    CertificateVerify = 0x0F  # section 4.4.3
    ClientKeyExchange = 0x10  # RFC 5246 section 7.4.7
    ClientCertificateRequest = 0x11  # RFC 9261 section 4
    Finished = 0x14  # section 4.4.4
    CertificateURL = 0x15  # RFC 6066 section 5
    CertificateStatus = 0x16  # RFC 6066 section 8
    SupplementalData = 0x17  # RFC 4680 section 2
    KeyUpdate = 0x18  # section 4.6.3
    CompressedCertificate = 0x19  # RFC 8879 section 4
    EKTKey = 0x1A  # RFC 8870 section 5.2
    NextProtocol = 0x43  # draft-agl-tls-nextprotoneg section 3
    MessageHash = 0xFE  # section 4.4.1; in the transcript, never on the wire


class KeyUpdateRequest(IntEnum):
    """Whether the peer shall update its keys too (RFC 8446 section 4.6.3)."""

    update_not_requested = 0x00
    update_requested = 0x01


class AlertLevel(IntEnum):
    """How grave an alert is (RFC 8446 section 6)."""

    warning = 0x01
    fatal = 0x02


class AlertDescription(IntEnum):
    """What an alert says (RFC 8446 section 6 where nothing else is said)."""

    close_notify = 0x00  # section 6.1
    end_of_early_data = 0x01  # drafts of RFC 8446
    unexpected_message = 0x0A
    bad_record_mac = 0x14
    decryption_failed = 0x15  # RFC 5246 section 7.2.2
    record_overflow = 0x16
    decompression_failure = 0x1E  # RFC 5246 section 7.2.2
    handshake_failure = 0x28
    no_certificate = 0x29  # RFC 6101 section 5.4.2
    bad_certificate = 0x2A
    unsupported_certificate = 0x2B
    certificate_revoked = 0x2C
    certificate_expired = 0x2D
    certificate_unknown = 0x2E
    illegal_parameter = 0x2F
    unknown_ca = 0x30
    access_denied = 0x31
    decode_error = 0x32
    decrypt_error = 0x33
    too_many_cids_requested = 0x34  # RFC 9147 section 9
    export_restriction = 0x3C  # RFC 5246 section 7.2.2
    protocol_version = 0x46
    insufficient_security = 0x47
    internal_error = 0x50
    inappropriate_fallback = 0x56  # RFC 7507 section 3
    user_canceled = 0x5A  # section 6.1
    no_renegotiation = 0x64  # RFC 5246 section 7.2.2
    missing_extension = 0x6D
    unsupported_extension = 0x6E
    certificate_unobtainable = 0x6F  # RFC 6066 section 9
    unrecognized_name = 0x70
    bad_certificate_status_response = 0x71
    bad_certificate_hash_value = 0x72  # RFC 6066 section 9
    unknown_psk_identity = 0x73
    certificate_required = 0x74
    general_error = 0x75  # RFC 9846 section 6.2
    no_application_protocol = 0x78  # RFC 7301 section 3.2
    ech_required = 0x79  # RFC 9849 section 5


class ProtocolVersion(IntEnum):
    """Versions as they stand on the wire; named as OpenSSL says them, with a dot for the underscore."""

    SSLv2 = 0x0002  # RFC 6176
    SSLv3 = 0x0300  # RFC 6101 section 5.2.1
    TLSv1 = 0x0301  # RFC 2246 section 6.2.1
    TLSv1_1 = 0x0302  # RFC 4346 section 6.2.1
    TLSv1_2 = 0x0303  # RFC 5246 section 6.2.1
    TLSv1_3 = 0x0304  # RFC 8446 section 4.2.1
    DTLSv1 = 0xFEFF  # RFC 4347 section 4.1
    DTLSv1_2 = 0xFEFD  # RFC 6347 section 4.1
    DTLSv1_3 = 0xFEFC  # RFC 9147 section 5.3


class ExtensionType(IntEnum):
    """Extensions of hellos, certificates and tickets (RFC 8446 section 4.2 where nothing else is said)."""

    server_name = 0x0000  # RFC 6066 section 3
    max_fragment_length = 0x0001  # RFC 6066 section 4
    client_certificate_url = 0x0002  # RFC 6066 section 5
    trusted_ca_keys = 0x0003  # RFC 6066 section 6
    truncated_hmac = 0x0004  # RFC 6066 section 7
    status_request = 0x0005  # RFC 6066 section 8
    user_mapping = 0x0006  # RFC 4681 section 2
    client_authz = 0x0007  # RFC 5878 section 2
    server_authz = 0x0008  # RFC 5878 section 2
    cert_type = 0x0009  # RFC 6091 section 3.1
    supported_groups = 0x000A  # RFC 7919 section 2
    ec_point_formats = 0x000B  # RFC 8422 section 5.1.2
    srp = 0x000C  # RFC 5054 section 2.8.1
    signature_algorithms = 0x000D  # section 4.2.3
    use_srtp = 0x000E  # RFC 5764 section 4.1
    heartbeat = 0x000F  # RFC 6520 section 2
    application_layer_protocol_negotiation = 0x0010  # RFC 7301 section 3.1
    status_request_v2 = 0x0011  # RFC 6961 section 2.2
    signed_certificate_timestamp = 0x0012  # RFC 6962 section 3.3.1
    client_certificate_type = 0x0013  # RFC 7250 section 3
    server_certificate_type = 0x0014  # RFC 7250 section 3
    padding = 0x0015  # RFC 7685 section 3
    encrypt_then_mac = 0x0016  # RFC 7366 section 2
    extended_master_secret = 0x0017  # RFC 7627 section 5.1
    token_binding = 0x0018  # RFC 8472 section 2
    cached_info = 0x0019  # RFC 7924 section 3
    compress_certificate = 0x001B  # RFC 8879 section 3
    record_size_limit = 0x001C  # RFC 8449 section 4
    pwd_protect = 0x001D  # RFC 8492 section 4.3
    pwd_clear = 0x001E  # RFC 8492 section 4.3
    password_salt = 0x001F  # RFC 8492 section 4.4
    ticket_pinning = 0x0020  # RFC 8672 section 3
    tls_cert_with_extern_psk = 0x0021  # RFC 8773 section 5
    delegated_credential = 0x0022  # RFC 9345 section 4.1
    session_ticket = 0x0023  # RFC 5077 section 3.2
    supported_ekt_ciphers = 0x0027  # RFC 8870 section 5.2
    pre_shared_key = 0x0029  # section 4.2.11
    early_data = 0x002A  # section 4.2.10
    supported_versions = 0x002B  # section 4.2.1
    cookie = 0x002C  # section 4.2.2
    psk_key_exchange_modes = 0x002D  # section 4.2.9
    certificate_authorities = 0x002F  # section 4.2.4
    oid_filters = 0x0030  # section 4.2.5
    post_handshake_auth = 0x0031  # section 4.2.6
    signature_algorithms_cert = 0x0032  # section 4.2.3
    key_share = 0x0033  # section 4.2.8
    transparency_info = 0x0034  # RFC 9162 section 6.5
    connection_id = 0x0036  # RFC 9146 section 3
    external_id_hash = 0x0037  # RFC 8844 section 3.2
    external_session_id = 0x0038  # RFC 8844 section 4.3
    quic_transport_parameters = 0x0039  # RFC 9001 section 8.2
    ticket_request = 0x003A  # RFC 9149 section 3
    dnssec_chain = 0x003B  # RFC 9102 section 2
    ecjpake_key_kp_pair = 0x0100  # draft-cragie-tls-ecjpake-01 section 7; never assigned, Thread uses it
    trust_anchors = 0xCA34  # draft-ietf-tls-trust-anchor-ids section 4.1, as Chrome sends it
    ech_outer_extensions = 0xFD00  # RFC 9849 section 5.1
    encrypted_client_hello = 0xFE0D  # RFC 9849 section 5
    next_protocol_negotiation = 0x3374  # draft-agl-tls-nextprotoneg section 3
    application_settings_old = 0x4469  # draft-vvv-tls-alps section 4, as Chrome sent it before 2025
    application_settings = 0x44CD  # draft-vvv-tls-alps section 4
    channel_id_old = 0x754F  # draft-balfanz-tls-channelid
    channel_id = 0x7550  # draft-balfanz-tls-channelid
    encrypted_server_name = 0xFFCE  # draft-ietf-tls-esni-02 section 5
    quic_transport_parameters_draft = 0xFFA5  # draft-ietf-quic-tls-32 section 8.2
    renegotiation_info = 0xFF01  # RFC 5746 section 3.2


class SignatureScheme(IntEnum):
    """How a signature is made (RFC 8446 section 4.2.3 where nothing else is said)."""

    rsa_pkcs1_md5 = 0x0101  # RFC 5246 section 7.4.1.4.1, as are all pairs of hash and signature
    rsa_pkcs1_sha1 = 0x0201
    dsa_sha1 = 0x0202  # RFC 5246
    ecdsa_sha1 = 0x0203
    rsa_pkcs1_sha224 = 0x0301  # RFC 5246
    dsa_sha224 = 0x0302  # RFC 5246
    ecdsa_sha224 = 0x0303  # RFC 5246
    rsa_pkcs1_sha256 = 0x0401
    dsa_sha256 = 0x0402  # RFC 5246
    ecdsa_secp256r1_sha256 = 0x0403
    rsa_pkcs1_sha256_legacy = 0x0420  # RFC 9963 section 3
    rsa_pkcs1_sha384 = 0x0501
    dsa_sha384 = 0x0502  # RFC 5246
    ecdsa_secp384r1_sha384 = 0x0503
    rsa_pkcs1_sha384_legacy = 0x0520  # RFC 9963 section 3
    rsa_pkcs1_sha512 = 0x0601
    dsa_sha512 = 0x0602  # RFC 5246
    ecdsa_secp521r1_sha512 = 0x0603
    rsa_pkcs1_sha512_legacy = 0x0620  # RFC 9963 section 3
    sm2sig_sm3 = 0x0708  # RFC 8998 section 3.2.1
    gostr34102012_256a = 0x0709  # RFC 9367 section 5
    gostr34102012_256b = 0x070A
    gostr34102012_256c = 0x070B
    gostr34102012_256d = 0x070C
    gostr34102012_512a = 0x070D
    gostr34102012_512b = 0x070E
    gostr34102012_512c = 0x070F
    rsa_pss_rsae_sha256 = 0x0804
    rsa_pss_rsae_sha384 = 0x0805
    rsa_pss_rsae_sha512 = 0x0806
    ed25519 = 0x0807
    ed448 = 0x0808
    rsa_pss_pss_sha256 = 0x0809
    rsa_pss_pss_sha384 = 0x080A
    rsa_pss_pss_sha512 = 0x080B
    ecdsa_brainpoolP256r1tls13_sha256 = 0x081A  # RFC 8734 section 4
    ecdsa_brainpoolP384r1tls13_sha384 = 0x081B
    ecdsa_brainpoolP512r1tls13_sha512 = 0x081C
    mldsa44 = 0x0904  # draft-ietf-tls-mldsa section 3
    mldsa65 = 0x0905
    mldsa87 = 0x0906


class NamedGroup(IntEnum):
    """Groups of the key exchange (RFC 8446 section 4.2.7 and RFC 8422 section 5.1.1 where nothing else is said)."""

    sect163k1 = 0x0001
    sect163r1 = 0x0002
    sect163r2 = 0x0003
    sect193r1 = 0x0004
    sect193r2 = 0x0005
    sect233k1 = 0x0006
    sect233r1 = 0x0007
    sect239k1 = 0x0008
    sect283k1 = 0x0009
    sect283r1 = 0x000A
    sect409k1 = 0x000B
    sect409r1 = 0x000C
    sect571k1 = 0x000D
    sect571r1 = 0x000E
    secp160k1 = 0x000F
    secp160r1 = 0x0010
    secp160r2 = 0x0011
    secp192k1 = 0x0012
    secp192r1 = 0x0013
    secp224k1 = 0x0014
    secp224r1 = 0x0015
    secp256k1 = 0x0016
    secp256r1 = 0x0017
    secp384r1 = 0x0018
    secp521r1 = 0x0019
    brainpoolP256r1 = 0x001A  # RFC 7027 section 2
    brainpoolP384r1 = 0x001B
    brainpoolP512r1 = 0x001C
    x25519 = 0x001D
    x448 = 0x001E
    brainpoolP256r1tls13 = 0x001F  # RFC 8734 section 3
    brainpoolP384r1tls13 = 0x0020
    brainpoolP512r1tls13 = 0x0021
    GC256A = 0x0022  # RFC 9189 section 6
    GC256B = 0x0023
    GC256C = 0x0024
    GC256D = 0x0025
    GC512A = 0x0026
    GC512B = 0x0027
    GC512C = 0x0028
    curveSM2 = 0x0029  # RFC 8998 section 3.3.1
    ffdhe2048 = 0x0100  # RFC 7919 section 2
    ffdhe3072 = 0x0101
    ffdhe4096 = 0x0102
    ffdhe6144 = 0x0103
    ffdhe8192 = 0x0104
    MLKEM512 = 0x0200  # draft-ietf-tls-mlkem section 4
    MLKEM768 = 0x0201
    MLKEM1024 = 0x0202
    SecP256r1MLKEM768 = 0x11EB  # draft-ietf-tls-ecdhe-mlkem section 3
    X25519MLKEM768 = 0x11EC
    SecP384r1MLKEM1024 = 0x11ED
    curveSM2MLKEM768 = 0x11EE  # draft-yang-tls-hybrid-sm2-mlkem
    X25519Kyber768Draft00 = 0x6399  # draft-tls-westerbaan-xyber768d00 section 2
    SecP256r1Kyber768Draft00 = 0x639A  # draft-kwiatkowski-tls-ecdhe-kyber
    arbitrary_explicit_prime_curves = 0xFF01
    arbitrary_explicit_char2_curves = 0xFF02


GREASED: frozenset[type[IntEnum]] = frozenset(
    {CipherSuite, ExtensionType, NamedGroup, SignatureScheme, ProtocolVersion}
)
"""The 16-bit registries in which RFC 8701 reserves values."""

MESSAGES: Mapping[int, str] = {
    ContentType.change_cipher_spec: "ChangeCipherSpec",
    ContentType.alert: "Alert",
    ContentType.handshake: "Handshake",
    ContentType.application_data: "ApplicationData",
    ContentType.heartbeat: "Heartbeat",
}
"""What a message is called that its content type alone names."""
