"""AEAD modes over block ciphers that `cryptography` has without them: GCM for Camellia, CCM for SM4.

    Gcm(cipher).decrypt(nonce, data, associated_data)        as the AEADs of cryptography; raises InvalidTag
    Ccm(cipher, tag).decrypt(nonce, data, associated_data)

Both encrypt a counter and XOR it with the data. They differ in what authenticates: GCM evaluates a polynomial over
GF(2^128) at a secret point (GHASH), CCM takes the last block of CBC. The cipher is asked for all blocks at once; GHASH
is Python's work: some 4 ms for a full record.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm

BLOCK = 16
_EACH = modes.ECB()  # noqa: S305 - each block for itself: what the modes below are made of
_REDUCTION = 0xE1 << 120
"""x^128 = 1 + x + x^2 + x^7, with the lowest power in the highest bit (NIST SP 800-38D section 6.3)."""


class Gcm:
    """NIST SP 800-38D, with nonces of 12 bytes and tags of 16."""

    def __init__(self, cipher: BlockCipherAlgorithm) -> None:
        """Raises UnsupportedAlgorithm where `cryptography` lacks the cipher."""
        self._cipher = cipher
        self._multiples = _multiples(int.from_bytes(_encrypted(cipher, bytes(BLOCK))))

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plaintext of data and its tag."""
        text, tag = data[:-BLOCK], data[-BLOCK:]
        blocks = -(-len(text) // BLOCK)
        stream = _encrypted(self._cipher, b"".join(nonce + at.to_bytes(4) for at in range(1, blocks + 2)))
        if not hmac.compare_digest(_xor(self._hash(associated_data or b"", text), stream), tag):
            raise InvalidTag
        return _xor(text, stream[BLOCK:])

    def _hash(self, additional: bytes, text: bytes) -> bytes:
        """GHASH of both, and of their lengths in bits (section 6.4)."""
        lengths = (len(additional) * 8).to_bytes(8) + (len(text) * 8).to_bytes(8)
        padded = _padded(additional) + _padded(text) + lengths
        multiples, state = self._multiples, 0
        for at in range(0, len(padded), BLOCK):
            product = 0
            for byte in (state ^ int.from_bytes(padded[at : at + BLOCK])).to_bytes(BLOCK, "little"):
                product = product >> 8 ^ _OVERFLOWS[product & 0xFF] ^ multiples[byte]
            state = product
        return state.to_bytes(BLOCK)


class Ccm:
    """RFC 3610, with nonces of 12 bytes, as TLS has them (RFC 6655 section 3)."""

    def __init__(self, cipher: BlockCipherAlgorithm, tag: int) -> None:
        """Raises UnsupportedAlgorithm where `cryptography` lacks the cipher."""
        self._cipher, self._tag = cipher, tag
        _encrypted(cipher, bytes(BLOCK))

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plaintext of data and its tag."""
        text, tag = data[: -self._tag], data[-self._tag :]
        additional, width = associated_data or b"", 15 - len(nonce)
        blocks = -(-len(text) // BLOCK)
        counters = (bytes([width - 1]) + nonce + at.to_bytes(width) for at in range(blocks + 1))
        stream = _encrypted(self._cipher, b"".join(counters))
        plain = _xor(text, stream[BLOCK:])
        flags = 64 * bool(additional) + 8 * ((self._tag - 2) // 2) + width - 1
        first = bytes([flags]) + nonce + len(plain).to_bytes(width)
        counted = len(additional).to_bytes(2) + additional if additional else b""  # shorter than 0xFF00 in TLS
        mac = _encrypted(self._cipher, first + _padded(counted) + _padded(plain), modes.CBC(bytes(BLOCK)))[-BLOCK:]
        if not hmac.compare_digest(_xor(mac[: self._tag], stream), tag):
            raise InvalidTag
        return plain


def _encrypted(cipher: BlockCipherAlgorithm, blocks: bytes, mode: modes.ECB | modes.CBC = _EACH) -> bytes:
    encryptor = Cipher(cipher, mode).encryptor()
    return encryptor.update(blocks) + encryptor.finalize()


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def _xor(data: bytes, stream: bytes) -> bytes:
    """As long as the data."""
    return (int.from_bytes(data) ^ int.from_bytes(stream[: len(data)])).to_bytes(len(data))


def _times_x(value: int) -> int:
    return value >> 1 ^ (_REDUCTION if value & 1 else 0)


def _multiples(point: int) -> list[int]:
    """The point times each polynomial of degree 7 and less, by the byte that its coefficients are."""
    found, power = [0] * 256, point
    for bit in (0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01):
        found[bit] = power
        power = _times_x(power)
    for byte in range(256):
        lowest = byte & -byte
        if byte != lowest:
            found[byte] = found[lowest] ^ found[byte ^ lowest]
    return found


def _overflow(byte: int) -> int:
    """What becomes of the eight highest coefficients when they are multiplied by x^8."""
    for _ in range(8):
        byte = _times_x(byte)
    return byte


_OVERFLOWS = [_overflow(byte) for byte in range(256)]
