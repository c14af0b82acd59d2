"""What values mean, in a sentence each, and whether they are sound today: for a person who reads a handshake.

Suites' notes are made from their names' parts (anatomy.py); those of groups, schemes, extensions, messages and alerts
are written here. What has no note is unknown, which is no fault (RFC 8446 section 9.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.tls.anatomy import GREASE_NOTE, suite_note
from tlscope.wire.tls.codes import AlertDescription as Alert
from tlscope.wire.tls.codes import ExtensionType as Ext
from tlscope.wire.tls.codes import HandshakeType as Msg
from tlscope.wire.tls.codes import NamedGroup as Group
from tlscope.wire.tls.codes import ProtocolVersion as Version
from tlscope.wire.tls.codes import SignatureScheme as Scheme
from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from collections.abc import Mapping


class Told(NamedTuple):
    """A sentence, and where it is written."""

    note: str
    reference: str


GREASE: Mapping[int, str] = {0x0A0A + 0x1010 * i: GREASE_NOTE for i in range(16)}
"""The sixteen 16-bit values of RFC 8701 section 2."""
GREASE_BYTES: Mapping[int, str] = {0x0B + 0x1F * i: GREASE_NOTE for i in range(8)}
"""The eight 8-bit values of RFC 8701 section 2, for psk_key_exchange_modes."""

SUITES: Mapping[int, str] = {suite: suite_note(suite) for suite in [*CipherSuite, *GREASE]}

VERSIONS: Mapping[int, str] = {
    **GREASE,
    Version.SSLv2: "Broken since 1995 and forbidden (RFC 6176).",
    Version.SSLv3: "Broken: its padding can be used to decrypt (POODLE); forbidden by RFC 7568.",
    Version.TLSv1: "Deprecated by RFC 8996: it stands on MD5 and SHA-1, and its CBC can be attacked (BEAST).",
    Version.TLSv1_1: "Deprecated by RFC 8996: it stands on MD5 and SHA-1.",
    Version.TLSv1_2: "Sound with ECDHE and an AEAD cipher; its Certificate passes in the clear.",
    Version.TLSv1_3: "Today's version: encrypted from the ServerHello on, forward secret but for early data and the "
    "rare resumption without a key exchange.",
    **{0x7F00 + draft: f"TLS 1.3 as it was in draft {draft}, before RFC 8446." for draft in range(18, 29)},
}

_SMALL = "Too small: below 112 bits of strength; deprecated by RFC 8422."
_BINARY = "A curve over a binary field: deprecated by RFC 8422, hardly anybody uses it."
_OLD_PRIME = "A prime curve that RFC 8422 deprecates."
_BRAINPOOL_12 = "A Brainpool curve in its TLS 1.2 code point: as strong as NIST's of that size, and rare."
_BRAINPOOL_13 = "A Brainpool curve in its TLS 1.3 code point: as strong as NIST's of that size, and rare."
_GOST = "A curve of the Russian GOST R 34.10-2012."
_FFDHE = "Finite-field Diffie-Hellman in a vetted group: sound, slower than a curve, not against a quantum computer."
_KEM_ALONE = "Post-quantum ML-KEM alone, without a classical exchange to fall back on should ML-KEM fall."
_KYBER = "An experiment with the draft of ML-KEM, retired in 2024."

GROUPS: Mapping[int, str] = {
    **GREASE,
    **dict.fromkeys((Group.sect163k1, Group.sect163r1, Group.sect163r2, Group.sect193r1, Group.sect193r2), _SMALL),
    **dict.fromkeys((Group.secp160k1, Group.secp160r1, Group.secp160r2, Group.secp192k1, Group.secp192r1), _SMALL),
    **dict.fromkeys((Group.sect233k1, Group.sect233r1, Group.sect239k1, Group.sect283k1, Group.sect283r1), _BINARY),
    **dict.fromkeys((Group.sect409k1, Group.sect409r1, Group.sect571k1, Group.sect571r1), _BINARY),
    **dict.fromkeys((Group.secp224k1, Group.secp224r1, Group.secp256k1), _OLD_PRIME),
    Group.secp256r1: "NIST P-256: sound, some 128 bits of strength, but not against a quantum computer.",
    Group.secp384r1: "NIST P-384: sound, some 192 bits of strength, but not against a quantum computer.",
    Group.secp521r1: "NIST P-521: sound, some 256 bits of strength, but not against a quantum computer.",
    **dict.fromkeys((Group.brainpoolP256r1, Group.brainpoolP384r1, Group.brainpoolP512r1), _BRAINPOOL_12),
    **dict.fromkeys((Group.brainpoolP256r1tls13, Group.brainpoolP384r1tls13), _BRAINPOOL_13),
    Group.brainpoolP512r1tls13: _BRAINPOOL_13,
    Group.x25519: "Curve25519: sound, fast, some 128 bits of strength, but not against a quantum computer.",
    Group.x448: "Curve448: sound, some 224 bits of strength, but not against a quantum computer.",
    **dict.fromkeys((Group.GC256A, Group.GC256B, Group.GC256C, Group.GC256D), _GOST),
    **dict.fromkeys((Group.GC512A, Group.GC512B, Group.GC512C), _GOST),
    Group.curveSM2: "The curve of the Chinese SM2.",
    **dict.fromkeys((Group.ffdhe2048, Group.ffdhe3072, Group.ffdhe4096, Group.ffdhe6144, Group.ffdhe8192), _FFDHE),
    **dict.fromkeys((Group.MLKEM512, Group.MLKEM768, Group.MLKEM1024), _KEM_ALONE),
    Group.SecP256r1MLKEM768: "P-256 and post-quantum ML-KEM-768 together: safe as long as either holds.",
    Group.X25519MLKEM768: "X25519 and post-quantum ML-KEM-768 together, what browsers prefer since 2024: "
    "safe as long as either holds.",
    Group.SecP384r1MLKEM1024: "P-384 and post-quantum ML-KEM-1024 together: safe as long as either holds.",
    Group.curveSM2MLKEM768: "SM2's curve and post-quantum ML-KEM-768 together: safe as long as either holds.",
    **dict.fromkeys((Group.X25519Kyber768Draft00, Group.SecP256r1Kyber768Draft00), _KYBER),
    **dict.fromkeys(
        (Group.arbitrary_explicit_prime_curves, Group.arbitrary_explicit_char2_curves),
        "A curve that the peer makes up: forbidden by RFC 8422, for nobody can vet it.",
    ),
}

_DSA = "DSA: withdrawn (FIPS 186-5), and unknown to TLS 1.3."
_SHA1 = "SHA-1: collisions are affordable; TLS 1.3 allows it in certificates at most."
_PKCS1 = "RSA with PKCS #1 v1.5 padding: sound in certificates; TLS 1.3 forbids it in CertificateVerify."
_LEGACY = "RSA with PKCS #1 v1.5 padding for client certificates whose device knows nothing better."
_PSS = "RSA with PSS padding, the certificate's key being plain RSA: sound."
_PSS_ONLY = "RSA with PSS padding, and a certificate's key that is for PSS alone: sound."
_MLDSA = "ML-DSA: safe against a quantum computer; keys and signatures of some kilobytes."
_GOST_SIGN = "Signatures of the Russian GOST R 34.10-2012."

SCHEMES: Mapping[int, str] = {
    **GREASE,
    Scheme.rsa_pkcs1_md5: "MD5: broken; forged certificates were made in 2008.",
    **dict.fromkeys((Scheme.rsa_pkcs1_sha1, Scheme.ecdsa_sha1), _SHA1),
    **dict.fromkeys((Scheme.dsa_sha1, Scheme.dsa_sha224, Scheme.dsa_sha256, Scheme.dsa_sha384), _DSA),
    Scheme.dsa_sha512: _DSA,
    Scheme.rsa_pkcs1_sha224: "RSA with SHA-224: below today's 128 bits, and unknown to TLS 1.3.",
    Scheme.ecdsa_sha224: "ECDSA with SHA-224: below today's 128 bits, and unknown to TLS 1.3.",
    **dict.fromkeys((Scheme.rsa_pkcs1_sha256, Scheme.rsa_pkcs1_sha384, Scheme.rsa_pkcs1_sha512), _PKCS1),
    **dict.fromkeys(
        (Scheme.rsa_pkcs1_sha256_legacy, Scheme.rsa_pkcs1_sha384_legacy, Scheme.rsa_pkcs1_sha512_legacy), _LEGACY
    ),
    Scheme.ecdsa_secp256r1_sha256: "ECDSA with SHA-256, in TLS 1.3 on P-256 alone: sound.",
    Scheme.ecdsa_secp384r1_sha384: "ECDSA with SHA-384, in TLS 1.3 on P-384 alone: sound.",
    Scheme.ecdsa_secp521r1_sha512: "ECDSA with SHA-512, in TLS 1.3 on P-521 alone: sound.",
    **dict.fromkeys((Scheme.rsa_pss_rsae_sha256, Scheme.rsa_pss_rsae_sha384, Scheme.rsa_pss_rsae_sha512), _PSS),
    **dict.fromkeys((Scheme.rsa_pss_pss_sha256, Scheme.rsa_pss_pss_sha384, Scheme.rsa_pss_pss_sha512), _PSS_ONLY),
    Scheme.ed25519: "Ed25519: sound, fast, deterministic; rare in public certificates.",
    Scheme.ed448: "Ed448: sound, deterministic; rare in public certificates.",
    Scheme.sm2sig_sm3: "The Chinese SM2 with SM3.",
    **dict.fromkeys((Scheme.gostr34102012_256a, Scheme.gostr34102012_256b, Scheme.gostr34102012_256c), _GOST_SIGN),
    **dict.fromkeys((Scheme.gostr34102012_256d, Scheme.gostr34102012_512a, Scheme.gostr34102012_512b), _GOST_SIGN),
    Scheme.gostr34102012_512c: _GOST_SIGN,
    **dict.fromkeys(
        (
            Scheme.ecdsa_brainpoolP256r1tls13_sha256,
            Scheme.ecdsa_brainpoolP384r1tls13_sha384,
            Scheme.ecdsa_brainpoolP512r1tls13_sha512,
        ),
        "ECDSA on a Brainpool curve: sound, and rare.",
    ),
    **dict.fromkeys((Scheme.mldsa44, Scheme.mldsa65, Scheme.mldsa87), _MLDSA),
}

EXTENSIONS: Mapping[int, Told] = {
    **dict.fromkeys(GREASE, Told(GREASE_NOTE, "RFC 8701 section 2")),
    Ext.server_name: Told(
        "The host that the client wants (SNI), so that one address can serve many names; readable by all on the way.",
        "RFC 6066 section 3",
    ),
    Ext.max_fragment_length: Told(
        "The client asks for smaller records; record_size_limit replaces it.", "RFC 6066 section 4"
    ),
    Ext.client_certificate_url: Told(
        "The client would send the address of its certificate in place of the certificate.", "RFC 6066 section 5"
    ),
    Ext.trusted_ca_keys: Told("Which roots the client trusts; hardly used.", "RFC 6066 section 6"),
    Ext.truncated_hmac: Told("MACs cut to 80 bits: deprecated, RFC 9325 forbids it.", "RFC 6066 section 7"),
    Ext.status_request: Told(
        "OCSP stapling: the server shall send its certificate's revocation status itself.", "RFC 6066 section 8"
    ),
    Ext.user_mapping: Told("Which directory names of the user the client would send.", "RFC 4681 section 2"),
    Ext.client_authz: Told("Which attribute certificates or SAML assertions the client has.", "RFC 5878 section 2"),
    Ext.server_authz: Told("Which attribute certificates or SAML assertions the server has.", "RFC 5878 section 2"),
    Ext.cert_type: Told("Which kinds of certificates, X.509 or OpenPGP; replaced by RFC 7250.", "RFC 6091 section 3.1"),
    Ext.supported_groups: Told(
        "The groups for the key exchange, the sender's favourites first.", "RFC 8446 section 4.2.7"
    ),
    Ext.ec_point_formats: Told(
        "How points of curves may be written before TLS 1.3; only uncompressed is left.", "RFC 8422 section 5.1.2"
    ),
    Ext.srp: Told("The user's name for a login by password (SRP), in the clear.", "RFC 5054 section 2.8.1"),
    Ext.signature_algorithms: Told(
        "The signatures that the sender can check, in CertificateVerify and, without signature_algorithms_cert, in "
        "certificates too.",
        "RFC 8446 section 4.2.3",
    ),
    Ext.use_srtp: Told("Keys for SRTP media shall come out of this handshake.", "RFC 5764 section 4.1"),
    Ext.heartbeat: Told(
        "Keep-alives inside TLS, known for Heartbleed (CVE-2014-0160); hardly anybody uses them.",
        "RFC 6520 section 2",
    ),
    Ext.application_layer_protocol_negotiation: Told(
        "ALPN: which protocols the client would speak inside, and in the answer the one that is spoken.",
        "RFC 7301 section 3.1",
    ),
    Ext.status_request_v2: Told(
        "OCSP stapling for the whole chain, in TLS 1.2; TLS 1.3 staples each certificate apart.", "RFC 6961 section 2.2"
    ),
    Ext.signed_certificate_timestamp: Told(
        "Certificate Transparency: proof from public logs that they know the certificate.", "RFC 6962 section 3.3.1"
    ),
    Ext.client_certificate_type: Told(
        "Which kinds of certificates the client can show, for instance raw public keys.", "RFC 7250 section 3"
    ),
    Ext.server_certificate_type: Told(
        "Which kinds of certificates the server may show, for instance raw public keys.", "RFC 7250 section 3"
    ),
    Ext.padding: Told("Zeros that bring the hello to a size that old middleboxes can stand.", "RFC 7685 section 3"),
    Ext.encrypt_then_mac: Told(
        "CBC suites shall authenticate the ciphertext, which ends padding oracles.", "RFC 7366 section 2"
    ),
    Ext.extended_master_secret: Told(
        "The master secret shall depend on the whole handshake, which ends the triple handshake attack.",
        "RFC 7627 section 5.1",
    ),
    Ext.token_binding: Told(
        "Cookies bound to a key of the client, which signs for each connection; browsers dropped it.",
        "RFC 8472 section 2",
    ),
    Ext.cached_info: Told("What the client holds already, so that it need not be sent again.", "RFC 7924 section 3"),
    Ext.compress_certificate: Told(
        "How the peer may compress its certificate, the largest part of a handshake.", "RFC 8879 section 3"
    ),
    Ext.record_size_limit: Told("The largest record, in bytes, that the sender takes.", "RFC 8449 section 4"),
    Ext.pwd_protect: Told("A login by password (dragonfly), its name encrypted.", "RFC 8492 section 4.3"),
    Ext.pwd_clear: Told("A login by password (dragonfly), its name in the clear.", "RFC 8492 section 4.3"),
    Ext.password_salt: Told("The salt of a login by password (dragonfly).", "RFC 8492 section 4.4"),
    Ext.ticket_pinning: Told("The server proves that it is the one of an earlier session.", "RFC 8672 section 3"),
    Ext.tls_cert_with_extern_psk: Told("A certificate and an external pre-shared key together.", "RFC 8773 section 5"),
    Ext.delegated_credential: Told(
        "A short-lived key that the certificate's owner signed, so that the real one can stay away from the server.",
        "RFC 9345 section 4.1",
    ),
    Ext.session_ticket: Told(
        "A ticket of an earlier TLS 1.2 session to resume, or, empty, the wish for one.", "RFC 5077 section 3.2"
    ),
    Ext.supported_ekt_ciphers: Told("Keys for encrypted conferences.", "RFC 8870 section 5.2"),
    Ext.pre_shared_key: Told(
        "Keys that both sides should know, mostly tickets of earlier sessions, each with a proof; always the last "
        "extension of a ClientHello.",
        "RFC 8446 section 4.2.11",
    ),
    Ext.early_data: Told(
        "Data before the handshake is over (0-RTT), which an attacker may send again.", "RFC 8446 section 4.2.10"
    ),
    Ext.supported_versions: Told(
        "The real list of versions, or in the answer the one that is spoken; the version fields before it are "
        "frozen at TLS 1.2 for the sake of middleboxes.",
        "RFC 8446 section 4.2.1",
    ),
    Ext.cookie: Told(
        "What the server wants to be told again in the second ClientHello, so that it need not remember.",
        "RFC 8446 section 4.2.2",
    ),
    Ext.psk_key_exchange_modes: Told(
        "Whether a resumed session gets a fresh key exchange too.", "RFC 8446 section 4.2.9"
    ),
    Ext.certificate_authorities: Told("Which authorities the sender takes certificates of.", "RFC 8446 section 4.2.4"),
    Ext.oid_filters: Told("Which extensions a client's certificate should have.", "RFC 8446 section 4.2.5"),
    Ext.post_handshake_auth: Told(
        "The client can be asked for a certificate after the handshake, too.", "RFC 8446 section 4.2.6"
    ),
    Ext.signature_algorithms_cert: Told(
        "The signatures that the sender can check in certificates.", "RFC 8446 section 4.2.3"
    ),
    Ext.key_share: Told(
        "One side's half of the key exchange: both halves make the keys of the connection.",
        "RFC 8446 section 4.2.8",
    ),
    Ext.transparency_info: Told("Certificate Transparency in its second version.", "RFC 9162 section 6.5"),
    Ext.connection_id: Told("DTLS: how to find the connection when addresses change.", "RFC 9146 section 3"),
    Ext.external_id_hash: Told("WebRTC: binds the handshake to an outside identity.", "RFC 8844 section 3.2"),
    Ext.external_session_id: Told("WebRTC: binds the handshake to a session description.", "RFC 8844 section 4.3"),
    Ext.quic_transport_parameters: Told(
        "The limits and identifiers of a QUIC connection, which TLS authenticates on its way.", "RFC 9001 section 8.2"
    ),
    Ext.quic_transport_parameters_draft: Told(
        "The limits and identifiers of a QUIC connection, as in its drafts.", "draft-ietf-quic-tls-32 section 8.2"
    ),
    Ext.ecjpake_key_kp_pair: Told(
        "The first round of a login by password (J-PAKE), as devices of Thread do it.",
        "draft-cragie-tls-ecjpake-01 section 7",
    ),
    Ext.trust_anchors: Told(
        "Which roots the client trusts, by short numbers, so that the server can choose among its certificates.",
        "draft-ietf-tls-trust-anchor-ids section 4.1",
    ),
    Ext.encrypted_server_name: Told(
        "ESNI: the server name alone encrypted; the forerunner of ECH, gone since 2021.",
        "draft-ietf-tls-esni-02 section 5",
    ),
    Ext.ticket_request: Told("How many session tickets the client wants.", "RFC 9149 section 3"),
    Ext.dnssec_chain: Told("The DNSSEC proof of the server's TLSA record (DANE).", "RFC 9102 section 2"),
    Ext.ech_outer_extensions: Told(
        "Inside an encrypted hello: which extensions to take over from the outer one.", "RFC 9849 section 5.1"
    ),
    Ext.encrypted_client_hello: Told(
        "ECH: the real ClientHello, with the real server name, encrypted inside this one; or GREASE that looks the "
        "same, so that nobody can tell.",
        "RFC 9849 section 5",
    ),
    Ext.next_protocol_negotiation: Told(
        "NPN: the forerunner of ALPN, in which the client chose; gone since 2016.",
        "draft-agl-tls-nextprotoneg section 3",
    ),
    **dict.fromkeys(
        (Ext.application_settings_old, Ext.application_settings),
        Told(
            "ALPS: settings of the inner protocol, for instance of HTTP/2, exchanged within the handshake.",
            "draft-vvv-tls-alps section 4",
        ),
    ),
    **dict.fromkeys(
        (Ext.channel_id_old, Ext.channel_id),
        Told("A key of the browser that cookies were bound to; dropped.", "draft-balfanz-tls-channelid"),
    ),
    Ext.renegotiation_info: Told(
        "Binds a renegotiation to the handshake before it; empty in the first one (CVE-2009-3555).",
        "RFC 5746 section 3.2",
    ),
}

ANSWERS: Mapping[int, Told] = {
    Ext.server_name: Told("The server knows the host that the client named, and went by it.", "RFC 6066 section 3"),
    Ext.max_fragment_length: Told("Records will be no larger than the client asked for.", "RFC 6066 section 4"),
    Ext.trusted_ca_keys: Told("The server chose its certificate by the client's roots.", "RFC 6066 section 6"),
    Ext.status_request: Told(
        "OCSP stapling: the revocation status of the certificate comes, in TLS 1.3 here, before it in a message of its "
        "own (CertificateStatus).",
        "RFC 8446 section 4.4.2.1",
    ),
    Ext.status_request_v2: Told("OCSP stapling: a CertificateStatus follows.", "RFC 6961 section 2.2"),
    Ext.supported_groups: Told(
        "The groups that the server would rather have: for the client's next connection.", "RFC 8446 section 4.2.7"
    ),
    Ext.client_certificate_type: Told(
        "Which kind of certificate the client shall show, for instance a raw public key.", "RFC 7250 section 3"
    ),
    Ext.server_certificate_type: Told(
        "Which kind of certificate the server shows, for instance a raw public key.", "RFC 7250 section 3"
    ),
    Ext.session_ticket: Told("A ticket for the next TLS 1.2 session will come.", "RFC 5077 section 3.2"),
    Ext.pre_shared_key: Told("Which of the offered keys the server took.", "RFC 8446 section 4.2.11"),
    Ext.early_data: Told("The server takes the early data (0-RTT) that was sent.", "RFC 8446 section 4.2.10"),
    Ext.cached_info: Told("What the server leaves out, as the client holds it.", "RFC 7924 section 3"),
    Ext.ticket_request: Told("How many session tickets the server will send.", "RFC 9149 section 3"),
}
"""What extensions mean in an answer, where that is something else."""

MESSAGES: Mapping[int, Told] = {
    Msg.HelloRequest: Told("The server asks the client to negotiate anew.", "RFC 5246 section 7.4.1.1"),
    Msg.ClientHello: Told("The client's offer: what it can speak, and whom it wants.", "RFC 8446 section 4.1.2"),
    Msg.ServerHello: Told("The server's choice among what the client offered.", "RFC 8446 section 4.1.3"),
    Msg.HelloRetryRequest: Told(
        "The server wants another ClientHello, mostly with a key share for the group that it names.",
        "RFC 8446 section 4.1.4",
    ),
    Msg.NewSessionTicket: Told("What the client may resume this session with later.", "RFC 8446 section 4.6.1"),
    Msg.EndOfEarlyData: Told("The client's early data ends here.", "RFC 8446 section 4.5"),
    Msg.EncryptedExtensions: Told(
        "The rest of the server's answers, those that need not be readable.", "RFC 8446 section 4.3.1"
    ),
    Msg.Certificate: Told(
        "Who the sender says it is: its certificate, and the chain to a root.", "RFC 8446 section 4.4.2"
    ),
    Msg.ServerKeyExchange: Told(
        "The server's half of the key exchange, signed where the suite says so.", "RFC 5246 section 7.4.3"
    ),
    Msg.CertificateRequest: Told("The server wants a certificate of the client.", "RFC 8446 section 4.3.2"),
    Msg.ServerHelloDone: Told("The server's first flight is over.", "RFC 5246 section 7.4.5"),
    Msg.CertificateVerify: Told(
        "A signature over the handshake so far: proof that the sender has the certificate's private key.",
        "RFC 8446 section 4.4.3",
    ),
    Msg.ClientKeyExchange: Told("The client's half of the key exchange.", "RFC 5246 section 7.4.7"),
    Msg.ClientCertificateRequest: Told(
        "The client asks for a further certificate of the server (exported authenticators).", "RFC 9261 section 4"
    ),
    Msg.Finished: Told(
        "A MAC over the whole handshake: whoever changed a byte of it on the way is found out here.",
        "RFC 8446 section 4.4.4",
    ),
    Msg.CertificateURL: Told("Where the client's certificate can be fetched.", "RFC 6066 section 5"),
    Msg.CertificateStatus: Told("The stapled OCSP response, in TLS 1.2.", "RFC 6066 section 8"),
    Msg.SupplementalData: Told("Further statements about a side, for applications.", "RFC 4680 section 2"),
    Msg.KeyUpdate: Told("The sender's next record is encrypted with the next key.", "RFC 8446 section 4.6.3"),
    Msg.CompressedCertificate: Told("A Certificate, compressed.", "RFC 8879 section 4"),
    Msg.EKTKey: Told("A key for encrypted conferences.", "RFC 8870 section 5.2"),
    Msg.NextProtocol: Told("The protocol that the client chose (NPN).", "draft-agl-tls-nextprotoneg section 3"),
    Msg.MessageHash: Told(
        "Stands for the first ClientHello in the transcript after a HelloRetryRequest; never on the wire.",
        "RFC 8446 section 4.4.1",
    ),
}

ALERTS: Mapping[int, str] = {
    Alert.close_notify: "The sender will send nothing more; without it, the end may be an attacker's cut.",
    Alert.end_of_early_data: "Of drafts of TLS 1.3 only.",
    Alert.unexpected_message: "A message came that may not come here: a bug of a peer, or somebody in between.",
    Alert.bad_record_mac: "A record did not decrypt: the keys differ, or bytes were changed on the way.",
    Alert.decryption_failed: "Like bad_record_mac; no longer sent, for telling them apart was an oracle.",
    Alert.record_overflow: "A record was longer than allowed.",
    Alert.decompression_failure: "What was compressed could not be expanded.",
    Alert.handshake_failure: "The sides have nothing in common: mostly no shared cipher suite or group.",
    Alert.no_certificate: "SSL 3.0: the client has no certificate.",
    Alert.bad_certificate: "A certificate is broken or its signature is wrong.",
    Alert.unsupported_certificate: "A certificate is of a kind, or for a use, that the sender does not take.",
    Alert.certificate_revoked: "The authority took the certificate back.",
    Alert.certificate_expired: "The certificate's time is over, has not begun, or the sender's clock is wrong.",
    Alert.certificate_unknown: "The sender does not like the certificate, and does not say why.",
    Alert.illegal_parameter: "A value is outside what the standard, or an earlier message, allows.",
    Alert.unknown_ca: "The sender trusts no authority in the chain: to be expected where an interceptor's root is not "
    "installed.",
    Alert.access_denied: "The certificate is valid, but not allowed in.",
    Alert.decode_error: "A message could not be parsed.",
    Alert.decrypt_error: "A signature, a Finished or a PSK binder did not verify.",
    Alert.too_many_cids_requested: "DTLS: more connection identifiers were asked for than the sender gives.",
    Alert.export_restriction: "Of the times of export ciphers; reserved.",
    Alert.protocol_version: "The sides have no version of TLS in common.",
    Alert.insufficient_security: "The server wants stronger ciphers than the client offers.",
    Alert.internal_error: "The sender failed for a reason of its own.",
    Alert.inappropriate_fallback: "The client retried with a lower version, though the server knows a higher one.",
    Alert.user_canceled: "Somebody gave up the handshake; no fault of the protocol.",
    Alert.no_renegotiation: "The sender does not want to negotiate anew; only a warning.",
    Alert.missing_extension: "An extension that must be there is not.",
    Alert.unsupported_extension: "A message has an extension that nobody asked for, or that may not stand there.",
    Alert.certificate_unobtainable: "The certificate could not be fetched from its URL.",
    Alert.unrecognized_name: "The server does not know the host name in server_name.",
    Alert.bad_certificate_status_response: "The stapled OCSP response is invalid or missing.",
    Alert.bad_certificate_hash_value: "The certificate behind the URL is not the one announced.",
    Alert.unknown_psk_identity: "The server does not know the pre-shared key's name.",
    Alert.certificate_required: "The server insists on a client certificate, and there was none.",
    Alert.general_error: "Something went wrong that no other alert describes.",
    Alert.no_application_protocol: "The server speaks none of the protocols that ALPN offered.",
    Alert.ech_required: "The server did not decrypt the encrypted hello, and the client will not go on without it.",
}
"""Notes on alerts' descriptions (RFC 8446 section 6.2)."""

LEVELS: Mapping[int, str] = {
    1: "Before TLS 1.3: the connection may go on; since then the description alone says.",
    2: "The connection is over, at once.",
}
