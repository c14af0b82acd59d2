"""What comes out of a decryptor (decrypt.py): records, messages, data, proofs, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tlscope.events import Direction


class Record(NamedTuple):
    """A record as it lay on the wire, and what was in it."""

    direction: Direction
    offset: int
    """Of its header, in the bytes of its direction."""
    length: int
    """With its header."""
    content_type: int
    """As its header says; in TLS 1.3 the true one is `inner_type`."""
    version: int
    """As its header says."""
    epoch: str
    """Which key it is under: `plaintext`, `early data`, `handshake`, `application`, `application 1`, `protected`."""
    sequence: int
    """Its number under this key; -1 for plaintext."""
    inner_type: int
    """What it carries; for a record that was not opened, as its header says."""
    plaintext: bytes | None
    """None where it was not opened."""
    padding: int = 0
    """Bytes of padding that were taken off."""
    nonce: bytes = b""
    """Of an AEAD cipher; for CBC, the IV."""
    additional: bytes = b""
    """What an AEAD cipher authenticated besides."""
    reason: str = ""
    """Why it was not opened."""


class Message(NamedTuple):
    """A handshake message (with its header, out of as many records as it took), an alert, a ChangeCipherSpec, ..."""

    direction: Direction
    offset: int
    """Of the record in which it begins."""
    content_type: int
    data: bytes
    epoch: str


class ApplicationData(NamedTuple):
    """What a record carried for the application."""

    direction: Direction
    offset: int
    """Of its record."""
    data: bytes
    early: bool = False
    """Sent before the handshake was done, so that somebody may have replayed it (RFC 8446 section 2.3)."""


class Confirmation(NamedTuple):
    """A proof that an endpoint gave, checked."""

    direction: Direction
    offset: int
    what: str
    """`server Finished`, `client CertificateVerify`, `ServerKeyExchange` ..."""
    ok: bool | None
    """None where it could not be checked."""
    detail: str
    reference: str


class Trouble(NamedTuple):
    """Something in a direction that is not as it should be."""

    direction: Direction
    offset: int
    reason: str


Event = Record | Message | ApplicationData | Confirmation | Trouble
