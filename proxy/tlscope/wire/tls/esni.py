"""ESNI, which ECH came out of: the server name alone encrypted, beside a hello that stayed readable.

Firefox sent it from 2018 to 2020, Cloudflare answered it; the drafts up to draft-ietf-tls-esni-06 describe it, in the
forms of -02 here, which is the one that was deployed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.tls.key_shares import client_share
from tlscope.wire.tls.notes import SUITES
from tlscope.wire.tls.parts import blob, one, several
from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor

_DRAFT = "draft-ietf-tls-esni-02 section 5"

client_hello = several(
    one(2, "tls.esni.suite", "Cipher Suite", names=CipherSuite, notes=SUITES, reference=_DRAFT),
    client_share,
    blob(
        2,
        "tls.esni.record_digest",
        "Record Digest",
        note="The hash of the server's keys, as DNS had them: says which were used.",
        reference=_DRAFT,
    ),
    blob(
        2,
        "tls.esni.encrypted_sni",
        "Encrypted SNI",
        note="The server name, padded and encrypted.",
        reference=_DRAFT,
    ),
)
"""ClientEncryptedSNI (draft-ietf-tls-esni-02 section 5)."""


def encrypted_extensions(cursor: Cursor) -> None:
    """The nonce that ClientESNIInner began with (draft-ietf-tls-esni-02 section 5)."""
    cursor.raw(
        16,
        "tls.esni.nonce",
        "Nonce",
        note="Out of the encrypted name: proof that the server could read it.",
        reference=_DRAFT,
    )
