"""What can be wrong with a chain: the vocabulary, and the one function that puts it into words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FaultCode(StrEnum):
    """What can be wrong with a chain; the values are stable, for scripts."""

    EMPTY_CHAIN = "empty-chain"
    MALFORMED = "malformed"
    CHAIN_TOO_LONG = "chain-too-long"
    SELF_SIGNED = "self-signed"
    UNKNOWN_ISSUER = "unknown-issuer"
    BAD_SIGNATURE = "bad-signature"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NAME_MISMATCH = "name-mismatch"
    NO_SUBJECT_ALT_NAME = "no-subject-alt-name"
    WRONG_PURPOSE = "wrong-purpose"
    INVALID_CA = "invalid-ca"
    PATH_LENGTH = "path-length"
    NAME_CONSTRAINT = "name-constraint"
    UNHANDLED_CRITICAL_EXTENSION = "unhandled-critical-extension"
    WEAK_KEY = "weak-key"
    WEAK_SIGNATURE = "weak-signature"
    OTHER = "other"


ORDER = {code: place for place, code in enumerate(FaultCode)}
"""The order in which faults of one certificate are told."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with one certificate. Its texts come from the wire and may hold any character."""

    code: FaultCode
    depth: int
    """Where on the path: 0 is the server's own certificate, 1 its issuer; of `malformed`, where in the chain sent."""
    subject: str = ""
    """The certificate's subject, in the form of RFC 4514."""
    found: str = ""
    """What was found, for instance the end of validity or the names in the certificate."""
    wanted: str = ""
    """What should have been found, where there is one right answer."""


def describe(fault: Fault) -> str:
    """The fault as one sentence without a full stop; the only place where it becomes text."""
    whose = "the server's certificate" if fault.depth == 0 else f"the certificate at depth {fault.depth}"
    subject = f" ({fault.subject})" if fault.subject else ""
    sentence = _SENTENCES[fault.code].format(it=f"{whose}{subject}", found=fault.found, wanted=fault.wanted)
    return sentence[0].upper() + sentence[1:]


_SENTENCES = {
    FaultCode.EMPTY_CHAIN: "the server sent no certificate",
    FaultCode.MALFORMED: "{it} is malformed: {found}",
    FaultCode.CHAIN_TOO_LONG: "the server sent {found}, and {wanted} are looked at",
    FaultCode.SELF_SIGNED: "{it} is signed by itself and not trusted",
    FaultCode.UNKNOWN_ISSUER: "{it} leads to no trusted root; its issuer is {found}",
    FaultCode.BAD_SIGNATURE: "{it} has a signature that its issuer's key did not make",
    FaultCode.REVOKED: "{it} is revoked",
    FaultCode.EXPIRED: "{it} expired at {found}",
    FaultCode.NOT_YET_VALID: "{it} is not valid before {found}",
    FaultCode.NAME_MISMATCH: "{it} is not for {wanted} but for {found}",
    FaultCode.NO_SUBJECT_ALT_NAME: "{it} names no host: it has no subjectAltName",
    FaultCode.WRONG_PURPOSE: "{it} may not be used for TLS servers: it has {found} and lacks {wanted}",
    FaultCode.INVALID_CA: "{it} issued another but is no certificate authority: {found}",
    FaultCode.PATH_LENGTH: "{it} allows {wanted} authorities below itself and has {found}",
    FaultCode.NAME_CONSTRAINT: "{it} has a name that an authority above it may not vouch for: {found}",
    FaultCode.UNHANDLED_CRITICAL_EXTENSION: "{it} has a critical extension that nobody here understands: {found}",
    FaultCode.WEAK_KEY: "{it} has a weak key: {found}, less than {wanted}",
    FaultCode.WEAK_SIGNATURE: "{it} has a weak signature: {found}",
    FaultCode.OTHER: "{it} is refused by OpenSSL: {found}",
}


FROM_OPENSSL = {
    7: FaultCode.BAD_SIGNATURE,  # CERT_SIGNATURE_FAILURE
    9: FaultCode.NOT_YET_VALID,  # CERT_NOT_YET_VALID
    10: FaultCode.EXPIRED,  # CERT_HAS_EXPIRED
    13: FaultCode.MALFORMED,  # ERROR_IN_CERT_NOT_BEFORE_FIELD
    14: FaultCode.MALFORMED,  # ERROR_IN_CERT_NOT_AFTER_FIELD
    2: FaultCode.UNKNOWN_ISSUER,  # UNABLE_TO_GET_ISSUER_CERT
    18: FaultCode.SELF_SIGNED,  # DEPTH_ZERO_SELF_SIGNED_CERT
    19: FaultCode.UNKNOWN_ISSUER,  # SELF_SIGNED_CERT_IN_CHAIN
    20: FaultCode.UNKNOWN_ISSUER,  # UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    21: FaultCode.UNKNOWN_ISSUER,  # UNABLE_TO_VERIFY_LEAF_SIGNATURE
    27: FaultCode.UNKNOWN_ISSUER,  # CERT_UNTRUSTED
    22: FaultCode.CHAIN_TOO_LONG,  # CERT_CHAIN_TOO_LONG
    23: FaultCode.REVOKED,  # CERT_REVOKED
    4: FaultCode.BAD_SIGNATURE,  # UNABLE_TO_DECRYPT_CERT_SIGNATURE
    6: FaultCode.MALFORMED,  # UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY
    25: FaultCode.PATH_LENGTH,  # PATH_LENGTH_EXCEEDED
    26: FaultCode.WRONG_PURPOSE,  # INVALID_PURPOSE
    32: FaultCode.INVALID_CA,  # KEYUSAGE_NO_CERTSIGN
    79: FaultCode.INVALID_CA,  # INVALID_CA
    34: FaultCode.UNHANDLED_CRITICAL_EXTENSION,  # UNHANDLED_CRITICAL_EXTENSION
    41: FaultCode.MALFORMED,  # INVALID_EXTENSION
    46: FaultCode.NAME_CONSTRAINT,  # UNNESTED_RESOURCE
    47: FaultCode.NAME_CONSTRAINT,  # PERMITTED_VIOLATION
    48: FaultCode.NAME_CONSTRAINT,  # EXCLUDED_VIOLATION
    49: FaultCode.NAME_CONSTRAINT,  # SUBTREE_MINMAX
    51: FaultCode.NAME_CONSTRAINT,  # UNSUPPORTED_CONSTRAINT_TYPE
    52: FaultCode.NAME_CONSTRAINT,  # UNSUPPORTED_CONSTRAINT_SYNTAX
    53: FaultCode.NAME_CONSTRAINT,  # UNSUPPORTED_NAME_SYNTAX
    66: FaultCode.WEAK_KEY,  # EE_KEY_TOO_SMALL
    67: FaultCode.WEAK_KEY,  # CA_KEY_TOO_SMALL
    68: FaultCode.WEAK_SIGNATURE,  # CA_MD_TOO_WEAK
    77: FaultCode.MALFORMED,  # SIGNATURE_ALGORITHM_MISMATCH
    78: FaultCode.MALFORMED,  # SIGNATURE_ALGORITHM_INCONSISTENCY
    80: FaultCode.INVALID_CA,  # PATHLEN_INVALID_FOR_NON_CA
    81: FaultCode.INVALID_CA,  # PATHLEN_WITHOUT_KU_KEY_CERT_SIGN
    82: FaultCode.INVALID_CA,  # KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA
}
"""What OpenSSL's errors (X509_V_ERR_..., openssl/x509_vfy.h) are here; all others are `other`."""
