"""The key schedule of TLS 1.3, RFC 8446 section 7.1, a function for each step.

                PSK (or zeros)
                     |
      zeros ─▶ HKDF-Extract = Early Secret ──▶ binder_key, client_early_traffic_secret, early_exporter_master_secret
                     |
               Derive-Secret("derived")
                     |
    (EC)DHE ─▶ HKDF-Extract = Handshake Secret ──▶ client_ and server_handshake_traffic_secret
                     |
               Derive-Secret("derived")
                     |
      zeros ─▶ HKDF-Extract = Master Secret ──▶ client_ and server_application_traffic_secret_0,
                                                exporter_master_secret, resumption_master_secret

The trunk, down the left, needs the shared secret of the key exchange, which only the endpoints have. A key log gives
the branches, on the right; from each of them come a key, an IV, and for the handshake's the key of Finished.
Every branch is bound to the transcript so far, so that nobody can take a secret into another handshake.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from tlscope.wire.tls.decryption.keys import Step
from tlscope.wire.tls.decryption.prf import digest, digest_size, hkdf_expand_label, hkdf_extract, hkdf_label
from tlscope.wire.tls.decryption.protection import nonce_of

if TYPE_CHECKING:
    from tlscope.wire.tls.decryption.ciphers import Cipher

SCHEDULE = "RFC 8446 section 7.1"
EARLY, HANDSHAKE, MASTER = "Early Secret", "Handshake Secret", "Master Secret"

BRANCHES: dict[str, tuple[str, str, str]] = {
    # name: of which secret, label, bound to which messages
    "ext binder_key": (EARLY, "ext binder", '""'),
    "res binder_key": (EARLY, "res binder", '""'),
    "client_early_traffic_secret": (EARLY, "c e traffic", "ClientHello"),
    "early_exporter_master_secret": (EARLY, "e exp master", "ClientHello"),
    "client_handshake_traffic_secret": (HANDSHAKE, "c hs traffic", "ClientHello...ServerHello"),
    "server_handshake_traffic_secret": (HANDSHAKE, "s hs traffic", "ClientHello...ServerHello"),
    "client_application_traffic_secret_0": (MASTER, "c ap traffic", "ClientHello...server Finished"),
    "server_application_traffic_secret_0": (MASTER, "s ap traffic", "ClientHello...server Finished"),
    "exporter_master_secret": (MASTER, "exp master", "ClientHello...server Finished"),
    "resumption_master_secret": (MASTER, "res master", "ClientHello...client Finished"),
}


def early_secret(hash_name: str, psk: bytes = b"") -> Step:
    """The first: of the pre-shared key, of zeros where there is none."""
    zeros = bytes(digest_size(hash_name))
    salt, psk = zeros, psk or zeros
    return Step(
        EARLY, "HKDF-Extract(0, PSK)", (("0", salt), ("PSK", psk)), hkdf_extract(hash_name, salt, psk), SCHEDULE
    )


def handshake_secret(hash_name: str, early: bytes, shared: bytes) -> tuple[Step, Step]:
    """The second, of the shared secret of the key exchange (zeros for a PSK alone), behind the salt for it."""
    salt = _derived(hash_name, EARLY, early)
    shared = shared or bytes(digest_size(hash_name))
    secret = hkdf_extract(hash_name, salt.output, shared)
    inputs = (("salt", salt.output), ("(EC)DHE", shared))
    return salt, Step(HANDSHAKE, "HKDF-Extract(salt, (EC)DHE)", inputs, secret, SCHEDULE)


def master_secret(hash_name: str, handshake: bytes) -> tuple[Step, Step]:
    """The third, behind the salt for it."""
    salt = _derived(hash_name, HANDSHAKE, handshake)
    zeros = bytes(digest_size(hash_name))
    secret = hkdf_extract(hash_name, salt.output, zeros)
    return salt, Step(MASTER, "HKDF-Extract(salt, 0)", (("salt", salt.output), ("0", zeros)), secret, SCHEDULE)


def _derived(hash_name: str, name: str, secret: bytes) -> Step:
    return _expand(
        hash_name,
        f"salt from {name}",
        (name, secret),
        "derived",
        context=digest(hash_name, b""),
        formula=f'Derive-Secret({name}, "derived", "")',
    )


def branch(hash_name: str, name: str, secret: bytes, transcript_hash: bytes) -> Step:
    """A secret of BRANCHES, from the trunk's secret that it grows on."""
    trunk, label, _ = BRANCHES[name]
    return _expand(hash_name, name, (trunk, secret), label, context=transcript_hash, formula=formula_of(name))


