r"""The secrets that open a connection, as key logs and private keys give them.

    secrets = Secrets(b"CLIENT_RANDOM 52a1... 9f0c...\n")
    secrets.find("CLIENT_RANDOM", client_random) -> the master secret, or None

A key log (RFC 9850) has a line for each secret: its label, the random of the ClientHello that it belongs to, and the
secret, both in hex. Besides the labels of the RFC two older ones are read: `RSA`, whose second word is the first eight
bytes of the encrypted premaster secret, and `PMS_CLIENT_RANDOM`, a premaster secret by client random; both are known to
Wireshark. Lines of other shapes are counted, never refused: a key log is often written by several programs at once.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

CLIENT_RANDOM = "CLIENT_RANDOM"
"""The master secret of TLS 1.2 and older (RFC 9850 section 2.2)."""
CLIENT_EARLY = "CLIENT_EARLY_TRAFFIC_SECRET"
CLIENT_HANDSHAKE = "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
SERVER_HANDSHAKE = "SERVER_HANDSHAKE_TRAFFIC_SECRET"
CLIENT_APPLICATION = "CLIENT_TRAFFIC_SECRET_0"
SERVER_APPLICATION = "SERVER_TRAFFIC_SECRET_0"
EARLY_EXPORTER = "EARLY_EXPORTER_SECRET"
EXPORTER = "EXPORTER_SECRET"
"""Of TLS 1.3 (RFC 9850 section 2.1)."""
RSA = "RSA"
PREMASTER = "PMS_CLIENT_RANDOM"

LABELS = frozenset(
    {
        CLIENT_RANDOM,
        CLIENT_EARLY,
        CLIENT_HANDSHAKE,
        SERVER_HANDSHAKE,
        CLIENT_APPLICATION,
        SERVER_APPLICATION,
        EARLY_EXPORTER,
        EXPORTER,
        RSA,
        PREMASTER,
        "ECH_SECRET",  # RFC 9850 section 2.3
        "ECH_CONFIG",
    }
)
MAX_SECRETS = 500_000
"""Secrets kept: those of some 100 000 connections, in about 150 MB. A log of a busy day may be longer."""
MAX_SECRET = 1 << 10
"""Bytes of one secret: the longest are premaster secrets of 8192-bit groups. A longer ECH_CONFIG stays unread."""
MAX_SESSIONS = 10_000
"""Sessions remembered for their resumption."""


class Secrets:
    """What is known, by label and client random; more may come at any time."""

    __slots__ = ("_found", "_sessions", "dropped", "private_keys", "unread")

    def __init__(self, lines: bytes = b"", *, private_keys: Iterable[RSAPrivateKey] = ()) -> None:
        self._found: dict[tuple[str, bytes], bytes] = {}
        self._sessions: dict[bytes, bytes] = {}
        self.private_keys = tuple(private_keys)
        """Keys of servers, for the key exchange `RSA` only: all others are safe from them."""
        self.unread = 0
        """Lines that are no secrets."""
        self.dropped = 0
        """Secrets above MAX_SECRETS."""
        self.learn(lines)

    def __len__(self) -> int:
        return len(self._found)

    def learn(self, lines: bytes) -> int:
        """Take whole lines of a key log; how many secrets they held."""
        taken = 0
        for line in lines.splitlines():
            words = line.split()
            if not words or words[0].startswith(b"#"):
                continue
            if self._take(words):
                taken += 1
            else:
                self.unread += 1
        return taken

    def _take(self, words: list[bytes]) -> bool:
        label = words[0].decode("ascii", "replace")
        if len(words) != 3 or label not in LABELS or len(words[2]) > 2 * MAX_SECRET:
            return False
        try:
            key, secret = (bytes.fromhex(word.decode("ascii")) for word in words[1:])
        except ValueError:  # UnicodeDecodeError is one
            return False
        if len(key) != (8 if label == RSA else 32) or not secret:
            return False
        if len(self._found) >= MAX_SECRETS and (label, key) not in self._found:
            self.dropped += 1
        else:
            self._found[label, key] = secret
        return True

    def find(self, label: str, key: bytes) -> bytes | None:
        """The secret of this label and client random (for `RSA`: the first eight encrypted bytes)."""
        return self._found.get((label, key))

    def remember(self, session: bytes, master_secret: bytes) -> None:
        """Keep a master secret for whoever resumes by this session ID or ticket (RFC 5246 section 7.3, RFC 5077)."""
        if session and len(self._sessions) < MAX_SESSIONS:
            self._sessions[hashlib.sha256(session).digest()] = master_secret

    def session(self, session: bytes) -> bytes | None:
        """The master secret of this session ID or ticket, where its first handshake was seen."""
        return self._sessions.get(hashlib.sha256(session).digest()) if session else None
