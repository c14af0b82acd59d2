"""What can be found about a leg: every kind with its severity, why it matters, and where that is written.

A finding is a kind from this table with a sentence that has the values. A severity says how much it matters to whoever
runs the client or the server: `info` is worth knowing, `notice` worth a thought, a `warning` wants to be mended, and
what is `serious` lets somebody read or change what should be secret.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlscope.events import Leg


class Severity(IntEnum):
    """How much it matters."""

    info = 1
    notice = 2
    warning = 3
    serious = 4


class Finding(NamedTuple):
    """Something about a leg that its owner may want to know."""

    leg: Leg
    code: str
    """A stable name for scripts and filters."""
    severity: Severity
    what: str
    """A sentence with the values. Not yet safe for a terminal where it quotes a peer."""
    why: str
    reference: str


class Kind(NamedTuple):
    """What all findings of one code have in common."""

    severity: Severity
    why: str
    reference: str


class Found(NamedTuple):
    """What a check says: a code of KINDS, and the sentence."""

    code: str
    what: str


def finding(leg: Leg, found: Found) -> Finding:
    """A check's word with all that belongs to it."""
    kind = KINDS[found.code]
    return Finding(leg, found.code, kind.severity, found.what, kind.why, kind.reference)


INFO, NOTICE, WARNING, SERIOUS = Severity

