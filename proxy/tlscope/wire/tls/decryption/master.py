"""The master secret of TLS 1.0 to 1.2, from whatever is known: a key log, a premaster secret, a server's private key.

With the key exchange `RSA` the client sends the premaster secret encrypted to the key of the server's certificate:
whoever has that key, even years later, opens every connection recorded. That is why TLS 1.3 has it no more. With
(EC)DHE the private key signs only, and does not help.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from tlscope.wire.tls.codes import ExtensionType
from tlscope.wire.tls.decryption import keylog, schedule12
from tlscope.wire.tls.decryption.epochs import Missing
from tlscope.wire.tls.decryption.keys import PRIVATE_KEY, SESSION, Step, logged

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from tlscope.wire.tls.decryption.keylog import Secrets
    from tlscope.wire.tls.decryption.negotiation import Negotiation

PREMASTER_RSA = 48
"""Bytes of an RSA premaster secret: a version and 46 random ones (RFC 5246 section 7.4.7.1)."""


def find(secrets: Secrets, negotiation: Negotiation) -> tuple[bytes, list[Step]] | Missing:
    """The master secret and how it was come by."""
    label = keylog.CLIENT_RANDOM
    known = secrets.find(label, negotiation.client.random)
    steps, obstacle = _derived(secrets, negotiation)
    if steps and known in {None, steps[-1].output}:
        return steps[-1].output, steps
    extended = negotiation.agreed(ExtensionType.extended_master_secret)
    if known is not None:
        formula = (
            'PRF(premaster secret, "extended master secret", session_hash)[0..47]'
            if extended
            else 'PRF(premaster secret, "master secret", ClientHello.random + ServerHello.random)[0..47]'
        )
        reference = "RFC 7627 section 4" if extended else "RFC 5246 section 8.1"
        return known, [logged("master_secret", known, label, formula, reference)]
    if (session := _resumed(secrets, negotiation)) is not None:
        formula = "the master_secret of the session that is resumed"
        return session, [Step("master_secret", formula, (), session, "RFC 5246 section 7.3", SESSION)]
    random = negotiation.client.random.hex()
    return Missing(obstacle or f"the key log has no {label} for the client random {random}", may_come=True)


def _resumed(secrets: Secrets, negotiation: Negotiation) -> bytes | None:
    """The secret of a session seen before, where this handshake resumes one: then the server sends no certificate."""
    if negotiation.hello_done or negotiation.server is None:
        return None
    client, server = negotiation.client, negotiation.server
    ticket = client.extensions.get(ExtensionType.session_ticket, b"")
    if server.session_id != client.session_id:
        return None
    return secrets.session(ticket) or secrets.session(server.session_id)


def _derived(secrets: Secrets, negotiation: Negotiation) -> tuple[list[Step], str]:
    """The steps from the premaster secret to the master secret; or none, and what stood in the way."""
    cipher, server = negotiation.cipher, negotiation.server
    if cipher is None or server is None:
        return [], ""
    first, obstacle = _premaster(secrets, negotiation)
    if first is None:
        return [], obstacle
    version, premaster = negotiation.version, first.output
    if not negotiation.agreed(ExtensionType.extended_master_secret):
        randoms = negotiation.client.random, server.random
        return [first, schedule12.master_secret(version, cipher, premaster, *randoms)], ""
    if not negotiation.session_hash:
        return [], "the extended master secret needs the whole handshake, which is not there"
    return [first, schedule12.extended_master_secret(version, cipher, premaster, negotiation.session_hash)], ""


def _premaster(secrets: Secrets, negotiation: Negotiation) -> tuple[Step | None, str]:
    """The premaster secret, or what stood in the way."""
    name, reference = "premaster secret", "RFC 5246 section 7.4.7.1"
    if (found := secrets.find(keylog.PREMASTER, negotiation.client.random)) is not None:
        return logged(name, found, keylog.PREMASTER, "what the key exchange agrees on", "RFC 5246 section 8.1"), ""
    message, cipher = negotiation.key_exchange, negotiation.cipher
    if cipher is None or cipher.exchange != "RSA" or len(message) < 6:
        return None, ""
    encrypted = message[6 : 6 + int.from_bytes(message[4:6])]
    formula = "RSA decryption of EncryptedPreMasterSecret"
    if (found := secrets.find(keylog.RSA, encrypted[:8])) is not None:
        return logged(name, found, keylog.RSA, formula, reference), ""
    obstacle = ""
    for key in _keys_of(secrets, negotiation):
        if (found := _open(key, encrypted, negotiation)) is not None:
            inputs = (("EncryptedPreMasterSecret", encrypted),)
            return Step(name, formula, inputs, found, reference, PRIVATE_KEY), ""
        obstacle = "the private key does not open the premaster secret"
    return None, obstacle


def _keys_of(secrets: Secrets, negotiation: Negotiation) -> list[RSAPrivateKey]:
    """The private key of the server's certificate; all keys where that is not known."""
    server = negotiation.certified.get("server")
    if server is None or server.key is None:
        return list(secrets.private_keys)
    return [key for key in secrets.private_keys if key.public_key() == server.key]


def _open(key: RSAPrivateKey, encrypted: bytes, negotiation: Negotiation) -> bytes | None:
    """The premaster secret. It begins with the version that the client offered; some send the negotiated one."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415 (imported where used)

    try:
        found = key.decrypt(encrypted, PKCS1v15())
    except ValueError:
        return None
    # What fails to decrypt may come out as random bytes instead ("implicit rejection"): the version tells.
    versions = (negotiation.client.version.to_bytes(2), negotiation.version.to_bytes(2))
    fits = len(found) == PREMASTER_RSA and any(hmac.compare_digest(found[:2], version) for version in versions)
    return found if fits else None
