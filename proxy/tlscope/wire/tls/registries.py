"""The small registries: what stands inside messages and extensions. The large ones are in codes.py and suites.py."""
# ruff: noqa: N815 - names are spelled as in the RFC

from __future__ import annotations

from enum import IntEnum


class CompressionMethod(IntEnum):
    """How records are compressed before they are encrypted (RFC 3749 section 2)."""

    null = 0x00
    DEFLATE = 0x01
    LZS = 0x40  # RFC 3943 section 2


class ECPointFormat(IntEnum):
    """How points of curves are written (RFC 8422 section 5.1.2)."""

    uncompressed = 0x00
    ansiX962_compressed_prime = 0x01
    ansiX962_compressed_char2 = 0x02


class ECCurveType(IntEnum):
    """How a curve is said (RFC 8422 section 5.4)."""

    explicit_prime = 0x01
    explicit_char2 = 0x02
    named_curve = 0x03


class ECBasisType(IntEnum):
    """How the field of a binary curve is said (RFC 4492 section 5.4, which numbers none: implementers count from 1)."""

    ec_basis_trinomial = 0x01
    ec_basis_pentanomial = 0x02


class NameType(IntEnum):
    """What a server is called by (RFC 6066 section 3)."""

    host_name = 0x00


class MaxFragmentLength(IntEnum):
    """Plaintext bytes in a record (RFC 6066 section 4)."""

    two_to_the_9 = 0x01
    two_to_the_10 = 0x02
    two_to_the_11 = 0x03
    two_to_the_12 = 0x04


class CertificateStatusType(IntEnum):
    """How the status of a certificate is said (RFC 6066 section 8)."""

    ocsp = 0x01
    ocsp_multi = 0x02  # RFC 6961 section 2.2


class CertificateType(IntEnum):
    """What a Certificate holds (RFC 7250 section 3)."""

    X509 = 0x00
    OpenPGP = 0x01  # RFC 6091 section 3.1
    RawPublicKey = 0x02
    IEEE_1609Dot2 = 0x03  # RFC 8902 section 4


class ClientCertificateType(IntEnum):
    """What a client may show (RFC 5246 section 7.4.4)."""

    rsa_sign = 0x01
    dss_sign = 0x02
    rsa_fixed_dh = 0x03
    dss_fixed_dh = 0x04
    rsa_ephemeral_dh = 0x05
    dss_ephemeral_dh = 0x06
    fortezza_dms = 0x14
    gostr341094 = 0x15  # draft-chudov-cryptopro-cptls section 3.3
    gostr34102001 = 0x16
    ecdsa_sign = 0x40  # RFC 8422 section 5.5
    rsa_fixed_ecdh = 0x41
    ecdsa_fixed_ecdh = 0x42
    gost_sign256 = 0x43  # RFC 9189 section 7
    gost_sign512 = 0x44


class PskKeyExchangeMode(IntEnum):
    """How a pre-shared key is used (RFC 8446 section 4.2.9)."""

    psk_ke = 0x00
    psk_dhe_ke = 0x01


class HashAlgorithm(IntEnum):
    """The first byte of a signature algorithm in TLS 1.2 (RFC 5246 section 7.4.1.4.1)."""

    none = 0x00
    MD5 = 0x01
    SHA1 = 0x02
    SHA224 = 0x03
    SHA256 = 0x04
    SHA384 = 0x05
    SHA512 = 0x06
    Intrinsic = 0x08  # RFC 8422 section 5.1.3


class SignatureAlgorithm(IntEnum):
    """The second byte of a signature algorithm in TLS 1.2 (RFC 5246 section 7.4.1.4.1)."""

    anonymous = 0x00
    RSA = 0x01
    DSA = 0x02
    ECDSA = 0x03
    ed25519 = 0x07  # RFC 8422 section 5.1.3
    ed448 = 0x08


class CertificateCompressionAlgorithm(IntEnum):
    """What a certificate is compressed with (RFC 8879 section 7.3)."""

    zlib = 0x0001
    brotli = 0x0002
    zstd = 0x0003


class HeartbeatMode(IntEnum):
    """Whether the peer may send heartbeats (RFC 6520 section 2)."""

    peer_allowed_to_send = 0x01
    peer_not_allowed_to_send = 0x02


class HeartbeatMessageType(IntEnum):
    """A question or its answer (RFC 6520 section 3)."""

    heartbeat_request = 0x01
    heartbeat_response = 0x02


class CertChainType(IntEnum):
    """What is at a certificate's URL (RFC 6066 section 5)."""

    individual_certs = 0x00
    pkipath = 0x01


class IdentifierType(IntEnum):
    """How a trusted CA is named (RFC 6066 section 6)."""

    pre_agreed = 0x00
    key_sha1_hash = 0x01
    x509_name = 0x02
    cert_sha1_hash = 0x03


