"""What the code points of the small registries mean, in a sentence each, and whether they are sound today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.tls import registries as known

if TYPE_CHECKING:
    from collections.abc import Mapping

_CRIME = "Insecure: how well a guess compresses gives secrets away (CRIME, CVE-2012-4929)."
_OWN_CURVE = "A curve of the server's own making: forbidden by RFC 8422, for nobody can vet it."

RECORD_COMPRESSIONS: Mapping[int, str] = {
    known.CompressionMethod.null: "No compression: all that is sound, and all that TLS 1.3 allows.",
    known.CompressionMethod.DEFLATE: _CRIME,
    known.CompressionMethod.LZS: _CRIME,
}

POINT_FORMATS: Mapping[int, str] = {
    known.ECPointFormat.uncompressed: "Both coordinates are sent: all that RFC 8422 and TLS 1.3 leave.",
    known.ECPointFormat.ansiX962_compressed_prime: "One coordinate and the other's sign: deprecated by RFC 8422.",
    known.ECPointFormat.ansiX962_compressed_char2: "The same for curves over binary fields: deprecated by RFC 8422.",
}

CURVE_TYPES: Mapping[int, str] = {
    known.ECCurveType.explicit_prime: _OWN_CURVE,
    known.ECCurveType.explicit_char2: _OWN_CURVE,
    known.ECCurveType.named_curve: "A curve from the registry: all that RFC 8422 allows.",
}

FRAGMENT_LENGTHS: Mapping[int, str] = {
    value: f"No more than {1 << 8 + value} bytes of plaintext in a record." for value in known.MaxFragmentLength
}

STATUS_TYPES: Mapping[int, str] = {
    known.CertificateStatusType.ocsp: "An OCSP response for the server's own certificate.",
    known.CertificateStatusType.ocsp_multi: "An OCSP response for each certificate of the chain.",
}

CERTIFICATE_TYPES: Mapping[int, str] = {
    known.CertificateType.X509: "A chain of certificates up to an authority: what nearly everybody shows.",
    known.CertificateType.OpenPGP: "A key of OpenPGP: TLS 1.3 forbids it.",
    known.CertificateType.RawPublicKey: "A bare public key, which the peer must know from elsewhere.",
    known.CertificateType.IEEE_1609Dot2: "A certificate of vehicles and roads (IEEE 1609.2).",
}

CLIENT_CERTIFICATE_TYPES: Mapping[int, str] = {
    known.ClientCertificateType.rsa_sign: "A certificate with an RSA key, which signs.",
    known.ClientCertificateType.dss_sign: "A certificate with a DSA key, which signs: DSA is withdrawn.",
    known.ClientCertificateType.rsa_fixed_dh: "A certificate with a fixed Diffie-Hellman key: gone from use.",
    known.ClientCertificateType.dss_fixed_dh: "A certificate with a fixed Diffie-Hellman key: gone from use.",
    known.ClientCertificateType.rsa_ephemeral_dh: "Of SSL 3.0 only.",
    known.ClientCertificateType.dss_ephemeral_dh: "Of SSL 3.0 only.",
    known.ClientCertificateType.fortezza_dms: "Of SSL 3.0 only, for a card of the American government.",
    known.ClientCertificateType.gostr341094: "A certificate with a key of the Russian GOST R 34.10-94: withdrawn.",
    known.ClientCertificateType.gostr34102001: "A certificate with a key of the Russian GOST R 34.10-2001: withdrawn.",
    known.ClientCertificateType.ecdsa_sign: "With a key of a curve, which signs; Ed25519 too (RFC 8422 section 5.5).",
    known.ClientCertificateType.rsa_fixed_ecdh: "A certificate with a fixed ECDH key: deprecated by RFC 8422.",
    known.ClientCertificateType.ecdsa_fixed_ecdh: "A certificate with a fixed ECDH key: deprecated by RFC 8422.",
    known.ClientCertificateType.gost_sign256: "A certificate with a key of GOST R 34.10-2012, 256 bits.",
    known.ClientCertificateType.gost_sign512: "A certificate with a key of GOST R 34.10-2012, 512 bits.",
}

COMPRESSIONS: Mapping[int, str] = {
    known.CertificateCompressionAlgorithm.zlib: "Deflate, in the form of zlib.",
    known.CertificateCompressionAlgorithm.brotli: "Brotli: smaller; what Chrome offers.",
    known.CertificateCompressionAlgorithm.zstd: "Zstandard: nearly as small, and fast.",
}

HEARTBEAT_MODES: Mapping[int, str] = {
    known.HeartbeatMode.peer_allowed_to_send: "The sender answers heartbeat requests.",
    known.HeartbeatMode.peer_not_allowed_to_send: "The sender does not want heartbeat requests.",
}

HEARTBEAT_TYPES: Mapping[int, str] = {
    known.HeartbeatMessageType.heartbeat_request: "The payload is to be sent back.",
    known.HeartbeatMessageType.heartbeat_response: "The payload of a request, sent back.",
}

CHAIN_TYPES: Mapping[int, str] = {
    known.CertChainType.individual_certs: "A URL for each certificate.",
    known.CertChainType.pkipath: "One URL for the whole chain.",
}

IDENTIFIERS: Mapping[int, str] = {
    known.IdentifierType.pre_agreed: "What both sides agreed on elsewhere.",
    known.IdentifierType.key_sha1_hash: "The hash of the authority's key follows.",
    known.IdentifierType.x509_name: "The authority's name follows.",
    known.IdentifierType.cert_sha1_hash: "The hash of the authority's certificate follows.",
}

CACHED: Mapping[int, str] = {
    known.CachedInformationType.cert: "The server's Certificate.",
    known.CachedInformationType.cert_req: "The server's CertificateRequest.",
}

KEY_UPDATES: Mapping[int, str] = {
    0: "The peer may keep its keys.",
    1: "The peer shall change its keys before it sends anything else.",
}
"""Of codes.KeyUpdateRequest."""