def formula_of(name: str) -> str:
    """How a branch is derived."""
    trunk, label, messages = BRANCHES[name]
    return f'Derive-Secret({trunk}, "{label}", {messages})'


def traffic_keys(cipher: Cipher, name: str, secret: bytes) -> tuple[Step, Step]:
    """The key and the IV of a traffic secret (section 7.3)."""
    reference = "RFC 8446 section 7.3"
    key, iv = (
        _expand(cipher.hash, f"{what} of {name}", (name, secret), label, length=length, reference=reference)
        for what, label, length in (("key", "key", cipher.key), ("IV", "iv", 12))
    )
    return key, iv


def nonce(iv: bytes, sequence: int) -> Step:
    """The nonce of a record (section 5.3)."""
    inputs = (("sequence number", sequence.to_bytes(8)), ("IV", iv))
    return Step("nonce", "sequence number XOR IV", inputs, nonce_of(iv, sequence), "RFC 8446 section 5.3")


def finished_key(hash_name: str, name: str, secret: bytes) -> Step:
    """The key of Finished, of its sender's handshake traffic secret; of binder_key it is that of a PSK binder."""
    return _expand(hash_name, f"finished_key of {name}", (name, secret), "finished", reference="RFC 8446 section 4.4.4")


def verify_data(hash_name: str, key: bytes, transcript_hash: bytes, name: str = "verify_data") -> Step:
    """What Finished must hold, and a PSK binder (sections 4.4.4 and 4.2.11.2)."""
    inputs = (("finished_key", key), ("Transcript-Hash", transcript_hash))
    made = hmac.digest(key, transcript_hash, hash_name)
    return Step(name, "HMAC(finished_key, Transcript-Hash)", inputs, made, "RFC 8446 section 4.4.4")


def next_traffic_secret(hash_name: str, side: str, generation: int, secret: bytes) -> Step:
    """The secret that follows number `generation` when its sender says KeyUpdate (section 7.2)."""
    old, new = (f"{side}_application_traffic_secret_{number}" for number in (generation, generation + 1))
    return _expand(hash_name, new, (old, secret), "traffic upd", reference="RFC 8446 section 7.2")


def resumption_psk(hash_name: str, resumption_master: bytes, ticket_nonce: bytes) -> Step:
    """The PSK that comes with a NewSessionTicket (section 4.6.1)."""
    secret = ("resumption_master_secret", resumption_master)
    return _expand(hash_name, "PSK", secret, "resumption", context=ticket_nonce, reference="RFC 8446 section 4.6.1")


def exporter(hash_name: str, exporter_master: bytes, label: str, context: bytes, length: int) -> tuple[Step, Step]:
    """Keying material for an application (section 7.5)."""
    secret, reference = ("exporter_master_secret", exporter_master), "RFC 8446 section 7.5"
    first = _expand(
        hash_name,
        "exporter secret",
        secret,
        label,
        context=digest(hash_name, b""),
        formula=f'Derive-Secret(exporter_master_secret, "{label}", "")',
        reference=reference,
    )
    return first, _expand(
        hash_name,
        "exported keying material",
        ("exporter secret", first.output),
        "exporter",
        context=digest(hash_name, context),
        length=length,
        formula=f'HKDF-Expand-Label(exporter secret, "exporter", Hash(context_value), {length})',
        reference=reference,
    )


def _expand(
    hash_name: str,
    name: str,
    secret: tuple[str, bytes],
    label: str,
    *,
    context: bytes = b"",
    length: int = 0,
    formula: str = "",
    reference: str = SCHEDULE,
) -> Step:
    """HKDF-Expand-Label as a step, to the length of the hash where none is said; its inputs show the HkdfLabel, too."""
    length = length or digest_size(hash_name)
    formula = formula or f'HKDF-Expand-Label({secret[0]}, "{label}", {context.hex() or chr(34) * 2}, {length})'
    inputs = (secret, *((("Context", context),) if context else ()), ("HkdfLabel", hkdf_label(label, context, length)))
    return Step(name, formula, inputs, hkdf_expand_label(hash_name, secret[1], label, context, length), reference)
