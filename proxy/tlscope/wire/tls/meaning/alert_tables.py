"""What alerts mean, as data: by who says them and when, and by stack.

BY_STACK holds which alert each stack sends for which fault of a certificate, as its sources have it: OpenSSL's
ssl/statem/statem_lib.c, rustls's error.rs, Go's crypto/tls/handshake_client.go, JSSE's CertificateMessage.java
(getCertificateAlert), NSS's ssl3con.c (ssl3_SendAlertForCertError). The order of the causes is how often they are the
reason when a middle man is in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tlscope.wire.tls.meaning.stacks import GO, JSSE, NSS, OPENSSL, RUSTLS

if TYPE_CHECKING:
    from collections.abc import Mapping


class Reading(NamedTuple):
    """What something means, and what to do."""

    means: str
    next: str


TRUST: Final = "Let the client trust the CA: `tlscope ca path` names its file."
PIN: Final = "Turn the program's pinning off for the test, or leave the host alone with --passthrough HOST."
COMPARE: Final = "Compare the two hellos: versions, suites, groups and signature algorithms."
VERDICT: Final = "Look at the verdict on the server's own certificate: what is wrong with it is mirrored."
DIRECT: Final = "Nobody stood between them: look at what the client trusts and offers, and at what the server shows."
"""Instead of all others, where tlscope had no part in it."""
TELL: Final = "Look at the message before it; if that is sound, report it."

CAUSES: Final[Mapping[str, Reading]] = {
    # as parts of a sentence, without a full stop
    "unknown-issuer": Reading("it does not trust the CA that signed the certificate", TRUST),
    "policy": Reading("its own rules refuse a certificate that is otherwise good, as pinning does", PIN),
    "name": Reading("the certificate is not for the name that it asked for", VERDICT),
    "expired": Reading("the certificate has expired, or its clock is wrong", VERDICT),
    "not-yet-valid": Reading("the certificate is not valid yet, or its clock is slow", VERDICT),
    "signature": Reading(
        "a signature does not verify: of the certificate, or of the proof of its key",
        "Make sure that it trusts today's CA, not an older one of the same name: `tlscope ca show`.",
    ),
    "purpose": Reading("the certificate's usage does not allow it to be a server", VERDICT),
    "invalid-ca": Reading("the issuer may not issue: no CA, or too far up the chain", VERDICT),
    "revoked": Reading("the certificate is revoked", VERDICT),
    "weak": Reading("a key or a signature algorithm is too weak for it", VERDICT),
    "status": Reading("it wants an OCSP response stapled, and there is none or a bad one", PIN),
    "unlisted": Reading("it refused the certificate for a reason that no other alert names", TRUST),
}

UNKNOWN_ISSUER, EXPIRED, NOT_YET, NAME = "unknown-issuer", "expired", "not-yet-valid", "name"

MIRRORED: Final[Mapping[str, str]] = {
    "expired": EXPIRED,
    "not-yet-valid": NOT_YET,
    "name-mismatch": NAME,
    "no-subject-alt-name": NAME,
    "wrong-purpose": "purpose",
    "unhandled-critical-extension": "unlisted",
}
"""Faults of a server's own certificate that ours can repeat, and the cause that each is to a client."""

BY_STACK: Final[Mapping[str, Mapping[str, tuple[int, ...]]]] = {
    OPENSSL: {
        UNKNOWN_ISSUER: (48,),
        NAME: (42,),
        EXPIRED: (45,),
        NOT_YET: (42,),
        "signature": (51,),
        "purpose": (43,),
        "invalid-ca": (48,),
        "revoked": (44,),
        "weak": (42,),
        "policy": (42, 40),
        "unlisted": (46,),
    },
    RUSTLS: {
        UNKNOWN_ISSUER: (48,),
        "policy": (49,),
        "status": (113,),
        NAME: (42,),
        EXPIRED: (45,),
        NOT_YET: (45,),
        "signature": (51,),
        "purpose": (43,),
        "invalid-ca": (48, 42),
        "revoked": (44,),
        "weak": (51, 42),
        "unlisted": (46,),
    },
    GO: {
        UNKNOWN_ISSUER: (42,),
        NAME: (42,),
        "policy": (42,),
        EXPIRED: (42,),
        NOT_YET: (42,),
        "signature": (42,),
        "purpose": (42,),
        "invalid-ca": (42,),
        "weak": (42,),
        "unlisted": (42,),
    },
    JSSE: {
        UNKNOWN_ISSUER: (46,),
        NAME: (46,),
        "policy": (46,),
        EXPIRED: (45,),
        "purpose": (46,),
        "invalid-ca": (46,),
        "revoked": (44, 113),
        "weak": (43,),
        "status": (113,),
        "unlisted": (46,),
        # From its sources in part: for these two it falls back to what it says of a broken path.
        NOT_YET: (42,),
        "signature": (42,),
    },
    NSS: {
        UNKNOWN_ISSUER: (48,),
        NAME: (42,),
        "policy": (49,),
        EXPIRED: (45, 48),
        "signature": (42,),
        "purpose": (46,),
        "revoked": (44,),
        "status": (113,),
        "unlisted": (42,),
    },
}
"""Stack, cause: the alerts that it sends, most usual first. What is not known is left out."""

