"""The beginning of what passed on the wire of a leg in one direction: enough for its hellos, its keys and its alerts.

The engine's messages are decrypted. How they passed, only the records tell: a client that refuses a certificate of
TLS 1.3 may well say so in the clear, though it could encrypt.
"""

from __future__ import annotations

from tlscope.wire.tls.codes import ContentType

LIMIT = 64 << 10
"""Bytes that are kept: a flight with the longest chains of post-quantum certificates."""
HEADER = 5
"""ContentType, version, length (RFC 8446 section 5.1)."""
ALERT = 2
"""Bytes of an alert in the clear; encrypted ones are longer, as they are authenticated."""


class Wire:
    """What passed in one direction of a leg, as far as it was recorded."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._at = 0
        """Where the next record begins."""
        self.clear_alerts: set[bytes] = set()
        """Alerts that were not encrypted."""

    @property
    def data(self) -> bytes:
        """The first bytes."""
        return bytes(self._data)

    @property
    def full(self) -> bool:
        """Whether no more is kept."""
        return len(self._data) >= LIMIT

    def feed(self, data: bytes) -> None:
        """Take what passed next."""
        self._data += data[: LIMIT - len(self._data)]
        while self._at + HEADER <= len(self._data):
            body = self._at + HEADER
            end = body + int.from_bytes(self._data[body - 2 : body])
            if end > len(self._data):
                break
            if self._data[self._at] == ContentType.alert and end - body == ALERT:
                self.clear_alerts.add(bytes(self._data[body:end]))
            self._at = end
