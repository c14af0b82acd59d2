"""The transcript: all handshake messages of a handshake, in the order in which the endpoints hash them.

Every proof of a handshake is over its hash (RFC 8446 section 4.4.1): Finished, CertificateVerify, the secrets of TLS
1.3, the extended master secret. Which hash is known only once the server has chosen a suite, and a signature of TLS 1.2
may use another one: the messages are kept, and hashed as they come from the first time on that a hash is asked for.
"""

from __future__ import annotations

import hashlib

from tlscope.wire.tls.decryption.prf import MD5_SHA1, digest

MAX_TRANSCRIPT = 1 << 22
"""Bytes kept of one handshake: OpenSSL takes certificate chains up to 100 KB, post-quantum ones are some 50 KB."""
MAX_HASHES = 4
"""Running hashes: the suite's, and those of two signatures."""


class Transcript:
    """Messages, and their hashes so far. `gap` says what is missing; a transcript with a gap proves nothing."""

    __slots__ = ("_messages", "_running", "_size", "gap")

    def __init__(self) -> None:
        self._messages: list[bytes] = []
        self._size = 0
        self._running: dict[str, hashlib._Hash] = {}
        self.gap = ""

    def add(self, message: bytes) -> None:
        """The next message, with its header."""
        if self._size + len(message) > MAX_TRANSCRIPT:
            self.gap = f"the handshake is longer than {MAX_TRANSCRIPT} bytes"
        if self.gap:
            return
        self._size += len(message)
        self._messages.append(message)
        for running in self._running.values():
            running.update(message)

    def retry(self, hash_name: str) -> None:
        """A HelloRetryRequest: the first ClientHello is replaced by its hash (RFC 8446 section 4.4.1)."""
        hashed = digest(hash_name, self.data())
        self._messages, self._size, self._running = [], 0, {}
        self.add(b"\xfe\0\0" + bytes((len(hashed),)) + hashed)

    def copy(self) -> Transcript:
        """One that goes on apart: what is signed after a handshake begins with all of it."""
        made = Transcript()
        made._messages, made._size, made.gap = list(self._messages), self._size, self.gap
        made._running = {name: running.copy() for name, running in self._running.items()}
        return made

    def data(self) -> bytes:
        """All messages."""
        return b"".join(self._messages)

    def digest(self, hash_name: str) -> bytes:
        """Their hash so far."""
        if hash_name == MD5_SHA1:
            return self.digest("md5") + self.digest("sha1")
        running = self._running.get(hash_name)
        if running is None:
            running = hashlib.new(hash_name, self.data(), usedforsecurity=False)
            if len(self._running) < MAX_HASHES:
                self._running[hash_name] = running
        return running.copy().digest()