CERTIFICATE_ALERTS: Final = frozenset({42, 43, 44, 45, 46, 48, 49, 51, 113})
"""Alerts that judge a certificate. handshake_failure may, but most often says something else."""

Table = dict[tuple[int | None, bool | None], Reading]
"""(description, whether after Finished; None where that makes no difference); (None, None) for any other."""

CLIENT_SAYS: Final[Table] = {
    (None, None): Reading("The client's TLS stack gave up.", TELL),
    (0, None): Reading(
        "The client changed its mind: the program closed, or another of its connections was quicker.",
        "Look whether it connects again; if it never does, it may refuse the certificate without saying so.",
    ),
    (10, None): Reading("A message came that the client did not expect.", TELL),
    (20, None): Reading("A record did not decrypt: bytes were changed on the way, or keys differ.", TELL),
    (22, None): Reading("A record was longer than the client allows.", TELL),
    (40, False): Reading("Nothing that both sides can do was left, or the client's program refused.", COMPARE),
    (40, True): Reading("The client refuses what came after the handshake, for instance to renegotiate.", TELL),
    (47, None): Reading(
        "Something that was chosen does not fit what the client offered.",
        "Look at the findings of the client leg: `not-offered` and `downgraded`.",
    ),
    (50, None): Reading("A message could not be parsed.", TELL),
    (70, None): Reading(
        "The client does not speak the version that was chosen, which is the server's.",
        "Compare the versions that both sides offer.",
    ),
    (71, None): Reading("What was chosen is too weak for the client.", COMPARE),
    (80, None): Reading("Something broke inside the client, or its program's own check threw an error.", PIN),
    (90, None): Reading("The person or the program cancelled.", "Look at what the program shows."),
    (100, None): Reading("The client does not renegotiate.", "Nothing: TLS 1.3 has no renegotiation at all."),
    (109, None): Reading("An extension is missing that the client needs.", COMPARE),
    (110, None): Reading("An extension was answered that the client had not offered.", TELL),
    (112, None): Reading("The name does not please the client.", VERDICT),
    (120, None): Reading(
        "The protocol that the server chose is not one that the client wants.",
        "Compare the ALPN protocols of both legs.",
    ),
    (121, None): Reading(
        "The client meant its encrypted hello: somebody in between cannot open it, and it goes no further.",
        "Turn Encrypted Client Hello off in the client, or leave the host alone with --passthrough HOST.",
    ),
    **{
        (alert, None): Reading(
            "The client refuses the certificate, after it had accepted it: its program judged by itself.",
            PIN,
        )
        for alert in sorted(CERTIFICATE_ALERTS)
    },
}

AGAIN: Final = "Try the server without tlscope; if it answers then, compare the hellos: it may not like ours."
CLIENT_CERTIFICATE: Final = "Give it one that it knows: --client-cert HOST=PEM."