KINDS: Final[Mapping[str, Kind]] = {
    # ------------------------------------------------------------------------------------------------ what was chosen
    "ssl-version": Kind(
        SERIOUS,
        "SSL 2 and 3 are broken by design: POODLE reads SSL 3 byte by byte.",
        "RFC 7568 section 3",
    ),
    "old-version": Kind(
        WARNING,
        "TLS 1.0 and 1.1 are forbidden since 2021: they sign with MD5 and SHA-1 and know no AEAD cipher.",
        "RFC 8996 sections 4 and 5",
    ),
    "null-cipher": Kind(
        SERIOUS, "A NULL cipher encrypts nothing: anybody on the way reads it.", "RFC 9325 section 4.1"
    ),
    "anonymous": Kind(
        SERIOUS,
        "Nobody proves who they are: anybody on the way can stand in for the server.",
        "RFC 5246 appendix F.1.1.1",
    ),
    "export-cipher": Kind(
        SERIOUS,
        "Export ciphers were made to be broken: 40 bits take minutes, and 512-bit RSA an afternoon (FREAK).",
        "RFC 9325 section 4.1",
    ),
    "des": Kind(SERIOUS, "Single DES has 56 bits, which are searched in a day.", "RFC 5469 section 4"),
    "rc4": Kind(SERIOUS, "RC4's biases give cookies away, and it is forbidden.", "RFC 7465 section 2"),
    "3des": Kind(
        WARNING,
        "Blocks of 64 bits repeat after some 32 GiB, and give data away (Sweet32).",
        "RFC 9325 section 4.1",
    ),
    "idea": Kind(
        WARNING, "IDEA has blocks of 64 bits, as 3DES has, and TLS 1.2 does without it.", "RFC 5469 section 4"
    ),
    "cbc-tls10": Kind(
        NOTICE,
        "TLS 1.0 takes the last block of a record as the IV of the next, so that guesses can be tested (BEAST).",
        "RFC 4346 section 1.1",
    ),
    "cbc": Kind(
        NOTICE,
        "CBC that authenticates before it encrypts has leaked through time and padding again and again (Lucky 13).",
        "RFC 9325 section 4.2",
    ),
    "no-forward-secrecy": Kind(
        WARNING,
        "Whoever gets the long-term key later opens what is recorded today.",
        "RFC 9325 section 4.1",
    ),
    "finite-field-dh": Kind(
        NOTICE,
        "The server alone picks the prime, and nobody can tell a good one from a trap; elliptic curves leave no such "
        "choice.",
        "RFC 9325 section 4.1",
    ),
    "broken-dh": Kind(
        SERIOUS,
        "A prime of 1024 bits or less is within reach of those who can pay for the computation (Logjam).",
        "RFC 9325 section 4.5",
    ),
    "small-dh": Kind(
        WARNING, "Diffie-Hellman below 2048 bits has less than 112 bits of strength.", "RFC 9325 section 4.5"
    ),
    "weak-group": Kind(WARNING, "The curve has less than 112 bits of strength.", "RFC 9325 section 4.5"),
    "weak-handshake-signature": Kind(
        WARNING,
        "Collisions of MD5 and SHA-1 can be made: the proof of the key may have been meant for other bytes.",
        "RFC 9155 sections 4 and 5",
    ),
    "downgraded": Kind(
        SERIOUS,
        "The server marks its random when it speaks less than it could; a client that offered more was cheated.",
        "RFC 8446 section 4.1.3",
    ),
    "server-speaks-more": Kind(
        INFO,
        "The server marks its random when it speaks less than it could: here the client offered no more.",
        "RFC 8446 section 4.1.3",
    ),
    "fallback": Kind(
        NOTICE,
        "The client says that it tries a lower version after a failure: somebody may have made it fail.",
        "RFC 7507 section 4",
    ),
    "compression": Kind(
        SERIOUS,
        "Compressed lengths give cookies away to whoever can add text to a request (CRIME).",
        "RFC 9325 section 3.3",
    ),
    "truncated-hmac": Kind(
        WARNING,
        "A message authentication code of 80 bits lets an attacker tell plaintexts apart.",
        "RFC 9325 section 4.6",
    ),
    "insecure-renegotiation": Kind(
        WARNING,
        "Without renegotiation_info somebody on the way can put their own request before the client's.",
        "RFC 5746 section 1",
    ),
    "renegotiated": Kind(
        NOTICE,
        "A new handshake inside the old one may change the certificate under a connection that was judged already.",
        "RFC 9325 section 3.5",
    ),
    "no-extended-master-secret": Kind(
        NOTICE,
        "The master secret is not bound to the certificates: a middle man can make two connections share one.",
        "RFC 7627 section 1",
    ),
    "no-post-quantum": Kind(
        INFO,
        "Whoever records today can open it with a quantum computer later.",
        "RFC 9954 section 1",
    ),
    "early-data": Kind(
        NOTICE,
        "Early data can be replayed, and has no forward secrecy with regard to the ticket.",
        "RFC 8446 section 8",
    ),
    "ticket-lifetime": Kind(
        WARNING,
        "No ticket may live longer than seven days: whoever resumes by it trusts the certificate of that day.",
        "RFC 8446 section 4.6.1",
    ),
    "resumed": Kind(
        INFO,
        "No certificate was shown: both trust the handshake that the ticket or session came from.",
        "RFC 8446 section 2.2, RFC 5246 section 7.3",
    ),
    "no-certificate": Kind(
        SERIOUS,
        "The suite asks for a certificate and none was shown: the server did not prove who it is.",
        "RFC 8446 section 4.4.2, RFC 5246 section 7.4.2",
    ),
    "not-offered": Kind(
        SERIOUS,
        "A server may choose only from what was offered; a client has to refuse anything else.",
        "RFC 8446 section 4.2",
    ),
    "illegal-order": Kind(
        SERIOUS,
        "A stack that takes messages in another order can be led past the one that protects it (SMACK).",
        "RFC 8446 section 4",
    ),
    "no-close-notify": Kind(
        INFO,
        "Without close_notify only the protocol above can tell the end of the data from a cut by somebody on the way.",
        "RFC 8446 section 6.1, RFC 5246 section 7.2.1",
    ),
    # ----------------------------------------------------------------------------------------------- what was offered
    "broken-hello": Kind(WARNING, "The ClientHello ends before its fields do.", "RFC 8446 section 4.1.2"),
    "duplicate-extension": Kind(
        WARNING,
        "No extension may come twice: each side could read another one.",
        "RFC 8446 section 4.2",
    ),
    "psk-not-last": Kind(
        WARNING,
        "The binders in pre_shared_key authenticate all that stands before it, so it has to be the last.",
        "RFC 8446 section 4.2.11",
    ),
    "offers-old-version": Kind(
        INFO,
        "What is offered can be chosen by a server that knows no better; one that does marks its answer.",
        "RFC 8996 sections 4 and 5",
    ),
    "offers-weak-suites": Kind(
        WARNING,
        "What is offered can be chosen: a bad server needs no more.",
        "RFC 9325 section 4.1",
    ),
    "offers-static-rsa": Kind(
        INFO,
        "Suites in which a key that is kept opens the exchange (RSA, static Diffie-Hellman, a shared key alone) have "
        "no forward secrecy.",
        "RFC 9325 section 4.1",
    ),
    "offers-weak-signatures": Kind(
        NOTICE,
        "A signature over MD5 or SHA-1 would be accepted.",
        "RFC 9155 section 2",
    ),
    "offers-compression": Kind(
        NOTICE,
        "A server that compresses gives cookies away by their length (CRIME).",
        "RFC 9325 section 3.3",
    ),
    "offers-early-data": Kind(
        INFO,
        "Early data goes out before the server has proved that it is there, and can be replayed if it takes it.",
        "RFC 8446 section 8",
    ),
    "offers-insecure-renegotiation": Kind(
        NOTICE,
        "It neither sends renegotiation_info nor its signal, and so cannot tell whether somebody spoke first.",
        "RFC 5746 section 3.4",
    ),
    "grease": Kind(
        INFO,
        "Reserved numbers that mean nothing keep servers from choking on new ones.",
        "RFC 8701 section 2",
    ),
    "ech": Kind(
        INFO,
        "The real name may stand encrypted inside; many clients send random bytes there, to hide those that mean it.",
        "RFC 9849 section 6.2",
    ),
    "no-sni": Kind(
        INFO,
        "The server cannot know which of its names is meant, and may show the wrong certificate.",
        "RFC 6066 section 3",
    ),
    "tlscope-offers-weak": Kind(
        INFO,
        "Our hello is made by our own TLS library. The client is not to blame for it, nor is the server.",
        "RFC 8446 section 4.1.2",
    ),
    "tlscope-offer-chosen": Kind(
        INFO,
        "To this client the server would have said something else: what is found of its choice holds for us only.",
        "RFC 8446 section 4.1.3",
    ),
    # ---------------------------------------------------------------------------------------------------- certificates
    "expired": Kind(SERIOUS, "Its time is over: nobody vouches for it any more.", "RFC 5280 section 4.1.2.5"),
    "expired-in-chain": Kind(
        NOTICE,
        "Clients that find another way to a root do not need it; older ones, which take the chain as sent, fail.",
        "RFC 5280 section 6.1",
    ),
    "expiring-soon": Kind(NOTICE, "Clients will refuse it from that moment on.", "RFC 5280 section 4.1.2.5"),
    "not-yet-valid": Kind(
        SERIOUS,
        "Its time has not begun: clients refuse it; or a clock is wrong.",
        "RFC 5280 section 4.1.2.5",
    ),
    "no-san": Kind(
        WARNING,
        "Names count only in subjectAltName: today's clients do not look at the common name.",
        "RFC 9525 section 4.1",
    ),
    "name-mismatch": Kind(
        SERIOUS,
        "A certificate for another name is no proof: anybody can get one for a name of their own.",
        "RFC 9525 section 6",
    ),
    "self-signed": Kind(
        SERIOUS,
        "It vouches for itself: anybody can make one like it.",
        "RFC 5280 section 6.1",
    ),
    "invalid-chain": Kind(
        SERIOUS,
        "A client that checks would refuse this server.",
        "RFC 5280 section 6.1",
    ),
    "chain-order": Kind(
        NOTICE,
        "Each certificate should certify the one before it; older clients give up on any other order.",
        "RFC 8446 section 4.4.2",
    ),
    "root-sent": Kind(INFO, "Who trusts the root has it already: it only costs bytes.", "RFC 8446 section 4.4.2"),
    "short-key": Kind(WARNING, "The key has less than 112 bits of strength.", "RFC 9325 section 4.5"),
    "md5-certificate": Kind(
        SERIOUS,
        "Certificates signed over MD5 have been forged (Flame, 2012).",
        "RFC 8446 section 4.4.2.4",
    ),
    "sha1-certificate": Kind(
        WARNING,
        "Collisions of SHA-1 can be bought: a certificate signed over it may have a twin.",
        "RFC 8446 section 4.4.2.4",
    ),
    "ca-as-server": Kind(
        WARNING,
        "Its key could sign certificates for any name; a server's key is the easier one to steal.",
        "RFC 5280 section 4.2.1.9",
    ),
    "wrong-purpose": Kind(
        WARNING,
        "Its extended key usage does not allow it to be a server.",
        "RFC 5280 section 4.2.1.12",
    ),
    "no-sct": Kind(
        NOTICE,
        "Browsers ask for proof that a public certificate stands in the public logs, and found none here.",
        "RFC 6962 section 3.3",
    ),
    "no-embedded-sct": Kind(
        INFO,
        "Browsers ask for proof that a public certificate stands in the public logs; it may also come in a TLS "
        "extension or an OCSP response, to those who ask.",
        "RFC 6962 section 3.3",
    ),
    "revoked": Kind(
        SERIOUS, "Its authority has taken it back: nobody vouches for it any more.", "RFC 6960 section 2.2"
    ),
    "must-staple": Kind(
        WARNING,
        "Clients that know this demand refuse the server without a valid response.",
        "RFC 7633 section 4",
    ),
    "lifetime-over-limit": Kind(
        WARNING,
        "Public authorities may not make it live so long, and browsers refuse it.",
        "CA/Browser Forum Baseline Requirements section 6.3.2",
    ),
    "long-lifetime": Kind(
        INFO,
        "A stolen key is of use to the end: Apple's clients refuse more than 825 days, even privately.",
        "CA/Browser Forum Baseline Requirements section 6.3.2",
    ),
    "accepts-invalid-certificate": Kind(
        SERIOUS,
        "A client must end such a connection: one that goes on may be talking to somebody on the way. Look in the "
        "client for what turns verification off: verify=False, InsecureSkipVerify, rejectUnauthorized: false, curl -k.",
        "RFC 5280 section 6, RFC 9525 section 6",
    ),
    "unreadable-certificate": Kind(
        WARNING,
        "What cannot be read cannot be judged.",
        "RFC 5280 section 4.1",
    ),
}
