"""Whether the CA that signed what a client was shown is the one that there is now, which clients are told to trust.

    replaced(forged)                     who signed, where that is another one; else nothing
    readvised(ends, forged)              causes, without the advice to trust a CA that signed nothing here

A recorder keeps the CA that it was started with. After `tlscope ca rotate` its file is another one's, and a client that
trusts that trusts no certificate of the recorder's: the advice to trust it would lead nowhere.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from platformdirs import user_data_path

from tlscope.wire.tls.meaning.alert_tables import QUIET, TRUST

if TYPE_CHECKING:
    from pathlib import Path

    from tlscope.events import LeafForged
    from tlscope.wire.tls.meaning.alerts import Cause

OURS = "authority"
"""LeafForged.issuer where our own CA signed."""
MAX_FILE = 64 << 10
"""Bytes of a CA's file that are read: it holds one certificate."""


def replaced(forged: LeafForged | None, ca: Path | None = None) -> str:
    """The CA that signed, by its name, which is each one's own; empty where it is the present one, or nobody knows."""
    if forged is None or forged.issuer != OURS:
        return ""
    from tlscope.wire.x509 import facts  # noqa: PLC0415 - it loads what reads certificates

    signed, present = facts(forged.data), facts(_present(ca or user_data_path("tlscope") / "ca" / "ca.pem"))
    return signed.issuer if signed and present and signed.issuer != present.subject else ""


def readvised(ends: tuple[Cause, ...], forged: LeafForged | None, ca: Path | None = None) -> tuple[Cause, ...]:
    """Where the advice is to trust our CA, and another one signed: what to do first."""
    if not any(cause.next in ADVICE for cause in ends) or not (signer := replaced(forged, ca)):
        return ends
    advice = (
        f"What it was shown was signed by {signer}, and `tlscope ca path` names another CA now. A recorder goes on "
        "with the one that it was started with: start it again, and let the client trust the new one."
    )
    return tuple(cause._replace(next=advice) if cause.next in ADVICE else cause for cause in ends)


ADVICE = frozenset({TRUST, QUIET})
"""What names our CA for a client to trust."""


def _present(path: Path) -> bytes:
    """The certificate in a CA's file, as DER; nothing where there is none."""
    try:
        with path.open("rb") as file:
            return ssl.PEM_cert_to_DER_cert(file.read(MAX_FILE).decode("ascii"))
    except (OSError, ValueError):  # UnicodeDecodeError and binascii.Error are ones
        return b""