SERVER_SAYS: Final[Table] = {
    (None, None): Reading("The server's TLS stack gave up.", AGAIN),
    (0, None): Reading("The server closed before the handshake was done.", AGAIN),
    (10, None): Reading("A message came that the server did not expect.", TELL),
    (20, None): Reading("A record did not decrypt: bytes were changed on the way, or keys differ.", TELL),
    (40, False): Reading(
        "No version, suite or group was offered that it knows; or it wants a name or a client certificate first.",
        AGAIN,
    ),
    (40, True): Reading("The server wants a client certificate, and got none that it likes.", CLIENT_CERTIFICATE),
    (42, None): Reading("The server refuses the client certificate.", CLIENT_CERTIFICATE),
    (43, None): Reading("The client certificate is of the wrong kind for the server.", CLIENT_CERTIFICATE),
    (44, None): Reading("The client certificate is revoked.", CLIENT_CERTIFICATE),
    (45, None): Reading("The client certificate has expired.", CLIENT_CERTIFICATE),
    (46, None): Reading("The server does not trust the client certificate.", CLIENT_CERTIFICATE),
    (47, None): Reading("The server finds a value in a message illegal.", AGAIN),
    (48, None): Reading(
        "The server does not know the CA of the client certificate. A certificate that the client showed us cannot be "
        "shown on: its key is the client's.",
        CLIENT_CERTIFICATE,
    ),
    (49, None): Reading("The client certificate is good, and does not give access.", CLIENT_CERTIFICATE),
    (50, None): Reading("The server could not parse a message.", AGAIN),
    (51, None): Reading("A signature or Finished did not verify for the server.", TELL),
    (70, None): Reading(
        "The server speaks none of the versions offered.", "Compare the versions that both sides offer."
    ),
    (71, None): Reading("The server wants something stronger than was offered.", COMPARE),
    (80, None): Reading("Something broke inside the server.", AGAIN),
    (86, None): Reading(
        "The client tries a lower version after a failure, and the server speaks a higher one.",
        "Find out what made the first attempt fail.",
    ),
    (100, None): Reading("The server does not renegotiate.", "Nothing: TLS 1.3 has no renegotiation at all."),
    (109, None): Reading("An extension is missing that the server needs, the server name for instance.", COMPARE),
    (110, None): Reading("The server got an extension where it does not belong.", TELL),
    (112, None): Reading(
        "The server has no such name.",
        "Check the host name; in reverse mode the server is asked for by the name in the mode.",
    ),
    (115, None): Reading("The server does not know the pre-shared key.", "Connect again without resumption."),
    (116, None): Reading("The server wants a client certificate, and got none.", CLIENT_CERTIFICATE),
    (120, None): Reading(
        "The server speaks none of the application protocols offered.",
        "Compare the ALPN protocols of both legs.",
    ),
}

OURS: Final = "Look at the fault of the connection."

WE_SAY: Final[Table] = {
    (None, None): Reading("Our own TLS library gave up.", OURS),
    (40, None): Reading("Nothing that both sides can do was left.", COMPARE),
    (49, None): Reading("A rule or the server's bad certificate made us refuse.", OURS),
    (70, None): Reading("The other side offers no version that we can speak.", OURS),
    (80, None): Reading("The other leg failed, and there was nothing to go on with.", OURS),
    (112, None): Reading("The name asked for leads nowhere.", OURS),
}

REPEATED: Final = "Most likely it refuses what is wrong with the server's own certificate, which ours repeats: "
"""Then the faults follow."""

QUIET: Final = (
    "Let the client trust the CA (`tlscope ca path` names it); if it does already, it pins: --passthrough HOST."
)

SILENCE: Final[Mapping[tuple[str, str], Reading]] = {
    ("client", "HELLO"): Reading(
        "Possibly it waited too long for an answer, or another of its connections was quicker.",
        "Look whether the server leg came to its answer in time.",
    ),
    ("client", "CERTIFICATE"): Reading(
        "Most likely it does not trust the certificate, and its program closes without saying so.",
        QUIET,
    ),
    ("client", "FINISHED"): Reading(
        "Most likely it accepted the certificate and then judged it by itself: a wrong name or a pin, as curl, Java "
        "and OkHttp do after the handshake. Or it opened the connection for later and had no use for it.",
        QUIET,
    ),
    ("client", "DATA"): Reading(
        "Possibly the program ended, or had all that it wanted.",
        "Look at the last exchange: whether the answer was complete.",
    ),
    ("server", "HELLO"): Reading(
        "Most likely it does not like the hello: its version, its name, its size (old middleboxes fail on hellos of "
        "more than a packet); or no TLS is spoken on this port.",
        AGAIN,
    ),
    ("server", "CERTIFICATE"): Reading(
        "Most likely it wants a client certificate, or a machine in between cut the connection.",
        AGAIN,
    ),
    ("server", "FINISHED"): Reading(
        "Most likely it did not get the client certificate that it wanted, or had nothing to say.",
        CLIENT_CERTIFICATE,
    ),
    ("server", "DATA"): Reading(
        "Possibly it ended the connection in its own way, or its process died.",
        "Look at the last exchange: whether the answer was complete.",
    ),
}
"""Closed or reset without an alert: (who, Stage)."""
