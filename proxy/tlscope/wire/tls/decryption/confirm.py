"""The proofs of a handshake, checked against its transcript: each function looks at one message, before it is added."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.field import Cursor, Short
from tlscope.wire.tls.decryption import schedule12, schedule13
from tlscope.wire.tls.decryption.prf import MD5_SHA1, TLS1, TLS1_2
from tlscope.wire.tls.decryption.proofs import (
    TLS1_3,
    Signed,
    Verdict,
    certificate_verify_content,
    hashed,
    pull_signature,
    split_key_exchange,
    verify,
)

if TYPE_CHECKING:
    from tlscope.wire.tls.decryption.keys import Step
    from tlscope.wire.tls.decryption.negotiation import Negotiation
    from tlscope.wire.tls.decryption.transcript import Transcript

HEAD = 4
"""Type and length of a handshake message (RFC 8446 section 4)."""


class Proof(NamedTuple):
    """What was looked at, and what came of it."""

    what: str
    verdict: Verdict
    reference: str


def key_exchange(negotiation: Negotiation, message: bytes) -> Proof | None:
    """The signature of a ServerKeyExchange; None where its suite has none."""
    reference = "RFC 5246 section 7.4.3"
    cipher, server = negotiation.cipher, negotiation.server
    if cipher is None or server is None:
        return None
    try:
        split = split_key_exchange(message, cipher.exchange, negotiation.version)
    except Short as short:
        return Proof("ServerKeyExchange", Verdict(None, f"it is malformed at {short.offset}: {short.what}"), reference)
    if split is None:
        return None
    parameters, signed = split
    content = negotiation.client.random + server.random + parameters
    verdict = _signature(negotiation, "server", signed, content)
    return Proof("ServerKeyExchange", verdict, reference)


def _signature(negotiation: Negotiation, side: str, signed: Signed, content: bytes) -> Verdict:
    certified = negotiation.certified.get(side)
    if certified is None or certified.key is None:
        return Verdict(None, certified.why if certified else "no certificate was seen")
    return verify(certified.key, signed, hashed(content), lambda: content)


def certificate_verify(negotiation: Negotiation, side: str, transcript: Transcript, message: bytes) -> Proof:
    """A CertificateVerify, over the transcript before it."""
    version = negotiation.version
    reference = "RFC 8446 section 4.4.3" if version >= TLS1_3 else "RFC 5246 section 7.4.8"
    return Proof(f"{side} CertificateVerify", _certificate_verify(negotiation, side, transcript, message), reference)


def _certificate_verify(negotiation: Negotiation, side: str, transcript: Transcript, message: bytes) -> Verdict:
    cipher, certified = negotiation.cipher, negotiation.certified.get(side)
    if transcript.gap or cipher is None:
        return Verdict(None, transcript.gap or "the suite is not known")
    if negotiation.version < TLS1:
        return Verdict(None, "SSL 3.0 signs the master secret, too (RFC 6101 section 5.6.8): that is not checked here")
    if certified is None or certified.key is None:
        return Verdict(None, certified.why if certified else "no certificate was seen")
    try:
        signed = pull_signature(Cursor(message, HEAD), negotiation.version)
    except Short as short:
        return Verdict(None, f"it is malformed at {short.offset}: {short.what}")
    if negotiation.version >= TLS1_3:
        return _signature(negotiation, side, signed, certificate_verify_content(side, transcript.digest(cipher.hash)))
    return verify(certified.key, signed, transcript.digest, transcript.data)


def finished12(negotiation: Negotiation, side: str, master: bytes, message: bytes) -> tuple[Proof, list[Step]]:
    """The Finished of TLS 1.0 to 1.2, over the transcript before it; the steps that lead to it."""
    what, reference = f"{side} Finished", "RFC 5246 section 7.4.9"
    cipher, transcript = negotiation.cipher, negotiation.transcript
    if transcript.gap or cipher is None or not master:
        verdict = Verdict(None, transcript.gap or "the suite or the master secret is not known")
        return Proof(what, verdict, reference), []
    hash_name = cipher.hash if negotiation.version >= TLS1_2 else MD5_SHA1
    step = schedule12.verify_data(negotiation.version, cipher, master, side, transcript.digest(hash_name))
    return Proof(what, _equal(step.output, message), reference), [step]


def finished13(
    negotiation: Negotiation, side: str, base: tuple[str, bytes] | None, transcript: Transcript, message: bytes
) -> tuple[Proof, list[Step]]:
    """The Finished of TLS 1.3, under the traffic secret `base`; the steps that lead to it."""
    what, reference = f"{side} Finished", "RFC 8446 section 4.4.4"
    cipher = negotiation.cipher
    if transcript.gap or cipher is None or base is None:
        verdict = Verdict(None, transcript.gap or "the suite or the traffic secret is not known")
        return Proof(what, verdict, reference), []
    key = schedule13.finished_key(cipher.hash, *base)
    hashed_so_far = transcript.digest(cipher.hash)
    step = schedule13.verify_data(cipher.hash, key.output, hashed_so_far, f"verify_data of {side} Finished")
    return Proof(what, _equal(step.output, message), reference), [key, step]


def _equal(expected: bytes, message: bytes) -> Verdict:
    if hmac.compare_digest(expected, message[HEAD:]):
        return Verdict(ok=True, detail="verify_data is what this transcript and this secret give")
    return Verdict(ok=False, detail="verify_data is wrong: its sender has seen other messages, or has another secret")