class CachedInformationType(IntEnum):
    """What a client holds already (RFC 7924 section 3)."""

    cert = 0x01
    cert_req = 0x02


class SRTPProtectionProfile(IntEnum):
    """How SRTP protects packets (RFC 5764 section 4.1.2)."""

    SRTP_AES128_CM_HMAC_SHA1_80 = 0x0001
    SRTP_AES128_CM_HMAC_SHA1_32 = 0x0002
    SRTP_NULL_HMAC_SHA1_80 = 0x0005
    SRTP_NULL_HMAC_SHA1_32 = 0x0006
    SRTP_AEAD_AES_128_GCM = 0x0007  # RFC 7714 section 14.2
    SRTP_AEAD_AES_256_GCM = 0x0008
    DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM = 0x0009  # RFC 8723 section 10.1
    DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM = 0x000A
    SRTP_ARIA_128_CTR_HMAC_SHA1_80 = 0x000B  # RFC 8269 section 6
    SRTP_ARIA_128_CTR_HMAC_SHA1_32 = 0x000C
    SRTP_ARIA_256_CTR_HMAC_SHA1_80 = 0x000D
    SRTP_ARIA_256_CTR_HMAC_SHA1_32 = 0x000E
    SRTP_AEAD_ARIA_128_GCM = 0x000F
    SRTP_AEAD_ARIA_256_GCM = 0x0010


class TokenBindingKeyParameters(IntEnum):
    """What a bound token is signed with (RFC 8471 section 3.3)."""

    rsa2048_pkcs1_5 = 0x00
    rsa2048_pss = 0x01
    ecdsap256 = 0x02


class ECHClientHelloType(IntEnum):
    """Which of the two hellos this is (RFC 9849 section 5)."""

    outer = 0x00
    inner = 0x01


class KEM(IntEnum):
    """Key encapsulation of HPKE (RFC 9180 section 7.1)."""

    DHKEM_P256_HKDF_SHA256 = 0x0010
    DHKEM_P384_HKDF_SHA384 = 0x0011
    DHKEM_P521_HKDF_SHA512 = 0x0012
    DHKEM_X25519_HKDF_SHA256 = 0x0020
    DHKEM_X448_HKDF_SHA512 = 0x0021


class KDF(IntEnum):
    """Key derivation of HPKE (RFC 9180 section 7.2)."""

    HKDF_SHA256 = 0x0001
    HKDF_SHA384 = 0x0002
    HKDF_SHA512 = 0x0003


class AEAD(IntEnum):
    """Encryption of HPKE (RFC 9180 section 7.3)."""

    AES_128_GCM = 0x0001
    AES_256_GCM = 0x0002
    ChaCha20Poly1305 = 0x0003
    export_only = 0xFFFF


class QuicParameter(IntEnum):
    """Transport parameters of QUIC (RFC 9000 section 18.2 where nothing else is said)."""

    original_destination_connection_id = 0x00
    max_idle_timeout = 0x01
    stateless_reset_token = 0x02
    max_udp_payload_size = 0x03
    initial_max_data = 0x04
    initial_max_stream_data_bidi_local = 0x05
    initial_max_stream_data_bidi_remote = 0x06
    initial_max_stream_data_uni = 0x07
    initial_max_streams_bidi = 0x08
    initial_max_streams_uni = 0x09
    ack_delay_exponent = 0x0A
    max_ack_delay = 0x0B
    disable_active_migration = 0x0C
    preferred_address = 0x0D
    active_connection_id_limit = 0x0E
    initial_source_connection_id = 0x0F
    retry_source_connection_id = 0x10
    version_information = 0x11  # RFC 9368 section 3
    max_datagram_frame_size = 0x20  # RFC 9221 section 3
    discard = 0x173E  # what a client pads its hello with, to test large ones
    loss_bits = 0x1057  # draft-ferrieuxhamchaoui-quic-lossbits
    cibir_encoding = 0x1000  # draft-banks-quic-cibir
    grease_quic_bit = 0x2AB2  # RFC 9287 section 3
    google_initial_rtt = 0x3127
    google_connection_options = 0x3128
    google_user_agent = 0x3129
    google_support_handshake_done = 0x312A
    google_key_update_not_yet_supported = 0x312B
    google_version = 0x4752
    enable_time_stamp_v2 = 0x7158  # draft-huitema-quic-ts
    min_ack_delay_draft = 0xDE1A
    version_information_draft = 0xFF73DB  # draft-ietf-quic-version-negotiation
    min_ack_delay = 0xFF04DE1B  # draft-ietf-quic-ack-frequency


class QuicVersion(IntEnum):
    """Versions of QUIC (RFC 9000 section 15, RFC 9369 section 3.1)."""

    QUICv1 = 0x00000001
    QUICv2 = 0x6B3343CF
