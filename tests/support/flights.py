"""The messages of a whole handshake, in order, as the RFCs have them: what a capture must hold of a leg."""

from __future__ import annotations


def tls13(*, retry=False, asked=False, answered=False, tickets=0, compatible=True, late=False):
    """RFC 8446 section 2, figures 1 and 2; appendix D.4 for the ChangeCipherSpecs of a `compatible` leg.

    A client that was `asked` for a certificate always sends a Certificate, and proves it only if it is not empty.
    `late`: as OpenSSL's client reads it, which looks at what follows a HelloRetryRequest only after it has answered.
    """
    ccs_down = ["down ChangeCipherSpec"] if compatible else []
    ccs_up = ["up ChangeCipherSpec"] if compatible else []
    return [
        "up ClientHello",
        *(["down HelloRetryRequest"] if retry else []),
        *(ccs_down if retry and not late else []),
        *([*ccs_up, "up ClientHello"] if retry else []),
        *(ccs_down if retry and late else []),
        "down ServerHello",
        *([] if retry else ccs_down),
        "down EncryptedExtensions",
        *(["down CertificateRequest"] if asked else []),
        "down Certificate",
        "down CertificateVerify",
        "down Finished",
        *([] if retry else ccs_up),
        *(["up Certificate"] if asked else []),
        *(["up CertificateVerify"] if answered else []),
        "up Finished",
        *["down NewSessionTicket"] * tickets,
    ]


def tls12(*, exchange="ECDHE", asked=False, answered=False):
    """RFC 5246 section 7.3, figure 1, the same in TLS 1.0 and 1.1; an RSA key `exchange` has no ServerKeyExchange."""
    return [
        "up ClientHello",
        "down ServerHello",
        "down Certificate",
        *(["down ServerKeyExchange"] if exchange == "ECDHE" else []),
        *(["down CertificateRequest"] if asked else []),
        "down ServerHelloDone",
        *(["up Certificate"] if asked else []),
        "up ClientKeyExchange",
        *(["up CertificateVerify"] if answered else []),
        "up ChangeCipherSpec",
        "up Finished",
        "down ChangeCipherSpec",
        "down Finished",
    ]
